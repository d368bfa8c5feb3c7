package erasure

import (
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/consent"
	"xintiexin/storage/events"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// WithdrawFor takes a withdrawal by word of mouth, which a resident of the scope
// told a cadre: nothing more is recorded, asked or sent; with erase she is
// deleted besides. What she agreed to in her own chat is hers alone to take
// back: it stays, and erase returns ErrSelfOnly. To be taken back itself, it is
// called inside a Save.
func WithdrawFor(s person.Scope, resident string, erase bool, now time.Time) error {
	r, err := s.Resident(resident)
	if err != nil {
		return err
	}
	var told, own []purpose.Purpose
	for _, set := range purpose.All {
		_, hers, err := consent.StandsBy(s.Tx, resident, set)
		if err != nil {
			return err
		}
		if hers {
			own = append(own, set)
		} else {
			told = append(told, set)
		}
	}
	if erase && len(own) > 0 {
		return s.LogRefused(resident, "erased", now, record.ErrSelfOnly)
	}
	if err := s.LogOwn(resident, "withdrawn", now); err != nil {
		return err
	}
	as := consent.Consent{Channel: "oral", By: s.Person.Cadre.ID}
	if len(own) == 0 {
		err = consent.WithdrawEverything(s.Tx, r, told, as, now)
	} else {
		err = consent.WithdrawTold(s.Tx, r, told, as, now)
	}
	if err != nil || !erase {
		return err
	}
	return Erase(s.Tx, resident, now)
}

// endBookings gives up what a resident has booked, waits for, asked for and signed
// up to; the seats go to the next.
func endBookings(tx *record.Tx, resident string, now time.Time) error {
	if err := requests.EndAll(tx, resident, now); err != nil {
		return err
	}
	if err := events.LeaveAll(tx, resident); err != nil {
		return err
	}
	return bookings.GiveUpAll(tx, resident, now)
}
