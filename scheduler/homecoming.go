package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/migration"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// homecomings asks, once for each time of the year at which people come home, who
// said that she would be there: a page a transaction, so that a run that was cut off
// goes on where it was.
func homecomings(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	var open []migration.Homecoming
	today := calendar.DayOf(at)
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		open = nil
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		for _, h := range migration.Homecomings(site, today) {
			run, err := migration.LoadHomeRun(tx, h)
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
		n, err := pages(ctx, s, "homecomings", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
			return migration.AskHome(tx, h, p, page, at)
		})
		if err != nil {
			return "", err
		}
		err = s.Store.Update(ctx, func(tx *record.Tx) error {
			return migration.PutHomeRun(tx, migration.HomeRun{Key: h.Key(), Day: h.Day, Asked: at.Unix(), Count: n})
		})
		if err != nil {
			return "", fmt.Errorf("homecomings: %w", err)
		}
		total += n
	}
	return fmt.Sprintf("%d times of the year, %d booked", len(open), total), nil
}
