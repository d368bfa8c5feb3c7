package record

import (
	"bytes"
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

// UndoMinutes is for how many minutes what was saved can be taken back; the texts of
// flows are made of it (dialog.UndoPeriod).
const UndoMinutes = 10

// UndoTime is UndoMinutes as a duration.
const UndoTime = UndoMinutes * time.Minute

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
	if tx.Journal != nil {
		return nil, errors.New("storage: a save inside a save")
	}
	u := &Undo{index: map[string]int{}}
	tx.Journal = u
	defer func() { tx.Journal = nil }()
	if err := fn(); err != nil {
		tx.Journal = nil
		return nil, errors.Join(err, tx.putBack(u.Writes))
	}
	tx.Journal = nil
	// What was written as it stood is nobody's business: a seat given back and taken again.
	u.Writes = slices.DeleteFunc(u.Writes, func(w undoWrite) bool { return w.Had && w.Now == Sum(w.Old) })
	for _, name := range slices.Sorted(maps.Keys(u.saved)) {
		if err := u.saved[name](); err != nil {
			return u, err
		}
	}
	return u, nil
}

// OnSaved puts off fn until the save under way is whole, where it is no part of
// what is taken back; of several by one name the last is done. It reports whether a
// save is under way: without one the caller does it now.
func (tx *Tx) OnSaved(name string, fn func() error) bool {
	if tx.Journal == nil {
		return false
	}
	if tx.Journal.saved == nil {
		tx.Journal.saved = map[string]func() error{}
	}
	tx.Journal.saved[name] = fn
	return true
}

// putBack restores what stood before writes.
func (tx *Tx) putBack(writes []undoWrite) error {
	for _, w := range writes {
		put := func() error { return tx.Delete([]byte(w.Key)) }
		if w.Had {
			put = func() error { return tx.PutRaw([]byte(w.Key), w.Old) }
		}
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what stood at k before the first write of a save.
func (tx *Tx) note(k, v []byte, put bool) error {
	u := tx.Journal
	if u == nil {
		return nil
	}
	now := ""
	if put {
		now = Sum(v)
	}
	if i, ok := u.index[string(k)]; ok {
		u.Writes[i].Now = now
		return nil
	}
	old, err := tx.GetRaw(k)
	had := err == nil
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("get %s: %w", KindOf(k), err)
	}
	u.index[string(k)] = len(u.Writes)
	u.Writes = append(u.Writes, undoWrite{Key: string(k), Old: bytes.Clone(old), Had: had, Now: now})
	return nil
}

// PutUndo keeps u for the person until its time is over; nil forgets.
func (tx *Tx) PutUndo(openid string, u *Undo) error {
	if u == nil {
		return tx.Delete(Key("undo", openid))
	}
	return tx.Put(Key("undo", openid), u)
}

// LoadUndo returns what the person saved last. It returns ErrNotFound when there
// is nothing, or its time is over at now.
func (tx *Tx) LoadUndo(openid string, now time.Time) (*Undo, error) {
	u, err := Get[Undo](tx, Key("undo", openid))
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
	pre := Prefix("undo")
	for p, err := range tx.Scan(page.Start(pre), PrefixEnd(pre)) {
		if err != nil {
			return page, dropped, err
		}
		u, err := Get[Undo](tx, p.Key)
		if err != nil {
			return page, dropped, err
		}
		if now.Unix() > u.Until {
			if err := tx.Delete(p.Key); err != nil {
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

// Added are the people whom the save brought into the store.
func (u *Undo) Added() (residents []string) {
	for _, w := range u.Writes {
		if id, ok := strings.CutPrefix(w.Key, "resident/"); ok && !w.Had && w.Now != "" {
			residents = append(residents, id)
		}
	}
	return residents
}

// DeleteAll deletes what stands under a prefix.
func (tx *Tx) DeleteAll(pre []byte) error {
	for p, err := range tx.Scan(pre, PrefixEnd(pre)) {
		if err != nil {
			return err
		}
		if err := tx.Delete(p.Key); err != nil {
			return err
		}
	}
	return nil
}

func Sum(b []byte) string {
	h := sha256.Sum256(b)
	return base64.RawStdEncoding.EncodeToString(h[:9])
}
