package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// TestTakingBackANewcomer: who came into the store by a save goes with it, unless
// more is known of her by then.
func TestTakingBackANewcomer(t *testing.T) {
	for _, c := range []struct {
		name  string
		since func(tx *record.Tx, s personstore.Scope, resident string) error
		want  error
	}{
		{"nothing since", func(*record.Tx, personstore.Scope, string) error { return nil }, nil},
		{"her card opened", func(_ *record.Tx, s personstore.Scope, id string) error { _, err := s.Open(id, now); return err }, nil},
		{"a visit", func(_ *record.Tx, s personstore.Scope, id string) error {
			_, err := visits.Add(s, visits.Visit{Resident: id, Day: today}, "m2")
			return err
		}, record.ErrChanged},
		{"a follow-up", func(_ *record.Tx, s personstore.Scope, id string) error {
			_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today}, "m2")
			return err
		}, record.ErrChanged},
		{"an away card", func(_ *record.Tx, s personstore.Scope, id string) error {
			_, err := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m2")
			return err
		}, record.ErrChanged},
		{"an answer about another set", func(_ *record.Tx, s personstore.Scope, id string) error {
			return consent.Put(s, consent.Consent{Resident: id, Set: purpose.Migration, Answer: personstore.Yes}, now)
		}, record.ErrChanged},
		{"a WeChat of hers", func(tx *record.Tx, _ personstore.Scope, id string) error {
			return personstore.BindResident(tx, "onew", id)
		}, record.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			var id string
			var u *record.Undo
			in := func(fn func(*record.Tx, personstore.Scope) error) {
				t.Helper()
				w.update(func(tx *record.Tx) error {
					p, err := personstore.Identify(tx, "oa")
					if err != nil {
						return err
					}
					s, err := personstore.ScopeOf(tx, p)
					if err != nil {
						return err
					}
					return fn(tx, s)
				})
			}
			in(func(tx *record.Tx, s personstore.Scope) (err error) {
				u, err = tx.Save(func() error {
					r, err := s.AddResident(personstore.Resident{Name: "吴娟", Village: jia, Group: "一组"}, "m1")
					if err != nil {
						return err
					}
					id = r.ID
					if err := consent.Put(s, consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.Yes}, now); err != nil {
						return err
					}
					_, err = visits.Add(s, visits.Visit{Resident: id, Day: today}, "m1")
					return err
				})
				return err
			})
			in(func(tx *record.Tx, s personstore.Scope) error { return c.since(tx, s, id) })
			var got error
			in(func(tx *record.Tx, s personstore.Scope) error {
				if got = erasure.Restore(tx, "oa", u, now); errors.Is(got, record.ErrChanged) {
					return nil
				}
				return got
			})
			if !errors.Is(got, c.want) {
				t.Fatalf("taken back: %v, want %v", got, c.want)
			}
			left := w.holding(id)
			if c.want == nil && len(left) > 0 {
				t.Errorf("left of her: %q", left)
			}
			if c.want != nil && len(left) < 4 {
				t.Errorf("a refused undo left only %q", left)
			}
		})
	}
}

// holding returns the keys in which an id stands.
func (w *world) holding(id string) (keys []string) {
	w.t.Helper()
	err := storage.DumpForTest(context.Background(), w.store, func(p kv.Pair) {
		if strings.Contains(string(p.Key), id) {
			keys = append(keys, string(p.Key))
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// TestNothingIsLeftOfWhoIsForgotten: no key names her any more, no chat stands
// for her, and nothing is sent to her; her family's link and others' visits stay.
func TestNothingIsLeftOfWhoIsForgotten(t *testing.T) {
	w := newWorld(t)
	id, other := w.people[jia], w.people[yi]
	w.as("oa", func(s personstore.Scope) error {
		for cause := range 2 {
			if _, err := visits.Add(s, visits.Visit{Resident: id, Day: today}, string(rune('a'+cause))); err != nil {
				return err
			}
		}
		if _, err := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1"); err != nil {
			return err
		}
		if _, err := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m1"); err != nil {
			return err
		}
		_, err := s.Open(id, now)
		return err
	})
	w.update(func(tx *record.Tx) error {
		for _, state := range []outbox.DeliveryState{outbox.Booked, outbox.Deferred} {
			d := outbox.Delivery{ID: string(state), Cause: string(state), Kind: "recorded", To: "r:" + id, State: state, Earliest: now.Unix(), Latest: now.Unix() + 60}
			if err := outbox.Put(tx, d); err != nil {
				return err
			}
		}
		return errors.Join(personstore.BindResident(tx, "ofamily", id), personstore.BindResident(tx, "ofamily", other), personstore.BindResident(tx, "oown", id))
	})
	w.update(func(tx *record.Tx) error { return erasure.ForgetResident(tx, id, today) })
	if left := w.holding(id); len(left) > 0 {
		t.Errorf("left of her: %q", left)
	}
	w.update(func(tx *record.Tx) error {
		family, err := personstore.LoadAccount(tx, "ofamily")
		own, err2 := personstore.LoadAccount(tx, "oown")
		if len(family.Residents) != 1 || family.Residents[0] != other || len(own.Residents) != 0 {
			t.Errorf("the links are %+v and %+v", family, own)
		}
		for _, state := range []string{"booked", "owed"} {
			if d, err := outbox.Load(tx, state); err != nil || d.State != outbox.Dropped || d.Reason != "forgotten" {
				t.Errorf("what was %s is %s %q, %v", state, d.State, d.Reason, err)
			}
		}
		return errors.Join(err, err2)
	})
}

// TestErrorsNameNobody: an error goes to the log, and says no more of a key than
// its kind.
func TestErrorsNameNobody(t *testing.T) {
	w, b := blindWorld(t)
	for _, openid := range []string{"oa", "stranger"} {
		b.part = openid
		err := w.store.Update(t.Context(), func(tx *record.Tx) error {
			_, session := dialogstate.Load(tx, openid)
			_, link := personstore.LoadAccount(tx, openid)
			_, undo := tx.LoadUndo(openid, now)
			_, locked := personstore.Locked(tx, openid, now)
			return errors.Join(session, link, undo, locked)
		})
		if !errors.Is(err, errBlind) || strings.Contains(err.Error(), openid) || strings.Count(err.Error(), "unreadable") != 4 {
			t.Errorf("%v", err)
		}
		for _, kind := range []string{"session", "link", "undo", "tries"} {
			if !strings.Contains(err.Error(), kind) {
				t.Errorf("%s is not named: %v", kind, err)
			}
		}
	}
}

// TestWhatWasWrittenAsItStoodHindersNobody: a seat is given back and taken again.
func TestWhatWasWrittenAsItStoodHindersNobody(t *testing.T) {
	w := newWorld(t)
	village := func(tx *record.Tx, name string) error {
		v, err := personstore.LoadVillage(tx, bing)
		if err != nil {
			return err
		}
		v.Name = name
		return personstore.PutVillage(tx, v)
	}
	var u *record.Undo
	save := func(names ...string) {
		w.update(func(tx *record.Tx) (err error) {
			u, err = tx.Save(func() (err error) {
				for _, name := range names {
					err = errors.Join(err, village(tx, name))
				}
				return err
			})
			return err
		})
		w.update(func(tx *record.Tx) error { return village(tx, "新名") })
	}
	save("别名", "丙村")
	w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oa", u, now) })
	save("别名")
	err := w.store.Update(t.Context(), func(tx *record.Tx) error { return erasure.Restore(tx, "oa", u, now) })
	if !errors.Is(err, record.ErrChanged) {
		t.Errorf("what was changed since: %v", err)
	}
}
