package access

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// MagicLink opens one private page once: it is a link that the bot sends. Only a
// keyed hash of its token is kept.
type MagicLink struct {
	Kind     string // card, mine, note, answer, prepare, office, …
	OpenID   string // whose chat the link was sent to
	Resident string `json:",omitempty"`
	Subject  string `json:",omitempty"` // an appointment, a note's number …
	Until    int64  // Unix seconds
	Used     int64  `json:",omitempty"` // Unix seconds: the link was opened
	Ends     int64  `json:",omitempty"` // Unix seconds: of a door, whatever is done behind it
}

// passTime is how long a used link is remembered, so that a message that arrives
// once more does not make it new: as long as the answer to the message.
const passTime = record.ReceiptTime

func passKey(tx *record.Tx, token string) []byte { return record.Key("pass", tx.Hash("pass", token)) }
func doorKey(tx *record.Tx, door string) []byte  { return record.Key("door", tx.Hash("door", door)) }

// NewLink returns the token of a new link of a kind, good for the site's time
// (limit link_minutes, 10). It is derived from cause, so that a message answered
// twice has one link; a link that was opened is not made new. It returns
// ErrScope for nobody's WeChat, ErrNotFound for a resident ("" is none) who is
// neither the asker's own nor of the scope of clinic or office.
func NewLink(s person.Scope, kind, resident, subject, cause string, now time.Time) (token string, err error) {
	if s.Person.OpenID == "" {
		return "", record.ErrScope
	}
	if resident != "" && !s.Family[resident] && !s.Person.Cadre.Has(person.Clinician, person.Clerk) {
		return "", record.ErrNotFound
	}
	if resident != "" {
		if _, err := s.Client(resident); err != nil {
			return "", err
		}
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return "", err
	}
	token = s.Tx.Hash("link", s.Person.OpenID, kind, resident, subject, cause)
	k := passKey(s.Tx, token)
	if there, err := s.Tx.Has(k); err != nil || there {
		return token, err
	}
	until := now.Add(time.Duration(LinkMinutes.Of(site)) * time.Minute).Unix()
	return token, s.Tx.Put(k, MagicLink{Kind: kind, OpenID: s.Person.OpenID, Resident: resident, Subject: subject, Until: until})
}

// PeekLink returns the pass of a token without using it up: a page that asks
// "open?" may be fetched by whatever looks at links ahead. ErrNotFound when it
// was used, is over or never was.
func PeekLink(tx *record.Tx, token string, now time.Time) (MagicLink, error) {
	p, err := record.Get[MagicLink](tx, passKey(tx, token))
	if err == nil && (p.Used != 0 || now.Unix() >= p.Until) {
		return MagicLink{}, record.ErrNotFound
	}
	return p, err
}

// DoorTime is how long a door stays open: while nothing is done, and at all.
type DoorTime struct{ Idle, Whole time.Duration }

// UseLink uses a pass up and opens a door: a session of the page's browser under
// a token of its own, good for a time. cause is random, made by the page's
// handler before the transaction. It returns ErrNotFound like PeekPass: of two
// who come at once one finds it used.
func UseLink(tx *record.Tx, token, cause string, open DoorTime, now time.Time) (door string, p MagicLink, err error) {
	if p, err = PeekLink(tx, token, now); err != nil {
		return "", MagicLink{}, err
	}
	used := p
	used.Used = now.Unix()
	if err := tx.Put(passKey(tx, token), used); err != nil {
		return "", MagicLink{}, err
	}
	p.Until, p.Ends = now.Add(open.Idle).Unix(), now.Add(open.Whole).Unix()
	door = tx.Hash("opened", token, cause)
	return door, p, tx.Put(doorKey(tx, door), p)
}

// LoadWebSession returns what an open door leads to; ErrNotFound when it is shut. Whether
// whose WeChat it is may still see that is for her scope to say, at every step.
func LoadWebSession(tx *record.Tx, door string, now time.Time) (MagicLink, error) {
	p, err := record.Get[MagicLink](tx, doorKey(tx, door))
	if err == nil && (now.Unix() >= p.Until || now.Unix() >= p.Ends) {
		return MagicLink{}, record.ErrNotFound
	}
	return p, err
}

