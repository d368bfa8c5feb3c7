package storage

import (
	"errors"
	"fmt"
	"sort"
)

// Village is a village of the town. ID is its division code (12 digits,
// domain.md 5.3 of the norms: it outlives the name).
type Village struct {
	ID, Name   string
	Groups     []Group
	MergedInto string `json:",omitempty"` // the village that took it over; its people follow page by page
}

// Group is a 村民小组 with the cadre who looks after its households.
type Group struct {
	Name            string // "一组"
	Contact, Deputy string `json:",omitempty"` // cadre ids
}

// PutVillage keeps a village.
func (tx *Tx) PutVillage(v Village) error { return tx.put(key("village", v.ID), v) }

// Village returns ErrNotFound when there is no such village.
func (tx *Tx) Village(id string) (Village, error) { return get[Village](tx, key("village", id)) }

// Villages returns all villages in the order of their codes.
func (tx *Tx) Villages() ([]Village, error) { return collect(list[Village](tx, prefix("village"))) }

// Group returns the group of that name, or the zero Group.
func (v Village) Group(name string) (Group, bool) {
	for _, g := range v.Groups {
		if g.Name == name {
			return g, true
		}
	}
	return Group{Name: name}, false
}

// MergeVillages makes one village out of two: from now on whoever serves either
// serves both. It is one small write; MoveMerged then carries the people over. It
// returns an error when one of them was merged already.
func (tx *Tx) MergeVillages(from, into string) error {
	f, err := tx.Village(from)
	if err != nil {
		return err
	}
	t, err := tx.Village(into)
	if err != nil {
		return err
	}
	if from == into || f.MergedInto != "" || t.MergedInto != "" {
		return fmt.Errorf("merge village %s into %s: not a standing village", from, into)
	}
	f.MergedInto = into
	for _, g := range f.Groups {
		if _, ok := t.Group(g.Name); !ok {
			t.Groups = append(t.Groups, g)
		}
	}
	if err := tx.PutVillage(t); err != nil {
		return err
	}
	if err := tx.putRaw(key("merged", from), []byte(into)); err != nil {
		return err
	}
	return tx.PutVillage(f)
}

// MoveMerged carries up to max people of merged villages over to the village
// that took them; it returns how many, 0 when all are there.
func (tx *Tx) MoveMerged(max int) (int, error) {
	all, err := tx.Villages()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, v := range all {
		if v.MergedInto == "" {
			continue
		}
		var ids []string
		for p, err := range tx.parts(prefix("in", v.ID)) {
			if err != nil {
				return n, err
			}
			if ids = append(ids, p[0]); n+len(ids) == max {
				break
			}
		}
		for _, id := range ids {
			r, err := tx.Resident(id)
			if err != nil {
				return n, err
			}
			if err := tx.takeHouse(r.Household, v.MergedInto); err != nil {
				return n, err
			}
			if err := tx.move(r, v.MergedInto, r.Group); err != nil {
				return n, err
			}
			n++
		}
		if n >= max {
			break
		}
	}
	return n, nil
}

// takeHouse says of a household that it now belongs to another village: the
// house stands where it stood, with whoever looks after it.
func (tx *Tx) takeHouse(id, village string) error {
	if id == "" {
		return nil
	}
	h, err := optional(tx.Household(id))
	if err != nil || h.ID == "" || h.Village == village {
		return err
	}
	h.Village = village
	return tx.PutHousehold(h)
}

// widen adds to a set of villages those that were merged into one of them, and
// those that one of them was merged into. Only merged villages are read: most
// messages find none.
func (tx *Tx) widen(ids map[string]bool) error {
	merged := map[string]string{}
	for p, err := range tx.scan(prefix("merged"), end(prefix("merged"))) {
		if err != nil {
			return err
		}
		merged[string(p.Key[len("merged/"):])] = string(p.Value)
	}
	for grown := true; grown; {
		grown = false
		for from, into := range merged {
			if ids[from] != ids[into] {
				ids[from], ids[into], grown = true, true, true
			}
		}
	}
	return nil
}

func collect[T any](seq func(func(T, error) bool)) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// optional turns ErrNotFound into a zero record.
func optional[T any](v T, err error) (T, error) {
	if errors.Is(err, ErrNotFound) {
		var zero T
		return zero, nil
	}
	return v, err
}

func sorted[K ~string](set map[K]bool) []K {
	out := make([]K, 0, len(set))
	for k, ok := range set {
		if ok {
			out = append(out, k)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
