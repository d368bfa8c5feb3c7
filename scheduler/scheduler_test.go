package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/kv"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// TestOutage: what was missed is made up once while that is of use.
func TestOutage(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   time.Time
		gone   time.Duration
		pushes int
	}{
		{"two hours over half past seven", (wednesday + 1).At(6, 30), 2 * time.Hour, 1},
		{"until not quite three hours after", (wednesday + 1).At(6, 30), 4*time.Hour - time.Minute, 1},
		{"five hours", (wednesday + 1).At(6, 30), 5 * time.Hour, 0},
		{"a night", wednesday.At(20, 0), 10 * time.Hour, 0},
		{"a night and a day, until the morning's hour", wednesday.At(20, 0), 36 * time.Hour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, wednesday.At(12, 0))
			r.withTemplates()
			r.play(c.from)
			r.got(0)
			r.clock.set(c.from.Add(c.gone))
			r.start(r.bot)
			for range 3 {
				r.tick(r.clock.Now().Add(time.Second))
			}
			r.got(c.pushes)
		})
	}
}

// TestWeekAway: after a week the jobs wait for a word; then nobody is stormed,
// and what was booked for a day gone by is dropped.
func TestWeekAway(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	r.withTemplates()
	r.tick(wednesday.At(12, 0))
	var causes []string
	r.update(func(tx *record.Tx) error {
		causes = nil
		for day := wednesday + 1; day < wednesday+7; day++ {
			causes = append(causes, "eve/"+day.String())
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: causes[len(causes)-1], Kind: "recorded", To: "c:wangguiying",
				Earliest: day.At(18, 30).Unix(), Latest: day.At(20, 0).Unix()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.clock.set((wednesday + 7).At(9, 0))
	r.start(r.bot)
	if !r.jobs.Held() {
		t.Fatal("not held")
	}
	r.tick((wednesday + 7).At(9, 1))
	r.got(0)
	r.is(causes[0], outbox.Booked, "")
	if err := r.jobs.Resume(t.Context(), (wednesday+7).At(9, 2)); err != nil {
		t.Fatal(err)
	}
	r.play((wednesday + 7).At(23, 0))
	r.got(1) // the list of this morning, none of the others
	for _, c := range causes {
		r.is(c, outbox.Dropped, "stale")
	}
}

// TestNeverRan: in a new store a job counts from the start of the program; what
// the first stop makes it miss is made up all the same (TestOutage).
func TestNeverRan(t *testing.T) {
	r := newRig(t, wednesday.At(8, 0))
	r.withTemplates()
	r.tick(wednesday.At(8, 0))
	r.play(wednesday.At(23, 0))
	r.got(0)
	r.play((wednesday + 1).At(8, 0))
	r.got(1)
}

// TestHeld: with a clock that is not believed nothing is purged, dropped, sent
// or made up until somebody says that it is right.
func TestHeld(t *testing.T) {
	at := wednesday.At(12, 0)
	for _, c := range []struct {
		name  string
		clock time.Duration
		held  bool
	}{
		{"three days ahead", 72 * time.Hour, true},
		{"an hour behind", -time.Hour, true},
		{"a day ahead", 24 * time.Hour, false},
		{"half a minute behind", -30 * time.Second, false},
	} {
		for _, restart := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, restarted %v", c.name, restart), func(t *testing.T) {
				r := newRig(t, at)
				r.withTemplates()
				r.tick(at)
				now := at.Add(c.clock)
				r.update(func(tx *record.Tx) error { // sendable at any of these hours
					_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "d", Kind: "recorded", To: "c:wangguiying",
						Earliest: at.Add(-2 * time.Hour).Unix(), Latest: at.Add(100 * time.Hour).Unix()})
					return errors.Join(err, dialogstate.PutReceipt(tx, at.Add(-100*time.Hour), "old", "said"))
				})
				r.clock.set(now)
				if restart {
					r.start(r.bot)
				}
				r.tick(now)
				r.tick(now)
				if r.jobs.Held() != c.held {
					t.Fatalf("held is %v", r.jobs.Held())
				}
				if n := r.log.count("ALARM clock"); (n == 1) != c.held {
					t.Errorf("%d alarms", n)
				}
				if !c.held {
					r.is("d", outbox.Sent, "")
					return
				}
				r.is("d", outbox.Booked, "")
				r.view(func(tx *record.Tx) error {
					seen, err := ops.LastSeen(tx)
					_, kept, err2 := dialogstate.LoadReceipt(tx, at.Add(-100*time.Hour), "old")
					if !seen.Equal(at) || !kept {
						t.Errorf("seen %v, the receipt kept %v", seen, kept)
					}
					return errors.Join(err, err2)
				})
				if err := r.jobs.Resume(t.Context(), now); err != nil || r.jobs.Held() {
					t.Fatal(err, r.jobs.Held())
				}
				r.tick(now)
				r.is("d", outbox.Sent, "")
				r.view(func(tx *record.Tx) error {
					if seen, err := ops.LastSeen(tx); err != nil || !seen.Equal(now) {
						t.Errorf("seen %v, %v", seen, err)
					}
					return nil
				})
			})
		}
	}
}

