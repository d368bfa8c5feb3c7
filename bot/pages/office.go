package pages

import (
	"net/http"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// audience is which of the office may reach a page: whoever keeps the system sees
// nobody's card.
type audience []person.Role

var (
	clerk = audience{person.Clerk}
	both  = audience{person.Clerk, person.Admin}
)

// office lets a page of the office be reached through its door, by the WeChat that
// asked for it, while it stands for somebody of the audience.
func (s *server) office(who audience, handle func(*server, *visit) error) func(http.ResponseWriter, *http.Request) error {
	return s.door("office", func(s *server, v *visit) error {
		err := v.view(func(_ *record.Tx, scope person.Scope) error {
			v.cadre = scope.Person.Cadre
			return nil
		})
		switch {
		case err != nil:
			return err
		case !v.cadre.Has(both...):
			return refuse(http.StatusForbidden, "officeNot")
		case !v.cadre.Has(who...):
			return refuse(http.StatusForbidden, "officeClerk")
		}
		return handle(s, v)
	})
}

// item is a line of the office's page.
type item struct{ Path, Label string }

type homePage struct {
	frame
	Name  string
	Items []item
}

// home is the office's page: what can be done there.
func (s *server) home(v *visit) error {
	page := homePage{frame: v.frame, Name: v.cadre.Name, Items: []item{
		{"office/import", say("officeImport")}, {"office/site", say("officeSite")}, {"office/forms", say("officeForms")}, {"office/staff", say("officeStaff")}, {"office/codes", say("officeCodes")}, {"office/posters", say("officePosters")},
	}}
	if v.cadre.Has(person.Clerk) {
		page.Items = append(page.Items, item{"office/export", say("officeExport")}, item{"office/cards", say("officeCards")})
	}
	return s.render(v.w, http.StatusOK, "office", page)
}
