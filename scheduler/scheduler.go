// Package scheduler does what is due without being asked. Its jobs book
// deliveries; only push gives them to a Sender. It reads no clock of its own:
// the instant is handed in, so that a moved clock plays every job at its own
// time.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/erasure"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// Sender gives deliveries to the outer world. Plan chooses the channel inside
// the transaction that claims; Send is called after it has committed.
type Sender interface {
	Plan(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Route, error)
	Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result
}

// Scheduler runs jobs over a store.
type Scheduler struct {
	Store    *record.Store
	Sender   Sender
	Jobs     []Job
	Holidays calendar.Holidays
	Log      *slog.Logger

	// Rate is how many messages a second the outbox sends at most: 0 is 100, less
	// than 0 as many as it can.
	Rate int
	// Compact takes the bytes of what was deleted out of the file; nil where
	// there is none.
	Compact func(context.Context) error
	// Note keeps outside the store who is to be deleted, so that a backup put
	// back does not bring her back; it is durable when it returns. Those that it
	// has already are passed over. Nil notes nothing.
	Note func(context.Context, []erasure.Erased) error

	// Ran is told of each run of a job; nil tells nobody.
	Ran func(name string, took time.Duration, err error)

	own     map[string]line         // by name of job: as they come with the program
	lines   atomic.Pointer[inForce] // as the site data have them
	since   time.Time               // from when a job counts that never ran
	last    time.Time               // of the last tick
	behind  bool                    // the last tick came with an hour already gone by
	held    atomic.Bool             // the clock is not believed: jobs and outbox wait
	failing atomic.Bool             // the last write was not kept
	noted   time.Time               // the last note of the time
	ticking sync.Mutex              // one tick at a time, whoever moves the clock
}

// Start reads the cron lines and settles what a crash left open. now is when
// the program began. It returns an error for a line that cannot be read.
func (s *Scheduler) Start(ctx context.Context, now time.Time) error {
	now = now.Round(0) // by the clock on the wall: the other one stands still while the machine sleeps
	if err := s.readLines(); err != nil {
		return err
	}
	if err := s.takeLines(ctx); err != nil {
		return err
	}
	var seen time.Time
	err := s.Store.View(ctx, func(tx *record.Tx) (err error) {
		seen, err = ops.LastSeen(tx)
		return err
	})
	if err != nil {
		return err
	}
	s.since, s.last = now, now
	if !seen.IsZero() && seen.Before(now) {
		s.since = seen
	}
	if !ops.ClockSound(seen, now) {
		s.hold(seen, now)
		return nil
	}
	return s.recoverClaims(ctx, now)
}

func (s *Scheduler) hold(seen, now time.Time) {
	s.held.Store(true)
	s.Log.Error("ALARM clock: far from the last time seen; jobs and outbox wait for `jobs resume`", "seen", seen, "now", now)
}

// Held reports whether jobs and outbox wait for Resume, because the clock is not
// believed.
func (s *Scheduler) Held() bool { return s.held.Load() }

// Failing reports whether the last tick could not write.
func (s *Scheduler) Failing() bool { return s.failing.Load() }

// Resume says that the clock is right. It returns an error, and all goes on
// waiting, when that cannot be written down.
func (s *Scheduler) Resume(ctx context.Context, now time.Time) error {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	now = now.Round(0)
	if err := s.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutLastSeen(tx, now) }); err != nil {
		return fmt.Errorf("note the time: %w", err)
	}
	s.last, s.noted = now, now
	s.held.Store(false)
	return nil
}

// believes reports whether what is due at now may be done. A clock that stands
// days ahead or behind would drop what is not stale and send what is not due.
func (s *Scheduler) believes(now time.Time) bool {
	switch {
	case s.Held():
		return false
	case ops.ClockSound(s.last, now):
		s.last, s.behind = now, false
		return true
	case now.Before(s.last) && !s.behind: // this tick waited while another moved the clock on
		s.behind = true
		return false
	}
	s.hold(s.last, now)
	return false
}

// Next returns the next instant after t, a day later at most, at which something
// is due: a job, or a delivery.
func (s *Scheduler) Next(ctx context.Context, t time.Time) (time.Time, error) {
	if err := s.takeLines(ctx); err != nil {
		return time.Time{}, err
	}
	next := t.Add(24 * time.Hour)
	for _, j := range s.Jobs {
		if l := s.line(j.Name); !l.off {
			if at := l.plan.Next(t); at.Before(next) && !at.IsZero() {
				next = at
			}
		}
	}
	err := s.Store.View(ctx, func(tx *record.Tx) error {
		at, ok, err := outbox.NextDelivery(tx, t)
		if ok && at.Before(next) {
			next = at
		}
		return err
	})
	return next, err
}

