package storage_test

import (
	"slices"
	"testing"

	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/erasure"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// TestWhoChanged: by the number of the transaction, a page at a time; who is
// deleted is not among them.
func TestWhoChanged(t *testing.T) {
	w := newWorld(t)
	agree := func(villages ...string) (seq uint64) {
		w.as("oc", func(s personstore.Scope) error {
			for _, v := range villages {
				if err := consent.Put(s, consent.Consent{Resident: w.people[v], Set: purpose.VisitRecord, Answer: personstore.Yes, Channel: "oral"}, now); err != nil {
					return err
				}
			}
			return nil
		})
		w.update(func(tx *record.Tx) (err error) {
			seq, err = tx.ChangeNumber()
			return err
		})
		return seq
	}
	changed := func(after uint64, page int) (ids []string) {
		w.update(func(tx *record.Tx) error {
			ids = nil
			for p := (record.Page{}); !p.Done; {
				some, next, err := changes.Changed(tx, after, p, page)
				if err != nil {
					return err
				}
				ids, p = append(ids, some...), next
			}
			return nil
		})
		return ids
	}
	of := func(villages ...string) (ids []string) {
		for _, v := range villages {
			ids = append(ids, w.people[v])
		}
		slices.Sort(ids)
		return ids
	}
	wants := func(what string, after uint64, ids []string) {
		t.Helper()
		for _, page := range []int{1, 2, 3, 100} {
			if got := changed(after, page); !slices.Equal(got, ids) {
				t.Errorf("%s, by %d: %q, want %q", what, page, got, ids)
			}
		}
	}
	wants("lines of a list", 0, nil)
	first := agree(jia, yi)
	wants("two at once", 0, of(jia, yi))
	wants("nobody since", first, nil)
	second := agree(bing)
	wants("one more", first, of(bing))
	third := agree(jia)
	wants("again", second, of(jia))
	wants("all", 0, of(jia, yi, bing))
	if first >= second || second >= third {
		t.Errorf("numbers %d, %d, %d", first, second, third)
	}
	if n, err := erasure.Forget(w.store, t.Context(), of(jia), now); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	wants("deleted", 0, of(yi, bing))
}
