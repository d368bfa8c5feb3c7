package staffing

import (
	"cmp"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// RoleGrant is something that one of the office asks for and another has to agree to:
// the office roles of a cadre, or a binding code for a cadre whose account is worth
// taking over. Nobody asks for, or agrees to, roles of their own.
type RoleGrant struct {
	ID     string
	Kind   GrantKind
	Cadre  string        // whom it concerns
	Roles  []person.Role `json:",omitempty"` // the office roles that the cadre is to have
	By     string        // who asked
	Asked  int64         // Unix seconds
	Second string        `json:",omitempty"` // who agreed
	Agreed int64         `json:",omitempty"` // Unix seconds
	Ended  int64         `json:",omitempty"` // Unix seconds
	Why    string        `json:",omitempty"` // done, refused, withdrawn, replaced
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
func OfficeRoles() []person.Role { return []person.Role{person.Clinician, person.Clerk, person.Admin} }

// Office returns those of a cadre's roles that are the office's, in the order of
// OfficeRoles.
func Office(c person.Staff) []person.Role {
	return slices.DeleteFunc(OfficeRoles(), func(r person.Role) bool { return !slices.Contains(c.Roles, r) })
}

// Guarded reports whether a binding code for the cadre takes two people: with one,
// whoever holds it would be in the place of somebody bound, or of the office.
func Guarded(c person.Staff) bool { return c.OpenID != "" || len(Office(c)) > 0 }

func putGrant(tx *record.Tx, g RoleGrant) error { return tx.Put(record.Key("grant", g.ID), g) }

// Waits reports whether a grant still waits to be agreed to.
func (g RoleGrant) Waits(now time.Time) bool {
	return g.Ended == 0 && g.Agreed == 0 && now.Before(time.Unix(g.Asked, 0).Add(GrantTime))
}

// Printable reports whether the code of a grant was agreed to and can be printed.
func (g RoleGrant) Printable(now time.Time) bool {
	return g.Kind == GrantCode && g.Ended == 0 && g.Agreed != 0 && now.Before(time.Unix(g.Agreed, 0).Add(GrantTime))
}

// OfOffice reports whether a cadre may ask for grants and agree to them.
func OfOffice(c person.Staff) bool { return c.Has(person.Clerk, person.Admin) }

// AskRoles asks that a cadre has these of the OfficeRoles and no others. It returns
// ErrScope for anybody but clerk and administrator, and for one's own roles;
// ErrNotFound for who is not there or has left; ErrTwice where nothing would change.
func AskRoles(s person.Scope, cadre string, roles []person.Role, cause string, now time.Time) (RoleGrant, error) {
	c, err := grantable(s, cadre)
	if err != nil {
		return RoleGrant{}, err
	}
	wanted := Office(person.Staff{Roles: roles})
	if slices.Equal(wanted, Office(c)) {
		return RoleGrant{}, record.ErrAlreadyExists
	}
	return ask(s, RoleGrant{Kind: GrantRoles, Cadre: cadre, Roles: wanted}, cause, now)
}

// AskCode asks for a binding code for a cadre for whom that takes two (Guarded):
// the one who is bound agrees, or another of the office. Errors are those of
// AskRoles; ErrTwice where no second person is needed.
func AskCode(s person.Scope, cadre, cause string, now time.Time) (RoleGrant, error) {
	c, err := grantable(s, cadre)
	if err != nil {
		return RoleGrant{}, err
	}
	if !Guarded(c) {
		return RoleGrant{}, record.ErrAlreadyExists
	}
	return ask(s, RoleGrant{Kind: GrantCode, Cadre: cadre}, cause, now)
}

// grantable returns a cadre for whom the asker may ask for something.
func grantable(s person.Scope, cadre string) (person.Staff, error) {
	if me := s.Person.Cadre; !OfOffice(me) || me.ID == cadre {
		return person.Staff{}, record.ErrScope
	}
	c, err := person.LoadStaff(s.Tx, cadre)
	if err == nil && c.Left {
		err = record.ErrNotFound
	}
	return c, err
}

// ask keeps a grant in place of others of its kind for the same cadre, and tells
// whoever can answer.
func ask(s person.Scope, g RoleGrant, cause string, now time.Time) (RoleGrant, error) {
	g.ID, g.By, g.Asked = record.ID("grant", cause, g.Cadre, string(g.Kind)), s.Person.Cadre.ID, now.Unix()
	if old, err := record.Optional(record.Get[RoleGrant](s.Tx, record.Key("grant", g.ID))); err != nil || old.ID != "" {
		return old, err
	}
	if err := endGrants(s.Tx, g.Cadre, g.Kind, "replaced", now); err != nil {
		return g, err
	}
	if err := putGrant(s.Tx, g); err != nil {
		return g, err
	}
	if err := person.AuditStaff(s.Tx, string(g.Kind)+"_asked", g.Cadre, g.By, g.Roles, now); err != nil {
		return g, err
	}
	all, err := person.AllStaff(s.Tx)
	if err != nil {
		return g, err
	}
	for _, c := range all {
		if g.answers(c) {
			if err := TellOffice(s.Tx, "office_ask", g.ID, c.ID, now); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

// answers reports whether a cadre may agree to a grant.
func (g RoleGrant) answers(c person.Staff) bool {
	if c.Left || c.ID == "" || c.ID == g.By {
		return false
	}
	if c.ID == g.Cadre {
		return g.Kind == GrantCode && c.OpenID != ""
	}
	return OfOffice(c)
}

// endGrants ends what was asked for a cadre and is not done yet; "" is every kind.
func endGrants(tx *record.Tx, cadre string, kind GrantKind, why string, now time.Time) error {
	all, err := record.Collect(record.List[RoleGrant](tx, record.Prefix("grant")))
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Cadre != cadre || kind != "" && g.Kind != kind || g.Ended != 0 {
			continue
		}
		g.Ended, g.Why = now.Unix(), why
		if err := putGrant(tx, g); err != nil {
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
func Grants(s person.Scope, now time.Time) ([]RoleGrant, error) {
	if !s.Person.Staff() {
		return nil, record.ErrScope
	}
	all, err := record.Collect(record.List[RoleGrant](s.Tx, record.Prefix("grant")))
	me := s.Person.Cadre
	all = slices.DeleteFunc(all, func(g RoleGrant) bool {
		return now.Sub(time.Unix(g.Asked, 0)) > grantShown || !OfOffice(me) && g.Cadre != me.ID
	})
	slices.SortStableFunc(all, func(a, b RoleGrant) int { return cmp.Compare(b.Asked, a.Asked) })
	return all, err
}

// MayAnswer reports whether the asker may agree to a grant now.
func MayAnswer(s person.Scope, g RoleGrant, now time.Time) bool {
	return g.Waits(now) && g.answers(s.Person.Cadre)
}

// AnswerGrant agrees to a grant, or says no to it; who asked can take it back. It
// returns ErrNotFound for anybody else, ErrPast once it was answered, ended or is too
// old, and where who asked, or whom it concerns, has left the office meanwhile.
func AnswerGrant(s person.Scope, id string, agree bool, now time.Time) (RoleGrant, error) {
	g, err := record.Get[RoleGrant](s.Tx, record.Key("grant", id))
	if err != nil {
		return RoleGrant{}, err
	}
	me := s.Person.Cadre
	if !g.answers(me) && (agree || me.ID != g.By || !s.Person.Staff()) {
		return RoleGrant{}, record.ErrNotFound
	}
	if !g.Waits(now) {
		return g, record.ErrNotAvailable
	}
	if !agree {
		g.Ended, g.Why, g.Second = now.Unix(), record.If(me.ID == g.By, "withdrawn", "refused"), me.ID
		if err := putGrant(s.Tx, g); err != nil {
			return g, err
		}
		if err := person.AuditStaff(s.Tx, string(g.Kind)+"_refused", g.Cadre, me.ID, nil, now); err != nil || me.ID == g.By {
			return g, err
		}
		return g, TellOffice(s.Tx, "office_answer", g.ID, g.By, now)
	}
	by, err := record.Optional(person.LoadStaff(s.Tx, g.By))
	if err != nil {
		return g, err
	}
	c, err := record.Optional(person.LoadStaff(s.Tx, g.Cadre))
	if err != nil {
		return g, err
	}
	if !OfOffice(by) || c.ID == "" || c.Left {
		return g, record.ErrNotAvailable
	}
	return grant(s, g, now)
}

// grant carries out what was agreed to by the asker.
func grant(s person.Scope, g RoleGrant, now time.Time) (RoleGrant, error) {
	g.Second, g.Agreed = s.Person.Cadre.ID, now.Unix()
	if g.Kind == GrantRoles {
		g.Ended, g.Why = now.Unix(), "done"
	}
	if err := putGrant(s.Tx, g); err != nil {
		return g, err
	}
	if err := person.AuditStaff(s.Tx, string(g.Kind)+"_agreed", g.Cadre, g.Second, g.Roles, now); err != nil {
		return g, err
	}
	if g.Kind == GrantRoles {
		if err := SetRoles(s.Tx, g.Cadre, g.Roles, g.By, now); err != nil {
			return g, err
		}
	}
	return g, TellOffice(s.Tx, "office_answer", g.ID, g.By, now)
}

// SetRoles gives a cadre these of the OfficeRoles and takes the others away; it tells
// the cadre and stands in the audit. by is a cadre or AtServer.
func SetRoles(tx *record.Tx, cadre string, roles []person.Role, by string, now time.Time) error {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil {
		return err
	}
	wanted := Office(person.Staff{Roles: roles})
	if c.Left {
		return record.ErrNotFound
	}
	if slices.Equal(wanted, Office(c)) {
		return nil
	}
	c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(r person.Role) bool { return r != person.VillageWorker })
	c.Roles = append(c.Roles, wanted...)
	if err := person.PutStaff(tx, c); err != nil {
		return err
	}
	if err := person.AuditStaff(tx, "roles", cadre, by, wanted, now); err != nil {
		return err
	}
	return TellOffice(tx, "office_note", record.ID("roles", cadre, record.Stamp(now)), cadre, now)
}

// GiveCode keeps a binding code for a cadre, in place of earlier ones. It returns
// ErrScope for anybody but clerk and administrator, ErrNotFound for who is not there
// or has left, and ErrSecond where it takes two people (Guarded) and nobody has
// agreed: see AskCode.
func GiveCode(s person.Scope, code, cadre string, now time.Time) error {
	if !OfOffice(s.Person.Cadre) {
		return record.ErrScope
	}
	c, err := person.LoadStaff(s.Tx, cadre)
	if err != nil || c.Left {
		return cmp.Or(err, record.ErrNotFound)
	}
	if Guarded(c) {
		if ok, err := agreedCode(s.Tx, cadre, now); err != nil || !ok {
			return cmp.Or(err, ops.ErrSecond)
		}
		if err := endGrants(s.Tx, cadre, GrantCode, "done", now); err != nil {
			return err
		}
	}
	return giveCode(s.Tx, code, c, s.Person.Cadre.ID, now)
}

func agreedCode(tx *record.Tx, cadre string, now time.Time) (bool, error) {
	for g, err := range record.List[RoleGrant](tx, record.Prefix("grant")) {
		if err != nil || g.Cadre == cadre && g.Printable(now) {
			return err == nil, err
		}
	}
	return false, nil
}

// GiveCodeAs is for the server's command line: it asks nobody, but tells the cadre who
// is bound, and stands in the audit.
func GiveCodeAs(tx *record.Tx, code, cadre string, now time.Time) error {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil || c.Left {
		return cmp.Or(err, record.ErrNotFound)
	}
	return giveCode(tx, code, c, AtServer, now)
}

func giveCode(tx *record.Tx, code string, c person.Staff, by string, now time.Time) error {
	if err := person.PutInvite(tx, code, c.ID, now); err != nil {
		return err
	}
	if err := person.AuditStaff(tx, "code", c.ID, by, nil, now); err != nil || c.OpenID == "" {
		return err
	}
	return TellOffice(tx, "office_note", record.ID("code", c.ID, record.Stamp(now)), c.ID, now)
}

// TellOffice has a cadre told that something about an account waits or was done; the
// words say neither whose nor what.
func TellOffice(tx *record.Tx, kind, about, to string, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok {
		return nil
	}
	_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: kind + "/" + about + "/" + to, Kind: kind, To: "c:" + to,
		Facts:    map[string]string{"grant": about, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// OfficeStands returns why a word about an account is no longer true.
func OfficeStands(tx *record.Tx, d outbox.Delivery) (string, error) {
	if d.Kind != "office_ask" {
		return "", nil
	}
	g, err := record.Optional(record.Get[RoleGrant](tx, record.Key("grant", d.Facts["grant"])))
	return record.If(g.Ended == 0 && g.Agreed == 0, "", "answered"), err
}
