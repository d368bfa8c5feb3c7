package townconfig

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "site", Index: []string{"sitedata", "sitelog"}}}
}
