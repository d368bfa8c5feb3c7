package storage

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// LeftWork is what somebody who left the office had in hand; it waits for the clerk.
type LeftWork struct {
	Villages  []string    `json:",omitempty"` // ids
	Groups    []LeftGroup `json:",omitempty"` // without a contact or a deputy now
	FollowUps int         `json:",omitempty"`
	Requests  int         `json:",omitempty"`
	Notes     int         `json:",omitempty"`
	Papers    int         `json:",omitempty"`
}

// LeftGroup is a group that somebody who left was contact or deputy of.
type LeftGroup struct{ Village, Group string }

// leftShown is how long the work of who left is listed.
const leftShown = 60 * 24 * time.Hour

// LeaveOffice takes a cadre out of office at once: the WeChat is unbound, with its
// chat, drafts, links and open pages; binding codes, also those given to residents,
// what waits to be sent, and what was asked for or handed over are ended. Households
// and open work go to nobody, a page at a time (CarryHandOvers), where clerk and
// village find them. It returns the WeChat that was bound, "" for none, for the
// platform's own menu. ErrScope for anybody but clerk and administrator, and for the
// asker's own account; ErrNotFound for who is not there or has left.
func (s Scope) LeaveOffice(cadre string, now time.Time) (openid string, work LeftWork, err error) {
	if me := s.Person.Cadre; !me.ofOffice() || me.ID == cadre {
		return "", work, ErrScope
	}
	return s.tx.LeaveOffice(cadre, s.Person.Cadre.ID, now)
}

// LeaveOffice is for the server's command line too; by is a cadre or AtServer.
func (tx *Tx) LeaveOffice(cadre, by string, now time.Time) (openid string, work LeftWork, err error) {
	c, err := tx.Cadre(cadre)
	if err != nil || c.Left {
		return "", work, cmp.Or(err, ErrNotFound)
	}
	if work, err = tx.workOf(c); err != nil {
		return "", work, err
	}
	carried, err := tx.endHandOversOf(cadre, now)
	if err != nil {
		return "", work, err
	}
	if err := tx.clearGroups(cadre); err != nil {
		return "", work, err
	}
	openid = c.OpenID
	if err := tx.shutOut(cadre, now); err != nil {
		return "", work, err
	}
	if !carried {
		h := HandOver{ID: ID("left", cadre, stamp(now)), From: cadre, By: by, Asked: now.Unix(), Accepted: now.Unix(), Left: &work}
		if err := tx.putHandOver(h); err != nil {
			return "", work, err
		}
	}
	return openid, work, errors.Join(tx.auditStaff("left", cadre, by, nil, now), tx.tellLeft(cadre, by, now))
}

// shutOut ends all that a cadre can do, and what is on its way there.
func (tx *Tx) shutOut(cadre string, now time.Time) error {
	c, err := tx.Cadre(cadre)
	if err != nil {
		return err
	}
	err = tx.dropInvites(func(i Invite) bool { return i.Cadre == cadre && i.Resident == "" || i.By == cadre })
	if err := errors.Join(err, tx.DropDeliveries("c:"+cadre, "", "left", now), tx.endGrants(cadre, "", "left", now)); err != nil {
		return err
	}
	if c.OpenID != "" {
		if err := tx.unbind(c.OpenID); err != nil {
			return err
		}
	}
	c.OpenID, c.Villages, c.Left = "", nil, true
	return tx.PutCadre(c)
}

// endHandOversOf ends what a cadre was asked to take or stands in for, and who stands
// in for that cadre; carried says whether the work is on its way to somebody for good.
func (tx *Tx) endHandOversOf(cadre string, now time.Time) (carried bool, err error) {
	open, err := tx.HandOvers()
	if err != nil {
		return false, err
	}
	for _, h := range open {
		switch {
		case h.From != cadre && h.To != cadre:
		case h.From == cadre && h.Accepted != 0 && h.Until == 0:
			carried = true
		default:
			if err := tx.endHandOver(h, "left", now); err != nil {
				return false, err
			}
			if h.Accepted == 0 {
				continue
			}
			if err := tx.tellOver(h, now); err != nil {
				return false, err
			}
		}
	}
	return carried, nil
}

