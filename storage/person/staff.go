package person

import (
	"cmp"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/record"
)

// Role is what a member of staff does; it decides what she may see.
type Role string

const (
	VillageWorker Role = "worker"    // village worker: the villages she serves
	Clinician     Role = "clinician" // town hospital: who came to it, no village lists
	Clerk         Role = "clerk"     // town office: all villages
	Admin         Role = "admin"     // keeps the system: nobody's card
)

// Staff is a member of staff.
type Staff struct {
	ID, Name string
	Phone    string   `json:",omitempty"`
	Villages []string `json:",omitempty"`
	Roles    []Role
	OpenID   string `json:",omitempty"` // the WeChat that is bound; unfollowing clears it, not the office
	Morning  Answer `json:",omitempty"` // wants the 07:30 list
	Monthly  Answer `json:",omitempty"` // wants a word once a month
	Left     bool   `json:",omitempty"`
}

// Answer is a yes, a no, or not asked yet.
type Answer string

const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Has reports whether the cadre has one of the roles.
func (c Staff) Has(roles ...Role) bool {
	return !c.Left && slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(c.Roles, r) })
}

// PutStaff keeps a cadre and the index of who serves which village.
func PutStaff(tx *record.Tx, c Staff) error {
	old, err := record.Optional(LoadStaff(tx, c.ID))
	if err != nil {
		return err
	}
	for _, v := range old.Villages {
		if err := tx.Delete(record.Key("serves", v, c.ID)); err != nil {
			return err
		}
	}
	for _, v := range c.Villages {
		if c.Has(VillageWorker) {
			if err := tx.PutRaw(record.Key("serves", v, c.ID), nil); err != nil {
				return err
			}
		}
	}
	return tx.Put(record.Key("cadre", c.ID), c)
}

// LoadStaff returns ErrNotFound when there is no such cadre.
func LoadStaff(tx *record.Tx, id string) (Staff, error) {
	return record.Cached[Staff](tx, record.Key("cadre", id))
}

// AllStaff returns all staff in the order of their ids.
func AllStaff(tx *record.Tx) ([]Staff, error) {
	return record.Collect(record.List[Staff](tx, record.Prefix("cadre")))
}

// Account says whom a WeChat stands for: a cadre, residents of one family, or both.
type Account struct {
	OpenID    string
	Cadre     string   `json:",omitempty"`
	Residents []string `json:",omitempty"`
	Followed  int64    `json:",omitempty"` // Unix seconds
	Village   string   `json:",omitempty"` // of the poster that was scanned last
}

// LoadAccount returns the zero Link for somebody unknown.
func LoadAccount(tx *record.Tx, openid string) (Account, error) {
	return record.Optional(record.Get[Account](tx, record.Key("link", openid)))
}

// PutAccount keeps whom a WeChat stands for, or forgets it when it stands for
// nobody and does not follow.
func PutAccount(tx *record.Tx, l Account) error {
	if l.Cadre == "" && len(l.Residents) == 0 && l.Followed == 0 {
		return tx.Delete(record.Key("link", l.OpenID))
	}
	return tx.Put(record.Key("link", l.OpenID), l)
}

// BindResident makes a WeChat stand for a resident too.
func BindResident(tx *record.Tx, openid, resident string) error {
	l, err := LoadAccount(tx, openid)
	if err != nil {
		return err
	}
	if l.OpenID = openid; !slices.Contains(l.Residents, resident) {
		l.Residents = append(l.Residents, resident)
	}
	if err := tx.PutRaw(record.Key("wechat", resident, openid), nil); err != nil {
		return err
	}
	return PutAccount(tx, l)
}

// WeChatOf returns the openid that stands for a resident, "" for none.
func WeChatOf(tx *record.Tx, resident string) (string, error) {
	for p, err := range tx.Parts(record.Prefix("wechat", resident)) {
		return p[0], err
	}
	return "", nil
}

// InviteTime is how long a binding code can be used.
const InviteTime = 72 * time.Hour

// Invite is a one-time code for a cadre, or for a resident (exactly one of the
// two is set), kept under a keyed hash of it.
type Invite struct {
	Cadre    string `json:",omitempty"`
	Resident string `json:",omitempty"`
	By       string `json:",omitempty"` // the cadre who gave it to the resident
	Expires  int64  // Unix seconds
}

// PutInvite keeps an invite for code, in place of the cadre's earlier ones.
func PutInvite(tx *record.Tx, code, cadre string, now time.Time) error {
	if err := DropInvites(tx, cadre); err != nil {
		return err
	}
	return tx.Put(record.Key("invite", InviteKey(tx, code)), Invite{Cadre: cadre, Expires: now.Add(InviteTime).Unix()})
}

// DropInvites withdraws the codes given out for a cadre.
func DropInvites(tx *record.Tx, cadre string) error {
	return DropInvitesWhere(tx, func(i Invite) bool { return i.Cadre == cadre && i.Resident == "" })
}

