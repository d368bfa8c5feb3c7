package pages

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// carryPage is what she takes along when she goes away: who she is, where she is
// from, and whom an office there can ring. Nothing of her health, nor where she lives.
type carryPage struct {
	frame
	Rows  []row
	QR    template.HTML // the same, as text
	Phone string
}

// carry shows the page to take along: on the phone, on a screenshot, on paper.
func (s *server) carry(v *visit) error {
	page := carryPage{frame: v.frame}
	err := v.view(func(tx *record.Tx, scope person.Scope) error {
		page = carryPage{frame: v.frame}
		her, err := scope.Mine(v.pass.Resident)
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
		page.Rows = []row{{say("carryName"), her.Name}, {say("carryFrom"), from}, {say("carryAsk"), strings.TrimSpace(town.Office + " " + town.Phone)}}
		return nil
	})
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	lines := make([]string, len(page.Rows))
	for i, r := range page.Rows {
		lines[i] = r.Label + "：" + r.Value
	}
	if page.QR, err = qrSVG(strings.Join(lines, "\n")); err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "carry", page)
}
