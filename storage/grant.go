package storage

import (
	"cmp"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// Grant is something that one of the office asks for and another has to agree to:
// the office roles of a cadre, or a binding code for a cadre whose account is worth
// taking over. Nobody asks for, or agrees to, roles of their own.
type Grant struct {
	ID     string
	Kind   GrantKind
	Cadre  string // whom it concerns
	Roles  []Role `json:",omitempty"` // the office roles that the cadre is to have
	By     string // who asked
	Asked  int64  // Unix seconds
	Second string `json:",omitempty"` // who agreed
	Agreed int64  `json:",omitempty"` // Unix seconds
	Ended  int64  `json:",omitempty"` // Unix seconds
	Why    string `json:",omitempty"` // done, refused, withdrawn, replaced
}

// GrantKind is what is asked for.
type GrantKind string

const (
	GrantRoles GrantKind = "roles"
	GrantCode  GrantKind = "code"
)

// GrantTime is how long a grant waits to be agreed to, and a code that was agreed
// to waits to be printed.
const GrantTime = 72 * time.Hour

// AtServer stands in the audit for whoever works on the server's command line.
const AtServer = "server"

// OfficeRoles are the roles that no list gives: two people of the office do, or the
// server's command line.
func OfficeRoles() []Role { return []Role{Clinician, Clerk, Admin} }

// Office returns those of a cadre's roles that are the office's, in the order of
// OfficeRoles.
func (c Cadre) Office() []Role {
	return slices.DeleteFunc(OfficeRoles(), func(r Role) bool { return !slices.Contains(c.Roles, r) })
}

// Guarded reports whether a binding code for the cadre takes two people: with one,
// whoever holds it would be in the place of somebody bound, or of the office.
func (c Cadre) Guarded() bool { return c.OpenID != "" || len(c.Office()) > 0 }

func (tx *Tx) putGrant(g Grant) error { return tx.put(key("grant", g.ID), g) }

// Waits reports whether a grant still waits to be agreed to.
func (g Grant) Waits(now time.Time) bool {
	return g.Ended == 0 && g.Agreed == 0 && now.Before(time.Unix(g.Asked, 0).Add(GrantTime))
}

// Printable reports whether the code of a grant was agreed to and can be printed.
func (g Grant) Printable(now time.Time) bool {
	return g.Kind == GrantCode && g.Ended == 0 && g.Agreed != 0 && now.Before(time.Unix(g.Agreed, 0).Add(GrantTime))
}

// ofOffice reports whether a cadre may ask for grants and agree to them.
func (c Cadre) ofOffice() bool { return c.Has(Clerk, Admin) }

// AskRoles asks that a cadre has these of the OfficeRoles and no others. It returns
// ErrScope for anybody but clerk and administrator, and for one's own roles;
// ErrNotFound for who is not there or has left; ErrTwice where nothing would change.
func (s Scope) AskRoles(cadre string, roles []Role, cause string, now time.Time) (Grant, error) {
	c, err := s.grantable(cadre)
	if err != nil {
		return Grant{}, err
	}
	wanted := Cadre{Roles: roles}.Office()
	if slices.Equal(wanted, c.Office()) {
		return Grant{}, ErrTwice
	}
	return s.ask(Grant{Kind: GrantRoles, Cadre: cadre, Roles: wanted}, cause, now)
}

// AskCode asks for a binding code for a cadre for whom that takes two (Guarded):
// the one who is bound agrees, or another of the office. Errors are those of
// AskRoles; ErrTwice where no second person is needed.
func (s Scope) AskCode(cadre, cause string, now time.Time) (Grant, error) {
	c, err := s.grantable(cadre)
	if err != nil {
		return Grant{}, err
	}
	if !c.Guarded() {
		return Grant{}, ErrTwice
	}
	return s.ask(Grant{Kind: GrantCode, Cadre: cadre}, cause, now)
}

// grantable returns a cadre for whom the asker may ask for something.
func (s Scope) grantable(cadre string) (Cadre, error) {
	if me := s.Person.Cadre; !me.ofOffice() || me.ID == cadre {
		return Cadre{}, ErrScope
	}
	c, err := s.tx.Cadre(cadre)
	if err == nil && c.Left {
		err = ErrNotFound
	}
	return c, err
}

// ask keeps a grant in place of others of its kind for the same cadre, and tells
// whoever can answer.
func (s Scope) ask(g Grant, cause string, now time.Time) (Grant, error) {
	g.ID, g.By, g.Asked = ID("grant", cause, g.Cadre, string(g.Kind)), s.Person.Cadre.ID, now.Unix()
	if old, err := optional(get[Grant](s.tx, key("grant", g.ID))); err != nil || old.ID != "" {
		return old, err
	}
	if err := s.tx.endGrants(g.Cadre, g.Kind, "replaced", now); err != nil {
		return g, err
	}
	if err := s.tx.putGrant(g); err != nil {
		return g, err
	}
	if err := s.tx.auditStaff(string(g.Kind)+"_asked", g.Cadre, g.By, g.Roles, now); err != nil {
		return g, err
	}
	all, err := s.tx.Cadres()
	if err != nil {
		return g, err
	}
	for _, c := range all {
		if g.answers(c) {
			if err := s.tx.tellOffice("office_ask", g.ID, c.ID, now); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

// answers reports whether a cadre may agree to a grant.
func (g Grant) answers(c Cadre) bool {
	if c.Left || c.ID == "" || c.ID == g.By {
		return false
	}
	if c.ID == g.Cadre {
		return g.Kind == GrantCode && c.OpenID != ""
	}
	return c.ofOffice()
}

// endGrants ends what was asked for a cadre and is not done yet; "" is every kind.
func (tx *Tx) endGrants(cadre string, kind GrantKind, why string, now time.Time) error {
	all, err := collect(list[Grant](tx, prefix("grant")))
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Cadre != cadre || kind != "" && g.Kind != kind || g.Ended != 0 {
			continue
		}
		g.Ended, g.Why = now.Unix(), why
		if err := tx.putGrant(g); err != nil {
			return err
		}
	}
	return nil
}

// grantShown is how long a grant is shown to those whom it concerns.
const grantShown = 30 * 24 * time.Hour

// Grants returns what was asked for in the last month and concerns the asker, newest
// first: to clerk and administrator all, to others their own. ErrScope for who is no
// staff.
func (s Scope) Grants(now time.Time) ([]Grant, error) {
	if !s.Person.Staff() {
		return nil, ErrScope
	}
	all, err := collect(list[Grant](s.tx, prefix("grant")))
	me := s.Person.Cadre
	all = slices.DeleteFunc(all, func(g Grant) bool {
		return now.Sub(time.Unix(g.Asked, 0)) > grantShown || !me.ofOffice() && g.Cadre != me.ID
	})
	slices.SortStableFunc(all, func(a, b Grant) int { return cmp.Compare(b.Asked, a.Asked) })
	return all, err
}

// MayAnswer reports whether the asker may agree to a grant now.
func (s Scope) MayAnswer(g Grant, now time.Time) bool {
	return g.Waits(now) && g.answers(s.Person.Cadre)
}

// AnswerGrant agrees to a grant, or says no to it; who asked can take it back. It
// returns ErrNotFound for anybody else, ErrPast once it was answered, ended or is too
// old, and where who asked, or whom it concerns, has left the office meanwhile.
func (s Scope) AnswerGrant(id string, agree bool, now time.Time) (Grant, error) {
	g, err := get[Grant](s.tx, key("grant", id))
	if err != nil {
		return Grant{}, err
	}
	me := s.Person.Cadre
	if !g.answers(me) && (agree || me.ID != g.By || !s.Person.Staff()) {
		return Grant{}, ErrNotFound
	}
	if !g.Waits(now) {
		return g, ErrPast
	}
	if !agree {
		g.Ended, g.Why, g.Second = now.Unix(), pick(me.ID == g.By, "withdrawn", "refused"), me.ID
		if err := s.tx.putGrant(g); err != nil {
			return g, err
		}
		if err := s.tx.auditStaff(string(g.Kind)+"_refused", g.Cadre, me.ID, nil, now); err != nil || me.ID == g.By {
			return g, err
		}
		return g, s.tx.tellOffice("office_answer", g.ID, g.By, now)
	}
	by, err := optional(s.tx.Cadre(g.By))
	if err != nil {
		return g, err
	}
	c, err := optional(s.tx.Cadre(g.Cadre))
	if err != nil {
		return g, err
	}
	if !by.ofOffice() || c.ID == "" || c.Left {
		return g, ErrPast
	}
	return s.grant(g, now)
}

// grant carries out what was agreed to by the asker.
func (s Scope) grant(g Grant, now time.Time) (Grant, error) {
	g.Second, g.Agreed = s.Person.Cadre.ID, now.Unix()
	if g.Kind == GrantRoles {
		g.Ended, g.Why = now.Unix(), "done"
	}
	if err := s.tx.putGrant(g); err != nil {
		return g, err
	}
	if err := s.tx.auditStaff(string(g.Kind)+"_agreed", g.Cadre, g.Second, g.Roles, now); err != nil {
		return g, err
	}
	if g.Kind == GrantRoles {
		if err := s.tx.SetRoles(g.Cadre, g.Roles, g.By, now); err != nil {
			return g, err
		}
	}
	return g, s.tx.tellOffice("office_answer", g.ID, g.By, now)
}

// SetRoles gives a cadre these of the OfficeRoles and takes the others away; it tells
// the cadre and stands in the audit. by is a cadre or AtServer.
func (tx *Tx) SetRoles(cadre string, roles []Role, by string, now time.Time) error {
	c, err := tx.Cadre(cadre)
	if err != nil {
		return err
	}
	wanted := Cadre{Roles: roles}.Office()
	if c.Left {
		return ErrNotFound
	}
	if slices.Equal(wanted, c.Office()) {
		return nil
	}
	c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(r Role) bool { return r != Worker })
	c.Roles = append(c.Roles, wanted...)
	if err := tx.PutCadre(c); err != nil {
		return err
	}
	if err := tx.auditStaff("roles", cadre, by, wanted, now); err != nil {
		return err
	}
	return tx.tellOffice("office_note", ID("roles", cadre, stamp(now)), cadre, now)
}

// GiveCode keeps a binding code for a cadre, in place of earlier ones. It returns
// ErrScope for anybody but clerk and administrator, ErrNotFound for who is not there
// or has left, and ErrSecond where it takes two people (Guarded) and nobody has
// agreed: see AskCode.
func (s Scope) GiveCode(code, cadre string, now time.Time) error {
	if !s.Person.Cadre.ofOffice() {
		return ErrScope
	}
	c, err := s.tx.Cadre(cadre)
	if err != nil || c.Left {
		return cmp.Or(err, ErrNotFound)
	}
	if c.Guarded() {
		if ok, err := s.tx.agreedCode(cadre, now); err != nil || !ok {
			return cmp.Or(err, ErrSecond)
		}
		if err := s.tx.endGrants(cadre, GrantCode, "done", now); err != nil {
			return err
		}
	}
	return s.tx.giveCode(code, c, s.Person.Cadre.ID, now)
}

func (tx *Tx) agreedCode(cadre string, now time.Time) (bool, error) {
	for g, err := range list[Grant](tx, prefix("grant")) {
		if err != nil || g.Cadre == cadre && g.Printable(now) {
			return err == nil, err
		}
	}
	return false, nil
}

// GiveCode is for the server's command line: it asks nobody, but tells the cadre who
// is bound, and stands in the audit.
func (tx *Tx) GiveCode(code, cadre string, now time.Time) error {
	c, err := tx.Cadre(cadre)
	if err != nil || c.Left {
		return cmp.Or(err, ErrNotFound)
	}
	return tx.giveCode(code, c, AtServer, now)
}

func (tx *Tx) giveCode(code string, c Cadre, by string, now time.Time) error {
	if err := tx.PutInvite(code, c.ID, now); err != nil {
		return err
	}
	if err := tx.auditStaff("code", c.ID, by, nil, now); err != nil || c.OpenID == "" {
		return err
	}
	return tx.tellOffice("office_note", ID("code", c.ID, stamp(now)), c.ID, now)
}

// auditStaff keeps a line about an account of the staff: what was done, to whose, by
// whom.
func (tx *Tx) auditStaff(what, cadre, by string, roles []Role, now time.Time) error {
	return tx.AddAudit(Audit{At: now.Unix(), What: what, Cadre: cadre, By: by, Roles: roles})
}

// tellOffice has a cadre told that something about an account waits or was done; the
// words say neither whose nor what.
func (tx *Tx) tellOffice(kind, about, to string, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok {
		return nil
	}
	_, err := tx.Enqueue(Delivery{Cause: kind + "/" + about + "/" + to, Kind: kind, To: "c:" + to,
		Facts:    map[string]string{"grant": about, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// officeStands returns why a word about an account is no longer true.
func (tx *Tx) officeStands(d Delivery) (string, error) {
	if d.Kind != "office_ask" {
		return "", nil
	}
	g, err := optional(get[Grant](tx, key("grant", d.Facts["grant"])))
	return pick(g.Ended == 0 && g.Agreed == 0, "", "answered"), err
}
