package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/understand"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// inviteVisit is 请人上门: she says which times suit her, and who comes picks one.
func (c *chat) inviteVisit(rest string) (Reply, error) {
	for _, set := range []purpose.Purpose{purpose.Booking, purpose.VisitRecord} { // who she is, then that a visit is written down
		_, r, asked, err := c.forWhomStill(set, strings.TrimSpace("请人上门 "+rest))
		if err != nil || asked {
			return r, err
		}
	}
	id := c.s.For
	c.s.For = ""
	her, err := c.scope.Mine(id)
	if err != nil {
		return Reply{}, err
	}
	if her.NoVisit {
		return Reply{Text: sayVisitNone}, nil
	}
	if rest != "" {
		return c.visitSaid(rest, id)
	}
	return c.offer(sayVisitTimes, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
}

// comeToMe is 上门 from a resident; of staff it is no word of its own.
func (c *chat) comeToMe(rest string) (Reply, error) {
	if c.who.Staff() && len(c.who.Residents) == 0 {
		return c.lost()
	}
	return c.inviteVisit(rest)
}

// forWhomStill is forWhom that remembers who was chosen for the next question.
func (c *chat) forWhomStill(set purpose.Purpose, then string) (string, Reply, bool, error) {
	id, r, asked, err := c.forWhom(set, then)
	if err == nil && !asked {
		c.s.For = id
	}
	return id, r, asked, err
}

// times reads “周三上午、周五下午”: days to come, each with its part of the day.
func (c *chat) times(text string) (out []requests.When) {
	split := func(r rune) bool { return strings.ContainsRune("、,，;；。和或跟 ", r) }
	last := requests.When{}
	for _, one := range strings.FieldsFunc(answer.Fold(text), split) {
		if part, ok := dayParts[one]; ok && last.Day != 0 && last.Part == "" { // “周三 上午”
			out[len(out)-1].Part, last.Part = part, part
			continue
		}
		d := answer.Date(one, c.today, answer.Future)
		if d.Day == 0 && len(d.Alternatives) > 0 && strings.ContainsAny(one, "周拜期") { // 周一, said on a Saturday: the one to come
			d.Day = d.Alternatives[len(d.Alternatives)-1]
		}
		if d.Day == 0 || d.Day < c.today || d.Day > c.today+60 {
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

func partName(p answer.Part) string {
	switch p {
	case answer.Morning:
		return "上午"
	case answer.Noon, answer.Afternoon:
		return "下午"
	case answer.Evening:
		return "晚上"
	}
	return ""
}

func (c *chat) when(w requests.When) string { return w.Day.Chinese() + w.Part }

func (c *chat) whens(all []requests.When) string {
	said := make([]string, len(all))
	for i, w := range all {
		said[i] = c.when(w)
	}
	return strings.Join(said, "、")
}

// visitSaid keeps the times that suit her.
func (c *chat) visitSaid(text, id string) (Reply, error) {
	times := c.times(text)
	if len(times) == 0 {
		return c.offer(sayTimesNone, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
	}
	c.s.Offers = nil
	mine, err := requests.MyRequests(c.scope, id)
	if err != nil && !isNotFound(err) {
		return Reply{}, err
	}
	for _, q := range mine { // she answers times that were proposed to her
		if q.Kind == "visit" && q.Closed == nil && len(q.Theirs) > 0 {
			if _, err := requests.OfferTimes(c.scope, id, q.ID, times); err != nil {
				return Reply{}, err
			}
			return Reply{Text: join(fmt.Sprintf(sayTimesAgain, q.Number), c.lunar(times))}, nil
		}
	}
	q, err := requests.Create(c.scope, requests.Request{Resident: id, Kind: "visit", Times: times}, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: fmt.Sprintf(sayVisitTwice, q.Number)}, nil
	case errors.Is(err, record.ErrRateLimited):
		return Reply{Text: sayManyOpen}, nil
	case isNotFound(err), errors.Is(err, record.ErrConsent):
		return c.menu(sayGone)
	case err != nil:
		return Reply{}, err
	}
	c.willTell("request", "visit_eve")
	return Reply{Text: join(fmt.Sprintf(sayVisitAsked, q.Number), c.lunar(times), sayVisitTold)}, nil
}

// lunar says days with their lunar ones, each on a line.
func (c *chat) lunar(times []requests.When) string {
	var lines []string
	for _, w := range times {
		lines = append(lines, strings.TrimSpace(w.Day.ChineseLunar()+" "+w.Part))
	}
	return join(lines...)
}

// timesPick makes a visit of one of her times: it stands in the days of who comes,
// and she is reminded of it.
func (c *chat) timesPick(rest string) (Reply, error) {
	ref, at, _ := strings.Cut(rest, " ")
	return c.agree(ref, at, sayVisitAgreed)
}

func (c *chat) agree(ref, at, said string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	date, part, _ := strings.Cut(at, " ")
	day, err := calendar.ParseDay(date)
	if err != nil {
		return Reply{}, err
	}
	f, err := requests.AgreeVisit(c.scope, resident, id, requests.When{Day: day, Part: part}, c.m.ID, c.m.At)
	if errors.Is(err, requests.ErrTaken) {
		a, _ := c.askedAt(ref)
		r, _ := c.refused(a, err)
		return r, nil
	}
	if isNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return Reply{Text: sayGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	who, err := c.contactName(f.Contact)
	if err != nil {
		return Reply{}, err
	}
	when := strings.TrimSpace(f.Due.ChineseLunar() + " " + f.Part)
	return Reply{Text: fmt.Sprintf(said, when, who)}, c.visitAgreed(f)
}

// timesAsk asks which other times would do.
func (c *chat) timesAsk(ref string) (Reply, error) {
	return c.offer(sayTimesOther, dialogstate.Option{Label: labelNotNow, Do: "times-stop " + ref}), nil
}

// timesSaid proposes other times to her.
func (c *chat) timesSaid(text, ref string) (Reply, error) {
	times := c.times(text)
	if len(times) == 0 {
		return c.show(sayTimesNone), nil
	}
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.ProposeTimes(c.scope, resident, id, times, c.m.At)
	c.s.Offers = nil
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	return Reply{Text: join(sayTimesSent, c.lunar(times))}, nil
}

// myRequest asks a resident, when she looks what waits for her, whether a time
// that was proposed for a visit suits her; ok is false when none was.
func (c *chat) myRequest() (r Reply, ok bool, err error) {
	for _, id := range c.who.Residents {
		mine, err := requests.MyRequests(c.scope, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		for _, q := range mine {
			if q.Kind != "visit" || q.Closed != nil || len(q.Theirs) == 0 {
				continue
			}
			who, err := c.contactName(q.Owner)
			if err != nil {
				return Reply{}, false, err
			}
			ref := id + "/" + q.ID
			var offers []dialogstate.Option
			for _, w := range q.Theirs {
				if w.Day >= c.today {
					offers = append(offers, dialogstate.Option{Label: c.when(w), Do: "times-mine " + ref + " " + w.Day.String() + " " + w.Part})
				}
			}
			offers = append(offers, dialogstate.Option{Label: labelTimesNone, Do: "times-none " + id}, dialogstate.Option{Label: labelTimesDrop, Do: "take-back " + q.Number})
			return c.offer(fmt.Sprintf(sayTimesMine, who), offers...), true, nil
		}
	}
	return Reply{}, false, nil
}

func (c *chat) timesMine(rest string) (Reply, error) {
	ref, at, _ := strings.Cut(rest, " ")
	return c.agree(ref, at, sayVisitSet)
}

// timesNone asks her for other times.
func (c *chat) timesNone(id string) (Reply, error) {
	if _, err := c.scope.Mine(id); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	return c.offer(sayVisitTimes, dialogstate.Option{Label: labelHelpNot, Do: "visit-stop " + id}), nil
}

// noVisits keeps that nobody is to come to her door, or that somebody may.
func (c *chat) noVisits(no bool) (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) == 0 {
		return c.menu(sayNothingKept)
	}
	for _, one := range family {
		if err := requests.NoVisits(c.scope, one.ID, no, c.m.At); err != nil {
			return Reply{}, err
		}
	}
	if no {
		return Reply{Text: sayNoVisits}, nil
	}
	return Reply{Text: sayVisitsAgain}, nil
}

// noVisitsSaid hears in plain words that nobody is to come to a resident's door.
func (c *chat) noVisitsSaid(text string) (Reply, bool, error) {
	if c.right(text) != understand.NoVisits {
		return Reply{}, false, nil
	}
	return answered(c.noVisits(true))
}
