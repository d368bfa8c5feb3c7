package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Consent is a person's yes or no to one set, with the text she was told.
type Consent struct {
	Resident  string
	Set       purpose.Purpose
	Answer    person.Answer
	Version   string // of the text
	Text      string // hash of the text
	Channel   string // oral, chat, paper
	By        string `json:",omitempty"` // the cadre who wrote it down
	At        int64  // Unix seconds
	Withdrawn int64  `json:",omitempty"`
}

// Given reports whether the consent stands.
func (c Consent) Given() bool { return c.Answer == person.Yes && c.Withdrawn == 0 }

// own reports whether she gave the answer herself, in her chat or on a page.
func (c Consent) own() bool { return c.By == "" }

// Put keeps the answer that a resident of the scope told staff; earlier
// ones stay under their times. A no does not end what she agreed to herself: of
// it stays that staff asks no more.
func Put(s person.Scope, c Consent, now time.Time) error {
	if _, err := s.Resident(c.Resident); err != nil {
		return err
	}
	_, own, err := StandsBy(s.Tx, c.Resident, c.Set)
	if err != nil {
		return err
	}
	if c.Answer == person.No && own {
		return s.DontAsk(c.Resident)
	}
	c.By, c.At = s.Person.Cadre.ID, now.Unix()
	return Keep(s.Tx, c)
}

// Keep keeps an answer behind those before it, whatever the clock says,
// with the version and the hash of the site's text where the asker names none.
func Keep(tx *record.Tx, c Consent) error {
	before, err := Load(tx, c.Resident, c.Set)
	if err != nil {
		return err
	}
	if before.At >= c.At {
		c.At = before.At + 1
	}
	if c.Version == "" {
		t, err := consentText(tx, c.Set)
		if err != nil {
			return err
		}
		c.Version = t.Version
		if c.Text == "" && t.Version != "" {
			c.Text = Hash(t)
		}
	}
	return tx.Put(record.Key("consent", c.Resident, string(c.Set), record.Stamp(time.Unix(c.At, 0))), c)
}

// Hash is what a consent keeps of the text that was told.
func Hash(t townconfig.ConsentText) string {
	h := sha256.Sum256([]byte(t.Short + "\x00" + t.Full))
	return hex.EncodeToString(h[:8])
}

// consentText is the site's text of a set; the zero text without one.
func consentText(tx *record.Tx, set purpose.Purpose) (townconfig.ConsentText, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return townconfig.ConsentText{}, err
	}
	t, _ := site.Consent(set)
	return t, nil
}

// Get returns the last answer of a resident of the scope, or the zero
// Consent when she was never asked. Of what she agreed to by herself a village
// role learns only when she lets the village see her: visits and away cards (C0,
// C3) apart, which the village itself writes down.
func Get(s person.Scope, resident string, set purpose.Purpose) (Consent, error) {
	r, err := s.Resident(resident)
	if err != nil {
		return Consent{}, err
	}
	return heard(s, r, set)
}

func heard(s person.Scope, r person.Resident, set purpose.Purpose) (Consent, error) {
	last, err := Load(s.Tx, r.ID, set)
	if err == nil && !last.own() && last.Given() && last.At < r.Moved && !s.Person.Cadre.Has(person.Clerk, person.Clinician) {
		return Consent{}, nil // she said it to those of another village
	}
	if err != nil || !last.own() || !last.Given() || set == purpose.VisitRecord || set == purpose.Migration {
		return last, err // a no is everybody's to know: nobody asks again
	}
	if open, err := s.Knows(r.ID, "", person.RingNobody); err != nil || open {
		return last, err
	}
	for c, err := range record.Latest[Consent](s.Tx, record.Prefix("consent", r.ID, string(set))) {
		if err != nil || !c.own() {
			return c, err
		}
	}
	return Consent{}, nil
}

// Load is the same without a scope, for jobs.
func Load(tx *record.Tx, resident string, set purpose.Purpose) (Consent, error) {
	return record.Optional(record.Last[Consent](tx, record.Prefix("consent", resident, string(set))))
}

// Needed reports whether a resident, of the scope or the asker's own, has
// to be asked about a set before a service: nobody asked yet, or she agreed to
// another version of the text. A no, and a yes taken back, are not asked again,
// unless she starts the service herself (started). The answer must be kept with
// the version that she was told, or with none.
func Needed(s person.Scope, resident string, set purpose.Purpose, started bool) (bool, error) {
	r, err := s.Client(resident)
	if err != nil {
		return false, err
	}
	last, err := heard(s, r, set)
	if err != nil {
		return false, err
	}
	switch {
	case last.Answer == "":
		return started || !r.NoAsk, nil
	case !last.Given():
		return started, nil
	}
	t, err := consentText(s.Tx, set)
	return t.Version != "" && t.Version != last.Version, err
}

