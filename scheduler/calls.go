package scheduler

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// callList lists at 17:00 whom of the next day's bookings a message did not
// reach, or did not move to an answer, and who wanted to be rung then.
func callList(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	forgotten := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = calls.PurgeCalls(tx, calendar.DayOf(at), page)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("forget calls: %w", err)
		}
		if forgotten += n; n < page {
			break
		}
	}
	did, err := listCalls(ctx, s, calendar.DayOf(at)+1, calendar.DayOf(at).At(20, 0), at)
	return fmt.Sprintf("%s, %d forgotten", did, forgotten), err
}

// deskCalls lists in the morning of the day whose reminder of the evening before
// came to nothing, and for whom a paper waits of which no message tells her.
func deskCalls(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	papers, err := pages(ctx, s, "calls about papers", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
		return calls.ListPaperCalls(tx, p, page, at)
	})
	if err != nil {
		return "", err
	}
	did, err := listCalls(ctx, s, calendar.DayOf(at), calendar.DayOf(at).At(9, 30), at)
	return fmt.Sprintf("%d about papers, %s", papers, did), err
}

// listCalls lists the calls of a day and books for each who may make some how many
// they are; past the instant late it helps no more.
func listCalls(ctx context.Context, s *Scheduler, day calendar.Day, late, at time.Time) (string, error) {
	listed, err := pages(ctx, s, "call list", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
		return calls.ListCalls(tx, day, p, page, at)
	})
	if err != nil {
		return "", err
	}
	told, err := s.eachCadre(ctx, func(tx *record.Tx, c person.Staff) (bool, error) {
		who, err := person.Identify(tx, c.OpenID)
		if err != nil {
			return false, err
		}
		scope, err := person.ScopeOf(tx, who)
		if err != nil {
			return false, err
		}
		_, n, err := calls.Calls(scope, at, 0)
		if err != nil || n == 0 {
			return false, err
		}
		return outbox.Enqueue(tx, outbox.Delivery{
			Cause: "calls/" + c.ID + "/" + at.In(calendar.Zone).Format("2006-01-02T15:04"), Kind: "call_list", To: "c:" + c.ID,
			Facts:    map[string]string{"count": strconv.Itoa(n), "day": calendar.DayOf(at).String(), "time": at.In(calendar.Zone).Format("15:04")},
			Earliest: at.Unix(), Latest: late.Unix(), Priority: 2, Booked: at.Unix(),
		})
	})
	return fmt.Sprintf("%d listed, %d told", listed, told), err
}

// nobodyTook offers in the evening what nobody took up to who stands in, and to
// the clerks where nobody does: calls, and on working days what was agreed with
// somebody and has waited a whole number of weeks: it would else be told every
// evening for as long as it waits. Counts alone.
func nobodyTook(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	today := calendar.DayOf(at)
	var left map[string]requests.Left
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		if left, err = calls.CallsLeft(tx, at); err != nil {
			return err
		}
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		holidays := s.Holidays
		if site.ID != "" {
			holidays = site.Holidays()
		}
		if !holidays.Working(today) {
			return nil
		}
		staff, err := person.AllStaff(tx)
		if err != nil {
			return err
		}
		contacts := []string{""}
		for _, c := range staff {
			contacts = append(contacts, c.ID)
		}
		if err := requests.RequestsLate(tx, left, workedBefore(holidays, today), today); err != nil {
			return err
		}
		return calls.WaitingLong(tx, left, contacts, workedBefore(holidays, today), today)
	})
	if err != nil {
		return "", fmt.Errorf("what nobody took: %w", err)
	}
	told, err := s.eachCadre(ctx, func(tx *record.Tx, c person.Staff) (bool, error) {
		l := left[c.ID]
		if c.Has(person.Clerk) {
			l.Calls, l.Village, l.Waiting = l.Calls+left[""].Calls, l.Village+left[""].Village, l.Waiting+left[""].Waiting
		}
		if l == (requests.Left{}) {
			return false, nil
		}
		return outbox.Enqueue(tx, outbox.Delivery{
			Cause: "digest/" + c.ID + "/" + today.String(), Kind: "call_digest", To: "c:" + c.ID,
			Facts: map[string]string{"calls": strconv.Itoa(l.Calls), "village": strconv.Itoa(l.Village), "waiting": strconv.Itoa(l.Waiting),
				"count": strconv.Itoa(l.Calls + l.Village + l.Waiting), "day": today.String(), "time": at.In(calendar.Zone).Format("15:04")},
			Earliest: at.Unix(), Latest: today.At(20, 0).Unix(), Priority: 5, Booked: at.Unix(),
		})
	})
	return fmt.Sprintf("%d told", told), err
}

// workedBefore is the last working day before a day.
func workedBefore(h calendar.Holidays, day calendar.Day) calendar.Day {
	for n := calendar.Day(1); n < 62; n++ { // no arrangement is longer than a month
		if h.Working(day - n) {
			return day - n
		}
	}
	return day - 1
}

// eachCadre books, page by page, something for each cadre who can be written to;
// it returns for how many book said that it did.
func (s *Scheduler) eachCadre(ctx context.Context, book func(*record.Tx, person.Staff) (bool, error)) (booked int, err error) {
	var staff []person.Staff
	err = s.Store.View(ctx, func(tx *record.Tx) (err error) {
		staff, err = person.AllStaff(tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for start := 0; start < len(staff); start += page {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) error {
			n = 0
			for _, c := range staff[start:min(start+page, len(staff))] {
				if c.Left || c.OpenID == "" {
					continue
				}
				ok, err := book(tx, c)
				if err != nil {
					return fmt.Errorf("tell staff: %w", err)
				}
				if ok {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return booked, err
		}
		booked += n
	}
	return booked, nil
}
