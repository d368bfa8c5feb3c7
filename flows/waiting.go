package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/form"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// waits is a place on a waiting list of one of her family.
type ownWait struct {
	bookings.Waiting
	of     string
	before int
}

func (c *chat) waits() ([]ownWait, error) {
	var out []ownWait
	for _, id := range c.who.Residents {
		all, err := bookings.WaitsOf(c.scope, id)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		for _, one := range all {
			w, before, err := bookings.WaitingOf(c.scope, id, one.Service)
			if err != nil {
				return nil, err
			}
			out = append(out, ownWait{w, id, before})
		}
	}
	return out, nil
}

// joinList puts somebody on the waiting list. What is free and was shown to her
// she does not want.
func (c *chat) joinList(f *Flow, s *form.Session) (Reply, error) {
	id, err := c.booker(f, s)
	if err != nil {
		return Reply{}, err
	}
	v := readPick(s.Get("wait"))
	return c.queue(bookings.Waiting{Resident: id, Service: s.Get("service"), Seats: max(1, seatsOf(s.Get("party"))), Day: v.day, After: v.after, Ring: ringOf(s)})
}

// queue puts somebody on the list and says where she stands.
func (c *chat) queue(w bookings.Waiting) (Reply, error) {
	id := w.Resident
	last, err := c.farthest(w.Service)
	if err != nil {
		return Reply{}, err
	}
	if w.Passed, err = c.passed(w, last); err != nil {
		return Reply{}, err
	}
	w, err = bookings.JoinWaitingList(c.scope, w, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return c.hasBooked(id, w.Service)
	case errors.Is(err, record.ErrConsent):
		return c.agreeAnew(id, w.Service, "")
	case err != nil:
		return Reply{}, err
	}
	_, before, err := bookings.WaitingOf(c.scope, id, w.Service)
	if isNotFound(err) { // she lets the village know nothing of it
		return Reply{Text: sayWaitsQuiet}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if !slices.Contains(c.who.Residents, id) {
		return Reply{Text: fmt.Sprintf(sayWaitsFor, before)}, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	what := "一有空位"
	if w.Day != 0 {
		what = w.Day.Chinese() + "有空位"
	}
	c.willTell("offer")
	return Reply{Text: fmt.Sprintf(sayJoinedList, placeOf(before), what, site.Limit("offer_minutes", 90))}, nil
}

// passed names what is free now and is not wanted. Where there is anything, she
// waits for what is given back or released, and not for each new day that comes
// to be open: those of the next weeks count as seen too.
func (c *chat) passed(w bookings.Waiting, last calendar.Day) (keys []string, err error) {
	slots, err := c.slots(&draft{service: w.Service, resident: w.Resident}, c.today, last+60)
	if err != nil {
		return nil, err
	}
	for _, o := range slots {
		if o.Day > last && len(keys) == 0 {
			break
		}
		if o.Free >= w.Seats {
			keys = append(keys, o.Key())
		}
	}
	return keys, nil
}

// place says where she stands on the list.
func (c *chat) place(string) (Reply, error) {
	all, err := c.waits()
	if err != nil {
		return Reply{}, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return c.offer(sayNotWaiting, dialogstate.Option{Label: labelBook, Do: "say 约号"}, dialogstate.Option{Label: labelNotNow, Do: "none"}), nil
	}
	w := all[0]
	if w.Offer != nil {
		return Reply{Text: fmt.Sprintf(sayOfferOpen, w.Offer.Day.ChineseLunar(), clockWord(w.Offer.Time))}, nil
	}
	return c.offer(fmt.Sprintf(sayWaits, placeOf(w.before)), waitOffers(w.of, w.Service)...), nil
}

func waitOffers(of, service string) []dialogstate.Option {
	return []dialogstate.Option{
		{Label: labelWaitOn, Do: "waiton " + of + " " + service},
		{Label: labelOtherDays, Do: "otherdays " + of + " " + service},
		{Label: labelUnwait, Do: "unwait " + of + " " + service},
	}
}

// waitWord answers the words of the waiting list, while she stands there.
func (c *chat) waitWord(text string) (r Reply, ok bool, err error) {
	stops, on := oneOf(text, "不等", "不排", "不候补"), c.s.Flow == "" && oneOf(text, "接着等", "再等等看", "继续等")
	if !stops && !on {
		return Reply{}, false, nil
	}
	all, err := c.waits()
	if err != nil || len(all) == 0 {
		return Reply{}, false, err
	}
	rest := all[0].of + " " + all[0].Service
	if on {
		r, err = c.waitOn(rest)
	} else {
		r, err = c.unwait(rest)
	}
	return r, true, err
}

// lateFor is how long 要 is still taken for an answer to an offer that went on,
// where it may also answer something else.
const lateFor = 24 * time.Hour

// takeOffer answers 要. ok is false when nothing is offered to her, nor was.
func (c *chat) takeOffer() (Reply, bool, error) {
	all, err := c.waits()
	if err != nil {
		return Reply{}, false, err
	}
	i := slices.IndexFunc(all, func(w ownWait) bool { return w.Offer != nil })
	if i < 0 {
		i = slices.IndexFunc(all, func(w ownWait) bool {
			return w.Lapsed != nil && (c.s.Flow == "" || c.m.At.Unix() < w.Lapsed.Until+int64(lateFor.Seconds()))
		})
	}
	if i < 0 && (c.s.Flow != "" || len(all) == 0) {
		return Reply{}, false, nil
	}
	if i < 0 {
		r, err := c.place("")
		return r, true, err
	}
	w := all[i]
	if w.Offer != nil && w.Offer.Sent == 0 && w.otherThan() && !c.asksOther() { // she answers the message before
		r, err := c.otherSeat(w)
		return r, true, err
	}
	return c.takes(w)
}

// otherThan reports whether what is offered is another hour than the last that she
// heard of and let go by.
func (w ownWait) otherThan() bool {
	return w.Offer != nil && w.Lapsed != nil && (w.Offer.Day != w.Lapsed.Day || w.Offer.Time != w.Lapsed.Time)
}

// asksOther reports whether it stands asked that the hour is another.
func (c *chat) asksOther() bool {
	return len(c.s.Offers) > 0 && strings.HasPrefix(c.s.Offers[0].Do, "takeseat ")
}

// otherSeat says that the seat she means went on, and asks about the one that is
// held for her instead.
func (c *chat) otherSeat(w ownWait) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	offers := waitOffers(w.of, w.Service)
	offers[0] = dialogstate.Option{Label: labelTakeStill, Do: fmt.Sprintf("takeseat %s %s %s %s", w.of, w.Service, w.Offer.Day, w.Offer.Time)}
	return c.offer(fmt.Sprintf(sayLateOther, w.Lapsed.Day.Short()+" "+clockWord(w.Lapsed.Time), time.Unix(w.Lapsed.Until, 0).In(calendar.Zone).Format("15:04"), w.Offer.Day.ChineseLunar(), clockWord(w.Offer.Time)), offers...), nil
}

// takeSeat books the hour that was shown, while it is held for her.
func (c *chat) takeSeat(rest string) (Reply, error) {
	words := strings.Fields(rest)
	if len(words) != 4 {
		return c.menu(sayGone)
	}
	w, ok, err := c.waitOf(words[0] + " " + words[1])
	if err != nil {
		return Reply{}, err
	}
	switch {
	case !ok:
		return c.place("")
	case w.Offer == nil, w.Offer.Day.String() != words[2], w.Offer.Time != words[3]:
		if w.otherThan() {
			return c.otherSeat(w)
		}
		return c.late(w)
	}
	r, _, err := c.takes(w)
	return r, err
}

// takes books what is offered to her; ok is false when nothing is any more.
func (c *chat) takes(w ownWait) (Reply, bool, error) {
	a, err := bookings.TakeOffer(c.scope, w.of, w.Service, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrExpired):
		r, err := c.late(w)
		return r, true, err
	case errors.Is(err, record.ErrAlreadyExists):
		has, err := bookings.Open(c.scope, w.of, w.Service)
		if err != nil {
			return Reply{}, true, err
		}
		r, err := c.alreadyBooked(has, w.of, "")
		return r, true, err
	case isNotFound(err):
		return Reply{}, false, nil
	case err != nil:
		return Reply{}, true, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, true, err
	}
	r, err := c.booked(a, w.of, sayBookedAt)
	return r, true, err
}

