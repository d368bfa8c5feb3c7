package record

import (
	"time"

	"xintiexin/storage/purpose"
)

// Kind is what a kind of record says of itself to the mechanisms that know none by
// name: retention, withdrawal of consent, the scope of a clinician, change tracking.
// A capability declares its kinds in kind.go; storage.Kinds lists them. A field that is left out
// says that the mechanism has nothing to do for the kind.
type Kind struct {
	// Name is the first part of the key of its records.
	Name string

	// Index are the first parts of the other keys that are written with its records:
	// entries by which they are found, counters. Each belongs to one kind.
	Index []string

	// Person says that its records are the people themselves: whoever goes is taken
	// out by erasure, with what stands under the person's id.
	Person bool

	// ByResident are those of Name and Index that a resident's id follows, and that
	// show that more is kept of the resident than a line of a list.
	ByResident []string

	// Changes says how a change of its records is a change of people, whose rows in
	// incremental exports are then compared anew.
	Changes ChangeRule

	// Joins says that of whom there is such a record, under the resident's id, rows may
	// stand in exports: a changed person without any is not noted.
	Joins bool

	// Keep is how long its records stay. The zero value is for kinds that stay until
	// the person leaves, or that a job of their own sweeps within days.
	Keep Retention

	// Ties returns what makes a resident known at the clinic.
	Ties func(tx *Tx, resident string) ([]Tie, error)

	// Withdrawn ends what rests on a consent that a resident took back.
	Withdrawn func(tx *Tx, resident string, set purpose.Purpose, now time.Time) error
}

// ChangeRule is how change tracking finds whom a record is about.
type ChangeRule uint8

const (
	NoChange ChangeRule = iota
	ByKey               // the resident whose id follows the kind's name
	ByValue             // the residents that its value names (Subject), before and after
)

// Tie is one record that makes a resident known to the clinic.
type Tie struct {
	Secret bool     // kept from the villages: every clinician may know of it
	Staff  []string // ids of the staff who may know of it; nil is every clinician
}

// Kind returns the kind of that name among those of the store; ok is false when there
// is none.
func (tx *Tx) Kind(name string) (k *Kind, ok bool) {
	k, ok = tx.named[name]
	return k, ok
}

// PersonalKinds returns the first parts of the keys that a resident's id follows and
// that show that more is kept of the resident than a line of a list.
func (tx *Tx) PersonalKinds() (out []string) {
	for _, k := range tx.Kinds {
		out = append(out, k.ByResident...)
	}
	return out
}

// named returns the kinds by their names.
func named(kinds []Kind) map[string]*Kind {
	m := make(map[string]*Kind, len(kinds))
	for i := range kinds {
		m[kinds[i].Name] = &kinds[i]
	}
	return m
}

// Own returns the kinds that this package writes itself: the store's own record, what
// can be taken back, and who changed.
func Own() []Kind {
	return []Kind{{Name: "meta"}, {Name: "undo"}, {Name: "touch", Index: []string{"touches"}}}
}
