package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/subjectaccess"
	"xintiexin/storage/visits"
)

// merges makes one of two lines, inside a save, and returns how it is taken back.
func (w *world) merges(openid, keep, drop string) (u *record.Undo) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error { return nil })
	w.saves(openid, func(s personstore.Scope) error { return erasure.Merge(s, keep, drop, now) }, &u)
	return u
}

// saves runs a change inside a save and keeps its undo.
func (w *world) saves(openid string, fn func(personstore.Scope) error, u **record.Undo) {
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
		if *u, err = tx.Save(func() error { return fn(s) }); err != nil {
			return err
		}
		return tx.PutUndo(openid, *u)
	})
}

// TestMergingCarriesEveryKind: whoever has something of every kind becomes one with a
// bare line; nothing is left under the old id, what she holds is as much as before,
// and taken back all is as it was.
func TestMergingCarriesEveryKind(t *testing.T) {
	c := newCast(t)
	held := func(id string) (h subjectaccess.PersonalData) {
		c.as("oshe", func(s personstore.Scope) (err error) {
			h, err = subjectaccess.Export(s, id)
			return err
		})
		return h
	}
	had, before := held(c.id), c.everything()
	u := c.merges("oc", c.mate, c.id)
	has := held(c.mate)
	for what, n := range map[string][2]int{
		"consents": {len(had.Consents), len(has.Consents)}, "bookings": {len(had.Appointments), len(has.Appointments)}, "waits": {len(had.Waiting), len(has.Waiting)},
		"papers": {len(had.Papers), len(has.Papers)}, "returns": {len(had.Returns), len(has.Returns)}, "requests": {len(had.Requests), len(has.Requests)},
		"lectures": {len(had.Lectures), len(has.Lectures)}, "visits": {len(had.Visits), len(has.Visits)}, "follow-ups": {len(had.FollowUps), len(has.FollowUps)},
		"cards": {len(had.Away), len(has.Away)}, "plans": {len(had.Plans), len(has.Plans)}, "submissions": {len(had.Submissions), len(has.Submissions)},
	} {
		if n[0] != n[1] || n[0] == 0 {
			t.Errorf("%s: %d before, %d after", what, n[0], n[1])
		}
	}
	for k, v := range c.everything() {
		kind, _, _ := strings.Cut(k, "/")
		switch kind {
		case "undo", "delivery", "release_to", "broadcast_to", "msgid", "gone":
			continue // what was sent to her is history
		}
		if strings.Contains(k, c.id) || strings.Contains(v, `"`+c.id+`"`) || v == c.id {
			t.Errorf("left: %s %s", k, v)
		}
	}
	c.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oc", u, now) })
	after := c.everything()
	for k, v := range before {
		if strings.Contains(v, "request_waiting") { // counted anew
			continue
		}
		if after[k] != v && !strings.HasPrefix(k, "look/") && !strings.HasPrefix(k, "touch") {
			t.Errorf("taken back: %s was %q and is %q", k, v, after[k])
		}
	}
	for k := range after {
		if _, ok := before[k]; !ok && !strings.HasPrefix(k, "look/") && !strings.HasPrefix(k, "touch") {
			t.Errorf("taken back: %s was not there", k)
		}
	}
}

