package scheduler_test

import (
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// TestABroadcastGoesOut: what was released is booked by the clock, paced, sent once
// to whom it is about, and counted by what the platform reports; over a restart in
// between.
func TestABroadcastGoesOut(t *testing.T) {
	r := newRig(t, wednesday.At(9, 0))
	keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
	who, _ := r.mengli()
	var b broadcasts.Broadcast
	r.update(func(tx *record.Tx) (err error) {
		me, err := person.Identify(tx, mengli)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, me)
		if err != nil {
			return err
		}
		if err := enrolment.Agree(s, consent.Consent{Resident: who.ID, Set: purpose.Booking, Answer: person.Yes, Version: "1"}, r.clock.Now()); err != nil {
			return err
		}
		if err := townconfig.PutTemplates(tx, townconfig.Templates{"broadcast": {ID: "TODO", Keys: keys}}); err != nil {
			return err
		}
		if err := storage.PutSite(tx, townconfig.Site{Texts: map[string]string{"broadcast_road": "修路，请从南门走"}}, "", r.clock.Now()); err != nil {
			return err
		}
		if b, err = broadcasts.PrepareAs(tx, "", "broadcast_road", broadcasts.AudienceFilter{Village: who.Village}, "cause", r.clock.Now()); err != nil {
			return err
		}
		b, err = broadcasts.ApproveAs(tx, "somebody", b.Code, r.clock.Now())
		return err
	})
	figures := func() (f broadcasts.Stats) {
		r.view(func(tx *record.Tx) error {
			all, err := broadcasts.All(tx, r.clock.Now())
			if err != nil {
				return err
			}
			f, err = broadcasts.StatsOf(tx, all[0])
			return err
		})
		return f
	}
	if b.Count != 1 || figures() != (broadcasts.Stats{Waiting: 1}) {
		t.Fatalf("%+v %+v", b, figures())
	}
	r.play(wednesday.At(9, 4))
	r.got(0)
	r.start(r.bot)
	r.play(wednesday.At(9, 40))
	sent := r.got(1)[0]
	if sent.To != mengli || sent.Data["thing1"] != "镇上有一条通知" || sent.Data["thing3"] != "回复 看通知，退订回T" || sent.At.Before(wednesday.At(9, 5)) {
		t.Errorf("%+v", sent)
	}
	if f := figures(); f != (broadcasts.Stats{Sent: 1}) {
		t.Errorf("%+v", f)
	}
	if _, err := r.driver.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := figures(); f != (broadcasts.Stats{Delivered: 1}) {
		t.Errorf("%+v", f)
	}
	r.clock.set(r.clock.Now().Add(time.Minute))
	if got := r.says(mengli, "看通知"); got != "12月2日的通知：\n修路，请从南门走" {
		t.Error(got)
	}
}
