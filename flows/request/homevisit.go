package request

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/understand"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// inviteVisit is 请人上门: she says which times suit her, and who comes picks one.
func inviteVisit(c *dialog.Turn, rest string) (dialog.Reply, error) {
	for _, set := range []purpose.Purpose{purpose.Booking, purpose.VisitRecord} { // who she is, then that a visit is written down
		_, r, asked, err := forWhomStill(c, set, strings.TrimSpace("请人上门 "+rest))
		if err != nil || asked {
			return r, err
		}
	}
	id := c.S.For
	c.S.For = ""
	her, err := c.Scope.Mine(id)
	if err != nil {
		return dialog.Reply{}, err
	}
	if her.NoVisit {
		return dialog.Reply{Text: sayVisitNone}, nil
	}
	if rest != "" {
		return visitSaid(c, rest, id)
	}
	return c.Offer(sayVisitTimes, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
}

// comeToMe is 上门 from a resident; of staff it is no word of its own.
func comeToMe(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if c.Who.Staff() && len(c.Who.Residents) == 0 {
		return c.Lost()
	}
	return inviteVisit(c, rest)
}

// forWhomStill is forWhom that remembers who was chosen for the next question.
func forWhomStill(c *dialog.Turn, set purpose.Purpose, then string) (string, dialog.Reply, bool, error) {
	id, r, asked, err := c.ForWhom(set, then)
	if err == nil && !asked {
		c.S.For = id
	}
	return id, r, asked, err
}

// times reads “周三上午、周五下午”: days to come, each with its part of the day.
func times(c *dialog.Turn, text string) (out []requests.When) {
	split := func(r rune) bool { return strings.ContainsRune("、,，;；。和或跟 ", r) }
	last := requests.When{}
	for _, one := range strings.FieldsFunc(answer.Fold(text), split) {
		if part, ok := dayParts[one]; ok && last.Day != 0 && last.Part == "" { // “周三 上午”
			out[len(out)-1].Part, last.Part = part, part
			continue
		}
		d := dates.Date(one, c.Today, dates.Future)
		if d.Day == 0 && len(d.Alternatives) > 0 && strings.ContainsAny(one, "周拜期") { // 周一, said on a Saturday: the one to come
			d.Day = d.Alternatives[len(d.Alternatives)-1]
		}
		if d.Day == 0 || d.Day < c.Today || d.Day > c.Today+60 {
			continue
		}
		last = requests.When{Day: d.Day, Part: partName(d.Part)}
		if !slices.Contains(out, last) {
			out = append(out, last)
		}
	}
	return out[:min(len(out), 3)]
}

// dayParts are the parts of a day as they are typed behind a day.
// nothing changes it.
var dayParts = map[string]string{"上午": "上午", "头午": "上午", "早上": "上午", "下午": "下午", "过午": "下午", "晚上": "晚上", "后晌": "下午"}

func partName(p dates.Part) string {
	switch p {
	case dates.Morning:
		return "上午"
	case dates.Noon, dates.Afternoon:
		return "下午"
	case dates.Evening:
		return "晚上"
	}
	return ""
}

func when(c *dialog.Turn, w requests.When) string { return w.Day.Chinese() + w.Part }

func whens(c *dialog.Turn, all []requests.When) string {
	said := make([]string, len(all))
	for i, w := range all {
		said[i] = when(c, w)
	}
	return strings.Join(said, "、")
}

// visitSaid keeps the times that suit her.
func visitSaid(c *dialog.Turn, text, id string) (dialog.Reply, error) {
	times := times(c, text)
	if len(times) == 0 {
		return c.Offer(sayTimesNone, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
	}
	c.S.Offers = nil
	mine, err := requests.MyRequests(c.Scope, id)
	if err != nil && !dialog.IsNotFound(err) {
		return dialog.Reply{}, err
	}
	for _, q := range mine { // she answers times that were proposed to her
		if q.Kind == "visit" && q.Closed == nil && len(q.Theirs) > 0 {
			if _, err := requests.OfferTimes(c.Scope, id, q.ID, times); err != nil {
				return dialog.Reply{}, err
			}
			return dialog.Reply{Text: dialog.Join(fmt.Sprintf(sayTimesAgain, q.Number), lunar(c, times))}, nil
		}
	}
	q, err := requests.Create(c.Scope, requests.Request{Resident: id, Kind: "visit", Times: times}, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: fmt.Sprintf(sayVisitTwice, q.Number)}, nil
	case errors.Is(err, record.ErrRateLimited):
		return dialog.Reply{Text: sayManyOpen}, nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrConsent):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	c.WillTell("request", "visit_eve")
	return dialog.Reply{Text: dialog.Join(fmt.Sprintf(sayVisitAsked, q.Number), lunar(c, times), sayVisitTold)}, nil
}

// lunar says days with their lunar ones, each on a line.
func lunar(c *dialog.Turn, times []requests.When) string {
	var lines []string
	for _, w := range times {
		lines = append(lines, strings.TrimSpace(w.Day.ChineseLunar()+" "+w.Part))
	}
	return dialog.Join(lines...)
}

// timesPick makes a visit of one of her times: it stands in the days of who comes,
// and she is reminded of it.
func timesPick(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, at, _ := strings.Cut(rest, " ")
	return agree(c, ref, at, sayVisitAgreed)
}

func agree(c *dialog.Turn, ref, at, said string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	date, part, _ := strings.Cut(at, " ")
	day, err := calendar.ParseDay(date)
	if err != nil {
		return dialog.Reply{}, err
	}
	f, err := requests.AgreeVisit(c.Scope, resident, id, requests.When{Day: day, Part: part}, c.M.ID, c.M.At)
	if errors.Is(err, requests.ErrTaken) {
		a, _ := askedAt(c, ref)
		r, _ := refused(c, a, err)
		return r, nil
	}
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: dialog.SayGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	who, err := c.ContactName(f.Contact)
	if err != nil {
		return dialog.Reply{}, err
	}
	when := strings.TrimSpace(f.Due.ChineseLunar() + " " + f.Part)
	return dialog.Reply{Text: fmt.Sprintf(said, when, who)}, dialog.VisitAgreed(c, f)
}

// timesAsk asks which other times would do.
func timesAsk(c *dialog.Turn, ref string) (dialog.Reply, error) {
	return c.Offer(sayTimesOther, dialogstate.Option{Label: dialog.LabelNotNow, Do: "times-stop " + ref}), nil
}

// timesSaid proposes other times to her.
func timesSaid(c *dialog.Turn, text, ref string) (dialog.Reply, error) {
	times := times(c, text)
	if len(times) == 0 {
		return c.Show(sayTimesNone), nil
	}
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.ProposeTimes(c.Scope, resident, id, times, c.M.At)
	c.S.Offers = nil
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	return dialog.Reply{Text: dialog.Join(sayTimesSent, lunar(c, times))}, nil
}

// myRequest asks a resident, when she looks what waits for her, whether a time
// that was proposed for a visit suits her; ok is false when none was.
func myRequest(c *dialog.Turn) (r dialog.Reply, ok bool, err error) {
	for _, id := range c.Who.Residents {
		mine, err := requests.MyRequests(c.Scope, id)
		if dialog.IsNotFound(err) {
			continue
		}
		if err != nil {
			return dialog.Reply{}, false, err
		}
		for _, q := range mine {
			if q.Kind != "visit" || q.Closed != nil || len(q.Theirs) == 0 {
				continue
			}
			who, err := c.ContactName(q.Owner)
			if err != nil {
				return dialog.Reply{}, false, err
			}
			ref := id + "/" + q.ID
			var offers []dialogstate.Option
			for _, w := range q.Theirs {
				if w.Day >= c.Today {
					offers = append(offers, dialogstate.Option{Label: when(c, w), Do: "times-mine " + ref + " " + w.Day.String() + " " + w.Part})
				}
			}
			offers = append(offers, dialogstate.Option{Label: labelTimesNone, Do: "times-none " + id}, dialogstate.Option{Label: labelTimesDrop, Do: "take-back " + q.Number})
			return c.Offer(fmt.Sprintf(sayTimesMine, who), offers...), true, nil
		}
	}
	return dialog.Reply{}, false, nil
}

func timesMine(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, at, _ := strings.Cut(rest, " ")
	return agree(c, ref, at, sayVisitSet)
}

// timesNone asks her for other times.
func timesNone(c *dialog.Turn, id string) (dialog.Reply, error) {
	if _, err := c.Scope.Mine(id); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(sayVisitTimes, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
}

// noVisits keeps that nobody is to come to her door, or that somebody may.
func noVisits(c *dialog.Turn, no bool) (dialog.Reply, error) {
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(family) == 0 {
		return c.Menu(dialog.SayNothingKept)
	}
	for _, one := range family {
		if err := requests.NoVisits(c.Scope, one.ID, no, c.M.At); err != nil {
			return dialog.Reply{}, err
		}
	}
	if no {
		return dialog.Reply{Text: sayNoVisits}, nil
	}
	return dialog.Reply{Text: sayVisitsAgain}, nil
}

// noVisitsSaid hears in plain words that nobody is to come to a resident's door.
func noVisitsSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.Right(text) != understand.NoVisits {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(noVisits(c, true))
}
