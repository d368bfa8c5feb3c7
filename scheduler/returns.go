package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/migration"
	"xintiexin/storage/record"
)

// returns asks, once, who said that she would be home by yesterday whether that is so
// still. Whoever is silent is asked no more, and nobody else is told.
func returns(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	total := 0
	for p := (record.Page{}); !p.Done; {
		var next record.Page
		var n int
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			next, n, err = migration.AskReturns(tx, p, page, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("ask returns: %w", err)
		}
		p, total = next, total+n
	}
	return fmt.Sprintf("%d booked", total), nil
}
