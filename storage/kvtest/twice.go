package kvtest

import (
	"context"
	"errors"

	"xintiexin/storage/kv"
)

var errAgain = errors.New("kvtest: run again")

// Twice returns a store on s whose Updates run their fn twice: first in a
// transaction that is rolled back whatever fn returned, then for real. An
// engine on a cluster does so when it loses a race. Tests that pass on such a
// store know that their fns start afresh and leave no trace.
func Twice(s kv.Store) kv.Store { return twice{s} }

type twice struct{ kv.Store }

func (s twice) Update(ctx context.Context, fn func(kv.Tx) error) error {
	err := s.Store.Update(ctx, func(tx kv.Tx) error {
		_ = fn(tx) // as if it had lost the race: its result counts for nothing
		return errAgain
	})
	if !errors.Is(err, errAgain) {
		return err // it did not run
	}
	return s.Store.Update(ctx, fn)
}
