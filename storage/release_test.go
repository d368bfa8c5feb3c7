package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// comesHome makes a resident somebody who said when she comes home.
func (d *desk) comesHome(resident string, day calendar.Day) {
	d.t.Helper()
	d.must("oc", func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: resident, Place: "苏州", ExpectedDay: day}, "away/"+resident)
		return err
	})
}

// newSlot is an hour on a day on which the rule opens nothing.
func newSlot(seats int) bookings.Slot {
	return bookings.Slot{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: seats}
}

func TestWhoIsToldOfReleasedSeats(t *testing.T) {
	d := newDesk(t)
	ids := d.guests(6)
	for i, id := range ids {
		d.comesHome(id, clinicDay+calendar.Day(i))
		if i != 1 {
			d.agree(fmt.Sprint("o", i), id, purpose.Migration)
		}
	}
	d.update(func(tx *record.Tx) error { return personstore.StopPushes(tx, ids[2]) })
	d.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "o0", now) })
	var home []string
	d.must("oc", func(s personstore.Scope) (err error) { home, err = broadcasts.Returnees(s, clinicDay+4); return err })
	slices.Sort(home)
	want := []string{ids[3], ids[4]} // not 0 without a WeChat, 1 without consent, 2 who wants nothing, 5 who comes later
	slices.Sort(want)
	if !slices.Equal(home, want) {
		t.Errorf("%v, want %v", home, want)
	}
	for _, openid := range []string{"oa", "od", "o3"} {
		if err := d.does(openid, func(s personstore.Scope) error { _, err := broadcasts.Returnees(s, clinicDay); return err }); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s: %v", openid, err)
		}
		if err := d.does(openid, func(s personstore.Scope) error {
			_, err := broadcasts.Announce(s, []bookings.Slot{newSlot(4)}, true, "m", now)
			return err
		}); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s announces: %v", openid, err)
		}
	}
}

// offers are the messages about released seats with what stands against each.
func (d *desk) offers() (at []time.Time, why []string) {
	d.t.Helper()
	d.update(func(tx *record.Tx) error {
		at, why = nil, nil
		all, err := outbox.DueDeliveries(tx, now.AddDate(1, 0, 0), 1<<20)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.Kind != "release_offer" {
				continue
			}
			reason, err := deliverykinds.StillValid(tx, m)
			if err != nil {
				return err
			}
			at, why = append(at, time.Unix(m.Earliest, 0).In(calendar.Zone)), append(why, reason)
		}
		return nil
	})
	return at, why
}

func TestAReleaseIsSpreadStoppedAndCounted(t *testing.T) {
	d := newDesk(t)
	ids := d.guests(4)
	for i, id := range ids {
		d.agree(fmt.Sprint("o", i), id, purpose.Migration)
		d.comesHome(id, clinicDay)
	}
	var a broadcasts.Announcement
	for range 2 { // the same message, delivered twice
		d.must("oc", func(s personstore.Scope) (err error) {
			a, err = broadcasts.Announce(s, []bookings.Slot{newSlot(4)}, true, "m", now)
			return err
		})
	}
	if a.Told != 4 || a.Seats != 4 {
		t.Errorf("%+v", a)
	}
	at, why := d.offers()
	if len(at) != 4 || !at[0].Equal(today.At(18, 30)) || !at[3].Before(today.At(19, 0)) || at[3].Sub(at[0]) < 20*time.Minute {
		t.Errorf("sent at %v", at)
	}
	for _, w := range why {
		if w != "" {
			t.Error("does not stand:", w)
		}
	}
	book := func(resident, openid, cause string) {
		t.Helper()
		d.must(openid, func(s personstore.Scope) error {
			_, err := bookings.Book(s, bookings.Appointment{Resident: resident, Service: "checkup", Seats: 2, Day: clinicDay + 2, Time: "08:00"}, cause, now)
			return err
		})
	}
	book(ids[2], "o2", "b2")
	var p broadcasts.Progress
	count := func() {
		t.Helper()
		d.must("oc", func(s personstore.Scope) (err error) { p, err = broadcasts.ProgressOf(s, a, now); return err })
	}
	if count(); p != (broadcasts.Progress{Seats: 4, Taken: 2, Free: 2, Waiting: 4}) {
		t.Errorf("%+v", p)
	}
	book(ids[3], "o3", "b3")
	if _, why = d.offers(); why[0] != "full" {
		t.Error("full, and still told:", why)
	}
	stop := 0
	d.must("oc", func(s personstore.Scope) (err error) {
		stop, err = broadcasts.StopAnnouncement(s, a.ID, now)
		return err
	})
	if at, _ = d.offers(); stop != 4 || len(at) != 0 {
		t.Error("stopped", stop, "left", at)
	}
	if count(); p != (broadcasts.Progress{Seats: 4, Taken: 4}) {
		t.Errorf("%+v", p)
	}
}

func TestInTheEveningTheNextEveningIsMeant(t *testing.T) {
	d := newDesk(t)
	ids := d.guests(1)
	d.agree("o0", ids[0], purpose.Migration)
	d.comesHome(ids[0], clinicDay)
	d.must("oc", func(s personstore.Scope) error {
		_, err := broadcasts.Announce(s, []bookings.Slot{newSlot(4)}, true, "m", today.At(18, 31))
		return err
	})
	if at, _ := d.offers(); len(at) != 1 || !at[0].Equal((today+1).At(18, 30)) {
		t.Error(at)
	}
	// what is for tomorrow morning comes too late for those far away
	d = newDesk(t)
	ids = d.guests(1)
	d.agree("o0", ids[0], purpose.Migration)
	d.comesHome(ids[0], today)
	slot := newSlot(4)
	slot.Day = today + 1
	d.must("oc", func(s personstore.Scope) error {
		_, err := broadcasts.Announce(s, []bookings.Slot{slot}, true, "m", today.At(18, 31))
		return err
	})
	if at, _ := d.offers(); len(at) != 0 {
		t.Error(at)
	}
}
