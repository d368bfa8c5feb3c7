package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/kv"
)

// TestTakingBackANewcomer: who came into the store by a save goes with it, unless
// more is known of her by then.
func TestTakingBackANewcomer(t *testing.T) {
	for _, c := range []struct {
		name  string
		since func(tx *storage.Tx, s storage.Scope, resident string) error
		want  error
	}{
		{"nothing since", func(*storage.Tx, storage.Scope, string) error { return nil }, nil},
		{"her card opened", func(_ *storage.Tx, s storage.Scope, id string) error { _, err := s.Open(id, now); return err }, nil},
		{"a visit", func(_ *storage.Tx, s storage.Scope, id string) error {
			_, err := s.AddVisit(storage.Visit{Resident: id, Day: today}, "m2")
			return err
		}, storage.ErrChanged},
		{"a follow-up", func(_ *storage.Tx, s storage.Scope, id string) error {
			_, err := s.AddFollowUp(storage.FollowUp{Resident: id, Kind: "visit", Due: today}, "m2")
			return err
		}, storage.ErrChanged},
		{"an away card", func(_ *storage.Tx, s storage.Scope, id string) error {
			_, err := s.AddAway(storage.Away{Resident: id, Since: today}, "m2")
			return err
		}, storage.ErrChanged},
		{"an answer about another set", func(_ *storage.Tx, s storage.Scope, id string) error {
			return s.PutConsent(storage.Consent{Resident: id, Set: storage.C3, Answer: storage.Yes}, now)
		}, storage.ErrChanged},
		{"a WeChat of hers", func(tx *storage.Tx, _ storage.Scope, id string) error { return tx.LinkResident("onew", id) }, storage.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			var id string
			var u *storage.Undo
			in := func(fn func(*storage.Tx, storage.Scope) error) {
				t.Helper()
				w.update(func(tx *storage.Tx) error {
					p, err := tx.Who("oa")
					if err != nil {
						return err
					}
					s, err := tx.As(p)
					if err != nil {
						return err
					}
					return fn(tx, s)
				})
			}
			in(func(tx *storage.Tx, s storage.Scope) (err error) {
				u, err = tx.Save(func() error {
					r, err := s.AddResident(storage.Resident{Name: "吴娟", Village: jia, Group: "一组"}, "m1")
					if err != nil {
						return err
					}
					id = r.ID
					if err := s.PutConsent(storage.Consent{Resident: id, Set: storage.C0, Answer: storage.Yes}, now); err != nil {
						return err
					}
					_, err = s.AddVisit(storage.Visit{Resident: id, Day: today}, "m1")
					return err
				})
				return err
			})
			in(func(tx *storage.Tx, s storage.Scope) error { return c.since(tx, s, id) })
			var got error
			in(func(tx *storage.Tx, s storage.Scope) error {
				if got = tx.Restore("oa", u, now); errors.Is(got, storage.ErrChanged) {
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
	w.as("oa", func(s storage.Scope) error {
		for cause := range 2 {
			if _, err := s.AddVisit(storage.Visit{Resident: id, Day: today}, string(rune('a'+cause))); err != nil {
				return err
			}
		}
		if _, err := s.AddFollowUp(storage.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1"); err != nil {
			return err
		}
		if _, err := s.AddAway(storage.Away{Resident: id, Since: today}, "m1"); err != nil {
			return err
		}
		_, err := s.Open(id, now)
		return err
	})
	w.update(func(tx *storage.Tx) error {
		for _, state := range []storage.DeliveryState{storage.Booked, storage.Owed} {
			d := storage.Delivery{ID: string(state), Cause: string(state), Kind: "recorded", To: "r:" + id, State: state, Earliest: now.Unix(), Latest: now.Unix() + 60}
			if err := tx.PutDelivery(d); err != nil {
				return err
			}
		}
		return errors.Join(tx.LinkResident("ofamily", id), tx.LinkResident("ofamily", other), tx.LinkResident("oown", id))
	})
	w.update(func(tx *storage.Tx) error { return tx.Forget(id, today) })
	if left := w.holding(id); len(left) > 0 {
		t.Errorf("left of her: %q", left)
	}
	w.update(func(tx *storage.Tx) error {
		family, err := tx.Link("ofamily")
		own, err2 := tx.Link("oown")
		if len(family.Residents) != 1 || family.Residents[0] != other || len(own.Residents) != 0 {
			t.Errorf("the links are %+v and %+v", family, own)
		}
		for _, state := range []string{"booked", "owed"} {
			if d, err := tx.Delivery(state); err != nil || d.State != storage.Dropped || d.Reason != "forgotten" {
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
		err := w.store.Update(t.Context(), func(tx *storage.Tx) error {
			_, session := tx.Session(openid)
			_, link := tx.Link(openid)
			_, undo := tx.Undo(openid, now)
			_, locked := tx.Locked(openid, now)
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
	village := func(tx *storage.Tx, name string) error {
		v, err := tx.Village(bing)
		if err != nil {
			return err
		}
		v.Name = name
		return tx.PutVillage(v)
	}
	var u *storage.Undo
	save := func(names ...string) {
		w.update(func(tx *storage.Tx) (err error) {
			u, err = tx.Save(func() (err error) {
				for _, name := range names {
					err = errors.Join(err, village(tx, name))
				}
				return err
			})
			return err
		})
		w.update(func(tx *storage.Tx) error { return village(tx, "新名") })
	}
	save("别名", "丙村")
	w.update(func(tx *storage.Tx) error { return tx.Restore("oa", u, now) })
	save("别名")
	err := w.store.Update(t.Context(), func(tx *storage.Tx) error { return tx.Restore("oa", u, now) })
	if !errors.Is(err, storage.ErrChanged) {
		t.Errorf("what was changed since: %v", err)
	}
}