// late tells her that the seat went on; her place is kept.
func (c *chat) late(w ownWait) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	now, before, err := bookings.WaitingOf(c.scope, w.of, w.Service)
	if isNotFound(err) {
		return c.noBooking()
	}
	if err != nil {
		return Reply{}, err
	}
	if again := (ownWait{now, w.of, before}); again.otherThan() {
		return c.otherSeat(again)
	}
	o := now.Lapsed
	if o == nil || o.Until == 0 {
		return c.offer(join(sayLateGone, stillIn(before)), waitOffers(w.of, w.Service)...), nil
	}
	until := time.Unix(o.Until, 0).In(calendar.Zone).Format("15:04")
	slots, err := c.slotsOn(&draft{service: w.Service, resident: w.of}, o.Day)
	if err != nil {
		return Reply{}, err
	}
	if slices.ContainsFunc(slots, func(s openSlot) bool { return s.Time == o.Time && s.Free >= now.Seats }) { // nobody took it
		wish := seatWish{of: w.of, service: w.Service, seats: now.Seats, ring: now.Ring}
		offers := waitOffers(w.of, w.Service)
		offers[0] = dialogstate.Option{Label: labelTakeStill, Do: fmt.Sprintf("seat %s %s %s", wish, o.Day, o.Time)}
		return c.offer(fmt.Sprintf(sayLateFree, until, o.Day.ChineseLunar(), clockWord(o.Time)), offers...), nil
	}
	return c.offer(join(fmt.Sprintf(sayLate, until), stillIn(before)), waitOffers(w.of, w.Service)...), nil
}

