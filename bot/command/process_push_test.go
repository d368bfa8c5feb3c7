package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"xintiexin/bot/settings"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

// serveAt is the command serve by a clock that showed start (Unix milliseconds)
// when the process began.
func serveAt(start string) {
	began := time.Now()
	ms, err := strconv.ParseInt(start, 10, 64)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		now := func() time.Time { return time.UnixMilli(ms).Add(time.Since(began)) }
		err = serve(ctx, os.Args[2:], os.Getenv, os.Stdout, bolt.Options{}, now)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// hours is a clock that goes on by itself and can be moved on.
type hours struct {
	mu    sync.Mutex
	start time.Time
	began time.Time
}

func (h *hours) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.start.Add(time.Since(h.began))
}

// set moves the clock to t.
func (h *hours) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.start, h.began = t, time.Now()
}

// outage is a server that is killed again and again while it pushes, with the
// platform that it pushes to.
type outage struct {
	t        *testing.T
	dir      string
	clock    hours
	platform *fake.Platform
	api      *slow
	env      []string
	random   *rand.Rand
	booked   int // deliveries so far, by number: d1, d2 …
}

const (
	pushed = 24 // cadres who are pushed to; every third wrote lately
	each   = 12 // deliveries booked between two starts
	first  = 1  // of every third cadre, from this one on: she has accepted notices
)

func pushedTo(i int) string { return fmt.Sprintf("pushed%d", i%pushed) }

// writes reports whether the one of that number writes, so that she is sent
// customer messages.
func writes(i int) bool { return i%pushed%3 == 0 }

// accepts reports whether the one of that number has accepted subscription notices,
// enough of them for what is booked.
func accepts(i int) bool { return i%pushed%3 == first }

// newOutage is a fresh folder with people to push to, on a day at nine.
func newOutage(t *testing.T) *outage {
	t.Helper()
	o := &outage{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(4, 4))}
	o.clock.set(calendar.Date(2026, 12, 2).At(9, 0))
	o.platform = fake.New(fake.Options{Config: cfg, Now: o.clock.now, Staff: func(string) bool { return true },
		Notices:   []fake.Template{{ID: "SUB", Title: "待办提醒", Content: "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}\n备注:{{thing3.DATA}}"}},
		Templates: []fake.Template{{ID: "TODO", Title: "待办事项通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"}}})
	o.api = &slow{Handler: o.platform}
	api := httptest.NewServer(o.api)
	t.Cleanup(api.Close)
	o.env = []string{"WECHAT_SECRET=" + cfg.Secret, "WECHAT_API=" + api.URL, settings.PushRate + "=500",
		"WECHAT_TEMPLATE_MORNING=TODO event=thing1 time=time2 remark=thing3"}
	o.keep(func(tx *record.Tx) error {
		for i := range pushed {
			c := person.Staff{ID: pushedTo(i), Name: "干部", Roles: []person.Role{person.VillageWorker}}
			if err := errors.Join(person.PutStaff(tx, c), access.Bind(tx, seed.OpenID("push", c.ID), c.ID)); err != nil {
				return err
			}
			o.platform.Followed(seed.OpenID("push", c.ID))
		}
		keys := map[string]string{"event": "thing1", "time": "time2", "remark": "thing3"}
		return outbox.PutSubscriptionTemplates(tx, townconfig.Templates{"morning": {ID: "SUB", Keys: keys}})
	})
	return o
}

// slow answers after a while, and has done by then, or not yet, what it was asked.
type slow struct {
	http.Handler
	asked atomic.Int64 // under way
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	defer s.asked.Add(-1)
	time.Sleep(rand.N(15 * time.Millisecond))
	s.Handler.ServeHTTP(w, r)
	time.Sleep(rand.N(15 * time.Millisecond))
}

// keep writes to the store of a server that is not running.
func (o *outage) keep(fn func(tx *record.Tx) error) {
	o.t.Helper()
	engine, store, err := open(o.t.Context(), o.dir, bolt.Options{NoSync: true})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := errors.Join(store.Update(o.t.Context(), fn), engine.Close()); err != nil {
		o.t.Fatal(err)
	}
}

