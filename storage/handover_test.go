package storage_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	visitsstore "xintiexin/storage/visits"
)

// begins starts a hand-over from a cadre to another, by herself.
func (w *world) begins(from, to string, until calendar.Day) (h handovers.Handover) {
	w.t.Helper()
	w.as("o"+from, func(s personstore.Scope) (err error) {
		h, err = handovers.Start(s, from, to, until, fmt.Sprint(from, to, until), now)
		return err
	})
	return h
}

// handsOver has a hand-over accepted and carried to its end.
func (w *world) handsOver(from, to string, until calendar.Day) handovers.Handover {
	w.t.Helper()
	h := w.begins(from, to, until)
	w.as("o"+to, func(s personstore.Scope) error { _, err := handovers.Answer(s, h.ID, true, now); return err })
	for n := 1; n > 0; {
		w.update(func(tx *record.Tx) (err error) { n, err = handovers.Transfer(tx, 1, now); return err })
	}
	return h
}

func (w *world) dueFor(openid, contact string) (n int) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		d, err := visitsstore.Due(s, contact, today, 99)
		n = len(d)
		return err
	})
	return n
}

// TestUntilSheAcceptsNothingMoves: nor when she says no, nor when it is taken back.
func TestUntilSheAcceptsNothingMoves(t *testing.T) {
	w := newWorld(t)
	w.housed(jia, "h1", "a", "")
	for _, end := range []func(s personstore.Scope, id string) error{
		func(personstore.Scope, string) error { return nil },
		func(s personstore.Scope, id string) error { _, err := handovers.Answer(s, id, false, now); return err },
	} {
		h := w.begins("a", "b", 0)
		w.as("ob", func(s personstore.Scope) error { return end(s, h.ID) })
		w.update(func(tx *record.Tx) error {
			n, err := handovers.Transfer(tx, 99, now)
			if n != 0 {
				t.Errorf("%d carried", n)
			}
			return err
		})
		if got := w.sees("oa") + w.sees("ob") + w.household("h1").Contact; got != "甲乙a" {
			t.Errorf("moved: %s", got)
		}
	}
	h := w.begins("a", "b", today+1)
	w.as("oa", func(s personstore.Scope) error { _, err := handovers.Stop(s, h.ID, now); return err })
	for who, want := range map[string]error{"ob": record.ErrNotAvailable, "oa": record.ErrNotFound, "stranger": record.ErrNotFound} {
		if err := w.refusal(who, func(s personstore.Scope) error { _, err := handovers.Answer(s, h.ID, true, now); return err }); !errors.Is(err, want) {
			t.Errorf("%s accepts what was taken back: %v", who, err)
		}
	}
}

