package office

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"xintiexin/bot/web/session"
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
	session.Frame
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

// AskForms says which forms there are and asks for another.
func AskForms(s *session.Server, v *session.Visit) error {
	page, err := readForms(v)
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "forms", page)
}

// mostKept is how many older versions the page shows.
const mostKept = 10

func readForms(v *session.Visit) (page formsPage, err error) {
	err = v.View(func(tx *record.Tx, _ person.Scope) error {
		page = formsPage{Frame: v.Frame, Clerk: v.Cadre.Has(person.Clerk)}
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
			page.Now = append(page.Now, formLine{f.Form, f.ID, session.Say("formLine", f.Title, named(f.Version), session.Day(f.At))})
		}
		for _, f := range log {
			if seen[f.ID] || len(page.Before) == mostKept {
				continue
			}
			seen[f.ID] = true
			text := session.Say("formLine", f.Title, named(f.Version), session.Day(f.At))
			if f.Draft {
				text = session.Say("formDraft", text)
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

// UploadForm looks at a form; nothing is put in force.
func UploadForm(s *session.Server, v *session.Visit) error {
	sh, err := v.Receive()
	if err != nil {
		return err
	}
	page, err := checkForm(v, sh)
	if err != nil {
		os.RemoveAll(sh.Dir)
		return err
	}
	if page.Fatal {
		os.RemoveAll(sh.Dir)
	} else {
		s.Desk.Put(v, "form", sh)
	}
	return s.Render(v.W, http.StatusOK, "forms", page)
}

func checkForm(v *session.Visit, sh *session.Sheet) (page formsPage, err error) {
	if page, err = readForms(v); err != nil {
		return page, err
	}
	src, err := os.ReadFile(sh.File)
	if err != nil {
		return page, fmt.Errorf("read form: %w", err)
	}
	var f townform.FormFile
	err = v.View(func(tx *record.Tx, _ person.Scope) (err error) {
		f, err = townform.ReadForm(v.S.Talk, tx, sh.Name, src)
		return err
	})
	if err != nil {
		return page, err
	}
	page.told(sh.Name, f)
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

// ApplyForm puts the form that was looked at in force, or keeps it to be tried; or
// a version that is kept; or takes one out of force.
func ApplyForm(s *session.Server, v *session.Visit) error {
	what, form := v.R.PostForm.Get("what"), v.R.PostForm.Get("form")
	switch what {
	case "use":
		return useForm(v, form, v.R.PostForm.Get("id"))
	case "off":
		err := v.Update(func(tx *record.Tx, _ person.Scope) error { return townforms.Deactivate(tx, form, v.Cadre.ID, v.Now) })
		if errors.Is(err, record.ErrNotFound) {
			return session.Refuse(http.StatusConflict, "siteSame")
		}
		if err != nil {
			return err
		}
		return s.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(townform.FormOff(form))})
	}
	sh, err := sheet(v, "form")
	if err != nil {
		return err
	}
	src, err := os.ReadFile(sh.File)
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	draft := what == "draft"
	f, done, err := townform.AddForm(s.Talk, v.R.Context(), s.Store, sh.Name, src, draft, v.Cadre.ID, v.Now)
	if err != nil {
		return err
	}
	if f.Fatal() { // something changed since it was looked at
		page, err := readForms(v)
		if err != nil {
			return err
		}
		page.told(sh.Name, f)
		return s.Render(v.W, http.StatusConflict, "forms", page)
	}
	s.Desk.Drop(v.Door)
	text := townform.FormAdded(f.Form, draft, done)
	if draft {
		text += "\n" + session.Say("formTry", f.Form.Title)
	}
	return s.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(text)})
}

func useForm(v *session.Visit, form, id string) error {
	used, findings, err := townform.UseForm(v.S.Talk, v.R.Context(), v.S.Store, form, id, v.Cadre.ID, v.Now)
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusConflict, "formNone")
	}
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		page, err := readForms(v)
		if err != nil {
			return err
		}
		page.Checked, page.Fatal, page.Name = true, true, form
		page.list(findings)
		return v.S.Render(v.W, http.StatusConflict, "forms", page)
	}
	return v.S.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(townform.FormUsed(used))})
}

// FormAnswers downloads what was answered to a form. That she did is written down
// first, and in the looks of everybody who stands in it.
func FormAnswers(s *session.Server, v *session.Visit) error {
	form := v.R.PostForm.Get("form")
	v.Slow()
	if err := noteAnswers(v, form); err != nil {
		return fmt.Errorf("note export: %w", err)
	}
	session.Attach(v.W, xlsx, "form", ".xlsx")
	_, err := exports.ExportForm(v.R.Context(), s.Store, v.W, form, true, exports.Filter{TempDir: s.Dir})
	if errors.Is(err, exports.ErrForm) {
		v.W.Header().Del("Content-Disposition")
		return session.Refuse(http.StatusNotFound, "formNone")
	}
	return err
}

func noteAnswers(v *session.Visit, form string) error {
	if form == "" || strings.ContainsAny(form, "/\x00") {
		return session.Refuse(http.StatusNotFound, "formNone")
	}
	people := 0
	for at := (record.Page{}); !at.Done; {
		var next record.Page
		n := 0
		err := v.Update(func(tx *record.Tx, scope person.Scope) error {
			all, to, err := townforms.SubmissionPage(tx, form, 0, calendar.DayOf(v.Now), at, exportPeople)
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
	return v.Update(func(tx *record.Tx, _ person.Scope) error {
		return person.AddAudit(tx, person.Audit{At: v.Now.Unix(), What: exportedWhat + "form", By: v.Cadre.ID, Counts: map[string]int{"people": people}})
	})
}
