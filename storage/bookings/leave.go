package bookings

import (
	"time"

	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// GiveUpAll cancels what a resident has booked and takes her off the waiting
// lists: a spouse who joined keeps his seat, as a booking of his own; where she
// is the spouse, the seat stays and she is not on it any more.
func GiveUpAll(tx *record.Tx, resident string, now time.Time) error {
	services := map[string]bool{}
	for p, err := range tx.Scan(record.Prefix("appointment_of", resident), record.PrefixEnd(record.Prefix("appointment_of", resident))) {
		if err != nil {
			return err
		}
		a, err := Load(tx, string(p.Value))
		if err != nil {
			return err
		}
		a.Changed, a.Said = now.Unix(), record.Without(a.Said, resident)
		switch {
		case a.Spouse == resident:
			a.Spouse = ""
		case a.Spouse != "":
			a.Resident, a.Spouse, a.Seats, a.Ring = a.Spouse, "", 1, person.RingNobody
		default:
			a.State = Cancelled
		}
		if _, err := Put(tx, a, now); err != nil {
			return err
		}
		services[a.Service] = true
	}
	for p, err := range tx.Parts(record.Prefix("waiting_of", resident)) {
		if err != nil {
			return err
		}
		w, err := LoadWaiting(tx, resident, p[0])
		if err != nil {
			return err
		}
		if err := dropWaiting(tx, w, now); err != nil {
			return err
		}
		services[w.Service] = true
	}
	_, err := offerEach(tx, services, now)
	return err
}

// DropSeats gives up what a resident has booked and takes her out of what she
// once had booked: of her nothing is left but that a seat was taken.
func DropSeats(tx *record.Tx, resident string, now time.Time) error {
	if err := GiveUpAll(tx, resident, now); err != nil {
		return err
	}
	for p, err := range tx.Parts(record.Prefix("appointments", resident)) {
		if err != nil {
			return err
		}
		a, err := Load(tx, p[1])
		if err != nil {
			return err
		}
		a.Said = record.Without(a.Said, resident)
		if a.Spouse == resident {
			a.Spouse = ""
		} else {
			a.Resident, a.Ring = "", person.RingNobody
		}
		if _, err := Put(tx, a, now); err != nil {
			return err
		}
	}
	return nil
}

// IdLength is how long what ID makes is.
const IdLength = 8

// Ties are the bookings of a resident that were not given up.
func Ties(tx *record.Tx, resident string) ([]record.Tie, error) {
	var out []record.Tie
	for p, err := range tx.Parts(record.Prefix("appointments", resident)) {
		if err != nil {
			return nil, err
		}
		a, err := record.Optional(Load(tx, p[len(p)-1]))
		if err != nil {
			return nil, err
		}
		if a.ID != "" && a.State != Cancelled {
			return append(out, record.Tie{}), nil // one is enough
		}
	}
	return out, nil
}

// Withdrawn gives up what a resident has booked, with the consent to booking.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) error {
	if set != purpose.Booking {
		return nil
	}
	return GiveUpAll(tx, resident, now)
}
