package storage

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/pinyin"
)

// MaxFamily is for how many residents one WeChat can stand.
const MaxFamily = 6

// Sentinels of signing up; ask with errors.Is.
var (
	ErrFamily  = errors.New("storage: stands for as many as it can") // MaxFamily
	ErrConsent = errors.New("storage: she did not agree")            // no consent, no record
)

// Register keeps somebody who signs up herself: what she wants to be called and
// a phone suffice. She lives in no village (Village is "") until she lets hers
// see her, so that to village roles she is whatever line the directory has.
// poster is the village whose poster she scanned, "" without. Her WeChat stands
// for her from now on. c is her consent to C1.
//
// The same name and phone from the same WeChat return whom it stands for
// already, or stood for until it unfollowed (see Unfollow): the WeChat is what only
// she has, a name and a phone anybody can type. It returns ErrConsent without a yes, ErrFamily when the WeChat stands
// for MaxFamily people, ErrScope for nobody's WeChat or without a name. Somebody
// who had herself deleted may sign up anew.
func (s Scope) Register(name, phone, poster string, c Consent, cause string, now time.Time) (Resident, error) {
	if c.Answer != Yes {
		return Resident{}, ErrConsent
	}
	if s.Person.OpenID == "" || name == "" || phone == "" {
		return Resident{}, ErrScope
	}
	l, err := s.tx.Link(s.Person.OpenID)
	if err != nil {
		return Resident{}, err
	}
	r, err := s.registered(l, name, phone)
	if err != nil {
		return r, err
	}
	if r.ID == "" && len(l.Residents) >= MaxFamily {
		return r, ErrFamily
	}
	if r.ID == "" {
		if r, err = s.back(name, phone); err != nil {
			return r, err
		}
	}
	if r.ID == "" {
		r, err = s.tx.AddResident(Resident{Name: name, Phone: phone, Self: true, Poster: poster, Added: calendar.DayOf(now)}, cause)
		if err != nil {
			return r, err
		}
		if err := s.tx.LinkResident(s.Person.OpenID, r.ID); err != nil {
			return r, err
		}
	}
	s.own[r.ID] = true
	c.Resident, c.Set = r.ID, C1
	return r, s.Agree(c, now)
}

// AnswerMore keeps answers to questions that a town added to the form by which
// somebody signs up, beside what is known of one of the asker's own. ErrNotFound for
// anybody else.
func (s Scope) AnswerMore(resident string, answers map[string]string) error {
	r, err := s.Mine(resident)
	if err != nil || len(answers) == 0 {
		return err
	}
	r.Extra = Beside(r.Extra, answers)
	return s.tx.put(key("resident", r.ID), r)
}

// registered returns whom of a name and phone a WeChat stands for already, or
// the zero Resident.
func (s Scope) registered(l Link, name, phone string) (Resident, error) {
	for _, id := range l.Residents {
		r, err := optional(s.tx.Resident(id))
		if err != nil || r.Name == name && r.Phone == phone {
			return r, err
		}
	}
	return Resident{}, nil
}

// stood is for whom a WeChat stood when it unfollowed, under a hash of it that only
// this store can make: the openid itself is deleted, as the platform asks.
type stood struct {
	Residents []string
	At        int64 // Unix seconds
}

func (tx *Tx) stoodKey(openid string) []byte { return key("stood", tx.keyed("stood", openid)) }

// keepStood keeps for whom a WeChat stands that goes.
func (tx *Tx) keepStood(l Link, now time.Time) error {
	if len(l.Residents) == 0 {
		return nil
	}
	return tx.put(tx.stoodKey(l.OpenID), stood{l.Residents, now.Unix()})
}

// back returns whom of a name and phone the asker's WeChat stood for before it
// unfollowed, and makes it stand for her again; the zero Resident for anybody else,
// and where another WeChat stands for her by now.
func (s Scope) back(name, phone string) (Resident, error) {
	k := s.tx.stoodKey(s.Person.OpenID)
	was, err := optional(get[stood](s.tx, k))
	if err != nil {
		return Resident{}, err
	}
	for i, id := range was.Residents {
		r, err := optional(s.tx.Resident(id))
		if err != nil {
			return Resident{}, err
		}
		other, err := s.tx.WeChatOf(id)
		if err != nil {
			return Resident{}, err
		}
		if r.ID == "" || r.Name != name || r.Phone != phone || other != "" {
			continue
		}
		if was.Residents = slices.Delete(was.Residents, i, i+1); len(was.Residents) == 0 {
			err = s.tx.delete(k)
		} else {
			err = s.tx.put(k, was)
		}
		return r, errors.Join(err, s.tx.LinkResident(s.Person.OpenID, id))
	}
	return Resident{}, nil
}

