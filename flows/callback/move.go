package callback

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/seats"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// moveSaid moves the booking of a call to the day that was said, or offers days.
func moveSaid(c *dialog.Turn, ref, text string) (dialog.Reply, error) {
	if l, _, err := calls.TakeCall(c.Scope, ref, c.M.At); err == nil && l.Of.Paper != "" { // whatever day she named
		line, _, err := noteCall(c, ref, calls.SaidComing, true)
		return dialog.Reply{Text: line}, err
	}
	name, a, said, err := callBooking(c, ref)
	if err != nil || said != "" {
		return dialog.Reply{Text: said}, err
	}
	h := seats.Hear(c, text)
	switch {
	case slices.Contains(seats.AfterYear, h.Date.Coarse):
		return callLater(c, ref)
	case h.Date.Day == 0:
		return callDays(c, ref, name, a, "", c.Today+1)
	}
	h.Party = ""
	d := &seats.Draft{Service: a.Service, Resident: a.Resident, Moving: a.ID, Seats: a.Seats, Heard: h}
	if _, why, err := seats.DayOpen(c, d, h, h.Date.Day); err != nil || why != "" {
		if err != nil {
			return dialog.Reply{}, err
		}
		return callDays(c, ref, name, a, why, max(c.Today+1, h.Date.Day-4))
	}
	slots, err := seats.SlotsOn(c, d, h.Date.Day)
	if err != nil {
		return dialog.Reply{}, err
	}
	hour := callSlot(d, slots, a.Time)
	if hour == "" {
		return callDays(c, ref, name, a, fmt.Sprintf(sayCallHour, h.Date.Day.Short(), h.Said()), max(c.Today+1, h.Date.Day-4))
	}
	return moveCall(c, ref, h.Date.Day, hour)
}

// callSlot is the hour of a day that fits: what was said, else the same as before,
// else the first.
func callSlot(d *seats.Draft, slots []seats.OpenSlot, before string) string {
	if d.Timed {
		if o, ok := d.At(slots); ok && o.Free >= d.Need() {
			return o.Time
		}
		return ""
	}
	first := ""
	for _, o := range slots {
		switch {
		case o.Free < d.Need():
		case o.Time == before:
			return o.Time
		case first == "":
			first = o.Time
		}
	}
	return first
}

// callDays offers days to move to, one hour of each: the same as before where it
// is free.
func callDays(c *dialog.Turn, ref, name string, a bookings.Appointment, why string, from calendar.Day) (dialog.Reply, error) {
	d := &seats.Draft{Service: a.Service, Resident: a.Resident, Moving: a.ID, Seats: a.Seats}
	last, err := seats.Farthest(c, a.Service)
	if err != nil {
		return dialog.Reply{}, err
	}
	slots, err := seats.Slots(c, d, from, last)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for len(slots) > 0 && len(offers) < seats.ShownDays {
		n := slices.IndexFunc(slots, func(o seats.OpenSlot) bool { return o.Day != slots[0].Day })
		if n < 0 {
			n = len(slots)
		}
		if hour := callSlot(d, slots[:n], a.Time); hour != "" {
			at := slices.IndexFunc(slots, func(o seats.OpenSlot) bool { return o.Time == hour })
			offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(dialog.LabelSeat, slots[0].Day.ChineseLunar(), dialog.ClockWord(hour), slots[at].Free),
				Do: fmt.Sprintf("callday %s %s %s", ref, slots[0].Day, hour)})
		}
		slots = slots[n:]
	}
	said := fmt.Sprintf(sayCallWhen, name)
	if len(offers) == 0 {
		said = fmt.Sprintf(sayCallNoDays, name)
	}
	if len(offers) == seats.ShownDays && slices.ContainsFunc(slots, func(o seats.OpenSlot) bool { return o.Free >= d.Need() }) {
		offers = append(offers, dialogstate.Option{Label: dialog.LabelLater, Do: "calldays " + ref + " " + slots[0].Day.String()})
	}
	if _, near := seats.NewYear(c); near {
		offers = append(offers, dialogstate.Option{Label: labelAfterYear, Do: "calllater " + ref})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelNotAgain, Do: "called no " + ref})
	}
	if len(offers) < 5 {
		offers = append(offers, dialogstate.Option{Label: labelCallKeep, Do: "callkeep " + ref})
	}
	return c.Offer(dialog.Join(why, said), offers...), nil
}

