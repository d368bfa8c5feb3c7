package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/erasure"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/subjectaccess"
	"xintiexin/storage/townconfig"
)

// onlyOn opens the three Thursdays from clinicDay on, 08:00, of which only the
// first is near enough to be offered.
func onlyOn(capacity int) func(*townconfig.Site) {
	return func(s *townconfig.Site) {
		s.Openings, s.Services[0].Ahead = nil, 22
		for _, day := range []calendar.Day{clinicDay, clinicDay + 7, clinicDay + 14} {
			s.Days = append(s.Days, townconfig.SiteDay{Day: day, Time: "08:00", Capacity: capacity})
		}
	}
}

// full is a town whose only seats are two at 08:00 of clinicDay, and guests
// g0 and g1 have them.
func full(t *testing.T) (*world, []string, [2]bookings.Appointment) {
	t.Helper()
	w := newWorld(t)
	w.town(onlyOn(2))
	r := w.guests(8)
	var has [2]bookings.Appointment
	for i := range has {
		var err error
		if has[i], err = w.book(fmt.Sprint("o", i), r[i], 1, "08:00", fmt.Sprint("full", i), now); err != nil {
			t.Fatal(err)
		}
	}
	return w, r, has
}

func (w *world) wait(i int, wish bookings.Waiting) bookings.Waiting {
	w.t.Helper()
	w.as(fmt.Sprint("o", i), func(s personstore.Scope) (err error) {
		wish.Service = "checkup"
		wish, err = bookings.JoinWaitingList(s, wish, fmt.Sprint("wait", i), now)
		return err
	})
	return wish
}

func (w *world) cancel(i int, id string, at time.Time) {
	w.t.Helper()
	w.as(fmt.Sprint("o", i), func(s personstore.Scope) error { _, err := bookings.Cancel(s, id, at); return err })
}

// offered says which guests have a seat held for them.
func (w *world) offered(r []string) string {
	w.t.Helper()
	var out []string
	for i, id := range r {
		w.as(fmt.Sprint("o", i), func(s personstore.Scope) error {
			p, _, err := bookings.WaitingOf(s, id, "checkup")
			if err == nil && p.Offer != nil {
				if name := fmt.Sprint("g", i); !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
			return nil
		})
	}
	return strings.Join(out, " ")
}

// send gives the offer to a guest to the platform, with an outcome.
func (w *world) send(resident string, at time.Time, state outbox.DeliveryState) (facts map[string]string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		facts = nil
		due, err := outbox.DueDeliveries(tx, at, 100)
		for _, d := range due {
			if d.Kind != "offer" || d.To != "r:"+resident {
				continue
			}
			if state != outbox.Deferred {
				if d, err = deliverykinds.Prepare(tx, d, at); err != nil {
					return err
				}
			}
			d.State, facts = state, d.Facts
			if err := outbox.Put(tx, d); err != nil {
				return err
			}
		}
		return err
	})
	if facts == nil {
		w.t.Fatal("no offer to send")
	}
	return facts
}

// TestOfferThatWasNeverSentDoesNotLapse: what the platform stopped, or was too busy
// for, has named no hour; it is offered until it is said, and then for its hours.
func TestOfferThatWasNeverSentDoesNotLapse(t *testing.T) {
	for _, c := range []struct {
		outcome outbox.Outcome
		doubt   int64
		lapses  bool
	}{{outbox.Stopped, 0, false}, {outbox.Retry, 0, false}, {outbox.Retry, now.Unix(), true}} {
		w, r, has := full(t)
		w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1})
		w.cancel(0, has[0].ID, now)
		cause := w.claimed(r[2], now)
		w.update(func(tx *record.Tx) error {
			d, err := outbox.DeliveryOf(tx, cause)
			if err != nil {
				return err
			}
			d.State, d.Next, d.Doubt = outbox.Booked, now.Add(3*time.Hour).Unix(), c.doubt
			if d, err = deliverykinds.ChargeQuota(tx, d, outbox.Route{Channel: "template"}, outbox.Result{Outcome: c.outcome}, now); err != nil {
				return err
			}
			return outbox.Put(tx, d)
		})
		w.expire(now.Add(2 * time.Hour))
		if got := w.offered(r); (got == "") != c.lapses {
			t.Errorf("outcome %d, doubt %d: two hours later it is offered to %q", c.outcome, c.doubt, got)
		}
		if c.lapses {
			continue
		}
		w.send(r[2], now.Add(3*time.Hour), outbox.Sent)
		if n := w.expire(now.Add(4 * time.Hour)); n != 0 {
			t.Error("it lapsed an hour after it was said")
		}
		if n := w.expire(now.Add(5 * time.Hour)); n != 1 {
			t.Error("it stands two hours after it was said")
		}
	}
}

