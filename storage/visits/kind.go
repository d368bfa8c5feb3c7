package visits

import (
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "visit", Index: []string{"by"}, ByResident: []string{"visit"}, Changes: record.ByKey,
		Keep: record.Retention{Over: record.RestsOn(purpose.VisitRecord), Drop: record.Dropping(Remove)}}}
}

// Remove deletes a visit with its place among those of who made it.
func Remove(tx *record.Tx, v Visit) error {
	if err := tx.Delete(record.Key("by", v.By, v.Day.String(), v.Resident, v.ID)); err != nil {
		return err
	}
	return tx.Delete(record.Key("visit", v.Resident, v.Day.String(), v.ID))
}
