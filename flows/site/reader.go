package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/xlsform"
	"xintiexin/storage/townconfig"
)

// reader reads one workbook.
type reader struct {
	Options
	site   townconfig.Site
	tables []*table
	found  []finding
	seen   map[string]map[string]int // kind of key → key → row that had it first
}

// finding is a Finding with its place in the order of the workbook.
type finding struct {
	xlsform.Finding
	order, row, col int
}

// mostFindings is more than anybody reads at once.
const mostFindings = 300

func (r *reader) tell(f finding) {
	if len(r.found) < mostFindings || !f.Warning && !slices.ContainsFunc(r.found, func(o finding) bool { return !o.Warning }) {
		r.found = append(r.found, f)
	}
}

// sorted returns the findings as an author walks through the sheets.
func (r *reader) sorted() []xlsform.Finding {
	slices.SortStableFunc(r.found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col))
	})
	var out []xlsform.Finding
	for _, f := range r.found {
		out = append(out, f.Finding)
	}
	if len(out) >= mostFindings {
		out = append(out, xlsform.Finding{Text: fmt.Sprintf("问题太多，只列了 %d 条，先改这些。", mostFindings), Warning: true})
	}
	return out
}

// table is a sheet whose header has been understood.
type table struct {
	*sheet
	order  int
	header xlsform.Row
	rows   []xlsform.Row
	at     map[string]int    // column → index
	titles map[string]string // column → header as its author wrote it
}

// read understands the sheets in their own order, not the author's: what refers
// to another sheet is checked when all are read.
func (r *reader) read(book *xlsform.Workbook) {
	given := map[string]xlsform.Sheet{}
	for _, s := range book.Sheets {
		name := plainName(s.Name)
		if strings.HasPrefix(name, "_") {
			continue
		}
		if !slices.ContainsFunc(sheets, func(k *sheet) bool { return k.name == name }) {
			r.tell(finding{order: len(sheets), Finding: xlsform.Finding{Sheet: s.Name,
				Text: "没有这张表。" + orElse(xlsform.DidYouMean(name, sheetNames()), "只读这些："+strings.Join(sheetNames(), "、")+"。名字以 _ 开头的不读。")}})
			continue
		}
		if _, twice := given[name]; twice {
			r.tell(finding{order: len(sheets), Finding: xlsform.Finding{Sheet: s.Name, Text: "工作表有两张同名的，请并成一张。"}})
			continue
		}
		given[name] = s
	}
	for i, k := range sheets {
		s, ok := given[k.name]
		if !ok || len(s.Rows) == 0 {
			continue
		}
		t := r.open(k, i, s)
		r.tables = append(r.tables, t)
		for _, cells := range t.rows {
			k.read(&row{reader: r, table: t, Row: cells}, &r.site)
		}
	}
}

// open understands the header of a sheet and complains about it.
func (r *reader) open(k *sheet, order int, s xlsform.Sheet) *table {
	t := &table{sheet: k, order: order, header: s.Rows[0], at: map[string]int{}, titles: map[string]string{}}
	head := &row{reader: r, table: t, Row: t.header}
	if s.Broken != "" {
		head.tell(0, "", false, s.Broken)
		return t
	}
	for i, c := range t.header.Cells {
		name := strings.Join(strings.Fields(plainName(c.Text)), "_")
		if name == "" || strings.HasPrefix(name, "_") || name == "note" && !k.has("note") {
			continue
		}
		_, twice := t.at[name]
		switch {
		case !k.has(name):
			head.tell(i, c.Text, false, "不认识这一列。"+orElse(xlsform.DidYouMean(name, k.columnNames()), "这张表有："+strings.Join(k.columnNames(), "、")+"。"))
		case twice:
			head.tell(i, c.Text, false, "这一列有两个，请删掉一个。")
		default:
			t.at[name], t.titles[name] = i, c.Text
		}
	}
	t.rows = s.Rows[1:]
	for _, c := range k.columns {
		if _, ok := t.at[c.name]; c.need && !ok {
			head.tell(0, "", false, fmt.Sprintf("第一行没有 %s 列（%s）。", c.name, c.about))
			t.rows = nil
		}
	}
	return t
}

// table returns an opened sheet, nil when the author gave none.
func (r *reader) table(name string) *table {
	for _, t := range r.tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

// sheetf complains about a sheet as a whole, also one that is missing.
func (r *reader) sheetf(name string, warning bool, format string, args ...any) {
	order := slices.IndexFunc(sheets, func(k *sheet) bool { return k.name == name })
	r.tell(finding{order: order, Finding: xlsform.Finding{Sheet: name, Warning: warning, Text: fmt.Sprintf(format, args...)}})
}

// row is a row while it is read; its methods read cells and complain about them.
type row struct {
	*reader
	*table
	xlsform.Row
}

func (r *row) tell(col int, column string, warning bool, text string) {
	content := ""
	if col < len(r.Cells) {
		content = r.Cells[col].Text
	}
	r.reader.tell(finding{order: r.order, row: r.Number, col: col, Finding: xlsform.Finding{
		Sheet: r.name, Cell: xlsform.CellName(col, r.Number), Column: column, Text: text, Warning: warning, Content: content}})
}

// errorf and warnf complain about the cell of a column.
func (r *row) errorf(column, format string, args ...any) {
	r.tell(r.at[column], orElse(r.titles[column], column), false, fmt.Sprintf(format, args...))
}

func (r *row) warnf(column, format string, args ...any) {
	r.tell(r.at[column], orElse(r.titles[column], column), true, fmt.Sprintf(format, args...))
}

// raw is the text of a cell, "" where the column is missing. A formula whose
// result was not saved is complained about.
func (r *row) raw(column string) string {
	i, ok := r.at[column]
	if !ok || i >= len(r.Cells) {
		return ""
	}
	c := r.Cells[i]
	if c.NoValue {
		r.errorf(column, "公式没有存下结果，请改成写好的字。")
	}
	return c.Text
}

// once complains about a key that another row has.
func (r *row) once(kind, key, column string) bool {
	if r.seen[kind] == nil {
		r.seen[kind] = map[string]int{}
	}
	if first, twice := r.seen[kind][key]; twice {
		r.errorf(column, "“%s” 和第 %d 行重了。", key, first)
		return false
	}
	r.seen[kind][key] = r.Number
	return true
}

func plainName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func orElse(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
