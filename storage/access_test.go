package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/documents"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// dump is the whole store as text.
func (w *world) dump() string {
	w.t.Helper()
	var b strings.Builder
	err := storage.DumpForTest(context.Background(), w.store, func(p kv.Pair) { fmt.Fprintf(&b, "%s %s\n", p.Key, p.Value) })
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// count returns how many keys begin with a prefix.
func (w *world) count(prefix string) (n int) {
	w.t.Helper()
	err := storage.DumpForTest(context.Background(), w.store, func(p kv.Pair) {
		if strings.HasPrefix(string(p.Key), prefix) {
			n++
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// inSave runs fn in the scope of a WeChat inside a Save, and gives back what fn
// answered and what can be taken back.
func (w *world) inSave(openid string, fn func(personstore.Scope) error) (u *record.Undo, got error) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		p, err := personstore.Identify(tx, openid)
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		u, got = tx.Save(func() error { return fn(s) })
		return nil
	})
	return u, got
}

func (w *world) looks(resident string) (said []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		looks, err := personstore.AccessLog(tx, resident)
		said = nil
		for _, l := range looks {
			said = append(said, fmt.Sprintf("%s %s %s %v", l.By, l.Role, l.What, l.Refused))
		}
		return err
	})
	return said
}

func TestWhoLookedIsToldToHerAlone(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error {
		e := personstore.Staff{ID: "e", Name: "村医", Villages: []string{jia}, Roles: []personstore.Role{personstore.Clinician, personstore.VillageWorker}}
		return errors.Join(personstore.PutStaff(tx, e), access.Bind(tx, "oe", "e"), personstore.BindResident(tx, "onew", id))
	})
	w.as("oc", func(s personstore.Scope) error { return s.LogAccess(id, "printed", now) })
	w.as("oe", func(s personstore.Scope) error { _, err := s.Open(id, now.Add(time.Minute)); return err })
	for _, openid := range []string{"oa", "oc", "od", "stranger"} {
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := s.AccessLogOf(id); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	w.as("onew", func(s personstore.Scope) error {
		looks, err := s.AccessLogOf(id)
		if len(looks) != 2 || looks[0].Name != "办事员" || looks[0].What != "printed" || looks[0].Village() {
			t.Errorf("first: %+v", looks)
		}
		if len(looks) != 2 || looks[1].Name != "村医" || looks[1].Role != personstore.VillageWorker || !looks[1].Village() {
			t.Errorf("a village doctor's counts as the village's: %+v", looks)
		}
		return err
	})
	if err := w.refusal("ob", func(s personstore.Scope) error { return s.LogAccess(id, "called", now) }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("somebody of another village: %v", err)
	}
}

// TestALookStaysWhateverBecomesOfTheSave: neither a refusal nor an undo takes
// back that somebody looked; of a newcomer nothing stays.
func TestALookStaysWhateverBecomesOfTheSave(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	_, refused := w.inSave("oa", func(s personstore.Scope) error { return access.ResetPIN(s, id, now) })
	if !errors.Is(refused, record.ErrScope) {
		t.Errorf("a village role resets a PIN: %v", refused)
	}
	if got := w.looks(id); len(got) != 1 || got[0] != "a worker pin_reset true" {
		t.Errorf("of a refused try is left: %q", got)
	}
	u, _ := w.inSave("oa", func(s personstore.Scope) error { _, err := s.Open(id, now.Add(time.Minute)); return err })
	w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oa", u, now) })
	if got := w.looks(id); len(got) != 2 || got[1] != "a worker card false" {
		t.Errorf("after the undo: %q", got)
	}
	failed := errors.New("failed")
	var newcomer string
	_, got := w.inSave("oa", func(s personstore.Scope) error {
		r, err := s.AddResident(personstore.Resident{Name: "吴娟", Village: jia}, "m1")
		if err != nil {
			return err
		}
		newcomer = r.ID
		if _, err := s.Open(r.ID, now); err != nil {
			return err
		}
		return failed
	})
	if left := w.holding(newcomer); !errors.Is(got, failed) || len(left) > 0 {
		t.Errorf("of a newcomer whose save failed is left: %q, %v", left, got)
	}
}

