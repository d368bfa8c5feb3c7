package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// profile asks, once in each half of the year, in the site's month, whether what is
// registered of somebody is so still: all are booked at once, on the days that follow,
// a page a transaction, so that a run that was cut off goes on where it was.
func profile(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	half := ""
	err := s.Store.View(ctx, func(tx *storage.Tx) error {
		half = ""
		site, err := tx.Site()
		if err != nil {
			return err
		}
		now, ok := site.ProfileHalf(calendar.DayOf(at))
		if !ok {
			return nil
		}
		run, err := tx.ProfileRun(now)
		if err == nil && run.Asked == 0 {
			half = now
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("profile: %w", err)
	}
	if half == "" {
		return "nobody to ask", nil
	}
	n, err := pages(ctx, s, "profile", func(tx *storage.Tx, p storage.Page) (storage.Page, int, error) {
		return tx.AskProfiles(half, p, page, at)
	})
	if err != nil {
		return "", err
	}
	err = s.Store.Update(ctx, func(tx *storage.Tx) error {
		return tx.PutProfileRun(storage.ProfileRun{Half: half, Day: calendar.DayOf(at), Asked: at.Unix(), Count: n})
	})
	if err != nil {
		return "", fmt.Errorf("profile: %w", err)
	}
	return fmt.Sprintf("%d booked for %s", n, half), nil
}
