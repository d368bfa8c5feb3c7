package bookings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Waiting is a place on a service's waiting list. The list is in the order in
// which people joined it; a place is kept when an offer comes to nothing.
type Waiting struct {
	ID, Resident, Service string
	Seats                 int
	Day                   calendar.Day `json:",omitempty"` // wants this day; 0 is any
	After                 calendar.Day `json:",omitempty"` // wants a day from here on: 年后再说
	Ring                  person.Ring  `json:",omitempty"`
	Since                 int64        // Unix seconds
	Place                 int          // grows with each who joins the service's list
	Offer                 *SeatOffer   `json:",omitempty"`
	Offers                int          `json:",omitempty"` // how many she was made
	Lapsed                *SeatOffer   `json:",omitempty"` // the last that she heard of and let go by; kept beside a newer Offer
	Passed                []string     `json:",omitempty"` // slots that were offered and let go by: not offered again
}

// SeatOffer is a free seat held for somebody on the waiting list. Its clock
// starts when the offer was sent and stops in quiet hours.
type SeatOffer struct {
	Day   calendar.Day
	Time  string
	Sent  int64 `json:",omitempty"` // Unix seconds; 0: not sent yet
	Until int64 `json:",omitempty"` // Unix seconds
}

// Seats are offered in slots that begin later than soon, long enough before for
// an answer; an offer that is not sent for unsent is made to the next.
const (
	soon     = 3 * time.Hour
	leastFor = 30 * time.Minute
	unsent   = 12 * time.Hour
	endsAt   = time.Hour // before the slot
)

// The limits of the waiting list.
var (
	OfferMinutes = townconfig.NewLimit("offer_minutes", 90, 15, 720, "候补的空位给她留多少分钟")
	// WaitingDays is how far ahead free seats are offered, and no further than the
	// service can be booked; published ones are offered however far.
	WaitingDays = townconfig.NewLimit("waiting_days", 60, 7, 366, "候补的人，几天内的空位会问到")
)

// holds reports whether a seat of the slot is held for her.
func (w Waiting) holds(o Slot) bool {
	return w.Offer != nil && w.Service == o.Service && w.Offer.Day == o.Day && w.Offer.Time == o.Time
}

// wants reports whether she waits for such a slot.
func (w Waiting) wants(day calendar.Day, hour string) bool {
	return (w.Day == 0 || w.Day == day) && day >= w.After && !slices.Contains(w.Passed, SlotName(day, hour))
}

func WaitingKey(w Waiting) string { return fmt.Sprintf("%08d", w.Place) }

// LoadWaiting returns somebody's place on a service's list, or ErrNotFound.
func LoadWaiting(tx *record.Tx, resident, service string) (Waiting, error) {
	at, err := tx.GetRaw(record.Key("waiting_of", resident, service))
	if errors.Is(err, record.ErrNotFound) {
		return Waiting{}, record.ErrNotFound
	}
	if err != nil {
		return Waiting{}, fmt.Errorf("get waiting_of: %w", err)
	}
	return record.Get[Waiting](tx, record.Key("waiting", service, string(at)))
}

// putWaiting keeps a place with the seats that are held for it; an offer that
// does not stand any more is not sent.
func putWaiting(tx *record.Tx, w Waiting, now time.Time) error {
	old, err := record.Optional(record.Get[Waiting](tx, record.Key("waiting", w.Service, WaitingKey(w))))
	if err != nil {
		return err
	}
	if err := moveHold(tx, old, w); err != nil {
		return err
	}
	if err := tx.Put(record.Key("waiting", w.Service, WaitingKey(w)), w); err != nil {
		return err
	}
	if err := tx.PutRaw(record.Key("waiting_of", w.Resident, w.Service), []byte(WaitingKey(w))); err != nil {
		return err
	}
	return dropUntrue(tx, w.Resident, now)
}

