package flows_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// BenchmarkDay is 今日 of a cadre with 3,000 residents in two villages, among 30,000 of
// a town: 60 lines of hers are due (visits, answers, who came home, of some who are
// away or want nobody at the door), 600 come later, 30 requests are open in her
// villages and 300 in others, 300 of hers are away, and 20 have a number today or
// tomorrow, as 4 of each other cadre; half of them let the village know. Each 今日 is a transaction of its own,
// synced to the disk.
func BenchmarkDay(b *testing.B) {
	talk, store, cadre, at := bigVillages(b)
	b.ResetTimer()
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		var r dialog.Reply
		err := store.Update(b.Context(), func(tx *record.Tx) (err error) {
			r, err = talk.Handle(tx, dialog.Message{ID: fmt.Sprint("day", i), From: cadre, Text: "今日", At: at})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Options) < 60 {
			b.Fatalf("%d lines: %s", len(r.Options), r.Text)
		}
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(spent)/float64(b.N)/1e6, "cpu-ms/今日") // beside other work the clock on the wall says little
}

// bigVillages is the town of BenchmarkDay.
func bigVillages(b *testing.B) (*dialog.Talk, *record.Store, string, time.Time) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "x.db")
	open := func(o bolt.Options) *record.Store {
		engine, err := bolt.Open(path, o)
		if err != nil {
			b.Fatal(err)
		}
		store, err := storage.Open(b.Context(), engine, nil)
		if err != nil {
			b.Fatal(err)
		}
		return store
	}
	store := open(bolt.Options{NoSync: true})
	talk, err := flows.New()
	if err != nil {
		b.Fatal(err)
	}
	at := calendar.Date(2027, 1, 28).At(7, 30)
	update := func(fn func(*record.Tx) error) {
		b.Helper()
		if err := store.Update(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	scope := func(tx *record.Tx, openid string) person.Scope {
		who, err := person.Identify(tx, openid)
		if err != nil {
			b.Fatal(err)
		}
		s, err := person.ScopeOf(tx, who)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	update(func(tx *record.Tx) error {
		data := site.Builtin()
		for day := range calendar.Day(2) { // as many seats as there are numbers
			data.Days = append(data.Days, townconfig.SiteDay{Service: "checkup", Day: calendar.DayOf(at) + day, Time: "15:00", Capacity: 300})
		}
		if err := storage.PutSite(tx, data, "", at); err != nil {
			return err
		}
		for v := range 20 {
			c := person.Staff{ID: fmt.Sprintf("c%d", v/2), Name: "干部", Roles: []person.Role{person.VillageWorker}, Villages: []string{fmt.Sprintf("v%02d", v/2*2), fmt.Sprintf("v%02d", v/2*2+1)}}
			village := person.Village{ID: fmt.Sprintf("v%02d", v), Name: fmt.Sprint("村", v)}
			for g := range 8 {
				village.Groups = append(village.Groups, person.Group{Name: fmt.Sprintf("%c组", []rune("一二三四五六七八")[g]), Contact: c.ID})
			}
			if err := person.PutVillage(tx, village); err != nil {
				return err
			}
			if err := person.PutStaff(tx, c); err != nil {
				return err
			}
			if err := access.Bind(tx, "o"+c.ID, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	today := calendar.DayOf(at)
	for from := 0; from < 30_000; from += 500 {
		update(func(tx *record.Tx) error {
			for i := from; i < from+500; i++ {
				cadre, n := i/3_000, i%3_000
				s := scope(tx, fmt.Sprintf("oc%d", cadre))
				r, err := s.AddResident(person.Resident{Name: fmt.Sprintf("周%c%c", '一'+n%60, '一'+n/60), Village: fmt.Sprintf("v%02d", cadre*2+n%2),
					Group: fmt.Sprintf("%c组", []rune("一二三四五六七八")[n%8]), House: fmt.Sprint(n/4, "号"), Phone: fmt.Sprintf("179%08d", i)}, fmt.Sprint("day", i))
				if err != nil {
					return err
				}
				if n >= 1_010 || cadre != 3 && n >= 994 {
					continue
				}
				for _, set := range []purpose.Purpose{purpose.VisitRecord, purpose.Migration} {
					if err := consent.Put(s, consent.Consent{Resident: r.ID, Set: set, Answer: person.Yes, Channel: "oral"}, at); err != nil {
						return err
					}
				}
				if err := something(tx, s, r, n, today, at); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	store = open(bolt.Options{})
	b.Cleanup(func() { store.Close() })
	return talk, store, "oc3", at
}

// something is what is kept of the n-th resident of a cadre.
func something(tx *record.Tx, s person.Scope, r person.Resident, n int, today calendar.Day, at time.Time) error {
	cause := r.ID
	follow := func(kind string, due calendar.Day) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: r.ID, Kind: kind, Text: "问补贴", Due: due, Asked: today - 20}, cause+kind)
		return err
	}
	switch {
	case n < 40:
		return follow([]string{"visit", "answer"}[n%2], today-calendar.Day(n%9))
	case n < 60:
		if n%2 == 0 {
			r.NoVisit = true
			if err := person.PutResident(tx, r); err != nil {
				return err
			}
		}
		return follow("answer", today)
	case n < 660:
		return follow("visit", today+1+calendar.Day(n%90))
	case n < 690:
		_, err := requests.Create(s, requests.Request{Resident: r.ID, Kind: "help", Text: "问补贴"}, cause, at)
		return err
	case n < 990:
		_, err := migration.Add(s, migration.Absence{Resident: r.ID, Place: "江苏苏州", Since: today - 90, ExpectedDay: today + 5}, cause)
		return err
	default:
		if n%2 == 0 {
			if err := person.BindResident(tx, "o"+r.ID, r.ID); err != nil {
				return err
			}
		}
		_, err := bookings.Book(s, bookings.Appointment{Service: "checkup", Resident: r.ID, Seats: 1, Day: today + calendar.Day(n%2), Time: "15:00"}, cause, at)
		return err
	}
}
