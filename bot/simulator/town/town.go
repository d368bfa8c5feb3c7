// Package town plays a month of an invented town by a moved clock: residents and
// staff write as people do (domain.md 7), through the same signed and encrypted
// webhook that the platform uses, to the whole program; and every message that was
// booked for somebody is accounted for at the end, to the unit.
//
// It knows neither the bot nor the scheduler: it is handed a webhook and something
// that ticks. What the bot sent it learns from the engine (Ledger) and from the
// platform that took it, and holds one against the other.
package town

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Options say which month is played.
type Options struct {
	From        calendar.Day
	Days        int
	People      int     // who have to do with the service; 1,000 is the town of domain.md 7.2
	Bound       float64 // of them, how many have a WeChat that stands for them
	Writes      float64 // of the working days, on how many a village worker writes
	Outage      int     // the day, counted from 1, on which everything is down; 0: none
	NoTemplates bool    // the account owns no template message
	Accepts     float64 // how many of those who are asked accept a subscription notice; 0: the account has none
	Seed        uint64
}

// Jobs is what is done by the clock: the scheduler.
type Jobs interface {
	Next(ctx context.Context, t time.Time) (time.Time, error)
	Tick(ctx context.Context, now time.Time) error
}

// Town is filled by its caller and then played once. The Store must be empty and
// stand on the Ledger; the Platform is made with Options.OnPush set to the Town's
// Pushed.
type Town struct {
	Options
	Clock    *Clock
	Store    *record.Store
	Ledger   *Ledger
	Platform *fake.Platform
	Phones   *fake.Driver // what is typed goes to the webhook
	Pages    http.Handler // the program's pages
	AtSignUp []string     // templates of the notices that one is asked for when she signs up
	Jobs     Jobs
	Holidays calendar.Holidays
	Restart  func(context.Context) (Jobs, error) // after an outage
	Trace    io.Writer                           // if set, told what was typed with care and not understood

	ctx       context.Context
	villages  []personstore.Village
	workers   []*cadre
	clerks    []*cadre
	clinician *cadre
	people    []*person
	staff     map[string]*cadre  // by openid
	holders   map[string]*person // by openid
	bookings  map[string]*booking
	seen      map[string]bool // days and numbers at the clinic
	agenda    agenda
	planned   int
	count     counts

	mu     sync.Mutex
	pushed []fake.Push // since the last tick
}

// counts are of the town's doings.
type counts struct {
	typed, twice, noisy, again, stuck, busy int
	self, staff, came, missed, moved        int // bookings
	rung, putOff                            int
	asked, accepted                         int // on the page of notices
}

// Pushed takes what the platform delivered. It is meant as fake.Options.OnPush.
func (t *Town) Pushed(p fake.Push) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pushed = append(t.pushed, p)
}

// Play plays the month and returns what became of each message. It returns an error
// when the sums do not match.
func (t *Town) Play(ctx context.Context) (*Table, error) {
	t.ctx = ctx
	t.staff, t.holders = map[string]*cadre{}, map[string]*person{}
	t.bookings, t.seen = map[string]*booking{}, map[string]bool{}
	if err := t.fill(ctx); err != nil {
		return nil, err
	}
	if t.Accepts > 0 {
		if err := t.subscribes(); err != nil {
			return nil, err
		}
	}
	for d := range t.Days {
		day := t.From + calendar.Day(d)
		t.add(act{at: day.At(0, 5), anyhow: true, do: func() error { return t.dawn(day) }})
	}
	for len(t.agenda) > 0 {
		next := heap.Pop(&t.agenda).(act)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := t.advance(next.at); err != nil {
			return nil, err
		}
		if t.down() && !next.anyhow { // people try again the next day
			t.count.putOff++
			t.at(next.at.Add(24*time.Hour), next.do)
			continue
		}
		if err := next.do(); err != nil {
			return nil, fmt.Errorf("%s: %w", next.at.Format(time.DateTime), err)
		}
	}
	if err := t.advance(t.end()); err != nil {
		return nil, err
	}
	return t.table()
}

// end is the midnight with which the month ends.
func (t *Town) end() time.Time { return (t.From + calendar.Day(t.Days)).At(0, 0) }

// at plans something; what would be after the month is left out.
func (t *Town) at(at time.Time, do func() error) { t.add(act{at: at, do: do}) }

func (t *Town) add(a act) {
	if a.at.Before(t.end()) {
		a.n = t.planned
		t.planned++
		heap.Push(&t.agenda, a)
	}
}

// outage is from when until when nothing answers, two zero times when nothing fails.
func (t *Town) outage() (from, to time.Time) {
	if t.Outage == 0 {
		return from, to
	}
	day := t.From + calendar.Day(t.Outage-1)
	return day.At(0, 0), (day + 1).At(0, 0)
}

// down reports whether everything is down now.
func (t *Town) down() bool {
	from, to := t.outage()
	now := t.Clock.Now()
	return !now.Before(from) && now.Before(to)
}

// advance moves the clock on, playing what is due at its own instant.
func (t *Town) advance(to time.Time) error {
	from, until := t.outage()
	for at := t.Clock.Now(); at.Before(to); {
		next := to
		if !t.down() {
			due, err := t.Jobs.Next(t.ctx, at)
			if err != nil {
				return err
			}
			next = earlier(to, later(due, at.Add(time.Second)))
		}
		restart := at.Before(until) && !next.Before(until)
		if restart {
			next = until
		}
		at = next
		t.Clock.set(at)
		if restart {
			jobs, err := t.Restart(t.ctx)
			if err != nil {
				return fmt.Errorf("start again: %w", err)
			}
			t.Jobs = jobs
		}
		if !from.IsZero() && t.down() {
			continue
		}
		if err := t.tick(); err != nil {
			return err
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// tick does what is due, lets the platform report what became of it, and has people
// find what arrived.
func (t *Town) tick() error {
	if err := t.Jobs.Tick(t.ctx, t.Clock.Now()); err != nil {
		return err
	}
	if _, err := t.Phones.Finish(t.ctx); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	t.mu.Lock()
	arrived := t.pushed
	t.pushed = nil
	t.mu.Unlock()
	slices.SortStableFunc(arrived, func(a, b fake.Push) int { // many are sent at once
		return cmp.Or(strings.Compare(a.To, b.To), strings.Compare(words(a), words(b)))
	})
	for _, p := range arrived {
		if who := t.holders[p.To]; who != nil && who.blocks && p.Channel == fake.TemplateSend {
			continue
		}
		t.notices(p.To, words(p))
	}
	return nil
}

// words are what somebody reads of a push.
func words(p fake.Push) string {
	if p.Text != "" {
		return p.Text
	}
	return p.Data["thing1"] + "\n" + p.Data["thing3"]
}