// claimed claims the offer to a guest, and returns its cause.
func (w *world) claimed(resident string, at time.Time) (cause string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		due, err := outbox.DueDeliveries(tx, at, 100)
		for _, d := range due {
			if d.Kind == "offer" && d.To == "r:"+resident {
				cause = d.Cause
			}
		}
		return err
	})
	w.send(resident, at, outbox.Claimed)
	return cause
}

func (w *world) expire(at time.Time) (n int) {
	w.t.Helper()
	w.update(func(tx *record.Tx) (err error) { n, err = bookings.ExpireOffers(tx, at, 100); return err })
	return n
}

func (w *world) take(i int, resident string, at time.Time) (a bookings.Appointment, err error) {
	w.t.Helper()
	err = w.try(fmt.Sprint("o", i), func(s personstore.Scope) (err error) {
		a, err = bookings.TakeOffer(s, resident, "checkup", fmt.Sprint("take", i, at), at)
		return err
	})
	return a, err
}

func TestTheListIsInTheOrderOfJoining(t *testing.T) {
	w, r, has := full(t)
	w.wait(2, bookings.Waiting{Resident: r[2], Seats: 2})
	w.wait(3, bookings.Waiting{Resident: r[3], Seats: 1, Day: clinicDay - 7})
	w.wait(4, bookings.Waiting{Resident: r[4], Seats: 1, After: clinicDay + 1})
	w.wait(5, bookings.Waiting{Resident: r[5], Seats: 1, Passed: []string{bookings.Slot{Day: clinicDay, Time: "08:00"}.Key()}})
	w.wait(6, bookings.Waiting{Resident: r[6], Seats: 1})
	w.wait(7, bookings.Waiting{Resident: r[7], Seats: 1})
	w.wait(6, bookings.Waiting{Resident: r[6], Seats: 1, Ring: bookings.RingOffice}) // keeps her place
	w.as("o7", func(s personstore.Scope) error {
		if _, before, err := bookings.WaitingOf(s, r[7], "checkup"); before != 5 || err != nil {
			t.Error("before the last:", before, err)
		}
		return nil
	})
	if got := w.offered(r); got != "" {
		t.Error("nothing is free, offered to", got)
	}
	w.cancel(0, has[0].ID, now)
	if got := w.offered(r); got != "g6" {
		t.Error("one seat, offered to", got)
	}
	w.wantSlots("held", "24T08:00=2-1+1/0,0")
	if _, err := w.book("o0", r[0], 1, "08:00", "again", now); !errors.Is(err, record.ErrFull) {
		t.Error("a held seat was sold:", err)
	}
	w.cancel(1, has[1].ID, now)
	if got := w.offered(r); got != "g6 g7" {
		t.Error("two seats, offered to", got)
	}
	if got := w.booked(r[6]); got != "offer 02 10:20-02 22:20" {
		t.Error("the message:", got)
	}
	w.as("o6", func(s personstore.Scope) error { return bookings.LeaveWaitingList(s, r[6], "checkup", now) })
	w.as("o7", func(s personstore.Scope) error { return bookings.LeaveWaitingList(s, r[7], "checkup", now) })
	if got := w.offered(r); got != "g2" {
		t.Error("two seats for the couple, offered to", got)
	}
	if got := w.booked(r[6]); got != "" {
		t.Error("she waits no more, and is told:", got)
	}
	a, err := w.take(2, r[2], now)
	if err != nil || a.Seats != 2 {
		t.Error("the couple takes it before it was told:", a, err)
	}
	w.wantSlots("taken", "24T08:00=2-2+0/0,0")
	if err := w.try("o2", func(s personstore.Scope) error { _, _, err := bookings.WaitingOf(s, r[2], "checkup"); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Error("she waits still:", err)
	}
	if err := w.try("o2", func(s personstore.Scope) error {
		_, err := bookings.JoinWaitingList(s, bookings.Waiting{Resident: r[2], Service: "checkup", Seats: 1}, "x", now)
		return err
	}); !errors.Is(err, record.ErrAlreadyExists) {
		t.Error("waits beside a booking:", err)
	}
}

func TestAnOfferGoesOn(t *testing.T) {
	w, r, has := full(t)
	w.town(func(s *townconfig.Site) {
		s.Openings = nil
		s.Days = []townconfig.SiteDay{{Day: clinicDay, Time: "08:00", Capacity: 2}}
	})
	for i := 2; i < 5; i++ {
		w.wait(i, bookings.Waiting{Resident: r[i], Seats: 1})
	}
	w.cancel(0, has[0].ID, today.At(20, 50)) // too late in the evening to write to anybody
	day := today + 1
	if facts := w.send(r[2], day.At(9, 0), outbox.Sent); facts["until"] != "10:30" || facts["until_day"] != day.String() || facts["time"] != "08:00" {
		t.Error("the offer says", facts)
	}
	if n := w.expire(day.At(10, 29)); n != 0 {
		t.Error("ended before its hour")
	}
	if a, err := w.take(2, r[2], day.At(10, 30)); !errors.Is(err, record.ErrExpired) {
		t.Error("the hour named is past, nobody looked yet:", a, err)
	}
	if got := w.offered(r); got != "g3" {
		t.Error("went on to", got)
	}
	if facts := w.send(r[3], day.At(10, 30), outbox.Delivered); facts["until"] != "12:00" {
		t.Error("the next offer says", facts)
	}
	if n := w.expire(day.At(12, 0)); n != 1 {
		t.Error("ended", n)
	}
	if got := w.offered(r); got != "g4" {
		t.Error("went on to", got)
	}
	if _, err := w.take(3, r[3], day.At(12, 15)); !errors.Is(err, record.ErrExpired) {
		t.Error("late:", err)
	}
	w.as("o3", func(s personstore.Scope) error {
		p, before, err := bookings.WaitingOf(s, r[3], "checkup")
		if before != 1 || p.Lapsed == nil || time.Unix(p.Lapsed.Until, 0).In(calendar.Zone).Format("15:04") != "12:00" {
			t.Errorf("keeps her place: %+v behind %d", p, before)
		}
		return err
	})
	w.send(r[4], day.At(18, 30), outbox.Deferred) // no channel
	if n := w.expire(day.At(18, 30)); n != 1 {
		t.Error("ended", n)
	}
	if got := w.offered(r); got != "" {
		t.Error("all let it go by, and it is offered to", got)
	}
	w.wantSlots("free for all", "24T08:00=2-1+0/1,1")
	if _, err := w.take(4, r[4], day.At(19, 0)); !errors.Is(err, record.ErrNotFound) {
		t.Error("she was told of nothing:", err)
	}
	w.wait(3, bookings.Waiting{Resident: r[3], Seats: 1})
	if got := w.offered(r); got != "g3" {
		t.Error("she goes on waiting, and the seat is offered to", got)
	}
}

func TestWhatBecomesOfAMessageEndsItsOffer(t *testing.T) {
	nine := (today + 1).At(9, 0)
	for _, c := range []struct {
		state outbox.DeliveryState
		after time.Duration
		ended bool
	}{
		{outbox.Booked, 0, false}, // tried again
		{outbox.Claimed, time.Minute, false},
		{outbox.Sent, 89 * time.Minute, false},
		{outbox.Sent, 90 * time.Minute, true},
		{outbox.Delivered, 89 * time.Minute, false},
		{outbox.Unknown, time.Minute, false}, // she may have read it
		{outbox.Unknown, 90 * time.Minute, true},
		{outbox.Deferred, 0, true},
		{outbox.Dropped, 0, true},
	} {
		w, r, has := full(t)
		w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1})
		w.cancel(0, has[0].ID, nine)
		w.send(r[2], nine, c.state)
		if n := w.expire(nine.Add(c.after)); (n == 1) != c.ended {
			t.Errorf("%s for %s: %d ended, want %v", c.state, c.after, n, c.ended)
		}
	}
	w, r, has := full(t)
	w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1})
	w.cancel(0, has[0].ID, nine)
	if n := w.expire(nine.Add(12 * time.Hour)); n != 0 {
		t.Error("not sent for half a day: ended too early")
	}
	if n := w.expire(nine.Add(12*time.Hour + time.Minute)); n != 1 {
		t.Error("not sent for more than half a day, and not ended")
	}
	if got := w.booked(r[2]); got != "" {
		t.Error("sent all the same:", got)
	}
}

