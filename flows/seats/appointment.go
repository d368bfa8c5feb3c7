package seats

import (
	"fmt"

	"xintiexin/flows/dialog"
)

func SeatsOf(party string) int {
	switch party {
	case "couple":
		return 2
	case "alone":
		return 1
	}
	return 0
}

// WhyNot says why an hour is not to be had; i is where it is among the day's.
func WhyNot(slots []OpenSlot, i int, hour string) string {
	switch {
	case i < 0:
		return fmt.Sprintf(sayHourNone, dialog.ClockWord(hour))
	case slots[i].Free == 1:
		return fmt.Sprintf(sayHourOne, dialog.ClockWord(hour))
	}
	return fmt.Sprintf(sayHourFull, dialog.ClockWord(hour))
}
