package seats

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
)

// Passed names what is free now and is not wanted. Where there is anything, she
// waits for what is given back or released, and not for each new day that comes
// to be open: those of the next weeks count as seen too.
func Passed(c *dialog.Turn, w bookings.Waiting, last calendar.Day) (keys []string, err error) {
	slots, err := Slots(c, &Draft{Service: w.Service, Resident: w.Resident}, c.Today, last+60)
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