func TestTheOffersClock(t *testing.T) {
	for _, c := range []struct {
		minutes int
		sent    time.Time
		until   string
	}{
		{0, (clinicDay - 9).At(9, 0).Add(31 * time.Second), "15 10:30"},
		{60, (clinicDay - 9).At(9, 0), "15 10:00"},
		{180, (clinicDay - 9).At(19, 30), "16 08:30"}, // two hours until 21:30, the third from 07:30
		{900, (clinicDay - 9).At(19, 30), "16 20:30"},
		{120, (clinicDay - 9).At(19, 30), "15 21:30"},
		{2000, (clinicDay - 1).At(18, 30), "24 07:00"}, // an hour before the slot at last
	} {
		w, r, has := full(t)
		w.town(func(s *townconfig.Site) {
			onlyOn(2)(s)
			if c.minutes > 0 {
				s.Limits = map[string]int{"offer_minutes": c.minutes}
			}
		})
		w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1, Day: clinicDay})
		w.cancel(0, has[0].ID, c.sent)
		w.send(r[2], c.sent, outbox.Sent)
		w.as("o2", func(s personstore.Scope) error {
			p, _, err := bookings.WaitingOf(s, r[2], "checkup")
			if err != nil {
				return err
			}
			if got := time.Unix(p.Offer.Until, 0).In(calendar.Zone).Format("02 15:04"); got != c.until {
				t.Errorf("%d minutes from %s: until %s, want %s", c.minutes, c.sent.Format("02 15:04"), got, c.until)
			}
			return nil
		})
	}
}

