package scheduler

import (
	"context"
	"fmt"
	"time"

	broadcastsstore "xintiexin/storage/broadcasts"
	"xintiexin/storage/record"
)

// broadcasts books the messages of what was released, page by page.
func broadcasts(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	var open []string
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		open, err = broadcastsstore.Open(tx)
		return err
	})
	if err != nil {
		return "", err
	}
	booked := 0
	for _, id := range open {
		for done := false; !done; {
			n := 0
			err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
				n, done, err = broadcastsstore.TellAudience(tx, id, page, at)
				return err
			})
			if err != nil {
				return "", fmt.Errorf("tell: %w", err)
			}
			booked += n
		}
	}
	return fmt.Sprintf("%d booked", booked), nil
}
