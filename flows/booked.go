package flows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// mine is a booking of one of the family that this WeChat stands for.
type ownBooking struct {
	bookings.Appointment
	of   string // the resident
	name string
}

// openBookings are the open bookings of her family, the next first.
func (c *chat) openBookings() ([]ownBooking, error) {
	return c.ownBookings(func(a bookings.Appointment) bool { return a.State == bookings.Expected })
}

func (c *chat) ownBookings(is func(bookings.Appointment) bool) ([]ownBooking, error) {
	family, err := c.family()
	if err != nil {
		return nil, err
	}
	var out []ownBooking
	for _, r := range family {
		all, err := bookings.List(c.scope, r.ID, 20)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if is(a) && !slices.ContainsFunc(out, func(o ownBooking) bool { return o.ID == a.ID }) {
				out = append(out, ownBooking{a, r.ID, r.Name})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b ownBooking) int { return a.Start().Compare(b.Start()) })
	return out, nil
}

// soonest leaves those that a reminder may have been about, if there are any.
func soonest(open []ownBooking, today calendar.Day) []ownBooking {
	near := slices.DeleteFunc(slices.Clone(open), func(a ownBooking) bool { return a.Day > today+3 })
	if len(near) > 0 {
		return near
	}
	return open
}

// onBooking carries a verb out on her booking; of several it is asked which.
func (c *chat) onBooking(ask, verb string, open []ownBooking) (Reply, error) {
	verb, rest, _ := strings.Cut(verb, " ")
	do := func(a ownBooking) string { return strings.TrimSpace(verb + " " + a.ID + " " + rest) }
	switch len(open) {
	case 0:
		return c.noBooking()
	case 1:
		return c.do(do(open[0]))
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, a := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: a.name + "：" + a.Day.Chinese() + " " + clockWord(a.Time), Do: do(a)})
	}
	return c.offer(ask, offers...), nil
}

// noBooking answers a word about a booking where there is none.
func (c *chat) noBooking() (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	return c.offer(sayNoBooking, dialogstate.Option{Label: labelBook, Do: "say 约号"}, dialogstate.Option{Label: labelNotNow, Do: "none"}), nil
}

// named finds the booking of the resident whom a cadre names; done is true when
// r answers already: nobody, several, or no booking.
func (c *chat) named(name, verb string) (r Reply, done bool, err error) {
	h := c.hear(name)
	found, err := searchResidents(c, h.name, 5)
	if err != nil {
		return Reply{}, true, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, newcomer) {
		return Reply{Text: fmt.Sprintf(sayNoSuchName, h.name)}, true, nil
	}
	var open []ownBooking
	for _, hit := range found.Choices {
		all, err := bookings.List(c.scope, hit.Value, 10)
		if err != nil && !isNotFound(err) {
			return Reply{}, true, err
		}
		for _, a := range all {
			if a.State == bookings.Expected {
				open = append(open, ownBooking{a, hit.Value, hit.Label})
			}
		}
	}
	if len(open) == 0 {
		return Reply{Text: fmt.Sprintf(sayNoBookingOf, h.name)}, true, nil
	}
	if h.date.Reason == answer.OK {
		verb += " " + strings.Replace(answer.Fold(name), h.name, " ", 1)
	}
	r, err = c.onBooking(sayWhichBooking, verb, open)
	return r, true, err
}

