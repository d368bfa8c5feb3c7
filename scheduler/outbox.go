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

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
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
	var d outbox.Delivery
	var p outbox.Route
	claimed := false
	err = s.Store.Update(ctx, func(tx *record.Tx) (err error) {
		claimed = false
		d, err = outbox.Load(tx, id)
		if errors.Is(err, record.ErrNotFound) { // forgotten meanwhile
			return nil
		}
		if err != nil || d.State != outbox.Booked || d.At() > now.Unix() {
			return err
		}
		if d, p, err = s.claim(tx, d, now); err != nil {
			return err
		}
		claimed = d.State == outbox.Claimed
		return outbox.Put(tx, d)
	})
	if err != nil || !claimed {
		return false, err
	}
	// What is claimed is sent even when the program is told to stop: cut off, its
	// outcome would be unknown.
	ctx = context.WithoutCancel(ctx)
	r := s.deliver(ctx, d, p)
	return true, s.Store.Update(ctx, func(tx *record.Tx) error { return settle(tx, d, p, r, now) })
}

// settle keeps what became of a claim, and of what went along with it.
func settle(tx *record.Tx, d outbox.Delivery, p outbox.Route, r outbox.Result, now time.Time) error {
	current, err := outbox.Load(tx, d.ID)
	switch {
	case errors.Is(err, record.ErrNotFound):
		return nil
	case err != nil:
		return err
	case current.State != outbox.Claimed || current.Claimed != d.Claimed:
		return nil // settled otherwise meanwhile
	}
	current = settled(current, r, now)
	if current, err = deliverykinds.ChargeQuota(tx, current, p, r, now); err != nil {
		return err
	}
	if mannerOf(current) != awaited && (arrived(current) || current.State == outbox.Unknown || current.Doubt != 0) {
		if err := outbox.PutTold(tx, current.To, calendar.DayOf(now)); err != nil {
			return err
		}
	}
	for _, o := range p.With {
		one, err := outbox.Load(tx, o.ID)
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if one.State != outbox.Claimed || one.In != d.ID {
			continue
		}
		if err := outbox.Put(tx, carried(one, current, now)); err != nil {
			return err
		}
	}
	return outbox.Put(tx, current)
}

// carried is what becomes of a delivery that went along with another: its words were
// in that one's text; a card has no room for them, and only says that there are more.
func carried(d, in outbox.Delivery, now time.Time) outbox.Delivery {
	switch {
	case !arrived(in) && in.State != outbox.Unknown:
		d.State, d.In, d.Channel, d.Next = outbox.Booked, "", "", now.Add(time.Minute).Unix()
	case in.Channel == "customer":
		d.State, d.Settled = in.State, now.Unix()
	default:
		d.State = outbox.Deferred
	}
	return d
}

// arrived reports whether the platform took a delivery.
func arrived(d outbox.Delivery) bool {
	return d.State == outbox.Sent || d.State == outbox.Delivered
}

