package scheduler_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// put puts site data in force of which only the jobs' lines count.
func (r *rig) put(version string, jobs ...townconfig.SiteJob) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		return storage.PutSite(tx, townconfig.Site{Version: version, Jobs: jobs}, "", r.clock.Now())
	})
}

// counted is a rig with one job at half past seven, and how often it ran, for
// which hours.
func counted(t *testing.T, now time.Time) (*rig, *[]string) {
	r, runs := newRig(t, now), &[]string{}
	r.jobs.Jobs = []scheduler.Job{{Name: "daily", Spec: "30 7 * * *", Keep: time.Hour, Run: func(_ context.Context, _ *scheduler.Scheduler, at time.Time) (string, error) {
		*runs = append(*runs, at.In(wednesday.At(0, 0).Location()).Format("2 15:04"))
		return "ran", nil
	}}}
	if err := r.jobs.Start(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	r.tick(now)
	return r, runs
}

// TestLinesOfTheSite: a line of the site data is taken over at the next tick; it
// makes nothing up from before it stood there, and neither does a job that was
// switched on again. What was missed under the same line is made up, over a
// restart too.
func TestLinesOfTheSite(t *testing.T) {
	line := func(spec string, late int, off bool) townconfig.SiteJob {
		return townconfig.SiteJob{Name: "daily", Spec: spec, Late: late, Off: off}
	}
	day := wednesday
	for _, c := range []struct {
		name string
		do   func(r *rig)
		want string
	}{
		{"as it comes", func(r *rig) { r.play(day.At(20, 0)) }, "2 07:30"},
		{"an hour later", func(r *rig) { r.put("1", line("30 8 * * *", 60, false)); r.play(day.At(20, 0)) }, "2 08:30"},
		{"moved after it ran: not once more", func(r *rig) {
			r.play(day.At(10, 0))
			r.put("1", line("30 9 * * *", 60, false))
			r.tick(day.At(10, 0).Add(time.Second))
			r.play(day.At(20, 0))
		}, "2 07:30"},
		{"moved and moved back", func(r *rig) {
			r.put("1", line("30 9 * * *", 60, false))
			r.tick(day.At(7, 1))
			r.put("2")
			r.play(day.At(20, 0))
		}, "2 07:30"},
		{"switched off, and on after its hour", func(r *rig) {
			r.put("1", line("30 7 * * *", 60, true))
			r.play(day.At(8, 0))
			r.put("2", line("30 7 * * *", 60, false))
			r.tick(day.At(8, 1))
			r.play((day + 1).At(8, 0))
		}, "3 07:30"},
		{"made up under a new line, which stood before the hour", func(r *rig) {
			r.put("1", line("30 8 * * *", 180, false))
			r.tick(day.At(7, 1))
			r.clock.set(day.At(11, 0))
			if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
				r.t.Fatal(err)
			}
			r.tick(day.At(11, 0))
		}, "2 08:30"},
		{"too late by the site's minutes", func(r *rig) {
			r.put("1", line("30 7 * * *", 10, false))
			r.tick(day.At(7, 1))
			r.tick(day.At(7, 45))
		}, ""},
		{"a line that nobody checked: the program's own", func(r *rig) { r.put("1", line("often", 0, false)); r.play(day.At(20, 0)) }, "2 07:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, runs := counted(t, day.At(7, 0))
			c.do(r)
			if got := strings.Join(*runs, ", "); got != c.want {
				t.Errorf("ran for %q, want %q", got, c.want)
			}
		})
	}
}

// TestJobsAreListedByTheirLines: what the site changed is marked; one that is
// switched off can be run by hand.
func TestJobsAreListedByTheirLines(t *testing.T) {
	r, runs := counted(t, wednesday.At(7, 0))
	list := func() string {
		var b strings.Builder
		if err := r.jobs.List(t.Context(), &b, r.clock.Now()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, c := range []struct {
		off  bool
		want string
	}{
		{false, "daily                    0 9 * * *      next 2026-12-02 09:00, by the site data, last never\n"},
		{true, "daily                    0 9 * * *      next switched off    , by the site data, last never\n"},
	} {
		r.put("1", townconfig.SiteJob{Name: "daily", Spec: "0 9 * * *", Late: 60, Off: c.off})
		if got := list(); got != c.want {
			t.Errorf("listed\n%swant\n%s", got, c.want)
		}
	}
	if did, err := r.jobs.RunJob(t.Context(), "daily", r.clock.Now()); did != "ran" || err != nil || len(*runs) != 1 {
		t.Error(did, err, *runs)
	}
	if got := list(); !strings.Contains(got, "last 2026-12-02 07:00 ran") {
		t.Error(got)
	}
}

// TestRunsAreTold: whoever counts learns of each run and of what failed.
func TestRunsAreTold(t *testing.T) {
	r, _ := counted(t, wednesday.At(7, 0))
	r.jobs.Jobs = append(r.jobs.Jobs, scheduler.Job{Name: "bad", Spec: "0 8 * * *", Run: func(context.Context, *scheduler.Scheduler, time.Time) (string, error) { panic("no") }})
	var told []string
	r.jobs.Ran = func(name string, _ time.Duration, err error) {
		if err != nil {
			name += " failed"
		}
		told = append(told, name)
	}
	if err := r.jobs.Start(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.tick(wednesday.At(7, 30))
	r.clock.set(wednesday.At(8, 0))
	if err := r.jobs.Tick(t.Context(), wednesday.At(8, 0)); err == nil {
		t.Error("a job that panics has not failed")
	}
	if got := strings.Join(told, ", "); got != "daily, bad failed" {
		t.Error(got)
	}
}
