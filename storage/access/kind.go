package access

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package. Links, sessions and codes are
// swept within days (PurgeLinks).
func Kinds() []record.Kind {
	return []record.Kind{{Name: "pass"}, {Name: "door"}, {Name: "pin", ByResident: []string{"pin"}}}
}
