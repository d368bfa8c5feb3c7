package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/scheduler"
	"xintiexin/storage/access"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

func code(n int) fake.Weather { return fake.Weather{Code: n} }

func times(n int, w fake.Weather) []fake.Weather {
	out := make([]fake.Weather, n)
	for i := range out {
		out[i] = w
	}
	return out
}

// outboxRig has an outbox and no jobs: nothing is due but what a test books.
func outboxRig(t *testing.T) *rig {
	r := newRig(t, wednesday.At(9, 0))
	r.withTemplates()
	r.jobs.Jobs = nil
	if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAnswers: what each answer of the platform makes of a delivery in the end.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name     string
		window   bool // she wrote just now
		path     string
		weather  []fake.Weather
		state    outbox.DeliveryState
		reason   string
		template int // calls; -1: as the spread of the waits has it
		custom   int
		accepted int // pushes that the platform took
	}{
		{"busy four times: later and later, then taken", false, templatePath, times(4, code(-1)), outbox.Sent, "", 5, 0, 1},
		{"busy for ever: it waits for her", false, templatePath, times(99, code(-1)), outbox.Deferred, "", 8, 0, 0},
		{"the answer lost: again under the same key, taken once", false, templatePath, []fake.Weather{{Lost: true}}, outbox.Sent, "", 2, 0, 1},
		{"the answer lost three times", false, templatePath, times(3, fake.Weather{Lost: true}), outbox.Sent, "", 4, 0, 1},
		{"the answer lost, then busy beyond the key's time: not again", false, templatePath,
			append([]fake.Weather{{Lost: true}}, times(99, code(-1))...), outbox.Unknown, "", -1, 0, 1},
		{"the answer lost, then a person must act: not half an hour later", false, templatePath,
			[]fake.Weather{{Lost: true}, code(48001)}, outbox.Unknown, "", 2, 0, 1},
		{"the connection broken: again", false, templatePath, []fake.Weather{{Reset: true}}, outbox.Sent, "", 2, 0, 1},
		{"status 502: again", false, templatePath, []fake.Weather{{HTTP: 502}}, outbox.Sent, "", 2, 0, 1},
		{"502 for ever: nobody knows", false, templatePath, times(99, fake.Weather{HTTP: 502}), outbox.Unknown, "", -1, 0, 0},
		{"a customer message whose answer was lost: not again", true, customPath, []fake.Weather{{Lost: true}}, outbox.Unknown, "", 0, 1, 1},
		{"a customer message and 502: not again", true, customPath, []fake.Weather{{HTTP: 502}}, outbox.Unknown, "", 0, 1, 0},
		{"a customer message while the platform is busy: the template", true, customPath, []fake.Weather{code(-1)}, outbox.Sent, "", 1, 1, 1},
		{"not a follower (43004): muted, it waits", false, templatePath, []fake.Weather{code(43004)}, outbox.Deferred, "", 1, 0, 0},
		{"an openid not ours (40003): the same", false, templatePath, []fake.Weather{code(40003)}, outbox.Deferred, "", 1, 0, 0},
		{"she switched messages off (48002): no template either", true, customPath, []fake.Weather{code(48002)}, outbox.Deferred, "", 0, 1, 0},
		{"the window closed (45015): the template", true, customPath, []fake.Weather{code(45015)}, outbox.Sent, "", 1, 1, 1},
		{"the quota used up (45047): the template", true, customPath, []fake.Weather{code(45047)}, outbox.Sent, "", 1, 1, 1},
		{"no consent left (43101): it waits", false, templatePath, []fake.Weather{code(43101)}, outbox.Deferred, "", 1, 0, 0},
		{"kept from minors (70000): the next answer has it", false, templatePath, []fake.Weather{code(70000)}, outbox.Deferred, "", 1, 0, 0},
		{"a value is wrong (47003): the next answer has it", false, templatePath, []fake.Weather{code(47003)}, outbox.Deferred, "", 1, 0, 0},
		{"the token replaced (40001): a new one, once", false, templatePath, []fake.Weather{code(40001)}, outbox.Sent, "", 2, 0, 1},
		{"the day's limit (45009): the next day", false, templatePath, []fake.Weather{code(45009)}, outbox.Sent, "", 2, 0, 1},
		{"too many a minute (45011): a minute later", false, templatePath, []fake.Weather{code(45011)}, outbox.Sent, "", 2, 0, 1},
		{"too many customer messages a minute: the template", true, customPath, []fake.Weather{code(45011)}, outbox.Sent, "", 1, 1, 1},
		{"customer messages not granted (48001): the template", true, customPath, []fake.Weather{code(48001)}, outbox.Sent, "", 1, 1, 1},
		{"the template restricted (43116) until somebody acts", false, templatePath, times(3, code(43116)), outbox.Sent, "", 4, 0, 1},
		{"the day's limit of customer messages: the template", true, customPath, []fake.Weather{code(45009)}, outbox.Sent, "", 1, 1, 1},
		{"not granted (48001) until somebody acts", false, templatePath, times(3, code(48001)), outbox.Sent, "", 4, 0, 1},
		{"a code that nobody knows: the next answer has it", false, templatePath, []fake.Weather{code(99999)}, outbox.Deferred, "", 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := outboxRig(t)
			if c.window {
				r.says(wang, "帮助")
			}
			r.platform.Fail(c.path, c.weather...)
			r.owe("d", "morning", "c:wangguiying")
			r.tick(r.clock.Now())
			r.play(r.clock.Now().Add(71 * time.Hour))
			r.is("d", c.state, c.reason)
			calls := r.platform.Calls()
			if c.template >= 0 && calls[templatePath] != c.template || calls[customPath] != c.custom {
				t.Errorf("tried %d templates and %d customer messages, want %d and %d", calls[templatePath], calls[customPath], c.template, c.custom)
			}
			for _, p := range r.got(c.accepted) {
				if want := r.delivery("d").ClientMsgID(); p.Channel == fake.TemplateSend && p.ClientMsgID != want {
					t.Errorf("sent under %q, want %q", p.ClientMsgID, want)
				}
			}
		})
	}
}

