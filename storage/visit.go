package storage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// Visit is what a cadre wrote down after seeing somebody who agreed to it. It
// holds no health fact.
type Visit struct {
	ID, Resident, Village string
	Day                   calendar.Day
	Way                   string            // home, phone, elsewhere
	Kind                  string            // greet, followup, deliver, errand, other
	Finding               string            // well, needs_help, unwilling
	Need                  string            `json:",omitempty"`
	Note                  string            `json:",omitempty"`
	Next                  calendar.Day      `json:",omitempty"`
	By                    string            // cadre id
	At                    int64             // Unix seconds
	Extra                 map[string]string `json:",omitempty"` // answers to questions that a town's own form adds
	Changes               []Change          `json:",omitempty"`
}

// Change keeps what a field held before it was corrected.
type Change struct {
	Field, Old, By string
	At             int64 // Unix seconds
}

// AddVisit keeps a visit under an id made of cause. It returns ErrNotFound when
// the resident is outside the scope.
func (s Scope) AddVisit(v Visit, cause string) (Visit, error) {
	r, err := s.villager(v.Resident)
	if err != nil {
		return v, err
	}
	v.ID, v.Village, v.By = ID("visit", cause), r.Village, s.Person.Cadre.ID
	return v, s.tx.putVisit(v)
}

func (tx *Tx) putVisit(v Visit) error {
	if err := tx.visited(v.Resident, v.Kind, v.By, v.Day, v.At); err != nil {
		return err
	}
	if err := tx.putRaw(key("by", v.By, v.Day.String(), v.Resident, v.ID), nil); err != nil {
		return err
	}
	return tx.put(key("visit", v.Resident, v.Day.String(), v.ID), v)
}

// Visits returns the last visits to a resident of the scope, newest first; of one
// who came from another village those of hers there stay there.
func (s Scope) Visits(resident string, max int) ([]Visit, error) {
	r, err := s.villager(resident)
	if err != nil {
		return nil, err
	}
	all, err := collect(list[Visit](s.tx, prefix("visit", resident)))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(v Visit) bool { return !s.tells(r, v.Village) })
	return last(all, max), nil
}

// MyVisits returns the visits that the person wrote down herself and may still
// see, newest first.
func (s Scope) MyVisits(since calendar.Day, max int) ([]Visit, error) {
	var out []Visit
	me := s.Person.Cadre.ID
	pre := prefix("by", me)
	start := append(prefix("by", me), since.String()...)
	for p, err := range s.tx.scan(start, end(pre)) {
		if err != nil {
			return nil, err
		}
		day, resident, id, ok := split3(string(p.Key[len(pre):]))
		if !ok {
			return nil, fmt.Errorf("read %s: not a visit's index", kindOf(p.Key))
		}
		if _, err := s.villager(resident); errors.Is(err, ErrNotFound) {
			continue // moved out of her villages, or deleted
		} else if err != nil {
			return nil, err
		}
		v, err := optional(get[Visit](s.tx, key("visit", resident, day, id)))
		if err != nil {
			return nil, err
		}
		if v.ID != "" {
			out = append(out, v)
		}
	}
	return last(out, max), nil
}

// Visit returns one visit. It returns ErrNotFound outside the scope.
func (s Scope) Visit(resident string, day calendar.Day, id string) (Visit, error) {
	r, err := s.villager(resident)
	if err != nil {
		return Visit{}, err
	}
	v, err := get[Visit](s.tx, key("visit", resident, day.String(), id))
	if err == nil && !s.tells(r, v.Village) {
		return Visit{}, ErrNotFound
	}
	return v, err
}

// ChangeVisit puts a corrected visit in place of old and keeps, for each field
// that differs, the old value with who changed it and when. The resident stays.
func (s Scope) ChangeVisit(old, new Visit, now time.Time) error {
	if _, err := s.villager(old.Resident); err != nil {
		return err
	}
	if old.By != s.Person.Cadre.ID || old.Resident != new.Resident {
		return ErrScope
	}
	new.ID, new.By, new.At, new.Village, new.Changes = old.ID, old.By, old.At, old.Village, old.Changes
	note := func(field, before, after string) {
		if before != after {
			new.Changes = append(new.Changes, Change{Field: field, Old: before, By: s.Person.Cadre.ID, At: now.Unix()})
		}
	}
	note("day", old.Day.String(), new.Day.String())
	note("way", old.Way, new.Way)
	note("kind", old.Kind, new.Kind)
	note("finding", old.Finding, new.Finding)
	note("need", old.Need, new.Need)
	note("note", old.Note, new.Note)
	note("next", old.Next.String(), new.Next.String())
	for _, name := range slices.Sorted(maps.Keys(old.Extra)) {
		note(name, old.Extra[name], new.Extra[name])
	}
	for _, name := range slices.Sorted(maps.Keys(new.Extra)) {
		if _, had := old.Extra[name]; !had {
			note(name, "", new.Extra[name])
		}
	}
	for _, k := range [][]byte{key("by", old.By, old.Day.String(), old.Resident, old.ID), key("visit", old.Resident, old.Day.String(), old.ID)} {
		if err := s.tx.delete(k); err != nil {
			return err
		}
	}
	return s.tx.putVisit(new)
}
