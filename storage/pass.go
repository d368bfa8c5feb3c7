package storage

import "time"

// Pass opens one private page once: it is a link that the bot sends. Only a
// keyed hash of its token is kept.
type Pass struct {
	Kind     string // card, mine, note, answer, prepare, office, …
	OpenID   string // whose chat the link was sent to
	Resident string `json:",omitempty"`
	Subject  string `json:",omitempty"` // an appointment, a note's number …
	Until    int64  // Unix seconds
}

// NewPass returns the token of a new link of a kind, good for the site's time
// (limit link_minutes, 10). It is derived from cause, so that a message answered
// twice has one link.
func (s Scope) NewPass(kind, resident, subject, cause string, now time.Time) (token string, err error) {
	return "", nil
}

// PeekPass returns the pass of a token without using it up: a page that asks
// "open?" may be fetched by whatever looks at links ahead. ErrNotFound when it
// was used, is over or never was.
func (tx *Tx) PeekPass(token string, now time.Time) (Pass, error) { return Pass{}, ErrNotFound }

// UsePass uses a pass up and opens a door: a session of the page's browser under
// a token of its own, good for minutes. cause is random, made by the page's
// handler before the transaction.
func (tx *Tx) UsePass(token, cause string, minutes int, now time.Time) (door string, p Pass, err error) {
	return "", Pass{}, ErrNotFound
}

// Door returns what an open door leads to; ErrNotFound when it is shut.
func (tx *Tx) Door(door string, now time.Time) (Pass, error) { return Pass{}, ErrNotFound }

// CloseDoor shuts a door.
func (tx *Tx) CloseDoor(door string) error { return nil }

// PinState is how a resident's PIN stands.
type PinState struct {
	Set    bool
	Locked bool
	Until  int64 // Unix seconds
	Left   int   // tries left before it locks
}

// Pin returns the state of a resident's PIN.
func (tx *Tx) Pin(resident string, now time.Time) (PinState, error) { return PinState{}, nil }

// SetPin sets the PIN (4 digits) where none is set.
func (tx *Tx) SetPin(resident, pin string) error { return nil }

// TryPin reports whether a PIN is right. Five wrong ones lock it for 30 minutes
// (limits pin_tries, pin_lock_minutes).
func (tx *Tx) TryPin(resident, pin string, now time.Time) (bool, PinState, error) {
	return false, PinState{}, nil
}

// ResetPin clears a PIN at the clinic's desk, in person (clinician or clerk); it
// stands in who-has-looked.
func (s Scope) ResetPin(resident string, now time.Time) error { return nil }