// ShowTo lets a village's staff see a resident who signed up herself, her
// bookings and her requests; "" hides her again. Only she can (ErrNotFound for
// anybody else, and for a village that there is not).
//
// A directory line of that village that is surely she (the phone, and the name
// or its sound) and of which nothing was ever kept makes room for her: its group
// and house are hers while she shows herself. Hidden again, she leaves the line
// as the list made it. Who stands in a village without having signed up herself
// stays there; only her bookings and requests are shown or hidden. A visit that the
// village agreed on with who leaves it is off, and what it had taken of hers is
// nobody's: the office is told.
func (s Scope) ShowTo(resident, village string, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	if village == "" {
		if r.Self && r.Village != "" {
			if err := s.tx.endVisits(r.ID, now); err != nil {
				return err
			}
		}
		return errors.Join(s.hide(r), s.tx.noVillageCalls(r.ID), s.tx.requestsMoved(now))
	}
	if village, err = s.tx.standing(village); err != nil {
		return err
	}
	r.Shown = true
	if r.Village == village || !r.Self {
		return s.tx.put(key("resident", r.ID), r)
	}
	if r.Village != "" { // from one village to another
		if err := s.hide(r); err != nil {
			return err
		}
		r.Village, r.Group, r.Household, r.House = "", "", "", ""
	}
	line, err := s.tx.listed(r, village)
	if err != nil {
		return err
	}
	if line.ID != "" {
		if err := s.tx.replace(line, r.ID); err != nil {
			return err
		}
		r.Household, r.House = line.Household, line.House
	}
	return s.settle(r, village, line.Group)
}

// replace puts a directory line aside for the person whom it is about; who looked
// at the line looked at her.
func (tx *Tx) replace(line Resident, id string) error {
	looks, err := tx.Looks(line.ID)
	if err != nil {
		return err
	}
	for _, l := range looks {
		if err := tx.putLook(id, l); err != nil {
			return err
		}
	}
	return errors.Join(
		tx.put(key("replaced", id), line),
		tx.unindex(line),
		tx.deleteAll(prefix("look", line.ID)),
		tx.delete(key("resident", line.ID)))
}

// hide takes a resident who signed up herself out of her village, and puts the
// directory line back that she stood in place of.
func (s Scope) hide(r Resident) error {
	r.Shown = false
	if !r.Self || r.Village == "" {
		return s.tx.put(key("resident", r.ID), r)
	}
	if err := s.tx.putBackLine(r); err != nil {
		return err
	}
	r.Household, r.House = "", ""
	return s.settle(r, "", "")
}

// putBackLine puts the directory line back that a person stood in place of.
func (tx *Tx) putBackLine(r Resident) error {
	line, err := optional(get[Resident](tx, key("replaced", r.ID)))
	if err != nil || line.ID == "" {
		return err
	}
	return errors.Join(tx.PutResident(line), tx.delete(key("replaced", r.ID)))
}

// settle moves her, with what she decided about herself: move reads what stands.
func (s Scope) settle(r Resident, village, group string) error {
	if err := s.tx.move(r, village, group); err != nil {
		return fmt.Errorf("move who shows herself: %w", err)
	}
	return nil
}

// standing returns the village that took over one that was merged, else the
// village itself; ErrNotFound when there is none.
func (tx *Tx) standing(id string) (string, error) {
	for {
		v, err := tx.Village(id)
		if err != nil || v.MergedInto == "" {
			return v.ID, err
		}
		id = v.MergedInto
	}
}

// listed returns the directory line of a village, or of one merged into it, that
// is surely the same person and of which nothing was ever kept; the zero
// Resident without one.
func (tx *Tx) listed(r Resident, village string) (Resident, error) {
	if r.Tail() == "" {
		return Resident{}, nil
	}
	near := map[string]bool{village: true}
	if err := tx.widen(near); err != nil {
		return Resident{}, err
	}
	for _, v := range sorted(near) {
		for p, err := range tx.parts(prefix("find", v, "t"+r.Tail())) {
			if err != nil {
				return Resident{}, err
			}
			line, err := tx.Resident(p[len(p)-1])
			if err != nil {
				return Resident{}, err
			}
			if line.ID == r.ID || line.Phone != r.Phone || !sameName(line.Name, r.Name) {
				continue
			}
			if kept, err := tx.anythingKept(line); err != nil || !kept {
				return line, err
			}
		}
	}
	return Resident{}, nil
}

// sameName reports whether two names are written or sound alike.
func sameName(a, b string) bool {
	return a == b || slices.Equal(pinyin.Syllables(a, true), pinyin.Syllables(b, true))
}

// ofPeople are the kinds that are kept under a resident's id, besides her record
// itself and who has looked.
var ofPeople = []string{"consent", "visit", "followup", "away", "wechat", "appointments", "waiting_of", "paper", "return", "plan", "hiddenplan", "request", "hidden", "pin", "submission", "hears"}

