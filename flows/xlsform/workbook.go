package xlsform

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/form"
)

// Worksheets are read here and not by excelize: one pass gives text, type,
// date style and formula of a cell, which excelize gives only after building
// every cell of the sheet in memory, empty ones included; forty kilobytes of
// file can ask for gigabytes that way. excelize writes (write.go).

// Limits of what is read. The largest form seen has 1,000 rows and 800 KB.
const (
	maxFile    = 16 << 20 // packed
	maxUnzip   = 64 << 20
	maxPart    = 16 << 20
	maxRows    = 20000 // of any sheet
	maxColumns = 256
	maxText    = 4 << 20 // of all cells, each counted with what it takes to keep it
	maxCell    = 32767   // Excel's own
	maxMerges  = 1000
	maxMerged  = 100000 // cells
)

// ReadWorkbook reads a form out of the bytes of an .xlsx file. name is the
// form's id when its settings have none. The form is nil when a finding is an
// error. Time and memory are bounded whatever src holds.
func ReadWorkbook(name string, src []byte, o Options) (*form.Form, []Finding) {
	book, findings := ParseWorkbook(src)
	if fatal(findings) {
		return nil, findings
	}
	return Read(name, book, o)
}

// refusal says in the author's words why a file cannot be read at all.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	sayNotExcel  refusal = "这不是 Excel 表（.xlsx）。请用 Excel 或 WPS 另存为 .xlsx 再传。"
	sayOldExcel  refusal = "这是旧的 .xls 表。请在 Excel 或 WPS 里另存为 .xlsx 再传。"
	sayPassword  refusal = "这张表有密码。请去掉密码再传。"
	sayBroken    refusal = "这张表坏了，读不出来。请在 Excel 或 WPS 里打开，另存一份再传。"
	sayTooLarge  refusal = "这张表太大。一张表单用不了这么多，请把没用的工作表、图片和整列的格式删掉再存。"
	sayTooMuch   refusal = "这张表里的字太多。请把和表单无关的工作表删掉。"
	sayNoSheets  refusal = "这张表里没有工作表。"
	sayManyRows          = "行太多，最多 %d 行。多半是整列刷了格式，请把下面的空行删掉再存。"
	sayManySheet refusal = "工作表太多，最多 100 张。"
)

// ParseWorkbook reads the sheets of an .xlsx file as text: numbers without
// ".0", dates as 2026-11-23 or 2026-11-23 08:00:00, TRUE and FALSE, formulas as
// their saved results.
func ParseWorkbook(src []byte) (*Workbook, []Finding) {
	book, err := parseWorkbook(src)
	if err == nil {
		return book, nil
	}
	var why refusal
	if !errors.As(err, &why) {
		why = sayBroken
	}
	return nil, []Finding{{Text: string(why)}}
}

func parseWorkbook(src []byte) (*Workbook, error) {
	compound := []byte{0xd0, 0xcf, 0x11, 0xe0}
	encrypted := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	switch {
	case len(src) > maxFile:
		return nil, sayTooLarge
	case bytes.HasPrefix(src, compound) && bytes.Contains(src, encrypted):
		return nil, sayPassword
	case bytes.HasPrefix(src, compound):
		return nil, sayOldExcel
	case !bytes.HasPrefix(src, []byte("PK")):
		return nil, sayNotExcel
	}
	z, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		return nil, sayBroken
	}
	p := &archive{files: map[string]*zip.File{}, left: maxUnzip, text: maxText}
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return nil, sayPassword
		}
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if p.files[name] == nil {
			p.files[name] = f
		}
	}
	return p.workbook()
}

// archive is an opened .xlsx file.
type archive struct {
	files  map[string]*zip.File // by lower-case path
	left   int64                // bytes that may still be unpacked
	text   int                  // bytes of cells that may still be read
	shared []string
	dates  []bool // by style
	y1904  bool   // days count from 1904
}

