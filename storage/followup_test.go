package storage_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/kv"
)

func TestAnAttemptKeepsWhatSheWrote(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s storage.Scope) error {
		_, err := s.AddFollowUp(storage.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	w.update(func(tx *storage.Tx) error { _, err := tx.Decline(w.people[jia], today, now); return err })
	w.as("oa", func(s storage.Scope) error {
		open, err := s.OpenFollowUps(w.people[jia])
		if err != nil {
			return err
		}
		if err := s.Attempted(open[0], today, today+3); err != nil {
			return err
		}
		if open, err = s.OpenFollowUps(w.people[jia]); err != nil || open[0].Declined == 0 || open[0].Due != today+3 {
			t.Errorf("nobody met: %+v, %v", open, err)
		}
		if err := s.Postpone(open[0], today+5); err != nil {
			return err
		}
		if open, err = s.OpenFollowUps(w.people[jia]); err != nil || open[0].Declined != 0 || open[0].Due != today+5 {
			t.Errorf("agreed anew: %+v, %v", open, err)
		}
		return nil
	})
}

// blind is an engine that cannot read some keys.
type blind struct {
	kv.Store
	part string // of the keys; "" is none
}

var errBlind = errors.New("unreadable")

func (b *blind) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return b.Store.Update(ctx, func(tx kv.Tx) error { return fn(blindTx{tx, b}) })
}

type blindTx struct {
	kv.Tx
	b *blind
}

func (t blindTx) Get(key []byte) ([]byte, error) {
	if t.b.part != "" && strings.Contains(string(key), t.b.part) {
		return nil, errBlind
	}
	return t.Tx.Get(key)
}

// copyTo copies the store to a new file.
func (w *world) copyTo(path string) {
	w.t.Helper()
	to, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer to.Close()
	err = to.Update(w.t.Context(), func(tx kv.Tx) (err error) {
		return errors.Join(err, storage.DumpForTest(w.t.Context(), w.store, func(p kv.Pair) { err = errors.Join(err, tx.Put(p.Key, p.Value)) }))
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// blindWorld is a newWorld whose engine can be made blind.
func blindWorld(t *testing.T) (*world, *blind) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "y.db")
	w.copyTo(path)
	to, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	b := &blind{Store: to}
	if w.store, err = storage.Open(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	return w, b
}

func TestAListThatCannotBeReadIsNotShort(t *testing.T) {
	w, b := blindWorld(t)
	w.as("oa", func(s storage.Scope) error {
		if _, err := s.AddFollowUp(storage.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1"); err != nil {
			return err
		}
		_, err := s.AddVisit(storage.Visit{Resident: w.people[jia], Day: today}, "m1")
		return err
	})
	b.part = "resident/" + w.people[jia]
	w.as("oa", func(s storage.Scope) error {
		if due, err := s.Due("a", today, 9); !errors.Is(err, errBlind) {
			t.Errorf("%d due, %v", len(due), err)
		}
		if mine, err := s.MyVisits(today, 9); !errors.Is(err, errBlind) {
			t.Errorf("%d visits, %v", len(mine), err)
		}
		return nil
	})
	b.part = ""
	w.update(func(tx *storage.Tx) error { return tx.MoveResident(w.people[jia], bing, "") })
	w.as("oa", func(s storage.Scope) error {
		due, err := s.Due("a", today, 9)
		mine, err2 := s.MyVisits(today, 9)
		if len(due)+len(mine) != 0 {
			t.Error("sees somebody who moved away", due, mine)
		}
		return errors.Join(err, err2)
	})
}
