package bot_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/flows"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

var (
	today   = calendar.Date(2026, 12, 2) // a Wednesday
	morning = today.At(10, 20)

	wang   = seed.OpenID("demo", "wangguiying") // a cadre of 甲村, bound
	mengli = seed.OpenID("demo", "mengli")      // a resident who agreed
)

var account = wechat.Config{
	AppID: "wxtest0123456789ab", Secret: "s3cr3t-of-the-account", Token: "t0kenOfTheHook",
	AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_0123456789ab",
}

// rig is a whole bot over a real store with the cast of the demo, and a
// platform whose users the driver plays.
type rig struct {
	t        *testing.T
	bot      *bot.Bot
	engine   kv.Store // without what a test wrapped around it
	store    *record.Store
	platform *fake.Platform
	driver   *fake.Driver
	clock    *clock
	log      *journal
	jobs     *scheduler.Scheduler
}

// newRig wraps the engine, so that a test may put its own bad days between the
// bot and the file, and runs every Update twice.
func newRig(t *testing.T, wrap func(kv.Store) kv.Store) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{now: morning}, log: &journal{}}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	r.engine = engine
	plain, err := storage.Open(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Demo(t.Context(), plain, today, morning); err != nil {
		t.Fatal(err)
	}
	var wrapped kv.Store = engine
	if wrap != nil {
		wrapped = wrap(engine)
	}
	if r.store, err = storage.Open(t.Context(), kvtest.Twice(wrapped), nil); err != nil {
		t.Fatal(err)
	}
	r.platform = fake.New(fake.Options{Config: account, Now: r.clock.Now, Templates: templates, Notices: accepted,
		Staff: func(openid string) bool { return openid == wang }})
	r.platform.Followed(wang)
	r.platform.Followed(mengli)
	api := httptest.NewServer(r.platform)
	cfg := account
	cfg.API = api.URL
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.bot = &bot.Bot{Config: cfg, Client: &wechat.Client{Config: cfg, Now: r.clock.Now}, Store: r.store, Talk: talk, Now: r.clock.Now, Log: log}
	r.driver = &fake.Driver{Platform: r.platform, Handler: r.bot}
	r.jobs = &scheduler.Scheduler{Store: r.store, Sender: r.bot, Log: log}
	t.Cleanup(func() {
		r.bot.Wait()
		api.Close()
		engine.Close()
		if v := r.platform.Violations(); len(v) > 0 {
			t.Errorf("pushes that nobody should send: %q", v)
		}
	})
	return r
}

// reborn is the program started anew over the same store.
func (r *rig) reborn() {
	r.t.Helper()
	old := r.bot
	r.bot = &bot.Bot{Config: old.Config, Client: &wechat.Client{Config: old.Config, Now: r.clock.Now}, Store: r.store, Talk: old.Talk, Now: r.clock.Now, Log: old.Log}
	if err := r.bot.LoadStops(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	r.driver.Handler = r.bot
	r.jobs = &scheduler.Scheduler{Store: r.store, Sender: r.bot, Log: old.Log}
}

var templates = []fake.Template{{ID: "TODO", Title: "待办事项通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"}}

// accepted are its templates of subscription notices.
var accepted = []fake.Template{{ID: "SUB", Title: "待办提醒", Content: "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}\n备注:{{thing3.DATA}}"}}

// withNotices sets up the account's subscription notices.
func (r *rig) withNotices() {
	keys := map[string]string{"event": "thing1", "time": "time2", "remark": "thing3"}
	r.update(func(tx *record.Tx) error {
		return outbox.PutSubscriptionTemplates(tx, townconfig.Templates{"morning": {ID: "SUB", Keys: keys}})
	})
}

// withTemplates sets up the account's notice templates.
func (r *rig) withTemplates() {
	keys := map[string]string{"event": "thing1", "time": "time2", "remark": "thing3"}
	r.update(func(tx *record.Tx) error {
		return townconfig.PutTemplates(tx, townconfig.Templates{"morning": {ID: "TODO", Keys: keys}, "visit_eve": {ID: "TODO", Keys: keys}})
	})
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

// says sends words and returns the answer.
func (r *rig) says(openid, words string) string {
	r.t.Helper()
	a, err := r.driver.Text(openid, words)
	if err != nil || a.Status != 200 {
		r.t.Fatalf("%q: status %d, %v", words, a.Status, err)
	}
	return a.Text
}

// wants sends words and fails when the answer does not hold part.
func (r *rig) wants(openid, words, part string) string {
	r.t.Helper()
	text := r.says(openid, words)
	if !strings.Contains(text, part) {
		r.t.Fatalf("%q was answered %q, which has no %q", words, text, part)
	}
	return text
}

// asCadre is what 王桂英 may see.
func asCadre(tx *record.Tx) (person.Scope, error) {
	p, err := person.Identify(tx, wang)
	if err != nil {
		return person.Scope{}, err
	}
	return person.ScopeOf(tx, p)
}

// find returns the one resident of 甲村 with that name.
func (r *rig) find(name string) (found person.Resident) {
	r.t.Helper()
	r.view(func(tx *record.Tx) error {
		s, err := asCadre(tx)
		if err != nil {
			return err
		}
		hits, err := s.FindResidents(person.Query{Name: name}, 9)
		if err != nil {
			return err
		}
		if len(hits) != 1 {
			return fmt.Errorf("%d are called %s", len(hits), name)
		}
		found = hits[0].Resident
		return nil
	})
	return found
}

// visits counts the visits to a resident that are kept.
func (r *rig) visits(resident string) (n int) {
	r.t.Helper()
	r.view(func(tx *record.Tx) error {
		s, err := asCadre(tx)
		if err != nil {
			return err
		}
		all, err := visits.List(s, resident, 1000)
		n = len(all)
		return err
	})
	return n
}

// digest is a hash of all that is kept.
func (r *rig) digest() string {
	r.t.Helper()
	h := sha256.New()
	err := r.engine.View(context.Background(), func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%d %s %d %s", len(p.Key), p.Key, len(p.Value), p.Value)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// clock stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// journal keeps what is logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

// lines returns what was logged since it was last called.
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := strings.TrimSuffix(j.b.String(), "\n")
	j.b.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// one fails unless exactly one line was logged, and that it holds part.
func (j *journal) one(t *testing.T, part string) {
	t.Helper()
	if l := j.lines(); len(l) != 1 || !strings.Contains(l[0], part) {
		t.Errorf("logged %q, want one line with %q", l, part)
	}
}

// wrapped is a store whose transactions a test can disturb.
type wrapped struct {
	kv.Store
	before func()                 // each Update, if not nil
	put    func(key []byte) error // each Put, if not nil; may panic
	get    func(key []byte) error // each Get
}

func (w *wrapped) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if w.before != nil {
		w.before()
	}
	return w.Store.Update(ctx, func(tx kv.Tx) error { return fn(&wrappedTx{tx, w}) })
}

type wrappedTx struct {
	kv.Tx
	w *wrapped
}

func (t *wrappedTx) Put(key, value []byte) error {
	if t.w.put != nil {
		if err := t.w.put(key); err != nil {
			return err
		}
	}
	return t.Tx.Put(key, value)
}

func (t *wrappedTx) Get(key []byte) ([]byte, error) {
	if t.w.get != nil {
		if err := t.w.get(key); err != nil {
			return nil, err
		}
	}
	return t.Tx.Get(key)
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("XINTIEXIN_BENCH_CHILD"); dir != "" {
		firstAnswer(dir)
		return
	}
	os.Exit(m.Run())
}
