package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// line is when a job is done.
type line struct {
	spec string
	plan calendar.Recurrence
	keep time.Duration // how late a missed run is still made up
	off  bool
	site bool // the site data have it otherwise than the program
}

// inForce are the lines of one version of the site data, by name of job.
type inForce struct {
	id string
	at int64 // Unix seconds when it was put in force
	of map[string]line
}

// readLines reads the lines that come with the program. The error names one that
// cannot be read.
func (s *Scheduler) readLines() error {
	s.own = map[string]line{}
	s.lines.Store(nil)
	for _, j := range s.Jobs {
		plan, err := calendar.Cron(j.Spec)
		if err != nil {
			return fmt.Errorf("job %q: cron line %q: %w", j.Name, j.Spec, err)
		}
		if _, twice := s.own[j.Name]; twice {
			return fmt.Errorf("job %q: stands twice", j.Name)
		}
		s.own[j.Name] = line{spec: j.Spec, plan: plan, keep: j.Keep}
	}
	return nil
}

// takeLines takes the lines of the site data in force over, once for each version
// of it.
func (s *Scheduler) takeLines(ctx context.Context) error {
	var site *townconfig.Site
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		site, err = townconfig.Current(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the jobs' lines: %w", err)
	}
	if now := s.lines.Load(); now != nil && now.id == site.ID && now.at == site.At {
		return nil
	}
	of := map[string]line{}
	for _, row := range site.Jobs {
		own, known := s.own[row.Name]
		if !known { // of another version of the program
			continue
		}
		plan, err := calendar.Cron(row.Spec)
		if err != nil { // site data that nobody checked
			s.Log.Error("a job's line in the site data cannot be read; the program's own counts", "name", row.Name, "line", row.Spec, "err", err)
			continue
		}
		l := line{spec: row.Spec, plan: plan, keep: time.Duration(row.Late) * time.Minute, off: row.Off}
		l.site = l.spec != own.spec || l.keep != own.keep || l.off
		of[row.Name] = l
	}
	s.lines.Store(&inForce{site.ID, site.At, of})
	return nil
}

// line returns the line in force of a job.
func (s *Scheduler) line(name string) line {
	if now := s.lines.Load(); now != nil {
		if l, ok := now.of[name]; ok {
			return l
		}
	}
	return s.own[name]
}

// counting returns a job's line and its last run. A line that is not the one it
// was last looked at by is noted: it counts from when the site data were put in
// force, so that what would have been before is not made up, and neither is what
// fell due while it was off.
func (s *Scheduler) counting(ctx context.Context, j Job, now time.Time) (line, ops.JobRun, error) {
	l := s.line(j.Name)
	spec := l.spec
	if l.off {
		spec = ops.SpecOff
	}
	var run ops.JobRun
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		run, err = ops.LoadJobRun(tx, j.Name)
		return err
	})
	if err != nil || run.Spec == spec {
		return l, run, err
	}
	if run.Name = j.Name; run.Spec != "" {
		run.Since = min(now.Unix(), s.lines.Load().at)
	}
	run.Spec = spec
	return l, run, s.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutJobRun(tx, run) })
}