// TestResumeNotKept: a word that cannot be written down is none.
func TestResumeNotKept(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	r.tick(wednesday.At(12, 0))
	r.clock.set((wednesday + 9).At(12, 0))
	r.start(r.bot)
	r.engine.onPut(func([]byte) error { return errors.New("no space left") })
	if err := r.jobs.Resume(t.Context(), r.clock.Now()); err == nil || !r.jobs.Held() {
		t.Error(err, r.jobs.Held())
	}
}

// TestFailing: the note of the time tells whether the store can be written.
func TestFailing(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	full := errors.New("no space left")
	r.engine.onPut(func(key []byte) error {
		if bytes.HasPrefix(key, []byte("clock")) {
			return full
		}
		return nil
	})
	if err := r.jobs.Tick(t.Context(), wednesday.At(12, 1)); !errors.Is(err, full) || !r.jobs.Failing() {
		t.Errorf("%v, failing %v", err, r.jobs.Failing())
	}
	r.engine.onPut(nil)
	if err := r.jobs.Tick(t.Context(), wednesday.At(12, 2)); err != nil || r.jobs.Failing() {
		t.Errorf("%v, failing %v", err, r.jobs.Failing())
	}
}

// TestNotes: an idle program does not write at each tick, and a time that moved
// on is noted.
func TestNotes(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	r.jobs.Jobs = nil
	notes := 0
	r.engine.onPut(func([]byte) error { notes++; return nil })
	at := wednesday.At(12, 0)
	for range 60 {
		r.tick(at)
		at = at.Add(time.Second)
	}
	if notes != 2*2 { // each Update runs twice
		t.Errorf("%d notes in a minute, want 2", notes/2)
	}
	notes = 0
	for range 3 {
		at = at.Add(time.Hour)
		r.tick(at)
	}
	if notes != 3*2 {
		t.Errorf("%d notes of three hours, want 3", notes/2)
	}
	r.view(func(tx *record.Tx) error {
		seen, err := ops.LastSeen(tx)
		if !seen.Equal(at) {
			t.Errorf("seen %v, want %v", seen, at)
		}
		return err
	})
}

