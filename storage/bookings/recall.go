package bookings

import (
	"errors"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Recall is a day on which a doctor asked somebody back, who agreed to be
// reminded of it: the day alone, nothing of why.
type Recall struct {
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
func AgreeRecall(s person.Scope, appointment, resident string, day calendar.Day, now time.Time) (Recall, error) {
	if err := s.AtDesk(resident); err != nil {
		return Recall{}, err
	}
	a, err := Get(s, appointment)
	if err != nil {
		return Recall{}, err
	}
	if resident == "" || resident != a.Resident && resident != a.Spouse {
		return Recall{}, record.ErrNotFound
	}
	if day <= calendar.DayOf(now) {
		return Recall{}, record.ErrNotAvailable
	}
	if err := consent.CheckAgreed(s.Tx, resident, purpose.HealthReminders); err != nil {
		return Recall{}, err
	}
	old, err := record.Collect(record.List[Recall](s.Tx, record.Prefix("return", resident)))
	if err != nil {
		return Recall{}, err
	}
	for _, r := range old {
		if r.Appointment == a.ID && r.Ended == 0 {
			if r.Ended = now.Unix(); r.Day == day {
				continue
			}
			if err := s.Tx.Put(record.Key("return", resident, r.ID), r); err != nil {
				return r, err
			}
		}
	}
	r := Recall{ID: record.ID("return", a.ID, resident, day.String()), Resident: resident, Appointment: a.ID, Number: a.Number,
		Day: day, By: s.Person.Cadre.ID, At: now.Unix()}
	if err := s.Tx.Put(record.Key("return", resident, r.ID), r); err != nil {
		return r, err
	}
	return r, errors.Join(promiseReturn(s.Tx, r, now), s.LogOwn(resident, "asked_back", now))
}

// RecallDays are how many days before she is reminded.
// nothing changes it.
var RecallDays = [...]calendar.Day{3, 1}

func RecallCause(r Recall, before calendar.Day) string {
	return "return/" + r.ID + "/" + (r.Day - before).String()
}

func promiseReturn(tx *record.Tx, r Recall, now time.Time) error {
	for _, before := range RecallDays {
		at := (r.Day - before).At(18, 30)
		if at.Before(now) {
			continue
		}
		_, err := outbox.Enqueue(tx, outbox.Delivery{
			Cause: RecallCause(r, before), Kind: "paper_return", To: "r:" + r.Resident, About: r.Resident,
			Facts:    map[string]string{"return": r.ID, "day": r.Day.String(), "before": map[calendar.Day]string{3: "3", 1: "1"}[before]},
			Earliest: at.Unix(), Latest: at.Add(90 * time.Minute).Unix(), Booked: now.Unix(), Priority: 2,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Recalls returns the days to come on which a resident is asked back, soonest
// first: for herself, clinician and clerk.
func Recalls(s person.Scope, resident string, today calendar.Day) ([]Recall, error) {
	if !s.Family[resident] && s.AtDesk(resident) != nil {
		return nil, record.ErrNotFound
	}
	all, err := record.Collect(record.List[Recall](s.Tx, record.Prefix("return", resident)))
	if err != nil {
		return nil, err
	}
	var out []Recall
	for _, r := range all {
		if r.Ended == 0 && r.Day >= today {
			out = append(out, r)
		}
	}
	return out, nil
}

// DropRecall ends such a day: only she can, and needs no reason.
func DropRecall(s person.Scope, resident, id string, now time.Time) error {
	if !s.Family[resident] {
		return record.ErrNotFound
	}
	r, err := record.Get[Recall](s.Tx, record.Key("return", resident, id))
	if err != nil {
		return err
	}
	r.Ended = now.Unix()
	return s.Tx.Put(record.Key("return", resident, id), r)
}

// RecallStillValid returns why a reminder of such a day is no longer true.
func RecallStillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	r, err := record.Get[Recall](tx, record.Key("return", d.About, d.Facts["return"]))
	switch {
	case errors.Is(err, record.ErrNotFound):
		return "gone", nil
	case err != nil:
		return "", err
	case r.Ended != 0:
		return "moved", nil
	}
	c, err := consent.Load(tx, d.About, purpose.HealthReminders)
	return record.If(c.Given(), "", "withdrawn"), err
}

// EndRecalls ends the days on which the clinic asked her back.
func EndRecalls(tx *record.Tx, resident string, now time.Time) error {
	days, err := record.Collect(record.List[Recall](tx, record.Prefix("return", resident)))
	if err != nil {
		return err
	}
	for _, r := range days {
		if r.Ended != 0 {
			continue
		}
		r.Ended = now.Unix()
		if err := tx.Put(record.Key("return", resident, r.ID), r); err != nil {
			return err
		}
	}
	return nil
}

// ReturnsWithdrawn ends them with the consent to health reminders.
func ReturnsWithdrawn(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) error {
	if set != purpose.HealthReminders {
		return nil
	}
	return EndRecalls(tx, resident, now)
}
