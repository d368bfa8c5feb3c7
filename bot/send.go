package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Plan chooses the channel of a delivery, inside the transaction that claims
// it: a customer message while her window is open and has one left, which it
// takes; else a subscription notice where she accepted one, which it takes too;
// else a template message, if one is set up for the kind. A channel that the platform
// stopped is passed over, and waited for where there is no other. After a try of
// unknown outcome it is the template again and no other: only that has a key.
func (b *Bot) Plan(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Route, error) {
	openid, drop, err := receiver(tx, d)
	if err != nil || drop != "" {
		return outbox.Route{Drop: drop}, err
	}
	p := outbox.Route{OpenID: openid}
	if b.Client == nil || openid == "" {
		return p, nil
	}
	s, err := dialogstate.Load(tx, openid)
	if err != nil || s.Muted {
		return p, err
	}
	var wait time.Time // for what is stopped, of the channels that would do
	if s.Left > 0 && s.Window > now.Add(10*time.Second).Unix() && d.Tries == 0 {
		if at, stopped := b.stops.until(now, scopes("customer", "")[1:]); !stopped {
			s.Left--
			p.Channel = "customer"
			return p, dialogstate.Put(tx, openid, s)
		} else if at.Unix() < s.Window {
			wait = at
		}
	}
	if d.Doubt == 0 && !d.NoNotice {
		at, err := b.planNotice(tx, d, &p, now)
		if err != nil || p.Channel != "" {
			return p, err
		}
		if !at.IsZero() && (wait.IsZero() || at.Before(wait)) {
			wait = at
		}
	}
	t, err := townconfig.LoadTemplates(tx)
	if err != nil {
		return p, err
	}
	p.Template, _ = t.For(d.Kind)
	off := false
	if p.Template.ID != "" {
		if off, err = outbox.TemplateOff(tx, openid, p.Template.ID, now); err != nil {
			return p, err
		}
	}
	if p.Template.ID != "" && !off {
		p.Channel = "template"
	} else if !wait.IsZero() {
		p.Until = wait.Unix()
	}
	return p, nil
}

// planNotice takes one of the subscription notices that she accepted of the template
// of a kind; the plan has no channel where there is none. Where she accepted one and
// the platform stopped them it returns until when, and takes none.
func (b *Bot) planNotice(tx *record.Tx, d outbox.Delivery, p *outbox.Route, now time.Time) (wait time.Time, err error) {
	all, err := outbox.SubscriptionTemplates(tx)
	if err != nil {
		return wait, err
	}
	t, ok := all.For(d.Kind)
	if !ok {
		return wait, nil
	}
	if at, stopped := b.stops.until(now, scopes("notice", t.ID)[1:]); stopped {
		s, err := outbox.LoadSubscription(tx, p.OpenID)
		if s.Left[t.ID] > 0 {
			wait = at
		}
		return wait, err
	}
	taken, err := outbox.TakeNotice(tx, p.OpenID, t.ID, d.ID)
	if taken {
		p.Channel, p.Template = "notice", t
	}
	return wait, err
}

// receiver returns the WeChat that a delivery goes to ("" when there is none
// now), or why it goes nowhere any more.
func receiver(tx *record.Tx, d outbox.Delivery) (openid, drop string, err error) {
	kind, id, _ := strings.Cut(d.To, ":")
	if kind == "c" {
		c, err := person.LoadStaff(tx, id)
		if errors.Is(err, record.ErrNotFound) || err == nil && c.Left {
			return "", "nobody", nil
		}
		return c.OpenID, "", err
	}
	if kind == "w" { // who asked without a name: whoever holds the phone, unless all behind it unsubscribed
		silent, err := unsubscribed(tx, id)
		if silent {
			drop = "unsubscribed"
		}
		return id, drop, err
	}
	r, err := person.LoadResident(tx, id)
	if errors.Is(err, record.ErrNotFound) {
		return "", "nobody", nil
	}
	if err != nil {
		return "", "", err
	}
	if r.NoPush {
		return "", "unsubscribed", nil
	}
	openid, err = person.WeChatOf(tx, id)
	return openid, "", err
}

// unsubscribed reports whether a WeChat stands for residents of whom none wants to
// be written to.
func unsubscribed(tx *record.Tx, openid string) (bool, error) {
	who, err := person.Identify(tx, openid)
	if err != nil || len(who.Residents) == 0 {
		return false, err
	}
	for _, id := range who.Residents {
		r, err := person.LoadResident(tx, id)
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil || !r.NoPush {
			return false, err
		}
	}
	return true, nil
}