// TestFailedJob: it is tried again while it can be made up, once a minute, in a
// program that was started anew too.
func TestFailedJob(t *testing.T) {
	for _, c := range []struct {
		name     string
		ok       int // the try that goes well; 0 is none
		restart  bool
		tries    int
		did, err string
	}{
		{"the third goes well", 3, false, 3, "done", ""},
		{"the third goes well, after a restart", 3, true, 3, "done", ""},
		{"none in its ten minutes", 0, false, 11, "missed, too late to make up", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, wednesday.At(7, 0))
			tries := 0
			jobs := []scheduler.Job{{Name: "weak", Spec: "30 7 * * *", Keep: 10 * time.Minute, Run: func(_ context.Context, _ *scheduler.Scheduler, at time.Time) (string, error) {
				if tries++; !at.Equal(wednesday.At(7, 30)) {
					t.Errorf("tried for %v", at)
				}
				if tries == c.ok {
					return "done", nil
				}
				return "", errors.New("boom")
			}}}
			start := func() {
				r.jobs.Jobs = jobs
				if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			start()
			for at := wednesday.At(7, 0); at.Before(wednesday.At(7, 50)); at = at.Add(10 * time.Second) {
				r.clock.set(at)
				if err := r.jobs.Tick(t.Context(), at); err != nil && !strings.Contains(err.Error(), "boom") {
					t.Fatal(err)
				}
				if c.restart && tries == 1 && at.Equal(wednesday.At(7, 30).Add(30*time.Second)) {
					start()
				}
			}
			r.view(func(tx *record.Tx) error {
				run, err := ops.LoadJobRun(tx, "weak")
				if tries != c.tries || run.Did != c.did || run.Err != c.err || run.Last != wednesday.At(7, 30).Unix() {
					t.Errorf("%d tries, %+v; want %d and %q %q", tries, run, c.tries, c.did, c.err)
				}
				return err
			})
		})
	}
}

// played is a run of a job: which, and for which instant.
type played struct {
	job string
	at  time.Time
}

// recorders are jobs that note when they ran.
func recorders(mu *sync.Mutex, runs *[]played, specs map[string]string) []scheduler.Job {
	var jobs []scheduler.Job
	for name, spec := range specs {
		jobs = append(jobs, scheduler.Job{Name: name, Spec: spec, Keep: time.Hour,
			Run: func(_ context.Context, _ *scheduler.Scheduler, at time.Time) (string, error) {
				mu.Lock()
				defer mu.Unlock()
				*runs = append(*runs, played{name, at})
				return "noted", nil
			}})
	}
	return jobs
}

// TestWeekByNext: a week moved through from one instant to the next plays each
// job at its own time, in order, and each message.
func TestWeekByNext(t *testing.T) {
	r := newRig(t, wednesday.At(6, 0))
	r.withTemplates()
	var mu sync.Mutex
	var runs []played
	r.jobs.Jobs = recorders(&mu, &runs, map[string]string{"daily": "30 7 * * *", "often": "0 */4 * * *", "monday": "10 3 * * 1"})
	if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	odd := (wednesday + 2).At(18, 37).Add(11 * time.Second)
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "d", Kind: "recorded", To: "c:wangguiying", Earliest: odd.Unix(), Latest: odd.Unix() + 60})
		return err
	})
	began := r.clock.Now()
	for at := began; ; {
		next, err := r.jobs.Next(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if at = next; at.After(began.Add(7 * 24 * time.Hour)) {
			break
		}
		n := len(runs)
		r.tick(at)
		for _, p := range runs[n:] {
			if !p.at.Equal(at) {
				t.Errorf("%s for %v was played at %v", p.job, p.at, at)
			}
		}
	}
	count := map[string]int{}
	for _, p := range runs {
		count[p.job]++
	}
	if count["daily"] != 7 || count["often"] != 42 || count["monday"] != 1 {
		t.Errorf("played %v", count)
	}
	if !slices.IsSortedFunc(runs, func(a, b played) int { return a.at.Compare(b.at) }) {
		t.Error("out of order")
	}
	if p := r.got(1)[0]; !p.At.Equal(odd) {
		t.Errorf("sent at %v, want %v", p.At, odd)
	}
}

// TestMovedWhileServing: the demo's clock is moved while the program ticks by
// itself: each run is played once, and a tick that came late is no alarm.
func TestMovedWhileServing(t *testing.T) {
	r := newRig(t, wednesday.At(6, 1))
	var mu sync.Mutex
	var runs []played
	r.jobs.Jobs = recorders(&mu, &runs, map[string]string{"often": "0 * * * *"})
	if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { r.jobs.Serve(ctx, time.Millisecond, r.clock.Now) })
	r.play((wednesday + 2).At(6, 0))
	cancel()
	serving.Wait()
	if len(runs) != 48 || r.jobs.Held() {
		t.Errorf("%d runs, held %v", len(runs), r.jobs.Held())
	}
}

