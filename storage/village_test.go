package storage_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/kvtest"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// housed puts the person of a village into a house that a cadre looks after.
func (w *world) housed(village, household, contact, deputy string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		r, err := personstore.LoadResident(tx, w.people[village])
		if err != nil {
			return err
		}
		r.Household, r.House = household, "12号"
		if err := personstore.PutHousehold(tx, personstore.Household{ID: household, Village: village, Group: r.Group, House: r.House, Contact: contact, Deputy: deputy}); err != nil {
			return err
		}
		return personstore.PutResident(tx, r)
	})
}

func (w *world) resident(village string) (r personstore.Resident) {
	w.t.Helper()
	w.update(func(tx *record.Tx) (err error) {
		r, err = personstore.LoadResident(tx, w.people[village])
		return err
	})
	return r
}

func (w *world) household(id string) (h personstore.Household) {
	w.t.Helper()
	w.update(func(tx *record.Tx) (err error) {
		h, err = personstore.LoadHousehold(tx, id)
		return err
	})
	return h
}

// contact is with whom the one open follow-up of the person of a village is.
func (w *world) contact(village string) (cadre string) {
	w.t.Helper()
	w.as("oc", func(s personstore.Scope) error {
		open, err := visits.OpenFollowUps(s, w.people[village])
		if len(open) != 1 {
			w.t.Fatalf("%d follow-ups are open", len(open))
		}
		cadre = open[0].Contact
		return err
	})
	return cadre
}

func TestAMergeMovesNoHouse(t *testing.T) {
	w := newWorld(t)
	w.housed(jia, "h1", "a", "")
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today, Contact: "a"}, "m1")
		return err
	})
	w.update(func(tx *record.Tx) error { return personstore.MergeVillages(tx, jia, yi) })
	w.update(func(tx *record.Tx) error { _, err := enrolment.MoveMerged(tx, 10); return err })
	if r := w.resident(jia); r.Village != yi || r.Household != "h1" || r.House != "12号" {
		t.Errorf("carried over: %+v", r)
	}
	if h := w.household("h1"); h.Village != yi || h.Contact != "a" {
		t.Errorf("her house: %+v", h)
	}
	if got := w.contact(jia); got != "a" {
		t.Errorf("what 甲干部 promised is with %q", got)
	}
	w.update(func(tx *record.Tx) error { return enrolment.MoveResident(tx, w.people[jia], bing, "一组") })
	if r := w.resident(jia); r.Household != "" || r.House != "" {
		t.Errorf("moved to another village: %+v", r)
	}
}

func TestAPromiseStaysWithWhoServedAMergedVillage(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	w.update(func(tx *record.Tx) error { return personstore.MergeVillages(tx, jia, yi) })
	w.update(func(tx *record.Tx) error { _, err := enrolment.MoveMerged(tx, 10); return err })
	if got := w.contact(jia); got != "a" {
		t.Errorf("it is with %q", got)
	}
}

func TestAVillageMergesOnce(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error { return personstore.MergeVillages(tx, jia, yi) })
	w.update(func(tx *record.Tx) error {
		for _, c := range []struct{ name, from, into string }{
			{"a village merged already", jia, bing}, {"into one that is no more", bing, jia}, {"into itself", bing, bing}, {"back", yi, jia},
		} {
			if err := personstore.MergeVillages(tx, c.from, c.into); err == nil {
				t.Errorf("%s: no error", c.name)
			}
		}
		v, err := personstore.LoadVillage(tx, jia)
		if v.MergedInto != yi {
			t.Errorf("甲 is now in %s", v.MergedInto)
		}
		return err
	})
}

// TestAMergeGoesOnAfterARestart: the program stops between any two pages, and nobody
// is lost, twice there, or unseen meanwhile.
func TestAMergeGoesOnAfterARestart(t *testing.T) {
	w := newWorld(t)
	w.housed(jia, "h1", "a", "")
	w.update(func(tx *record.Tx) error {
		for i := range 7 {
			if _, err := personstore.AddResident(tx, personstore.Resident{Name: "郭某", Village: jia, Group: "一组"}, fmt.Sprint("more", i)); err != nil {
				return err
			}
		}
		return personstore.MergeVillages(tx, jia, yi)
	})
	path := filepath.Join(t.TempDir(), "x.db")
	w.copyTo(path)
	for i, n := 0, 1; n > 0; i++ {
		engine, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if w.store, err = storage.Open(t.Context(), kvtest.Twice(engine), nil); err != nil {
			t.Fatal(err)
		}
		for _, openid := range []string{"oa", "ob"} {
			if n := w.finds(openid, personstore.Query{Name: "郭某"}); n != 7 {
				t.Errorf("page %d: %s finds %d", i, openid, n)
			}
		}
		w.update(func(tx *record.Tx) (err error) { n, err = enrolment.MoveMerged(tx, 2); return err })
		engine.Close()
		if i > 20 {
			t.Fatal("no end")
		}
	}
}
