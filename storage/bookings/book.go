package bookings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Book gives a resident her seats and returns the appointment with its number.
// With it are booked the reminders that she is promised: at 18:30 three days
// before, the evening before, and at 07:30 the same morning for slots from 09:00
// (domain.md 7.3); a.ID is made of cause. Who may: she herself, clerk and
// clinician, and her contact where she lets the village see. It returns ErrFull
// when the seats are not left, ErrTwice when she has an open booking of the
// service, ErrPast for a slot that has begun or is none, ErrConsent for who said no
// to C1 or took it back, since the form was opened too, ErrNotFound for a
// resident outside the scope. A place on the waiting list for the service ends.
// A second call of the same cause returns the first one's booking.
func Book(s person.Scope, a Appointment, cause string, now time.Time) (Appointment, error) {
	if ok, err := mayActFor(s, a.Resident); err != nil || !ok {
		return a, cmp.Or(err, record.ErrNotFound)
	}
	if a.Seats != 1 && a.Seats != 2 {
		return a, fmt.Errorf("book %d seats", a.Seats)
	}
	if err := consent.CheckRefused(s.Tx, a.Resident, purpose.Booking); err != nil {
		return a, err
	}
	old, err := record.Optional(Load(s.Tx, record.ID("appointment", cause, "0")))
	if err != nil {
		return a, err
	}
	if old.ID != "" && old.Resident == a.Resident && old.Service == a.Service {
		return old, nil
	}
	a = Appointment{Service: a.Service, Resident: a.Resident, Seats: a.Seats, Day: a.Day, Time: a.Time, Ring: a.Ring, Extra: a.Extra}
	if !s.Family[a.Resident] {
		a.By = s.Person.Cadre.ID
	}
	if a, err = book(s.Tx, a, cause, now); err != nil {
		return a, err
	}
	if err := note(s, a, "booked", now); err != nil {
		return a, err
	}
	return a, tell(s, a, "booked", now)
}

// book sells the seats. A refusal leaves everything as it was.
func book(tx *record.Tx, a Appointment, cause string, now time.Time) (Appointment, error) {
	if _, err := openOf(tx, a.Resident, a.Service); !errors.Is(err, record.ErrNotFound) {
		return a, cmp.Or(err, record.ErrAlreadyExists)
	}
	w, err := record.Optional(LoadWaiting(tx, a.Resident, a.Service))
	if err != nil {
		return a, err
	}
	if err := fits(tx, a, w, now); err != nil {
		return a, err
	}
	if w.ID != "" {
		if err := dropWaiting(tx, w, now); err != nil {
			return a, err
		}
	}
	if err := useKept(tx, a, w, now); err != nil {
		return a, err
	}
	if a.ID, err = tx.FreeID("appointment", cause); err != nil {
		return a, err
	}
	if a.Number, err = number(tx, a); err != nil {
		return a, err
	}
	a.State, a.Booked = Expected, now.Unix()
	if a, err = Put(tx, a, now); err != nil || w.Offer == nil {
		return a, err
	}
	return a, offerAfter(tx, a.Resident, a.Service, now) // what was held for her besides
}

// fits returns ErrPast or ErrFull when a booking cannot have its slot. Seats that
// are held for the same person (w) are hers.
func fits(tx *record.Tx, a Appointment, w Waiting, now time.Time) error {
	o, err := bookable(tx, a.Service, a.Day, a.Time, now)
	if err != nil {
		return err
	}
	if w.holds(o) {
		o.Held -= w.Seats
	}
	today := calendar.DayOf(now)
	home, err := Home(tx, a.Resident, today)
	if err != nil {
		return err
	}
	if o.Free(today, home) < a.Seats {
		return record.ErrFull
	}
	return nil
}

// useKept counts the seats of somebody who comes home among those that were kept
// for such people; an offer (w) has counted them already.
func useKept(tx *record.Tx, a Appointment, w Waiting, now time.Time) error {
	if w.holds(Slot{Service: a.Service, Day: a.Day, Time: a.Time}) {
		return nil
	}
	home, err := Home(tx, a.Resident, calendar.DayOf(now))
	if err != nil || !home {
		return err
	}
	return change(tx, a.Service, a.Day, a.Time, 0, 0, -a.Seats)
}

// Move takes an open appointment to another slot, keeping the old one when the
// new one is full (ErrFull) or past (ErrPast). It has a new number, the old one
// finds it still; reminders go along. Who of a couple did not move it herself is
// told. Freed seats are offered to the waiting list. ErrNotFound when it is not
// open any more.
func Move(s person.Scope, id string, day calendar.Day, hour string, now time.Time) (Appointment, error) {
	a, err := openOne(s, id)
	if err != nil {
		return a, err
	}
	if a.Day == day && a.Time == hour {
		return Seen(s, a)
	}
	b := a
	b.Day, b.Time, b.Changed, b.Coming, b.Said = day, hour, now.Unix(), 0, nil
	if err := fits(s.Tx, b, Waiting{}, now); err != nil {
		return Appointment{}, err
	}
	if err := useKept(s.Tx, b, Waiting{}, now); err != nil {
		return b, err
	}
	if b.Number, err = number(s.Tx, b); err != nil {
		return b, err
	}
	if b, err = Put(s.Tx, b, now); err != nil {
		return b, err
	}
	if err := note(s, b, "moved", now); err != nil {
		return b, err
	}
	if err := tell(s, b, "moved", now); err != nil {
		return b, err
	}
	if _, err := OfferSeats(s.Tx, b.Service, now); err != nil {
		return b, err
	}
	return Seen(s, b)
}

// AnswerBooking keeps answers to questions that a town added to the form by which a
// booking is moved, beside what is known of it. ErrNotFound when it is not open.
func AnswerBooking(s person.Scope, id string, answers map[string]string, now time.Time) error {
	a, err := openOne(s, id)
	if err != nil || len(answers) == 0 {
		return err
	}
	a.Extra = Beside(a.Extra, answers)
	_, err = Put(s.Tx, a, now)
	return err
}

// Beside is what was answered to a town's own questions before and now; the new
// answer to a question counts.
func Beside(before, now map[string]string) map[string]string {
	if len(before)+len(now) == 0 {
		return nil
	}
	out := maps.Clone(before)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, now)
	return out
}

// Cancel gives the seats back, and offers them to the waiting list. Her spouse
// who joined is told; when it is he who cancels, only his own seat goes and the
// booking stays hers alone. ErrNotFound when it is not open any more.
func Cancel(s person.Scope, id string, now time.Time) (Appointment, error) {
	a, err := openOne(s, id)
	if err != nil {
		return a, err
	}
	a.Changed = now.Unix()
	if leaves := s.Family[a.Spouse] && !s.Family[a.Resident]; leaves {
		a.Said = record.Without(a.Said, a.Spouse)
		a.Spouse, a.Seats = "", 1
	} else {
		a.State = Cancelled
	}
	if a, err = Put(s.Tx, a, now); err != nil {
		return a, err
	}
	if a.State == Cancelled {
		if err := note(s, a, "cancelled", now); err != nil {
			return a, err
		}
		if err := tell(s, a, "cancelled", now); err != nil {
			return a, err
		}
	}
	_, err = OfferSeats(s.Tx, a.Service, now)
	return a, err
}
