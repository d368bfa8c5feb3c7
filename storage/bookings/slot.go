package bookings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Slot is an hour of a service with its seats; a seat is one person.
type Slot struct {
	Service  string
	Day      calendar.Day
	Time     string // "08:30", UTC+8
	Capacity int
	Taken    int          // booked
	Held     int          // held by offers to people on the waiting list that are still open
	Kept     int          `json:",omitempty"` // kept, until KeptTill, for people who said that they would be home
	KeptTill calendar.Day `json:",omitempty"`
}

// Start is the instant at which the slot begins.
func (s Slot) Start() time.Time { return startOf(s.Day, s.Time) }

// Free returns how many persons can still book; seats kept for people who come
// home count for those only (home).
func (s Slot) Free(today calendar.Day, home bool) int {
	free := s.Capacity - s.Taken - s.Held
	if !home && today <= s.KeptTill {
		free -= s.Kept
	}
	return max(0, free)
}

// Key names the slot among those of its service, as Waiting.Passed does:
// "2027-01-28T08:30".
func (s Slot) Key() string { return SlotName(s.Day, s.Time) }

func SlotName(day calendar.Day, hour string) string { return day.String() + "T" + hour }

// startOf is the instant of an hour of a day; the day's beginning for what is
// no hour.
func startOf(day calendar.Day, hour string) time.Time {
	t, err := time.Parse("15:04", hour)
	if err != nil {
		return day.At(0, 0)
	}
	return day.At(t.Hour(), t.Minute())
}

// seats is what is kept of a slot once somebody booked it, or it was released;
// the capacity is the rule's unless it was released.
type seats struct {
	Capacity *int         `json:",omitempty"`
	Taken    int          `json:",omitempty"`
	Held     int          `json:",omitempty"`
	Kept     int          `json:",omitempty"`
	KeptTill calendar.Day `json:",omitempty"`
}

// on returns the slot o with its seats, as far as they are kept.
func (r seats) on(o Slot) Slot {
	if r.Capacity != nil {
		o.Capacity = *r.Capacity
	}
	o.Taken, o.Held, o.Kept, o.KeptTill = r.Taken, r.Held, r.Kept, r.KeptTill
	return o
}

func slotKey(service string, day calendar.Day, hour string) []byte {
	return record.Key("slot", service, day.String(), strings.ReplaceAll(hour, ":", ""))
}

// farthest is how far ahead a slot can be asked for; what lies behind it is a
// slip of the finger.
const farthest = 800

// isSlot reports whether there can be a slot of that name at all. What is typed
// gets as far as here.
func isSlot(service string, day calendar.Day, hour string, now time.Time) bool {
	t, err := time.Parse("15:04", hour)
	today := calendar.DayOf(now)
	return err == nil && t.Format("15:04") == hour && service != "" && !strings.ContainsAny(service, "/\x00") &&
		day >= today && day < today+farthest
}

// LoadSlot returns an hour of a service, with no capacity where it is not open.
func LoadSlot(tx *record.Tx, service string, day calendar.Day, hour string) (Slot, error) {
	o := Slot{Service: service, Day: day, Time: hour}
	site, err := townconfig.Current(tx)
	if err != nil {
		return o, err
	}
	for _, open := range site.OpenOn(service, day, site.Holidays()) {
		if open.Time == hour {
			o.Capacity = open.Capacity
		}
	}
	r, err := record.Optional(record.Get[seats](tx, slotKey(service, day, hour)))
	return r.on(o), err
}

// bookable returns the slot in which somebody may have a seat; ErrPast when it
// has begun or there is none.
func bookable(tx *record.Tx, service string, day calendar.Day, hour string, now time.Time) (Slot, error) {
	if !isSlot(service, day, hour, now) {
		return Slot{}, record.ErrNotAvailable
	}
	o, err := LoadSlot(tx, service, day, hour)
	if err == nil && (o.Capacity <= 0 || !o.Start().After(now)) {
		err = record.ErrNotAvailable
	}
	return o, err
}

// change adds to the seats that are taken, held and kept; what nobody has any
// more and nobody released is forgotten.
func change(tx *record.Tx, service string, day calendar.Day, hour string, taken, held, kept int) error {
	k := slotKey(service, day, hour)
	r, err := record.Optional(record.Get[seats](tx, k))
	if err != nil {
		return err
	}
	r.Taken, r.Held, r.Kept = r.Taken+taken, r.Held+held, max(0, r.Kept+kept)
	if r.Taken < 0 || r.Held < 0 {
		return fmt.Errorf("slot %s %s: %d taken, %d held", service, SlotName(day, hour), r.Taken, r.Held)
	}
	if r == (seats{KeptTill: r.KeptTill}) {
		return tx.Delete(k)
	}
	return tx.Put(k, r)
}

