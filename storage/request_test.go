package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// wants asks for something by a WeChat.
func (w *world) wants(openid, resident, kind, cause string, at time.Time) (r storage.Request, err error) {
	w.t.Helper()
	err = w.refusal(openid, func(s storage.Scope) (err error) {
		r, err = s.Ask(storage.Request{Resident: resident, Kind: kind, Text: "问补贴"}, cause, at)
		return err
	})
	return r, err
}

func (w *world) asked(openid string) (out []string) {
	w.t.Helper()
	w.as(openid, func(s storage.Scope) error {
		all, err := s.Asked(99)
		out = nil
		for _, a := range all {
			out = append(out, a.Number)
		}
		return err
	})
	return out
}

func TestARequestHasANumberAnOwnerAndADay(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", jia, "r")
	a, err := w.wants("ox", her.ID, "help", "m1", now)
	if err != nil || a.Number != "001" || a.Due.String() != "2026-12-11" { // seven working days
		t.Fatalf("%+v, %v", a, err)
	}
	if again, err := w.wants("ox", her.ID, "help", "m1", now); err != nil || again.Number != "001" {
		t.Errorf("the same message twice: %s, %v", again.Number, err)
	}
	if _, err := w.wants("oa", her.ID, "help", "m2", now); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if got := fmt.Sprint(w.asked("oa"), w.asked("oc"), w.asked("od")); got != "[] [001] []" {
		t.Errorf("she keeps it from the village: %s", got)
	}
	w.shows("ox", her.ID, jia)
	if got := fmt.Sprint(w.asked("oa"), w.asked("ob"), w.asked("oc"), w.asked("od")); got != "[001] [] [001] []" {
		t.Errorf("she shows it: %s", got)
	}
	take := func(openid string) error {
		return w.refusal(openid, func(s storage.Scope) error { _, err := s.TakeRequest(her.ID, a.ID, now); return err })
	}
	if err := errors.Join(take("oa"), take("oa")); err != nil {
		t.Fatal(err)
	}
	if err := take("oc"); !errors.Is(err, storage.ErrTaken) {
		t.Errorf("the second: %v", err)
	}
	w.shows("ox", her.ID, "") // its owner may not see it any more
	if got := fmt.Sprint(w.asked("oa"), w.asked("oc")); got != "[] [001]" {
		t.Errorf("hidden again: %s", got)
	}
	if err := take("oc"); err != nil {
		t.Errorf("whom its owner was: %v", err)
	}
	if err := take("oa"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("who may not see it: %v", err)
	}
}

