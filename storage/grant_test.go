package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// office adds an administrator z and a second clerk c2 to a world.
func (w *world) office() {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		return errors.Join(personstore.PutStaff(tx, personstore.Staff{ID: "z", Name: "管理员", Roles: []personstore.Role{personstore.Admin}}), access.Bind(tx, "oz", "z"),
			personstore.PutStaff(tx, personstore.Staff{ID: "c2", Name: "另一位办事员", Roles: []personstore.Role{personstore.Clerk}}), access.Bind(tx, "oc2", "c2"))
	})
}

func (w *world) roles(cadre string) (roles []personstore.Role) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, cadre)
		roles = c.Roles
		return err
	})
	return roles
}

// accounts are the lines of the audit about accounts of the staff: what cadre by.
func (w *world) accounts() (lines []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		lines = nil
		all, err := personstore.Audits(tx, time.Unix(0, 0), 999)
		for _, a := range all {
			if a.Cadre != "" {
				lines = append(lines, a.What+" "+a.Cadre+" "+a.By)
			}
		}
		return err
	})
	return lines
}

// officePushes are the kinds of words about accounts that wait for a cadre.
func (w *world) officePushes(cadre string) (kinds []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		kinds = nil
		all, err := outbox.BookedTo(tx, "c:"+cadre, 99)
		for _, d := range all {
			if strings.HasPrefix(d.Kind, "office_") {
				kinds = append(kinds, d.Kind)
			}
		}
		return err
	})
	slices.Sort(kinds)
	return kinds
}

func (w *world) asksRoles(openid, cadre string, roles ...personstore.Role) (g staffing.RoleGrant) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) (err error) {
		g, err = staffing.AskRoles(s, cadre, roles, "roles/"+cadre, now)
		return err
	})
	return g
}

// TestOfficeRolesTakeTwoPeople: who asks cannot agree, nobody is given a role by
// their own word, and until another agrees nothing changes.
func TestOfficeRolesTakeTwoPeople(t *testing.T) {
	w := newWorld(t)
	w.office()
	for _, own := range []string{"z", "c"} {
		if err := w.refusal("o"+own, func(s personstore.Scope) error {
			_, err := staffing.AskRoles(s, own, []personstore.Role{personstore.Clinician}, "x", now)
			return err
		}); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s asks for a role of their own: %v", own, err)
		}
	}
	g := w.asksRoles("oz", "a", personstore.Clerk)
	if got := w.roles("a"); !slices.Equal(got, []personstore.Role{personstore.VillageWorker}) {
		t.Errorf("asked for only, and given: %v", got)
	}
	for _, who := range []string{"oz", "oa", "ob", "od", "stranger"} {
		if err := w.refusal(who, func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, g.ID, true, now); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s agrees: %v", who, err)
		}
	}
	if got := w.officePushes("c"); !slices.Equal(got, []string{"office_ask"}) {
		t.Errorf("the clerk is told %v", got)
	}
	w.as("oc", func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, g.ID, true, now); return err })
	if got := w.roles("a"); !slices.Equal(got, []personstore.Role{personstore.VillageWorker, personstore.Clerk}) {
		t.Errorf("agreed to: %v", got)
	}
	if a, z := w.officePushes("a"), w.officePushes("z"); !slices.Equal(a, []string{"office_note"}) || !slices.Equal(z, []string{"office_answer"}) {
		t.Errorf("told: %v, %v", a, z)
	}
	if got, want := w.accounts(), []string{"roles_asked a z", "roles_agreed a c", "roles a z"}; !slices.Equal(got, want) {
		t.Errorf("audit %v, want %v", got, want)
	}
	if err := w.refusal("oc2", func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, g.ID, true, now); return err }); !errors.Is(err, record.ErrNotAvailable) {
		t.Errorf("agreed to twice: %v", err)
	}
}

