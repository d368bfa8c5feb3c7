package storage

import (
	"context"

	"xintiexin/storage/kv"
)

// UpgradeForTest opens a store as a program of a later format would, whose step
// rewrites nothing.
func UpgradeForTest(ctx context.Context, engine kv.Store, before func(int) error, format int) error {
	steps := map[int]step{}
	for f := Format; f < format; f++ {
		steps[f] = func(*Tx, []byte) ([]byte, error) { return nil, nil }
	}
	_, err := open(ctx, engine, before, format, steps, Kinds())
	return err
}

// DumpForTest calls fn with every pair of the store.
func DumpForTest(ctx context.Context, s *Store, fn func(kv.Pair)) error {
	return s.View(ctx, func(tx *Tx) error {
		for p, err := range tx.scan(nil, nil) {
			if err != nil {
				return err
			}
			fn(p)
		}
		return nil
	})
}

// PutPaperForTest keeps a paper, whoever asks.
func PutPaperForTest(tx *Tx, p Paper) error { return tx.put(key("paper", p.Resident, p.ID), p) }

// PapersForTest calls fn with every paper of a resident.
func PapersForTest(tx *Tx, resident string, fn func(Paper)) error {
	for p, err := range list[Paper](tx, prefix("paper", resident)) {
		if err != nil {
			return err
		}
		fn(p)
	}
	return nil
}

// NumberForTest gives a note a number and keeps it.
func NumberForTest(s Scope, cause string) (string, error) {
	n := Note{Mark: s.tx.keyed("note cause", s.Person.OpenID, cause)}
	if _, err := s.tx.noteNumber(&n); err != nil {
		return "", err
	}
	return n.Number, s.tx.put(key("note", n.Number), n)
}