func TestAHandOverIsAcceptedOrNot(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", jia, "r")
	w.shows("ox", her.ID, jia)
	a, err := w.wants("ox", her.ID, "help", "m1", now)
	if err != nil {
		t.Fatal(err)
	}
	offer := func(openid, to string) error {
		return w.refusal(openid, func(s storage.Scope) error { _, err := s.OfferRequest(her.ID, a.ID, to, now); return err })
	}
	holder := func() (id string) {
		w.as("oc", func(s storage.Scope) error {
			x, err := s.AskedBy(her.ID, a.ID)
			id = x.Holder
			return err
		})
		return id
	}
	if err := offer("oa", "b"); !errors.Is(err, storage.ErrScope) {
		t.Errorf("to another village: %v", err)
	}
	if err := offer("oa", "d"); err != nil {
		t.Fatal(err)
	}
	if holder() != "a" {
		t.Errorf("not accepted yet, and it is %q's", holder())
	}
	if err := w.refusal("od", func(s storage.Scope) error { _, err := s.RefuseRequest(her.ID, a.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(holder(), w.asked("od")); got != "a[]" {
		t.Errorf("refused: %s", got)
	}
	if err := errors.Join(offer("oa", "d"), w.refusal("od", func(s storage.Scope) error { _, err := s.TakeRequest(her.ID, a.ID, now); return err })); err != nil {
		t.Fatal(err)
	}
	if holder() != "d" {
		t.Errorf("accepted, and it is %q's", holder())
	}
	if err := offer("oa", "c"); !errors.Is(err, storage.ErrTaken) {
		t.Errorf("who had it hands it over: %v", err)
	}
	w.update(func(tx *storage.Tx) error {
		d, err := tx.Cadre("d")
		d.Left = true
		return errors.Join(err, tx.PutCadre(d))
	})
	if holder() != "" {
		t.Errorf("its owner left, and it is %q's", holder())
	}
}

// TestWhatNobodyTookIsToldAtNoon: the clerk hears a count, at noon of the next
// working day, and none when it was taken in time.
func TestWhatNobodyTookIsToldAtNoon(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", "", "r")
	friday := calendar.Date(2026, 12, 4).At(16, 0)
	a, err := w.wants("ox", her.ID, "help", "m1", friday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.wants("ox", her.ID, "supplies", "m2", friday); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.due("request_waiting")); got != "[c:c 12-07 12:00 2]" {
		t.Error(got)
	}
	monday := calendar.Date(2026, 12, 7).At(9, 0)
	if _, err := w.wants("ox", her.ID, "help", "m3", monday); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.due("request_waiting")); got != "[c:c 12-07 12:00 2 c:c 12-08 12:00 3]" {
		t.Error("the day after:", got)
	}
	w.as("oc", func(s storage.Scope) error { _, err := s.TakeRequest(her.ID, a.ID, monday); return err })
	if got := fmt.Sprint(w.due("request_waiting")); got != "[c:c 12-07 12:00 1 c:c 12-08 12:00 2]" {
		t.Error("one taken:", got)
	}
	w.as("ox", func(s storage.Scope) error { return s.WithdrawSet(her.ID, storage.C1, monday) })
	if got := w.due("request_waiting"); len(got) != 0 {
		t.Error("taken back:", got)
	}
}

func TestSuppliesAreNeverTheVillages(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", jia, "r")
	w.shows("ox", her.ID, jia)
	a, err := w.wants("ox", her.ID, "supplies", "m1", now)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(w.dump()) {
		if strings.Contains(line, a.ID) && !strings.HasPrefix(line, "hidden") {
			t.Errorf("outside the hidden prefix: %s", line)
		}
	}
	for _, openid := range []string{"oa", "ob"} {
		if got := w.asked(openid); len(got) != 0 {
			t.Errorf("%s: %v", openid, got)
		}
		if err := w.refusal(openid, func(s storage.Scope) error { _, err := s.Numbered(a.Number); return err }); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s by number: %v", openid, err)
		}
		if err := w.refusal(openid, func(s storage.Scope) error { _, err := s.Supplies(9); return err }); !errors.Is(err, storage.ErrScope) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	w.as("od", func(s storage.Scope) error { _, err := s.SuppliesReady(her.ID, a.ID, now); return err })
	if got := fmt.Sprint(w.due("request_ready")); got != "[r:"+her.ID+" 12-02 10:20 ]" {
		t.Error(got)
	}
	w.as("od", func(s storage.Scope) error { _, err := s.EndRequest(her.ID, a.ID, "done", now); return err })
	if n := w.count("hidden"); n != 0 {
		t.Errorf("%d keys are left when it is in her hands", n)
	}
	w.update(func(tx *storage.Tx) error {
		d, err := tx.DeliveryOf("request/" + a.ID + "/request_ready")
		if err != nil {
			return err
		}
		if why, err := tx.Stands(d); why != "gone" || err != nil {
			t.Errorf("the message still stands: %q, %v", why, err)
		}
		return nil
	})
}

func TestAVisitSuitsBoth(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", jia, "r")
	w.shows("ox", her.ID, jia)
	when := []storage.When{{Day: today + 1, Part: "上午"}, {Day: today + 2, Part: "下午"}}
	var q storage.Request
	w.as("ox", func(s storage.Scope) (err error) {
		q, err = s.Ask(storage.Request{Resident: her.ID, Kind: "visit", Times: when[:1]}, "m1", now)
		return err
	})
	if _, err := w.wants("ox", her.ID, "visit", "m2", now); !errors.Is(err, storage.ErrTwice) {
		t.Errorf("a second one: %v", err)
	}
	agree := func(openid string, at storage.When) error {
		return w.refusal(openid, func(s storage.Scope) error { _, err := s.AgreeVisit(her.ID, q.ID, at, "a"+openid, now); return err })
	}
	if err := agree("oa", when[1]); !errors.Is(err, storage.ErrPast) {
		t.Errorf("a time that she did not name: %v", err)
	}
	if err := agree("ox", when[0]); !errors.Is(err, storage.ErrPast) {
		t.Errorf("a time that nobody proposed to her: %v", err)
	}
	w.as("oa", func(s storage.Scope) error { _, err := s.ProposeTimes(her.ID, q.ID, when[1:], now); return err })
	if err := agree("ox", when[1]); err != nil {
		t.Fatal(err)
	}
	due := func() (n int) {
		w.as("oa", func(s storage.Scope) error {
			all, err := s.Due("a", today+9, 9)
			n = len(all)
			return err
		})
		return n
	}
	if due() != 1 || len(w.asked("oa")) != 0 {
		t.Errorf("agreed: %d in her days, %v open", due(), w.asked("oa"))
	}
	w.as("oa", func(s storage.Scope) error { // another, which the cadre wrote down
		_, err := s.AddFollowUp(storage.FollowUp{Resident: her.ID, Kind: "visit", Due: today + 3}, "f")
		_, err2 := s.AddFollowUp(storage.FollowUp{Resident: her.ID, Kind: "answer", Due: today + 3}, "g")
		return errors.Join(err, err2)
	})
	w.as("ox", func(s storage.Scope) error { return s.NoVisits(her.ID, true, now) })
	if due() != 1 {
		t.Errorf("nobody is to come, and %d in the days: the answer alone is owed", due())
	}
	w.as("oa", func(s storage.Scope) error {
		_, err := s.AddFollowUp(storage.FollowUp{Resident: her.ID, Kind: "visit", Due: today + 3}, "h")
		return err
	})
	if due() != 1 {
		t.Error("a visit written down later is in the round")
	}
	w.as("ox", func(s storage.Scope) error { return s.NoVisits(her.ID, false, now) })
	if due() != 2 {
		t.Error("somebody may come again, and what was written down is not there")
	}
}

// TestWhatSheAskedGoesWithHer: withdrawn, erased, deleted.
func TestWhatSheAskedGoesWithHer(t *testing.T) {
	for what, leave := range map[string]func(*storage.Tx, storage.Scope, string) error{
		"withdrawn": func(tx *storage.Tx, s storage.Scope, id string) error { return s.WithdrawSet(id, storage.C1, now) },
		"erased":    func(tx *storage.Tx, s storage.Scope, id string) error { return tx.Erase(id, now) },
	} {
		w := newWorld(t)
		her := w.registers("ox", "小兰", "17900002086", "", "r")
		w.town(func(s *storage.Site) {
			s.Lectures = []storage.Lecture{{ID: "l", Day: today + 9, Time: "09:30", Seats: 3}}
		})
		for i, kind := range []string{"help", "supplies", "visit"} {
			if _, err := w.wants("ox", her.ID, kind, fmt.Sprint(i), now); err != nil {
				t.Fatal(err)
			}
		}
		w.as("ox", func(s storage.Scope) error { _, err := s.SignUp(her.ID, "l", now); return err })
		w.as("ox", func(s storage.Scope) error { return s.Hear(her.ID, true, now) })
		w.update(func(tx *storage.Tx) error {
			p, err := tx.Who("ox")
			if err != nil {
				return err
			}
			s, err := tx.As(p)
			if err != nil {
				return err
			}
			return leave(tx, s, her.ID)
		})
		for _, pre := range []string{"request/", "asking/", "hidden", "lecture/", "hears/"} {
			if n := w.count(pre); n != 0 {
				t.Errorf("%s: %d left under %s", what, n, pre)
			}
		}
	}
}

// TestTheVillageLearnsNothingFromARefusal: whoever uses the service without the
// village is to its worker like any other line of the directory.
func TestTheVillageLearnsNothingFromARefusal(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	send := func(openid string) error {
		return w.refusal(openid, func(s storage.Scope) error { _, err := s.SendErrand(id, "birth", "e"+openid, now); return err })
	}
	before := send("oa")
	w.update(func(tx *storage.Tx) error { return tx.LinkResident("ox", id) })
	w.agrees("ox", id, storage.C1, storage.Yes, now)
	if after := send("oa"); !errors.Is(before, storage.ErrConsent) || !errors.Is(after, storage.ErrConsent) {
		t.Errorf("before %v, after %v", before, after)
	}
	if err := send("oc"); err != nil {
		t.Errorf("the clerk: %v", err)
	}
	w.told("oa", id, storage.C0, storage.Yes, now)
	if err := send("oa"); err != nil {
		t.Errorf("what the village wrote down: %v", err)
	}
}

func TestSeatsAtAMeeting(t *testing.T) {
	w := newWorld(t)
	begins := today + 1
	w.town(func(s *storage.Site) {
		s.Lectures = []storage.Lecture{{ID: "l", Title: "讲", Day: begins, Time: "09:30", Seats: 2}, {ID: "past", Day: today, Time: "10:00", Seats: 9}}
	})
	var ids []string
	for i := range 3 {
		ids = append(ids, w.registers(fmt.Sprint("ox", i), "小兰", fmt.Sprint("1790000208", i), "", fmt.Sprint("r", i)).ID)
	}
	join := func(i int, lecture string) error {
		return w.refusal(fmt.Sprint("ox", i), func(s storage.Scope) error { _, err := s.SignUp(ids[i], lecture, now); return err })
	}
	for i, want := range []error{nil, nil, storage.ErrFull} {
		if err := join(i, "l"); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", i, err, want)
		}
	}
	if err := join(0, "l"); !errors.Is(err, storage.ErrTwice) {
		t.Errorf("a second seat: %v", err)
	}
	if err := join(0, "past"); !errors.Is(err, storage.ErrPast) {
		t.Errorf("one that has begun: %v", err)
	}
	if err := join(0, "a/b"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("no such: %v", err)
	}
	if got := w.due("lecture_eve"); len(got) != 2 || !strings.Contains(got[0], "12-02 18:30") {
		t.Error(got)
	}
	cancel := func() {
		w.as("ox0", func(s storage.Scope) error { return s.CancelSeat(ids[0], "l", now) })
	}
	cancel()
	if got := w.due("lecture_eve"); len(got) != 1 {
		t.Error("given up, and reminded:", got)
	}
	if err := errors.Join(join(2, "l")); err != nil {
		t.Errorf("the free seat: %v", err)
	}
	w.as("ox2", func(s storage.Scope) error { return s.CancelSeat(ids[2], "l", now) })
	if err := join(0, "l"); err != nil || len(w.due("lecture_eve")) != 2 {
		t.Errorf("signed up again: %v, %v", err, w.due("lecture_eve"))
	}
	w.town(func(s *storage.Site) {
		s.Lectures = []storage.Lecture{{ID: "l", Title: "讲", Day: begins + 1, Time: "09:30", Seats: 2}}
	})
	w.update(func(tx *storage.Tx) error {
		all, err := tx.DueDeliveries(now.AddDate(0, 1, 0), 99)
		for _, d := range all {
			if why, err := tx.Stands(d); d.Kind == "lecture_eve" && (why != "" || d.Facts["day"] != (begins+1).String() || err != nil) {
				t.Errorf("the day moved, and %v is reminded of: %q, %v", d.Facts["day"], why, err)
			}
		}
		return err
	})
}

func TestWishesAreCountedWithoutANameAndNotWithoutEnd(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *storage.Tx) error {
		for i := range 320 {
			if err := tx.WishFor(fmt.Sprint("题", i)); err != nil {
				return err
			}
		}
		return errors.Join(tx.WishFor("题7"), tx.CountDanger(today), tx.CountDanger(today+3))
	})
	if n := w.count("wish/"); n != 300 {
		t.Errorf("%d topics are kept", n)
	}
	w.as("oc", func(s storage.Scope) error {
		all, err := s.Wishes(2)
		if !slices.Equal(all[:1], []storage.Wish{{Topic: "题7", Count: 2}}) {
			t.Errorf("%+v", all)
		}
		return err
	})
	w.update(func(tx *storage.Tx) error {
		if n, err := tx.Dangers(today); n != 2 || err != nil {
			t.Errorf("%d signs this month, %v", n, err)
		}
		return nil
	})
}
