package followups

import (
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "followup", Index: []string{"due"}, ByResident: []string{"followup"},
		Keep:      record.Retention{Over: record.RestsOn(purpose.VisitRecord), Drop: record.Dropping(Remove)},
		Withdrawn: Withdrawn}}
}

// Remove deletes a follow-up with its place in its contact's days.
func Remove(tx *record.Tx, f FollowUp) error {
	if err := tx.Delete(DueKey(f)); err != nil {
		return err
	}
	return tx.Delete(record.Key("followup", f.Resident, f.ID))
}
