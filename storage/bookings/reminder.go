package bookings

import (
	"errors"
	"maps"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/events"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// reminder is one that an appointment promises: which, from when, and until when
// it still helps.
type reminder struct {
	Which    string // ahead, eve, morning
	At, Late time.Time
}

// reminders are those that an appointment promises (domain.md 7.3).
func (a Appointment) reminders() []reminder {
	out := []reminder{
		{"ahead", (a.Day - 3).At(18, 30), (a.Day - 2).At(20, 0)},
		{"eve", (a.Day - 1).At(18, 30), (a.Day - 1).At(20, 0)},
	}
	if !a.Start().Before(a.Day.At(9, 0)) {
		out = append(out, reminder{"morning", a.Day.At(7, 30), a.Start().Add(-30 * time.Minute)})
	}
	return out
}

// reminds reports whether somebody still has a reminder: after she answered 来
// only the evening before, where that is more than a day later.
func (a Appointment) reminds(person string, r reminder) bool {
	said, ok := a.Said[person]
	return !ok || r.Which == "eve" && r.At.After(time.Unix(said, 0).Add(24*time.Hour))
}

// AppointmentHours are the hours at which a message about a booking may be sent
// of its own accord, by its kind; nil for a kind that is none of those.
func AppointmentHours(kind string) []calendar.Window {
	switch {
	case kind == "appointment_eve", kind == "appointment_missed":
		return calendar.EveHours
	case kind == "appointment_morning":
		return []calendar.Window{{From: calendar.QuietTo, To: calendar.QuietFrom}}
	case kind == "offer" || strings.HasPrefix(kind, "appointment_"):
		return calendar.ResidentHours
	}
	return nil
}

// About is a delivery about an appointment to one of its people. The cause names
// the hour, so that a moved appointment is reminded anew.
func (a Appointment) About(which, person string, now time.Time) outbox.Delivery {
	return outbox.Delivery{
		Cause: strings.Join([]string{"appointment", a.ID, SlotName(a.Day, a.Time), which, person}, "/"),
		Kind:  "appointment_" + which, To: "r:" + person, About: person, Booked: now.Unix(),
		Facts: map[string]string{"appointment": a.ID, "service": a.Service, "day": a.Day.String(), "time": a.Time},
	}
}

// remind books what one of an appointment's people is promised; none for an hour
// that has gone by.
func remind(tx *record.Tx, a Appointment, person string, now time.Time) error {
	for _, r := range a.reminders() {
		if r.At.Before(now) || !a.reminds(person, r) {
			continue
		}
		d := a.About(r.Which, person, now)
		d.Earliest, d.Latest = r.At.Unix(), r.Late.Unix()
		if err := outbox.Promise(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// Reminded returns when somebody was last reminded of her appointment as it stands,
// in Unix seconds; 0 when she was not yet.
func Reminded(tx *record.Tx, a Appointment, person string) (at int64, err error) {
	for _, which := range []string{"ahead", "eve", "morning"} {
		d, err := record.Optional(outbox.DeliveryOf(tx, a.About(which, person, time.Time{}).Cause))
		if err != nil {
			return 0, err
		}
		if d.State == outbox.Delivered || d.State == outbox.Sent {
			at = max(at, d.Settled)
		}
	}
	return at, nil
}

// tell books a message on what somebody did to a booking, for those of its
// people whom she is not herself and who have a WeChat.
func tell(s personstore.Scope, a Appointment, which string, now time.Time) error {
	if !a.Start().After(now) {
		return nil
	}
	for _, person := range a.people() {
		if s.Family[person] {
			continue
		}
		openid, err := personstore.WeChatOf(s.Tx, person)
		if err != nil {
			return err
		}
		if openid == "" {
			continue
		}
		d := a.About(which, person, now)
		d.Cause += "/" + a.Number // there and back again is two moves
		d.Earliest, d.Latest = now.Unix(), a.Start().Unix()
		if err := outbox.Promise(s.Tx, d); err != nil {
			return err
		}
	}
	return nil
}

// CatchUp gives a reminder of the evening before, whose evening went by in an outage,
// the hours at which residents may be written to on the morning of the day itself
// (9:00 to 11:00, domain.md 7.3), as far as they lie before what it reminds of. ok is
// false when there are none. A booking is not in it: from nine o'clock on it has a
// reminder of its own for that morning; of an earlier one those are rung at 7:30 who
// asked for it, and nobody else is told.
func CatchUp(d outbox.Delivery, now time.Time) (late outbox.Delivery, ok bool) {
	day, err := calendar.ParseDay(d.Facts["day"])
	if err != nil || d.Facts["late"] != "" || d.Doubt != 0 {
		return d, false
	}
	until := day.At(11, 0)
	switch {
	case d.Kind == "visit_eve" && d.Facts["part"] == "上午":
		until = day.At(10, 0)
	case d.Kind == "visit_eve":
	case d.Kind == "lecture_eve":
		if start := events.StartOf((townconfig.Lecture{Day: day, Time: d.Facts["time"]})).Add(-15 * time.Minute); start.Before(until) {
			until = start
		}
	default:
		return d, false
	}
	if now.After(until) || until.Before(day.At(9, 0)) {
		return d, false
	}
	d.Facts = maps.Clone(d.Facts)
	d.Facts["late"] = "yes"
	d.Earliest, d.Latest, d.Next = day.At(9, 0).Unix(), until.Unix(), 0
	return d, true
}

// sayMissed books the one message after somebody did not come, for the next
// evening. None for who has a new date, nor for who missed the booking before too:
// she has had hers.
func sayMissed(tx *record.Tx, a Appointment, now time.Time) error {
	day := calendar.DayOf(now)
	if !now.Before(day.At(20, 0)) {
		day++
	}
	at := day.At(18, 30)
	if at.Before(now) {
		at = now
	}
	for _, person := range a.people() {
		if _, err := personstore.LoadResident(tx, person); errors.Is(err, record.ErrNotFound) { // she left
			continue
		} else if err != nil {
			return err
		}
		if _, err := openOf(tx, person, a.Service); err == nil { // she has a new date already
			continue
		} else if !errors.Is(err, record.ErrNotFound) {
			return err
		}
		if told, err := missedBefore(tx, a, person); err != nil {
			return err
		} else if told {
			continue
		}
		d := a.About("missed", person, now)
		d.Earliest, d.Latest = at.Unix(), day.At(20, 0).Unix()
		if err := outbox.Promise(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// missedBefore reports whether somebody missed another booking of the service
// and has not come to one since.
func missedBefore(tx *record.Tx, a Appointment, person string) (bool, error) {
	missed := false
	for p, err := range tx.Parts(record.Prefix("appointments", person)) {
		if err != nil {
			return false, err
		}
		b, err := Load(tx, p[1])
		if err != nil {
			return false, err
		}
		if b.ID != a.ID && b.Service == a.Service && (b.State == Came || b.State == Missed) {
			missed = b.State == Missed
		}
	}
	return missed, nil
}

// dropUntrue drops what waits to be sent to a resident about bookings and offers
// and stands no longer.
func dropUntrue(tx *record.Tx, resident string, now time.Time) error {
	for _, pre := range [][]byte{record.Prefix("booked", "r:"+resident), record.Prefix("owed", "r:"+resident)} {
		all, err := outbox.LoadAt(tx, pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if AppointmentHours(d.Kind) == nil {
				continue
			}
			reason, err := StillValid(tx, d)
			if err != nil {
				return err
			}
			if reason == "" {
				continue
			}
			d.State, d.Reason, d.Settled = outbox.Dropped, reason, now.Unix()
			if err := outbox.Put(tx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// StillValid returns why a delivery about an appointment, or about a seat
// offered, is no longer true, "" while it is.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	if d.Kind == "offer" {
		return offerStands(tx, d)
	}
	a, err := Load(tx, d.Facts["appointment"])
	if errors.Is(err, record.ErrNotFound) {
		return "withdrawn", nil
	}
	if err != nil {
		return "", err
	}
	if !a.Has(d.About) {
		return "left", nil
	}
	which := strings.TrimPrefix(d.Kind, "appointment_")
	switch want := stateOf(which); {
	case a.State != want:
		return a.State.reason(), nil
	case a.Day.String() != d.Facts["day"] || a.Time != d.Facts["time"]:
		return "moved", nil
	case want == Missed:
		_, err := openOf(tx, d.About, a.Service)
		if errors.Is(err, record.ErrNotFound) {
			return "", nil
		}
		return "rebooked", err
	}
	for _, r := range a.reminders() {
		if r.Which == which && !a.reminds(d.About, r) {
			return "coming", nil
		}
	}
	return "", nil
}

// stateOf is the state in which an appointment must be for a message to be true.
func stateOf(which string) AppointmentState {
	switch which {
	case "missed":
		return Missed
	case "cancelled":
		return Cancelled
	}
	return Expected
}

// reason is why what was said of a booking is no longer true.
func (s AppointmentState) reason() string {
	if s == Expected {
		return "rebooked"
	}
	return string(s)
}
