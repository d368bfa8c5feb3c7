package scheduler

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
)

// List writes each job with its last run, what it did, and its next run; a line
// that the site data changed is marked.
func (s *Scheduler) List(ctx context.Context, w io.Writer, now time.Time) error {
	if err := s.takeLines(ctx); err != nil {
		return err
	}
	runs := make([]ops.JobRun, len(s.Jobs))
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		for i, j := range s.Jobs {
			if runs[i], err = ops.LoadJobRun(tx, j.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	show := func(t time.Time) string { return t.In(calendar.Zone).Format("2006-01-02 15:04") }
	var b strings.Builder
	if s.Held() {
		fmt.Fprintln(&b, "the clock is far from the last time seen: jobs wait for `jobs resume`")
	}
	for i, j := range s.Jobs {
		last := "never"
		switch r := runs[i]; {
		case r.Err != "":
			last = show(time.Unix(r.Tried, 0)) + " error: " + r.Err
		case r.Last != 0:
			last = show(time.Unix(r.Last, 0)) + " " + r.Did
		}
		l := s.line(j.Name)
		next, mark := show(l.plan.Next(now)), ""
		if l.off {
			next = "switched off    "
		}
		if l.site {
			mark = ", by the site data"
		}
		fmt.Fprintf(&b, "%-24s %-14s next %s%s, last %s\n", j.Name, l.spec, next, mark, last)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// RunJob runs one job now, also one that is switched off, and returns what it did.
func (s *Scheduler) RunJob(ctx context.Context, name string, now time.Time) (string, error) {
	for _, j := range s.Jobs {
		if j.Name != name {
			continue
		}
		did, err := s.run(ctx, j, now)
		if err != nil {
			return "", fmt.Errorf("job %s: %w", name, err)
		}
		return did, s.Store.Update(ctx, func(tx *record.Tx) error {
			run, err := ops.LoadJobRun(tx, name)
			if err != nil {
				return err
			}
			return ops.PutJobRun(tx, ops.JobRun{Name: name, Last: now.Unix(), Did: did, Spec: run.Spec})
		})
	}
	return "", fmt.Errorf("no job is called %q; see jobs", name)
}