// TestHang: a platform that does not answer is an outcome that nobody knows.
func TestHang(t *testing.T) {
	r := outboxRig(t)
	r.bot.Client.Timeout = 50 * time.Millisecond
	r.platform.Fail(templatePath, fake.Weather{Hang: true})
	r.owe("d", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	if d := r.delivery("d"); d.State != outbox.Booked || d.Doubt == 0 {
		t.Errorf("%+v", d)
	}
	r.bot.Client.Timeout = 0
	r.play(r.clock.Now().Add(time.Hour))
	r.is("d", outbox.Sent, "")
	r.got(1)
}

// TestBackoff: each wait is longer than the last; the platform's limit a minute
// is waited for.
func TestBackoff(t *testing.T) {
	r := outboxRig(t)
	r.platform.Fail(templatePath, times(5, code(-1))...)
	r.owe("d", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	var waits []time.Duration
	for r.delivery("d").State == outbox.Booked {
		next, err := r.jobs.Next(t.Context(), r.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, next.Sub(r.clock.Now()))
		r.tick(next)
	}
	if len(waits) != 5 {
		t.Fatalf("waited %v", waits)
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] <= waits[i-1] {
			t.Errorf("waited %v", waits)
		}
	}
	r.platform.Fail(templatePath, code(45011))
	r.owe("fast", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	if d := r.delivery("fast"); d.Next-r.clock.Now().Unix() < 60 {
		t.Errorf("tried again after %d s, want a minute at least", d.Next-r.clock.Now().Unix())
	}
}

// TestMuted: to whom nothing arrives nothing is sent until she writes.
func TestMuted(t *testing.T) {
	r := outboxRig(t)
	r.platform.Fail(templatePath, code(43004))
	r.owe("first", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	r.owe("second", "morning", "c:wangguiying")
	r.play(r.clock.Now().Add(time.Hour))
	r.is("second", outbox.Deferred, "")
	if n := r.platform.Calls()[templatePath]; n != 1 {
		t.Errorf("tried %d times", n)
	}
	if text := r.says(wang, "走访"); strings.Count(text, "早上好") != 2 {
		t.Errorf("her next answer: %q", text)
	}
}

// TestAlarm: what a person must mend holds all by that channel, is said once, and
// loses nothing.
func TestAlarm(t *testing.T) {
	r := outboxRig(t)
	r.platform.Fail(templatePath, times(2, code(48001))...)
	causes := []string{"a", "b", "c"}
	for _, c := range causes {
		r.owe(c, "morning", "c:wangguiying")
	}
	r.tick(r.clock.Now())
	r.play(r.clock.Now().Add(29 * time.Minute))
	r.got(0)
	if n := r.platform.Calls()[templatePath]; n != 1 {
		t.Errorf("%d calls in the first half hour, want one in all", n)
	}
	r.play(r.clock.Now().Add(29 * time.Minute))
	if n := r.platform.Calls()[templatePath]; n != 2 {
		t.Errorf("%d calls in the first hour, want two in all", n)
	}
	if n := r.log.count("ALARM"); n != 1 {
		t.Errorf("%d alarms, want 1", n)
	}
	r.play(r.clock.Now().Add(3 * time.Minute))
	r.got(3)
	for _, c := range causes {
		r.is(c, outbox.Sent, "")
		if d := r.delivery(c); d.Tries != 1 {
			t.Errorf("%s counts %d tries: waiting for a person is none", c, d.Tries)
		}
	}
	r.platform.Fail(templatePath, code(48001))
	r.owe("again", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	r.play(r.clock.Now().Add(time.Hour))
	r.is("again", outbox.Sent, "")
	if n := r.log.count("ALARM"); n != 2 {
		t.Errorf("%d alarms after it worked and failed anew, want 2", n)
	}
}

// TestStopsOnlyWhatItConcerns: what the platform says of one template or one
// channel holds up no other; what it says of the account holds up all.
func TestStopsOnlyWhatItConcerns(t *testing.T) {
	for _, c := range []struct {
		name     string
		code     int
		template outbox.DeliveryState // of what goes by another template
		custom   outbox.DeliveryState // of what goes by customer message
	}{
		{"a template that is none (40037)", 40037, outbox.Sent, outbox.Sent},
		{"a template restricted (43116)", 43116, outbox.Sent, outbox.Sent},
		{"template messages not granted (48001)", 48001, outbox.Booked, outbox.Sent},
		{"the day's limit of template messages (45009)", 45009, outbox.Booked, outbox.Sent},
		{"too many template messages a minute (45011)", 45011, outbox.Booked, outbox.Sent},
		{"our address not allowed (40164)", 40164, outbox.Booked, outbox.Booked},
		{"the account frozen (50007)", 50007, outbox.Booked, outbox.Booked},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := outboxRig(t)
			r.update(func(tx *record.Tx) error {
				all, err := townconfig.LoadTemplates(tx)
				all["recorded"] = townconfig.NoticeTemplate{ID: "OTHER", Keys: all["recorded"].Keys}
				return errors.Join(err, townconfig.PutTemplates(tx, all))
			})
			r.platform.Fail(templatePath, code(c.code))
			r.owe("hit", "morning", "c:wangguiying")
			r.tick(r.clock.Now())
			who, _ := r.mengli()
			r.owe("other", "recorded", "r:"+who.ID)
			r.tick(r.clock.Now())
			r.says(wang, "帮助")
			r.owe("custom", "morning", "c:wangguiying")
			r.tick(r.clock.Now())
			r.is("hit", outbox.Booked, "")
			r.is("other", c.template, "")
			r.is("custom", c.custom, "")
			if n := r.log.count("ALARM"); n != 1 && c.code != 45011 {
				t.Errorf("%d alarms, want 1", n)
			}
			r.play(r.clock.Now().Add(25 * time.Hour))
			for _, cause := range []string{"hit", "other", "custom"} {
				r.is(cause, outbox.Sent, "")
			}
		})
	}
}

// TestDayUsed: what does not outlast the day's quota is said with her next reply.
func TestDayUsed(t *testing.T) {
	r := outboxRig(t)
	r.platform.Fail(templatePath, code(45009))
	r.owe("long", "morning", "c:wangguiying")
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "short", Kind: "morning", To: "c:wangguiying", Priority: 1,
			Facts: map[string]string{"count": "2"}, Earliest: r.clock.Now().Unix(), Latest: wednesday.At(18, 0).Unix()})
		return err
	})
	r.tick(r.clock.Now())
	r.is("long", outbox.Booked, "")
	r.is("short", outbox.Deferred, "")
	r.play((wednesday + 1).At(7, 29))
	r.got(0)
	r.play((wednesday + 1).At(7, 30))
	r.is("long", outbox.Sent, "")
	if n := r.platform.Calls()[templatePath]; n != 2 {
		t.Errorf("%d calls, want two: one a day", n)
	}
}

