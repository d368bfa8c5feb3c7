package scheduler_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"xintiexin/scheduler"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// watching is a sender that sees how many are under way, in all and to one person.
// The first few wait until as many as together are under way.
type watching struct {
	scheduler.Sender
	together int

	mu    sync.Mutex
	now   map[string]int
	most  map[string]int
	at    int // under way, in all
	peak  int
	met   chan struct{} // closed when together are under way
	order []string
}

func newWatching(s scheduler.Sender, together int) *watching {
	return &watching{Sender: s, together: together, now: map[string]int{}, most: map[string]int{}, met: make(chan struct{})}
}

func (w *watching) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	w.mu.Lock()
	w.order = append(w.order, d.Cause)
	w.now[d.To]++
	w.at++
	w.most[d.To] = max(w.most[d.To], w.now[d.To])
	if w.peak < w.at {
		if w.peak = w.at; w.peak == w.together {
			close(w.met)
		}
	}
	w.mu.Unlock()
	select {
	case <-w.met:
	case <-ctx.Done():
	}
	r := w.Sender.Send(ctx, d, p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now[d.To]--
	w.at--
	return r
}

// TestManyAtOnce: what goes to different people goes out at once, what goes to one
// person one after the other; all of it, each once.
func TestManyAtOnce(t *testing.T) {
	r := outboxRig(t)
	const people, each = 12, 5
	r.crowd(people)
	r.update(func(tx *record.Tx) error {
		now := r.clock.Now()
		for i := range people * each {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: fmt.Sprint("d", i), Kind: "morning", To: fmt.Sprintf("c:many%d", i%people),
				Facts: map[string]string{"count": fmt.Sprint(i + 1)}, Earliest: now.Unix(), Latest: now.Add(time.Hour).Unix()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	w := newWatching(r.bot, people)
	r.jobs.Sender, r.jobs.Rate = w, -1
	r.tick(r.clock.Now())
	for to, n := range w.most {
		if n != 1 {
			t.Errorf("%d at once to %s", n, to)
		}
	}
	got := map[string]int{}
	for _, p := range r.got(people * each) {
		got[p.ClientMsgID]++
	}
	for i := range people * each {
		cause := fmt.Sprint("d", i)
		r.is(cause, outbox.Sent, "")
		if n := got[r.delivery(cause).ClientMsgID()]; n != 1 {
			t.Errorf("%s was taken %d times", cause, n)
		}
	}
}

// TestUrgentFirst: of what is due, what has waited longest begins, and of what is
// due at one hour the more urgent.
func TestUrgentFirst(t *testing.T) {
	r := outboxRig(t)
	r.crowd(30)
	now := r.clock.Now()
	r.update(func(tx *record.Tx) error {
		for i := range 30 {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: fmt.Sprint("d", i), Kind: "morning", To: fmt.Sprintf("c:many%d", i), Priority: 9 - i%10,
				Facts: map[string]string{"count": "2"}, Earliest: now.Add(-time.Duration(i/10) * time.Minute).Unix(), Latest: now.Add(time.Hour).Unix()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	w := newWatching(r.bot, 1)
	r.jobs.Sender, r.jobs.Rate = w, 20 // four at once
	r.tick(now)
	place := map[string]int{}
	for i, cause := range w.order {
		place[cause] = i
	}
	for i := range 30 { // tens and units: how long it waited, and how urgent it is
		if want, got := 10*(2-i/10)+9-i%10, place[fmt.Sprint("d", i)]; got < want-4 || got > want+4 {
			t.Errorf("d%d went as number %d, want about %d", i, got, want)
		}
	}
}

// TestStoppedInMidRun: a program that is told to stop lets all that is under way
// end and begins no other; Push returns after the last.
func TestStoppedInMidRun(t *testing.T) {
	r := outboxRig(t)
	const people = 40
	r.crowd(people)
	causes := r.crowdOwe("morning", people)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWatching(r.bot, 6)
	r.jobs.Sender, r.jobs.Rate = w, -1
	go func() {
		<-w.met
		cancel()
	}()
	if err := r.jobs.Push(ctx, r.clock.Now()); err == nil {
		t.Error("stopped without an error")
	}
	sent := 0
	for _, c := range causes {
		switch d := r.delivery(c); d.State {
		case outbox.Sent:
			sent++
		case outbox.Booked:
		default:
			t.Errorf("%s is %s", c, d.State)
		}
	}
	r.got(sent)
	r.jobs.Sender = r.bot
	r.tick(r.clock.Now())
	r.got(people)
}
