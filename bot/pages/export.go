package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/office"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

type exportPage struct {
	frame
	What     []item
	From, To string
	Wrong    string
	Last     []string // who downloaded what, the last first
}

// exports are the tables that can be downloaded.
var exports = []item{{office.Visits, "exportVisits"}, {office.Away, "exportAway"}, {office.Residents, "exportResidents"}}

// askExport asks for the table and the days: this month's, unless she says
// otherwise.
func (s *server) askExport(v *visit) error {
	today := calendar.DayOf(v.now)
	y, m, _ := today.Date()
	return v.exportPage(http.StatusOK, calendar.Date(y, m, 1).String(), today.String(), "")
}

func (v *visit) exportPage(status int, from, to, wrong string) error {
	page := exportPage{frame: v.frame, From: from, To: to, Wrong: wrong}
	for _, e := range exports {
		page.What = append(page.What, item{e.Path, say(e.Label)})
	}
	err := v.view(func(tx *storage.Tx, _ storage.Scope) (err error) {
		page.Last, err = lastExports(tx, v.now)
		return err
	})
	if err != nil {
		return err
	}
	return v.s.render(v.w, status, "export", page)
}

// exportedWhat heads what the audit says of a table that was taken away.
const exportedWhat = "exported "

// lastExports are the tables of the last two months with who took them, the last
// first.
func lastExports(tx *storage.Tx, now time.Time) ([]string, error) {
	all, err := tx.Audits(now.AddDate(0, -2, 0), 5000)
	var out []string
	for _, a := range slices.Backward(all) {
		what, ok := strings.CutPrefix(a.What, exportedWhat)
		if !ok || len(out) == 10 {
			continue
		}
		c, err := tx.Cadre(a.By)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		out = append(out, say("exportLine", calendar.DayOf(time.Unix(a.At, 0)).Short(), c.Name, fileNames[what], a.Counts["people"]))
	}
	return out, err
}

// export downloads a table. That she did is written down first, and in the looks
// of everybody who stands in it.
func (s *server) export(v *visit) error {
	f := v.r.PostForm
	what := f.Get("what")
	if !slices.ContainsFunc(exports, func(e item) bool { return e.Path == what }) {
		return refuse(http.StatusNotFound, "noPage")
	}
	filter := office.Filter{TempDir: s.Dir}
	var errFrom, errTo error
	filter.From, errFrom = calendar.ParseDay(f.Get("from"))
	filter.To, errTo = calendar.ParseDay(f.Get("to"))
	switch {
	case errFrom != nil || errTo != nil:
		return v.exportPage(http.StatusUnprocessableEntity, f.Get("from"), f.Get("to"), say("exportBadDay"))
	case filter.To != 0 && filter.From > filter.To:
		return v.exportPage(http.StatusUnprocessableEntity, f.Get("from"), f.Get("to"), say("exportOrder"))
	}
	v.slow()
	if err := v.noteExport(what, filter); err != nil {
		return fmt.Errorf("note export: %w", err)
	}
	attach(v.w, xlsx, what, ".xlsx")
	_, err := office.Export(v.r.Context(), s.Store, v.w, what, filter)
	return err
}

// exportPage is how many people one transaction goes through.
const exportPeople = 200

// noteExport writes down that a table was downloaded, for each of the people in
// it, village by village.
func (v *visit) noteExport(what string, f office.Filter) error {
	var villages []storage.Village
	err := v.view(func(tx *storage.Tx, _ storage.Scope) (err error) {
		villages, err = tx.Villages()
		return err
	})
	if err != nil {
		return err
	}
	people := 0
	for _, village := range villages {
		for at := (storage.Page{}); !at.Done; {
			var next storage.Page
			n := 0
			err := v.update(func(tx *storage.Tx, scope storage.Scope) error {
				var ids []string
				var err error
				if ids, next, err = exported(tx, village.ID, what, f, at); err != nil {
					return err
				}
				n = len(ids)
				return noteAll(scope, ids, v)
			})
			if err != nil {
				return err
			}
			people, at = people+n, next
		}
	}
	return v.update(func(tx *storage.Tx, _ storage.Scope) error {
		return tx.AddAudit(storage.Audit{At: v.now.Unix(), What: exportedWhat + what, By: v.cadre.ID, Counts: map[string]int{"people": people}})
	})
}

func noteAll(scope storage.Scope, ids []string, v *visit) error {
	for _, id := range ids {
		if err := scope.Looked(id, "exported", v.now); err != nil && !errors.Is(err, storage.ErrNotFound) { // her own family
			return err
		}
	}
	return nil
}

// exported returns the next people of a village who stand in a table, once each.
func exported(tx *storage.Tx, village, what string, f office.Filter, at storage.Page) (ids []string, next storage.Page, err error) {
	switch what {
	case office.Visits:
		all, next, err := tx.VisitPage(village, f.From, f.To, at, exportPeople)
		for _, l := range all {
			ids = append(ids, l.Resident.ID)
		}
		return slices.Compact(ids), next, err
	case office.Away:
		all, next, err := tx.AwayPage(village, at, exportPeople)
		for _, l := range all {
			ids = append(ids, l.Resident.ID)
		}
		return slices.Compact(ids), next, err
	}
	all, next, err := tx.ResidentPage(village, at, exportPeople)
	if err != nil {
		return nil, next, err
	}
	for _, r := range all {
		for _, set := range []storage.Set{storage.C0, storage.C3} {
			c, err := tx.Consent(r.ID, set)
			if err != nil {
				return nil, next, err
			}
			if c.Given() {
				ids = append(ids, r.ID)
			}
		}
	}
	return slices.Compact(ids), next, nil
}
