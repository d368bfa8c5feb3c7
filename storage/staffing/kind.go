package staffing

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "grant", Keep: record.Retention{Over: record.Since(record.AuditPeriod, func(g RoleGrant) int64 { return g.Asked })}}}
}
