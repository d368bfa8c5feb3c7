package xlsform

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Finding is one thing that an author is told. Errors keep a form from going
// live, warnings do not.
type Finding struct {
	Sheet   string `json:"sheet,omitempty"`
	Cell    string `json:"cell,omitempty"`   // "F18"
	Column  string `json:"column,omitempty"` // the header as the author wrote it
	Pos     int    `json:"pos,omitempty"`    // character within the cell, from 1; 0 is the whole cell
	Text    string `json:"text"`
	Warning bool   `json:"warning,omitempty"`
	Content string `json:"content,omitempty"` // text of the cell

	order, row, col int
}

// String is the finding in one line:
// survey!F18（relevant）：第 12 个字：找不到题目 “${ag}”。是不是 ${age}？
func (f Finding) String() string {
	var b strings.Builder
	if f.Sheet != "" {
		b.WriteString(f.Sheet)
		if f.Cell != "" {
			b.WriteString("!" + f.Cell)
		}
		if f.Column != "" {
			b.WriteString("（" + f.Column + "）")
		}
		b.WriteString("：")
	}
	if f.Warning {
		b.WriteString("提醒：")
	}
	if f.Pos > 0 {
		fmt.Fprintf(&b, "第 %d 个字：", f.Pos)
	}
	b.WriteString(f.Text)
	return b.String()
}

// Marked is the text of the cell and under it a mark at the character, two
// lines; "" when the finding is about no character. The text ends with the
// word at which reading stopped.
func (f Finding) Marked() string {
	const before = 30
	text := []rune(strings.Map(spaceForBreak, f.Content))
	if f.Pos < 1 || f.Pos > len(text)+1 {
		return ""
	}
	at := f.Pos - 1
	end := at + wordLength(text[at:], before)
	start := max(0, at-before)
	var line, mark strings.Builder
	if start > 0 {
		line.WriteString("… ")
		mark.WriteString("  ")
	}
	line.WriteString(string(text[start:end]))
	for _, c := range text[start:at] {
		mark.WriteRune(blankFor(c))
	}
	return line.String() + "\n" + mark.String() + "^"
}

// wordLength is how long the word at the head of text is, at most most: a
// ${name}, a text in quotes, letters and digits, or one sign.
func wordLength(text []rune, most int) int {
	if len(text) > 0 && (text[0] == '\'' || text[0] == '"') {
		if i := slices.Index(text[1:], text[0]); i >= 0 && i+2 <= most {
			return i + 2
		}
	}
	if i := slices.Index(text, '}'); i > 2 && i < most && text[0] == '$' && text[1] == '{' {
		return i + 1
	}
	n := 0
	for n < len(text) && n < most && (n == 0 || wordRune(text[n]) && wordRune(text[0])) {
		n++
	}
	return n
}

func spaceForBreak(c rune) rune {
	if unicode.IsSpace(c) {
		return ' '
	}
	return c
}

func wordRune(c rune) bool {
	return c == '_' || c == '-' || c == '.' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// blankFor is as wide as c, so that the mark stands under its character.
func blankFor(c rune) rune {
	if unicode.Is(unicode.Han, c) || c >= 0x3000 && c <= 0x303f || c >= 0xff00 && c <= 0xff60 {
		return '\u3000'
	}
	return ' '
}

// fatal reports whether a finding is an error.
func fatal(fs []Finding) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return !f.Warning })
}

// sortFindings puts findings in the order in which an author walks through
// the workbook.
func sortFindings(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col), cmp.Compare(a.Pos, b.Pos))
	})
}

// place is where a finding points to.
type place struct {
	table  *table
	row    Row
	col    int    // -1 is the whole row, shown as its column A
	column string // header; "" leaves it out
	pos    int
}

// mostFindings is more than anybody reads at once.
const mostFindings = 300

func (r *reader) errorf(p place, format string, args ...any) { r.tell(p, false, format, args...) }

func (r *reader) warnf(p place, format string, args ...any) { r.tell(p, true, format, args...) }

func (r *reader) tell(p place, warning bool, format string, args ...any) {
	r.keep(p.finding(fmt.Sprintf(format, args...), warning))
}

// keep drops what comes after the first hundreds, but never the first error.
func (r *reader) keep(f Finding) {
	if len(r.findings) < mostFindings || !f.Warning && !fatal(r.findings) {
		r.findings = append(r.findings, f)
	}
}

func (p place) finding(text string, warning bool) Finding {
	f := Finding{Text: text, Warning: warning, Pos: p.pos, Column: p.column}
	if p.table == nil {
		return f
	}
	f.Sheet, f.order = p.table.name, p.table.order
	if p.row.Number > 0 {
		f.row, f.col = p.row.Number, max(p.col, 0)
		f.Cell = cellName(f.col, f.row)
		f.Content = p.row.cell(f.col).Text
	}
	return f
}

func itoa(n int) string { return strconv.Itoa(n) }
