package visit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

var visit = dialog.Flow{Name: "visit", Keyword: "走访", For: dialog.Village, Set: purpose.VisitRecord, Sentence: visitSentence, Answered: visitOf, Save: saveVisit}

// visitSentence puts “下回 周一” together: the day is of that line.
func visitSentence(_ *dialog.Turn, sentence string, known map[string]string) (string, map[string]string) {
	return strings.NewReplacer("下次", "下回", "下回 ", "下回", "下次 ", "下回").Replace(sentence), known
}

// visitOf says of somebody who wants nobody at her door that this is so, and takes a
// call for the way in which she was met.
func visitOf(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	p, err := visitAnswered(c, f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("stop") != "" || s.Get("editing") != "" {
		return p, err
	}
	r, err := c.Scope.Resident(s.Get("resident"))
	if dialog.IsNotFound(err) || err == nil && !r.NoVisit { // a newcomer, or a door that is open
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.Set("intro", dialog.Join(sayNoVisitHer, s.Get("intro")))
	if s.Get("way") == "" {
		s.Set("way", "phone")
	}
	return nil, nil
}

// visitAnswered tells the form what storage knows of the person chosen, and
// proposes the next day.
func visitAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case "kind", "day":
		if s.Get("editing") == "" && s.Get("kind") == "followup" && s.Get("next") == "" {
			days, _ := strconv.Atoi(f.Form.Settings["next_days"])
			if day, err := calendar.ParseDay(s.Get("day")); err == nil && day != 0 && days > 0 {
				s.Set("next", (day + calendar.Day(days)).String())
			}
		}
		return nil, nil
	case "finding":
		if s.Get("finding") != "not_met" {
			return nil, nil
		}
		if s.Get("editing") != "" {
			return &form.Problem{Text: sayNotMetKept}, nil
		}
		s.Set("stop", "not_met")
		return nil, nil
	}
	p, err := subject.CheckPerson(c, f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("consent_state") != "given" {
		return p, err
	}
	if s.Get("editing") != "" {
		return nil, nil
	}
	s.Set("intro", "走访 "+s.Get("who"))
	last, err := visits.List(c.Scope, s.Get("resident"), 1)
	if err != nil || len(last) == 0 {
		return nil, err
	}
	if s.Get("kind") == "" {
		s.Set("kind", last[0].Kind)
	}
	s.Set("intro", fmt.Sprintf("走访 %s，%s。", s.Get("who"), f.Form.ChoiceLabel("kind", s.Get("kind"))))
	_, err = visitAnswered(c, f, s, "kind")
	return nil, err
}

// saveVisit keeps the visit, closes what it answers, and books what it promises.
func saveVisit(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	r, err := subject.Settle(c, f, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	v := visits.Visit{Resident: r.ID, Way: s.Get("way"), Kind: s.Get("kind"), Finding: s.Get("finding"),
		Need: s.Get("need"), Note: s.Get("note"), Extra: f.Extra(s), At: c.M.At.Unix()}
	if v.Day, err = calendar.ParseDay(s.Get("day")); err != nil {
		return dialog.Reply{}, err
	}
	if v.Next, err = calendar.ParseDay(s.Get("next")); err != nil {
		return dialog.Reply{}, err
	}
	if s.Get("editing") != "" {
		return saveChange(c, s, v)
	}
	if v, err = visits.Add(c.Scope, v, c.M.ID); err != nil {
		return dialog.Reply{}, err
	}
	open, err := visits.OpenFollowUps(c.Scope, r.ID)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, o := range open {
		if o.Kind == "visit" && o.Plan == "" && o.Due <= v.Day+7 { // a visit a few days early keeps the promise too
			if err := visits.CloseFollowUp(c.Scope, o, "done", c.M.At); err != nil {
				return dialog.Reply{}, err
			}
		}
	}
	if err := promise(c, r, v, s.Get("next_part")); err != nil {
		return dialog.Reply{}, err
	}
	return savedVisit(c, r, v)
}

// promise books the next visit, the answer she waits for, and the word to her
// on the evening before.
func promise(c *dialog.Turn, r person.Resident, v visits.Visit, part string) error {
	if v.Next != 0 {
		f, err := visits.AddFollowUp(c.Scope, followups.FollowUp{Resident: r.ID, Kind: "visit", Due: v.Next, Part: part, From: v.ID, Asked: v.Day,
			Contact: c.Who.Cadre.ID}, c.M.ID+"/next")
		if err != nil {
			return err
		}
		if err := remind(c, f); err != nil {
			return err
		}
	}
	if v.Finding == "needs_help" {
		_, err := visits.AddFollowUp(c.Scope, followups.FollowUp{Resident: r.ID, Kind: "answer", Text: v.Need, Due: c.Today, From: v.ID,
			Asked: v.Day, Contact: c.Who.Cadre.ID}, c.M.ID+"/need")
		return err
	}
	return nil
}

// remind books the message on the evening before an agreed visit (18:30 to
// 20:00, domain.md 7.3). Who has no WeChat is not booked for.
func remind(c *dialog.Turn, f followups.FollowUp) error {
	openid, err := person.WeChatOf(c.Tx, f.Resident)
	if err != nil || openid == "" {
		return err
	}
	eve := f.Due - 1
	if !eve.At(20, 0).After(c.M.At) {
		return nil
	}
	_, err = outbox.Enqueue(c.Tx, outbox.Delivery{
		Cause: "visit/" + f.Resident + "/" + f.ID + "/" + f.Due.String() + "/eve", Kind: "visit_eve", To: "r:" + f.Resident, About: f.Resident,
		Facts:    map[string]string{"day": f.Due.String(), "followup": f.ID, "part": f.Part},
		Earliest: eve.At(18, 30).Unix(), Latest: eve.At(20, 0).Unix(), Priority: 3, Booked: c.M.At.Unix(),
	})
	return err
}

// savedVisit says that it is kept and offers the rest of the house.
func savedVisit(c *dialog.Turn, r person.Resident, v visits.Visit) (dialog.Reply, error) {
	saved := dialog.SaySaved
	if v.Finding == "needs_help" {
		saved = dialog.Join(dialog.SaySaved, sayAnswerBy)
	}
	house, err := c.Scope.Household(r)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range house {
		agreed, err := consent.Get(c.Scope, o.ID, purpose.VisitRecord) // a directory line is in no list
		if err != nil {
			return dialog.Reply{}, err
		}
		if agreed.Given() && len(offers) < 4 {
			offers = append(offers, dialogstate.Option{Label: o.Name, Do: "visit " + o.ID})
		}
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: saved}, nil
	}
	text := dialog.Join(saved, fmt.Sprintf(sayRestOfHouse, len(offers)))
	return c.Offer(text, append(offers, dialogstate.Option{Label: labelNoMore, Do: "none"})...), nil
}

// notMet keeps only the attempt, on the follow-up that the visit was for.
func notMet(c *dialog.Turn, s *form.Session) (dialog.Reply, error) {
	id := s.Get("resident")
	if strings.HasPrefix(id, dialog.Newcomer) {
		return dialog.Reply{Text: dialog.SayNotMetNone}, nil
	}
	open, err := visits.OpenFollowUps(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	slices.SortStableFunc(open, func(a, b followups.FollowUp) int { return strings.Compare(b.Kind, a.Kind) }) // visits first
	for _, f := range open {
		if f.Due > c.Today+7 {
			continue
		}
		day, err := calendar.ParseDay(s.Get("day"))
		if err != nil || day == 0 {
			day = c.Today
		}
		next := max(f.Due, c.Today+1) // no day was agreed on, so she is told of none
		u, err := c.Tx.Save(func() error { return visits.Attempted(c.Scope, f, day, next) })
		if err != nil {
			return dialog.Reply{}, err
		}
		u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), sayNotMetTitle+s.Get("who")
		return dialog.Reply{Text: fmt.Sprintf(sayNotMet, next.Chinese())}, c.Tx.PutUndo(c.M.From, u)
	}
	return dialog.Reply{Text: dialog.SayNotMetNone}, nil
}

// same reports whether a correction says what the record says already.
func same(a, b visits.Visit) bool {
	return a.Day == b.Day && a.Way == b.Way && a.Kind == b.Kind && a.Finding == b.Finding && a.Need == b.Need && a.Note == b.Note && a.Next == b.Next && maps.Equal(a.Extra, b.Extra)
}

// saveChange keeps a corrected record beside what it said before. A next day that
// moved moves the promise; help that is asked for now is waited for, and what is
// no longer asked for is not.
func saveChange(c *dialog.Turn, s *form.Session, v visits.Visit) (dialog.Reply, error) {
	old, err := visitAt(c, s.Get("editing"))
	if err != nil {
		return dialog.Reply{}, err
	}
	if same(old, v) {
		return dialog.Reply{Text: dialog.SayNoDifference}, nil
	}
	if err := visits.Change(c.Scope, old, v, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	v.ID = old.ID
	promised := v
	if old.Next == v.Next {
		promised.Next = 0
	}
	if old.Finding == v.Finding && old.Need == v.Need {
		promised.Finding = ""
	}
	open, err := visits.OpenFollowUps(c.Scope, v.Resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, f := range open {
		moved := f.Kind == "visit" && old.Next != v.Next || f.Kind == "answer" && promised.Finding != ""
		if f.From == old.ID && moved {
			if err := visits.CloseFollowUp(c.Scope, f, "moved", c.M.At); err != nil {
				return dialog.Reply{}, err
			}
		}
	}
	r, err := c.Scope.Resident(v.Resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := promise(c, r, promised, s.Get("next_part")); err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(dialog.SayChanged, c.Today.Chinese())}, nil
}