// TestOneGoesFirst: when the time of a stop is over one message tries whether it
// works again, not all that wait.
func TestOneGoesFirst(t *testing.T) {
	r := outboxRig(t)
	r.crowd(40)
	r.platform.Fail(templatePath, times(2, code(48001))...)
	r.owe("d", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	r.crowdOwe("morning", 40)
	r.tick(r.clock.Now())
	calls := r.platform.Calls()[templatePath]
	if calls != 1 {
		t.Fatalf("%d calls while stopped, want 1", calls)
	}
	r.play(r.clock.Now().Add(31 * time.Minute))
	if n := r.platform.Calls()[templatePath] - calls; n != 1 {
		t.Errorf("%d calls after the first half hour, want 1", n)
	}
	r.play(r.clock.Now().Add(31 * time.Minute))
	r.got(41)
	if n := r.log.count("ALARM"); n != 1 {
		t.Errorf("%d alarms, want 1", n)
	}
}

// crowd makes n cadres who want the morning list.
func (r *rig) crowd(n int) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		for i := range n {
			c := person.Staff{ID: fmt.Sprintf("many%d", i), Name: "干部", Roles: []person.Role{person.VillageWorker}, Morning: person.Yes}
			if err := person.PutStaff(tx, c); err != nil {
				return err
			}
			if err := access.Bind(tx, seed.OpenID("many", c.ID), c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range n {
		r.platform.Followed(seed.OpenID("many", fmt.Sprintf("many%d", i)))
	}
}

// crowdOwe books one delivery to each of a crowd.
func (r *rig) crowdOwe(kind string, n int) (causes []string) {
	r.t.Helper()
	for i := range n {
		causes = append(causes, r.owe(fmt.Sprintf("%s %d", kind, i), kind, fmt.Sprintf("c:many%d", i)))
	}
	return causes
}

// TestDecentHours: when what is due is sent, whatever it was booked for.
func TestDecentHours(t *testing.T) {
	who, _ := newRig(t, wednesday.At(9, 0)).mengli()
	for _, c := range []struct {
		name, kind, to string
		due            time.Time
		keeps          time.Duration
		want           time.Time // zero: dropped as stale
	}{
		{"to a resident in the morning", "recorded", "r:", wednesday.At(9, 0), time.Hour, wednesday.At(9, 0)},
		{"to a resident at noon: in the evening", "recorded", "r:", wednesday.At(12, 0), 24 * time.Hour, wednesday.At(18, 30)},
		{"to a resident at eleven: in the evening", "recorded", "r:", wednesday.At(11, 0), 24 * time.Hour, wednesday.At(18, 30)},
		{"to a resident at night: the next morning", "recorded", "r:", wednesday.At(20, 0), 24 * time.Hour, (wednesday + 1).At(9, 0)},
		{"to a resident at noon, and stale by the evening", "recorded", "r:", wednesday.At(12, 0), 6 * time.Hour, time.Time{}},
		{"the word on the evening before, in the morning", "visit_eve", "r:", wednesday.At(9, 30), 24 * time.Hour, wednesday.At(18, 30)},
		{"the word on the evening before, at nine in the evening", "visit_eve", "r:", wednesday.At(21, 0), time.Hour, time.Time{}},
		{"to staff at noon", "morning", "c:wangguiying", wednesday.At(12, 0), time.Hour, wednesday.At(12, 0)},
		{"to staff at night: the next morning", "morning", "c:wangguiying", wednesday.At(21, 30), 24 * time.Hour, (wednesday + 1).At(7, 30)},
		{"to staff before dawn", "morning", "c:wangguiying", wednesday.At(5, 0), 24 * time.Hour, wednesday.At(7, 30)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.due.Add(-time.Minute))
			r.withTemplates()
			r.jobs.Jobs = nil
			if c.to == "r:" {
				c.to += who.ID
			}
			r.update(func(tx *record.Tx) error {
				_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "d", Kind: c.kind, To: c.to, Facts: map[string]string{"count": "2", "day": wednesday.String()},
					Earliest: c.due.Unix(), Latest: c.due.Add(c.keeps).Unix()})
				return err
			})
			if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
				t.Fatal(err)
			}
			r.play(c.due.Add(26 * time.Hour))
			if c.want.IsZero() {
				r.is("d", outbox.Dropped, "stale")
				r.got(0)
				return
			}
			r.is("d", outbox.Sent, "")
			late := 30 * time.Minute // what did not go at its hour is spread from the next on
			if c.due.Equal(c.want) || !strings.HasPrefix(c.to, "r:") {
				late = time.Second
			}
			if p := r.got(1)[0]; p.At.Before(c.want) || p.At.Sub(c.want) >= late {
				t.Errorf("sent at %v, want %v", p.At, c.want)
			}
		})
	}
}

