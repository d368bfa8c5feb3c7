package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage"
)

// returns asks, once, who said that she would be home by yesterday whether that is so
// still. Whoever is silent is asked no more, and nobody else is told.
func returns(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	total := 0
	for p := (storage.Page{}); !p.Done; {
		var next storage.Page
		var n int
		err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
			next, n, err = tx.AskReturns(p, page, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("ask returns: %w", err)
		}
		p, total = next, total+n
	}
	return fmt.Sprintf("%d booked", total), nil
}