// TestHandingOverForGood: villages, groups, houses and open work, a record at a time
// with the store closed and opened again between any two; who left is bound to
// nothing, and what she wrote down is hers.
func TestHandingOverForGood(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "x.db")
	open := func() func() {
		engine, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if w.store, err = storage.Open(t.Context(), kvtest.Twice(engine), nil); err != nil {
			t.Fatal(err)
		}
		return func() { engine.Close() }
	}
	w.housed(jia, "h1", "a", "")
	w.housed(yi, "h2", "b", "a")
	w.as("oa", func(s personstore.Scope) error {
		_, err := visitsstore.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		_, err2 := visitsstore.Add(s, visitsstore.Visit{Resident: w.people[jia], Day: today}, "m1")
		_, err3 := migration.Add(s, migration.Absence{Resident: w.people[jia], Since: today, Place: "苏州"}, "m1")
		return errors.Join(err, err2, err3)
	})
	w.told("oa", w.people[jia], purpose.VisitRecord, personstore.Yes, now)
	var asked requests.Request
	w.as("oa", func(s personstore.Scope) (err error) {
		asked, err = requests.Create(s, requests.Request{Resident: w.people[jia], Kind: "help", Text: "补贴"}, "q1", now)
		return err
	})
	w.update(func(tx *record.Tx) error {
		return dialogstate.Put(tx, "oa", dialogstate.Session{Last: now.Unix(), Flow: "visit", Form: []byte("郭敏"), Sought: "郭敏"})
	})
	w.copyTo(path)
	close := open()
	h := w.begins("a", "b", 0)
	w.as("ob", func(s personstore.Scope) error { _, err := handovers.Answer(s, h.ID, true, now); return err })
	if got := w.sees("oa") + "/" + w.sees("ob"); got != "/甲乙" {
		t.Errorf("from the word on they see %s", got)
	}
	for i, n := 0, 1; n > 0; i++ {
		close()
		close = open()
		w.update(func(tx *record.Tx) (err error) { n, err = handovers.Transfer(tx, 1, now); return err })
		if i > 99 {
			t.Fatal("no end")
		}
	}
	defer func() { close() }()
	if c, d := w.household("h1").Contact, w.household("h2"); c != "b" || d.Contact != "b" || d.Deputy != "" {
		t.Errorf("houses: %s, %+v", c, d)
	}
	if w.dueFor("ob", "b") != 1 {
		t.Error("her open work is not there")
	}
	w.as("ob", func(s personstore.Scope) error {
		a, err := requests.OfResident(s, w.people[jia], asked.ID)
		if a.Holder != "b" || a.By != "a" {
			t.Errorf("what was asked is with %q, written by %q", a.Holder, a.By)
		}
		visits, err2 := visitsstore.List(s, w.people[jia], 9)
		if len(visits) != 1 || visits[0].By != "a" {
			t.Errorf("history: %+v", visits)
		}
		out, err3 := migration.AwayResidents(s, 9)
		if len(out) != 1 {
			t.Errorf("%d are away", len(out))
		}
		return errors.Join(err, err2, err3)
	})
	w.update(func(tx *record.Tx) error {
		r, err := personstore.LoadResident(tx, w.people[jia])
		contact, _, err2 := personstore.ContactOf(tx, r)
		a, err3 := personstore.LoadStaff(tx, "a")
		chat, err4 := dialogstate.Load(tx, "oa")
		who, err5 := personstore.Identify(tx, "oa")
		if contact != "b" || !a.Left || a.OpenID != "" || len(a.Villages) != 0 || chat.Flow != "" || len(chat.Form) != 0 || chat.Sought != "" || who.Staff() {
			t.Errorf("contact %q; who left: %+v, her chat %+v", contact, a, chat)
		}
		return errors.Join(err, err2, err3, err4, err5)
	})
	if err := w.refusal("ob", func(s personstore.Scope) error { _, err := handovers.Answer(s, h.ID, true, now); return err }); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("answered twice: %v", err)
	}
}

// TestStandingIn: for a time the other sees and does it all; on the day after it
// ends by itself and every record is where it was.
func TestStandingIn(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s personstore.Scope) error {
		_, err := visitsstore.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	before := w.everything()
	h := w.handsOver("a", "b", today+7)
	if w.sees("ob") != "甲乙" || w.dueFor("ob", "a") != 1 {
		t.Error("who stands in does not see it")
	}
	acting := func() (who string) {
		w.update(func(tx *record.Tx) (err error) { who, err = personstore.Delegate(tx, "a"); return err })
		return who
	}
	if acting() != "b" {
		t.Error("nobody acts")
	}
	for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
		if err := w.refusal("oc", func(s personstore.Scope) error {
			_, err := handovers.Start(s, pair[0], pair[1], 0, "chain", now)
			return err
		}); !errors.Is(err, record.ErrAlreadyExists) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	carry := func(day calendar.Day) {
		for n := 1; n > 0; {
			w.update(func(tx *record.Tx) (err error) { n, err = handovers.Transfer(tx, 9, day.At(0, 5)); return err })
		}
	}
	carry(today + 7)
	if acting() != "b" {
		t.Error("ended on its last day")
	}
	carry(today + 8)
	if acting() != "a" || w.sees("ob") != "乙" {
		t.Errorf("%s acts, 乙干部 sees %s", acting(), w.sees("ob"))
	}
	after := w.everything()
	for k, v := range before {
		if after[k] != v {
			t.Errorf("%s was %q and is %q", k, v, after[k])
		}
	}
	if err := w.refusal("oa", func(s personstore.Scope) error { _, err := handovers.Stop(s, h.ID, now); return err }); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("stopped after its end: %v", err)
	}
}

// TestADeputyIsTheContactOfWhoLeft
func TestADeputyIsTheContactOfWhoLeft(t *testing.T) {
	w := newWorld(t)
	w.housed(jia, "h1", "a", "b")
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "a")
		c.Left = true
		if err := errors.Join(err, personstore.PutStaff(tx, c)); err != nil {
			return err
		}
		r, err := personstore.LoadResident(tx, w.people[jia])
		if err != nil {
			return err
		}
		contact, deputy, err := personstore.ContactOf(tx, r)
		if contact != "b" || deputy != "" {
			t.Errorf("contact %q, deputy %q", contact, deputy)
		}
		return err
	})
}