// Slots returns the slots of a service from one day to another, full ones too,
// by day and hour: those of the site's openings and those that were released.
// What has begun at now is left out.
func Slots(tx *record.Tx, service string, from, to calendar.Day, now time.Time) ([]Slot, error) {
	from = max(from, calendar.DayOf(now))
	to = min(to, from+farthest)
	if from > to || service == "" || strings.ContainsAny(service, "/\x00") {
		return nil, nil
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return nil, err
	}
	var out []Slot
	holidays := site.Holidays()
	for day := from; day <= to; day++ {
		for _, o := range site.OpenOn(service, day, holidays) {
			out = append(out, Slot{Service: service, Day: day, Time: o.Time, Capacity: o.Capacity})
		}
	}
	if out, err = withSeats(tx, out, service, from, to); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(o Slot) bool { return o.Capacity <= 0 || !o.Start().After(now) }), nil
}

// withSeats returns slots, which are sorted, with the seats that are kept of
// them and with those that were released besides.
func withSeats(tx *record.Tx, slots []Slot, service string, from, to calendar.Day) ([]Slot, error) {
	pre := record.Prefix("slot", service)
	i, ruled := 0, len(slots)
	for p, err := range tx.Scan(append(record.Prefix("slot", service), from.String()...), append(record.Prefix("slot", service), (to+1).String()...)) {
		if err != nil {
			return nil, err
		}
		r, err := record.Get[seats](tx, p.Key)
		if err != nil {
			return nil, err
		}
		o, err := readSlot(service, string(p.Key[len(pre):]))
		if err != nil {
			return nil, err
		}
		for i < ruled && compareSlots(slots[i], o) < 0 {
			i++
		}
		if i < ruled && compareSlots(slots[i], o) == 0 {
			slots[i] = r.on(slots[i])
			continue
		}
		slots = append(slots, r.on(o))
	}
	slices.SortFunc(slots, compareSlots)
	return slots, nil
}

func compareSlots(a, b Slot) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(a.Time, b.Time))
}

// readSlot reads what stands in a slot's key behind its service.
func readSlot(service, at string) (Slot, error) {
	d, hour, _ := strings.Cut(at, "/")
	day, err := calendar.ParseDay(d)
	if err != nil || len(hour) != 4 {
		return Slot{}, fmt.Errorf("read slot: not a slot's key")
	}
	return Slot{Service: service, Day: day, Time: hour[:2] + ":" + hour[2:]}, nil
}

// PublishSlots opens slots beyond the site's rule, or changes how many seats one has
// (the clerk: ErrScope otherwise; ErrPast, and nothing done, when one of them has
// begun or is none), and offers them to the waiting list first. Capacity is what
// the slot has from now on, not what is added. Of the seats that the list leaves,
// Kept are kept until KeptTill for people who said that they would be home. It
// returns how many people on the list were offered a seat. The same release
// twice does nothing more.
func PublishSlots(s person.Scope, slots []Slot, cause string, now time.Time) (offered int, err error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return 0, record.ErrScope
	}
	for _, o := range slots {
		if !isSlot(o.Service, o.Day, o.Time, now) || !o.Start().After(now) || o.Capacity < 0 {
			return 0, record.ErrNotAvailable
		}
	}
	services := map[string]bool{}
	for _, o := range slots {
		r, err := record.Optional(record.Get[seats](s.Tx, slotKey(o.Service, o.Day, o.Time)))
		if err != nil {
			return 0, err
		}
		r.Capacity, r.Kept, r.KeptTill = &o.Capacity, 0, 0
		if err := s.Tx.Put(slotKey(o.Service, o.Day, o.Time), r); err != nil {
			return 0, err
		}
		services[o.Service] = true
	}
	if offered, err = offerEach(s.Tx, services, now); err != nil {
		return 0, err
	}
	for _, o := range slots {
		if o.Kept > 0 && o.KeptTill != 0 {
			if err := keepSeats(s.Tx, o); err != nil {
				return 0, err
			}
		}
	}
	return offered, nil
}

// keepSeats keeps, of what is free in a slot, o.Kept seats for people who come
// home.
func keepSeats(tx *record.Tx, o Slot) error {
	k := slotKey(o.Service, o.Day, o.Time)
	r, err := record.Get[seats](tx, k)
	if err != nil {
		return err
	}
	r.Kept, r.KeptTill = min(o.Kept, r.on(o).Free(o.KeptTill, true)), o.KeptTill
	return tx.Put(k, r)
}

// HomeFrom returns the first day on which a resident who is away said that she would
// be home, 0 where she said none.
func HomeFrom(tx *record.Tx, resident string) (calendar.Day, error) {
	a, err := migration.LoadOpen(tx, resident)
	return cmp.Or(a.ExpectedFrom, a.ExpectedDay), err
}

// backFor is how many days after she came home somebody still counts as one who
// said that she would.
const backFor = 30

// Home reports whether a resident has told (away card) that she is away and
// comes home, or came home this month: seats kept for such people are hers too.
func Home(tx *record.Tx, resident string, today calendar.Day) (bool, error) {
	for a, err := range record.List[migration.Absence](tx, record.Prefix("away", resident)) {
		if err != nil {
			return false, err
		}
		if a.Kind == "" && a.Back == 0 || a.Back != 0 && a.Back+backFor >= today {
			return true, nil
		}
	}
	return false, nil
}
