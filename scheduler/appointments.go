package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// seats ends offers whose hour is past, so that their seats go to the next on the
// waiting list, and offers what has become free by the clock alone: seats kept
// for people who would be home, until the day that was named.
func seats(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	ended, offered := 0, 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = bookings.ExpireOffers(tx, at, page)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("end offers: %w", err)
		}
		if ended += n; n < page {
			break
		}
	}
	var services []townconfig.Service
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		services = site.Services
		return err
	})
	if err != nil {
		return "", err
	}
	for _, one := range services {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = bookings.OfferSeats(tx, one.ID, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("offer seats: %w", err)
		}
		offered += n
	}
	return fmt.Sprintf("%d offers ended, %d made", ended, offered), nil
}

// clinicDay closes what was booked for today and the day before and was neither
// marked arrived nor missed.
func clinicDay(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	closed := 0
	today := calendar.DayOf(at)
	for _, day := range []calendar.Day{today - 1, today} {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = bookings.CloseDay(tx, day, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("close the clinic's day: %w", err)
		}
		closed += n
	}
	return fmt.Sprintf("%d closed", closed), nil
}
