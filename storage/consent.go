package storage

import (
	"time"
)

// Set names what a consent is for (C0 to C7 of the norms, domain.md 6.6).
type Set string

const (
	C0 Set = "C0" // visit record and contact
	C1 Set = "C1" // booking and contact
	C2 Set = "C2" // health follow-up reminders (sensitive)
	C3 Set = "C3" // away and return card (sensitive)
	C4 Set = "C4" // how a paper is handed over, a named proxy included
	C5 Set = "C5" // child reminders (guardian)
	C6 Set = "C6" // sharing with a named institution
	C7 Set = "C7" // question box, no identity
)

// Consent is a person's yes or no to one set, with the text she was told.
type Consent struct {
	Resident  string
	Set       Set
	Answer    Answer
	Version   string // of the text
	Text      string // hash of the text
	Channel   string // oral, chat, paper
	By        string `json:",omitempty"` // the cadre who wrote it down
	At        int64  // Unix seconds
	Withdrawn int64  `json:",omitempty"`
}

// Given reports whether the consent stands.
func (c Consent) Given() bool { return c.Answer == Yes && c.Withdrawn == 0 }

// PutConsent keeps the answer of a resident of the scope; earlier ones stay
// under their times.
func (s Scope) PutConsent(c Consent, now time.Time) error {
	if _, err := s.Resident(c.Resident); err != nil {
		return err
	}
	c.By, c.At = s.Person.Cadre.ID, now.Unix()
	return s.tx.putConsent(c)
}

func (tx *Tx) putConsent(c Consent) error {
	return tx.put(key("consent", c.Resident, string(c.Set), stamp(time.Unix(c.At, 0))), c)
}

// Consent returns the last answer of a resident of the scope, or the zero
// Consent when she was never asked.
func (s Scope) Consent(resident string, set Set) (Consent, error) {
	if _, err := s.Resident(resident); err != nil {
		return Consent{}, err
	}
	return s.tx.Consent(resident, set)
}

// Consent is the same without a scope, for jobs.
func (tx *Tx) Consent(resident string, set Set) (Consent, error) {
	all, err := collect(list[Consent](tx, prefix("consent", resident, string(set))))
	if err != nil || len(all) == 0 {
		return Consent{}, err
	}
	return all[len(all)-1], nil
}

// Consented reports whether a resident ever agreed to anything: a directory
// line has not, and is in no list, count or export.
func (tx *Tx) Consented(resident string) (bool, error) {
	given := map[Set]bool{}
	for c, err := range list[Consent](tx, prefix("consent", resident)) {
		if err != nil {
			return false, err
		}
		given[c.Set] = c.Given()
	}
	for _, ok := range given {
		if ok {
			return true, nil
		}
	}
	return false, nil
}
