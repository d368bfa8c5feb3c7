package resident

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"xintiexin/bot/web/session"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// carryPage is what she takes along when she goes away: who she is, where she is
// from, and whom an office there can ring. Nothing of her health, nor where she lives.
type carryPage struct {
	session.Frame
	Rows  []row
	QR    template.HTML // the same, as text
	Phone string
}

// Carry shows the page to take along: on the phone, on a screenshot, on paper.
func Carry(s *session.Server, v *session.Visit) error {
	page := carryPage{Frame: v.Frame}
	err := v.View(func(tx *record.Tx, scope person.Scope) error {
		page = carryPage{Frame: v.Frame}
		her, err := scope.Mine(v.Pass.Resident)
		if err != nil {
			return err
		}
		town, err := townconfig.LoadTown(tx)
		if err != nil {
			return err
		}
		from := town.Name
		if village, err := person.LoadVillage(tx, her.Village); err == nil {
			from += village.Name
		} else if !errors.Is(err, record.ErrNotFound) {
			return err
		}
		page.Phone = town.Phone
		page.Rows = []row{{session.Say("carryName"), her.Name}, {session.Say("carryFrom"), from}, {session.Say("carryAsk"), strings.TrimSpace(town.Office + " " + town.Phone)}}
		return nil
	})
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	lines := make([]string, len(page.Rows))
	for i, r := range page.Rows {
		lines[i] = r.Label + "：" + r.Value
	}
	if page.QR, err = session.QrSVG(strings.Join(lines, "\n")); err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "carry", page)
}
