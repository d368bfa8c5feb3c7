package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"xintiexin/bot/wechat/fake"
)

// TestForwarded: behind another server's door only what is meant for this bot is
// answered, and the rest leaves nothing behind.
func TestForwarded(t *testing.T) {
	const stranger = "oStranger-0000000000000000001"
	r := newRig(t, nil)
	r.bot.Forwarded = true
	d := r.driver
	silent := func(name string, a fake.Answer, err error) {
		t.Helper()
		if err != nil || a.Body != "success" {
			t.Errorf("%s was answered %d %q, %v", name, a.Status, a.Text, err)
		}
	}
	before := r.digest()
	for _, who := range []string{stranger, mengli, wang} {
		a, err := d.Text(who, "水费怎么交啊交到哪里")
		silent("somebody else's question", a, err)
		a, err = d.Click(who, "VENDOR_MENU_7")
		silent("somebody else's key", a, err)
		a, err = d.Image(who)
		silent("a picture", a, err)
		a, err = d.Said(who, "水费怎么交")
		silent("a voice message", a, err)
		a, err = d.Scan(who, "vendor-scene")
		silent("somebody else's code", a, err)
		a, err = d.Follow(who, "")
		silent("a new follower", a, err)
		a, err = d.Raw(fmt.Sprintf("<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>%s</FromUserName><", who))
		silent("broken XML", a, err)
	}
	if r.digest() != before {
		t.Error("what was not meant for the bot left something behind")
	}
	r.wants(wang, "走访", "走访了谁")
	a, err := d.Image(wang)
	if err != nil || a.Text == "" {
		t.Errorf("a picture within a form: %q, %v", a.Text, err)
	}
	r.wants(wang, "高霞", "她怎么样")
	if a, err := d.Click(mengli, "约号"); err != nil || a.Text == "" {
		t.Errorf("a key of ours: %q, %v", a.Text, err)
	}
}

// TestForwardedOwes: what is owed waits for a message that is meant for the bot.
func TestForwardedOwes(t *testing.T) {
	r := newRig(t, nil)
	r.bot.Forwarded = true
	r.owe("d", "morning", "c:wangguiying", "")
	r.push()
	if text := r.says(wang, "水费怎么交啊交到哪里"); text != "" {
		t.Errorf("answered %q", text)
	}
	if text := r.says(wang, "帮助"); !strings.HasPrefix(text, "早上好") {
		t.Errorf("answered %q", text)
	}
}
