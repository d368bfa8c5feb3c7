package scheduler_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"runtime"
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
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

const (
	customPath   = "/cgi-bin/message/custom/send"
	templatePath = "/cgi-bin/message/template/send"
	tokenPath    = "/cgi-bin/stable_token"
)

var (
	wednesday = calendar.Date(2026, 12, 2)

	wang   = seed.OpenID("demo", "wangguiying") // a cadre who wants the morning list; four things wait for her
	sun    = seed.OpenID("demo", "sunyumei")    // a cadre who was not asked
	mengli = seed.OpenID("demo", "mengli")      // a resident who agreed
)

var account = wechat.Config{
	AppID: "wxtest0123456789ab", Secret: "s3cr3t-of-the-account", Token: "t0kenOfTheHook",
	AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_0123456789ab",
}

var templates = []fake.Template{
	{ID: "TODO", Title: "待办事项通知", Content: "事项：{{thing1.DATA}}\n时间：{{date2.DATA}}\n备注：{{thing3.DATA}}"},
	{ID: "OTHER", Title: "预约进度通知", Content: "事项：{{thing1.DATA}}\n时间：{{date2.DATA}}\n备注：{{thing3.DATA}}"},
}

// accepted are the account's templates of subscription notices.
var accepted = []fake.Template{{ID: "SUB", Title: "待办提醒", Content: "事项:{{thing1.DATA}}\n时间:{{date2.DATA}}\n备注:{{thing3.DATA}}"}}

// rig is the real bot as sender, over a real store that runs every Update
// twice, a platform, and a clock that stands until it is moved.
type rig struct {
	t        *testing.T
	engine   *disturbed
	store    *record.Store
	platform *fake.Platform
	driver   *fake.Driver
	bot      *bot.Bot
	clock    *clock
	log      *journal
	jobs     *scheduler.Scheduler
}

// newRig is the demo's town in the morning of a day, with the bot started then.
func newRig(t *testing.T, now time.Time) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{now: now}, log: &journal{}}
	file, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	r.engine = &disturbed{Store: file}
	plain, err := storage.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Demo(t.Context(), plain, calendar.DayOf(now), now); err != nil {
		t.Fatal(err)
	}
	if r.store, err = storage.Open(t.Context(), kvtest.Twice(r.engine), nil); err != nil {
		t.Fatal(err)
	}
	r.platform = fake.New(fake.Options{Config: account, Now: r.clock.Now, Templates: templates, Notices: accepted,
		Forbidden: []string{"高霞", "周桂兰", "孟丽", "吕芬"}, Staff: func(openid string) bool { return openid == wang }})
	for _, openid := range []string{wang, sun, mengli} {
		r.platform.Followed(openid)
	}
	api := httptest.NewServer(r.platform)
	cfg := account
	cfg.API = api.URL
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	r.bot = &bot.Bot{Config: cfg, Client: &wechat.Client{Config: cfg, Now: r.clock.Now}, Store: r.store, Talk: talk, Now: r.clock.Now, Log: log}
	r.driver = &fake.Driver{Platform: r.platform, Handler: r.bot}
	r.start(r.bot)
	t.Cleanup(func() {
		r.bot.Wait()
		api.Close()
		file.Close()
		if v := r.platform.Violations(); len(v) > 0 {
			t.Errorf("pushes that nobody should send: %q", v)
		}
	})
	return r
}

