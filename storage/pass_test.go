package storage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/kvtest"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// link returns a new link of a WeChat to a resident's page.
func (w *world) link(openid, resident, cause string, at time.Time) (token string) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) (err error) {
		token, err = access.NewLink(s, "card", resident, "x", cause, at)
		return err
	})
	return token
}

var halfHour = access.DoorTime{Idle: 30 * time.Minute, Whole: 12 * time.Hour}

// opens uses a link, and returns the door and what refused it.
func (w *world) opens(token, cause string, at time.Time) (door string, p access.MagicLink, refused error) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		door, p, refused = access.UseLink(tx, token, cause, halfHour, at)
		return nil
	})
	return door, p, refused
}

func (w *world) door(door string, at time.Time) (p access.MagicLink, refused error) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		p, refused = access.LoadWebSession(tx, door, at)
		return nil
	})
	return p, refused
}

func TestALinkOpensOnce(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	token := w.link("onew", r.ID, "m2", now)
	if again := w.link("onew", r.ID, "m2", now); again != token || len(token) != 32 {
		t.Errorf("of one message two links: %q and %q", token, again)
	}
	if other := w.link("onew", r.ID, "m3", now); other == token {
		t.Error("of two messages one link")
	}
	peek := func(at time.Time) (err error) {
		w.update(func(tx *record.Tx) error { _, err = access.PeekLink(tx, token, at); return nil })
		return err
	}
	for range 3 { // whatever looks at links ahead
		if err := peek(now.Add(10*time.Minute - time.Second)); err != nil {
			t.Error("looked at, it is gone:", err)
		}
	}
	if err := peek(now.Add(10 * time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("after its time: %v", err)
	}
	door, p, err := w.opens(token, "r1", now.Add(time.Minute))
	if err != nil || p.Kind != "card" || p.Resident != r.ID || p.Subject != "x" || p.OpenID != "onew" {
		t.Fatalf("opened %+v, %v", p, err)
	}
	if _, _, err := w.opens(token, "r2", now.Add(time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	w.link("onew", r.ID, "m2", now.Add(2*time.Minute)) // the message arrives once more
	if _, _, err := w.opens(token, "r3", now.Add(2*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the message that came again made it new: %v", err)
	}
	if p, err := w.door(door, now.Add(30*time.Minute)); err != nil || p.Resident != r.ID {
		t.Errorf("the door leads to %+v, %v", p, err)
	}
	if _, err := w.door(door, now.Add(31*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the door stays open: %v", err)
	}
	for _, wrong := range []string{"", "x", token, door + "0", "../" + door} {
		if _, err := w.door(wrong, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("the door opens for %q: %v", wrong, err)
		}
		if wrong == token {
			continue
		}
		if _, _, err := w.opens(wrong, "r4", now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a link is %q: %v", wrong, err)
		}
	}
	if all := w.dump(); strings.Contains(all, token) || strings.Contains(all, door) {
		t.Error("a token is kept")
	}
	w.update(func(tx *record.Tx) error { return access.RevokeWebSession(tx, door) })
	if _, err := w.door(door, now.Add(2*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("shut, it is open: %v", err)
	}
}

func TestALinkOutOfTimeOpensNothing(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	token := w.link("onew", r.ID, "m2", now)
	if _, _, err := w.opens(token, "r1", now.Add(11*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("after 11 minutes: %v", err)
	}
	w.update(func(tx *record.Tx) error {
		return storage.PutSite(tx, townconfig.Site{Version: "1", Limits: map[string]int{"link_minutes": 2}}, "", now)
	})
	token = w.link("onew", r.ID, "m3", now)
	if _, _, err := w.opens(token, "r1", now.Add(3*time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a site's two minutes: %v", err)
	}
}

func TestALinkLeadsToOnesOwn(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	for openid, want := range map[string]error{
		"onew": nil, "oc": nil, "oa": record.ErrNotFound, "stranger": record.ErrNotFound, "": record.ErrScope,
	} {
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := access.NewLink(s, "card", r.ID, "", "m2", now); return err }); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", openid, err, want)
		}
	}
	if err := w.refusal("oc", func(s personstore.Scope) error { _, err := access.NewLink(s, "office", "", "", "m2", now); return err }); err != nil {
		t.Errorf("a page about nobody: %v", err)
	}
}

// TestManyBrowsersOpenALinkOnce: of a hundred that come at once one gets in.
func TestManyBrowsersOpenALinkOnce(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	token := w.link("onew", r.ID, "m2", now)
	var in atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			var refused error
			err := w.store.Update(context.Background(), func(tx *record.Tx) error {
				_, _, refused = access.UseLink(tx, token, fmt.Sprint(i), halfHour, now)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if refused == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 || w.count("door/") != 1 {
		t.Errorf("%d got in, %d doors are open", in.Load(), w.count("door/"))
	}
}

func TestPurgingLinksDoorsAndCodes(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	var used string
	for i := range 5 {
		used = w.link("onew", r.ID, fmt.Sprint("m", i), now)
	}
	w.opens(used, "r1", now)
	w.as("oc", func(s personstore.Scope) error { _, err := s.InviteResident(r.ID, "m9", now); return err })
	w.update(func(tx *record.Tx) error { _, err := personstore.CountTry(tx, "ox", now); return err })
	purge := func(at time.Time) (dropped int) {
		for place := (record.Page{}); !place.Done; {
			var n int
			var next record.Page
			w.update(func(tx *record.Tx) (err error) {
				next, n, err = access.PurgeLinks(tx, place, 2, at)
				return err
			})
			place, dropped = next, dropped+n
		}
		return dropped
	}
	for _, c := range []struct {
		after   time.Duration
		dropped int
	}{
		{10 * time.Minute, 0},              // whatever the link, its message may come once more
		{31 * time.Minute, 2},              // the door, and the count of wrong codes
		{24*time.Hour + 11*time.Minute, 5}, // the links
		{72*time.Hour + time.Second, 1},
		{300 * time.Hour, 0},
	} {
		if n := purge(now.Add(c.after)); n != c.dropped {
			t.Errorf("%v later %d were dropped, want %d", c.after, n, c.dropped)
		}
	}
}

func TestWhoLeavesTheOfficeHasNoPageOpen(t *testing.T) {
	w := newWorld(t)
	var token string
	w.as("oc", func(s personstore.Scope) (err error) {
		token, err = access.NewLink(s, "office", "", "", "m1", now)
		return err
	})
	door, _, err := w.opens(token, "r1", now)
	if err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *record.Tx) error { return access.Bind(tx, "oother", "c") })
	if _, err := w.door(door, now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("her old WeChat's page is open: %v", err)
	}
}

// tries returns what a PIN answers and how it stands then.
func (w *world) tries(resident, pin string, at time.Time) (right bool, s access.PINState) {
	w.t.Helper()
	h := w.hashes(resident, pin)
	w.update(func(tx *record.Tx) (err error) {
		right, s, err = access.TryPIN(tx, resident, h, at)
		return err
	})
	return right, s
}

func (w *world) hashes(resident, pin string) access.PinHash {
	w.t.Helper()
	h, err := access.HashPin(w.store, resident, pin)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// TestAPinOfAnotherPerson: what was hashed for one opens nothing of another, who has
// the same PIN.
func TestAPinOfAnotherPerson(t *testing.T) {
	w := newWorld(t)
	a, b := w.registers("onew", "小燕", "17900000317", "", "m1"), w.registers("oother", "大红", "17900000555", "", "m2")
	if err := errors.Join(w.sets(a.ID, "2580"), w.sets(b.ID, "2580")); err != nil {
		t.Fatal(err)
	}
	h := w.hashes(a.ID, "2580")
	w.update(func(tx *record.Tx) error {
		if right, _, err := access.TryPIN(tx, b.ID, h, now); right || err != nil {
			t.Errorf("it is taken for another's: %v", err)
		}
		return nil
	})
}

func (w *world) sets(resident, pin string) (refused error) {
	w.t.Helper()
	h := w.hashes(resident, pin)
	w.update(func(tx *record.Tx) error {
		refused = access.SetPIN(tx, resident, h)
		return nil
	})
	return refused
}

func TestWhichPinsCanBeChosen(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	for _, bad := range []string{"", "123", "12345", "12a4", "１２３９", "1111", "0000", "1234", "6789", "4321", "3210", "0317"} {
		if err := w.sets(r.ID, bad); !errors.Is(err, access.ErrPIN) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if right, s := w.tries(r.ID, "", now); right || s.Set {
		t.Errorf("where none is set: %v %+v", right, s)
	}
	if err := w.sets("nobody", "2580"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	if err := w.sets(r.ID, "1212"); err != nil {
		t.Errorf("a good one: %v", err)
	}
	if err := w.sets(r.ID, "2580"); !errors.Is(err, record.ErrAlreadyExists) {
		t.Errorf("over another: %v", err)
	}
	if right, _ := w.tries(r.ID, "1212", now); !right {
		t.Error("the one that was set first is wrong")
	}
	if strings.Contains(w.dump(), "1212") {
		t.Error("a PIN is kept")
	}
}

// TestFiveWrongPinsLock: also over a restart, and for the right one.
func TestFiveWrongPinsLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	var w *world
	open := func() {
		t.Helper()
		engine, err := bolt.Open(file, bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := storage.Open(t.Context(), kvtest.Twice(engine), nil)
		if err != nil {
			t.Fatal(err)
		}
		w = &world{t: t, store: s}
	}
	open()
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	if err := w.sets(r.ID, "2580"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if right, s := w.tries(r.ID, "2581", now); right || s.Left != 4-i || s.Locked {
			t.Errorf("wrong %d: %v %+v", i+1, right, s)
		}
	}
	if right, s := w.tries(r.ID, "2580", now); !right || s.Left != 5 {
		t.Errorf("right after four wrong ones: %v %+v", right, s)
	}
	for range 3 {
		w.tries(r.ID, "2581", now)
	}
	w.store.Close()
	open()
	w.tries(r.ID, "2581", now)
	right, s := w.tries(r.ID, "2581", now)
	if until := now.Add(30 * time.Minute).Unix(); right || !s.Locked || s.Until != until || s.Left != 0 {
		t.Errorf("the fifth wrong one, after a restart: %+v", s)
	}
	w.store.Close()
	open()
	defer w.store.Close()
	if right, s := w.tries(r.ID, "2580", now.Add(29*time.Minute)); right || !s.Locked {
		t.Errorf("the right one while it is locked: %v %+v", right, s)
	}
	if right, s := w.tries(r.ID, "2581", now.Add(31*time.Minute)); right || s.Locked || s.Left != 4 {
		t.Errorf("a wrong one after the lock: %v %+v", right, s)
	}
	if right, s := w.tries(r.ID, "2580", now.Add(31*time.Minute)); !right || s.Left != 5 {
		t.Errorf("the right one after the lock: %v %+v", right, s)
	}
}

func TestAPinIsResetAtTheDesk(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
	if err := w.sets(id, "2580"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		w.tries(id, "1111", now)
	}
	door, _, err := w.opens(w.link("onew", id, "m1", now), "r1", now)
	if err != nil {
		t.Fatal(err)
	}
	for openid, want := range map[string]error{
		"onew": record.ErrNotFound, "stranger": record.ErrNotFound, "ob": record.ErrNotFound,
		"oa": record.ErrScope, "od": record.ErrNotFound, // who was never at the clinic
	} {
		if err := w.refusal(openid, func(s personstore.Scope) error { return access.ResetPIN(s, id, now) }); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", openid, err, want)
		}
	}
	if _, s := w.tries(id, "2580", now); !s.Locked {
		t.Fatal("a refused reset unlocked it")
	}
	w.as("oc", func(s personstore.Scope) error { return access.ResetPIN(s, id, now) })
	if _, s := w.tries(id, "2580", now); s.Set || s.Locked {
		t.Errorf("after the reset: %+v", s)
	}
	if _, err := w.door(door, now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a page under the old PIN is open: %v", err)
	}
	if err := w.sets(id, "1478"); err != nil {
		t.Errorf("a new one: %v", err)
	}
	if got := w.looks(id); len(got) != 2 || got[0] != "a worker pin_reset true" || got[1] != "c clerk pin_reset false" {
		t.Errorf("she sees %q", got)
	}
}
