package imports

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// Limits of a list that is handed in. They are far above a township's lists and
// keep a file made to do harm from filling memory or disk.
const (
	maxFile     = 32 << 20  // bytes as handed in
	maxUnzipped = 512 << 20 // bytes unpacked
	maxInMemory = 8 << 20   // bytes of one sheet; more is unpacked to the work folder
	maxRows     = 200_000   // rows with something in them, all sheets together
	maxColumns  = 60        // cells of a row that are looked at
)

// row is one row of a sheet: the cells under the known columns, cleaned.
type row struct {
	number int
	cells  []string
}

// table is one sheet as it was read.
type table struct {
	sheet
	index int   // among sheets
	at    []int // for each known column where it stands; -1 for none
	rows  []row
}

// cell names a cell of a row as people see it: C14.
func (t *table) cell(r row, column int) string {
	return columnLetter(max(t.at[column], 0)) + strconv.Itoa(r.number)
}

// list is a whole file as it was read.
type list struct {
	tables [4]table // in the order of sheets
	notes  []string
	wrong  []Mistake
}

// errTooMany ends the reading of a file with too many rows.
var errTooMany = errors.New("office: too many rows")

// Read unpacks a workbook of at most rows rows. Where the file cannot be read at all, the text
// returned says why, in Chinese; the error is for what is not the file's fault.
func Read(ctx context.Context, data []byte, dir string, rows int) (l *list, why string, err error) {
	if why := refuse(data); why != "" {
		return nil, why, nil
	}
	// The library was not made for files of strangers: one that makes it panic is
	// one that cannot be read.
	defer func() {
		if p := recover(); p != nil {
			l, why, err = nil, SayBroken, nil
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxInMemory, TmpDir: dir})
	if err != nil {
		return nil, SayBroken, nil
	}
	defer f.Close()
	l = &list{}
	if l.sheets(f) == 0 {
		return nil, SayNoSheets, nil
	}
	left := rows
	for i := range l.tables {
		t := &l.tables[i]
		if t.name == "" {
			continue
		}
		err := l.table(ctx, f, t, &left)
		switch {
		case errors.Is(err, errTooMany):
			return nil, fmt.Sprintf("表里超过%d行，请按村分开，一回传一份。", rows), nil
		case ctx.Err() != nil:
			return nil, "", ctx.Err()
		case err != nil:
			return nil, SayBroken, nil
		}
	}
	return l, "", nil
}

const (
	SayNotWorkbook = "这不是 .xlsx 表。请在 Excel 或 WPS 里另存为 .xlsx 再传。"
	SayOld         = "这是老格式的 .xls 表。请在 Excel 或 WPS 里另存为 .xlsx 再传。"
	SayLocked      = "这个表加了密码。请先去掉密码再传。"
	SayTooLarge    = "这个文件太大，打不开。请按村分开，一回传一份。"
	SayBroken      = "这个文件打不开，可能坏了。请重新另存一份再传。"
	SayNoSheets    = "表里没有叫“村”“户”“居民”“干部”的页。请照模板填。"
)

// refuse looks at a file without unpacking it; "" lets it through.
func refuse(data []byte) string {
	if len(data) > maxFile {
		return SayTooLarge
	}
	if bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}) { // an OLE container: .xls, or a workbook with a password
		var name []byte
		for _, u := range utf16.Encode([]rune("EncryptedPackage")) {
			name = binary.LittleEndian.AppendUint16(name, u)
		}
		if bytes.Contains(data, name) {
			return SayLocked
		}
		return SayOld
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return SayNotWorkbook
	}
	sum, workbook := uint64(0), false
	for _, f := range z.File {
		if f.UncompressedSize64 > maxUnzipped {
			return SayTooLarge
		}
		if sum += f.UncompressedSize64; sum > maxUnzipped {
			return SayTooLarge
		}
		// Everything but sheets and texts is unpacked to memory.
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if f.UncompressedSize64 > maxInMemory && !strings.HasPrefix(name, "xl/worksheets/sheet") && name != "xl/sharedstrings.xml" {
			return SayTooLarge
		}
		workbook = workbook || name == "[content_types].xml"
	}
	if !workbook {
		return SayNotWorkbook
	}
	return ""
}

