package flows

import (
	"slices"

	"xintiexin/flows/answer"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
)

// reminderSaid answers, when nothing is open, what is said to a reminder in other
// words than it asked for. A no is asked about before a seat is given up.
func (c *chat) reminderSaid(text string) (r Reply, ok bool, err error) {
	if c.who.Staff() || c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" || c.m.Kind != Text {
		return Reply{}, false, nil
	}
	verdict := answer.Decides(text)
	if verdict == answer.Unclear {
		return Reply{}, false, nil
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, false, err
	}
	reminded, err := c.reminded(open)
	if err != nil {
		return Reply{}, false, err
	}
	switch {
	case verdict == answer.OtherDay:
		if r, ok, err := c.anotherTime(); ok || err != nil {
			return r, true, err
		}
		r, err = c.noBooking()
	case verdict == answer.No:
		r, err = c.giveUp("")
	case len(open) == 0, verdict == answer.Noted && len(reminded) == 0:
		return Reply{}, false, nil
	case len(reminded) > 0:
		r, err = c.onBooking(sayComingWhich, "iscoming", reminded)
	default:
		r, err = c.onBooking(sayComingWhich, "iscoming", soonest(open, c.today))
	}
	return r, true, err
}

// remindedOfBooking reports whether she was reminded of a booking after she last wrote.
func (c *chat) remindedOfBooking() (bool, error) {
	open, err := c.openBookings()
	if err != nil {
		return false, err
	}
	for _, a := range open {
		at, err := bookings.Reminded(c.tx, a.Appointment, a.of)
		if err != nil || at > c.s.Last {
			return err == nil, err
		}
	}
	return false, nil
}

// reminded leaves the bookings of which she was reminded and has not answered.
func (c *chat) reminded(open []ownBooking) (out []ownBooking, err error) {
	for _, a := range open {
		at, err := bookings.Reminded(c.tx, a.Appointment, a.of)
		if err != nil {
			return nil, err
		}
		if _, said := a.Said[a.of]; at != 0 && !said {
			out = append(out, a)
		}
	}
	return out, nil
}

// lostBooking answers what nobody understood of somebody who is no staff, while the
// answer to a reminder or to an offered seat waits.
func (c *chat) lostBooking(string) (r Reply, ok bool, err error) {
	if c.who.Staff() {
		return Reply{}, false, nil
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, false, err
	}
	reminded, err := c.reminded(open)
	if err != nil {
		return Reply{}, false, err
	}
	if len(reminded) > 0 {
		id := reminded[0].ID
		return c.offer(join(sayYouMean, whenOf(reminded[0].Appointment)), dialogstate.Option{Label: labelComes, Do: "iscoming " + id},
			dialogstate.Option{Label: labelRebook, Do: "rebook " + id}, dialogstate.Option{Label: labelComesNot, Do: "giveup " + id}), true, nil
	}
	waits, err := c.waits()
	if err != nil {
		return Reply{}, false, err
	}
	if slices.ContainsFunc(waits, func(w ownWait) bool { return w.Offer != nil }) {
		r, err := c.place("")
		r.Text = join(sayUnclear, r.Text)
		return r, true, err
	}
	return Reply{}, false, nil
}
