package pages

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"xintiexin/flows/site"
	"xintiexin/flows/townform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type sitePage struct {
	frame
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

// askSite says what is in force and asks for other site data.
func (s *server) askSite(v *visit) error {
	page, err := v.sitePage()
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "site", page)
}

func (v *visit) sitePage() (page sitePage, err error) {
	err = v.view(func(tx *record.Tx, _ person.Scope) error {
		page = sitePage{frame: v.frame, Now: say("siteNone")}
		log, err := townconfig.Versions(tx)
		if err != nil || len(log) == 0 {
			return err
		}
		page.Now = say("siteNow", named(log[0].Version), day(log[0].At))
		for _, l := range log {
			page.Before = page.Before || l.ID != log[0].ID
		}
		return nil
	})
	return page, err
}

func named(version string) string {
	if version == "" {
		return say("siteUnnamed")
	}
	return version
}

// uploadSite looks at site data; nothing is put in force.
func (s *server) uploadSite(v *visit) error {
	sh, err := v.receive()
	if err != nil {
		return err
	}
	page, err := v.checkSite(sh)
	if err != nil {
		os.RemoveAll(sh.dir)
		return err
	}
	if page.Fatal {
		os.RemoveAll(sh.dir)
	} else {
		s.desk.put(v, "site", sh)
	}
	return s.render(v.w, http.StatusOK, "site", page)
}

func (v *visit) siteOptions() (o site.Options, err error) {
	o = site.Options{Today: calendar.DayOf(v.now), Keywords: v.s.Keywords}
	err = v.view(func(tx *record.Tx, _ person.Scope) error {
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
func (v *visit) checkSite(sh *sheet) (page sitePage, err error) {
	if page, err = v.sitePage(); err != nil {
		return page, err
	}
	page.Checked, page.Name = true, sh.name
	src, err := os.ReadFile(sh.file)
	if err != nil {
		return page, fmt.Errorf("read site data: %w", err)
	}
	o, err := v.siteOptions()
	if err != nil {
		return page, err
	}
	book, findings := site.Parse(sh.name, src)
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

// applySite puts the site data that were looked at in force, or those before the
// present ones.
func (s *server) applySite(v *visit) error {
	if v.r.PostForm.Get("what") == "previous" {
		a, err := site.Restore(v.r.Context(), s.Store, "", v.cadre.ID, v.now)
		if errors.Is(err, record.ErrNotFound) {
			return refuse(http.StatusConflict, "siteSame")
		}
		if err != nil {
			return err
		}
		return v.siteDone(a)
	}
	sh, err := v.sheet("site")
	if err != nil {
		return err
	}
	src, err := os.ReadFile(sh.file)
	if err != nil {
		return fmt.Errorf("read site data: %w", err)
	}
	book, _ := site.Parse(sh.name, src)
	if book == nil {
		return refuse(http.StatusGone, "officeGone")
	}
	a, findings, err := site.Apply(v.r.Context(), s.Store, book, site.Options{Today: calendar.DayOf(v.now), Keywords: s.Keywords}, v.cadre.ID, v.now)
	if err != nil {
		return err
	}
	if site.Fatal(findings) { // something changed since it was looked at
		page, err := v.checkSite(sh)
		if err != nil {
			return err
		}
		return s.render(v.w, http.StatusConflict, "site", page)
	}
	s.desk.drop(v.door)
	return v.siteDone(a)
}

func (v *visit) siteDone(a site.Applied) error {
	text := say("siteApplied", named(a.Version))
	if !a.Done {
		text = say("siteSame")
	}
	return v.s.render(v.w, http.StatusOK, "done", donePage{v.frame, append(lines(text), a.Changes...)})
}

// siteFile is what is in force, as a workbook to change and hand in again.
func (s *server) siteFile(v *visit) error {
	data := site.Blank()
	err := v.view(func(tx *record.Tx, _ person.Scope) error {
		now, err := townconfig.Current(tx)
		if err == nil && now.ID != "" {
			data = *now
		}
		return err
	})
	if err != nil {
		return err
	}
	attach(v.w, xlsx, "site", ".xlsx")
	return site.Write(v.w, &data)
}
