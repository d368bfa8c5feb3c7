package bookings

import (
	"cmp"
	"maps"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// atDesk returns an appointment for clinician and clerk, but not one of their own
// family: ErrScope for others, ErrNotFound for that.
func atDesk(s personstore.Scope, id string) (Appointment, error) {
	if !Clinic(s) {
		return Appointment{}, record.ErrScope
	}
	a, err := Load(s.Tx, id)
	if err == nil && Self(s, a) {
		err = record.ErrNotFound
	}
	if err != nil {
		return Appointment{}, err
	}
	return withPeople(s.Tx, a)
}

// Guest returns the resident of an appointment, or her spouse who joined it, for
// clerk and clinician, and notes the look.
func Guest(s personstore.Scope, a Appointment, resident, what string, now time.Time) (personstore.Resident, error) {
	a, err := atDesk(s, a.ID)
	if err != nil {
		return personstore.Resident{}, err
	}
	if !a.Has(resident) {
		return personstore.Resident{}, record.ErrNotFound
	}
	r, err := personstore.LoadResident(s.Tx, resident)
	if err != nil {
		return r, err
	}
	return r, personstore.LogAccessBy(s.Tx, resident, s.Person.Cadre.ID, what, now)
}

// SetRing keeps who may ring her.
func SetRing(s personstore.Scope, id string, ring personstore.Ring, now time.Time) error {
	a, err := openOne(s, id)
	if err != nil {
		return err
	}
	a.Ring = ring
	return s.Tx.Put(record.Key("appointment", a.ID), a)
}

// Coming keeps that she answered 来, or said so to staff who rang: no more
// reminders for her, but the evening before where that is more than a day later.
// Of a couple each answers for herself.
func Coming(s personstore.Scope, id string, now time.Time) error {
	a, err := openOne(s, id)
	if err != nil {
		return err
	}
	self := Self(s, a)
	a.Coming, a.Said = now.Unix(), maps.Clone(a.Said)
	if a.Said == nil {
		a.Said = map[string]int64{}
	}
	for _, person := range a.people() {
		if s.Family[person] || !self {
			a.Said[person] = now.Unix()
		}
	}
	_, err = Put(s.Tx, a, now)
	return err
}

// Arrive, Finish and Miss are the clinic's (clinician and clerk; ErrScope for
// others): she is here, she is through, she did not come. A miss gives the seats
// back and books one message without blame for 18:30, never a second before she
// came once. Who was noted as missed may arrive after all. They return ErrPast
// before the day (Miss: before the hour) and ErrNotFound for a booking that was
// cancelled.
func Arrive(s personstore.Scope, id string, now time.Time) (Appointment, error) {
	return atClinic(s, id, "arrived", now, func(a *Appointment) error {
		if a.State == Came {
			return nil
		}
		a.State, a.Arrived = Came, now.Unix()
		return nil
	})
}

func Finish(s personstore.Scope, id string, now time.Time) (Appointment, error) {
	return atClinic(s, id, "finished", now, func(a *Appointment) error {
		if a.Done != 0 {
			return nil
		}
		a.State, a.Arrived, a.Done = Came, cmp.Or(a.Arrived, now.Unix()), now.Unix()
		return nil
	})
}

func Miss(s personstore.Scope, id string, now time.Time) (Appointment, error) {
	return atClinic(s, id, "missed", now, func(a *Appointment) error {
		switch {
		case a.State == Missed:
			return nil
		case now.Before(a.Start()):
			return record.ErrNotAvailable
		}
		a.State, a.Arrived, a.Done = Missed, 0, 0 // she may have been noted as arrived by mistake
		return nil
	})
}

// atClinic changes an appointment that is not cancelled and writes down who did
// it.
func atClinic(s personstore.Scope, id, what string, now time.Time, change func(*Appointment) error) (Appointment, error) {
	old, err := atDesk(s, id)
	if err != nil {
		return old, err
	}
	if old.State == Cancelled {
		return Appointment{}, record.ErrNotFound
	}
	if old.Day > calendar.DayOf(now) {
		return Appointment{}, record.ErrNotAvailable
	}
	a := old
	if err := change(&a); err != nil {
		return Appointment{}, err
	}
	if a.State == old.State && a.Done == old.Done {
		return a, nil
	}
	a.Changed = now.Unix()
	if a, err = Put(s.Tx, a, now); err != nil {
		return a, err
	}
	if (a.Done == 0) != (old.Done == 0) {
		if err := careplans.Served(s.Tx, careplans.ServiceDone{Appointment: a.ID, Resident: a.Resident, Service: a.Service, Day: a.Day, Done: a.Done != 0}, s.Person.Cadre.ID, now); err != nil {
			return a, err
		}
	}
	if a.State == Missed {
		if err := sayMissed(s.Tx, a, now); err != nil {
			return a, err
		}
	}
	return a, note(s, a, what, now)
}

// CloseDay ends the open bookings of a day that has gone by, and the places of
// those who waited for that very day: where the clinic noted who came for the
// service, the others are missed, and told so once while it is news (until the
// evening after); where it noted nobody, nothing is known and nothing is said.
// Of today, from 18:00, only what is missed is ended. It returns how many
// bookings it ended.
func CloseDay(tx *record.Tx, day calendar.Day, now time.Time) (int, error) {
	today := calendar.DayOf(now)
	if day > today || now.Before(day.At(18, 0)) {
		return 0, nil
	}
	all, err := LoadDay(tx, day)
	if err != nil {
		return 0, err
	}
	noted := map[string]bool{}
	for _, a := range all {
		noted[a.Service] = noted[a.Service] || a.State == Came
	}
	n := 0
	for _, a := range all {
		if a.State != Expected || day == today && (!noted[a.Service] || now.Before(a.Start().Add(2*time.Hour))) {
			continue
		}
		if err := endBooking(tx, a, noted[a.Service], now); err != nil {
			return n, err
		}
		n++
	}
	if day == today {
		return n, nil
	}
	return n, endWaits(tx, day, now)
}

// endBooking ends a booking to which nobody came, or of which nothing is known.
func endBooking(tx *record.Tx, a Appointment, missed bool, now time.Time) error {
	if a.State, a.Changed = Over, now.Unix(); missed {
		a.State = Missed
	}
	a, err := Put(tx, a, now)
	if err != nil || !missed || a.Day < calendar.DayOf(now)-1 {
		return err
	}
	return sayMissed(tx, a, now)
}