// sheets finds the known sheets; it returns how many there are.
func (l *list) sheets(f *excelize.File) int {
	n := 0
	for _, name := range f.GetSheetList() {
		for i, s := range sheets {
			if strings.TrimSpace(name) == s.name && l.tables[i].name == "" {
				l.tables[i] = table{sheet: sheet{name, s.columns}, index: i}
				n++
			}
		}
	}
	return n
}

// table reads one sheet: the first row that holds the needed names is its head.
func (l *list) table(ctx context.Context, f *excelize.File, t *table, left *int) (err error) {
	rows, err := f.Rows(t.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	t.name = strings.TrimSpace(t.name)
	for n := 1; rows.Next(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cells, err := rows.Columns()
		if err != nil {
			return err
		}
		cells = clean(cells)
		if len(cells) == 0 {
			continue
		}
		if *left--; *left < 0 {
			return errTooMany
		}
		if t.at == nil {
			l.head(t, n, cells)
			continue
		}
		if !strings.HasPrefix(first(cells), exampleMark) && !strings.HasPrefix(first(cells), "例:") {
			if r := (row{n, t.pick(cells)}); strings.Join(r.cells, "") != "" {
				t.rows = append(t.rows, r)
			}
		}
	}
	if t.at == nil && rows.Error() == nil {
		l.wrong = append(l.wrong, Mistake{Sheet: t.name, Cell: "A1", sheet: t.index, row: 1, Text: "没有列名，要有：" + t.wanted()})
	}
	return rows.Error()
}

// head takes a row as the sheet's head if it holds at least two known names;
// what stands above it is a title.
func (l *list) head(t *table, n int, cells []string) {
	at := make([]int, len(t.columns))
	for i := range at {
		at[i] = -1
	}
	known := 0
	var unread []string
	for i, title := range cells {
		title = strings.TrimRight(strings.ReplaceAll(title, " ", ""), "*:：")
		if title == "" {
			continue
		}
		if c := t.find(title); c >= 0 && at[c] < 0 {
			at[c] = i
			known++
		} else if strings.Contains(title, "身份证") || strings.Contains(title, "证件号") {
			unread = append(unread, fmt.Sprintf("%s%s列 身份证号不收，没有读", t.name, columnLetter(i)))
		} else {
			unread = append(unread, fmt.Sprintf("%s%s列 “%s”不认识，没有读", t.name, columnLetter(i), shorten(title)))
		}
	}
	if known < 2 {
		return // a title above the head
	}
	t.at = at
	l.notes = append(l.notes, unread...)
	for i, c := range t.columns {
		if c.needed && at[i] < 0 {
			l.wrong = append(l.wrong, Mistake{Sheet: t.name, Cell: "A" + strconv.Itoa(n), sheet: t.index, row: n, Text: "没有“" + c.name + "”这一列"})
		}
	}
}

func (t *table) wanted() string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return strings.Join(names, "、")
}

// pick takes the known columns out of a row.
func (t *table) pick(cells []string) []string {
	out := make([]string, len(t.columns))
	for i, at := range t.at {
		if at >= 0 && at < len(cells) {
			out[i] = cells[at]
		}
	}
	return out
}

// clean folds the cells of a row and cuts the empty ones at its end; a row of
// borders and colours alone becomes empty.
func clean(cells []string) []string {
	out := make([]string, min(len(cells), maxColumns))
	last := 0
	for i := range out {
		if out[i] = Fold(cells[i]); out[i] != "" {
			last = i + 1
		}
	}
	return out[:last]
}

// Fold makes full-width letters, digits and blanks plain ones, drops what
// cannot be seen, and gives a number that a sheet keeps as 1.79E+10 its digits
// back.
func Fold(s string) string {
	if len(s) > 4000 {
		s = strings.ToValidUTF8(s[:4000], "")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ' || r == '＋' || r == '－' || r == '．':
			return r - 0xfee0
		case r == '\u3000' || r == '\u00a0' || r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < 0x20 || r == 0x7f || r >= 0x200b && r <= 0x200f || r == 0xfeff || r == 0xfffd:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsAny(s, ".eE") {
		if v, err := strconv.ParseFloat(s, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatInt(int64(v), 10)
		}
	}
	return s
}

func first(cells []string) string {
	for _, c := range cells {
		if c != "" {
			return c
		}
	}
	return ""
}

// shorten cuts what is quoted in a report.
func shorten(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// readAll reads a file that is handed in, one byte more than it may have at
// most.
func readAll(file io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(file, maxFile+1)) }
