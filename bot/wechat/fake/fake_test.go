package fake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/bot/wechat"
)

// A world is a platform, a client that calls it over HTTP, and a webhook that
// says everything again.
type world struct {
	*Platform
	client *wechat.Client
	driver *Driver
	mu     sync.Mutex
	now    time.Time
	heard  []wechat.Message
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

var ctx = context.Background()

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	o.Now = w.Now
	o.Config = wechat.Config{AppID: "wx1234567890abcdef", Secret: "VERYSECRET", Token: "AAAAA",
		AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_1"}
	o.Templates = []Template{{"TPL", "预约进度", "事项：{{thing1.DATA}}\n时间：{{time4.DATA}}"}}
	w.Platform = New(o)
	server := httptest.NewServer(w.Platform)
	t.Cleanup(server.Close)
	cfg := o.Config
	cfg.API = server.URL
	w.client = &wechat.Client{Config: cfg, HTTP: server.Client(), Now: w.Now}
	w.driver = &Driver{Platform: w.Platform, Handler: w.webhook(cfg)}
	return w
}

func (w *world) webhook(cfg wechat.Config) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var answer []byte
		var err error
		if r.Method == http.MethodGet {
			var echo string
			echo, err = wechat.Verify(cfg, r.URL.Query(), w.Now())
			answer = []byte(echo)
		} else {
			var m wechat.Message
			if m, err = wechat.Open(cfg, r.URL.Query(), r.Body, w.Now()); err == nil {
				w.mu.Lock()
				w.heard = append(w.heard, m)
				w.mu.Unlock()
				answer, err = wechat.Reply(cfg, m, m.Content, w.Now())
			}
		}
		var refusal *wechat.Refusal
		if errors.As(err, &refusal) {
			rw.WriteHeader(refusal.Status)
			return
		}
		rw.Write(answer)
	})
}

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var e *wechat.Error
	if code == 0 && err != nil || code != 0 && (!errors.As(err, &e) || e.Code != code) {
		t.Errorf("got %v, want code %d", err, code)
	}
}

func wantClass(t *testing.T, err error, class wechat.Class) {
	t.Helper()
	if got := wechat.ClassOf(err); got != class {
		t.Errorf("%v is of class %v, want %v", err, got, class)
	}
}

var booked = wechat.Template{To: "o1", TemplateID: "TPL", ClientMsgID: "c1",
	Data: map[string]string{"thing1": "您约的时间", "time4": "2026年11月24日 08:00"}}

func TestCustomQuota(t *testing.T) {
	for _, test := range []struct {
		name  string
		act   func(d *Driver) (Answer, error)
		most  int
		until time.Duration
	}{
		{"a typed message earns five in 48 hours", func(d *Driver) (Answer, error) { return d.Text("o1", "x") }, 5, 48 * time.Hour},
		{"a voice message too", func(d *Driver) (Answer, error) { return d.Voice("o1") }, 5, 48 * time.Hour},
		{"a tapped option earns three in a minute", func(d *Driver) (Answer, error) { return d.Tap("o1", "1 是", "7") }, 3, time.Minute},
		{"a menu tap too", func(d *Driver) (Answer, error) { return d.Click("o1", "k") }, 3, time.Minute},
		{"following too", func(d *Driver) (Answer, error) { return d.Follow("o1", "") }, 3, time.Minute},
		{"a scan too", func(d *Driver) (Answer, error) { return d.Scan("o1", "s") }, 3, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Options{})
			wantCode(t, w.client.SendText(ctx, "o1", "你好"), 45015)
			if _, err := test.act(w.driver); err != nil {
				t.Fatal(err)
			}
			for i := range test.most {
				if left := w.Quota("o1").Left; left != test.most-i {
					t.Errorf("%d left, want %d", left, test.most-i)
				}
				wantCode(t, w.client.SendText(ctx, "o1", "你好"), 0)
			}
			err := w.client.SendText(ctx, "o1", "你好")
			wantCode(t, err, 45047)
			wantClass(t, err, wechat.Later)
			if _, err := test.act(w.driver); err != nil {
				t.Fatal(err)
			}
			w.wait(test.until - time.Second)
			wantCode(t, w.client.SendText(ctx, "o1", "你好"), 0)
			w.wait(time.Second)
			wantCode(t, w.client.SendText(ctx, "o1", "你好"), 45015)
			if n := len(w.Pushes()); n != test.most+1 {
				t.Errorf("%d pushes", n)
			}
		})
	}
}

