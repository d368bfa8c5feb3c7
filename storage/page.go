package storage

import (
	"cmp"
	"strings"

	"xintiexin/storage/calendar"
)

// The pages of this file are for the office's own jobs, imports and exports:
// they ask nobody who asks, and their callers hold what they return to the
// people who agreed. Each reads at most about max pairs, so that no View is long
// however much is kept; the Page returned is where the next one goes on.

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
