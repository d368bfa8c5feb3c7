package storage

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/kv"
)

// UndoTime is how long what was saved can be taken back.
const UndoTime = 10 * time.Minute

// Undo is what one save wrote, kept under undo/<openid> until the next save or
// the end of its time: for each key what stood there before, and a hash of what
// was put, by which a later change is seen.
type Undo struct {
	Until  int64 // Unix seconds
	What   string
	Flow   string
	Form   []byte // the form's session before the save, so that it can be changed and saved again
	Writes []undoWrite
	index  map[string]int
	saved  map[string]func() error // what is done once the save is whole, by name, see OnSaved
}

type undoWrite struct {
	Key string
	Old []byte // nil: nothing stood there
	Had bool
	Now string // hash of what was put; "" deleted
}

// Save runs fn and returns an Undo that can restore everything fn wrote. When fn
// fails, nothing of what it wrote stays, so that a refusal can still commit its
// reply.
func (tx *Tx) Save(fn func() error) (*Undo, error) {
	if tx.undo != nil {
		return nil, errors.New("storage: a save inside a save")
	}
	u := &Undo{index: map[string]int{}}
	tx.undo = u
	defer func() { tx.undo = nil }()
	if err := fn(); err != nil {
		tx.undo = nil
		return nil, errors.Join(err, tx.putBack(u.Writes))
	}
	tx.undo = nil
	// What was written as it stood is nobody's business: a seat given back and taken again.
	u.Writes = slices.DeleteFunc(u.Writes, func(w undoWrite) bool { return w.Had && w.Now == sum(w.Old) })
	for _, name := range slices.Sorted(maps.Keys(u.saved)) {
		if err := u.saved[name](); err != nil {
			return u, err
		}
	}
	return u, nil
}

// onSaved puts off fn until the save under way is whole, where it is no part of
// what is taken back; of several by one name the last is done. It reports whether a
// save is under way: without one the caller does it now.
func (tx *Tx) onSaved(name string, fn func() error) bool {
	if tx.undo == nil {
		return false
	}
	if tx.undo.saved == nil {
		tx.undo.saved = map[string]func() error{}
	}
	tx.undo.saved[name] = fn
	return true
}

// putBack restores what stood before writes.
func (tx *Tx) putBack(writes []undoWrite) error {
	for _, w := range writes {
		put := func() error { return tx.delete([]byte(w.Key)) }
		if w.Had {
			put = func() error { return tx.putRaw([]byte(w.Key), w.Old) }
		}
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what stood at k before the first write of a save.
func (tx *Tx) note(k, v []byte, put bool) error {
	u := tx.undo
	if u == nil {
		return nil
	}
	now := ""
	if put {
		now = sum(v)
	}
	if i, ok := u.index[string(k)]; ok {
		u.Writes[i].Now = now
		return nil
	}
	old, err := tx.getRaw(k)
	had := err == nil
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("get %s: %w", kindOf(k), err)
	}
	u.index[string(k)] = len(u.Writes)
	u.Writes = append(u.Writes, undoWrite{Key: string(k), Old: bytes.Clone(old), Had: had, Now: now})
	return nil
}

// PutUndo keeps u for the person until its time is over; nil forgets.
func (tx *Tx) PutUndo(openid string, u *Undo) error {
	if u == nil {
		return tx.delete(key("undo", openid))
	}
	return tx.put(key("undo", openid), u)
}

// Undo returns what the person saved last. It returns ErrNotFound when there
// is nothing, or its time is over at now.
func (tx *Tx) Undo(openid string, now time.Time) (*Undo, error) {
	u, err := get[Undo](tx, key("undo", openid))
	if err != nil {
		return nil, err
	}
	if now.Unix() > u.Until {
		return nil, ErrNotFound
	}
	return &u, nil
}

// PurgeUndos drops, from one page, what can be taken back no more. It returns
// where to go on.
func (tx *Tx) PurgeUndos(page Page, max int, now time.Time) (Page, int, error) {
	n, dropped := 0, 0
	pre := prefix("undo")
	for p, err := range tx.scan(page.start(pre), end(pre)) {
		if err != nil {
			return page, dropped, err
		}
		u, err := get[Undo](tx, p.Key)
		if err != nil {
			return page, dropped, err
		}
		if now.Unix() > u.Until {
			if err := tx.delete(p.Key); err != nil {
				return page, dropped, err
			}
			dropped++
		}
		page.After = string(p.Key)
		if n++; n == max {
			return page, dropped, nil
		}
	}
	return Page{Done: true}, dropped, nil
}

// Restore puts everything back that the save wrote and forgets the Undo. It
// returns ErrChanged, and changes nothing, when one of the records was changed
// since (a follow-up closed, a delivery sent), or when the save added a person
// of whom more is known by now. What clerks are told of open requests is counted anew.
func (tx *Tx) Restore(openid string, u *Undo, now time.Time) error {
	for _, w := range u.Writes {
		v, err := tx.getRaw([]byte(w.Key))
		now := ""
		switch {
		case err == nil:
			now = sum(v)
		case !errors.Is(err, kv.ErrNotFound):
			return fmt.Errorf("get %s: %w", kindOf([]byte(w.Key)), err)
		}
		if now != w.Now {
			return ErrChanged
		}
	}
	added := u.added()
	for _, resident := range added {
		if more, err := tx.grown(u, resident); err != nil || more {
			return cmp.Or(err, ErrChanged)
		}
	}
	for _, w := range u.Writes {
		if !w.Had {
			if err := tx.delete([]byte(w.Key)); err != nil {
				return err
			}
			continue
		}
		if err := tx.putRaw([]byte(w.Key), w.Old); err != nil {
			return err
		}
	}
	for _, resident := range added { // she is nobody again
		if err := errors.Join(tx.deleteAll(prefix("look", resident)), tx.leaveTables(resident), tx.untouch(resident)); err != nil {
			return err
		}
	}
	return errors.Join(tx.requestsMoved(now), tx.PutUndo(openid, nil))
}

// added are the people whom the save brought into the store.
func (u *Undo) added() (residents []string) {
	for _, w := range u.Writes {
		if id, ok := strings.CutPrefix(w.Key, "resident/"); ok && !w.Had && w.Now != "" {
			residents = append(residents, id)
		}
	}
	return residents
}

// grown reports whether something is kept about a person that the save did not
// write: without her it would be about nobody.
func (tx *Tx) grown(u *Undo, resident string) (bool, error) {
	wrote := map[string]bool{}
	for _, w := range u.Writes {
		wrote[w.Key] = true
	}
	for _, kind := range ofPeople {
		for p, err := range tx.scan(prefix(kind, resident), end(prefix(kind, resident))) {
			if err != nil || !wrote[string(p.Key)] {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// deleteAll deletes what stands under a prefix.
func (tx *Tx) deleteAll(pre []byte) error {
	for p, err := range tx.scan(pre, end(pre)) {
		if err != nil {
			return err
		}
		if err := tx.delete(p.Key); err != nil {
			return err
		}
	}
	return nil
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return base64.RawStdEncoding.EncodeToString(h[:9])
}
