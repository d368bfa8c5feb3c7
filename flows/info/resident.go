package info

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/events"
)

// meetingHow says by which word a place in a meeting is given up.
func meetingHow(c *dialog.Turn) (string, error) {
	meets := false
	for _, id := range c.Who.Residents {
		seats, err := events.SeatsOf(c.Scope, id, c.Today)
		if err != nil && !dialog.IsNotFound(err) {
			return "", err
		}
		meets = meets || len(seats) > 0
	}
	return dialog.PickWord(meets, sayMineMeetsHow, ""), nil
}
