package imports

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/workbook"
)

// sheetMistakes is the sheet of a marked list that names every mistake.
const sheetMistakes = "要改的"

// Marked writes the list in a file as it was handed in, each cell with a mistake
// in red and with a note of what is wrong, and a sheet in front that names them
// all. A list that cannot be opened any more becomes that sheet alone. dir is
// where large sheets are kept meanwhile.
func Marked(w io.Writer, file string, mistakes []Mistake, dir string) (err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	work, remove, err := workbook.WorkDir(dir)
	if err != nil {
		return err
	}
	defer remove()
	var b bytes.Buffer
	if !mark(&b, data, mistakes, work) { // the library was not made for files of strangers
		b.Reset()
		f := excelize.NewFile(excelize.Options{TmpDir: work})
		defer f.Close()
		if err := listMistakes(f, mistakes, 0, 0); err != nil {
			return fmt.Errorf("write mistakes: %w", err)
		}
		if err := f.Write(&b); err != nil {
			return fmt.Errorf("write mistakes: %w", err)
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}

// mark writes the marked list; false when the file does not let itself be
// written again.
func mark(w io.Writer, data []byte, mistakes []Mistake, dir string) (done bool) {
	defer func() {
		if recover() != nil {
			done = false
		}
	}()
	if refuse(data) != "" {
		return false
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxInMemory, TmpDir: dir})
	if err != nil {
		return false
	}
	defer f.Close()
	red := &excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFC7CE"}},
		Font: &excelize.Font{Color: "9C0006", Bold: true}, NumFmt: 49}
	style, err := f.NewStyle(red)
	if err != nil {
		return false
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return false
	}
	for _, m := range mistakes {
		name := sheetNamed(f, m.Sheet)
		if _, _, err := excelize.CellNameToCoordinates(m.Cell); name == "" || err != nil {
			continue
		}
		if f.SetCellStyle(name, m.Cell, m.Cell, style) != nil {
			return false
		}
	}
	if listMistakes(f, mistakes, style, bold) != nil {
		return false
	}
	return f.Write(w) == nil
}

// sheetNamed is the sheet as its owner spells it, "" when there is none.
func sheetNamed(f *excelize.File, name string) string {
	for _, s := range f.GetSheetList() {
		if strings.TrimSpace(s) == name {
			return s
		}
	}
	return ""
}

// listMistakes puts a sheet in front that names every mistake, each with a link
// to its cell.
func listMistakes(f *excelize.File, mistakes []Mistake, red, bold int) error {
	first := f.GetSheetList()[0]
	if _, err := f.NewSheet(sheetMistakes); err != nil {
		return err
	}
	if err := f.MoveSheet(sheetMistakes, first); err != nil {
		return err
	}
	n, err := f.GetSheetIndex(sheetMistakes)
	if err != nil {
		return err
	}
	f.SetActiveSheet(n)
	if err := f.SetColWidth(sheetMistakes, "A", "B", 10); err != nil {
		return err
	}
	if err := f.SetColWidth(sheetMistakes, "C", "C", 60); err != nil {
		return err
	}
	if err := f.SetSheetRow(sheetMistakes, "A1", &[]string{"页", "格", "怎么改"}); err != nil {
		return err
	}
	if err := f.SetCellStyle(sheetMistakes, "A1", "C1", bold); err != nil {
		return err
	}
	for i, m := range mistakes {
		cell := fmt.Sprintf("A%d", i+2)
		if err := f.SetSheetRow(sheetMistakes, cell, &[]string{m.Sheet, m.Cell, m.Text}); err != nil {
			return err
		}
		if name := sheetNamed(f, m.Sheet); name != "" && m.Cell != "" {
			if err := f.SetCellHyperLink(sheetMistakes, fmt.Sprintf("B%d", i+2), "'"+strings.ReplaceAll(name, "'", "''")+"'!"+m.Cell, "Location"); err != nil {
				return err
			}
		}
	}
	return nil
}
