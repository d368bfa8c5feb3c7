package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// wants asks for something by a WeChat.
func (w *world) wants(openid, resident, kind, cause string, at time.Time) (r requests.Request, err error) {
	w.t.Helper()
	err = w.refusal(openid, func(s personstore.Scope) (err error) {
		r, err = requests.Create(s, requests.Request{Resident: resident, Kind: kind, Text: "问补贴"}, cause, at)
		return err
	})
	return r, err
}

func (w *world) asked(openid string) (out []string) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		all, err := requests.Waiting(s, 99)
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
	if _, err := w.wants("oa", her.ID, "help", "m2", now); !errors.Is(err, record.ErrNotFound) {
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
		return w.refusal(openid, func(s personstore.Scope) error { _, err := requests.TakeRequest(s, her.ID, a.ID, now); return err })
	}
	if err := errors.Join(take("oa"), take("oa")); err != nil {
		t.Fatal(err)
	}
	if err := take("oc"); !errors.Is(err, requests.ErrTaken) {
		t.Errorf("the second: %v", err)
	}
	w.shows("ox", her.ID, "") // its owner may not see it any more
	if got := fmt.Sprint(w.asked("oa"), w.asked("oc")); got != "[] [001]" {
		t.Errorf("hidden again: %s", got)
	}
	if err := take("oc"); err != nil {
		t.Errorf("whom its owner was: %v", err)
	}
	if err := take("oa"); !errors.Is(err, record.ErrNotFound) {
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
		return w.refusal(openid, func(s personstore.Scope) error { _, err := requests.OfferRequest(s, her.ID, a.ID, to, now); return err })
	}
	holder := func() (id string) {
		w.as("oc", func(s personstore.Scope) error {
			x, err := requests.OfResident(s, her.ID, a.ID)
			id = x.Holder
			return err
		})
		return id
	}
	if err := offer("oa", "b"); !errors.Is(err, record.ErrScope) {
		t.Errorf("to another village: %v", err)
	}
	if err := offer("oa", "d"); err != nil {
		t.Fatal(err)
	}
	if holder() != "a" {
		t.Errorf("not accepted yet, and it is %q's", holder())
	}
	if err := w.refusal("od", func(s personstore.Scope) error { _, err := requests.RefuseRequest(s, her.ID, a.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(holder(), w.asked("od")); got != "a[]" {
		t.Errorf("refused: %s", got)
	}
	if err := errors.Join(offer("oa", "d"), w.refusal("od", func(s personstore.Scope) error { _, err := requests.TakeRequest(s, her.ID, a.ID, now); return err })); err != nil {
		t.Fatal(err)
	}
	if holder() != "d" {
		t.Errorf("accepted, and it is %q's", holder())
	}
	if err := offer("oa", "c"); !errors.Is(err, requests.ErrTaken) {
		t.Errorf("who had it hands it over: %v", err)
	}
	w.update(func(tx *record.Tx) error {
		d, err := personstore.LoadStaff(tx, "d")
		d.Left = true
		return errors.Join(err, personstore.PutStaff(tx, d))
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
	w.as("oc", func(s personstore.Scope) error { _, err := requests.TakeRequest(s, her.ID, a.ID, monday); return err })
	if got := fmt.Sprint(w.due("request_waiting")); got != "[c:c 12-07 12:00 1 c:c 12-08 12:00 2]" {
		t.Error("one taken:", got)
	}
	w.as("ox", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, her.ID, purpose.Booking, monday) })
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
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := requests.Numbered(s, a.Number); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s by number: %v", openid, err)
		}
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := requests.Supplies(s, 9); return err }); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	w.as("od", func(s personstore.Scope) error { _, err := requests.SuppliesReady(s, her.ID, a.ID, now); return err })
	if got := fmt.Sprint(w.due("request_ready")); got != "[r:"+her.ID+" 12-02 10:20 ]" {
		t.Error(got)
	}
	w.as("od", func(s personstore.Scope) error {
		_, err := requests.EndRequest(s, her.ID, a.ID, "done", now)
		return err
	})
	if n := w.count("hidden"); n != 0 {
		t.Errorf("%d keys are left when it is in her hands", n)
	}
	w.update(func(tx *record.Tx) error {
		d, err := outbox.DeliveryOf(tx, "request/"+a.ID+"/request_ready")
		if err != nil {
			return err
		}
		if why, err := deliverykinds.StillValid(tx, d); why != "gone" || err != nil {
			t.Errorf("the message still stands: %q, %v", why, err)
		}
		return nil
	})
}

