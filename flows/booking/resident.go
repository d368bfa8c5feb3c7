package booking

import (
	"fmt"

	"xintiexin/flows/dialog"
)

// bookedOverview are the lines of her family's bookings.
func bookedOverview(c *dialog.Turn) (lines []string, err error) {
	open, err := openBookings(c)
	for _, a := range open {
		lines = append(lines, fmt.Sprintf(sayMineBooked, a.name, a.Day.ChineseLunar(), a.Time, a.Number))
	}
	return lines, err
}

// bookedHow says by which words a booking is changed.
func bookedHow(c *dialog.Turn) (string, error) {
	open, err := openBookings(c)
	return dialog.PickWord(len(open) > 0, sayMineBookedHow, ""), err
}
