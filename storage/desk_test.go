package storage_test

import (
	"errors"
	"testing"

	"xintiexin/storage/bookings"
	"xintiexin/storage/consent"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

func TestTheSecondPersonSignsAtTheDesk(t *testing.T) {
	d := newDesk(t)
	ids := d.guests(3)
	a, err := d.book("o2", ids[2], 2, "08:00", "second", now)
	if err != nil {
		t.Fatal(err)
	}
	seat := func(openid, name, phone, cause string) (a2 bookings.Appointment, r personstore.Resident, err error) {
		err = d.does(openid, func(s personstore.Scope) (err error) {
			a2, r, err = bookings.SeatSpouse(s, a.ID, name, phone, consent.Consent{Version: "1"}, cause, clinicDay.At(8, 0))
			return err
		})
		return a2, r, err
	}
	for openid, want := range map[string]error{"oa": record.ErrScope, "o2": record.ErrScope} {
		if _, _, err := seat(openid, "志明", "17900000419", "s0"); !errors.Is(err, want) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	d.must("od", func(s personstore.Scope) error { _, err := bookings.Arrive(s, a.ID, clinicDay.At(7, 55)); return err }) // she is here first
	a2, r, err := seat("od", "志明", "17900000419", "s1")
	if err != nil || a2.Spouse != r.ID || r.Village != "" {
		t.Fatalf("%+v %+v %v", a2, r, err)
	}
	d.update(func(tx *record.Tx) error {
		c, err := consent.Load(tx, r.ID, purpose.Booking)
		if !c.Given() || c.Channel != "paper" || c.By != "d" {
			t.Errorf("%+v", c)
		}
		return err
	})
	if _, _, err := seat("od", "志刚", "17900000420", "s2"); !errors.Is(err, record.ErrNotFound) {
		t.Error("a third person:", err)
	}
	if got := d.sees("oa"); got != "甲" {
		t.Error("the village sees more than its own:", got)
	}
}

func TestAWalkInHasASeatOrNone(t *testing.T) {
	d := newDesk(t)
	come := func(openid, name, hour, cause string) (a bookings.Appointment, err error) {
		err = d.does(openid, func(s personstore.Scope) (err error) {
			a, err = bookings.WalkIn(s, name, "17900000499", bookings.Appointment{Service: "checkup", Seats: 1, Day: clinicDay, Time: hour}, consent.Consent{Version: "1"}, cause, clinicDay.At(7, 50))
			return err
		})
		return a, err
	}
	if _, err := come("oa", "周芳", "08:00", "w0"); !errors.Is(err, record.ErrScope) {
		t.Error("a village worker seats nobody:", err)
	}
	a, err := come("od", "周芳", "08:00", "w1")
	if err != nil || a.State != bookings.Came || a.Number == "" {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := come("od", "周芳", "08:30", "w2"); !errors.Is(err, record.ErrAlreadyExists) {
		t.Error("the same person twice:", err)
	}
	if _, err := come("od", "周芬", "08:00", "w3"); err != nil {
		t.Error(err)
	}
	if _, err := come("od", "周芹", "08:00", "w4"); !errors.Is(err, record.ErrFull) {
		t.Error("a full hour:", err)
	}
}
