// Package storage opens the store of a town: the format it is in, the steps from
// older formats, and the list of the kinds of records. The records themselves lie in
// the packages below, one a capability (docs/architecture.md).
package storage

import (
	"context"

	"xintiexin/storage/kv"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Format is the version of keys and records that this program writes.
const Format = 2

// Open makes a store ready: an empty one is given the current format and a
// secret, an older one is upgraded by numbered steps, after before (which may
// be nil) was called to take a copy. It returns ErrNewer when a newer program
// wrote it, and ErrForeign when it is not empty and nothing says of which format it
// is: with a secret made anew no PIN, code or mark of who was deleted would fit.
func Open(ctx context.Context, engine kv.Store, before func(format int) error) (*record.Store, error) {
	return record.Open(ctx, engine, before, Format, upgrades, Kinds())
}

// upgrades holds the step away from each format. A step is never changed once
// it was released: testdata keeps a small store of each format that it reads.
var upgrades = map[int]record.Step{1: person.Reindex}
