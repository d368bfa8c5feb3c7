package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
)

// office adds an administrator z and a second clerk c2 to a world.
func (w *world) office() {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		return errors.Join(tx.PutCadre(storage.Cadre{ID: "z", Name: "管理员", Roles: []storage.Role{storage.Admin}}), tx.Bind("oz", "z"),
			tx.PutCadre(storage.Cadre{ID: "c2", Name: "另一位办事员", Roles: []storage.Role{storage.Clerk}}), tx.Bind("oc2", "c2"))
	})
}

func (w *world) roles(cadre string) (roles []storage.Role) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		c, err := tx.Cadre(cadre)
		roles = c.Roles
		return err
	})
	return roles
}

// accounts are the lines of the audit about accounts of the staff: what cadre by.
func (w *world) accounts() (lines []string) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		lines = nil
		all, err := tx.Audits(time.Unix(0, 0), 999)
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
	w.update(func(tx *storage.Tx) error {
		kinds = nil
		all, err := tx.BookedTo("c:"+cadre, 99)
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

func (w *world) asksRoles(openid, cadre string, roles ...storage.Role) (g storage.Grant) {
	w.t.Helper()
	w.as(openid, func(s storage.Scope) (err error) {
		g, err = s.AskRoles(cadre, roles, "roles/"+cadre, now)
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
		if err := w.refusal("o"+own, func(s storage.Scope) error {
			_, err := s.AskRoles(own, []storage.Role{storage.Clinician}, "x", now)
			return err
		}); !errors.Is(err, storage.ErrScope) {
			t.Errorf("%s asks for a role of their own: %v", own, err)
		}
	}
	g := w.asksRoles("oz", "a", storage.Clerk)
	if got := w.roles("a"); !slices.Equal(got, []storage.Role{storage.Worker}) {
		t.Errorf("asked for only, and given: %v", got)
	}
	for _, who := range []string{"oz", "oa", "ob", "od", "stranger"} {
		if err := w.refusal(who, func(s storage.Scope) error { _, err := s.AnswerGrant(g.ID, true, now); return err }); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s agrees: %v", who, err)
		}
	}
	if got := w.officePushes("c"); !slices.Equal(got, []string{"office_ask"}) {
		t.Errorf("the clerk is told %v", got)
	}
	w.as("oc", func(s storage.Scope) error { _, err := s.AnswerGrant(g.ID, true, now); return err })
	if got := w.roles("a"); !slices.Equal(got, []storage.Role{storage.Worker, storage.Clerk}) {
		t.Errorf("agreed to: %v", got)
	}
	if a, z := w.officePushes("a"), w.officePushes("z"); !slices.Equal(a, []string{"office_note"}) || !slices.Equal(z, []string{"office_answer"}) {
		t.Errorf("told: %v, %v", a, z)
	}
	if got, want := w.accounts(), []string{"roles_asked a z", "roles_agreed a c", "roles a z"}; !slices.Equal(got, want) {
		t.Errorf("audit %v, want %v", got, want)
	}
	if err := w.refusal("oc2", func(s storage.Scope) error { _, err := s.AnswerGrant(g.ID, true, now); return err }); !errors.Is(err, storage.ErrPast) {
		t.Errorf("agreed to twice: %v", err)
	}
}

// TestAGrantEnds: refused, taken back, too old, or asked for by somebody who is of
// the office no more, it gives nothing.
func TestAGrantEnds(t *testing.T) {
	w := newWorld(t)
	w.office()
	answer := func(who string, agree bool, id string, at time.Time) error {
		return w.refusal(who, func(s storage.Scope) error { _, err := s.AnswerGrant(id, agree, at); return err })
	}
	one := w.asksRoles("oz", "a", storage.Clerk)
	late := answer("oc", true, one.ID, now.Add(storage.GrantTime))
	w.as("oc", func(s storage.Scope) error { _, err := s.AnswerGrant(one.ID, false, now); return err })
	refused := answer("oc2", true, one.ID, now)
	two := w.asksRoles("oz", "b", storage.Clinician)
	w.as("oz", func(s storage.Scope) error { _, err := s.AnswerGrant(two.ID, false, now); return err })
	back := answer("oc", true, two.ID, now)
	three := w.asksRoles("oz", "d", storage.Clerk)
	w.update(func(tx *storage.Tx) error { return tx.SetRoles("z", nil, storage.AtServer, now) })
	left := answer("oc", true, three.ID, now)
	for what, err := range map[string]error{"late": late, "refused": refused, "taken back": back, "of who is of the office no more": left} {
		if !errors.Is(err, storage.ErrPast) {
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
	w.update(func(tx *storage.Tx) error {
		return errors.Join(tx.PutCadre(storage.Cadre{ID: "new", Name: "新干部", Villages: []string{jia}, Roles: []storage.Role{storage.Worker}}),
			tx.PutCadre(storage.Cadre{ID: "doc", Name: "新医生", Roles: []storage.Role{storage.Clinician}}))
	})
	give := func(cadre string) error {
		return w.refusal("oz", func(s storage.Scope) error { return s.GiveCode("48291307256174", cadre, now) })
	}
	if err := give("new"); err != nil {
		t.Errorf("for who is not bound: %v", err)
	}
	for _, who := range []string{"c", "a", "doc"} {
		if err := give(who); !errors.Is(err, storage.ErrSecond) {
			t.Errorf("for %s: %v", who, err)
		}
	}
	ask := func(cadre string) (g storage.Grant) {
		w.as("oz", func(s storage.Scope) (err error) {
			g, err = s.AskCode(cadre, "code/"+cadre, now)
			return err
		})
		return g
	}
	for _, c := range []struct{ cadre, by string }{{"a", "oa"}, {"c", "oc2"}, {"doc", "oc"}} {
		g := ask(c.cadre)
		if err := w.refusal("oz", func(s storage.Scope) error { _, err := s.AnswerGrant(g.ID, true, now); return err }); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("who asked agrees: %v", err)
		}
		if err := give(c.cadre); !errors.Is(err, storage.ErrSecond) {
			t.Errorf("for %s, asked for only: %v", c.cadre, err)
		}
		w.as(c.by, func(s storage.Scope) error { _, err := s.AnswerGrant(g.ID, true, now); return err })
		w.as("oz", func(s storage.Scope) error { return s.GiveCode("48291307256174", c.cadre, now) })
		if err := give(c.cadre); !errors.Is(err, storage.ErrSecond) {
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