// OralTime is how long an oral yes to a sensitive set carries reminders without
// her own answer.
const OralTime = 7 * 24 * time.Hour

// Paused reports whether reminders of a set rest: a cadre wrote her yes down, and
// a week later she has not said so herself. Nothing is deleted for silence.
// Whether she agreed at all is for Consent to say.
func Paused(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) (bool, error) {
	c, own, err := StandsBy(tx, resident, set)
	return set.Sensitive() && c.Given() && c.Channel == "oral" && !own && now.After(time.Unix(c.At, 0).Add(OralTime)), err
}

// WithdrawAll takes back, on her own word, everything that a resident agreed to:
// she is not asked again, nothing is sent to her, her bookings are given up and
// an open away card is closed. It returns ErrNotFound for a resident that the
// asker's WeChat does not stand for.
func WithdrawAll(tx *record.Tx, p person.Person, resident string, now time.Time) error {
	if !slices.Contains(p.Residents, resident) {
		return record.ErrNotFound
	}
	r, err := person.LoadResident(tx, resident)
	if err != nil {
		return err
	}
	return WithdrawEverything(tx, r, purpose.All, Consent{Channel: "chat"}, now)
}

// WithdrawPurpose takes back, on her own word, what a resident agreed to in one set,
// with what rests on it; the other services go on. It returns ErrNotFound for
// anybody but herself.
func WithdrawPurpose(s person.Scope, resident string, set purpose.Purpose, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	return Withdraw(s.Tx, r, set, Consent{Channel: "chat"}, now)
}

// WithdrawTold ends what staff wrote down of a resident who also has things of
// her own: staff asks no more, and messages about her own go on.
func WithdrawTold(tx *record.Tx, r person.Resident, sets []purpose.Purpose, as Consent, now time.Time) error {
	for _, set := range sets {
		if err := Withdraw(tx, r, set, as, now); err != nil {
			return err
		}
	}
	r.NoAsk = true
	return tx.Put(record.Key("resident", r.ID), r)
}

// WithdrawEverything ends everything: no more questions, no more messages.
func WithdrawEverything(tx *record.Tx, r person.Resident, sets []purpose.Purpose, as Consent, now time.Time) error {
	r.NoPush = true
	if err := WithdrawTold(tx, r, sets, as, now); err != nil {
		return err
	}
	return outbox.DropDeliveries(tx, "r:"+r.ID, "", "withdrawn", now)
}

// Withdraw ends one set: the yes, if it stands, and what rests on it.
func Withdraw(tx *record.Tx, r person.Resident, set purpose.Purpose, as Consent, now time.Time) error {
	c, err := Load(tx, r.ID, set)
	if err != nil {
		return err
	}
	if c.Given() {
		c.Answer, c.Channel, c.By, c.At, c.Withdrawn = person.No, as.Channel, as.By, now.Unix(), now.Unix()
		if err := Keep(tx, c); err != nil {
			return err
		}
	}
	for _, kind := range tx.Kinds {
		if kind.Withdrawn == nil {
			continue
		}
		if err := kind.Withdrawn(tx, r.ID, set, now); err != nil {
			return fmt.Errorf("end %s: %w", kind.Name, err)
		}
	}
	return nil
}

// StandsBy returns the last answer to a set, and whether it is a yes that she
// gave herself, if a cadre wrote it down once more or not.
func StandsBy(tx *record.Tx, resident string, set purpose.Purpose) (last Consent, own bool, err error) {
	for c, err := range record.Latest[Consent](tx, record.Prefix("consent", resident, string(set))) {
		if err != nil {
			return Consent{}, false, err
		}
		if last.Answer == "" {
			last = c
		}
		if !c.Given() || c.own() {
			return last, c.Given(), nil
		}
	}
	return last, false, nil
}

// CheckRefused returns ErrConsent for who said no to a set, or took her yes back; who was
// never asked is for the talk to ask.
func CheckRefused(tx *record.Tx, resident string, set purpose.Purpose) error {
	c, err := Load(tx, resident, set)
	if err == nil && c.Answer != "" && !c.Given() {
		err = record.ErrConsent
	}
	return err
}

// Any reports whether a resident ever agreed to anything: a directory
// line has not, and is in no list, count or export.
func Any(tx *record.Tx, resident string) (bool, error) {
	given := map[purpose.Purpose]bool{}
	for c, err := range record.List[Consent](tx, record.Prefix("consent", resident)) {
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
