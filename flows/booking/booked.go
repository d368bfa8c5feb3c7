package booking

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/seats"
	"xintiexin/flows/subject"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
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
func openBookings(c *dialog.Turn) ([]ownBooking, error) {
	return ownBookings(c, func(a bookings.Appointment) bool { return a.State == bookings.Expected })
}

func ownBookings(c *dialog.Turn, is func(bookings.Appointment) bool) ([]ownBooking, error) {
	family, err := c.Family()
	if err != nil {
		return nil, err
	}
	var out []ownBooking
	for _, r := range family {
		all, err := bookings.List(c.Scope, r.ID, 20)
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
func onBooking(c *dialog.Turn, ask, verb string, open []ownBooking) (dialog.Reply, error) {
	verb, rest, _ := strings.Cut(verb, " ")
	do := func(a ownBooking) string { return strings.TrimSpace(verb + " " + a.ID + " " + rest) }
	switch len(open) {
	case 0:
		return noBooking(c)
	case 1:
		return c.Do(do(open[0]))
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, a := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: a.name + "：" + a.Day.Chinese() + " " + dialog.ClockWord(a.Time), Do: do(a)})
	}
	return c.Offer(ask, offers...), nil
}

// noBooking answers a word about a booking where there is none.
func noBooking(c *dialog.Turn) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(sayNoBooking, dialogstate.Option{Label: dialog.LabelBook, Do: "say 约号"}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), nil
}

// named finds the booking of the resident whom a cadre names; done is true when
// r answers already: nobody, several, or no booking.
func named(c *dialog.Turn, name, verb string) (r dialog.Reply, done bool, err error) {
	h := seats.Hear(c, name)
	found, err := subject.SearchResidents(c, h.Name, 5)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, dialog.Newcomer) {
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoSuchName, h.Name)}, true, nil
	}
	var open []ownBooking
	for _, hit := range found.Choices {
		all, err := bookings.List(c.Scope, hit.Value, 10)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, true, err
		}
		for _, a := range all {
			if a.State == bookings.Expected {
				open = append(open, ownBooking{a, hit.Value, hit.Label})
			}
		}
	}
	if len(open) == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayNoBookingOf, h.Name)}, true, nil
	}
	if h.Date.Reason == dates.OK {
		verb += " " + strings.Replace(answer.Fold(name), h.Name, " ", 1)
	}
	r, err = onBooking(c, sayWhichBooking, verb, open)
	return r, true, err
}

