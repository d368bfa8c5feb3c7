package storage

import (
	"context"

	"xintiexin/storage/documents"
	"xintiexin/storage/kv"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
)

// UpgradeForTest opens a store as a program of a later format would, whose step
// rewrites nothing.
func UpgradeForTest(ctx context.Context, engine kv.Store, before func(int) error, format int) error {
	steps := map[int]record.Step{}
	for f := Format; f < format; f++ {
		steps[f] = func(*record.Tx, []byte) ([]byte, error) { return nil, nil }
	}
	_, err := record.Open(ctx, engine, before, format, steps, Kinds())
	return err
}

// DumpForTest calls fn with every pair of the store.
func DumpForTest(ctx context.Context, s *record.Store, fn func(kv.Pair)) error {
	return s.View(ctx, func(tx *record.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			fn(p)
		}
		return nil
	})
}

// PutPaperForTest keeps a paper, whoever asks.
func PutPaperForTest(tx *record.Tx, p documents.Document) error {
	return tx.Put(record.Key("paper", p.Resident, p.ID), p)
}

// PapersForTest calls fn with every paper of a resident.
func PapersForTest(tx *record.Tx, resident string, fn func(documents.Document)) error {
	for p, err := range record.List[documents.Document](tx, record.Prefix("paper", resident)) {
		if err != nil {
			return err
		}
		fn(p)
	}
	return nil
}

// NumberForTest gives a note a number and keeps it.
func NumberForTest(s person.Scope, cause string) (string, error) {
	n := questions.AnonymousQuestion{Mark: s.Tx.Hash("note cause", s.Person.OpenID, cause)}
	if _, err := questions.NoteNumber(s.Tx, &n); err != nil {
		return "", err
	}
	return n.Number, s.Tx.Put(record.Key("note", n.Number), n)
}