// bookings shows what she has booked and what she waits for.
func (c *chat) bookings(rest string) (Reply, error) {
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	lines := make([]string, 0, 2*len(open))
	for _, a := range open {
		service, _ := site.Service(a.Service)
		head := whenOf(a.Appointment)
		if len(open) > 1 {
			head = a.name + "：" + head
		}
		lines = append(lines, head, fmt.Sprintf(sayBooking, seatsWord(a.Seats), a.Number, cmp.Or(service.Place, somePlace)))
	}
	waits, err := c.waits()
	if err != nil {
		return Reply{}, err
	}
	for _, w := range waits {
		lines = append(lines, fmt.Sprintf(sayWaits, placeOf(w.before)))
	}
	if len(lines) == 0 {
		return c.noBooking()
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	if len(open) == 0 {
		return c.offer(join(lines...), waitOffers(waits[0].of, waits[0].Service)...), nil
	}
	return c.offer(join(lines...), dialogstate.Option{Label: labelCard, Do: "cardof"}, dialogstate.Option{Label: labelRebook, Do: "say 改期"},
		dialogstate.Option{Label: labelRingWho, Do: "say 谁打电话"}, dialogstate.Option{Label: labelGiveUp, Do: "say 退号"}), nil
}

// cardOf sends the link to the private page of a booking's card.
func (c *chat) cardOf(id string) (Reply, error) {
	open, err := c.ownBookings(func(a bookings.Appointment) bool {
		return (a.State == bookings.Expected || a.State == bookings.Came && a.Day == c.today) && (id == "" || a.ID == id)
	})
	if err != nil {
		return Reply{}, err
	}
	if len(open) == 0 {
		return c.noBooking()
	}
	var r Reply
	for _, a := range open[:min(len(open), 6)] {
		token, err := access.NewLink(c.scope, "card", a.of, a.ID, c.m.ID+a.ID, c.m.At)
		if err != nil {
			return Reply{}, err
		}
		label := labelOpenCard
		if len(open) > 1 {
			label = a.name + " " + a.Day.Short() + "：" + label
		}
		r.Links = append(r.Links, Link{Label: label, Path: "/p/" + token})
	}
	return r, nil
}

// changeDay moves a booking: hers, or, from staff, that of somebody she names.
func (c *chat) changeDay(rest string) (Reply, error) {
	if c.who.Staff() && c.hear(rest).name != "" {
		r, _, err := c.named(rest, "rebook")
		return r, err
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, err
	}
	if len(open) == 0 {
		missed, err := c.lastMissed()
		if err != nil {
			return Reply{}, err
		}
		if missed.ID != "" {
			return c.afterMissed(missed)
		}
	}
	return c.onBooking(sayWhichBooking, strings.TrimSpace("rebook "+rest), open)
}

// rebookOne opens the form that moves a booking; an hour that the new day has
// free stays as it was.
func (c *chat) rebookOne(rest string) (Reply, error) {
	id, sentence, _ := strings.Cut(rest, " ")
	a, why, err := c.changing(id)
	if why != "" || err != nil {
		return Reply{Text: why}, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	if r, none, err := c.nothingFree(a); none || err != nil {
		return r, err
	}
	who, err := c.bookerName(a)
	if err != nil {
		return Reply{}, err
	}
	known := map[string]string{"moving": a.ID, "resident": a.Resident, "service": a.Service, "who": who, "old_hour": a.Time,
		"old": fmt.Sprintf("%s %s，%s", a.Day.Chinese(), clockWord(a.Time), seatsWord(a.Seats)), "party": "alone"}
	if a.Seats == 2 {
		known["party"] = "couple"
	}
	if other, err := c.otherName(a); err != nil {
		return Reply{}, err
	} else if other != "" {
		known["spouse"] = fmt.Sprintf(sayGoesAlong, other)
	}
	d := &draft{service: a.Service, resident: a.Resident, moving: a.ID, seats: a.Seats}
	c.draft = d
	h := c.hear(sentence)
	h.party = ""
	if h.timed && h.date.Reason == answer.NotADate && sentence != "" { // another hour of the same day
		h.date = answer.Dates{Day: a.Day}
	}
	if err := c.presetDay(d, h, known); err != nil {
		return Reply{}, err
	}
	return c.startWith(c.t.flow("rebook"), "", known)
}

// changing is an open booking that whoever writes may change; why says why not.
func (c *chat) changing(id string) (a bookings.Appointment, why string, err error) {
	a, err = bookings.Get(c.scope, id)
	if isNotFound(err) || err == nil && a.State != bookings.Expected {
		return a, sayBookingGone, nil
	}
	if err != nil {
		return a, "", err
	}
	may, err := bookings.MayChange(c.scope, a)
	if err != nil || may {
		return a, "", err
	}
	return a, sayHers, nil
}

// nothingFree says that no other day or hour can be had for a booking, and what can
// be done; none is false where something can.
func (c *chat) nothingFree(a bookings.Appointment) (r Reply, none bool, err error) {
	last, err := c.farthest(a.Service)
	if err != nil {
		return Reply{}, false, err
	}
	slots, err := c.slots(&draft{service: a.Service, resident: a.Resident, moving: a.ID}, c.today, last)
	if err != nil || slices.ContainsFunc(slots, func(o openSlot) bool { return o.Free >= a.Seats }) {
		return Reply{}, false, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	said, offers := fmt.Sprintf(sayNoOther, whenOf(a)), []dialogstate.Option{{Label: labelKeepSeat, Do: "none"}}
	if _, open := site.Service(a.Service); open && slices.Contains(c.who.Residents, a.Resident) {
		said = join(said, sayGiveUpWait)
		offers = append(offers, dialogstate.Option{Label: labelGiveUpWait, Do: "giveupwait " + a.ID})
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelGiveUp, Do: "giveup " + a.ID})...), true, nil
}

// leaveToWait asks once whether a booking is given up to wait for a day that is
// full: who holds a seat cannot wait too.
func (c *chat) leaveToWait(id string, day calendar.Day) (Reply, error) {
	a, why, err := c.changing(id)
	if why != "" || err != nil {
		return Reply{Text: why}, err
	}
	return c.offer(fmt.Sprintf(sayLeaveWait, a.Day.Chinese(), day.Chinese()), dialogstate.Option{Label: labelKeepSeat, Do: "none"},
		dialogstate.Option{Label: fmt.Sprintf(labelLeaveWait, day.Chinese()), Do: "giveupwait " + id + " " + day.String()}), nil
}

// giveUpWait gives a booking up and puts her on the waiting list instead, for the
// day that is named or for any.
func (c *chat) giveUpWait(rest string) (Reply, error) {
	id, on, _ := strings.Cut(rest, " ")
	day, _ := calendar.ParseDay(on)
	a, err := bookings.Get(c.scope, id)
	if isNotFound(err) || err == nil && (a.State != bookings.Expected || !slices.Contains(c.who.Residents, a.Resident)) {
		return Reply{Text: sayBookingGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if _, err := bookings.Cancel(c.scope, id, c.m.At); err != nil {
		return Reply{}, err
	}
	return c.queue(bookings.Waiting{Resident: a.Resident, Service: a.Service, Seats: a.Seats, Day: day, Ring: a.Ring})
}

// bookerName is what somebody who booked is called, as far as she may be seen.
func (c *chat) bookerName(a bookings.Appointment) (string, error) {
	r, err := c.scope.Client(a.Resident)
	if isNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// otherName names the other of a couple, who goes along with a change and is
// told; "" when he is only a seat.
func (c *chat) otherName(a bookings.Appointment) (string, error) {
	other := a.Spouse
	if slices.Contains(c.who.Residents, other) && !slices.Contains(c.who.Residents, a.Resident) {
		other = a.Resident
	}
	if other == "" {
		return "", nil
	}
	r, err := person.LoadResident(c.tx, other)
	if isNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// giveUp asks, of the bookings there are, which is to be given up.
func (c *chat) giveUp(rest string) (Reply, error) {
	if c.who.Staff() && rest != "" {
		r, _, err := c.named(rest, "giveup")
		return r, err
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, err
	}
	if r, ok, err := c.giveUpReturn(open); ok || err != nil {
		return r, err
	}
	if len(open) == 0 {
		waits, err := c.waits()
		if err != nil {
			return Reply{}, err
		}
		if len(waits) > 0 {
			return c.place("")
		}
		missed, err := c.lastMissed()
		if err != nil {
			return Reply{}, err
		}
		if missed.ID != "" {
			return Reply{Text: sayNotNow}, nil
		}
	}
	return c.onBooking(sayWhichBooking, "giveup", open)
}

// giveUpOne asks once whether a booking is really given up; no reason is asked.
func (c *chat) giveUpOne(id string) (Reply, error) {
	a, why, err := c.changing(id)
	if why != "" || err != nil {
		return Reply{Text: why}, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	said := fmt.Sprintf(sayGiveUpAsk, whenOf(a), seatsWord(a.Seats))
	if c.joined(a) {
		said = fmt.Sprintf(sayGiveUpSeat, whenOf(a))
	} else if other, err := c.otherName(a); err != nil {
		return Reply{}, err
	} else if other != "" {
		said = join(said, fmt.Sprintf(sayGiveUpBoth, other))
	}
	return c.offer(said, dialogstate.Option{Label: labelGiveUpNow, Do: "giveupnow " + id},
		dialogstate.Option{Label: labelRebook, Do: "rebook " + id}, dialogstate.Option{Label: labelKeepSeat, Do: "none"}), nil
}

// joined reports whether whoever writes is on a booking as the spouse alone.
func (c *chat) joined(a bookings.Appointment) bool {
	return slices.Contains(c.who.Residents, a.Spouse) && !slices.Contains(c.who.Residents, a.Resident)
}

func (c *chat) giveUpNow(id string) (Reply, error) {
	if _, err := bookings.Cancel(c.scope, id, c.m.At); isNotFound(err) {
		return Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return Reply{}, err
	}
	return Reply{Text: sayGivenUp}, nil
}

// undoBooking says that what she just did with a booking is not taken back by
// 撤销, and what is: the seat may be another's by now.
func (c *chat) undoBooking() (Reply, bool, error) {
	if _, err := c.tx.LoadUndo(c.m.From, c.m.At); !isNotFound(err) {
		return Reply{}, false, err
	}
	since := c.m.At.Add(-record.UndoTime).Unix()
	recent, err := c.ownBookings(func(a bookings.Appointment) bool {
		return max(a.Booked, a.Changed) >= since && (a.State == bookings.Expected || a.State == bookings.Cancelled)
	})
	if err != nil || len(recent) == 0 {
		return Reply{}, false, err
	}
	if slices.ContainsFunc(recent, func(a ownBooking) bool { return a.State == bookings.Expected }) {
		return Reply{Text: sayNoUndoBooked}, true, nil
	}
	return Reply{Text: sayNoUndoGiven}, true, nil
}

// comingOne keeps that she comes; an open form stays open.
func (c *chat) comingOne(id string) (Reply, error) {
	if err := bookings.Coming(c.scope, id, c.m.At); isNotFound(err) {
		return Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return Reply{}, err
	}
	a, err := bookings.Get(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	said := fmt.Sprintf(sayComingThen, a.Day.Chinese(), clockWord(a.Time))
	if c.s.Flow != "" {
		return c.again(said)
	}
	return Reply{Text: said}, nil
}

// ringAsk asks who may ring her.
func (c *chat) ringAsk(id string) (Reply, error) {
	a, why, err := c.changing(id)
	if why != "" || err != nil {
		return Reply{Text: why}, err
	}
	of := a.Resident
	if c.joined(a) {
		of = a.Spouse
	}
	found, err := c.rings(&draft{resident: of}, "")
	if err != nil {
		return Reply{}, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: o.Label, Do: "ringby " + id + " " + o.Value})
	}
	return c.offer(sayRingAsk, offers...), nil
}

// ringBy keeps who may ring.
func (c *chat) ringBy(rest string) (Reply, error) {
	id, by, _ := strings.Cut(rest, " ")
	ring := person.Ring(by)
	if by == "nobody" {
		ring = person.RingNobody
	}
	if err := bookings.SetRing(c.scope, id, ring, c.m.At); isNotFound(err) {
		return Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return Reply{}, err
	}
	if ring == person.RingNobody {
		return Reply{Text: sayRingNone}, nil
	}
	a, err := bookings.Get(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	who := "镇上"
	r, err := c.scope.Client(a.Resident)
	if isNotFound(err) {
		r, err = person.Resident{}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if ring == person.RingContact {
		if who, err = c.ringContact(a.Resident); err != nil {
			return Reply{}, err
		}
	}
	return Reply{Text: fmt.Sprintf(sayRingSet, who, r.Tail())}, nil
}

// lastMissed is her family's last booking that nobody came to, if nothing was booked
// since; the zero booking without one.
func (c *chat) lastMissed() (ownBooking, error) {
	all, err := c.ownBookings(func(a bookings.Appointment) bool { return a.Day >= c.today-30 && a.State != bookings.Cancelled })
	if err != nil || len(all) == 0 {
		return ownBooking{}, err
	}
	if last := all[len(all)-1]; last.State == bookings.Missed {
		return last, nil
	}
	return ownBooking{}, nil
}

// afterMissed offers new hours to who did not come; one tap books.
func (c *chat) afterMissed(a ownBooking) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	w := seatWish{of: a.of, service: a.Service, seats: a.Seats, ring: a.Ring}
	if a.Spouse == a.of {
		w.seats = 1
	}
	return c.seatOffers(fmt.Sprintf(sayAfterMissed, seatsWord(w.seats)), w, dialogstate.Option{Label: labelNotNowBook, Do: "say 先不约"})
}

// seatWish is what somebody books by one tap.
type seatWish struct {
	of, service string
	seats       int
	ring        person.Ring
	from        calendar.Day
}

func (w seatWish) String() string {
	ring := string(w.ring)
	if ring == "" {
		ring = "nobody"
	}
	return fmt.Sprintf("%s %s %d %s", w.of, w.service, w.seats, ring)
}

func readWish(words []string) (w seatWish, ok bool) {
	if len(words) < 4 {
		return w, false
	}
	w = seatWish{of: words[0], service: words[1], seats: 1, ring: person.Ring(words[3])}
	if words[2] == "2" {
		w.seats = 2
	}
	if words[3] == "nobody" {
		w.ring = person.RingNobody
	}
	return w, true
}

// seatOffers offers the next free hours, one of a day, with what else can be
// done behind them.
func (c *chat) seatOffers(said string, w seatWish, tail ...dialogstate.Option) (Reply, error) {
	d := &draft{service: w.service, resident: w.of, seats: w.seats}
	last, err := c.farthest(w.service)
	if err != nil {
		return Reply{}, err
	}
	slots, err := c.slots(d, max(c.today, w.from), last)
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	day := calendar.Day(0)
	for _, o := range slots {
		if o.Free < w.seats || o.Day == day || len(offers) == shownDays {
			continue
		}
		day = o.Day
		offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelSeat, o.Day.ChineseLunar(), clockWord(o.Time), o.Free),
			Do: fmt.Sprintf("seat %s %s %s", w, o.Day, o.Time)})
	}
	if len(offers) == 0 {
		said = join(said, sayNoDays)
	} else if ny, near := c.newYear(); near && w.from < ny && day < ny {
		offers = append(offers, dialogstate.Option{Label: labelAfterNewYear, Do: fmt.Sprintf("otherdays %s %s", w, ny)})
	}
	return c.offer(said, append(offers, tail...)...), nil
}

// seat books what was offered by one tap.
func (c *chat) seat(rest string) (Reply, error) {
	words := strings.Fields(rest)
	w, ok := readWish(words)
	if !ok || len(words) != 6 {
		return c.menu(sayGone)
	}
	day, err := calendar.ParseDay(words[4])
	if err != nil {
		return c.menu(sayGone)
	}
	need, err := consent.Needed(c.scope, w.of, purpose.Booking, true)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if need {
		return c.book("")
	}
	_, _, err = bookings.WaitingOf(c.scope, w.of, w.service)
	waited := err == nil
	if err != nil && !isNotFound(err) {
		return Reply{}, err
	}
	a, err := bookings.Book(c.scope, bookings.Appointment{Resident: w.of, Service: w.service, Seats: w.seats, Day: day, Time: words[5], Ring: w.ring}, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return c.hasBooked(w.of, w.service)
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return c.seatOffers(fmt.Sprintf(saySeatWent, clockWord(words[5]))+sayTapBooks, w, dialogstate.Option{Label: labelNotNow, Do: "none"})
	case isNotFound(err):
		return c.menu(sayGone)
	case err != nil:
		return Reply{}, err
	}
	head := sayBookedAt
	if waited {
		head = sayBookedWaited
	}
	return c.booked(a, w.of, head)
}

// giveUpReturn answers 不来了 of who was asked back by the clinic: the push asks for
// that word. Where something is booked too, it asks which; ok is false where nobody
// was asked back.
func (c *chat) giveUpReturn(open []ownBooking) (r Reply, ok bool, err error) {
	var offers []dialogstate.Option
	for _, a := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: a.name + "：" + a.Day.Chinese() + " " + clockWord(a.Time), Do: "giveup " + a.ID})
	}
	days := 0
	for _, id := range c.who.Residents {
		back, err := bookings.Recalls(c.scope, id, c.today)
		if err != nil && !isNotFound(err) {
			return Reply{}, true, err
		}
		days += len(back)
		for _, b := range back {
			offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelReturnGone, b.Day.Chinese()), Do: "say 不复诊了"})
		}
	}
	switch {
	case days == 0:
		return Reply{}, false, nil
	case len(open) == 0:
		r, err = c.do("recall-drop")
		return r, true, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, true, err
	}
	return c.offer(sayWhichGone, offers...), true, nil
}