func TestCustomChecks(t *testing.T) {
	w := newWorld(t, Options{})
	w.driver.Text("o1", "x")
	wantCode(t, w.client.SendText(ctx, "o1", strings.Repeat("好", 683)), 45002)
	wantCode(t, w.client.SendText(ctx, "o1", " "), 44004)
	w.client.Ping(ctx)
	for _, test := range []struct {
		body string
		code int
	}{
		{`{"touser":"o1","msgtype":"text","text":{"content":"` + strings.Repeat("a", 2049) + `"}}`, 45002},
		{`{"touser":"o1","msgtype":"msgmenu"}`, 40200},
		{`{"touser":"o1","msgtype":"what"}`, 40008},
		{`{"touser":"o1","msgtype":"text"}`, 44004},
		{`{"msgtype":"text"}`, 40003},
		{`{`, 47001},
		{``, 44002},
	} {
		res := httptest.NewRecorder()
		w.ServeHTTP(res, httptest.NewRequest("POST", "/cgi-bin/message/custom/send?access_token=T1", strings.NewReader(test.body)))
		if !strings.Contains(res.Body.String(), fmt.Sprintf(`"errcode":%d,`, test.code)) {
			t.Errorf("%.60s: %s, want %d", test.body, res.Body, test.code)
		}
	}
	wantCode(t, w.client.SendText(ctx, "o1", `<a href="x">\u4f60</a>&`), 0)
	if got := w.Pushes(); len(got) != 1 || got[0].Text != `<a href="x">\u4f60</a>&` || got[0].Channel != Custom || !got[0].At.Equal(w.Now()) {
		t.Errorf("pushes %+v", got)
	}
	w.driver.Unfollow("o1")
	wantCode(t, w.client.SendText(ctx, "o1", "x"), 45015)
}

func TestTemplate(t *testing.T) {
	var told []Push
	w := newWorld(t, Options{OnPush: func(p Push) { told = append(told, p) }})
	_, err := w.client.SendTemplate(ctx, booked)
	wantCode(t, err, 43004)
	wantClass(t, err, wechat.DropUser)
	w.Followed("o1")
	id, err := w.client.SendTemplate(ctx, booked)
	wantCode(t, err, 0)
	if again, err := w.client.SendTemplate(ctx, booked); again != id || err != nil {
		t.Errorf("the same client_msg_id: msgid %d, %v; want %d", again, err, id)
	}
	if len(w.Pushes()) != 1 || len(told) != 1 || !reflect.DeepEqual(told[0].Data, booked.Data) || told[0].MsgID != id {
		t.Errorf("pushes %+v, told %+v", w.Pushes(), told)
	}
	w.wait(10 * time.Minute)
	if other, err := w.client.SendTemplate(ctx, booked); other == id || err != nil {
		t.Errorf("ten minutes later: msgid %d, %v", other, err)
	}
	if n, err := w.driver.Finish(ctx); n != 2 || err != nil {
		t.Fatalf("Finish = %d, %v", n, err)
	}
	if m := w.heard[0]; m.Event != "templatesendjobfinish" || m.TemplateMsgID != id || !m.Delivered() || m.From != "o1" {
		t.Errorf("the event: %+v", m)
	}
	w.Block("o1")
	w.wait(time.Hour)
	w.client.SendTemplate(ctx, booked)
	w.driver.Finish(ctx)
	if m := w.heard[2]; !m.Blocked() {
		t.Errorf("the event: %+v", m)
	}

	wrong := booked
	wrong.TemplateID = "OTHER"
	_, err = w.client.SendTemplate(ctx, wrong)
	wantCode(t, err, 40037)
	wantClass(t, err, wechat.Alarm)
	wrong = booked
	wrong.Data = map[string]string{"thing1": "x"}
	_, err = w.client.SendTemplate(ctx, wrong)
	wantCode(t, err, 47003)
	if !strings.Contains(err.Error(), "time4") {
		t.Errorf("%v does not name the key", err)
	}
	wrong.Data = map[string]string{"thing1": strings.Repeat("密", 21), "time4": "08:00"}
	_, err = w.client.SendTemplate(ctx, wrong)
	wantCode(t, err, 47003)
	if strings.Contains(err.Error(), "密") {
		t.Errorf("%v tells the value", err)
	}
	list, err := w.client.Templates(ctx)
	if err != nil || len(list) != 1 || !slices.Equal(list[0].Keys, []string{"thing1", "time4"}) {
		t.Errorf("Templates = %+v, %v", list, err)
	}
}

