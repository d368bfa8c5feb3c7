package storage_test

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

var (
	yes = consent.Consent{Answer: personstore.Yes}
	no  = consent.Consent{Answer: personstore.No}
)

// registers signs somebody up from a WeChat and returns her.
func (w *world) registers(openid, name, phone, poster, cause string) (r personstore.Resident) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) (err error) {
		r, err = enrolment.Register(s, name, phone, poster, yes, cause, now)
		return err
	})
	return r
}

// shows lets a village see a resident.
func (w *world) shows(openid, resident, village string) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error { return enrolment.ShowTo(s, resident, village, now) })
}

// one returns what a WeChat sees of a resident; nil when there is nobody for it.
func (w *world) one(openid, resident string) (found *personstore.Resident) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		found = nil
		r, err := s.Resident(resident)
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		found = &r
		return err
	})
	return found
}

// finds returns how many people a WeChat finds by a query.
func (w *world) finds(openid string, q personstore.Query) (n int) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		hits, err := s.FindResidents(q, 9)
		n = len(hits)
		return err
	})
	return n
}

// refusal is what a scope's method answers, which must not be an error of the
// transaction.
func (w *world) refusal(openid string, fn func(personstore.Scope) error) (got error) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		got = fn(s)
		return nil
	})
	return got
}