func stillIn(before int) string {
	return fmt.Sprintf(sayStillIn, strings.TrimPrefix(placeOf(before), "您"))
}

// waitOf reads whom and for what a verb of the list means, if she still waits.
func (c *chat) waitOf(rest string) (ownWait, bool, error) {
	of, service, _ := strings.Cut(rest, " ")
	w, before, err := bookings.WaitingOf(c.scope, of, service)
	if isNotFound(err) {
		return ownWait{}, false, nil
	}
	return ownWait{w, of, before}, err == nil, err
}

// waitOn goes on waiting: a slot that she let go by may be offered again.
func (c *chat) waitOn(rest string) (Reply, error) {
	w, ok, err := c.waitOf(rest)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return c.place("")
	}
	if o := w.Lapsed; o != nil {
		gone := bookings.Slot{Day: o.Day, Time: o.Time}.Key()
		w.Passed = slices.DeleteFunc(slices.Clone(w.Passed), func(p string) bool { return p == gone })
	}
	again, err := bookings.JoinWaitingList(c.scope, w.Waiting, c.m.ID, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	if again.Offer != nil {
		return c.place("")
	}
	return Reply{Text: sayWaitOn}, nil
}

func (c *chat) unwait(rest string) (Reply, error) {
	of, service, _ := strings.Cut(rest, " ")
	if err := bookings.LeaveWaitingList(c.scope, of, service, c.m.At); err != nil && !isNotFound(err) {
		return Reply{}, err
	}
	return Reply{Text: sayUnwaited}, nil
}

// otherDays shows what is free beside the waiting list, or after the New Year;
// one tap books.
func (c *chat) otherDays(rest string) (Reply, error) {
	words := strings.Fields(rest)
	if w, ok := readWish(words); ok {
		if len(words) == 5 {
			w.from, _ = calendar.ParseDay(words[4])
		}
		return c.seatOffers(sayTapBooks, w, dialogstate.Option{Label: labelNotNow, Do: "none"})
	}
	w, ok, err := c.waitOf(rest)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return c.place("")
	}
	return c.seatOffers(sayTapBooks, seatWish{of: w.of, service: w.Service, seats: w.Seats, ring: w.Ring},
		dialogstate.Option{Label: labelWaitOn, Do: "waiton " + rest})
}

// spouseCode answers the eight digits by which the second of a couple joins the
// booking himself. ok is false for other words.
func (c *chat) spouseCode(text string) (r Reply, ok bool, err error) {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text)
	if len(code) != 8 || !digits(code) {
		return Reply{}, false, nil
	}
	if locked, err := person.Locked(c.tx, c.m.From, c.m.At); err != nil || locked {
		return Reply{Text: sayBindLocked}, true, err
	}
	a, err := bookings.SpouseOf(c.tx, code, c.m.At)
	if isNotFound(err) {
		if c.who.Staff() { // hardly a code
			return Reply{}, false, nil
		}
		left, err := person.CountTry(c.tx, c.m.From, c.m.At)
		if left == 0 {
			return Reply{Text: sayBindLocked}, true, err
		}
		return Reply{Text: sayNoPairCode}, true, err
	}
	if err != nil {
		return Reply{}, true, err
	}
	if slices.Contains(c.who.Residents, a.Resident) && len(c.who.Residents) == 1 {
		return Reply{Text: sayOwnPairCode}, true, nil
	}
	booker, err := person.LoadResident(c.tx, a.Resident)
	if err != nil {
		return Reply{}, true, err
	}
	id, r, asked, err := c.forWhom(purpose.Booking, code)
	if err != nil {
		return Reply{}, true, err
	}
	if asked {
		r.Text = join(fmt.Sprintf(sayPairAsk, booker.Name, a.Day.Chinese(), clockWord(a.Time)), r.Text)
		return r, true, nil
	}
	r, err = c.joinSpouse(code, id)
	return r, true, err
}

// joinSpouse puts him on the second seat.
func (c *chat) joinSpouse(code, id string) (Reply, error) {
	a, err := bookings.Join(c.scope, code, id, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: sayPairTwice}, nil
	case isNotFound(err):
		return Reply{Text: sayNoPairCode}, nil
	case err != nil:
		return Reply{}, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	r := Reply{Text: fmt.Sprintf(sayPairDone, a.Number, whenOf(a))}
	if service, _ := site.Service(a.Service); service.Prepare != "" {
		return c.prepare(r, a, id)
	}
	return r, nil
}
