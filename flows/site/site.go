// Package site reads what a town sets for itself: texts, services, hours,
// phones, consents, retention. It is one workbook (.xlsx) or text tables (.md),
// one file or a folder of them, each sheet with a header of plain names. Its
// author is told everything that is wrong with it, in Chinese, with sheet and
// cell, before it is put in force as a whole.
package site

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

// Options is what a site is held against.
type Options struct {
	Today    calendar.Day
	Keywords []string           // words that mean something to the bot already: no guide may take them
	Added    []string           // the questions that the town's workbooks add to a visit; nil: not known here
	Before   []*townconfig.Site // the sites that are or were in force: a consent text that changed needs a new version
}

// Read reads a site out of sheets. The site counts for nothing when Fatal of
// the findings, which stand in the order of the sheets.
func Read(book *xlsform.Workbook, o Options) (townconfig.Site, []xlsform.Finding) {
	r := &reader{Options: o, seen: map[string]map[string]int{}}
	r.site.Texts, r.site.Retention, r.site.Limits = map[string]string{}, map[string]int{}, map[string]int{}
	r.site.Templates, r.site.Subscriptions = townconfig.Templates{}, townconfig.Templates{}
	r.read(book)
	r.check()
	return r.site, r.sorted()
}

// Fatal reports whether one of the findings keeps a site from being applied.
func Fatal(findings []xlsform.Finding) bool {
	return slices.ContainsFunc(findings, func(f xlsform.Finding) bool { return !f.Warning })
}

// Parse reads the sheets of one file by its name: .xlsx or .md. The workbook is
// nil when it cannot be read, and a finding says why.
func Parse(name string, src []byte) (*xlsform.Workbook, []xlsform.Finding) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx":
		return xlsform.ParseWorkbook(src)
	case ".md":
		return xlsform.ParseMarkdown(src)
	}
	return nil, []xlsform.Finding{{Text: fmt.Sprintf("%s 不是 .xlsx 也不是 .md。", filepath.Base(name))}}
}

// Load reads the sheets of a file or of all text tables of a folder. The error
// is one of the disk; the workbook is nil when a finding says why not.
func Load(path string) (*xlsform.Workbook, []xlsform.Finding, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read site data: %w", err)
	}
	if about.IsDir() {
		return loadFolder(os.DirFS(path))
	}
	src, err := readSome(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if err != nil {
		return nil, nil, err
	}
	book, findings := Parse(path, src)
	return book, findings, nil
}

// most is a byte more than a workbook may have, which its reader then says.
const most = 16<<20 + 1

func readSome(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read site data: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, fmt.Errorf("read site data: %w", err)
	}
	return src, nil
}

// mostFiles is more than a folder of one sheet a file can have.
const mostFiles = 100

// loadFolder joins the sheets of a folder's text tables. A file whose name
// begins with a dot or _ is the author's own, README.md too.
func loadFolder(folder fs.FS) (*xlsform.Workbook, []xlsform.Finding, error) {
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, nil, fmt.Errorf("list site data: %w", err)
	}
	names = slices.DeleteFunc(names, func(n string) bool {
		return strings.HasPrefix(n, ".") || strings.HasPrefix(n, "_") || strings.EqualFold(n, "README.md")
	})
	if len(names) == 0 || len(names) > mostFiles {
		return nil, []xlsform.Finding{{Text: fmt.Sprintf("文件夹里要有 1 到 %d 个 .md 文件，现有 %d 个。", mostFiles, len(names))}}, nil
	}
	all := &xlsform.Workbook{}
	var findings []xlsform.Finding
	for _, name := range names {
		src, err := readSome(folder, name)
		if err != nil {
			return nil, nil, err
		}
		book, wrong := xlsform.ParseMarkdown(src)
		for _, f := range wrong {
			f.Text = name + "：" + f.Text
			findings = append(findings, f)
		}
		if book == nil {
			continue
		}
		for _, s := range book.Sheets {
			if slices.ContainsFunc(all.Sheets, func(o xlsform.Sheet) bool { return strings.EqualFold(o.Name, s.Name) }) {
				findings = append(findings, xlsform.Finding{Sheet: s.Name, Text: fmt.Sprintf("这张表在两个文件里都有（后一个是 %s），请并成一张。", name)})
				continue
			}
			all.Sheets = append(all.Sheets, s)
		}
	}
	if Fatal(findings) {
		return nil, findings, nil
	}
	return all, findings, nil
}

//go:embed builtin/*.md
var builtin embed.FS

// Builtin returns the site data that come with the program: those of 样庄镇, a
// town that does not exist. Names, phones and hours in it are invented.
func Builtin() townconfig.Site {
	s := builtinSite()
	s.Texts, s.Retention, s.Limits = cloned(s.Texts), cloned(s.Retention), cloned(s.Limits)
	s.Templates, s.Subscriptions = cloned(s.Templates), cloned(s.Subscriptions)
	return s
}

var builtinSite = sync.OnceValue(func() townconfig.Site {
	folder, err := fs.Sub(builtin, "builtin")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	book, findings, err := loadFolder(folder)
	if err != nil || Fatal(findings) {
		panic(fmt.Sprint("built-in site data: ", err, findings))
	}
	s, findings := Read(book, Options{})
	if Fatal(findings) {
		panic(fmt.Sprint("built-in site data: ", findings))
	}
	return s
})

func cloned[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
