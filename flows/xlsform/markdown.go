package xlsform

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Lines of a text table, as pyxform's reader knows them.
var (
	tableComment = regexp.MustCompile(`^\s*#`)
	afterComment = regexp.MustCompile(`^(.*\|)\s*#[^|]*$`)
	tableRule    = regexp.MustCompile(`^[\s|:-]+$`)
)

const maxMarkdown = 1 << 20

// ParseMarkdown reads sheets written as pipe tables: the first column holds the
// name of a sheet, the rows below it are the sheet's, the first of them its
// header.
//
//	| survey |      |      |              |
//	|        | type | name | label        |
//	|        | text | need | 需要什么帮助? |
//
// "\|" is a pipe within a cell; lines of dashes and lines that begin with # are
// skipped, other lines outside of tables too. The column after the name counts
// as A, the first row as 1, as if the table were a workbook.
func ParseMarkdown(src []byte) (*Workbook, []Finding) {
	if len(src) > maxMarkdown {
		return nil, []Finding{{Text: fmt.Sprintf("文件太大，最多 %d MB。", maxMarkdown>>20)}}
	}
	if !utf8.Valid(src) {
		return nil, []Finding{{Text: "文字编码不是 UTF-8，请另存为 UTF-8。"}}
	}
	book := &Workbook{}
	number := 0
	for line := range strings.Lines(string(bytes.TrimPrefix(src, []byte("\ufeff")))) {
		cells, ok := tableCells(line)
		if !ok {
			continue
		}
		if name := cells[0]; name != "" {
			if book.sheet(name) != nil {
				return nil, []Finding{{Sheet: name, Text: "工作表有两张同名的，请并成一张。"}}
			}
			book.Sheets = append(book.Sheets, Sheet{Name: name})
			number = 0
		}
		row := Row{Cells: make([]Cell, len(cells)-1)}
		for i, text := range cells[1:] {
			row.Cells[i].Text = text
		}
		if len(book.Sheets) == 0 {
			if !row.empty() {
				return nil, []Finding{{Text: "表格第一列要先写工作表的名字，如 | survey |。"}}
			}
			continue
		}
		if cells[0] != "" && row.empty() {
			continue
		}
		number++
		if row.Number = number; !row.empty() {
			s := &book.Sheets[len(book.Sheets)-1]
			s.Rows = append(s.Rows, row)
		}
	}
	if len(book.Sheets) == 0 {
		return nil, []Finding{{Text: "文件里没有表格。表格每行以 | 开头，第一列写 survey、choices 或 settings。"}}
	}
	return book, nil
}

// tableCells splits a line of a table; ok is false for any other line.
func tableCells(line string) (cells []string, ok bool) {
	line = strings.TrimSpace(line)
	if tableComment.MatchString(line) || tableRule.MatchString(line) && strings.Contains(line, "-") {
		return nil, false
	}
	if m := afterComment.FindStringSubmatch(line); m != nil {
		line = strings.TrimSpace(m[1])
	}
	line, ok = strings.CutPrefix(line, "|")
	if !ok {
		return nil, false
	}
	var cell strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '|':
			cell.WriteByte('|')
			i++
		case line[i] == '|':
			cells = append(cells, tidy(cell.String()))
			cell.Reset()
		default:
			cell.WriteByte(line[i])
		}
	}
	if rest := tidy(cell.String()); rest != "" { // the last pipe is missing
		cells = append(cells, rest)
	}
	return cells, len(cells) > 0
}

// tidy is a cell's text without what no author sees: outer blanks, no-break
// spaces, carriage returns.
func tidy(s string) string {
	s = strings.ReplaceAll(s, "\u00a0", " ")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(s)
}
