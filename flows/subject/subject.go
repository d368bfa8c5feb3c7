package subject

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// tellRecorded books one message to the person herself when staff wrote down that
// she agreed, so that she can refuse it: one for each set of consent.
func tellRecorded(c *dialog.Turn, resident string, set purpose.Purpose) error {
	openid, err := person.WeChatOf(c.Tx, resident)
	if err != nil || openid == "" {
		return err
	}
	earliest, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, c.M.At)
	if !ok {
		return nil
	}
	_, err = outbox.Enqueue(c.Tx, outbox.Delivery{
		Cause: "recorded/" + resident + "/" + string(set), Kind: "recorded", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": c.Today.String()},
		Earliest: earliest.Unix(), Latest: earliest.AddDate(0, 0, 3).Unix(), Priority: 5, Booked: c.M.At.Unix(),
	})
	return err
}

// CheckPerson serves the questions that every flow about a person begins with: who
// it is, whether she agreed, and where a newcomer belongs.
func CheckPerson(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case f.Row("resident"):
		return chosen(c, f, s)
	case f.Row("consent"):
		return nil, consented(c, f, s)
	case f.Row("newcomer"):
		_, p, err := newcomer(c, f, s)
		return p, err
	}
	return nil, nil
}

// chosen looks up what storage knows of the person chosen.
func chosen(c *dialog.Turn, f *dialog.Flow, s *form.Session) (*form.Problem, error) {
	id := s.Get(f.Row("resident"))
	if s.Get(f.Row("editing")) != "" && !strings.HasPrefix(s.Get(f.Row("editing")), id+"/") {
		return &form.Problem{Text: sayKeepPerson}, nil
	}
	for _, n := range []string{"consent", "newcomer", "intro"} {
		s.Clear(f.Row(n))
	}
	if name, ok := strings.CutPrefix(id, dialog.Newcomer); ok {
		s.Set(f.Row("who"), name)
		s.Set(f.Row("consent_state"), "new")
		s.Set(f.Row("intro"), fmt.Sprintf(sayNotFound, name))
		return nil, nil
	}
	r, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return &form.Problem{Text: dialog.SayGone}, nil
	}
	if err != nil {
		return nil, err
	}
	given, err := consent.Get(c.Scope, id, f.Set)
	if err != nil {
		return nil, err
	}
	s.Set(f.Row("who"), Brief(r))
	switch {
	case given.Given():
		s.Set(f.Row("consent_state"), "given")
	case given.Answer == person.No, r.NoAsk:
		s.Set(f.Row("stop"), "refused")
	default:
		s.Set(f.Row("consent_state"), "ask")
		s.Set(f.Row("intro"), cmp.Or(f.Keyword, f.Form.Title)+" "+Label(r))
	}
	return nil, nil
}

// consented takes what she said. A yes is kept when the form is saved, with what
// it is for; a no at once, so that it stands even if the form is left.
func consented(c *dialog.Turn, f *dialog.Flow, s *form.Session) error {
	id := s.Get(f.Row("resident"))
	switch s.Get(f.Row("consent")) {
	case "no":
		s.Set(f.Row("stop"), "no")
		if strings.HasPrefix(id, dialog.Newcomer) {
			return nil // of somebody not in the directory nothing stays
		}
		u, err := c.Tx.Save(func() error {
			if f.Set == purpose.VisitRecord {
				return c.Scope.DontAsk(id)
			}
			return consent.Put(c.Scope, recordConsent(c, f, id, person.No), c.M.At)
		})
		if err != nil {
			return err
		}
		u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), s.Get(f.Row("who"))
		return c.Tx.PutUndo(c.M.From, u)
	case "not_met":
		s.Set(f.Row("stop"), "not_met")
	case "later":
		s.Set(f.Row("stop"), "later")
	case "other":
		for _, n := range []string{"resident", "consent", "consent_state", "intro", "who"} {
			s.Clear(f.Row(n))
		}
	}
	return nil
}

// recordConsent is a person's answer to the text that stands in the flow's form.
func recordConsent(c *dialog.Turn, f *dialog.Flow, resident string, a person.Answer) consent.Consent {
	text := sha256.Sum256([]byte(f.Form.Question(f.Row("consent")).Label))
	return consent.Consent{Resident: resident, Set: f.Set, Answer: a, Channel: "oral",
		Version: f.Form.Version, Text: hex.EncodeToString(text[:8])}
}

// newcomer understands “二组 17900001122”.
func newcomer(c *dialog.Turn, f *dialog.Flow, s *form.Session) (person.Resident, *form.Problem, error) {
	r := person.Resident{Name: strings.TrimPrefix(s.Get(f.Row("resident")), dialog.Newcomer), Added: c.Today, Source: "chat"}
	phone, rest, bad := answer.Phone(s.Get(f.Row("newcomer")))
	if bad != nil {
		return r, &form.Problem{Text: fmt.Sprintf(dialog.SayPhoneBad, bad.Digits, bad.Len)}, nil
	}
	r.Phone = phone
	if own, err := c.Scope.IsOwnFamily(r.Name, phone); err != nil || own {
		return r, &form.Problem{Text: dialog.SayOwnFamily}, err
	}
	ids := c.Scope.Villages()
	villages := make([]person.Village, 0, len(ids))
	for _, id := range ids {
		v, err := person.LoadVillage(c.Tx, id)
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
		if g, _, ok := CutGroup(w); ok {
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
		return r, &form.Problem{Text: fmt.Sprintf(dialog.SayGroupNone, v.Name, r.Group, groups(v))}, nil
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

// Settle returns the person that a form is about, kept first if she is new, and
// keeps that she agreed if she was asked; then she is told so herself.
func Settle(c *dialog.Turn, f *dialog.Flow, s *form.Session) (r person.Resident, err error) {
	if strings.HasPrefix(s.Get(f.Row("resident")), dialog.Newcomer) {
		var p *form.Problem
		if r, p, err = newcomer(c, f, s); err != nil {
			return r, err
		}
		if p != nil {
			return r, fmt.Errorf("newcomer: %s", p.Text)
		}
		r, err = c.Scope.AddResident(r, c.M.ID)
	} else {
		r, err = c.Scope.Resident(s.Get(f.Row("resident")))
	}
	if err != nil || s.Get(f.Row("consent")) != "yes" {
		return r, err
	}
	if err := consent.Put(c.Scope, recordConsent(c, f, r.ID, person.Yes), c.M.At); err != nil {
		return r, err
	}
	return r, tellRecorded(c, r.ID, f.Set)
}

// Ended answers a form that ended without a record.
func Ended(c *dialog.Turn, f *dialog.Flow, s *form.Session, why string) (dialog.Reply, error) {
	switch why {
	case "no":
		return dialog.Reply{Text: dialog.SayConsentNo}, nil
	case "refused":
		return dialog.Reply{Text: dialog.SayRefused}, nil
	case "not_met":
		return dialog.Attempted(c, s)
	}
	return dialog.Reply{Text: sayConsentNone}, nil
}
