package record_test

import (
	"errors"
	"testing"

	"xintiexin/storage/bolt"
	"xintiexin/storage/record"
)

type thing struct{ Name string }

// TestCachedSeesEveryWrite: what was decoded is dropped by whatever writes its key, also
// by a save that is put back.
func TestCachedSeesEveryWrite(t *testing.T) {
	engine, err := bolt.Open(t.TempDir()+"/x.db", bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := record.Open(t.Context(), engine, nil, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	k := record.Key("thing", "1")
	err = store.Update(t.Context(), func(tx *record.Tx) error {
		want := func(name string) {
			t.Helper()
			for range 2 {
				v, err := record.Cached[thing](tx, k)
				if name == "" && !errors.Is(err, record.ErrNotFound) || name != "" && err != nil || v.Name != name {
					t.Errorf("%+v, %v, want %q", v, err, name)
				}
			}
		}
		put := func(name string) error { return tx.Put(k, thing{name}) }
		want("")
		if err := put("a"); err != nil {
			return err
		}
		want("a")
		if err := put("b"); err != nil {
			return err
		}
		want("b")
		failed := errors.New("failed")
		_, err := tx.Save(func() error {
			err := put("c")
			want("c")
			return errors.Join(err, failed)
		})
		if !errors.Is(err, failed) {
			t.Errorf("save: %v", err)
		}
		want("b")
		_, err = tx.Save(func() error { return tx.Delete(k) })
		want("")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
