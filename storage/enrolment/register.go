package enrolment

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/consent"
	"xintiexin/storage/documents"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/subjectaccess"
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
func Register(s person.Scope, name, phone, poster string, c consent.Consent, cause string, now time.Time) (person.Resident, error) {
	if c.Answer != person.Yes {
		return person.Resident{}, record.ErrConsent
	}
	if s.Person.OpenID == "" || name == "" || phone == "" {
		return person.Resident{}, record.ErrScope
	}
	l, err := person.LoadAccount(s.Tx, s.Person.OpenID)
	if err != nil {
		return person.Resident{}, err
	}
	r, err := registered(s, l, name, phone)
	if err != nil {
		return r, err
	}
	if r.ID == "" && len(l.Residents) >= access.MaxFamily {
		return r, record.ErrFamily
	}
	if r.ID == "" {
		if r, err = back(s, name, phone); err != nil {
			return r, err
		}
	}
	if r.ID == "" {
		r, err = person.AddResident(s.Tx, person.Resident{Name: name, Phone: phone, Self: true, Poster: poster, Added: calendar.DayOf(now)}, cause)
		if err != nil {
			return r, err
		}
		if err := person.BindResident(s.Tx, s.Person.OpenID, r.ID); err != nil {
			return r, err
		}
	}
	s.Family[r.ID] = true
	c.Resident, c.Set = r.ID, purpose.Booking
	return r, Agree(s, c, now)
}

// AnswerMore keeps answers to questions that a town added to the form by which
// somebody signs up, beside what is known of one of the asker's own. ErrNotFound for
// anybody else.
func AnswerMore(s person.Scope, resident string, answers map[string]string) error {
	r, err := s.Mine(resident)
	if err != nil || len(answers) == 0 {
		return err
	}
	r.Extra = bookings.Beside(r.Extra, answers)
	return s.Tx.Put(record.Key("resident", r.ID), r)
}

// registered returns whom of a name and phone a WeChat stands for already, or
// the zero Resident.
func registered(s person.Scope, l person.Account, name, phone string) (person.Resident, error) {
	for _, id := range l.Residents {
		r, err := record.Optional(person.LoadResident(s.Tx, id))
		if err != nil || r.Name == name && r.Phone == phone {
			return r, err
		}
	}
	return person.Resident{}, nil
}

// FormerBinding is for whom a WeChat stood when it unfollowed, under a hash of it that only
// this store can make: the openid itself is deleted, as the platform asks.
type FormerBinding struct {
	Residents []string
	At        int64 // Unix seconds
}

func stoodKey(tx *record.Tx, openid string) []byte {
	return record.Key("stood", tx.Hash("stood", openid))
}

// keepStood keeps for whom a WeChat stands that goes.
func keepStood(tx *record.Tx, l person.Account, now time.Time) error {
	if len(l.Residents) == 0 {
		return nil
	}
	return tx.Put(stoodKey(tx, l.OpenID), FormerBinding{l.Residents, now.Unix()})
}

