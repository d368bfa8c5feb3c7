package office

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/storage/calendar"
)

// sheetRows is how many rows one sheet takes; Excel's own limit is a little
// above.
const sheetRows = 1_000_000

// title is a column of a sheet.
type title struct {
	name  string
	width float64
}

// cell is what stands in one place of a table: words, a day or an instant.
type cell struct {
	text string
	day  calendar.Day
	at   int64 // Unix seconds
	n    int   // a number, from 1
}

func words(s string) cell       { return cell{text: s} }
func onDay(d calendar.Day) cell { return cell{day: d} }
func dayOr(d calendar.Day, s string) cell {
	if d != 0 {
		return onDay(d)
	}
	return words(s)
}

// String is the cell as it is read.
func (c cell) String() string {
	switch {
	case c.n != 0:
		return fmt.Sprint(c.n)
	case c.day != 0:
		return c.day.String()
	case c.at != 0:
		return clock(c.at)
	}
	return c.text
}

// book is the workbook that grows: a table after the other, each on a sheet, and on
// another where that is full.
type book struct {
	file   *excelize.File
	text   int // style: as text, so that nothing is taken for a number or a formula
	head   int
	date   int // styles of dates
	moment int
	limit  int // rows of a sheet, the head included
	used   map[string]bool

	titles []title // of the table that is being written
	name   string
	sheet  *excelize.StreamWriter
	sheets int
	row    int // last row written on this sheet
	total  int // rows of this table
}

func newBook(dir string) (*book, error) {
	b := &book{file: excelize.NewFile(excelize.Options{TmpDir: dir}), limit: sheetRows, used: map[string]bool{}}
	day, moment := "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.text, excelize.Style{NumFmt: 49}}, {&b.head, excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}}},
		{&b.date, excelize.Style{CustomNumFmt: &day}}, {&b.moment, excelize.Style{CustomNumFmt: &moment}},
	} {
		var err error
		if *s.into, err = b.file.NewStyle(&s.style); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

// begin begins a table on a sheet of its own.
func (b *book) begin(name string, titles []title) error {
	b.name, b.titles, b.total = name, titles, 0
	return b.nextSheet()
}

func (b *book) nextSheet() (err error) {
	if b.sheet != nil {
		if err := b.sheet.Flush(); err != nil {
			return err
		}
	}
	name := sheetName(b.name, b.used)
	if b.sheets++; b.sheets == 1 {
		err = b.file.SetSheetName("Sheet1", name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if b.sheet, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := b.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var names []any
	for i, t := range b.titles {
		if err := b.sheet.SetColWidth(i+1, i+1, t.width); err != nil {
			return err
		}
		names = append(names, excelize.Cell{StyleID: b.head, Value: t.name})
	}
	b.row = 1
	return b.sheet.SetRow("A1", names)
}

// add writes a row. Words are inline text: what begins with = + - @ is shown as it
// is and never reckoned, and a phone or a code is no number. Days are dates of the
// workbook.
func (b *book) add(cells ...cell) error {
	if b.row == b.limit {
		if err := b.nextSheet(); err != nil {
			return err
		}
	}
	b.row++
	b.total++
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = b.value(c)
	}
	return b.sheet.SetRow(fmt.Sprintf("A%d", b.row), values)
}

func (b *book) value(c cell) any {
	switch {
	case c.n != 0:
		return c.n
	case c.day != 0:
		y, m, d := c.day.Date()
		return excelize.Cell{StyleID: b.date, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	case c.at != 0: // the hour of the village: a workbook knows no zones
		t := time.Unix(c.at, 0).In(calendar.Zone)
		return excelize.Cell{StyleID: b.moment, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)}
	case c.text != "":
		return excelize.Cell{StyleID: b.text, Value: c.text}
	}
	return nil
}

// write packs the workbook straight into w: the library would first build all of
// it in memory.
func (b *book) write(w io.Writer) error {
	if err := b.sheet.Flush(); err != nil {
		return err
	}
	b.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }
	return b.file.Write(io.Discard)
}

func (b *book) close() { b.file.Close() }

// writeDay writes a day as a column wants it.
func writeDay(format string, d calendar.Day) string {
	y, m, day := d.Date()
	return strings.NewReplacer("yyyy", fmt.Sprintf("%04d", y), "mm", fmt.Sprintf("%02d", int(m)), "dd", fmt.Sprintf("%02d", day),
		"m", fmt.Sprint(int(m)), "d", fmt.Sprint(day)).Replace(format)
}
