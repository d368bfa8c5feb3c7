package documents

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "paper", ByResident: []string{"paper"},
		Keep: record.Retention{Over: record.Since(record.ReceiptPeriod, func(p Document) int64 { return p.Ended })},
		Ties: Ties, Withdrawn: Withdrawn}}
}
