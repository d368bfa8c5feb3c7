package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/xlsform"
	"xintiexin/storage"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Applied is what became of site data that were to be put in force.
type Applied struct {
	townconfig.SiteVersion          // what is in force now
	Done                   bool     // false: a finding forbade it, or it was in force already
	Changes                []string // in words, sheet by sheet
}

// Apply checks site data and puts them in force as a whole, in one transaction:
// from the next message on they count. With a finding that is an error nothing
// is changed. by is a cadre's id, "" from the command line.
func Apply(ctx context.Context, store *record.Store, book *xlsform.Workbook, o Options, by string, now time.Time) (Applied, []xlsform.Finding, error) {
	for {
		before, n, err := kept(ctx, store)
		if err != nil {
			return Applied{}, nil, err
		}
		o.Before = before
		s, findings := Read(book, o)
		if Fatal(findings) {
			return Applied{}, findings, nil
		}
		a, err := put(ctx, store, s, n, by, now)
		if !errors.Is(err, errOvertaken) {
			return a, findings, err
		}
	}
}

// errOvertaken says that somebody else put a site in force since it was read.
var errOvertaken = errors.New("site: overtaken")

// kept returns the sites that were ever in force, and how often one was put.
func kept(ctx context.Context, store *record.Store) (sites []*townconfig.Site, n int, err error) {
	err = store.View(ctx, func(tx *record.Tx) error {
		sites = nil
		log, err := townconfig.Versions(tx)
		if err != nil {
			return err
		}
		n = len(log)
		seen := map[string]bool{}
		for _, v := range log {
			if seen[v.ID] {
				continue
			}
			seen[v.ID] = true
			s, err := townconfig.Version(tx, v.ID)
			if err != nil {
				return err
			}
			sites = append(sites, &s)
		}
		return nil
	})
	return sites, n, err
}

// put puts a site in force if it is another and nobody was quicker: n is how
// often one had been put when it was checked.
func put(ctx context.Context, store *record.Store, s townconfig.Site, n int, by string, now time.Time) (Applied, error) {
	var a Applied
	err := store.Update(ctx, func(tx *record.Tx) error {
		a = Applied{}
		log, err := townconfig.Versions(tx)
		if err != nil {
			return err
		}
		if len(log) != n {
			return errOvertaken
		}
		old, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		if old.ID != "" && same(old, &s) {
			a.SiteVersion = log[0]
			return nil
		}
		a.Done, a.Changes = true, Changes(old, &s)
		if err := storage.PutSite(tx, s, by, now); err != nil {
			return err
		}
		log, err = townconfig.Versions(tx)
		if err == nil {
			a.SiteVersion = log[0]
		}
		return err
	})
	return a, err
}

// same reports whether two sites have the same contents.
func same(a, b *townconfig.Site) bool {
	contents := func(s townconfig.Site) []byte {
		s.ID, s.At, s.By = "", 0, ""
		text, _ := json.Marshal(s)
		return text
	}
	return bytes.Equal(contents(*a), contents(*b))
}

// Restore puts a site back that was in force before: that of an id or of a
// version's name; with "" the one before the present. It returns
// storage.ErrNotFound when there is none.
func Restore(ctx context.Context, store *record.Store, which, by string, now time.Time) (Applied, error) {
	var s townconfig.Site
	n := 0
	err := store.View(ctx, func(tx *record.Tx) error {
		log, err := townconfig.Versions(tx)
		if err != nil {
			return err
		}
		n = len(log)
		i := slices.IndexFunc(log, func(v townconfig.SiteVersion) bool {
			if which == "" {
				return v.ID != log[0].ID
			}
			return v.ID == which || v.Version == which
		})
		if i < 0 {
			return record.ErrNotFound
		}
		s, err = townconfig.Version(tx, log[i].ID)
		return err
	})
	if err != nil {
		return Applied{}, err
	}
	return put(ctx, store, s, n, by, now)
}

// Start puts site data in force in a store that has none, under the name that
// the town goes by there already.
func Start(ctx context.Context, store *record.Store, s townconfig.Site, now time.Time) error {
	return store.Update(ctx, func(tx *record.Tx) error {
		log, err := townconfig.Versions(tx)
		if err != nil || len(log) > 0 {
			return err
		}
		town, err := townconfig.LoadTown(tx)
		if err != nil {
			return err
		}
		mine := s
		if town.Name != "" {
			mine.Town = town
		}
		return storage.PutSite(tx, mine, "", now)
	})
}

// Blank is Builtin without what is invented: for a town that has not applied its
// own. Nothing can be booked, and of numbers there are only those that are the
// same everywhere.
func Blank() townconfig.Site {
	s := Builtin()
	s.Version, s.Town = "0", townconfig.Town{}
	s.Openings, s.Days, s.Lectures = nil, nil, nil
	s.Phones, s.Services = slices.Clone(s.Phones), slices.Clone(s.Services)
	for i, p := range s.Phones {
		if fake(p.Number) {
			s.Phones[i].Number = ""
		}
	}
	for i := range s.Services {
		s.Services[i].Place = ""
	}
	s.Guides = slices.DeleteFunc(slices.Clone(s.Guides), func(g townconfig.Guide) bool { return fake(g.Text) })
	return s
}

// mostNamed is how many rows of a sheet a change names.
const mostNamed = 4

// Changes says in a few lines what of a site is another than before.
func Changes(old, s *townconfig.Site) []string {
	var lines []string
	for _, k := range sheets {
		was, is := k.byKey(old), k.byKey(s)
		var changed, fresh, gone []string
		for _, key := range sorted(is) {
			switch before, had := was[key]; {
			case !had:
				fresh = append(fresh, key)
			case before != is[key]:
				changed = append(changed, key)
			}
		}
		for _, key := range sorted(was) {
			if _, has := is[key]; !has {
				gone = append(gone, key)
			}
		}
		var parts []string
		for _, part := range []struct {
			what string
			keys []string
		}{{"changed", changed}, {"new", fresh}, {"gone", gone}} {
			if len(part.keys) > 0 {
				parts = append(parts, fmt.Sprintf("%d %s (%s)", len(part.keys), part.what, some(part.keys)))
			}
		}
		if len(parts) > 0 {
			lines = append(lines, k.name+": "+strings.Join(parts, ", "))
		}
	}
	for _, c := range s.Consents {
		if was, ok := old.Consent(c.Set); ok && was.Version != c.Version {
			lines = append(lines, fmt.Sprintf("%s goes from version %s to %s: people are asked anew", c.Set, was.Version, c.Version))
		}
	}
	if len(lines) == 0 && !same(old, s) {
		lines = append(lines, "rows stand in another order")
	}
	return lines
}

// byKey are the rows of a sheet by what tells them apart.
func (s *sheet) byKey(site *townconfig.Site) map[string]string {
	rows := map[string]string{}
	for _, cells := range s.write(site) {
		rows[strings.Join(strings.Fields(strings.Join(cells[:s.keys], " ")), " ")] = strings.Join(cells, "\x00")
	}
	return rows
}

func some(keys []string) string {
	if len(keys) > mostNamed {
		return strings.Join(keys[:mostNamed], "; ") + "; …"
	}
	return strings.Join(keys, "; ")
}
