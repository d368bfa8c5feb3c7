package storage

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
)

// Appointment is a booking of one person, or of a couple: one booking, two
// seats. The spouse is a seat only, until he agrees himself.
type Appointment struct {
	ID       string
	Number   string // 0128-07: month and day, and the how-manieth of the day; said aloud at the desk
	Service  string
	Resident string // who booked; "" once she had herself deleted
	Spouse   string `json:",omitempty"` // the resident on the second seat, once he agreed by the code or signed at the clinic
	Seats    int    // 1 or 2
	Day      calendar.Day
	Time     string // "08:30", UTC+8
	Ring     Ring   `json:",omitempty"` // who may ring when a message does not reach her
	State    AppointmentState
	Arrived  int64            `json:",omitempty"` // Unix seconds
	Done     int64            `json:",omitempty"` // Unix seconds
	Coming   int64            `json:",omitempty"` // Unix seconds: she answered 来
	Said     map[string]int64 `json:",omitempty"` // the same for each of the two, by resident
	By       string           `json:",omitempty"` // the cadre who booked for her, "" herself
	Booked   int64            // Unix seconds
	Changed  int64            `json:",omitempty"` // Unix seconds of the last move or end
	Nth      int              `json:",omitempty"` // which of the codes made of its id is the spouse's: no two open bookings share one

	Extra map[string]string `json:",omitempty"` // answers to questions that a town's own forms add
}

// AppointmentState is where an appointment stands.
type AppointmentState string

const (
	Expected  AppointmentState = "open"      // she has her seats
	Came      AppointmentState = "came"      // arrived at the clinic; Done says that she was through
	Missed    AppointmentState = "missed"    // did not come: no blame, one message
	Cancelled AppointmentState = "cancelled" // given up, or deleted
	Over      AppointmentState = "over"      // its day went by and the clinic noted nobody: nothing is known
)

// Ring is who may ring somebody whom a message did not reach.
type Ring string

const (
	RingNobody  Ring = ""
	RingOffice  Ring = "office"  // somebody of the town office
	RingContact Ring = "contact" // her contact in the village
)

// Start is the instant at which she is expected.
func (a Appointment) Start() time.Time { return startOf(a.Day, a.Time) }

// people are those of the booking who agreed to it themselves.
func (a Appointment) people() []string {
	return slices.DeleteFunc([]string{a.Resident, a.Spouse}, func(id string) bool { return id == "" })
}

func (a Appointment) has(resident string) bool { return slices.Contains(a.people(), resident) }

// taken is how many seats of its slot the appointment has.
func (a Appointment) taken() int {
	if a.State == Expected || a.State == Came {
		return a.Seats
	}
	return 0
}

// waitsForSpouse reports whether the second seat is still to be agreed to.
func (a Appointment) waitsForSpouse() bool {
	return a.State == Expected && a.Seats == 2 && a.Spouse == ""
}

// appointment reads a booking without asking who asks.
func (tx *Tx) appointment(id string) (Appointment, error) {
	return get[Appointment](tx, key("appointment", id))
}

