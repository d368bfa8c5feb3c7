package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func TestWhenPeopleComeHome(t *testing.T) {
	for _, c := range []struct {
		anchor   string
		from, to int
		year     int
		want     string
	}{
		{"春节", -10, 6, 2027, "2027-01-27 to 2027-02-12"}, // 腊月二十 to 正月初七
		{"春节", -10, 6, 2028, "2028-01-16 to 2028-02-01"},
		{"清明", -3, 1, 2028, "2028-04-01 to 2028-04-05"},
		{"五一", -1, 4, 2027, "2027-04-30 to 2027-05-05"},
		{"芒种", -10, 12, 2027, "2027-05-27 to 2027-06-18"},
		{"中秋", -3, 1, 2028, "2028-09-30 to 2028-10-04"},
		{"国庆", -1, 6, 2028, "2028-09-30 to 2028-10-07"},
		{"寒露", 0, 15, 2026, "2026-10-08 to 2026-10-23"},
		{"寒路", 0, 15, 2026, "unknown"},
	} {
		h, ok := migration.In(townconfig.HomeWindow{ID: "w", Anchor: c.anchor, From: c.from, To: c.to}, c.year)
		got := fmt.Sprint(h.First, " to ", h.Last)
		if !ok {
			got = "unknown"
		}
		if got != c.want {
			t.Errorf("%s %d: %s, want %s", c.anchor, c.year, got, c.want)
		}
	}
}

