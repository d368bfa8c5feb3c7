package dialogstate

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package. Receipts are swept within days
// (PurgeReceipts).
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "session", Keep: record.Retention{Over: record.Since(record.ChatPeriod, func(s Session) int64 { return s.Last })}},
		{Name: "receipt"},
	}
}
