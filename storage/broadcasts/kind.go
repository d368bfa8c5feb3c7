package broadcasts

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "broadcast", Index: []string{"broadcast_to"},
			Keep: record.Retention{Over: record.Since(record.BookingPeriod, func(b Broadcast) int64 { return b.At }), Drop: record.Dropping(Remove)}},
		{Name: "release", Index: []string{"release_to"},
			Keep: record.Retention{
				Over: record.Since(record.BookingPeriod, func(a Announcement) int64 { return record.StartOf(a.Day) }),
				Drop: record.Dropping(removeAnnouncement)}},
	}
}

// removeAnnouncement deletes what was told of released seats, with to whom.
func removeAnnouncement(tx *record.Tx, a Announcement) error {
	if err := tx.DeleteAll(record.Prefix("release_to", a.ID)); err != nil {
		return err
	}
	return tx.Delete(record.Key("release", a.ID))
}
