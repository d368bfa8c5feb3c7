package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/bot/web"
	"xintiexin/bot/web/session"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestALinkOpensOnce: looking at it uses nothing up, pressing the button does, and
// whoever comes later is told what to send.
func TestALinkOpensOnce(t *testing.T) {
	r := newRig(t)
	link := r.link(xiaoyan, "card", r.signUp(), "")
	for range 3 { // a preview, a scanner, she herself
		r.browser().get(link).wants(200, "打开").without("小燕", "17900000317")
	}
	head, _ := http.NewRequest(http.MethodHead, r.server.URL+link, nil)
	r.browser().do(head)
	hers := r.browser().open(link)
	hers.wants(200, "设4位密码")
	if hers.at != "/p/card" {
		t.Errorf("the page stands at %s", hers.at)
	}
	hers.get(link).wants(200, "设4位密码") // she taps the link in the chat again
	other := r.browser()
	other.get(link).wants(http.StatusGone, "用过了", "发：卡")
	other.post(link).wants(http.StatusGone, "用过了")
	other.get("/p/card").wants(http.StatusGone, "关上了", "发：卡")
	other.get(session.Prefix+strings.Repeat("0", 32)).wants(http.StatusNotFound, "没有这个链接")
}

func TestALinkIsOverAfterTenMinutes(t *testing.T) {
	r := newRig(t)
	link := r.link(xiaoyan, "mine", r.signUp(), "")
	r.wait(10*time.Minute - time.Second)
	r.browser().get(link).wants(200, "打开")
	r.wait(time.Second)
	r.browser().get(link).wants(http.StatusGone, "我的资料")
	r.browser().post(link).wants(http.StatusGone)
}

// TestADoorShutsByItself: ten minutes after the last thing done, not after the
// first.
func TestADoorShutsByItself(t *testing.T) {
	r := newRig(t)
	b := r.browser().unlock(r.link(xiaoyan, "mine", r.signUp(), ""))
	for range 2 {
		r.wait(9 * time.Minute)
		b.get("/p/mine").wants(200, "小燕")
	}
	r.wait(10 * time.Minute)
	b.get("/p/mine").wants(http.StatusGone, "关上了").without("小燕")
}

// TestADoorHasAnEnd: whatever is done behind it, after half an hour, the office's
// after twelve.
func TestADoorHasAnEnd(t *testing.T) {
	r := newRig(t)
	b := r.browser().unlock(r.link(xiaoyan, "mine", r.signUp(), ""))
	for range 3 {
		r.wait(9 * time.Minute)
		b.get("/p/mine").wants(200, "小燕")
	}
	r.wait(3*time.Minute - time.Second)
	b.get("/p/mine").wants(200, "小燕")
	r.wait(time.Second)
	b.get("/p/mine").wants(http.StatusGone, "关上了").without("小燕")
	office := r.browser().open(r.link(zhao, "office", "", ""))
	for range 28 {
		r.wait(25 * time.Minute)
		office.get("/p/office").wants(200, "赵文静")
	}
	r.wait(20*time.Minute - time.Second)
	office.get("/p/office").wants(200, "赵文静")
	r.wait(time.Second)
	office.get("/p/office").wants(http.StatusGone).without("赵文静")
}

// TestTheOfficeStaysOpenAsTheSiteSays: the page closes after office_minutes, and the
// words around it say so.
func TestTheOfficeStaysOpenAsTheSiteSays(t *testing.T) {
	r := newRig(t)
	town := site.Builtin()
	town.Limits["office_minutes"] = 45
	if err := r.store.Update(t.Context(), func(tx *record.Tx) error { return storage.PutSite(tx, town, "", r.clock()) }); err != nil {
		t.Fatal(err)
	}
	link := r.link(zhao, "office", "", "")
	r.browser().get(link).wants(200, "打开后能用45分钟，45分钟没动就关上")
	b := r.browser().open(link).wants(200, "45分钟没动就关上")
	r.wait(45*time.Minute - time.Second)
	b.get("/p/office").wants(200, "赵文静")
	r.wait(45 * time.Minute)
	b.get("/p/office").wants(http.StatusGone).without("赵文静")
}

func TestClosingShutsTheDoor(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	kept := b.client.Jar
	b.post("/p/mine/close").wants(200, "关好了")
	b.client.Jar = kept // whatever a browser keeps of it
	b.get("/p/mine").wants(http.StatusGone).without("小燕")
}

