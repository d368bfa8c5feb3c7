package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

const (
	customPath   = "/cgi-bin/message/custom/send"
	templatePath = "/cgi-bin/message/template/send"
	tokenPath    = "/cgi-bin/stable_token"
)

// owe books a delivery that is due now, and returns its cause.
func (r *rig) owe(cause, kind, to, about string) string {
	r.t.Helper()
	now := r.clock.Now()
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: kind, To: to, About: about,
			Facts:    map[string]string{"count": "2", "day": today.String()},
			Earliest: now.Unix(), Latest: now.Add(72 * time.Hour).Unix(), Booked: now.Unix()})
		return err
	})
	return cause
}

// push lets the outbox run once.
func (r *rig) push() {
	r.t.Helper()
	if err := r.jobs.Push(context.Background(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) delivery(cause string) (d outbox.Delivery) {
	r.t.Helper()
	r.view(func(tx *record.Tx) (err error) {
		d, err = outbox.DeliveryOf(tx, cause)
		return err
	})
	return d
}

// left is how many customer messages the bot believes it may still send.
func (r *rig) left(openid string) (n int) {
	r.t.Helper()
	r.view(func(tx *record.Tx) error {
		s, err := dialogstate.Load(tx, openid)
		n = s.Left
		return err
	})
	return n
}

func (r *rig) last() fake.Push {
	r.t.Helper()
	all := r.platform.Pushes()
	if len(all) == 0 {
		r.t.Fatal("nothing was pushed")
	}
	return all[len(all)-1]
}

// TestChannel: a customer message while the window is open and has one left,
// else a template message, else it waits.
func TestChannel(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.says(wang, "帮助") // 5 in 48 hours
	for i := range 5 {
		d := r.owe(string(rune('a'+i)), "morning", "c:wangguiying", "")
		r.push()
		if p := r.last(); p.Channel != fake.Custom || p.To != wang || !strings.HasPrefix(p.Text, "早上好") {
			t.Fatalf("push %d: %+v", i+1, p)
		}
		if got := r.delivery(d); got.State != outbox.Sent || got.Channel != "customer" {
			t.Errorf("push %d: %s by %s", i+1, got.State, got.Channel)
		}
		if got, theirs := r.left(wang), r.platform.Quota(wang).Left; got != theirs || got != 4-i {
			t.Errorf("after push %d the bot counts %d left, the platform %d", i+1, got, theirs)
		}
	}
	sixth := r.owe("sixth", "morning", "c:wangguiying", "")
	r.push()
	if p := r.last(); p.Channel != fake.TemplateSend || p.ClientMsgID != r.delivery(sixth).ClientMsgID() || p.Data["thing1"] != "2件事在等您" {
		t.Errorf("with the quota used up: %+v", p)
	}
	if n := r.platform.Calls()[customPath]; n != 5 {
		t.Errorf("%d customer messages tried, want 5", n)
	}
	r.says(wang, "帮助")
	r.clock.add(49 * time.Hour)
	late := r.owe("late", "morning", "c:wangguiying", "")
	r.push()
	if p := r.last(); p.Channel != fake.TemplateSend || p.ClientMsgID != r.delivery(late).ClientMsgID() {
		t.Errorf("outside the window: %+v", p)
	}
	if n := r.platform.Calls()[customPath]; n != 5 {
		t.Errorf("a customer message was tried outside the window")
	}
	recorded := r.owe("other kind", "recorded", "c:wangguiying", "")
	n := len(r.platform.Pushes())
	r.push()
	if got := r.delivery(recorded); got.State != outbox.Deferred || len(r.platform.Pushes()) != n {
		t.Errorf("a kind without a template: %s", got.State)
	}
}

// TestTapEarnsAMinute: the platform counts a tap on an option as a tap on the
// menu: three messages in one minute.
func TestTapEarnsAMinute(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.driver.Tap(wang, "1 走访：今天见了谁", "1"); err != nil {
		t.Fatal(err)
	}
	if got, theirs := r.left(wang), r.platform.Quota(wang); got != 3 || theirs.Left != 3 {
		t.Errorf("the bot counts %d left, the platform %+v; want 3", got, theirs)
	}
	r.clock.add(61 * time.Second)
	d := r.owe("d", "morning", "c:wangguiying", "")
	r.push()
	if got := r.delivery(d); got.State != outbox.Deferred || r.platform.Calls()[customPath] != 0 {
		t.Errorf("a minute later: %s, %d tries", got.State, r.platform.Calls()[customPath])
	}
}

// TestToNobody: whom it is for may be gone, or may want nothing.
func TestToNobody(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	who := r.find("孟丽").ID
	gone := r.owe("gone", "morning", "c:nobody", "")
	r.says(mengli, "退订")
	stopped := r.owe("stopped", "recorded", "r:"+who, "")
	r.push()
	if d := r.delivery(gone); d.State != outbox.Dropped || d.Reason != "nobody" {
		t.Errorf("to nobody: %s %q", d.State, d.Reason)
	}
	if d := r.delivery(stopped); d.State != outbox.Dropped || d.Reason != "unsubscribed" {
		t.Errorf("to somebody who wants nothing: %s %q", d.State, d.Reason)
	}
	if n := len(r.platform.Pushes()); n != 0 {
		t.Errorf("%d pushes", n)
	}
}

// TestErrorsOfSending: what each answer of the platform makes of a delivery.
func TestErrorsOfSending(t *testing.T) {
	code := func(n int) fake.Weather { return fake.Weather{Code: n} }
	const tries = 4 // how often the outbox runs, each half an hour after the other
	for _, c := range []struct {
		name     string
		window   bool // she wrote just now
		path     string
		weather  []fake.Weather
		state    outbox.DeliveryState
		channel  string // of the last try
		template int    // how often a template message was tried
		custom   int
		accepted int // pushes that the platform took
	}{
		{"all is well by template", false, templatePath, nil, outbox.Sent, "template", 1, 0, 1},
		{"all is well by customer message", true, customPath, nil, outbox.Sent, "customer", 0, 1, 1},
		{"she left (43004): not again, and it waits", false, templatePath, []fake.Weather{code(43004)}, outbox.Deferred, "template", 1, 0, 0},
		{"the window is closed (45015): the template", true, customPath, []fake.Weather{code(45015)}, outbox.Sent, "template", 1, 1, 1},
		{"the quota is used up (45047): the template", true, customPath, []fake.Weather{code(45047)}, outbox.Sent, "template", 1, 1, 1},
		{"the data is wrong (47003): never like this", false, templatePath, []fake.Weather{code(47003)}, outbox.Deferred, "template", 1, 0, 0},
		{"the platform is busy (-1): later", false, templatePath, []fake.Weather{code(-1)}, outbox.Sent, "template", 2, 0, 1},
		{"busy again and again: later and later", false, templatePath, []fake.Weather{code(-1), code(45011), code(-1)}, outbox.Sent, "template", 4, 0, 1},
		{"the day's limit (45009): it waits for the next day", false, templatePath, []fake.Weather{code(45009)}, outbox.Booked, "template", 1, 0, 0},
		{"the token was replaced (40001): once more at once", false, templatePath, []fake.Weather{code(40001)}, outbox.Sent, "template", 2, 0, 1},
		{"accepted, but the answer was lost: again, and taken once", false, templatePath, []fake.Weather{{Lost: true}}, outbox.Sent, "template", 2, 0, 1},
		{"a customer message whose answer was lost is not repeated", true, customPath, []fake.Weather{{Lost: true}}, outbox.Unknown, "customer", 0, 1, 1},
		{"500", false, templatePath, []fake.Weather{{HTTP: 502}}, outbox.Sent, "template", 2, 0, 1},
		{"a code that nobody knows: never like this", false, templatePath, []fake.Weather{code(99999)}, outbox.Deferred, "template", 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.withTemplates()
			if c.window {
				r.says(wang, "帮助")
			}
			r.platform.Fail(c.path, c.weather...)
			d := r.owe("d", "morning", "c:wangguiying", "")
			for range tries {
				r.push()
				r.clock.add(5 * time.Minute)
			}
			got, calls := r.delivery(d), r.platform.Calls()
			if got.State != c.state || got.Channel != c.channel {
				t.Errorf("%s by %q, want %s by %q (code %d, %s)", got.State, got.Channel, c.state, c.channel, got.Code, got.Reason)
			}
			if calls[templatePath] != c.template || calls[customPath] != c.custom {
				t.Errorf("tried %d templates and %d customer messages, want %d and %d", calls[templatePath], calls[customPath], c.template, c.custom)
			}
			pushes := r.platform.Pushes()
			if len(pushes) != c.accepted {
				t.Errorf("the platform took %d, want %d", len(pushes), c.accepted)
			}
			for _, p := range pushes {
				if p.Channel == fake.TemplateSend && p.ClientMsgID != got.ClientMsgID() {
					t.Errorf("sent under %q, want %q each time", p.ClientMsgID, got.ClientMsgID())
				}
			}
		})
	}
}

// TestStoppedChannelIsPassedOver: while the platform stops one channel, all that is due
// goes by the next at once, the same evening; where there is no other it waits.
func TestStoppedChannelIsPassedOver(t *testing.T) {
	const many = 30
	for _, c := range []struct {
		name, path string
		code       int
		template   bool
	}{
		{"customer messages not granted", customPath, 48001, true},
		{"customer messages, the day's limit", customPath, 45009, true},
		{"a notice's template is wrong", noticePath, 40037, true},
		{"customer messages not granted, and no template", customPath, 48001, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			if c.template {
				r.withTemplates()
			}
			if c.path == customPath {
				r.says(wang, "帮助")
				r.update(func(tx *record.Tx) error {
					s, err := dialogstate.Load(tx, wang)
					s.Left = 5
					return errors.Join(err, dialogstate.Put(tx, wang, s))
				})
			} else {
				r.withNotices()
				r.answers(wang, true, 5)
			}
			r.platform.Fail(c.path, slices.Repeat([]fake.Weather{{Code: c.code}}, many)...)
			for i := range many {
				r.owe(strconv.Itoa(i), "morning", "c:wangguiying", "")
			}
			for range 5 {
				r.push()
				r.clock.add(2 * time.Second)
			}
			sent, waits := 0, 0
			for i := range many {
				switch d := r.delivery(strconv.Itoa(i)); {
				case d.State == outbox.Sent && d.Channel == "template":
					sent++
				case d.State == outbox.Booked:
					waits++
				}
			}
			if c.template && sent != many || !c.template && waits < many-8 {
				t.Errorf("of %d %d went by the template, %d wait", many, sent, waits)
			}
			if n := r.platform.Calls()[c.path]; n > 8 {
				t.Errorf("the stopped channel was tried %d times", n)
			}
		})
	}
}