// RevokeWebSession shuts a door.
func RevokeWebSession(tx *record.Tx, door string) error { return tx.Delete(doorKey(tx, door)) }

// RevokeWhere takes back the links and shuts the doors of which is says so.
func RevokeWhere(tx *record.Tx, is func(MagicLink) bool) error {
	for _, pre := range [][]byte{record.Prefix("pass"), record.Prefix("door")} {
		for kv, err := range tx.Scan(pre, record.PrefixEnd(pre)) {
			if err != nil {
				return err
			}
			p, err := record.Get[MagicLink](tx, kv.Key)
			if err != nil {
				return err
			}
			if !is(p) {
				continue
			}
			if err := tx.Delete(kv.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// PurgeLinks drops, from one page, links, doors, binding codes and counts of
// wrong codes whose time is over. It returns where to go on.
func PurgeLinks(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	n, dropped := 0, 0
	for _, kind := range []string{"door", "invite", "pass", "tries"} { // in the order of their keys
		pre := record.Prefix(kind)
		if page.After >= string(record.PrefixEnd(pre)) {
			continue
		}
		start := pre
		if strings.HasPrefix(page.After, string(pre)) {
			start = page.Start(pre)
		}
		for p, err := range tx.Scan(start, record.PrefixEnd(pre)) {
			if err != nil {
				return page, dropped, err
			}
			over, err := linkOver(tx, kind, p.Key, now)
			if err != nil {
				return page, dropped, err
			}
			if over {
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
	}
	return record.Page{Done: true}, dropped, nil
}

// linkOver reports whether what stands at k has served its time.
func linkOver(tx *record.Tx, kind string, k []byte, now time.Time) (bool, error) {
	switch kind {
	case "invite":
		i, err := record.Get[person.Invite](tx, k)
		return now.Unix() > i.Expires, err
	case "tries":
		t, err := record.Get[person.Tries](tx, k)
		return now.Unix() > t.Until, err
	case "pass":
		p, err := record.Get[MagicLink](tx, k)
		return now.Add(-passTime).Unix() > max(p.Until, p.Used), err
	}
	p, err := record.Get[MagicLink](tx, k)
	return now.Unix() >= p.Until, err
}

// ErrPIN says of a new PIN that it is not four digits, or one of those that
// whoever picks up the phone tries first.
var ErrPIN = errors.New("storage: not a PIN to choose")

// pinRounds makes a PIN take about 10 ms to check: a copied file gives the ten
// thousand there are no quicker away, and one check holds nobody up.
const pinRounds = 60_000

// pin is what is kept of a PIN. Nothing of it outlives a right PIN but the hash.
type pin struct {
	Hash  string
	Wrong int   `json:",omitempty"`
	Until int64 `json:",omitempty"` // Unix seconds: locked until then
}

// PINState is how a resident's PIN stands.
type PINState struct {
	Set    bool
	Locked bool
	Until  int64 // Unix seconds
	Left   int   // tries left before it locks
}

// PinHash is what is kept of a PIN, made by Store.HashPin.
type PinHash struct{ resident, pin4, hash string }

// HashPin is a slow hash that only this store can make; it takes about 10 ms, so it is
// made before the transaction that sets or tries a PIN: the writer waits for nobody's.
// The salt is made of the resident, as a transaction knows no chance; under the store's
// secret it is one for each store and person all the same.
func HashPin(s *record.Store, resident, pin4 string) (PinHash, error) {
	b, err := pbkdf2.Key(sha256.New, record.Keyed(s.Secret, "pin", resident, pin4), []byte(record.Keyed(s.Secret, "salt", resident)), pinRounds, 32)
	if err != nil {
		return PinHash{}, fmt.Errorf("hash pin: %w", err)
	}
	return PinHash{resident, pin4, hex.EncodeToString(b)}, nil
}

// state is how p stands at now, where tries are allowed. A lock that is over
// gives all tries anew.
func (p pin) state(tries int, now time.Time) PINState {
	s := PINState{Set: p.Hash != "", Left: max(0, tries-p.Wrong)}
	switch {
	case p.Until > now.Unix():
		s.Locked, s.Until, s.Left = true, p.Until, 0
	case p.Until != 0:
		s.Left = tries
	}
	return s
}

func loadPIN(tx *record.Tx, resident string) (p pin, tries int, lock time.Duration, err error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return pin{}, 0, 0, err
	}
	p, err = record.Optional(record.Get[pin](tx, record.Key("pin", resident)))
	return p, PINTries.Of(site), time.Duration(PINLockMinutes.Of(site)) * time.Minute, err
}

// PINOf returns the state of a resident's PIN.
func PINOf(tx *record.Tx, resident string, now time.Time) (PINState, error) {
	p, tries, _, err := loadPIN(tx, resident)
	return p.state(tries, now), err
}

// SetPIN sets the PIN (4 digits) where none is set; ErrTwice where one is. It
// returns ErrPin for four equal digits, four in a row up or down, and the end of
// her phone number, which stands beside her name in every list of the village:
// the phone is often shared at home, and five tries must not be enough.
func SetPIN(tx *record.Tx, resident string, h PinHash) error {
	r, err := person.LoadResident(tx, resident)
	if err != nil {
		return err
	}
	if !goodPin(h.pin4) || h.pin4 == r.Tail() || h.resident != resident {
		return ErrPIN
	}
	p, _, _, err := loadPIN(tx, resident)
	if err != nil {
		return err
	}
	if p.Hash != "" {
		return record.ErrAlreadyExists
	}
	return tx.Put(record.Key("pin", resident), pin{Hash: h.hash})
}

// goodPin reports whether s is four digits that are neither all one nor a run.
func goodPin(s string) bool {
	if len(s) != 4 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	step := int(s[1]) - int(s[0])
	return step < -1 || step > 1 || int(s[2])-int(s[1]) != step || int(s[3])-int(s[2]) != step
}

// TryPIN reports whether a PIN is right. Five wrong ones lock it for 30 minutes
// (limits pin_tries, pin_lock_minutes), in which the right one is wrong too; a
// right one forgets those before it. Where none is set nothing is right. The
// caller commits, whatever the answer.
func TryPIN(tx *record.Tx, resident string, h PinHash, now time.Time) (bool, PINState, error) {
	p, tries, lock, err := loadPIN(tx, resident)
	if err != nil {
		return false, PINState{}, err
	}
	if s := p.state(tries, now); !s.Set || s.Locked {
		return false, s, nil
	}
	right := h.resident == resident && subtle.ConstantTimeCompare([]byte(h.hash), []byte(p.Hash)) == 1
	if p.Until != 0 {
		p.Wrong, p.Until = 0, 0
	}
	if right {
		p.Wrong = 0
	} else if p.Wrong++; p.Wrong >= tries {
		p.Until = now.Add(lock).Unix()
	}
	return right, p.state(tries, now), tx.Put(record.Key("pin", resident), p)
}

// ResetPIN clears a PIN at the clinic's desk, in person (clinician or clerk); it
// stands in who-has-looked. Pages that are open under the old one are shut. A
// village role is refused (ErrScope), and that stands there too; ErrNotFound
// outside the scope.
func ResetPIN(s person.Scope, resident string, now time.Time) error {
	if _, err := s.Resident(resident); err != nil {
		return err
	}
	if !s.Person.Cadre.Has(person.Clinician, person.Clerk) {
		return s.LogRefused(resident, "pin_reset", now, record.ErrScope)
	}
	if err := s.Tx.Delete(record.Key("pin", resident)); err != nil {
		return err
	}
	if err := RevokeWhere(s.Tx, func(p MagicLink) bool { return p.Resident == resident }); err != nil {
		return err
	}
	return s.LogOwn(resident, "pin_reset", now)
}
