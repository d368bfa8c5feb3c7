package ops

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package. There is one record for each
// name, so that none of them grows with time.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "alarm"}, {Name: "backup"}, {Name: "clock"}, {Name: "job"}, {Name: "source"}, {Name: "stops"}}
}
