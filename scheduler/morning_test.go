package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// TestMorningDays: the list comes at 07:30 of a working day, to whom wants it.
func TestMorningDays(t *testing.T) {
	for _, c := range []struct {
		name string
		day  calendar.Day
		want int
	}{
		{"a working day", calendar.Date(2026, 12, 2), 1},
		{"a Saturday", calendar.Date(2026, 12, 5), 0},
		{"a Saturday that is made up for", calendar.Date(2026, 10, 10), 1},
		{"a holiday in mid-week", calendar.Date(2026, 10, 1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.day.At(7, 0))
			r.withTemplates()
			r.play(c.day.At(7, 29))
			r.got(0)
			r.play(c.day.At(20, 0))
			for _, p := range r.got(c.want) {
				if p.To != wang || !p.At.Equal(c.day.At(7, 30)) || p.Data["thing1"] != "4件事在等您" {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// TestMorningOnce: however often the job runs, and whoever runs it.
func TestMorningOnce(t *testing.T) {
	r := newRig(t, wednesday.At(7, 0))
	r.withTemplates()
	if did, err := r.jobs.RunJob(t.Context(), "morning-list", wednesday.At(5, 0)); did != "1 booked" || err != nil {
		t.Fatal(did, err)
	}
	r.tick(wednesday.At(7, 29)) // booked in the night, it waits for the hour
	r.got(0)
	r.play(wednesday.At(7, 40))
	for range 2 {
		if did, err := r.jobs.RunJob(t.Context(), "morning-list", r.clock.Now()); did != "0 booked" || err != nil {
			t.Fatal(did, err)
		}
	}
	r.start(r.bot)
	r.play(wednesday.At(23, 0))
	r.got(1)
	if did, err := r.jobs.RunJob(t.Context(), "morning-list", (wednesday+1).At(20, 0)); did != "too late today" || err != nil {
		t.Error(did, err)
	}
}

// TestMorningNone: nothing waits, or she asked meanwhile, or wants no list.
func TestMorningNone(t *testing.T) {
	r := newRig(t, wednesday.At(7, 0))
	r.withTemplates()
	r.tick(wednesday.At(7, 30))
	r.got(1)

	r.tick((wednesday + 1).At(7, 29))
	r.update(func(tx *record.Tx) error { // booked, and read before it is sent
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "early", Kind: "morning", To: "c:wangguiying",
			Earliest: (wednesday + 1).At(7, 30).Unix(), Latest: (wednesday + 1).At(18, 0).Unix()})
		return err
	})
	if text := r.says(wang, "今日"); !strings.Contains(text, "吕芬") {
		t.Fatalf("今日: %q", text)
	}
	r.is("early", outbox.Dropped, "asked for")

	r.as(func(tx *record.Tx, s person.Scope) error {
		due, err := visits.Due(s, "wangguiying", wednesday+30, 99)
		if err != nil {
			return err
		}
		for _, f := range due {
			if err := visits.CloseFollowUp(s, f, "done", r.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	r.play((wednesday + 2).At(23, 0))
	r.got(1)
}

// TestMorningCount: the number is the one that 今日 shows: who moved to a village
// that is not hers is not in it, though the promise may still be under her name.
func TestMorningCount(t *testing.T) {
	r := newRig(t, wednesday.At(7, 0))
	r.withTemplates()
	r.as(func(tx *record.Tx, s person.Scope) error {
		due, err := visits.Due(s, "wangguiying", wednesday, 99)
		if err != nil {
			return err
		}
		all, err := person.Villages(tx)
		if err != nil {
			return err
		}
		for _, v := range all {
			if !slices.Contains(s.Person.Cadre.Villages, v.ID) {
				if err := enrolment.MoveResident(tx, due[0].Resident, v.ID, ""); err != nil {
					return err
				}
				f, err := followups.Load(tx, due[0].Resident, due[0].ID)
				if err != nil {
					return err
				}
				f.Contact = "wangguiying"
				return followups.Put(tx, f)
			}
		}
		return nil
	})
	r.play(wednesday.At(8, 0))
	if p := r.got(1)[0]; p.Data["thing1"] != "3件事在等您" {
		t.Errorf("%+v", p)
	}
	if text := r.says(wang, "今日"); !strings.Contains(text, "3") || strings.Contains(text, "4 ") {
		t.Errorf("今日: %q", text)
	}
}

// TestMorningChannel: a customer message while her window is open, else a
// template message, else it heads her next answer, once.
func TestMorningChannel(t *testing.T) {
	r := newRig(t, (wednesday-1).At(20, 0))
	r.withTemplates()
	r.says(wang, "帮助")
	r.play(wednesday.At(8, 0))
	if p := r.got(1)[0]; p.Channel != fake.Custom || p.Text != "早上好。今天有4件，发“今日”看。" {
		t.Errorf("inside her window: %+v", p)
	}
	r.play((wednesday + 2).At(8, 0))
	if p := r.got(3)[2]; p.Channel != fake.TemplateSend {
		t.Errorf("past her window: %+v", p)
	}
	r.update(func(tx *record.Tx) error { return townconfig.PutTemplates(tx, nil) })
	monday := wednesday + 5
	r.play(monday.At(8, 0))
	r.got(3)
	r.is("morning/wangguiying/"+monday.String(), outbox.Deferred, "")
	if text := r.says(wang, "走访"); !strings.HasPrefix(text, "早上好。今天有5件") || !strings.Contains(text, "走访了谁") {
		t.Errorf("her next answer: %q", text)
	}
	if text := r.says(wang, "退出"); strings.Contains(text, "早上好") {
		t.Errorf("said twice: %q", text)
	}
	r.is("morning/wangguiying/"+monday.String(), outbox.Delivered, "")
}

// agreed logs a visit to 孟丽 in the chat, by which the next one is agreed on
// and the word on the evening before is booked; it returns that day and the
// delivery's cause.
func (r *rig) agreed() (day calendar.Day, cause string) {
	r.t.Helper()
	r.says(wang, "走访 孟丽 约定随访 都好")
	if text := r.says(wang, "保存"); !strings.Contains(text, "存好了") {
		r.t.Fatalf("saving: %q", text)
	}
	who, open := r.mengli()
	for _, f := range open {
		if f.Kind == "visit" {
			return f.Due, "visit/" + who.ID + "/" + f.ID + "/" + f.Due.String() + "/eve"
		}
	}
	r.t.Fatal("nothing agreed on")
	return 0, ""
}

// TestEve: the word to a resident on the evening before, while it is true.
func TestEve(t *testing.T) {
	followUp := func(r *rig, fn func(*record.Tx, person.Scope, followups.FollowUp) error) {
		_, open := r.mengli()
		for _, f := range open {
			if f.Kind == "visit" {
				r.as(func(tx *record.Tx, s person.Scope) error { return fn(tx, s, f) })
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(r *rig)
		state  outbox.DeliveryState
		reason string
	}{
		{"nothing changed", func(*rig) {}, outbox.Sent, ""},
		{"visited meanwhile", func(r *rig) {
			r.says(wang, "走访 孟丽 约定随访 都好")
			r.says(wang, "保存")
		}, outbox.Dropped, "done"},
		{"put off to another day", func(r *rig) {
			followUp(r, func(_ *record.Tx, s person.Scope, f followups.FollowUp) error { return visits.Postpone(s, f, f.Due+3) })
		}, outbox.Dropped, "moved"},
		{"she wrote that the day does not suit her", func(r *rig) { r.says(mengli, "改天") }, outbox.Dropped, "declined"},
		{"closed as unwanted", func(r *rig) {
			followUp(r, func(_ *record.Tx, s person.Scope, f followups.FollowUp) error {
				return visits.CloseFollowUp(s, f, "unwanted", r.clock.Now())
			})
		}, outbox.Dropped, "unwanted"},
		{"her consent withdrawn", func(r *rig) {
			followUp(r, func(_ *record.Tx, s person.Scope, f followups.FollowUp) error {
				return consent.Put(s, consent.Consent{Resident: f.Resident, Set: purpose.VisitRecord, Answer: person.No}, r.clock.Now())
			})
		}, outbox.Dropped, "withdrawn"},
		{"unsubscribed", func(r *rig) { r.says(mengli, "退订") }, outbox.Dropped, "unsubscribed"},
		{"forgotten", func(r *rig) {
			who, _ := r.mengli()
			r.update(func(tx *record.Tx) error { return erasure.ForgetResident(tx, who.ID, wednesday) })
		}, outbox.Dropped, "forgotten"},
		{"the account left", func(r *rig) {
			if _, err := r.driver.Unfollow(mengli); err != nil {
				r.t.Fatal(err)
			}
		}, outbox.Deferred, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, wednesday.At(10, 20))
			r.withTemplates()
			r.update(func(tx *record.Tx) error { // the cadre's list is no matter here
				w, err := person.LoadStaff(tx, "wangguiying")
				if err != nil {
					return err
				}
				w.Morning = person.No
				return person.PutStaff(tx, w)
			})
			day, cause := r.agreed()
			eve := day - 1
			r.clock.set(eve.At(16, 0))
			r.start(r.bot)
			if err := r.jobs.Resume(t.Context(), r.clock.Now()); err != nil {
				t.Fatal(err)
			}
			if day < wednesday+2 {
				t.Fatal("agreed on too soon to be moved")
			}
			c.change(r)
			r.play(eve.At(18, 29))
			r.got(0)
			r.play(eve.At(21, 0))
			r.is(cause, c.state, c.reason)
			if c.state != outbox.Sent {
				r.got(0)
				return
			}
			p := r.got(1)[0]
			if p.To != mengli || p.At.Before(eve.At(18, 30)) || p.At.After(eve.At(20, 0)) || p.Data["thing1"] != "您约的时间在明天" {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestEveTooLate: what cannot be said before eight in the evening is not said on
// it; on the morning of the day it may be.
func TestEveTooLate(t *testing.T) {
	r := newRig(t, wednesday.At(10, 20))
	r.withTemplates()
	day, cause := r.agreed()
	r.clock.set((day - 1).At(20, 1))
	r.start(r.bot)
	if err := r.jobs.Resume(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.tick(r.clock.Now())
	r.is(cause, outbox.Booked, "")
	hers := func() (words []string) {
		for _, p := range r.platform.Pushes() {
			if p.To == mengli {
				words = append(words, p.Data["thing1"])
			}
		}
		return words
	}
	r.play(day.At(8, 59))
	if got := hers(); len(got) != 0 {
		t.Errorf("before nine: %q", got)
	}
	r.play(day.At(10, 0))
	if got := hers(); len(got) != 1 || got[0] != "您约的时间在今天" {
		t.Errorf("in the morning: %q", got)
	}
}
