package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
)

var templates = []fake.Template{{
	ID: "T1", Title: "预约进度通知",
	Content: "事项：{{thing1.DATA}}\n时间:{{time2.DATA}}\n备注： {{thing3.DATA}}",
}}

// client is how the bot calls the platform.
func (w *town) client(t *testing.T) *wechat.Client {
	t.Helper()
	api := httptest.NewServer(w.Platform)
	t.Cleanup(api.Close)
	cfg := w.bot.cfg
	cfg.API = api.URL
	return &wechat.Client{Config: cfg, Now: w.clock.Now}
}

const menuJSON = `{"button":[{"type":"click","name":"走访","key":"visit"},
	{"name":"更多","sub_button":[{"type":"click","name":"返乡","key":"return"},{"type":"view","name":"说明","url":"https://example.org/"}]}]}`

func TestACustomerMessageArrivesAndTheMeterFalls(t *testing.T) {
	w := newTown(t)
	bot := w.client(t)
	w.look(t, "", 0) // the page is opened: the platform learns who follows
	var e *wechat.Error
	if err := bot.SendText(t.Context(), cadre, "早上好"); !errors.As(err, &e) || e.Code != 45015 {
		t.Errorf("outside the window: %v", err)
	}
	if q := w.look(t, cadre, 0).Quota; q.Open || q.Left != 0 {
		t.Errorf("before a word the meter shows %+v", q)
	}
	w.do(t, "text", input{Who: cadre, Text: "在"})
	if q := w.look(t, cadre, 0).Quota; !q.Open || q.Left != 5 || q.Limit != 5 || q.Until != w.clock.Now().Add(48*time.Hour).UnixMilli() {
		t.Errorf("after a word the meter shows %+v", q)
	}
	w.do(t, "read", input{Who: cadre})
	if err := bot.SendText(t.Context(), cadre, "早上好。\n"+wechat.Tap("今日", "今日", 5)); err != nil {
		t.Fatal(err)
	}
	v := w.look(t, cadre, 0)
	if v.Quota.Left != 4 || v.Personas[0].Unread != 1 || v.Personas[0].Last != "早上好。" {
		t.Errorf("the meter shows %+v, the list %+v", v.Quota, v.Personas[0])
	}
	got := v.Messages[len(v.Messages)-1]
	if want := []part{{Text: "早上好。\n"}, {Text: "今日", Content: "今日", ID: "5"}}; got.Out || !reflect.DeepEqual(got.Parts, want) {
		t.Errorf("the phone shows %+v", got)
	}
	if len(v.Pushes) != 1 || v.Pushes[0].Name != "王桂英" || v.Pushes[0].Channel != "客服消息" || !v.Pushes[0].OK || v.Pushes[0].Text != "早上好。\n今日" {
		t.Errorf("the log shows %+v", v.Pushes)
	}
}

