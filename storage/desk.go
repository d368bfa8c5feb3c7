package storage

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// SeatSpouse puts the second person of a couple's booking on his seat: he stands
// at the desk and signed there (C1, on paper). Somebody of that name and phone
// who signed up himself is taken; else he is kept as somebody new, in no village.
// It returns ErrScope for whoever is not of the desk or is of his family,
// ErrNotFound when the booking has no seat that waits for him, ErrTwice when he
// has an open booking of the service himself.
func (s Scope) SeatSpouse(appointment, name, phone string, signed Consent, cause string, now time.Time) (Appointment, Resident, error) {
	r, err := s.guest(name, phone, signed, cause, now)
	if err != nil {
		return Appointment{}, r, err
	}
	a, err := s.atDesk(appointment)
	switch {
	case err != nil:
		return a, r, err
	case a.Seats != 2 || a.Spouse != "" || a.State != Expected && (a.State != Came || a.Done != 0):
		return a, r, ErrNotFound
	case a.Resident == r.ID:
		return a, r, ErrTwice
	}
	if _, err := s.tx.openOf(r.ID, a.Service); !errors.Is(err, ErrNotFound) {
		return a, r, cmp.Or(err, ErrTwice)
	}
	if err := s.Unwait(r.ID, a.Service, now); err != nil && !errors.Is(err, ErrNotFound) {
		return a, r, err
	}
	a.Spouse, a.Changed = r.ID, now.Unix()
	if a, err = s.tx.putAppointment(a, now); err != nil {
		return a, r, err
	}
	return a, r, s.look(r.ID, "seated", now)
}

// WalkIn books a seat for somebody who came without one, and notes that she is
// here. She agreed at the desk (C1). Errors as SeatSpouse, and ErrFull, ErrPast.
func (s Scope) WalkIn(name, phone string, a Appointment, signed Consent, cause string, now time.Time) (Appointment, error) {
	r, err := s.guest(name, phone, signed, cause, now)
	if err != nil {
		return a, err
	}
	a.Resident = r.ID
	if here, err := s.cameOn(r.ID, a.Service, a.Day); err != nil || here {
		return a, cmp.Or(err, ErrTwice)
	}
	if a, err = s.Book(a, cause, now); err != nil {
		return a, err
	}
	return s.Arrive(a.ID, now)
}

// cameOn reports whether somebody has come to a service on a day already.
func (s Scope) cameOn(resident, service string, day calendar.Day) (bool, error) {
	all, err := s.tx.appointmentsOn(day)
	return slices.ContainsFunc(all, func(a Appointment) bool { return a.Service == service && a.has(resident) && a.State == Came }), err
}

// guest returns who stands at the desk: kept already, by name and phone, or new.
// Directory lines are not looked at: who comes by herself is hers to show to her
// village.
func (s Scope) guest(name, phone string, signed Consent, cause string, now time.Time) (Resident, error) {
	if err := s.deskOf(""); err != nil {
		return Resident{}, err
	}
	if own, err := s.Own(name, phone); err != nil || own {
		return Resident{}, errors.Join(err, ErrScope)
	}
	r, err := s.tx.selfNamed(name, phone)
	if err != nil {
		return r, err
	}
	if r.ID == "" {
		r, err = s.tx.AddResident(Resident{Name: name, Phone: phone, Self: true, Added: calendar.DayOf(now)}, cause)
		if err != nil {
			return r, err
		}
	}
	signed.Resident, signed.Set, signed.Answer, signed.Channel = r.ID, C1, Yes, "paper"
	signed.By, signed.At = s.Person.Cadre.ID, now.Unix()
	if s.tx.agreed(r.ID, C1) == nil {
		return r, nil
	}
	return r, s.tx.putConsent(signed)
}

// selfNamed returns somebody in no village of exactly that name and phone, or the
// zero Resident.
func (tx *Tx) selfNamed(name, phone string) (Resident, error) {
	for p, err := range tx.parts(prefix("find", "", "t"+Resident{Phone: phone}.Tail())) {
		if err != nil {
			return Resident{}, err
		}
		r, err := tx.Resident(p[len(p)-1])
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Resident{}, err
		}
		if r.ID != "" && r.Name == name && r.Phone == phone {
			return r, nil
		}
	}
	return Resident{}, nil
}