// TestLines: what is no cron line is found at the start.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		spec, says string
	}{
		{"half past seven", "half past seven"},
		{"60 7 * * *", "60"},
		{"30 7 * *", "30 7 * *"},
		{"0 30 7 * * *", "0 30 7 * * *"},
		{"@every 5m", "@every 5m"},
		{"TZ=America/New_York 30 7 * * *", "time zone"},
		{"CRON_TZ=UTC 30 7 * * *", "time zone"},
		{"0 0 30 2 *", "never comes"},
		{"", "stray"},
	} {
		s := &scheduler.Scheduler{Jobs: []scheduler.Job{{Name: "stray", Spec: c.spec}}}
		if err := s.Start(t.Context(), wednesday.At(7, 0)); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "stray") {
			t.Errorf("%q: %v", c.spec, err)
		}
	}
	twice := &scheduler.Scheduler{Jobs: []scheduler.Job{{Name: "a", Spec: "0 7 * * *"}, {Name: "a", Spec: "0 8 * * *"}}}
	if err := twice.Start(t.Context(), wednesday.At(7, 0)); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

// TestFormsAreKeptAsTheSiteSays: retention draft is how long the sweep leaves a form
// that was put aside, and one that was left open.
func TestFormsAreKeptAsTheSiteSays(t *testing.T) {
	now := wednesday.At(3, 10)
	for days, kept := range map[int]bool{0: true, 3: false, 5: true} {
		r := newRig(t, now)
		old := now.Add(-4 * 24 * time.Hour).Unix()
		r.update(func(tx *record.Tx) error {
			town := townconfig.Site{Version: "1"}
			if days > 0 {
				town.Retention = map[string]int{"draft": days}
			}
			s := dialogstate.Session{Last: old, Flow: "visit", Form: []byte("half"), Parked: []dialogstate.SuspendedForm{{Flow: "away", At: old}}}
			return errors.Join(storage.PutSite(tx, town, "", now), dialogstate.Put(tx, "o", s))
		})
		if _, err := r.jobs.RunJob(t.Context(), "sweep", now); err != nil {
			t.Fatal(err)
		}
		r.view(func(tx *record.Tx) error {
			s, err := dialogstate.Load(tx, "o")
			if (s.Flow != "") != kept || (len(s.Parked) == 1) != kept {
				t.Errorf("kept %d days, four days old: %+v", days, s)
			}
			return err
		})
	}
}

