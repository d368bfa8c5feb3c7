package bookings

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// SeatSpouse puts the second person of a couple's booking on his seat: he stands
// at the desk and signed there (C1, on paper). Somebody of that name and phone
// who signed up himself is taken; else he is kept as somebody new, in no village.
// It returns ErrScope for whoever is not of the desk or is of his family,
// ErrNotFound when the booking has no seat that waits for him, ErrTwice when he
// has an open booking of the service himself.
func SeatSpouse(s person.Scope, appointment, name, phone string, signed consent.Consent, cause string, now time.Time) (Appointment, person.Resident, error) {
	r, err := guest(s, name, phone, signed, cause, now)
	if err != nil {
		return Appointment{}, r, err
	}
	a, err := atDesk(s, appointment)
	switch {
	case err != nil:
		return a, r, err
	case a.Seats != 2 || a.Spouse != "" || a.State != Expected && (a.State != Came || a.Done != 0):
		return a, r, record.ErrNotFound
	case a.Resident == r.ID:
		return a, r, record.ErrAlreadyExists
	}
	if _, err := openOf(s.Tx, r.ID, a.Service); !errors.Is(err, record.ErrNotFound) {
		return a, r, cmp.Or(err, record.ErrAlreadyExists)
	}
	if err := LeaveWaitingList(s, r.ID, a.Service, now); err != nil && !errors.Is(err, record.ErrNotFound) {
		return a, r, err
	}
	a.Spouse, a.Changed = r.ID, now.Unix()
	if a, err = Put(s.Tx, a, now); err != nil {
		return a, r, err
	}
	return a, r, s.LogOwn(r.ID, "seated", now)
}

// WalkIn books a seat for somebody who came without one, and notes that she is
// here. She agreed at the desk (C1). Errors as SeatSpouse, and ErrFull, ErrPast.
func WalkIn(s person.Scope, name, phone string, a Appointment, signed consent.Consent, cause string, now time.Time) (Appointment, error) {
	r, err := guest(s, name, phone, signed, cause, now)
	if err != nil {
		return a, err
	}
	a.Resident = r.ID
	if here, err := cameOn(s, r.ID, a.Service, a.Day); err != nil || here {
		return a, cmp.Or(err, record.ErrAlreadyExists)
	}
	if a, err = Book(s, a, cause, now); err != nil {
		return a, err
	}
	return Arrive(s, a.ID, now)
}

// cameOn reports whether somebody has come to a service on a day already.
func cameOn(s person.Scope, resident, service string, day calendar.Day) (bool, error) {
	all, err := LoadDay(s.Tx, day)
	return slices.ContainsFunc(all, func(a Appointment) bool { return a.Service == service && a.Has(resident) && a.State == Came }), err
}

// guest returns who stands at the desk: kept already, by name and phone, or new.
// Directory lines are not looked at: who comes by herself is hers to show to her
// village.
func guest(s person.Scope, name, phone string, signed consent.Consent, cause string, now time.Time) (person.Resident, error) {
	if err := s.AtDesk(""); err != nil {
		return person.Resident{}, err
	}
	if own, err := s.IsOwnFamily(name, phone); err != nil || own {
		return person.Resident{}, errors.Join(err, record.ErrScope)
	}
	r, err := selfNamed(s.Tx, name, phone)
	if err != nil {
		return r, err
	}
	if r.ID == "" {
		r, err = person.AddResident(s.Tx, person.Resident{Name: name, Phone: phone, Self: true, Added: calendar.DayOf(now)}, cause)
		if err != nil {
			return r, err
		}
	}
	signed.Resident, signed.Set, signed.Answer, signed.Channel = r.ID, purpose.Booking, person.Yes, "paper"
	signed.By, signed.At = s.Person.Cadre.ID, now.Unix()
	if consent.CheckAgreed(s.Tx, r.ID, purpose.Booking) == nil {
		return r, nil
	}
	return r, consent.Keep(s.Tx, signed)
}

// selfNamed returns somebody in no village of exactly that name and phone, or the
// zero Resident.
func selfNamed(tx *record.Tx, name, phone string) (person.Resident, error) {
	for p, err := range tx.Parts(record.Prefix("find", "", "t"+person.Resident{Phone: phone}.Tail())) {
		if err != nil {
			return person.Resident{}, err
		}
		r, err := person.LoadResident(tx, p[len(p)-1])
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return person.Resident{}, err
		}
		if r.ID != "" && r.Name == name && r.Phone == phone {
			return r, nil
		}
	}
	return person.Resident{}, nil
}