func TestWhoSignsUpIsSeenByTheOfficeAndNotByTheVillage(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", jia, "m1")
	if r.Village != "" || !r.Self || r.Poster != jia || r.Added != today {
		t.Errorf("registered %+v", r)
	}
	for openid, sees := range map[string]bool{"oc": true, "oa": false, "ob": false, "od": false, "stranger": false, "onew": false} {
		if got := w.one(openid, r.ID) != nil; got != sees {
			t.Errorf("%s sees her: %v", openid, got)
		}
		if got := w.finds(openid, personstore.Query{Name: "小燕"}) > 0; got != sees {
			t.Errorf("%s finds her: %v", openid, got)
		}
	}
	w.as("onew", func(s personstore.Scope) error {
		mine, err := s.Mine(r.ID)
		if mine.Name != "小燕" {
			t.Errorf("hers is %+v", mine)
		}
		agreed, err2 := enrolment.Agreed(s, r.ID, purpose.Booking)
		if !agreed.Given() || agreed.Channel != "chat" || agreed.At != now.Unix() {
			t.Errorf("agreed %+v", agreed)
		}
		return errors.Join(err, err2)
	})
	if err := w.refusal("oc", func(s personstore.Scope) error { _, err := s.Mine(r.ID); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the clerk has her as her own: %v", err)
	}
	w.as("oc", func(s personstore.Scope) error {
		for _, v := range s.Villages() {
			if v == "" {
				t.Error("no village is named as one of the clerk's")
			}
		}
		return nil
	})
}

func TestOneWeChatStandsForAFamily(t *testing.T) {
	w := newWorld(t)
	first := w.registers("onew", "小燕", "17900000317", "", "m1")
	if again := w.registers("onew", "小燕", "17900000317", jia, "m2"); again.ID != first.ID || again.Poster != "" {
		t.Errorf("the same signed up twice: %+v and %+v", first, again)
	}
	if other := w.registers("oelse", "小燕", "17900000317", "", "m3"); other.ID == first.ID {
		t.Error("another WeChat got her record for her name and phone")
	}
	for i, name := range []string{"大成", "小军", "翠", "芹", "红"} {
		w.registers("onew", name, "17900000317", "", "f"+string(rune('0'+i)))
	}
	register := func(name string, c consent.Consent) func(personstore.Scope) error {
		return func(s personstore.Scope) error {
			_, err := enrolment.Register(s, name, "17900000317", "", c, "m9", now)
			return err
		}
	}
	if err := w.refusal("onew", register("芬", yes)); !errors.Is(err, record.ErrFamily) {
		t.Errorf("a seventh: %v", err)
	}
	if err := w.refusal("onew", register("小燕", yes)); err != nil {
		t.Errorf("one of the six again: %v", err)
	}
	if err := w.refusal("oelse", register("芬", no)); !errors.Is(err, record.ErrConsent) {
		t.Errorf("without a yes: %v", err)
	}
	if err := w.refusal("", register("芬", yes)); !errors.Is(err, record.ErrScope) {
		t.Errorf("from nobody: %v", err)
	}
	if n := w.finds("oc", personstore.Query{Name: "芬"}); n != 0 {
		t.Error("a refused one is there")
	}
}

// TestShowingOneself: she stands beside, or in place of, the line that the list
// of the village has, and leaves it as it was.
func TestShowingOneself(t *testing.T) {
	const phone = "17900000317"
	for _, c := range []struct {
		name, line, linePhone string
		before                func(w *world, line string)
		replaced              bool
	}{
		{"the same name and phone", "小燕", phone, nil, true},
		{"a name that sounds the same", "小艳", phone, nil, true},
		{"another name", "刘小燕", phone, nil, false},
		{"another phone", "小燕", "17900000318", nil, false},
		{"no phone", "小燕", "", nil, false},
		{"a line that agreed to something", "小燕", phone, func(w *world, line string) {
			w.as("oa", func(s personstore.Scope) error {
				return consent.Put(s, consent.Consent{Resident: line, Set: purpose.VisitRecord, Answer: personstore.Yes}, now)
			})
		}, false},
		{"a line that said no", "小燕", phone, func(w *world, line string) {
			w.as("oa", func(s personstore.Scope) error { return s.DontAsk(line) })
		}, false},
		{"a line with a WeChat of its own", "小燕", phone, func(w *world, line string) {
			w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oother", line) })
		}, false},
		{"a line that was looked at", "小燕", phone, func(w *world, line string) {
			w.as("oa", func(s personstore.Scope) error { _, err := s.Open(line, now); return err })
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			var line personstore.Resident
			w.update(func(tx *record.Tx) (err error) {
				line, err = personstore.AddResident(tx, personstore.Resident{Name: c.line, Phone: c.linePhone, Village: jia, Group: "一组", Household: "h1", House: "12号", Source: "list"}, "line")
				return err
			})
			if c.before != nil {
				c.before(w, line.ID)
			}
			line = *w.one("oa", line.ID)
			r := w.registers("onew", "小燕", phone, jia, "m1")
			w.shows("onew", r.ID, jia)
			seen := w.one("oa", r.ID)
			if seen == nil || !seen.Shown || seen.Name != "小燕" {
				t.Fatalf("her village sees %+v", seen)
			}
			if w.one("ob", r.ID) != nil {
				t.Error("another village sees her")
			}
			stands := w.one("oa", line.ID) != nil
			if stands == c.replaced {
				t.Errorf("the line stands beside her: %v", stands)
			}
			if c.replaced && (seen.Group != "一组" || seen.Household != "h1" || seen.House != "12号") {
				t.Errorf("she took over %+v", seen)
			}
			if n := w.finds("oa", personstore.Query{Tail: "0317", Name: "小燕"}); c.replaced && n != 1 {
				t.Errorf("found %d times", n)
			}
			w.shows("onew", r.ID, jia) // again: nothing more
			w.shows("onew", r.ID, "")
			if w.one("oa", r.ID) != nil || w.one("oc", r.ID) == nil {
				t.Error("hidden, she is not with the office alone")
			}
			if back := w.one("oa", line.ID); back == nil || !reflect.DeepEqual(*back, line) {
				t.Errorf("the line came back as %+v, was %+v", back, line)
			}
			if n := w.finds("oa", personstore.Query{Name: c.line}); n == 0 {
				t.Error("the line is not found by its name")
			}
			w.as("onew", func(s personstore.Scope) error {
				mine, err := s.Mine(r.ID)
				if mine.Village != "" || mine.Group != "" || mine.House != "" || mine.Household != "" || mine.Shown {
					t.Errorf("hidden, she keeps %+v", mine)
				}
				return err
			})
		})
	}
}

func TestOnlySheShowsHerself(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", jia, "m1")
	for _, openid := range []string{"oa", "oc", "od", "stranger"} {
		if err := w.refusal(openid, func(s personstore.Scope) error { return enrolment.ShowTo(s, r.ID, jia, now) }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	if err := w.refusal("onew", func(s personstore.Scope) error { return enrolment.ShowTo(s, r.ID, "379999104299", now) }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a village that there is not: %v", err)
	}
	w.shows("onew", r.ID, jia)
	w.shows("onew", r.ID, yi)
	if w.one("oa", r.ID) != nil || w.one("ob", r.ID) == nil {
		t.Error("shown to another village, the first sees her still")
	}
	w.update(func(tx *record.Tx) error { return personstore.MergeVillages(tx, jia, bing) })
	w.shows("onew", r.ID, jia)
	if got := w.one("oc", r.ID); got == nil || got.Village != bing {
		t.Errorf("shown to a village that was merged: %+v", got)
	}
	if w.one("oa", r.ID) == nil {
		t.Error("who served the merged village does not see her")
	}
}

// TestAVillagerWhoHasTheCodeStaysInHerVillage: showing and hiding is of what she
// books; the line of the village was there before.
func TestAVillagerWhoHasTheCodeStaysInHerVillage(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
	for _, village := range []string{jia, ""} {
		w.shows("onew", id, village)
		if got := w.one("oa", id); got == nil || got.Village != jia || got.Group != "一组" || got.Shown != (village != "") {
			t.Errorf("shown to %q she is %+v", village, got)
		}
	}
}

func TestASavedShowingIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		_, err := personstore.AddResident(tx, personstore.Resident{Name: "小燕", Phone: "17900000317", Village: jia, Group: "一组"}, "line")
		return err
	})
	r := w.registers("onew", "小燕", "17900000317", jia, "m1")
	before := w.everything()
	w.update(func(tx *record.Tx) error {
		p, err := personstore.Identify(tx, "onew")
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		u, err := tx.Save(func() error { return enrolment.ShowTo(s, r.ID, jia, now) })
		if err != nil {
			return err
		}
		return erasure.Restore(tx, "onew", u, now)
	})
	after := w.everything()
	for _, all := range []map[string]string{before, after} {
		maps.DeleteFunc(all, func(k, _ string) bool { return noted(k) })
	}
	if !maps.Equal(before, after) {
		t.Errorf("before:\n%v\nafter:\n%v", before, after)
	}
}

