package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"xintiexin/storage/ops"
	"xintiexin/storage/record"
)

// stops are what may not be sent for a while, because the platform said so: all,
// one channel, or one template. Bot keeps them in the store, so that a restart does
// not ask the platform again what it just forbade.
type stops struct {
	mu  sync.Mutex
	all map[string]stop // by scope
}

type stop struct {
	until  time.Time
	code   int
	trying bool // its time is over, and one is out to see whether it works again
}

// scope names what a stop reaches: "" is all, else a channel, or a template.
type scope = string

// scopes are those that a call by a channel is in, the template's id only where
// there is one.
func scopes(channel, template string) []scope {
	all := []scope{"", channel}
	if template != "" {
		all = append(all, channel+" "+template)
	}
	return all
}

// until is the hour before which none of the scopes' calls is made; ok is false
// when they may be made now.
func (s *stops) until(now time.Time, in []scope) (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range in {
		if p, found := s.all[k]; found && p.until.After(now) && p.until.After(at) {
			at, ok = p.until, true
		}
	}
	return at, ok
}

// trial is how long the others wait while one is out to see.
const trial = 10 * time.Second

// enter asks for leave for one call. Where a stop is over only one goes first; for
// the others, and while a stop lasts, ok is false and at the hour to come back.
func (s *stops) enter(now time.Time, in []scope) (at time.Time, ok bool) {
	if at, stopped := s.until(now, in); stopped {
		return at, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range in {
		if p, found := s.all[k]; found && p.trying {
			return now.Add(trial), false
		}
	}
	for _, k := range in {
		if p, found := s.all[k]; found {
			p.trying = true
			s.all[k] = p
		}
	}
	return time.Time{}, true
}

// leave says how a call ended that enter gave leave for: what worked takes the
// stops away whose time is over. It reports whether it took any.
func (s *stops) leave(now time.Time, in []scope, worked bool) (lifted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range in {
		switch p, found := s.all[k]; {
		case found && worked && !p.until.After(now):
			delete(s.all, k)
			lifted = true
		case found:
			p.trying = false
			s.all[k] = p
		}
	}
	return lifted
}

// set stops a scope until an hour. It reports whether that is news: not the same
// code again while it never worked between; and whether anything changed by more
// than a second.
func (s *stops) set(k scope, until time.Time, code int) (news, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, found := s.all[k]
	if s.all == nil {
		s.all = map[scope]stop{}
	}
	if found && old.until.After(until) {
		until = old.until
	}
	s.all[k] = stop{until: until, code: code}
	news = !found || old.code != code
	return news, news || until.Unix() > old.until.Unix()
}

// kept are the stops as the store has them.
func (s *stops) kept() map[scope]ops.Stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[scope]ops.Stop{}
	for k, p := range s.all {
		out[k] = ops.Stop{Until: p.until.Unix(), Code: p.code}
	}
	return out
}

// keepStops writes the stops down. What stands when the transaction runs counts, so
// that of two that write the later one is not undone.
func (b *Bot) keepStops(ctx context.Context) {
	err := b.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutStops(tx, b.stops.kept()) })
	if err != nil {
		b.Log.Error("stops of the platform not kept", "err", err)
	}
}

// LoadStops takes over what the platform had stopped when the program ended. It is
// called before anything is sent.
func (b *Bot) LoadStops(ctx context.Context) error {
	var all map[string]ops.Stop
	err := b.Store.View(ctx, func(tx *record.Tx) (err error) {
		all, err = ops.Stops(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("stops of the platform: %w", err)
	}
	for k, p := range all {
		b.stops.set(k, time.Unix(p.Until, 0), p.Code)
	}
	return nil
}
