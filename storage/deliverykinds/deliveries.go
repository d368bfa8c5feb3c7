package deliverykinds

import (
	"errors"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
)

// StillValid returns why a delivery is no longer true, "" while it is.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	if d.Kind == "alarm_note" {
		return ops.AlarmsStand(tx)
	}
	if strings.HasPrefix(d.Kind, "handover_") {
		return handovers.StillValid(tx, d)
	}
	if strings.HasPrefix(d.Kind, "office_") {
		return staffing.OfficeStands(tx, d)
	}
	if d.About == "" {
		return "", nil
	}
	if _, err := person.LoadResident(tx, d.About); errors.Is(err, record.ErrNotFound) {
		return "forgotten", nil
	} else if err != nil {
		return "", err
	}
	switch head, _, _ := strings.Cut(d.Kind, "_"); head {
	case "appointment", "offer":
		return bookings.StillValid(tx, d)
	case "paper":
		return documents.StillValid(tx, d)
	case "release":
		return broadcasts.AnnouncementStillValid(tx, d)
	case "broadcast":
		return broadcasts.StillValid(tx, d)
	case "plan":
		return careplans.StillValid(tx, d)
	case "away":
		return migration.StillValid(tx, d)
	case "profile":
		return enrolment.ProfileStillValid(tx, d)
	case "request", "note", "lecture":
		return requests.StillValid(tx, d)
	}
	if d.Kind != "visit_eve" {
		return "", nil
	}
	agreed, err := consent.Load(tx, d.About, purpose.VisitRecord)
	if err != nil {
		return "", err
	}
	if !agreed.Given() {
		return "withdrawn", nil
	}
	f, err := followups.Load(tx, d.About, d.Facts["followup"])
	switch {
	case errors.Is(err, record.ErrNotFound):
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
	gone, err := migration.LoadOpen(tx, d.About)
	return record.If(gone.ID == "", "", "away"), err // home can wait until she is there
}

// Prepare returns a delivery as it is sent now: an offer with the hour until which it
// holds, a clerk's digest with the numbers of now, others as they are.
func Prepare(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Delivery, error) {
	if d.Kind == "offer" {
		return bookings.StartOffer(tx, d, now)
	}
	return broadcasts.WithCounts(tx, d, now)
}

// ChargeQuota keeps the books of one sending, in the transaction that settles its
// delivery: how many the channel took on this day, and for a subscription notice
// what is left of it. What surely was not done is given back, the hours of an offer
// too. It returns the delivery, settled by the platform's report where that was
// quicker.
func ChargeQuota(tx *record.Tx, d outbox.Delivery, p outbox.Route, r outbox.Result, now time.Time) (outbox.Delivery, error) {
	if (r.Outcome == outbox.Stopped || r.Outcome == outbox.Retry) && d.Doubt == 0 {
		if err := bookings.UnstartOffer(tx, d, now); err != nil {
			return d, err
		}
	}
	return outbox.ChargeQuota(tx, d, p, r, now)
}
