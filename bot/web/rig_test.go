package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/bot/web"
	"xintiexin/bot/web/session"
	"xintiexin/flows"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

var (
	today   = calendar.Date(2026, 12, 2) // a Wednesday
	morning = today.At(10, 20)

	zhao    = seed.OpenID("demo", "zhaowenjing")
	qian    = seed.OpenID("demo", "qianlixin")
	wang    = seed.OpenID("demo", "wangguiying")
	xiaoyan = "oPages_xiaoyan_000000000000"
)

// rig is the pages over a real store with the cast of the demo.
type rig struct {
	t      *testing.T
	pages  *session.Pages
	store  *record.Store
	server *httptest.Server
	log    *journal
	file   string
	close  func() error

	mu  sync.Mutex
	now time.Time
}

type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, now: morning, log: &journal{}, file: filepath.Join(t.TempDir(), "x.db")}
	r.open()
	if _, err := seed.Demo(t.Context(), r.store, today, morning); err != nil {
		t.Fatal(err)
	}
	if err := site.Start(t.Context(), r.store, site.Builtin(), morning); err != nil {
		t.Fatal(err)
	}
	r.serve()
	t.Cleanup(func() {
		r.server.Close()
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) open() {
	r.t.Helper()
	engine, err := bolt.Open(r.file, bolt.Options{NoSync: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.close = engine.Close
	if r.store, err = storage.Open(r.t.Context(), kvtest.Twice(engine), nil); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) serve() {
	talk, err := flows.New()
	if err != nil {
		r.t.Fatal(err)
	}
	r.pages = &session.Pages{Talk: talk, Store: r.store, Now: r.clock, Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Dir: r.t.TempDir(), Importing: &sync.Mutex{},
		QR: func(_ context.Context, scene string, _ time.Duration) (string, error) {
			return "http://weixin.qq.com/q/" + scene, nil
		}}
	r.server = httptest.NewServer(web.Handler(r.pages))
}

// restart closes the store and the pages and opens them anew.
func (r *rig) restart() {
	r.t.Helper()
	r.server.Close()
	if err := r.close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
	r.serve()
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) wait(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) update(fn func(*record.Tx) error) {
	r.t.Helper()
	if err := r.store.Update(context.Background(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) view(fn func(*record.Tx) error) {
	r.t.Helper()
	if err := r.store.View(context.Background(), fn); err != nil {
		r.t.Fatal(err)
	}
}

// as runs a transaction as a WeChat.
func (r *rig) as(openid string, fn func(*record.Tx, person.Scope) error) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		who, err := person.Identify(tx, openid)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, who)
		if err != nil {
			return err
		}
		return fn(tx, s)
	})
}

var causes int

// link is the path of a new link, as the chat sends it.
func (r *rig) link(openid, kind, resident, subject string) (path string) {
	r.t.Helper()
	causes++
	cause := fmt.Sprint("cause", causes)
	r.as(openid, func(_ *record.Tx, s person.Scope) error {
		token, err := access.NewLink(s, kind, resident, subject, cause, r.clock())
		path = session.Prefix + token
		return err
	})
	return path
}

// signUp makes 小燕 one of the bot's own, from her own WeChat.
func (r *rig) signUp() (id string) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error { return person.PutAccount(tx, person.Account{OpenID: xiaoyan, Followed: 1}) })
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		one, err := enrolment.Register(s, "小燕", "17900000317", "", consent.Consent{Answer: person.Yes, Version: "1"}, "signup", r.clock())
		id = one.ID
		return err
	})
	return id
}

// book gives somebody two seats on the first slot from a week on.
func (r *rig) book(openid, resident string) (a bookings.Appointment) {
	r.t.Helper()
	r.as(openid, func(tx *record.Tx, s person.Scope) error {
		data, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		service := data.Services[0].ID
		slots, err := bookings.Slots(tx, service, today+7, today+60, r.clock())
		if err != nil {
			return err
		}
		if len(slots) == 0 {
			return fmt.Errorf("no slot of %s", service)
		}
		a, err = bookings.Book(s, bookings.Appointment{Service: service, Resident: resident, Seats: 2, Day: slots[0].Day, Time: slots[0].Time}, "book", r.clock())
		return err
	})
	return a
}

// browser is one phone's browser.
type browser struct {
	*rig
	client *http.Client
	page   string // the last page
	status int
	header http.Header
	at     string // its path
}

func (r *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &browser{rig: r, client: &http.Client{Jar: jar}}
}

func (b *browser) do(req *http.Request) *browser {
	b.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page, b.status, b.header, b.at = string(body), res.StatusCode, res.Header, res.Request.URL.RequestURI()
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.server.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

var markInput = regexp.MustCompile(`name="mark" value="([0-9a-f]+)"`)

// mark is that of the last page.
func (b *browser) mark() string {
	m := markInput.FindStringSubmatch(b.page)
	if m == nil {
		return ""
	}
	return m[1]
}

// post posts fields ("name", "value", …) with the last page's mark.
func (b *browser) post(path string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{"mark": {b.mark()}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, b.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

// upload posts a file beside fields.
func (b *browser) upload(path, name string, data []byte, fields ...string) *browser {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i, f := range append([]string{"mark", b.mark()}, fields...) {
		if i%2 == 1 {
			continue
		}
		w.WriteField(f, append([]string{"mark", b.mark()}, fields...)[i+1])
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		b.t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	req, err := http.NewRequest(http.MethodPost, b.server.URL+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

// wants fails unless the last answer has a status and says each part.
func (b *browser) wants(status int, parts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s: status %d, want %d\n%s", b.at, b.status, status, b.page)
	}
	for _, p := range parts {
		if !strings.Contains(b.page, p) {
			b.t.Fatalf("%s does not say %q:\n%s", b.at, p, b.page)
		}
	}
	return b
}

// without fails if the last page says any part.
func (b *browser) without(parts ...string) *browser {
	b.t.Helper()
	for _, p := range parts {
		if strings.Contains(b.page, p) {
			b.t.Fatalf("%s says %q:\n%s", b.at, p, b.page)
		}
	}
	return b
}

// open presses the button of a link.
func (b *browser) open(link string) *browser {
	b.t.Helper()
	return b.get(link).wants(200, "打开").post(link)
}

const pin = "2580"

// unlock opens a link and sets the PIN, or gives it.
func (b *browser) unlock(link string) *browser {
	b.t.Helper()
	b.open(link).wants(200)
	kind := strings.TrimPrefix(b.at, session.Prefix)
	return b.post("/p/"+kind+"/pin", "pin", pin, "again", pin).wants(200)
}
