package ops

import (
	"xintiexin/storage/record"
)

// Source is a list that was handed in: where it comes from, and on what ground
// the people on it may be kept.
type Source struct {
	ID           string
	From, Ground string
	By           string // who imported it
	At           int64  // Unix seconds
	Rows         int
}

// PutSource keeps a source.
func PutSource(tx *record.Tx, s Source) error { return tx.Put(record.Key("source", s.ID), s) }

// Sources returns all lists that were handed in.
func Sources(tx *record.Tx) ([]Source, error) {
	return record.Collect(record.List[Source](tx, record.Prefix("source")))
}
