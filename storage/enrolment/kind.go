package enrolment

import (
	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// askedDays is for how many days it is remembered who was asked about their profile:
// past the end of the half of the year, whatever month the town sets meanwhile.
const askedDays = 150

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "profileask", Keep: record.Retention{
			Over: record.Either(record.After(askedDays, func(m ProfileAsk) calendar.Day { return m.Day }), record.RestsOn(purpose.Booking))}},
		{Name: "profilerun", Keep: record.Retention{Over: record.After(askedDays, func(r ProfileRun) calendar.Day { return r.Day })}},
		{Name: "replaced"},
		{Name: "stood", Keep: record.Retention{Over: record.Since(record.StoodPeriod, func(w FormerBinding) int64 { return w.At })}},
	}
}
