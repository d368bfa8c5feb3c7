package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage"
)

// broadcasts books the messages of what was released, page by page.
func broadcasts(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	var open []string
	err := s.Store.View(ctx, func(tx *storage.Tx) (err error) {
		open, err = tx.OpenBroadcasts()
		return err
	})
	if err != nil {
		return "", err
	}
	booked := 0
	for _, id := range open {
		for done := false; !done; {
			n := 0
			err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
				n, done, err = tx.TellCircle(id, page, at)
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
