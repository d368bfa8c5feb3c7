package storage

import (
	"cmp"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Role is what a member of staff does; it decides what she may see.
type Role string

const (
	Worker    Role = "worker"    // village worker: the villages she serves
	Clinician Role = "clinician" // town hospital: who came to it, no village lists
	Clerk     Role = "clerk"     // town office: all villages
	Admin     Role = "admin"     // keeps the system: nobody's card
)

// Cadre is a member of staff.
type Cadre struct {
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
func (c Cadre) Has(roles ...Role) bool {
	return !c.Left && slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(c.Roles, r) })
}

// PutCadre keeps a cadre and the index of who serves which village.
func (tx *Tx) PutCadre(c Cadre) error {
	old, err := optional(tx.Cadre(c.ID))
	if err != nil {
		return err
	}
	for _, v := range old.Villages {
		if err := tx.delete(key("serves", v, c.ID)); err != nil {
			return err
		}
	}
	for _, v := range c.Villages {
		if c.Has(Worker) {
			if err := tx.putRaw(key("serves", v, c.ID), nil); err != nil {
				return err
			}
		}
	}
	return tx.put(key("cadre", c.ID), c)
}

// Cadre returns ErrNotFound when there is no such cadre.
func (tx *Tx) Cadre(id string) (Cadre, error) { return get[Cadre](tx, key("cadre", id)) }

// Cadres returns all staff in the order of their ids.
func (tx *Tx) Cadres() ([]Cadre, error) { return collect(list[Cadre](tx, prefix("cadre"))) }

// Link says whom a WeChat stands for: a cadre, residents of one family, or both.
type Link struct {
	OpenID    string
	Cadre     string   `json:",omitempty"`
	Residents []string `json:",omitempty"`
	Followed  int64    `json:",omitempty"` // Unix seconds
	Village   string   `json:",omitempty"` // of the poster that was scanned last
}

// Link returns the zero Link for somebody unknown.
func (tx *Tx) Link(openid string) (Link, error) {
	return optional(get[Link](tx, key("link", openid)))
}

// PutLink keeps whom a WeChat stands for, or forgets it when it stands for
// nobody and does not follow.
func (tx *Tx) PutLink(l Link) error {
	if l.Cadre == "" && len(l.Residents) == 0 && l.Followed == 0 {
		return tx.delete(key("link", l.OpenID))
	}
	return tx.put(key("link", l.OpenID), l)
}

// Bind makes a WeChat stand for a cadre; another one that stood for her, and
// another cadre that this one stood for, are let go.
func (tx *Tx) Bind(openid, cadre string) error {
	c, err := tx.Cadre(cadre)
	if err != nil {
		return err
	}
	l, err := tx.Link(openid)
	if err != nil {
		return err
	}
	if c.OpenID != "" && c.OpenID != openid {
		if err := tx.unbind(c.OpenID); err != nil {
			return err
		}
	}
	if l.Cadre != "" && l.Cadre != cadre {
		if err := tx.unbind(openid); err != nil {
			return err
		}
	}
	l.OpenID, l.Cadre, c.OpenID = openid, cadre, openid
	if err := tx.PutLink(l); err != nil {
		return err
	}
	return tx.PutCadre(c)
}

func (tx *Tx) unbind(openid string) error {
	l, err := tx.Link(openid)
	if err != nil || l.Cadre == "" {
		return err
	}
	c, err := optional(tx.Cadre(l.Cadre))
	if err != nil {
		return err
	}
	if c.OpenID == openid {
		c.OpenID = ""
		if err := tx.PutCadre(c); err != nil {
			return err
		}
	}
	// What the chat held of other people goes with the office.
	s, err := tx.Session(openid)
	if err != nil {
		return err
	}
	if s.Last != 0 {
		if err := tx.PutSession(openid, Session{Step: s.Step, Last: s.Last, Window: s.Window, Left: s.Left, Muted: s.Muted}); err != nil {
			return err
		}
	}
	if err := tx.PutUndo(openid, nil); err != nil {
		return err
	}
	if err := tx.shut(func(p Pass) bool { return p.OpenID == openid }); err != nil {
		return err
	}
	l.OpenID, l.Cadre = openid, ""
	return tx.PutLink(l)
}

