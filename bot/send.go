package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/storage"
)

// Plan chooses the channel of a delivery, inside the transaction that claims
// it: a customer message while her window is open and has one left, which it
// takes; else a template message, if one is set up for the kind.
func (b *Bot) Plan(tx *storage.Tx, d storage.Delivery, now time.Time) (storage.Plan, error) {
	openid, drop, err := receiver(tx, d)
	if err != nil || drop != "" {
		return storage.Plan{Drop: drop}, err
	}
	p := storage.Plan{OpenID: openid}
	if b.Client == nil || openid == "" {
		return p, nil
	}
	s, err := tx.Session(openid)
	if err != nil || s.Muted {
		return p, err
	}
	if s.Left > 0 && s.Window > now.Add(10*time.Second).Unix() && d.Tries == 0 {
		s.Left--
		p.Channel = "customer"
		return p, tx.PutSession(openid, s)
	}
	t, err := tx.Templates()
	if err != nil {
		return p, err
	}
	if p.Template, _ = t.For(d.Kind); p.Template.ID != "" {
		p.Channel = "template"
	}
	return p, nil
}

// receiver returns the WeChat that a delivery goes to ("" when there is none
// now), or why it goes nowhere any more.
func receiver(tx *storage.Tx, d storage.Delivery) (openid, drop string, err error) {
	kind, id, _ := strings.Cut(d.To, ":")
	if kind == "c" {
		c, err := tx.Cadre(id)
		if errors.Is(err, storage.ErrNotFound) || err == nil && c.Left {
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
	r, err := tx.Resident(id)
	if errors.Is(err, storage.ErrNotFound) {
		return "", "nobody", nil
	}
	if err != nil {
		return "", "", err
	}
	if r.NoPush {
		return "", "unsubscribed", nil
	}
	openid, err = tx.WeChatOf(id)
	return openid, "", err
}

// unsubscribed reports whether a WeChat stands for residents of whom none wants to
// be written to.
func unsubscribed(tx *storage.Tx, openid string) (bool, error) {
	who, err := tx.Who(openid)
	if err != nil || len(who.Residents) == 0 {
		return false, err
	}
	for _, id := range who.Residents {
		r, err := tx.Resident(id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil || !r.NoPush {
			return false, err
		}
	}
	return true, nil
}

// Send gives a claimed delivery to the platform. The text is made now, for the
// channel that was planned.
func (b *Bot) Send(ctx context.Context, d storage.Delivery, p storage.Plan) storage.Result {
	words := flows.Notice(d)
	var id int64
	var err error
	switch p.Channel {
	case "customer":
		err = b.Client.SendText(ctx, p.OpenID, words.Text)
	case "template":
		id, err = b.sendTemplate(ctx, d, p, words)
	default:
		return storage.Result{Outcome: storage.NoChannel}
	}
	r := storage.Result{Outcome: outcome(err), MsgID: id}
	var e *wechat.Error
	if errors.As(err, &e) {
		r.Code = e.Code
	}
	if err != nil {
		b.report(d, p, err, r.Code)
	} else {
		b.mended(p.Channel)
	}
	if wechat.ClassOf(err) == wechat.DropUser {
		b.mute(ctx, p.OpenID)
	}
	return r
}

func (b *Bot) sendTemplate(ctx context.Context, d storage.Delivery, p storage.Plan, words flows.Words) (int64, error) {
	t := p.Template
	data := make(map[string]string, len(t.Keys))
	for field, key := range t.Keys {
		if data[key] = wechat.Fit(key, words.Fields[field]); data[key] == "" {
			data[key] = wechat.Fit(key, "请看消息") // an empty value is refused as a whole
		}
	}
	return b.Client.SendTemplate(ctx, wechat.Template{To: p.OpenID, TemplateID: t.ID, ClientMsgID: d.ClientMsgID(), Data: data})
}

// outcome is what an error of the API means to the outbox. One that the platform
// did not say is ours, and nothing was sent.
func outcome(err error) storage.Outcome {
	switch wechat.ClassOf(err) {
	case wechat.OK, wechat.Ignore:
		return storage.Accepted
	case wechat.Backoff, wechat.RefreshToken:
		return storage.Retry
	case wechat.Later, wechat.DropTemplate, wechat.DropUser:
		return storage.NoChannel
	case wechat.Unknown:
		return storage.Unsure
	case wechat.Alarm:
		return storage.Stopped
	}
	var e *wechat.Error
	if !errors.As(err, &e) {
		return storage.Retry
	}
	return storage.Refused
}

// report logs what the platform said; what a person must mend is an alarm, once.
func (b *Bot) report(d storage.Delivery, p storage.Plan, err error, code int) {
	if wechat.ClassOf(err) == wechat.Alarm {
		if _, said := b.alarms.LoadOrStore(alarm{p.Channel, code}, true); said {
			return
		}
		b.Log.Error("ALARM the platform wants a person", "kind", d.Kind, "channel", p.Channel, "err", private(err, p.OpenID))
		return
	}
	b.Log.Warn("not sent", "kind", d.Kind, "channel", p.Channel, "class", wechat.ClassOf(err).String(), "err", private(err, p.OpenID))
}

// alarm is what was said once: which channel, and the platform's code.
type alarm struct {
	channel string
	code    int
}

// mended forgets the alarms of a channel that works again: the next is a new one.
func (b *Bot) mended(channel string) {
	b.alarms.Range(func(k, _ any) bool {
		if k.(alarm).channel == channel {
			b.alarms.Delete(k)
		}
		return true
	})
}

// mute notes that nothing arrives at a WeChat until it writes again.
func (b *Bot) mute(ctx context.Context, openid string) {
	err := b.Store.Update(ctx, func(tx *storage.Tx) error { return mute(tx, openid) })
	if err != nil {
		b.Log.Error("mark not kept", "err", private(err, openid))
	}
}

func mute(tx *storage.Tx, openid string) error {
	s, err := tx.Session(openid)
	if err != nil {
		return err
	}
	s.Muted = true
	return tx.PutSession(openid, s)
}
