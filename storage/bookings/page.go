package bookings

import (
	"fmt"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// BookingsOf returns the bookings of a person from one day up to another (0 is no
// bound), none where she does not agree to them (C1).
func BookingsOf(tx *record.Tx, r person.Resident, from, to calendar.Day) ([]Appointment, error) {
	if ok, err := consent.Agrees(tx, r.ID, purpose.Booking); err != nil || !ok {
		return nil, err
	}
	var out []Appointment
	for p, err := range tx.Parts(record.Prefix("appointments", r.ID)) {
		if err != nil {
			return nil, err
		}
		day, err := calendar.ParseDay(p[0])
		if err != nil {
			return nil, fmt.Errorf("read appointments: %w", err)
		}
		if day < from || to != 0 && day > to {
			continue
		}
		a, err := record.Optional(Load(tx, p[1]))
		if err != nil {
			return nil, err
		}
		if a.ID != "" {
			out = append(out, a)
		}
	}
	return out, nil
}
