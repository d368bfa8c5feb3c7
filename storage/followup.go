package storage

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// FollowUp is something that was agreed with a resident: a next visit, an
// answer she waits for. Nobody is due for not having been visited.
type FollowUp struct {
	ID, Resident string
	Contact      string       // the cadre who takes care of it
	Kind         string       // visit: a visit agreed on; answer: she waits for an answer; consent: whether she wants to be reminded still
	Text         string       `json:",omitempty"` // what she asked for; of a care plan's step what staff call it
	Due          calendar.Day // the day agreed on, or by which she has an answer
	Part         string       `json:",omitempty"` // of the day, as it is said: 上午
	From         string       `json:",omitempty"` // the visit it came from
	Plan         string       `json:",omitempty"` // <plan>/<step> of a care plan that it stands for
	Asked        calendar.Day
	Attempts     []Attempt   `json:",omitempty"`
	Declined     int64       `json:",omitempty"` // Unix seconds: she wrote that another day suits her better
	Closed       *FollowedUp `json:",omitempty"`
}

// Attempt is a try at which nobody was met.
type Attempt struct {
	Day calendar.Day
	By  string
}

// FollowedUp says how a follow-up ended; all endings are equal.
type FollowedUp struct {
	Reason string // done, unwanted, moved, unreachable, replaced, withdrawn
	By     string
	At     int64 // Unix seconds
}

// State is where a follow-up stands on a day.
type State uint8

const (
	Later  State = iota // its day has not come
	Today               // its day is today
	Past                // its day has gone by
	Closed              // it has ended
)

// State returns where f stands on a day.
func (f FollowUp) State(today calendar.Day) State {
	switch {
	case f.Closed != nil:
		return Closed
	case f.Due > today:
		return Later
	case f.Due == today:
		return Today
	}
	return Past
}

// PutFollowUp keeps a follow-up with its place in its contact's days.
func (tx *Tx) PutFollowUp(f FollowUp) error {
	old, err := optional(get[FollowUp](tx, key("followup", f.Resident, f.ID)))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.delete(dueKey(old)); err != nil {
			return err
		}
	}
	if f.Closed == nil {
		if err := tx.putRaw(dueKey(f), nil); err != nil {
			return err
		}
	}
	return tx.put(key("followup", f.Resident, f.ID), f)
}

func dueKey(f FollowUp) []byte {
	return key("due", orNobody(f.Contact), f.Due.String(), f.Resident, f.ID)
}

// orNobody keeps what has no owner where the office finds it.
func orNobody(cadre string) string {
	if cadre == "" {
		return "-"
	}
	return cadre
}

// AddFollowUp keeps a new follow-up for a resident of the scope, with her
// contact unless one is given.
func (s Scope) AddFollowUp(f FollowUp, cause string) (FollowUp, error) {
	r, err := s.villager(f.Resident)
	if err != nil {
		return f, err
	}
	if f.Contact == "" {
		if f.Contact, _, err = s.tx.ContactOf(r); err != nil {
			return f, err
		}
	}
	f.ID = ID("followup", cause)
	return f, s.tx.PutFollowUp(f)
}

// FollowUp returns one follow-up; ErrNotFound outside the scope.
func (s Scope) FollowUp(resident, id string) (FollowUp, error) {
	r, err := s.villager(resident)
	if err != nil {
		return FollowUp{}, err
	}
	f, err := get[FollowUp](s.tx, key("followup", resident, id))
	if err != nil {
		return f, err
	}
	if ok, err := s.tx.lets(r, f); err != nil || !ok {
		return FollowUp{}, cmp.Or(err, ErrNotFound)
	}
	return f, nil
}

// CloseFollowUp ends a follow-up for a reason.
func (s Scope) CloseFollowUp(f FollowUp, reason string, now time.Time) error {
	if _, err := s.villager(f.Resident); err != nil {
		return err
	}
	f.Closed = &FollowedUp{Reason: reason, By: s.Person.Cadre.ID, At: now.Unix()}
	return errors.Join(s.tx.PutFollowUp(f), s.tx.followedUp(f, now))
}