// dropWaiting takes somebody off a list, and lets go of the seats held for her.
func dropWaiting(tx *record.Tx, w Waiting, now time.Time) error {
	if err := moveHold(tx, w, Waiting{}); err != nil {
		return err
	}
	for _, k := range [][]byte{record.Key("waiting", w.Service, WaitingKey(w)), record.Key("waiting_of", w.Resident, w.Service)} {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return dropUntrue(tx, w.Resident, now)
}

// moveHold lets go of the seats that were held for a place and holds those that
// are held for it now.
func moveHold(tx *record.Tx, old, w Waiting) error {
	if o := old.Offer; o != nil {
		if err := change(tx, old.Service, o.Day, o.Time, 0, -old.Seats, 0); err != nil {
			return err
		}
		if err := tx.Delete(record.Key("offered", old.Service, WaitingKey(old))); err != nil {
			return err
		}
	}
	if o := w.Offer; o != nil {
		if err := change(tx, w.Service, o.Day, o.Time, 0, w.Seats, 0); err != nil {
			return err
		}
		return tx.PutRaw(record.Key("offered", w.Service, WaitingKey(w)), nil)
	}
	return nil
}

// JoinWaitingList puts a resident on the waiting list; one who stands there already keeps
// her place and changes what she waits for. What is free and fits is offered to
// her like to all others, so w.Passed names the slots (Slot.Key) that she was
// shown and does not want; slots that she once let go by are hers to be offered
// again. ErrTwice when she has an open booking of the service, ErrConsent for who
// said no to C1 or took it back, ErrNotFound for a resident outside the scope.
func JoinWaitingList(s person.Scope, w Waiting, cause string, now time.Time) (Waiting, error) {
	if ok, err := mayActFor(s, w.Resident); err != nil || !ok {
		return w, cmp.Or(err, record.ErrNotFound)
	}
	if w.Seats != 1 && w.Seats != 2 {
		return w, fmt.Errorf("wait for %d seats", w.Seats)
	}
	if err := consent.CheckRefused(s.Tx, w.Resident, purpose.Booking); err != nil {
		return w, err
	}
	if w.Service == "" || strings.ContainsAny(w.Service, "/\x00") {
		return w, record.ErrNotFound
	}
	if _, err := openOf(s.Tx, w.Resident, w.Service); !errors.Is(err, record.ErrNotFound) {
		return w, cmp.Or(err, record.ErrAlreadyExists)
	}
	old, err := record.Optional(LoadWaiting(s.Tx, w.Resident, w.Service))
	if err != nil {
		return w, err
	}
	w.ID, w.Since, w.Place, w.Offers, w.Offer, w.Lapsed = old.ID, old.Since, old.Place, old.Offers, old.Offer, nil
	if w.ID == "" {
		w.ID, w.Since = record.ID("waiting", cause), now.Unix()
		if w.Place, err = nextPlace(s.Tx, w.Service); err != nil {
			return w, err
		}
	} else if o := old.Offer; o != nil && (old.Seats != w.Seats || !w.wants(o.Day, o.Time)) {
		w.Offer = nil
	}
	if err := putWaiting(s.Tx, w, now); err != nil {
		return w, err
	}
	if err := offerAfter(s.Tx, w.Resident, w.Service, now); err != nil {
		return w, err
	}
	return LoadWaiting(s.Tx, w.Resident, w.Service)
}

// nextPlace is the end of a service's list.
func nextPlace(tx *record.Tx, service string) (int, error) {
	k := record.Key("queue", service)
	n, err := record.Optional(record.Get[int](tx, k))
	if err != nil {
		return 0, err
	}
	return n + 1, tx.Put(k, n+1)
}

// waits returns a resident's place for those who may know of it; ErrNotFound for
// others, and when she does not wait.
func waits(s person.Scope, resident, service string) (Waiting, error) {
	if ok, err := mayActFor(s, resident); err != nil || !ok {
		return Waiting{}, cmp.Or(err, record.ErrNotFound)
	}
	w, err := LoadWaiting(s.Tx, resident, service)
	if err != nil {
		return w, err
	}
	if ok, err := s.Knows(resident, "", w.Ring); err != nil || !ok {
		return Waiting{}, cmp.Or(err, record.ErrNotFound)
	}
	return w, nil
}

// WaitingOf returns a resident's place, and how many stand before her; ErrNotFound
// when she does not wait.
func WaitingOf(s person.Scope, resident, service string) (w Waiting, before int, err error) {
	if w, err = waits(s, resident, service); err != nil {
		return w, 0, err
	}
	for _, err := range s.Tx.Scan(record.Prefix("waiting", service), record.Key("waiting", service, WaitingKey(w))) {
		if err != nil {
			return w, 0, err
		}
		before++
	}
	return w, before, nil
}

// WaitsOf returns the places of one of the asker's own on the waiting lists, also
// for a service that the site does not name any more; ErrNotFound for anybody
// else.
func WaitsOf(s person.Scope, resident string) ([]Waiting, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	var out []Waiting
	for p, err := range s.Tx.Parts(record.Prefix("waiting_of", resident)) {
		if err != nil {
			return nil, err
		}
		w, err := LoadWaiting(s.Tx, resident, p[0])
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// CountWaiting returns how many people wait for a service.
func CountWaiting(tx *record.Tx, service string) (int, error) {
	n := 0
	for _, err := range tx.Scan(record.Prefix("waiting", service), record.PrefixEnd(record.Prefix("waiting", service))) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// LeaveWaitingList takes a resident off the list; a seat held for her goes to the next.
// ErrNotFound when she does not wait.
func LeaveWaitingList(s person.Scope, resident, service string, now time.Time) error {
	w, err := waits(s, resident, service)
	if err != nil {
		return err
	}
	if err := dropWaiting(s.Tx, w, now); err != nil || w.Offer == nil {
		return err
	}
	return offerAfter(s.Tx, resident, service, now)
}

// TakeOffer books the seat that a resident was offered. It returns ErrLate when
// the hour named is past and the seat went on (she keeps her place), ErrNotFound
// when nothing is offered to her.
func TakeOffer(s person.Scope, resident, service, cause string, now time.Time) (Appointment, error) {
	w, err := waits(s, resident, service)
	if err != nil {
		return Appointment{}, err
	}
	if w.Offer == nil {
		if w.Lapsed != nil {
			return Appointment{}, record.ErrExpired
		}
		return Appointment{}, record.ErrNotFound
	}
	if w.Offer.Until == 0 || now.Unix() < w.Offer.Until {
		a, err := Book(s, Appointment{Resident: resident, Service: service, Seats: w.Seats, Day: w.Offer.Day, Time: w.Offer.Time, Ring: w.Ring}, cause, now)
		if !errors.Is(err, record.ErrFull) && !errors.Is(err, record.ErrNotAvailable) {
			return a, err
		}
	}
	if err := lapse(s.Tx, w, now); err != nil {
		return Appointment{}, err
	}
	return Appointment{}, cmp.Or(offerAfter(s.Tx, resident, service, now), record.ErrExpired)
}