// Tick runs what is due at now: each job whose time has come since it last ran
// (once, however many times it was missed), then the outbox. While the clock is
// not believed it does nothing.
func (s *Scheduler) Tick(ctx context.Context, now time.Time) error {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	now = now.Round(0)
	if !s.believes(now) {
		return nil
	}
	failed := s.takeLines(ctx)
	for _, j := range s.Jobs {
		if err := s.due(ctx, j, now); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	if err := s.note(ctx, now); err != nil {
		failed = errors.Join(failed, err)
	}
	if err := s.recoverClaims(ctx, now); err != nil {
		s.failing.Store(ctx.Err() == nil)
		return errors.Join(failed, fmt.Errorf("look at claims: %w", err))
	}
	return errors.Join(failed, s.Push(ctx, now))
}

// notes is how far the time may move on before it is noted anew: each note is a
// write to the disk, also on an idle server. It is well inside what ClockSound
// takes for a clock that went back.
const notes = 30 * time.Second

// note keeps the time now and then, and at each tick while writing fails.
func (s *Scheduler) note(ctx context.Context, now time.Time) error {
	if !s.Failing() && !now.Before(s.noted) && now.Before(s.noted.Add(notes)) {
		return nil
	}
	err := s.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutLastSeen(tx, now) })
	s.failing.Store(err != nil && ctx.Err() == nil)
	if err != nil {
		return fmt.Errorf("note the time: %w", err)
	}
	s.noted = now
	return nil
}

// again is how long a job that failed waits for its next try.
const again = time.Minute

// due runs a job if its time has come. A job that never ran counts from when the
// program was last seen running, in a new store from its start. One that failed
// is tried again while it can be made up.
func (s *Scheduler) due(ctx context.Context, j Job, now time.Time) error {
	l, last, err := s.counting(ctx, j, now)
	if err != nil || l.off {
		return err
	}
	from := s.since.Add(-time.Second)
	if at := max(last.Last, last.Since); at != 0 {
		from = time.Unix(at, 0)
	}
	at := latest(l, from, now)
	if at.IsZero() || last.Err != "" && now.Before(time.Unix(last.Tried, 0).Add(again)) {
		return nil
	}
	run := ops.JobRun{Name: j.Name, Last: at.Unix(), Spec: last.Spec}
	if now.Sub(at) > l.keep && now.Sub(at) > time.Minute {
		run.Did = "missed, too late to make up"
	} else {
		run.Did, err = s.run(ctx, j, at)
		if err != nil {
			run.Last, run.Err, run.Tried = from.Unix(), err.Error(), now.Unix()
		}
	}
	return errors.Join(err, s.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutJobRun(tx, run) }))
}

// run runs a job, logs it, and tells of it; one that panics has failed, and the
// program goes on.
func (s *Scheduler) run(ctx context.Context, j Job, at time.Time) (did string, err error) {
	began := time.Now()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic of type %T", v)
			s.Log.Error("panic in job", "name", j.Name, "stack", string(debug.Stack()))
		}
		took := time.Since(began)
		s.Log.Info("job", "name", j.Name, "for", at.In(calendar.Zone).Format(time.DateTime), "did", did, "took", took.Round(time.Millisecond), "err", err)
		if s.Ran != nil {
			s.Ran(j.Name, took, err)
		}
	}()
	return j.Run(ctx, s, at)
}

// latest returns the last time of a line in (from, now], zero when there is none.
func latest(l line, from, now time.Time) (at time.Time) {
	if now.Sub(from) > 400*24*time.Hour { // a long sleep: only the end of it matters
		from = now.Add(-400 * 24 * time.Hour)
	}
	for next := l.plan.Next(from); !next.IsZero() && !next.After(now); next = l.plan.Next(next) {
		at = next
	}
	return at
}

// Serve ticks every interval until ctx ends.
func (s *Scheduler) Serve(ctx context.Context, interval time.Duration, clock func() time.Time) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		if err := s.Tick(ctx, clock()); err != nil && ctx.Err() == nil {
			s.Log.Error("scheduler", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
