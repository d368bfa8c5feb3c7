package handovers

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "handover", Index: []string{"acting", "standsin"},
		Keep: record.Retention{Over: record.Since(record.AuditPeriod, func(h Handover) int64 { return h.Ended })}}}
}