func TestATemplateMessageIsANotice(t *testing.T) {
	w := newTown(t)
	w.look(t, "", 0) // the page is opened: the platform learns who follows
	_, err := w.client(t).SendTemplate(t.Context(), wechat.Template{
		To: resident, TemplateID: "T1", URL: "https://example.org/a", ClientMsgID: "c1",
		Data: map[string]string{"thing1": "您约的时间快到了", "time2": "2027年1月29日 08:30", "thing3": "回复 来 或 改期"},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := w.look(t, resident, 0)
	m := v.Messages[len(v.Messages)-1]
	want := []row{{"事项", "您约的时间快到了"}, {"时间", "2027年1月29日 08:30"}, {"备注", "回复 来 或 改期"}}
	if m.Who != resident || m.Kind != kindTemplate || m.Title != "预约进度通知" || m.Href != "https://example.org/a" || !reflect.DeepEqual(m.Rows, want) {
		t.Errorf("the phone shows %+v", m)
	}
	if last := v.Personas[1].Last; last != "[服务通知] 预约进度通知" {
		t.Errorf("the list shows %q", last)
	}
	if len(v.Pushes) != 1 || v.Pushes[0].Channel != "模板消息" {
		t.Errorf("the log shows %+v", v.Pushes)
	}
}

func TestACardHasTheRowsThatItsTemplateNames(t *testing.T) {
	content := "{{first.DATA}}\n 事项：{{thing1.DATA}}\n时间: {{ time2.DATA }}\r\n编号{{character_string3.DATA}}\n请在系统中处理"
	title, rows := card(fake.Template{Title: "待办", Content: content}, map[string]string{"thing1": "甲", "time2": "乙", "thing9": "丙", "first": "丁"})
	if want := []row{{"事项", "甲"}, {"时间", "乙"}, {"编号", ""}}; title != "待办" || !reflect.DeepEqual(rows, want) {
		t.Errorf("got %q %+v", title, rows)
	}
}

func TestTheBotLearnsHowATemplateMessageFared(t *testing.T) {
	w := newTown(t)
	bot := w.client(t)
	var msgid int64
	w.clock.due = func(ctx context.Context, _ time.Time) (err error) { // a job sends while the clock moves
		msgid, err = bot.SendTemplate(ctx, wechat.Template{To: resident, TemplateID: "T1",
			Data: map[string]string{"thing1": "甲", "time2": "08:30", "thing3": "乙"}})
		return err
	}
	w.look(t, "", 0)
	w.do(t, "clock", input{To: "day"})
	if n := len(w.bot.heard); n != 1 || w.bot.heard[0].Event != "templatesendjobfinish" || w.bot.heard[0].TemplateMsgID != msgid || !w.bot.heard[0].Delivered() {
		t.Errorf("the bot heard %+v", w.bot.heard)
	}
}

func TestAWordThatNoPushMayHoldIsRefusedInTheLog(t *testing.T) {
	w := newTown(t)
	w.do(t, "text", input{Who: resident, Text: "在"})
	if err := w.client(t).SendText(t.Context(), resident, "请来体检"); err == nil {
		t.Error("it was sent")
	}
	for range 2 { // looking twice does not log it twice
		v := w.look(t, resident, 0)
		if len(v.Pushes) != 1 || v.Pushes[0].OK || v.Pushes[0].Result != "拒发" || strings.Contains(v.Pushes[0].Text, resident) {
			t.Errorf("the log shows %+v", v.Pushes)
		}
	}
}

func TestTheMenuIsThePlatforms(t *testing.T) {
	w := newTown(t)
	if v := w.look(t, cadre, 0); len(v.Menu) != 0 {
		t.Errorf("without a menu: %+v", v.Menu)
	}
	if err := w.client(t).SetMenu(t.Context(), []byte(menuJSON)); err != nil {
		t.Fatal(err)
	}
	v := w.look(t, cadre, 0)
	if len(v.Menu) != 2 || v.Menu[0].Key != "visit" || len(v.Menu[1].Sub) != 2 || v.Menu[1].Sub[1].URL == "" {
		t.Errorf("the menu is %+v", v.Menu)
	}
	if v := w.look(t, stranger, 0); len(v.Menu) != 0 {
		t.Errorf("a stranger sees %+v", v.Menu)
	}
	w.do(t, "menu", input{Who: cadre, Type: "click", Key: "visit"})
	if m := w.bot.last(t); m.Event != "click" || m.EventKey != "visit" || m.From != cadre {
		t.Errorf("the bot heard %+v", m)
	}
	if q := w.look(t, cadre, 0).Quota; q.Left != 3 || q.Limit != 3 {
		t.Errorf("after a menu's button the meter shows %+v", q)
	}
	equal(t, w.chat(t, cadre), "< 事件 click visit")
	w.do(t, "menu", input{Who: cadre, Type: "view", Key: "https://example.org/"})
	if m := w.bot.last(t); m.Event != "view" || m.EventKey != "https://example.org/" {
		t.Errorf("the bot heard %+v", m)
	}
	equal(t, w.chat(t, cadre), "< 事件 click visit") // a page was opened, and nothing is said to that
	if status, _ := w.post(t, "menu", input{Who: cadre, Type: "location_select", Key: "x"}); status != http.StatusBadRequest {
		t.Errorf("a button that the simulator does not know: %d", status)
	}
}
