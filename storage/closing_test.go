package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage/bookings"
	callsstore "xintiexin/storage/calls"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/subjectaccess"
	visitsstore "xintiexin/storage/visits"
)

// TestACardIsClosedQuietly: whoever died is in no list, nothing is promised her or
// sent to anybody, her seat is free; opened again, what was agreed on is there.
func TestACardIsClosedQuietly(t *testing.T) {
	c := newCast(t)
	c.as("oshe", func(s personstore.Scope) error { return enrolment.ShowTo(s, c.id, jia, now) })
	booked := func(to string) (n int) {
		c.update(func(tx *record.Tx) error {
			some, err := outbox.BookedTo(tx, to, 99)
			n = len(some)
			return err
		})
		return n
	}
	if booked("r:"+c.id) == 0 || c.finds("oa", personstore.Query{Name: "郭敏"}) != 1 || c.dueFor("oa", "a") == 0 {
		t.Fatal("nothing to close")
	}
	before := booked("r:" + c.mate)
	c.as("oa", func(s personstore.Scope) error { return erasure.Deactivate(s, c.id, "died", now) })
	if n := booked("r:"+c.id) + booked("r:"+c.mate) - before; n != 0 {
		t.Errorf("%d messages wait", n)
	}
	if c.finds("oa", personstore.Query{Name: "郭敏"})+c.finds("oc", personstore.Query{Tail: "1100"})+c.dueFor("oa", "a") != 0 {
		t.Error("she is still in a list")
	}
	c.as("oc", func(s personstore.Scope) error {
		on, err := bookings.ListDay(s, clinicDay)
		for _, a := range on {
			if a.Resident == c.id {
				t.Errorf("booked: %+v", a)
			}
		}
		calls, _, err2 := callsstore.Calls(s, clinicDay.At(7, 40), 9)
		for _, l := range calls {
			if l.Resident.ID == c.id {
				t.Error("she is to be rung up")
			}
		}
		return errors.Join(err, err2)
	})
	c.update(func(tx *record.Tx) error {
		gone, err := erasure.Gone(tx, "郭敏", "17900001100", jia)
		if !gone {
			t.Error("the next list brings her back")
		}
		return err
	})
	c.as("oa", func(s personstore.Scope) error {
		all, err := erasure.Deactivations(s, "郭敏")
		if len(all) != 1 || all[0].Resident != c.id {
			t.Errorf("closed: %+v", all)
		}
		return err
	})
	for _, openid := range []string{"ob", "od", "oz", "oshe", "stranger"} {
		if err := c.refusal(openid, func(s personstore.Scope) error { _, err := erasure.Reactivate(s, c.id, now); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s opens it: %v", openid, err)
		}
	}
	c.as("oa", func(s personstore.Scope) error { _, err := erasure.Reactivate(s, c.id, now); return err })
	if c.finds("oa", personstore.Query{Name: "郭敏"}) != 1 || c.dueFor("oa", "a") == 0 {
		t.Error("opened again, she is not there")
	}
	c.as("oshe", func(s personstore.Scope) error {
		h, err := subjectaccess.Export(s, c.id)
		open := 0
		for _, p := range h.Plans {
			open += len(p.Open())
		}
		if open == 0 || len(h.Away) == 0 {
			t.Errorf("plans and cards: %+v %+v", h.Plans, h.Away)
		}
		return err
	})
	if err := c.refusal("oa", func(s personstore.Scope) error { _, err := erasure.Reactivate(s, c.id, now); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("opened twice: %v", err)
	}
}

// TestWhoMovedAwayAndUsesItHerself keeps what is hers; a bare line is closed, and after
// its time deleted for good.
func TestWhoMovedAwayAndUsesItHerself(t *testing.T) {
	c := newCast(t)
	if err := c.refusal("oa", func(s personstore.Scope) error { return erasure.Deactivate(s, c.id, "moved", now) }); !errors.Is(err, record.ErrSelfOnly) {
		t.Errorf("closed by the village: %v", err)
	}
	c.as("oa", func(s personstore.Scope) error { return erasure.Deactivate(s, c.mate, "moved", now) })
	if _, err := erasure.Purge(c.store, t.Context(), today+89); err != nil {
		t.Fatal(err)
	}
	c.as("oc", func(s personstore.Scope) error {
		all, err := erasure.Deactivations(s, "")
		if len(all) != 2 {
			t.Errorf("after 89 days: %+v", all)
		}
		return err
	})
	if _, err := erasure.Purge(c.store, t.Context(), today+90); err != nil {
		t.Fatal(err)
	}
	if n, err := erasure.Forget(c.store, t.Context(), []string{c.mate}, (today+90).At(3, 40)); n != 1 || err != nil {
		t.Errorf("%d deleted, %v", n, err)
	}
	for k, v := range c.everything() {
		if kind, _, _ := strings.Cut(k, "/"); kind != "audit" && (strings.Contains(k, c.mate) || strings.Contains(v, c.mate)) {
			t.Errorf("left: %s %s", k, v)
		}
	}
}

// TestWhatWasToldInAVillageStaysThere
func TestWhatWasToldInAVillageStaysThere(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now.Add(-3600e9))
	w.as("oa", func(s personstore.Scope) error {
		_, err := visitsstore.Add(s, visitsstore.Visit{Resident: id, Day: today, Kind: "greet"}, "m1")
		_, err2 := migration.Add(s, migration.Absence{Resident: id, Since: today, Place: "苏州"}, "m1")
		return errors.Join(err, err2)
	})
	if err := w.refusal("oa", func(s personstore.Scope) error { return erasure.MoveResident(s, id, yi, "一组", now) }); !errors.Is(err, record.ErrScope) {
		t.Errorf("into a village that she does not serve: %v", err)
	}
	if err := w.refusal("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, id, yi, "九组", now) }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("into a group that there is not: %v", err)
	}
	w.as("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, id, yi, "一组", now) })
	seen := func(openid string) (visits, away int, asked bool) {
		w.as(openid, func(s personstore.Scope) error {
			v, err := visitsstore.List(s, id, 9)
			a, err2 := migration.AwayResidents(s, 9)
			var err3 error
			asked, err3 = consent.Needed(s, id, purpose.VisitRecord, false)
			visits, away = len(v), len(a)
			return errors.Join(err, err2, err3)
		})
		return
	}
	if v, a, ask := seen("ob"); v != 0 || a != 0 || !ask {
		t.Errorf("the new village is told %d visits, %d cards, asks %v", v, a, ask)
	}
	if v, a, _ := seen("oc"); v != 1 || a != 1 {
		t.Errorf("the office is told %d visits, %d cards", v, a)
	}
	w.told("ob", id, purpose.VisitRecord, personstore.Yes, now.Add(60e9))
	w.as("ob", func(s personstore.Scope) error {
		_, err := visitsstore.Add(s, visitsstore.Visit{Resident: id, Day: today + 1, Kind: "greet"}, "m2")
		return err
	})
	if v, _, ask := seen("ob"); v != 1 || ask {
		t.Errorf("after her word: %d visits, asks %v", v, ask)
	}
}
