package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

const noticePath = "/cgi-bin/message/subscribe/bizsend"

// subscribed is what the bot believes that somebody has accepted of SUB.
func (r *rig) accepted(openid string) (n int) {
	r.t.Helper()
	r.view(func(tx *record.Tx) error {
		s, err := outbox.LoadSubscription(tx, openid)
		n = s.Left["SUB"]
		return err
	})
	return n
}

func (r *rig) answers(openid string, yes bool, n int) {
	r.t.Helper()
	for range n {
		if _, err := r.driver.Subscribe(openid, map[string]bool{"SUB": yes}); err != nil {
			r.t.Fatal(err)
		}
		r.clock.add(time.Second)
	}
}

// TestNoticeOrder: a customer message first, then a notice where she accepted one,
// then the template; one accept is one message, and a no takes all of them back.
func TestNoticeOrder(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.withNotices()
	r.answers(wang, true, 2)
	if n := r.accepted(wang); n != 2 {
		t.Fatalf("accepted twice, counted %d", n)
	}
	r.says(wang, "帮助")
	for i, want := range []fake.Channel{fake.Custom, fake.Custom, fake.Custom, fake.Custom, fake.Custom, fake.Notice, fake.Notice, fake.TemplateSend} {
		d := r.owe(string(rune('a'+i)), "morning", "c:wangguiying", "")
		r.push()
		if p := r.last(); p.Channel != want || r.delivery(d).State != outbox.Sent {
			t.Fatalf("push %d went by %s, want %s; it is %s", i+1, p.Channel, want, r.delivery(d).State)
		}
	}
	if n, err := r.driver.Finish(t.Context()); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for _, cause := range []string{"f", "g", "h"} {
		if d := r.delivery(cause); d.State != outbox.Delivered {
			t.Errorf("%s by %s is %s after the report", cause, d.Channel, d.State)
		}
	}
	r.answers(wang, true, 3)
	r.answers(wang, false, 1)
	if n := r.accepted(wang); n != 0 {
		t.Errorf("she said no, and %d are counted", n)
	}
	r.answers(wang, true, 1)
	if _, err := r.driver.Decline(wang, "SUB"); err != nil || r.accepted(wang) != 0 {
		t.Errorf("switched off in WeChat's own list, and %d are counted (%v)", r.accepted(wang), err)
	}
}