// part unpacks a part, "" when there is none.
func (p *archive) part(name string) ([]byte, error) {
	f := p.files[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil, nil
	}
	if f.UncompressedSize64 > maxPart {
		return nil, sayTooLarge
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	limit := min(maxPart, p.left)
	b, err := io.ReadAll(io.LimitReader(rc, limit+1))
	if int64(len(b)) > limit {
		return nil, sayTooLarge
	}
	p.left -= int64(len(b))
	return b, err
}

// Relations of a part: what its ids stand for.
type relations struct {
	Relation []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

func (p *archive) relations(of string) (relations, error) {
	var r relations
	dir, file := path.Split(of)
	b, err := p.part(dir + "_rels/" + file + ".rels")
	if err != nil || b == nil {
		return r, err
	}
	return r, xml.Unmarshal(b, &r)
}

// resolve makes a path in the archive of a target named in part from.
func resolve(from, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(path.Dir(from), target)
}

func (p *archive) workbook() (*Workbook, error) {
	main := "xl/workbook.xml"
	top, err := p.relations("")
	if err != nil {
		return nil, err
	}
	for _, r := range top.Relation {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = resolve("", r.Target)
		}
	}
	b, err := p.part(main)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, sayNotExcel
	}
	var w struct {
		Pr struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
		XMLName xml.Name
	}
	if err := xml.Unmarshal(b, &w); err != nil {
		return nil, err
	}
	if w.XMLName.Local != "workbook" {
		return nil, sayNotExcel
	}
	const mostSheets = 100
	if len(w.Sheets) > mostSheets {
		return nil, sayManySheet
	}
	p.y1904 = w.Pr.Date1904 == "1" || w.Pr.Date1904 == "true"
	rels, err := p.relations(main)
	if err != nil {
		return nil, err
	}
	target := map[string]string{}
	for _, r := range rels.Relation {
		switch _, kind := path.Split(r.Type); kind {
		case "worksheet":
			target[r.ID] = resolve(main, r.Target)
		case "sharedStrings":
			err = p.readShared(resolve(main, r.Target))
		case "styles":
			err = p.readStyles(resolve(main, r.Target))
		}
		if err != nil {
			return nil, err
		}
	}
	book := &Workbook{}
	for _, s := range w.Sheets {
		if target[s.ID] == "" || strings.HasPrefix(s.Name, "_") {
			continue
		}
		sheet := Sheet{Name: s.Name}
		if err := p.readSheet(target[s.ID], &sheet); err != nil {
			return nil, err
		}
		book.Sheets = append(book.Sheets, sheet)
	}
	if len(book.Sheets) == 0 {
		return nil, sayNoSheets
	}
	return book, nil
}

// readShared reads the texts that cells share.
func (p *archive) readShared(name string) error {
	b, err := p.part(name)
	if err != nil {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	var text strings.Builder
	take, reading := false, true // reading is false in phonetic runs
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "si":
				text.Reset()
			case "t":
				take = reading
			case "rPh":
				reading = false
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "si":
				p.shared = append(p.shared, unescape(text.String()))
			case "t":
				take = false
			case "rPh":
				reading = true
			}
		case xml.CharData:
			if take && text.Len() < 4*maxCell {
				text.Write(e)
			}
		}
	}
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape reads _x000D_, which is how Excel writes characters that XML
// cannot hold, and cuts what is longer than Excel allows.
func unescape(s string) string {
	s = escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 16)
		if n == 0 || n >= 0xd800 && n < 0xe000 {
			return ""
		}
		return string(rune(n))
	})
	s = strings.ToValidUTF8(s, "")
	if len(s) > maxCell && characters(s) > maxCell {
		s = string([]rune(s)[:maxCell])
	}
	return tidy(s)
}

// readStyles finds out which styles show a number as a date.
func (p *archive) readStyles(name string) error {
	b, err := p.part(name)
	if err != nil || b == nil {
		return err
	}
	var s struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := xml.Unmarshal(b, &s); err != nil {
		return err
	}
	custom := map[int]bool{}
	for _, f := range s.Formats {
		custom[f.ID] = dateFormat(f.Code)
	}
	for _, c := range s.Cells {
		is, own := custom[c.Format]
		p.dates = append(p.dates, is || !own && dateFormatID(c.Format))
	}
	return nil
}

