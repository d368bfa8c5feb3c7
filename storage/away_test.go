package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

func TestWhereSheStands(t *testing.T) {
	for _, c := range []struct {
		name string
		card storage.Away
		want storage.AwayState
	}{
		{"no card", storage.Away{}, storage.AtHome},
		{"away", storage.Away{ID: "a", Since: today - 9}, storage.Gone},
		{"away past the day she named: nobody knows better", storage.Away{ID: "a", ExpectedDay: today - 9}, storage.Gone},
		{"back today", storage.Away{ID: "a", Back: today}, storage.Back},
		{"back for a month", storage.Away{ID: "a", Back: today - 30}, storage.Back},
		{"stayed", storage.Away{ID: "a", Back: today - 31}, storage.AtHome},
		{"stays until a day", storage.Away{ID: "a", Back: today - 40, LeavingDay: today}, storage.Back},
		{"that day is over: she is not taken to be away", storage.Away{ID: "a", Back: today - 40, LeavingDay: today - 1}, storage.AtHome},
		{"lives here", storage.Away{ID: "a", Kind: "here", Since: today - 400}, storage.Arrived},
		{"lived here", storage.Away{ID: "a", Kind: "here", Back: today}, storage.AtHome},
	} {
		if got := c.card.State(today); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestAwayMovesHomeReminders: what she would be reminded of at home waits while she
// is away, and stands again when she is back.
func TestAwayMovesHomeReminders(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.told("oa", id, storage.C0, storage.Yes, now)
	var f storage.FollowUp
	w.as("oa", func(s storage.Scope) (err error) {
		f, err = s.AddFollowUp(storage.FollowUp{Resident: id, Kind: "visit", Due: today + 1}, "m1")
		return err
	})
	stands := func(want string) {
		t.Helper()
		w.update(func(tx *storage.Tx) error {
			got, err := tx.Stands(storage.Delivery{Kind: "visit_eve", About: id, Facts: map[string]string{"followup": f.ID, "day": f.Due.String()}})
			if got != want {
				t.Errorf("stands: %q, want %q", got, want)
			}
			return err
		})
	}
	stands("")
	var a storage.Away
	w.as("oa", func(s storage.Scope) (err error) {
		a, err = s.AddAway(storage.Away{Resident: id, Since: today, Place: "江苏苏州"}, "m2")
		return err
	})
	stands("away")
	w.as("oa", func(s storage.Scope) error { a.Back = today; return s.PutAway(a, now) })
	stands("")
}

// TestReturnsAreAskedOnce: who said that she would be home yesterday is asked, once,
// when she agreed and has a WeChat; nobody else, and no one after she said more.
func TestReturnsAreAskedOnce(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *storage.Tx) error { return tx.LinkResident("oshe", id) })
	w.agrees("oshe", id, storage.C3, storage.Yes, now)
	var a storage.Away
	w.as("oshe", func(s storage.Scope) (err error) {
		a, err = s.KeepOwnAway(storage.Away{Resident: id, Since: today - 30, Place: "江苏苏州", ExpectedDay: today - 1}, "c1", now)
		return err
	})
	ask := func(want int) {
		t.Helper()
		booked := 0
		w.update(func(tx *storage.Tx) error {
			booked = 0
			for p := (storage.Page{}); !p.Done; {
				next, n, err := tx.AskReturns(p, 1, now)
				if err != nil {
					return err
				}
				p, booked = next, booked+n
			}
			return nil
		})
		if booked != want {
			t.Errorf("%d booked, want %d", booked, want)
		}
	}
	ask(1)
	ask(0)
	w.as("oshe", func(s storage.Scope) (err error) {
		a.ExpectedDay = today + 20
		a, err = s.KeepOwnAway(a, "", now)
		return err
	})
	w.update(func(tx *storage.Tx) error {
		all, err := tx.BookedTo("r:"+id, 9)
		if err != nil || len(all) != 1 {
			t.Fatalf("booked: %v, %v", all, err)
		}
		if why, err := tx.Stands(all[0]); err != nil || why != "moved" {
			t.Errorf("she named another day: %q, %v", why, err)
		}
		return nil
	})
	ask(0)
}

// TestOwnCards: without her yes nothing is kept; a second leaving closes the first; a
// return is told to her contact for a week, and dropping the card takes that back.
func TestOwnCards(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *storage.Tx) error { return tx.LinkResident("oshe", id) })
	keep := func(a storage.Away, cause string) (out storage.Away, err error) {
		w.as("oshe", func(s storage.Scope) error {
			out, err = s.KeepOwnAway(a, cause, now)
			return nil
		})
		return out, err
	}
	if _, err := keep(storage.Away{Resident: id, Since: today}, "c0"); !errors.Is(err, storage.ErrConsent) {
		t.Fatalf("without a yes: %v", err)
	}
	w.agrees("oshe", id, storage.C3, storage.Yes, now)
	first, _ := keep(storage.Away{Resident: id, Since: today - 9, Place: "山东济南"}, "c1")
	second, _ := keep(storage.Away{Resident: id, Since: today, Place: "江苏苏州"}, "c2")
	w.as("oshe", func(s storage.Scope) error {
		a, err := s.OwnCard(id)
		if a.ID != second.ID || first.ID == second.ID {
			t.Errorf("the card is %+v", a)
		}
		return err
	})
	second.Back = today
	if _, err := keep(second, ""); err != nil {
		t.Fatal(err)
	}
	lines := func() (kinds []string) {
		w.as("oa", func(s storage.Scope) error {
			kinds = nil
			due, err := s.OpenFollowUps(id)
			for _, f := range due {
				kinds = append(kinds, f.Kind)
			}
			return err
		})
		return kinds
	}
	if got := strings.Join(lines(), " "); got != "back" {
		t.Errorf("her contact sees %q", got)
	}
	w.update(func(tx *storage.Tx) error {
		c, err := tx.Cadre("a")
		if err != nil {
			return err
		}
		n, err := tx.CountDue(c, calendar.DayOf(now), 9)
		if n != 0 {
			t.Errorf("%d are waiting: nobody waits for not having been visited", n)
		}
		return err
	})
	w.as("oshe", func(s storage.Scope) error { return s.DropOwnAway(id, second.ID) })
	if got := lines(); len(got) != 0 {
		t.Errorf("after it was taken back: %q", got)
	}
}
