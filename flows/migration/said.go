package migration

import (
	"cmp"
	"strings"

	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
)

// intents are what is said of leaving and coming home in whole sentences.
func intents() []dialog.Intent {
	return dialog.BeforeWords(declared(), "away.list", "homecoming.list")
}

// declared are the intents.
func declared() []dialog.Intent {
	return []dialog.Intent{
		{Name: "away.log", For: dialog.Village, Class: dialog.OpensForm, Do: awayTold},
		{Name: "return.log", For: dialog.Village, Class: dialog.Undoable, Do: backTold},
		{Name: "away.list", For: dialog.Village, Class: dialog.ShowsPage, Do: dialog.Act(outNow, "")},
		{Name: "homecoming.list", For: dialog.Village, Class: dialog.ShowsPage, Do: dialog.Act(comingHome, "")},
		{Name: "away.now", Home: true, Class: dialog.OpensForm, Do: ownAwayTold},
		{Name: "home.now", Home: true, Class: dialog.OpensForm, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
			day := s.Day("day")
			if day > c.Today {
				day = 0
			}
			return ownBack(c, s.Text, cmp.Or(day, c.Today))
		}},
		{Name: "home.coming", Home: true, Class: dialog.OpensForm, Do: comingTold},
		{Name: "home.not_coming", Home: true, Class: dialog.OpensForm, Do: dialog.Act(outNow, "")},
	}
}

// placeTold is the place of a sentence as a card keeps it, "" where it is not known.
func placeTold(s dialog.Understood) string {
	kept, _, _ := WhereTo(s.Str("place"))
	return kept
}

// backTails are the words of coming back behind a day.
// nothing changes it.
var backTails = []string{"再回", "才回", "回来", "回家", "家来", "回"}

// backWhen is when somebody will be back, in the words of the form.
func backWhen(c *dialog.Turn, s dialog.Understood) string {
	next := s.Str("next")
	if from, to, ranged := strings.Cut(next, "/"); ranged && from != to { // 过年: as it was said
		for _, tail := range backTails {
			head, _, ok := strings.Cut(s.Text, tail)
			if !ok {
				continue
			}
			if at, end, d := dates.FindDate(head, c.Today, dates.Future); end > at && d.Coarse != "" {
				return expectedWords(head[at:end], c.Today)
			}
		}
		return ""
	}
	if day := s.Day("next"); day > c.Today {
		return dates.SayDay(day, c.Today)
	}
	return ""
}

// toldFor opens a form about somebody who was named with what is known.
func toldFor(c *dialog.Turn, flow string, s dialog.Understood, known map[string]string) (dialog.Reply, error) {
	sentence := s.Str("who")
	if sentence != "" {
		hits, err := c.Scope.FindResidents(person.Query{Name: sentence}, 2)
		if err != nil {
			return dialog.Reply{}, err
		}
		if len(hits) == 1 && len([]rune(hits[0].Name)) == len([]rune(sentence)) {
			known["resident"], sentence = hits[0].ID, ""
		}
	}
	for k, v := range known {
		if v == "" {
			delete(known, k)
		}
	}
	return c.StartWith(c.T.Flow(flow), sentence, known)
}

func awayTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	return toldFor(c, "away", s, map[string]string{"place": placeTold(s), "since": past(c, s.Day("day")), "expected": backWhen(c, s)})
}

func backTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	return toldFor(c, "back", s, map[string]string{"day": past(c, s.Day("day"))})
}

func past(c *dialog.Turn, day calendar.Day) string {
	if day > c.Today {
		return ""
	}
	return day.String()
}

// ownAwayTold opens the form of a resident's own absence.
func ownAwayTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	since := ""
	if day := s.Day("day"); day != 0 && day <= c.Today+30 {
		since = day.String()
	}
	return ownLeave(c, s.Text, map[string]string{"place": placeTold(s), "since": since, "expected": backWhen(c, s)})
}

// comingTold keeps when a resident who is away will be home.
func comingTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	said := s.Text
	if day := s.Day("day"); day >= c.Today {
		said = day.Short()
	}
	if r, ok, err := expects(c, said); ok || err != nil {
		return r, err
	}
	return outNow(c, "")
}
