package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"xintiexin/storage"
)

const (
	page = 100
	// doubtful is how long a template message may be sent again with the same
	// client_msg_id: the platform drops the second for 10 minutes.
	doubtful = 9 * time.Minute
	maxTries = 8
)

// Push sends what is due at now.
func (s *Scheduler) Push(ctx context.Context, now time.Time) error {
	for {
		var due []storage.Delivery
		err := s.Store.View(ctx, func(tx *storage.Tx) (err error) {
			due, err = tx.DueDeliveries(now, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, d := range due {
			if err := s.send(ctx, d.ID, now); err != nil {
				return err
			}
		}
		if len(due) < page || ctx.Err() != nil {
			return ctx.Err()
		}
	}
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
	r := s.Sender.Send(ctx, d, p)
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

// claim decides what becomes of a booked delivery whose hour has come.
func (s *Scheduler) claim(tx *storage.Tx, d storage.Delivery, now time.Time) (storage.Delivery, storage.Plan, error) {
	drop := func(reason string) (storage.Delivery, storage.Plan, error) {
		d.State, d.Reason, d.Settled = storage.Dropped, reason, now.Unix()
		return d, storage.Plan{}, nil
	}
	if now.Unix() > d.Latest {
		return drop("stale")
	}
	reason, err := stands(tx, d)
	if err != nil {
		return d, storage.Plan{}, fmt.Errorf("check %s: %w", d.Kind, err)
	}
	if reason != "" {
		return drop(reason)
	}
	p, err := s.Sender.Plan(tx, d, now)
	switch {
	case err != nil:
		return d, p, fmt.Errorf("plan %s: %w", d.Kind, err)
	case p.Drop != "":
		return drop(p.Drop)
	case p.Channel == "":
		d.State = storage.Owed
		return d, p, nil
	}
	d.State, d.Channel, d.Claimed, d.Tries = storage.Claimed, p.Channel, now.Unix(), d.Tries+1
	return d, p, nil
}

// settled is what becomes of a delivery after it was sent with a result.
func settled(d storage.Delivery, r storage.Result, now time.Time) storage.Delivery {
	d.MsgID, d.Code = r.MsgID, r.Code
	switch r.Outcome {
	case storage.Accepted:
		d.State, d.Settled = storage.Sent, now.Unix()
	case storage.Refused:
		d.State, d.Settled, d.Reason = storage.Dropped, now.Unix(), fmt.Sprintf("refused: %d", r.Code)
	case storage.NoChannel:
		if d.Channel == "customer" { // the window was not what we thought: try the template at once
			d.State, d.Next = storage.Booked, now.Unix()
			break
		}
		d.State = storage.Owed
	case storage.Unsure:
		if d.Channel == "customer" { // no key against doubling: better not again
			d.State, d.Settled = storage.Unknown, now.Unix()
			break
		}
		d = later(d, 5*time.Second, now)
	case storage.Retry:
		d = later(d, backoff(d.Tries), now)
	case storage.Stopped:
		d = later(d, 30*time.Minute, now)
		d.Tries-- // waiting for a person is no failure of the message
	}
	return d
}

// later books a delivery again; what cannot be sent in its time heads the next
// reply.
func later(d storage.Delivery, wait time.Duration, now time.Time) storage.Delivery {
	at := now.Add(wait)
	if at.Unix() > d.Latest || d.Tries >= maxTries {
		d.State = storage.Owed
		return d
	}
	d.State, d.Next = storage.Booked, at.Unix()
	return d
}

// backoff grows with the tries and is spread, so that a platform that comes
// back is not met by everybody at once.
func backoff(tries int) time.Duration {
	d := time.Second << min(2*tries, 10)
	return d + time.Duration(rand.Int64N(int64(d)))
}

// recover looks at what was being sent when the program stopped: a template
// message younger than 9 minutes is sent again under the same key, all else
// stays unknown.
func (s *Scheduler) recover(ctx context.Context, now time.Time) error {
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *storage.Tx) error {
			open, err := tx.ClaimedDeliveries(page)
			if err != nil {
				return err
			}
			n = len(open)
			for _, d := range open {
				if age := now.Sub(time.Unix(d.Claimed, 0)); d.Channel == "template" && age >= 0 && age < doubtful {
					d.State, d.Next = storage.Booked, now.Unix()
				} else {
					d.State, d.Settled = storage.Unknown, now.Unix()
				}
				if err := tx.PutDelivery(d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < page {
			return err
		}
	}
}