// familyBookings shows what she has booked and what she waits for.
func familyBookings(c *dialog.Turn, rest string) (dialog.Reply, error) {
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := make([]string, 0, 2*len(open))
	for _, a := range open {
		service, _ := site.Service(a.Service)
		head := seats.WhenOf(a.Appointment)
		if len(open) > 1 {
			head = a.name + "：" + head
		}
		lines = append(lines, head, fmt.Sprintf(sayBooking, seats.SeatsWord(a.Seats), a.Number, cmp.Or(service.Place, dialog.SomePlace)))
	}
	waits, err := waits(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, w := range waits {
		lines = append(lines, fmt.Sprintf(sayWaits, seats.PlaceOf(w.before)))
	}
	if len(lines) == 0 {
		return noBooking(c)
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	if len(open) == 0 {
		return c.Offer(dialog.Join(lines...), waitOffers(waits[0].of, waits[0].Service)...), nil
	}
	return c.Offer(dialog.Join(lines...), dialogstate.Option{Label: labelCard, Do: "cardof"}, dialogstate.Option{Label: labelRebook, Do: "say 改期"},
		dialogstate.Option{Label: labelRingWho, Do: "say 谁打电话"}, dialogstate.Option{Label: labelGiveUp, Do: "say 退号"}), nil
}

// cardOf sends the link to the private page of a booking's card.
func cardOf(c *dialog.Turn, id string) (dialog.Reply, error) {
	open, err := ownBookings(c, func(a bookings.Appointment) bool {
		return (a.State == bookings.Expected || a.State == bookings.Came && a.Day == c.Today) && (id == "" || a.ID == id)
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(open) == 0 {
		return noBooking(c)
	}
	var r dialog.Reply
	for _, a := range open[:min(len(open), 6)] {
		token, err := access.NewLink(c.Scope, "card", a.of, a.ID, c.M.ID+a.ID, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		label := labelOpenCard
		if len(open) > 1 {
			label = a.name + " " + a.Day.Short() + "：" + label
		}
		r.Links = append(r.Links, dialog.Link{Label: label, Path: "/p/" + token})
	}
	return r, nil
}

// changeDay moves a booking: hers, or, from staff, that of somebody she names.
func changeDay(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if c.Who.Staff() && seats.Hear(c, rest).Name != "" {
		r, _, err := named(c, rest, "rebook")
		return r, err
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(open) == 0 {
		missed, err := lastMissed(c)
		if err != nil {
			return dialog.Reply{}, err
		}
		if missed.ID != "" {
			return afterMissed(c, missed)
		}
	}
	return onBooking(c, sayWhichBooking, strings.TrimSpace("rebook "+rest), open)
}

// rebookOne opens the form that moves a booking; an hour that the new day has
// free stays as it was.
func rebookOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, sentence, _ := strings.Cut(rest, " ")
	a, why, err := changing(c, id)
	if why != "" || err != nil {
		return dialog.Reply{Text: why}, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	if r, none, err := nothingFree(c, a); none || err != nil {
		return r, err
	}
	who, err := bookerName(c, a)
	if err != nil {
		return dialog.Reply{}, err
	}
	known := map[string]string{"moving": a.ID, "resident": a.Resident, "service": a.Service, "who": who, "old_hour": a.Time,
		"old": fmt.Sprintf("%s %s，%s", a.Day.Chinese(), dialog.ClockWord(a.Time), seats.SeatsWord(a.Seats)), "party": "alone"}
	if a.Seats == 2 {
		known["party"] = "couple"
	}
	if other, err := otherName(c, a); err != nil {
		return dialog.Reply{}, err
	} else if other != "" {
		known["spouse"] = fmt.Sprintf(sayGoesAlong, other)
	}
	d := &seats.Draft{Service: a.Service, Resident: a.Resident, Moving: a.ID, Seats: a.Seats}
	c.Draft = d
	h := seats.Hear(c, sentence)
	h.Party = ""
	if h.Timed && h.Date.Reason == dates.NotADate && sentence != "" { // another hour of the same day
		h.Date = dates.Dates{Day: a.Day}
	}
	if err := presetDay(c, d, h, known); err != nil {
		return dialog.Reply{}, err
	}
	return c.StartWith(c.T.Flow("rebook"), "", known)
}

// changing is an open booking that whoever writes may change; why says why not.
func changing(c *dialog.Turn, id string) (a bookings.Appointment, why string, err error) {
	a, err = bookings.Get(c.Scope, id)
	if dialog.IsNotFound(err) || err == nil && a.State != bookings.Expected {
		return a, sayBookingGone, nil
	}
	if err != nil {
		return a, "", err
	}
	may, err := bookings.MayChange(c.Scope, a)
	if err != nil || may {
		return a, "", err
	}
	return a, sayHers, nil
}

// nothingFree says that no other day or hour can be had for a booking, and what can
// be done; none is false where something can.
func nothingFree(c *dialog.Turn, a bookings.Appointment) (r dialog.Reply, none bool, err error) {
	last, err := seats.Farthest(c, a.Service)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	slots, err := seats.Slots(c, &seats.Draft{Service: a.Service, Resident: a.Resident, Moving: a.ID}, c.Today, last)
	if err != nil || slices.ContainsFunc(slots, func(o seats.OpenSlot) bool { return o.Free >= a.Seats }) {
		return dialog.Reply{}, false, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	said, offers := fmt.Sprintf(sayNoOther, seats.WhenOf(a)), []dialogstate.Option{{Label: labelKeepSeat, Do: "none"}}
	if _, open := site.Service(a.Service); open && slices.Contains(c.Who.Residents, a.Resident) {
		said = dialog.Join(said, sayGiveUpWait)
		offers = append(offers, dialogstate.Option{Label: labelGiveUpWait, Do: "giveupwait " + a.ID})
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelGiveUp, Do: "giveup " + a.ID})...), true, nil
}

// leaveToWait asks once whether a booking is given up to wait for a day that is
// full: who holds a seat cannot wait too.
func leaveToWait(c *dialog.Turn, id string, day calendar.Day) (dialog.Reply, error) {
	a, why, err := changing(c, id)
	if why != "" || err != nil {
		return dialog.Reply{Text: why}, err
	}
	return c.Offer(fmt.Sprintf(sayLeaveWait, a.Day.Chinese(), day.Chinese()), dialogstate.Option{Label: labelKeepSeat, Do: "none"},
		dialogstate.Option{Label: fmt.Sprintf(dialog.LabelLeaveWait, day.Chinese()), Do: "giveupwait " + id + " " + day.String()}), nil
}

// giveUpWait gives a booking up and puts her on the waiting list instead, for the
// day that is named or for any.
func giveUpWait(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, on, _ := strings.Cut(rest, " ")
	day, _ := calendar.ParseDay(on)
	a, err := bookings.Get(c.Scope, id)
	if dialog.IsNotFound(err) || err == nil && (a.State != bookings.Expected || !slices.Contains(c.Who.Residents, a.Resident)) {
		return dialog.Reply{Text: sayBookingGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if _, err := bookings.Cancel(c.Scope, id, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	return queue(c, bookings.Waiting{Resident: a.Resident, Service: a.Service, Seats: a.Seats, Day: day, Ring: a.Ring})
}

// bookerName is what somebody who booked is called, as far as she may be seen.
func bookerName(c *dialog.Turn, a bookings.Appointment) (string, error) {
	r, err := c.Scope.Client(a.Resident)
	if dialog.IsNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// otherName names the other of a couple, who goes along with a change and is
// told; "" when he is only a seat.
func otherName(c *dialog.Turn, a bookings.Appointment) (string, error) {
	other := a.Spouse
	if slices.Contains(c.Who.Residents, other) && !slices.Contains(c.Who.Residents, a.Resident) {
		other = a.Resident
	}
	if other == "" {
		return "", nil
	}
	r, err := person.LoadResident(c.Tx, other)
	if dialog.IsNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// giveUp asks, of the bookings there are, which is to be given up.
func giveUp(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if c.Who.Staff() && rest != "" {
		r, _, err := named(c, rest, "giveup")
		return r, err
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if r, ok, err := giveUpReturn(c, open); ok || err != nil {
		return r, err
	}
	if len(open) == 0 {
		waits, err := waits(c)
		if err != nil {
			return dialog.Reply{}, err
		}
		if len(waits) > 0 {
			return place(c, "")
		}
		missed, err := lastMissed(c)
		if err != nil {
			return dialog.Reply{}, err
		}
		if missed.ID != "" {
			return dialog.Reply{Text: sayNotNow}, nil
		}
	}
	return onBooking(c, sayWhichBooking, "giveup", open)
}

// giveUpOne asks once whether a booking is really given up; no reason is asked.
func giveUpOne(c *dialog.Turn, id string) (dialog.Reply, error) {
	a, why, err := changing(c, id)
	if why != "" || err != nil {
		return dialog.Reply{Text: why}, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(sayGiveUpAsk, seats.WhenOf(a), seats.SeatsWord(a.Seats))
	if joined(c, a) {
		said = fmt.Sprintf(sayGiveUpSeat, seats.WhenOf(a))
	} else if other, err := otherName(c, a); err != nil {
		return dialog.Reply{}, err
	} else if other != "" {
		said = dialog.Join(said, fmt.Sprintf(sayGiveUpBoth, other))
	}
	return c.Offer(said, dialogstate.Option{Label: labelGiveUpNow, Do: "giveupnow " + id},
		dialogstate.Option{Label: labelRebook, Do: "rebook " + id}, dialogstate.Option{Label: labelKeepSeat, Do: "none"}), nil
}

// joined reports whether whoever writes is on a booking as the spouse alone.
func joined(c *dialog.Turn, a bookings.Appointment) bool {
	return slices.Contains(c.Who.Residents, a.Spouse) && !slices.Contains(c.Who.Residents, a.Resident)
}

func giveUpNow(c *dialog.Turn, id string) (dialog.Reply, error) {
	if _, err := bookings.Cancel(c.Scope, id, c.M.At); dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayGivenUp}, nil
}

// undoBooking says that what she just did with a booking is not taken back by
// 撤销, and what is: the seat may be another's by now.
func undoBooking(c *dialog.Turn) (dialog.Reply, bool, error) {
	if _, err := c.Tx.LoadUndo(c.M.From, c.M.At); !dialog.IsNotFound(err) {
		return dialog.Reply{}, false, err
	}
	since := c.M.At.Add(-record.UndoTime).Unix()
	recent, err := ownBookings(c, func(a bookings.Appointment) bool {
		return max(a.Booked, a.Changed) >= since && (a.State == bookings.Expected || a.State == bookings.Cancelled)
	})
	if err != nil || len(recent) == 0 {
		return dialog.Reply{}, false, err
	}
	if slices.ContainsFunc(recent, func(a ownBooking) bool { return a.State == bookings.Expected }) {
		return dialog.Reply{Text: sayNoUndoBooked}, true, nil
	}
	return dialog.Reply{Text: sayNoUndoGiven}, true, nil
}

// comingOne keeps that she comes; an open form stays open.
func comingOne(c *dialog.Turn, id string) (dialog.Reply, error) {
	if err := bookings.Coming(c.Scope, id, c.M.At); dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return dialog.Reply{}, err
	}
	a, err := bookings.Get(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(sayComingThen, a.Day.Chinese(), dialog.ClockWord(a.Time))
	if c.S.Flow != "" {
		return c.Again(said)
	}
	return dialog.Reply{Text: said}, nil
}

// ringAsk asks who may ring her.
func ringAsk(c *dialog.Turn, id string) (dialog.Reply, error) {
	a, why, err := changing(c, id)
	if why != "" || err != nil {
		return dialog.Reply{Text: why}, err
	}
	of := a.Resident
	if joined(c, a) {
		of = a.Spouse
	}
	found, err := seats.Rings(c, &seats.Draft{Resident: of}, "")
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: o.Label, Do: "ringby " + id + " " + o.Value})
	}
	return c.Offer(sayRingAsk, offers...), nil
}

// ringBy keeps who may ring.
func ringBy(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, by, _ := strings.Cut(rest, " ")
	ring := person.Ring(by)
	if by == "nobody" {
		ring = person.RingNobody
	}
	if err := bookings.SetRing(c.Scope, id, ring, c.M.At); dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayBookingGone}, nil
	} else if err != nil {
		return dialog.Reply{}, err
	}
	if ring == person.RingNobody {
		return dialog.Reply{Text: sayRingNone}, nil
	}
	a, err := bookings.Get(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	who := "镇上"
	r, err := c.Scope.Client(a.Resident)
	if dialog.IsNotFound(err) {
		r, err = person.Resident{}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if ring == person.RingContact {
		if who, err = seats.RingContact(c, a.Resident); err != nil {
			return dialog.Reply{}, err
		}
	}
	return dialog.Reply{Text: fmt.Sprintf(sayRingSet, who, r.Tail())}, nil
}

// lastMissed is her family's last booking that nobody came to, if nothing was booked
// since; the zero booking without one.
func lastMissed(c *dialog.Turn) (ownBooking, error) {
	all, err := ownBookings(c, func(a bookings.Appointment) bool { return a.Day >= c.Today-30 && a.State != bookings.Cancelled })
	if err != nil || len(all) == 0 {
		return ownBooking{}, err
	}
	if last := all[len(all)-1]; last.State == bookings.Missed {
		return last, nil
	}
	return ownBooking{}, nil
}

// afterMissed offers new hours to who did not come; one tap books.
func afterMissed(c *dialog.Turn, a ownBooking) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	w := seatWish{of: a.of, service: a.Service, seats: a.Seats, ring: a.Ring}
	if a.Spouse == a.of {
		w.seats = 1
	}
	return seatOffers(c, fmt.Sprintf(sayAfterMissed, seats.SeatsWord(w.seats)), w, dialogstate.Option{Label: labelNotNowBook, Do: "say 先不约"})
}

// giveUpReturn answers 不来了 of who was asked back by the clinic: the push asks for
// that word. Where something is booked too, it asks which; ok is false where nobody
// was asked back.
func giveUpReturn(c *dialog.Turn, open []ownBooking) (r dialog.Reply, ok bool, err error) {
	var offers []dialogstate.Option
	for _, a := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: a.name + "：" + a.Day.Chinese() + " " + dialog.ClockWord(a.Time), Do: "giveup " + a.ID})
	}
	days := 0
	for _, id := range c.Who.Residents {
		back, err := bookings.Recalls(c.Scope, id, c.Today)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, true, err
		}
		days += len(back)
		for _, b := range back {
			offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelReturnGone, b.Day.Chinese()), Do: "say 不复诊了"})
		}
	}
	switch {
	case days == 0:
		return dialog.Reply{}, false, nil
	case len(open) == 0:
		r, err = c.Do("recall-drop")
		return r, true, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, true, err
	}
	return c.Offer(sayWhichGone, offers...), true, nil
}
