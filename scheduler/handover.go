package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/handovers"
	"xintiexin/storage/record"
)

// handOvers carries the work of who hands over for good, a page at a time, and ends
// what was for a time and is over.
func handOvers(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	did := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = handovers.Transfer(tx, 500, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("carry hand-overs: %w", err)
		}
		if n == 0 {
			return fmt.Sprintf("%d records read", did), nil
		}
		did += n
	}
}
