package storage_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

func TestAnAttemptKeepsWhatSheWrote(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	w.update(func(tx *record.Tx) error { _, err := visits.Decline(tx, w.people[jia], today, now); return err })
	w.as("oa", func(s personstore.Scope) error {
		open, err := visits.OpenFollowUps(s, w.people[jia])
		if err != nil {
			return err
		}
		if err := visits.Attempted(s, open[0], today, today+3); err != nil {
			return err
		}
		if open, err = visits.OpenFollowUps(s, w.people[jia]); err != nil || open[0].Declined == 0 || open[0].Due != today+3 {
			t.Errorf("nobody met: %+v, %v", open, err)
		}
		if err := visits.Postpone(s, open[0], today+5); err != nil {
			return err
		}
		if open, err = visits.OpenFollowUps(s, w.people[jia]); err != nil || open[0].Declined != 0 || open[0].Due != today+5 {
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
	w.as("oa", func(s personstore.Scope) error {
		if _, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1"); err != nil {
			return err
		}
		_, err := visits.Add(s, visits.Visit{Resident: w.people[jia], Day: today}, "m1")
		return err
	})
	b.part = "resident/" + w.people[jia]
	w.as("oa", func(s personstore.Scope) error {
		if due, err := visits.Due(s, "a", today, 9); !errors.Is(err, errBlind) {
			t.Errorf("%d due, %v", len(due), err)
		}
		if mine, err := visits.Mine(s, today, 9); !errors.Is(err, errBlind) {
			t.Errorf("%d visits, %v", len(mine), err)
		}
		return nil
	})
	b.part = ""
	w.update(func(tx *record.Tx) error { return enrolment.MoveResident(tx, w.people[jia], bing, "") })
	w.as("oa", func(s personstore.Scope) error {
		due, err := visits.Due(s, "a", today, 9)
		mine, err2 := visits.Mine(s, today, 9)
		if len(due)+len(mine) != 0 {
			t.Error("sees somebody who moved away", due, mine)
		}
		return errors.Join(err, err2)
	})
}