// TestCrash: the program dies between claiming and settling.
func TestCrash(t *testing.T) {
	for _, c := range []struct {
		name     string
		customer bool
		after    bool // the platform took it before
		gone     time.Duration
		state    outbox.DeliveryState
		accepted int
	}{
		{"before the call, back at once", false, false, 0, outbox.Sent, 1},
		{"after the call, back at once", false, true, 0, outbox.Sent, 1},
		{"before the call, back within 9 minutes", false, false, 9*time.Minute - time.Second, outbox.Sent, 1},
		{"after the call, back within 9 minutes", false, true, 9*time.Minute - time.Second, outbox.Sent, 1},
		{"before the call, back after 9 minutes", false, false, 9 * time.Minute, outbox.Unknown, 0},
		{"after the call, back after 11 minutes", false, true, 11 * time.Minute, outbox.Unknown, 1},
		{"the clock a little behind", false, true, -30 * time.Second, outbox.Unknown, 1},
		{"a customer message, not sent", true, false, time.Second, outbox.Unknown, 0},
		{"a customer message, sent", true, true, time.Second, outbox.Unknown, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := outboxRig(t)
			if c.customer {
				r.says(wang, "帮助")
			}
			r.owe("d", "morning", "c:wangguiying")
			r.crash(c.after)
			r.is("d", outbox.Claimed, "")
			r.clock.set(r.clock.Now().Add(c.gone))
			r.start(r.bot)
			r.jobs.Jobs = nil
			r.tick(r.clock.Now())
			r.play(r.clock.Now().Add(time.Hour))
			r.is("d", c.state, "")
			r.got(c.accepted)
		})
	}
}

