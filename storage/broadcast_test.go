package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/events"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// withText is a desk whose site has a text to tell, and n people of 甲 who agreed to C1
// and C3, each with a WeChat (o0, o1 …).
func withText(t *testing.T, n int) (d *desk, ids []string) {
	d = &desk{world: newWorld(t)}
	d.town(func(s *townconfig.Site) {
		s.Texts = map[string]string{"broadcast_road": "修路，改走南门", "other": "别的"}
	})
	ids = d.guests(n)
	for i, id := range ids {
		d.update(func(tx *record.Tx) error {
			r, err := personstore.LoadResident(tx, id)
			r.Village = jia
			return errors.Join(err, personstore.PutResident(tx, r))
		})
		d.agree(fmt.Sprint("o", i), id, purpose.Booking)
		d.agree(fmt.Sprint("o", i), id, purpose.Migration)
	}
	return d, ids
}

// prepare prepares the text by the clerk.
func (d *desk) prepare(to broadcasts.AudienceFilter, cause string, at time.Time) (b broadcasts.Broadcast) {
	d.t.Helper()
	d.must("oc", func(s personstore.Scope) (err error) {
		b, err = broadcasts.Prepare(s, "broadcast_road", to, cause, at)
		return err
	})
	return b
}

// tell books what is released, page by page.
func (d *desk) tell(max int, at time.Time) (booked int) {
	d.t.Helper()
	for range 99 {
		left, n := 0, 0
		d.update(func(tx *record.Tx) error {
			ids, err := broadcasts.Open(tx)
			if err != nil {
				return err
			}
			left, n = len(ids), 0
			for _, id := range ids {
				k, _, err := broadcasts.TellAudience(tx, id, max, at)
				if err != nil {
					return err
				}
				n += k
			}
			return nil
		})
		booked += n
		if left == 0 {
			return booked
		}
	}
	d.t.Fatal("it does not end")
	return 0
}

// broadcasts are the messages of all broadcasts, by hour.
func (d *desk) broadcasts() (all []outbox.Delivery) {
	d.t.Helper()
	d.update(func(tx *record.Tx) error {
		due, err := outbox.DueDeliveries(tx, now.AddDate(1, 0, 0), 1<<20)
		all = slices.DeleteFunc(due, func(m outbox.Delivery) bool { return m.Kind != "broadcast" })
		return err
	})
	return all
}

// TestWhoIsToldByABroadcast: whoever is of the circle, agreed, takes messages and
// has a WeChat; each WeChat once.
func TestWhoIsToldByABroadcast(t *testing.T) {
	d, ids := withText(t, 8)
	for i, openid := range map[int]string{2: "o2", 3: "o3", 4: "o4", 5: "o5", 6: "o6", 7: "o7"} {
		d.must(openid, func(s personstore.Scope) error { return events.Subscribe(s, ids[i], true, now) })
	}
	d.must("o7", func(s personstore.Scope) error { return events.Subscribe(s, ids[7], false, now) })
	d.update(func(tx *record.Tx) error {
		return errors.Join(personstore.StopPushes(tx, ids[1]), enrolment.Unfollow(tx, "o2", now), personstore.BindResident(tx, "o4", ids[5]))
	})
	d.must("o3", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, ids[3], purpose.Booking, now) })
	for i, place := range map[int]string{0: "山东青岛", 1: "青岛", 3: "青岛市", 6: "苏州"} {
		d.must("oc", func(s personstore.Scope) error {
			_, err := migration.Add(s, migration.Absence{Resident: ids[i], Place: place}, place)
			return err
		})
	}
	for _, i := range []int{0, 6} {
		if _, err := d.book(fmt.Sprint("o", i), ids[i], 1, "08:30", fmt.Sprint("book", i), now); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		to   broadcasts.AudienceFilter
		want []int
	}{
		{"a village: not 1 who wants nothing, 2 who left, 3 who took it back, 5 whose phone was told", broadcasts.AudienceFilter{Village: jia}, []int{0, 4, 6, 7}},
		{"booked for a day", broadcasts.AudienceFilter{Booked: clinicDay}, []int{0, 6}},
		{"nobody is booked then", broadcasts.AudienceFilter{Booked: clinicDay + 1}, nil},
		{"away in a city, by C3", broadcasts.AudienceFilter{Away: "青岛"}, []int{0, 3}},
		{"who asked to be told of meetings: not 2 who left, 3 who took it back, 5 whose phone was told", broadcasts.AudienceFilter{Hearing: true}, []int{4, 6}},
		{"nobody at all", broadcasts.AudienceFilter{}, nil},
	} {
		b := d.prepare(c.to, c.name, now)
		if b.Count != len(c.want) || len(b.Code) != 4 || b.Words != "修路，改走南门" {
			t.Errorf("%s: %+v", c.name, b)
		}
		d.update(func(tx *record.Tx) error { _, err := broadcasts.ApproveAs(tx, "x", b.Code, now); return err })
		d.tell(3, now)
		var got []int
		for _, m := range d.broadcasts() {
			if m.Facts["broadcast"] == b.ID {
				got = append(got, slices.Index(ids, m.About))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: told %v, want %v", c.name, got, c.want)
		}
	}
}

