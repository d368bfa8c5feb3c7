package erasure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/changes"
	"xintiexin/storage/kv"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// Restore puts everything back that the save wrote and forgets the Undo. It
// returns ErrChanged, and changes nothing, when one of the records was changed
// since (a follow-up closed, a delivery sent), or when the save added a person
// of whom more is known by now. What clerks are told of open requests is counted anew.
func Restore(tx *record.Tx, openid string, u *record.Undo, now time.Time) error {
	for _, w := range u.Writes {
		v, err := tx.GetRaw([]byte(w.Key))
		now := ""
		switch {
		case err == nil:
			now = record.Sum(v)
		case !errors.Is(err, kv.ErrNotFound):
			return fmt.Errorf("get %s: %w", record.KindOf([]byte(w.Key)), err)
		}
		if now != w.Now {
			return record.ErrChanged
		}
	}
	added := u.Added()
	for _, resident := range added {
		if more, err := grown(tx, u, resident); err != nil || more {
			return cmp.Or(err, record.ErrChanged)
		}
	}
	for _, w := range u.Writes {
		if !w.Had {
			if err := tx.Delete([]byte(w.Key)); err != nil {
				return err
			}
			continue
		}
		if err := tx.PutRaw([]byte(w.Key), w.Old); err != nil {
			return err
		}
	}
	for _, resident := range added { // she is nobody again
		if err := errors.Join(tx.DeleteAll(record.Prefix("look", resident)), changes.LeaveTables(tx, resident), tx.UnmarkChanged(resident)); err != nil {
			return err
		}
	}
	return errors.Join(requests.CountAnew(tx, now), tx.PutUndo(openid, nil))
}

// MayRestore reports whether the asker may still take back what they saved: for a
// village role, whether all whom it was about are of today's villages, or were when it
// was saved and are moved or gone by that save alone.
func MayRestore(s person.Scope, u *record.Undo) (bool, error) {
	if c := s.Person.Cadre; !s.Person.Staff() || c.Has(person.Clerk, person.Clinician) {
		return true, nil
	}
	before := map[string]person.Resident{}
	for _, w := range u.Writes {
		id, ok := strings.CutPrefix(w.Key, "resident/")
		if !ok || !w.Had {
			continue
		}
		r, err := record.Decode[person.Resident](kv.Pair{Key: []byte(w.Key), Value: w.Old})
		if err != nil {
			return false, err
		}
		before[id] = r
	}
	personal := s.Tx.PersonalKinds()
	for _, w := range u.Writes {
		kind, rest, _ := strings.Cut(w.Key, "/")
		if kind != "resident" && !slices.Contains(personal, kind) {
			continue
		}
		id, _, _ := strings.Cut(rest, "/")
		r, ok := before[id]
		if !ok {
			var err error
			if r, err = record.Optional(person.LoadResident(s.Tx, id)); err != nil {
				return false, err
			}
		}
		if r.ID != "" && !s.Family[id] && !s.Inside[r.Village] {
			return false, nil
		}
	}
	return true, nil
}

// grown reports whether something is kept about a person that the save did not
// write: without her it would be about nobody.
func grown(tx *record.Tx, u *record.Undo, resident string) (bool, error) {
	wrote := map[string]bool{}
	for _, w := range u.Writes {
		wrote[w.Key] = true
	}
	for _, kind := range tx.PersonalKinds() {
		for p, err := range tx.Scan(record.Prefix(kind, resident), record.PrefixEnd(record.Prefix(kind, resident))) {
			if err != nil || !wrote[string(p.Key)] {
				return err == nil, err
			}
		}
	}
	return false, nil
}
