package bookings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
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
	Time     string           // "08:30", UTC+8
	Ring     personstore.Ring `json:",omitempty"` // who may ring when a message does not reach her
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

const (
	RingOffice personstore.Ring = "office" // somebody of the town office
)

// Start is the instant at which she is expected.
func (a Appointment) Start() time.Time { return startOf(a.Day, a.Time) }

// people are those of the booking who agreed to it themselves.
func (a Appointment) people() []string {
	return slices.DeleteFunc([]string{a.Resident, a.Spouse}, func(id string) bool { return id == "" })
}

func (a Appointment) Has(resident string) bool { return slices.Contains(a.people(), resident) }

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

// Load reads a booking without asking who asks.
func Load(tx *record.Tx, id string) (Appointment, error) {
	return record.Get[Appointment](tx, record.Key("appointment", id))
}

// Put keeps a booking with all by which it is found, its seats, and
// what its people are promised; what does not stand any more is dropped.
func Put(tx *record.Tx, a Appointment, now time.Time) (Appointment, error) {
	old, err := record.Optional(Load(tx, a.ID))
	if err != nil {
		return a, err
	}
	if a.waitsForSpouse() && !old.waitsForSpouse() {
		if a.Nth, err = freeCode(tx, a); err != nil {
			return a, err
		}
	}
	if err := moveSeats(tx, old, a); err != nil {
		return a, err
	}
	before, after := AppointmentKeys(tx, old), AppointmentKeys(tx, a)
	for k := range before {
		if _, ok := after[k]; !ok {
			if err := tx.Delete([]byte(k)); err != nil {
				return a, err
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if err := tx.PutRaw([]byte(k), []byte(after[k])); err != nil {
			return a, err
		}
	}
	if err := tx.Put(record.Key("appointment", a.ID), a); err != nil {
		return a, err
	}
	for _, person := range union(old.people(), a.people()) {
		if err := dropUntrue(tx, person, now); err != nil {
			return a, err
		}
	}
	if a.State != Expected {
		return a, nil
	}
	for _, person := range a.people() {
		if err := remind(tx, a, person, now); err != nil {
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
func moveSeats(tx *record.Tx, old, a Appointment) error {
	if n := old.taken(); n > 0 {
		if err := change(tx, old.Service, old.Day, old.Time, -n, 0, 0); err != nil {
			return err
		}
	}
	if n := a.taken(); n > 0 {
		return change(tx, a.Service, a.Day, a.Time, n, 0, 0)
	}
	return nil
}

// AppointmentKeys are the keys by which a booking is found, and what stands
// there. Its number is not among them: an earlier one still finds it.
func AppointmentKeys(tx *record.Tx, a Appointment) map[string]string {
	if a.ID == "" {
		return nil
	}
	out := map[string]string{string(record.Key("on", a.Day.String(), a.Service, a.Time, a.ID)): ""}
	for _, person := range a.people() {
		out[string(record.Key("appointments", person, a.Day.String(), a.ID))] = ""
		if a.State == Expected {
			out[string(record.Key("appointment_of", person, a.Service))] = a.ID
		}
	}
	if a.waitsForSpouse() {
		out[string(codeKey(tx, spouseCode(tx, a.ID, a.Nth)))] = a.ID
	}
	return out
}

// number gives a booking the next number of its day. None is given out twice,
// so that two people never stand at the desk with one.
func number(tx *record.Tx, a Appointment) (string, error) {
	k := record.Key("numbers", a.Day.String())
	n, err := record.Optional(record.Get[int](tx, k))
	if err != nil {
		return "", err
	}
	if err := tx.Put(k, n+1); err != nil {
		return "", err
	}
	_, month, day := a.Day.Date()
	number := fmt.Sprintf("%02d%02d-%02d", month, day, n+1)
	return number, tx.PutRaw(record.Key("number", number, a.Day.String()), []byte(a.ID))
}

// mayActFor reports whether the person may book for a resident: as herself, as
// clerk or clinician for anybody, as village worker for people of her villages;
// nobody by her office for her own family.
func mayActFor(s personstore.Scope, resident string) (bool, error) {
	_, err := personstore.LoadResident(s.Tx, resident)
	if err == nil && !s.Family[resident] && !s.Person.Cadre.Has(personstore.Clerk, personstore.Clinician) {
		_, err = s.Resident(resident)
	}
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Self reports whether the person is one of the booking's own people.
func Self(s personstore.Scope, a Appointment) bool {
	return slices.ContainsFunc(a.people(), func(id string) bool { return s.Family[id] })
}

// Clinic reports whether the person does the clinic's part: clinician or clerk.
func Clinic(s personstore.Scope) bool {
	return s.Person.Cadre.Has(personstore.Clerk, personstore.Clinician)
}

// Seen returns a booking as the person may see it, ErrNotFound when she may not.
// A village worker sees those of her people who let her know of it, and of the
// two only such.
func Seen(s personstore.Scope, a Appointment) (Appointment, error) {
	if Self(s, a) || Clinic(s) && len(a.people()) > 0 {
		return a, nil
	}
	ok, err := mayActFor(s, a.Resident)
	if err == nil && ok {
		ok, err = s.Knows(a.Resident, a.By, a.Ring)
	}
	if err != nil || !ok {
		return Appointment{}, cmp.Or(err, record.ErrNotFound)
	}
	if ok, err = mayActFor(s, a.Spouse); err == nil && ok {
		ok, err = s.Knows(a.Spouse, "", personstore.RingNobody)
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
func withPeople(tx *record.Tx, a Appointment) (Appointment, error) {
	for _, person := range a.people() {
		if _, err := personstore.LoadResident(tx, person); !errors.Is(err, record.ErrNotFound) {
			return a, err
		}
	}
	return Appointment{}, record.ErrNotFound
}

// openOne returns an open booking, whole, that the person may change; ErrHers where
// she may only see it.
func openOne(s personstore.Scope, id string) (Appointment, error) {
	a, err := Load(s.Tx, id)
	if err != nil {
		return a, err
	}
	if _, err := Seen(s, a); err != nil {
		return a, err
	}
	if a.State != Expected {
		return a, record.ErrNotFound
	}
	if may, err := MayChange(s, a); err != nil || !may {
		return a, cmp.Or(err, record.ErrNotDelegated)
	}
	return a, nil
}

// MayChange reports whether the person, who sees a booking, may move it and give it
// up: she herself, clerk and clinician, and a village worker where it was entrusted
// to the village. That the village may see it does not let the village change it.
func MayChange(s personstore.Scope, a Appointment) (bool, error) {
	if Self(s, a) || Clinic(s) {
		return true, nil
	}
	return s.Entrusted(a.Resident, a.By, a.Ring)
}

// note writes down, for those of a booking whom the person acts for by her
// office, what she did.
func note(s personstore.Scope, a Appointment, what string, now time.Time) error {
	for _, person := range a.people() {
		if !s.Family[person] && s.Person.Staff() {
			if err := personstore.LogAccessBy(s.Tx, person, s.Person.Cadre.ID, what, now); err != nil {
				return err
			}
		}
	}
	return nil
}
