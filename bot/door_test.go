package bot_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/kv"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

func TestVerification(t *testing.T) {
	r := newRig(t, nil)
	for name, c := range map[string]struct {
		o    []fake.Option
		want bool
	}{
		"the platform tries the address out": {nil, true},
		"a wrong signature":                  {[]fake.Option{fake.Unsigned()}, false},
		"a signature of eleven minutes ago":  {[]fake.Option{fake.Stale(11 * time.Minute)}, false},
		"no signature":                       {[]fake.Option{fake.With("signature", "")}, false},
	} {
		if got, err := r.driver.Verify(c.o...); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestDoor: whoever is not the platform is turned away, what the platform says
// and nobody understands is taken, and each leaves nothing but a line in the log.
func TestDoor(t *testing.T) {
	r := newRig(t, nil)
	r.wants(wang, "帮助", "走访") // the clock is seen to be right
	d := r.driver
	text := func(o ...fake.Option) func() (fake.Answer, error) {
		return func() (fake.Answer, error) { return d.Text(wang, "帮助", o...) }
	}
	raw := func(body string, o ...fake.Option) func() (fake.Answer, error) {
		return func() (fake.Answer, error) { return d.Raw(body, o...) }
	}
	whole := "<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>" + wang + "</FromUserName><CreateTime>" + fmt.Sprint(morning.Unix()) + "</CreateTime><MsgType>%s</MsgType><MsgId>77</MsgId></xml>"
	for _, c := range []struct {
		name   string
		do     func() (fake.Answer, error)
		status int
		body   string // "" is not looked at
	}{
		{"a wrong signature", text(fake.Unsigned()), 403, ""},
		{"a request of eleven minutes ago", text(fake.Stale(11 * time.Minute)), 403, ""},
		{"a request of eleven minutes ahead", text(fake.Stale(-11 * time.Minute)), 403, ""},
		{"a time that is no number", text(fake.With("timestamp", "yesterday")), 403, ""},
		{"no msg_signature", text(fake.NoMsgSignature()), 403, ""},
		{"a wrong msg_signature", text(fake.With("msg_signature", strings.Repeat("0", 40))), 403, ""},
		{"clear text, where everything is to be encrypted", text(fake.As(fake.Plain)), 403, ""},
		{"clear text that says it is encrypted", text(fake.As(fake.Plain), fake.With("encrypt_type", "aes"), fake.With("msg_signature", strings.Repeat("0", 40))), 403, ""},
		{"encrypted, but the address does not say so", text(fake.With("encrypt_type", "")), 403, ""},
		{"the app id of another account", text(fake.OtherApp()), 403, ""},
		{"a body of 3 MB", text(fake.Oversized(3 << 20)), 200, "success"},
		{"XML that is none", raw("<xml><FromUserName>x"), 200, "success"},
		{"an empty message", raw(""), 200, "success"},
		{"no sender", raw("<xml><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>"), 200, "success"},
		{"an event not known", func() (fake.Answer, error) { return d.Event(wang, "some_new_event", "<New>1</New>") }, 200, "success"},
		{"another sender in the address", text(fake.With("openid", mengli)), 200, "success"},
		{"no kind", raw(fmt.Sprintf(whole, "")), 200, ""},
		{"a menu link opened", func() (fake.Answer, error) { return d.Event(wang, "VIEW", "<EventKey>https://a.example</EventKey>") }, 200, "success"},
		{"a sender who is no openid", func() (fake.Answer, error) { return d.Text("../etc/passwd", "帮助") }, 200, "success"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.digest()
			a, err := c.do()
			if err != nil || a.Status != c.status || c.body != "" && a.Body != c.body {
				t.Errorf("status %d, body %.80q, %v; want %d %q", a.Status, a.Body, err, c.status, c.body)
			}
			if l := r.log.lines(); len(l) != 1 {
				t.Errorf("logged %q, want one line", l)
			}
			if r.digest() != before {
				t.Error("it changed what is kept")
			}
		})
	}
	w := httptest.NewRecorder()
	r.bot.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/wechat?signature=x", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	r.log.lines()
	r.wants(wang, "走访", "走访了谁")
	if l := r.log.lines(); len(l) != 0 {
		t.Errorf("an ordinary message logged %q", l)
	}
}

// TestForgedSender: whatever somebody types, the sender is the one answered, and nothing
// happens to another: the platform does not escape what ends a text.
func TestForgedSender(t *testing.T) {
	const stranger = "oStranger-0000000000000000001"
	r := newRig(t, nil)
	list := r.says(wang, "今日")
	for _, mode := range []fake.Mode{fake.Safe, fake.Compatible} {
		for _, inside := range []string{
			"<FromUserName><![CDATA[" + wang + "]]></FromUserName>",
			"<FromUserName><![CDATA[" + wang + "]]></FromUserName><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[unsubscribe]]></Event>",
			"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[annual_renew]]></Event><ExpiredTime>1</ExpiredTime>",
			"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[qualification_verify_success]]></Event>",
		} {
			words := "x]]></Content>" + inside + "<Content><![CDATA[今日"
			a, err := r.driver.Text(stranger, words, fake.As(mode))
			if err != nil || a.Status != 200 || a.Text == "" || a.Text == list || strings.Contains(a.Text, "等您回话") {
				t.Errorf("%q was answered %d %q, %v", words, a.Status, a.Text, err)
			}
		}
	}
	r.wants(wang, "走访", "走访了谁")
	r.view(func(tx *record.Tx) error {
		alarms, err := ops.OpenAlarms(tx)
		if len(alarms) != 0 {
			t.Errorf("raised %+v", alarms)
		}
		return err
	})
}

// TestUnread: where the sender can be read, there is an answer; nothing is kept.
func TestUnread(t *testing.T) {
	r := newRig(t, nil)
	head := "<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>" + wang + "</FromUserName><CreateTime>" + fmt.Sprint(morning.Unix()) + "</CreateTime>"
	before := r.digest()
	for _, body := range []string{head + "<MsgType>text</MsgType><Content><![CDATA[走访 高霞", head + "<MsgType>text</MsgType><A><B></A></xml>", head + "<Content>走访</Content></xml>"} {
		a, err := r.driver.Raw(body)
		if err != nil || a.Text != bot.Unread {
			t.Errorf("%q was answered %d %q, %v", body, a.Status, a.Text, err)
		}
		r.log.one(t, "not as it should be")
	}
	if r.digest() != before {
		t.Error("something of it is kept")
	}
	for _, body := range []string{
		head + "<MsgType>text</MsgType><Content>走访</Content><MsgId>18446744073709551615</MsgId></xml>",
		strings.Replace(head, fmt.Sprint(morning.Unix()), fmt.Sprint(morning.UnixMilli()), 1) + "<MsgType>text</MsgType><Content>走访</Content></xml>",
		strings.Replace(head, "<CreateTime>"+fmt.Sprint(morning.Unix())+"</CreateTime>", "", 1) + "<MsgType>text</MsgType><Content>走访</Content></xml>",
		strings.Replace(head, "<ToUserName>gh_0123456789ab</ToUserName>", "", 1) + "<MsgType>text</MsgType><Content>走访</Content></xml>",
		"<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\"><!ENTITY b \"&a;&a;\">]>" + head + "<MsgType>text</MsgType><Content>走访</Content></xml>",
		head + "<MsgType>text</MsgType><Content>走访</Content></xml>" + strings.Repeat(" ", 1<<20),
	} {
		a, err := r.driver.Raw(body)
		if err != nil || !strings.Contains(a.Text, "走访了谁") {
			t.Errorf("%.300q was answered %d %q, %v", body, a.Status, a.Text, err)
		}
	}
}

// TestKinds: what cannot be read is met with a word, whatever kind it is.
func TestKinds(t *testing.T) {
	r := newRig(t, nil)
	for i, kind := range []string{"image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage", "hologram"} {
		a, err := r.driver.Raw(fmt.Sprintf("<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType><MsgId>%d</MsgId></xml>",
			wang, morning.Unix(), kind, 77+i))
		if err != nil || !strings.Contains(a.Text, "这里听不了语音、看不了图") {
			t.Errorf("%s was answered %d %q, %v", kind, a.Status, a.Text, err)
		}
	}
}

// TestHeard: what the platform wrote down of a voice message is shown, and nothing is
// done before it is sent as words, which a tap does.
func TestHeard(t *testing.T) {
	r := newRig(t, nil)
	who := r.find("高霞").ID
	n := r.visits(who)
	says := func(words string) string {
		t.Helper()
		a, err := r.driver.Said(wang, words)
		if err != nil {
			t.Fatal(err)
		}
		return a.Text
	}
	text := says("走访 高霞。")
	if !strings.HasPrefix(text, "听到：“走访 高霞”") || !strings.Contains(text, wechat.Tap("走访 高霞", "走访 高霞", 0)) || r.left(wang) != 5 {
		t.Errorf("answered %q, %d messages left", text, r.left(wang))
	}
	if a, err := r.driver.Tap(wang, "走访 高霞", "0"); err != nil || !strings.Contains(a.Text, "她怎么样") {
		t.Errorf("the tap: %q, %v", a.Text, err)
	}
	if text := says("都好"); !strings.HasPrefix(text, "听到：“都好”") {
		t.Errorf("within a form: %q", text)
	}
	r.wants(wang, "都好", "保存")
	if text := says("保存"); !strings.HasPrefix(text, "听到：“保存”") || r.visits(who) != n {
		t.Errorf("%q, %d visits kept", text, r.visits(who)-n)
	}
	for _, words := range []string{"", "。", strings.Repeat("很长的话", 20)} {
		if text := says(words); !strings.Contains(text, "这里听不了语音") {
			t.Errorf("%q was answered %q", words, text)
		}
	}
	if text := says("<a href=\"https://x\">点</a>"); strings.Contains(text, "https://x\">") {
		t.Errorf("a link that was said: %q", text)
	}
}

// TestAboutUser: who closed the WeChat account is unbound; what users change in
// their profiles changes nothing here.
func TestAboutUser(t *testing.T) {
	r := newRig(t, nil)
	for _, event := range []string{"user_info_modified", "user_authorization_revoke"} {
		before := r.digest()
		if a, err := r.driver.About(wang, event); err != nil || a.Body != "success" || r.digest() != before {
			t.Errorf("%s: %q, %v, changed %v", event, a.Body, err, r.digest() != before)
		}
	}
	r.wants(wang, "走访", "走访了谁")
	if a, err := r.driver.About(wang, "user_authorization_cancellation"); err != nil || a.Body != "success" {
		t.Fatalf("%q, %v", a.Body, err)
	}
	if text := r.says(wang, "走访"); strings.Contains(text, "走访了谁") {
		t.Errorf("still bound: %q", text)
	}
	for _, l := range r.log.lines() {
		if strings.Contains(l, wang) {
			t.Errorf("logged %q", l)
		}
	}
}

// TestSameID: a message with the id of another one is not that one.
func TestSameID(t *testing.T) {
	r := newRig(t, nil)
	post := func(from, id, words string) string {
		t.Helper()
		a, err := r.driver.Raw(fmt.Sprintf("<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>%s</Content>%s</xml>",
			from, morning.Unix(), words, id))
		if err != nil || a.Text == "" {
			t.Fatalf("%q: %d %q, %v", words, a.Status, a.Text, err)
		}
		return a.Text
	}
	for _, id := range []string{"<MsgId>5</MsgId>", "", "<MsgId>18446744073709551615</MsgId>"} {
		hers, theirs := post(wang, id, "走访"), post(mengli, id, "走访")
		if hers == theirs {
			t.Errorf("id %q: two people were answered %q", id, hers)
		}
		if again := post(wang, id, "走访"); again != hers {
			t.Errorf("id %q: %q, then %q", id, hers, again)
		}
	}
	if first, second := post(wang, "", "帮助"), post(wang, "", "今日"); first == second {
		t.Errorf("two texts in one second, without ids, were both answered %q", first)
	}
}

// TestWrongClock: posts with a right signature and another time say that the clock
// is wrong, but for an old one that somebody sends again while others are taken.
func TestWrongClock(t *testing.T) {
	r := newRig(t, nil)
	away := fake.Stale(20 * time.Minute)
	refused := func() {
		t.Helper()
		if a, err := r.driver.Text(wang, "走访", away); err != nil || a.Status != 403 {
			t.Fatalf("%d, %v", a.Status, err)
		}
	}
	refused()
	r.log.one(t, "ALARM clock")
	refused()
	r.log.one(t, "stale")
	if !r.bot.ClockWrong() {
		t.Error("not known to be wrong")
	}
	r.wants(wang, "走访", "走访了谁")
	r.log.one(t, "right again")
	refused()
	r.log.one(t, "stale")
	if r.bot.ClockWrong() {
		t.Error("an old post sent again makes the clock wrong")
	}
	r.clock.add(time.Hour)
	refused()
	r.log.one(t, "ALARM clock")
	if a, err := r.driver.Text(wang, "走访", fake.Stale(time.Hour), fake.Unsigned()); err != nil || a.Status != 403 {
		t.Errorf("%d, %v", a.Status, err)
	}
}

// TestPlainAccount: an account without an AES key is answered in clear.
func TestPlainAccount(t *testing.T) {
	r := newRig(t, nil)
	r.bot.Config.AESKey = ""
	r.driver.Mode = fake.Plain
	a, err := r.driver.Text(wang, "走访")
	if err != nil || !strings.Contains(a.Body, "走访了谁") {
		t.Errorf("%q, %v", a.Body, err)
	}
}

// visit answers the visit form for 高霞 up to the summary.
func (r *rig) summary() {
	r.t.Helper()
	r.wants(wang, "走访 高霞", "她怎么样")
	r.wants(wang, "都好", "保存")
}

// TestDeliveredThreeTimes: the platform repeats what it got no answer to, while
// the first is still at work: the same words each time, and one visit.
func TestDeliveredThreeTimes(t *testing.T) {
	r := newRig(t, nil)
	who := r.find("高霞").ID
	before := r.visits(who)
	for _, words := range []string{"走访 高霞", "都好", "保存"} {
		answers, err := r.driver.Overlap(wang, words, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			if a.Text == "" || a.Text != answers[0].Text {
				t.Errorf("%q: %q and %q", words, a.Text, answers[0].Text)
			}
		}
		if words == "保存" && !strings.Contains(answers[0].Text, "存好了") {
			t.Fatalf("not saved: %q", answers[0].Text)
		}
	}
	if n := r.visits(who) - before; n != 1 {
		t.Errorf("%d visits kept, want 1", n)
	}
	r.wants(wang, "保存", "") // a new message with the same words is another one
	if n := r.visits(who) - before; n != 1 {
		t.Errorf("%d visits kept after another message, want 1", n)
	}
}

// TestEventTwice: an event has no number; sender, second and key tell it apart.
func TestEventTwice(t *testing.T) {
	r := newRig(t, nil)
	first, err := r.driver.Click(wang, "走访")
	if err != nil || first.Text == "" {
		t.Fatalf("%q, %v", first.Text, err)
	}
	before := r.digest()
	again, err := r.driver.Click(wang, "走访")
	if err != nil || again.Text != first.Text || r.digest() != before {
		t.Errorf("repeated in the same second: %q, then %q, changed %v, %v", first.Text, again.Text, r.digest() != before, err)
	}
	r.clock.add(time.Second)
	if _, err := r.driver.Click(wang, "走访"); err != nil || r.digest() == before {
		t.Errorf("a second later it is another tap: changed %v, %v", r.digest() != before, err)
	}
}

// TestPanic: a panic in the last write of a save is answered, is one line in
// the log, leaves nothing, and the next message goes on where the chat stood.
func TestPanic(t *testing.T) {
	var armed atomic.Bool
	r := newRig(t, func(s kv.Store) kv.Store {
		return &wrapped{Store: s, put: func(key []byte) error {
			if strings.HasPrefix(string(key), "receipt/") && armed.Load() {
				panic("a flow is broken")
			}
			return nil
		}}
	})
	who := r.find("高霞").ID
	n := r.visits(who)
	r.summary()
	r.log.lines()
	before := r.digest()
	armed.Store(true)
	if got := r.says(wang, "保存"); got != bot.Busy {
		t.Errorf("answered %q", got)
	}
	r.log.one(t, "panic")
	if r.digest() != before {
		t.Error("something of it was kept")
	}
	armed.Store(false)
	r.wants(wang, "保存", "存好了")
	if got := r.visits(who) - n; got != 1 {
		t.Errorf("%d visits kept, want 1", got)
	}
}

// TestStoreFails: an error of ours is said kindly, logged once and without the
// openid, and the repeated delivery is answered as if nothing had been.
func TestStoreFails(t *testing.T) {
	var armed atomic.Bool
	r := newRig(t, func(s kv.Store) kv.Store {
		return &wrapped{Store: s, get: func(key []byte) error {
			if strings.HasPrefix(string(key), "session/") && armed.Load() {
				return errors.New("broken")
			}
			return nil
		}}
	})
	armed.Store(true)
	if got := r.says(wang, "走访"); got != bot.Busy {
		t.Errorf("answered %q", got)
	}
	lines := r.log.lines()
	if len(lines) != 1 || strings.Contains(lines[0], wang) || !strings.Contains(lines[0], "broken") {
		t.Errorf("logged %q", lines)
	}
	armed.Store(false)
	r.wants(wang, "走访", "走访了谁")
}

// TestFull: a full disk is one alarm however many messages meet it.
func TestFull(t *testing.T) {
	var full atomic.Bool
	r := newRig(t, func(s kv.Store) kv.Store {
		return &wrapped{Store: s, put: func([]byte) error {
			if full.Load() {
				return fmt.Errorf("commit: %w", kv.ErrFull)
			}
			return nil
		}}
	})
	full.Store(true)
	for range 5 {
		if got := r.says(wang, "走访"); got != bot.Busy {
			t.Errorf("answered %q", got)
		}
	}
	r.log.one(t, "ALARM")
	if !r.bot.Full() {
		t.Error("not known to be full")
	}
	full.Store(false)
	r.wants(wang, "走访", "走访了谁")
	r.log.one(t, "room again")
	if r.bot.Full() {
		t.Error("still full")
	}
}

// TestWatchdog: what takes too long is acknowledged, and its answer comes as a
// customer message, once however often it is delivered, which counts.
func TestWatchdog(t *testing.T) {
	var mu sync.Mutex
	slow := make(chan struct{})
	armed := false
	r := newRig(t, func(s kv.Store) kv.Store {
		return &wrapped{Store: s, before: func() {
			mu.Lock()
			wait := armed
			mu.Unlock()
			if wait {
				<-slow
			}
		}}
	})
	r.summary()
	r.bot.Wait()
	r.bot.Watchdog = 10 * time.Millisecond
	pushed := len(r.platform.Pushes())
	mu.Lock()
	armed = true
	mu.Unlock()
	deliver, err := r.driver.Repeat(wang, "保存")
	if err != nil {
		t.Fatal(err)
	}
	a, err := deliver()
	if err != nil || a.Body != "success" {
		t.Fatalf("answered %q, %v; want success", a.Body, err)
	}
	if a, err = deliver(); err != nil || a.Body != "success" {
		t.Fatalf("delivered again: %q, %v; want success", a.Body, err)
	}
	close(slow)
	r.bot.Wait()
	pushes := r.platform.Pushes()[pushed:]
	if len(pushes) != 1 || pushes[0].To != wang || pushes[0].Channel != fake.Custom || !strings.Contains(pushes[0].Text, "存好了") {
		t.Fatalf("pushed %+v", pushes)
	}
	if got, theirs := r.left(wang), r.platform.Quota(wang).Left; got != theirs || got != 4 {
		t.Errorf("the bot counts %d customer messages left, the platform %d; want 4", got, theirs)
	}
}

// TestOwedHeadsTheAnswer: what found no channel stands above the next answer,
// once.
func TestOwedHeadsTheAnswer(t *testing.T) {
	r := newRig(t, nil)
	d := r.owe("morning/1", "morning", "c:wangguiying", "")
	r.push() // no window, no template
	if got := r.delivery(d); got.State != outbox.Deferred {
		t.Fatalf("state %s, want owed", got.State)
	}
	text := r.wants(wang, "走访", "走访了谁")
	if !strings.HasPrefix(text, "早上好") {
		t.Errorf("the answer does not begin with what was owed: %q", text)
	}
	if got := r.delivery(d); got.State != outbox.Delivered || got.Channel != "reply" {
		t.Errorf("settled as %s by %q", got.State, got.Channel)
	}
	if text := r.says(wang, "帮助"); strings.Contains(text, "早上好") {
		t.Errorf("said twice: %q", text)
	}
}
