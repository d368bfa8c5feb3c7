package session

import (
	"net/http"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// audience is which of the office may reach a page: whoever keeps the system sees
// nobody's card.
type audience []person.Role

var (
	Clerk = audience{person.Clerk}
	Both  = audience{person.Clerk, person.Admin}
)

// Office lets a page of the office be reached through its door, by the WeChat that
// asked for it, while it stands for somebody of the audience.
func (s *Server) Office(who audience, handle func(*Server, *Visit) error) func(http.ResponseWriter, *http.Request) error {
	return s.Door("office", func(s *Server, v *Visit) error {
		err := v.View(func(_ *record.Tx, scope person.Scope) error {
			v.Cadre = scope.Person.Cadre
			return nil
		})
		switch {
		case err != nil:
			return err
		case !v.Cadre.Has(Both...):
			return Refuse(http.StatusForbidden, "officeNot")
		case !v.Cadre.Has(who...):
			return Refuse(http.StatusForbidden, "officeClerk")
		}
		return handle(s, v)
	})
}
