package storage_test

import (
	"errors"
	"testing"

	"xintiexin/storage/erasure"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// TestWhoUsesWeChatIsNotDeletedByTheVillage: linked by a WeChat and never signed up:
// the village's word deletes nothing; the desk's does, and the WeChat is told once
// it cannot be taken back.
func TestWhoUsesWeChatIsNotDeletedByTheVillage(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
	if _, got := w.inSave("oa", func(s personstore.Scope) error { return erasure.WithdrawFor(s, id, true, now) }); !errors.Is(got, record.ErrSelfOnly) {
		t.Errorf("by the village: %v", got)
	}
	if w.one("oa", id) == nil || !w.consent(id, purpose.VisitRecord).Given() {
		t.Error("what was refused changed something")
	}
	told := func() (all []outbox.Delivery) {
		w.update(func(tx *record.Tx) (err error) {
			all, err = outbox.BookedTo(tx, "w:onew", 9)
			return err
		})
		return all
	}
	if len(told()) > 0 {
		t.Error("told of what was refused")
	}
	if _, got := w.inSave("oc", func(s personstore.Scope) error { return erasure.WithdrawFor(s, id, true, now) }); got != nil {
		t.Errorf("at the desk: %v", got)
	}
	if w.one("oc", id) != nil {
		t.Error("still there")
	}
	all := told()
	if len(all) != 1 || all[0].Kind != "erased_note" || all[0].Earliest < now.Add(record.UndoTime).Unix() {
		t.Errorf("told %+v", all)
	}
}
