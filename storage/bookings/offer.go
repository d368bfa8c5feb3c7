package bookings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// OfferSeats offers free seats to the first on the list whom they fit, and books
// the messages. It is called by whatever frees a seat, and by the clock. A couple
// for whom there are not two is passed over and keeps its place; nobody has two
// offers at a time. It returns how many were offered.
func OfferSeats(tx *record.Tx, service string, now time.Time) (int, error) {
	free, err := offerable(tx, service, now)
	if err != nil || len(free) == 0 {
		return 0, err
	}
	n := 0
	for w, err := range record.List[Waiting](tx, record.Prefix("waiting", service)) {
		if err != nil {
			return n, err
		}
		if busy, err := hasOffer(tx, w.Resident); err != nil {
			return n, err
		} else if busy {
			continue
		}
		i, home, err := firstFor(tx, w, free, calendar.DayOf(now))
		if err != nil {
			return n, err
		}
		if i < 0 {
			continue
		}
		if err := offer(tx, w, &free[i], home, now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// offerable returns the slots of which a free seat can be offered now, the
// message in its hours and time left for an answer; none when nobody waits.
func offerable(tx *record.Tx, service string, now time.Time) ([]Slot, error) {
	if n, err := CountWaiting(tx, service); err != nil || n == 0 {
		return nil, err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return nil, err
	}
	days := WaitingDays.Of(site)
	if s, ok := site.Service(service); ok && s.Ahead > 0 {
		days = min(days, s.Ahead)
	}
	today := calendar.DayOf(now)
	to := today + calendar.Day(days)
	free, err := Slots(tx, service, today, to, now)
	if err != nil {
		return nil, err
	}
	released, err := withSeats(tx, nil, service, to+1, today+farthest)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(free, released...), func(o Slot) bool {
		_, ok := sendsOffer(site, o, now)
		return !ok || o.Free(today, true) == 0
	}), nil
}

// sendsOffer returns when the message of an offer can be sent; ok is false when
// that leaves too little time before the slot.
func sendsOffer(s *townconfig.Site, o Slot, now time.Time) (at time.Time, ok bool) {
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
func hasOffer(tx *record.Tx, resident string) (bool, error) {
	for p, err := range tx.Parts(record.Prefix("waiting_of", resident)) {
		if err != nil {
			return false, err
		}
		w, err := LoadWaiting(tx, resident, p[0])
		if err != nil || w.Offer != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// firstFor returns which of the free slots fits somebody who waits, -1 for none,
// and whether she has a share in what is kept for people who come home.
func firstFor(tx *record.Tx, w Waiting, free []Slot, today calendar.Day) (i int, home bool, err error) {
	if slices.ContainsFunc(free, func(o Slot) bool { return o.Kept > 0 }) {
		if home, err = Home(tx, w.Resident, today); err != nil {
			return -1, false, err
		}
	}
	return slices.IndexFunc(free, func(o Slot) bool { return w.wants(o.Day, o.Time) && o.Free(today, home) >= w.Seats }), home, nil
}

// offer holds the seats and books the message.
func offer(tx *record.Tx, w Waiting, o *Slot, home bool, now time.Time) error {
	w.Offer, w.Offers = &SeatOffer{Day: o.Day, Time: o.Time}, w.Offers+1
	o.Held += w.Seats
	if home {
		o.Kept = max(0, o.Kept-w.Seats)
		if err := change(tx, o.Service, o.Day, o.Time, 0, 0, -w.Seats); err != nil {
			return err
		}
	}
	if err := putWaiting(tx, w, now); err != nil {
		return err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	at, _ := sendsOffer(site, *o, now)
	late := at.Add(unsent)
	if last := o.Start().Add(-endsAt - leastFor); late.After(last) {
		late = last
	}
	_, err = outbox.Enqueue(tx, outbox.Delivery{
		Cause: w.offerCause(), Kind: "offer", To: "r:" + w.Resident, About: w.Resident, Booked: now.Unix(),
		Earliest: now.Unix(), Latest: late.Unix(),
		Facts: map[string]string{"waiting": w.ID, "service": w.Service, "day": o.Day.String(), "time": o.Time},
	})
	return err
}

func (w Waiting) offerCause() string {
	return fmt.Sprintf("offer/%s/%s/%d", w.ID, SlotName(w.Offer.Day, w.Offer.Time), w.Offers)
}

// offerStands returns why an offer is none any more, "" while it is.
func offerStands(tx *record.Tx, d outbox.Delivery) (string, error) {
	w, err := record.Optional(LoadWaiting(tx, d.About, d.Facts["service"]))
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
func offerAfter(tx *record.Tx, resident, service string, now time.Time) error {
	services := map[string]bool{service: true}
	if err := listsOf(tx, resident, services); err != nil {
		return err
	}
	_, err := offerEach(tx, services, now)
	return err
}

// listsOf adds the services for which somebody waits.
func listsOf(tx *record.Tx, resident string, services map[string]bool) error {
	for p, err := range tx.Parts(record.Prefix("waiting_of", resident)) {
		if err != nil {
			return err
		}
		services[p[0]] = true
	}
	return nil
}

func offerEach(tx *record.Tx, services map[string]bool, now time.Time) (int, error) {
	all := 0
	for _, service := range slices.Sorted(maps.Keys(services)) {
		n, err := OfferSeats(tx, service, now)
		if err != nil {
			return all, err
		}
		all += n
	}
	return all, nil
}

// StartOffer starts the clock of an offer whose message is sent now, and returns
// the delivery with the hour named ("until" in its facts, and "until_day"). A
// message that surely was not sent and is tried again starts it anew; one that
// may have been keeps the hour it may have named. Other deliveries are returned as
// they are.
func StartOffer(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Delivery, error) {
	if d.Kind != "offer" {
		return d, nil
	}
	w, err := record.Optional(LoadWaiting(tx, d.About, d.Facts["service"]))
	if err != nil || w.Offer == nil || d.Cause != w.offerCause() {
		return d, err
	}
	if w.Offer.Until == 0 || d.Doubt == 0 {
		site, err := townconfig.Current(tx)
		if err != nil {
			return d, err
		}
		o := *w.Offer
		until := offerEnd(now, OfferMinutes.Of(site), Slot{Day: o.Day, Time: o.Time})
		o.Sent, o.Until = now.Unix(), until.Unix()
		w.Offer = &o
		if err := putWaiting(tx, w, now); err != nil {
			return d, err
		}
	}
	until := time.Unix(w.Offer.Until, 0).In(calendar.Zone)
	d.Facts = maps.Clone(d.Facts)
	d.Facts["until"], d.Facts["until_day"] = until.Format("15:04"), calendar.DayOf(until).String()
	return d, nil
}

// UnstartOffer takes the clock of an offer back whose message surely was not sent and
// waits to be tried again: nobody has been told of an hour. It does nothing for other
// deliveries.
func UnstartOffer(tx *record.Tx, d outbox.Delivery, now time.Time) error {
	if d.Kind != "offer" {
		return nil
	}
	w, err := record.Optional(LoadWaiting(tx, d.About, d.Facts["service"]))
	if err != nil || w.Offer == nil || d.Cause != w.offerCause() {
		return err
	}
	o := *w.Offer
	o.Sent, o.Until = 0, 0
	w.Offer = &o
	return putWaiting(tx, w, now)
}

// ExpireOffers ends offers whose hour is past, up to max of them, or that no
// channel could carry; their seats are offered to the next. It returns how many.
// One that may have arrived stands until the hour it named.
func ExpireOffers(tx *record.Tx, now time.Time, max int) (int, error) {
	var over []Waiting
	for p, err := range tx.Parts(record.Prefix("offered")) {
		if err != nil {
			return 0, err
		}
		w, err := record.Get[Waiting](tx, record.Key("waiting", p[0], p[1]))
		if err != nil {
			return 0, err
		}
		if done, err := offerOver(tx, w, now); err != nil {
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
		if err := lapse(tx, w, now); err != nil {
			return 0, err
		}
		if err := listsOf(tx, w.Resident, services); err != nil {
			return 0, err
		}
	}
	_, err := offerEach(tx, services, now)
	return len(over), err
}

// offerOver reports whether an offer has come to an end.
func offerOver(tx *record.Tx, w Waiting, now time.Time) (bool, error) {
	if w.Offer.Until != 0 && now.Unix() >= w.Offer.Until {
		return true, nil
	}
	d, err := record.Optional(outbox.DeliveryOf(tx, w.offerCause()))
	if err != nil {
		return false, err
	}
	switch d.State {
	case outbox.Booked:
		return now.Unix() > d.Latest, nil
	case outbox.Claimed, outbox.Sent, outbox.Delivered:
		return w.Offer.Until == 0 && now.Unix() > d.Latest, nil
	case outbox.Unknown:
		return w.Offer.Until == 0, nil
	}
	return true, nil // owed, dropped, or purged
}

// lapse ends an offer, whose seats are free then; she keeps her place, and is not
// offered the same again until she says that she goes on waiting.
func lapse(tx *record.Tx, w Waiting, now time.Time) error {
	o := *w.Offer
	if w.Offer = nil; o.Sent != 0 {
		w.Lapsed = &o
	}
	gone := SlotName(calendar.DayOf(now), "")
	w.Passed = slices.DeleteFunc(slices.Clone(w.Passed), func(p string) bool { return p < gone })
	w.Passed = append(w.Passed, SlotName(o.Day, o.Time))
	return putWaiting(tx, w, now)
}

// endWaits takes those off the lists who waited for a day that has gone by.
func endWaits(tx *record.Tx, day calendar.Day, now time.Time) error {
	for w, err := range record.List[Waiting](tx, record.Prefix("waiting")) {
		if err != nil {
			return err
		}
		if w.Day == 0 || w.Day > day {
			continue
		}
		if err := dropWaiting(tx, w, now); err != nil {
			return err
		}
	}
	return nil
}