// dateFormatID reports whether a built-in format (ECMA-376 part 1, 18.8.30)
// shows a date or a time; those from 27 on are Chinese and Japanese ones.
func dateFormatID(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

var notInFormat = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|_.|\*.`)

func dateFormat(code string) bool {
	code, _, _ = strings.Cut(code, ";")
	return strings.ContainsAny(strings.ToLower(notInFormat.ReplaceAllString(code, "")), "ymdhs")
}

// sheetReader reads one worksheet.
type sheetReader struct {
	*archive
	sheet *Sheet
	row   Row
	last  int // row that had something, or the header
	col   int
	at    cellAttrs
	tag   string
	value strings.Builder
	done  bool
}

type cellAttrs struct {
	kind    string
	style   int
	formula bool
	valued  bool
}

func (p *archive) readSheet(name string, sheet *Sheet) error {
	b, err := p.part(name)
	if err != nil {
		return err
	}
	r := &sheetReader{archive: p, sheet: sheet}
	d := xml.NewDecoder(bytes.NewReader(b))
	for !r.done {
		tok, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			r.start(e)
		case xml.EndElement:
			r.end(e.Name.Local)
		case xml.CharData:
			if (r.tag == "v" || r.tag == "t") && r.value.Len() < 4*maxCell {
				r.value.Write(e)
			}
		}
		if p.text < 0 {
			return sayTooMuch
		}
	}
	markMerges(sheet, b)
	return nil
}

func (r *sheetReader) start(e xml.StartElement) {
	r.tag = e.Name.Local
	switch r.tag {
	case "row":
		r.row = Row{Number: r.row.Number + 1}
		if n, err := strconv.Atoi(attr(e, "r")); err == nil && n > 0 {
			r.row.Number = n
		}
		r.col = -1
		r.done = r.row.Number-r.last > rowGap+1
	case "c":
		r.col++
		if n, ok := columnOf(attr(e, "r")); ok {
			r.col = n
		}
		r.value.Reset()
		style, _ := strconv.Atoi(attr(e, "s"))
		r.at = cellAttrs{kind: attr(e, "t"), style: style}
	case "f":
		r.at.formula = true
	case "v":
		r.at.valued = true
	}
}

func (r *sheetReader) end(tag string) {
	r.tag = ""
	switch tag {
	case "c":
		r.cell()
	case "row":
		if r.row.empty() {
			return
		}
		if len(r.sheet.Rows) == maxRows {
			r.sheet.Broken, r.done = fmt.Sprintf(sayManyRows, maxRows), true
			return
		}
		r.sheet.Rows = append(r.sheet.Rows, r.row)
		r.last = r.row.Number
	case "sheetData":
		r.done = true
	}
}

func (r *sheetReader) cell() {
	if r.col < 0 || r.col >= maxColumns {
		return
	}
	c := Cell{Text: r.meaning(r.value.String())}
	c.NoValue = r.at.formula && !r.at.valued || r.at.kind == "e"
	if c.Text == "" && !c.NoValue {
		return
	}
	const perCell, perGap = 16, 4
	r.text -= len(c.Text) + perCell + perGap*max(0, r.col-len(r.row.Cells))
	for len(r.row.Cells) <= r.col {
		r.row.Cells = append(r.row.Cells, Cell{})
	}
	r.row.Cells[r.col] = c
}

// meaning is what the author sees of a stored value.
func (r *sheetReader) meaning(v string) string {
	switch r.at.kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && i >= 0 && i < len(r.shared) {
			return r.shared[i]
		}
		return ""
	case "b":
		return map[string]string{"1": "TRUE", "0": "FALSE"}[strings.TrimSpace(v)]
	case "str", "inlineStr":
		return unescape(v)
	case "d":
		return strings.TrimSuffix(strings.Replace(tidy(v), "T", " ", 1), " 00:00:00")
	case "e":
		return ""
	}
	v = strings.TrimSpace(v)
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return tidy(strings.ToValidUTF8(v, ""))
	}
	if r.at.style >= 0 && r.at.style < len(r.dates) && r.dates[r.at.style] {
		if text, ok := dateText(n, r.y1904); ok {
			return text
		}
	}
	return number(v, n)
}

// number writes 61.0 as 61, 1.1E+17 without exponent, and 0.1 as 0.1 although
// the file holds 0.10000000000000001.
func number(v string, n float64) string {
	if whole := strings.TrimLeft(v, "-0123456789"); whole == "" {
		return v
	}
	const readable = 1e21 // beyond it an author typed the exponent
	if n > readable || n < -readable || n != n {
		return v
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf reads the letters of a cell's name: C7 is column 2.
func columnOf(ref string) (int, bool) {
	n := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > 1<<14 {
			return n, true
		}
	}
	return n - 1, n > 0
}

var merge = regexp.MustCompile(`<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"`)

// markMerges marks the cells of a merge that Excel hides behind its first.
func markMerges(s *Sheet, src []byte) {
	left := maxMerged
	for _, m := range merge.FindAllSubmatch(src, maxMerges) {
		from, _ := columnOf(string(m[1]))
		to, _ := columnOf(string(m[3]))
		top, _ := strconv.Atoi(string(m[2]))
		bottom, _ := strconv.Atoi(string(m[4]))
		first, _ := slices.BinarySearchFunc(s.Rows, top, func(r Row, n int) int { return r.Number - n })
		for i := first; i < len(s.Rows) && s.Rows[i].Number <= bottom && left > 0; i++ {
			row := &s.Rows[i]
			for col := from; col <= to && col < maxColumns && left > 0; col++ {
				left--
				if row.Number == top && col == from {
					continue
				}
				for len(row.Cells) <= col {
					row.Cells = append(row.Cells, Cell{})
				}
				row.Cells[col].Merged = true
			}
		}
	}
}
