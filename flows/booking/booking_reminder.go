package booking

import (
	"slices"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/seats"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
)

// reminderSaid answers, when nothing is open, what is said to a reminder in other
// words than it asked for. A no is asked about before a seat is given up.
func reminderSaid(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if c.Who.Staff() || c.M.Tapped || c.M.Token != 0 || c.S.Flow != "" || c.M.Kind != dialog.Text {
		return dialog.Reply{}, false, nil
	}
	verdict := answer.Decides(text)
	if verdict == answer.Unclear {
		return dialog.Reply{}, false, nil
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	reminded, err := reminded(c, open)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	switch {
	case verdict == answer.OtherDay:
		if r, ok, err := dialog.AnotherTime(c); ok || err != nil {
			return r, true, err
		}
		r, err = noBooking(c)
	case verdict == answer.No:
		r, err = giveUp(c, "")
	case len(open) == 0, verdict == answer.Noted && len(reminded) == 0:
		return dialog.Reply{}, false, nil
	case len(reminded) > 0:
		r, err = onBooking(c, sayComingWhich, "iscoming", reminded)
	default:
		r, err = onBooking(c, sayComingWhich, "iscoming", soonest(open, c.Today))
	}
	return r, true, err
}

// remindedOfBooking reports whether she was reminded of a booking after she last wrote.
func remindedOfBooking(c *dialog.Turn) (bool, error) {
	open, err := openBookings(c)
	if err != nil {
		return false, err
	}
	for _, a := range open {
		at, err := bookings.Reminded(c.Tx, a.Appointment, a.of)
		if err != nil || at > c.S.Last {
			return err == nil, err
		}
	}
	return false, nil
}

// reminded leaves the bookings of which she was reminded and has not answered.
func reminded(c *dialog.Turn, open []ownBooking) (out []ownBooking, err error) {
	for _, a := range open {
		at, err := bookings.Reminded(c.Tx, a.Appointment, a.of)
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
func lostBooking(c *dialog.Turn, _ string) (r dialog.Reply, ok bool, err error) {
	if c.Who.Staff() {
		return dialog.Reply{}, false, nil
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	reminded, err := reminded(c, open)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	if len(reminded) > 0 {
		id := reminded[0].ID
		return c.Offer(dialog.Join(sayYouMean, seats.WhenOf(reminded[0].Appointment)), dialogstate.Option{Label: labelComes, Do: "iscoming " + id},
			dialogstate.Option{Label: labelRebook, Do: "rebook " + id}, dialogstate.Option{Label: labelComesNot, Do: "giveup " + id}), true, nil
	}
	waits, err := waits(c)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	if slices.ContainsFunc(waits, func(w ownWait) bool { return w.Offer != nil }) {
		r, err := place(c, "")
		r.Text = dialog.Join(dialog.SayUnclear, r.Text)
		return r, true, err
	}
	return dialog.Reply{}, false, nil
}
