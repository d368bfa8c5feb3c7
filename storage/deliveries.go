package storage

import (
	"errors"
	"strings"
	"time"
)

// Stands returns why a delivery is no longer true, "" while it is.
func (tx *Tx) Stands(d Delivery) (string, error) {
	if d.Kind == "alarm_note" {
		return tx.alarmsStand()
	}
	if strings.HasPrefix(d.Kind, "handover_") {
		return tx.handOverStands(d)
	}
	if strings.HasPrefix(d.Kind, "office_") {
		return tx.officeStands(d)
	}
	if d.About == "" {
		return "", nil
	}
	if _, err := tx.Resident(d.About); errors.Is(err, ErrNotFound) {
		return "forgotten", nil
	} else if err != nil {
		return "", err
	}
	switch head, _, _ := strings.Cut(d.Kind, "_"); head {
	case "appointment", "offer":
		return tx.appointmentStands(d)
	case "paper":
		return tx.paperStands(d)
	case "release":
		return tx.releaseStands(d)
	case "broadcast":
		return tx.broadcastStands(d)
	case "plan":
		return tx.planStands(d)
	case "away":
		return tx.awayStands(d)
	case "profile":
		return tx.profileStands(d)
	case "request", "note", "lecture":
		return tx.requestStands(d)
	}
	if d.Kind != "visit_eve" {
		return "", nil
	}
	agreed, err := tx.Consent(d.About, C0)
	if err != nil {
		return "", err
	}
	if !agreed.Given() {
		return "withdrawn", nil
	}
	f, err := tx.FollowUp(d.About, d.Facts["followup"])
	switch {
	case errors.Is(err, ErrNotFound):
		return "withdrawn", nil
	case err != nil:
		return "", err
	case f.Closed != nil:
		return f.Closed.Reason, nil
	case f.Due.String() != d.Facts["day"]:
		return "moved", nil
	case f.Declined != 0:
		return "declined", nil
	}
	gone, err := tx.openAway(d.About)
	return pick(gone.ID == "", "", "away"), err // home can wait until she is there
}

// Prepare returns a delivery as it is sent now: an offer with the hour until which it
// holds, a clerk's digest with the numbers of now, others as they are.
func (tx *Tx) Prepare(d Delivery, now time.Time) (Delivery, error) {
	if d.Kind == "offer" {
		return tx.startOffer(d, now)
	}
	return tx.counted(d, now)
}

// Account keeps the books of one sending, in the transaction that settles its
// delivery: how many the channel took on this day, and for a subscription notice
// what is left of it. What surely was not done is given back, the hours of an offer
// too. It returns the delivery, settled by the platform's report where that was
// quicker.
func (tx *Tx) Account(d Delivery, p Plan, r Result, now time.Time) (Delivery, error) {
	if (r.Outcome == Stopped || r.Outcome == Retry) && d.Doubt == 0 {
		if err := tx.unstartOffer(d, now); err != nil {
			return d, err
		}
	}
	return tx.account(d, p, r, now)
}
