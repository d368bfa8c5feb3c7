package access

import (
	"cmp"
	"time"

	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Bind makes a WeChat stand for a cadre; another one that stood for her, and
// another cadre that this one stood for, are let go.
func Bind(tx *record.Tx, openid, cadre string) error {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil {
		return err
	}
	l, err := person.LoadAccount(tx, openid)
	if err != nil {
		return err
	}
	if c.OpenID != "" && c.OpenID != openid {
		if err := Unbind(tx, c.OpenID); err != nil {
			return err
		}
	}
	if l.Cadre != "" && l.Cadre != cadre {
		if err := Unbind(tx, openid); err != nil {
			return err
		}
	}
	l.OpenID, l.Cadre, c.OpenID = openid, cadre, openid
	if err := person.PutAccount(tx, l); err != nil {
		return err
	}
	return person.PutStaff(tx, c)
}

func Unbind(tx *record.Tx, openid string) error {
	l, err := person.LoadAccount(tx, openid)
	if err != nil || l.Cadre == "" {
		return err
	}
	c, err := record.Optional(person.LoadStaff(tx, l.Cadre))
	if err != nil {
		return err
	}
	if c.OpenID == openid {
		c.OpenID = ""
		if err := person.PutStaff(tx, c); err != nil {
			return err
		}
	}
	// What the chat held of other people goes with the office.
	s, err := dialogstate.Load(tx, openid)
	if err != nil {
		return err
	}
	if s.Last != 0 {
		if err := dialogstate.Put(tx, openid, dialogstate.Session{Step: s.Step, Last: s.Last, Window: s.Window, Left: s.Left, Muted: s.Muted}); err != nil {
			return err
		}
	}
	if err := tx.PutUndo(openid, nil); err != nil {
		return err
	}
	if err := RevokeWhere(tx, func(p MagicLink) bool { return p.OpenID == openid }); err != nil {
		return err
	}
	l.OpenID, l.Cadre = openid, ""
	return person.PutAccount(tx, l)
}

// Claim uses up a resident's code and makes the asker's WeChat stand for her. It
// returns ErrNotFound when the code was used, replaced, is too old or was for a
// cadre, or she is gone; ErrFamily when the WeChat stands for MaxFamily people;
// ErrScope for the cadre who gave the code out, as she would hold both ends.
func Claim(s person.Scope, inviteKey string, now time.Time) (person.Resident, error) {
	i, err := person.LoadInvite(s.Tx, inviteKey, now)
	if err != nil || i.Resident == "" {
		return person.Resident{}, cmp.Or(err, record.ErrNotFound)
	}
	if s.Person.OpenID == "" || s.Person.Cadre.ID != "" && s.Person.Cadre.ID == i.By {
		return person.Resident{}, record.ErrScope
	}
	r, err := person.LoadResident(s.Tx, i.Resident)
	if err != nil {
		return r, err
	}
	if !s.Family[r.ID] && len(s.Family) >= MaxFamily {
		return person.Resident{}, record.ErrFamily
	}
	if err := s.Tx.Delete(record.Key("invite", inviteKey)); err != nil {
		return r, err
	}
	s.Family[r.ID], r.Known = true, true
	if err := s.Tx.Put(record.Key("resident", r.ID), r); err != nil {
		return r, err
	}
	return r, person.BindResident(s.Tx, s.Person.OpenID, r.ID)
}

// MaxFamily is for how many residents one WeChat can stand.
const MaxFamily = 6