// Decline notes, for a resident who wrote it herself, that an agreed visit up to
// a day does not suit her; it stays with her contact, who agrees on another. It
// returns the follow-ups that it was about.
func (tx *Tx) Decline(resident string, until calendar.Day, now time.Time) ([]FollowUp, error) {
	open, err := tx.openFollowUps(resident)
	if err != nil {
		return nil, err
	}
	var out []FollowUp
	for _, f := range open {
		if f.Kind != "visit" || f.Due > until {
			continue
		}
		f.Declined = now.Unix()
		if err := tx.PutFollowUp(f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// OwnFollowUps returns what is open for a resident, for her own eyes.
func (tx *Tx) OwnFollowUps(p Person, resident string) ([]FollowUp, error) {
	if !slices.Contains(p.Residents, resident) {
		return nil, ErrNotFound
	}
	open, err := tx.openFollowUps(resident)
	return slices.DeleteFunc(open, func(f FollowUp) bool { return f.Kind == "back" }), err // she knows that she came home
}

// Attempted notes that nobody was met and moves a follow-up on to a day. That
// she wrote that the day does not suit her still stands: nobody has spoken to
// her since.
func (s Scope) Attempted(f FollowUp, day, next calendar.Day) error {
	if _, err := s.villager(f.Resident); err != nil {
		return err
	}
	f.Attempts = append(f.Attempts, Attempt{Day: day, By: s.Person.Cadre.ID})
	f.Due = next
	return s.tx.PutFollowUp(f)
}

// Postpone moves a follow-up to another day, agreed on anew.
func (s Scope) Postpone(f FollowUp, to calendar.Day) error {
	if _, err := s.villager(f.Resident); err != nil {
		return err
	}
	f.Due, f.Declined = to, 0
	return errors.Join(s.tx.PutFollowUp(f), s.tx.followedUp(f, time.Time{}))
}

// OpenFollowUps returns what is still open for a resident of the scope, by day.
func (s Scope) OpenFollowUps(resident string) ([]FollowUp, error) {
	r, err := s.villager(resident)
	if err != nil {
		return nil, err
	}
	open, err := s.tx.openFollowUps(resident)
	if err != nil {
		return nil, err
	}
	var out []FollowUp
	for _, f := range open {
		if ok, err := s.tx.lets(r, f); err != nil {
			return nil, err
		} else if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (tx *Tx) openFollowUps(resident string) ([]FollowUp, error) {
	var out []FollowUp
	for f, err := range list[FollowUp](tx, prefix("followup", resident)) {
		if err != nil {
			return nil, err
		}
		if f.Closed == nil {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b FollowUp) int { return int(a.Due - b.Due) })
	return out, nil
}

// closeAll ends everything open for a person who leaves the store.
func (tx *Tx) closeAll(resident string) error {
	open, err := tx.openFollowUps(resident)
	if err != nil {
		return err
	}
	for _, f := range open {
		f.Closed = &FollowedUp{Reason: "withdrawn"}
		if err := tx.PutFollowUp(f); err != nil {
			return err
		}
	}
	return nil
}

// Due returns the open follow-ups of a contact up to a day, oldest first, at
// most max; those of people outside the scope are left out, and visits to who wants
// nobody at her door.
func (s Scope) Due(contact string, until calendar.Day, max int) ([]FollowUp, error) {
	var out []FollowUp
	pre := prefix("due", orNobody(contact))
	for p, err := range s.tx.scan(pre, append(append([]byte{}, pre...), (until+1).String()...)) {
		if err != nil {
			return nil, err
		}
		_, resident, id, _ := split3(string(p.Key[len(pre):]))
		r, err := s.villager(resident)
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		f, err := get[FollowUp](s.tx, key("followup", resident, id))
		if err != nil {
			return nil, err
		}
		if r.NoVisit && f.Kind == "visit" {
			continue
		}
		if ok, err := s.tx.lets(r, f); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		if out = append(out, f); len(out) == max {
			break
		}
	}
	return out, nil
}

// CountDue returns how many lines a cadre's own 今日 would show on a day, at most
// max: those of people whom she may see no longer are not among them.
func (tx *Tx) CountDue(c Cadre, today calendar.Day, max int) (int, error) {
	p, err := tx.Who(c.OpenID)
	if err != nil {
		return 0, err
	}
	s, err := tx.As(p)
	if err != nil {
		return 0, err
	}
	var due []FollowUp
	for _, contact := range append(s.StandsInFor(), c.ID) {
		some, err := s.Due(contact, today, max-len(due))
		if err != nil {
			return 0, err
		}
		if due = append(due, some...); len(due) >= max {
			break
		}
	}
	due = slices.DeleteFunc(due, func(f FollowUp) bool { return f.Kind == "back" }) // told, not waited for
	if len(due) >= max {
		return max, nil
	}
	asked, err := s.Asked(max - len(due))
	return len(due) + len(asked), err
}

// rehome hands the open follow-ups of a person who moved to her new contact.
func (tx *Tx) rehome(r Resident) error {
	contact, _, err := tx.ContactOf(r)
	if err != nil {
		return err
	}
	open, err := tx.openFollowUps(r.ID)
	if err != nil {
		return err
	}
	for _, f := range open {
		c, err := optional(tx.Cadre(f.Contact))
		if err != nil {
			return err
		}
		serves := map[string]bool{}
		for _, v := range c.Villages {
			serves[v] = true
		}
		if err := tx.widen(serves); err != nil { // who served a merged village keeps what she promised there
			return err
		}
		if serves[r.Village] || c.Has(Clerk, Admin) {
			continue
		}
		f.Contact = contact
		if err := tx.PutFollowUp(f); err != nil {
			return err
		}
	}
	return nil
}

// FollowUp is one follow-up without a scope, for jobs.
func (tx *Tx) FollowUp(resident, id string) (FollowUp, error) {
	return get[FollowUp](tx, key("followup", resident, id))
}

// withdrawnFollowUps closes what was agreed on, with the consent to visits.
func withdrawnFollowUps(tx *Tx, resident string, set Set, _ time.Time) error {
	if set != C0 {
		return nil
	}
	return tx.closeAll(resident)
}
