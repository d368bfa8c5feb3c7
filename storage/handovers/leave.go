package handovers

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/documents"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
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

// Leave takes a cadre out of office at once: the WeChat is unbound, with its
// chat, drafts, links and open pages; binding codes, also those given to residents,
// what waits to be sent, and what was asked for or handed over are ended. Households
// and open work go to nobody, a page at a time (CarryHandOvers), where clerk and
// village find them. It returns the WeChat that was bound, "" for none, for the
// platform's own menu. ErrScope for anybody but clerk and administrator, and for the
// asker's own account; ErrNotFound for who is not there or has left.
func Leave(s person.Scope, cadre string, now time.Time) (openid string, work LeftWork, err error) {
	if me := s.Person.Cadre; !staffing.OfOffice(me) || me.ID == cadre {
		return "", work, record.ErrScope
	}
	return LeaveAs(s.Tx, cadre, s.Person.Cadre.ID, now)
}

// LeaveAs is for the server's command line too; by is a cadre or AtServer.
func LeaveAs(tx *record.Tx, cadre, by string, now time.Time) (openid string, work LeftWork, err error) {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil || c.Left {
		return "", work, cmp.Or(err, record.ErrNotFound)
	}
	if work, err = workOf(tx, c); err != nil {
		return "", work, err
	}
	carried, err := endHandOversOf(tx, cadre, now)
	if err != nil {
		return "", work, err
	}
	if err := clearGroups(tx, cadre); err != nil {
		return "", work, err
	}
	openid = c.OpenID
	if err := staffing.ShutOut(tx, cadre, now); err != nil {
		return "", work, err
	}
	if !carried {
		h := Handover{ID: record.ID("left", cadre, record.Stamp(now)), From: cadre, By: by, Asked: now.Unix(), Accepted: now.Unix(), Left: &work}
		if err := putHandOver(tx, h); err != nil {
			return "", work, err
		}
	}
	return openid, work, errors.Join(person.AuditStaff(tx, "left", cadre, by, nil, now), tellLeft(tx, cadre, by, now))
}

// endHandOversOf ends what a cadre was asked to take or stands in for, and who stands
// in for that cadre; carried says whether the work is on its way to somebody for good.
func endHandOversOf(tx *record.Tx, cadre string, now time.Time) (carried bool, err error) {
	open, err := All(tx)
	if err != nil {
		return false, err
	}
	for _, h := range open {
		switch {
		case h.From != cadre && h.To != cadre:
		case h.From == cadre && h.Accepted != 0 && h.Until == 0:
			carried = true
		default:
			if err := endHandOver(tx, h, "left", now); err != nil {
				return false, err
			}
			if h.Accepted == 0 {
				continue
			}
			if err := tellOver(tx, h, now); err != nil {
				return false, err
			}
		}
	}
	return carried, nil
}

// workOf counts what a cadre has in hand.
func workOf(tx *record.Tx, c person.Staff) (w LeftWork, err error) {
	w.Villages = slices.Clone(c.Villages)
	villages, err := person.Villages(tx)
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
	for _, err := range tx.Parts(record.Prefix("due", c.ID)) {
		if err != nil {
			return w, err
		}
		w.FollowUps++
	}
	for _, kind := range []string{"asking", "hidden_open"} {
		n, err := requestsOf(tx, kind, c.ID)
		if err != nil {
			return w, err
		}
		w.Requests += n
	}
	for n, err := range record.List[questions.AnonymousQuestion](tx, record.Prefix("note")) {
		if err != nil {
			return w, err
		}
		if n.Answered == 0 && (n.Owner == c.ID || n.To == c.ID) {
			w.Notes++
		}
	}
	for p, err := range record.List[documents.Document](tx, record.Prefix("paper")) {
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
func requestsOf(tx *record.Tx, open, cadre string) (n int, err error) {
	for p, err := range tx.Parts(record.Prefix(open)) {
		if err != nil {
			return n, err
		}
		r, err := record.Optional(record.Get[requests.Request](tx, record.Key(record.If(open == "asking", "request", "hidden"), p[1], p[2])))
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
func clearGroups(tx *record.Tx, cadre string) error {
	villages, err := person.Villages(tx)
	if err != nil {
		return err
	}
	for _, v := range villages {
		changed := false
		for i, g := range v.Groups {
			contact, deputy := Replace(g.Contact, cadre, ""), Replace(g.Deputy, cadre, "")
			changed = changed || contact != g.Contact || deputy != g.Deputy
			v.Groups[i].Contact, v.Groups[i].Deputy = contact, deputy
		}
		if !changed {
			continue
		}
		if err := person.PutVillage(tx, v); err != nil {
			return err
		}
	}
	return nil
}

// tellLeft tells clerks and administrators that somebody left, and work waits.
func tellLeft(tx *record.Tx, cadre, by string, now time.Time) error {
	all, err := person.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !staffing.OfOffice(c) || c.ID == by {
			continue
		}
		if err := staffing.TellOffice(tx, "office_left", record.ID("left", cadre, record.Stamp(now)), c.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// LeftOffice returns who left the office of late, with what they had in hand, newest
// first; ErrScope for anybody but clerk and administrator.
func LeftOffice(s person.Scope, now time.Time) ([]Handover, error) {
	if !staffing.OfOffice(s.Person.Cadre) {
		return nil, record.ErrScope
	}
	all, err := record.Collect(record.List[Handover](s.Tx, record.Prefix("handover")))
	all = slices.DeleteFunc(all, func(h Handover) bool {
		return h.Left == nil || now.Sub(time.Unix(h.Accepted, 0)) > leftShown
	})
	slices.SortStableFunc(all, func(a, b Handover) int { return cmp.Compare(b.Accepted, a.Accepted) })
	return all, err
}

// ReturnToOffice takes somebody who left back onto the staff, as a village worker at
// most, in no village, bound to nothing.
func ReturnToOffice(tx *record.Tx, cadre, by string, now time.Time) error {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil || !c.Left {
		return cmp.Or(err, record.ErrNotFound)
	}
	c.Left = false
	c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(r person.Role) bool { return r != person.VillageWorker })
	return errors.Join(person.PutStaff(tx, c), person.AuditStaff(tx, "back", cadre, by, nil, now))
}
