package bot_test

import (
	"testing"
	"time"

	"xintiexin/storage/outbox"
)

// TestWhoAskedWithoutANameIsWrittenTo: a delivery to a WeChat reaches it as any
// other does; unless all behind it have unsubscribed, or nothing reaches it now and
// it heads the next answer.
func TestWhoAskedWithoutANameIsWrittenTo(t *testing.T) {
	r := newRig(t, nil)
	r.clock.add(48 * time.Hour) // no window is open
	owed := r.owe("n1", "note_answered", "w:"+mengli, "")
	r.push()
	if d := r.delivery(owed); d.State != outbox.Deferred {
		t.Errorf("without a channel: %s %s", d.State, d.Reason)
	}
	r.wants(mengli, "你好", "有回音了")
	if d := r.delivery(owed); d.State != outbox.Delivered || d.Channel != "reply" {
		t.Errorf("with her next answer: %s %s", d.State, d.Channel)
	}
	sent := r.owe("n2", "note_answered", "w:"+mengli, "")
	r.push()
	if d := r.delivery(sent); d.State != outbox.Sent && d.State != outbox.Delivered || d.Channel != "customer" {
		t.Errorf("in her window: %s %s %s", d.State, d.Channel, d.Reason)
	}
	r.says(mengli, "退订")
	stopped := r.owe("n3", "note_answered", "w:"+mengli, "")
	r.push()
	if d := r.delivery(stopped); d.State != outbox.Dropped || d.Reason != "unsubscribed" {
		t.Errorf("after 退订: %s %s", d.State, d.Reason)
	}
}