// deliver hands a delivery to the sender; after a panic nobody knows whether it
// went out.
func (s *Scheduler) deliver(ctx context.Context, d outbox.Delivery, p outbox.Route) (r outbox.Result) {
	defer func() {
		if v := recover(); v != nil {
			s.Log.Error("panic in sending", "kind", d.Kind, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			r = outbox.Result{Outcome: outbox.Unsure}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.Sender.Send(ctx, d, p)
}

// claim decides what becomes of a booked delivery whose hour has come.
func (s *Scheduler) claim(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Delivery, outbox.Route, error) {
	drop := func(reason string) (outbox.Delivery, outbox.Route, error) {
		d.State, d.Reason, d.Settled = outbox.Dropped, reason, now.Unix()
		return d, outbox.Route{}, nil
	}
	stale := now.Unix() > d.Latest
	switch {
	case d.Doubt != 0 && (stale || now.Unix() >= d.Doubt+int64(doubtful/time.Second)):
		return without(d, now), outbox.Route{}, nil
	}
	reason, err := deliverykinds.StillValid(tx, d)
	if err != nil {
		return d, outbox.Route{}, fmt.Errorf("check %s: %w", d.Kind, err)
	}
	if reason != "" {
		return drop(reason)
	}
	if late, ok := bookings.CatchUp(d, now); stale && ok {
		return late, outbox.Route{}, nil
	} else if stale {
		return drop("stale")
	}
	at, ok := s.Holidays.Decent(hours(d), now)
	switch {
	case !ok || at.Unix() > d.Latest:
		if late, ok := bookings.CatchUp(d, now); ok {
			return late, outbox.Route{}, nil
		}
		return drop("stale")
	case at.After(now) && d.Doubt != 0: // its key is over by then
		return without(d, now), outbox.Route{}, nil
	case at.After(now):
		d.Next = spreadFrom(d, at).Unix()
		return d, outbox.Route{}, nil
	case now.Sub(time.Unix(d.At(), 0)) > overdue:
		if at = spreadFrom(d, now); at.After(now) {
			d.Next = at.Unix()
			return d, outbox.Route{}, nil
		}
	}
	t, err := s.turn(tx, d, now)
	switch {
	case err != nil:
		return d, outbox.Route{}, fmt.Errorf("digest: %w", err)
	case t.owe:
		return without(d, now), outbox.Route{}, nil
	case t.wait != 0:
		d.Next = t.wait
		return d, outbox.Route{}, nil
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
	if d, err = deliverykinds.Prepare(tx, d, now); err != nil {
		return d, p, fmt.Errorf("start offer: %w", err)
	}
	d.State, d.Channel, d.Claimed, d.Tries = outbox.Claimed, p.Channel, now.Unix(), d.Tries+1
	p.With, err = along(tx, d, t.with, now)
	return d, p, err
}

// turn asks the rule of one digest a day.
func (s *Scheduler) turn(tx *record.Tx, d outbox.Delivery, now time.Time) (turn, error) {
	if mannerOf(d) == awaited {
		return turn{}, nil
	}
	told, err := outbox.Told(tx, d.To)
	if err != nil {
		return turn{}, err
	}
	hers, err := outbox.BookedTo(tx, d.To, page)
	return turnOf(d, told, hers, now, func(o outbox.Delivery, at time.Time) (time.Time, bool) { return s.Holidays.Decent(hours(o), at) }), err
}

// along claims with a delivery those that go along with it, as far as they are
// still true.
func along(tx *record.Tx, d outbox.Delivery, with []outbox.Delivery, now time.Time) ([]outbox.Delivery, error) {
	var out []outbox.Delivery
	for _, o := range with {
		reason, err := deliverykinds.StillValid(tx, o)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Kind, err)
		}
		if o.State, o.In, o.Channel, o.Claimed = outbox.Claimed, d.ID, d.Channel, now.Unix(); reason != "" {
			o.State, o.Reason, o.Settled, o.In = outbox.Dropped, reason, now.Unix(), ""
		}
		if err := outbox.Put(tx, o); err != nil {
			return nil, err
		}
		if o.State == outbox.Claimed {
			out = append(out, o)
		}
	}
	return out, nil
}

// hours are those at which a delivery may be sent of its own accord.
func hours(d outbox.Delivery) []calendar.Window {
	if strings.HasPrefix(d.To, "c:") {
		return calendar.StaffHours
	}
	if w := bookings.AppointmentHours(d.Kind); w != nil {
		return w
	}
	if strings.HasSuffix(d.Kind, "_eve") && d.Facts["late"] == "" {
		return calendar.EveHours
	}
	return calendar.ResidentHours
}

// settled is what becomes of a delivery after it was sent with a result.
func settled(d outbox.Delivery, r outbox.Result, now time.Time) outbox.Delivery {
	d.MsgID, d.Code = r.MsgID, r.Code
	switch r.Outcome {
	case outbox.Accepted:
		d.State, d.Settled, d.Doubt = outbox.Sent, now.Unix(), 0
	case outbox.Refused:
		if d.Doubt != 0 { // an earlier try may have been taken
			d = without(d, now)
			break
		}
		d.State, d.Settled, d.Reason = outbox.Dropped, now.Unix(), fmt.Sprintf("refused: %d", r.Code)
	case outbox.NoChannel:
		if d.Channel != "template" { // window or consent was not what we thought: try the next channel at once
			d.State, d.Next, d.NoNotice = outbox.Booked, now.Unix(), d.NoNotice || d.Channel == "notice"
			break
		}
		d = without(d, now)
	case outbox.Unsure:
		d.Doubt = cmp.Or(d.Doubt, d.Claimed)
		if d.Channel != "template" { // no key against doubling: better not again
			d = without(d, now)
			break
		}
		d = later(d, backoff(d.Tries), now)
	case outbox.Retry:
		d = later(d, backoff(d.Tries), now)
	case outbox.Stopped:
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
func later(d outbox.Delivery, wait time.Duration, now time.Time) outbox.Delivery {
	if d.Tries >= maxTries {
		return without(d, now)
	}
	return until(d, now.Add(wait).Unix(), now)
}

// until books a delivery again for an hour (Unix seconds), unless its time or its
// key would be over by then; that of an evening has a second time in the morning.
func until(d outbox.Delivery, at int64, now time.Time) outbox.Delivery {
	if late, ok := bookings.CatchUp(d, now); ok && at > d.Latest {
		late.State = outbox.Booked
		return late
	}
	if at > d.Latest || d.Doubt != 0 && at >= d.Doubt+int64(doubtful/time.Second) {
		return without(d, now)
	}
	d.State, d.Next = outbox.Booked, at
	return d
}

// without is a delivery that no channel takes now: it heads the person's next
// reply, unless it may have arrived already.
func without(d outbox.Delivery, now time.Time) outbox.Delivery {
	if d.State = outbox.Deferred; d.Doubt != 0 {
		d.State, d.Settled = outbox.Unknown, now.Unix()
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
		var open []outbox.Delivery
		read := func(tx *record.Tx) (err error) {
			open, err = outbox.ClaimedDeliveries(tx, page)
			return err
		}
		if err := s.Store.View(ctx, read); err != nil || len(open) == 0 {
			return err
		}
		err := s.Store.Update(ctx, func(tx *record.Tx) error {
			if err := read(tx); err != nil {
				return err
			}
			for _, d := range open {
				if err := errors.Join(outbox.CountClaim(tx, d, now), outbox.Put(tx, unfinished(d, now))); err != nil {
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
func unfinished(d outbox.Delivery, now time.Time) outbox.Delivery {
	if d.In != "" && d.Channel != "customer" { // the card holds no word of it
		d.State = outbox.Deferred
		return d
	}
	d.Doubt = cmp.Or(d.Doubt, d.Claimed)
	if d.Channel != "template" || now.Unix() < d.Claimed { // no key, or a clock that went back
		return without(d, now)
	}
	return later(d, 0, now)
}
