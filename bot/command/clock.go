package command

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"xintiexin/bot/simulator"
	"xintiexin/scheduler"
)

// clock is the demo's time: the real one, moved forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	jobs  *scheduler.Scheduler
	page  *simulator.Simulator
}

// Now returns the demo's time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = time.Until(t)
}

// Advance plays what is due up to to, each at its own instant and in order.
func (c *clock) Advance(ctx context.Context, to time.Time) error {
	for at := c.Now(); ; {
		next, err := c.jobs.Next(ctx, at)
		if err != nil {
			return err
		}
		if at = later(next, at.Add(time.Second)); at.After(to) {
			break
		}
		c.set(at)
		if err := c.tick(ctx, at); err != nil {
			return err
		}
	}
	c.set(to)
	return c.tick(ctx, to)
}

// tick runs what is due and lets the platform report what became of it.
func (c *clock) tick(ctx context.Context, at time.Time) error {
	if err := c.jobs.Tick(ctx, at); err != nil {
		return err
	}
	return c.page.Finish(ctx)
}

// serve ticks every second until ctx ends.
func (c *clock) serve(ctx context.Context, log *slog.Logger) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		if err := c.tick(ctx, c.Now()); err != nil && ctx.Err() == nil {
			log.Error("scheduler", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
