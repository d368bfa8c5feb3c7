package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// The benchmarks of care plans: every resident has one, 20,000 steps are due
// today (in the least town all of its 10,000), a village has 1,500 people and a
// cadre two villages; three in ten have a WeChat. The file is synced at every
// commit. A million needs XINTIEXIN_LONG=1 and a quarter of an hour.
func BenchmarkPlans10k(b *testing.B)  { benchPlans(b, 10_000) }
func BenchmarkPlans100k(b *testing.B) { benchPlans(b, 100_000) }
func BenchmarkPlans1M(b *testing.B) {
	if os.Getenv("XINTIEXIN_LONG") == "" {
		b.Skip("XINTIEXIN_LONG=1 runs it")
	}
	benchPlans(b, 1_000_000)
}

// TestManyPlans is the benchmark in small.
func TestManyPlans(t *testing.T) {
	town := newPlannedTown(t, 3_000, 600)
	if n := town.morning(t); n != 600 {
		t.Errorf("%d plans done, want those that are due", n)
	}
	if n := town.morning(t); n != 0 {
		t.Errorf("%d plans done once more", n)
	}
	var due []followups.FollowUp
	err := town.store.View(t.Context(), func(tx *record.Tx) error {
		p, err := person.Identify(tx, seed.OpenID("plans", "c0"))
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		due, err = visits.Due(s, "c0", wednesday, 999)
		return err
	})
	if err != nil || len(due) != 300 { // half of the steps are the village's
		t.Errorf("%d lines, %v", len(due), err)
	}
}

const duePlans = 20_000