func TestAVisitSuitsBoth(t *testing.T) {
	w := newWorld(t)
	her := w.registers("ox", "小兰", "17900002086", jia, "r")
	w.shows("ox", her.ID, jia)
	when := []requests.When{{Day: today + 1, Part: "上午"}, {Day: today + 2, Part: "下午"}}
	var q requests.Request
	w.as("ox", func(s personstore.Scope) (err error) {
		q, err = requests.Create(s, requests.Request{Resident: her.ID, Kind: "visit", Times: when[:1]}, "m1", now)
		return err
	})
	if _, err := w.wants("ox", her.ID, "visit", "m2", now); !errors.Is(err, record.ErrAlreadyExists) {
		t.Errorf("a second one: %v", err)
	}
	agree := func(openid string, at requests.When) error {
		return w.refusal(openid, func(s personstore.Scope) error {
			_, err := requests.AgreeVisit(s, her.ID, q.ID, at, "a"+openid, now)
			return err
		})
	}
	if err := agree("oa", when[1]); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("a time that she did not name: %v", err)
	}
	if err := agree("ox", when[0]); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("a time that nobody proposed to her: %v", err)
	}
	w.as("oa", func(s personstore.Scope) error {
		_, err := requests.ProposeTimes(s, her.ID, q.ID, when[1:], now)
		return err
	})
	if err := agree("ox", when[1]); err != nil {
		t.Fatal(err)
	}
	due := func() (n int) {
		w.as("oa", func(s personstore.Scope) error {
			all, err := visits.Due(s, "a", today+9, 9)
			n = len(all)
			return err
		})
		return n
	}
	if due() != 1 || len(w.asked("oa")) != 0 {
		t.Errorf("agreed: %d in her days, %v open", due(), w.asked("oa"))
	}
	w.as("oa", func(s personstore.Scope) error { // another, which the cadre wrote down
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: her.ID, Kind: "visit", Due: today + 3}, "f")
		_, err2 := visits.AddFollowUp(s, followups.FollowUp{Resident: her.ID, Kind: "answer", Due: today + 3}, "g")
		return errors.Join(err, err2)
	})
	w.as("ox", func(s personstore.Scope) error { return requests.NoVisits(s, her.ID, true, now) })
	if due() != 1 {
		t.Errorf("nobody is to come, and %d in the days: the answer alone is owed", due())
	}
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: her.ID, Kind: "visit", Due: today + 3}, "h")
		return err
	})
	if due() != 1 {
		t.Error("a visit written down later is in the round")
	}
	w.as("ox", func(s personstore.Scope) error { return requests.NoVisits(s, her.ID, false, now) })
	if due() != 2 {
		t.Error("somebody may come again, and what was written down is not there")
	}
}

// TestWhatSheAskedGoesWithHer: withdrawn, erased, deleted.
func TestWhatSheAskedGoesWithHer(t *testing.T) {
	for what, leave := range map[string]func(*record.Tx, personstore.Scope, string) error{
		"withdrawn": func(tx *record.Tx, s personstore.Scope, id string) error {
			return consent.WithdrawPurpose(s, id, purpose.Booking, now)
		},
		"erased": func(tx *record.Tx, s personstore.Scope, id string) error { return erasure.Erase(tx, id, now) },
	} {
		w := newWorld(t)
		her := w.registers("ox", "小兰", "17900002086", "", "r")
		w.town(func(s *townconfig.Site) {
			s.Lectures = []townconfig.Lecture{{ID: "l", Day: today + 9, Time: "09:30", Seats: 3}}
		})
		for i, kind := range []string{"help", "supplies", "visit"} {
			if _, err := w.wants("ox", her.ID, kind, fmt.Sprint(i), now); err != nil {
				t.Fatal(err)
			}
		}
		w.as("ox", func(s personstore.Scope) error { _, err := events.SignUp(s, her.ID, "l", now); return err })
		w.as("ox", func(s personstore.Scope) error { return events.Subscribe(s, her.ID, true, now) })
		w.update(func(tx *record.Tx) error {
			p, err := personstore.Identify(tx, "ox")
			if err != nil {
				return err
			}
			s, err := personstore.ScopeOf(tx, p)
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
		return w.refusal(openid, func(s personstore.Scope) error {
			_, err := requests.SendErrand(s, id, "birth", "e"+openid, now)
			return err
		})
	}
	before := send("oa")
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "ox", id) })
	w.agrees("ox", id, purpose.Booking, personstore.Yes, now)
	if after := send("oa"); !errors.Is(before, record.ErrConsent) || !errors.Is(after, record.ErrConsent) {
		t.Errorf("before %v, after %v", before, after)
	}
	if err := send("oc"); err != nil {
		t.Errorf("the clerk: %v", err)
	}
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
	if err := send("oa"); err != nil {
		t.Errorf("what the village wrote down: %v", err)
	}
}

