package storage

import (
	"errors"
	"path/filepath"
	"testing"

	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestTwoPapersOfOneBookingAreOneCall: who was to be rung about a paper is not rung on
// the next day about another of the same booking.
func TestTwoPapersOfOneBookingAreOneCall(t *testing.T) {
	inTx(t, func(tx *record.Tx) {
		today := calendar.Date(2026, 12, 2)
		if err := calls.Put(tx, calls.Call{Resident: "r", Appointment: "a", Paper: "one", Day: today, Time: calls.PaperCallEnd}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			appointment string
			day         calendar.Day
			want        bool
		}{{"a", today, true}, {"a", today + 1, true}, {"a", today + calls.PaperCallGap, false}, {"b", today + 1, false}} {
			got, err := calls.CalledOften(tx, calls.Call{Resident: "r", Appointment: c.appointment, Paper: "two"}, c.day)
			if err != nil || got != c.want {
				t.Errorf("about a paper of %s on %s: called already %v (%v), want %v", c.appointment, c.day, got, err, c.want)
			}
		}
	})
}

// TestHomeNewsThrownAwayIsNotTold: news that went down with the morning's list that
// carried it is told again; what was sent, waits or is owed is told.
func TestHomeNewsThrownAwayIsNotTold(t *testing.T) {
	inTx(t, func(tx *record.Tx) {
		c, h := person.Staff{ID: "c"}, migration.Homecoming{Day: 9}
		if told, err := migration.NoteHomeNewsTold(tx, c, h); told || err != nil {
			t.Error("told before anything was:", err)
		}
		d := outbox.Delivery{Cause: "morning", Kind: "morning", To: "c:c"}
		if _, err := outbox.Enqueue(tx, d); err != nil {
			t.Fatal(err)
		}
		if err := migration.HomeNewsTold(tx, c, h, d.Cause); err != nil {
			t.Fatal(err)
		}
		for state, want := range map[outbox.DeliveryState]bool{outbox.Booked: true, outbox.Sent: true, outbox.Deferred: true, outbox.Dropped: false} {
			d, err := outbox.DeliveryOf(tx, "morning")
			d.State = state
			if err := errors.Join(err, outbox.Put(tx, d)); err != nil {
				t.Fatal(err)
			}
			if told, err := migration.NoteHomeNewsTold(tx, c, h); told != want || err != nil {
				t.Errorf("%s: told %v (%v)", state, told, err)
			}
		}
	})
}

func inTx(t *testing.T, do func(*record.Tx)) {
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
	if err := s.Update(t.Context(), func(tx *record.Tx) error { do(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}
