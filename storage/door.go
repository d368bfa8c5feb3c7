package storage

import "time"

// LinkKind returns the kind of a link that was sent, also when it was used or its
// time is over: whoever comes with it can be told what to send for a new one. It
// returns ErrNotFound for a link that never was, or is forgotten.
func (tx *Tx) LinkKind(token string) (string, error) {
	p, err := get[Pass](tx, tx.passKey(token))
	return p.Kind, err
}

// KeepDoor keeps a door that is open at now open until later; ErrNotFound when it
// is shut.
func (tx *Tx) KeepDoor(door string, later, now time.Time) error {
	p, err := tx.Door(door, now)
	if err != nil {
		return err
	}
	p.Until = later.Unix()
	return tx.put(tx.doorKey(door), p)
}