// back returns whom of a name and phone the asker's WeChat stood for before it
// unfollowed, and makes it stand for her again; the zero Resident for anybody else,
// and where another WeChat stands for her by now.
func back(s person.Scope, name, phone string) (person.Resident, error) {
	k := stoodKey(s.Tx, s.Person.OpenID)
	was, err := record.Optional(record.Get[FormerBinding](s.Tx, k))
	if err != nil {
		return person.Resident{}, err
	}
	for i, id := range was.Residents {
		r, err := record.Optional(person.LoadResident(s.Tx, id))
		if err != nil {
			return person.Resident{}, err
		}
		other, err := person.WeChatOf(s.Tx, id)
		if err != nil {
			return person.Resident{}, err
		}
		if r.ID == "" || r.Name != name || r.Phone != phone || other != "" {
			continue
		}
		if was.Residents = slices.Delete(was.Residents, i, i+1); len(was.Residents) == 0 {
			err = s.Tx.Delete(k)
		} else {
			err = s.Tx.Put(k, was)
		}
		return r, errors.Join(err, person.BindResident(s.Tx, s.Person.OpenID, id))
	}
	return person.Resident{}, nil
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
func ShowTo(s person.Scope, resident, village string, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	if village == "" {
		if r.Self && r.Village != "" {
			if err := requests.EndVisits(s.Tx, r.ID, now); err != nil {
				return err
			}
		}
		return errors.Join(hide(s, r), calls.NoVillageCalls(s.Tx, r.ID), requests.CountAnew(s.Tx, now))
	}
	if village, err = Standing(s.Tx, village); err != nil {
		return err
	}
	r.Shown = true
	if r.Village == village || !r.Self {
		return s.Tx.Put(record.Key("resident", r.ID), r)
	}
	if r.Village != "" { // from one village to another
		if err := hide(s, r); err != nil {
			return err
		}
		r.Village, r.Group, r.Household, r.House = "", "", "", ""
	}
	line, err := listed(s.Tx, r, village)
	if err != nil {
		return err
	}
	if line.ID != "" {
		if err := replace(s.Tx, line, r.ID); err != nil {
			return err
		}
		r.Household, r.House = line.Household, line.House
	}
	return settle(s, r, village, line.Group)
}

// replace puts a directory line aside for the person whom it is about; who looked
// at the line looked at her.
func replace(tx *record.Tx, line person.Resident, id string) error {
	looks, err := person.AccessLog(tx, line.ID)
	if err != nil {
		return err
	}
	for _, l := range looks {
		if err := person.PutAccess(tx, id, l); err != nil {
			return err
		}
	}
	return errors.Join(
		tx.Put(record.Key("replaced", id), line),
		person.Unindex(tx, line),
		tx.DeleteAll(record.Prefix("look", line.ID)),
		tx.Delete(record.Key("resident", line.ID)))
}

// hide takes a resident who signed up herself out of her village, and puts the
// directory line back that she stood in place of.
func hide(s person.Scope, r person.Resident) error {
	r.Shown = false
	if !r.Self || r.Village == "" {
		return s.Tx.Put(record.Key("resident", r.ID), r)
	}
	if err := PutBackLine(s.Tx, r); err != nil {
		return err
	}
	r.Household, r.House = "", ""
	return settle(s, r, "", "")
}

// PutBackLine puts the directory line back that a person stood in place of.
func PutBackLine(tx *record.Tx, r person.Resident) error {
	line, err := record.Optional(record.Get[person.Resident](tx, record.Key("replaced", r.ID)))
	if err != nil || line.ID == "" {
		return err
	}
	return errors.Join(person.PutResident(tx, line), tx.Delete(record.Key("replaced", r.ID)))
}

// settle moves her, with what she decided about herself: move reads what stands.
func settle(s person.Scope, r person.Resident, village, group string) error {
	if err := MoveTo(s.Tx, r, village, group); err != nil {
		return fmt.Errorf("move who shows herself: %w", err)
	}
	return nil
}

// Standing returns the village that took over one that was merged, else the
// village itself; ErrNotFound when there is none.
func Standing(tx *record.Tx, id string) (string, error) {
	for {
		v, err := person.LoadVillage(tx, id)
		if err != nil || v.MergedInto == "" {
			return v.ID, err
		}
		id = v.MergedInto
	}
}

// listed returns the directory line of a village, or of one merged into it, that
// is surely the same person and of which nothing was ever kept; the zero
// Resident without one.
func listed(tx *record.Tx, r person.Resident, village string) (person.Resident, error) {
	if r.Tail() == "" {
		return person.Resident{}, nil
	}
	near := map[string]bool{village: true}
	if err := person.Widen(tx, near); err != nil {
		return person.Resident{}, err
	}
	for _, v := range record.Sorted(near) {
		for p, err := range tx.Parts(record.Prefix("find", v, "t"+r.Tail())) {
			if err != nil {
				return person.Resident{}, err
			}
			line, err := person.LoadResident(tx, p[len(p)-1])
			if err != nil {
				return person.Resident{}, err
			}
			if line.ID == r.ID || line.Phone != r.Phone || !person.SameName(line.Name, r.Name) {
				continue
			}
			if kept, err := person.AnythingKept(tx, line); err != nil || !kept {
				return line, err
			}
		}
	}
	return person.Resident{}, nil
}

// Agree keeps her own answer to a consent set, given in chat or on a page. A no
// is not asked again. A yes after she had taken hers back lets messages come to
// her again. It returns ErrNotFound for anybody but herself, ErrScope for a set
// that there is not.
func Agree(s person.Scope, c consent.Consent, now time.Time) error {
	r, err := s.Mine(c.Resident)
	if err != nil {
		return err
	}
	if !slices.Contains(purpose.All, c.Set) || c.Answer != person.Yes && c.Answer != person.No {
		return record.ErrScope
	}
	before, err := consent.Load(s.Tx, r.ID, c.Set)
	if err != nil {
		return err
	}
	if c.Answer == person.Yes && before.Withdrawn != 0 && r.NoPush {
		r.NoPush = false
		if err := s.Tx.Put(record.Key("resident", r.ID), r); err != nil {
			return err
		}
	}
	if c.Channel == "" {
		c.Channel = "chat"
	}
	c.By, c.At, c.Withdrawn = "", now.Unix(), 0
	return consent.Keep(s.Tx, c)
}

// Agreed returns her own last answer to a set, the zero Consent when she was
// never asked.
func Agreed(s person.Scope, resident string, set purpose.Purpose) (consent.Consent, error) {
	if _, err := s.Mine(resident); err != nil {
		return consent.Consent{}, err
	}
	return consent.Load(s.Tx, resident, set)
}

// ResumePushes lets messages come to a resident again who had stopped them; only
// she can. What she was promised of bookings, papers, agreed visits and meetings,
// and was dropped when she stopped it, is promised again; what is too late by now
// the outbox finds stale.
func ResumePushes(s person.Scope, resident string) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	r.NoPush = false
	if err := s.Tx.Put(record.Key("resident", r.ID), r); err != nil {
		return err
	}
	causes, err := promises(s, resident)
	if err != nil {
		return err
	}
	for _, cause := range causes {
		if err := rebook(s.Tx, cause); err != nil {
			return err
		}
	}
	return nil
}

