package storage

import (
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// Subscription is what a WeChat has accepted of the platform's subscription
// notices: one message for each time that somebody tapped, on a page of ours, that
// one may come. It goes when she unfollows.
type Subscription struct {
	Left    map[string]int   `json:",omitempty"` // by template: how many were accepted and not sent
	Out     []Outgoing       `json:",omitempty"` // what is being sent or not reported on yet, in order
	Offered map[string]int64 `json:",omitempty"` // by template, Unix seconds: she was last given the page
	Refused int64            `json:",omitempty"` // Unix seconds: she last said that she wants none
}

// Outgoing is a notice from its claim until the platform's report on it, which
// names the template and no more that we know.
type Outgoing struct {
	Template, Delivery string
	Report             *report `json:",omitempty"` // it came before the outcome was written down
}

// mostOut is how many notices to one WeChat may wait for a report, which may never
// come.
const mostOut = 8

// Subscription returns what a WeChat has accepted.
func (tx *Tx) Subscription(openid string) (Subscription, error) {
	return optional(get[Subscription](tx, key("subscription", openid)))
}

func (tx *Tx) putSubscription(openid string, s Subscription) error {
	return tx.put(key("subscription", openid), s)
}

// changeSubscription changes what a WeChat has accepted, where anything is kept of
// it: who unfollowed meanwhile is not made known again.
func (tx *Tx) changeSubscription(openid string, change func(*Subscription)) error {
	s, err := get[Subscription](tx, key("subscription", openid))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	change(&s)
	return tx.putSubscription(openid, s)
}

// AcceptNotice counts one notice of a template that she accepted. A WeChat that
// never wrote to us is not kept.
func (tx *Tx) AcceptNotice(openid, template string) error {
	known, err := tx.known(openid)
	if err != nil || !known {
		return err
	}
	s, err := tx.Subscription(openid)
	if err != nil {
		return err
	}
	if s.Left == nil {
		s.Left = map[string]int{}
	}
	s.Left[template]++
	s.Refused = 0
	return tx.putSubscription(openid, s)
}

// RefuseNotice keeps that she wants no notice of a template: what she had accepted
// of it is void. Where she accepted another in the same answer, some is true, and it
// is no word against all.
func (tx *Tx) RefuseNotice(openid, template string, some bool, now time.Time) error {
	known, err := tx.known(openid)
	if err != nil || !known {
		return err
	}
	s, err := tx.Subscription(openid)
	if err != nil {
		return err
	}
	if delete(s.Left, template); !some {
		s.Refused = now.Unix()
	}
	return tx.putSubscription(openid, s)
}

// known reports whether a WeChat follows us, as far as we heard.
func (tx *Tx) known(openid string) (bool, error) {
	for _, kind := range []string{"link", "session", "subscription"} {
		if is, err := tx.has(key(kind, openid)); err != nil || is {
			return is, err
		}
	}
	return false, nil
}

// OfferNotice keeps that she was given the page on which notices of some templates
// are accepted.
func (tx *Tx) OfferNotice(openid string, templates []string, now time.Time) error {
	s, err := tx.Subscription(openid)
	if err != nil {
		return err
	}
	if s.Offered == nil {
		s.Offered = map[string]int64{}
	}
	for _, t := range templates {
		s.Offered[t] = now.Unix()
	}
	return tx.putSubscription(openid, s)
}

// TakeNotice takes one notice of a template for a delivery, if she has accepted one.
func (tx *Tx) TakeNotice(openid, template, delivery string) (bool, error) {
	s, err := tx.Subscription(openid)
	if err != nil || s.Left[template] == 0 {
		return false, err
	}
	if s.Left[template]--; s.Left[template] == 0 {
		delete(s.Left, template)
	}
	s.Out = append(s.Out, Outgoing{Template: template, Delivery: delivery})
	s.Out = s.Out[max(0, len(s.Out)-mostOut):]
	return true, tx.putSubscription(openid, s)
}

// account keeps the books of one sending, in the transaction that settles its
// delivery: how many the channel took on this day, and for a subscription notice
// what is left of it. It returns the delivery, settled by the platform's report where
// that was quicker.
func (tx *Tx) account(d Delivery, p Plan, r Result, now time.Time) (Delivery, error) {
	if r.Outcome == Accepted || r.Outcome == Unsure {
		if err := tx.countSending(p.Channel, 1, now); err != nil {
			return d, err
		}
	}
	if p.Channel == "customer" && r.Outcome == Stopped {
		return d, tx.giveBack(p.OpenID)
	}
	if p.Channel != "notice" {
		return d, nil
	}
	err := tx.changeSubscription(p.OpenID, func(s *Subscription) {
		i := slices.IndexFunc(s.Out, func(o Outgoing) bool { return o.Delivery == d.ID })
		switch {
		case r.Outcome == Unsure:
			return // nothing is given back, and a report may still come
		case r.Outcome == Accepted && i >= 0 && s.Out[i].Report == nil:
			return
		case r.Outcome == Accepted && i >= 0:
			d = s.Out[i].Report.settle(d)
		case r.Outcome == Accepted:
			return
		case r.Spent:
			delete(s.Left, p.Template.ID)
		default:
			if s.Left == nil {
				s.Left = map[string]int{}
			}
			s.Left[p.Template.ID]++
		}
		if i >= 0 {
			s.Out = slices.Delete(s.Out, i, i+1)
		}
	})
	return d, err
}

// mostLeft is how many customer messages the platform gives for one of hers.
const mostLeft = 5

// giveBack gives a customer message back that was counted and surely not sent.
func (tx *Tx) giveBack(openid string) error {
	s, err := get[Session](tx, key("session", openid))
	if errors.Is(err, ErrNotFound) { // she unfollowed meanwhile
		return nil
	}
	if err != nil || s.Left >= mostLeft {
		return err
	}
	s.Left++
	return tx.PutSession(openid, s)
}

// ReportNotice settles the notice of a template that was sent first to a WeChat and
// not reported on yet; where all that were surely taken have their report, the first
// of which nobody knew whether it was. It reports whether there was one.
func (tx *Tx) ReportNotice(openid, template string, delivered bool, reason string, now time.Time) (bool, error) {
	s, err := tx.Subscription(openid)
	if err != nil {
		return false, err
	}
	i, d, err := tx.reportedOn(s, template)
	if err != nil || i < 0 {
		return false, err
	}
	r := report{Delivered: delivered, Reason: reason, At: now.Unix()}
	if d.State == Claimed {
		s.Out[i].Report = &r
		return true, tx.putSubscription(openid, s)
	}
	s.Out = slices.Delete(s.Out, i, i+1)
	if d.Channel == "notice" && (d.State == Sent || d.State == Unknown) {
		if err := tx.PutDelivery(r.settle(d)); err != nil {
			return false, err
		}
	}
	return true, tx.putSubscription(openid, s)
}

// reportedOn finds what a report on a template is about; i is -1 for nothing.
func (tx *Tx) reportedOn(s Subscription, template string) (i int, d Delivery, err error) {
	i = -1
	for n, o := range s.Out {
		if o.Template != template || o.Report != nil {
			continue
		}
		one, err := optional(tx.Delivery(o.Delivery))
		if err != nil {
			return -1, d, err
		}
		switch {
		case one.State == Sent || one.State == Claimed:
			return n, one, nil
		case i < 0:
			i, d = n, one
		}
	}
	return i, d, nil
}

// countSending adds to what a channel took on the day of now.
func (tx *Tx) countSending(channel string, n int, now time.Time) error {
	c, err := tx.Sendings()
	if err != nil {
		return err
	}
	if today := calendar.DayOf(now); c.Day != today {
		c = Sendings{Day: today, Count: map[string]int{}}
	}
	c.Count[channel] += n
	return tx.PutSendings(c)
}

// CountClaim counts a claim without an outcome, after a crash: it may have been
// taken.
func (tx *Tx) CountClaim(d Delivery, now time.Time) error {
	if d.In != "" {
		return nil
	}
	return tx.countSending(d.Channel, 1, now)
}

// PutSubscriptionTemplates keeps which template of subscription notices carries a
// kind.
func (tx *Tx) PutSubscriptionTemplates(t Templates) error {
	return tx.put(key("site", "subscriptions"), t)
}

// SubscriptionTemplates returns the mapping of the site data in force where it has
// one, else what PutSubscriptionTemplates kept, empty when none is set.
func (tx *Tx) SubscriptionTemplates() (Templates, error) {
	s, err := tx.Site()
	switch {
	case err != nil:
		return nil, err
	case len(s.Subscriptions) > 0:
		return s.Subscriptions, nil
	}
	return optional(get[Templates](tx, key("site", "subscriptions")))
}
