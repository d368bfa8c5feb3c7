package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

const (
	page = 100
	// usual is how many messages a second are sent where nobody sets a Rate.
	usual = 100
	// spell is how long one Push may go on by the instant it was given: what is
	// left waits for the next, which asks anew what hour it is. With the time of
	// one sending (patience) it is less than what doubtful leaves of the 10 minutes.
	spell = 30 * time.Second
	// patience is how long one sending may take, the asking for a token included.
	patience = 25 * time.Second
	// lined is how many deliveries may wait in one Push behind another to the same
	// person; more are left to its next going through.
	lined = 4 * page
)

// Push sends what is due at now, in the order of hour and priority as far as many
// at once can keep it: s.Rate a second, and those to one person one after the
// other. What cannot be read or kept does not stop the others; the error tells how
// many there were, and the first. When it returns nothing is under way any more.
func (s *Scheduler) Push(ctx context.Context, now time.Time) error {
	r := s.round(now)
	for r.open(ctx) {
		if err := r.pass(ctx); err != nil || r.handed == 0 {
			return err
		}
	}
	return ctx.Err()
}

// round is one Push under way.
type round struct {
	s     *Scheduler
	now   time.Time
	end   time.Time // by the clock inside, not on the wall: no claim after it
	pace  *pace
	slots chan struct{} // one for each that is being sent

	running sync.WaitGroup
	mu      sync.Mutex
	lines   map[string][]string // by person to whom one is under way: the ids behind it
	behind  int                 // how many these are
	handed  int
	failed  int
	err     error // the first
}

func (s *Scheduler) round(now time.Time) *round {
	r := &round{s: s, now: now, end: time.Now().Add(spell), lines: map[string][]string{}}
	rate, gap := cmp.Or(s.Rate, usual), time.Duration(0)
	if rate > 0 {
		gap = time.Second / time.Duration(rate)
	}
	r.pace = newPace(gap)
	// Enough for a fifth of a second each: the platform answers in 50 ms, and there
	// are two commits besides.
	slots := min(max(rate/5, 4), 200)
	if rate < 0 {
		slots = 64
	}
	r.slots = make(chan struct{}, slots)
	return r
}

// open reports whether another delivery may be claimed.
func (r *round) open(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ctx.Err() == nil && time.Now().Before(r.end) && r.failed < page
}

// pass goes through what is due once, page by page.
func (r *round) pass(ctx context.Context) error {
	r.handed, r.failed, r.err = 0, 0, nil
	var err error
	for next := (record.Page{}); !next.Done && err == nil && r.open(ctx); {
		var due []outbox.Delivery
		place := next
		err = r.s.Store.View(ctx, func(tx *record.Tx) (err error) {
			due, next, err = outbox.DuePage(tx, r.now, place, page)
			return err
		})
		for _, d := range due {
			r.hand(ctx, d)
		}
	}
	r.running.Wait()
	if r.failed > 0 {
		return fmt.Errorf("%d of %d deliveries not sent: %w", r.failed, r.handed, r.err)
	}
	return err
}

// hand gives a delivery to whoever is free to send it, or puts it behind the one
// that is under way to the same person.
func (r *round) hand(ctx context.Context, d outbox.Delivery) {
	r.mu.Lock()
	r.handed++
	line, busy := r.lines[d.To]
	if busy && r.behind < lined {
		r.lines[d.To], r.behind = append(line, d.ID), r.behind+1
	}
	r.mu.Unlock()
	if busy {
		return
	}
	r.slots <- struct{}{}
	r.mu.Lock()
	r.lines[d.To] = nil
	r.mu.Unlock()
	r.running.Go(func() {
		defer func() { <-r.slots }()
		defer r.leave(d.To)
		for id, ok := d.ID, true; ok; id, ok = r.behindIt(d.To) {
			if !r.pace.wait(ctx) || !r.open(ctx) {
				return
			}
			called, err := r.s.send(ctx, id, r.now)
			if !called {
				r.pace.back()
			}
			r.fail(err)
		}
	})
}

// behindIt is the next in a person's line; ok is false when there is none.
func (r *round) behindIt(to string) (id string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := r.lines[to]
	if len(line) == 0 {
		return "", false
	}
	r.lines[to], r.behind = line[1:], r.behind-1
	return line[0], true
}

// leave ends a person's line. Who joined it too late is still booked, for the next
// pass.
func (r *round) leave(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind -= len(r.lines[to])
	delete(r.lines, to)
}

func (r *round) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed++; r.err == nil {
		r.err = err
	}
}

// pace spreads what is sent, one every gap; 0 is as fast as it goes.
type pace struct {
	gap    time.Duration
	next   time.Time
	one    chan struct{} // cap 1: who waits for the next turn
	unused chan struct{} // turns given back
}

func newPace(gap time.Duration) *pace {
	return &pace{gap: gap, one: make(chan struct{}, 1), unused: make(chan struct{}, 10)}
}

// lag is how much of what was not used the pace makes up for: timers are late, and
// so is the disk.
const lag = 100 * time.Millisecond

// wait returns true when it is the caller's turn, false when ctx ended first.
func (p *pace) wait(ctx context.Context) bool {
	if p.gap == 0 {
		return ctx.Err() == nil
	}
	select {
	case p.one <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-p.one }()
	now := time.Now()
	if earliest := now.Add(-lag); p.next.Before(earliest) {
		p.next = earliest
	}
	t := time.NewTimer(p.next.Sub(now))
	defer t.Stop()
	select {
	case <-p.unused:
	case <-t.C:
		p.next = p.next.Add(p.gap)
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// back gives a turn back that was not used.
func (p *pace) back() {
	select {
	case p.unused <- struct{}{}:
	default:
	}
}
