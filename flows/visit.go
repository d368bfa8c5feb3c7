package flows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
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

var visit = Flow{Name: "visit", Keyword: "走访", For: village, Set: purpose.VisitRecord, Sentence: visitSentence, Answered: visitOf, Save: saveVisit}

// visitSentence puts “下回 周一” together: the day is of that line.
func visitSentence(_ *chat, sentence string, known map[string]string) (string, map[string]string) {
	return strings.NewReplacer("下次", "下回", "下回 ", "下回", "下次 ", "下回").Replace(sentence), known
}

// visitOf says of somebody who wants nobody at her door that this is so, and takes a
// call for the way in which she was met.
func visitOf(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	p, err := visitAnswered(c, f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("stop") != "" || s.Get("editing") != "" {
		return p, err
	}
	r, err := c.scope.Resident(s.Get("resident"))
	if isNotFound(err) || err == nil && !r.NoVisit { // a newcomer, or a door that is open
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.Set("intro", join(sayNoVisitHer, s.Get("intro")))
	if s.Get("way") == "" {
		s.Set("way", "phone")
	}
	return nil, nil
}

// visitAnswered tells the form what storage knows of the person chosen, and
// proposes the next day.
func visitAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case "kind", "day":
		if s.Get("editing") == "" && s.Get("kind") == "followup" && s.Get("next") == "" {
			days, _ := strconv.Atoi(f.form.Settings["next_days"])
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
	p, err := c.person(f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("consent_state") != "given" {
		return p, err
	}
	if s.Get("editing") != "" {
		return nil, nil
	}
	s.Set("intro", "走访 "+s.Get("who"))
	last, err := visits.List(c.scope, s.Get("resident"), 1)
	if err != nil || len(last) == 0 {
		return nil, err
	}
	if s.Get("kind") == "" {
		s.Set("kind", last[0].Kind)
	}
	s.Set("intro", fmt.Sprintf("走访 %s，%s。", s.Get("who"), f.form.ChoiceLabel("kind", s.Get("kind"))))
	_, err = visitAnswered(c, f, s, "kind")
	return nil, err
}

// person serves the questions that every flow about a person begins with: who
// it is, whether she agreed, and where a newcomer belongs.
func (c *chat) person(f *Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case f.row("resident"):
		return c.chosen(f, s)
	case f.row("consent"):
		return nil, c.consented(f, s)
	case f.row("newcomer"):
		_, p, err := c.newcomer(f, s)
		return p, err
	}
	return nil, nil
}

// chosen looks up what storage knows of the person chosen.
func (c *chat) chosen(f *Flow, s *form.Session) (*form.Problem, error) {
	id := s.Get(f.row("resident"))
	if s.Get(f.row("editing")) != "" && !strings.HasPrefix(s.Get(f.row("editing")), id+"/") {
		return &form.Problem{Text: sayKeepPerson}, nil
	}
	for _, n := range []string{"consent", "newcomer", "intro"} {
		s.Clear(f.row(n))
	}
	if name, ok := strings.CutPrefix(id, newcomer); ok {
		s.Set(f.row("who"), name)
		s.Set(f.row("consent_state"), "new")
		s.Set(f.row("intro"), fmt.Sprintf(sayNotFound, name))
		return nil, nil
	}
	r, err := c.scope.Open(id, c.m.At)
	if isNotFound(err) {
		return &form.Problem{Text: sayGone}, nil
	}
	if err != nil {
		return nil, err
	}
	given, err := consent.Get(c.scope, id, f.Set)
	if err != nil {
		return nil, err
	}
	s.Set(f.row("who"), brief(r))
	switch {
	case given.Given():
		s.Set(f.row("consent_state"), "given")
	case given.Answer == person.No, r.NoAsk:
		s.Set(f.row("stop"), "refused")
	default:
		s.Set(f.row("consent_state"), "ask")
		s.Set(f.row("intro"), cmp.Or(f.Keyword, f.form.Title)+" "+label(r))
	}
	return nil, nil
}

// consented takes what she said. A yes is kept when the form is saved, with what
// it is for; a no at once, so that it stands even if the form is left.
func (c *chat) consented(f *Flow, s *form.Session) error {
	id := s.Get(f.row("resident"))
	switch s.Get(f.row("consent")) {
	case "no":
		s.Set(f.row("stop"), "no")
		if strings.HasPrefix(id, newcomer) {
			return nil // of somebody not in the directory nothing stays
		}
		u, err := c.tx.Save(func() error {
			if f.Set == purpose.VisitRecord {
				return c.scope.DontAsk(id)
			}
			return consent.Put(c.scope, c.consent(f, id, person.No), c.m.At)
		})
		if err != nil {
			return err
		}
		u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), s.Get(f.row("who"))
		return c.tx.PutUndo(c.m.From, u)
	case "not_met":
		s.Set(f.row("stop"), "not_met")
	case "later":
		s.Set(f.row("stop"), "later")
	case "other":
		for _, n := range []string{"resident", "consent", "consent_state", "intro", "who"} {
			s.Clear(f.row(n))
		}
	}
	return nil
}

// consent is a person's answer to the text that stands in the flow's form.
func (c *chat) consent(f *Flow, resident string, a person.Answer) consent.Consent {
	text := sha256.Sum256([]byte(f.form.Question(f.row("consent")).Label))
	return consent.Consent{Resident: resident, Set: f.Set, Answer: a, Channel: "oral",
		Version: f.form.Version, Text: hex.EncodeToString(text[:8])}
}

// newcomer understands “二组 17900001122”.
func (c *chat) newcomer(f *Flow, s *form.Session) (person.Resident, *form.Problem, error) {
	r := person.Resident{Name: strings.TrimPrefix(s.Get(f.row("resident")), newcomer), Added: c.today, Source: "chat"}
	phone, rest, bad := answer.Phone(s.Get(f.row("newcomer")))
	if bad != nil {
		return r, &form.Problem{Text: fmt.Sprintf(sayPhoneBad, bad.Digits, bad.Len)}, nil
	}
	r.Phone = phone
	if own, err := c.scope.IsOwnFamily(r.Name, phone); err != nil || own {
		return r, &form.Problem{Text: sayOwnFamily}, err
	}
	ids := c.scope.Villages()
	villages := make([]person.Village, 0, len(ids))
	for _, id := range ids {
		v, err := person.LoadVillage(c.tx, id)
		if err != nil {
			return r, nil, err
		}
		if v.MergedInto != "" {
			continue
		}
		villages = append(villages, v)
		if strings.Contains(rest, v.Name) {
			villages, rest = []person.Village{v}, strings.Replace(rest, v.Name, "", 1)
			break
		}
	}
	for _, w := range strings.Fields(strings.NewReplacer(",", " ", "，", " ", "、", " ").Replace(rest)) {
		if g, _, ok := cutGroup(w); ok {
			r.Group = g
		}
	}
	if r.Group == "" || len(villages) == 0 {
		return r, &form.Problem{Text: sayNewcomerBad}, nil
	}
	if len(villages) > 1 {
		return r, &form.Problem{Text: fmt.Sprintf(sayWhichVillage, villages[0].Name, r.Group)}, nil
	}
	v := villages[0]
	if _, ok := v.Group(r.Group); !ok && len(v.Groups) > 0 {
		return r, &form.Problem{Text: fmt.Sprintf(sayGroupNone, v.Name, r.Group, groups(v))}, nil
	}
	r.Village = v.ID
	return r, nil, nil
}

func groups(v person.Village) string {
	names := make([]string, len(v.Groups))
	for i, g := range v.Groups {
		names[i] = g.Name
	}
	return strings.Join(names, "、")
}

// settle returns the person that a form is about, kept first if she is new, and
// keeps that she agreed if she was asked; then she is told so herself.
func (c *chat) settle(f *Flow, s *form.Session) (r person.Resident, err error) {
	if strings.HasPrefix(s.Get(f.row("resident")), newcomer) {
		var p *form.Problem
		if r, p, err = c.newcomer(f, s); err != nil {
			return r, err
		}
		if p != nil {
			return r, fmt.Errorf("newcomer: %s", p.Text)
		}
		r, err = c.scope.AddResident(r, c.m.ID)
	} else {
		r, err = c.scope.Resident(s.Get(f.row("resident")))
	}
	if err != nil || s.Get(f.row("consent")) != "yes" {
		return r, err
	}
	if err := consent.Put(c.scope, c.consent(f, r.ID, person.Yes), c.m.At); err != nil {
		return r, err
	}
	return r, c.tellRecorded(r.ID, f.Set)
}

// saveVisit keeps the visit, closes what it answers, and books what it promises.
func saveVisit(c *chat, f *Flow, s *form.Session) (Reply, error) {
	r, err := c.settle(f, s)
	if err != nil {
		return Reply{}, err
	}
	v := visits.Visit{Resident: r.ID, Way: s.Get("way"), Kind: s.Get("kind"), Finding: s.Get("finding"),
		Need: s.Get("need"), Note: s.Get("note"), Extra: f.extra(s), At: c.m.At.Unix()}
	if v.Day, err = calendar.ParseDay(s.Get("day")); err != nil {
		return Reply{}, err
	}
	if v.Next, err = calendar.ParseDay(s.Get("next")); err != nil {
		return Reply{}, err
	}
	if s.Get("editing") != "" {
		return c.saveChange(s, v)
	}
	if v, err = visits.Add(c.scope, v, c.m.ID); err != nil {
		return Reply{}, err
	}
	open, err := visits.OpenFollowUps(c.scope, r.ID)
	if err != nil {
		return Reply{}, err
	}
	for _, o := range open {
		if o.Kind == "visit" && o.Plan == "" && o.Due <= v.Day+7 { // a visit a few days early keeps the promise too
			if err := visits.CloseFollowUp(c.scope, o, "done", c.m.At); err != nil {
				return Reply{}, err
			}
		}
	}
	if err := c.promise(r, v, s.Get("next_part")); err != nil {
		return Reply{}, err
	}
	return c.savedVisit(r, v)
}

// promise books the next visit, the answer she waits for, and the word to her
// on the evening before.
func (c *chat) promise(r person.Resident, v visits.Visit, part string) error {
	if v.Next != 0 {
		f, err := visits.AddFollowUp(c.scope, followups.FollowUp{Resident: r.ID, Kind: "visit", Due: v.Next, Part: part, From: v.ID, Asked: v.Day,
			Contact: c.who.Cadre.ID}, c.m.ID+"/next")
		if err != nil {
			return err
		}
		if err := c.remind(f); err != nil {
			return err
		}
	}
	if v.Finding == "needs_help" {
		_, err := visits.AddFollowUp(c.scope, followups.FollowUp{Resident: r.ID, Kind: "answer", Text: v.Need, Due: c.today, From: v.ID,
			Asked: v.Day, Contact: c.who.Cadre.ID}, c.m.ID+"/need")
		return err
	}
	return nil
}

// remind books the message on the evening before an agreed visit (18:30 to
// 20:00, domain.md 7.3). Who has no WeChat is not booked for.
func (c *chat) remind(f followups.FollowUp) error {
	openid, err := person.WeChatOf(c.tx, f.Resident)
	if err != nil || openid == "" {
		return err
	}
	eve := f.Due - 1
	if !eve.At(20, 0).After(c.m.At) {
		return nil
	}
	_, err = outbox.Enqueue(c.tx, outbox.Delivery{
		Cause: "visit/" + f.Resident + "/" + f.ID + "/" + f.Due.String() + "/eve", Kind: "visit_eve", To: "r:" + f.Resident, About: f.Resident,
		Facts:    map[string]string{"day": f.Due.String(), "followup": f.ID, "part": f.Part},
		Earliest: eve.At(18, 30).Unix(), Latest: eve.At(20, 0).Unix(), Priority: 3, Booked: c.m.At.Unix(),
	})
	return err
}

// savedVisit says that it is kept and offers the rest of the house.
func (c *chat) savedVisit(r person.Resident, v visits.Visit) (Reply, error) {
	saved := saySaved
	if v.Finding == "needs_help" {
		saved = join(saySaved, sayAnswerBy)
	}
	house, err := c.scope.Household(r)
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range house {
		agreed, err := consent.Get(c.scope, o.ID, purpose.VisitRecord) // a directory line is in no list
		if err != nil {
			return Reply{}, err
		}
		if agreed.Given() && len(offers) < 4 {
			offers = append(offers, dialogstate.Option{Label: o.Name, Do: "visit " + o.ID})
		}
	}
	if len(offers) == 0 {
		return Reply{Text: saved}, nil
	}
	text := join(saved, fmt.Sprintf(sayRestOfHouse, len(offers)))
	return c.offer(text, append(offers, dialogstate.Option{Label: labelNoMore, Do: "none"})...), nil
}

// ended answers a form that ended without a record.
func (c *chat) ended(f *Flow, s *form.Session, why string) (Reply, error) {
	switch why {
	case "no":
		return Reply{Text: sayConsentNo}, nil
	case "refused":
		return Reply{Text: sayRefused}, nil
	case "not_met":
		return c.attempted(s)
	}
	return Reply{Text: sayConsentNone}, nil
}

// notMet keeps only the attempt, on the follow-up that the visit was for.
func (c *chat) notMet(s *form.Session) (Reply, error) {
	id := s.Get("resident")
	if strings.HasPrefix(id, newcomer) {
		return Reply{Text: sayNotMetNone}, nil
	}
	open, err := visits.OpenFollowUps(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	slices.SortStableFunc(open, func(a, b followups.FollowUp) int { return strings.Compare(b.Kind, a.Kind) }) // visits first
	for _, f := range open {
		if f.Due > c.today+7 {
			continue
		}
		day, err := calendar.ParseDay(s.Get("day"))
		if err != nil || day == 0 {
			day = c.today
		}
		next := max(f.Due, c.today+1) // no day was agreed on, so she is told of none
		u, err := c.tx.Save(func() error { return visits.Attempted(c.scope, f, day, next) })
		if err != nil {
			return Reply{}, err
		}
		u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), sayNotMetTitle+s.Get("who")
		return Reply{Text: fmt.Sprintf(sayNotMet, next.Chinese())}, c.tx.PutUndo(c.m.From, u)
	}
	return Reply{Text: sayNotMetNone}, nil
}

// same reports whether a correction says what the record says already.
func same(a, b visits.Visit) bool {
	return a.Day == b.Day && a.Way == b.Way && a.Kind == b.Kind && a.Finding == b.Finding && a.Need == b.Need && a.Note == b.Note && a.Next == b.Next && maps.Equal(a.Extra, b.Extra)
}

// saveChange keeps a corrected record beside what it said before. A next day that
// moved moves the promise; help that is asked for now is waited for, and what is
// no longer asked for is not.
func (c *chat) saveChange(s *form.Session, v visits.Visit) (Reply, error) {
	old, err := c.visitAt(s.Get("editing"))
	if err != nil {
		return Reply{}, err
	}
	if same(old, v) {
		return Reply{Text: sayNoDifference}, nil
	}
	if err := visits.Change(c.scope, old, v, c.m.At); err != nil {
		return Reply{}, err
	}
	v.ID = old.ID
	promised := v
	if old.Next == v.Next {
		promised.Next = 0
	}
	if old.Finding == v.Finding && old.Need == v.Need {
		promised.Finding = ""
	}
	open, err := visits.OpenFollowUps(c.scope, v.Resident)
	if err != nil {
		return Reply{}, err
	}
	for _, f := range open {
		moved := f.Kind == "visit" && old.Next != v.Next || f.Kind == "answer" && promised.Finding != ""
		if f.From == old.ID && moved {
			if err := visits.CloseFollowUp(c.scope, f, "moved", c.m.At); err != nil {
				return Reply{}, err
			}
		}
	}
	r, err := c.scope.Resident(v.Resident)
	if err != nil {
		return Reply{}, err
	}
	if err := c.promise(r, promised, s.Get("next_part")); err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayChanged, c.today.Chinese())}, nil
}
