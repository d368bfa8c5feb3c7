package pages

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"xintiexin/bot/workbook/exports"
	"xintiexin/flows/townform"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// formLine is a town's own form, or a version of it.
type formLine struct{ Form, ID, Text string }

type formsPage struct {
	frame
	Now      []formLine // in force
	Before   []formLine // kept
	Filled   []formLine // of which there are answers
	Clerk    bool
	Checked  bool // a file was looked at
	Fatal    bool
	Name     string
	Title    string
	Errors   []finding
	Warnings []finding
}

// finding is what an author is told: a line, and the text of the cell with a mark
// under it.
type finding struct{ Line, Marked string }

// askForms says which forms there are and asks for another.
func (s *server) askForms(v *visit) error {
	page, err := v.formsPage()
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "forms", page)
}

// mostKept is how many older versions the page shows.
const mostKept = 10

func (v *visit) formsPage() (page formsPage, err error) {
	err = v.view(func(tx *record.Tx, _ person.Scope) error {
		page = formsPage{frame: v.frame, Clerk: v.cadre.Has(person.Clerk)}
		now, err := townforms.All(tx)
		if err != nil {
			return err
		}
		log, err := townforms.Log(tx)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, f := range now {
			seen[f.ID] = true
			page.Now = append(page.Now, formLine{f.Form, f.ID, say("formLine", f.Title, named(f.Version), day(f.At))})
		}
		for _, f := range log {
			if seen[f.ID] || len(page.Before) == mostKept {
				continue
			}
			seen[f.ID] = true
			text := say("formLine", f.Title, named(f.Version), day(f.At))
			if f.Draft {
				text = say("formDraft", text)
			}
			page.Before = append(page.Before, formLine{f.Form, f.ID, text})
		}
		filled, err := townforms.SubmittedForms(tx)
		for _, name := range filled {
			title := name
			if i := slices.IndexFunc(log, func(f townforms.FormVersion) bool { return f.Form == name }); i >= 0 {
				title = log[i].Title
			}
			page.Filled = append(page.Filled, formLine{Form: name, Text: title})
		}
		return err
	})
	return page, err
}

// uploadForm looks at a form; nothing is put in force.
func (s *server) uploadForm(v *visit) error {
	sh, err := v.receive()
	if err != nil {
		return err
	}
	page, err := v.checkForm(sh)
	if err != nil {
		os.RemoveAll(sh.dir)
		return err
	}
	if page.Fatal {
		os.RemoveAll(sh.dir)
	} else {
		s.desk.put(v.door, "form", sh)
	}
	return s.render(v.w, http.StatusOK, "forms", page)
}

func (v *visit) checkForm(sh *sheet) (page formsPage, err error) {
	if page, err = v.formsPage(); err != nil {
		return page, err
	}
	src, err := os.ReadFile(sh.file)
	if err != nil {
		return page, fmt.Errorf("read form: %w", err)
	}
	var f townform.FormFile
	err = v.view(func(tx *record.Tx, _ person.Scope) (err error) {
		f, err = townform.ReadForm(v.s.Talk, tx, sh.name, src)
		return err
	})
	if err != nil {
		return page, err
	}
	page.told(sh.name, f)
	return page, nil
}

// told puts what is wrong with a form on the page.
func (p *formsPage) told(name string, f townform.FormFile) {
	p.Checked, p.Name, p.Fatal = true, name, f.Fatal()
	if f.Form != nil {
		p.Title = f.Form.Title
	}
	p.list(f.Findings)
}

func (p *formsPage) list(findings []xlsform.Finding) {
	for _, x := range findings {
		line := finding{x.String(), x.Marked()}
		if x.Warning {
			p.Warnings = append(p.Warnings, line)
		} else {
			p.Errors = append(p.Errors, line)
		}
	}
}