// TestStoppedMessageIsNotCounted: what the platform did not take is not counted
// against the customer messages that she has left.
func TestStoppedMessageIsNotCounted(t *testing.T) {
	r := newRig(t, nil)
	r.says(wang, "帮助")
	left := func() (n int) {
		r.view(func(tx *record.Tx) error {
			s, err := dialogstate.Load(tx, wang)
			n = s.Left
			return err
		})
		return n
	}
	before := left()
	r.platform.Fail(customPath, slices.Repeat([]fake.Weather{{Code: 40001}}, 10)...)
	for _, cause := range []string{"a", "b", "c"} {
		r.owe(cause, "morning", "c:wangguiying", "")
	}
	r.push()
	if d := r.delivery("c"); d.State != outbox.Booked || before == 0 {
		t.Fatalf("%s, %d left", d.State, before)
	}
	if n := left(); n != before {
		t.Errorf("nothing was taken, and of %d messages %d are left", before, n)
	}
}

// TestTokenOnce: a refused token is fetched anew once; refused again, sending
// stops, with one alarm, and what waits is lost by none of it.
func TestTokenOnce(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	first := r.owe("first", "morning", "c:wangguiying", "")
	r.push()
	if n := r.platform.Calls()[tokenPath]; n != 1 {
		t.Fatalf("%d tokens fetched", n)
	}
	r.platform.Invalidate()
	second := r.owe("second", "morning", "c:wangguiying", "")
	r.push()
	if n := r.platform.Calls()[tokenPath]; n != 2 || r.delivery(second).State != outbox.Sent || r.delivery(first).State != outbox.Sent {
		t.Fatalf("%d tokens fetched, %s", n, r.delivery(second).State)
	}
	r.log.lines()
	r.platform.Fail(templatePath, fake.Weather{Code: 40001}, fake.Weather{Code: 40001}, fake.Weather{Code: 40001}, fake.Weather{Code: 40001})
	third, fourth := r.owe("third", "morning", "c:wangguiying", ""), r.owe("fourth", "morning", "c:wangguiying", "")
	r.push()
	if n := r.platform.Calls()[templatePath]; n != 2+1+2 {
		t.Errorf("%d template messages tried, want 5: two for one, none for what waits behind it", n)
	}
	r.log.one(t, "ALARM")
	for range 10 {
		r.clock.add(31 * time.Minute)
		r.push()
	}
	if a, b := r.delivery(third), r.delivery(fourth); a.State != outbox.Sent || b.State != outbox.Sent {
		t.Errorf("mended, but %s and %s", a.State, b.State)
	}
}

