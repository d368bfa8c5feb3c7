package storage

import (
	"cmp"
	"fmt"
	"strings"

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
	for p, err := range tx.kv.Scan(page.start(pre), end(pre)) {
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
	next, err := tx.people(village, page, func(r Resident, _ string) (string, bool, error) {
		out = append(out, r)
		return "", len(out) < max, nil
	})
	return out, next, err
}

// VisitPage returns the next visits, from one day up to another (0 is no bound),
// to the people of a village who agree to visits being kept (C0).
func (tx *Tx) VisitPage(village string, from, to calendar.Day, page Page, max int) ([]Line[Visit], Page, error) {
	return lines[Visit](tx, village, "visit", C0, from, to, page, max)
}

// AwayPage returns the next away cards of the people of a village who agree to
// the card being kept (C3).
func (tx *Tx) AwayPage(village string, page Page, max int) ([]Line[Away], Page, error) {
	return lines[Away](tx, village, "away", C3, 0, 0, page, max)
}

func lines[T any](tx *Tx, village, kind string, set Set, from, to calendar.Day, page Page, max int) ([]Line[T], Page, error) {
	var out []Line[T]
	read := 0
	next, err := tx.people(village, page, func(r Resident, after string) (string, bool, error) {
		read += 2 // her record and her consent
		c, err := tx.Consent(r.ID, set)
		if err != nil || !c.Given() {
			return "", read < max, err
		}
		pre := prefix(kind, r.ID)
		start, stop := append(prefix(kind, r.ID), cmp.Or(after, from.String())...), end(pre)
		if after != "" {
			start = append(start, 0)
		}
		if to != 0 {
			stop = append(prefix(kind, r.ID), (to + 1).String()...)
		}
		for p, err := range tx.kv.Scan(start, stop) {
			if err != nil {
				return "", false, err
			}
			v, err := get[T](tx, p.Key)
			if err != nil {
				return "", false, err
			}
			out = append(out, Line[T]{r, v})
			if read++; read >= max {
				return string(p.Key[len(pre):]), false, nil
			}
		}
		return "", read < max, nil
	})
	return out, next, err
}

// people calls each for the people of a village from where a page stopped,
// until each returns false. What each returns as inside, if it is not empty, is
// where it stopped among the records of that person: it is handed back to each,
// with her, on the next page.
func (tx *Tx) people(village string, page Page, each func(r Resident, after string) (inside string, more bool, err error)) (Page, error) {
	pre := prefix("in", village)
	id, after, half := strings.Cut(page.After, "/")
	start := append(prefix("in", village), id...)
	if id != "" && !half {
		start = append(start, 0)
	}
	for p, err := range tx.kv.Scan(start, end(pre)) {
		if err != nil {
			return page, err
		}
		at := string(p.Key[len(pre):])
		r, err := tx.resident(at)
		if err != nil {
			return page, err
		}
		if at != id {
			after = ""
		}
		inside, more, err := each(r, after)
		if err != nil {
			return page, err
		}
		page.After = at
		if inside != "" {
			page.After += "/" + inside
		}
		if !more {
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
	return tx.people(village, page, func(r Resident, _ string) (string, bool, error) {
		n, err := each(r)
		read += n + 2 // the index and her record
		return "", read < max, err
	})
}

// Person returns somebody who is there, whoever asks; ErrNotFound for who had herself
// deleted.
func (tx *Tx) Person(id string) (Resident, error) { return tx.resident(id) }

// agrees reports whether a person agrees to a set; "" is agreed to by everybody.
func (tx *Tx) agrees(resident string, set Set) (bool, error) {
	if set == "" {
		return true, nil
	}
	c, err := tx.Consent(resident, set)
	return c.Given(), err
}

// Agrees reports whether a person agrees to each of the sets.
func (tx *Tx) Agrees(resident string, sets ...Set) (bool, error) {
	for _, set := range sets {
		if ok, err := tx.agrees(resident, set); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// VisitsTo returns the visits to a person from one day up to another (0 is no bound),
// none where she does not agree to their being kept (C0).
func (tx *Tx) VisitsTo(r Resident, from, to calendar.Day) ([]Visit, error) {
	if ok, err := tx.agrees(r.ID, C0); err != nil || !ok {
		return nil, err
	}
	stop := end(prefix("visit", r.ID))
	if to != 0 {
		stop = append(prefix("visit", r.ID), (to + 1).String()...)
	}
	var out []Visit
	for p, err := range tx.kv.Scan(append(prefix("visit", r.ID), from.String()...), stop) {
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
	if ok, err := tx.agrees(r.ID, C3); err != nil || !ok {
		return nil, err
	}
	return collect(list[Away](tx, prefix("away", r.ID)))
}

// BookingsOf returns the bookings of a person from one day up to another (0 is no
// bound), none where she does not agree to them (C1).
func (tx *Tx) BookingsOf(r Resident, from, to calendar.Day) ([]Appointment, error) {
	if ok, err := tx.agrees(r.ID, C1); err != nil || !ok {
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
		if ok, err := tx.agrees(r.ID, setOf(site, p)); err != nil || !ok || p.Hidden {
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