func TestSeatsAtAMeeting(t *testing.T) {
	w := newWorld(t)
	begins := today + 1
	w.town(func(s *townconfig.Site) {
		s.Lectures = []townconfig.Lecture{{ID: "l", Title: "讲", Day: begins, Time: "09:30", Seats: 2}, {ID: "past", Day: today, Time: "10:00", Seats: 9}}
	})
	var ids []string
	for i := range 3 {
		ids = append(ids, w.registers(fmt.Sprint("ox", i), "小兰", fmt.Sprint("1790000208", i), "", fmt.Sprint("r", i)).ID)
	}
	join := func(i int, lecture string) error {
		return w.refusal(fmt.Sprint("ox", i), func(s personstore.Scope) error { _, err := events.SignUp(s, ids[i], lecture, now); return err })
	}
	for i, want := range []error{nil, nil, record.ErrFull} {
		if err := join(i, "l"); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", i, err, want)
		}
	}
	if err := join(0, "l"); !errors.Is(err, record.ErrAlreadyExists) {
		t.Errorf("a second seat: %v", err)
	}
	if err := join(0, "past"); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("one that has begun: %v", err)
	}
	if err := join(0, "a/b"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("no such: %v", err)
	}
	if got := w.due("lecture_eve"); len(got) != 2 || !strings.Contains(got[0], "12-02 18:30") {
		t.Error(got)
	}
	cancel := func() {
		w.as("ox0", func(s personstore.Scope) error { return events.CancelSeat(s, ids[0], "l", now) })
	}
	cancel()
	if got := w.due("lecture_eve"); len(got) != 1 {
		t.Error("given up, and reminded:", got)
	}
	if err := errors.Join(join(2, "l")); err != nil {
		t.Errorf("the free seat: %v", err)
	}
	w.as("ox2", func(s personstore.Scope) error { return events.CancelSeat(s, ids[2], "l", now) })
	if err := join(0, "l"); err != nil || len(w.due("lecture_eve")) != 2 {
		t.Errorf("signed up again: %v, %v", err, w.due("lecture_eve"))
	}
	w.town(func(s *townconfig.Site) {
		s.Lectures = []townconfig.Lecture{{ID: "l", Title: "讲", Day: begins + 1, Time: "09:30", Seats: 2}}
	})
	w.update(func(tx *record.Tx) error {
		all, err := outbox.DueDeliveries(tx, now.AddDate(0, 1, 0), 99)
		for _, d := range all {
			if why, err := deliverykinds.StillValid(tx, d); d.Kind == "lecture_eve" && (why != "" || d.Facts["day"] != (begins+1).String() || err != nil) {
				t.Errorf("the day moved, and %v is reminded of: %q, %v", d.Facts["day"], why, err)
			}
		}
		return err
	})
}

func TestWishesAreCountedWithoutANameAndNotWithoutEnd(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for i := range 320 {
			if err := events.SuggestTopic(tx, fmt.Sprint("题", i)); err != nil {
				return err
			}
		}
		return errors.Join(events.SuggestTopic(tx, "题7"), requests.CountDanger(tx, today), requests.CountDanger(tx, today+3))
	})
	if n := w.count("wish/"); n != 300 {
		t.Errorf("%d topics are kept", n)
	}
	w.as("oc", func(s personstore.Scope) error {
		all, err := events.Topics(s, 2)
		if !slices.Equal(all[:1], []events.TopicSuggestion{{Topic: "题7", Count: 2}}) {
			t.Errorf("%+v", all)
		}
		return err
	})
	w.update(func(tx *record.Tx) error {
		if n, err := requests.Dangers(tx, today); n != 2 || err != nil {
			t.Errorf("%d signs this month, %v", n, err)
		}
		return nil
	})
}
