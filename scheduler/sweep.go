package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage"
)

// sweep drops what has served its time: receipts of answered messages, and
// forms nobody came back to. It reads and writes pages.
func sweep(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	receipts := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
			n, err = tx.PurgeReceipts(500, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("purge receipts: %w", err)
		}
		if receipts += n; n < 500 {
			break
		}
	}
	forms := 0
	for place := (storage.Page{}); !place.Done; {
		n, next := 0, place
		err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
			next, n, err = tx.PurgeSessions(place, 200, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("purge forms: %w", err)
		}
		place, forms = next, forms+n
	}
	return fmt.Sprintf("%d receipts, %d forms dropped", receipts, forms), nil
}

// merges carries the people of merged villages over, a page at a time.
func merges(ctx context.Context, s *Scheduler, _ time.Time) (string, error) {
	moved := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
			n, err = tx.MoveMerged(100)
			return err
		})
		if err != nil || n == 0 {
			return fmt.Sprintf("%d people carried over", moved+n), err
		}
		moved += n
	}
}
