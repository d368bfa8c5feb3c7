package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/stats"
	"xintiexin/storage/townconfig"
)

// month tells, on the first working day of a month, who wants it that the last one is
// over: a count, and the word to send for more.
func month(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	today := calendar.DayOf(at)
	var staff []person.Staff
	first := false
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		days := s.Holidays
		if site.ID != "" {
			days = site.Holidays()
		}
		first = firstWorking(days, today)
		staff, err = person.AllStaff(tx)
		return err
	})
	if err != nil || !first {
		return "not the first working day", err
	}
	y, m, _ := today.Date()
	to := calendar.Date(y, m, 1) - 1
	y, m, _ = to.Date()
	booked := 0
	for _, c := range staff { // each in a transaction of its own: a count reads a month
		told := false
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			told, err = stats.TellMonth(tx, c, calendar.Date(y, m, 1), to, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("month: %w", err)
		}
		if told {
			booked++
		}
	}
	return fmt.Sprintf("%d booked", booked), nil
}

// firstWorking reports whether a day is the first of its month on which people work.
func firstWorking(days calendar.Holidays, today calendar.Day) bool {
	_, _, d := today.Date()
	for back := today - calendar.Day(d-1); back < today; back++ {
		if days.Working(back) {
			return false
		}
	}
	return days.Working(today)
}
