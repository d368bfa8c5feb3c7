package storage_test

import (
	"testing"

	"xintiexin/storage/access"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestWhoComesBackIsTheSame: the same WeChat, name and phone after unfollowing is
// the same person; a name and a phone alone, typed from another WeChat, are nobody's
// key to her.
func TestWhoComesBackIsTheSame(t *testing.T) {
	w := newWorld(t)
	she := w.registers("oshe", "小燕", "17900000317", "", "m1")
	w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "oshe", now) })
	thief := w.registers("othief", "小燕", "17900000317", "", "m2")
	if thief.ID == she.ID {
		t.Fatal("a name and a phone open her record")
	}
	if again := w.registers("oshe", "小燕", "17900000318", "", "m3"); again.ID == she.ID {
		t.Error("another phone is she")
	}
	if again := w.registers("oshe", "小燕", "17900000317", "", "m4"); again.ID != she.ID {
		t.Errorf("came back as %s, was %s", again.ID, she.ID)
	}
	if again := w.registers("oshe", "小燕", "17900000317", "", "m4"); again.ID != she.ID {
		t.Error("delivered twice")
	}
	w.as("oshe", func(s personstore.Scope) error { _, err := s.Mine(she.ID); return err })
}

// TestWhoComesBackElsewhereIsNotTaken: once another WeChat stands for her by the
// desk's code, the old one does not get her back.
func TestWhoComesBackElsewhereIsNotTaken(t *testing.T) {
	w := newWorld(t)
	she := w.registers("oshe", "小燕", "17900000317", "", "m1")
	w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "oshe", now) })
	var code string
	w.as("oc", func(s personstore.Scope) (err error) {
		code, err = s.InviteResident(she.ID, "i1", now)
		return err
	})
	invite := w.inviteKey(code)
	w.as("onew", func(s personstore.Scope) error { _, err := access.Claim(s, invite, now); return err })
	if again := w.registers("oshe", "小燕", "17900000317", "", "m2"); again.ID == she.ID {
		t.Error("the WeChat that is hers no more got her back")
	}
}

func (w *world) inviteKey(code string) (k string) {
	w.update(func(tx *record.Tx) error { k = personstore.InviteKey(tx, code); return nil })
	return k
}

// TestANeighboursLineStays: who signs up under a neighbour's name and phone and has
// herself deleted takes nothing of the list along, shown or not; nor does the next
// list leave the neighbour out.
func TestANeighboursLineStays(t *testing.T) {
	for _, shown := range []bool{false, true} {
		w := newWorld(t)
		line := w.resident(jia)
		she := w.registers("othief", line.Name, line.Phone, "", "m1")
		if shown {
			w.shows("othief", she.ID, jia)
		}
		w.update(func(tx *record.Tx) error { return erasure.Erase(tx, she.ID, now) })
		if n, err := erasure.Forget(w.store, t.Context(), []string{she.ID}, now); n != 1 || err != nil {
			t.Errorf("%d went, %v", n, err)
		}
		if r := w.one("oa", line.ID); r == nil || r.House != line.House {
			t.Errorf("shown %v: the neighbour's line is %+v", shown, r)
		}
		if n := w.finds("oa", personstore.Query{Name: line.Name}); n != 1 {
			t.Errorf("shown %v: found %d", shown, n)
		}
		w.update(func(tx *record.Tx) error {
			gone, err := erasure.Gone(tx, line.Name, line.Phone, jia)
			if gone {
				t.Errorf("shown %v: the next list leaves her out", shown)
			}
			return err
		})
	}
}
