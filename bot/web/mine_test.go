package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func serveOnce(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestTheCard(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	r.browser().unlock(r.link(xiaoyan, "card", id, "")).wants(200, "没有约着的号")
	a := r.book(xiaoyan, id)
	b := r.browser().open(r.link(xiaoyan, "card", id, "")).post("/p/card/pin", "pin", pin)
	b.wants(200, a.Number, a.Day.Chinese(), a.Day.Lunar().String(), "2位", "<svg", "身份证").without("小燕", "17900000317")
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		_, err := bookings.Cancel(s, a.ID, r.clock())
		return err
	})
	b.get("/p/card").wants(200, "没有约着的号").without(a.Number)
}

func TestPrepareNamesNobody(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	for _, subject := range []string{"", a.ID, a.Service, "nothing"} {
		r.browser().open(r.link(xiaoyan, "prepare", "", subject)).wants(200, "来之前要准备的", "空腹").without("小燕", "17900000317", a.Number, "密码")
	}
}

func TestMineIsCorrectedCopiedAndStopped(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	b.wants(200, "小燕", "17900000317", a.Number, "约号、通知", "还没有人看过", "停掉提醒")
	for _, c := range []struct{ name, phone, wrong string }{
		{"小燕", "1790000317", "少1位"},
		{"小燕", "179000003177", "多1位"},
		{"小燕", "没有", "没看出电话"},
		{"", "17900000317", "称呼写短些"},
		{"小燕12", "17900000317", "称呼写短些"},
		{strings.Repeat("燕", 17), "17900000317", "称呼写短些"},
	} {
		b.get("/p/mine/change").post("/p/mine/change", "name", c.name, "phone", c.phone).wants(http.StatusUnprocessableEntity, c.wrong)
	}
	b.post("/p/mine/change", "name", " 燕 子 ", "phone", "179 0000 0318").wants(200, "改好了", "燕子", "17900000318")
	b.get("/p/mine/copy.txt").wants(200, "燕子", a.Number, "约号、通知")
	if d := b.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") {
		t.Errorf("the copy comes as %q", d)
	}
	b.get("/p/mine/copy.json").wants(200, `"燕子"`, `"17900000318"`, a.Number)
	b.get("/p/mine/copy").wants(200, "<pre>", "燕子")
	b.get("/p/mine").post("/p/mine/stop").wants(200, "停了，从现在起不再给您发任何东西", "接着给我发提醒")
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		one, err := s.Mine(id)
		if err == nil && (!one.NoPush || one.Name != "燕子") {
			t.Errorf("kept: %+v", one)
		}
		return err
	})
	b.post("/p/mine/resume").wants(200, "好，接着给您发", "停掉提醒")
}

func TestAConsentIsTakenBack(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	b.get("/p/mine/withdraw?set=C1").wants(200, "撤回“约号、通知”", a.Day.Chinese(), "也会退掉")
	b.post("/p/mine/withdraw", "set", "C1").wants(200, "撤回了：约号、通知")
	b.get("/p/mine").without("/p/mine/withdraw?set=C1")
	b.get("/p/mine/withdraw?set=C9").wants(http.StatusNotFound)
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		c, err := enrolment.Agreed(s, id, purpose.Booking)
		if err == nil && c.Given() {
			t.Error("it still stands")
		}
		return err
	})
}

func TestMineSaysWhoLooked(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		_, err := bookings.Guest(s, a, id, "called", r.clock())
		return err
	})
	r.wait(time.Minute)
	r.as(zhao, func(_ *record.Tx, s person.Scope) error { return access.ResetPIN(s, id, r.clock()) })
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	b.wants(200, "12月2日 赵文静（镇上）打电话", "12月2日 赵文静（镇上）当面重设密码", "村里没有人看过")
	b.get("/p/mine/looks").wants(200, "赵文静", "村里没有人看过")
}

// TestErasing asks once more, names what goes, and then nothing of hers is seen.
func TestErasing(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	b.get("/p/mine/erase").wants(200, "都删掉？", "要删小燕的", a.Day.Chinese(), "也会退掉", "3年后删", "先不删")
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error { _, err := s.Mine(id); return err })
	b.post("/p/mine/erase").wants(200, "从现在起谁也看不到", "12月17日前清干净")
	b.get("/p/mine").wants(http.StatusGone).without("小燕")
	r.view(func(tx *record.Tx) error {
		who, err := person.Identify(tx, xiaoyan)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, who)
		if err != nil {
			return err
		}
		if _, err := s.Mine(id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("she is still there: %v", err)
		}
		return nil
	})
}

// TestTheFamilyHasAPinEach: one WeChat, two people, and a page left open from one
// of them does nothing to the other.
func TestTheFamilyHasAPinEach(t *testing.T) {
	r := newRig(t)
	one := r.signUp()
	var two string
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		x, err := enrolment.Register(s, "婆婆", "17900000999", "", consent.Consent{Answer: person.Yes}, "signup2", r.clock())
		two = x.ID
		return err
	})
	b := r.browser().unlock(r.link(xiaoyan, "mine", one, ""))
	b.wants(200, "小燕").without("婆婆")
	left := b.get("/p/mine/erase").page
	b.open(r.link(xiaoyan, "mine", two, "")).wants(200, "设4位密码")
	b.post("/p/mine/pin", "pin", "7391", "again", "7391").wants(200, "婆婆")
	b.page = left
	b.post("/p/mine/erase").wants(http.StatusForbidden, "旧了")
	b.get("/p/mine").wants(200, "婆婆")
}

// TestWhatSheAskedForStandsThere with its number, its owner and the day.
func TestWhatSheAskedForStandsThere(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	var asked requests.Request
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) (err error) {
		asked, err = requests.Create(s, requests.Request{Resident: id, Kind: "help", Text: "想找人问问"}, "ask", r.clock())
		return err
	})
	b := r.browser().unlock(r.link(xiaoyan, "mine", id, ""))
	b.wants(200, "编号"+asked.Number+" 找人，等人接，"+asked.Due.Short()+"前")
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		_, err := requests.TakeRequest(s, id, asked.ID, r.clock())
		return err
	})
	b.get("/p/mine").wants(200, "编号"+asked.Number+" 找人，赵文静管，")
	b.get("/p/mine/copy.json").wants(200, "想找人问问")
}