// TestTheClinicKnowsWhoCame: by a paper or a booking alone, and nothing that the
// village wrote down.
func TestTheClinicKnowsWhoCame(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.Add(s, visits.Visit{Resident: id, Day: today}, "m1")
		_, err2 := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1")
		_, err3 := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m1")
		return errors.Join(err, err2, err3)
	})
	if w.one("od", id) != nil {
		t.Fatal("a clinician sees who never came")
	}
	w.update(func(tx *record.Tx) error {
		return storage.PutPaperForTest(tx, documents.Document{ID: "p1", Resident: id, State: documents.Ready})
	})
	if w.one("od", id) == nil {
		t.Fatal("a clinician does not see for whom she has a paper")
	}
	if n := w.finds("od", personstore.Query{Name: "郭敏"}); n != 0 {
		t.Error("a clinician searches the village")
	}
	for name, read := range map[string]func(personstore.Scope) error{
		"visits":     func(s personstore.Scope) error { _, err := visits.List(s, id, 9); return err },
		"follow-ups": func(s personstore.Scope) error { _, err := visits.OpenFollowUps(s, id); return err },
		"away card":  func(s personstore.Scope) error { _, err := migration.Open(s, id); return err },
		"a visit":    func(s personstore.Scope) error { _, err := visits.Add(s, visits.Visit{Resident: id}, "m2"); return err },
	} {
		if err := w.refusal("od", read); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "od", id) })
	if w.one("od", id) != nil {
		t.Error("her own family's card is open to her staff role")
	}
}

// TestWhatSheHasAtTheClinicIsHers: a village worker sees of it what she shows.
func TestWhatSheHasAtTheClinicIsHers(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	private := func(openid string) bool {
		err := w.refusal(openid, func(s personstore.Scope) error { _, err := s.Private(id); return err })
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			t.Error(err)
		}
		return err == nil
	}
	check := func(what string, want map[string]bool) {
		t.Helper()
		for openid, can := range want {
			if private(openid) != can {
				t.Errorf("%s: %s: %v", what, openid, !can)
			}
		}
	}
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
	check("at first", map[string]bool{"onew": true, "oa": false, "ob": false, "oc": true, "od": false, "stranger": false})
	w.shows("onew", id, jia)
	check("shown", map[string]bool{"oa": true, "ob": false, "od": false})
	w.shows("onew", id, "")
	check("hidden", map[string]bool{"onew": true, "oa": false})
	w.update(func(tx *record.Tx) error {
		return storage.PutPaperForTest(tx, documents.Document{ID: "p1", Resident: id, State: documents.Ready})
	})
	check("with a paper", map[string]bool{"oa": false, "od": true})
}

// TestARefusedHandOverIsNotTakenForADoneOne: what was tried stands there once, as
// what it was.
func TestARefusedHandOverIsNotTakenForADoneOne(t *testing.T) {
	c := newCast(t)
	before := len(c.looks(c.id))
	for _, try := range []struct {
		name string
		want error
		look string
	}{
		{"别人", documents.ErrProxy, "c clerk proxy true"},
		{"婆婆", nil, "c clerk proxy false"},
	} {
		at := now.Add(time.Duration(before) * time.Hour)
		got := c.refusal("oc", func(s personstore.Scope) error {
			_, err := documents.HandToProxy(s, c.id, c.paper.ID, try.name, at)
			return err
		})
		looks := c.looks(c.id)
		if before++; !errors.Is(got, try.want) || len(looks) != before || looks[before-1] != try.look {
			t.Errorf("to %s: %v, she sees %q", try.name, got, looks)
		}
	}
}

// withoutLooks is the store but for who has looked, which no undo takes back.
func (w *world) withoutLooks() string { return without(w.dump()) }

func without(dump string) string {
	var kept []string
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, "look/") && !strings.HasPrefix(line, "touch") { // that she changed stays too
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