// putAppointment keeps a booking with all by which it is found, its seats, and
// what its people are promised; what does not stand any more is dropped.
func (tx *Tx) putAppointment(a Appointment, now time.Time) (Appointment, error) {
	old, err := optional(tx.appointment(a.ID))
	if err != nil {
		return a, err
	}
	if a.waitsForSpouse() && !old.waitsForSpouse() {
		if a.Nth, err = tx.freeCode(a); err != nil {
			return a, err
		}
	}
	if err := tx.moveSeats(old, a); err != nil {
		return a, err
	}
	before, after := tx.appointmentKeys(old), tx.appointmentKeys(a)
	for k := range before {
		if _, ok := after[k]; !ok {
			if err := tx.delete([]byte(k)); err != nil {
				return a, err
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if err := tx.putRaw([]byte(k), []byte(after[k])); err != nil {
			return a, err
		}
	}
	if err := tx.put(key("appointment", a.ID), a); err != nil {
		return a, err
	}
	for _, person := range union(old.people(), a.people()) {
		if err := tx.dropUntrue(person, now); err != nil {
			return a, err
		}
	}
	if a.State != Expected {
		return a, nil
	}
	for _, person := range a.people() {
		if err := tx.remind(a, person, now); err != nil {
			return a, err
		}
	}
	return a, nil
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// moveSeats gives back the seats that a booking had and takes those it has now.
func (tx *Tx) moveSeats(old, a Appointment) error {
	if n := old.taken(); n > 0 {
		if err := tx.change(old.Service, old.Day, old.Time, -n, 0, 0); err != nil {
			return err
		}
	}
	if n := a.taken(); n > 0 {
		return tx.change(a.Service, a.Day, a.Time, n, 0, 0)
	}
	return nil
}

// appointmentKeys are the keys by which a booking is found, and what stands
// there. Its number is not among them: an earlier one still finds it.
func (tx *Tx) appointmentKeys(a Appointment) map[string]string {
	if a.ID == "" {
		return nil
	}
	out := map[string]string{string(key("on", a.Day.String(), a.Service, a.Time, a.ID)): ""}
	for _, person := range a.people() {
		out[string(key("appointments", person, a.Day.String(), a.ID))] = ""
		if a.State == Expected {
			out[string(key("appointment_of", person, a.Service))] = a.ID
		}
	}
	if a.waitsForSpouse() {
		out[string(tx.codeKey(tx.spouseCode(a.ID, a.Nth)))] = a.ID
	}
	return out
}

// number gives a booking the next number of its day. None is given out twice,
// so that two people never stand at the desk with one.
func (tx *Tx) number(a Appointment) (string, error) {
	k := key("numbers", a.Day.String())
	n, err := optional(get[int](tx, k))
	if err != nil {
		return "", err
	}
	if err := tx.put(k, n+1); err != nil {
		return "", err
	}
	_, month, day := a.Day.Date()
	number := fmt.Sprintf("%02d%02d-%02d", month, day, n+1)
	return number, tx.putRaw(key("number", number, a.Day.String()), []byte(a.ID))
}

// mayActFor reports whether the person may book for a resident: as herself, as
// clerk or clinician for anybody, as village worker for people of her villages;
// nobody by her office for her own family.
func (s Scope) mayActFor(resident string) (bool, error) {
	_, err := s.tx.Resident(resident)
	if err == nil && !s.own[resident] && !s.Person.Cadre.Has(Clerk, Clinician) {
		_, err = s.Resident(resident)
	}
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// self reports whether the person is one of the booking's own people.
func (s Scope) self(a Appointment) bool {
	return slices.ContainsFunc(a.people(), func(id string) bool { return s.own[id] })
}

// clinic reports whether the person does the clinic's part: clinician or clerk.
func (s Scope) clinic() bool { return s.Person.Cadre.Has(Clerk, Clinician) }

// seen returns a booking as the person may see it, ErrNotFound when she may not.
// A village worker sees those of her people who let her know of it, and of the
// two only such.
func (s Scope) seen(a Appointment) (Appointment, error) {
	if s.self(a) || s.clinic() && len(a.people()) > 0 {
		return a, nil
	}
	ok, err := s.mayActFor(a.Resident)
	if err == nil && ok {
		ok, err = s.knows(a.Resident, a.By, a.Ring)
	}
	if err != nil || !ok {
		return Appointment{}, cmp.Or(err, ErrNotFound)
	}
	if ok, err = s.mayActFor(a.Spouse); err == nil && ok {
		ok, err = s.knows(a.Spouse, "", RingNobody)
	}
	if err != nil {
		return Appointment{}, err
	}
	if !ok {
		a.Spouse, a.Said = "", nil
	}
	return a, nil
}

// withPeople returns a booking of which at least one of the people is there; to
// others it is not there either.
func (tx *Tx) withPeople(a Appointment) (Appointment, error) {
	for _, person := range a.people() {
		if _, err := tx.Resident(person); !errors.Is(err, ErrNotFound) {
			return a, err
		}
	}
	return Appointment{}, ErrNotFound
}

// openOne returns an open booking, whole, that the person may change; ErrHers where
// she may only see it.
func (s Scope) openOne(id string) (Appointment, error) {
	a, err := s.tx.appointment(id)
	if err != nil {
		return a, err
	}
	if _, err := s.seen(a); err != nil {
		return a, err
	}
	if a.State != Expected {
		return a, ErrNotFound
	}
	if may, err := s.MayChange(a); err != nil || !may {
		return a, cmp.Or(err, ErrHers)
	}
	return a, nil
}

// MayChange reports whether the person, who sees a booking, may move it and give it
// up: she herself, clerk and clinician, and a village worker where it was entrusted
// to the village. That the village may see it does not let the village change it.
func (s Scope) MayChange(a Appointment) (bool, error) {
	if s.self(a) || s.clinic() {
		return true, nil
	}
	return s.entrusted(a.Resident, a.By, a.Ring)
}

// note writes down, for those of a booking whom the person acts for by her
// office, what she did.
func (s Scope) note(a Appointment, what string, now time.Time) error {
	for _, person := range a.people() {
		if !s.own[person] && s.Person.Staff() {
			if err := s.tx.look(person, s.Person.Cadre.ID, what, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// Book gives a resident her seats and returns the appointment with its number.
// With it are booked the reminders that she is promised: at 18:30 three days
// before, the evening before, and at 07:30 the same morning for slots from 09:00
// (domain.md 7.3); a.ID is made of cause. Who may: she herself, clerk and
// clinician, and her contact where she lets the village see. It returns ErrFull
// when the seats are not left, ErrTwice when she has an open booking of the
// service, ErrPast for a slot that has begun or is none, ErrConsent for who said no
// to C1 or took it back, since the form was opened too, ErrNotFound for a
// resident outside the scope. A place on the waiting list for the service ends.
// A second call of the same cause returns the first one's booking.
func (s Scope) Book(a Appointment, cause string, now time.Time) (Appointment, error) {
	if ok, err := s.mayActFor(a.Resident); err != nil || !ok {
		return a, cmp.Or(err, ErrNotFound)
	}
	if a.Seats != 1 && a.Seats != 2 {
		return a, fmt.Errorf("book %d seats", a.Seats)
	}
	if err := s.tx.saidNo(a.Resident, C1); err != nil {
		return a, err
	}
	old, err := optional(s.tx.appointment(ID("appointment", cause, "0")))
	if err != nil {
		return a, err
	}
	if old.ID != "" && old.Resident == a.Resident && old.Service == a.Service {
		return old, nil
	}
	a = Appointment{Service: a.Service, Resident: a.Resident, Seats: a.Seats, Day: a.Day, Time: a.Time, Ring: a.Ring, Extra: a.Extra}
	if !s.own[a.Resident] {
		a.By = s.Person.Cadre.ID
	}
	if a, err = s.tx.book(a, cause, now); err != nil {
		return a, err
	}
	if err := s.note(a, "booked", now); err != nil {
		return a, err
	}
	return a, s.tell(a, "booked", now)
}

// book sells the seats. A refusal leaves everything as it was.
func (tx *Tx) book(a Appointment, cause string, now time.Time) (Appointment, error) {
	if _, err := tx.openOf(a.Resident, a.Service); !errors.Is(err, ErrNotFound) {
		return a, cmp.Or(err, ErrTwice)
	}
	w, err := optional(tx.waiting(a.Resident, a.Service))
	if err != nil {
		return a, err
	}
	if err := tx.fits(a, w, now); err != nil {
		return a, err
	}
	if w.ID != "" {
		if err := tx.dropWaiting(w, now); err != nil {
			return a, err
		}
	}
	if err := tx.useKept(a, w, now); err != nil {
		return a, err
	}
	if a.ID, err = tx.freeID("appointment", cause); err != nil {
		return a, err
	}
	if a.Number, err = tx.number(a); err != nil {
		return a, err
	}
	a.State, a.Booked = Expected, now.Unix()
	if a, err = tx.putAppointment(a, now); err != nil || w.Offer == nil {
		return a, err
	}
	return a, tx.offerAfter(a.Resident, a.Service, now) // what was held for her besides
}

// fits returns ErrPast or ErrFull when a booking cannot have its slot. Seats that
// are held for the same person (w) are hers.
func (tx *Tx) fits(a Appointment, w Waiting, now time.Time) error {
	o, err := tx.bookable(a.Service, a.Day, a.Time, now)
	if err != nil {
		return err
	}
	if w.holds(o) {
		o.Held -= w.Seats
	}
	today := calendar.DayOf(now)
	home, err := tx.Home(a.Resident, today)
	if err != nil {
		return err
	}
	if o.Free(today, home) < a.Seats {
		return ErrFull
	}
	return nil
}

// useKept counts the seats of somebody who comes home among those that were kept
// for such people; an offer (w) has counted them already.
func (tx *Tx) useKept(a Appointment, w Waiting, now time.Time) error {
	if w.holds(Slot{Service: a.Service, Day: a.Day, Time: a.Time}) {
		return nil
	}
	home, err := tx.Home(a.Resident, calendar.DayOf(now))
	if err != nil || !home {
		return err
	}
	return tx.change(a.Service, a.Day, a.Time, 0, 0, -a.Seats)
}

// Move takes an open appointment to another slot, keeping the old one when the
// new one is full (ErrFull) or past (ErrPast). It has a new number, the old one
// finds it still; reminders go along. Who of a couple did not move it herself is
// told. Freed seats are offered to the waiting list. ErrNotFound when it is not
// open any more.
func (s Scope) Move(id string, day calendar.Day, hour string, now time.Time) (Appointment, error) {
	a, err := s.openOne(id)
	if err != nil {
		return a, err
	}
	if a.Day == day && a.Time == hour {
		return s.seen(a)
	}
	b := a
	b.Day, b.Time, b.Changed, b.Coming, b.Said = day, hour, now.Unix(), 0, nil
	if err := s.tx.fits(b, Waiting{}, now); err != nil {
		return Appointment{}, err
	}
	if err := s.tx.useKept(b, Waiting{}, now); err != nil {
		return b, err
	}
	if b.Number, err = s.tx.number(b); err != nil {
		return b, err
	}
	if b, err = s.tx.putAppointment(b, now); err != nil {
		return b, err
	}
	if err := s.note(b, "moved", now); err != nil {
		return b, err
	}
	if err := s.tell(b, "moved", now); err != nil {
		return b, err
	}
	if _, err := s.tx.OfferSeats(b.Service, now); err != nil {
		return b, err
	}
	return s.seen(b)
}

// AnswerBooking keeps answers to questions that a town added to the form by which a
// booking is moved, beside what is known of it. ErrNotFound when it is not open.
func (s Scope) AnswerBooking(id string, answers map[string]string, now time.Time) error {
	a, err := s.openOne(id)
	if err != nil || len(answers) == 0 {
		return err
	}
	a.Extra = Beside(a.Extra, answers)
	_, err = s.tx.putAppointment(a, now)
	return err
}

// Beside is what was answered to a town's own questions before and now; the new
// answer to a question counts.
func Beside(before, now map[string]string) map[string]string {
	if len(before)+len(now) == 0 {
		return nil
	}
	out := maps.Clone(before)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, now)
	return out
}

// Cancel gives the seats back, and offers them to the waiting list. Her spouse
// who joined is told; when it is he who cancels, only his own seat goes and the
// booking stays hers alone. ErrNotFound when it is not open any more.
func (s Scope) Cancel(id string, now time.Time) (Appointment, error) {
	a, err := s.openOne(id)
	if err != nil {
		return a, err
	}
	a.Changed = now.Unix()
	if leaves := s.own[a.Spouse] && !s.own[a.Resident]; leaves {
		a.Said = without(a.Said, a.Spouse)
		a.Spouse, a.Seats = "", 1
	} else {
		a.State = Cancelled
	}
	if a, err = s.tx.putAppointment(a, now); err != nil {
		return a, err
	}
	if a.State == Cancelled {
		if err := s.note(a, "cancelled", now); err != nil {
			return a, err
		}
		if err := s.tell(a, "cancelled", now); err != nil {
			return a, err
		}
	}
	_, err = s.tx.OfferSeats(a.Service, now)
	return a, err
}

// without is a map without one key; the map itself is left as it is.
func without[V any](m map[string]V, k string) map[string]V {
	m = maps.Clone(m)
	delete(m, k)
	return m
}

// Appointment returns one by its id; ErrNotFound outside the scope.
func (s Scope) Appointment(id string) (Appointment, error) {
	a, err := s.tx.appointment(id)
	if err != nil {
		return a, err
	}
	return s.seen(a)
}

// Appointments returns what a resident has booked, as herself or as somebody's
// spouse, newest day first.
func (s Scope) Appointments(resident string, max int) ([]Appointment, error) {
	if ok, err := s.mayActFor(resident); err != nil || !ok {
		return nil, cmp.Or(err, ErrNotFound)
	}
	var all []Appointment
	for p, err := range s.tx.parts(prefix("appointments", resident)) {
		if err != nil {
			return nil, err
		}
		a, err := s.Appointment(p[1])
		if errors.Is(err, ErrNotFound) { // as the spouse of somebody whom the asker does not see
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return last(all, max), nil
}

// AppointmentOf returns the open booking of a resident for a service, as booker
// or as spouse; ErrNotFound when there is none.
func (s Scope) AppointmentOf(resident, service string) (Appointment, error) {
	if ok, err := s.mayActFor(resident); err != nil || !ok {
		return Appointment{}, cmp.Or(err, ErrNotFound)
	}
	a, err := s.tx.openOf(resident, service)
	if err != nil {
		return a, err
	}
	return s.seen(a)
}

// openOf returns the open booking of a resident for a service, or ErrNotFound.
func (tx *Tx) openOf(resident, service string) (Appointment, error) {
	id, err := tx.getRaw(key("appointment_of", resident, service))
	if errors.Is(err, ErrNotFound) {
		return Appointment{}, ErrNotFound
	}
	if err != nil {
		return Appointment{}, fmt.Errorf("get appointment_of: %w", err)
	}
	return tx.appointment(string(id))
}

// AppointmentsOn returns all appointments of a day but cancelled ones, by hour
// and number, for clerk and clinician (ErrScope for others); those of the asker's
// own family are left to her colleagues.
func (s Scope) AppointmentsOn(day calendar.Day) ([]Appointment, error) {
	if !s.clinic() {
		return nil, ErrScope
	}
	all, err := s.tx.appointmentsOn(day)
	if err != nil {
		return nil, err
	}
	var out []Appointment
	for _, a := range all {
		if s.self(a) {
			continue
		}
		if _, err := s.tx.withPeople(a); errors.Is(err, ErrNotFound) {
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
func (s Scope) BookedOn(day calendar.Day) ([]Appointment, error) {
	all, err := s.tx.appointmentsOn(day)
	if err != nil || len(s.villages) == 0 {
		return nil, err
	}
	var out []Appointment
	for _, a := range all {
		if _, err := s.villager(a.Resident); errors.Is(err, ErrNotFound) || err == nil && a.State != Expected {
			continue
		} else if err != nil {
			return nil, err
		}
		if _, err := s.seen(a); errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Appointment) int { return cmp.Compare(a.Time, b.Time) })
	return out, nil
}

// appointmentsOn returns all appointments of a day but cancelled ones.
func (tx *Tx) appointmentsOn(day calendar.Day) ([]Appointment, error) {
	var out []Appointment
	for p, err := range tx.parts(prefix("on", day.String())) {
		if err != nil {
			return nil, err
		}
		a, err := tx.appointment(p[2])
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
func (s Scope) AppointmentNumbered(number string, today calendar.Day) (Appointment, error) {
	if !s.clinic() {
		return Appointment{}, ErrScope
	}
	if !appointmentNumber.MatchString(number) {
		return Appointment{}, ErrNotFound
	}
	id := ""
	for p, err := range s.tx.scan(prefix("number", number), end(prefix("number", number))) {
		if err != nil {
			return Appointment{}, err
		}
		id = string(p.Value)
	}
	if id == "" {
		return Appointment{}, ErrNotFound
	}
	return s.atDesk(id)
}

// atDesk returns an appointment for clinician and clerk, but not one of their own
// family: ErrScope for others, ErrNotFound for that.
func (s Scope) atDesk(id string) (Appointment, error) {
	if !s.clinic() {
		return Appointment{}, ErrScope
	}
	a, err := s.tx.appointment(id)
	if err == nil && s.self(a) {
		err = ErrNotFound
	}
	if err != nil {
		return Appointment{}, err
	}
	return s.tx.withPeople(a)
}

// Guest returns the resident of an appointment, or her spouse who joined it, for
// clerk and clinician, and notes the look.
func (s Scope) Guest(a Appointment, resident, what string, now time.Time) (Resident, error) {
	a, err := s.atDesk(a.ID)
	if err != nil {
		return Resident{}, err
	}
	if !a.has(resident) {
		return Resident{}, ErrNotFound
	}
	r, err := s.tx.Resident(resident)
	if err != nil {
		return r, err
	}
	return r, s.tx.look(resident, s.Person.Cadre.ID, what, now)
}

// SetRing keeps who may ring her.
func (s Scope) SetRing(id string, ring Ring, now time.Time) error {
	a, err := s.openOne(id)
	if err != nil {
		return err
	}
	a.Ring = ring
	return s.tx.put(key("appointment", a.ID), a)
}

// Coming keeps that she answered 来, or said so to staff who rang: no more
// reminders for her, but the evening before where that is more than a day later.
// Of a couple each answers for herself.
func (s Scope) Coming(id string, now time.Time) error {
	a, err := s.openOne(id)
	if err != nil {
		return err
	}
	self := s.self(a)
	a.Coming, a.Said = now.Unix(), maps.Clone(a.Said)
	if a.Said == nil {
		a.Said = map[string]int64{}
	}
	for _, person := range a.people() {
		if s.own[person] || !self {
			a.Said[person] = now.Unix()
		}
	}
	_, err = s.tx.putAppointment(a, now)
	return err
}

// Arrive, Finish and Miss are the clinic's (clinician and clerk; ErrScope for
// others): she is here, she is through, she did not come. A miss gives the seats
// back and books one message without blame for 18:30, never a second before she
// came once. Who was noted as missed may arrive after all. They return ErrPast
// before the day (Miss: before the hour) and ErrNotFound for a booking that was
// cancelled.
func (s Scope) Arrive(id string, now time.Time) (Appointment, error) {
	return s.atClinic(id, "arrived", now, func(a *Appointment) error {
		if a.State == Came {
			return nil
		}
		a.State, a.Arrived = Came, now.Unix()
		return nil
	})
}

func (s Scope) Finish(id string, now time.Time) (Appointment, error) {
	return s.atClinic(id, "finished", now, func(a *Appointment) error {
		if a.Done != 0 {
			return nil
		}
		a.State, a.Arrived, a.Done = Came, cmp.Or(a.Arrived, now.Unix()), now.Unix()
		return nil
	})
}

func (s Scope) Miss(id string, now time.Time) (Appointment, error) {
	return s.atClinic(id, "missed", now, func(a *Appointment) error {
		switch {
		case a.State == Missed:
			return nil
		case now.Before(a.Start()):
			return ErrPast
		}
		a.State, a.Arrived, a.Done = Missed, 0, 0 // she may have been noted as arrived by mistake
		return nil
	})
}

// atClinic changes an appointment that is not cancelled and writes down who did
// it.
func (s Scope) atClinic(id, what string, now time.Time, change func(*Appointment) error) (Appointment, error) {
	old, err := s.atDesk(id)
	if err != nil {
		return old, err
	}
	if old.State == Cancelled {
		return Appointment{}, ErrNotFound
	}
	if old.Day > calendar.DayOf(now) {
		return Appointment{}, ErrPast
	}
	a := old
	if err := change(&a); err != nil {
		return Appointment{}, err
	}
	if a.State == old.State && a.Done == old.Done {
		return a, nil
	}
	a.Changed = now.Unix()
	if a, err = s.tx.putAppointment(a, now); err != nil {
		return a, err
	}
	if (a.Done == 0) != (old.Done == 0) {
		if err := s.tx.served(ServiceDone{Appointment: a.ID, Resident: a.Resident, Service: a.Service, Day: a.Day, Done: a.Done != 0}, s.Person.Cadre.ID, now); err != nil {
			return a, err
		}
	}
	if a.State == Missed {
		if err := s.tx.sayMissed(a, now); err != nil {
			return a, err
		}
	}
	return a, s.note(a, what, now)
}

// CloseDay ends the open bookings of a day that has gone by, and the places of
// those who waited for that very day: where the clinic noted who came for the
// service, the others are missed, and told so once while it is news (until the
// evening after); where it noted nobody, nothing is known and nothing is said.
// Of today, from 18:00, only what is missed is ended. It returns how many
// bookings it ended.
func (tx *Tx) CloseDay(day calendar.Day, now time.Time) (int, error) {
	today := calendar.DayOf(now)
	if day > today || now.Before(day.At(18, 0)) {
		return 0, nil
	}
	all, err := tx.appointmentsOn(day)
	if err != nil {
		return 0, err
	}
	noted := map[string]bool{}
	for _, a := range all {
		noted[a.Service] = noted[a.Service] || a.State == Came
	}
	n := 0
	for _, a := range all {
		if a.State != Expected || day == today && (!noted[a.Service] || now.Before(a.Start().Add(2*time.Hour))) {
			continue
		}
		if err := tx.endBooking(a, noted[a.Service], now); err != nil {
			return n, err
		}
		n++
	}
	if day == today {
		return n, nil
	}
	return n, tx.endWaits(day, now)
}

// endBooking ends a booking to which nobody came, or of which nothing is known.
func (tx *Tx) endBooking(a Appointment, missed bool, now time.Time) error {
	if a.State, a.Changed = Over, now.Unix(); missed {
		a.State = Missed
	}
	a, err := tx.putAppointment(a, now)
	if err != nil || !missed || a.Day < calendar.DayOf(now)-1 {
		return err
	}
	return tx.sayMissed(a, now)
}

// codeKey is where a spouse's code is found; the code itself is not kept.
func (tx *Tx) codeKey(code string) []byte { return key("spouse", tx.keyed("spouse code", code)) }

// spouseCode is the nth code made of a booking's id.
func (tx *Tx) spouseCode(id string, n int) string {
	b, _ := hex.DecodeString(tx.keyed("spouse", id, strconv.Itoa(n)))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(b)%100_000_000)
}

// freeCode returns which of a booking's codes no other has.
func (tx *Tx) freeCode(a Appointment) (int, error) {
	for n := a.Nth; ; n++ {
		taken, err := tx.has(tx.codeKey(tx.spouseCode(a.ID, n)))
		if err != nil || !taken {
			return n, err
		}
	}
}

// SpouseCode returns the code (8 digits) by which the second person of a couple's
// booking joins it himself; ErrNotFound when there is nobody to join it.
func (s Scope) SpouseCode(id string) (string, error) {
	a, err := s.openOne(id)
	if err == nil && !a.waitsForSpouse() {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return s.tx.spouseCode(a.ID, a.Nth), nil
}

// SpouseOf returns the open appointment that a code belongs to; ErrNotFound for
// none. Wrong codes count as tries (Try, Locked), which is up to the caller: he
// knows whose WeChat it is.
func (tx *Tx) SpouseOf(code string, now time.Time) (Appointment, error) {
	id, err := tx.getRaw(tx.codeKey(code))
	if errors.Is(err, ErrNotFound) {
		return Appointment{}, ErrNotFound
	}
	if err != nil {
		return Appointment{}, fmt.Errorf("get spouse: %w", err)
	}
	a, err := tx.appointment(string(id))
	if err == nil && a.Day < calendar.DayOf(now) {
		err = ErrNotFound
	}
	return a, err
}

// Join puts a resident, who agreed (C1), on the second seat of a couple's
// booking. His notices are his alone, and a place on the waiting list ends. It
// returns ErrNotFound for a wrong code or a resident outside the scope, ErrTwice
// when he has an open booking of the service, or it is her own, ErrConsent when he
// said no.
func (s Scope) Join(code, resident string, now time.Time) (Appointment, error) {
	if ok, err := s.mayActFor(resident); err != nil || !ok {
		return Appointment{}, cmp.Or(err, ErrNotFound)
	}
	if err := s.tx.saidNo(resident, C1); err != nil {
		return Appointment{}, err
	}
	a, err := s.tx.SpouseOf(code, now)
	if err != nil {
		return a, err
	}
	if _, err := s.tx.openOf(resident, a.Service); !errors.Is(err, ErrNotFound) {
		return Appointment{}, cmp.Or(err, ErrTwice)
	}
	w, err := optional(s.tx.waiting(resident, a.Service))
	if err != nil {
		return a, err
	}
	if w.ID != "" {
		if err := s.tx.dropWaiting(w, now); err != nil {
			return a, err
		}
	}
	a.Spouse = resident
	if a, err = s.tx.putAppointment(a, now); err != nil || w.Offer == nil {
		return a, err
	}
	return a, s.tx.offerAfter(resident, a.Service, now)
}

// giveUpSeats cancels what a resident has booked and takes her off the waiting
// lists: a spouse who joined keeps his seat, as a booking of his own; where she
// is the spouse, the seat stays and she is not on it any more.
func (tx *Tx) giveUpSeats(resident string, now time.Time) error {
	services := map[string]bool{}
	for p, err := range tx.scan(prefix("appointment_of", resident), end(prefix("appointment_of", resident))) {
		if err != nil {
			return err
		}
		a, err := tx.appointment(string(p.Value))
		if err != nil {
			return err
		}
		a.Changed, a.Said = now.Unix(), without(a.Said, resident)
		switch {
		case a.Spouse == resident:
			a.Spouse = ""
		case a.Spouse != "":
			a.Resident, a.Spouse, a.Seats, a.Ring = a.Spouse, "", 1, RingNobody
		default:
			a.State = Cancelled
		}
		if _, err := tx.putAppointment(a, now); err != nil {
			return err
		}
		services[a.Service] = true
	}
	for p, err := range tx.parts(prefix("waiting_of", resident)) {
		if err != nil {
			return err
		}
		w, err := tx.waiting(resident, p[0])
		if err != nil {
			return err
		}
		if err := tx.dropWaiting(w, now); err != nil {
			return err
		}
		services[w.Service] = true
	}
	_, err := tx.offerEach(services, now)
	return err
}

// dropSeats gives up what a resident has booked and takes her out of what she
// once had booked: of her nothing is left but that a seat was taken.
func (tx *Tx) dropSeats(resident string, now time.Time) error {
	if err := tx.giveUpSeats(resident, now); err != nil {
		return err
	}
	for p, err := range tx.parts(prefix("appointments", resident)) {
		if err != nil {
			return err
		}
		a, err := tx.appointment(p[1])
		if err != nil {
			return err
		}
		a.Said = without(a.Said, resident)
		if a.Spouse == resident {
			a.Spouse = ""
		} else {
			a.Resident, a.Ring = "", RingNobody
		}
		if _, err := tx.putAppointment(a, now); err != nil {
			return err
		}
	}
	return nil
}

// idLength is how long what ID makes is.
const idLength = 8

// appointmentTies are the bookings of a resident that were not given up.
func appointmentTies(tx *Tx, resident string) ([]Tie, error) {
	var out []Tie
	for p, err := range tx.parts(prefix("appointments", resident)) {
		if err != nil {
			return nil, err
		}
		a, err := optional(tx.appointment(p[len(p)-1]))
		if err != nil {
			return nil, err
		}
		if a.ID != "" && a.State != Cancelled {
			return append(out, Tie{}), nil // one is enough
		}
	}
	return out, nil
}

// withdrawnSeats gives up what a resident has booked, with the consent to booking.
func withdrawnSeats(tx *Tx, resident string, set Set, now time.Time) error {
	if set != C1 {
		return nil
	}
	return tx.giveUpSeats(resident, now)
}
