package office

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"xintiexin/bot/web/session"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// rolesRow is a member of staff with the roles of the office.
type rolesRow struct{ ID, Name, Place, Office string }

type rolesPage struct {
	session.Frame
	Cadres []rolesRow
	Roles  []choice // of the office
	Waits  []string // what was asked for and waits for a second person
	Said   string
}

// choice is an option of a form.
type choice struct{ Value, Label string }

// AskRoles shows who has which role of the office, and asks for another.
func AskRoles(s *session.Server, v *session.Visit) error { return showRoles(v, http.StatusOK, "") }

func showRoles(v *session.Visit, status int, said string) error {
	page := rolesPage{Frame: v.Frame, Said: said}
	for _, r := range staffing.OfficeRoles() {
		page.Roles = append(page.Roles, choice{string(r), session.OfficeNames[r]})
	}
	err := v.View(func(tx *record.Tx, scope person.Scope) (err error) {
		if page.Cadres, err = rolesRows(tx); err != nil {
			return err
		}
		page.Waits, err = waits(v, tx, scope)
		return err
	})
	if err != nil {
		return err
	}
	return v.S.Render(v.W, status, "staff", page)
}

func rolesRows(tx *record.Tx) ([]rolesRow, error) {
	all, err := person.AllStaff(tx)
	if err != nil {
		return nil, err
	}
	var out []rolesRow
	for _, c := range all {
		if c.Left {
			continue
		}
		place, err := servesWhere(tx, c)
		if err != nil {
			return nil, err
		}
		out = append(out, rolesRow{c.ID, c.Name, place, officeList(staffing.Office(c))})
	}
	return out, nil
}

// officeList names roles of the office: 办事员、医生.
func officeList(roles []person.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, session.OfficeNames[r])
	}
	if len(names) == 0 {
		return session.Say("rolesNone")
	}
	return strings.Join(names, "、")
}

// waits says what was asked for and not answered yet.
func waits(v *session.Visit, tx *record.Tx, scope person.Scope) (lines []string, err error) {
	all, err := staffing.Grants(scope, v.Now)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		if !g.Waits(v.Now) {
			continue
		}
		by, err := person.LoadStaff(tx, g.By)
		if err != nil {
			return nil, err
		}
		c, err := person.LoadStaff(tx, g.Cadre)
		if err != nil {
			return nil, err
		}
		if g.Kind == staffing.GrantCode {
			lines = append(lines, session.Say("rolesWaitsCode", by.Name, c.Name))
			continue
		}
		lines = append(lines, session.Say("rolesWaits", by.Name, c.Name, officeList(g.Roles)))
	}
	return lines, nil
}

// Roles asks that a member of staff has the roles that are ticked; another of the
// office agrees in the chat.
func Roles(s *session.Server, v *session.Visit) error {
	cause, err := session.Random()
	if err != nil {
		return err
	}
	cadre := v.R.PostForm.Get("cadre")
	var wanted []person.Role
	for _, r := range staffing.OfficeRoles() {
		if slices.Contains(v.R.PostForm["role"], string(r)) {
			wanted = append(wanted, r)
		}
	}
	name := ""
	err = v.Update(func(tx *record.Tx, scope person.Scope) error {
		if _, err := staffing.AskRoles(scope, cadre, wanted, cause, v.Now); err != nil {
			return err
		}
		c, err := person.LoadStaff(tx, cadre)
		name = c.Name
		return err
	})
	switch {
	case errors.Is(err, record.ErrScope):
		return showRoles(v, http.StatusForbidden, session.Say("rolesOwn"))
	case errors.Is(err, record.ErrNotFound):
		return showRoles(v, http.StatusUnprocessableEntity, session.Say("rolesNobody"))
	case errors.Is(err, record.ErrAlreadyExists):
		return showRoles(v, http.StatusUnprocessableEntity, session.Say("rolesSame"))
	case err != nil:
		return err
	}
	return showRoles(v, http.StatusOK, session.Say("rolesAsked", name, officeList(wanted)))
}
