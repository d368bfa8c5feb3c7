package site

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"xintiexin/flows/xlsform"
	"xintiexin/storage/townconfig"
)

// Tables is a site as the sheets that its author would write: read again they
// are the same site. The first sheet explains the others and is not read.
func Tables(s *townconfig.Site) *xlsform.Workbook {
	book := &xlsform.Workbook{Sheets: []xlsform.Sheet{guide()}}
	for _, k := range sheets {
		rows := [][]string{k.columnNames()}
		for _, cells := range k.write(s) {
			for len(cells) < len(k.columns) {
				cells = append(cells, "")
			}
			rows = append(rows, cells)
		}
		book.Sheets = append(book.Sheets, sheetOf(k.name, rows))
	}
	return book
}

func sheetOf(name string, rows [][]string) xlsform.Sheet {
	s := xlsform.Sheet{Name: name}
	for i, cells := range rows {
		row := xlsform.Row{Number: i + 1}
		for _, text := range cells {
			row.Cells = append(row.Cells, xlsform.Cell{Text: text})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// guide says what stands in which sheet and column.
func guide() xlsform.Sheet {
	rows := [][]string{{"表", "列", "写什么"}}
	for _, k := range sheets {
		rows = append(rows, []string{k.name, "", k.about})
		for _, c := range k.columns {
			rows = append(rows, []string{"", c.name, c.about})
		}
	}
	return sheetOf("_说明", rows)
}

// Write writes a site as a workbook (.xlsx).
func Write(w io.Writer, s *townconfig.Site) error { return Tables(s).Write(w) }

// WriteMarkdown writes a site as text tables, all in one.
func WriteMarkdown(w io.Writer, s *townconfig.Site) error {
	for _, sheet := range Tables(s).Sheets[1:] {
		if _, err := io.WriteString(w, markdown(sheet)+"\n"); err != nil {
			return fmt.Errorf("write site data: %w", err)
		}
	}
	return nil
}

// WriteFolder writes a site into a folder, a text table a file. The folder is
// made; one that holds text tables already is left alone.
func WriteFolder(dir string, s *townconfig.Site) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return fmt.Errorf("list folder: %w", err)
	}
	if len(old) > 0 {
		return fmt.Errorf("%s holds text tables already: name a new folder", dir)
	}
	for _, sheet := range Tables(s).Sheets[1:] {
		if err := os.WriteFile(filepath.Join(dir, sheet.Name+".md"), []byte(markdown(sheet)), 0o644); err != nil {
			return fmt.Errorf("write site data: %w", err)
		}
	}
	return nil
}

// cell writes a text so that a table holds it.
var cell = strings.NewReplacer("|", `\|`, "\n", "<br>")

// markdown writes a sheet as a pipe table under a line that says what it is.
func markdown(s xlsform.Sheet) string {
	var b strings.Builder
	for _, k := range sheets {
		if k.name == s.Name {
			b.WriteString(k.about + "。\n")
			for _, c := range k.columns {
				fmt.Fprintf(&b, "%s：%s\n", c.name, c.about)
			}
		}
	}
	fmt.Fprintf(&b, "\n| %s |\n", s.Name)
	for _, row := range s.Rows {
		b.WriteString("| ")
		for _, c := range row.Cells {
			b.WriteString(" | " + cell.Replace(c.Text))
		}
		b.WriteString(" |\n")
	}
	return b.String()
}