// promises are the causes for which a resident is told of what is open for her.
func promises(s person.Scope, resident string) (causes []string, err error) {
	h, err := subjectaccess.Export(s, resident)
	if err != nil {
		return nil, err
	}
	for _, a := range h.Appointments {
		if a.State != bookings.Expected {
			continue
		}
		for _, which := range []string{"ahead", "eve", "morning"} {
			causes = append(causes, a.About(which, resident, time.Time{}).Cause)
		}
	}
	for _, p := range h.Papers {
		for _, kind := range []string{"paper_ready", "paper_reminder", "paper_last"} {
			causes = append(causes, documents.Cause(p.ID, kind))
		}
	}
	for _, f := range h.FollowUps {
		causes = append(causes, "visit/"+resident+"/"+f.ID+"/"+f.Due.String()+"/eve")
	}
	for _, l := range h.Lectures {
		causes = append(causes, l.Cause())
	}
	for _, r := range h.Returns {
		for _, before := range bookings.RecallDays {
			causes = append(causes, bookings.RecallCause(r, before))
		}
	}
	return causes, nil
}

// rebook books a delivery again that was dropped because she had stopped all.
func rebook(tx *record.Tx, cause string) error {
	d, err := record.Optional(outbox.DeliveryOf(tx, cause))
	if err != nil || d.State != outbox.Dropped || d.Reason != "unsubscribed" || d.MsgID != 0 || d.Doubt != 0 {
		return err
	}
	d.State, d.Reason, d.Settled = outbox.Booked, "", 0
	return outbox.Put(tx, d)
}

// Unlink ends that the asker's WeChat stands for a resident. What is kept of her
// stays as it is.
func Unlink(s person.Scope, resident string, now time.Time) error {
	if !s.Family[resident] {
		return record.ErrNotFound
	}
	l, err := person.LoadAccount(s.Tx, s.Person.OpenID)
	if err != nil {
		return err
	}
	l.Residents = slices.DeleteFunc(l.Residents, func(id string) bool { return id == resident })
	if err := person.PutAccount(s.Tx, l); err != nil {
		return err
	}
	if err := s.Tx.Delete(record.Key("wechat", resident, s.Person.OpenID)); err != nil {
		return err
	}
	delete(s.Family, resident)
	return errors.Join(
		access.RevokeWhere(s.Tx, func(p access.MagicLink) bool { return p.OpenID == s.Person.OpenID && p.Resident == resident }),
		outbox.DropDeferredOf(s.Tx, resident, now))
}
