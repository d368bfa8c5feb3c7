package scheduler_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// newEveRig is a town in which 孟丽 has a seat at a meeting and a visit agreed for
// wednesday+6, with a template for both.
func newEveRig(t *testing.T, hour, part string) (r *rig, meeting, visit string) {
	t.Helper()
	r = newRig(t, wednesday.At(12, 0))
	who, _ := r.mengli()
	keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
	lecture := townconfig.Lecture{ID: "l", Title: "讲堂", Place: "便民服务点", Day: booked, Time: hour, Seats: 9}
	r.update(func(tx *record.Tx) error {
		return errors.Join(storage.PutSite(tx, townconfig.Site{Lectures: []townconfig.Lecture{lecture}}, "", r.clock.Now()),
			townconfig.PutTemplates(tx, townconfig.Templates{"lecture": {ID: "TODO", Keys: keys}, "visit_eve": {ID: "TODO", Keys: keys}}))
	})
	r.says(mengli, "帮助")
	r.as(func(tx *record.Tx, s person.Scope) error {
		her, err := person.Identify(tx, mengli)
		if err != nil {
			return err
		}
		own, err := person.ScopeOf(tx, her)
		if err != nil {
			return err
		}
		if err := enrolment.Agree(own, consent.Consent{Resident: who.ID, Set: purpose.Booking, Answer: person.Yes, Version: "t"}, r.clock.Now()); err != nil {
			return err
		}
		if _, err := events.SignUp(own, who.ID, "l", r.clock.Now()); err != nil {
			return err
		}
		f := followups.FollowUp{ID: "f", Resident: who.ID, Due: booked, Part: part}
		if _, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "visit/f/eve", Kind: "visit_eve", To: "r:" + who.ID, Facts: map[string]string{"day": booked.String(), "followup": f.ID, "part": part},
			Earliest: (booked - 1).At(18, 30).Unix(), Latest: (booked - 1).At(20, 0).Unix()}); err != nil {
			return err
		}
		return nil
	})
	return r, "lecture/l/" + who.ID + "/" + booked.String() + "/" + hour, "visit/f/eve"
}

// TestOutageOnTheEve: what could not be said on the evening is said on the morning of
// the day, from nine on and before it begins, once; what begins too early for that is
// dropped and accounted for.
func TestOutageOnTheEve(t *testing.T) {
	for _, c := range []struct {
		name, hour, part string
		back             time.Time // the program is up again
		meeting, visit   bool      // said in the morning
		eve              bool      // both said on the evening still
	}{
		{"all night, in the afternoon", "14:00", "下午", booked.At(0, 0), true, true, false},
		{"all night, in the morning", "09:30", "上午", booked.At(7, 0), true, true, false},
		{"until 9:10", "09:30", "上午", booked.At(9, 10), true, true, false},
		{"until 9:20", "09:30", "上午", booked.At(9, 20), false, true, false},
		{"until 10:30", "14:00", "上午", booked.At(10, 30), true, false, false},
		{"a meeting at nine", "09:00", "下午", booked.At(0, 0), false, true, false},
		{"until 12", "14:00", "下午", booked.At(12, 0), false, false, false},
		{"until 19:30 of the evening", "14:00", "下午", (booked - 1).At(19, 30), false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, meeting, visit := newEveRig(t, c.hour, c.part)
			r.play((booked - 1).At(16, 0))
			r.clock.set(c.back)
			r.start(r.bot)
			r.play(booked.At(23, 0))
			if _, err := r.driver.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			for cause, said := range map[string]bool{meeting: c.meeting, visit: c.visit} {
				d := r.delivery(cause)
				at := time.Unix(d.Settled, 0)
				switch {
				case c.eve && (d.State != outbox.Delivered || calendar.DayOf(time.Unix(d.Claimed, 0)) != booked-1):
					t.Errorf("%s on the evening: %s %q", d.Kind, d.State, d.Reason)
				case c.eve:
				case said && (d.State != outbox.Delivered || calendar.DayOf(time.Unix(d.Claimed, 0)) != booked || d.Claimed < booked.At(9, 0).Unix()):
					t.Errorf("%s in the morning: %s %q at %s", d.Kind, d.State, d.Reason, at)
				case !said && (d.State != outbox.Dropped || d.Reason != "stale"):
					t.Errorf("%s, too late: %s %q", d.Kind, d.State, d.Reason)
				}
			}
			for _, p := range r.platform.Pushes() {
				if p.To != mengli || p.Channel != fake.TemplateSend {
					continue
				}
				today := calendar.DayOf(p.At) == booked
				if word := p.Data["thing1"]; today != (word == "您报名的时间在今天" || word == "您约的时间在今天") {
					t.Errorf("at %s: %q", p.At, word)
				}
			}
		})
	}
}

// TestStoppedOnTheEve: what the platform stopped all evening is said in the morning.
func TestStoppedOnTheEve(t *testing.T) {
	r, meeting, visit := newEveRig(t, "14:00", "下午")
	r.play((booked - 1).At(18, 0))
	r.platform.Script(func(path string, at time.Time) (fake.Weather, bool) {
		return fake.Weather{Code: 45009}, path == "/cgi-bin/message/template/send" && at.Before(booked.At(0, 0))
	})
	r.start(r.bot)
	r.play(booked.At(12, 0))
	for _, cause := range []string{meeting, visit} {
		if d := r.delivery(cause); d.State != outbox.Sent || calendar.DayOf(time.Unix(d.Claimed, 0)) != booked || d.Claimed < booked.At(9, 0).Unix() {
			t.Errorf("%s: %s %q, late %q", d.Kind, d.State, d.Reason, d.Facts["late"])
		}
	}
}

// TestOutageBeforeAnEarlySlot: a booking before nine, whose evening went by in an
// outage, has no message any more: who asked for a call is on the desk's list at 7:30.
func TestOutageBeforeAnEarlySlot(t *testing.T) {
	r := newCallRig(t)
	keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
	r.update(func(tx *record.Tx) error { // now messages reach her
		return townconfig.PutTemplates(tx, townconfig.Templates{"call": {ID: "TODO", Keys: keys}, "appointment": {ID: "TODO", Keys: keys}})
	})
	r.play((booked - 1).At(16, 0))
	r.clock.set(booked.At(7, 20))
	r.start(r.bot)
	r.play(booked.At(7, 31))
	r.wantTold(booked, "07:30 clerk 1位居民等您的电话", "07:30 clinic 1位居民等您的电话", "07:30 contact 1位居民等您的电话")
	if said := r.says(zhao, "电话"); !strings.Contains(said, "孟丽") {
		t.Errorf("the list: %q", said)
	}
}