// applyForm puts the form that was looked at in force, or keeps it to be tried; or
// a version that is kept; or takes one out of force.
func (s *server) applyForm(v *visit) error {
	what, form := v.r.PostForm.Get("what"), v.r.PostForm.Get("form")
	switch what {
	case "use":
		return v.useForm(form, v.r.PostForm.Get("id"))
	case "off":
		err := v.update(func(tx *record.Tx, _ person.Scope) error { return townforms.Deactivate(tx, form, v.cadre.ID, v.now) })
		if errors.Is(err, record.ErrNotFound) {
			return refuse(http.StatusConflict, "siteSame")
		}
		if err != nil {
			return err
		}
		return s.render(v.w, http.StatusOK, "done", donePage{v.frame, lines(townform.FormOff(form))})
	}
	sh, err := v.sheet("form")
	if err != nil {
		return err
	}
	src, err := os.ReadFile(sh.file)
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	draft := what == "draft"
	f, done, err := townform.AddForm(s.Talk, v.r.Context(), s.Store, sh.name, src, draft, v.cadre.ID, v.now)
	if err != nil {
		return err
	}
	if f.Fatal() { // something changed since it was looked at
		page, err := v.formsPage()
		if err != nil {
			return err
		}
		page.told(sh.name, f)
		return s.render(v.w, http.StatusConflict, "forms", page)
	}
	s.desk.drop(v.door)
	text := townform.FormAdded(f.Form, draft, done)
	if draft {
		text += "\n" + say("formTry", f.Form.Title)
	}
	return s.render(v.w, http.StatusOK, "done", donePage{v.frame, lines(text)})
}

func (v *visit) useForm(form, id string) error {
	used, findings, err := townform.UseForm(v.s.Talk, v.r.Context(), v.s.Store, form, id, v.cadre.ID, v.now)
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusConflict, "formNone")
	}
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		page, err := v.formsPage()
		if err != nil {
			return err
		}
		page.Checked, page.Fatal, page.Name = true, true, form
		page.list(findings)
		return v.s.render(v.w, http.StatusConflict, "forms", page)
	}
	return v.s.render(v.w, http.StatusOK, "done", donePage{v.frame, lines(townform.FormUsed(used))})
}

// formAnswers downloads what was answered to a form. That she did is written down
// first, and in the looks of everybody who stands in it.
func (s *server) formAnswers(v *visit) error {
	form := v.r.PostForm.Get("form")
	v.slow()
	if err := v.noteAnswers(form); err != nil {
		return fmt.Errorf("note export: %w", err)
	}
	attach(v.w, xlsx, "form", ".xlsx")
	_, err := exports.ExportForm(v.r.Context(), s.Store, v.w, form, true, exports.Filter{TempDir: s.Dir})
	if errors.Is(err, exports.ErrForm) {
		v.w.Header().Del("Content-Disposition")
		return refuse(http.StatusNotFound, "formNone")
	}
	return err
}

func (v *visit) noteAnswers(form string) error {
	if form == "" || strings.ContainsAny(form, "/\x00") {
		return refuse(http.StatusNotFound, "formNone")
	}
	people := 0
	for at := (record.Page{}); !at.Done; {
		var next record.Page
		n := 0
		err := v.update(func(tx *record.Tx, scope person.Scope) error {
			all, to, err := townforms.SubmissionPage(tx, form, 0, calendar.DayOf(v.now), at, exportPeople)
			if err != nil {
				return err
			}
			var ids []string
			for _, l := range all {
				if l.Resident.ID != "" {
					ids = append(ids, l.Resident.ID)
				}
			}
			slices.Sort(ids)
			ids, next = slices.Compact(ids), to
			n = len(ids)
			return noteAll(scope, ids, v)
		})
		if err != nil {
			return err
		}
		people, at = people+n, next
	}
	return v.update(func(tx *record.Tx, _ person.Scope) error {
		return person.AddAudit(tx, person.Audit{At: v.now.Unix(), What: exportedWhat + "form", By: v.cadre.ID, Counts: map[string]int{"people": people}})
	})
}
