package office

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"xintiexin/bot/web/session"
	"xintiexin/flows/site"
	"xintiexin/flows/townform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type sitePage struct {
	session.Frame
	Now      string // what is in force
	Before   bool   // there is one to go back to
	Name     string
	Checked  bool // a file was looked at
	Fatal    bool
	Version  string
	Errors   []string
	Warnings []string
	Wrong    string
}

// AskSite says what is in force and asks for other site data.
func AskSite(s *session.Server, v *session.Visit) error {
	page, err := readSite(v)
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "site", page)
}

func readSite(v *session.Visit) (page sitePage, err error) {
	err = v.View(func(tx *record.Tx, _ person.Scope) error {
		page = sitePage{Frame: v.Frame, Now: session.Say("siteNone")}
		log, err := townconfig.Versions(tx)
		if err != nil || len(log) == 0 {
			return err
		}
		page.Now = session.Say("siteNow", named(log[0].Version), session.Day(log[0].At))
		for _, l := range log {
			page.Before = page.Before || l.ID != log[0].ID
		}
		return nil
	})
	return page, err
}

func named(version string) string {
	if version == "" {
		return session.Say("siteUnnamed")
	}
	return version
}

// UploadSite looks at site data; nothing is put in force.
func UploadSite(s *session.Server, v *session.Visit) error {
	sh, err := v.Receive()
	if err != nil {
		return err
	}
	page, err := checkSite(v, sh)
	if err != nil {
		os.RemoveAll(sh.Dir)
		return err
	}
	if page.Fatal {
		os.RemoveAll(sh.Dir)
	} else {
		s.Desk.Put(v, "site", sh)
	}
	return s.Render(v.W, http.StatusOK, "site", page)
}

func siteOptions(v *session.Visit) (o site.Options, err error) {
	o = site.Options{Today: calendar.DayOf(v.Now), Keywords: v.S.Keywords}
	err = v.View(func(tx *record.Tx, _ person.Scope) error {
		o.Before = nil
		added, err := townform.AddedQuestions(tx, "visit")
		if err != nil {
			return err
		}
		o.Added = append([]string{}, added...)
		log, err := townconfig.Versions(tx)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, l := range log {
			if seen[l.ID] {
				continue
			}
			seen[l.ID] = true
			kept, err := townconfig.Version(tx, l.ID)
			if err != nil {
				return err
			}
			o.Before = append(o.Before, &kept)
		}
		return nil
	})
	return o, err
}

// checkSite tells everything that is wrong with site data.
func checkSite(v *session.Visit, sh *session.Sheet) (page sitePage, err error) {
	if page, err = readSite(v); err != nil {
		return page, err
	}
	page.Checked, page.Name = true, sh.Name
	src, err := os.ReadFile(sh.File)
	if err != nil {
		return page, fmt.Errorf("read site data: %w", err)
	}
	o, err := siteOptions(v)
	if err != nil {
		return page, err
	}
	book, findings := site.Parse(sh.Name, src)
	if book != nil {
		data, more := site.Read(book, o)
		findings, page.Version = append(findings, more...), named(data.Version)
	}
	page.Fatal = book == nil || site.Fatal(findings)
	for _, f := range findings {
		if f.Warning {
			page.Warnings = append(page.Warnings, f.String())
		} else {
			page.Errors = append(page.Errors, f.String())
		}
	}
	return page, nil
}

// ApplySite puts the site data that were looked at in force, or those before the
// present ones.
func ApplySite(s *session.Server, v *session.Visit) error {
	if v.R.PostForm.Get("what") == "previous" {
		a, err := site.Restore(v.R.Context(), s.Store, "", v.Cadre.ID, v.Now)
		if errors.Is(err, record.ErrNotFound) {
			return session.Refuse(http.StatusConflict, "siteSame")
		}
		if err != nil {
			return err
		}
		return siteDone(v, a)
	}
	sh, err := sheet(v, "site")
	if err != nil {
		return err
	}
	src, err := os.ReadFile(sh.File)
	if err != nil {
		return fmt.Errorf("read site data: %w", err)
	}
	book, _ := site.Parse(sh.Name, src)
	if book == nil {
		return session.Refuse(http.StatusGone, "officeGone")
	}
	a, findings, err := site.Apply(v.R.Context(), s.Store, book, site.Options{Today: calendar.DayOf(v.Now), Keywords: s.Keywords}, v.Cadre.ID, v.Now)
	if err != nil {
		return err
	}
	if site.Fatal(findings) { // something changed since it was looked at
		page, err := checkSite(v, sh)
		if err != nil {
			return err
		}
		return s.Render(v.W, http.StatusConflict, "site", page)
	}
	s.Desk.Drop(v.Door)
	return siteDone(v, a)
}

func siteDone(v *session.Visit, a site.Applied) error {
	text := session.Say("siteApplied", named(a.Version))
	if !a.Done {
		text = session.Say("siteSame")
	}
	return v.S.Render(v.W, http.StatusOK, "done", donePage{v.Frame, append(session.Lines(text), a.Changes...)})
}

// SiteFile is what is in force, as a workbook to change and hand in again.
func SiteFile(s *session.Server, v *session.Visit) error {
	data := site.Blank()
	err := v.View(func(tx *record.Tx, _ person.Scope) error {
		now, err := townconfig.Current(tx)
		if err == nil && now.ID != "" {
			data = *now
		}
		return err
	})
	if err != nil {
		return err
	}
	session.Attach(v.W, xlsx, "site", ".xlsx")
	return site.Write(v.W, &data)
}
