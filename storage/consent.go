package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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

// Sets are all sets there are.
var Sets = []Set{C0, C1, C2, C3, C4, C5, C6, C7}

// Sensitive reports whether the set needs her own word: an oral yes that a
// cadre wrote down pauses after a week without it.
func (s Set) Sensitive() bool { return s != C0 && s != C1 && s != C7 }

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

// own reports whether she gave the answer herself, in her chat or on a page.
func (c Consent) own() bool { return c.By == "" }

// PutConsent keeps the answer that a resident of the scope told staff; earlier
// ones stay under their times. A no does not end what she agreed to herself: of
// it stays that staff asks no more.
func (s Scope) PutConsent(c Consent, now time.Time) error {
	if _, err := s.Resident(c.Resident); err != nil {
		return err
	}
	_, own, err := s.tx.standsBy(c.Resident, c.Set)
	if err != nil {
		return err
	}
	if c.Answer == No && own {
		return s.DontAsk(c.Resident)
	}
	c.By, c.At = s.Person.Cadre.ID, now.Unix()
	return s.tx.putConsent(c)
}

// putConsent keeps an answer behind those before it, whatever the clock says,
// with the version and the hash of the site's text where the asker names none.
func (tx *Tx) putConsent(c Consent) error {
	before, err := tx.Consent(c.Resident, c.Set)
	if err != nil {
		return err
	}
	if before.At >= c.At {
		c.At = before.At + 1
	}
	if c.Version == "" {
		t, err := tx.consentText(c.Set)
		if err != nil {
			return err
		}
		c.Version = t.Version
		if c.Text == "" && t.Version != "" {
			c.Text = t.Hash()
		}
	}
	return tx.put(key("consent", c.Resident, string(c.Set), stamp(time.Unix(c.At, 0))), c)
}

// Hash is what a consent keeps of the text that was told.
func (t ConsentText) Hash() string {
	h := sha256.Sum256([]byte(t.Short + "\x00" + t.Full))
	return hex.EncodeToString(h[:8])
}

// consentText is the site's text of a set; the zero text without one.
func (tx *Tx) consentText(set Set) (ConsentText, error) {
	site, err := tx.Site()
	if err != nil {
		return ConsentText{}, err
	}
	t, _ := site.Consent(set)
	return t, nil
}

// Consent returns the last answer of a resident of the scope, or the zero
// Consent when she was never asked. Of what she agreed to by herself a village
// role learns only when she lets the village see her: visits and away cards (C0,
// C3) apart, which the village itself writes down.
func (s Scope) Consent(resident string, set Set) (Consent, error) {
	r, err := s.Resident(resident)
	if err != nil {
		return Consent{}, err
	}
	return s.heard(r, set)
}

func (s Scope) heard(r Resident, set Set) (Consent, error) {
	last, err := s.tx.Consent(r.ID, set)
	if err == nil && !last.own() && last.Given() && last.At < r.Moved && !s.Person.Cadre.Has(Clerk, Clinician) {
		return Consent{}, nil // she said it to those of another village
	}
	if err != nil || !last.own() || !last.Given() || set == C0 || set == C3 {
		return last, err // a no is everybody's to know: nobody asks again
	}
	if open, err := s.knows(r.ID, "", RingNobody); err != nil || open {
		return last, err
	}
	var told Consent
	for c, err := range list[Consent](s.tx, prefix("consent", r.ID, string(set))) {
		if err != nil {
			return Consent{}, err
		}
		if !c.own() {
			told = c
		}
	}
	return told, nil
}

// Consent is the same without a scope, for jobs.
func (tx *Tx) Consent(resident string, set Set) (Consent, error) {
	all, err := collect(list[Consent](tx, prefix("consent", resident, string(set))))
	if err != nil || len(all) == 0 {
		return Consent{}, err
	}
	return all[len(all)-1], nil
}

