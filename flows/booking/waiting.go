package booking

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/seats"
	"xintiexin/flows/subject"
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

func waits(c *dialog.Turn) ([]ownWait, error) {
	var out []ownWait
	for _, id := range c.Who.Residents {
		all, err := bookings.WaitsOf(c.Scope, id)
		if err != nil && !dialog.IsNotFound(err) {
			return nil, err
		}
		for _, one := range all {
			w, before, err := bookings.WaitingOf(c.Scope, id, one.Service)
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
func joinList(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	id, err := booker(c, f, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	v := seats.ReadPick(s.Get("wait"))
	return queue(c, bookings.Waiting{Resident: id, Service: s.Get("service"), Seats: max(1, seats.SeatsOf(s.Get("party"))), Day: v.Day, After: v.After, Ring: ringOf(s)})
}

// queue puts somebody on the list and says where she stands.
func queue(c *dialog.Turn, w bookings.Waiting) (dialog.Reply, error) {
	id := w.Resident
	last, err := seats.Farthest(c, w.Service)
	if err != nil {
		return dialog.Reply{}, err
	}
	if w.Passed, err = seats.Passed(c, w, last); err != nil {
		return dialog.Reply{}, err
	}
	w, err = bookings.JoinWaitingList(c.Scope, w, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return hasBooked(c, id, w.Service)
	case errors.Is(err, record.ErrConsent):
		return agreeAnew(c, id, w.Service, "")
	case err != nil:
		return dialog.Reply{}, err
	}
	_, before, err := bookings.WaitingOf(c.Scope, id, w.Service)
	if dialog.IsNotFound(err) { // she lets the village know nothing of it
		return dialog.Reply{Text: sayWaitsQuiet}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if !slices.Contains(c.Who.Residents, id) {
		return dialog.Reply{Text: fmt.Sprintf(sayWaitsFor, before)}, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	what := "一有空位"
	if w.Day != 0 {
		what = w.Day.Chinese() + "有空位"
	}
	c.WillTell("offer")
	return dialog.Reply{Text: fmt.Sprintf(sayJoinedList, seats.PlaceOf(before), what, bookings.OfferMinutes.Of(site))}, nil
}

// place says where she stands on the list.
func place(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := waits(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return c.Offer(sayNotWaiting, dialogstate.Option{Label: dialog.LabelBook, Do: "say 约号"}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), nil
	}
	w := all[0]
	if w.Offer != nil {
		return dialog.Reply{Text: fmt.Sprintf(sayOfferOpen, w.Offer.Day.ChineseLunar(), dialog.ClockWord(w.Offer.Time))}, nil
	}
	return c.Offer(fmt.Sprintf(sayWaits, seats.PlaceOf(w.before)), waitOffers(w.of, w.Service)...), nil
}

func waitOffers(of, service string) []dialogstate.Option {
	return []dialogstate.Option{
		{Label: labelWaitOn, Do: "waiton " + of + " " + service},
		{Label: labelOtherDays, Do: "otherdays " + of + " " + service},
		{Label: labelUnwait, Do: "unwait " + of + " " + service},
	}
}

// waitWord answers the words of the waiting list, while she stands there.
func waitWord(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	stops, on := dialog.OneOf(text, "不等", "不排", "不候补"), c.S.Flow == "" && dialog.OneOf(text, "接着等", "再等等看", "继续等")
	if !stops && !on {
		return dialog.Reply{}, false, nil
	}
	all, err := waits(c)
	if err != nil || len(all) == 0 {
		return dialog.Reply{}, false, err
	}
	rest := all[0].of + " " + all[0].Service
	if on {
		r, err = waitOn(c, rest)
	} else {
		r, err = unwait(c, rest)
	}
	return r, true, err
}

// lateFor is how long 要 is still taken for an answer to an offer that went on,
// where it may also answer something else.
const lateFor = 24 * time.Hour

// takeOffer answers 要. ok is false when nothing is offered to her, nor was.
func takeOffer(c *dialog.Turn) (dialog.Reply, bool, error) {
	all, err := waits(c)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	i := slices.IndexFunc(all, func(w ownWait) bool { return w.Offer != nil })
	if i < 0 {
		i = slices.IndexFunc(all, func(w ownWait) bool {
			return w.Lapsed != nil && (c.S.Flow == "" || c.M.At.Unix() < w.Lapsed.Until+int64(lateFor.Seconds()))
		})
	}
	if i < 0 && (c.S.Flow != "" || len(all) == 0) {
		return dialog.Reply{}, false, nil
	}
	if i < 0 {
		r, err := place(c, "")
		return r, true, err
	}
	w := all[i]
	if w.Offer != nil && w.Offer.Sent == 0 && w.otherThan() && !asksOther(c) { // she answers the message before
		r, err := otherSeat(c, w)
		return r, true, err
	}
	return takes(c, w)
}

// otherThan reports whether what is offered is another hour than the last that she
// heard of and let go by.
func (w ownWait) otherThan() bool {
	return w.Offer != nil && w.Lapsed != nil && (w.Offer.Day != w.Lapsed.Day || w.Offer.Time != w.Lapsed.Time)
}

// asksOther reports whether it stands asked that the hour is another.
func asksOther(c *dialog.Turn) bool {
	return len(c.S.Offers) > 0 && strings.HasPrefix(c.S.Offers[0].Do, "takeseat ")
}

// otherSeat says that the seat she means went on, and asks about the one that is
// held for her instead.
func otherSeat(c *dialog.Turn, w ownWait) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	offers := waitOffers(w.of, w.Service)
	offers[0] = dialogstate.Option{Label: labelTakeStill, Do: fmt.Sprintf("takeseat %s %s %s %s", w.of, w.Service, w.Offer.Day, w.Offer.Time)}
	return c.Offer(fmt.Sprintf(sayLateOther, w.Lapsed.Day.Short()+" "+dialog.ClockWord(w.Lapsed.Time), time.Unix(w.Lapsed.Until, 0).In(calendar.Zone).Format("15:04"), w.Offer.Day.ChineseLunar(), dialog.ClockWord(w.Offer.Time)), offers...), nil
}

// takeSeat books the hour that was shown, while it is held for her.
func takeSeat(c *dialog.Turn, rest string) (dialog.Reply, error) {
	words := strings.Fields(rest)
	if len(words) != 4 {
		return c.Menu(dialog.SayGone)
	}
	w, ok, err := waitOf(c, words[0]+" "+words[1])
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case !ok:
		return place(c, "")
	case w.Offer == nil, w.Offer.Day.String() != words[2], w.Offer.Time != words[3]:
		if w.otherThan() {
			return otherSeat(c, w)
		}
		return late(c, w)
	}
	r, _, err := takes(c, w)
	return r, err
}

// takes books what is offered to her; ok is false when nothing is any more.
func takes(c *dialog.Turn, w ownWait) (dialog.Reply, bool, error) {
	a, err := bookings.TakeOffer(c.Scope, w.of, w.Service, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrExpired):
		r, err := late(c, w)
		return r, true, err
	case errors.Is(err, record.ErrAlreadyExists):
		has, err := bookings.Open(c.Scope, w.of, w.Service)
		if err != nil {
			return dialog.Reply{}, true, err
		}
		r, err := alreadyBooked(c, has, w.of, "")
		return r, true, err
	case dialog.IsNotFound(err):
		return dialog.Reply{}, false, nil
	case err != nil:
		return dialog.Reply{}, true, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, true, err
	}
	r, err := booked(c, a, w.of, sayBookedAt)
	return r, true, err
}

// late tells her that the seat went on; her place is kept.
func late(c *dialog.Turn, w ownWait) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	now, before, err := bookings.WaitingOf(c.Scope, w.of, w.Service)
	if dialog.IsNotFound(err) {
		return noBooking(c)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if again := (ownWait{now, w.of, before}); again.otherThan() {
		return otherSeat(c, again)
	}
	o := now.Lapsed
	if o == nil || o.Until == 0 {
		return c.Offer(dialog.Join(sayLateGone, stillIn(before)), waitOffers(w.of, w.Service)...), nil
	}
	until := time.Unix(o.Until, 0).In(calendar.Zone).Format("15:04")
	slots, err := seats.SlotsOn(c, &seats.Draft{Service: w.Service, Resident: w.of}, o.Day)
	if err != nil {
		return dialog.Reply{}, err
	}
	if slices.ContainsFunc(slots, func(s seats.OpenSlot) bool { return s.Time == o.Time && s.Free >= now.Seats }) { // nobody took it
		wish := seatWish{of: w.of, service: w.Service, seats: now.Seats, ring: now.Ring}
		offers := waitOffers(w.of, w.Service)
		offers[0] = dialogstate.Option{Label: labelTakeStill, Do: fmt.Sprintf("seat %s %s %s", wish, o.Day, o.Time)}
		return c.Offer(fmt.Sprintf(sayLateFree, until, o.Day.ChineseLunar(), dialog.ClockWord(o.Time)), offers...), nil
	}
	return c.Offer(dialog.Join(fmt.Sprintf(sayLate, until), stillIn(before)), waitOffers(w.of, w.Service)...), nil
}

func stillIn(before int) string {
	return fmt.Sprintf(sayStillIn, strings.TrimPrefix(seats.PlaceOf(before), "您"))
}

// waitOf reads whom and for what a verb of the list means, if she still waits.
func waitOf(c *dialog.Turn, rest string) (ownWait, bool, error) {
	of, service, _ := strings.Cut(rest, " ")
	w, before, err := bookings.WaitingOf(c.Scope, of, service)
	if dialog.IsNotFound(err) {
		return ownWait{}, false, nil
	}
	return ownWait{w, of, before}, err == nil, err
}

// waitOn goes on waiting: a slot that she let go by may be offered again.
func waitOn(c *dialog.Turn, rest string) (dialog.Reply, error) {
	w, ok, err := waitOf(c, rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !ok {
		return place(c, "")
	}
	if o := w.Lapsed; o != nil {
		gone := bookings.Slot{Day: o.Day, Time: o.Time}.Key()
		w.Passed = slices.DeleteFunc(slices.Clone(w.Passed), func(p string) bool { return p == gone })
	}
	again, err := bookings.JoinWaitingList(c.Scope, w.Waiting, c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	if again.Offer != nil {
		return place(c, "")
	}
	return dialog.Reply{Text: sayWaitOn}, nil
}

func unwait(c *dialog.Turn, rest string) (dialog.Reply, error) {
	of, service, _ := strings.Cut(rest, " ")
	if err := bookings.LeaveWaitingList(c.Scope, of, service, c.M.At); err != nil && !dialog.IsNotFound(err) {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayUnwaited}, nil
}

// otherDays shows what is free beside the waiting list, or after the New Year;
// one tap books.
func otherDays(c *dialog.Turn, rest string) (dialog.Reply, error) {
	words := strings.Fields(rest)
	if w, ok := readWish(words); ok {
		if len(words) == 5 {
			w.from, _ = calendar.ParseDay(words[4])
		}
		return seatOffers(c, sayTapBooks, w, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})
	}
	w, ok, err := waitOf(c, rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !ok {
		return place(c, "")
	}
	return seatOffers(c, sayTapBooks, seatWish{of: w.of, service: w.Service, seats: w.Seats, ring: w.Ring},
		dialogstate.Option{Label: labelWaitOn, Do: "waiton " + rest})
}

// spouseCode answers the eight digits by which the second of a couple joins the
// booking himself. ok is false for other words.
func spouseCode(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text)
	if len(code) != 8 || !subject.Digits(code) {
		return dialog.Reply{}, false, nil
	}
	if locked, err := person.Locked(c.Tx, c.M.From, c.M.At); err != nil || locked {
		return dialog.Reply{Text: dialog.SayBindLocked}, true, err
	}
	a, err := bookings.SpouseOf(c.Tx, code, c.M.At)
	if dialog.IsNotFound(err) {
		if c.Who.Staff() { // hardly a code
			return dialog.Reply{}, false, nil
		}
		left, err := person.CountTry(c.Tx, c.M.From, c.M.At)
		if left == 0 {
			return dialog.Reply{Text: dialog.SayBindLocked}, true, err
		}
		return dialog.Reply{Text: sayNoPairCode}, true, err
	}
	if err != nil {
		return dialog.Reply{}, true, err
	}
	if slices.Contains(c.Who.Residents, a.Resident) && len(c.Who.Residents) == 1 {
		return dialog.Reply{Text: sayOwnPairCode}, true, nil
	}
	booker, err := person.LoadResident(c.Tx, a.Resident)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	id, r, asked, err := c.ForWhom(purpose.Booking, code)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	if asked {
		r.Text = dialog.Join(fmt.Sprintf(sayPairAsk, booker.Name, a.Day.Chinese(), dialog.ClockWord(a.Time)), r.Text)
		return r, true, nil
	}
	r, err = joinSpouse(c, code, id)
	return r, true, err
}

// joinSpouse puts him on the second seat.
func joinSpouse(c *dialog.Turn, code, id string) (dialog.Reply, error) {
	a, err := bookings.Join(c.Scope, code, id, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: sayPairTwice}, nil
	case dialog.IsNotFound(err):
		return dialog.Reply{Text: sayNoPairCode}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	r := dialog.Reply{Text: fmt.Sprintf(sayPairDone, a.Number, seats.WhenOf(a))}
	if service, _ := site.Service(a.Service); service.Prepare != "" {
		return prepare(c, r, a, id)
	}
	return r, nil
}