// start is the program's start: a new scheduler over the store as it is.
func (r *rig) start(sender scheduler.Sender) {
	r.t.Helper()
	holidays, err := calendar.ParseHolidays(calendar.BaseHolidays, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.jobs = &scheduler.Scheduler{Store: r.store, Sender: sender, Jobs: scheduler.Jobs(), Holidays: holidays, Log: r.bot.Log}
	if err := r.jobs.Start(context.Background(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) withTemplates() {
	keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
	r.update(func(tx *record.Tx) error {
		return townconfig.PutTemplates(tx, townconfig.Templates{
			"morning": {ID: "TODO", Keys: keys}, "visit_eve": {ID: "TODO", Keys: keys}, "recorded": {ID: "TODO", Keys: keys}, "paper": {ID: "TODO", Keys: keys}})
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

// tick sets the clock and does what is due.
func (r *rig) tick(at time.Time) {
	r.t.Helper()
	r.clock.set(at)
	if err := r.jobs.Tick(context.Background(), at); err != nil {
		r.t.Fatal(err)
	}
}

// play moves the clock on as the demo does: from one instant at which something
// is due to the next.
func (r *rig) play(to time.Time) {
	r.t.Helper()
	for at := r.clock.Now(); ; {
		next, err := r.jobs.Next(context.Background(), at)
		if err != nil {
			r.t.Fatal(err)
		}
		if !next.After(at) {
			r.t.Fatalf("after %v comes %v", at, next)
		}
		if at = next; at.After(to) {
			break
		}
		r.tick(at)
	}
	r.tick(to)
}

// owe books a delivery that is due now and for three days, and returns its cause.
func (r *rig) owe(cause, kind, to string) string {
	r.t.Helper()
	now := r.clock.Now()
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: kind, To: to,
			Facts:    map[string]string{"count": "2", "day": wednesday.String()},
			Earliest: now.Unix(), Latest: now.Add(72 * time.Hour).Unix(), Booked: now.Unix()})
		return err
	})
	return cause
}

func (r *rig) delivery(cause string) (d outbox.Delivery) {
	r.t.Helper()
	r.view(func(tx *record.Tx) (err error) {
		d, err = outbox.DeliveryOf(tx, cause)
		return err
	})
	return d
}

// is fails unless the delivery stands so.
func (r *rig) is(cause string, state outbox.DeliveryState, reason string) {
	r.t.Helper()
	if d := r.delivery(cause); d.State != state || d.Reason != reason {
		r.t.Errorf("%s is %s %q by %q (code %d), want %s %q", cause, d.State, d.Reason, d.Channel, d.Code, state, reason)
	}
}

// got fails unless the platform took so many pushes in all; it returns them.
func (r *rig) got(n int) []fake.Push {
	r.t.Helper()
	all := r.platform.Pushes()
	if len(all) != n {
		r.t.Fatalf("the platform took %d pushes, want %d: %+v", len(all), n, all)
	}
	return all
}

func (r *rig) says(openid, words string) string {
	r.t.Helper()
	a, err := r.driver.Text(openid, words)
	if err != nil || a.Status != 200 {
		r.t.Fatalf("%q: status %d, %v", words, a.Status, err)
	}
	return a.Text
}

// as runs fn with what 王桂英 may see.
func (r *rig) as(fn func(*record.Tx, person.Scope) error) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		p, err := person.Identify(tx, wang)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		return fn(tx, s)
	})
}

// mengli is the resident, and what was agreed with her.
func (r *rig) mengli() (who person.Resident, open []followups.FollowUp) {
	r.t.Helper()
	r.as(func(_ *record.Tx, s person.Scope) error {
		hits, err := s.FindResidents(person.Query{Name: "孟丽"}, 2)
		if err != nil {
			return err
		}
		if who = hits[0].Resident; len(hits) != 1 {
			r.t.Fatal("more than one 孟丽")
		}
		open, err = visits.OpenFollowUps(s, who.ID)
		return err
	})
	return who, open
}

// crash runs one tick in which the program dies at the first sending, before
// or after the platform was asked.
func (r *rig) crash(after bool) {
	r.t.Helper()
	died := &dying{Sender: r.bot, after: after}
	r.jobs.Sender = died
	var end sync.WaitGroup
	end.Add(1)
	go func() {
		defer end.Done()
		r.jobs.Tick(context.Background(), r.clock.Now())
	}()
	end.Wait()
}

// dying is a sender in which the program ends.
type dying struct {
	scheduler.Sender
	after bool
}

func (d *dying) Send(ctx context.Context, x outbox.Delivery, p outbox.Route) outbox.Result {
	if d.after {
		d.Sender.Send(ctx, x, p)
	}
	runtime.Goexit()
	panic("never")
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
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

// count is how many lines hold part.
func (j *journal) count(part string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range strings.Split(j.b.String(), "\n") {
		if strings.Contains(l, part) {
			n++
		}
	}
	return n
}

// disturbed is a store in which a test makes writing fail.
type disturbed struct {
	kv.Store
	mu  sync.Mutex
	put func(key []byte) error
}

func (d *disturbed) onPut(fn func(key []byte) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put = fn
}

func (d *disturbed) Update(ctx context.Context, fn func(kv.Tx) error) error {
	d.mu.Lock()
	put := d.put
	d.mu.Unlock()
	if put == nil {
		return d.Store.Update(ctx, fn)
	}
	return d.Store.Update(ctx, func(tx kv.Tx) error { return fn(disturbedTx{tx, put}) })
}

type disturbedTx struct {
	kv.Tx
	put func(key []byte) error
}

func (t disturbedTx) Put(key, value []byte) error {
	if err := t.put(key); err != nil {
		return err
	}
	return t.Tx.Put(key, value)
}
