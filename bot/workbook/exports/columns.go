package exports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/workbook"
	"xintiexin/flows/site"
	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/townconfig"
)

// contents is a hash of what a line says beside its number.
func contents(table site.Table, columns []townconfig.TableColumn, r line) string {
	var b strings.Builder
	for i, c := range cellsOf(table, columns, r) {
		if f := columns[i].Field; f != "number" && f != "change" {
			b.WriteString(c.String() + "\x1f")
		}
	}
	return hash(b.String())
}

// columnsOf are the columns of a table, with one for each added question that it
// does not name itself: where it has "extra", or, of what knows none, in tables for
// the town's own use; of changes, one that says what changed.
func columnsOf(table site.Table, added []string, changed bool) []townconfig.TableColumn {
	out := slices.Clone(table.Columns)
	has := func(field string) bool {
		return slices.ContainsFunc(out, func(c townconfig.TableColumn) bool { return c.Field == field })
	}
	_, known := table.Source.Field("extra")
	if has("extra") || !known && table.To == "" {
		for _, name := range added {
			if !has(site.Added + name) {
				out = append(out, townconfig.TableColumn{Field: site.Added + name, Header: name})
			}
		}
	}
	if changed && !has("change") {
		f, _ := table.Source.Field("change")
		out = append(out, townconfig.TableColumn{Field: f.Name, Header: f.Label, Width: 8})
	}
	return out
}

// changeWords say what became of a line.
var changeWords = map[changes.RowChange]string{changes.Fresh: "新增", changes.Corrected: "改过", changes.Withdrew: "撤回"}

// cellsOf writes a line as its table wants it; of one that is withdrawn only the
// number, and that it is.
func cellsOf(table site.Table, columns []townconfig.TableColumn, r line) []workbook.Cell {
	out := make([]workbook.Cell, len(columns))
	for i, c := range columns {
		switch c.Field {
		case "number":
			out[i] = workbook.Cell{N: r.noted.No}
			continue
		case "change":
			out[i] = workbook.Words(changeWords[r.noted.Change])
			continue
		}
		f, _ := table.Source.Field(c.Field)
		out[i] = shown(c, f, r.values[c.Field])
	}
	return out
}

// shown is a cell in the format and the codes of its column.
func shown(c townconfig.TableColumn, f site.Field, v workbook.Cell) workbook.Cell {
	switch {
	case f.Kind == site.Coded && v.Text != "":
		return workbook.Words(cmp.Or(c.Codes[v.Text], f.Show(v.Text)))
	case c.Format == "" || v.Day == 0 && v.At == 0:
		return v
	case v.At != 0:
		return workbook.Words(workbook.WriteDay(c.Format, calendar.DayOf(time.Unix(v.At, 0))))
	}
	return workbook.Words(workbook.WriteDay(c.Format, v.Day))
}