func TestNoticeNeedsConsent(t *testing.T) {
	w := newWorld(t, Options{Notices: []Template{{"SUB", "预约提醒", "事项:{{thing1.DATA}}\n时间:{{time4.DATA}}"}}})
	data := map[string]string{"thing1": "x", "time4": "08:00"}
	w.Consent("o1", "SUB", 1)
	wantCode(t, w.client.SendNotice(ctx, "o1", "TPL", data), 40037) // of the other family
	wantCode(t, w.client.SendNotice(ctx, "o1", "SUB", map[string]string{"thing1": "x", "time4": "soon"}), 47003)
	wantCode(t, w.client.SendNotice(ctx, "o1", "SUB", data), 0)
	wantCode(t, w.client.SendNotice(ctx, "o1", "SUB", data), 43101)
	list, err := w.client.NoticeTemplates(ctx)
	if err != nil || len(list) != 1 || list[0].ID != "SUB" || !slices.Equal(list[0].Keys, []string{"thing1", "time4"}) {
		t.Errorf("NoticeTemplates = %+v, %v", list, err)
	}
	w.driver.Subscribe("o1", map[string]bool{"SUB": true})
	wantCode(t, w.client.SendNotice(ctx, "o1", "SUB", data), 0)
	w.driver.Finish(ctx)
	w.mu.Lock()
	heard := w.heard
	w.mu.Unlock()
	if n := len(heard); n < 3 || heard[n-1].Event != "subscribe_msg_sent_event" || heard[n-1].Subscriptions[0].TemplateID != "SUB" {
		t.Errorf("heard %+v", heard)
	}
}

// TestTicketIsSharedAndSigns: many who ask at once cause one call; a page is signed
// over its very address.
func TestTicketIsSharedAndSigns(t *testing.T) {
	w := newWorld(t, Options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if ticket, err := w.client.JSTicket(ctx); err != nil || ticket != Ticket {
				t.Errorf("ticket %q, %v", ticket, err)
			}
		})
	}
	all.Wait()
	const path = "/cgi-bin/ticket/getticket"
	if n := w.Calls()[path]; n != 1 {
		t.Errorf("%d tickets asked for", n)
	}
	w.wait(7300 * time.Second)
	if _, err := w.client.JSTicket(ctx); err != nil || w.Calls()[path] != 2 {
		t.Errorf("after two hours: %v, %d calls", err, w.Calls()[path])
	}
	const page = "https://town.example.cn/p/notice?a=1"
	hash := wechat.JSSignature(Ticket, "n", 1700000000, page+"#here")
	if !w.Signed("wx1234567890abcdef", "n", "1700000000", hash, page) || w.Signed("wx1234567890abcdef", "n", "1700000000", hash, "https://town.example.cn/p/notice") {
		t.Error("the signature is not over the very address")
	}
}

func TestForbiddenWords(t *testing.T) {
	w := newWorld(t, Options{Forbidden: []string{"王桂英"}, Staff: func(id string) bool { return id == "oStaff" }})
	for _, id := range []string{"o1", "oStaff"} {
		w.driver.Text(id, "x")
	}
	wantClass(t, w.client.SendText(ctx, "o1", "明天去医院"), wechat.Unknown)
	wantClass(t, w.client.SendText(ctx, "o1", "王桂英在等"), wechat.Unknown)
	wantClass(t, w.client.SendText(ctx, "oStaff", "王桂英在等"), wechat.Unknown)
	wantCode(t, w.client.SendText(ctx, "oStaff", "3 位居民的随访"), 0)
	template := booked
	template.Data = map[string]string{"thing1": "体检", "time4": "08:00"}
	_, err := w.client.SendTemplate(ctx, template)
	wantClass(t, err, wechat.Unknown)
	if got := w.Violations(); len(got) != 4 || len(w.Pushes()) != 1 || w.Quota("o1").Left != 5 {
		t.Errorf("violations %q, pushes %v", got, w.Pushes())
	}
}