// TestNoticeCountedOnce: an event that the platform delivers three times is counted
// once; two answers in one second are two.
func TestNoticeCountedOnce(t *testing.T) {
	r := newRig(t, nil)
	list := func(id string) string {
		return "<List><TemplateId>" + id + "</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>1</PopupScene></List>"
	}
	event := func(items string) {
		if _, err := r.driver.Event(wang, "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+items+"</SubscribeMsgPopupEvent>"); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		event(list("SUB") + list("OTHER"))
	}
	event(list("SUB"))
	if n := r.accepted(wang); n != 2 {
		t.Errorf("counted %d, want 2", n)
	}
	r.says(mengli, "帮助")
	r.answers(mengli, true, 1)
	if _, err := r.driver.Unfollow(mengli); err != nil || r.accepted(mengli) != 0 {
		t.Errorf("she left, and %d are kept (%v)", r.accepted(mengli), err)
	}
	r.answers(mengli, true, 1) // from the page that is still open
	if r.accepted(mengli) != 0 {
		t.Error("a WeChat that left is known again")
	}
}

// TestOneNoOfTwoIsNoWordAgainstAll: who accepts one template and not the other in the
// same answer has not said that she wants none, whichever stands last.
func TestOneNoOfTwoIsNoWordAgainstAll(t *testing.T) {
	r := newRig(t, nil)
	item := func(id, status string) string {
		return "<List><TemplateId>" + id + "</TemplateId><SubscribeStatusString>" + status + "</SubscribeStatusString><PopupScene>1</PopupScene></List>"
	}
	refused := func(items string) (at int64) {
		if _, err := r.driver.Event(wang, "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+items+"</SubscribeMsgPopupEvent>"); err != nil {
			t.Fatal(err)
		}
		r.clock.add(time.Second)
		r.view(func(tx *record.Tx) error {
			s, err := outbox.LoadSubscription(tx, wang)
			at = s.Refused
			return err
		})
		return at
	}
	if refused(item("SUB", "accept")+item("OTHER", "reject")) != 0 || refused(item("OTHER", "reject")+item("SUB", "accept")) != 0 {
		t.Error("she accepted one, and is asked for none any more")
	}
	if refused(item("SUB", "reject")+item("OTHER", "reject")) == 0 {
		t.Error("she wants none, and is asked again")
	}
}

// TestErrorsOfNotices: what each answer of the platform makes of a delivery that goes
// by a notice, and of what she accepted.
func TestErrorsOfNotices(t *testing.T) {
	for _, c := range []struct {
		name     string
		weather  []fake.Weather
		spent    bool // the platform knows of no consent
		state    outbox.DeliveryState
		channel  string
		tries    int // of notices
		accepted int // what the platform took, by whatever channel
		left     int // of two that she accepted
	}{
		{"all is well", nil, false, outbox.Sent, "notice", 1, 1, 1},
		{"no consent left (43101): none is counted, the template takes it", nil, true, outbox.Sent, "template", 1, 1, 0},
		{"the data does not fit (47003): the template, and nothing is used up", []fake.Weather{code(47003)}, false, outbox.Sent, "template", 1, 1, 2},
		{"the wrong family (40037): the template", []fake.Weather{code(40037)}, false, outbox.Sent, "template", 1, 1, 2},
		{"not enabled (48001): the template", []fake.Weather{code(48001)}, false, outbox.Sent, "template", 1, 1, 2},
		{"the day's limit (45009): the template", []fake.Weather{code(45009)}, false, outbox.Sent, "template", 1, 1, 2},
		{"busy (-1): a notice again", []fake.Weather{code(-1)}, false, outbox.Sent, "notice", 2, 1, 1},
		{"taken, and the answer lost: unknown, never again", []fake.Weather{{Lost: true}}, false, outbox.Unknown, "notice", 1, 1, 1},
		{"the front door broken: unknown, never again", []fake.Weather{{HTTP: 502}}, false, outbox.Unknown, "notice", 1, 0, 1},
		{"she left (43004): it waits, nothing is used up", []fake.Weather{code(43004)}, false, outbox.Deferred, "", 1, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.withTemplates()
			r.withNotices()
			r.answers(wang, true, 2)
			if c.spent {
				r.platform.Consent(wang, "SUB", -2)
			}
			r.platform.Fail(noticePath, c.weather...)
			d := r.owe("d", "morning", "c:wangguiying", "")
			for range 4 {
				r.push()
				r.clock.add(time.Minute)
			}
			got := r.delivery(d)
			if got.State != c.state || c.channel != "" && got.Channel != c.channel {
				t.Errorf("%s by %q, want %s by %q (code %d, %s)", got.State, got.Channel, c.state, c.channel, got.Code, got.Reason)
			}
			if n := r.platform.Calls()[noticePath]; n != c.tries {
				t.Errorf("%d notices tried, want %d", n, c.tries)
			}
			if n := len(r.platform.Pushes()); n != c.accepted {
				t.Errorf("the platform took %d, want %d", n, c.accepted)
			}
			if n := r.accepted(wang); n != c.left {
				t.Errorf("%d are left to her, want %d", n, c.left)
			}
		})
	}
}

