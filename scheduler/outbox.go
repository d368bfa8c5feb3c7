package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

const (
	// doubtful is how long a template message may be sent again with the same
	// client_msg_id: the platform drops the second for 10 minutes.
	doubtful = 9 * time.Minute
	maxTries = 8
	// stopped is how long a delivery waits after the platform wanted a person,
	// where the sender names no other hour.
	stopped = 30 * time.Minute
)

// send claims one delivery, sends it, and settles it: three steps, so that a
// crash between them is seen and never doubles a template message. It reports
// whether the sender was asked to send.
func (s *Scheduler) send(ctx context.Context, id string, now time.Time) (called bool, err error) {
	var d storage.Delivery
	var p storage.Plan
	claimed := false
	err = s.Store.Update(ctx, func(tx *storage.Tx) (err error) {
		claimed = false
		d, err = tx.Delivery(id)
		if errors.Is(err, storage.ErrNotFound) { // forgotten meanwhile
			return nil
		}
		if err != nil || d.State != storage.Booked || d.At() > now.Unix() {
			return err
		}
		if d, p, err = s.claim(tx, d, now); err != nil {
			return err
		}
		claimed = d.State == storage.Claimed
		return tx.PutDelivery(d)
	})
	if err != nil || !claimed {
		return false, err
	}
	// What is claimed is sent even when the program is told to stop: cut off, its
	// outcome would be unknown.
	ctx = context.WithoutCancel(ctx)
	r := s.deliver(ctx, d, p)
	return true, s.Store.Update(ctx, func(tx *storage.Tx) error { return settle(tx, d, p, r, now) })
}

// settle keeps what became of a claim, and of what went along with it.
func settle(tx *storage.Tx, d storage.Delivery, p storage.Plan, r storage.Result, now time.Time) error {
	current, err := tx.Delivery(d.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil
	case err != nil:
		return err
	case current.State != storage.Claimed || current.Claimed != d.Claimed:
		return nil // settled otherwise meanwhile
	}
	current = settled(current, r, now)
	if current, err = tx.Account(current, p, r, now); err != nil {
		return err
	}
	if mannerOf(current) != awaited && (arrived(current) || current.State == storage.Unknown || current.Doubt != 0) {
		if err := tx.PutTold(current.To, calendar.DayOf(now)); err != nil {
			return err
		}
	}
	for _, o := range p.With {
		one, err := tx.Delivery(o.ID)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if one.State != storage.Claimed || one.In != d.ID {
			continue
		}
		if err := tx.PutDelivery(carried(one, current, now)); err != nil {
			return err
		}
	}
	return tx.PutDelivery(current)
}

// carried is what becomes of a delivery that went along with another: its words were
// in that one's text; a card has no room for them, and only says that there are more.
func carried(d, in storage.Delivery, now time.Time) storage.Delivery {
	switch {
	case !arrived(in) && in.State != storage.Unknown:
		d.State, d.In, d.Channel, d.Next = storage.Booked, "", "", now.Add(time.Minute).Unix()
	case in.Channel == "customer":
		d.State, d.Settled = in.State, now.Unix()
	default:
		d.State = storage.Owed
	}
	return d
}

// arrived reports whether the platform took a delivery.
func arrived(d storage.Delivery) bool {
	return d.State == storage.Sent || d.State == storage.Delivered
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
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
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
	}
	reason, err := tx.Stands(d)
	if err != nil {
		return d, storage.Plan{}, fmt.Errorf("check %s: %w", d.Kind, err)
	}
	if reason != "" {
		return drop(reason)
	}
	if late, ok := storage.CatchUp(d, now); stale && ok {
		return late, storage.Plan{}, nil
	} else if stale {
		return drop("stale")
	}
	at, ok := s.Holidays.Decent(hours(d), now)
	switch {
	case !ok || at.Unix() > d.Latest:
		if late, ok := storage.CatchUp(d, now); ok {
			return late, storage.Plan{}, nil
		}
		return drop("stale")
	case at.After(now) && d.Doubt != 0: // its key is over by then
		return without(d, now), storage.Plan{}, nil
	case at.After(now):
		d.Next = spreadFrom(d, at).Unix()
		return d, storage.Plan{}, nil
	case now.Sub(time.Unix(d.At(), 0)) > overdue:
		if at = spreadFrom(d, now); at.After(now) {
			d.Next = at.Unix()
			return d, storage.Plan{}, nil
		}
	}
	t, err := s.turn(tx, d, now)
	switch {
	case err != nil:
		return d, storage.Plan{}, fmt.Errorf("digest: %w", err)
	case t.owe:
		return without(d, now), storage.Plan{}, nil
	case t.wait != 0:
		d.Next = t.wait
		return d, storage.Plan{}, nil
	}
	p, err := s.Sender.Plan(tx, d, now)
	switch {
	case err != nil:
		return d, p, fmt.Errorf("plan %s: %w", d.Kind, err)
	case p.Drop != "":
		return drop(p.Drop)
	case p.Until > now.Unix():
		return until(d, p.Until, now), p, nil
	case p.Channel == "":
		return without(d, now), p, nil
	}
	if d, err = tx.Prepare(d, now); err != nil {
		return d, p, fmt.Errorf("start offer: %w", err)
	}
	d.State, d.Channel, d.Claimed, d.Tries = storage.Claimed, p.Channel, now.Unix(), d.Tries+1
	p.With, err = along(tx, d, t.with, now)
	return d, p, err
}