// Send gives a claimed delivery to the platform. The text is made now, for the
// channel that was planned. It may be called by many at once.
func (b *Bot) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	in := scopes(p.Channel, p.Template.ID)
	if at, ok := b.stops.enter(b.Now(), in); !ok {
		if _, own := b.stops.until(b.Now(), in[1:]); own && p.Channel != "template" {
			at = b.Now().Add(time.Second) // stopped since it was planned: planned anew, for another channel
		}
		return outbox.Result{Outcome: outbox.Stopped, Until: at.Unix()}
	}
	works := false
	defer func() {
		if b.stops.leave(b.Now(), in, works) {
			b.keepStops(ctx)
		}
	}()
	words := together(d, p.With)
	var id int64
	var err error
	switch p.Channel {
	case "customer":
		err = b.Client.SendText(ctx, p.OpenID, words.Text)
	case "template":
		id, err = b.sendTemplate(ctx, d, p, words)
	case "notice":
		err = b.sendNotice(ctx, p, words)
	default:
		return outbox.Result{Outcome: outbox.NoChannel}
	}
	r := b.result(ctx, d, p, err)
	r.MsgID = id
	works = r.Outcome == outbox.Accepted || r.Outcome == outbox.NoChannel
	switch {
	case wechat.ClassOf(err) == wechat.DropUser:
		b.mark(ctx, p.OpenID, func(s *dialogstate.Session) { s.Muted = true })
	case r.Code == windowClosed || r.Code == quotaUsed:
		b.mark(ctx, p.OpenID, func(s *dialogstate.Session) { s.Left = 0 })
	case r.Code == noConsent && p.Channel == "template":
		b.switchOff(ctx, p.OpenID, p.Template.ID)
	}
	return r
}

// together is the words of a delivery with those that go along: one text, in which
// no line stands twice; a card says, where there is room, how many more there are.
func together(d outbox.Delivery, with []outbox.Delivery) dialog.Words {
	words := flows.Notice(d)
	if len(with) == 0 {
		return words
	}
	var lines []string
	for _, one := range append([]outbox.Delivery{d}, with...) {
		for line := range strings.SplitSeq(flows.Notice(one).Text, "\n") {
			lines = append(slices.DeleteFunc(lines, func(l string) bool { return l == line }), line)
		}
	}
	words.Text = strings.Join(lines, "\n")
	if more := fmt.Sprintf("%s，另有%d件", words.Fields["event"], len(with)); utf8.RuneCountInString(more) <= 20 {
		words.Fields = maps.Clone(words.Fields)
		words.Fields["event"] = more
	}
	return words
}

// filled is the data of a card. A value that the platform would refuse is not cut
// until it fits: the sentence would be broken. It is a mistake of ours, and nothing
// is sent.
func filled(t townconfig.NoticeTemplate, words dialog.Words) (map[string]string, error) {
	data := make(map[string]string, len(t.Keys))
	for field, key := range t.Keys {
		data[key] = cmp.Or(words.Fields[field], "请看消息") // an empty value is refused as a whole
		if err := wechat.ValidTemplateValue(key, data[key]); err != nil {
			return nil, &unfit{err}
		}
	}
	return data, nil
}

func (b *Bot) sendTemplate(ctx context.Context, d outbox.Delivery, p outbox.Route, words dialog.Words) (int64, error) {
	data, err := filled(p.Template, words)
	if err != nil {
		return 0, err
	}
	return b.Client.SendTemplate(ctx, wechat.Template{To: p.OpenID, TemplateID: p.Template.ID, ClientMsgID: d.ClientMsgID(), Data: data})
}

func (b *Bot) sendNotice(ctx context.Context, p outbox.Route, words dialog.Words) error {
	data, err := filled(p.Template, words)
	if err != nil {
		return err
	}
	return b.Client.SendNotice(ctx, p.OpenID, p.Template.ID, data)
}

// unfit is a notice that does not fit the template mapped to its kind.
type unfit struct{ error }

func (u *unfit) Unwrap() error { return u.error }

// Codes of the platform that are met here by name.
const (
	tooFast      = 45011 // the limit a minute
	noConsent    = 43101 // she accepted no notice, or none any more
	windowClosed = 45015
	quotaUsed    = 45047
)

// result is what an answer of the API means to the outbox. What the platform wants
// a person or time for stops the calls that it is about, and no others.
func (b *Bot) result(ctx context.Context, d outbox.Delivery, p outbox.Route, err error) outbox.Result {
	r := outbox.Result{Outcome: outcome(err)}
	if err == nil {
		return r
	}
	var e *wechat.Error
	if errors.As(err, &e) {
		r.Code, r.Spent = e.Code, e.Code == noConsent
		b.noteAddress(e)
	}
	reach, until, stop := stopFor(err, p, b.Now())
	if !stop {
		b.report(d, p, err)
		return r
	}
	news, changed := b.stops.set(reach, until, r.Code)
	if changed {
		b.keepStops(ctx)
	}
	if news && r.Code != tooFast {
		b.Log.Error("ALARM the platform stops us", "kind", d.Kind, "channel", p.Channel, "all", reach == "",
			"until", until.In(calendar.Zone).Format(time.DateTime), "err", private(err, p.OpenID))
	}
	if r.Outcome, r.Until = outbox.Stopped, until.Unix(); p.Channel != "template" && reach != "" {
		r.Outcome = outbox.NoChannel // by the next channel, at once
	}
	return r
}

