package followups

import (
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
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

// Put keeps a follow-up with its place in its contact's days.
func Put(tx *record.Tx, f FollowUp) error {
	old, err := record.Optional(record.Get[FollowUp](tx, record.Key("followup", f.Resident, f.ID)))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.Delete(DueKey(old)); err != nil {
			return err
		}
	}
	if f.Closed == nil {
		if err := tx.PutRaw(DueKey(f), nil); err != nil {
			return err
		}
	}
	return tx.Put(record.Key("followup", f.Resident, f.ID), f)
}

func DueKey(f FollowUp) []byte {
	return record.Key("due", OrNobody(f.Contact), f.Due.String(), f.Resident, f.ID)
}

// OrNobody keeps what has no owner where the office finds it.
func OrNobody(cadre string) string {
	if cadre == "" {
		return "-"
	}
	return cadre
}

func OpenOf(tx *record.Tx, resident string) ([]FollowUp, error) {
	var out []FollowUp
	for f, err := range record.List[FollowUp](tx, record.Prefix("followup", resident)) {
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

// CloseAll ends everything open for a person who leaves the store.
func CloseAll(tx *record.Tx, resident string) error {
	open, err := OpenOf(tx, resident)
	if err != nil {
		return err
	}
	for _, f := range open {
		f.Closed = &FollowedUp{Reason: "withdrawn"}
		if err := Put(tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Reassign hands the open follow-ups of a person who moved to her new contact.
func Reassign(tx *record.Tx, r person.Resident) error {
	contact, _, err := person.ContactOf(tx, r)
	if err != nil {
		return err
	}
	open, err := OpenOf(tx, r.ID)
	if err != nil {
		return err
	}
	for _, f := range open {
		c, err := record.Optional(person.LoadStaff(tx, f.Contact))
		if err != nil {
			return err
		}
		serves := map[string]bool{}
		for _, v := range c.Villages {
			serves[v] = true
		}
		if err := person.Widen(tx, serves); err != nil { // who served a merged village keeps what she promised there
			return err
		}
		if serves[r.Village] || c.Has(person.Clerk, person.Admin) {
			continue
		}
		f.Contact = contact
		if err := Put(tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Load is one follow-up without a scope, for jobs.
func Load(tx *record.Tx, resident, id string) (FollowUp, error) {
	return record.Get[FollowUp](tx, record.Key("followup", resident, id))
}

// Withdrawn closes what was agreed on, with the consent to visits.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, _ time.Time) error {
	if set != purpose.VisitRecord {
		return nil
	}
	return CloseAll(tx, resident)
}