// LinkResident makes a WeChat stand for a resident too.
func (tx *Tx) LinkResident(openid, resident string) error {
	l, err := tx.Link(openid)
	if err != nil {
		return err
	}
	if l.OpenID = openid; !slices.Contains(l.Residents, resident) {
		l.Residents = append(l.Residents, resident)
	}
	if err := tx.putRaw(key("wechat", resident, openid), nil); err != nil {
		return err
	}
	return tx.PutLink(l)
}

// WeChatOf returns the openid that stands for a resident, "" for none.
func (tx *Tx) WeChatOf(resident string) (string, error) {
	for p, err := range tx.parts(prefix("wechat", resident)) {
		return p[0], err
	}
	return "", nil
}

// Unfollow deletes what belongs to the WeChat identity: the link, the chat's
// state, the undo, links to private pages and the pages that are open, who is to
// hear of an answer from the question box, and what waits for the next reply (the
// platform asks for it, 1.5). The cadre keeps her
// office, the resident her records, one who signed up herself too: the clinic
// finds her by the number of her booking until they have served their time. A keyed
// hash of the WeChat stays for a while, by which she is known again who comes back
// and signs up under the same name and phone (see Register).
func (tx *Tx) Unfollow(openid string, now time.Time) error {
	l, err := tx.Link(openid)
	if err != nil {
		return err
	}
	if err := errors.Join(tx.unbind(openid), tx.keepStood(l, now)); err != nil {
		return err
	}
	for _, r := range l.Residents {
		if err := tx.delete(key("wechat", r, openid)); err != nil {
			return err
		}
		if err := tx.dropOwed(r, now); err != nil {
			return err
		}
	}
	if l.Cadre != "" {
		if err := tx.dropDebts("c:"+l.Cadre, now); err != nil {
			return err
		}
	}
	if err := tx.shut(func(p Pass) bool { return p.OpenID == openid }); err != nil {
		return err
	}
	if err := tx.StopNotes(openid, now); err != nil {
		return err
	}
	for _, kind := range []string{"link", "session", "subscription", "undo"} { // tries stay: leaving must not reset them
		if err := tx.delete(key(kind, openid)); err != nil {
			return err
		}
	}
	return nil
}

// dropOwed drops what waits for a resident's next reply, when no WeChat is left
// that she could write from.
func (tx *Tx) dropOwed(resident string, now time.Time) error {
	if other, err := tx.WeChatOf(resident); err != nil || other != "" {
		return err
	}
	return tx.dropDebts("r:"+resident, now)
}