func TestTokenIsRenewedOnce(t *testing.T) {
	w := newWorld(t, Options{})
	var saved []wechat.Token
	w.client.Save = func(_ context.Context, k wechat.Token) { saved = append(saved, k) }
	w.driver.Text("o1", "x")
	wantCode(t, w.client.SendText(ctx, "o1", "1"), 0)
	w.Invalidate()
	wantCode(t, w.client.SendText(ctx, "o1", "2"), 0)
	if n := w.Calls()["/cgi-bin/stable_token"]; n != 2 || len(saved) != 2 || saved[1].Value != "T2" {
		t.Errorf("%d fetches, saved %+v", n, saved)
	}
	w.Fail("/cgi-bin/message/custom/send", Weather{Code: 42001}, Weather{Code: 40014})
	err := w.client.SendText(ctx, "o1", "3")
	wantCode(t, err, 40014)
	wantClass(t, err, wechat.Alarm)
	if n := w.Calls()["/cgi-bin/message/custom/send"]; n != 5 {
		t.Errorf("%d calls, want 5: a refused token is tried once more, not for ever", n)
	}
	w.wait(3 * time.Hour)
	wantCode(t, w.client.SendText(ctx, "o1", "4"), 0)
	again := &wechat.Client{Config: w.client.Config, Now: w.Now, Load: func(context.Context) (wechat.Token, error) { return saved[len(saved)-1], nil }}
	before := w.Calls()["/cgi-bin/stable_token"]
	if err := again.Ping(ctx); err != nil || w.Calls()["/cgi-bin/stable_token"] != before {
		t.Errorf("a stored token is not used: %v", err)
	}
	old := saved[0].Value
	again.Invalidate(old) // not the current one
	if err := again.Ping(ctx); err != nil || w.Calls()["/cgi-bin/stable_token"] != before {
		t.Errorf("invalidating an older token threw the current one away: %v", err)
	}
}

