// Package xlsform reads a form as its author wrote it, a workbook (.xlsx) or
// the same sheets as text tables (.md), and tells the author everything that
// is wrong with it: all at once, in Chinese, each with sheet, cell, column and
// character, what is wrong and what to do.
//
// A form is XLSForm (https://xlsform.org) as pyxform understands it: what is
// accepted here converts there too. What we add stands in columns that pyxform
// ignores: chat and short on the survey sheet, alias on the choices sheet,
// chat_keyword, chat_roles and chat_menu on the settings sheet, and any further
// sheet, which serves as the attached file of its name.
//
// Both notations become a Workbook first, so that one set of rules reads both.
package xlsform

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/form"
)

// Options is what a form may count on where it will be asked.
type Options struct {
	// Live are the lists that come out of storage, without ".csv": a question
	// select_one_from_file residents.csv is asked from the live list residents.
	Live []string
	// AllowMedia lets required pictures, sound, film and places through: they
	// become skipped questions with a warning, as optional ones always do.
	AllowMedia bool
}

// ReadMarkdown reads a form of text tables. name is the form's id when its
// settings have none. The form is nil when a finding is an error.
func ReadMarkdown(name string, src []byte, o Options) (*form.Form, []Finding) {
	book, findings := ParseMarkdown(src)
	if fatal(findings) {
		return nil, findings
	}
	return Read(name, book, o)
}

// Read reads a form out of sheets. name is the form's id when its settings
// have none. The form is nil when a finding is an error.
func Read(name string, book *Workbook, o Options) (*form.Form, []Finding) {
	r := &reader{name: name, book: book, opts: o}
	f := r.read()
	sortFindings(r.findings)
	if len(r.findings) >= mostFindings {
		r.findings = append(r.findings, Finding{Text: fmt.Sprintf("问题太多，只列了 %d 条，先改这些。", len(r.findings)), Warning: true})
	}
	if fatal(r.findings) {
		return nil, r.findings
	}
	return f, r.findings
}

// Workbook is a form before it is understood: sheets of text.
type Workbook struct {
	Sheets []Sheet
}

// Sheet is a sheet of a Workbook. Rows without any text are left out.
type Sheet struct {
	Name   string
	Rows   []Row
	Broken string // why not all of it was read, for the author; else ""
}

// Row is a row of a sheet under the number that Excel shows, from 1.
type Row struct {
	Number int
	Cells  []Cell // column A is 0
}

// Cell is the text of a cell and what is odd about it.
type Cell struct {
	Text    string
	NoValue bool // a formula whose result was not saved
	Merged  bool // part of a merge
}

func (r Row) cell(col int) Cell {
	if col < 0 || col >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[col]
}

func (r Row) empty() bool {
	for _, c := range r.Cells {
		if c.Text != "" || c.NoValue {
			return false
		}
	}
	return true
}

// sheet finds a sheet by its name, without case.
func (b *Workbook) sheet(name string) *Sheet {
	for i := range b.Sheets {
		if strings.EqualFold(strings.TrimSpace(b.Sheets[i].Name), name) {
			return &b.Sheets[i]
		}
	}
	return nil
}

// cellName is the Excel name of a cell: column 0, row 1 is A1.
func cellName(col, row int) string {
	name := ""
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + itoa(row)
}

// CellName is the Excel name of a cell: column 0, row 1 is A1.
func CellName(col, row int) string { return cellName(col, row) }

// characters counts as an author does.
func characters(s string) int { return utf8.RuneCountInString(s) }