// anythingKept reports whether more is kept of a person than her directory line:
// an answer of hers, something written down, a WeChat.
func (tx *Tx) anythingKept(r Resident) (bool, error) {
	if r.Self || r.NoAsk || r.NoPush || r.NoVisit || r.NoProfile {
		return true, nil
	}
	for _, kind := range ofPeople {
		for _, err := range tx.parts(prefix(kind, r.ID)) {
			return err == nil, err
		}
	}
	return false, nil
}

// Mine returns a resident that the asker's WeChat stands for; ErrNotFound for
// anybody else.
func (s Scope) Mine(resident string) (Resident, error) {
	if !s.own[resident] {
		return Resident{}, ErrNotFound
	}
	return s.tx.Resident(resident)
}

// Agree keeps her own answer to a consent set, given in chat or on a page. A no
// is not asked again. A yes after she had taken hers back lets messages come to
// her again. It returns ErrNotFound for anybody but herself, ErrScope for a set
// that there is not.
func (s Scope) Agree(c Consent, now time.Time) error {
	r, err := s.Mine(c.Resident)
	if err != nil {
		return err
	}
	if !slices.Contains(Sets, c.Set) || c.Answer != Yes && c.Answer != No {
		return ErrScope
	}
	before, err := s.tx.Consent(r.ID, c.Set)
	if err != nil {
		return err
	}
	if c.Answer == Yes && before.Withdrawn != 0 && r.NoPush {
		r.NoPush = false
		if err := s.tx.put(key("resident", r.ID), r); err != nil {
			return err
		}
	}
	if c.Channel == "" {
		c.Channel = "chat"
	}
	c.By, c.At, c.Withdrawn = "", now.Unix(), 0
	return s.tx.putConsent(c)
}

// Agreed returns her own last answer to a set, the zero Consent when she was
// never asked.
func (s Scope) Agreed(resident string, set Set) (Consent, error) {
	if _, err := s.Mine(resident); err != nil {
		return Consent{}, err
	}
	return s.tx.Consent(resident, set)
}

// ResumePushes lets messages come to a resident again who had stopped them; only
// she can. What she was promised of bookings, papers, agreed visits and meetings,
// and was dropped when she stopped it, is promised again; what is too late by now
// the outbox finds stale.
func (s Scope) ResumePushes(resident string) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	r.NoPush = false
	if err := s.tx.put(key("resident", r.ID), r); err != nil {
		return err
	}
	causes, err := s.promises(resident)
	if err != nil {
		return err
	}
	for _, cause := range causes {
		if err := s.tx.rebook(cause); err != nil {
			return err
		}
	}
	return nil
}

// promises are the causes for which a resident is told of what is open for her.
func (s Scope) promises(resident string) (causes []string, err error) {
	h, err := s.Held(resident)
	if err != nil {
		return nil, err
	}
	for _, a := range h.Appointments {
		if a.State != Expected {
			continue
		}
		for _, which := range []string{"ahead", "eve", "morning"} {
			causes = append(causes, a.about(which, resident, time.Time{}).Cause)
		}
	}
	for _, p := range h.Papers {
		for _, kind := range []string{"paper_ready", "paper_reminder", "paper_last"} {
			causes = append(causes, paperCause(p.ID, kind))
		}
	}
	for _, f := range h.FollowUps {
		causes = append(causes, "visit/"+resident+"/"+f.ID+"/"+f.Due.String()+"/eve")
	}
	for _, l := range h.Lectures {
		causes = append(causes, l.cause())
	}
	for _, r := range h.Returns {
		for _, before := range returnDays {
			causes = append(causes, returnCause(r, before))
		}
	}
	return causes, nil
}

// rebook books a delivery again that was dropped because she had stopped all.
func (tx *Tx) rebook(cause string) error {
	d, err := optional(tx.DeliveryOf(cause))
	if err != nil || d.State != Dropped || d.Reason != "unsubscribed" || d.MsgID != 0 || d.Doubt != 0 {
		return err
	}
	d.State, d.Reason, d.Settled = Booked, "", 0
	return tx.PutDelivery(d)
}

// Unlink ends that the asker's WeChat stands for a resident. What is kept of her
// stays as it is.
func (s Scope) Unlink(resident string, now time.Time) error {
	if !s.own[resident] {
		return ErrNotFound
	}
	l, err := s.tx.Link(s.Person.OpenID)
	if err != nil {
		return err
	}
	l.Residents = slices.DeleteFunc(l.Residents, func(id string) bool { return id == resident })
	if err := s.tx.PutLink(l); err != nil {
		return err
	}
	if err := s.tx.delete(key("wechat", resident, s.Person.OpenID)); err != nil {
		return err
	}
	delete(s.own, resident)
	return errors.Join(
		s.tx.shut(func(p Pass) bool { return p.OpenID == s.Person.OpenID && p.Resident == resident }),
		s.tx.dropOwed(resident, now))
}
