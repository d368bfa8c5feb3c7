package storage

import (
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/careplans"
	"xintiexin/storage/documents"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// Kinds are the kinds of records that say something of themselves to the
// mechanisms that know none by name.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "followup", Withdrawn: followups.Withdrawn},
		{Name: "request", Ties: requests.Ties, Withdrawn: requests.Withdrawn},
		{Name: "lecture", Withdrawn: events.Withdrawn},
		{Name: "appointment", Ties: bookings.Ties, Withdrawn: bookings.Withdrawn},
		{Name: "return", Withdrawn: bookings.ReturnsWithdrawn},
		{Name: "plan", Withdrawn: careplans.Withdrawn},
		{Name: "away", Withdrawn: migration.Withdrawn},
		{Name: "paper", Ties: documents.Ties, Withdrawn: documents.Withdrawn},
	}
}

// PutSite keeps new site data as the one in force, and the one before it under
// its ID, so that it is a command away. Who has a seat at a meeting that is moved by
// it, or not held, is told and reminded anew.
func PutSite(tx *record.Tx, s townconfig.Site, by string, now time.Time) error {
	if err := townconfig.Put(tx, s, by, now); err != nil {
		return err
	}
	return events.MoveAll(tx, s.Lectures, now)
}
