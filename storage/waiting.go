package storage

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// Waiting is a place on a service's waiting list. The list is in the order in
// which people joined it; a place is kept when an offer comes to nothing.
type Waiting struct {
	ID, Resident, Service string
	Seats                 int
	Day                   calendar.Day `json:",omitempty"` // wants this day; 0 is any
	After                 calendar.Day `json:",omitempty"` // wants a day from here on: 年后再说
	Ring                  Ring         `json:",omitempty"`
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

// offerDays is how far ahead seats are offered for a service that does not say
// how far it is open; released ones are offered however far.
const offerDays = 60

// holds reports whether a seat of the slot is held for her.
func (w Waiting) holds(o Slot) bool {
	return w.Offer != nil && w.Service == o.Service && w.Offer.Day == o.Day && w.Offer.Time == o.Time
}

// wants reports whether she waits for such a slot.
func (w Waiting) wants(day calendar.Day, hour string) bool {
	return (w.Day == 0 || w.Day == day) && day >= w.After && !slices.Contains(w.Passed, slotName(day, hour))
}

func waitingKey(w Waiting) string { return fmt.Sprintf("%08d", w.Place) }

// waiting returns somebody's place on a service's list, or ErrNotFound.
func (tx *Tx) waiting(resident, service string) (Waiting, error) {
	at, err := tx.getRaw(key("waiting_of", resident, service))
	if errors.Is(err, ErrNotFound) {
		return Waiting{}, ErrNotFound
	}
	if err != nil {
		return Waiting{}, fmt.Errorf("get waiting_of: %w", err)
	}
	return get[Waiting](tx, key("waiting", service, string(at)))
}

// putWaiting keeps a place with the seats that are held for it; an offer that
// does not stand any more is not sent.
func (tx *Tx) putWaiting(w Waiting, now time.Time) error {
	old, err := optional(get[Waiting](tx, key("waiting", w.Service, waitingKey(w))))
	if err != nil {
		return err
	}
	if err := tx.moveHold(old, w); err != nil {
		return err
	}
	if err := tx.put(key("waiting", w.Service, waitingKey(w)), w); err != nil {
		return err
	}
	if err := tx.putRaw(key("waiting_of", w.Resident, w.Service), []byte(waitingKey(w))); err != nil {
		return err
	}
	return tx.dropUntrue(w.Resident, now)
}

// dropWaiting takes somebody off a list, and lets go of the seats held for her.
func (tx *Tx) dropWaiting(w Waiting, now time.Time) error {
	if err := tx.moveHold(w, Waiting{}); err != nil {
		return err
	}
	for _, k := range [][]byte{key("waiting", w.Service, waitingKey(w)), key("waiting_of", w.Resident, w.Service)} {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	return tx.dropUntrue(w.Resident, now)
}

// moveHold lets go of the seats that were held for a place and holds those that
// are held for it now.
func (tx *Tx) moveHold(old, w Waiting) error {
	if o := old.Offer; o != nil {
		if err := tx.change(old.Service, o.Day, o.Time, 0, -old.Seats, 0); err != nil {
			return err
		}
		if err := tx.delete(key("offered", old.Service, waitingKey(old))); err != nil {
			return err
		}
	}
	if o := w.Offer; o != nil {
		if err := tx.change(w.Service, o.Day, o.Time, 0, w.Seats, 0); err != nil {
			return err
		}
		return tx.putRaw(key("offered", w.Service, waitingKey(w)), nil)
	}
	return nil
}

// Wait puts a resident on the waiting list; one who stands there already keeps
// her place and changes what she waits for. What is free and fits is offered to
// her like to all others, so w.Passed names the slots (Slot.Key) that she was
// shown and does not want; slots that she once let go by are hers to be offered
// again. ErrTwice when she has an open booking of the service, ErrConsent for who
// said no to C1 or took it back, ErrNotFound for a resident outside the scope.
func (s Scope) Wait(w Waiting, cause string, now time.Time) (Waiting, error) {
	if ok, err := s.mayActFor(w.Resident); err != nil || !ok {
		return w, cmp.Or(err, ErrNotFound)
	}
	if w.Seats != 1 && w.Seats != 2 {
		return w, fmt.Errorf("wait for %d seats", w.Seats)
	}
	if err := s.tx.saidNo(w.Resident, C1); err != nil {
		return w, err
	}
	if w.Service == "" || strings.ContainsAny(w.Service, "/\x00") {
		return w, ErrNotFound
	}
	if _, err := s.tx.openOf(w.Resident, w.Service); !errors.Is(err, ErrNotFound) {
		return w, cmp.Or(err, ErrTwice)
	}
	old, err := optional(s.tx.waiting(w.Resident, w.Service))
	if err != nil {
		return w, err
	}
	w.ID, w.Since, w.Place, w.Offers, w.Offer, w.Lapsed = old.ID, old.Since, old.Place, old.Offers, old.Offer, nil
	if w.ID == "" {
		w.ID, w.Since = ID("waiting", cause), now.Unix()
		if w.Place, err = s.tx.nextPlace(w.Service); err != nil {
			return w, err
		}
	} else if o := old.Offer; o != nil && (old.Seats != w.Seats || !w.wants(o.Day, o.Time)) {
		w.Offer = nil
	}
	if err := s.tx.putWaiting(w, now); err != nil {
		return w, err
	}
	if err := s.tx.offerAfter(w.Resident, w.Service, now); err != nil {
		return w, err
	}
	return s.tx.waiting(w.Resident, w.Service)
}

// nextPlace is the end of a service's list.
func (tx *Tx) nextPlace(service string) (int, error) {
	k := key("queue", service)
	n, err := optional(get[int](tx, k))
	if err != nil {
		return 0, err
	}
	return n + 1, tx.put(k, n+1)
}

// waits returns a resident's place for those who may know of it; ErrNotFound for
// others, and when she does not wait.
func (s Scope) waits(resident, service string) (Waiting, error) {
	if ok, err := s.mayActFor(resident); err != nil || !ok {
		return Waiting{}, cmp.Or(err, ErrNotFound)
	}
	w, err := s.tx.waiting(resident, service)
	if err != nil {
		return w, err
	}
	if ok, err := s.knows(resident, "", w.Ring); err != nil || !ok {
		return Waiting{}, cmp.Or(err, ErrNotFound)
	}
	return w, nil
}

// WaitingOf returns a resident's place, and how many stand before her; ErrNotFound
// when she does not wait.
func (s Scope) WaitingOf(resident, service string) (w Waiting, before int, err error) {
	if w, err = s.waits(resident, service); err != nil {
		return w, 0, err
	}
	for _, err := range s.tx.scan(prefix("waiting", service), key("waiting", service, waitingKey(w))) {
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
func (s Scope) WaitsOf(resident string) ([]Waiting, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	var out []Waiting
	for p, err := range s.tx.parts(prefix("waiting_of", resident)) {
		if err != nil {
			return nil, err
		}
		w, err := s.tx.waiting(resident, p[0])
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// CountWaiting returns how many people wait for a service.
func (tx *Tx) CountWaiting(service string) (int, error) {
	n := 0
	for _, err := range tx.scan(prefix("waiting", service), end(prefix("waiting", service))) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// Unwait takes a resident off the list; a seat held for her goes to the next.
// ErrNotFound when she does not wait.
func (s Scope) Unwait(resident, service string, now time.Time) error {
	w, err := s.waits(resident, service)
	if err != nil {
		return err
	}
	if err := s.tx.dropWaiting(w, now); err != nil || w.Offer == nil {
		return err
	}
	return s.tx.offerAfter(resident, service, now)
}

// TakeOffer books the seat that a resident was offered. It returns ErrLate when
// the hour named is past and the seat went on (she keeps her place), ErrNotFound
// when nothing is offered to her.
func (s Scope) TakeOffer(resident, service, cause string, now time.Time) (Appointment, error) {
	w, err := s.waits(resident, service)
	if err != nil {
		return Appointment{}, err
	}
	if w.Offer == nil {
		if w.Lapsed != nil {
			return Appointment{}, ErrLate
		}
		return Appointment{}, ErrNotFound
	}
	if w.Offer.Until == 0 || now.Unix() < w.Offer.Until {
		a, err := s.Book(Appointment{Resident: resident, Service: service, Seats: w.Seats, Day: w.Offer.Day, Time: w.Offer.Time, Ring: w.Ring}, cause, now)
		if !errors.Is(err, ErrFull) && !errors.Is(err, ErrPast) {
			return a, err
		}
	}
	if err := s.tx.lapse(w, now); err != nil {
		return Appointment{}, err
	}
	return Appointment{}, cmp.Or(s.tx.offerAfter(resident, service, now), ErrLate)
}

// OfferSeats offers free seats to the first on the list whom they fit, and books
// the messages. It is called by whatever frees a seat, and by the clock. A couple
// for whom there are not two is passed over and keeps its place; nobody has two
// offers at a time. It returns how many were offered.
func (tx *Tx) OfferSeats(service string, now time.Time) (int, error) {
	free, err := tx.offerable(service, now)
	if err != nil || len(free) == 0 {
		return 0, err
	}
	n := 0
	for w, err := range list[Waiting](tx, prefix("waiting", service)) {
		if err != nil {
			return n, err
		}
		if busy, err := tx.hasOffer(w.Resident); err != nil {
			return n, err
		} else if busy {
			continue
		}
		i, home, err := tx.firstFor(w, free, calendar.DayOf(now))
		if err != nil {
			return n, err
		}
		if i < 0 {
			continue
		}
		if err := tx.offer(w, &free[i], home, now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// offerable returns the slots of which a free seat can be offered now, the
// message in its hours and time left for an answer; none when nobody waits.
func (tx *Tx) offerable(service string, now time.Time) ([]Slot, error) {
	if n, err := tx.CountWaiting(service); err != nil || n == 0 {
		return nil, err
	}
	site, err := tx.Site()
	if err != nil {
		return nil, err
	}
	days := offerDays
	if s, ok := site.Service(service); ok && s.Ahead > 0 {
		days = s.Ahead
	}
	today := calendar.DayOf(now)
	to := today + calendar.Day(days)
	free, err := tx.Slots(service, today, to, now)
	if err != nil {
		return nil, err
	}
	released, err := tx.withSeats(nil, service, to+1, today+farthest)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(free, released...), func(o Slot) bool {
		_, ok := site.sendsOffer(o, now)
		return !ok || o.Free(today, true) == 0
	}), nil
}

// sendsOffer returns when the message of an offer can be sent; ok is false when
// that leaves too little time before the slot.
func (s *Site) sendsOffer(o Slot, now time.Time) (at time.Time, ok bool) {
	at, ok = s.Holidays().Decent(calendar.ResidentHours, now)
	latest := o.Start().Add(-endsAt - leastFor)
	return at, ok && o.Start().After(now.Add(soon)) && !at.After(latest)
}

// offerEnd is until when an offer that is sent at some instant stands: minutes
// later, the quiet hours not counted, and an hour before the slot at last; whole
// minutes, as it is said.
func offerEnd(sent time.Time, minutes int, o Slot) time.Time {
	left := time.Duration(minutes) * time.Minute
	t := sent
	for left > 0 {
		day := calendar.DayOf(t)
		open, shut := day.At(0, calendar.QuietTo), day.At(0, calendar.QuietFrom)
		if t.Before(open) {
			t = open
		}
		if t.Before(shut) {
			step := min(left, shut.Sub(t))
			t, left = t.Add(step), left-step
		}
		if left > 0 {
			t = (day + 1).At(0, calendar.QuietTo)
		}
	}
	if last := o.Start().Add(-endsAt); t.After(last) {
		t = last
	}
	return t.Truncate(time.Minute)
}

// hasOffer reports whether a seat is held for somebody, of whatever service.
func (tx *Tx) hasOffer(resident string) (bool, error) {
	for p, err := range tx.parts(prefix("waiting_of", resident)) {
		if err != nil {
			return false, err
		}
		w, err := tx.waiting(resident, p[0])
		if err != nil || w.Offer != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// firstFor returns which of the free slots fits somebody who waits, -1 for none,
// and whether she has a share in what is kept for people who come home.
func (tx *Tx) firstFor(w Waiting, free []Slot, today calendar.Day) (i int, home bool, err error) {
	if slices.ContainsFunc(free, func(o Slot) bool { return o.Kept > 0 }) {
		if home, err = tx.Home(w.Resident, today); err != nil {
			return -1, false, err
		}
	}
	return slices.IndexFunc(free, func(o Slot) bool { return w.wants(o.Day, o.Time) && o.Free(today, home) >= w.Seats }), home, nil
}

// offer holds the seats and books the message.
func (tx *Tx) offer(w Waiting, o *Slot, home bool, now time.Time) error {
	w.Offer, w.Offers = &SeatOffer{Day: o.Day, Time: o.Time}, w.Offers+1
	o.Held += w.Seats
	if home {
		o.Kept = max(0, o.Kept-w.Seats)
		if err := tx.change(o.Service, o.Day, o.Time, 0, 0, -w.Seats); err != nil {
			return err
		}
	}
	if err := tx.putWaiting(w, now); err != nil {
		return err
	}
	site, err := tx.Site()
	if err != nil {
		return err
	}
	at, _ := site.sendsOffer(*o, now)
	late := at.Add(unsent)
	if last := o.Start().Add(-endsAt - leastFor); late.After(last) {
		late = last
	}
	_, err = tx.Enqueue(Delivery{
		Cause: w.offerCause(), Kind: "offer", To: "r:" + w.Resident, About: w.Resident, Booked: now.Unix(),
		Earliest: now.Unix(), Latest: late.Unix(),
		Facts: map[string]string{"waiting": w.ID, "service": w.Service, "day": o.Day.String(), "time": o.Time},
	})
	return err
}

func (w Waiting) offerCause() string {
	return fmt.Sprintf("offer/%s/%s/%d", w.ID, slotName(w.Offer.Day, w.Offer.Time), w.Offers)
}

// offerStands returns why an offer is none any more, "" while it is.
func (tx *Tx) offerStands(d Delivery) (string, error) {
	w, err := optional(tx.waiting(d.About, d.Facts["service"]))
	if err != nil {
		return "", err
	}
	if w.Offer == nil || d.Cause != w.offerCause() {
		return "gone", nil
	}
	return "", nil
}

// offerAfter offers again after an offer to somebody came to an end: its seats,
// and hers on other lists, where she had to wait for the end of this one.
func (tx *Tx) offerAfter(resident, service string, now time.Time) error {
	services := map[string]bool{service: true}
	if err := tx.listsOf(resident, services); err != nil {
		return err
	}
	_, err := tx.offerEach(services, now)
	return err
}

// listsOf adds the services for which somebody waits.
func (tx *Tx) listsOf(resident string, services map[string]bool) error {
	for p, err := range tx.parts(prefix("waiting_of", resident)) {
		if err != nil {
			return err
		}
		services[p[0]] = true
	}
	return nil
}

func (tx *Tx) offerEach(services map[string]bool, now time.Time) (int, error) {
	all := 0
	for _, service := range slices.Sorted(maps.Keys(services)) {
		n, err := tx.OfferSeats(service, now)
		if err != nil {
			return all, err
		}
		all += n
	}
	return all, nil
}

// startOffer starts the clock of an offer whose message is sent now, and returns
// the delivery with the hour named ("until" in its facts, and "until_day"). A
// message that surely was not sent and is tried again starts it anew; one that
// may have been keeps the hour it may have named. Other deliveries are returned as
// they are.
func (tx *Tx) startOffer(d Delivery, now time.Time) (Delivery, error) {
	if d.Kind != "offer" {
		return d, nil
	}
	w, err := optional(tx.waiting(d.About, d.Facts["service"]))
	if err != nil || w.Offer == nil || d.Cause != w.offerCause() {
		return d, err
	}
	if w.Offer.Until == 0 || d.Doubt == 0 {
		site, err := tx.Site()
		if err != nil {
			return d, err
		}
		o := *w.Offer
		until := offerEnd(now, site.Limit("offer_minutes", 90), Slot{Day: o.Day, Time: o.Time})
		o.Sent, o.Until = now.Unix(), until.Unix()
		w.Offer = &o
		if err := tx.putWaiting(w, now); err != nil {
			return d, err
		}
	}
	until := time.Unix(w.Offer.Until, 0).In(calendar.Zone)
	d.Facts = maps.Clone(d.Facts)
	d.Facts["until"], d.Facts["until_day"] = until.Format("15:04"), calendar.DayOf(until).String()
	return d, nil
}

// unstartOffer takes the clock of an offer back whose message surely was not sent and
// waits to be tried again: nobody has been told of an hour. It does nothing for other
// deliveries.
func (tx *Tx) unstartOffer(d Delivery, now time.Time) error {
	if d.Kind != "offer" {
		return nil
	}
	w, err := optional(tx.waiting(d.About, d.Facts["service"]))
	if err != nil || w.Offer == nil || d.Cause != w.offerCause() {
		return err
	}
	o := *w.Offer
	o.Sent, o.Until = 0, 0
	w.Offer = &o
	return tx.putWaiting(w, now)
}

// ExpireOffers ends offers whose hour is past, up to max of them, or that no
// channel could carry; their seats are offered to the next. It returns how many.
// One that may have arrived stands until the hour it named.
func (tx *Tx) ExpireOffers(now time.Time, max int) (int, error) {
	var over []Waiting
	for p, err := range tx.parts(prefix("offered")) {
		if err != nil {
			return 0, err
		}
		w, err := get[Waiting](tx, key("waiting", p[0], p[1]))
		if err != nil {
			return 0, err
		}
		if done, err := tx.offerOver(w, now); err != nil {
			return 0, err
		} else if !done {
			continue
		}
		if over = append(over, w); len(over) == max {
			break
		}
	}
	services := map[string]bool{}
	for _, w := range over { // all, before any seat goes on: who comes first may be among them
		if err := tx.lapse(w, now); err != nil {
			return 0, err
		}
		if err := tx.listsOf(w.Resident, services); err != nil {
			return 0, err
		}
	}
	_, err := tx.offerEach(services, now)
	return len(over), err
}

// offerOver reports whether an offer has come to an end.
func (tx *Tx) offerOver(w Waiting, now time.Time) (bool, error) {
	if w.Offer.Until != 0 && now.Unix() >= w.Offer.Until {
		return true, nil
	}
	d, err := optional(tx.DeliveryOf(w.offerCause()))
	if err != nil {
		return false, err
	}
	switch d.State {
	case Booked:
		return now.Unix() > d.Latest, nil
	case Claimed, Sent, Delivered:
		return w.Offer.Until == 0 && now.Unix() > d.Latest, nil
	case Unknown:
		return w.Offer.Until == 0, nil
	}
	return true, nil // owed, dropped, or purged
}

// lapse ends an offer, whose seats are free then; she keeps her place, and is not
// offered the same again until she says that she goes on waiting.
func (tx *Tx) lapse(w Waiting, now time.Time) error {
	o := *w.Offer
	if w.Offer = nil; o.Sent != 0 {
		w.Lapsed = &o
	}
	gone := slotName(calendar.DayOf(now), "")
	w.Passed = slices.DeleteFunc(slices.Clone(w.Passed), func(p string) bool { return p < gone })
	w.Passed = append(w.Passed, slotName(o.Day, o.Time))
	return tx.putWaiting(w, now)
}

// endWaits takes those off the lists who waited for a day that has gone by.
func (tx *Tx) endWaits(day calendar.Day, now time.Time) error {
	for w, err := range list[Waiting](tx, prefix("waiting")) {
		if err != nil {
			return err
		}
		if w.Day == 0 || w.Day > day {
			continue
		}
		if err := tx.dropWaiting(w, now); err != nil {
			return err
		}
	}
	return nil
}
