package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// clinicDay is a Thursday, three weeks from the tests' today.
var clinicDay = calendar.Date(2026, time.December, 24)

// town puts a site in force whose service checkup is open on Thursdays: 08:00
// two persons, 08:30 four, 14:00 one.
func (w *world) town(change func(*townconfig.Site)) {
	w.t.Helper()
	s := townconfig.Site{
		Version:  "1",
		Services: []townconfig.Service{{ID: "checkup", Couple: true, Ahead: 40}, {ID: "advice", Ahead: 40}},
		Openings: []townconfig.Opening{
			{Service: "checkup", When: "周四", Time: "08:00", Capacity: 2},
			{Service: "checkup", When: "周四", Time: "08:30", Capacity: 4},
			{Service: "checkup", When: "周四", Time: "14:00", Capacity: 1},
		},
	}
	if change != nil {
		change(&s)
	}
	w.update(func(tx *record.Tx) error { return storage.PutSite(tx, s, "", now) })
}

// slots says the slots of some days, as 24T08:00=2-1+1/0: capacity, taken, held,
// and how many seats are free for those who come home and for others.
func (w *world) slots(from, to calendar.Day, at time.Time) string {
	w.t.Helper()
	var out []string
	err := w.store.View(w.t.Context(), func(tx *record.Tx) error {
		out = nil
		all, err := bookings.Slots(tx, "checkup", from, to, at)
		for _, o := range all {
			today := calendar.DayOf(at)
			out = append(out, fmt.Sprintf("%s=%d-%d+%d/%d,%d", o.Key()[8:], o.Capacity, o.Taken, o.Held, o.Free(today, true), o.Free(today, false)))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func (w *world) wantSlots(what, want string) {
	w.t.Helper()
	if got := w.slots(clinicDay, clinicDay, now); got != want {
		w.t.Errorf("%s: slots %s, want %s", what, got, want)
	}
}

func TestSlots(t *testing.T) {
	w := newWorld(t)
	if got := w.slots(today, today+30, now); got != "" {
		t.Error("no site has slots", got)
	}
	w.town(nil)
	w.wantSlots("by rule", "24T08:00=2-0+0/2,2 24T08:30=4-0+0/4,4 24T14:00=1-0+0/1,1")
	if got := w.slots(clinicDay, clinicDay, clinicDay.At(8, 30)); got != "24T14:00=1-0+0/1,1" {
		t.Error("what has begun is left out:", got)
	}
	if got := w.slots(clinicDay+1, clinicDay, now); got != "" {
		t.Error("no days, slots", got)
	}
	w.as("oc", func(s personstore.Scope) error {
		_, err := bookings.Book(s, bookings.Appointment{Resident: w.people[jia], Service: "checkup", Seats: 2, Day: clinicDay, Time: "08:00"}, "m1", now)
		return err
	})
	w.wantSlots("booked", "24T08:00=2-2+0/0,0 24T08:30=4-0+0/4,4 24T14:00=1-0+0/1,1")
	w.town(func(s *townconfig.Site) { s.Openings[0].Capacity = 1 })
	w.wantSlots("lowered: nobody is thrown out", "24T08:00=1-2+0/0,0 24T08:30=4-0+0/4,4 24T14:00=1-0+0/1,1")
	w.town(func(s *townconfig.Site) { s.Days = []townconfig.SiteDay{{Day: clinicDay, Closed: true}} })
	w.wantSlots("closed", "")
	w.as("oc", func(s personstore.Scope) error {
		_, err := bookings.Book(s, bookings.Appointment{Resident: w.people[yi], Service: "checkup", Seats: 1, Day: clinicDay, Time: "08:00"}, "m2", now)
		if !errors.Is(err, record.ErrNotAvailable) {
			t.Error("booked on a closed day:", err)
		}
		return nil
	})
}

func TestRelease(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	release := func(who string, slots ...bookings.Slot) (n int, err error) {
		w.as(who, func(s personstore.Scope) error { n, err = bookings.PublishSlots(s, slots, "r", now); return nil })
		return n, err
	}
	more := []bookings.Slot{
		{Service: "checkup", Day: clinicDay, Time: "08:00", Capacity: 3},
		{Service: "checkup", Day: clinicDay, Time: "10:00", Capacity: 5, Kept: 9, KeptTill: today + 5},
	}
	for _, who := range []string{"oa", "od", "nobody"} {
		if _, err := release(who, more...); !errors.Is(err, record.ErrScope) {
			t.Error(who, "released:", err)
		}
	}
	for _, bad := range []bookings.Slot{
		{Service: "checkup", Day: today, Time: "08:00", Capacity: 1}, {Service: "checkup", Day: clinicDay, Time: "8:00", Capacity: 1},
		{Service: "check/up", Day: clinicDay, Time: "08:00", Capacity: 1}, {Service: "checkup", Day: clinicDay, Time: "25:00", Capacity: 1},
		{Service: "checkup", Day: clinicDay, Time: "08:00", Capacity: -1}, {Service: "checkup", Day: 1 << 30, Time: "08:00", Capacity: 1},
	} {
		if _, err := release("oc", more[0], bad); !errors.Is(err, record.ErrNotAvailable) {
			t.Errorf("released %+v: %v", bad, err)
		}
	}
	w.wantSlots("refused", "24T08:00=2-0+0/2,2 24T08:30=4-0+0/4,4 24T14:00=1-0+0/1,1")
	for range 2 {
		if n, err := release("oc", more...); err != nil || n != 0 {
			t.Error(n, err)
		}
	}
	want := "24T08:00=3-0+0/3,3 24T08:30=4-0+0/4,4 24T10:00=5-0+0/5,0 24T14:00=1-0+0/1,1"
	w.wantSlots("released", want)
	if got := w.slots(clinicDay, clinicDay, (today+6).At(8, 0)); !strings.Contains(got, "24T10:00=5-0+0/5,5") {
		t.Error("kept for too long:", got)
	}
	book := func(resident, cause string) (err error) {
		w.as("oc", func(s personstore.Scope) error {
			_, err = bookings.Book(s, bookings.Appointment{Resident: resident, Service: "checkup", Seats: 1, Day: clinicDay, Time: "10:00"}, cause, now)
			return nil
		})
		return err
	}
	if err := book(w.people[jia], "m1"); !errors.Is(err, record.ErrFull) {
		t.Error("a kept seat went to somebody who never said that she comes home:", err)
	}
	w.as("ob", func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: w.people[yi], Since: today - 100}, "away")
		return err
	})
	if err := book(w.people[yi], "m2"); err != nil {
		t.Error(err)
	}
	w.wantSlots("one came home", strings.Replace(want, "5-0+0/5,0", "5-1+0/4,0", 1))
}
