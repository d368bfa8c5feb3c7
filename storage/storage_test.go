package storage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/stats"
	visitsstore "xintiexin/storage/visits"
)

var (
	today = calendar.Date(2026, 12, 2)
	now   = today.At(10, 20)
)

const (
	jia  = "379999104201"
	yi   = "379999104202"
	bing = "379999104203"
)

// world is three villages: a cadre in each of the first two, a clerk, and a
// person in each village.
type world struct {
	t      *testing.T
	store  *record.Store
	people map[string]string // village → resident
}

func newWorld(t *testing.T) *world {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s, err := storage.Open(t.Context(), kvtest.Twice(engine), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: s, people: map[string]string{}}
	t.Cleanup(w.knowsItsKeys)
	w.update(func(tx *record.Tx) error {
		for i, v := range []string{jia, yi, bing} {
			name := []string{"甲村", "乙村", "丙村"}[i]
			contact := []string{"a", "b", ""}[i]
			if err := personstore.PutVillage(tx, personstore.Village{ID: v, Name: name, Groups: []personstore.Group{{Name: "一组", Contact: contact}}}); err != nil {
				return err
			}
			r, err := personstore.AddResident(tx, personstore.Resident{Name: []string{"郭敏", "何小梅", "张翠"}[i], Village: v, Group: "一组", Phone: fmt.Sprintf("1790000110%d", i)}, v)
			if err != nil {
				return err
			}
			w.people[v] = r.ID
		}
		for _, c := range []personstore.Staff{
			{ID: "a", Name: "甲干部", Villages: []string{jia}, Roles: []personstore.Role{personstore.VillageWorker}},
			{ID: "b", Name: "乙干部", Villages: []string{yi}, Roles: []personstore.Role{personstore.VillageWorker}},
			{ID: "c", Name: "办事员", Roles: []personstore.Role{personstore.Clerk}},
			{ID: "d", Name: "医生", Roles: []personstore.Role{personstore.Clinician}},
		} {
			if err := personstore.PutStaff(tx, c); err != nil {
				return err
			}
			if err := access.Bind(tx, "o"+c.ID, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) update(fn func(*record.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn in the scope of a WeChat.
func (w *world) as(openid string, fn func(personstore.Scope) error) {
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
		return fn(s)
	})
}

// sees returns which of the three people a WeChat can open.
func (w *world) sees(openid string) (out string) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		out = ""
		for i, v := range []string{jia, yi, bing} {
			r, err := s.Resident(w.people[v])
			if errors.Is(err, record.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			hits, err := s.FindResidents(personstore.Query{Name: r.Name}, 5)
			if err != nil || len(hits) != 1 {
				w.t.Errorf("%s opens %s but finds %v, %v", openid, r.Name, hits, err)
			}
			out += string("甲乙丙"[i*3 : i*3+3])
		}
		return nil
	})
	return out
}

func TestWhoSeesWhom(t *testing.T) {
	w := newWorld(t)
	check := func(what string, want map[string]string) {
		t.Helper()
		for openid, see := range want {
			if got := w.sees(openid); got != see {
				t.Errorf("%s: %s sees %q, want %q", what, openid, got, see)
			}
		}
	}
	check("at first", map[string]string{"oa": "甲", "ob": "乙", "oc": "甲乙丙", "od": "", "stranger": ""})
	w.update(func(tx *record.Tx) error { return enrolment.MoveResident(tx, w.people[jia], yi, "一组") })
	check("a person moved from 甲 to 乙", map[string]string{"oa": "", "ob": "甲乙", "oc": "甲乙丙"})
	w.update(func(tx *record.Tx) error { return personstore.MergeVillages(tx, bing, jia) })
	check("丙 merged into 甲, nobody carried over yet", map[string]string{"oa": "丙", "ob": "甲乙", "oc": "甲乙丙"})
	w.update(func(tx *record.Tx) error {
		n, err := enrolment.MoveMerged(tx, 10)
		if n != 1 {
			t.Errorf("carried %d over, want 1", n)
		}
		return err
	})
	check("carried over", map[string]string{"oa": "丙", "ob": "甲乙", "oc": "甲乙丙"})
	w.handsOver("b", "a", 0)
	check("乙干部 handed over to 甲干部", map[string]string{"oa": "甲乙丙", "ob": "", "oc": "甲乙丙"})
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oa", w.people[yi]) })
	check("her own card is closed to her staff role", map[string]string{"oa": "甲丙"})
	w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "oa", now) })
	check("who unfollows loses the link", map[string]string{"oa": ""})
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "a")
		if len(c.Villages) != 2 || c.OpenID != "" {
			t.Errorf("the office was lost with the link: %+v", c)
		}
		return err
	})
}

