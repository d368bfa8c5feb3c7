package storage

import (
	"errors"
	"time"

	"xintiexin/storage/calendar"
)

// Return is a day on which a doctor asked somebody back, who agreed to be
// reminded of it: the day alone, nothing of why.
type Return struct {
	ID, Resident string
	Appointment  string
	Number       string // of the appointment it came from
	Day          calendar.Day
	By           string // the clinician who set it
	At           int64  // Unix seconds
	Ended        int64  `json:",omitempty"` // Unix seconds: another day, or none
}

// AgreeReturn, by clinician or clerk, keeps the day on which one person of an
// appointment comes back, in place of an earlier one of the same appointment,
// and books two neutral reminders: at 18:30 three days before, and the evening
// before. It returns ErrConsent when she has not agreed to C2 (nothing is kept
// then: the doctor tells her), ErrPast for a day that is not to come, ErrScope
// and ErrNotFound as MakeReady.
func (s Scope) AgreeReturn(appointment, resident string, day calendar.Day, now time.Time) (Return, error) {
	if err := s.deskOf(resident); err != nil {
		return Return{}, err
	}
	a, err := s.Appointment(appointment)
	if err != nil {
		return Return{}, err
	}
	if resident == "" || resident != a.Resident && resident != a.Spouse {
		return Return{}, ErrNotFound
	}
	if day <= calendar.DayOf(now) {
		return Return{}, ErrPast
	}
	if err := s.tx.agreed(resident, C2); err != nil {
		return Return{}, err
	}
	old, err := collect(list[Return](s.tx, prefix("return", resident)))
	if err != nil {
		return Return{}, err
	}
	for _, r := range old {
		if r.Appointment == a.ID && r.Ended == 0 {
			if r.Ended = now.Unix(); r.Day == day {
				continue
			}
			if err := s.tx.put(key("return", resident, r.ID), r); err != nil {
				return r, err
			}
		}
	}
	r := Return{ID: ID("return", a.ID, resident, day.String()), Resident: resident, Appointment: a.ID, Number: a.Number,
		Day: day, By: s.Person.Cadre.ID, At: now.Unix()}
	if err := s.tx.put(key("return", resident, r.ID), r); err != nil {
		return r, err
	}
	return r, errors.Join(s.tx.promiseReturn(r, now), s.look(resident, "asked_back", now))
}

// returnDays are how many days before she is reminded.
// nothing changes it.
var returnDays = [...]calendar.Day{3, 1}

func returnCause(r Return, before calendar.Day) string {
	return "return/" + r.ID + "/" + (r.Day - before).String()
}

func (tx *Tx) promiseReturn(r Return, now time.Time) error {
	for _, before := range returnDays {
		at := (r.Day - before).At(18, 30)
		if at.Before(now) {
			continue
		}
		_, err := tx.Enqueue(Delivery{
			Cause: returnCause(r, before), Kind: "paper_return", To: "r:" + r.Resident, About: r.Resident,
			Facts:    map[string]string{"return": r.ID, "day": r.Day.String(), "before": map[calendar.Day]string{3: "3", 1: "1"}[before]},
			Earliest: at.Unix(), Latest: at.Add(90 * time.Minute).Unix(), Booked: now.Unix(), Priority: 2,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Returns returns the days to come on which a resident is asked back, soonest
// first: for herself, clinician and clerk.
func (s Scope) Returns(resident string, today calendar.Day) ([]Return, error) {
	if !s.own[resident] && s.deskOf(resident) != nil {
		return nil, ErrNotFound
	}
	all, err := collect(list[Return](s.tx, prefix("return", resident)))
	if err != nil {
		return nil, err
	}
	var out []Return
	for _, r := range all {
		if r.Ended == 0 && r.Day >= today {
			out = append(out, r)
		}
	}
	return out, nil
}

// DropReturn ends such a day: only she can, and needs no reason.
func (s Scope) DropReturn(resident, id string, now time.Time) error {
	if !s.own[resident] {
		return ErrNotFound
	}
	r, err := get[Return](s.tx, key("return", resident, id))
	if err != nil {
		return err
	}
	r.Ended = now.Unix()
	return s.tx.put(key("return", resident, id), r)
}

// returnStands returns why a reminder of such a day is no longer true.
func (tx *Tx) returnStands(d Delivery) (string, error) {
	r, err := get[Return](tx, key("return", d.About, d.Facts["return"]))
	switch {
	case errors.Is(err, ErrNotFound):
		return "gone", nil
	case err != nil:
		return "", err
	case r.Ended != 0:
		return "moved", nil
	}
	c, err := tx.Consent(d.About, C2)
	return pick(c.Given(), "", "withdrawn"), err
}

// endReturns ends the days on which the clinic asked her back.
func (tx *Tx) endReturns(resident string, now time.Time) error {
	days, err := collect(list[Return](tx, prefix("return", resident)))
	if err != nil {
		return err
	}
	for _, r := range days {
		if r.Ended != 0 {
			continue
		}
		r.Ended = now.Unix()
		if err := tx.put(key("return", resident, r.ID), r); err != nil {
			return err
		}
	}
	return nil
}

// withdrawnReturns ends them with the consent to health reminders.
func withdrawnReturns(tx *Tx, resident string, set Set, now time.Time) error {
	if set != C2 {
		return nil
	}
	return tx.endReturns(resident, now)
}