// callDaysFrom offers the days behind those that were shown.
func callDaysFrom(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, from, _ := strings.Cut(rest, " ")
	day, err := calendar.ParseDay(from)
	if err != nil {
		return c.Menu(dialog.SayGone)
	}
	name, a, said, err := callBooking(c, ref)
	if err != nil || said != "" {
		return dialog.Reply{Text: said}, err
	}
	return callDays(c, ref, name, a, "", day)
}

// callDay moves the booking to what was offered.
func callDay(c *dialog.Turn, rest string) (dialog.Reply, error) {
	words := strings.Fields(rest)
	if len(words) != 3 {
		return c.Menu(dialog.SayGone)
	}
	day, err := calendar.ParseDay(words[1])
	if err != nil {
		return c.Menu(dialog.SayGone)
	}
	r, err := moveCall(c, words[0], day, words[2])
	if err != nil || len(r.Options) > 0 {
		return r, err
	}
	return afterCalls(c, r.Text)
}

// moveCall moves the booking, or offers other days where the seat has gone.
func moveCall(c *dialog.Turn, ref string, day calendar.Day, hour string) (dialog.Reply, error) {
	name, err := calledName(c, ref)
	if err != nil {
		return dialog.Reply{}, err
	}
	a, err := calls.CalledMove(c.Scope, ref, day, hour, c.M.At)
	if said, known := callRefused(c, name, err); known {
		return dialog.Reply{Text: said}, nil
	}
	if errors.Is(err, record.ErrFull) || errors.Is(err, record.ErrNotAvailable) {
		name, a, said, err := callBooking(c, ref)
		if err != nil || said != "" {
			return dialog.Reply{Text: said}, err
		}
		return callDays(c, ref, name, a, fmt.Sprintf(dialog.SaySeatWent, dialog.ClockWord(hour)), c.Today+1)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayCallMoved, name, seats.WhenOf(a), a.Number)}, nil
}

// callDaySaid answers a day that is typed while days are on offer.
func callDaySaid(c *dialog.Turn, ref, text string) (dialog.Reply, bool, error) {
	if _, _, numbered := answer.Index(text); numbered || c.Other(text) {
		return dialog.Reply{}, false, nil
	}
	if dialog.OneOf(strings.TrimRight(text, " 。.,!~了吧"), "没定", "还没定", "没想好", "先留着", "号先留着", "没定,号先留着", "定不下来") {
		c.S.Offers = nil
		return dialog.Reply{Text: sayCallKept}, true, nil
	}
	if h := seats.Hear(c, text); h.Date.Day == 0 {
		return dialog.Reply{}, false, nil
	}
	r, err := moveSaid(c, ref, text)
	if err == nil && len(r.Options) == 0 {
		c.S.Offers = nil
		r, err = afterCalls(c, r.Text)
	}
	return r, true, err
}

// callLater gives the seats back and, for who has a WeChat, keeps her a place for
// a day after the New Year.
func callLater(c *dialog.Turn, ref string) (dialog.Reply, error) {
	name, a, said, err := callBooking(c, ref)
	if err != nil || said != "" {
		return dialog.Reply{Text: said}, err
	}
	when := callHour(c, calls.Call{Day: a.Day, Time: a.Time})
	if err := calls.Called(c.Scope, ref, calls.SaidNo, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	openid, err := person.WeChatOf(c.Tx, a.Resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	if openid == "" {
		return afterCalls(c, fmt.Sprintf(sayCallLaterFor, name, when))
	}
	year, _ := seats.NewYear(c)
	last, err := seats.Farthest(c, a.Service)
	if err != nil {
		return dialog.Reply{}, err
	}
	w := bookings.Waiting{Resident: a.Resident, Service: a.Service, Seats: a.Seats, After: year, Ring: a.Ring}
	if w.Passed, err = seats.Passed(c, w, last); err != nil {
		return dialog.Reply{}, err
	}
	if _, err := bookings.JoinWaitingList(c.Scope, w, c.M.ID, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	return afterCalls(c, fmt.Sprintf(sayCallLater, name, when))
}