func (tx *Tx) dropDebts(to string, now time.Time) error {
	owed, err := tx.OwedTo(to, 1<<30)
	if err != nil {
		return err
	}
	for _, d := range owed {
		d.State, d.Reason, d.Settled = Dropped, "unfollowed", now.Unix()
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
	}
	return nil
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
func (tx *Tx) PutInvite(code, cadre string, now time.Time) error {
	if err := tx.DropInvites(cadre); err != nil {
		return err
	}
	return tx.put(key("invite", tx.InviteKey(code)), Invite{Cadre: cadre, Expires: now.Add(InviteTime).Unix()})
}

// DropInvites withdraws the codes given out for a cadre.
func (tx *Tx) DropInvites(cadre string) error {
	return tx.dropInvites(func(i Invite) bool { return i.Cadre == cadre && i.Resident == "" })
}

func (tx *Tx) dropInvites(is func(Invite) bool) error {
	for p, err := range tx.scan(prefix("invite"), end(prefix("invite"))) {
		if err != nil {
			return err
		}
		i, err := get[Invite](tx, p.Key)
		if err != nil {
			return err
		}
		if is(i) {
			if err := tx.delete(p.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// Invitation returns what a code was given out for. It returns ErrNotFound for a
// wrong, used or expired code.
func (tx *Tx) Invitation(code string, now time.Time) (Invite, error) {
	return tx.invite(tx.InviteKey(code), now)
}

func (tx *Tx) invite(inviteKey string, now time.Time) (Invite, error) {
	i, err := get[Invite](tx, key("invite", inviteKey))
	if err == nil && now.Unix() > i.Expires {
		return Invite{}, ErrNotFound
	}
	return i, err
}

// Invited returns the cadre that a code was given out for. It returns
// ErrNotFound for a wrong, used or expired code, and for a resident's.
func (tx *Tx) Invited(code string, now time.Time) (Cadre, error) {
	i, err := tx.Invitation(code, now)
	if err != nil || i.Cadre == "" {
		return Cadre{}, cmp.Or(err, ErrNotFound)
	}
	return tx.Cadre(i.Cadre)
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
	openid, err := s.tx.WeChatOf(resident)
	if err != nil {
		return "", err
	}
	if (openid != "" || r.Self) && !s.Person.Cadre.Has(Clerk, Clinician) {
		return "", s.refuse(resident, "code", now, ErrTwice)
	}
	if err := s.tx.dropInvites(func(i Invite) bool { return i.Resident == resident }); err != nil {
		return "", err
	}
	random, err := hex.DecodeString(s.tx.keyed("code", resident, cause))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	code = NewCode([13]byte(random))
	i := Invite{Resident: resident, By: s.Person.Cadre.ID, Expires: now.Add(InviteTime).Unix()}
	if err := s.tx.put(key("invite", s.tx.InviteKey(code)), i); err != nil {
		return "", err
	}
	return code, s.look(resident, "code", now)
}

// Claim uses up a resident's code and makes the asker's WeChat stand for her. It
// returns ErrNotFound when the code was used, replaced, is too old or was for a
// cadre, or she is gone; ErrFamily when the WeChat stands for MaxFamily people;
// ErrScope for the cadre who gave the code out, as she would hold both ends.
func (s Scope) Claim(inviteKey string, now time.Time) (Resident, error) {
	i, err := s.tx.invite(inviteKey, now)
	if err != nil || i.Resident == "" {
		return Resident{}, cmp.Or(err, ErrNotFound)
	}
	if s.Person.OpenID == "" || s.Person.Cadre.ID != "" && s.Person.Cadre.ID == i.By {
		return Resident{}, ErrScope
	}
	r, err := s.tx.Resident(i.Resident)
	if err != nil {
		return r, err
	}
	if !s.own[r.ID] && len(s.own) >= MaxFamily {
		return Resident{}, ErrFamily
	}
	if err := s.tx.delete(key("invite", inviteKey)); err != nil {
		return r, err
	}
	s.own[r.ID], r.Known = true, true
	if err := s.tx.put(key("resident", r.ID), r); err != nil {
		return r, err
	}
	return r, s.tx.LinkResident(s.Person.OpenID, r.ID)
}

// InviteKey names an invite without telling its code.
func (tx *Tx) InviteKey(code string) string { return tx.keyed("invite", code) }

// UseInvite takes an invite out of use and returns whom it was for. It returns
// ErrNotFound when it was used, withdrawn, replaced or is too old.
func (tx *Tx) UseInvite(inviteKey string, now time.Time) (cadre string, err error) {
	i, err := get[Invite](tx, key("invite", inviteKey))
	if err != nil || i.Cadre == "" {
		return "", cmp.Or(err, ErrNotFound)
	}
	if err := tx.DropInvites(i.Cadre); err != nil {
		return "", err
	}
	if now.Unix() > i.Expires {
		return "", ErrNotFound
	}
	return i.Cadre, tx.auditStaff("bound", i.Cadre, i.Cadre, nil, now)
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

type tries struct {
	N     int
	Until int64 // Unix seconds
}

// Try counts a wrong code typed by a WeChat; it returns how many are left.
func (tx *Tx) Try(openid string, now time.Time) (left int, err error) {
	t, err := optional(get[tries](tx, key("tries", openid)))
	if err != nil {
		return 0, err
	}
	if t.Until < now.Unix() {
		t = tries{}
	}
	t.N, t.Until = t.N+1, now.Add(tryTime).Unix()
	if err := tx.put(key("tries", openid), t); err != nil {
		return 0, fmt.Errorf("count try: %w", err)
	}
	return max(0, maxTries-t.N), nil
}

// Locked reports whether a WeChat has typed too many wrong codes.
func (tx *Tx) Locked(openid string, now time.Time) (bool, error) {
	t, err := optional(get[tries](tx, key("tries", openid)))
	return t.N >= maxTries && t.Until >= now.Unix(), err
}
