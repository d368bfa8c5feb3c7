package booking

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/flows/seats"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

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
func seatOffers(c *dialog.Turn, said string, w seatWish, tail ...dialogstate.Option) (dialog.Reply, error) {
	d := &seats.Draft{Service: w.service, Resident: w.of, Seats: w.seats}
	last, err := seats.Farthest(c, w.service)
	if err != nil {
		return dialog.Reply{}, err
	}
	slots, err := seats.Slots(c, d, max(c.Today, w.from), last)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	day := calendar.Day(0)
	for _, o := range slots {
		if o.Free < w.seats || o.Day == day || len(offers) == seats.ShownDays {
			continue
		}
		day = o.Day
		offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(dialog.LabelSeat, o.Day.ChineseLunar(), dialog.ClockWord(o.Time), o.Free),
			Do: fmt.Sprintf("seat %s %s %s", w, o.Day, o.Time)})
	}
	if len(offers) == 0 {
		said = dialog.Join(said, dialog.SayNoDays)
	} else if ny, near := seats.NewYear(c); near && w.from < ny && day < ny {
		offers = append(offers, dialogstate.Option{Label: dialog.LabelAfterNewYear, Do: fmt.Sprintf("otherdays %s %s", w, ny)})
	}
	return c.Offer(said, append(offers, tail...)...), nil
}

// seat books what was offered by one tap.
func seat(c *dialog.Turn, rest string) (dialog.Reply, error) {
	words := strings.Fields(rest)
	w, ok := readWish(words)
	if !ok || len(words) != 6 {
		return c.Menu(dialog.SayGone)
	}
	day, err := calendar.ParseDay(words[4])
	if err != nil {
		return c.Menu(dialog.SayGone)
	}
	need, err := consent.Needed(c.Scope, w.of, purpose.Booking, true)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if need {
		return book(c, "")
	}
	_, _, err = bookings.WaitingOf(c.Scope, w.of, w.service)
	waited := err == nil
	if err != nil && !dialog.IsNotFound(err) {
		return dialog.Reply{}, err
	}
	a, err := bookings.Book(c.Scope, bookings.Appointment{Resident: w.of, Service: w.service, Seats: w.seats, Day: day, Time: words[5], Ring: w.ring}, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return hasBooked(c, w.of, w.service)
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return seatOffers(c, fmt.Sprintf(dialog.SaySeatWent, dialog.ClockWord(words[5]))+sayTapBooks, w, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})
	case dialog.IsNotFound(err):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	head := sayBookedAt
	if waited {
		head = sayBookedWaited
	}
	return booked(c, a, w.of, head)
}
