package migration

import (
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

func Remove(tx *record.Tx, a Absence) error {
	if a.Back == 0 {
		r, err := record.Optional(record.Get[person.Resident](tx, record.Key("resident", a.Resident)))
		if err != nil {
			return err
		}
		if err := tx.Delete(record.Key("out", r.Village, a.Resident)); err != nil {
			return err
		}
	}
	return tx.Delete(record.Key("away", a.Resident, a.ID))
}