func TestFollowUpsGoWithThePersonAndTheOffice(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s personstore.Scope) error {
		_, err := visitsstore.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	due := func(openid, contact string) (n int) {
		w.as(openid, func(s personstore.Scope) error {
			d, err := visitsstore.Due(s, contact, today, 10)
			n = len(d)
			return err
		})
		return n
	}
	if due("oa", "a") != 1 || due("ob", "b") != 0 || due("ob", "a") != 0 {
		t.Fatal("the follow-up is not with its contact alone")
	}
	w.update(func(tx *record.Tx) error { return enrolment.MoveResident(tx, w.people[jia], yi, "一组") })
	if due("oa", "a") != 0 || due("ob", "b") != 1 {
		t.Error("the follow-up did not move with the person")
	}
	w.handsOver("b", "a", 0)
	if due("oa", "a") != 1 {
		t.Error("the follow-up was not handed over")
	}
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "a")
		if err != nil {
			return err
		}
		n, err := stats.CountDue(tx, c, today, 9)
		if n != 1 {
			t.Errorf("count %d", n)
		}
		return err
	})
}

func TestUndoRestoresEverything(t *testing.T) {
	w := newWorld(t)
	save := func() *record.Undo {
		var u *record.Undo
		w.update(func(tx *record.Tx) error {
			p, err := personstore.Identify(tx, "oa")
			if err != nil {
				return err
			}
			s, err := personstore.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			u, err = tx.Save(func() error {
				if _, err := visitsstore.Add(s, visitsstore.Visit{Resident: w.people[jia], Day: today, Kind: "greet"}, "m1"); err != nil {
					return err
				}
				if _, err := visitsstore.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today + 7}, "m1"); err != nil {
					return err
				}
				_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "x", Kind: "visit_eve", To: "r:" + w.people[jia], Earliest: now.Unix(), Latest: now.Unix() + 9})
				return err
			})
			if err != nil {
				return err
			}
			u.Until = now.Add(record.UndoTime).Unix()
			return tx.PutUndo("oa", u)
		})
		return u
	}
	counts := func() (visits, open, due int) {
		w.as("oa", func(s personstore.Scope) error {
			v, err := visitsstore.List(s, w.people[jia], 9)
			if err != nil {
				return err
			}
			f, err := visitsstore.OpenFollowUps(s, w.people[jia])
			visits, open = len(v), len(f)
			return err
		})
		w.update(func(tx *record.Tx) error {
			d, err := outbox.DueDeliveries(tx, now, 9)
			due = len(d)
			return err
		})
		return
	}
	save()
	if v, o, d := counts(); v != 1 || o != 1 || d != 1 {
		t.Fatal("not saved", v, o, d)
	}
	restore := func(at time.Time) (err error) {
		w.update(func(tx *record.Tx) error {
			u, e := tx.LoadUndo("oa", at)
			if e != nil {
				err = e
				return nil
			}
			if err = erasure.Restore(tx, "oa", u, now); errors.Is(err, record.ErrChanged) {
				return nil
			}
			return err
		})
		return err
	}
	if err := restore(now.Add(11 * time.Minute)); !errors.Is(err, record.ErrNotFound) {
		t.Error("undone after its time:", err)
	}
	if err := restore(now.Add(9 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if v, o, d := counts(); v != 0 || o != 0 || d != 0 {
		t.Error("left after undo:", v, o, d)
	}
	save()
	w.update(func(tx *record.Tx) error { // the delivery is sent meanwhile
		d, err := outbox.DeliveryOf(tx, "x")
		if err != nil {
			return err
		}
		d.State = outbox.Sent
		return outbox.Put(tx, d)
	})
	if err := restore(now); !errors.Is(err, record.ErrChanged) {
		t.Error("undone though it was sent:", err)
	}
	if v, o, _ := counts(); v != 1 || o != 1 {
		t.Error("a refused undo changed something", v, o)
	}
}

func TestASaveThatFailsLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.as("oa", func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: w.people[jia], Set: purpose.VisitRecord, Answer: personstore.Yes}, now)
	})
	w.update(func(tx *record.Tx) error {
		p, err := personstore.Identify(tx, "oa")
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		_, err = tx.Save(func() error {
			if _, err := visitsstore.Add(s, visitsstore.Visit{Resident: w.people[jia], Day: today}, "m1"); err != nil {
				return err
			}
			_, err := visitsstore.Add(s, visitsstore.Visit{Resident: w.people[yi], Day: today}, "m2") // not hers
			return err
		})
		if !errors.Is(err, record.ErrNotFound) {
			t.Error(err)
		}
		return nil // the refusal commits
	})
	w.as("oa", func(s personstore.Scope) error {
		v, err := visitsstore.List(s, w.people[jia], 5)
		if len(v) != 0 {
			t.Error("half a save stayed")
		}
		return err
	})
}

