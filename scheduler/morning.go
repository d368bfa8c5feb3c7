package scheduler

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/stats"
	"xintiexin/storage/townconfig"
)

// maxCount is as far as the list is counted.
const maxCount = 99

// morning books the 07:30 list for staff who said that they want it, on working
// days, with counts only; none where nothing waits.
func morning(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	today := calendar.DayOf(at)
	if at.After(today.At(18, 0)) { // run by hand: a list booked now would be stale at once
		return "too late today", nil
	}
	var staff []person.Staff
	working := s.Holidays.Working(today)
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		if site.ID != "" { // the town's own notice, from the moment it is applied
			working = site.Holidays().Working(today)
		}
		staff, err = person.AllStaff(tx)
		return err
	})
	if err != nil {
		return "", err
	}
	if !working {
		return "not a working day", nil
	}
	booked := 0
	for start := 0; start < len(staff); start += page {
		some := staff[start:min(start+page, len(staff))]
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) error {
			n = 0
			for _, c := range some {
				ok, err := bookMorning(tx, c, today, at)
				if err != nil {
					return fmt.Errorf("morning list: %w", err)
				}
				if ok {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		booked += n
	}
	return fmt.Sprintf("%d booked", booked), nil
}

func bookMorning(tx *record.Tx, c person.Staff, today calendar.Day, at time.Time) (bool, error) {
	if c.Morning != person.Yes || c.Left || c.OpenID == "" {
		return false, nil
	}
	if acting, err := person.Delegate(tx, c.ID); err != nil || acting != c.ID { // somebody stands in: it is told there
		return false, err
	}
	waiting, err := stats.CountDue(tx, c, today, maxCount)
	if err != nil {
		return false, err
	}
	chat, err := dialogstate.Load(tx, c.OpenID)
	if err != nil {
		return false, err
	}
	parked := len(chat.Parked)
	if chat.Flow != "" {
		parked++
	}
	home, coming, err := migration.HomeNews(tx, c, today)
	if err != nil {
		return false, err
	}
	if waiting+coming == 0 { // a half-done form alone is no reason to ring
		return false, nil
	}
	cause := "morning/" + c.ID + "/" + today.String()
	facts := map[string]string{"count": strconv.Itoa(waiting), "day": today.String()}
	if coming > 0 {
		facts["home"], facts["when"] = strconv.Itoa(coming), home.Label
		if err := migration.HomeNewsTold(tx, c, home, cause); err != nil {
			return false, err
		}
	}
	if parked > 0 {
		facts["parked"] = strconv.Itoa(parked)
	}
	return outbox.Enqueue(tx, outbox.Delivery{
		Cause: cause, Kind: "morning", To: "c:" + c.ID, Facts: facts,
		Earliest: max(at.Unix(), today.At(7, 30).Unix()), Latest: today.At(18, 0).Unix(), Priority: 5, Booked: at.Unix(),
	})
}
