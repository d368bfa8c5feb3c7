package visits

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
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
	Changes               []FieldChange     `json:",omitempty"`
}

// FieldChange keeps what a field held before it was corrected.
type FieldChange struct {
	Field, Old, By string
	At             int64 // Unix seconds
}

// Add keeps a visit under an id made of cause. It returns ErrNotFound when
// the resident is outside the scope.
func Add(s person.Scope, v Visit, cause string) (Visit, error) {
	r, err := s.Villager(v.Resident)
	if err != nil {
		return v, err
	}
	v.ID, v.Village, v.By = record.ID("visit", cause), r.Village, s.Person.Cadre.ID
	return v, putVisit(s.Tx, v)
}

func putVisit(tx *record.Tx, v Visit) error {
	if err := careplans.Visited(tx, v.Resident, v.Kind, v.By, v.Day, v.At); err != nil {
		return err
	}
	if err := tx.PutRaw(record.Key("by", v.By, v.Day.String(), v.Resident, v.ID), nil); err != nil {
		return err
	}
	return tx.Put(record.Key("visit", v.Resident, v.Day.String(), v.ID), v)
}

// List returns the last visits to a resident of the scope, newest first; of one
// who came from another village those of hers there stay there.
func List(s person.Scope, resident string, max int) ([]Visit, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return nil, err
	}
	var out []Visit
	for v, err := range record.Latest[Visit](s.Tx, record.Prefix("visit", resident)) {
		if err != nil {
			return nil, err
		}
		if len(out) == max {
			break
		}
		if s.MayTell(r, v.Village) {
			out = append(out, v)
		}
	}
	return out, nil
}

// Mine returns the visits that the person wrote down herself and may still
// see, newest first.
func Mine(s person.Scope, since calendar.Day, max int) ([]Visit, error) {
	var out []Visit
	me := s.Person.Cadre.ID
	pre := record.Prefix("by", me)
	start := append(record.Prefix("by", me), since.String()...)
	for p, err := range s.Tx.Descend(start, record.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		if len(out) == max {
			break
		}
		day, resident, id, ok := record.Split3(string(p.Key[len(pre):]))
		if !ok {
			return nil, fmt.Errorf("read %s: not a visit's index", record.KindOf(p.Key))
		}
		if _, err := s.Villager(resident); errors.Is(err, record.ErrNotFound) {
			continue // moved out of her villages, or deleted
		} else if err != nil {
			return nil, err
		}
		v, err := record.Optional(record.Get[Visit](s.Tx, record.Key("visit", resident, day, id)))
		if err != nil {
			return nil, err
		}
		if v.ID != "" {
			out = append(out, v)
		}
	}
	return out, nil
}

// Get returns one visit. It returns ErrNotFound outside the scope.
func Get(s person.Scope, resident string, day calendar.Day, id string) (Visit, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return Visit{}, err
	}
	v, err := record.Get[Visit](s.Tx, record.Key("visit", resident, day.String(), id))
	if err == nil && !s.MayTell(r, v.Village) {
		return Visit{}, record.ErrNotFound
	}
	return v, err
}

// Change puts a corrected visit in place of old and keeps, for each field
// that differs, the old value with who changed it and when. The resident stays.
func Change(s person.Scope, old, new Visit, now time.Time) error {
	if _, err := s.Villager(old.Resident); err != nil {
		return err
	}
	if old.By != s.Person.Cadre.ID || old.Resident != new.Resident {
		return record.ErrScope
	}
	new.ID, new.By, new.At, new.Village, new.Changes = old.ID, old.By, old.At, old.Village, old.Changes
	note := func(field, before, after string) {
		if before != after {
			new.Changes = append(new.Changes, FieldChange{Field: field, Old: before, By: s.Person.Cadre.ID, At: now.Unix()})
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
	for _, k := range [][]byte{record.Key("by", old.By, old.Day.String(), old.Resident, old.ID), record.Key("visit", old.Resident, old.Day.String(), old.ID)} {
		if err := s.Tx.Delete(k); err != nil {
			return err
		}
	}
	return putVisit(s.Tx, new)
}
