package calls

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package. Calls are swept within days
// (PurgeCalls).
func Kinds() []record.Kind { return []record.Kind{{Name: "call", Index: []string{"calls"}}} }
