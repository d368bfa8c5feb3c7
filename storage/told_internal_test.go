package storage

import (
	"errors"
	"path/filepath"
	"testing"

	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
)

// TestTwoPapersOfOneBookingAreOneCall: who was to be rung about a paper is not rung on
// the next day about another of the same booking.
func TestTwoPapersOfOneBookingAreOneCall(t *testing.T) {
	inTx(t, func(tx *Tx) {
		today := calendar.Date(2026, 12, 2)
		if err := tx.putCall(Call{Resident: "r", Appointment: "a", Paper: "one", Day: today, Time: paperCallEnd}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			appointment string
			day         calendar.Day
			want        bool
		}{{"a", today, true}, {"a", today + 1, true}, {"a", today + paperCallGap, false}, {"b", today + 1, false}} {
			got, err := tx.calledOften(Call{Resident: "r", Appointment: c.appointment, Paper: "two"}, c.day)
			if err != nil || got != c.want {
				t.Errorf("about a paper of %s on %s: called already %v (%v), want %v", c.appointment, c.day, got, err, c.want)
			}
		}
	})
}

// TestHomeNewsThrownAwayIsNotTold: news that went down with the morning's list that
// carried it is told again; what was sent, waits or is owed is told.
func TestHomeNewsThrownAwayIsNotTold(t *testing.T) {
	inTx(t, func(tx *Tx) {
		c, h := Cadre{ID: "c"}, Homecoming{Day: 9}
		if told, err := tx.homeNewsTold(c, h); told || err != nil {
			t.Error("told before anything was:", err)
		}
		d := Delivery{Cause: "morning", Kind: "morning", To: "c:c"}
		if _, err := tx.Enqueue(d); err != nil {
			t.Fatal(err)
		}
		if err := tx.HomeNewsTold(c, h, d.Cause); err != nil {
			t.Fatal(err)
		}
		for state, want := range map[DeliveryState]bool{Booked: true, Sent: true, Owed: true, Dropped: false} {
			d, err := tx.DeliveryOf("morning")
			d.State = state
			if err := errors.Join(err, tx.PutDelivery(d)); err != nil {
				t.Fatal(err)
			}
			if told, err := tx.homeNewsTold(c, h); told != want || err != nil {
				t.Errorf("%s: told %v (%v)", state, told, err)
			}
		}
	})
}

func inTx(t *testing.T, do func(*Tx)) {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Update(t.Context(), func(tx *Tx) error { do(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}
