package visits

import (
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// VisitsTo returns the visits to a person from one day up to another (0 is no bound),
// none where she does not agree to their being kept (C0).
func VisitsTo(tx *record.Tx, r person.Resident, from, to calendar.Day) ([]Visit, error) {
	if ok, err := consent.Agrees(tx, r.ID, purpose.VisitRecord); err != nil || !ok {
		return nil, err
	}
	stop := record.PrefixEnd(record.Prefix("visit", r.ID))
	if to != 0 {
		stop = append(record.Prefix("visit", r.ID), (to + 1).String()...)
	}
	var out []Visit
	for p, err := range tx.Scan(append(record.Prefix("visit", r.ID), from.String()...), stop) {
		if err != nil {
			return nil, err
		}
		v, err := record.Decode[Visit](p)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