// TestCrashTwice: the key counts from the first try, not from the last.
func TestCrashTwice(t *testing.T) {
	r := outboxRig(t)
	r.owe("d", "morning", "c:wangguiying")
	for range 3 {
		r.crash(true)
		r.clock.set(r.clock.Now().Add(4 * time.Minute))
		r.start(r.bot)
	}
	r.tick(r.clock.Now())
	r.is("d", outbox.Unknown, "")
	r.got(1)
}

// arming makes writing fail once the platform has answered.
type arming struct {
	scheduler.Sender
	after func()
}

func (a arming) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	defer a.after()
	return a.Sender.Send(ctx, d, p)
}

// TestNotSettled: the platform took it, and the disk is full before that is
// written down; when there is room it is settled, without a restart.
func TestNotSettled(t *testing.T) {
	r := outboxRig(t)
	r.owe("d", "morning", "c:wangguiying")
	full := errors.New("no space left")
	r.jobs.Sender = arming{r.bot, func() { r.engine.onPut(func([]byte) error { return full }) }}
	if err := r.jobs.Tick(t.Context(), r.clock.Now()); !errors.Is(err, full) {
		t.Fatal(err)
	}
	r.clock.set(r.clock.Now().Add(5 * time.Second))
	if err := r.jobs.Tick(t.Context(), r.clock.Now()); !errors.Is(err, full) || !r.jobs.Failing() {
		t.Fatal(err, r.jobs.Failing())
	}
	r.is("d", outbox.Claimed, "")
	r.engine.onPut(nil)
	r.jobs.Sender = r.bot
	r.tick(r.clock.Now().Add(5 * time.Second))
	r.is("d", outbox.Sent, "")
	r.got(1)
	if r.jobs.Failing() {
		t.Error("still failing")
	}
}