// TestWhoReleasesABroadcast: a second person while there is one; else who prepared
// it, after a pause; for a day.
func TestWhoReleasesABroadcast(t *testing.T) {
	d, _ := withText(t, 2)
	to := broadcasts.AudienceFilter{Village: jia}
	release := func(openid, code string, at time.Time) error {
		return d.does(openid, func(s personstore.Scope) error { _, err := broadcasts.Approve(s, code, at); return err })
	}
	for _, openid := range []string{"oa", "od", "o0", "stranger"} {
		if err := d.does(openid, func(s personstore.Scope) error {
			_, err := broadcasts.Prepare(s, "broadcast_road", to, "m", now)
			return err
		}); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s prepares: %v", openid, err)
		}
		if err := release(openid, "1234", now); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s releases: %v", openid, err)
		}
	}
	for _, text := range []string{"other", "broadcast_none", ""} {
		if err := d.does("oc", func(s personstore.Scope) error { _, err := broadcasts.Prepare(s, text, to, "m", now); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%q: %v", text, err)
		}
	}
	alone := d.prepare(to, "alone", now)
	for at, want := range map[time.Duration]error{0: broadcasts.ErrEarly, 9 * time.Minute: broadcasts.ErrEarly, 24 * time.Hour: record.ErrNotFound} {
		if err := release("oc", alone.Code, now.Add(at)); !errors.Is(err, want) {
			t.Errorf("alone after %v: %v, want %v", at, err, want)
		}
	}
	if err := release("oc", "0000", now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a wrong code: %v", err)
	}
	if err := release("oc", alone.Code, now.Add(10*time.Minute)); err != nil {
		t.Error(err)
	}
	if err := release("oc", alone.Code, now.Add(11*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	d.update(func(tx *record.Tx) error {
		return errors.Join(personstore.PutStaff(tx, personstore.Staff{ID: "z", Roles: []personstore.Role{personstore.Admin}}), access.Bind(tx, "oz", "z"))
	})
	two := d.prepare(to, "two", now)
	if err := release("oc", two.Code, now.Add(time.Hour)); !errors.Is(err, ops.ErrSecond) {
		t.Errorf("by herself: %v", err)
	}
	if err := release("oz", two.Code, now.Add(time.Minute)); err != nil {
		t.Error(err)
	}
}

// TestABroadcastIsPaced: over half an hour or the site's time, in decent hours
// alone, whatever the hour of its release.
func TestABroadcastIsPaced(t *testing.T) {
	for _, c := range []struct {
		released string
		minutes  int
		want     string // first and last of four
	}{
		{"08:00", 30, "2 09:00, 2 09:22"},
		{"09:30", 30, "2 09:35, 2 09:57"},
		{"10:40", 30, "2 10:45, 2 18:37"}, // 15 minutes are left
		{"10:58", 30, "2 18:30, 2 18:52"},
		{"12:00", 60, "2 18:30, 2 19:15"},
		{"18:40", 120, "2 18:45, 3 09:15"},
		{"23:00", 240, "3 09:00, 3 19:30"},
	} {
		d, _ := withText(t, 4)
		d.town(func(s *townconfig.Site) {
			s.Texts = map[string]string{"broadcast_road": "修路"}
			s.Limits = map[string]int{"spread_minutes": c.minutes}
		})
		hour, err := time.Parse("15:04", c.released)
		if err != nil {
			t.Fatal(err)
		}
		at := today.At(hour.Hour(), hour.Minute())
		b := d.prepare(broadcasts.AudienceFilter{Village: jia}, "m", at)
		d.update(func(tx *record.Tx) error { _, err := broadcasts.ApproveAs(tx, "x", b.Code, at); return err })
		if n := d.tell(1, at); n != 4 {
			t.Fatalf("%s: %d booked", c.released, n)
		}
		all := d.broadcasts()
		show := func(m outbox.Delivery) string { return time.Unix(m.Earliest, 0).In(calendar.Zone).Format("2 15:04") }
		if got := show(all[0]) + ", " + show(all[3]); got != c.want {
			t.Errorf("released at %s over %d minutes: %s, want %s", c.released, c.minutes, got, c.want)
		}
	}
}

// TestABroadcastIsStoppedAndCounted: each who was told stands in one column; who
// unsubscribes gets nothing more, who was not reached yet is not when it is stopped.
func TestABroadcastIsStoppedAndCounted(t *testing.T) {
	d, ids := withText(t, 8)
	b := d.prepare(broadcasts.AudienceFilter{Village: jia}, "m", now)
	d.update(func(tx *record.Tx) (err error) { b, err = broadcasts.ApproveAs(tx, "x", b.Code, now); return err })
	figures := func() (f broadcasts.Stats) {
		d.must("oc", func(s personstore.Scope) error {
			all, err := broadcasts.List(s, now)
			if err != nil {
				return err
			}
			f, err = broadcasts.GetStats(s, all[0])
			return err
		})
		return f
	}
	if f := figures(); f != (broadcasts.Stats{Waiting: 8}) {
		t.Errorf("released: %+v", f)
	}
	if n := d.tell(3, now); n != 8 {
		t.Fatalf("%d booked", n)
	}
	if n := d.tell(3, now); n != 0 {
		t.Fatalf("%d booked once more", n)
	}
	all := d.broadcasts()
	d.update(func(tx *record.Tx) error {
		for i, state := range []outbox.DeliveryState{outbox.Sent, outbox.Delivered, outbox.Deferred, outbox.Unknown} {
			m := all[i]
			m.State = state
			if err := outbox.Put(tx, m); err != nil {
				return err
			}
		}
		if err := personstore.StopPushes(tx, all[0].About); err != nil { // T, after she had it
			return err
		}
		return errors.Join(outbox.DropDeliveries(tx, "r:"+all[4].About, "", "unsubscribed", now), personstore.StopPushes(tx, all[4].About)) // T before
	})
	if f, want := figures(), (broadcasts.Stats{Waiting: 3, Sent: 1, Delivered: 1, Owed: 1, Missed: 2, Unsubscribed: 2}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	mine := func(i int) (n int) {
		d.must("o"+strings.TrimSpace(fmt.Sprint(slices.Index(ids, all[i].About))), func(s personstore.Scope) error {
			list, err := broadcasts.Mine(s, now)
			n = len(list)
			return err
		})
		return n
	}
	for i, want := range []int{1, 1, 1, 1, 0, 0} {
		if got := mine(i); got != want {
			t.Errorf("%d is shown %d", i, got)
		}
	}
	n := 0
	d.must("oc", func(s personstore.Scope) (err error) { n, err = broadcasts.StopOwn(s, b.ID, now); return err })
	if n != 4 {
		t.Errorf("%d stopped", n)
	}
	if f, want := figures(), (broadcasts.Stats{Sent: 1, Delivered: 1, Missed: 2, Stopped: 4, Unsubscribed: 2}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	d.update(func(tx *record.Tx) error {
		if reason, err := deliverykinds.StillValid(tx, all[6]); reason != "stopped" {
			t.Errorf("it stands: %q, %v", reason, err)
		}
		return nil
	})
}

// TestAMessageOfABroadcastStands while she is of the circle and wants it.
func TestAMessageOfABroadcastStands(t *testing.T) {
	d, ids := withText(t, 3)
	for i := range 3 {
		if _, err := d.book(fmt.Sprint("o", i), ids[i], 1, "08:30", fmt.Sprint("book", i), now); err != nil {
			t.Fatal(err)
		}
	}
	b := d.prepare(broadcasts.AudienceFilter{Booked: clinicDay}, "m", now)
	d.update(func(tx *record.Tx) error { _, err := broadcasts.ApproveAs(tx, "x", b.Code, now); return err })
	d.tell(9, now)
	d.must("o0", func(s personstore.Scope) error {
		a, err := bookings.Open(s, ids[0], "checkup")
		if err != nil {
			return err
		}
		_, err = bookings.Cancel(s, a.ID, now)
		return err
	})
	d.must("o1", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, ids[1], purpose.Booking, now) })
	got := map[string]string{}
	d.update(func(tx *record.Tx) error {
		for _, id := range ids {
			m, err := outbox.DeliveryOf(tx, "broadcast/"+b.ID+"/"+id)
			if err != nil {
				return err
			}
			if got[id], err = deliverykinds.StillValid(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if got[ids[0]] != "changed" || got[ids[1]] == "" || got[ids[2]] != "" {
		t.Errorf("%v", got)
	}
}