// TestList: each job with its next run and what its last one did.
func TestList(t *testing.T) {
	r := newRig(t, wednesday.At(7, 0))
	boom := errors.New("boom")
	r.jobs.Jobs = append(slices.DeleteFunc(r.jobs.Jobs, func(j scheduler.Job) bool { // a few are enough
		return j.Name != "morning-list" && j.Name != "village-merges" && j.Name != "sweep"
	}),
		scheduler.Job{Name: "bad", Spec: "0 8 * * *", Keep: time.Hour, Run: func(context.Context, *scheduler.Scheduler, time.Time) (string, error) { return "", boom }},
		scheduler.Job{Name: "worse", Spec: "0 8 * * *", Keep: time.Hour, Run: func(context.Context, *scheduler.Scheduler, time.Time) (string, error) { panic("a mistake") }})
	if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.tick(wednesday.At(7, 30))
	r.clock.set(wednesday.At(8, 0))
	if err := r.jobs.Tick(t.Context(), wednesday.At(8, 0)); !errors.Is(err, boom) {
		t.Error(err)
	}
	var out bytes.Buffer
	if err := r.jobs.List(t.Context(), &out, wednesday.At(8, 1)); err != nil {
		t.Fatal(err)
	}
	want := `morning-list             30 7 * * *     next 2026-12-03 07:30, last 2026-12-02 07:30 1 booked
village-merges           */10 * * * *   next 2026-12-02 08:10, last 2026-12-02 08:00 0 people carried over
sweep                    10 3 * * *     next 2026-12-03 03:10, last never
bad                      0 8 * * *      next 2026-12-03 08:00, last 2026-12-02 08:00 error: boom
worse                    0 8 * * *      next 2026-12-03 08:00, last 2026-12-02 08:00 error: panic of type string
`
	if out.String() != want {
		t.Errorf("listed\n%swant\n%s", &out, want)
	}
	if _, err := r.jobs.RunJob(t.Context(), "evening-list", wednesday.At(8, 1)); err == nil || !strings.Contains(err.Error(), "evening-list") {
		t.Error(err)
	}
	if _, err := r.jobs.RunJob(t.Context(), "bad", wednesday.At(8, 1)); !errors.Is(err, boom) {
		t.Error(err)
	}
	r.clock.set((wednesday + 5).At(8, 0))
	r.start(r.bot)
	out.Reset()
	if err := r.jobs.List(t.Context(), &out, r.clock.Now()); err != nil || !strings.Contains(out.String(), "jobs resume") {
		t.Errorf("held, and listed %q, %v", &out, err)
	}
}

