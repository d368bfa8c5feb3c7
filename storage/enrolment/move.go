package enrolment

import (
	"fmt"

	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// MoveTo takes a person to another village or group, with what is indexed there.
func MoveTo(tx *record.Tx, r person.Resident, village, group string) error {
	away, err := migration.LoadOpen(tx, r.ID)
	if err != nil {
		return err
	}
	if away.ID != "" {
		if err := tx.Delete(record.Key("out", r.Village, r.ID)); err != nil {
			return err
		}
		if err := tx.PutRaw(record.Key("out", village, r.ID), []byte(away.ID)); err != nil {
			return err
		}
	}
	r.Village, r.Group = village, group
	if err := person.PutResident(tx, r); err != nil {
		return err
	}
	return followups.Reassign(tx, r)
}

// MoveResident takes a person to another village and group. What is kept about
// her goes along; her open follow-ups go to her new contact.
func MoveResident(tx *record.Tx, id, village, group string) error {
	r, err := person.LoadResident(tx, id)
	if err != nil {
		return err
	}
	if _, err := person.LoadVillage(tx, village); err != nil {
		return fmt.Errorf("village %s: %w", village, err)
	}
	if village != r.Village { // the house stays where it is
		r.Household, r.House = "", ""
	}
	return MoveTo(tx, r, village, group)
}

// MoveMerged carries up to max people of merged villages over to the village
// that took them; it returns how many, 0 when all are there.
func MoveMerged(tx *record.Tx, max int) (int, error) {
	all, err := person.Villages(tx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, v := range all {
		if v.MergedInto == "" {
			continue
		}
		var ids []string
		for p, err := range tx.Parts(record.Prefix("in", v.ID)) {
			if err != nil {
				return n, err
			}
			if ids = append(ids, p[0]); n+len(ids) == max {
				break
			}
		}
		for _, id := range ids {
			r, err := person.LoadResident(tx, id)
			if err != nil {
				return n, err
			}
			if err := person.TakeHouse(tx, r.Household, v.MergedInto); err != nil {
				return n, err
			}
			if err := MoveTo(tx, r, v.MergedInto, r.Group); err != nil {
				return n, err
			}
			n++
		}
		if n >= max {
			break
		}
	}
	return n, nil
}