func TestACodeForAResident(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	var code string
	invite := func(openid, cause string) error {
		return w.refusal(openid, func(s personstore.Scope) (err error) {
			code, err = s.InviteResident(id, cause, now)
			return err
		})
	}
	claim := func(openid, code string, days int) error {
		var key string
		w.update(func(tx *record.Tx) error { key = personstore.InviteKey(tx, code); return nil })
		return w.refusal(openid, func(s personstore.Scope) error {
			_, err := access.Claim(s, key, now.AddDate(0, 0, days))
			return err
		})
	}
	if err := invite("ob", "m0"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a code for somebody of another village: %v", err)
	}
	if err := invite("oa", "m1"); err != nil || !personstore.CheckCode(code) {
		t.Fatalf("code %q, %v", code, err)
	}
	first := code
	w.update(func(tx *record.Tx) error {
		i, err := personstore.Invitation(tx, code, now)
		if i.Resident != id || i.Cadre != "" {
			t.Errorf("the code is for %+v", i)
		}
		if _, err := personstore.Invited(tx, code, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a resident's code is a cadre's: %v", err)
		}
		if _, err := personstore.UseInvite(tx, personstore.InviteKey(tx, code), now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a resident's code binds a cadre: %v", err)
		}
		if _, err := personstore.Invited(tx, code, now); !errors.Is(err, record.ErrNotFound) {
			t.Error("the try used it up")
		}
		return err
	})
	if err := invite("oa", "m2"); err != nil || code == first {
		t.Fatalf("another code is %q, %v", code, err)
	}
	for _, c := range []struct {
		name, openid, code string
		days               int
		want               error
	}{
		{"one that was replaced", "onew", first, 0, record.ErrNotFound},
		{"a wrong one", "onew", "12345678901234", 0, record.ErrNotFound},
		{"four days later", "onew", code, 4, record.ErrNotFound},
		{"by the cadre who gave it", "oa", code, 0, record.ErrScope},
		{"by nobody", "", code, 0, record.ErrScope},
		{"good", "onew", code, 2, nil},
		{"a second time", "onew", code, 2, record.ErrNotFound},
	} {
		if err := claim(c.openid, c.code, c.days); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	w.as("onew", func(s personstore.Scope) error { _, err := s.Mine(id); return err })
	if err := invite("oa", "m3"); !errors.Is(err, record.ErrAlreadyExists) {
		t.Errorf("a village's code for who has a WeChat: %v", err)
	}
	if err := invite("oc", "m4"); err != nil {
		t.Errorf("the office's: %v", err)
	}
	w.as("onew", func(s personstore.Scope) error {
		looks, err := s.AccessLogOf(id)
		var said []string
		for _, l := range looks {
			said = append(said, l.Name+" "+l.What+map[bool]string{true: " refused"}[l.Refused])
		}
		if got := strings.Join(said, ", "); got != "甲干部 code, 甲干部 code refused, 办事员 code" {
			t.Errorf("she sees: %s", got)
		}
		return err
	})
}

func TestACadresCodeStaysWhenResidentsHaveThem(t *testing.T) {
	w := newWorld(t)
	const code = "48291307256174"
	w.as("oc", func(s personstore.Scope) error { _, err := s.InviteResident(w.people[yi], "m1", now); return err })
	w.update(func(tx *record.Tx) error { return personstore.PutInvite(tx, code, "a", now) })
	w.as("oc", func(s personstore.Scope) error { _, err := s.InviteResident(w.people[jia], "m2", now); return err })
	w.update(func(tx *record.Tx) error {
		if _, err := personstore.Invited(tx, code, now); err != nil {
			t.Error("the cadre's:", err)
		}
		return personstore.DropInvites(tx, "a")
	})
	if n := w.count("invite/"); n != 2 {
		t.Errorf("%d codes are left of two for residents", n)
	}
}

func TestUnlinkingOne(t *testing.T) {
	w := newWorld(t)
	one := w.registers("onew", "小燕", "17900000317", "", "m1")
	two := w.registers("onew", "大成", "17900000318", "", "m2")
	w.as("onew", func(s personstore.Scope) error {
		if _, err := access.NewLink(s, "card", one.ID, "", "m3", now); err != nil {
			return err
		}
		if _, err := access.NewLink(s, "card", two.ID, "", "m3", now); err != nil {
			return err
		}
		return enrolment.Unlink(s, one.ID, now)
	})
	for id, want := range map[string]error{one.ID: record.ErrNotFound, two.ID: nil} {
		if err := w.refusal("onew", func(s personstore.Scope) error { _, err := s.Mine(id); return err }); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if n := w.count("pass/"); n != 1 {
		t.Errorf("%d links are left", n)
	}
	if w.one("oc", one.ID) == nil {
		t.Error("her record went with the WeChat")
	}
	if err := w.refusal("oc", func(s personstore.Scope) error { return enrolment.Unlink(s, two.ID, now) }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
}

// TestUnfollowing: what belongs to the WeChat goes, what belongs to the person
// stays.
func TestUnfollowing(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", jia, "m1")
	shared := w.people[yi]
	w.update(func(tx *record.Tx) error {
		for _, openid := range []string{"onew", "oother"} {
			if err := personstore.BindResident(tx, openid, shared); err != nil {
				return err
			}
		}
		for _, to := range []string{"r:" + r.ID, "r:" + shared} {
			for _, state := range []outbox.DeliveryState{outbox.Booked, outbox.Deferred} {
				d := outbox.Delivery{ID: to[2:] + string(state), Cause: to + string(state), Kind: "recorded", To: to, State: state, Earliest: now.Unix(), Latest: now.Unix() + 60}
				if err := outbox.Put(tx, d); err != nil {
					return err
				}
			}
		}
		return errors.Join(
			dialogstate.Put(tx, "onew", dialogstate.Session{Flow: "visit", Last: now.Unix()}),
			tx.PutUndo("onew", &record.Undo{Until: now.Unix() + 60}))
	})
	w.as("onew", func(s personstore.Scope) error {
		_, err := access.NewLink(s, "card", r.ID, "", "m2", now)
		return err
	})
	w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "onew", now) })
	if left := w.holding("onew"); len(left) > 0 {
		t.Errorf("keys of the WeChat are left: %q", left)
	}
	if strings.Contains(w.dump(), "onew") {
		t.Error("its id stands in a record")
	}
	if w.one("oc", r.ID) == nil {
		t.Error("her record is gone")
	}
	w.update(func(tx *record.Tx) error {
		for id, want := range map[string]outbox.DeliveryState{r.ID + "owed": outbox.Dropped, r.ID + "booked": outbox.Booked, shared + "owed": outbox.Deferred} {
			if d, err := outbox.Load(tx, id); err != nil || d.State != want {
				t.Errorf("%s is %s, want %s, %v", id, d.State, want, err)
			}
		}
		return nil
	})
}
