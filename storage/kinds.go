package storage

import (
	"slices"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calls"
	"xintiexin/storage/careplans"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
)

// Kinds returns the kinds of records of the store. Mechanisms (retention, withdrawal,
// the scope of a clinician) walk this list and know no kind by name; where order
// matters, they go by the order of the list.
func Kinds() []record.Kind {
	return slices.Concat(
		record.Own(),
		townconfig.Kinds(),
		person.Kinds(),
		consent.Kinds(),
		access.Kinds(),
		dialogstate.Kinds(),
		outbox.Kinds(),
		ops.Kinds(),
		staffing.Kinds(),
		visits.Kinds(),
		followups.Kinds(),
		requests.Kinds(),
		events.Kinds(),
		bookings.Kinds(),
		careplans.Kinds(),
		migration.Kinds(),
		documents.Kinds(),
		townforms.Kinds(),
		calls.Kinds(),
		questions.Kinds(),
		broadcasts.Kinds(),
		handovers.Kinds(),
		enrolment.Kinds(),
		changes.Kinds(),
		erasure.Kinds(),
	)
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
