package booking

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// unreminded says of a booking for whose kind the town can send nothing that she has
// to mind it herself, and that somebody can ring; "" where it can, if she accepts it.
func unreminded(c *dialog.Turn, a bookings.Appointment) (string, error) {
	const kind = "appointment_eve"
	templates, err := townconfig.LoadTemplates(c.Tx)
	if err != nil {
		return "", err
	}
	accepted, err := outbox.SubscriptionTemplates(c.Tx)
	if err != nil {
		return "", err
	}
	_, sent := templates.For(kind)
	_, asked := accepted.For(kind)
	switch {
	case sent || a.Ring != person.RingNobody && asked:
		return "", nil
	case asked:
		c.RingToo = true
		return "", nil
	case a.Ring != person.RingNobody:
		return sayMindRung, nil
	}
	return sayMindRing, nil
}
