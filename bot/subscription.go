package bot

import (
	"context"
	"slices"
	"strconv"

	"xintiexin/bot/wechat"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// subscribed takes what the platform says about subscription notices: what somebody
// answered on the page or in WeChat's own list, and how a notice fared. The events
// alone are counted, never what the page's script hears: each is signed, says whose
// WeChat it was, and comes once however often it is delivered.
func (b *Bot) subscribed(ctx context.Context, m wechat.Message) {
	err := b.Store.Update(ctx, func(tx *record.Tx) error {
		_, again, err := dialogstate.LoadReceipt(tx, m.At, m.Key())
		if again || err != nil {
			return err
		}
		for _, s := range m.Subscriptions {
			if err := b.subscription(tx, m, s); err != nil {
				return err
			}
		}
		return dialogstate.PutReceipt(tx, m.At, m.Key(), "")
	})
	if err != nil {
		b.Log.Error("answer about notices not kept", "event", m.Event, "err", private(err, m.From))
	}
}

// subscription keeps one line of such an event; one of a template without a name is
// passed over.
func (b *Bot) subscription(tx *record.Tx, m wechat.Message, s wechat.Subscription) error {
	switch {
	case s.TemplateID == "":
		return nil
	case m.Event == "subscribe_msg_sent_event":
		status := "delivered"
		if s.ErrorCode != 0 {
			status = "failed"
		}
		b.Metrics.reported(status)
		_, err := outbox.ReportNotice(tx, m.From, s.TemplateID, s.ErrorCode == 0, "platform: notice "+strconv.Itoa(s.ErrorCode), b.Now())
		return err
	case s.Accepted():
		return outbox.AcceptNotice(tx, m.From, s.TemplateID)
	case s.Refused():
		return outbox.RefuseNotice(tx, m.From, s.TemplateID, slices.ContainsFunc(m.Subscriptions, wechat.Subscription.Accepted), b.Now())
	}
	return nil
}