// NeedsConsent reports whether a resident, of the scope or the asker's own, has
// to be asked about a set before a service: nobody asked yet, or she agreed to
// another version of the text. A no, and a yes taken back, are not asked again,
// unless she starts the service herself (started). The answer must be kept with
// the version that she was told, or with none.
func (s Scope) NeedsConsent(resident string, set Set, started bool) (bool, error) {
	r, err := s.Client(resident)
	if err != nil {
		return false, err
	}
	last, err := s.heard(r, set)
	if err != nil {
		return false, err
	}
	switch {
	case last.Answer == "":
		return started || !r.NoAsk, nil
	case !last.Given():
		return started, nil
	}
	t, err := s.tx.consentText(set)
	return t.Version != "" && t.Version != last.Version, err
}

// OralTime is how long an oral yes to a sensitive set carries reminders without
// her own answer.
const OralTime = 7 * 24 * time.Hour

// Paused reports whether reminders of a set rest: a cadre wrote her yes down, and
// a week later she has not said so herself. Nothing is deleted for silence.
// Whether she agreed at all is for Consent to say.
func (tx *Tx) Paused(resident string, set Set, now time.Time) (bool, error) {
	c, own, err := tx.standsBy(resident, set)
	return set.Sensitive() && c.Given() && c.Channel == "oral" && !own && now.After(time.Unix(c.At, 0).Add(OralTime)), err
}

// Withdraw takes back, on her own word, everything that a resident agreed to:
// she is not asked again, nothing is sent to her, her bookings are given up and
// an open away card is closed. It returns ErrNotFound for a resident that the
// asker's WeChat does not stand for.
func (tx *Tx) Withdraw(p Person, resident string, now time.Time) error {
	if !slices.Contains(p.Residents, resident) {
		return ErrNotFound
	}
	r, err := tx.Resident(resident)
	if err != nil {
		return err
	}
	return tx.withdrawAll(r, Sets, Consent{Channel: "chat"}, now)
}

// WithdrawSet takes back, on her own word, what a resident agreed to in one set,
// with what rests on it; the other services go on. It returns ErrNotFound for
// anybody but herself.
func (s Scope) WithdrawSet(resident string, set Set, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	return s.tx.withdraw(r, set, Consent{Channel: "chat"}, now)
}

// withdrawTold ends what staff wrote down of a resident who also has things of
// her own: staff asks no more, and messages about her own go on.
func (tx *Tx) withdrawTold(r Resident, sets []Set, as Consent, now time.Time) error {
	for _, set := range sets {
		if err := tx.withdraw(r, set, as, now); err != nil {
			return err
		}
	}
	r.NoAsk = true
	return tx.put(key("resident", r.ID), r)
}

// withdrawAll ends everything: no more questions, no more messages.
func (tx *Tx) withdrawAll(r Resident, sets []Set, as Consent, now time.Time) error {
	r.NoPush = true
	if err := tx.withdrawTold(r, sets, as, now); err != nil {
		return err
	}
	return tx.DropDeliveries("r:"+r.ID, "", "withdrawn", now)
}

// withdraw ends one set: the yes, if it stands, and what rests on it.
func (tx *Tx) withdraw(r Resident, set Set, as Consent, now time.Time) error {
	c, err := tx.Consent(r.ID, set)
	if err != nil {
		return err
	}
	if c.Given() {
		c.Answer, c.Channel, c.By, c.At, c.Withdrawn = No, as.Channel, as.By, now.Unix(), now.Unix()
		if err := tx.putConsent(c); err != nil {
			return err
		}
	}
	for _, kind := range tx.kinds {
		if kind.Withdrawn == nil {
			continue
		}
		if err := kind.Withdrawn(tx, r.ID, set, now); err != nil {
			return fmt.Errorf("end %s: %w", kind.Name, err)
		}
	}
	return nil
}

// standsBy returns the last answer to a set, and whether it is a yes that she
// gave herself, if a cadre wrote it down once more or not.
func (tx *Tx) standsBy(resident string, set Set) (last Consent, own bool, err error) {
	for c, err := range list[Consent](tx, prefix("consent", resident, string(set))) {
		if err != nil {
			return Consent{}, false, err
		}
		last, own = c, c.Given() && (own || c.own())
	}
	return last, own, nil
}

// saidNo returns ErrConsent for who said no to a set, or took her yes back; who was
// never asked is for the talk to ask.
func (tx *Tx) saidNo(resident string, set Set) error {
	c, err := tx.Consent(resident, set)
	if err == nil && c.Answer != "" && !c.Given() {
		err = ErrConsent
	}
	return err
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