func TestFindingPeople(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for i, r := range []personstore.Resident{
			{Name: "王秀兰", Group: "一组", Phone: "17900002208", House: "9号"}, {Name: "王秀兰", Group: "三组", Phone: "17900006651", House: "21号"},
			{Name: "汪秀蓝", Group: "二组"}, {Name: "解红梅", Group: "二组"}, {Name: "欧阳娟", Group: "二组"}, {Name: "安娜", Group: "二组"},
		} {
			r.Village = jia
			if _, err := personstore.AddResident(tx, r, fmt.Sprint("f", i)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		q    personstore.Query
		want []string
	}{
		{personstore.Query{Name: "王秀兰"}, []string{"王秀兰一组", "王秀兰三组"}},
		{personstore.Query{Name: "秀兰"}, []string{"王秀兰一组", "王秀兰三组", "汪秀蓝二组"}},
		{personstore.Query{Name: "王秀兰", Group: "三组"}, []string{"王秀兰三组"}},
		{personstore.Query{Name: "网秀兰"}, []string{"王秀兰一组", "汪秀蓝二组", "王秀兰三组"}},
		{personstore.Query{Name: "wxl"}, []string{"王秀兰一组", "汪秀蓝二组", "王秀兰三组"}},
		{personstore.Query{Name: "xiulan"}, []string{"王秀兰一组", "汪秀蓝二组", "王秀兰三组"}},
		{personstore.Query{Tail: "6651"}, []string{"王秀兰三组"}},
		{personstore.Query{Tail: "17900006651"}, []string{"王秀兰三组"}},
		{personstore.Query{House: "21"}, []string{"王秀兰三组"}},
		{personstore.Query{House: "2"}, nil},
		{personstore.Query{Name: "谢红梅"}, []string{"解红梅二组"}},
		{personstore.Query{Name: "阳娟"}, []string{"欧阳娟二组"}},
		{personstore.Query{Name: "安"}, []string{"安娜二组"}},
		{personstore.Query{Name: "王二"}, nil},
		{personstore.Query{}, nil},
	} {
		w.as("oa", func(s personstore.Scope) error {
			hits, err := s.FindResidents(c.q, 9)
			var got []string
			for _, h := range hits {
				got = append(got, h.Name+h.Group)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.q, got, c.want)
			}
			return err
		})
	}
}

func TestForgottenPeopleDoNotComeBack(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.as("oa", func(s personstore.Scope) error {
		if err := consent.Put(s, consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.Yes}, now); err != nil {
			return err
		}
		_, err := visitsstore.Add(s, visitsstore.Visit{Resident: id, Day: today}, "m1")
		return err
	})
	w.update(func(tx *record.Tx) error { return erasure.ForgetResident(tx, id, today) })
	if got := w.sees("oc"); got != "乙丙" {
		t.Errorf("the clerk sees %s", got)
	}
	w.update(func(tx *record.Tx) error {
		for _, c := range []struct {
			name, phone string
			want        bool
		}{{"郭敏", "17900001100", true}, {"郭敏", "", true}, {"郭敏", "17900009999", false}, {"何小梅", "17900001101", false}} {
			gone, err := erasure.Gone(tx, c.name, c.phone, jia)
			if err != nil || gone != c.want {
				t.Errorf("%s %s: gone %v, %v", c.name, c.phone, gone, err)
			}
		}
		return nil
	})
}

