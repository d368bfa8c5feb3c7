package storage_test

import (
	"fmt"
	"testing"
	"time"

	"xintiexin/storage/erasure"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// TestDuePages: what is due is read page by page, by hour and then by priority;
// what is booked anew behind the place is met, what is not due is not.
func TestDuePages(t *testing.T) {
	w := newWorld(t)
	book := func(cause string, at time.Time, priority int) {
		w.update(func(tx *record.Tx) error {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: "morning", To: "c:a", Earliest: at.Unix(), Latest: at.Add(time.Hour).Unix(), Priority: priority})
			return err
		})
	}
	book("second", now.Add(-time.Minute), 3)
	book("first", now.Add(-time.Minute), 1)
	book("third", now, 0)
	book("later", now.Add(time.Second), 0)
	var got []string
	for place := (record.Page{}); !place.Done; {
		var due []outbox.Delivery
		from := place
		w.update(func(tx *record.Tx) (err error) {
			due, place, err = outbox.DuePage(tx, now, from, 1)
			return err
		})
		for _, d := range due {
			got = append(got, d.Cause)
		}
		if len(got) == 2 {
			book("anew", now, 5)
		}
		if len(got) > 9 {
			t.Fatal("it does not end")
		}
	}
	if want := []string{"first", "second", "third", "anew"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

// TestToldGoesWithHer: the day of a resident's last digest is hers.
func TestToldGoesWithHer(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return outbox.PutTold(tx, "r:"+id, today) })
	w.update(func(tx *record.Tx) error {
		if day, err := outbox.Told(tx, "r:"+id); err != nil || day != today {
			t.Errorf("told on %v, %v", day, err)
		}
		if day, err := outbox.Told(tx, "r:nobody"); err != nil || day != 0 {
			t.Errorf("nobody was told on %v, %v", day, err)
		}
		return nil
	})
	if _, err := erasure.Forget(w.store, t.Context(), []string{id}, now); err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *record.Tx) error {
		if day, err := outbox.Told(tx, "r:"+id); err != nil || day != 0 {
			t.Errorf("forgotten, and told on %v, %v", day, err)
		}
		return nil
	})
}
