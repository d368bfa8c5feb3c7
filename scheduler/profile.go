package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// profile asks, once in each half of the year, in the site's month, whether what is
// registered of somebody is so still: all are booked at once, on the days that follow,
// a page a transaction, so that a run that was cut off goes on where it was.
func profile(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	half := ""
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		half = ""
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		now, ok := enrolment.ProfileHalf(site, calendar.DayOf(at))
		if !ok {
			return nil
		}
		run, err := enrolment.LoadProfileRun(tx, now)
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
	n, err := pages(ctx, s, "profile", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
		return enrolment.AskProfiles(tx, half, p, page, at)
	})
	if err != nil {
		return "", err
	}
	err = s.Store.Update(ctx, func(tx *record.Tx) error {
		return enrolment.PutProfileRun(tx, enrolment.ProfileRun{Half: half, Day: calendar.DayOf(at), Asked: at.Unix(), Count: n})
	})
	if err != nil {
		return "", fmt.Errorf("profile: %w", err)
	}
	return fmt.Sprintf("%d booked for %s", n, half), nil
}
