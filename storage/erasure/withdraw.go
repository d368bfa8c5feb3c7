package erasure

import (
	"cmp"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/events"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// WithdrawFor takes a withdrawal by word of mouth, which a resident of the scope
// told a cadre: nothing more is recorded, asked or sent; with erase she is
// deleted besides. What she agreed to in her own chat is hers alone to take
// back: it stays, and erase returns ErrSelfOnly. To be taken back itself, it is
// called inside a Save. Who uses a WeChat of their own, signed up or not, is deleted by
// that, or in person at the desk of office and clinic (else ErrSelfOnly), and is told
// there.
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
	linked, err := wechatsOf(s.Tx, resident)
	if err != nil {
		return err
	}
	if erase && (len(own) > 0 || len(linked) > 0 && !s.Person.Cadre.Has(person.Clerk, person.Clinician)) {
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
	return cmp.Or(Erase(s.Tx, resident, now), tellErased(s.Tx, resident, linked, now))
}

// wechatsOf returns the WeChats that stand for a resident.
func wechatsOf(tx *record.Tx, resident string) (openids []string, err error) {
	for p, err := range tx.Parts(record.Prefix("wechat", resident)) {
		if err != nil {
			return nil, err
		}
		openids = append(openids, p[0])
	}
	return openids, nil
}

// tellErased tells the WeChats that stood for somebody that the record was deleted at
// the desk: once that cannot be taken back any more.
func tellErased(tx *record.Tx, resident string, openids []string, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, now.Add(record.UndoTime))
	if !ok {
		return nil
	}
	for _, o := range openids {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "erased/" + resident + "/" + o, Kind: "erased_note", To: "w:" + o, Facts: map[string]string{"day": calendar.DayOf(now).String()},
			Earliest: at.Unix(), Latest: at.AddDate(0, 0, 1).Unix(), Priority: 2, Booked: now.Unix()})
		if err != nil {
			return err
		}
	}
	return nil
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
