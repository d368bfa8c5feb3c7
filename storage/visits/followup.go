package visits

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// AddFollowUp keeps a new follow-up for a resident of the scope, with her
// contact unless one is given.
func AddFollowUp(s person.Scope, f followups.FollowUp, cause string) (followups.FollowUp, error) {
	r, err := s.Villager(f.Resident)
	if err != nil {
		return f, err
	}
	if f.Contact == "" {
		if f.Contact, _, err = person.ContactOf(s.Tx, r); err != nil {
			return f, err
		}
	}
	f.ID = record.ID("followup", cause)
	return f, followups.Put(s.Tx, f)
}

// FollowUp returns one follow-up; ErrNotFound outside the scope.
func FollowUp(s person.Scope, resident, id string) (followups.FollowUp, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return followups.FollowUp{}, err
	}
	f, err := record.Get[followups.FollowUp](s.Tx, record.Key("followup", resident, id))
	if err != nil {
		return f, err
	}
	if ok, err := careplans.Lets(s.Tx, r, f); err != nil || !ok {
		return followups.FollowUp{}, cmp.Or(err, record.ErrNotFound)
	}
	return f, nil
}

// CloseFollowUp ends a follow-up for a reason.
func CloseFollowUp(s person.Scope, f followups.FollowUp, reason string, now time.Time) error {
	if _, err := s.Villager(f.Resident); err != nil {
		return err
	}
	f.Closed = &followups.FollowedUp{Reason: reason, By: s.Person.Cadre.ID, At: now.Unix()}
	return errors.Join(followups.Put(s.Tx, f), careplans.FollowedUp(s.Tx, f, now))
}

// Decline notes, for a resident who wrote it herself, that an agreed visit up to
// a day does not suit her; it stays with her contact, who agrees on another. It
// returns the follow-ups that it was about.
func Decline(tx *record.Tx, resident string, until calendar.Day, now time.Time) ([]followups.FollowUp, error) {
	open, err := followups.OpenOf(tx, resident)
	if err != nil {
		return nil, err
	}
	var out []followups.FollowUp
	for _, f := range open {
		if f.Kind != "visit" || f.Due > until {
			continue
		}
		f.Declined = now.Unix()
		if err := followups.Put(tx, f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// OwnFollowUps returns what is open for a resident, for her own eyes.
func OwnFollowUps(tx *record.Tx, p person.Person, resident string) ([]followups.FollowUp, error) {
	if !slices.Contains(p.Residents, resident) {
		return nil, record.ErrNotFound
	}
	open, err := followups.OpenOf(tx, resident)
	return slices.DeleteFunc(open, func(f followups.FollowUp) bool { return f.Kind == "back" }), err // she knows that she came home
}

// Attempted notes that nobody was met and moves a follow-up on to a day. That
// she wrote that the day does not suit her still stands: nobody has spoken to
// her since.
func Attempted(s person.Scope, f followups.FollowUp, day, next calendar.Day) error {
	if _, err := s.Villager(f.Resident); err != nil {
		return err
	}
	f.Attempts = append(f.Attempts, followups.Attempt{Day: day, By: s.Person.Cadre.ID})
	f.Due = next
	return followups.Put(s.Tx, f)
}

// Postpone moves a follow-up to another day, agreed on anew.
func Postpone(s person.Scope, f followups.FollowUp, to calendar.Day) error {
	if _, err := s.Villager(f.Resident); err != nil {
		return err
	}
	f.Due, f.Declined = to, 0
	return errors.Join(followups.Put(s.Tx, f), careplans.FollowedUp(s.Tx, f, time.Time{}))
}

// OpenFollowUps returns what is still open for a resident of the scope, by day.
func OpenFollowUps(s person.Scope, resident string) ([]followups.FollowUp, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return nil, err
	}
	open, err := followups.OpenOf(s.Tx, resident)
	if err != nil {
		return nil, err
	}
	var out []followups.FollowUp
	for _, f := range open {
		if ok, err := careplans.Lets(s.Tx, r, f); err != nil {
			return nil, err
		} else if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// Due returns the open follow-ups of a contact up to a day, oldest first, at
// most max; those of people outside the scope are left out, and visits to who wants
// nobody at her door.
func Due(s person.Scope, contact string, until calendar.Day, max int) ([]followups.FollowUp, error) {
	var out []followups.FollowUp
	pre := record.Prefix("due", followups.OrNobody(contact))
	for p, err := range s.Tx.Scan(pre, append(append([]byte{}, pre...), (until+1).String()...)) {
		if err != nil {
			return nil, err
		}
		_, resident, id, _ := record.Split3(string(p.Key[len(pre):]))
		r, err := s.Villager(resident)
		if errors.Is(err, record.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		f, err := record.Get[followups.FollowUp](s.Tx, record.Key("followup", resident, id))
		if err != nil {
			return nil, err
		}
		if r.NoVisit && f.Kind == "visit" {
			continue
		}
		if ok, err := careplans.Lets(s.Tx, r, f); err != nil {
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
