package pages

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// rolesRow is a member of staff with the roles of the office.
type rolesRow struct{ ID, Name, Place, Office string }

type rolesPage struct {
	frame
	Cadres []rolesRow
	Roles  []choice // of the office
	Waits  []string // what was asked for and waits for a second person
	Said   string
}

// choice is an option of a form.
type choice struct{ Value, Label string }

// askRoles shows who has which role of the office, and asks for another.
func (s *server) askRoles(v *visit) error { return v.rolesPage(http.StatusOK, "") }

func (v *visit) rolesPage(status int, said string) error {
	page := rolesPage{frame: v.frame, Said: said}
	for _, r := range staffing.OfficeRoles() {
		page.Roles = append(page.Roles, choice{string(r), officeNames[r]})
	}
	err := v.view(func(tx *record.Tx, scope person.Scope) (err error) {
		if page.Cadres, err = rolesRows(tx); err != nil {
			return err
		}
		page.Waits, err = v.waits(tx, scope)
		return err
	})
	if err != nil {
		return err
	}
	return v.s.render(v.w, status, "staff", page)
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
		names = append(names, officeNames[r])
	}
	if len(names) == 0 {
		return say("rolesNone")
	}
	return strings.Join(names, "、")
}

// waits says what was asked for and not answered yet.
func (v *visit) waits(tx *record.Tx, scope person.Scope) (lines []string, err error) {
	all, err := staffing.Grants(scope, v.now)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		if !g.Waits(v.now) {
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
			lines = append(lines, say("rolesWaitsCode", by.Name, c.Name))
			continue
		}
		lines = append(lines, say("rolesWaits", by.Name, c.Name, officeList(g.Roles)))
	}
	return lines, nil
}

// roles asks that a member of staff has the roles that are ticked; another of the
// office agrees in the chat.
func (s *server) roles(v *visit) error {
	cause, err := random()
	if err != nil {
		return err
	}
	cadre := v.r.PostForm.Get("cadre")
	var wanted []person.Role
	for _, r := range staffing.OfficeRoles() {
		if slices.Contains(v.r.PostForm["role"], string(r)) {
			wanted = append(wanted, r)
		}
	}
	name := ""
	err = v.update(func(tx *record.Tx, scope person.Scope) error {
		if _, err := staffing.AskRoles(scope, cadre, wanted, cause, v.now); err != nil {
			return err
		}
		c, err := person.LoadStaff(tx, cadre)
		name = c.Name
		return err
	})
	switch {
	case errors.Is(err, record.ErrScope):
		return v.rolesPage(http.StatusForbidden, say("rolesOwn"))
	case errors.Is(err, record.ErrNotFound):
		return v.rolesPage(http.StatusUnprocessableEntity, say("rolesNobody"))
	case errors.Is(err, record.ErrAlreadyExists):
		return v.rolesPage(http.StatusUnprocessableEntity, say("rolesSame"))
	case err != nil:
		return err
	}
	return v.rolesPage(http.StatusOK, say("rolesAsked", name, officeList(wanted)))
}