// turn asks the rule of one digest a day.
func (s *Scheduler) turn(tx *storage.Tx, d storage.Delivery, now time.Time) (turn, error) {
	if mannerOf(d) == awaited {
		return turn{}, nil
	}
	told, err := tx.Told(d.To)
	if err != nil {
		return turn{}, err
	}
	hers, err := tx.BookedTo(d.To, page)
	return turnOf(d, told, hers, now, func(o storage.Delivery, at time.Time) (time.Time, bool) { return s.Holidays.Decent(hours(o), at) }), err
}

// along claims with a delivery those that go along with it, as far as they are
// still true.
func along(tx *storage.Tx, d storage.Delivery, with []storage.Delivery, now time.Time) ([]storage.Delivery, error) {
	var out []storage.Delivery
	for _, o := range with {
		reason, err := tx.Stands(o)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Kind, err)
		}
		if o.State, o.In, o.Channel, o.Claimed = storage.Claimed, d.ID, d.Channel, now.Unix(); reason != "" {
			o.State, o.Reason, o.Settled, o.In = storage.Dropped, reason, now.Unix(), ""
		}
		if err := tx.PutDelivery(o); err != nil {
			return nil, err
		}
		if o.State == storage.Claimed {
			out = append(out, o)
		}
	}
	return out, nil
}

// hours are those at which a delivery may be sent of its own accord.
func hours(d storage.Delivery) []calendar.Window {
	if strings.HasPrefix(d.To, "c:") {
		return calendar.StaffHours
	}
	if w := storage.AppointmentHours(d.Kind); w != nil {
		return w
	}
	if strings.HasSuffix(d.Kind, "_eve") && d.Facts["late"] == "" {
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
		if d.Channel != "template" { // window or consent was not what we thought: try the next channel at once
			d.State, d.Next, d.NoNotice = storage.Booked, now.Unix(), d.NoNotice || d.Channel == "notice"
			break
		}
		d = without(d, now)
	case storage.Unsure:
		d.Doubt = cmp.Or(d.Doubt, d.Claimed)
		if d.Channel != "template" { // no key against doubling: better not again
			d = without(d, now)
			break
		}
		d = later(d, backoff(d.Tries), now)
	case storage.Retry:
		d = later(d, backoff(d.Tries), now)
	case storage.Stopped:
		d.Tries-- // waiting for a person is no failure of the message
		at := r.Until
		if at <= now.Unix() {
			at = now.Add(stopped).Unix()
		}
		d = until(d, at, now)
	}
	return d
}

// later books a delivery again, unless it was tried often enough.
func later(d storage.Delivery, wait time.Duration, now time.Time) storage.Delivery {
	if d.Tries >= maxTries {
		return without(d, now)
	}
	return until(d, now.Add(wait).Unix(), now)
}

// until books a delivery again for an hour (Unix seconds), unless its time or its
// key would be over by then; that of an evening has a second time in the morning.
func until(d storage.Delivery, at int64, now time.Time) storage.Delivery {
	if late, ok := storage.CatchUp(d, now); ok && at > d.Latest {
		late.State = storage.Booked
		return late
	}
	if at > d.Latest || d.Doubt != 0 && at >= d.Doubt+int64(doubtful/time.Second) {
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
				if err := errors.Join(tx.CountClaim(d, now), tx.PutDelivery(unfinished(d, now))); err != nil {
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
	if d.In != "" && d.Channel != "customer" { // the card holds no word of it
		d.State = storage.Owed
		return d
	}
	d.Doubt = cmp.Or(d.Doubt, d.Claimed)
	if d.Channel != "template" || now.Unix() < d.Claimed { // no key, or a clock that went back
		return without(d, now)
	}
	return later(d, 0, now)
}
