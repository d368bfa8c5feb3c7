package office

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"xintiexin/bot/web/session"
	"xintiexin/bot/workbook/imports"
)

type importPage struct {
	session.Frame
	From, Ground, Wrong string
}

// AskImport asks for a list of people.
func AskImport(s *session.Server, v *session.Visit) error {
	return s.Render(v.W, http.StatusOK, "import", importPage{Frame: v.Frame})
}

// Upload looks at a list and keeps it until it is told what to do with it. Nothing
// is stored.
func Upload(s *session.Server, v *session.Visit) error {
	sh, err := v.Receive()
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			os.RemoveAll(sh.Dir)
		}
	}()
	again := func(status int, wrong string) error {
		return s.Render(v.W, status, "import", importPage{v.Frame, sh.Fields["from"], sh.Fields["ground"], wrong})
	}
	switch {
	case !strings.EqualFold(filepath.Ext(sh.Name), ".xlsx"):
		return again(http.StatusUnprocessableEntity, session.Say("officeNotXlsx"))
	case sh.Fields["from"] == "" || sh.Fields["ground"] == "":
		return again(http.StatusUnprocessableEntity, session.Say("importNeed"))
	}
	if sh.Report, err = importSheet(v, sh, false, false); err != nil {
		return err
	}
	keep = true
	s.Desk.Put(v, "import", sh)
	return v.See("office/import/report")
}

// importSheet is what the import command does, with the list that was handed in.
func importSheet(v *session.Visit, sh *session.Sheet, partial, apply bool) (imports.Report, error) {
	f, err := os.Open(sh.File)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return imports.Report{}, session.Refuse(http.StatusGone, "officeGone")
		}
		return imports.Report{}, err
	}
	defer f.Close()
	ground := imports.Ground{From: sh.Fields["from"], Ground: sh.Fields["ground"], By: v.Cadre.ID, Partial: partial, TempDir: v.S.Dir}
	return imports.Import(v.R.Context(), v.S.Store, f, ground, apply, v.Now)
}

// count is what a list holds of one kind.
type count struct {
	Villages, Households, Residents, Cadres int
}

type reportPage struct {
	session.Frame
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

func newReportPage(v *session.Visit, sh *session.Sheet, r imports.Report) reportPage {
	page := reportPage{Frame: v.Frame, Name: sh.Name, Wrong: len(r.Mistakes), Notes: r.Notes, Applied: r.Applied, Residents: r.Residents.Added,
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
func sheet(v *session.Visit, purpose string) (*session.Sheet, error) {
	sh := v.S.Desk.Get(v.Door, purpose)
	if sh == nil {
		return nil, session.Refuse(http.StatusGone, "officeGone")
	}
	return sh, nil
}

// Report shows what the list would do and what is wrong with it.
func Report(s *session.Server, v *session.Visit) error {
	sh, err := sheet(v, "import")
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "report", newReportPage(v, sh, sh.Report))
}

// Marked is the list as it was handed in, with each mistake in red.
func Marked(s *session.Server, v *session.Visit) error {
	sh, err := sheet(v, "import")
	if err != nil {
		return err
	}
	v.Slow()
	session.Attach(v.W, xlsx, "marked", ".xlsx")
	return imports.Marked(v.W, sh.File, sh.Report.Mistakes, s.Dir)
}

// xlsx is the type of a workbook.
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// ImportTemplate is an empty list to fill in.
func ImportTemplate(s *session.Server, v *session.Visit) error {
	session.Attach(v.W, xlsx, "template", ".xlsx")
	return imports.Template(v.W)
}

// ApplyImport stores the list that was looked at, or what is right in it. One
// import goes on at a time.
func ApplyImport(s *session.Server, v *session.Visit) error {
	sh, err := sheet(v, "import")
	if err != nil {
		return err
	}
	if s.Importing != nil {
		if !s.Importing.TryLock() {
			return session.Refuse(http.StatusConflict, "officeBusy")
		}
		defer s.Importing.Unlock()
	}
	v.Slow()
	r, err := importSheet(v, sh, v.R.PostForm.Get("what") == "partial", true)
	if err != nil {
		return err
	}
	if !r.Applied { // since it was looked at, something changed that it goes wrong with now
		sh.Report = r
		return v.See("office/import/report")
	}
	page := newReportPage(v, sh, r)
	s.Desk.Drop(v.Door)
	return s.Render(v.W, http.StatusOK, "imported", page)
}

// DropImport takes the list away; nothing was stored.
func DropImport(s *session.Server, v *session.Visit) error {
	s.Desk.Drop(v.Door)
	return s.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(session.Say("importDropped"))})
}

// donePage says what was done in the office, and leads back.
type donePage struct {
	session.Frame
	Lines []string
}
