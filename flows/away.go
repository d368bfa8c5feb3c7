package flows

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

var away = Flow{Name: "away", Keyword: "外出", For: village, Set: purpose.Migration, Sentence: awaySentence, Save: saveAway, Answered: awayAnswered}

var back = Flow{Name: "back", Keyword: "返乡", For: village, Set: purpose.Migration, Instant: true, Save: saveBack, Answered: backAnswered}

// backAnswered refuses a return before the leaving.
func backAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	if name != "day" {
		return c.person(f, s, name)
	}
	id := s.Get("resident")
	if id == "" || strings.HasPrefix(id, newcomer) {
		return nil, nil
	}
	a, err := migration.Open(c.scope, id)
	if isNotFound(err) {
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
func awaySentence(c *chat, sentence string, known map[string]string) (string, map[string]string) {
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
		day := answer.Date(going, c.today, answer.Any).Day
		switch {
		case gone && day != 0:
			out["since"] = day.String()
		case returns && expectedWords(back, c.today) != "":
			out["expected"] = expectedWords(back, c.today)
		default:
			left = append(left, w)
		}
	}
	if last := len(left) - 1; last > 0 && out["place"] == "" && answer.Date(left[last], c.today, answer.Any).Reason == answer.NotADate {
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
func awayAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case "place", "from":
		return keepPlace(s, name), nil
	}
	return c.person(f, s, name)
}

func keepPlace(s *form.Session, name string) *form.Problem {
	kept, several, _ := whereTo(s.Get(name))
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
func saveAway(c *chat, f *Flow, s *form.Session) (Reply, error) {
	r, err := c.settle(f, s)
	if err != nil {
		return Reply{}, err
	}
	a, err := c.awayOf(r.ID, s, "place")
	if err != nil {
		return Reply{}, err
	}
	a.Extra = f.extra(s)
	if a, err = migration.Add(c.scope, a, c.m.ID); err != nil {
		return Reply{}, err
	}
	if err := c.tellCard(s, a); err != nil {
		return Reply{}, err
	}
	saved := fmt.Sprintf(sayAwaySaved, brief(r), a.Place)
	open, err := visits.OpenFollowUps(c.scope, r.ID)
	if err != nil {
		return Reply{}, err
	}
	for _, o := range open {
		if o.Kind == "visit" && o.Plan == "" {
			return c.offer(join(saved, fmt.Sprintf(sayAwayVisit, o.Due.Chinese())),
				dialogstate.Option{Label: labelAwayWait, Do: "away-wait " + r.ID}, dialogstate.Option{Label: labelAwayKeep, Do: "none"}), nil
		}
	}
	return Reply{Text: saved}, nil
}

// awayOf is the card that a form says.
func (c *chat) awayOf(resident string, s *form.Session, place string) (a migration.Absence, err error) {
	a = migration.Absence{Resident: resident, Kind: s.Get("kind"), Place: s.Get(place), Expected: s.Get("expected"), At: c.m.At.Unix()}
	if a.Since, err = calendar.ParseDay(s.Get("since")); err != nil {
		return a, err
	}
	if which, _ := c.setExpected(&a, a.Expected); len(which) > 0 { // 正月十五以后
		a.ExpectedFrom, a.ExpectedDay = which[0], which[len(which)-1]
	}
	return a, nil
}

// tellCard tells her what staff wrote down of her, unless she is told already that
// she agreed.
func (c *chat) tellCard(s *form.Session, a migration.Absence) error {
	if s.Get("consent") == "yes" {
		return nil
	}
	return migration.TellAway(c.scope, a, "away_told", c.m.At)
}

// awayWait lets the visits that were agreed on wait until she is back.
func (c *chat) awayWait(resident string) (Reply, error) {
	r, err := c.scope.Resident(resident)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	a, err := migration.Open(c.scope, resident)
	if err != nil {
		return Reply{}, err
	}
	open, err := visits.OpenFollowUps(c.scope, resident)
	if err != nil {
		return Reply{}, err
	}
	u, err := c.tx.Save(func() error {
		for _, f := range open {
			if f.Kind != "visit" || f.Plan != "" {
				continue
			}
			if a.ExpectedDay <= c.today {
				err = visits.CloseFollowUp(c.scope, f, "moved", c.m.At)
			} else if f.Due = a.ExpectedDay + 1; f.Due > c.today {
				err = visits.Postpone(c.scope, f, f.Due)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), brief(r)
	said := sayAwayClosed
	if a.ExpectedDay > c.today {
		said = fmt.Sprintf(sayAwayMoved, (a.ExpectedDay + 1).Chinese())
	}
	return Reply{Text: said}, c.tx.PutUndo(c.m.From, u)
}

// saveBack closes the card of somebody who came home, or keeps one that is only
// a return; when she goes again, and whether she wants to book, is asked after it.
func saveBack(c *chat, f *Flow, s *form.Session) (Reply, error) {
	r, err := c.settle(f, s)
	if err != nil {
		return Reply{}, err
	}
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return Reply{}, err
	}
	a, err := migration.Open(c.scope, r.ID)
	if err != nil {
		return Reply{}, err
	}
	if a.ID == "" {
		last, err := migration.Latest(c.scope, r.ID)
		if err != nil {
			return Reply{}, err
		}
		if last.Back != 0 && last.Back >= day-7 && last.Back <= day+7 {
			return Reply{Text: fmt.Sprintf(sayBackKnown, brief(r), last.Back.ChineseLunar())}, nil
		}
		if a, err = migration.Add(c.scope, migration.Absence{Resident: r.ID, Back: day, Extra: f.extra(s), At: c.m.At.Unix()}, c.m.ID); err != nil {
			return Reply{}, err
		}
	} else {
		a.Back, a.Extra = day, bookings.Beside(a.Extra, f.extra(s))
		if err := migration.Put(c.scope, a, c.m.At); err != nil {
			return Reply{}, err
		}
	}
	if err := migration.TellReturn(c.scope, a, c.m.At); err != nil {
		return Reply{}, err
	}
	if err := c.tellCard(s, a); err != nil {
		return Reply{}, err
	}
	ref := r.ID + "/" + a.ID
	return c.offer(fmt.Sprintf(sayBackSaved, brief(r), day.ChineseLunar()),
		dialogstate.Option{Label: labelLeaving, Do: "leaving " + ref}, dialogstate.Option{Label: labelWantsBook, Do: "wantsbook " + ref},
		dialogstate.Option{Label: labelThatsAll, Do: "none"}), nil
}

// tellRecorded books one message to the person herself when staff wrote down that
// she agreed, so that she can refuse it: one for each set of consent.
func (c *chat) tellRecorded(resident string, set purpose.Purpose) error {
	openid, err := person.WeChatOf(c.tx, resident)
	if err != nil || openid == "" {
		return err
	}
	earliest, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, c.m.At)
	if !ok {
		return nil
	}
	_, err = outbox.Enqueue(c.tx, outbox.Delivery{
		Cause: "recorded/" + resident + "/" + string(set), Kind: "recorded", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": c.today.String()},
		Earliest: earliest.Unix(), Latest: earliest.AddDate(0, 0, 3).Unix(), Priority: 5, Booked: c.m.At.Unix(),
	})
	return err
}