// TestUnsureTemplateStaysTemplate: what may have gone out by template is not sent
// once more as a notice that she accepts meanwhile.
func TestUnsureTemplateStaysTemplate(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.withNotices()
	r.platform.Fail(templatePath, fake.Weather{Lost: true})
	d := r.owe("d", "morning", "c:wangguiying", "")
	r.push()
	r.answers(wang, true, 1)
	r.clock.add(time.Minute)
	r.push()
	if got := r.delivery(d); got.State != outbox.Sent || got.Channel != "template" || len(r.platform.Pushes()) != 1 {
		t.Errorf("%s by %s, %d taken", got.State, got.Channel, len(r.platform.Pushes()))
	}
}

// TestNoticeReportedEarly: a report that comes before the sending is written down,
// good or bad, is not lost; nor is one on a notice of which nobody knew.
func TestNoticeReportedEarly(t *testing.T) {
	r := newRig(t, nil)
	r.withNotices()
	r.answers(wang, true, 3)
	finish := func() {
		if _, err := r.driver.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.jobs.Sender = quick{r.bot, finish}
	good := r.owe("good", "morning", "c:wangguiying", "")
	r.push()
	if d := r.delivery(good); d.State != outbox.Delivered {
		t.Errorf("reported delivered: %s", d.State)
	}
	r.jobs.Sender = r.bot
	r.platform.Fail(noticePath, fake.Weather{Lost: true})
	lost := r.owe("lost", "morning", "c:wangguiying", "")
	r.push()
	if d := r.delivery(lost); d.State != outbox.Unknown {
		t.Fatalf("nobody knows of it, and it is %s", d.State)
	}
	finish()
	if d := r.delivery(lost); d.State != outbox.Delivered {
		t.Errorf("the platform says that it arrived, and it is %s", d.State)
	}
	bad := r.owe("bad", "morning", "c:wangguiying", "")
	r.push()
	fields := "<SubscribeMsgSentEvent><List><TemplateId>SUB</TemplateId><MsgID>7</MsgID><ErrorCode>3</ErrorCode><ErrorStatus>failed</ErrorStatus></List></SubscribeMsgSentEvent>"
	if _, err := r.driver.Event(wang, "subscribe_msg_sent_event", fields); err != nil {
		t.Fatal(err)
	}
	if d := r.delivery(bad); d.State != outbox.Dropped || !strings.HasPrefix(d.Reason, "platform: ") {
		t.Errorf("reported lost: %s %q", d.State, d.Reason)
	}
}

// TestCountsAndStopsOutliveTheProgram: how many messages the platform took today, and
// what it forbade, stand in the store with the sending itself.
func TestCountsAndStopsOutliveTheProgram(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.withNotices()
	r.answers(wang, true, 1)
	for _, cause := range []string{"a", "b", "c"} {
		r.owe(cause, "morning", "c:wangguiying", "")
		r.push()
	}
	r.view(func(tx *record.Tx) error {
		s, err := outbox.LoadSendings(tx)
		if s.Count["template"] != 2 || s.Count["notice"] != 1 || s.Day != today {
			err = errors.Join(err, errors.New("counted otherwise"))
			t.Errorf("counted %v on %s", s.Count, s.Day)
		}
		return err
	})
	r.platform.Fail(templatePath, code(45009))
	d := r.owe("d", "morning", "c:wangguiying", "")
	r.push()
	calls := r.platform.Calls()[templatePath]

	r.reborn()
	e := r.owe("e", "morning", "c:wangguiying", "")
	r.push()
	if n := r.platform.Calls()[templatePath]; n != calls {
		t.Errorf("after the restart the platform was asked %d times more", n-calls)
	}
	r.clock.add(24 * time.Hour)
	r.push()
	r.clock.add(time.Minute)
	r.push()
	if a, b := r.delivery(d), r.delivery(e); a.State != outbox.Sent || b.State != outbox.Sent {
		t.Errorf("the day after: %s and %s", a.State, b.State)
	}
	r.reborn()
	r.view(func(tx *record.Tx) error {
		all, err := ops.Stops(tx)
		if len(all) != 0 {
			t.Errorf("what works again is kept as forbidden: %v", all)
		}
		return err
	})
}