// book books some more, and lets those who write have written just now.
func (o *outage) book() {
	o.t.Helper()
	now, from := o.clock.now(), o.booked
	for i := range pushed {
		if writes(i) {
			o.platform.Wrote(seed.OpenID("push", pushedTo(i)))
		}
		if accepts(i) {
			o.platform.Consent(seed.OpenID("push", pushedTo(i)), "SUB", 1)
		}
	}
	o.keep(func(tx *record.Tx) error {
		for i := range pushed {
			if accepts(i) {
				if err := outbox.AcceptNotice(tx, seed.OpenID("push", pushedTo(i)), "SUB"); err != nil {
					return err
				}
			}
			if !writes(i) {
				continue
			}
			s := dialogstate.Session{Left: 5, Window: now.Add(48 * time.Hour).Unix()}
			if err := dialogstate.Put(tx, seed.OpenID("push", pushedTo(i)), s); err != nil {
				return err
			}
		}
		for i := from + 1; i <= from+each; i++ {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: causeOf(i), Kind: "morning", To: "c:" + pushedTo(i),
				Facts:    map[string]string{"count": strconv.Itoa(i), "day": calendar.DayOf(now).String()},
				Earliest: now.Unix(), Latest: now.Add(72 * time.Hour).Unix(), Booked: now.Unix()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	o.booked += each
}

func causeOf(i int) string { return fmt.Sprint("d", i) }

// run starts the server, and kills it after a time, counted from when it listens,
// or from its start where it is to be killed while it begins.
func (o *outage) run(after time.Duration, beginning bool) {
	o.t.Helper()
	c := exec.Command(os.Args[0], "serve", "-data", o.dir, "-listen", "127.0.0.1:0")
	c.Env = environment(append(o.env, fmt.Sprintf("%s=%d", clockVar, o.clock.now().UnixMilli()))...)
	var errs lockedBuffer
	c.Stderr = &errs
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		o.t.Fatal(err)
	}
	if !beginning {
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			c.Process.Kill()
			c.Wait()
			o.t.Fatalf("it does not begin: %q %v\n%s", line, err, &errs)
		}
	}
	time.Sleep(after)
	c.Process.Kill()
	io.Copy(io.Discard, out)
	c.Wait() // it says that it was killed
}

// away lets time pass while the server is down; nobody is pushed to at night. What
// was on its way when the server died arrives before: the clock that is moved is the
// platform's too.
func (o *outage) away(d time.Duration) {
	for quiet := 0; quiet < 10; quiet++ {
		if time.Sleep(10 * time.Millisecond); o.api.asked.Load() > 0 {
			quiet = 0
		}
	}
	now := o.clock.now().Add(d)
	if today := calendar.DayOf(now); now.After(today.At(20, 0)) {
		now = (today + 1).At(9, 0)
	}
	o.clock.set(now)
}

// settle runs the server, unharmed, until nothing is under way.
func (o *outage) settle() {
	o.t.Helper()
	for range 20 {
		c := start(o.t, environment(append(o.env, fmt.Sprintf("%s=%d", clockVar, o.clock.now().UnixMilli()))...), nil, "serve", "-data", o.dir)
		time.Sleep(time.Second)
		c.stop()
		open := 0
		look(o.t, o.dir, func(tx *record.Tx) error {
			open = 0
			for i := 1; i <= o.booked; i++ {
				d, err := outbox.DeliveryOf(tx, causeOf(i))
				if err != nil {
					return err
				}
				if d.State == outbox.Booked || d.State == outbox.Claimed {
					open++
				}
			}
			return nil
		})
		if open == 0 {
			return
		}
		o.away(time.Minute)
	}
	o.t.Error("some are under way for ever")
}

// TestKillWhilePushing: whatever moment the server is killed at while it pushes,
// and however long it is away, the platform takes each template message once, or
// the delivery says that nobody knows whether it did. Of customer messages and
// subscription notices, which have no key, none is taken twice; how many came to
// nothing is reported. The long
// form kills 2,000 times.
func TestKillWhilePushing(t *testing.T) {
	t.Parallel()
	kills := 20
	if os.Getenv(longVar) != "" {
		kills = 2000
		if n, err := strconv.Atoi(os.Getenv(longVar)); err == nil && n > 1 {
			kills = n
		}
	}
	o := newOutage(t)
	began := time.Now()
	for i := range kills {
		o.book()
		o.run(time.Duration(o.random.Int64N(int64(120*time.Millisecond))), i%10 == 4)
		if i%10 == 9 {
			o.away(11 * time.Minute)
		}
	}
	o.settle()
	took := time.Since(began)

	texts, keys, cards := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range o.platform.Pushes() {
		switch p.Channel {
		case fake.TemplateSend:
			keys[p.ClientMsgID]++
		case fake.Notice:
			cards[p.Data["thing1"]]++
		default:
			texts[p.Text]++
		}
	}
	// by channel: once and known, once and not known, never and not known
	template, custom, notice := [3]int{}, [3]int{}, [3]int{}
	look(t, o.dir, func(tx *record.Tx) error {
		for i := 1; i <= o.booked; i++ {
			d, err := outbox.DeliveryOf(tx, causeOf(i))
			if err != nil {
				return err
			}
			byText, byCard := 0, cards[fmt.Sprintf("%d件事在等您", i)]
			for text, n := range texts {
				if strings.Contains(text, fmt.Sprintf("今天有%d件", i)) {
					byText += n
				}
			}
			sums, taken := &template, keys[d.ClientMsgID()]+byText+byCard // by whatever channel: never twice
			switch d.Channel {
			case "customer":
				sums = &custom
			case "notice":
				sums = &notice
			}
			switch {
			case taken > 1:
				t.Errorf("%s by %s was taken %d times", d.Cause, d.Channel, taken)
			case d.State == outbox.Sent && taken == 1:
				sums[0]++
			case d.State == outbox.Unknown:
				sums[2-taken]++
				if away := d.Settled - d.Doubt; d.Channel == "template" && away < 9*60 {
					t.Errorf("%s was given up after %d s", d.Cause, away)
				}
			default:
				t.Errorf("%s by %s is %s %q, and was taken %d times", d.Cause, d.Channel, d.State, d.Reason, taken)
			}
		}
		return nil
	})
	t.Logf("%d kills in %s, %d deliveries. Template messages: %d taken once, %d more of which only the platform knows, %d given up unsent. "+
		"Customer messages: %d taken once, %d more of which only the platform knows, %d given up unsent. "+
		"Subscription notices: %d taken once, %d more of which only the platform knows, %d given up unsent.",
		kills, took.Round(time.Second), o.booked, template[0], template[1], template[2], custom[0], custom[1], custom[2], notice[0], notice[1], notice[2])
	if sum := template[0] + template[1] + template[2] + custom[0] + custom[1] + custom[2] + notice[0] + notice[1] + notice[2]; sum != o.booked {
		t.Errorf("%d booked, %d accounted for", o.booked, sum)
	}
	if template[0] < o.booked/6 || custom[0] == 0 || notice[0] == 0 {
		t.Error("too few were sent to prove anything")
	}
}
