package questions

import "xintiexin/storage/record"

// Kinds returns the kinds of records of this package. Notes are swept by a job of
// their own (Purge).
func Kinds() []record.Kind {
	return []record.Kind{{Name: "note", Index: []string{"note_day", "note_tell"}}}
}
