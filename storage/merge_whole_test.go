package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage/careplans"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// twoLines is a world in which two lines of a village stand behind one WeChat.
func twoLines(t *testing.T) (w *world, keep, drop string) {
	w = newWorld(t)
	w.town(func(s *townconfig.Site) {
		s.Schedules = someSchedules
		s.Lectures = []townconfig.Lecture{{ID: "l", Title: "讲", Day: today + 1, Time: "09:30", Seats: 9}}
	})
	keep = w.people[jia]
	w.update(func(tx *record.Tx) error {
		r, err := personstore.AddResident(tx, personstore.Resident{Name: "郭敏", Village: jia, Group: "一组", House: "3号", Extra: map[string]string{"q": "1"}}, "two")
		drop = r.ID
		return errors.Join(err, personstore.BindResident(tx, "oshe", keep), personstore.BindResident(tx, "oshe", drop))
	})
	for _, id := range []string{keep, drop} {
		w.agrees("oshe", id, purpose.Booking, personstore.Yes, now)
	}
	return w, keep, drop
}

// TestAMergeLosesNoWord: what is to be said to her, or to staff about her, is said after
// the merge; of two seats at one meeting once; a WeChat that comes back finds her; her
// answers to a town's form stay; and the next list does not bring the line back.
func TestAMergeLosesNoWord(t *testing.T) {
	w, keep, drop := twoLines(t)
	w.as("oshe", func(s personstore.Scope) error {
		_, err := events.SignUp(s, keep, "l", now)
		_, err2 := events.SignUp(s, drop, "l", now)
		return errors.Join(err, err2)
	})
	w.put("stood/x", map[string]any{"Residents": []string{drop, keep, "other"}, "At": now.Unix()})
	late := now.Add(9 * 3600e9).Unix()
	w.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "cancelled", Kind: "appointment_cancelled", To: "r:" + drop, About: drop, Earliest: now.Unix(), Latest: late})
		_, err2 := outbox.Enqueue(tx, outbox.Delivery{Cause: "offer", Kind: "request_offer", To: "c:a", About: drop, Earliest: now.Unix(), Latest: late})
		return errors.Join(err, err2)
	})
	if n := len(w.due("lecture_eve")); n != 2 {
		t.Fatalf("%d words about seats", n)
	}
	w.merges("oshe", keep, drop)
	if got := w.due("lecture_eve"); len(got) != 1 || !strings.HasPrefix(got[0], "r:"+keep) {
		t.Errorf("of one seat: %v", got)
	}
	w.update(func(tx *record.Tx) error {
		cancelled, err := outbox.DeliveryOf(tx, "cancelled")
		offer, err2 := outbox.DeliveryOf(tx, "offer")
		if cancelled.State != outbox.Booked || cancelled.To != "r:"+keep || cancelled.About != keep || offer.About != keep || offer.To != "c:a" {
			t.Errorf("%+v %+v", cancelled, offer)
		}
		r, err3 := personstore.LoadResident(tx, keep)
		if r.Extra["q"] != "1" {
			t.Errorf("answers: %v", r.Extra)
		}
		left, err4 := erasure.LineLeft(tx, personstore.Resident{Village: jia, Name: "郭敏", Group: "一组", House: "3号"})
		other, err5 := erasure.LineLeft(tx, personstore.Resident{Village: jia, Name: "郭敏", Group: "一组", House: "4号"})
		if !left || other {
			t.Errorf("the next list: %v %v", left, other)
		}
		return errors.Join(err, err2, err3, err4, err5)
	})
	if got := w.everything()["stood/x"]; strings.Contains(got, drop) || strings.Count(got, keep) != 1 || !strings.Contains(got, "other") {
		t.Errorf("comes back: %s", got)
	}
}

// TestOfWhatOnePersonHasOnceNoneIsMadeTwo: two open requests of a kind, two plans that run.
func TestOfWhatOnePersonHasOnceNoneIsMadeTwo(t *testing.T) {
	refused := func(w *world, keep, drop, what string) {
		t.Helper()
		if err := w.refusal("oshe", func(s personstore.Scope) error { return erasure.Merge(s, keep, drop, now) }); !errors.Is(err, erasure.ErrConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	w, keep, drop := twoLines(t)
	for _, id := range []string{keep, drop} {
		if _, err := w.wants("oshe", id, "supplies", id, now); err != nil {
			t.Fatal(err)
		}
	}
	refused(w, keep, drop, "supplies")
	w, keep, drop = twoLines(t)
	for _, id := range []string{keep, drop} {
		w.agrees("oshe", id, purpose.HealthReminders, personstore.Yes, now)
		w.as("oshe", func(s personstore.Scope) error {
			_, err := careplans.Start(s, careplans.StartParams{Resident: id, Schedule: "recheck", Day: today + 9}, id, now)
			return err
		})
	}
	refused(w, keep, drop, "plans")
}

// TestACardStandsInTheVillageThatAMergeGives: who was in no village is away from hers now.
func TestACardStandsInTheVillageThatAMergeGives(t *testing.T) {
	w, _, drop := twoLines(t)
	self := w.registers("oshe", "郭敏", "17900000999", "", "m1").ID
	w.told("oa", drop, purpose.Migration, personstore.Yes, now)
	w.as("oa", func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: drop, Since: today, Place: "苏州"}, "m1")
		return err
	})
	w.merges("oshe", self, drop)
	for k := range w.everything() {
		if strings.HasPrefix(k, "out/") && k != "out/"+jia+"/"+self {
			t.Errorf("stands under %q", k)
		}
	}
	if _, ok := w.everything()["out/"+jia+"/"+self]; !ok {
		t.Error("in no list")
	}
}

// TestAMoveIsTakenBackThoughOthersAsked: what clerks are told of open requests is no
// part of a save.
func TestAMoveIsTakenBackThoughOthersAsked(t *testing.T) {
	w, keep, drop := twoLines(t)
	if _, err := w.wants("oshe", keep, "help", "r1", now); err != nil {
		t.Fatal(err)
	}
	var u *record.Undo
	w.saves("oc", func(s personstore.Scope) error { return erasure.MoveResident(s, keep, yi, "一组", now) }, &u)
	if _, err := w.wants("oshe", drop, "help", "r2", now); err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oc", u, now) })
	if got := w.due("request_waiting"); len(got) != 1 || !strings.HasSuffix(got[0], " 2") {
		t.Errorf("counted: %v", got)
	}
}

// TestACardOpenedAgainIsToldWhatWasPromised
func TestACardOpenedAgainIsToldWhatWasPromised(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "x", Kind: "recorded", To: "r:" + id, About: id, Earliest: now.Unix(), Latest: now.Unix() + 9000})
		_, err2 := outbox.Enqueue(tx, outbox.Delivery{Cause: "late", Kind: "recorded", To: "r:" + id, About: id, Earliest: now.Unix(), Latest: now.Unix()})
		return errors.Join(err, err2)
	})
	w.as("oa", func(s personstore.Scope) error { return erasure.Deactivate(s, id, "died", now) })
	w.as("oa", func(s personstore.Scope) error { _, err := erasure.Reactivate(s, id, now); return err })
	w.update(func(tx *record.Tx) error {
		d, err := outbox.DeliveryOf(tx, "x")
		late, err2 := outbox.DeliveryOf(tx, "late")
		if d.State != outbox.Booked || late.State != outbox.Dropped {
			t.Errorf("%+v %+v", d, late)
		}
		return errors.Join(err, err2)
	})
}
