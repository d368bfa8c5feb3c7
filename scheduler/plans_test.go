package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// plan is a step of 孟丽 that falls due on Thursday, and her contact's.
func (r *rig) plan() careplans.CarePlan {
	r.t.Helper()
	var p careplans.CarePlan
	who, _ := r.mengli()
	r.update(func(tx *record.Tx) error {
		row := townconfig.ScheduleStep{Schedule: "pre", Title: "孕前", Step: "contact", Event: "date", Opens: "-3d", Due: "0d", Closes: "3d",
			Who: "village", Visits: []string{"followup"}, Label: "孕前问候", Neutral: "有一件到日子了", Set: purpose.HealthReminders}
		if err := storage.PutSite(tx, townconfig.Site{Version: "1", Schedules: []townconfig.ScheduleStep{row}}, "", r.clock.Now()); err != nil {
			return err
		}
		person, err := personstore.Identify(tx, mengli)
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, person)
		if err != nil {
			return err
		}
		if err := enrolment.Agree(s, consent.Consent{Resident: who.ID, Set: purpose.HealthReminders, Answer: personstore.Yes}, r.clock.Now()); err != nil {
			return err
		}
		p, err = careplans.Start(s, careplans.StartParams{Resident: who.ID, Schedule: "pre", Day: wednesday + 1, Village: true}, "plan", r.clock.Now())
		return err
	})
	return p
}

// lines are what stands in 王桂英's day of that plan.
func (r *rig) lines(until calendar.Day) (n int) {
	r.t.Helper()
	r.as(func(_ *record.Tx, s personstore.Scope) error {
		due, err := visits.Due(s, s.Person.Cadre.ID, until, 99)
		n = 0
		for _, f := range due {
			if strings.HasPrefix(f.Text, "孕前") {
				n++
			}
		}
		return err
	})
	return n
}

// TestPlansComeDueInTheMorning: the line stands in the day before the morning list
// counts it, and she is written to once, at a decent hour and without a word of what.
func TestPlansComeDueInTheMorning(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	r.withTemplates()
	r.tick(r.clock.Now())
	p := r.plan()
	r.play((wednesday + 1).At(7, 29))
	if n := r.lines(wednesday + 1); n != 1 {
		t.Fatalf("%d lines at 07:29", n)
	}
	cause := "plan/" + p.Resident + "/pre/" + p.ID + "/contact/2026-12-03"
	r.is(cause, outbox.Booked, "")
	if d := r.delivery(cause); time.Unix(d.Earliest, 0).Before((wednesday + 1).At(9, 0)) {
		t.Errorf("booked for %v", time.Unix(d.Earliest, 0))
	}
	r.play((wednesday + 8).At(12, 0))
	if n := r.lines(wednesday + 8); n != 0 {
		t.Errorf("%d lines after its window", n)
	}
	if d := r.delivery(cause); d.State == outbox.Booked {
		t.Error("it was never sent")
	}
}

// TestPlansAfterAnOutage: the server stood still for three days; the first tick
// does what is due, once.
func TestPlansAfterAnOutage(t *testing.T) {
	r := newRig(t, wednesday.At(12, 0))
	r.tick(r.clock.Now())
	r.plan()
	r.clock.set((wednesday + 3).At(12, 59))
	r.start(r.bot)
	if err := r.jobs.Resume(t.Context(), r.clock.Now()); err != nil { // the clock is right, it was long
		t.Fatal(err)
	}
	for range 3 {
		r.tick((wednesday + 3).At(13, 0))
	}
	if n := r.lines(wednesday + 3); n != 1 {
		t.Errorf("%d lines", n)
	}
}