// dump is all that is kept.
func (r *rig) dump() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	err := r.engine.View(context.Background(), func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			all[string(p.Key)] = string(p.Value)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// TestSweep: receipts of yesterday and forms of last week go, over many pages;
// nothing else changes.
func TestSweep(t *testing.T) {
	now := wednesday.At(3, 10)
	r := newRig(t, now)
	old, fresh := now.Add(-record.ReceiptTime-time.Second), now.Add(-record.ReceiptTime+time.Second)
	r.update(func(tx *record.Tx) error {
		for i := range 620 {
			if err := dialogstate.PutReceipt(tx, old, fmt.Sprint(i), "said"); err != nil {
				return err
			}
		}
		return dialogstate.PutReceipt(tx, fresh, "new", "said")
	})
	before := r.dump()
	r.update(func(tx *record.Tx) error {
		draft, err := dialogstate.SuspendTime(tx)
		if err != nil {
			return err
		}
		for i := range 450 {
			s := dialogstate.Session{Last: now.Unix(), Window: now.Unix(), Parked: []dialogstate.SuspendedForm{{Flow: "visit", At: now.Add(-draft).Unix()}}}
			switch i % 3 {
			case 0:
				s.Parked = append(s.Parked, dialogstate.SuspendedForm{Flow: "away", At: now.Add(-draft).Unix() - 1})
			case 1:
				s.Flow, s.Form, s.Last = "visit", []byte("half"), now.Add(-draft).Unix()-1
			}
			if err := dialogstate.Put(tx, fmt.Sprintf("o%03d", i), s); err != nil {
				return err
			}
		}
		return nil
	})
	did, err := r.jobs.RunJob(t.Context(), "sweep", now)
	if did != "620 receipts, 300 forms, 0 undos, 0 reports, 0 links and codes dropped" || err != nil {
		t.Fatal(did, err)
	}
	r.view(func(tx *record.Tx) error {
		for i := range 450 {
			s, err := dialogstate.Load(tx, fmt.Sprintf("o%03d", i))
			if err != nil {
				return err
			}
			if len(s.Parked) != 1 || s.Parked[0].Flow != "visit" || s.Flow != "" || s.Window != now.Unix() {
				t.Fatalf("chat %d: %+v", i, s)
			}
		}
		_, kept, err := dialogstate.LoadReceipt(tx, fresh, "new")
		if !kept {
			t.Error("a receipt of today is gone")
		}
		return err
	})
	after := r.dump()
	for k, v := range before {
		if !strings.HasPrefix(k, "receipt/") && after[k] != v {
			t.Errorf("%s changed", k)
		}
	}
	for k := range after {
		if _, stood := before[k]; !stood && !strings.HasPrefix(k, "session/") && k != "job/sweep" {
			t.Errorf("%s is new", k)
		}
	}
}

// TestSweepHalves: undos whose time is over go, and message numbers and reports
// whose other half did not come within a day; the younger stay.
func TestSweepHalves(t *testing.T) {
	now := wednesday.At(3, 10)
	r := newRig(t, now)
	day := 24 * time.Hour
	r.update(func(tx *record.Tx) error {
		for i := range 250 {
			at := now.Add(-day - time.Second)
			if i%2 == 0 {
				at = now.Add(-day + time.Second)
			}
			err := errors.Join(
				tx.PutUndo(fmt.Sprintf("o%03d", i), &record.Undo{Until: at.Add(day).Unix()}),
				outbox.Put(tx, outbox.Delivery{ID: fmt.Sprint("d", i), Cause: fmt.Sprint(i), State: outbox.Sent, Settled: at.Unix(), MsgID: int64(1000 + i)}))
			if _, err2 := outbox.Finish(tx, int64(5000+i), true, "", at); err != nil || err2 != nil {
				return errors.Join(err, err2)
			}
		}
		return nil
	})
	if did, err := r.jobs.RunJob(t.Context(), "sweep", now); did != "0 receipts, 0 forms, 125 undos, 250 reports, 0 links and codes dropped" || err != nil {
		t.Error(did, err)
	}
	kept := map[string]int{}
	for k := range r.dump() {
		kind, _, _ := strings.Cut(k, "/")
		kept[kind]++
	}
	if kept["undo"] != 125 || kept["msgid"] != 125 || kept["report"] != 125 || kept["delivery"] < 250 {
		t.Errorf("kept %v", kept)
	}
}

// TestMerges: the people of a merged village are carried over, over many pages.
func TestMerges(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	var from, into string
	var people int
	count := func(village string) (n int) {
		r.view(func(tx *record.Tx) error {
			all, _, err := person.ResidentPage(tx, village, record.Page{}, 10000)
			n = len(all)
			return err
		})
		return n
	}
	r.update(func(tx *record.Tx) error {
		all, err := person.Villages(tx)
		if err != nil {
			return err
		}
		from, into = all[0].ID, all[1].ID
		return nil
	})
	people = count(from) + count(into)
	moved := count(from)
	if moved < 101 {
		r.update(func(tx *record.Tx) error {
			for i := range 120 {
				if _, err := person.AddResident(tx, person.Resident{Name: "郭某", Village: from}, fmt.Sprint("more", i)); err != nil {
					return err
				}
			}
			return nil
		})
		people, moved = people+120, moved+120
	}
	r.update(func(tx *record.Tx) error { return person.MergeVillages(tx, from, into) })
	r.tick(wednesday.At(12, 10))
	if a, b := count(from), count(into); a != 0 || b != people {
		t.Errorf("%d stayed, %d are there, want %d", a, b, people)
	}
	var out bytes.Buffer
	if err := r.jobs.List(t.Context(), &out, r.clock.Now()); err != nil || !strings.Contains(out.String(), fmt.Sprintf("%d people carried over", moved)) {
		t.Errorf("listed %q, %v; want %d", &out, err, moved)
	}
	if did, err := r.jobs.RunJob(t.Context(), "village-merges", r.clock.Now()); did != "0 people carried over" || err != nil {
		t.Error(did, err)
	}
}

// TestHolidaysOfJob: a run made up is for its own day, not for the day of the
// making up.
func TestHolidaysOfJob(t *testing.T) {
	r := newRig(t, (wednesday+2).At(12, 0)) // a Friday
	r.withTemplates()
	for _, day := range []calendar.Day{wednesday + 3, wednesday + 4} {
		if did, err := r.jobs.RunJob(t.Context(), "morning-list", day.At(7, 30)); did != "not a working day" || err != nil {
			t.Error(did, err)
		}
	}
}