func TestHomecomingsAreThoseToCome(t *testing.T) {
	s := townconfig.Site{HomeWindows: []townconfig.HomeWindow{
		{ID: "spring", Anchor: "春节", From: -10, To: 6}, {ID: "may", Anchor: "五一", From: -1, To: 4}, {ID: "newyear", Anchor: "元旦", From: -3, To: 2}}}
	keys := func(day calendar.Day) (out []string) {
		for _, h := range migration.Homecomings(&s, day) {
			out = append(out, h.Key())
		}
		return out
	}
	for day, want := range map[calendar.Day]string{
		calendar.Date(2026, 12, 2):  "newyear-2027-01-01 spring-2027-02-06 may-2027-05-01",
		calendar.Date(2027, 2, 12):  "spring-2027-02-06 may-2027-05-01 newyear-2028-01-01 spring-2028-01-26 may-2028-05-01",
		calendar.Date(2027, 2, 13):  "may-2027-05-01 newyear-2028-01-01 spring-2028-01-26 may-2028-05-01",
		calendar.Date(2027, 12, 30): "newyear-2028-01-01 spring-2028-01-26 may-2028-05-01",
	} {
		if got := strings.Join(keys(day), " "); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
	for day, want := range map[calendar.Day]bool{calendar.Date(2026, 12, 29): true, calendar.Date(2026, 12, 28): false, calendar.Date(2027, 1, 27): true, calendar.Date(2027, 3, 1): false} {
		if h, ok := migration.HomecomingOn(&s, day); ok != want {
			t.Errorf("%s lies in %s: %v", day, h.Key(), ok)
		}
	}
}

func TestWhoComesAtAHomecoming(t *testing.T) {
	h := migration.Homecoming{First: 100, Last: 116}
	for _, c := range []struct {
		name string
		card migration.Absence
		want bool
	}{
		{"on its first day", migration.Absence{ID: "a", ExpectedDay: 100}, true},
		{"on its last day", migration.Absence{ID: "a", ExpectedDay: 116}, true},
		{"the day before", migration.Absence{ID: "a", ExpectedDay: 99}, false},
		{"the day after", migration.Absence{ID: "a", ExpectedDay: 117}, false},
		{"in a season that begins in it", migration.Absence{ID: "a", ExpectedFrom: 110, ExpectedDay: 140}, true},
		{"in a season that it lies in", migration.Absence{ID: "a", ExpectedFrom: 90, ExpectedDay: 140}, true},
		{"in a season behind it", migration.Absence{ID: "a", ExpectedFrom: 117, ExpectedDay: 140}, false},
		{"no day was said", migration.Absence{ID: "a", Expected: "说不准"}, false},
		{"she is back", migration.Absence{ID: "a", ExpectedDay: 105, Back: 98}, false},
		{"she lives here", migration.Absence{ID: "a", Kind: "here", ExpectedDay: 105}, false},
		{"no card", migration.Absence{}, false},
	} {
		if got := h.Has(c.card); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// holidays is a homecoming of newDesk's site around clinicDay.
func (d *desk) holidays() (h migration.Homecoming) {
	d.t.Helper()
	d.town(func(s *townconfig.Site) {
		s.HomeWindows = []townconfig.HomeWindow{{ID: "winter", Label: "冬天", Anchor: "元旦", From: -10, To: 5, Plan: 30, Ask: 14, List: 7, Keep: 3}}
		s.Limits = map[string]int{"spread_minutes": 60}
	})
	err := d.store.View(d.t.Context(), func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		h = migration.Homecomings(site, today)[0]
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return h
}

// askHome asks all pages, two people each, and returns how many were booked.
func (d *desk) askHome(h migration.Homecoming, at time.Time) (total int) {
	d.t.Helper()
	for p := (record.Page{}); !p.Done; {
		var next record.Page
		n := 0
		d.update(func(tx *record.Tx) (err error) { next, n, err = migration.AskHome(tx, h, p, 2, at); return err })
		p, total = next, total+n
	}
	return total
}

// homeAsks are the messages that are booked, by whom they go to, with what stands
// against each.
func (d *desk) homeAsks() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	err := d.store.View(d.t.Context(), func(tx *record.Tx) error {
		all, err := outbox.DueDeliveries(tx, clinicDay.At(23, 0), 999)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.Kind != "away_home" {
				continue
			}
			at := time.Unix(one.Earliest, 0).In(calendar.Zone)
			if at.Before(calendar.DayOf(at).At(18, 30)) || !at.Before(calendar.DayOf(at).At(19, 30)) {
				d.t.Errorf("she is written to at %s", at)
			}
			if out[one.About], err = deliverykinds.StillValid(tx, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// TestWhoIsAskedBeforeAHomecoming: who said that she comes then, agreed and takes
// messages; once, however often the clock runs; and not when something changed.
func TestWhoIsAskedBeforeAHomecoming(t *testing.T) {
	d := newDesk(t)
	h := d.holidays()
	ids := d.guests(9)
	for i, id := range ids {
		day := h.First + calendar.Day(i)
		if i == 5 {
			day = h.Last + 1
		}
		d.comesHome(id, day)
		if i != 1 {
			d.agree(fmt.Sprint("o", i), id, purpose.Migration)
		}
	}
	d.update(func(tx *record.Tx) error { return personstore.StopPushes(tx, ids[2]) })
	d.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "o0", now) })
	at := today.At(17, 0)
	d.update(func(tx *record.Tx) error { _, _, err := migration.AskHome(tx, h, record.Page{}, 3, at); return err }) // cut off behind a page
	d.askHome(h, at)
	if n := d.askHome(h, (today+1).At(17, 0)); n != 0 {
		t.Errorf("%d are asked once more", n)
	}
	asked := d.homeAsks()
	var want []string
	for _, i := range []int{3, 4, 6, 7, 8} { // not 0 without a WeChat, 1 without consent, 2 who wants nothing, 5 who comes later
		want = append(want, ids[i])
		if why, ok := asked[ids[i]]; !ok || why != "" {
			t.Errorf("%d: booked %v, %q", i, ok, why)
		}
	}
	if len(asked) != len(want) {
		t.Errorf("%d are asked, want %d", len(asked), len(want))
	}
	d.must("o3", func(s personstore.Scope) error { // another day of the same days
		a, err := migration.OwnLatest(s, ids[3])
		a.ExpectedDay = h.Last
		if err == nil {
			_, err = migration.KeepOwnAway(s, a, "", now)
		}
		return err
	})
	d.must("o4", func(s personstore.Scope) error { // a day behind them
		a, err := migration.OwnLatest(s, ids[4])
		a.ExpectedDay = h.Last + 9
		if err == nil {
			_, err = migration.KeepOwnAway(s, a, "", now)
		}
		return err
	})
	d.must("o6", func(s personstore.Scope) error { // she is home already
		a, err := migration.OwnLatest(s, ids[6])
		a.Back = today
		if err == nil {
			_, err = migration.KeepOwnAway(s, a, "", now)
		}
		return err
	})
	d.must("o7", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, ids[7], purpose.Migration, now) })
	d.must("o8", func(s personstore.Scope) error {
		a, err := migration.OwnLatest(s, ids[8])
		if err == nil {
			err = migration.DropOwnAway(s, ids[8], a.ID)
		}
		return err
	})
	asked = d.homeAsks()
	for i, want := range map[int]string{3: "", 4: "moved", 6: "moved", 7: "withdrawn", 8: "withdrawn"} {
		if why, ok := asked[ids[i]]; why != want || !ok && want != "withdrawn" {
			t.Errorf("%d: %v, %q, want %q", i, ok, why, want)
		}
	}
	if n := d.askHome(h, (today+2).At(17, 0)); n != 0 {
		t.Errorf("%d are asked once more after they changed", n)
	}
}

// TestOnceAHomecoming: who was told of seats of those days is not asked, nor told of
// other seats; who was told nothing because the clerk stopped it is.
func TestOnceAHomecoming(t *testing.T) {
	d := newDesk(t)
	h := d.holidays()
	ids := d.guests(2)
	for i, id := range ids {
		d.comesHome(id, h.First+calendar.Day(i))
		d.agree(fmt.Sprint("o", i), id, purpose.Migration)
	}
	slot := bookings.Slot{Service: "checkup", Day: h.First, Time: "08:00", Capacity: 4, Kept: 4, KeptTill: h.First - 3}
	var a broadcasts.Announcement
	d.must("oc", func(s personstore.Scope) (err error) {
		a, err = broadcasts.Announce(s, []bookings.Slot{slot}, true, "m1", now)
		return err
	})
	if a.Told != 1 { // the other is not home then
		t.Fatalf("%d are told", a.Told)
	}
	slot.Day++
	returnees := func() (home []string) {
		d.must("oc", func(s personstore.Scope) (err error) { home, err = broadcasts.Returnees(s, slot.Day); return err })
		return home
	}
	if home := returnees(); !slices.Equal(home, ids[1:]) {
		t.Errorf("%v would be told, want the one who was not", home)
	}
	if n := d.askHome(h, now); n != 1 {
		t.Errorf("%d are asked, want the one who was not told", n)
	}
	if home := returnees(); len(home) != 0 {
		t.Errorf("%v would be told once more", home)
	}
	d.must("oc", func(s personstore.Scope) error { _, err := broadcasts.StopAnnouncement(s, a.ID, now); return err })
	if n := d.askHome(h, now); n != 1 {
		t.Errorf("%d are asked after the clerk stopped, want the one who heard nothing", n)
	}
}

// TestKeptSeatsGoOn: on the day after the last on which they are kept they are
// everybody's, and who waits for that day is offered one.
func TestKeptSeatsGoOn(t *testing.T) {
	d := newDesk(t)
	h := d.holidays()
	id := d.guests(1)[0]
	slot := bookings.Slot{Service: "checkup", Day: h.First, Time: "08:00", Capacity: 2, Kept: 2, KeptTill: h.First - 3}
	d.must("oc", func(s personstore.Scope) error {
		_, err := bookings.PublishSlots(s, []bookings.Slot{slot}, "m1", now)
		return err
	})
	d.must("o0", func(s personstore.Scope) error {
		_, err := bookings.JoinWaitingList(s, bookings.Waiting{Resident: id, Service: "checkup", Seats: 1, Day: h.First}, "m2", now)
		return err
	})
	offered := func(at time.Time) (n int) {
		d.update(func(tx *record.Tx) (err error) { n, err = bookings.OfferSeats(tx, "checkup", at); return err })
		return n
	}
	if n := offered((h.First - 3).At(23, 50)); n != 0 {
		t.Errorf("%d are offered a seat that is kept", n)
	}
	if n := offered((h.First - 2).At(0, 10)); n != 1 {
		t.Errorf("%d are offered a seat that is everybody's", n)
	}
}
