package scheduler_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

// The benchmarks of the outbox: on a file whose every commit is synced to the
// disk, against the platform over HTTP on the loopback, which answers in 50 ms.

// benchOutbox is an outbox with n cadres to send to, on a day at seven; what it
// sends goes to the fake platform unless another receiver is given.
func benchOutbox(b *testing.B, n int, receiver http.Handler) (*record.Store, *scheduler.Scheduler, *fake.Platform, *clock) {
	b.Helper()
	engine, err := bolt.Open(filepath.Join(b.TempDir(), "x.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close() })
	store, err := storage.Open(b.Context(), engine, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := &clock{now: wednesday.At(7, 0)}
	platform := fake.New(fake.Options{Config: account, Now: c.Now, Templates: templates, Staff: func(string) bool { return true }})
	if receiver == nil {
		receiver = platform
	}
	api := httptest.NewServer(after50ms{receiver})
	b.Cleanup(api.Close)
	cfg := account
	cfg.API = api.URL
	log := slog.New(slog.DiscardHandler)
	sender := &bot.Bot{Config: cfg, Client: &wechat.Client{Config: cfg, Now: c.Now}, Store: store, Now: c.Now, Log: log}
	for from := 0; from < n; from += 500 {
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				cadre := person.Staff{ID: fmt.Sprintf("many%d", i), Name: "干部", Roles: []person.Role{person.VillageWorker}}
				if err := person.PutStaff(tx, cadre); err != nil {
					return err
				}
				if err := access.Bind(tx, seed.OpenID("many", cadre.ID), cadre.ID); err != nil {
					return err
				}
			}
			keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
			return townconfig.PutTemplates(tx, townconfig.Templates{"morning": {ID: "TODO", Keys: keys}})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range n {
		platform.Followed(seed.OpenID("many", fmt.Sprintf("many%d", i)))
	}
	holidays, err := calendar.ParseHolidays(calendar.BaseHolidays, nil)
	if err != nil {
		b.Fatal(err)
	}
	jobs := &scheduler.Scheduler{Store: store, Sender: sender, Holidays: holidays, Log: log, Rate: 500}
	if err := jobs.Start(b.Context(), c.Now()); err != nil {
		b.Fatal(err)
	}
	return store, jobs, platform, c
}

// forgetful answers as the platform does and keeps nothing, so that the memory seen
// is ours.
type forgetful struct{ taken atomic.Int64 }

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	if r.URL.Path == tokenPath {
		io.WriteString(w, `{"access_token":"T1","expires_in":7200}`)
		return
	}
	fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","msgid":%d}`, f.taken.Add(1))
}

// after50ms is a platform that takes its time.
type after50ms struct{ http.Handler }

func (a after50ms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(50 * time.Millisecond)
	a.Handler.ServeHTTP(w, r)
}

// enqueue books n deliveries for an hour, a page in a transaction, as jobs do.
func enqueue(b *testing.B, store *record.Store, cause string, n, people int, at time.Time) {
	b.Helper()
	for from := 0; from < n; from += 100 {
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			for i := from; i < min(from+100, n); i++ {
				_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: fmt.Sprintf("%s/%d", cause, i), Kind: "morning", To: fmt.Sprintf("c:many%d", i%people),
					Facts:    map[string]string{"count": "2", "day": wednesday.String()},
					Earliest: at.Unix(), Latest: at.Add(10 * time.Hour).Unix(), Booked: at.Add(-time.Hour).Unix()})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMorning books 10,000 reminders that are due at 08:00 and sends them when
// it strikes, at 500 a second.
func BenchmarkMorning(b *testing.B) {
	for range b.N {
		const n = 10_000
		store, jobs, platform, c := benchOutbox(b, n, nil)
		rush(b, store, jobs, c, n, func() int { return len(platform.Pushes()) })
		seen := map[string]bool{}
		for _, p := range platform.Pushes() {
			if seen[p.ClientMsgID] {
				b.Fatal("one was sent twice")
			}
			seen[p.ClientMsgID] = true
		}
	}
}

// BenchmarkMorningMemory is the same, of several sizes, to a platform that keeps
// nothing.
func BenchmarkMorningMemory(b *testing.B) {
	for _, n := range []int{1_000, 4_000, 16_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				f := &forgetful{}
				store, jobs, _, c := benchOutbox(b, n, f)
				rush(b, store, jobs, c, n, func() int { return int(f.taken.Load()) })
			}
		})
	}
}

func rush(b *testing.B, store *record.Store, jobs *scheduler.Scheduler, c *clock, n int, taken func() int) {
	b.Helper()
	began := time.Now()
	enqueue(b, store, "d", n, n, wednesday.At(8, 0))
	b.ReportMetric(time.Since(began).Seconds(), "s-to-book")

	runtime.GC()
	var high atomic.Uint64
	stop := make(chan struct{})
	go func() { // what is alive, and what is not yet collected, seen now and then
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				high.Store(max(high.Load(), m.HeapInuse))
			}
		}
	}()
	c.set(wednesday.At(8, 0))
	began = time.Now()
	for taken() < n {
		if err := jobs.Tick(context.Background(), c.Now()); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(began)
	close(stop)
	b.ReportMetric(took.Seconds(), "s-to-send")
	b.ReportMetric(float64(n)/took.Seconds(), "sent/s")
	b.ReportMetric(float64(high.Load())/1e6, "MB-heap")
}

// BenchmarkIdleTick is a tick at which nothing is due, beside what is not due yet.
func BenchmarkIdleTick(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			store, jobs, _, c := benchOutbox(b, 1000, nil)
			enqueue(b, store, "later", n, 1000, wednesday.At(8, 0))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if err := jobs.Tick(context.Background(), c.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
