package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// homecomings asks, once for each time of the year at which people come home, who
// said that she would be there: a page a transaction, so that a run that was cut off
// goes on where it was.
func homecomings(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	var open []storage.Homecoming
	today := calendar.DayOf(at)
	err := s.Store.View(ctx, func(tx *storage.Tx) error {
		open = nil
		site, err := tx.Site()
		if err != nil {
			return err
		}
		for _, h := range site.Homecomings(today) {
			run, err := tx.HomeRun(h)
			if err != nil {
				return err
			}
			if run.Asked == 0 && h.Asks <= today && today < h.First {
				open = append(open, h)
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("homecomings: %w", err)
	}
	total := 0
	for _, h := range open {
		n, err := pages(ctx, s, "homecomings", func(tx *storage.Tx, p storage.Page) (storage.Page, int, error) {
			return tx.AskHome(h, p, page, at)
		})
		if err != nil {
			return "", err
		}
		err = s.Store.Update(ctx, func(tx *storage.Tx) error {
			return tx.PutHomeRun(storage.HomeRun{Key: h.Key(), Day: h.Day, Asked: at.Unix(), Count: n})
		})
		if err != nil {
			return "", fmt.Errorf("homecomings: %w", err)
		}
		total += n
	}
	return fmt.Sprintf("%d times of the year, %d booked", len(open), total), nil
}
