package pages

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"xintiexin/bot/workbook/imports"
)

type importPage struct {
	frame
	From, Ground, Wrong string
}

// askImport asks for a list of people.
func (s *server) askImport(v *visit) error {
	return s.render(v.w, http.StatusOK, "import", importPage{frame: v.frame})
}

// upload looks at a list and keeps it until it is told what to do with it. Nothing
// is stored.
func (s *server) upload(v *visit) error {
	sh, err := v.receive()
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			os.RemoveAll(sh.dir)
		}
	}()
	again := func(status int, wrong string) error {
		return s.render(v.w, status, "import", importPage{v.frame, sh.fields["from"], sh.fields["ground"], wrong})
	}
	switch {
	case !strings.EqualFold(filepath.Ext(sh.name), ".xlsx"):
		return again(http.StatusUnprocessableEntity, say("officeNotXlsx"))
	case sh.fields["from"] == "" || sh.fields["ground"] == "":
		return again(http.StatusUnprocessableEntity, say("importNeed"))
	}
	if sh.report, err = v.importSheet(sh, false, false); err != nil {
		return err
	}
	keep = true
	s.desk.put(v.door, "import", sh)
	return v.see("office/import/report")
}

// importSheet is what the import command does, with the list that was handed in.
func (v *visit) importSheet(sh *sheet, partial, apply bool) (imports.Report, error) {
	f, err := os.Open(sh.file)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return imports.Report{}, refuse(http.StatusGone, "officeGone")
		}
		return imports.Report{}, err
	}
	defer f.Close()
	ground := imports.Ground{From: sh.fields["from"], Ground: sh.fields["ground"], By: v.cadre.ID, Partial: partial, TempDir: v.s.Dir}
	return imports.Import(v.r.Context(), v.s.Store, f, ground, apply, v.now)
}

// count is what a list holds of one kind.
type count struct {
	Villages, Households, Residents, Cadres int
}

type reportPage struct {
	frame
	Name      string
	Cannot    string // it cannot be read at all
	Can       count
	Mistakes  []imports.Mistake
	Wrong     int // of all
	More      int // that are not shown
	Notes     []string
	Same      bool // nothing would change
	Residents int  // that would be new
	Applied   bool
	Lines     []string
}

// mistakesShown is how many a page names; the marked list has them all.
const mistakesShown = 100

func (v *visit) reportPage(sh *sheet, r imports.Report) reportPage {
	page := reportPage{frame: v.frame, Name: sh.name, Wrong: len(r.Mistakes), Notes: r.Notes, Applied: r.Applied, Residents: r.Residents.Added,
		Can: count{total(r.Villages), total(r.Households), total(r.Residents), total(r.Cadres)}}
	if len(r.Mistakes) == 1 && r.Mistakes[0].Sheet == "" {
		page.Cannot = r.Mistakes[0].Text
	}
	page.Mistakes = r.Mistakes[:min(mistakesShown, len(r.Mistakes))]
	page.More = len(r.Mistakes) - len(page.Mistakes)
	changes := 0
	for _, c := range []imports.Count{r.Villages, r.Households, r.Residents, r.Cadres} {
		changes += c.Added + c.Changed
	}
	page.Same = changes == 0 && page.Cannot == ""
	return page
}

func total(c imports.Count) int { return c.Added + c.Changed + c.Unchanged }

// sheet returns what was handed in for a purpose; a refusal when it is gone.
func (v *visit) sheet(purpose string) (*sheet, error) {
	sh := v.s.desk.get(v.door, purpose)
	if sh == nil {
		return nil, refuse(http.StatusGone, "officeGone")
	}
	return sh, nil
}

// report shows what the list would do and what is wrong with it.
func (s *server) report(v *visit) error {
	sh, err := v.sheet("import")
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "report", v.reportPage(sh, sh.report))
}

// marked is the list as it was handed in, with each mistake in red.
func (s *server) marked(v *visit) error {
	sh, err := v.sheet("import")
	if err != nil {
		return err
	}
	v.slow()
	attach(v.w, xlsx, "marked", ".xlsx")
	return imports.Marked(v.w, sh.file, sh.report.Mistakes, s.Dir)
}

// xlsx is the type of a workbook.
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// importTemplate is an empty list to fill in.
func (s *server) importTemplate(v *visit) error {
	attach(v.w, xlsx, "template", ".xlsx")
	return imports.Template(v.w)
}

// applyImport stores the list that was looked at, or what is right in it. One
// import goes on at a time.
func (s *server) applyImport(v *visit) error {
	sh, err := v.sheet("import")
	if err != nil {
		return err
	}
	if s.Importing != nil {
		if !s.Importing.TryLock() {
			return refuse(http.StatusConflict, "officeBusy")
		}
		defer s.Importing.Unlock()
	}
	v.slow()
	r, err := v.importSheet(sh, v.r.PostForm.Get("what") == "partial", true)
	if err != nil {
		return err
	}
	if !r.Applied { // since it was looked at, something changed that it goes wrong with now
		sh.report = r
		return v.see("office/import/report")
	}
	page := v.reportPage(sh, r)
	s.desk.drop(v.door)
	return s.render(v.w, http.StatusOK, "imported", page)
}

// dropImport takes the list away; nothing was stored.
func (s *server) dropImport(v *visit) error {
	s.desk.drop(v.door)
	return s.render(v.w, http.StatusOK, "done", donePage{v.frame, lines(say("importDropped"))})
}

// donePage says what was done in the office, and leads back.
type donePage struct {
	frame
	Lines []string
}