// TestOurOwnFault: an error that the platform did not say is no refusal, and the
// template is the one that stood when it was planned.
func TestOurOwnFault(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	d := outbox.Delivery{Cause: "d", Kind: "morning", To: "c:wangguiying", Facts: map[string]string{"count": "2", "day": today.String()}}
	var p outbox.Route
	r.update(func(tx *record.Tx) (err error) {
		if p, err = r.bot.Plan(tx, d, r.clock.Now()); err != nil {
			return err
		}
		return townconfig.PutTemplates(tx, nil)
	})
	api := r.bot.Client.Config.API
	r.bot.Client.Config.API = "://no address"
	if got := r.bot.Send(t.Context(), d, p); got.Outcome != outbox.Retry {
		t.Errorf("the address of the API is wrong: outcome %d, want Retry", got.Outcome)
	}
	r.bot.Client.Config.API = api
	if got := r.bot.Send(t.Context(), d, p); got.Outcome != outbox.Accepted || r.last().TemplateID != "TODO" {
		t.Errorf("the settings changed meanwhile: outcome %d, code %d", got.Outcome, got.Code)
	}
}

// TestMuted: to whom nothing arrives nothing is sent, until she writes.
func TestMuted(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.platform.Fail(templatePath, fake.Weather{Code: 43004})
	r.owe("first", "morning", "c:wangguiying", "")
	r.push()
	second := r.owe("second", "morning", "c:wangguiying", "")
	r.push()
	if n := r.platform.Calls()[templatePath]; n != 1 || r.delivery(second).State != outbox.Deferred {
		t.Fatalf("tried %d times, the second is %s", n, r.delivery(second).State)
	}
	text := r.says(wang, "走访")
	if n := strings.Count(text, "早上好"); n != 2 {
		t.Errorf("%d of 2 pushes head the answer: %q", n, text)
	}
	third := r.owe("third", "morning", "c:wangguiying", "")
	r.push()
	if got := r.delivery(third); got.State != outbox.Sent {
		t.Errorf("after she wrote: %s", got.State)
	}
}

