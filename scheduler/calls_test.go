package scheduler_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

var (
	zhao   = seed.OpenID("demo", "zhaowenjing") // the clerk
	lijing = seed.OpenID("demo", "lijing")      // at the clinic
	booked = wednesday + 6
)

// newCallRig is a town in which 孟丽, whom no message reaches, wants to be rung by
// the office, and somebody without WeChat by her contact; both come early on the
// day booked.
func newCallRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, wednesday.At(12, 0))
	keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
	for _, openid := range []string{zhao, lijing} {
		r.platform.Followed(openid)
	}
	who, _ := r.mengli()
	r.update(func(tx *record.Tx) error {
		site := townconfig.Site{Services: []townconfig.Service{{ID: "checkup", Ahead: 40}},
			Days: []townconfig.SiteDay{{Service: "checkup", Day: booked, Time: "08:30", Capacity: 9}}}
		return errors.Join(storage.PutSite(tx, site, "", r.clock.Now()), townconfig.PutTemplates(tx, townconfig.Templates{"call": {ID: "TODO", Keys: keys}}))
	})
	r.as(func(tx *record.Tx, s person.Scope) error {
		hits, err := s.FindResidents(person.Query{Name: "周桂兰"}, 2)
		if err != nil {
			return err
		}
		for id, ring := range map[string]person.Ring{who.ID: bookings.RingOffice, hits[0].ID: person.RingContact} {
			_, e := bookings.Book(s, bookings.Appointment{Resident: id, Service: "checkup", Seats: 1, Day: booked, Time: "08:30", Ring: ring}, "book"+id, r.clock.Now())
			err = errors.Join(err, e)
		}
		return err
	})
	return r
}

// told says what was pushed on a day, as "17:00 clerk 1位居民等您的电话".
func (r *rig) told(day calendar.Day) (out []string) {
	names := map[string]string{zhao: "clerk", wang: "contact", lijing: "clinic"}
	for _, p := range r.platform.Pushes() {
		if calendar.DayOf(p.At) != day {
			continue
		}
		out = append(out, p.At.In(calendar.Zone).Format("15:04")+" "+names[p.To]+" "+p.Data["thing1"])
	}
	slices.Sort(out)
	return out
}

func (r *rig) wantTold(day calendar.Day, want ...string) {
	r.t.Helper()
	if got := r.told(day); !slices.Equal(got, want) {
		r.t.Errorf("on %s was told %q, want %q", day, got, want)
	}
}

// TestCallsOfTwoDays: counts at 17:00 to whom they chose, at 18:30 of what nobody
// took up, and in the morning once more, with the clinic.
func TestCallsOfTwoDays(t *testing.T) {
	r := newCallRig(t)
	r.play(booked.At(23, 0))
	r.wantTold(booked - 2)
	r.wantTold(booked-1, "17:00 clerk 1位居民等您的电话", "17:00 contact 1位居民等您的电话", "18:30 clerk 2位居民还在等")
	r.wantTold(booked, "07:30 clerk 1位居民等您的电话", "07:30 clinic 1位居民等您的电话", "07:30 contact 1位居民等您的电话",
		"18:30 clerk 1位居民还在等") // of the demo: a follow-up whose day went by a week ago
}

// TestCallsThatWereMade: what was noted is offered to nobody else.
func TestCallsThatWereMade(t *testing.T) {
	r := newCallRig(t)
	r.play((booked - 1).At(17, 0))
	r.says(zhao, "电话")
	r.says(zhao, "会来")
	r.says(wang, "电话")
	if said := r.says(wang, "没打通"); !strings.Contains(said, "号给她留着") {
		t.Errorf("%q", said)
	}
	r.play((booked - 1).At(23, 0))
	r.wantTold(booked-1, "17:00 clerk 1位居民等您的电话", "17:00 contact 1位居民等您的电话")
	r.play(booked.At(7, 30)) // a text opened her window: the morning comes by it
	for _, p := range r.platform.Pushes() {
		if calendar.DayOf(p.At) == booked && p.To != wang {
			t.Errorf("told in the morning: %+v", p)
		}
	}
}

// TestCallsAfterAnOutage: a list that was missed is made up once while it helps;
// else the morning has it.
func TestCallsAfterAnOutage(t *testing.T) {
	for _, c := range []struct {
		name     string
		gone     time.Duration // from 16:30 on
		eve, day int           // told on each day
	}{
		{"an hour", time.Hour, 3, 3},
		{"until 19:30", 3 * time.Hour, 2 + 1, 3},
		{"until 21:00", 270 * time.Minute, 0, 3},
		{"until 07:45", 15*time.Hour + 15*time.Minute, 0, 3},
		{"until 08:10", 15*time.Hour + 40*time.Minute, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newCallRig(t)
			down := (booked - 1).At(16, 30)
			r.play(down)
			r.clock.set(down.Add(c.gone))
			r.start(r.bot)
			for range 3 {
				r.tick(r.clock.Now().Add(time.Second))
			}
			r.play(booked.At(12, 0))
			if got := r.told(booked - 1); len(got) != c.eve {
				t.Errorf("the day before: %q, want %d", got, c.eve)
			}
			if got := r.told(booked); len(got) != c.day {
				t.Errorf("on the day: %q, want %d", got, c.day)
			}
		})
	}
}

// TestCallsWhenWritingFails: a list whose second half was not kept is made again a
// minute later, and nobody stands on it twice or is told twice.
func TestCallsWhenWritingFails(t *testing.T) {
	for _, part := range []string{"calls/", "delivery/"} {
		r := newCallRig(t)
		r.play((booked - 1).At(16, 59))
		left := 2
		r.engine.onPut(func(key []byte) error {
			if bytes.HasPrefix(key, []byte(part)) && left > 0 {
				left--
				return errors.New("disk full")
			}
			return nil
		})
		r.clock.set((booked - 1).At(17, 0))
		if err := r.jobs.Tick(t.Context(), r.clock.Now()); err == nil {
			t.Errorf("%s: nothing failed", part)
		}
		r.start(r.bot)
		for i := range 4 {
			r.clock.set((booked - 1).At(17, 1).Add(time.Duration(i) * time.Minute))
			_ = r.jobs.Tick(t.Context(), r.clock.Now())
		}
		if got := r.told(booked - 1); len(got) != 2 {
			t.Errorf("%s: told %q", part, got)
		}
	}
}
