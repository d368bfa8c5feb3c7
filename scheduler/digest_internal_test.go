package scheduler

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// TestTurn: the rule of one digest a person and day.
func TestTurn(t *testing.T) {
	day := calendar.Date(2026, 12, 2)
	at := func(d calendar.Day, h, m int) int64 { return d.At(h, m).Unix() }
	book := func(kind string, from, latest int64) outbox.Delivery {
		return outbox.Delivery{ID: kind, Kind: kind, To: "r:a", Earliest: from, Latest: latest}
	}
	tried := func(d outbox.Delivery) outbox.Delivery { d.Tries = 1; return d }
	staff := func(d outbox.Delivery) outbox.Delivery { d.To = "c:a"; return d }
	decent := func(d outbox.Delivery, at time.Time) (time.Time, bool) {
		return calendar.Holidays{}.Decent(hours(d), at)
	}

	recorded := book("recorded", at(day, 9, 0), at(day+3, 9, 0))
	ready := book("paper_ready", at(day, 8, 0), at(day+20, 0, 0))
	lastCall := book("paper_last", at(day-5, 9, 0), at(day, 20, 0))
	later := book("paper_reminder", at(day, 18, 30), at(day+3, 20, 0))
	eve := book("visit_eve", at(day, 18, 30), at(day, 20, 0))
	early := book("appointment_morning", at(day, 7, 30), at(day, 9, 30))
	tomorrow := book("appointment_ahead", at(day+1, 18, 30), at(day+2, 20, 0))
	offer := book("offer", at(day, 9, 0), at(day, 21, 0))
	changed := book("appointment_moved", at(day, 9, 0), at(day+5, 9, 0))
	for _, c := range []struct {
		name  string
		d     outbox.Delivery
		told  calendar.Day
		hers  []outbox.Delivery
		h, m  int
		waits int64
		owed  bool
		with  []string
	}{
		{"news alone goes", recorded, 0, nil, 9, 0, 0, false, nil},
		{"news takes along what else is due", recorded, 0, []outbox.Delivery{ready}, 9, 0, 0, false, []string{"paper_ready"}},
		{"but not what is due later", recorded, 0, []outbox.Delivery{later}, 9, 0, 0, false, nil},
		{"nor what was tried and has its own key", recorded, 0, []outbox.Delivery{tried(ready)}, 9, 0, 0, false, nil},
		{"news waits for the reminder of the same day", recorded, 0, []outbox.Delivery{eve}, 9, 0, at(day, 18, 30), false, nil},
		{"a reminder due already takes it along within the minute", recorded, 0, []outbox.Delivery{early}, 9, 0, at(day, 9, 1), false, nil},
		{"not for one of another day", recorded, 0, []outbox.Delivery{tomorrow}, 9, 0, 0, false, nil},
		{"nor where it would be stale", book("recorded", 0, at(day, 12, 0)), 0, []outbox.Delivery{eve}, 9, 0, 0, false, nil},
		{"after the day's digest news waits for the next morning", ready, day, nil, 18, 40, at(day+1, 9, 0), false, nil},
		{"yesterday's is no matter", ready, day - 1, nil, 9, 0, 0, false, nil},
		{"what would be stale by then heads her next reply", lastCall, day, nil, 18, 40, 0, true, nil},
		{"a reminder goes at its hour, digest or not", eve, day, nil, 18, 30, 0, false, nil},
		{"and takes news along", eve, 0, []outbox.Delivery{recorded, ready, tomorrow}, 18, 30, 0, false, []string{"recorded", "paper_ready"}},
		{"also after the day's digest", eve, day, []outbox.Delivery{recorded}, 18, 30, 0, false, []string{"recorded"}},
		{"two reminders are two", eve, 0, []outbox.Delivery{book("appointment_eve", at(day, 18, 30), at(day, 20, 0))}, 18, 30, 0, false, nil},
		{"an offer stands outside", offer, day, []outbox.Delivery{recorded}, 9, 0, 0, false, nil},
		{"so does a change of a booking", changed, day, []outbox.Delivery{recorded}, 9, 0, 0, false, nil},
		{"an answer", book("request_done", at(day, 9, 0), at(day+3, 9, 0)), day, []outbox.Delivery{recorded}, 9, 0, 0, false, nil},
		{"a list for staff", staff(book("morning", at(day, 7, 30), at(day, 18, 0))), day, []outbox.Delivery{recorded}, 9, 0, 0, false, nil},
		{"what was tried goes on by itself", tried(recorded), day, []outbox.Delivery{ready}, 9, 0, 0, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := turnOf(c.d, c.told, append(c.hers, c.d), day.At(c.h, c.m), decent)
			var with []string
			for _, o := range got.with {
				with = append(with, o.ID)
			}
			if late := got.wait - c.waits; c.waits > at(day+1, 0, 0) && late > 0 && late < 1800 {
				got.wait = c.waits // its place in the half hour
			}
			if got.wait != c.waits || got.owe != c.owed || !slices.Equal(with, c.with) {
				t.Errorf("waits until %s (%v), owed %v, with %v", time.Unix(got.wait, 0).In(calendar.Zone), got.wait, got.owe, with)
			}
		})
	}
}

// TestSpread: what is late has its place in half an hour, or in half of what is
// left; what somebody waits for does not.
func TestSpread(t *testing.T) {
	from := calendar.Date(2026, 12, 2).At(9, 0)
	for _, c := range []struct {
		kind  string
		keeps time.Duration
		most  time.Duration
	}{
		{"recorded", 72 * time.Hour, 30 * time.Minute},
		{"release_offer", 72 * time.Hour, 30 * time.Minute},
		{"visit_eve", 20 * time.Minute, 10 * time.Minute},
		{"visit_eve", time.Minute, 0},
		{"offer", 72 * time.Hour, 0},
		{"appointment_moved", 72 * time.Hour, 0},
	} {
		var minutes [30]int
		for i := range 3000 {
			d := outbox.Delivery{ID: fmt.Sprint(i), Kind: c.kind, To: "r:a", Latest: from.Add(c.keeps).Unix()}
			late := spreadFrom(d, from).Sub(from)
			if late < 0 || late > c.most || c.most > 0 && late == c.most {
				t.Fatalf("%s that keeps %s: %s later", c.kind, c.keeps, late)
			}
			minutes[int(late/time.Minute)]++
		}
		for m, n := range minutes {
			if want := 3000 / max(1, int(c.most/time.Minute)); m < int(c.most/time.Minute) && (n < want/2 || n > want*2) {
				t.Errorf("%s that keeps %s: %d in minute %d, want about %d", c.kind, c.keeps, n, m, want)
			}
		}
	}
}
