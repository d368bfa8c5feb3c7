package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage/calendar"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/stats"
	"xintiexin/storage/visits"
)

func TestWhereSheStands(t *testing.T) {
	for _, c := range []struct {
		name string
		card migration.Absence
		want migration.AbsenceState
	}{
		{"no card", migration.Absence{}, migration.AtHome},
		{"away", migration.Absence{ID: "a", Since: today - 9}, migration.Gone},
		{"away past the day she named: nobody knows better", migration.Absence{ID: "a", ExpectedDay: today - 9}, migration.Gone},
		{"back today", migration.Absence{ID: "a", Back: today}, migration.Returned},
		{"back for a month", migration.Absence{ID: "a", Back: today - 30}, migration.Returned},
		{"stayed", migration.Absence{ID: "a", Back: today - 31}, migration.AtHome},
		{"stays until a day", migration.Absence{ID: "a", Back: today - 40, LeavingDay: today}, migration.Returned},
		{"that day is over: she is not taken to be away", migration.Absence{ID: "a", Back: today - 40, LeavingDay: today - 1}, migration.AtHome},
		{"lives here", migration.Absence{ID: "a", Kind: "here", Since: today - 400}, migration.Arrived},
		{"lived here", migration.Absence{ID: "a", Kind: "here", Back: today}, migration.AtHome},
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
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
	var f followups.FollowUp
	w.as("oa", func(s personstore.Scope) (err error) {
		f, err = visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today + 1}, "m1")
		return err
	})
	stands := func(want string) {
		t.Helper()
		w.update(func(tx *record.Tx) error {
			got, err := deliverykinds.StillValid(tx, outbox.Delivery{Kind: "visit_eve", About: id, Facts: map[string]string{"followup": f.ID, "day": f.Due.String()}})
			if got != want {
				t.Errorf("stands: %q, want %q", got, want)
			}
			return err
		})
	}
	stands("")
	var a migration.Absence
	w.as("oa", func(s personstore.Scope) (err error) {
		a, err = migration.Add(s, migration.Absence{Resident: id, Since: today, Place: "江苏苏州"}, "m2")
		return err
	})
	stands("away")
	w.as("oa", func(s personstore.Scope) error { a.Back = today; return migration.Put(s, a, now) })
	stands("")
}

// TestReturnsAreAskedOnce: who said that she would be home yesterday is asked, once,
// when she agreed and has a WeChat; nobody else, and no one after she said more.
func TestReturnsAreAskedOnce(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oshe", id) })
	w.agrees("oshe", id, purpose.Migration, personstore.Yes, now)
	var a migration.Absence
	w.as("oshe", func(s personstore.Scope) (err error) {
		a, err = migration.KeepOwnAway(s, migration.Absence{Resident: id, Since: today - 30, Place: "江苏苏州", ExpectedDay: today - 1}, "c1", now)
		return err
	})
	ask := func(want int) {
		t.Helper()
		booked := 0
		w.update(func(tx *record.Tx) error {
			booked = 0
			for p := (record.Page{}); !p.Done; {
				next, n, err := migration.AskReturns(tx, p, 1, now)
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
	w.as("oshe", func(s personstore.Scope) (err error) {
		a.ExpectedDay = today + 20
		a, err = migration.KeepOwnAway(s, a, "", now)
		return err
	})
	w.update(func(tx *record.Tx) error {
		all, err := outbox.BookedTo(tx, "r:"+id, 9)
		if err != nil || len(all) != 1 {
			t.Fatalf("booked: %v, %v", all, err)
		}
		if why, err := deliverykinds.StillValid(tx, all[0]); err != nil || why != "moved" {
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
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oshe", id) })
	keep := func(a migration.Absence, cause string) (out migration.Absence, err error) {
		w.as("oshe", func(s personstore.Scope) error {
			out, err = migration.KeepOwnAway(s, a, cause, now)
			return nil
		})
		return out, err
	}
	if _, err := keep(migration.Absence{Resident: id, Since: today}, "c0"); !errors.Is(err, record.ErrConsent) {
		t.Fatalf("without a yes: %v", err)
	}
	w.agrees("oshe", id, purpose.Migration, personstore.Yes, now)
	first, _ := keep(migration.Absence{Resident: id, Since: today - 9, Place: "山东济南"}, "c1")
	second, _ := keep(migration.Absence{Resident: id, Since: today, Place: "江苏苏州"}, "c2")
	w.as("oshe", func(s personstore.Scope) error {
		a, err := migration.OwnLatest(s, id)
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
		w.as("oa", func(s personstore.Scope) error {
			kinds = nil
			due, err := visits.OpenFollowUps(s, id)
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
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "a")
		if err != nil {
			return err
		}
		n, err := stats.CountDue(tx, c, calendar.DayOf(now), 9)
		if n != 0 {
			t.Errorf("%d are waiting: nobody waits for not having been visited", n)
		}
		return err
	})
	w.as("oshe", func(s personstore.Scope) error { return migration.DropOwnAway(s, id, second.ID) })
	if got := lines(); len(got) != 0 {
		t.Errorf("after it was taken back: %q", got)
	}
}