// TestAGrantEnds: refused, taken back, too old, or asked for by somebody who is of
// the office no more, it gives nothing.
func TestAGrantEnds(t *testing.T) {
	w := newWorld(t)
	w.office()
	answer := func(who string, agree bool, id string, at time.Time) error {
		return w.refusal(who, func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, id, agree, at); return err })
	}
	one := w.asksRoles("oz", "a", personstore.Clerk)
	late := answer("oc", true, one.ID, now.Add(staffing.GrantTime))
	w.as("oc", func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, one.ID, false, now); return err })
	refused := answer("oc2", true, one.ID, now)
	two := w.asksRoles("oz", "b", personstore.Clinician)
	w.as("oz", func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, two.ID, false, now); return err })
	back := answer("oc", true, two.ID, now)
	three := w.asksRoles("oz", "d", personstore.Clerk)
	w.update(func(tx *record.Tx) error { return staffing.SetRoles(tx, "z", nil, staffing.AtServer, now) })
	left := answer("oc", true, three.ID, now)
	for what, err := range map[string]error{"late": late, "refused": refused, "taken back": back, "of who is of the office no more": left} {
		if !errors.Is(err, record.ErrNotAvailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if a, b, d := w.roles("a"), w.roles("b"), w.roles("d"); len(a)+len(b)+len(d) != 3 {
		t.Errorf("roles are %v %v %v", a, b, d)
	}
}

// TestACodeForSomebodyBoundTakesTwo: the one who is bound agrees, or another of the
// office; a code for somebody of the office takes two even while nobody is bound.
func TestACodeForSomebodyBoundTakesTwo(t *testing.T) {
	w := newWorld(t)
	w.office()
	w.update(func(tx *record.Tx) error {
		return errors.Join(personstore.PutStaff(tx, personstore.Staff{ID: "new", Name: "新干部", Villages: []string{jia}, Roles: []personstore.Role{personstore.VillageWorker}}),
			personstore.PutStaff(tx, personstore.Staff{ID: "doc", Name: "新医生", Roles: []personstore.Role{personstore.Clinician}}))
	})
	give := func(cadre string) error {
		return w.refusal("oz", func(s personstore.Scope) error { return staffing.GiveCode(s, "48291307256174", cadre, now) })
	}
	if err := give("new"); err != nil {
		t.Errorf("for who is not bound: %v", err)
	}
	for _, who := range []string{"c", "a", "doc"} {
		if err := give(who); !errors.Is(err, ops.ErrSecond) {
			t.Errorf("for %s: %v", who, err)
		}
	}
	ask := func(cadre string) (g staffing.RoleGrant) {
		w.as("oz", func(s personstore.Scope) (err error) {
			g, err = staffing.AskCode(s, cadre, "code/"+cadre, now)
			return err
		})
		return g
	}
	for _, c := range []struct{ cadre, by string }{{"a", "oa"}, {"c", "oc2"}, {"doc", "oc"}} {
		g := ask(c.cadre)
		if err := w.refusal("oz", func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, g.ID, true, now); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("who asked agrees: %v", err)
		}
		if err := give(c.cadre); !errors.Is(err, ops.ErrSecond) {
			t.Errorf("for %s, asked for only: %v", c.cadre, err)
		}
		w.as(c.by, func(s personstore.Scope) error { _, err := staffing.AnswerGrant(s, g.ID, true, now); return err })
		w.as("oz", func(s personstore.Scope) error { return staffing.GiveCode(s, "48291307256174", c.cadre, now) })
		if err := give(c.cadre); !errors.Is(err, ops.ErrSecond) {
			t.Errorf("for %s, a second code by one word: %v", c.cadre, err)
		}
	}
	if got := w.officePushes("a"); !slices.Equal(got, []string{"office_ask", "office_note"}) {
		t.Errorf("the one who is bound is told %v", got)
	}
	if got := w.accounts(); !slices.Contains(got, "code a z") || !slices.Contains(got, "code_agreed a a") || !slices.Contains(got, "code_asked a z") {
		t.Errorf("audit %v", got)
	}
}
