package events

import (
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "lecture",
			Keep:      record.Retention{Over: record.Since(record.BookingPeriod, func(l LectureSeat) int64 { return record.StartOf(l.Day) })},
			Withdrawn: Withdrawn},
		{Name: "hears", ByResident: []string{"hears"}, Keep: record.Retention{Over: record.RestsOn(purpose.Booking)}},
		{Name: "wish"},
	}
}