// TestSeatsAreOfferedAsFarAheadAsTheSiteSays: the limit waiting_days ends it, however
// far ahead the service can be booked.
func TestSeatsAreOfferedAsFarAheadAsTheSiteSays(t *testing.T) {
	for days, offered := range map[int]bool{0: true, 8: false, 9: true} {
		w, r, has := full(t)
		w.town(func(s *townconfig.Site) {
			onlyOn(2)(s)
			if days > 0 {
				s.Limits = map[string]int{"waiting_days": days}
			}
		})
		w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1, Day: clinicDay})
		w.cancel(0, has[0].ID, (clinicDay-9).At(9, 0))
		w.as("o2", func(s personstore.Scope) error {
			p, _, err := bookings.WaitingOf(s, r[2], "checkup")
			if (p.Offer != nil) != offered {
				t.Errorf("nine days ahead, waiting_days %d: offer %+v, want one: %t", days, p.Offer, offered)
			}
			return err
		})
	}
}

func TestWhatComesTooSoonIsNotOffered(t *testing.T) {
	for _, c := range []struct {
		at     time.Time
		offers bool
	}{
		{(clinicDay - 1).At(19, 59), true},
		{(clinicDay - 1).At(20, 0), false}, // next heard of at 09:00 of the day, when it is past
		{(clinicDay - 1).At(10, 0), true},
		{clinicDay.At(4, 0), false},
	} {
		w, r, has := full(t)
		w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1, Day: clinicDay})
		w.cancel(0, has[0].ID, c.at)
		if got := w.offered(r) != ""; got != c.offers {
			t.Errorf("free at %s: offered %v", c.at.Format("02 15:04"), got)
		}
	}
	// 14:00: offered in the morning until two and a half hours before
	for _, c := range []struct {
		at     time.Time
		offers bool
	}{{clinicDay.At(9, 30), true}, {clinicDay.At(10, 59), true}, {clinicDay.At(11, 0), false}} {
		w := newWorld(t)
		w.town(nil)
		r := w.guests(2)
		a, _ := w.book("o0", r[0], 1, "14:00", "m", now)
		p := bookings.Waiting{Resident: r[1], Seats: 1, Day: clinicDay, Passed: []string{bookings.Slot{Day: clinicDay, Time: "08:00"}.Key(), bookings.Slot{Day: clinicDay, Time: "08:30"}.Key()}}
		w.wait(1, p)
		w.cancel(0, a.ID, c.at)
		if got := w.offered(r) != ""; got != c.offers {
			t.Errorf("14:00 free at %s: offered %v", c.at.Format("02 15:04"), got)
		}
	}
}

func TestALoweredCapacityEndsAnOffer(t *testing.T) {
	w, r, has := full(t)
	w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1, Day: clinicDay})
	w.cancel(0, has[0].ID, now)
	w.town(onlyOn(1))
	if _, err := w.take(2, r[2], now); !errors.Is(err, record.ErrExpired) {
		t.Error("a seat that is none any more was sold:", err)
	}
	w.wantSlots("nothing more is sold", "24T08:00=1-1+0/0,0")
}

