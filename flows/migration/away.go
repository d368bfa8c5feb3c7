package migration

import (
	"fmt"
	"strings"

	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

var away = dialog.Flow{Name: "away", Keyword: "外出", For: dialog.Village, Set: purpose.Migration, Sentence: awaySentence, Save: saveAway, Answered: awayAnswered}

var back = dialog.Flow{Name: "back", Keyword: "返乡", For: dialog.Village, Set: purpose.Migration, Instant: true, Save: saveBack, Answered: backAnswered}

// backAnswered refuses a return before the leaving.
func backAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	if name != "day" {
		return subject.CheckPerson(c, f, s, name)
	}
	id := s.Get("resident")
	if id == "" || strings.HasPrefix(id, dialog.Newcomer) {
		return nil, nil
	}
	a, err := migration.Open(c.Scope, id)
	if dialog.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if day, err := calendar.ParseDay(s.Get("day")); err == nil && day != 0 && day < a.Since {
		return &form.Problem{Text: fmt.Sprintf(sayBackEarly, a.Since.Chinese())}, nil
	}
	return nil, nil
}

// awaySentence reads “孟丽去苏州打工 昨天走 正月十六回”: which day is which, and where.
func awaySentence(c *dialog.Turn, sentence string, known map[string]string) (string, map[string]string) {
	out := map[string]string{}
	for k, v := range known {
		out[k] = v
	}
	sentence = strings.NewReplacer("，", " ", ",", " ", "。", " ").Replace(sentence)
	if place, rest := placeIn(sentence); place != "" && out["place"] == "" {
		out["place"], sentence = place, rest
	}
	var left []string
	for _, w := range strings.Fields(sentence) {
		going, gone := cutTail(w, "走的", "走了", "走", "去的", "出门")
		back, returns := cutTail(w, "回来", "回家", "回")
		day := dates.Date(going, c.Today, dates.Any).Day
		switch {
		case gone && day != 0:
			out["since"] = day.String()
		case returns && expectedWords(back, c.Today) != "":
			out["expected"] = expectedWords(back, c.Today)
		default:
			left = append(left, w)
		}
	}
	if last := len(left) - 1; last > 0 && out["place"] == "" && dates.Date(left[last], c.Today, dates.Any).Reason == dates.NotADate {
		out["place"], left = left[last], left[:last]
	}
	return strings.Join(left, " "), out
}

func cutTail(w string, tails ...string) (string, bool) {
	for _, t := range tails {
		if head, ok := strings.CutSuffix(w, t); ok && head != "" {
			return head, true
		}
	}
	return w, false
}

// awayAnswered keeps of a place the province and city alone, and asks again for one
// that is not known.
func awayAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case "place", "from":
		return keepPlace(s, name), nil
	}
	return subject.CheckPerson(c, f, s, name)
}

func keepPlace(s *form.Session, name string) *form.Problem {
	kept, several, _ := WhereTo(s.Get(name))
	switch {
	case len(several) > 0:
		return &form.Problem{Text: fmt.Sprintf(sayPlaceWhich, strings.Join(several[:min(len(several), 4)], "、"))}
	case kept == "":
		return &form.Problem{Text: sayPlaceUnknown}
	}
	s.Set(name, kept)
	return nil
}

