package imports

import (
	"fmt"
	"slices"

	personstore "xintiexin/storage/person"
	"xintiexin/storage/staffing"
)

// allowed returns what a row may make of a cadre's roles and villages. A list gives
// and takes no role of the office (storage.OfficeRoles), whoever hands it in; it
// leaves whoever has such a role as they are, and so who hands it in. What it wanted
// otherwise is said.
func (c *checker) allowed(t *table, r row, d *CadreDraft, does []personstore.Role, serves []string) ([]personstore.Role, []string) {
	before := d.Before
	wants := staffing.Office(personstore.Staff{Roles: does})
	own := before.ID != "" && before.ID == c.by
	if own || len(staffing.Office(before)) > 0 {
		if !sameSet(does, before.Roles) {
			c.note(fmt.Sprintf("干部%s %s的职责没有变：%s", t.cell(r, cadreRoleCol), r.cells[cadreNameCol], byTwo(own)))
		}
		if own && !sameSet(serves, before.Villages) {
			c.note(fmt.Sprintf("干部%s 自己管哪个村，不能由自己交的表改", t.cell(r, cadreVillageCol)))
			serves = before.Villages
		}
		return before.Roles, serves
	}
	if len(wants) > 0 {
		c.note(fmt.Sprintf("干部%s %s的“%s”没有给：%s", t.cell(r, cadreRoleCol), r.cells[cadreNameCol], roleWords(wants), byTwo(false)))
	}
	return slices.DeleteFunc(slices.Clone(does), func(r personstore.Role) bool { return r != personstore.VillageWorker }), serves
}

// byTwo says who gives a role of the office.
func byTwo(own bool) string {
	if own {
		return "自己的职责不能由自己交的表改"
	}
	return "表格不能改办事员、医生、管理员，要在“人员和职责”里两个人同意，或在服务器上 xintiexin staff role"
}

func roleWords(roles []personstore.Role) string {
	words := map[personstore.Role]string{personstore.Clerk: "办事员", personstore.Clinician: "医生", personstore.Admin: "管理员"}
	out := ""
	for i, r := range roles {
		if i > 0 {
			out += "、"
		}
		out += words[r]
	}
	return out
}