// TestFinish: the platform reports later what became of a template message.
func TestFinish(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	good := r.owe("good", "morning", "c:wangguiying", "")
	r.push()
	if n, err := r.driver.Finish(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if d := r.delivery(good); d.State != outbox.Delivered {
		t.Errorf("reported delivered: %s", d.State)
	}
	r.platform.Block(wang)
	blocked := r.owe("blocked", "morning", "c:wangguiying", "")
	r.push()
	if n, err := r.driver.Finish(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if d := r.delivery(blocked); d.State != outbox.Dropped || !strings.Contains(d.Reason, "user block") {
		t.Errorf("reported blocked: %s %q", d.State, d.Reason)
	}
	after := r.owe("after", "morning", "c:wangguiying", "")
	r.push()
	if d := r.delivery(after); d.State != outbox.Deferred {
		t.Errorf("to whom wants none the next is %s", d.State)
	}
	r.says(wang, "走访")
	then := r.owe("then", "morning", "c:wangguiying", "")
	r.push()
	if d := r.delivery(then); d.State != outbox.Sent {
		t.Errorf("once she wrote again it is %s", d.State)
	}
	a, err := r.driver.Event(wang, "TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID><Status>success</Status>")
	if err != nil || a.Body != "success" {
		t.Errorf("a number that nobody sent: %q, %v", a.Body, err)
	}
}

// quick is a sender whose platform reports before the sending is written down.
type quick struct {
	*bot.Bot
	report func()
}

func (q quick) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	defer q.report()
	return q.Bot.Send(ctx, d, p)
}

// TestFinishEarly: a report that is quicker than we are is not lost.
func TestFinishEarly(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.jobs.Sender = quick{r.bot, func() {
		if n, err := r.driver.Finish(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}}
	d := r.owe("d", "morning", "c:wangguiying", "")
	r.push()
	if got := r.delivery(d); got.State != outbox.Delivered {
		t.Errorf("reported delivered: %s", got.State)
	}
	r.platform.Block(wang)
	d = r.owe("blocked", "morning", "c:wangguiying", "")
	r.push()
	if got := r.delivery(d); got.State != outbox.Dropped || !strings.Contains(got.Reason, "user block") {
		t.Errorf("reported blocked: %s %q", got.State, got.Reason)
	}
}

// TestMenus: staff see their own menu, everybody else the residents'.
func TestMenus(t *testing.T) {
	r := newRig(t, nil)
	for range 2 { // set again at each start
		if _, err := bot.PushMenus(t.Context(), r.bot.Client, bot.Audiences([]person.Staff{{ID: "wgy", OpenID: wang, Roles: []person.Role{person.VillageWorker}}})); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.menu(wang); got != "走访 今日 更多" {
		t.Errorf("staff see %q", got)
	}
	if got := r.menu(mengli); got != "约号 问事 我的" {
		t.Errorf("a resident sees %q", got)
	}
	for range 2 { // taken away again where it was before
		if err := bot.DropMenu(t.Context(), r.bot.Client, wang); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.menu(wang); got != "约号 问事 我的" {
		t.Errorf("who left the office sees %q", got)
	}
}

// menu is what somebody sees at the bottom of the chat.
func (r *rig) menu(openid string) string {
	r.t.Helper()
	var m struct {
		Button []struct{ Name string }
	}
	if err := json.Unmarshal(r.platform.Menu(openid), &m); err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, b := range m.Button {
		names = append(names, b.Name)
	}
	return strings.Join(names, " ")
}

const addMenuPath, dropMenuPath, tagPath = "/cgi-bin/menu/addconditional", "/cgi-bin/menu/delconditional", "/cgi-bin/tags/members/batchtagging"

// TestMenusAreReplaced: what is ours is replaced, new before old goes, and who is no
// staff any more loses it; what is somebody else's stays.
func TestMenusAreReplaced(t *testing.T) {
	r := newRig(t, nil)
	client := r.bot.Client
	push := func(all ...person.Staff) {
		t.Helper()
		if left, err := bot.PushMenus(t.Context(), client, bot.Audiences(all)); err != nil || len(left) != 0 {
			t.Fatalf("%q, %v", left, err)
		}
	}
	ours := func() int {
		t.Helper()
		all, err := client.Menus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	theirs, err := client.CreateTag(t.Context(), "别家")
	if err != nil {
		t.Fatal(err)
	}
	push()
	if _, err := client.AddConditionalMenu(t.Context(), fmt.Appendf(nil, `{"button":[{"type":"click","name":"别家","key":"x"}],"matchrule":{"tag_id":%d}}`, theirs)); err != nil {
		t.Fatal(err)
	}
	worker := person.Staff{ID: "wgy", OpenID: wang, Roles: []person.Role{person.VillageWorker}}
	other := person.Staff{ID: "ml", OpenID: mengli, Roles: []person.Role{person.VillageWorker}}
	for range 3 {
		push(worker, other)
	}
	if n := ours(); n != 2 {
		t.Errorf("%d menus for some, want that of the villages and the other's", n)
	}
	if got := r.menu(mengli); got != "走访 今日 更多" {
		t.Errorf("staff see %q", got)
	}
	other.Left = true
	push(worker, other)
	if got := r.menu(mengli); got != "约号 问事 我的" {
		t.Errorf("who is no staff any more sees %q", got)
	}
	worker.Roles = []person.Role{person.Clinician}
	push(worker)
	if got := r.menu(wang); got == "走访 今日 更多" || got == "约号 问事 我的" || len(r.platform.Tags(wang)) != 1 {
		t.Errorf("with another role: %q, tags %v", got, r.platform.Tags(wang))
	}
	if n := ours(); n != 2 {
		t.Errorf("%d menus for some are left, want that of the clinic and the other's", n)
	}
	r.platform.Fail(dropMenuPath, fake.Weather{Code: -1})
	if _, err := bot.PushMenus(t.Context(), client, bot.Audiences([]person.Staff{worker})); err == nil {
		t.Error("a menu that was not taken away is no error")
	}
	if got := r.menu(wang); got == "约号 问事 我的" {
		t.Error("staff were left without their menu")
	}
	r.platform.Fail(addMenuPath, fake.Weather{Code: 65305})
	push(worker)
	if n := ours(); n != 2 {
		t.Errorf("%d menus for some", n)
	}
}

// TestMenusGoOn: whom the platform does not take is named and left out.
func TestMenusGoOn(t *testing.T) {
	for _, c := range []struct {
		name string
		fail []fake.Weather
	}{
		{"somebody does not follow", nil},
		{"the lot is refused in part", []fake.Weather{{Code: 45171}}},
		{"the tag is said not to be there", []fake.Weather{{Code: 45159}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.platform.Fail(tagPath, c.fail...)
			gone := person.Staff{ID: "a", OpenID: "oGone-1", Roles: []person.Role{person.VillageWorker}}
			worker := person.Staff{ID: "b", OpenID: wang, Roles: []person.Role{person.VillageWorker}}
			clerk := person.Staff{ID: "c", OpenID: mengli, Roles: []person.Role{person.Clerk}}
			left, err := bot.PushMenus(t.Context(), r.bot.Client, bot.Audiences([]person.Staff{gone, worker, clerk}))
			if err != nil || !slices.Equal(left, []string{"oGone-1"}) {
				t.Errorf("%q, %v", left, err)
			}
			if r.menu(wang) == r.menu(mengli) || r.menu(wang) != "走访 今日 更多" || r.menu(mengli) == "约号 问事 我的" {
				t.Errorf("staff see %q and %q", r.menu(wang), r.menu(mengli))
			}
		})
	}
}

// TestUnfit: a notice that does not fit the template mapped to its kind is a
// mistake of ours: it is said once, without the value, the platform is not asked,
// and her next answer has all of it.
func TestUnfit(t *testing.T) {
	for _, c := range []struct {
		name string
		keys map[string]string
		says string
	}{
		{"a number where a time belongs", map[string]string{"event": "thing1", "count": "time2"}, "time2"},
		{"a sentence too long for a name", map[string]string{"remark": "phrase1"}, "phrase1"},
		{"no value where a time belongs", map[string]string{"nothing": "time2"}, "time2"},
		{"a keyword of no known kind", map[string]string{"event": "thought1"}, "thought1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.update(func(tx *record.Tx) error {
				return townconfig.PutTemplates(tx, townconfig.Templates{"morning": {ID: "TODO", Keys: c.keys}})
			})
			for _, cause := range []string{"a", "b"} {
				r.owe(cause, "morning", "c:wangguiying", "")
				r.push()
				if d := r.delivery(cause); d.State != outbox.Deferred {
					t.Errorf("%s is %s %q", cause, d.State, d.Reason)
				}
			}
			if n := r.platform.Calls()[templatePath]; n != 0 {
				t.Errorf("the platform was asked %d times", n)
			}
			if line := r.alarm(); !strings.Contains(line, c.says) || !strings.Contains(line, "kind=morning") || strings.Contains(line, "请回复") {
				t.Errorf("said %q", line)
			}
			if text := r.says(wang, "帮助"); strings.Count(text, "早上好") != 2 {
				t.Errorf("her next answer: %q", text)
			}
		})
	}
}

// TestUnknownCode: a code that is not in our table is an alarm with the platform's
// number of the request; one that is in it is none.
func TestUnknownCode(t *testing.T) {
	r := newRig(t, nil)
	r.withTemplates()
	r.platform.Fail(templatePath, fake.Weather{Code: 99999}, fake.Weather{Code: 99999}, fake.Weather{Code: 47003})
	for _, cause := range []string{"a", "b", "c"} {
		r.owe(cause, "morning", "c:wangguiying", "")
		r.push()
		if d := r.delivery(cause); d.State != outbox.Deferred {
			t.Errorf("%s is %s", cause, d.State)
		}
	}
	if line := r.alarm(); !strings.Contains(line, "rid") || !strings.Contains(line, "99999") {
		t.Errorf("said %q", line)
	}
}

// TestWindowIsNotWhatWeThought: after 45015 and 45047 no customer message is tried
// until she writes.
func TestWindowIsNotWhatWeThought(t *testing.T) {
	for _, code := range []int{45015, 45047} {
		r := newRig(t, nil)
		r.withTemplates()
		r.says(wang, "帮助")
		r.platform.Fail(customPath, fake.Weather{Code: code})
		for _, cause := range []string{"a", "b"} {
			r.owe(cause, "morning", "c:wangguiying", "")
			r.push()
			if d := r.delivery(cause); d.State != outbox.Sent || d.Channel != "template" {
				t.Errorf("%d: %s is %s by %s", code, cause, d.State, d.Channel)
			}
		}
		if n := r.platform.Calls()[customPath]; n != 1 {
			t.Errorf("%d: %d customer messages tried", code, n)
		}
		r.says(wang, "帮助")
		if n := r.left(wang); n != 5 {
			t.Errorf("%d: she wrote, and %d are left", code, n)
		}
	}
}

// alarm is the one line of the log that is an alarm.
func (r *rig) alarm() string {
	r.t.Helper()
	all := slices.DeleteFunc(r.log.lines(), func(l string) bool { return !strings.Contains(l, "ALARM") })
	if len(all) != 1 {
		r.t.Fatalf("%d alarms, want one: %q", len(all), all)
	}
	return all[0]
}