// workOf counts what a cadre has in hand.
func (tx *Tx) workOf(c Cadre) (w LeftWork, err error) {
	w.Villages = slices.Clone(c.Villages)
	villages, err := tx.Villages()
	if err != nil {
		return w, err
	}
	for _, v := range villages {
		for _, g := range v.Groups {
			if g.Contact == c.ID || g.Deputy == c.ID {
				w.Groups = append(w.Groups, LeftGroup{v.ID, g.Name})
			}
		}
	}
	for _, err := range tx.parts(prefix("due", c.ID)) {
		if err != nil {
			return w, err
		}
		w.FollowUps++
	}
	for _, kind := range []string{"asking", "hidden_open"} {
		n, err := tx.requestsOf(kind, c.ID)
		if err != nil {
			return w, err
		}
		w.Requests += n
	}
	for n, err := range list[Note](tx, prefix("note")) {
		if err != nil {
			return w, err
		}
		if n.Answered == 0 && (n.Owner == c.ID || n.To == c.ID) {
			w.Notes++
		}
	}
	for p, err := range list[Paper](tx, prefix("paper")) {
		if err != nil {
			return w, err
		}
		if p.Ended == 0 && p.By == c.ID {
			w.Papers++
		}
	}
	return w, nil
}

// requestsOf counts the open requests of a kind that a cadre has or was offered.
func (tx *Tx) requestsOf(open, cadre string) (n int, err error) {
	for p, err := range tx.parts(prefix(open)) {
		if err != nil {
			return n, err
		}
		r, err := optional(get[Request](tx, key(pick(open == "asking", "request", "hidden"), p[1], p[2])))
		if err != nil {
			return n, err
		}
		if r.Owner == cadre || r.To == cadre {
			n++
		}
	}
	return n, nil
}

// clearGroups takes a cadre out of the groups.
func (tx *Tx) clearGroups(cadre string) error {
	villages, err := tx.Villages()
	if err != nil {
		return err
	}
	for _, v := range villages {
		changed := false
		for i, g := range v.Groups {
			contact, deputy := replace(g.Contact, cadre, ""), replace(g.Deputy, cadre, "")
			changed = changed || contact != g.Contact || deputy != g.Deputy
			v.Groups[i].Contact, v.Groups[i].Deputy = contact, deputy
		}
		if !changed {
			continue
		}
		if err := tx.PutVillage(v); err != nil {
			return err
		}
	}
	return nil
}

// tellLeft tells clerks and administrators that somebody left, and work waits.
func (tx *Tx) tellLeft(cadre, by string, now time.Time) error {
	all, err := tx.Cadres()
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.ofOffice() || c.ID == by {
			continue
		}
		if err := tx.tellOffice("office_left", ID("left", cadre, stamp(now)), c.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// LeftOffice returns who left the office of late, with what they had in hand, newest
// first; ErrScope for anybody but clerk and administrator.
func (s Scope) LeftOffice(now time.Time) ([]HandOver, error) {
	if !s.Person.Cadre.ofOffice() {
		return nil, ErrScope
	}
	all, err := collect(list[HandOver](s.tx, prefix("handover")))
	all = slices.DeleteFunc(all, func(h HandOver) bool {
		return h.Left == nil || now.Sub(time.Unix(h.Accepted, 0)) > leftShown
	})
	slices.SortStableFunc(all, func(a, b HandOver) int { return cmp.Compare(b.Accepted, a.Accepted) })
	return all, err
}

// ReturnToOffice takes somebody who left back onto the staff, as a village worker at
// most, in no village, bound to nothing.
func (tx *Tx) ReturnToOffice(cadre, by string, now time.Time) error {
	c, err := tx.Cadre(cadre)
	if err != nil || !c.Left {
		return cmp.Or(err, ErrNotFound)
	}
	c.Left = false
	c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(r Role) bool { return r != Worker })
	return errors.Join(tx.PutCadre(c), tx.auditStaff("back", cadre, by, nil, now))
}
