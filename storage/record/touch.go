package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"xintiexin/storage/kv"
)

// Subject is by what a record says whom it is about.
type Subject struct{ ID, Resident, Spouse, About, OpenID string }

func SubjectOf(value []byte) (h Subject) {
	_ = json.Unmarshal(value, &h) // what is no such record is about nobody
	return h
}

// ---- what changed ----

// markSubjects notes whom a write at k is about, before it is done; now is what will
// stand there, nil nothing. The lines of those people may say something else from
// now on. It is no part of what a save can take back: taking it back is a change.
func (tx *Tx) markSubjects(k, now []byte) error {
	kind, ok := tx.Kind(KindOf(k))
	if !ok || kind.Changes == NoChange {
		return nil
	}
	if kind.Changes == ByKey {
		return tx.MarkChanged(OwnerOf(k), kind.Person)
	}
	old, err := tx.GetRaw(k)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("get %s: %w", kind.Name, err)
	}
	for _, value := range [][]byte{old, now} {
		h := SubjectOf(value)
		for _, id := range []string{h.Resident, h.Spouse} {
			if id == "" {
				continue
			}
			if err := tx.MarkChanged(id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// MarkChanged notes that a person changed in this transaction. A directory line, which
// stands in no table, is passed over.
func (tx *Tx) MarkChanged(resident string, line bool) error {
	if tx.touched[resident] {
		return nil
	}
	if line {
		in, err := tx.inTables(resident)
		if err != nil || !in {
			return err
		}
	}
	if tx.touches == 0 {
		seq, err := tx.ChangeNumber()
		if err != nil {
			return err
		}
		tx.touches = seq + 1
		if err := tx.putChange(Key("touches")); err != nil {
			return err
		}
	}
	tx.MarkNever(resident)
	return tx.putChange(Key("touch", resident))
}

func (tx *Tx) putChange(k []byte) error {
	if err := tx.kv.Put(k, strconv.AppendUint(nil, tx.touches, 10)); err != nil {
		return fmt.Errorf("put %s: %w", KindOf(k), err)
	}
	return nil
}

// MarkNever says that a person is noted in this transaction, or is never to be.
func (tx *Tx) MarkNever(resident string) {
	if tx.touched == nil {
		tx.touched = map[string]bool{}
	}
	tx.touched[resident] = true
}

// inTables reports whether a person agreed to anything, or stands in a table.
func (tx *Tx) inTables(resident string) (bool, error) {
	for _, kind := range tx.Kinds {
		if !kind.Joins {
			continue
		}
		for _, err := range tx.Parts(Prefix(kind.Name, resident)) {
			return err == nil, err
		}
	}
	return false, nil
}

// UnmarkChanged takes a person out of those that changed.
func (tx *Tx) UnmarkChanged(resident string) error {
	if err := tx.kv.Delete(Key("touch", resident)); err != nil {
		return fmt.Errorf("delete touch: %w", err)
	}
	return nil
}

// ChangeNumber returns the number of the last transaction in which people changed.
func (tx *Tx) ChangeNumber() (uint64, error) { return Optional(Get[uint64](tx, Key("touches"))) }

// OwnerOf is the resident by whom a record is keyed.
func OwnerOf(k []byte) string {
	_, rest, _ := strings.Cut(string(k), "/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}
