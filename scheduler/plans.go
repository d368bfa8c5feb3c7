package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/record"
)

// planPage is how many plans one Update takes: a commit writes the pages of all
// indexes anew, so that few in one cost more than they need, and many would keep
// a message waiting (800 of a million people: 0.1 s; 20,000 by 400 take a fourth
// longer).
const planPage = 800

// plans puts what is due of care plans before those whom it concerns, and ends
// quietly what went by, before the morning list counts. It costs what is due.
func plans(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	did := 0
	for place := (record.Page{}); !place.Done; {
		n, next := 0, place
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			next, n, err = careplans.PlanMorning(tx, calendar.DayOf(at), place, planPage, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("care plans: %w", err)
		}
		place, did = next, did+n
	}
	return fmt.Sprintf("%d plans", did), nil
}