func TestReleasedSeatsGoToTheListFirst(t *testing.T) {
	w, r, _ := full(t)
	for i := 2; i < 5; i++ {
		w.wait(i, bookings.Waiting{Resident: r[i], Seats: 1, Day: clinicDay + 3})
	}
	var n int
	w.as("oc", func(s personstore.Scope) (err error) {
		n, err = bookings.PublishSlots(s, []bookings.Slot{{Service: "checkup", Day: clinicDay + 3, Time: "09:00", Capacity: 5, Kept: 5, KeptTill: clinicDay - 2}}, "r", now)
		return err
	})
	if got := w.slots(clinicDay+3, clinicDay+3, now); n != 3 || got != "27T09:00=5-0+3/2,0" {
		t.Errorf("%d offered, slots %s", n, got)
	}
	if got := w.offered(r); got != "g2 g3 g4" {
		t.Error("offered to", got)
	}
}

func TestWhoLeavesGivesUpHerSeats(t *testing.T) {
	w, r, has := full(t)
	couple := w.couple(4, 5, r, clinicDay+7)
	seat := w.couple(6, 7, r, clinicDay+14)
	w.wait(2, bookings.Waiting{Resident: r[2], Seats: 1, Day: clinicDay})
	w.wait(3, bookings.Waiting{Resident: r[3], Seats: 1, Day: clinicDay})
	w.update(func(tx *record.Tx) error {
		for _, id := range []string{r[0], r[2], r[4], r[7]} { // who booked, who waits first, who booked for two, a spouse
			if err := erasure.Erase(tx, id, now); err != nil {
				return err
			}
		}
		return nil
	})
	w.wantSlots("her seat is the next one's", "24T08:00=2-1+1/0,0")
	if got := w.offered(r[:4]); got != "g3" {
		t.Error("offered to", got)
	}
	w.as("o5", func(s personstore.Scope) error {
		a, err := bookings.Open(s, r[5], "checkup")
		if err != nil || a.ID != couple.ID || a.Resident != r[5] || a.Seats != 1 || a.Spouse != "" {
			t.Errorf("he keeps his seat alone: %+v, %v", a, err)
		}
		return nil
	})
	w.as("o6", func(s personstore.Scope) error {
		a, err := bookings.Open(s, r[6], "checkup")
		if err != nil || a.ID != seat.ID || a.Seats != 2 || a.Spouse != "" {
			t.Errorf("the seat stays: %+v, %v", a, err)
		}
		return nil
	})
	if err := w.try("oc", func(s personstore.Scope) error {
		_, err := bookings.Move(s, has[0].ID, clinicDay, "08:00", now)
		return err
	}); !errors.Is(err, record.ErrNotFound) {
		t.Error("her booking is open:", err)
	}
	if _, err := erasure.Forget(w.store, t.Context(), []string{r[0], r[2], r[4], r[7]}, now); err != nil {
		t.Fatal(err)
	}
	err := storage.DumpForTest(t.Context(), w.store, func(p kv.Pair) {
		for _, id := range []string{r[0], r[2], r[4], r[7]} {
			kind, _, _ := strings.Cut(string(p.Key), "/")
			if kind != "audit" && strings.Contains(string(p.Key)+string(p.Value), id) {
				t.Errorf("left of her: %s", kind)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// couple books two seats for guest i, which guest j joins.
func (w *world) couple(i, j int, r []string, day calendar.Day) (a bookings.Appointment) {
	w.t.Helper()
	var code string
	w.as(fmt.Sprint("o", i), func(s personstore.Scope) (err error) {
		a, err = bookings.Book(s, bookings.Appointment{Resident: r[i], Service: "checkup", Seats: 2, Day: day, Time: "08:00"}, fmt.Sprint("couple", i), now)
		if err != nil {
			return err
		}
		code, err = bookings.SpouseCode(s, a.ID)
		return err
	})
	w.as(fmt.Sprint("o", j), func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[j], now); return err })
	return a
}

// TestWhoWaitsForWhatIsNoMoreIsTold: a service that the site dropped leaves nobody
// on a list that she cannot see or leave.
func TestWhoWaitsForWhatIsNoMoreIsTold(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(1)[0]
	w.as("o0", func(s personstore.Scope) error {
		_, err := bookings.JoinWaitingList(s, bookings.Waiting{Resident: r, Service: "advice", Seats: 1}, "w", now)
		return err
	})
	w.town(func(s *townconfig.Site) { s.Services, s.Openings = nil, nil })
	w.as("o0", func(s personstore.Scope) error {
		h, err := subjectaccess.Export(s, r)
		if err != nil || len(h.Waiting) != 1 {
			t.Errorf("she is told that she waits for %v, %v", h.Waiting, err)
		}
		return bookings.LeaveWaitingList(s, r, "advice", now)
	})
}