func benchPlans(b *testing.B, people int) {
	town := newPlannedTown(b, people, min(duePlans, people))
	b.ResetTimer()
	for i := range b.N {
		day := wednesday + calendar.Day(i)
		if i > 0 { // as many come due on the next days
			b.StopTimer()
			town.start(b, min(duePlans, people), day)
			b.StartTimer()
		}
		began, spent := time.Now(), cpuTime(b)
		did, err := town.jobs.RunJob(b.Context(), "care-plans", day.At(7, 0))
		if err != nil {
			b.Fatal(err)
		}
		if i == 0 {
			b.Log(did, "in", time.Since(began), "with", cpuTime(b)-spent, "of both processors")
			b.ReportMetric((cpuTime(b) - spent).Seconds(), "cpu-s/morning")
		}
	}
	b.StopTimer()
	talk, err := flows.New()
	if err != nil {
		b.Fatal(err)
	}
	const asked = 200
	began := time.Now()
	for i := range asked {
		err := town.store.Update(b.Context(), func(tx *record.Tx) error {
			_, err := talk.Handle(tx, dialog.Message{ID: fmt.Sprint("day", i), From: seed.OpenID("plans", fmt.Sprintf("c%d", i%max(1, people/perContact))), Text: "今日", At: wednesday.At(8, 0)})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/asked/1000, "ms/今日")
}

// cpuTime is what the process has had of the processors so far: with other work on
// the machine it says more than the clock on the wall.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perContact is how many people a cadre looks after, in two villages.
const perContact = 3_000

// plannedTown is a town in which everybody has a plan.
type plannedTown struct {
	store  *record.Store
	jobs   *scheduler.Scheduler
	people []string
}

func newPlannedTown(t testing.TB, people, due int) *plannedTown {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	town := &plannedTown{}
	town.open(t, path, bolt.Options{NoSync: true})
	town.fill(t, people, due)
	if err := town.store.Close(); err != nil {
		t.Fatal(err)
	}
	town.open(t, path, bolt.Options{})
	t.Cleanup(func() { town.store.Close() })
	return town
}

func (town *plannedTown) open(t testing.TB, path string, o bolt.Options) {
	t.Helper()
	engine, err := bolt.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if town.store, err = storage.Open(t.Context(), engine, nil); err != nil {
		t.Fatal(err)
	}
	town.jobs = &scheduler.Scheduler{Store: town.store, Jobs: scheduler.Jobs(), Log: slog.New(slog.DiscardHandler)}
	if err := town.jobs.Start(t.Context(), wednesday.At(6, 0)); err != nil {
		t.Fatal(err)
	}
}

// fill keeps the people, the cadres and the plans.
func (town *plannedTown) fill(t testing.TB, people, due int) {
	t.Helper()
	town.update(t, func(tx *record.Tx) error {
		var rows []townconfig.ScheduleStep
		for _, who := range []string{"village", "clinic"} {
			for i, at := range []string{"0d", "1m", "3m", "6m", "12m"} {
				rows = append(rows, townconfig.ScheduleStep{Schedule: who, Title: who, Step: fmt.Sprint("s", i), Event: "date", Opens: at, Due: at, Who: who,
					Visits: []string{"followup"}, Label: "随访", Neutral: "有一件到日子了", Set: purpose.HealthReminders})
				rows[len(rows)-1].Closes = map[string]string{"0d": "14d", "1m": "2m", "3m": "4m", "6m": "7m", "12m": "14m"}[at]
			}
		}
		if err := storage.PutSite(tx, townconfig.Site{Version: "1", Schedules: rows}, "", wednesday.At(6, 0)); err != nil {
			return err
		}
		clerk := person.Staff{ID: "clerk", Name: "办事员", Roles: []person.Role{person.Clerk}}
		if err := person.PutStaff(tx, clerk); err != nil {
			return err
		}
		return access.Bind(tx, seed.OpenID("plans", "clerk"), "clerk")
	})
	for n := 0; n*perContact < people; n++ {
		town.update(t, func(tx *record.Tx) error {
			c := person.Staff{ID: fmt.Sprintf("c%d", n), Name: "干部", Roles: []person.Role{person.VillageWorker}}
			for _, half := range []string{"a", "b"} {
				v := person.Village{ID: fmt.Sprintf("v%d%s", n, half), Name: "村", Groups: []person.Group{{Name: "一组", Contact: c.ID}}}
				c.Villages = append(c.Villages, v.ID)
				if err := person.PutVillage(tx, v); err != nil {
					return err
				}
			}
			if err := person.PutStaff(tx, c); err != nil {
				return err
			}
			return access.Bind(tx, seed.OpenID("plans", c.ID), c.ID)
		})
	}
	for from := 0; from < people; from += 500 {
		var added []string
		town.update(t, func(tx *record.Tx) error {
			added = nil
			for i := from; i < min(from+500, people); i++ {
				n := i / perContact
				r, err := person.AddResident(tx, person.Resident{Name: "某某", Village: fmt.Sprintf("v%d%s", n, []string{"a", "b"}[i%2]), Group: "一组", Phone: fmt.Sprintf("179%08d", i)}, fmt.Sprint("plans", i))
				if err != nil {
					return err
				}
				if i%10 < 3 {
					if err := person.BindResident(tx, seed.OpenID("plans", r.ID), r.ID); err != nil {
						return err
					}
				}
				added = append(added, r.ID)
			}
			return nil
		})
		town.people = append(town.people, added...)
	}
	town.plan(t, 0, people, func(i int) calendar.Day {
		if i*due/people != (i-1)*due/people || i == 0 { // as many, evenly among all
			return wednesday
		}
		return wednesday + 1000 + calendar.Day(i%300)
	})
}

// start has as many others come due on a day.
func (town *plannedTown) start(t testing.TB, due int, day calendar.Day) {
	t.Helper()
	people := len(town.people)
	off := int(day - wednesday)
	for k := 0; k < due; k++ {
		i := (k*people/due + off) % people
		town.plan(t, i, i+1, func(int) calendar.Day { return day })
	}
}

// plan starts the plans of some people on the day that each has.
func (town *plannedTown) plan(t testing.TB, from, to int, day func(i int) calendar.Day) {
	t.Helper()
	for ; from < to; from += 500 {
		town.update(t, func(tx *record.Tx) error {
			p, err := person.Identify(tx, seed.OpenID("plans", "clerk"))
			if err != nil {
				return err
			}
			s, err := person.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			at := wednesday.At(6, 0)
			for i := from; i < min(from+500, to); i++ {
				who := town.people[i]
				if err := consent.Put(s, consent.Consent{Resident: who, Set: purpose.HealthReminders, Answer: person.Yes, Channel: "paper"}, at); err != nil {
					return err
				}
				n := careplans.StartParams{Resident: who, Schedule: []string{"village", "clinic"}[i/2%2], Day: day(i), Village: true}
				if _, err := careplans.Start(s, n, fmt.Sprint("plan", i, day(i)), at); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func (town *plannedTown) update(t testing.TB, fn func(*record.Tx) error) {
	t.Helper()
	if err := town.store.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// morning does what is due and returns how many plans that were.
func (town *plannedTown) morning(t testing.TB) (n int) {
	t.Helper()
	did, err := town.jobs.RunJob(t.Context(), "care-plans", wednesday.At(7, 0))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Sscanf(did, "%d", &n)
	return n
}
