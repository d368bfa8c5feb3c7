package migration

import (
	"slices"

	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// OwnOpen returns the open away card of a resident, for her own eyes.
func OwnOpen(tx *record.Tx, p person.Person, resident string) (Absence, error) {
	if !slices.Contains(p.Residents, resident) {
		return Absence{}, record.ErrNotFound
	}
	return LoadOpen(tx, resident)
}

// AwayOf returns the away cards of a person, none where she does not agree (C3).
func AwayOf(tx *record.Tx, r person.Resident) ([]Absence, error) {
	if ok, err := consent.Agrees(tx, r.ID, purpose.Migration); err != nil || !ok {
		return nil, err
	}
	return record.Collect(record.List[Absence](tx, record.Prefix("away", r.ID)))
}
