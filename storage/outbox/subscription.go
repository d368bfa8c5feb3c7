package outbox

import (
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Subscription is what a WeChat has accepted of the platform's subscription
// notices: one message for each time that somebody tapped, on a page of ours, that
// one may come. It goes when she unfollows.
type Subscription struct {
	Left    map[string]int   `json:",omitempty"` // by template: how many were accepted and not sent
	Out     []Outgoing       `json:",omitempty"` // what is being sent or not reported on yet, in order
	Offered map[string]int64 `json:",omitempty"` // by template, Unix seconds: she was last given the page
	Off     map[string]int64 `json:",omitempty"` // by template of template messages, Unix seconds: it is switched off
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

// LoadSubscription returns what a WeChat has accepted.
func LoadSubscription(tx *record.Tx, openid string) (Subscription, error) {
	return record.Optional(record.Get[Subscription](tx, record.Key("subscription", openid)))
}

func putSubscription(tx *record.Tx, openid string, s Subscription) error {
	return tx.Put(record.Key("subscription", openid), s)
}

// changeSubscription changes what a WeChat has accepted, where anything is kept of
// it: who unfollowed meanwhile is not made known again.
func changeSubscription(tx *record.Tx, openid string, change func(*Subscription)) error {
	s, err := record.Get[Subscription](tx, record.Key("subscription", openid))
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	change(&s)
	return putSubscription(tx, openid, s)
}

// AcceptNotice counts one notice of a template that she accepted. A WeChat that
// never wrote to us is not kept.
func AcceptNotice(tx *record.Tx, openid, template string) error {
	known, err := knownTemplate(tx, openid)
	if err != nil || !known {
		return err
	}
	s, err := LoadSubscription(tx, openid)
	if err != nil {
		return err
	}
	if s.Left == nil {
		s.Left = map[string]int{}
	}
	s.Left[template]++
	s.Refused, s.Off = 0, nil // notices are wanted again
	return putSubscription(tx, openid, s)
}

// offTime is how long a template message is not tried again that was switched off:
// the platform does not tell when it is switched on.
const offTime = 30 * 24 * time.Hour

// SwitchTemplateOff keeps that a WeChat takes no messages of a template.
func SwitchTemplateOff(tx *record.Tx, openid, template string, now time.Time) error {
	known, err := knownTemplate(tx, openid)
	if err != nil || !known {
		return err
	}
	s, err := LoadSubscription(tx, openid)
	if err != nil {
		return err
	}
	if s.Off == nil {
		s.Off = map[string]int64{}
	}
	s.Off[template] = now.Unix()
	return putSubscription(tx, openid, s)
}

// TemplateOff reports whether a WeChat takes no messages of a template now.
func TemplateOff(tx *record.Tx, openid, template string, now time.Time) (bool, error) {
	s, err := LoadSubscription(tx, openid)
	at, off := s.Off[template]
	return off && now.Sub(time.Unix(at, 0)) < offTime, err
}

// RefuseNotice keeps that she wants no notice of a template: what she had accepted
// of it is void. Where she accepted another in the same answer, some is true, and it
// is no word against all.
func RefuseNotice(tx *record.Tx, openid, template string, some bool, now time.Time) error {
	known, err := knownTemplate(tx, openid)
	if err != nil || !known {
		return err
	}
	s, err := LoadSubscription(tx, openid)
	if err != nil {
		return err
	}
	if delete(s.Left, template); !some {
		s.Refused = now.Unix()
	}
	return putSubscription(tx, openid, s)
}

// knownTemplate reports whether a WeChat follows us, as far as we heard.
func knownTemplate(tx *record.Tx, openid string) (bool, error) {
	for _, kind := range []string{"link", "session", "subscription"} {
		if is, err := tx.Has(record.Key(kind, openid)); err != nil || is {
			return is, err
		}
	}
	return false, nil
}

// OfferNotice keeps that she was given the page on which notices of some templates
// are accepted.
func OfferNotice(tx *record.Tx, openid string, templates []string, now time.Time) error {
	s, err := LoadSubscription(tx, openid)
	if err != nil {
		return err
	}
	if s.Offered == nil {
		s.Offered = map[string]int64{}
	}
	for _, t := range templates {
		s.Offered[t] = now.Unix()
	}
	return putSubscription(tx, openid, s)
}

// TakeNotice takes one notice of a template for a delivery, if she has accepted one.
func TakeNotice(tx *record.Tx, openid, template, delivery string) (bool, error) {
	s, err := LoadSubscription(tx, openid)
	if err != nil || s.Left[template] == 0 {
		return false, err
	}
	if s.Left[template]--; s.Left[template] == 0 {
		delete(s.Left, template)
	}
	s.Out = append(s.Out, Outgoing{Template: template, Delivery: delivery})
	s.Out = s.Out[max(0, len(s.Out)-mostOut):]
	return true, putSubscription(tx, openid, s)
}

// ChargeQuota keeps the books of one sending, in the transaction that settles its
// delivery: how many the channel took on this day, and for a subscription notice
// what is left of it. It returns the delivery, settled by the platform's report where
// that was quicker.
func ChargeQuota(tx *record.Tx, d Delivery, p Route, r Result, now time.Time) (Delivery, error) {
	if r.Outcome == Accepted || r.Outcome == Unsure {
		if err := countSending(tx, p.Channel, 1, now); err != nil {
			return d, err
		}
	}
	if p.Channel == "customer" && r.Outcome == Stopped {
		return d, giveBack(tx, p.OpenID)
	}
	if p.Channel != "notice" {
		return d, nil
	}
	err := changeSubscription(tx, p.OpenID, func(s *Subscription) {
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
func giveBack(tx *record.Tx, openid string) error {
	s, err := record.Get[dialogstate.Session](tx, record.Key("session", openid))
	if errors.Is(err, record.ErrNotFound) { // she unfollowed meanwhile
		return nil
	}
	if err != nil || s.Left >= mostLeft {
		return err
	}
	s.Left++
	return dialogstate.Put(tx, openid, s)
}

// ReportNotice settles the notice of a template that was sent first to a WeChat and
// not reported on yet; where all that were surely taken have their report, the first
// of which nobody knew whether it was. It reports whether there was one.
func ReportNotice(tx *record.Tx, openid, template string, delivered bool, reason string, now time.Time) (bool, error) {
	s, err := LoadSubscription(tx, openid)
	if err != nil {
		return false, err
	}
	i, d, err := reportedOn(tx, s, template)
	if err != nil || i < 0 {
		return false, err
	}
	r := report{Delivered: delivered, Reason: reason, At: now.Unix()}
	if d.State == Claimed {
		s.Out[i].Report = &r
		return true, putSubscription(tx, openid, s)
	}
	s.Out = slices.Delete(s.Out, i, i+1)
	if d.Channel == "notice" && (d.State == Sent || d.State == Unknown) {
		if err := Put(tx, r.settle(d)); err != nil {
			return false, err
		}
	}
	return true, putSubscription(tx, openid, s)
}

// reportedOn finds what a report on a template is about; i is -1 for nothing.
func reportedOn(tx *record.Tx, s Subscription, template string) (i int, d Delivery, err error) {
	i = -1
	for n, o := range s.Out {
		if o.Template != template || o.Report != nil {
			continue
		}
		one, err := record.Optional(Load(tx, o.Delivery))
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
func countSending(tx *record.Tx, channel string, n int, now time.Time) error {
	c, err := LoadSendings(tx)
	if err != nil {
		return err
	}
	if today := calendar.DayOf(now); c.Day != today {
		c = Sendings{Day: today, Count: map[string]int{}}
	}
	c.Count[channel] += n
	return PutSendings(tx, c)
}

// CountClaim counts a claim without an outcome, after a crash: it may have been
// taken.
func CountClaim(tx *record.Tx, d Delivery, now time.Time) error {
	if d.In != "" {
		return nil
	}
	return countSending(tx, d.Channel, 1, now)
}

// PutSubscriptionTemplates keeps which template of subscription notices carries a
// kind.
func PutSubscriptionTemplates(tx *record.Tx, t townconfig.Templates) error {
	return tx.Put(record.Key("site", "subscriptions"), t)
}

// SubscriptionTemplates returns the mapping of the site data in force where it has
// one, else what PutSubscriptionTemplates kept, empty when none is set.
func SubscriptionTemplates(tx *record.Tx) (townconfig.Templates, error) {
	s, err := townconfig.Current(tx)
	switch {
	case err != nil:
		return nil, err
	case len(s.Subscriptions) > 0:
		return s.Subscriptions, nil
	}
	return record.Optional(record.Get[townconfig.Templates](tx, record.Key("site", "subscriptions")))
}
