package storage_test

import (
	"errors"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/events"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// TestLectureMoved: a meeting that new site data move takes its seats along: the old
// reminder is dropped, each is told once, and a new one stands for the new day; moved
// back, the first stands again. One that is not held any more gives the seats back.
func TestLectureMoved(t *testing.T) {
	w := newWorld(t)
	w.room()
	id := w.guests(1)[0]
	put := func(at time.Time, all ...townconfig.Lecture) {
		w.update(func(tx *record.Tx) error {
			s, err := townconfig.Current(tx)
			if err != nil {
				return err
			}
			next := *s
			next.Lectures = all
			return storage.PutSite(tx, next, "", at)
		})
	}
	old := townconfig.Lecture{ID: "l", Title: "t", Place: "p", Day: today + 10, Time: "09:30", Seats: 5}
	moved := old
	moved.Day, moved.Time = today+12, "14:00"
	put(now, old)
	w.as("o0", func(s personstore.Scope) error {
		if err := enrolment.Agree(s, consent.Consent{Resident: id, Set: purpose.Booking, Answer: personstore.Yes, Version: "1"}, now); err != nil {
			return err
		}
		_, err := events.SignUp(s, id, "l", now)
		return err
	})
	eve := func(l townconfig.Lecture) string { return "lecture/l/" + id + "/" + l.Day.String() + "/" + l.Time }
	is := func(cause string, state outbox.DeliveryState, reason string) outbox.Delivery {
		t.Helper()
		var d outbox.Delivery
		w.update(func(tx *record.Tx) (err error) { d, err = outbox.DeliveryOf(tx, cause); return err })
		if d.State != state || d.Reason != reason {
			t.Errorf("%s is %s %q, want %s %q", cause, d.State, d.Reason, state, reason)
		}
		return d
	}
	told := func(kind string) (n int) {
		w.update(func(tx *record.Tx) error {
			n = 0
			all, err := outbox.BookedTo(tx, "r:"+id, 100)
			for _, d := range all {
				if why, e := deliverykinds.StillValid(tx, d); e != nil {
					return e
				} else if d.Kind == kind && why == "" {
					n++
				}
			}
			return err
		})
		return n
	}
	is(eve(old), outbox.Booked, "")
	put(now.Add(time.Hour), old) // nothing about it changed
	if n := told("lecture_moved"); n != 0 {
		t.Errorf("nothing moved, and %d are told", n)
	}
	put(now.Add(2*time.Hour), moved)
	is(eve(old), outbox.Dropped, "moved")
	if d := is(eve(moved), outbox.Booked, ""); d.Earliest != (moved.Day-1).At(18, 30).Unix() {
		t.Errorf("reminded at %s", time.Unix(d.Earliest, 0))
	}
	if n := told("lecture_moved"); n != 1 {
		t.Errorf("%d words that it moved", n)
	}
	w.as("o0", func(s personstore.Scope) error {
		seats, err := events.SeatsOf(s, id, today)
		if len(seats) != 1 || seats[0].Day != moved.Day {
			err = errors.Join(err, errors.New("her seat stands otherwise"))
		}
		return err
	})
	put(now.Add(3*time.Hour), old)
	is(eve(old), outbox.Booked, "")
	is(eve(moved), outbox.Dropped, "moved")
	if n := told("lecture_moved"); n != 1 { // that of the first move is no longer true
		t.Errorf("there and back: %d words are true", n)
	}
	put(now.Add(4 * time.Hour))
	is(eve(old), outbox.Dropped, "moved")
	if n := told("lecture_off"); n != 1 {
		t.Errorf("not held, and %d are told", n)
	}
	w.as("o0", func(s personstore.Scope) error {
		seats, err := events.SeatsOf(s, id, today)
		if len(seats) != 0 {
			t.Errorf("she holds %v", seats)
		}
		return err
	})
	put(now.Add(5 * time.Hour))
	if n := told("lecture_off"); n != 1 {
		t.Errorf("not held still, and %d are told", n)
	}
	put(now.Add(6*time.Hour), old) // it was missing by mistake
	is(eve(old), outbox.Booked, "")
	if off, again := told("lecture_off"), told("lecture_moved"); off != 0 || again < 1 {
		t.Errorf("held again: %d words that it is not, %d that it is", off, again)
	}
	w.as("o0", func(s personstore.Scope) error {
		seats, err := events.SeatsOf(s, id, today)
		if len(seats) != 1 || seats[0].Day != old.Day {
			t.Errorf("held again, and she holds %v", seats)
		}
		return err
	})
}
