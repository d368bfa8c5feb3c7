package xlsform

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows/form"
)

// Write writes the sheets as an .xlsx file that pyxform, Excel, WPS and
// LibreOffice read. Every cell is text, so nothing is taken for a number or a
// formula.
func (b *Workbook) Write(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("make style: %w", err)
	}
	wrap, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return fmt.Errorf("make style: %w", err)
	}
	for i, s := range b.Sheets {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.Name)
		} else {
			_, err = f.NewSheet(s.Name)
		}
		if err == nil {
			err = writeSheet(f, s, head, wrap)
		}
		if err != nil {
			return fmt.Errorf("write sheet %s: %w", s.Name, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeSheet(f *excelize.File, s Sheet, head, wrap int) error {
	width := 0
	for _, row := range s.Rows {
		width = max(width, len(row.Cells))
	}
	if width == 0 {
		return nil
	}
	last, err := excelize.ColumnNumberToName(width)
	if err != nil {
		return err
	}
	if err := f.SetColWidth(s.Name, "A", last, 22); err != nil {
		return err
	}
	if err := f.SetColStyle(s.Name, "A:"+last, wrap); err != nil {
		return err
	}
	for i, row := range s.Rows {
		for col, c := range row.Cells {
			if c.Text == "" {
				continue
			}
			if err := f.SetCellStr(s.Name, cellName(col, row.Number), c.Text); err != nil {
				return err
			}
		}
		if i == 0 {
			if err := f.SetCellStyle(s.Name, cellName(0, row.Number), cellName(width-1, row.Number), head); err != nil {
				return err
			}
		}
	}
	return f.SetPanes(s.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// Write writes a form as a workbook. Read again it is the same form, but for
// the numbers of rows.
func Write(w io.Writer, f *form.Form) error { return Tables(f).Write(w) }

// Tables is a form as the sheets that an author would write.
func Tables(f *form.Form) *Workbook {
	survey, choices := newSheet("survey", "type", "name", "label"), newSheet("choices", "list_name", "name", "label")
	addQuestions(survey, f.Questions)
	for _, name := range slices.Sorted(maps.Keys(f.Lists)) {
		for _, c := range f.Lists[name] {
			choices.add(merged(c.Columns, choiceCells(name, c)))
		}
	}
	settings := newSheet("settings", "form_title", "form_id", "version")
	cells := maps.Clone(f.Settings)
	if cells == nil {
		cells = map[string]string{}
	}
	cells["form_title"], cells["form_id"], cells["version"], cells["instance_name"] = f.Title, f.ID, f.Version, f.InstanceName
	settings.add(cells)
	book := &Workbook{Sheets: []Sheet{survey.sheet(), choices.sheet(), settings.sheet()}}
	for _, name := range slices.Sorted(maps.Keys(f.Tables)) {
		t := newSheet(name)
		for _, c := range f.Tables[name] {
			t.add(c.Columns)
		}
		book.Sheets = append(book.Sheets, t.sheet())
	}
	return book
}

// draft is a sheet while it is written: rows by header.
type draft struct {
	name    string
	headers []string
	rows    []map[string]string
}

func newSheet(name string, headers ...string) *draft { return &draft{name: name, headers: headers} }

// add appends a row; a header that is new comes after the ones before.
func (d *draft) add(cells map[string]string) {
	for _, h := range slices.Sorted(maps.Keys(cells)) {
		if cells[h] != "" && !slices.Contains(d.headers, h) {
			d.headers = append(d.headers, h)
		}
	}
	d.rows = append(d.rows, cells)
}

func (d *draft) sheet() Sheet {
	s := Sheet{Name: d.name, Rows: []Row{{Number: 1}}}
	for _, h := range d.headers {
		s.Rows[0].Cells = append(s.Rows[0].Cells, Cell{Text: h})
	}
	for i, cells := range d.rows {
		row := Row{Number: i + 2}
		for _, h := range d.headers {
			row.Cells = append(row.Cells, Cell{Text: cells[h]})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

func choiceCells(list string, c form.Choice) map[string]string {
	label, aliases := c.Label, c.Aliases
	// A label that was kept apart from the option numbers is written as it was.
	if n := len(aliases); n > 0 && apart(aliases[n-1]) == label {
		label, aliases = aliases[n-1], aliases[:n-1]
	}
	return map[string]string{"list_name": list, "name": c.Value, "label": label, "alias": strings.Join(aliases, " ")}
}

func addQuestions(d *draft, qs []*form.Question) {
	for i, q := range qs {
		// The engine adds it to a question with or_other; so does pyxform.
		if i > 0 && qs[i-1].OrOther && q.Name == qs[i-1].Name+"_other" {
			continue
		}
		d.add(questionCells(q))
		switch q.Type {
		case form.Group:
			addQuestions(d, q.Children)
			d.add(map[string]string{"type": "end_group"})
		case form.Repeat:
			addQuestions(d, q.Children)
			d.add(map[string]string{"type": "end_repeat"})
		}
	}
}

func questionCells(q *form.Question) map[string]string {
	cells := map[string]string{
		"type": typeCell(q), "name": q.Name, "label": q.Label, "hint": q.Hint, "guidance_hint": q.Guidance,
		"required": q.Required, "required_message": q.RequiredMessage, "relevant": q.Relevant,
		"constraint": q.Constraint, "constraint_message": q.ConstraintMessage, "calculation": q.Calculation,
		"default": q.Default, "choice_filter": q.ChoiceFilter, "repeat_count": q.RepeatCount, "read_only": q.ReadOnly,
		"appearance": q.Appearance, "short": q.Short,
	}
	if q.Type == form.Meta || q.Type == form.Media {
		cells["appearance"] = ""
	}
	if q.Summary {
		cells["chat"] = "summary"
	}
	var refs, params []string
	for _, name := range q.Trigger {
		refs = append(refs, "${"+name+"}")
	}
	cells["trigger"] = strings.Join(refs, ", ")
	for _, k := range slices.Sorted(maps.Keys(q.Parameters)) {
		params = append(params, k+"="+q.Parameters[k])
	}
	cells["parameters"] = strings.Join(params, " ")
	return cells
}

func typeCell(q *form.Question) string {
	t := string(q.Type)
	switch q.Type {
	case form.Group:
		return "begin_group"
	case form.Repeat:
		return "begin_repeat"
	case form.Meta, form.Media:
		return q.Appearance
	case form.SelectOne, form.SelectMultiple, form.Rank:
		switch {
		case q.FromFile:
			t += "_from_file " + q.List + ".csv"
		default:
			t += " " + q.List
		}
		if q.OrOther {
			t += " or_other"
		}
	}
	return t
}