// TestThePinLocks: five wrong ones lock it for half an hour, also over a restart,
// and the right one is no help meanwhile.
func TestThePinLocks(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	b := r.browser().open(r.link(xiaoyan, "card", id, ""))
	b.post("/p/card/pin", "pin", "12").wants(http.StatusForbidden, "4位数字")
	b.post("/p/card/pin", "pin", "2580", "again", "2589").wants(http.StatusForbidden, "两遍不一样")
	b.post("/p/card/pin", "pin", "1234", "again", "1234").wants(http.StatusForbidden, "太好猜")
	b.post("/p/card/pin", "pin", "0317", "again", "0317").wants(http.StatusForbidden, "太好猜")
	b.post("/p/card/pin", "pin", "２５８０", "again", "2580").wants(200, "免费服务卡")

	b = r.browser().open(r.link(xiaoyan, "card", id, ""))
	b.wants(200, "输密码").get("/p/card").without("没有约着")
	for left := 4; left > 0; left-- {
		b.post("/p/card/pin", "pin", "9999").wants(http.StatusForbidden, "还能试", string(rune('0'+left))+"次")
	}
	b.post("/p/card/pin", "pin", "9999").wants(http.StatusForbidden, "锁住了，到10:50再试", "窗口当面重设")
	r.restart()
	b = r.browser().open(r.link(xiaoyan, "mine", id, ""))
	b.wants(200, "锁住了，到10:50")
	if b.mark() == "" {
		t.Fatal("no mark")
	}
	b.post("/p/mine/pin", "pin", pin).wants(http.StatusForbidden, "锁住了").without("小燕")
	r.wait(29 * time.Minute)
	b = r.browser().open(r.link(xiaoyan, "mine", id, ""))
	b.post("/p/mine/pin", "pin", pin).wants(http.StatusForbidden, "锁住了")
	r.wait(time.Minute)
	b.get("/p/mine").post("/p/mine/pin", "pin", pin).wants(200, "小燕")
}

// TestARightPinWithoutEnd: it is counted too, and stopped; others, of the same address,
// give theirs meanwhile.
func TestARightPinWithoutEnd(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	stopped := false
	for range 30 {
		b.get("/p/mine").post("/p/mine/pin", "pin", pin)
		stopped = stopped || b.status == http.StatusTooManyRequests
	}
	if !stopped {
		t.Error("the right PIN was given 30 times over")
	}
	var other string
	r.as("oPages_other_0000000000000000", func(_ *record.Tx, s person.Scope) error {
		she, err := enrolment.Register(s, "大红", "17900000555", "", consent.Consent{Answer: person.Yes, Version: "test"}, "other", r.clock())
		other = she.ID
		return err
	})
	r.browser().unlock(r.link("oPages_other_0000000000000000", "mine", other, "")).wants(200, "大红")
	r.wait(10 * time.Minute)
	r.browser().open(r.link(xiaoyan, "mine", id, "later")).post("/p/mine/pin", "pin", pin).wants(200, "小燕")
}

// TestPinsAtOnce: of many wrong ones given at the same time no more are tried than
// lock it.
func TestPinsAtOnce(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	doors := make([]*browser, 12)
	for i := range doors {
		doors[i] = r.browser().open(r.link(xiaoyan, "mine", id, "at once"+strconv.Itoa(i))).get("/p/mine")
	}
	var all sync.WaitGroup
	for _, b := range doors {
		all.Go(func() { b.post("/p/mine/pin", "pin", "9753") })
	}
	all.Wait()
	for _, b := range doors {
		if b.status != http.StatusTooManyRequests && b.status != http.StatusForbidden {
			t.Errorf("a wrong PIN is answered %d", b.status)
		}
	}
	var left int
	r.view(func(tx *record.Tx) error {
		s, err := access.PINOf(tx, id, r.clock())
		left = s.Left
		return err
	})
	if left == 5 {
		t.Error("none was counted")
	}
}

// TestAnotherBrowsersCookie: a door's cookie without the PIN's, or the PIN's of
// another door, shows nothing.
func TestAnotherBrowsersCookie(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	hers := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	other := r.browser().open(r.link(xiaoyan, "mine", id, "x"))
	cookies := hers.client.Jar.Cookies(mustURL(t, r.server.URL+"/p/mine"))
	var door, unlocked *http.Cookie
	for _, c := range cookies {
		if strings.HasSuffix(c.Name, "-pin") {
			unlocked = c
		} else {
			door = c
		}
	}
	req := func(cs ...*http.Cookie) *http.Request {
		q, _ := http.NewRequest(http.MethodGet, r.server.URL+"/p/mine", nil)
		for _, c := range cs {
			q.AddCookie(c)
		}
		return q
	}
	r.browser().do(req(door)).wants(200, "输密码").without("小燕")
	r.browser().do(req(door, unlocked)).wants(200, "小燕")
	r.browser().do(req(unlocked)).wants(http.StatusGone)
	wrong := *door
	wrong.Value = "0" + wrong.Value
	r.browser().do(req(&wrong, unlocked)).wants(http.StatusGone).without("小燕")
	other.client.Jar.SetCookies(mustURL(t, r.server.URL+"/p/mine"), []*http.Cookie{{Name: unlocked.Name, Value: unlocked.Value, Path: session.Prefix}})
	other.get("/p/mine").wants(200, "输密码").without("小燕")
	// A door of one page is none of another.
	moved := *door
	moved.Name = "xtx-office"
	q, _ := http.NewRequest(http.MethodGet, r.server.URL+"/p/office", nil)
	q.AddCookie(&moved)
	r.browser().do(q).wants(http.StatusGone)
}