// saveAway keeps the card, and asks whether what was agreed on at home is to wait.
func saveAway(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	r, err := subject.Settle(c, f, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	a, err := awayOf(c, r.ID, s, "place")
	if err != nil {
		return dialog.Reply{}, err
	}
	a.Extra = f.Extra(s)
	if a, err = migration.Add(c.Scope, a, c.M.ID); err != nil {
		return dialog.Reply{}, err
	}
	if err := tellCard(c, s, a); err != nil {
		return dialog.Reply{}, err
	}
	saved := fmt.Sprintf(sayAwaySaved, subject.Brief(r), a.Place)
	open, err := visits.OpenFollowUps(c.Scope, r.ID)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, o := range open {
		if o.Kind == "visit" && o.Plan == "" {
			return c.Offer(dialog.Join(saved, fmt.Sprintf(sayAwayVisit, o.Due.Chinese())),
				dialogstate.Option{Label: labelAwayWait, Do: "away-wait " + r.ID}, dialogstate.Option{Label: labelAwayKeep, Do: "none"}), nil
		}
	}
	return dialog.Reply{Text: saved}, nil
}

// awayOf is the card that a form says.
func awayOf(c *dialog.Turn, resident string, s *form.Session, place string) (a migration.Absence, err error) {
	a = migration.Absence{Resident: resident, Kind: s.Get("kind"), Place: s.Get(place), Expected: s.Get("expected"), At: c.M.At.Unix()}
	if a.Since, err = calendar.ParseDay(s.Get("since")); err != nil {
		return a, err
	}
	if which, _ := setExpected(c, &a, a.Expected); len(which) > 0 { // 正月十五以后
		a.ExpectedFrom, a.ExpectedDay = which[0], which[len(which)-1]
	}
	return a, nil
}

// tellCard tells her what staff wrote down of her, unless she is told already that
// she agreed.
func tellCard(c *dialog.Turn, s *form.Session, a migration.Absence) error {
	if s.Get("consent") == "yes" {
		return nil
	}
	return migration.TellAway(c.Scope, a, "away_told", c.M.At)
}

// awayWait lets the visits that were agreed on wait until she is back.
func awayWait(c *dialog.Turn, resident string) (dialog.Reply, error) {
	r, err := c.Scope.Resident(resident)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	a, err := migration.Open(c.Scope, resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	open, err := visits.OpenFollowUps(c.Scope, resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	u, err := c.Tx.Save(func() error {
		for _, f := range open {
			if f.Kind != "visit" || f.Plan != "" {
				continue
			}
			if a.ExpectedDay <= c.Today {
				err = visits.CloseFollowUp(c.Scope, f, "moved", c.M.At)
			} else if f.Due = a.ExpectedDay + 1; f.Due > c.Today {
				err = visits.Postpone(c.Scope, f, f.Due)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), subject.Brief(r)
	said := sayAwayClosed
	if a.ExpectedDay > c.Today {
		said = fmt.Sprintf(sayAwayMoved, (a.ExpectedDay + 1).Chinese())
	}
	return dialog.Reply{Text: said}, c.Tx.PutUndo(c.M.From, u)
}

// saveBack closes the card of somebody who came home, or keeps one that is only
// a return; when she goes again, and whether she wants to book, is asked after it.
func saveBack(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	r, err := subject.Settle(c, f, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return dialog.Reply{}, err
	}
	a, err := migration.Open(c.Scope, r.ID)
	if err != nil {
		return dialog.Reply{}, err
	}
	if a.ID == "" {
		last, err := migration.Latest(c.Scope, r.ID)
		if err != nil {
			return dialog.Reply{}, err
		}
		if last.Back != 0 && last.Back >= day-7 && last.Back <= day+7 {
			return dialog.Reply{Text: fmt.Sprintf(sayBackKnown, subject.Brief(r), last.Back.ChineseLunar())}, nil
		}
		if a, err = migration.Add(c.Scope, migration.Absence{Resident: r.ID, Back: day, Extra: f.Extra(s), At: c.M.At.Unix()}, c.M.ID); err != nil {
			return dialog.Reply{}, err
		}
	} else {
		a.Back, a.Extra = day, bookings.Beside(a.Extra, f.Extra(s))
		if err := migration.Put(c.Scope, a, c.M.At); err != nil {
			return dialog.Reply{}, err
		}
	}
	if err := migration.TellReturn(c.Scope, a, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	if err := tellCard(c, s, a); err != nil {
		return dialog.Reply{}, err
	}
	ref := r.ID + "/" + a.ID
	return c.Offer(fmt.Sprintf(sayBackSaved, subject.Brief(r), day.ChineseLunar()),
		dialogstate.Option{Label: labelLeaving, Do: "leaving " + ref}, dialogstate.Option{Label: labelWantsBook, Do: "wantsbook " + ref},
		dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"}), nil
}
