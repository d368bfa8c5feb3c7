package storage_test

import (
	"errors"
	"testing"

	"xintiexin/storage/access"
	"xintiexin/storage/erasure"
	"xintiexin/storage/handovers"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// known has staff see that who signed up is who she says.
func (w *world) isKnown(id string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		r, err := personstore.LoadResident(tx, id)
		r.Known = true
		return errors.Join(err, personstore.PutResident(tx, r))
	})
}

// TestNobodyElsePutsHerIntoAVillage: who signed up herself and hides is merged with no
// line by staff, and who showed herself to a village is taken by nobody to another.
func TestNobodyElsePutsHerIntoAVillage(t *testing.T) {
	w := newWorld(t)
	line := w.people[jia]
	self := w.registers("oshe", "郭敏", "17900000999", "", "m1").ID
	w.isKnown(self)
	for _, pair := range [][2]string{{line, self}, {self, line}} {
		if err := w.refusal("oc", func(s personstore.Scope) error { return erasure.Merge(s, pair[0], pair[1], now) }); !errors.Is(err, record.ErrSelfOnly) {
			t.Errorf("merged while she hides: %v", err)
		}
	}
	w.shows("oshe", self, yi)
	if err := w.refusal("oc", func(s personstore.Scope) error { return erasure.Merge(s, line, self, now) }); !errors.Is(err, record.ErrSelfOnly) {
		t.Errorf("merged into another village: %v", err)
	}
	if err := w.refusal("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, self, jia, "一组", now) }); !errors.Is(err, record.ErrSelfOnly) {
		t.Errorf("taken to another village: %v", err)
	}
	if n := w.finds("oa", personstore.Query{Tail: "0999"}); n != 0 {
		t.Errorf("the other village finds her: %d", n)
	}
	w.as("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, self, yi, "", now) }) // her group is no secret
}

// TestAMergeAcrossVillagesTellsNothing: what the village of the line that goes wrote
// down is not told to the other's, and the card that is open stands in its list.
func TestAMergeAcrossVillagesTellsNothing(t *testing.T) {
	w := newWorld(t)
	keep, drop := w.people[yi], w.people[jia]
	w.told("oa", drop, purpose.VisitRecord, personstore.Yes, now.Add(-3600e9))
	w.told("oa", drop, purpose.Migration, personstore.Yes, now.Add(-3600e9))
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.Add(s, visits.Visit{Resident: drop, Day: today, Kind: "greet"}, "m1")
		_, err2 := migration.Add(s, migration.Absence{Resident: drop, Since: today, Place: "苏州"}, "m1")
		return errors.Join(err, err2)
	})
	w.merges("oc", keep, drop)
	seen := func(openid string) (n int) {
		w.as(openid, func(s personstore.Scope) error {
			v, err := visits.List(s, keep, 9)
			a, err2 := migration.AwayResidents(s, 9)
			n = len(v) + len(a)
			return errors.Join(err, err2)
		})
		return n
	}
	if seen("ob") != 0 || seen("oc") != 2 {
		t.Errorf("the village sees %d, the office %d", seen("ob"), seen("oc"))
	}
}

// TestComingHomeAfterAMove: the card of the old village is closed by the new one's, so
// that nobody is away for ever; and the new village is not told of it.
func TestComingHomeAfterAMove(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.told("oa", id, purpose.Migration, personstore.Yes, now)
	w.as("oa", func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: id, Since: today - 9, Place: "苏州"}, "m1")
		return err
	})
	w.as("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, id, yi, "一组", now) })
	w.as("ob", func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: id, Back: today - 1}, "m2")
		return err
	})
	w.as("oc", func(s personstore.Scope) error {
		open, err := migration.Open(s, id)
		if open.ID != "" {
			t.Errorf("still away: %+v", open)
		}
		return err
	})
	w.as("ob", func(s personstore.Scope) error {
		last, err := migration.Latest(s, id)
		if last.Village != yi || last.Back != today-1 {
			t.Errorf("the new village is told %+v", last)
		}
		return err
	})
}

// TestNoChainOfHandOversByAnswering: of two that were asked before either was answered,
// the second is refused.
func TestNoChainOfHandOversByAnswering(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		return errors.Join(personstore.PutStaff(tx, personstore.Staff{ID: "e", Name: "丙干部", Villages: []string{bing}, Roles: []personstore.Role{personstore.VillageWorker}}), access.Bind(tx, "oe", "e"))
	})
	first, second := w.begins("a", "b", today+3), w.begins("b", "e", today+3)
	w.as("oe", func(s personstore.Scope) error { _, err := handovers.Answer(s, second.ID, true, now); return err })
	if err := w.refusal("ob", func(s personstore.Scope) error { _, err := handovers.Answer(s, first.ID, true, now); return err }); !errors.Is(err, record.ErrAlreadyExists) {
		t.Errorf("a chain: %v", err)
	}
	// who took for good and then left is handed nothing more
	last := w.begins("a", "e", 0)
	w.as("ob", func(s personstore.Scope) error { _, err := handovers.Stop(s, second.ID, now); return err })
	w.as("oe", func(s personstore.Scope) error { _, err := handovers.Answer(s, last.ID, true, now); return err })
	w.update(func(tx *record.Tx) error {
		e, err := personstore.LoadStaff(tx, "e")
		e.Left = true
		err2 := personstore.PutStaff(tx, e)
		_, err3 := handovers.Transfer(tx, 99, now)
		return errors.Join(err, err2, err3)
	})
	w.update(func(tx *record.Tx) error {
		a, err := personstore.LoadStaff(tx, "a")
		open, err2 := handovers.All(tx)
		if a.Left || len(open) != 0 {
			t.Errorf("carried to who left: %+v %+v", a, open)
		}
		return errors.Join(err, err2)
	})
}
