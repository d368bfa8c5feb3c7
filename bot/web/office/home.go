package office

import (
	"net/http"

	"xintiexin/bot/web/session"
	"xintiexin/storage/person"
)

// item is a line of the office's page.
type item struct{ Path, Label string }

type homePage struct {
	session.Frame
	Name  string
	Idle  int // minutes
	Items []item
}

// Home is the office's page: what can be done there.
func Home(s *session.Server, v *session.Visit) error {
	page := homePage{Frame: v.Frame, Name: v.Cadre.Name, Idle: session.Minutes(v.Idle), Items: []item{
		{"office/import", session.Say("officeImport")}, {"office/site", session.Say("officeSite")}, {"office/forms", session.Say("officeForms")}, {"office/staff", session.Say("officeStaff")}, {"office/codes", session.Say("officeCodes")}, {"office/posters", session.Say("officePosters")},
	}}
	if v.Cadre.Has(person.Clerk) {
		page.Items = append(page.Items, item{"office/export", session.Say("officeExport")}, item{"office/cards", session.Say("officeCards")})
	}
	return s.Render(v.W, http.StatusOK, "office", page)
}