func TestTokenIsFetchedByOneForAll(t *testing.T) {
	w := newWorld(t, Options{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.client.Ping(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.Calls()["/cgi-bin/stable_token"]; n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestTokenIsRenewedByOneForAll(t *testing.T) {
	w := newWorld(t, Options{})
	if err := w.client.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	w.Invalidate()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.client.Ping(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.Calls()["/cgi-bin/stable_token"]; n != 2 {
		t.Errorf("%d fetches, want one more", n)
	}
}

func TestTokenRefusals(t *testing.T) {
	w := newWorld(t, Options{})
	w.client.Config.Secret = "WRONGSECRET"
	for range 3 { // asking again and again may lock the address out
		err := w.client.Ping(ctx)
		wantCode(t, err, 40125)
		wantClass(t, err, wechat.Alarm)
	}
	if n := w.Calls()["/cgi-bin/stable_token"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
	w.wait(2 * time.Minute)
	w.Fail("/cgi-bin/stable_token", Weather{Code: 40001}, Weather{HTTP: 502})
	err := w.client.Ping(ctx)
	wantCode(t, err, 40001)
	wantClass(t, err, wechat.Alarm)
	w.wait(2 * time.Minute)
	wantClass(t, w.client.Ping(ctx), wechat.Backoff) // nothing was sent yet
}

func TestWeather(t *testing.T) {
	const custom = "/cgi-bin/message/custom/send"
	for _, test := range []struct {
		name    string
		weather Weather
		class   wechat.Class
		pushes  int
	}{
		{"busy", Weather{Code: -1}, wechat.Backoff, 0},
		{"an unknown code is not tried again", Weather{Code: 99999}, wechat.Never, 0},
		{"the platform is down", Weather{HTTP: 503}, wechat.Unknown, 0},
		{"somebody else answers", Weather{HTTP: 404}, wechat.Alarm, 0},
		{"a broken connection", Weather{Reset: true}, wechat.Unknown, 0},
		{"a broken connection after it was done", Weather{Lost: true}, wechat.Unknown, 1},
		{"no answer", Weather{Hang: true}, wechat.Unknown, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Options{})
			w.driver.Text("o1", "x")
			w.client.Ping(ctx)
			w.client.Timeout = 50 * time.Millisecond
			if !test.weather.Hang {
				w.client.Timeout = 0
			}
			w.Fail(custom, test.weather)
			err := w.client.SendText(ctx, "o1", "你好")
			wantClass(t, err, test.class)
			for _, secret := range []string{"VERYSECRET", "access_token", "T1", "你好", "o1"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
			if n := len(w.Pushes()); n != test.pushes {
				t.Errorf("%d pushes", n)
			}
			w.client.Timeout = 0
			wantCode(t, w.client.SendText(ctx, "o1", "你好"), 0)
		})
	}
	w := newWorld(t, Options{})
	w.client.Config.API = "http://127.0.0.1:1"
	wantClass(t, w.client.Ping(ctx), wechat.Backoff)
	w = newWorld(t, Options{})
	w.client.Ping(ctx)
	w.FailOften(0.5, func() float64 { return 0.4 }, Weather{Code: -1})
	wantCode(t, w.client.Ping(ctx), -1)
	w.FailOften(0.5, func() float64 { return 0.6 }, Weather{Code: -1})
	wantCode(t, w.client.Ping(ctx), 0)
}

func TestMenus(t *testing.T) {
	w := newWorld(t, Options{})
	const all = `{"button":[{"type":"click","name":"\u5e2e\u52a9","key":"help"}]}`
	const some = `{"button":[{"type":"click","name":"走访","key":"visit"}],"matchrule":{"tag_id":"100"}}`
	_, err := w.client.AddConditionalMenu(ctx, []byte(some))
	wantCode(t, err, 65303)
	wantCode(t, w.client.SetMenu(ctx, []byte(all)), 0) // escapes are written out
	tag, err := w.client.CreateTag(ctx, "cadre")
	if err != nil || tag != 100 {
		t.Fatalf("CreateTag = %d, %v", tag, err)
	}
	if id, err := w.client.AddConditionalMenu(ctx, []byte(some)); id == "" || err != nil {
		t.Errorf("AddConditionalMenu = %q, %v", id, err)
	}
	w.Followed("o1")
	if menu := string(w.Menu("o1")); !strings.Contains(menu, "帮助") {
		t.Errorf("menu %s", menu)
	}
	if _, err := w.client.Tag(ctx, tag, "o1"); err != nil {
		t.Error(err)
	}
	if menu := string(w.Menu("o1")); !strings.Contains(menu, "走访") {
		t.Errorf("menu %s", menu)
	}
	wantCode(t, w.client.DeleteMenu(ctx), 0)
	if w.Menu("o1") != nil {
		t.Error("the menu is still there")
	}
	name := strings.Repeat("好", 6)
	for _, bad := range []string{`{"button":[]}`, `{"button":[{"name":"a","type":"click","key":"k"},{"name":"a","type":"click","key":"k"},{"name":"a","type":"click","key":"k"},{"name":"a","type":"click","key":"k"}]}`,
		`{"button":[{"name":"` + name + `","type":"click","key":"k"}]}`, `{"button":[{"name":"a","type":"click"}]}`, `{"button":[{"name":"a"}]}`} {
		wantClass(t, w.client.SetMenu(ctx, []byte(bad)), wechat.Never)
	}
	if err := w.client.SetMenu(ctx, []byte("{")); err == nil {
		t.Error("a menu that is no JSON was sent")
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t, Options{})
	id, err := w.client.CreateTag(ctx, "cadre")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.client.CreateTag(ctx, "cadre")
	wantCode(t, err, 45157)
	var all []string
	for i := range 120 {
		all = append(all, fmt.Sprint("o", i))
		if i != 119 {
			w.Followed(all[i])
		}
	}
	failed, err := w.client.Tag(ctx, id, all...)
	wantCode(t, err, 40003)
	if !slices.Equal(failed, all[100:]) {
		t.Errorf("failed %v", failed)
	}
	if tags, err := w.client.Tags(ctx); err != nil || len(tags) != 1 || tags[0].Count != 100 {
		t.Errorf("Tags = %v, %v", tags, err)
	}
	if _, err := w.client.Untag(ctx, id, all[:100]...); err != nil || len(w.Tags("o1")) != 0 {
		t.Errorf("Untag: %v, %v", err, w.Tags("o1"))
	}
	_, err = w.client.Tag(ctx, 7, "o1")
	wantCode(t, err, 45159)
}

func TestQR(t *testing.T) {
	w := newWorld(t, Options{})
	ticket, address, err := w.client.CreateQR(ctx, "s1", 72*time.Hour)
	if err != nil || ticket == "" || address == "" || strings.Contains(wechat.QRPicture(ticket), "==") {
		t.Errorf("CreateQR = %q, %q, %v", ticket, address, err)
	}
	_, _, err = w.client.CreateQR(ctx, strings.Repeat("s", 65), time.Hour)
	wantCode(t, err, 40053)
}

func TestDriver(t *testing.T) {
	w := newWorld(t, Options{})
	for _, mode := range []Mode{Safe, Compatible} {
		a, err := w.driver.Text("o1", "你好]]>", As(mode))
		if err != nil || a.Text != "你好]]>" {
			t.Errorf("mode %d: %+v, %v", mode, a, err)
		}
	}
	for _, test := range []struct {
		name   string
		bend   Option
		status int
	}{
		{"in clear", As(Plain), 403},
		{"a wrong signature", Unsigned(), 403},
		{"a stale timestamp", Stale(11 * time.Minute), 403},
		{"no msg_signature", NoMsgSignature(), 403},
		{"another app", OtherApp(), 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(w.heard)
			if a, err := w.driver.Text("o1", "x", test.bend); err != nil || a.Status != test.status || len(w.heard) != before {
				t.Errorf("%+v, %v, want status %d", a, err, test.status)
			}
		})
	}
	if a, err := w.driver.Raw("<xml>"); err != nil || a.Body != "success" {
		t.Errorf("malformed: %+v, %v", a, err)
	}
	if ok, err := w.driver.Verify(); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	if ok, err := w.driver.Verify(Unsigned()); ok || err != nil {
		t.Errorf("Verify with a wrong signature = %v, %v", ok, err)
	}
	w.heard = nil
	answers, err := w.driver.Overlap("o1", "x", 3)
	if err != nil || len(answers) != 3 || len(w.heard) != 3 || w.heard[0].Key() != w.heard[2].Key() {
		t.Errorf("Overlap = %+v, %v", answers, err)
	}
	w.heard = nil
	w.driver.Tap("o1", "1 是", "42")
	w.driver.Image("o1")
	w.driver.Location("o1", 35.5, 117.25, "北庄")
	w.driver.Scan("o1", "s")
	w.driver.Follow("o2", "s")
	w.driver.Event("o1", "VIEW", "<EventKey>"+cdata("https://a/b")+"</EventKey>")
	h := w.heard
	if len(h) != 6 || !h[0].Tapped || h[0].MenuID != 42 || h[1].Type != "image" || h[2].Location.Latitude != 35.5 ||
		h[3].Scene() != "s" || h[4].Scene() != "s" || h[5].EventKey != "https://a/b" {
		t.Errorf("heard %+v", h)
	}
}

func TestDriverOverHTTP(t *testing.T) {
	w := newWorld(t, Options{})
	server := httptest.NewServer(w.driver.Handler)
	defer server.Close()
	d := &Driver{Platform: w.Platform, URL: server.URL + "/wechat"}
	if a, err := d.Text("o1", "你好"); err != nil || a.Text != "你好" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestDriverInClear(t *testing.T) {
	w := newWorld(t, Options{})
	cfg := w.client.Config
	cfg.AESKey = "" // an account in plain mode, also while it moves to safe mode
	d := &Driver{Platform: w.Platform, Handler: w.webhook(cfg)}
	for _, mode := range []Mode{Plain, Compatible} {
		d.Mode = mode
		if a, err := d.Text("o1", "你好"); err != nil || a.Text != "你好" || !strings.HasPrefix(a.Body, "<xml><ToUserName>") {
			t.Errorf("mode %d: %+v, %v", mode, a, err)
		}
		if a, err := d.Text("o1", "x", Unsigned()); err != nil || a.Status != 403 {
			t.Errorf("mode %d, unsigned: %+v, %v", mode, a, err)
		}
	}
}

func TestDriverSeesFaults(t *testing.T) {
	w := newWorld(t, Options{})
	for name, body := range map[string]string{
		"an unencrypted answer in safe mode": "<xml><MsgType>text</MsgType><Content>x</Content></xml>",
		"JSON":                               `{"errcode":0}`,
		"a wrong MsgSignature":               "<xml><Encrypt>x</Encrypt><MsgSignature>y</MsgSignature></xml>",
	} {
		d := &Driver{Platform: w.Platform, Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, body) })}
		if a, err := d.Text("o1", "x"); err == nil {
			t.Errorf("%s: taken as %+v", name, a)
		}
	}
}

// TestLikeTheRealOne: what other clients met, called as they do.
func TestLikeTheRealOne(t *testing.T) {
	w := newWorld(t, Options{})
	w.Followed("o1")
	server := httptest.NewServer(w.Platform)
	defer server.Close()
	call := func(method, path, body string) string {
		t.Helper()
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || len(b) == 0 || b[len(b)-1] == '\n' {
			t.Errorf("%s %s: status %d, %v, %q", method, path, res.StatusCode, err, b)
		}
		return string(b)
	}
	const account = `{"grant_type":"client_credential","appid":"wx1234567890abcdef","secret":"VERYSECRET"`
	wants := func(part, method, path, body string) {
		t.Helper()
		if got := call(method, path, body); !strings.Contains(got, part) {
			t.Errorf("%s %s %s: %s, want %s", method, path, body, got, part)
		}
	}
	wants(`"T1"`, "POST", "/cgi-bin/stable_token", account+"}")
	const as = "?access_token=T1"
	const button = `{"type":"click","name":"a","key":"k"}`
	for _, c := range [][4]string{
		{`"errcode":41001`, "GET", "/cgi-bin/tags/get", ""},
		{`"errcode":40001`, "GET", "/cgi-bin/tags/get?access_token=T7", ""},
		{`"errcode":43002`, "GET", "/cgi-bin/message/custom/send" + as, ""},
		{`"errcode":43001`, "POST", "/cgi-bin/tags/get" + as, "{}"},
		{`"errcode":40003`, "POST", "/cgi-bin/message/custom/send" + as, `{"touser":"nonsense","msgtype":"text","text":{"content":"x"}}`},
		{`"errcode":45015`, "POST", "/cgi-bin/message/custom/send" + as, `{"touser":"o2","msgtype":"text","text":{"content":"x"}}`},
		{`"errcode":46003`, "GET", "/cgi-bin/menu/get" + as, ""},
		{`"is_menu_open":0`, "GET", "/cgi-bin/get_current_selfmenu_info" + as, ""},
		{`"errcode":40016`, "POST", "/cgi-bin/menu/create" + as, `{"button":[` + strings.Repeat(button+",", 3) + button + `]}`},
		{`"errcode":40017`, "POST", "/cgi-bin/menu/create" + as, `{"button":[{"type":"dance","name":"a"}]}`},
		{`"errcode":40055`, "POST", "/cgi-bin/menu/create" + as, `{"button":[{"type":"view","name":"a","url":"a.example"}]}`},
		{`"errcode":0`, "POST", "/cgi-bin/menu/create" + as, `{"button":[` + button + `]}`},
		{`"errcode":65304`, "POST", "/cgi-bin/menu/addconditional" + as, `{"button":[` + button + `],"matchrule":{}}`},
		{`"errcode":65301`, "POST", "/cgi-bin/menu/delconditional" + as, `{"menuid":"7"}`},
		{`"selfmenu_info"`, "GET", "/cgi-bin/get_current_selfmenu_info" + as, ""},
		{`"key":"k"`, "POST", "/cgi-bin/menu/trymatch" + as, `{"user_id":"o1"}`},
		{`"errcode":65309`, "POST", "/cgi-bin/menu/trymatch" + as, `{"user_id":"o2"}`},
		{`"subscribe":1`, "GET", "/cgi-bin/user/info" + as + "&openid=o1", ""},
		{`"subscribe":0`, "GET", "/cgi-bin/user/info" + as + "&openid=o2", ""},
		{`"total":1`, "GET", "/cgi-bin/user/get" + as, ""},
		{`"tagid_list":[]`, "POST", "/cgi-bin/tags/getidlist" + as, `{"openid":"o1"}`},
		{`"errcode":40003`, "POST", "/cgi-bin/tags/getidlist" + as, `{"openid":"o2"}`},
		{`"errcode":45159`, "POST", "/cgi-bin/user/tag/get" + as, `{"tagid":100}`},
		{`"errcode":0`, "POST", "/cgi-bin/clear_quota" + as, `{"appid":"wx1234567890abcdef"}`},
		{`"errcode":40125`, "GET", "/cgi-bin/token?grant_type=client_credential&appid=wx1234567890abcdef&secret=x", ""},
		{`"P1"`, "GET", "/cgi-bin/token?grant_type=client_credential&appid=wx1234567890abcdef&secret=VERYSECRET", ""},
		{`"tags"`, "GET", "/cgi-bin/tags/get?access_token=P1", ""},
		{`"tags"`, "GET", "/cgi-bin/tags/get" + as, ""},
		{`"T2"`, "POST", "/cgi-bin/stable_token", account + `,"force_refresh":true}`},
		{`"errcode":45009`, "POST", "/cgi-bin/stable_token", account + `,"force_refresh":true}`},
		{`"errcode":40001`, "GET", "/cgi-bin/tags/get" + as, ""},
	} {
		wants(c[0], c[1], c[2], c[3])
	}
	if got := call("POST", "/cgi-bin/qrcode/create?access_token=T2", `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"x"}}}`); strings.Contains(got, "expire") {
		t.Errorf("a lasting code: %s", got)
	}
	w.SwitchOff("o1", "TPL")
	_, err := w.client.SendTemplate(ctx, wechat.Template{To: "o1", TemplateID: "TPL", Data: map[string]string{"thing1": "a", "time4": "15:01"}})
	wantCode(t, err, 43101)
}

// TestMenusForSome: they are told with their ids, taken away one by one, and limited.
func TestMenusForSome(t *testing.T) {
	w := newWorld(t, Options{})
	wantCode(t, w.client.SetMenu(ctx, []byte(`{"button":[{"type":"click","name":"a","key":"k"}]}`)), 0)
	some := []byte(`{"button":[{"type":"click","name":"b","key":"k"}],"matchrule":{"tag_id":"100"}}`)
	var ids []string
	for range mostSpecial {
		id, err := w.client.AddConditionalMenu(ctx, some)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	_, err := w.client.AddConditionalMenu(ctx, some)
	wantCode(t, err, 65305)
	wantCode(t, w.client.DropMenu(ctx, ids[0]), 0)
	wantCode(t, w.client.DropMenu(ctx, ids[0]), 65301)
	all, err := w.client.Menus(ctx)
	if err != nil || len(all) != len(ids)-1 || all[0].ID != ids[1] || all[0].Tag != 100 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestTagMembers are those who have a tag.
func TestTagMembers(t *testing.T) {
	w := newWorld(t, Options{})
	id, err := w.client.CreateTag(ctx, "cadre")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []string{"o1", "o2", "o3"} {
		w.Followed(o)
	}
	if all, err := w.client.TagMembers(ctx, id); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := w.client.Tag(ctx, id, "o1", "o3"); err != nil {
		t.Fatal(err)
	}
	if all, err := w.client.TagMembers(ctx, id); err != nil || !slices.Equal(all, []string{"o1", "o3"}) {
		t.Errorf("%v, %v", all, err)
	}
}

// TestTokenOfTheServerInFront: it is asked for by a signed call, and asked again when
// the platform refuses it; the platform's own token is left alone.
func TestTokenOfTheServerInFront(t *testing.T) {
	w := newWorld(t, Options{})
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if asked++; q.Get("of") != "town" || sign("AAAAA", q.Get("timestamp"), q.Get("nonce")) != q.Get("signature") {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		token := map[bool]string{true: "old", false: "P1"}[asked == 1]
		fmt.Fprintf(rw, `{"access_token":%q,"expires_in":7200}`, token)
	}))
	defer front.Close()
	res, err := http.Get(w.client.Config.API + "/cgi-bin/token?grant_type=client_credential&appid=wx1234567890abcdef&secret=VERYSECRET")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	w.client.Config.Secret, w.client.Config.TokenURL = "", front.URL+"/token?of=town"
	if err := w.client.Config.Check(); err != nil {
		t.Error(err)
	}
	if err := w.client.Ping(ctx); err != nil || asked != 2 || w.Calls()["/cgi-bin/stable_token"] != 0 {
		t.Errorf("%v, asked %d times, the platform %d times", err, asked, w.Calls()["/cgi-bin/stable_token"])
	}
	w.client.Config.TokenURL = front.URL + "/token"
	w.client.Invalidate("P1")
	if err := w.client.Ping(ctx); wechat.ClassOf(err) != wechat.Alarm || strings.Contains(err.Error(), "signature") {
		t.Errorf("refused by the server in front: %v", err)
	}
}

// TestErrorsNameNobody: what the platform says of a user is not repeated.
func TestErrorsNameNobody(t *testing.T) {
	w := newWorld(t, Options{})
	const openid = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"
	w.Fail("/cgi-bin/message/custom/send", Weather{Code: 45015, Msg: "response out of time limit [" + openid + "], not sent"})
	err := w.client.SendText(ctx, openid, "x")
	wantCode(t, err, 45015)
	if text := err.Error(); strings.Contains(text, openid) || !strings.Contains(text, "out of time limit") || !strings.Contains(text, "rid") {
		t.Errorf("%q", text)
	}
}

// TestNoRedirect: a call is not sent on to where somebody else points, with its token.
func TestNoRedirect(t *testing.T) {
	w := newWorld(t, Options{})
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, other.URL+r.URL.String(), http.StatusTemporaryRedirect)
	}))
	defer front.Close()
	cfg := w.client.Config
	cfg.API = front.URL
	err := (&wechat.Client{Config: cfg, Now: w.Now}).Ping(ctx)
	if wechat.ClassOf(err) != wechat.Alarm || elsewhere != 0 {
		t.Errorf("%v, %d calls elsewhere", err, elsewhere)
	}
}
