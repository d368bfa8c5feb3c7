package bookings

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Get returns one by its id; ErrNotFound outside the scope.
func Get(s person.Scope, id string) (Appointment, error) {
	a, err := Load(s.Tx, id)
	if err != nil {
		return a, err
	}
	return Seen(s, a)
}

// List returns what a resident has booked, as herself or as somebody's
// spouse, newest day first.
func List(s person.Scope, resident string, max int) ([]Appointment, error) {
	if ok, err := mayActFor(s, resident); err != nil || !ok {
		return nil, cmp.Or(err, record.ErrNotFound)
	}
	var all []Appointment
	pre := record.Prefix("appointments", resident)
	for p, err := range s.Tx.Descend(pre, record.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		if len(all) == max {
			break
		}
		_, id, _ := strings.Cut(string(p.Key[len(pre):]), "/")
		a, err := Get(s, id)
		if errors.Is(err, record.ErrNotFound) { // as the spouse of somebody whom the asker does not see
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// Open returns the open booking of a resident for a service, as booker
// or as spouse; ErrNotFound when there is none.
func Open(s person.Scope, resident, service string) (Appointment, error) {
	if ok, err := mayActFor(s, resident); err != nil || !ok {
		return Appointment{}, cmp.Or(err, record.ErrNotFound)
	}
	a, err := openOf(s.Tx, resident, service)
	if err != nil {
		return a, err
	}
	return Seen(s, a)
}

// openOf returns the open booking of a resident for a service, or ErrNotFound.
func openOf(tx *record.Tx, resident, service string) (Appointment, error) {
	id, err := tx.GetRaw(record.Key("appointment_of", resident, service))
	if errors.Is(err, record.ErrNotFound) {
		return Appointment{}, record.ErrNotFound
	}
	if err != nil {
		return Appointment{}, fmt.Errorf("get appointment_of: %w", err)
	}
	return Load(tx, string(id))
}

// ListDay returns all appointments of a day but cancelled ones, by hour
// and number, for clerk and clinician (ErrScope for others); those of the asker's
// own family are left to her colleagues.
func ListDay(s person.Scope, day calendar.Day) ([]Appointment, error) {
	if !Clinic(s) {
		return nil, record.ErrScope
	}
	all, err := LoadDay(s.Tx, day)
	if err != nil {
		return nil, err
	}
	var out []Appointment
	for _, a := range all {
		if Self(s, a) {
			continue
		}
		if _, err := withPeople(s.Tx, a); errors.Is(err, record.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Appointment) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(len(a.Number), len(b.Number)), cmp.Compare(a.Number, b.Number))
	})
	return out, nil
}

// BookedOn returns the appointments that are open on a day of people of the asker's
// villages, by hour: to a village role those of whom she may know (see knows).
func BookedOn(s person.Scope, day calendar.Day) ([]Appointment, error) {
	all, err := LoadDay(s.Tx, day)
	if err != nil || len(s.VillageIDs) == 0 {
		return nil, err
	}
	var out []Appointment
	for _, a := range all {
		if _, err := s.Villager(a.Resident); errors.Is(err, record.ErrNotFound) || err == nil && a.State != Expected {
			continue
		} else if err != nil {
			return nil, err
		}
		if _, err := Seen(s, a); errors.Is(err, record.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Appointment) int { return cmp.Compare(a.Time, b.Time) })
	return out, nil
}

// LoadDay returns all appointments of a day but cancelled ones.
func LoadDay(tx *record.Tx, day calendar.Day) ([]Appointment, error) {
	var out []Appointment
	for p, err := range tx.Parts(record.Prefix("on", day.String())) {
		if err != nil {
			return nil, err
		}
		a, err := Load(tx, p[2])
		if err != nil {
			return nil, err
		}
		if a.State != Cancelled {
			out = append(out, a)
		}
	}
	return out, nil
}

var appointmentNumber = regexp.MustCompile(`^[0-9]{4}-[0-9]{2,4}$`)

// AppointmentNumbered returns the latest appointment of a number ("0128-07") for
// clerk and clinician: of two years' the one that comes last. The number that a
// booking had before it was moved finds it too. ErrNotFound when there is none,
// ErrScope for others.
func AppointmentNumbered(s person.Scope, number string, today calendar.Day) (Appointment, error) {
	if !Clinic(s) {
		return Appointment{}, record.ErrScope
	}
	if !appointmentNumber.MatchString(number) {
		return Appointment{}, record.ErrNotFound
	}
	id := ""
	for p, err := range s.Tx.Scan(record.Prefix("number", number), record.PrefixEnd(record.Prefix("number", number))) {
		if err != nil {
			return Appointment{}, err
		}
		id = string(p.Value)
	}
	if id == "" {
		return Appointment{}, record.ErrNotFound
	}
	return atDesk(s, id)
}
