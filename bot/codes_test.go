package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/outbox"
)

// TestCodesOfSending: what each code of the platform makes of a delivery, and of the
// ones behind it.
func TestCodesOfSending(t *testing.T) {
	paths := map[string]string{"customer": customPath, "template": templatePath, "notice": noticePath}
	type act struct {
		state outbox.DeliveryState // of the first
		next  int                  // how many of two more are sent at once by the same call
		alarm bool
	}
	owed, again, waits := act{outbox.Deferred, 2, false}, act{outbox.Booked, 2, false}, act{outbox.Booked, 0, true}
	loud := owed
	loud.alarm = true
	for _, c := range []struct {
		codes []int
		by    string
		want  act
	}{
		{[]int{47003, 44004, 45002, 43101, 70000}, "template", owed},
		{[]int{99999, 12345}, "template", loud},
		{[]int{45168}, "template", loud},
		{[]int{-1, 43108, 45169}, "template", again},
		{[]int{45011}, "template", act{outbox.Booked, 0, false}},
		{[]int{45009, 43100, 43106, 43107, 48001, 48003, 48004, 50001}, "template", waits},
		{[]int{40036, 40037, 40038, 40165, 40249, 43116}, "template", waits},
		{[]int{40013, 40125, 40164, 40234, 40235, 40243, 50002, 50004, 50007, 89503}, "template", waits},
		// What one channel does not take goes by the next.
		{[]int{45015, 45047, 47003, 43101}, "customer", act{outbox.Sent, 0, false}},
		{[]int{45168, 99999}, "customer", act{outbox.Sent, 2, true}},
		{[]int{43107, 43101, 47003}, "notice", act{outbox.Sent, 0, false}},
	} {
		for _, code := range c.codes {
			t.Run(fmt.Sprintf("%d by %s", code, c.by), func(t *testing.T) {
				r := newRig(t, nil)
				r.withTemplates()
				switch c.by {
				case "customer":
					r.says(wang, "帮助")
				case "notice":
					r.withNotices()
					r.answers(wang, true, 3)
				}
				r.log.lines()
				r.platform.Fail(paths[c.by], fake.Weather{Code: code})
				r.owe("first", "morning", "c:wangguiying", "")
				for range 3 {
					r.push()
					r.clock.add(time.Second)
				}
				if d := r.delivery("first"); d.State != c.want.state {
					t.Errorf("%s, want %s", d.State, c.want.state)
				}
				alarms := slices.DeleteFunc(r.log.lines(), func(l string) bool { return !strings.Contains(l, "ALARM") })
				if c.by == "template" && (len(alarms) != 0) != c.want.alarm {
					t.Errorf("alarms %q, want some: %v", alarms, c.want.alarm)
				}
				if c.by != "template" || code == 43101 {
					return
				}
				before := len(r.platform.Pushes())
				for _, cause := range []string{"second", "third"} {
					r.owe(cause, "visit_eve", "c:wangguiying", "")
				}
				r.push()
				if n := len(r.platform.Pushes()) - before; n != c.want.next {
					t.Errorf("%d of the two behind it were sent, want %d", n, c.want.next)
				}
			})
		}
	}
}

// TestRefusedIsOwed: what the platform refuses for good heads the next answer.
func TestRefusedIsOwed(t *testing.T) {
	for _, code := range []int{47003, 45168, 43101, 99999} {
		r := newRig(t, nil)
		r.withTemplates()
		r.platform.Fail(templatePath, fake.Weather{Code: code})
		r.owe("d", "morning", "c:wangguiying", "")
		r.push()
		if text := r.says(wang, "帮助"); !strings.HasPrefix(text, "早上好") {
			t.Errorf("%d: the next answer is %q", code, text)
		}
	}
}

// TestGone: -41000 is an openid that is no follower's, as 40003.
func TestGone(t *testing.T) {
	for _, code := range []int{40003, -41000, 43004} {
		r := newRig(t, nil)
		r.withTemplates()
		r.platform.Fail(templatePath, fake.Weather{Code: code})
		for _, cause := range []string{"a", "b"} {
			r.owe(cause, "morning", "c:wangguiying", "")
			r.push()
			if d := r.delivery(cause); d.State != outbox.Deferred {
				t.Errorf("%d: %s is %s", code, cause, d.State)
			}
		}
		if n := r.platform.Calls()[templatePath]; n != 1 {
			t.Errorf("%d: tried %d times", code, n)
		}
	}
}

// TestTemplateSwitchedOff: who switched a template off is not tried with it for a
// month, or until notices are accepted again; others are.
func TestTemplateSwitchedOff(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.platform.Fail(templatePath, fake.Weather{Code: 43101})
	tried := func(cause string, want int) {
		t.Helper()
		r.owe(cause, "morning", "c:wangguiying", "")
		r.push()
		if n := r.platform.Calls()[templatePath]; n != want {
			t.Errorf("%s: %d templates tried, want %d", cause, n, want)
		}
	}
	tried("first", 1)
	tried("second", 1)
	if d := r.delivery("second"); d.State != outbox.Deferred {
		t.Errorf("the second is %s", d.State)
	}
	r.clock.add(31 * 24 * time.Hour)
	tried("third", 2)
	r.platform.Fail(templatePath, fake.Weather{Code: 43101})
	tried("fourth", 3)
	tried("fifth", 3)
	r.answers(wang, true, 1)
	tried("sixth", 4)
}

// TestTokenQuota: too many calls for a token say nothing of a channel: all waits for
// some minutes, not until the next day, and no other token is asked for meanwhile.
func TestTokenQuota(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.platform.Fail(tokenPath, fake.Weather{Code: 45009})
	r.owe("d", "morning", "c:wangguiying", "")
	for range 5 {
		r.push()
		r.clock.add(time.Minute)
	}
	if d := r.delivery("d"); d.State != outbox.Booked || r.platform.Calls()[tokenPath] != 1 {
		t.Errorf("%s after %d calls for a token", d.State, r.platform.Calls()[tokenPath])
	}
	r.clock.add(10 * time.Minute)
	r.push()
	if d := r.delivery("d"); d.State != outbox.Sent {
		t.Errorf("a quarter of an hour later: %s", d.State)
	}
}
