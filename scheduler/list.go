package scheduler

import (
	"context"
	"fmt"
	"io"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// List writes each job with its last run, what it did, and its next run.
func (s *Scheduler) List(ctx context.Context, w io.Writer, now time.Time) error {
	show := func(t time.Time) string { return t.In(calendar.Zone).Format("2006-01-02 15:04") }
	if s.Held() {
		fmt.Fprintln(w, "the clock is far from the last time seen: jobs wait for `jobs resume`")
	}
	return s.Store.View(ctx, func(tx *storage.Tx) error {
		for _, j := range s.Jobs {
			run, err := tx.JobRun(j.Name)
			if err != nil {
				return err
			}
			last := "never"
			if run.Last != 0 {
				last = show(time.Unix(run.Last, 0)) + " " + run.Did + run.Err
			}
			fmt.Fprintf(w, "%-16s %-14s next %s, last %s\n", j.Name, j.Spec, show(s.schedules[j.Name].Next(now.In(calendar.Zone))), last)
		}
		return nil
	})
}

// RunJob runs one job now and returns what it did.
func (s *Scheduler) RunJob(ctx context.Context, name string, now time.Time) (string, error) {
	for _, j := range s.Jobs {
		if j.Name != name {
			continue
		}
		did, err := j.Run(ctx, s, now)
		if err != nil {
			return "", fmt.Errorf("job %s: %w", name, err)
		}
		return did, s.Store.Update(ctx, func(tx *storage.Tx) error {
			return tx.PutJobRun(storage.JobRun{Name: name, Last: now.Unix(), Did: did})
		})
	}
	return "", fmt.Errorf("no job is called %q; see jobs", name)
}
