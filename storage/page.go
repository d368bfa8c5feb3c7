package storage

import (
	"fmt"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// The pages of this file are for the office's own jobs, imports and exports:
// they ask nobody who asks, and their callers hold what they return to the
// people who agreed. Each reads at most about max pairs, so that no View is long
// however much is kept; the Page returned is where the next one goes on.

// paged does what is to be done about the next records under a prefix, max at most,
// and counts where something was. rest is the key behind the prefix. It returns where
// to go on.
func (tx *Tx) paged(pre []byte, page Page, max int, do func(p kv.Pair, rest string) (bool, error)) (Page, int, error) {
	read, done := 0, 0
	for p, err := range tx.scan(page.start(pre), end(pre)) {
		if err != nil {
			return page, done, err
		}
		page.After = string(p.Key)
		ok, err := do(p, string(p.Key[len(pre):]))
		if err != nil {
			return page, done, err
		}
		if ok {
			done++
		}
		if read++; read == max {
			return page, done, nil
		}
	}
	return Page{Done: true}, done, nil
}

// Line is one record kept about a person, with the person.
type Line[T any] struct {
	Resident Resident
	Of       T
}

// ResidentPage returns the next people of a village, directory lines too, in
// the order of their ids.
func (tx *Tx) ResidentPage(village string, page Page, max int) ([]Resident, Page, error) {
	var out []Resident
	next, err := tx.people(village, page, func(r Resident) (bool, error) {
		out = append(out, r)
		return len(out) < max, nil
	})
	return out, next, err
}

// people calls each for the people of a village from where a page stopped, until
// each returns false. Page.After is the id of the last one.
func (tx *Tx) people(village string, page Page, each func(r Resident) (more bool, err error)) (Page, error) {
	pre := prefix("in", village)
	start := append(prefix("in", village), page.After...)
	if page.After != "" {
		start = append(start, 0)
	}
	for p, err := range tx.scan(start, end(pre)) {
		if err != nil {
			return page, err
		}
		r, err := tx.Resident(string(p.Key[len(pre):]))
		if err != nil {
			return page, err
		}
		more, err := each(r)
		if err != nil {
			return page, err
		}
		if page.After = r.ID; !more {
			return page, nil
		}
	}
	return Page{Done: true}, nil
}

// EachPerson calls each with the next people of a village ("" are those of none) until
// about max pairs were read; each returns how many it read. It returns where to go
// on.
func (tx *Tx) EachPerson(village string, page Page, max int, each func(Resident) (read int, err error)) (Page, error) {
	read := 0
	return tx.people(village, page, func(r Resident) (bool, error) {
		n, err := each(r)
		read += n + 2 // the index and her record
		return read < max, err
	})
}

// Agrees reports whether a person agrees to each of the sets; "" is agreed to by
// everybody.
func (tx *Tx) Agrees(resident string, sets ...Set) (bool, error) {
	for _, set := range sets {
		if set == "" {
			continue
		}
		if c, err := tx.Consent(resident, set); err != nil || !c.Given() {
			return false, err
		}
	}
	return true, nil
}

// VisitsTo returns the visits to a person from one day up to another (0 is no bound),
// none where she does not agree to their being kept (C0).
func (tx *Tx) VisitsTo(r Resident, from, to calendar.Day) ([]Visit, error) {
	if ok, err := tx.Agrees(r.ID, C0); err != nil || !ok {
		return nil, err
	}
	stop := end(prefix("visit", r.ID))
	if to != 0 {
		stop = append(prefix("visit", r.ID), (to + 1).String()...)
	}
	var out []Visit
	for p, err := range tx.scan(append(prefix("visit", r.ID), from.String()...), stop) {
		if err != nil {
			return nil, err
		}
		v, err := record[Visit](p)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// AwayOf returns the away cards of a person, none where she does not agree (C3).
func (tx *Tx) AwayOf(r Resident) ([]Away, error) {
	if ok, err := tx.Agrees(r.ID, C3); err != nil || !ok {
		return nil, err
	}
	return collect(list[Away](tx, prefix("away", r.ID)))
}

// BookingsOf returns the bookings of a person from one day up to another (0 is no
// bound), none where she does not agree to them (C1).
func (tx *Tx) BookingsOf(r Resident, from, to calendar.Day) ([]Appointment, error) {
	if ok, err := tx.Agrees(r.ID, C1); err != nil || !ok {
		return nil, err
	}
	var out []Appointment
	for p, err := range tx.parts(prefix("appointments", r.ID)) {
		if err != nil {
			return nil, err
		}
		day, err := calendar.ParseDay(p[0])
		if err != nil {
			return nil, fmt.Errorf("read appointments: %w", err)
		}
		if day < from || to != 0 && day > to {
			continue
		}
		a, err := optional(tx.appointment(p[1]))
		if err != nil {
			return nil, err
		}
		if a.ID != "" {
			out = append(out, a)
		}
	}
	return out, nil
}

// PlanStep is a step of a care plan that has come due, or is over.
type PlanStep struct {
	Plan   string // id
	Record string // of its line in a table
	Row    ScheduleStep
	Step
}

// StepsOf returns the steps of a person's care plans that came due or are over: only of plans whose set she agrees to, none of those that she alone may
// know of (domain.md 3.3).
func (tx *Tx) StepsOf(r Resident) ([]PlanStep, error) {
	plans, err := tx.plans("plan", r.ID)
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	site, err := tx.Site()
	if err != nil {
		return nil, err
	}
	var out []PlanStep
	for _, p := range plans {
		if ok, err := tx.Agrees(r.ID, setOf(site, p)); err != nil || !ok || p.Hidden {
			if err != nil {
				return nil, err
			}
			continue
		}
		for _, s := range p.Steps {
			row, _ := site.scheduleStep(p.Schedule, s.Name)
			came := s.Shown != 0 || s.Closed != ""
			if came && s.Closed != "replaced" && !row.Hidden {
				out = append(out, PlanStep{p.ID, stepRecord(p, s), row, s})
			}
		}
	}
	return out, nil
}