// TestNothingComesFromElsewhere: other sites' forms, and pages left over from
// another door, do nothing.
func TestNothingComesFromElsewhere(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	link := r.link(xiaoyan, "mine", id, "")
	b := r.browser()
	for _, h := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
		{"Origin": {"https://elsewhere.example"}},
	} {
		req, _ := http.NewRequest(http.MethodPost, r.server.URL+link, nil)
		req.Header = h
		b.do(req).wants(http.StatusForbidden, "不是从本页点的")
	}
	b.unlock(link)
	old := b.mark()
	b.unlockAgain(r.link(xiaoyan, "mine", id, "y"))
	b.page = `name="mark" value="` + old + `"`
	b.post("/p/mine/erase").wants(http.StatusForbidden, "旧了")
	b.page = ""
	b.post("/p/mine/stop").wants(http.StatusForbidden, "旧了")
	b.get("/p/mine").wants(200, "小燕", "停掉提醒")
	// An older phone's browser, told to send no referrer, says "null" and no more.
	req, _ := http.NewRequest(http.MethodPost, r.server.URL+r.link(xiaoyan, "mine", id, "z"), nil)
	req.Header.Set("Origin", "null")
	r.browser().do(req).wants(200, "输密码")
}

func (b *browser) unlockAgain(link string) *browser {
	b.t.Helper()
	return b.open(link).post("/p/mine/pin", "pin", pin).wants(200)
}

// TestNothingLeaks: no token in what is logged or goes on, nothing kept, nothing
// fetched from elsewhere.
func TestNothingLeaks(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	link := r.link(xiaoyan, "mine", id, "")
	b := r.browser()
	check := func() {
		t.Helper()
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if got := b.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", b.at, name, got)
			}
		}
		if csp := b.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", b.at, csp)
		}
		for _, bad := range []string{"<script", "http://", "https://", " style=", "onclick"} {
			if strings.Contains(b.page, bad) {
				t.Errorf("%s holds %q", b.at, bad)
			}
		}
		if title := b.page[strings.Index(b.page, "<title>")+7 : strings.Index(b.page, "</title>")]; title != "心贴心" {
			t.Errorf("%s: title %q", b.at, title)
		}
	}
	b.get(link)
	check()
	b.unlock(link)
	check()
	for _, path := range []string{"/p/mine/looks", "/p/mine/change", "/p/mine/copy", "/p/mine/withdraw?set=C1", "/p/mine/erase"} {
		b.get(path).wants(200)
		check()
	}
	for _, c := range b.client.Jar.Cookies(mustURL(t, r.server.URL+"/p/mine")) {
		if strings.Contains(c.Value, strings.TrimPrefix(link, session.Prefix)) {
			t.Error("the link's token stands in a cookie")
		}
	}
	if text := r.log.String(); strings.Contains(text, strings.TrimPrefix(link, session.Prefix)) || strings.Contains(text, "小燕") {
		t.Errorf("the log tells: %s", text)
	}
	secure := &session.Pages{Store: r.store, Now: r.clock, Log: r.pages.Log, Base: "https://pages.example"}
	w := serveOnce(web.Handler(secure), http.MethodPost, r.link(xiaoyan, "mine", id, "s"))
	c := w.Result().Cookies()[0]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("cookie %v", c)
	}
}

// TestAMachineThatGuesses is stopped; what it asks for stays to be opened by whom
// it was sent to.
func TestAMachineThatGuesses(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	for range 60 {
		b.get("/p/" + strings.Repeat("a", 32)).wants(http.StatusNotFound)
	}
	b.get("/p/"+strings.Repeat("a", 32)).wants(http.StatusTooManyRequests, "先停10分钟")
	id := r.signUp()
	b.get(r.link(xiaoyan, "mine", id, "")).wants(200, "打开")
	r.browser().unlock(r.link(xiaoyan, "mine", id, "")).wants(200, "小燕") // from the same address
	r.wait(10 * time.Minute)
	b.get("/p/" + strings.Repeat("a", 32)).wants(http.StatusNotFound)
}

// TestWhatIsNotHersAnyMore: who let go of somebody, or is let go, sees nothing
// through a door that is still open.
func TestWhatIsNotHersAnyMore(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	r.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, xiaoyan, r.clock()) })
	b.get("/p/mine")
	if b.status == 200 {
		t.Fatalf("she still sees:\n%s", b.page)
	}
	b.without("小燕")
}

func TestTooLargeAForm(t *testing.T) {
	r := newRig(t)
	b := r.browser().unlock(r.link(xiaoyan, "mine", r.signUp(), ""))
	b.post("/p/mine/change", "name", strings.Repeat("燕", 100_000), "phone", "1").wants(http.StatusRequestEntityTooLarge, "太大")
}
