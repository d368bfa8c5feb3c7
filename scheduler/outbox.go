package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

const (
	page = 100
	// doubtful is how long a template message may be sent again with the same
	// client_msg_id: the platform drops the second for 10 minutes.
	doubtful = 9 * time.Minute
	maxTries = 8
	// spell is how long one Push may go on by the instant it was given: what is
	// left waits for the next, which asks anew what hour it is. With the time of
	// one call it is less than what doubtful leaves of the 10 minutes.
	spell = 30 * time.Second
	// stopped is how long nothing is sent after the platform wanted a person.
	stopped = 30 * time.Minute
)

// Push sends what is due at now. What cannot be read or kept does not stop the
// others; the error tells how many there were, and the first. Where the platform
// wants a person, all else waits with the one that met it.
func (s *Scheduler) Push(ctx context.Context, now time.Time) error {
	began := time.Now() // not what hour it is: how long this takes
	for now.Unix() >= s.paused.Load() {
		var due []storage.Delivery
		err := s.Store.View(ctx, func(tx *storage.Tx) (err error) {
			due, err = tx.DueDeliveries(now, page)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		failed := 0
		for _, d := range due {
			if e := s.send(ctx, d.ID, now); e != nil {
				if failed++; err == nil {
					err = e
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if time.Since(began) > spell || now.Unix() < s.paused.Load() {
				break
			}
		}
		if failed > 0 {
			return fmt.Errorf("%d of %d deliveries not sent: %w", failed, len(due), err)
		}
		if time.Since(began) > spell {
			return nil
		}
	}
	return nil
}

// send claims one delivery, sends it, and settles it: three steps, so that a
// crash between them is seen and never doubles a template message.
func (s *Scheduler) send(ctx context.Context, id string, now time.Time) error {
	var d storage.Delivery
	var p storage.Plan
	claimed := false
	err := s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
		claimed = false
		if d, err = tx.Delivery(id); err != nil || d.State != storage.Booked {
			return err
		}
		if d, p, err = s.claim(tx, d, now); err != nil {
			return err
		}
		claimed = d.State == storage.Claimed
		return tx.PutDelivery(d)
	})
	if err != nil || !claimed {
		return err
	}
	// What is claimed is sent even when the program is told to stop: cut off, its
	// outcome would be unknown. The sender has a limit of its own.
	r := s.deliver(context.WithoutCancel(ctx), d, p)
	if r.Outcome == storage.Stopped {
		s.paused.Store(now.Add(stopped).Unix())
	}
	return s.Store.Update(context.WithoutCancel(ctx), func(tx *storage.Tx) error {
		current, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		if current.State != storage.Claimed || current.Claimed != d.Claimed {
			return nil // settled otherwise meanwhile
		}
		return tx.PutDelivery(settled(current, r, now))
	})
}

// deliver hands a delivery to the sender; after a panic nobody knows whether it
// went out.
func (s *Scheduler) deliver(ctx context.Context, d storage.Delivery, p storage.Plan) (r storage.Result) {
	defer func() {
		if v := recover(); v != nil {
			s.Log.Error("panic in sending", "kind", d.Kind, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			r = storage.Result{Outcome: storage.Unsure}
		}
	}()
	return s.Sender.Send(ctx, d, p)
}

// claim decides what becomes of a booked delivery whose hour has come.
func (s *Scheduler) claim(tx *storage.Tx, d storage.Delivery, now time.Time) (storage.Delivery, storage.Plan, error) {
	drop := func(reason string) (storage.Delivery, storage.Plan, error) {
		d.State, d.Reason, d.Settled = storage.Dropped, reason, now.Unix()
		return d, storage.Plan{}, nil
	}
	stale := now.Unix() > d.Latest
	switch {
	case d.Doubt != 0 && (stale || now.Unix() >= d.Doubt+int64(doubtful/time.Second)):
		return without(d, now), storage.Plan{}, nil
	case stale:
		return drop("stale")
	}
	reason, err := tx.Stands(d)
	if err != nil {
		return d, storage.Plan{}, fmt.Errorf("check %s: %w", d.Kind, err)
	}
	if reason != "" {
		return drop(reason)
	}
	at, ok := s.Holidays.Decent(hours(d), now)
	switch {
	case !ok || at.Unix() > d.Latest:
		return drop("stale")
	case at.After(now) && d.Doubt != 0: // its key is over by then
		return without(d, now), storage.Plan{}, nil
	case at.After(now):
		d.Next = at.Unix()
		return d, storage.Plan{}, nil
	}
	p, err := s.Sender.Plan(tx, d, now)
	switch {
	case err != nil:
		return d, p, fmt.Errorf("plan %s: %w", d.Kind, err)
	case p.Drop != "":
		return drop(p.Drop)
	case p.Channel == "":
		return without(d, now), p, nil
	}
	if d, err = tx.StartOffer(d, now); err != nil {
		return d, p, fmt.Errorf("start offer: %w", err)
	}
	d.State, d.Channel, d.Claimed, d.Tries = storage.Claimed, p.Channel, now.Unix(), d.Tries+1
	return d, p, nil
}

// hours are those at which a delivery may be sent of its own accord.
func hours(d storage.Delivery) []calendar.Window {
	if strings.HasPrefix(d.To, "c:") {
		return calendar.StaffHours
	}
	if w := storage.AppointmentHours(d.Kind); w != nil {
		return w
	}
	if strings.HasSuffix(d.Kind, "_eve") {
		return calendar.EveHours
	}
	return calendar.ResidentHours
}

// settled is what becomes of a delivery after it was sent with a result.
func settled(d storage.Delivery, r storage.Result, now time.Time) storage.Delivery {
	d.MsgID, d.Code = r.MsgID, r.Code
	switch r.Outcome {
	case storage.Accepted:
		d.State, d.Settled, d.Doubt = storage.Sent, now.Unix(), 0
	case storage.Refused:
		if d.Doubt != 0 { // an earlier try may have been taken
			d = without(d, now)
			break
		}
		d.State, d.Settled, d.Reason = storage.Dropped, now.Unix(), fmt.Sprintf("refused: %d", r.Code)
	case storage.NoChannel:
		if d.Channel == "customer" { // the window was not what we thought: try the template at once
			d.State, d.Next = storage.Booked, now.Unix()
			break
		}
		d = without(d, now)
	case storage.Unsure:
		d.Doubt = cmp.Or(d.Doubt, d.Claimed)
		if d.Channel == "customer" { // no key against doubling: better not again
			d = without(d, now)
			break
		}
		d = later(d, backoff(d.Tries), now)
	case storage.Retry:
		wait := backoff(d.Tries)
		if r.Code == tooFast {
			wait += time.Minute
		}
		d = later(d, wait, now)
	case storage.Stopped:
		d.Tries-- // waiting for a person is no failure of the message
		d = later(d, stopped, now)
	}
	return d
}

// tooFast is the platform's limit a minute.
const tooFast = 45011

// later books a delivery again, unless its time or its key would be over by
// then.
func later(d storage.Delivery, wait time.Duration, now time.Time) storage.Delivery {
	at := now.Add(wait).Unix()
	if at > d.Latest || d.Tries >= maxTries || d.Doubt != 0 && at >= d.Doubt+int64(doubtful/time.Second) {
		return without(d, now)
	}
	d.State, d.Next = storage.Booked, at
	return d
}

// without is a delivery that no channel takes now: it heads the person's next
// reply, unless it may have arrived already.
func without(d storage.Delivery, now time.Time) storage.Delivery {
	if d.State = storage.Owed; d.Doubt != 0 {
		d.State, d.Settled = storage.Unknown, now.Unix()
	}
	return d
}

// backoff grows with the tries and is spread, so that a platform that comes
// back is not met by everybody at once.
func backoff(tries int) time.Duration {
	d := time.Second << min(2*tries, 10)
	return d + time.Duration(rand.Int64N(int64(d)))
}

// recoverClaims looks at what was being sent when the program stopped or could
// not write the outcome down: a template message younger than 9 minutes is sent
// again under the same key, all else stays unknown.
func (s *Scheduler) recoverClaims(ctx context.Context, now time.Time) error {
	for {
		var open []storage.Delivery
		read := func(tx *storage.Tx) (err error) {
			open, err = tx.ClaimedDeliveries(page)
			return err
		}
		if err := s.Store.View(ctx, read); err != nil || len(open) == 0 {
			return err
		}
		err := s.Store.Update(ctx, func(tx *storage.Tx) error {
			if err := read(tx); err != nil {
				return err
			}
			for _, d := range open {
				if err := tx.PutDelivery(unfinished(d, now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// unfinished is what becomes of a claim without an outcome.
func unfinished(d storage.Delivery, now time.Time) storage.Delivery {
	d.Doubt = cmp.Or(d.Doubt, d.Claimed)
	if d.Channel != "template" || now.Unix() < d.Claimed { // no key, or a clock that went back
		return without(d, now)
	}
	return later(d, 0, now)
}
