package erasure

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "closing", Keep: record.Retention{
			Over: record.Since(record.ClosingPeriod, func(c Deactivation) int64 { return c.At }),
			Drop: record.Dropping(dropClosing)}},
		{Name: "erase"},
		{Name: "evidence", Keep: record.Retention{Over: record.Since(record.EvidencePeriod, func(e Evidence) int64 { return e.Ended })}},
	}
}
