package xlsform

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows/fuzzing"
)

// made is a workbook made by excelize.
func made(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "survey"); err != nil {
		t.Fatal(err)
	}
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a zip file of parts, each a name and its content.
func packed(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bare is the least of a workbook around the XML of its one sheet.
func bare(t testing.TB, sheet string, more ...string) []byte {
	t.Helper()
	return packed(t, append([]string{
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="survey" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="s.xml"/>` +
			`<Relationship Id="b" Type="x/sharedStrings" Target="/xl/t.xml"/><Relationship Id="c" Type="x/styles" Target="f.xml"/></Relationships>`,
		"xl/s.xml", `<worksheet><sheetData>` + sheet + `</sheetData></worksheet>`,
	}, more...)...)
}

func TestCellsReadAsTheirAuthorSeesThem(t *testing.T) {
	date, long, percent := "yyyy/m/d", `[$-804]yyyy"年"m"月"d"日" h:mm`, "0.00%"
	src := made(t, func(f *excelize.File) {
		style := func(cell string, s excelize.Style) {
			id, err := f.NewStyle(&s)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("survey", cell, cell, id); err != nil {
				t.Fatal(err)
			}
		}
		for cell, v := range map[string]any{
			"A1": true, "A2": false, "A3": 61.0, "A4": 0.1 + 0.2, "A5": 440102199001011234.0, "A6": "001", "A7": " a\u00a0b ",
			"A8": 46349, "A9": 46349.5, "A10": 0.5, "A11": 46349.25, "A12": -3, "A13": "“好”\n吗", "A14": 14,
		} {
			if err := f.SetCellValue("survey", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		style("A8", excelize.Style{CustomNumFmt: &date})
		style("A9", excelize.Style{NumFmt: 22})
		style("A10", excelize.Style{NumFmt: 20})
		style("A11", excelize.Style{CustomNumFmt: &long})
		style("A14", excelize.Style{CustomNumFmt: &percent})
		if err := f.SetCellFormula("survey", "A15", "1+1"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellRichText("survey", "A16", []excelize.RichTextRun{{Text: "一"}, {Text: "二", Font: &excelize.Font{Bold: true}}}); err != nil {
			t.Fatal(err)
		}
	})
	book, findings := ParseWorkbook(src)
	if findings != nil {
		t.Fatal(findings)
	}
	want := []string{
		"TRUE", "FALSE", "61", "0.3", "440102199001011000", "001", "a b", "2026-11-23", "2026-11-23 12:00:00", "12:00:00",
		"2026-11-23 06:00:00", "-3", "“好”\n吗", "14", "", "一二",
	}
	for i, row := range book.Sheets[0].Rows {
		if got := row.Cells[0].Text; got != want[i] && got != "0.30000000000000004" {
			t.Errorf("A%d is %q, want %q", i+1, got, want[i])
		}
	}
	if !book.Sheets[0].Rows[14].Cells[0].NoValue {
		t.Error("a formula without a result passes for an empty cell")
	}
}

func TestCellsThatExcelizeDoesNotWrite(t *testing.T) {
	src := bare(t, `
		<row><c t="s"><v>0</v></c><c t="s"><v>7</v></c><c t="inlineStr"><is><t>in_x000D_line</t></is></c><c t="d"><v>2026-11-23T08:00:00</v></c></row>
		<row r="5"><c r="B5" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D5" t="str"><f>"a"</f><v>a</v></c><c r="C5" s="1"><v>1</v></c></row>
		<row r="70"><c r="A70" t="inlineStr"><is><t>too far below</t></is></c></row>`,
		"xl/t.xml", `<sst><si><r><t>汉</t></r><rPh><t>han</t></rPh><r><t>字</t></r></si></sst>`,
		"xl/f.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs></styleSheet>`)
	book, findings := ParseWorkbook(src)
	if findings != nil {
		t.Fatal(findings)
	}
	got := fmt.Sprint(book.Sheets[0].Rows)
	want := "[{1 [{汉字 false false} { false false} {in\rline false false} {2026-11-23 08:00:00 false false}]} " +
		"{5 [{ false false} { true false} {1900-01-00 false false} {a false false}]}]"
	want = strings.Replace(want, "1900-01-00", "1899-12-31", 1)
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMergedCellsAreMarked(t *testing.T) {
	src := made(t, func(f *excelize.File) {
		for cell, v := range map[string]string{"A1": "type", "B1": "name", "C1": "label", "A2": "text", "C2": "甲", "A3": "text", "B3": "b", "C3": "乙"} {
			if err := f.SetCellStr("survey", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.MergeCell("survey", "A2", "B2"); err != nil {
			t.Fatal(err)
		}
	})
	_, findings := ReadWorkbook("x", src, Options{})
	if len(findings) != 2 || findings[0].String() != "survey!B2（name）：提醒：这格是合并单元格，只有左上一格有字。请取消合并。" {
		t.Errorf("got %v", findings)
	}
}

func TestFormulasWithoutResultAreErrors(t *testing.T) {
	src := made(t, func(f *excelize.File) {
		for cell, v := range map[string]string{"A1": "type", "B1": "name", "C1": "label", "A2": "text", "B2": "a"} {
			if err := f.SetCellStr("survey", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SetCellFormula("survey", "C2", `"a"&"b"`); err != nil {
			t.Fatal(err)
		}
	})
	_, findings := ReadWorkbook("x", src, Options{})
	if len(findings) == 0 || findings[0].String() != "survey!C2（label）：这格是 Excel 公式，没有存下结果。请在 Excel 里打开再存一次，或直接写文字。" {
		t.Errorf("got %v", findings)
	}
}

func TestFilesThatAreNoFormGetOneLine(t *testing.T) {
	compound := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	wide := func(s string) string {
		var b strings.Builder
		for _, c := range s {
			b.WriteString(string(c) + "\x00")
		}
		return b.String()
	}
	row := func(n int) string {
		return fmt.Sprintf(`<row r="%d"><c r="A%d" t="inlineStr"><is><t>text</t></is></c></row>`, n, n)
	}
	var rows strings.Builder
	for i := range 100_000 {
		rows.WriteString(row(i + 1))
	}
	far := `<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>`
	tests := []struct {
		name string
		src  []byte
		want string
	}{
		{"nothing", nil, string(sayNotExcel)},
		{"a text", []byte("type,name,label"), string(sayNotExcel)},
		{"an old workbook under a new name", []byte(compound + strings.Repeat("\x00", 512)), string(sayOldExcel)},
		{"a workbook with a password", []byte(compound + wide("EncryptedPackage")), string(sayPassword)},
		{"another document", packed(t, "word/document.xml", "<document/>"), string(sayNotExcel)},
		{"half a file", made(t, func(*excelize.File) {})[:400], string(sayBroken)},
		{"a sheet that is no XML", bare(t, "<row><c></row"), string(sayBroken)},
		{"a part that unpacks to too much", bare(t, strings.Repeat(" ", 17<<20)), string(sayTooLarge)},
		{"texts that are too much together", bare(t, strings.Repeat(`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 40)+`</row>`, 20),
			"xl/t.xml", "<sst><si><t>"+strings.Repeat("x", 20000)+"</t></si></sst>"), string(sayTooMuch)},
		{"a hundred thousand rows", bare(t, rows.String()), "survey：" + fmt.Sprintf(sayManyRows, maxRows)},
		{"a cell at the far end", bare(t, far), "survey!A1：第一行没有 type 列。第一行要写列名：type、name、label。"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, findings := ReadWorkbook("x", tt.src, Options{})
			if f != nil || len(findings) == 0 || findings[0].String() != tt.want {
				t.Errorf("got %v, want %s", findings, tt.want)
			}
		})
	}
}

func TestDayNumbers(t *testing.T) {
	tests := []struct {
		n    float64
		from bool
		want string
	}{
		{46349, false, "2026-11-23"}, {46349 - 1462, true, "2026-11-23"}, {46349.0 + 1.0/3, false, "2026-11-23 08:00:00"},
		{0.75, false, "18:00:00"}, {-1, false, ""}, {1e9, false, ""}, {2958465, false, "9999-12-31"},
	}
	for _, tt := range tests {
		if got, ok := dateText(tt.n, tt.from); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%v is %q, want %q", tt.n, got, tt.want)
		}
	}
}

// large is a form of 100 questions, half of them with expressions.
func large(t testing.TB) []byte {
	return made(t, func(f *excelize.File) {
		put := func(sheet string, row int, cells ...any) {
			if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", row), &cells); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.NewSheet("choices"); err != nil {
			t.Fatal(err)
		}
		put("survey", 1, "type", "name", "label::中文 (zh)", "label::English (en)", "hint::中文 (zh)", "required", "relevant", "constraint", "constraint_message::中文 (zh)")
		put("survey", 2, "integer", "q0", "家里几口人？", "How many?", "写数字", true, "", ". < 30", "太多了")
		for i := 1; i < 100; i++ {
			kind := []string{"text", "select_one l5", "integer", "date"}[i%4]
			put("survey", i+2, kind, fmt.Sprintf("q%d", i), fmt.Sprintf("第 %d 个问题：${q0} 口人都好吗？", i), "Is everybody well?", "慢慢说", "yes",
				fmt.Sprintf("${q0} > %d and not(selected(${q%d}, 'x'))", i, i-1), "string-length(.) < 20", "写短一点")
		}
		put("choices", 1, "list_name", "name", "label::中文 (zh)", "label::English (en)")
		for i := range 200 {
			put("choices", i+2, fmt.Sprintf("l%d", i%20), fmt.Sprintf("c%d", i), fmt.Sprintf("选项%d", i), "choice")
		}
	})
}

func TestAHundredQuestionsLoad(t *testing.T) {
	f, findings := ReadWorkbook("x", large(t), Options{})
	if fatal(findings) || len(f.Questions) != 100 || len(f.Lists) != 20 {
		t.Fatalf("got %v", findings)
	}
	if q := f.Questions[1]; q.Label != "第 1 个问题：${q0} 口人都好吗？" || q.Required != "yes" {
		t.Errorf("got %+v", q)
	}
}

func BenchmarkWorkbookOf100Questions(b *testing.B) {
	src := large(b)
	b.ReportAllocs()
	for b.Loop() {
		if f, findings := ReadWorkbook("x", src, Options{}); f == nil {
			b.Fatal(findings)
		}
	}
}

func FuzzWorkbook(f *testing.F) {
	fuzzing.Begin(f)
	f.Add(large(f))
	f.Add(made(f, func(*excelize.File) {}))
	f.Add(bare(f, `<row r="2"><c r="A2" t="s"><v>0</v></c></row>`, "xl/t.xml", `<sst><si><t>type</t></si></sst>`))
	f.Add([]byte("\xd0\xcf\x11\xe0"))
	f.Fuzz(func(t *testing.T, src []byte) {
		defer fuzzing.Bound(t)
		form, findings := ReadWorkbook("x", src, Options{})
		checkRead(t, form == nil, findings)
	})
}

// FuzzSheet reaches deeper than FuzzWorkbook, whose inputs mostly stay no zip
// files.
func FuzzSheet(f *testing.F) {
	fuzzing.Begin(f)
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c><c r="XFD1"><v>1</v></c></row>`, `<sst><si><t>a</t></si></sst>`)
	f.Add(`<row r="99999"><c r="ZZZZZZZZ9" s="-1"><f/><v>1e999</v></c></row>`, ``)
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		defer fuzzing.Bound(t)
		form, findings := ReadWorkbook("x", bare(t, sheet, "xl/t.xml", shared), Options{})
		checkRead(t, form == nil, findings)
	})
}

func FuzzMarkdown(f *testing.F) {
	fuzzing.Begin(f)
	f.Add([]byte(visitTable))
	f.Add([]byte(everything))
	f.Fuzz(func(t *testing.T, src []byte) {
		defer fuzzing.Bound(t)
		form, findings := ReadMarkdown("x", src, Options{Live: []string{"residents"}})
		checkRead(t, form == nil, findings)
		if form == nil {
			return
		}
		var file bytes.Buffer
		if err := Write(&file, form); err != nil {
			return // a sheet's name that Excel refuses
		}
		if again, findings := ReadWorkbook("x", file.Bytes(), Options{Live: []string{"residents"}}); again == nil {
			t.Errorf("what we wrote we refuse: %v", findings)
		}
	})
}

func checkRead(t *testing.T, refused bool, findings []Finding) {
	t.Helper()
	if refused != fatal(findings) {
		t.Errorf("refused %v with %v", refused, findings)
	}
	for _, x := range findings {
		if x.Text == "" || x.Pos < 0 || x.Pos > characters(x.Content)+1 {
			t.Errorf("finding %+v", x)
		}
		_ = x.Marked()
	}
}
