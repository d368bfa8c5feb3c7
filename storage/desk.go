package storage

import (
	"errors"
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
	code, err := s.SpouseCode(appointment)
	if err != nil {
		return Appointment{}, r, err
	}
	a, err := s.Join(code, r.ID, now)
	if err != nil {
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
	if a, err = s.Book(a, cause, now); err != nil {
		return a, err
	}
	return s.Arrive(a.ID, now)
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
		r, err := tx.resident(p[len(p)-1])
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Resident{}, err
		}
		if r.ID != "" && r.Name == name && r.Phone == phone {
			return r, nil
		}
	}
	return Resident{}, nil
}