// forPerson is how long is waited for a person to mend something before it is
// tried again.
const forPerson = 30 * time.Minute

// noteAddress keeps the address that the platform refuses, for the alarm.
func (b *Bot) noteAddress(e *wechat.Error) {
	if at := e.Address(); at != "" {
		b.refused.Store(at)
	}
}

// stopFor is how far an error of a call reaches, and until when nothing in its
// reach is sent; stop is false for an error of this message alone. Quotas a day
// begin anew at midnight in UTC+8.
func stopFor(err error, p outbox.Route, now time.Time) (reach scope, until time.Time, stop bool) {
	until = now.Add(forPerson)
	var e *wechat.Error
	if !errors.As(err, &e) { // of a server in between, or none of the platform's
		return "", until, wechat.ClassOf(err) == wechat.Alarm
	}
	r := e.Rule()
	switch r.Span {
	case wechat.NoTime:
		return "", until, false
	case wechat.Minute:
		until = now.Add(time.Minute)
	case wechat.Day:
		until = (calendar.DayOf(now) + 1).At(0, 0)
	}
	switch r.Reach {
	case wechat.ThisTemplate:
		reach = p.Channel + " " + p.Template.ID
	case wechat.ThisCall:
		reach = p.Channel
	case wechat.TokenCalls: // without one nothing can be sent; it is asked for again before long
		until = now.Add(10 * time.Minute)
	}
	return reach, until, true
}

// outcome is what an error of the API means to its message, where it stops
// nothing. One that the platform did not say is ours, and nothing was sent.
func outcome(err error) outbox.Outcome {
	switch wechat.ClassOf(err) {
	case wechat.OK, wechat.Ignore:
		return outbox.Accepted
	case wechat.Backoff, wechat.RefreshToken:
		return outbox.Retry
	case wechat.Later, wechat.DropTemplate, wechat.DropUser, wechat.DropMessage:
		return outbox.NoChannel
	case wechat.Unknown:
		return outbox.Unsure
	case wechat.Alarm:
		return outbox.Stopped
	}
	var e *wechat.Error
	var u *unfit
	switch {
	case errors.As(err, &e), errors.As(err, &u):
		return outbox.NoChannel // not like this, by no further try; the next answer has room for all of it
	}
	return outbox.Retry
}

// report logs an error of one message. A mistake of ours, and a code that is not
// in our table, want somebody to look: each is said once.
func (b *Bot) report(d outbox.Delivery, p outbox.Route, err error) {
	var u *unfit
	var e *wechat.Error
	word, about := "", ""
	switch {
	case errors.As(err, &u):
		word, about = "ALARM a notice does not fit its template: not sent", d.Kind+" "+p.Template.ID
	case errors.As(err, &e) && e.Rule().Alarm == "text":
		word, about = "ALARM the platform refuses the words of a text", d.Kind
	case errors.As(err, &e) && !e.Known():
		word, about = "ALARM the platform says what is not in our table", strconv.Itoa(e.Code)
	default:
		b.Log.Warn("not sent", "kind", d.Kind, "channel", p.Channel, "class", wechat.ClassOf(err).String(), "err", private(err, p.OpenID))
		return
	}
	if _, said := b.alarms.LoadOrStore(word+about, true); !said {
		b.Log.Error(word, "kind", d.Kind, "channel", p.Channel, "template", p.Template.ID, "err", private(err, p.OpenID))
	}
}

// mark notes in a chat what the platform said of its WeChat.
func (b *Bot) mark(ctx context.Context, openid string, what func(*dialogstate.Session)) {
	err := b.Store.Update(ctx, func(tx *record.Tx) error {
		s, err := dialogstate.Load(tx, openid)
		if err != nil {
			return err
		}
		what(&s)
		return dialogstate.Put(tx, openid, s)
	})
	if err != nil {
		b.Log.Error("mark not kept", "err", private(err, openid))
	}
}

// switchOff notes that a WeChat takes no messages of a template: the user switched
// it off, of which no event tells.
func (b *Bot) switchOff(ctx context.Context, openid, template string) {
	err := b.Store.Update(ctx, func(tx *record.Tx) error { return outbox.SwitchTemplateOff(tx, openid, template, b.Now()) })
	if err != nil {
		b.Log.Error("template switched off not kept", "err", private(err, openid))
	}
}

// mute notes that nothing arrives at a WeChat until it writes again.
func mute(tx *record.Tx, openid string) error {
	s, err := dialogstate.Load(tx, openid)
	if err != nil {
		return err
	}
	s.Muted = true
	return dialogstate.Put(tx, openid, s)
}
