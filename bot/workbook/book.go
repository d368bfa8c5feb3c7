package workbook

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/storage/calendar"
)

// SheetRows is how many rows one sheet takes; Excel's own limit is a little
// above.
const SheetRows = 1_000_000

// Title is a column of a sheet.
type Title struct {
	Name  string  `json:"-"`
	Width float64 `json:"-"`
}

// Cell is what stands in one place of a table: words, a day or an instant.
type Cell struct {
	Text string       `json:"-"`
	Day  calendar.Day `json:"-"`
	At   int64        `json:"-"` // Unix seconds
	N    int          `json:"-"` // a number, from 1
}

func Words(s string) Cell       { return Cell{Text: s} }
func OnDay(d calendar.Day) Cell { return Cell{Day: d} }
func DayOr(d calendar.Day, s string) Cell {
	if d != 0 {
		return OnDay(d)
	}
	return Words(s)
}

// String is the cell as it is read.
func (c Cell) String() string {
	switch {
	case c.N != 0:
		return fmt.Sprint(c.N)
	case c.Day != 0:
		return c.Day.String()
	case c.At != 0:
		return Clock(c.At)
	}
	return c.Text
}

// Book is the workbook that grows: a table after the other, each on a sheet, and on
// another where that is full.
type Book struct {
	file   *excelize.File
	text   int // style: as text, so that nothing is taken for a number or a formula
	head   int
	date   int // styles of dates
	moment int
	Limit  int `json:"-"` // rows of a sheet, the head included
	used   map[string]bool

	titles []Title // of the table that is being written
	name   string
	sheet  *excelize.StreamWriter
	sheets int
	row    int // last row written on this sheet
	Total  int `json:"-"` // rows of this table
}

func NewBook(dir string) (*Book, error) {
	b := &Book{file: excelize.NewFile(excelize.Options{TmpDir: dir}), Limit: SheetRows, used: map[string]bool{}}
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
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// Begin begins a table on a sheet of its own.
func (b *Book) Begin(name string, titles []Title) error {
	b.name, b.titles, b.Total = name, titles, 0
	return b.nextSheet()
}

func (b *Book) nextSheet() (err error) {
	if b.sheet != nil {
		if err := b.sheet.Flush(); err != nil {
			return err
		}
	}
	name := SheetName(b.name, b.used)
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
		if err := b.sheet.SetColWidth(i+1, i+1, t.Width); err != nil {
			return err
		}
		names = append(names, excelize.Cell{StyleID: b.head, Value: t.Name})
	}
	b.row = 1
	return b.sheet.SetRow("A1", names)
}

// Add writes a row. Words are inline text: what begins with = + - @ is shown as it
// is and never reckoned, and a phone or a code is no number. Days are dates of the
// workbook.
func (b *Book) Add(cells ...Cell) error {
	if b.row == b.Limit {
		if err := b.nextSheet(); err != nil {
			return err
		}
	}
	b.row++
	b.Total++
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = b.value(c)
	}
	return b.sheet.SetRow(fmt.Sprintf("A%d", b.row), values)
}

func (b *Book) value(c Cell) any {
	switch {
	case c.N != 0:
		return c.N
	case c.Day != 0:
		y, m, d := c.Day.Date()
		return excelize.Cell{StyleID: b.date, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	case c.At != 0: // the hour of the village: a workbook knows no zones
		t := time.Unix(c.At, 0).In(calendar.Zone)
		return excelize.Cell{StyleID: b.moment, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)}
	case c.Text != "":
		return excelize.Cell{StyleID: b.text, Value: c.Text}
	}
	return nil
}

// Write packs the workbook straight into w: the library would first build all of
// it in memory.
func (b *Book) Write(w io.Writer) error {
	if err := b.sheet.Flush(); err != nil {
		return err
	}
	b.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }
	return b.file.Write(io.Discard)
}

func (b *Book) Close() { b.file.Close() }

// WriteDay writes a day as a column wants it.
func WriteDay(format string, d calendar.Day) string {
	y, m, day := d.Date()
	return strings.NewReplacer("yyyy", fmt.Sprintf("%04d", y), "mm", fmt.Sprintf("%02d", int(m)), "dd", fmt.Sprintf("%02d", day),
		"m", fmt.Sprint(int(m)), "d", fmt.Sprint(day)).Replace(format)
}

// Clock shows an instant as the clocks of the village did.
func Clock(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(calendar.Zone).Format("2006-01-02 15:04")
}

// SheetName makes a title a name that Excel takes, and no two alike.
func SheetName(title string, used map[string]bool) string {
	title = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return '_'
		}
		return r
	}, title), "'")
	r := []rune(title)
	name := string(r[:min(len(r), 28)])
	for n := 2; name == "" || used[strings.ToLower(name)]; n++ {
		name = string(r[:min(len(r), 26)]) + fmt.Sprint(n)
	}
	used[strings.ToLower(name)] = true
	return name
}
