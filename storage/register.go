package storage

import "time"

// Register keeps somebody who signs up herself: what she wants to be called and
// a phone suffice. She lives in no village (Village is "") until she lets hers
// see her, so that to village roles she is whatever line the directory has.
// poster is the village whose poster she scanned, "" without. Her WeChat stands
// for her from now on. c is her consent to C1.
func (s Scope) Register(name, phone, poster string, c Consent, cause string, now time.Time) (Resident, error) {
	return Resident{}, nil
}

// ShowTo lets a village's staff see a resident who signed up herself, her
// bookings and her requests; "" hides her again. Only she can.
func (s Scope) ShowTo(resident, village string, now time.Time) error { return nil }

// Mine returns a resident that the asker's WeChat stands for; ErrNotFound for
// anybody else.
func (s Scope) Mine(resident string) (Resident, error) { return Resident{}, ErrNotFound }

// Agree keeps her own answer to a consent set, given in chat or on a page. A no
// is not asked again.
func (s Scope) Agree(c Consent, now time.Time) error { return nil }

// Agreed returns her own last answer to a set.
func (s Scope) Agreed(resident string, set Set) (Consent, error) { return Consent{}, nil }