// TestNoConsentGrowsByMerging: a no of either is the no of both, whoever stays.
func TestNoConsentGrowsByMerging(t *testing.T) {
	for _, turned := range []bool{false, true} {
		w := newWorld(t)
		var other string
		w.update(func(tx *record.Tx) error {
			r, err := personstore.AddResident(tx, personstore.Resident{Name: "郭敏", Village: jia, Group: "一组", NoVisit: true}, "two")
			other = r.ID
			return err
		})
		one := w.people[jia]
		w.told("oa", one, purpose.VisitRecord, personstore.Yes, now)
		w.told("oa", one, purpose.Migration, personstore.Yes, now)
		w.told("oa", other, purpose.Migration, personstore.No, now)
		w.as("oa", func(s personstore.Scope) error {
			_, err := migration.Add(s, migration.Absence{Resident: one, Since: today, Place: "苏州"}, "m1")
			return err
		})
		keep, drop := one, other
		if turned {
			keep, drop = other, one
		}
		w.merges("oa", keep, drop)
		w.update(func(tx *record.Tx) error {
			c0, err := consent.Load(tx, keep, purpose.VisitRecord)
			c3, err2 := consent.Load(tx, keep, purpose.Migration)
			r, err3 := personstore.LoadResident(tx, keep)
			if !c0.Given() || c3.Given() || !r.NoVisit {
				t.Errorf("turned %v: C0 %v, C3 %v, %+v", turned, c0.Given(), c3.Given(), r)
			}
			return errors.Join(err, err2, err3)
		})
		w.as("oa", func(s personstore.Scope) error {
			out, err := migration.AwayResidents(s, 9)
			if len(out) != 0 {
				t.Errorf("turned %v: %v is still away", turned, out)
			}
			return err
		})
		if n := w.finds("oa", personstore.Query{Name: "郭敏"}); n != 1 {
			t.Errorf("turned %v: found %d", turned, n)
		}
	}
}

// TestWhoMayMerge: a village only where nobody uses the service herself; the office
// only whom somebody has seen; two WeChats never become one by an office.
func TestWhoMayMerge(t *testing.T) {
	w := newWorld(t)
	var twin string
	w.update(func(tx *record.Tx) error {
		r, err := personstore.AddResident(tx, personstore.Resident{Name: "郭敏", Village: jia, Group: "一组"}, "two")
		twin = r.ID
		return err
	})
	line, far := w.people[jia], w.people[yi]
	self := w.registers("oshe", "郭敏", "17900000999", "", "m1").ID
	merge := func(openid, keep, drop string) error {
		return w.refusal(openid, func(s personstore.Scope) error { return erasure.Merge(s, keep, drop, now) })
	}
	for _, c := range []struct {
		name, openid, keep, drop string
		want                     error
	}{
		{"one of another village", "oa", line, far, record.ErrNotFound},
		{"herself", "oa", line, line, record.ErrNotFound},
		{"one who hides from the village", "oa", line, self, record.ErrNotFound},
		{"a clinician", "od", line, twin, record.ErrNotFound},
		{"a stranger", "ostranger", line, twin, record.ErrNotFound},
		{"the office, one whom nobody has seen", "oc", line, self, erasure.ErrUnseen},
	} {
		if err := merge(c.openid, c.keep, c.drop); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	w.update(func(tx *record.Tx) error {
		return errors.Join(personstore.BindResident(tx, "oline", line), personstore.BindResident(tx, "otwin", twin))
	})
	for _, openid := range []string{"oa", "oc"} {
		if err := merge(openid, line, twin); !errors.Is(err, record.ErrSelfOnly) {
			t.Errorf("%s merges two WeChats: %v", openid, err)
		}
	}
	// she has the desk's code for her old record: both are hers, and she makes them one
	var code string
	w.as("oc", func(s personstore.Scope) (err error) { code, err = s.InviteResident(self, "i1", now); return err })
	invite := w.inviteKey(code)
	again := w.registers("onew", "郭敏", "17900000999", "", "m2").ID
	w.as("onew", func(s personstore.Scope) error { _, err := access.Claim(s, invite, now); return err })
	w.merges("onew", self, again)
	w.as("onew", func(s personstore.Scope) error { _, err := s.Mine(self); return err })
}

// TestWorkGoesWithHerToAnotherVillage: who served her where she is no more would not
// see it.
func TestWorkGoesWithHerToAnotherVillage(t *testing.T) {
	w := newWorld(t)
	w.told("oa", w.people[jia], purpose.VisitRecord, personstore.Yes, now)
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	if n := w.dueFor("oa", "a"); n != 1 {
		t.Fatalf("%d lines before", n)
	}
	w.as("oc", func(s personstore.Scope) error { return erasure.Merge(s, w.people[yi], w.people[jia], now) })
	if n := w.dueFor("ob", "b"); n != 1 {
		t.Errorf("%d lines of the other village's, want hers", n)
	}
	if n := w.dueFor("oa", "a"); n != 0 {
		t.Errorf("%d lines are left", n)
	}
}