// panicking is a sender with a mistake in it.
type panicking struct{ scheduler.Sender }

func (panicking) Send(context.Context, outbox.Delivery, outbox.Route) outbox.Result {
	panic("a mistake")
}

// TestPanic: a mistake in one message is no end of the program, nor of others.
func TestPanic(t *testing.T) {
	r := outboxRig(t)
	r.jobs.Sender = panicking{r.bot}
	r.owe("d", "morning", "c:wangguiying")
	r.tick(r.clock.Now())
	if d := r.delivery("d"); d.State != outbox.Booked || d.Doubt == 0 || r.log.count("panic in sending") != 1 {
		t.Errorf("%+v", d)
	}
	r.jobs.Sender = r.bot
	r.play(r.clock.Now().Add(time.Minute))
	r.is("d", outbox.Sent, "")
}

// poison is a sender that cannot plan one delivery.
type poison struct{ scheduler.Sender }

func (p poison) Plan(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Route, error) {
	if d.Cause == "bad" {
		return outbox.Route{}, errors.New("unreadable")
	}
	return p.Sender.Plan(tx, d, now)
}

// TestPoison: what cannot be read does not hold up what can.
func TestPoison(t *testing.T) {
	r := outboxRig(t)
	r.jobs.Sender = poison{r.bot}
	r.owe("bad", "morning", "c:wangguiying")
	r.clock.set(r.clock.Now().Add(time.Second))
	r.owe("good", "morning", "c:wangguiying")
	if err := r.jobs.Tick(t.Context(), r.clock.Now()); err == nil {
		t.Error("no error")
	}
	r.is("bad", outbox.Booked, "")
	r.is("good", outbox.Sent, "")
}

// TestManyPages: more than one page is due at once.
func TestManyPages(t *testing.T) {
	r := outboxRig(t)
	r.update(func(tx *record.Tx) error {
		for i := range 230 {
			now := r.clock.Now()
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: strings.Repeat("x", i+1), Kind: "morning", To: "c:wangguiying",
				Facts: map[string]string{"count": "2"}, Earliest: now.Unix(), Latest: now.Add(time.Hour).Unix()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.tick(r.clock.Now())
	r.got(230)
}

// TestServeEnds: a program that is told to stop lets what is on its way come to
// an end, begins no other, and sends nothing twice.
func TestServeEnds(t *testing.T) {
	r := outboxRig(t)
	r.owe("d", "morning", "c:wangguiying")
	r.owe("next", "morning", "c:wangguiying")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.jobs.Sender = stopping{r.bot, cancel}
	r.jobs.Serve(ctx, time.Millisecond, r.clock.Now)
	r.got(1)
	sent, booked := r.delivery("d"), r.delivery("next")
	if sent.State == outbox.Booked { // which of the two goes first is not ours to say
		sent, booked = booked, sent
	}
	if sent.State != outbox.Sent || booked.State != outbox.Booked || booked.Tries != 0 {
		t.Errorf("stopped with %s and %s", sent.State, booked.State)
	}
	r.start(r.bot)
	r.play(r.clock.Now().Add(time.Minute))
	r.is("d", outbox.Sent, "")
	r.is("next", outbox.Sent, "")
	r.got(2)
}

// stopping is a sender during whose work the program is told to stop.
type stopping struct {
	scheduler.Sender
	stop func()
}

func (s stopping) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	s.stop()
	return s.Sender.Send(ctx, d, p)
}
