package simulator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
)

// town is a simulator over a bot that says what it heard.
type town struct {
	*Simulator
	server *httptest.Server
	clock  *clock
	bot    *echo
}

// clock stands until it is moved. Its jobs are a note of how it was moved.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	moved []time.Time
	due   func(context.Context, time.Time) error
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(ctx context.Context, to time.Time) error {
	c.mu.Lock()
	c.now, c.moved = to, append(c.moved, to)
	c.mu.Unlock()
	if c.due == nil {
		return nil
	}
	return c.due(ctx, to)
}

// echo is a bot as small as can be: it opens what is posted as the real one
// does, remembers it, and answers with say.
type echo struct {
	cfg   wechat.Config
	clock *clock
	say   func(wechat.Message) string

	mu    sync.Mutex
	heard []wechat.Message
	bare  int // posts that were not signed and encrypted
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, err := wechat.Open(e.cfg, r.URL.Query(), r.Body, e.clock.Now())
	if err != nil {
		e.mu.Lock()
		e.bare++
		e.mu.Unlock()
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	e.mu.Lock()
	e.heard = append(e.heard, m)
	e.mu.Unlock()
	answer, err := wechat.Reply(e.cfg, m, e.say(m), e.clock.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(answer)
}

// last is what the bot heard last, events of the platform itself left out.
func (e *echo) last(t *testing.T) wechat.Message {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := len(e.heard) - 1; i >= 0; i-- {
		if e.heard[i].Event != "templatesendjobfinish" {
			return e.heard[i]
		}
	}
	t.Fatal("the bot heard nothing")
	return wechat.Message{}
}

// repeat answers with what was heard, and offers two options.
func repeat(m wechat.Message) string {
	switch {
	case m.Event != "":
		return "事件 " + m.Event + " " + m.EventKey
	case m.Tapped:
		return fmt.Sprintf("您点了 %s，%d", wechat.Escape(m.Content), m.MenuID)
	case m.Type != "text":
		return "收到 " + m.Type
	}
	return "您说 " + wechat.Escape(m.Content) + "\n" + wechat.Tap("1 行", "1 行", 4711) + "\n" + wechat.Tap("2 不行", "2 不行", 4711)
}

const (
	cadre    = "oCadre0000000000000000000001"
	resident = "oResident00000000000000000002"
	stranger = "oStranger00000000000000000003"
)

func newTown(t *testing.T) *town {
	t.Helper()
	cfg := wechat.Config{
		AppID: "wx1234567890abcdef", Secret: "s3cret", Token: "AAAAA", Account: "gh_0123456789ab",
		AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	c := &clock{now: calendar.Date(2026, 12, 2).At(10, 20)}
	bot := &echo{cfg: cfg, clock: c, say: repeat}
	s := &Simulator{
		Webhook: bot, Clock: c, Account: "样庄心贴心",
		Posters: []Poster{{Name: "甲村的码", Scene: "village-1"}},
		Personas: func(context.Context) ([]Persona, error) {
			return []Persona{
				{OpenID: cadre, Name: "王桂英", Role: "村干部", Village: "甲村", Note: "记走访", Follows: true},
				{OpenID: resident, Name: "刘小燕", Role: "居民", Village: "甲村", Follows: true},
				{OpenID: stranger, Name: "新来的人", Note: "还没关注"},
			}, nil
		},
	}
	s.Templates = templates
	s.Platform = fake.New(fake.Options{Config: cfg, Now: c.Now, OnPush: s.Pushed, Templates: templates})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(s.Close) // before the server, which waits for its streams
	return &town{Simulator: s, server: server, clock: c, bot: bot}
}

// post does an act as the page does it and returns the status and any words.
func (w *town) post(t *testing.T, act string, in input) (int, string) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Post(w.server.URL+"/simulator/api/"+act, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got struct{ Error string }
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, got.Error
}

// do is post for an act that must succeed.
func (w *town) do(t *testing.T, act string, in input) {
	t.Helper()
	if status, words := w.post(t, act, in); status != http.StatusOK {
		t.Fatalf("%s: %d %s", act, status, words)
	}
}

// look asks for the state as the page of who does.
func (w *town) look(t *testing.T, who string, since int64) view {
	t.Helper()
	q := url.Values{"who": {who}, "run": {w.run}, "since": {fmt.Sprint(since)}}
	r, err := http.Get(w.server.URL + "/simulator/api/state?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var v view
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// chat is what who's phone shows, a line a message.
func (w *town) chat(t *testing.T, who string) []string {
	t.Helper()
	var lines []string
	for _, m := range w.look(t, who, 0).Messages {
		if m.Who != who {
			continue
		}
		mark := "< "
		if m.Out {
			mark = "> "
		} else if m.Kind == kindSystem {
			mark = "# "
		}
		lines = append(lines, mark+words(m.Parts))
	}
	return lines
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func TestWhatIsTypedReachesTheBotAndIsAnswered(t *testing.T) {
	w := newTown(t)
	w.do(t, "text", input{Who: cadre, Text: " 走访 王桂英 "})
	m := w.bot.last(t)
	if m.From != cadre || m.To != w.bot.cfg.Account || m.Content != "走访 王桂英" || m.Tapped || m.MsgID == "" || !m.At.Equal(w.clock.Now()) {
		t.Errorf("the bot heard %+v", m)
	}
	equal(t, w.chat(t, cadre), "> 走访 王桂英", "< 您说 走访 王桂英\n1 行\n2 不行")
	equal(t, w.chat(t, resident))
	if w.bot.bare != 0 {
		t.Error("a post was not signed and encrypted")
	}
}

func TestATapSendsItsWordsWithItsID(t *testing.T) {
	w := newTown(t)
	w.do(t, "text", input{Who: cadre, Text: "问"})
	var option part
	for _, m := range w.look(t, cadre, 0).Messages {
		for _, p := range m.Parts {
			if p.Text == "2 不行" {
				option = p
			}
		}
	}
	for range 2 { // an old option can be tapped again
		w.do(t, "tap", input{Who: cadre, Text: option.Content, ID: option.ID})
		if m := w.bot.last(t); !m.Tapped || m.MenuID != 4711 || m.Content != "2 不行" {
			t.Errorf("the bot heard %+v", m)
		}
	}
	equal(t, w.chat(t, cadre)[2:], "> 2 不行", "< 您点了 2 不行，4711", "> 2 不行", "< 您点了 2 不行，4711")
}

func TestWhatIsNotTextReachesTheBotAsWhatItIs(t *testing.T) {
	w := newTown(t)
	for _, tt := range []struct{ kind, heard, list string }{
		{"voice", "voice", "[语音]"}, {"image", "image", "[图片]"}, {"location", "location", "[位置]"}, {"sticker", "text", "[表情]"},
	} {
		w.bot.say = func(wechat.Message) string { return "" }
		w.do(t, "send", input{Who: resident, Kind: tt.kind, Text: "中"})
		if m := w.bot.last(t); m.Type != tt.heard || m.From != resident {
			t.Errorf("%s: the bot heard %+v", tt.kind, m)
		}
		if last := w.look(t, "", 0).Personas[1].Last; last != tt.list {
			t.Errorf("%s: the list shows %q", tt.kind, last)
		}
	}
	if status, _ := w.post(t, "send", input{Who: resident, Kind: "money"}); status != http.StatusBadRequest {
		t.Errorf("money: %d", status)
	}
}

func TestFollowingScanningAndLeaving(t *testing.T) {
	w := newTown(t)
	if status, words := w.post(t, "text", input{Who: stranger, Text: "你好"}); status != http.StatusConflict || words == "" {
		t.Errorf("a stranger could write: %d %s", status, words)
	}
	w.do(t, "scan", input{Who: stranger, Text: "village-1"})
	if m := w.bot.last(t); m.Event != "subscribe" || m.Scene() != "village-1" || m.From != stranger {
		t.Errorf("the bot heard %+v", m)
	}
	w.do(t, "scan", input{Who: stranger, Text: "bind 1"})
	if m := w.bot.last(t); m.Event != "scan" || m.Scene() != "bind 1" {
		t.Errorf("the bot heard %+v", m)
	}
	w.do(t, "unfollow", input{Who: stranger})
	if m := w.bot.last(t); m.Event != "unsubscribe" {
		t.Errorf("the bot heard %+v", m)
	}
	w.do(t, "follow", input{Who: stranger})
	if m := w.bot.last(t); m.Event != "subscribe" || m.Scene() != "" {
		t.Errorf("the bot heard %+v", m)
	}
	heard := len(w.bot.heard)
	w.do(t, "follow", input{Who: stranger})
	if len(w.bot.heard) != heard {
		t.Error("one who follows followed once more")
	}
	equal(t, w.chat(t, stranger),
		"# 你已关注样庄心贴心", "< 事件 subscribe qrscene_village-1",
		"# 你扫了一个码", "< 事件 scan bind 1",
		"# 你不再关注样庄心贴心", // its answer is not heard
		"# 你已关注样庄心贴心", "< 事件 subscribe ")
}

func TestNobodyElseCanAct(t *testing.T) {
	w := newTown(t)
	for _, act := range []string{"text", "tap", "send", "menu", "follow", "unfollow", "scan", "read"} {
		if status, _ := w.post(t, act, input{Who: "oNobody", Text: "x", Kind: "voice"}); status != http.StatusNotFound {
			t.Errorf("%s: %d", act, status)
		}
	}
	if len(w.bot.heard) != 0 {
		t.Errorf("the bot heard %+v", w.bot.heard)
	}
}

func TestMarkupStaysWords(t *testing.T) {
	w := newTown(t)
	nasty := `<script>alert(1)</script><img src=x onerror="alert(2)"><a href="javascript:alert(3)">点</a>`
	w.bot.say = func(wechat.Message) string { return nasty }
	w.do(t, "text", input{Who: cadre, Text: nasty})
	for _, m := range w.look(t, cadre, 0).Messages {
		if len(m.Parts) != 1 || m.Parts[0] != (part{Text: nasty}) {
			t.Errorf("got %+v", m.Parts)
		}
	}
}

func TestABotThatFailsShowsWeChatsNotice(t *testing.T) {
	w := newTown(t)
	w.Webhook = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "broken", http.StatusInternalServerError)
	})
	w.do(t, "text", input{Who: cadre, Text: "在吗"})
	equal(t, w.chat(t, cadre), "> 在吗", "# 该公众号提供的服务出现故障，请稍后再试")
}

func TestAFailureInsideIsNotShownToThePage(t *testing.T) {
	w := newTown(t)
	w.Personas = func(context.Context) ([]Persona, error) { return nil, errors.New("disk on fire") }
	if status, words := w.post(t, "text", input{Who: cadre, Text: "在"}); status != http.StatusInternalServerError || words != "系统忙，请稍后再试。" {
		t.Errorf("%d %s", status, words)
	}
}

func TestUnreadIsCountedAndReset(t *testing.T) {
	w := newTown(t)
	w.do(t, "text", input{Who: cadre, Text: "一"})
	w.do(t, "text", input{Who: cadre, Text: "二"})
	unread := func() int { return w.look(t, "", 0).Personas[0].Unread }
	if got := unread(); got != 2 {
		t.Errorf("%d unread", got)
	}
	w.do(t, "read", input{Who: cadre})
	if got := unread(); got != 0 {
		t.Errorf("%d unread after reading", got)
	}
}

func TestThePageGetsOnlyWhatIsNew(t *testing.T) {
	w := newTown(t)
	w.do(t, "text", input{Who: cadre, Text: "一"})
	first := w.look(t, cadre, 0)
	w.run = first.Run
	if again := w.look(t, cadre, first.Seq); len(again.Messages) != 0 || again.Run != first.Run {
		t.Errorf("got %+v once more", again.Messages)
	}
	w.do(t, "text", input{Who: resident, Text: "二"})
	if next := w.look(t, cadre, first.Seq); len(next.Messages) != 2 || next.Messages[0].Who != resident {
		t.Errorf("got %+v", next.Messages)
	}
	w.run = "another life"
	q := url.Values{"run": {"an earlier life"}, "since": {"99"}}
	r, err := http.Get(w.server.URL + "/simulator/api/state?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var v view
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if len(v.Messages) != 4 || v.Since != 0 {
		t.Errorf("after a restart the page got %d of 4 messages", len(v.Messages))
	}
}

func TestAPhoneRemembersOnlySoMuch(t *testing.T) {
	w := newTown(t)
	w.bot.say = func(wechat.Message) string { return "" }
	for i := range kept + 10 {
		w.do(t, "text", input{Who: cadre, Text: fmt.Sprint(i)})
	}
	chat := w.chat(t, cadre)
	if len(chat) != kept || chat[0] != "> 10" || chat[kept-1] != fmt.Sprint("> ", kept+9) {
		t.Errorf("%d messages, %q … %q", len(chat), chat[0], chat[len(chat)-1])
	}
}

func TestTheClockMoves(t *testing.T) {
	w := newTown(t)
	w.do(t, "clock", input{To: "morning"})
	if want := calendar.Date(2026, 12, 3).At(7, 30); len(w.clock.moved) != 1 || !w.clock.moved[0].Equal(want) {
		t.Errorf("moved to %v", w.clock.moved)
	}
	if v := w.look(t, "", 0); v.Now != w.clock.Now().UnixMilli() || v.Moving {
		t.Errorf("the page shows %d, %v", v.Now, v.Moving)
	}
	if status, _ := w.post(t, "clock", input{To: "yesterday"}); status != http.StatusBadRequest {
		t.Errorf("yesterday: %d", status)
	}
	w.clock.due = func(context.Context, time.Time) error { // while it moves
		if v := w.look(t, "", 0); !v.Moving {
			t.Error("the page does not show that the clock moves")
		}
		if status, _ := w.post(t, "clock", input{To: "day"}); status != http.StatusConflict {
			t.Errorf("a second move at once: %d", status)
		}
		return fmt.Errorf("a job failed")
	}
	if status, words := w.post(t, "clock", input{To: "hour"}); status != http.StatusInternalServerError || strings.Contains(words, "job") {
		t.Errorf("a failing job: %d %s", status, words)
	}
	if w.look(t, "", 0).Moving {
		t.Error("after a failing job the clock is stuck")
	}
}

// stream reads events until the stream ends.
func (w *town) stream(t *testing.T) (events chan string) {
	t.Helper()
	r, err := http.Get(w.server.URL + "/simulator/api/events")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	events = make(chan string)
	go func() {
		defer close(events)
		defer r.Body.Close()
		for lines := bufio.NewScanner(r.Body); lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				events <- name
			}
		}
	}()
	return events
}

func TestThePageIsToldOfChanges(t *testing.T) {
	w := newTown(t)
	events := w.stream(t)
	if e := <-events; e != "changed" {
		t.Errorf("at first: %q", e)
	}
	w.do(t, "text", input{Who: cadre, Text: "在吗"})
	if e := <-events; e != "changed" {
		t.Errorf("after a message: %q", e)
	}
	w.Close()
	for range events { // what was under way
	}
	w.Close() // does nothing
	r, err := http.Get(w.server.URL + "/simulator/api/events")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a stream after Close: %d", r.StatusCode)
	}
}

func TestAServerShutsDownWithAStreamOpen(t *testing.T) {
	w := newTown(t)
	w.server.Config.RegisterOnShutdown(w.Close)
	events := w.stream(t)
	<-events
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.server.Config.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	for range events {
	}
}

func TestAServersWriteLimitCutsNeitherStreamsNorMoves(t *testing.T) {
	w := newTown(t)
	w.server = httptest.NewUnstartedServer(w.Handler())
	w.server.Config.WriteTimeout = 1 // past before a handler begins
	w.server.Start()
	defer w.server.Close()
	defer w.Close()
	events := w.stream(t)
	<-events
	w.do(t, "clock", input{To: "week"})
	if _, open := <-events; !open {
		t.Error("the stream ended")
	}
}

func TestAPageThatLeavesIsForgotten(t *testing.T) {
	w := newTown(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/simulator/api/events", nil)
	cancel()
	w.Handler().ServeHTTP(httptest.NewRecorder(), r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.watchers) != 0 {
		t.Error("it is still watched for")
	}
}

func TestThePageIsASimulatorAndTakesNothingFromOutside(t *testing.T) {
	w := newTown(t)
	for path, want := range map[string]string{"": "模拟器 · 虚构人物", "app.js": "EventSource", "style.css": "--green"} {
		r, err := http.Get(w.server.URL + "/simulator/" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%q: %d, %v", path, r.StatusCode, err)
		}
		if strings.Contains(string(body), "://") {
			t.Errorf("%q names an address outside", path)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") {
			t.Errorf("%q: policy %q", path, csp)
		}
	}
}

func TestAnotherSiteCannotAct(t *testing.T) {
	w := newTown(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/simulator/api/text",
		strings.NewReader(`{"who":"`+cadre+`","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || len(w.bot.heard) != 0 {
		t.Errorf("%d, the bot heard %+v", answer.StatusCode, w.bot.heard)
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	w := newTown(t)
	for name, body := range map[string]string{
		"not JSON":  "text=x",
		"too long":  `{"who":"` + cadre + `","text":"` + strings.Repeat("长", longest+1) + `"}`,
		"too large": `{"who":"` + strings.Repeat("x", 70<<10) + `"}`,
		"no words":  `{"who":"` + cadre + `","text":" \n "}`,
	} {
		r, err := http.Post(w.server.URL+"/simulator/api/text", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if len(w.bot.heard) != 0 {
		t.Errorf("the bot heard %+v", w.bot.heard)
	}
}
