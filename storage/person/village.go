package person

import (
	"fmt"

	"xintiexin/storage/record"
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
func PutVillage(tx *record.Tx, v Village) error { return tx.Put(record.Key("village", v.ID), v) }

// LoadVillage returns ErrNotFound when there is no such village.
func LoadVillage(tx *record.Tx, id string) (Village, error) {
	return record.Get[Village](tx, record.Key("village", id))
}

// Villages returns all villages in the order of their codes.
func Villages(tx *record.Tx) ([]Village, error) {
	return record.Collect(record.List[Village](tx, record.Prefix("village")))
}

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
func MergeVillages(tx *record.Tx, from, into string) error {
	f, err := LoadVillage(tx, from)
	if err != nil {
		return err
	}
	t, err := LoadVillage(tx, into)
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
	if err := PutVillage(tx, t); err != nil {
		return err
	}
	if err := tx.PutRaw(record.Key("merged", from), []byte(into)); err != nil {
		return err
	}
	return PutVillage(tx, f)
}

// TakeHouse says of a household that it now belongs to another village: the
// house stands where it stood, with whoever looks after it.
func TakeHouse(tx *record.Tx, id, village string) error {
	if id == "" {
		return nil
	}
	h, err := record.Optional(LoadHousehold(tx, id))
	if err != nil || h.ID == "" || h.Village == village {
		return err
	}
	h.Village = village
	return PutHousehold(tx, h)
}

// Widen adds to a set of villages those that were merged into one of them, and
// those that one of them was merged into. Only merged villages are read: most
// messages find none.
func Widen(tx *record.Tx, ids map[string]bool) error {
	merged := map[string]string{}
	for p, err := range tx.Scan(record.Prefix("merged"), record.PrefixEnd(record.Prefix("merged"))) {
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
