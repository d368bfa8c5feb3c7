package storage_test

import (
	"strings"
	"testing"

	"xintiexin/storage/erasure"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestAFormerNameIsKnownAgain: who was renamed, twice, and then deleted is not brought
// back by a list of before; nothing of the former name is kept but hashes.
func TestAFormerNameIsKnownAgain(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	for _, c := range []struct{ name, phone string }{{"郭敏敏", "17900001100"}, {"郭敏敏", "17900009999"}} {
		w.update(func(tx *record.Tx) error {
			r, err := personstore.LoadResident(tx, id)
			if err != nil {
				return err
			}
			r.Name, r.Phone = c.name, c.phone
			return personstore.PutResident(tx, r)
		})
	}
	gone := func(name, phone string) (is bool) {
		w.update(func(tx *record.Tx) (err error) {
			is, err = erasure.Gone(tx, name, phone, jia)
			return err
		})
		return is
	}
	if gone("郭敏", "17900001100") {
		t.Error("gone before being deleted")
	}
	if strings.Contains(strings.ReplaceAll(w.dump(), "郭敏敏", ""), "郭敏") {
		t.Error("the former name is kept")
	}
	w.update(func(tx *record.Tx) error { return erasure.ForgetResident(tx, id, today) })
	for _, line := range []struct{ name, phone string }{
		{"郭敏", "17900001100"}, {"郭敏", ""}, {"郭敏敏", "17900001100"}, {"郭敏敏", ""}, {"郭敏敏", "17900009999"},
	} {
		if !gone(line.name, line.phone) {
			t.Errorf("a list with %s %s brings the person back", line.name, line.phone)
		}
	}
	if gone("郭敏", "17900005555") {
		t.Error("a namesake is left out")
	}
	for k := range w.everything() {
		if strings.HasPrefix(k, "former/") {
			t.Error("what was kept of former names is still there")
		}
	}
}
