package access

import (
	"time"

	"xintiexin/storage/record"
)

// LinkKind returns the kind of a link that was sent, also when it was used or its
// time is over: whoever comes with it can be told what to send for a new one. It
// returns ErrNotFound for a link that never was, or is forgotten.
func LinkKind(tx *record.Tx, token string) (string, error) {
	p, err := record.Get[MagicLink](tx, passKey(tx, token))
	return p.Kind, err
}

// ExtendWebSession keeps a door that is open at now open until later, or its end; ErrNotFound when it
// is shut.
func ExtendWebSession(tx *record.Tx, door string, later, now time.Time) error {
	p, err := LoadWebSession(tx, door, now)
	if err != nil {
		return err
	}
	p.Until = min(later.Unix(), p.Ends)
	return tx.Put(doorKey(tx, door), p)
}
