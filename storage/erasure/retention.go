package erasure

import (
	"context"
	"fmt"

	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/kv"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Purge deletes, page by page, what has been kept for its time, as each kind of the
// store says (record.Kind.Keep): the town's days, else those of the norms. It returns
// how many records of each kind went. What goes within days (receipts of answers,
// undos, links) is the sweep's.
func Purge(s *record.Store, ctx context.Context, today calendar.Day) (map[string]int, error) {
	over := func(tx *record.Tx, p kv.Pair) (bool, error) {
		kind, ok := tx.Kind(record.KindOf(p.Key))
		if !ok || kind.Keep.Over == nil {
			return false, nil
		}
		return kind.Keep.Over(keeping(tx, today), p)
	}
	counts, err := walk(s, ctx, over, func(tx *record.Tx, p kv.Pair) error {
		kind, _ := tx.Kind(record.KindOf(p.Key))
		return dropAged(tx, kind, p)
	})
	if err != nil {
		return counts, fmt.Errorf("purge: %w", err)
	}
	return counts, nil
}

// keeping answers what rules of retention ask.
func keeping(tx *record.Tx, today calendar.Day) record.Keeping {
	return record.Keeping{Tx: tx, Today: today,
		Days: func(p record.Period) (int, error) {
			site, err := townconfig.Current(tx)
			if err != nil {
				return 0, err
			}
			return townconfig.DaysOf(site, p), nil
		},
		Withdrawn: func(resident string, set purpose.Purpose) (int64, error) {
			c, err := consent.Load(tx, resident, set)
			return c.Withdrawn, err
		},
	}
}

// dropAged takes a record out whose time is over.
func dropAged(tx *record.Tx, kind *record.Kind, p kv.Pair) error {
	if kind.Keep.Table != "" {
		if err := forgetRows(tx, kind.Keep.Table, p); err != nil {
			return err
		}
	}
	switch {
	case kind.Person:
		r, err := record.Decode[person.Resident](p)
		if err != nil {
			return err
		}
		return drop(tx, r, r.Added.At(0, 0))
	case kind.Keep.Drop != nil:
		return kind.Keep.Drop(tx, p)
	}
	return tx.Delete(p.Key)
}

// forgetRows has the rows of a record forgotten for those who still agree to it: only
// its time is over, and no row is reported as withdrawn.
func forgetRows(tx *record.Tx, set purpose.Purpose, p kv.Pair) error {
	h := record.SubjectOf(p.Value)
	for _, id := range []string{h.Resident, h.Spouse} {
		if id == "" {
			continue
		}
		c, err := consent.Load(tx, id, set)
		if err != nil {
			return err
		}
		if !c.Given() {
			continue
		}
		if err := changes.ForgetRows(tx, id, h.ID); err != nil {
			return err
		}
	}
	return nil
}
