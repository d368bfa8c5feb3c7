package storage

import (
	"time"

	"xintiexin/storage/calendar"
)

// Appointment is a booking of one person, or of a couple: one booking, two
// seats. The spouse is a seat only, until he agrees himself.
type Appointment struct {
	ID       string
	Number   string // 0128-07: month and day, and the how-manieth of the day; said aloud at the desk
	Service  string
	Resident string // who booked
	Spouse   string `json:",omitempty"` // the resident on the second seat, once he agreed by the code or signed at the clinic
	Seats    int    // 1 or 2
	Day      calendar.Day
	Time     string // "08:30", UTC+8
	Ring     Ring   `json:",omitempty"` // who may ring when a message does not reach her
	State    AppointmentState
	Arrived  int64  `json:",omitempty"` // Unix seconds
	Done     int64  `json:",omitempty"` // Unix seconds
	Coming   int64  `json:",omitempty"` // Unix seconds: she answered 来
	By       string `json:",omitempty"` // the cadre who booked for her, "" herself
	Booked   int64  // Unix seconds
	Changed  int64  `json:",omitempty"` // Unix seconds of the last move or end
}

// AppointmentState is where an appointment stands.
type AppointmentState string

const (
	Expected  AppointmentState = "open"      // she has her seats
	Came      AppointmentState = "came"      // arrived at the clinic; Done says that she was through
	Missed    AppointmentState = "missed"    // did not come: no blame, one message
	Cancelled AppointmentState = "cancelled" // given up, or deleted
)

// Ring is who may ring somebody whom a message did not reach.
type Ring string

const (
	RingNobody  Ring = ""
	RingOffice  Ring = "office"  // somebody of the town office
	RingContact Ring = "contact" // her contact in the village
)

// Book gives a resident her seats and returns the appointment with its number.
// With it are booked the reminders that she is promised: at 18:30 three days
// before, the evening before, and at 07:30 the same morning for slots from 09:00
// (domain.md 7.3); a.ID is made of cause. Who may: she herself, clerk and
// clinician, and her contact where she lets the village see. It returns ErrFull
// when the seats are not left, ErrTwice when she has an open booking of the
// service, ErrPast for a slot that has begun or is none, ErrNotFound for a
// resident outside the scope. A place on the waiting list for the service ends.
func (s Scope) Book(a Appointment, cause string, now time.Time) (Appointment, error) {
	return a, ErrFull
}

// Move takes an open appointment to another slot, keeping the old one when the
// new one is full (ErrFull) or past (ErrPast). It has a new number; reminders go
// along. Freed seats are offered to the waiting list.
func (s Scope) Move(id string, day calendar.Day, hour string, now time.Time) (Appointment, error) {
	return Appointment{}, ErrFull
}

// Cancel gives the seats back, and offers them to the waiting list.
func (s Scope) Cancel(id string, now time.Time) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// Appointment returns one by its id; ErrNotFound outside the scope.
func (s Scope) Appointment(id string) (Appointment, error) { return Appointment{}, ErrNotFound }

// Appointments returns what a resident has booked, as herself or as somebody's
// spouse, newest day first.
func (s Scope) Appointments(resident string, max int) ([]Appointment, error) { return nil, nil }

// AppointmentOf returns the open booking of a resident for a service, as booker
// or as spouse; ErrNotFound when there is none.
func (s Scope) AppointmentOf(resident, service string) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// AppointmentsOn returns all appointments of a day but cancelled ones, by hour
// and number, for clerk and clinician (ErrScope for others).
func (s Scope) AppointmentsOn(day calendar.Day) ([]Appointment, error) { return nil, nil }

// AppointmentNumbered returns the latest appointment of a number ("0128-07") for
// clerk and clinician.
func (s Scope) AppointmentNumbered(number string, today calendar.Day) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// Guest returns the resident of an appointment, or her spouse who joined it, for
// clerk and clinician, and notes the look.
func (s Scope) Guest(a Appointment, resident, what string, now time.Time) (Resident, error) {
	return Resident{}, ErrNotFound
}

// SetRing keeps who may ring her.
func (s Scope) SetRing(id string, ring Ring, now time.Time) error { return nil }

// Coming keeps that she answered 来.
func (s Scope) Coming(id string, now time.Time) error { return nil }

// Arrive, Finish and Miss are the clinic's (clinician and clerk): she is here,
// she is through, she did not come. A miss gives the seats back and books one
// message without blame for 18:30, never a second.
func (s Scope) Arrive(id string, now time.Time) (Appointment, error) { return Appointment{}, nil }
func (s Scope) Finish(id string, now time.Time) (Appointment, error) { return Appointment{}, nil }
func (s Scope) Miss(id string, now time.Time) (Appointment, error)   { return Appointment{}, nil }

// SpouseCode returns the code (8 digits) by which the second person of a couple's
// booking joins it himself.
func (s Scope) SpouseCode(id string) (string, error) { return "", nil }

// SpouseOf returns the open appointment that a code belongs to; ErrNotFound for
// none. Wrong codes count as tries (Try, Locked).
func (tx *Tx) SpouseOf(code string, now time.Time) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// Join puts a resident, who agreed (C1), on the second seat of a couple's
// booking. His notices are his alone.
func (s Scope) Join(code, resident string, now time.Time) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// appointmentStands returns why a delivery about an appointment is no longer
// true, "" while it is.
func (tx *Tx) appointmentStands(d Delivery) (string, error) { return "", nil }