func TestBindingCodes(t *testing.T) {
	code := personstore.NewCode([13]byte{4, 8, 2, 9, 1, 3, 0, 7, 2, 5, 6, 1, 7})
	if !personstore.CheckCode(code) {
		t.Fatal(code)
	}
	for i := range code {
		for d := byte('0'); d <= '9'; d++ {
			wrong := []byte(code)
			if wrong[i] != d {
				if wrong[i] = d; personstore.CheckCode(string(wrong)) {
					t.Errorf("one wrong digit passes: %s", wrong)
				}
			}
		}
	}
	w := newWorld(t)
	w.update(func(tx *record.Tx) error { return personstore.PutInvite(tx, code, "a", now) })
	w.update(func(tx *record.Tx) error {
		if _, err := personstore.Invited(tx, code, now.Add(73*time.Hour)); !errors.Is(err, record.ErrNotFound) {
			t.Error("good after three days:", err)
		}
		c, err := personstore.Invited(tx, code, now)
		if c.ID != "a" {
			t.Error(c, err)
		}
		return err
	})
	w.update(func(tx *record.Tx) error {
		cadre, err := personstore.UseInvite(tx, personstore.InviteKey(tx, code), now)
		if cadre != "a" || err != nil {
			t.Error("not used", cadre, err)
		}
		if _, err := personstore.Invited(tx, code, now); !errors.Is(err, record.ErrNotFound) {
			t.Error("used twice:", err)
		}
		return err
	})
	for i := range 5 {
		w.update(func(tx *record.Tx) error {
			locked, err := personstore.Locked(tx, "ox", now)
			if err != nil || locked {
				t.Error("locked early", i)
			}
			_, err = personstore.CountTry(tx, "ox", now)
			return err
		})
	}
	w.update(func(tx *record.Tx) error {
		locked, err := personstore.Locked(tx, "ox", now)
		free, _ := personstore.Locked(tx, "ox", now.Add(31*time.Minute))
		if !locked || free {
			t.Error("locked", locked, "later", free)
		}
		return err
	})
}

func TestADeliveryIsBookedOnce(t *testing.T) {
	w := newWorld(t)
	d := outbox.Delivery{Cause: "morning/a/2026-12-02", Kind: "morning", To: "c:a", Earliest: now.Unix(), Latest: now.Unix() + 60}
	for i := range 3 {
		w.update(func(tx *record.Tx) error {
			ok, err := outbox.Enqueue(tx, d)
			if ok != (i == 0) {
				t.Errorf("time %d: booked %v", i, ok)
			}
			return err
		})
	}
	w.update(func(tx *record.Tx) error {
		early, err := outbox.DueDeliveries(tx, now.Add(-time.Second), 9)
		if err != nil {
			return err
		}
		due, err := outbox.DueDeliveries(tx, now, 9)
		if len(early) != 0 || len(due) != 1 {
			t.Error(len(early), len(due))
		}
		at, ok, _ := outbox.NextDelivery(tx, now.Add(-time.Hour))
		if !ok || at.Unix() != now.Unix() {
			t.Error(at, ok)
		}
		got := due[0]
		got.State, got.MsgID = outbox.Sent, 1<<60
		return errors.Join(err, outbox.Put(tx, got))
	})
	w.update(func(tx *record.Tx) error {
		known, err := outbox.Finish(tx, 1<<60, true, "", now)
		got, _ := outbox.DeliveryOf(tx, d.Cause)
		if !known || got.State != outbox.Delivered {
			t.Error(known, got.State)
		}
		again, _ := outbox.Finish(tx, 1<<60, false, "", now)
		if again {
			t.Error("settled twice")
		}
		return err
	})
}

func TestFormats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	engine, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := storage.Open(t.Context(), engine, nil); err != nil {
		t.Fatal(err)
	}
	copied := 0
	before := func(int) error { copied++; return nil }
	if err := storage.UpgradeForTest(t.Context(), engine, before, storage.Format+1); err != nil {
		t.Fatal(err)
	}
	if copied != 1 {
		t.Error("upgraded without a copy")
	}
	if _, err := storage.Open(t.Context(), engine, nil); !errors.Is(err, record.ErrNewer) {
		t.Error("a newer store was opened:", err)
	}
}

func TestTheClockIsBelieved(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Duration
		want bool
	}{
		{"the next second", time.Second, true}, {"after a day off", 24 * time.Hour, true}, {"two days on", 49 * time.Hour, false},
		{"a second back", -time.Second, true}, {"an hour back", -time.Hour, false},
	} {
		if got := ops.ClockSound(now, now.Add(c.at)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if !ops.ClockSound(time.Time{}, now) {
		t.Error("a new store")
	}
}