func DropInvitesWhere(tx *record.Tx, is func(Invite) bool) error {
	for p, err := range tx.Scan(record.Prefix("invite"), record.PrefixEnd(record.Prefix("invite"))) {
		if err != nil {
			return err
		}
		i, err := record.Get[Invite](tx, p.Key)
		if err != nil {
			return err
		}
		if is(i) {
			if err := tx.Delete(p.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// Invitation returns what a code was given out for. It returns ErrNotFound for a
// wrong, used or expired code.
func Invitation(tx *record.Tx, code string, now time.Time) (Invite, error) {
	return LoadInvite(tx, InviteKey(tx, code), now)
}

func LoadInvite(tx *record.Tx, inviteKey string, now time.Time) (Invite, error) {
	i, err := record.Get[Invite](tx, record.Key("invite", inviteKey))
	if err == nil && now.Unix() > i.Expires {
		return Invite{}, record.ErrNotFound
	}
	return i, err
}

// Invited returns the cadre that a code was given out for. It returns
// ErrNotFound for a wrong, used or expired code, and for a resident's.
func Invited(tx *record.Tx, code string, now time.Time) (Staff, error) {
	i, err := Invitation(tx, code, now)
	if err != nil || i.Cadre == "" {
		return Staff{}, cmp.Or(err, record.ErrNotFound)
	}
	return LoadStaff(tx, i.Cadre)
}

// InviteResident returns a code, made of cause, by which a resident of the scope
// binds her own WeChat: given into her hand, good once and for InviteTime, in
// place of an earlier one. For somebody who has a WeChat already, or signed up
// herself, a village role is refused (ErrTwice): another phone would read what
// she keeps to herself. The clinic's desk and the office can; it stands in
// who-has-looked.
func (s Scope) InviteResident(resident, cause string, now time.Time) (code string, err error) {
	r, err := s.Resident(resident)
	if err != nil {
		return "", err
	}
	openid, err := WeChatOf(s.Tx, resident)
	if err != nil {
		return "", err
	}
	if (openid != "" || r.Self) && !s.Person.Cadre.Has(Clerk, Clinician) {
		return "", s.LogRefused(resident, "code", now, record.ErrAlreadyExists)
	}
	if err := DropInvitesWhere(s.Tx, func(i Invite) bool { return i.Resident == resident }); err != nil {
		return "", err
	}
	random, err := hex.DecodeString(s.Tx.Hash("code", resident, cause))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	code = NewCode([13]byte(random))
	i := Invite{Resident: resident, By: s.Person.Cadre.ID, Expires: now.Add(InviteTime).Unix()}
	if err := s.Tx.Put(record.Key("invite", InviteKey(s.Tx, code)), i); err != nil {
		return "", err
	}
	return code, s.LogOwn(resident, "code", now)
}

// InviteKey names an invite without telling its code.
func InviteKey(tx *record.Tx, code string) string { return tx.Hash("invite", code) }

// UseInvite takes an invite out of use and returns whom it was for. It returns
// ErrNotFound when it was used, withdrawn, replaced or is too old.
func UseInvite(tx *record.Tx, inviteKey string, now time.Time) (cadre string, err error) {
	i, err := record.Get[Invite](tx, record.Key("invite", inviteKey))
	if err != nil || i.Cadre == "" {
		return "", cmp.Or(err, record.ErrNotFound)
	}
	if err := DropInvites(tx, i.Cadre); err != nil {
		return "", err
	}
	if now.Unix() > i.Expires {
		return "", record.ErrNotFound
	}
	return i.Cadre, AuditStaff(tx, "bound", i.Cadre, i.Cadre, nil, now)
}

// NewCode makes the 14 digits of a binding code out of 13 random ones: the last
// is a check digit (ISO 7064 MOD 11,10), which catches every single wrong digit
// and nearly every swapped pair.
func NewCode(random [13]byte) string {
	b := make([]byte, 14)
	for i, r := range random {
		b[i] = '0' + r%10
	}
	b[13] = checkDigit(b[:13])
	return string(b)
}

// CheckCode reports whether s is 14 digits with the right check digit.
func CheckCode(s string) bool {
	if len(s) != 14 {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return subtle.ConstantTimeByteEq(s[13], checkDigit([]byte(s[:13]))) == 1
}

func checkDigit(digits []byte) byte {
	p := 10
	for _, d := range digits {
		s := (p + int(d-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return '0' + byte((11-p)%10)
}

// Attempts at a binding code: five wrong codes close the door for half an hour.
const (
	maxTries = 5
	tryTime  = 30 * time.Minute
)

type Tries struct {
	N     int
	Until int64 // Unix seconds
}

// CountTry counts a wrong code typed by a WeChat; it returns how many are left.
func CountTry(tx *record.Tx, openid string, now time.Time) (left int, err error) {
	t, err := record.Optional(record.Get[Tries](tx, record.Key("tries", openid)))
	if err != nil {
		return 0, err
	}
	if t.Until < now.Unix() {
		t = Tries{}
	}
	t.N, t.Until = t.N+1, now.Add(tryTime).Unix()
	if err := tx.Put(record.Key("tries", openid), t); err != nil {
		return 0, fmt.Errorf("count try: %w", err)
	}
	return max(0, maxTries-t.N), nil
}

// Locked reports whether a WeChat has typed too many wrong codes.
func Locked(tx *record.Tx, openid string, now time.Time) (bool, error) {
	t, err := record.Optional(record.Get[Tries](tx, record.Key("tries", openid)))
	return t.N >= maxTries && t.Until >= now.Unix(), err
}
