package storage_test

import (
	"errors"
	"testing"

	"xintiexin/storage"
)

// known has staff see that who signed up is who she says.
func (w *world) isKnown(id string) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		r, err := tx.Resident(id)
		r.Known = true
		return errors.Join(err, tx.PutResident(r))
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
		if err := w.refusal("oc", func(s storage.Scope) error { return s.Merge(pair[0], pair[1], now) }); !errors.Is(err, storage.ErrSelfOnly) {
			t.Errorf("merged while she hides: %v", err)
		}
	}
	w.shows("oshe", self, yi)
	if err := w.refusal("oc", func(s storage.Scope) error { return s.Merge(line, self, now) }); !errors.Is(err, storage.ErrSelfOnly) {
		t.Errorf("merged into another village: %v", err)
	}
	if err := w.refusal("oc", func(s storage.Scope) error { return s.MoveTo(self, jia, "一组", now) }); !errors.Is(err, storage.ErrSelfOnly) {
		t.Errorf("taken to another village: %v", err)
	}
	if n := w.finds("oa", storage.Query{Tail: "0999"}); n != 0 {
		t.Errorf("the other village finds her: %d", n)
	}
	w.as("oc", func(s storage.Scope) error { return s.MoveTo(self, yi, "", now) }) // her group is no secret
}

// TestAMergeAcrossVillagesTellsNothing: what the village of the line that goes wrote
// down is not told to the other's, and the card that is open stands in its list.
func TestAMergeAcrossVillagesTellsNothing(t *testing.T) {
	w := newWorld(t)
	keep, drop := w.people[yi], w.people[jia]
	w.told("oa", drop, storage.C0, storage.Yes, now.Add(-3600e9))
	w.told("oa", drop, storage.C3, storage.Yes, now.Add(-3600e9))
	w.as("oa", func(s storage.Scope) error {
		_, err := s.AddVisit(storage.Visit{Resident: drop, Day: today, Kind: "greet"}, "m1")
		_, err2 := s.AddAway(storage.Away{Resident: drop, Since: today, Place: "苏州"}, "m1")
		return errors.Join(err, err2)
	})
	w.merges("oc", keep, drop)
	seen := func(openid string) (n int) {
		w.as(openid, func(s storage.Scope) error {
			v, err := s.Visits(keep, 9)
			a, err2 := s.AwayResidents(9)
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
	w.told("oa", id, storage.C3, storage.Yes, now)
	w.as("oa", func(s storage.Scope) error {
		_, err := s.AddAway(storage.Away{Resident: id, Since: today - 9, Place: "苏州"}, "m1")
		return err
	})
	w.as("oc", func(s storage.Scope) error { return s.MoveTo(id, yi, "一组", now) })
	w.as("ob", func(s storage.Scope) error {
		_, err := s.AddAway(storage.Away{Resident: id, Back: today - 1}, "m2")
		return err
	})
	w.as("oc", func(s storage.Scope) error {
		open, err := s.OpenAway(id)
		if open.ID != "" {
			t.Errorf("still away: %+v", open)
		}
		return err
	})
	w.as("ob", func(s storage.Scope) error {
		last, err := s.LastAway(id)
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
	w.update(func(tx *storage.Tx) error {
		return errors.Join(tx.PutCadre(storage.Cadre{ID: "e", Name: "丙干部", Villages: []string{bing}, Roles: []storage.Role{storage.Worker}}), tx.Bind("oe", "e"))
	})
	first, second := w.begins("a", "b", today+3), w.begins("b", "e", today+3)
	w.as("oe", func(s storage.Scope) error { _, err := s.AnswerHandOver(second.ID, true, now); return err })
	if err := w.refusal("ob", func(s storage.Scope) error { _, err := s.AnswerHandOver(first.ID, true, now); return err }); !errors.Is(err, storage.ErrTwice) {
		t.Errorf("a chain: %v", err)
	}
	// who took for good and then left is handed nothing more
	last := w.begins("a", "e", 0)
	w.as("ob", func(s storage.Scope) error { _, err := s.StopHandOver(second.ID, now); return err })
	w.as("oe", func(s storage.Scope) error { _, err := s.AnswerHandOver(last.ID, true, now); return err })
	w.update(func(tx *storage.Tx) error {
		e, err := tx.Cadre("e")
		e.Left = true
		err2 := tx.PutCadre(e)
		_, err3 := tx.CarryHandOvers(99, now)
		return errors.Join(err, err2, err3)
	})
	w.update(func(tx *storage.Tx) error {
		a, err := tx.Cadre("a")
		open, err2 := tx.HandOvers()
		if a.Left || len(open) != 0 {
			t.Errorf("carried to who left: %+v %+v", a, open)
		}
		return errors.Join(err, err2)
	})
}
