package xpath

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// sheet is a small reader of the survey sheet, enough to compile what it says.
type sheet struct {
	header map[string]int
	rows   [][]string
}

func (s sheet) cell(row int, column string) string {
	i, ok := s.header[column]
	if !ok || i >= len(s.rows[row]) {
		return ""
	}
	return strings.TrimSpace(s.rows[row][i])
}

var aliases = map[string]string{"relevance": "relevant", "calculate": "calculation", "readonly": "read_only", "count": "repeat_count", "jr:count": "repeat_count"}

func openSheet(f *excelize.File, name string) (sheet, bool) {
	for _, have := range f.GetSheetList() {
		if strings.EqualFold(strings.TrimSpace(have), name) {
			rows, err := f.GetRows(have)
			if err != nil || len(rows) == 0 {
				return sheet{}, false
			}
			s := sheet{header: map[string]int{}, rows: rows}
			for i, h := range rows[0] {
				h = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(h)), " ", "_")
				h = strings.TrimPrefix(h, "bind::")
				if a, ok := aliases[h]; ok {
					h = a
				}
				if _, ok := s.header[h]; !ok {
					s.header[h] = i
				}
			}
			return s, true
		}
	}
	return sheet{}, false
}

// tree builds the fields of a survey; at gives the field of each row.
func tree(s sheet) (root *Field, at map[int]*Field) {
	root = &Field{Kind: GroupField}
	at = map[int]*Field{}
	parent := root
	for i := 1; i < len(s.rows); i++ {
		words := strings.Fields(strings.ReplaceAll(strings.ToLower(s.cell(i, "type")), "_", " "))
		if len(words) == 0 {
			continue
		}
		if words[0] == "end" && len(words) > 1 && (words[1] == "group" || words[1] == "repeat") {
			if parent.Parent != nil {
				parent = parent.Parent
			}
			continue
		}
		f := &Field{Name: s.cell(i, "name"), Kind: kindOf(words), Parent: parent}
		if strings.HasPrefix(words[0], "select") && len(words) > 1 {
			f.List = strings.Fields(s.cell(i, "type"))[1]
		}
		parent.Children = append(parent.Children, f)
		at[i] = f
		if f.Kind >= GroupField {
			parent = f
		}
	}
	return root, at
}

func kindOf(words []string) FieldKind {
	switch words[0] {
	case "begin":
		if words[1] == "repeat" {
			return RepeatField
		}
		return GroupField
	case "integer", "int", "decimal", "range":
		return NumberField
	case "date", "today":
		return DateField
	case "datetime", "start", "end":
		return DateTimeField
	case "calculate":
		return AutoField
	}
	return TextField
}

var expressionColumns = []string{"relevant", "constraint", "calculation", "choice_filter", "repeat_count", "required", "read_only", "default"}

// expressions calls fn for every expression of a workbook.
func expressions(tb testing.TB, path string, fn func(row int, column, source string, env Env)) {
	f, err := excelize.OpenFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	s, ok := openSheet(f, "survey")
	if !ok {
		tb.Fatalf("%s: no survey sheet", path)
	}
	root, at := tree(s)
	names := Names(root)
	for i := 1; i < len(s.rows); i++ {
		for _, column := range expressionColumns {
			source := s.cell(i, column)
			if source == "" || at[i] == nil || isConstant(column, source) {
				continue
			}
			fn(i+1, column, source, Env{Root: root, Field: at[i], Filter: column == "choice_filter", Names: names})
		}
	}
}

// isConstant tells the cells that hold no expression.
func isConstant(column, source string) bool {
	switch strings.ToLower(source) {
	case "yes", "no", "true", "false", "1", "0", "true()", "false()":
		return true
	}
	return column == "default" && !strings.ContainsAny(source, "${(") ||
		column == "required" && !strings.ContainsAny(source, "${(=")
}

// told is what the authors of the workbooks must be told: row, column and what
// the text names.
var told = map[string][]string{
	"cht-dates.xlsx": {
		"9 calculation error cht:difference-in-days", "10 calculation error cht:difference-in-weeks",
		"11 calculation error cht:difference-in-months", "12 calculation error cht:difference-in-years",
	},
	"cht-person-create.xlsx":        {"30 calculation error add-date"},
	"cht-pregnancy-home-visit.xlsx": {"275 calculation error coalesce"},
	"pma-crvs-kap.xlsx": {
		"120 calculation error trim", "181 calculation error trim", "182 calculation error trim", "190 calculation error trim",
	},
	"pyxform-bad-calc.xlsx": {"2 calculation error 引号"},
}

// noted are warnings that must be among those given.
var noted = map[string]string{"unhcr-household-reinterview.xlsx": "11 calculation warning Ethopia"}

func TestRealWorkbooksCompileOrAreReported(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus, "*.xlsx"))
	if len(files) == 0 {
		t.Skip("the real workbooks are not here")
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			var errors, warnings []string
			count := 0
			expressions(t, path, func(row int, column, source string, env Env) {
				count++
				_, problems := Compile(source, env)
				for _, p := range problems {
					if p.Warning {
						warnings = append(warnings, fmt.Sprintf("%d %s warning %s", row, column, p.Text))
						t.Logf("warning %d %s:%d %s", row, column, p.Pos, p.Text)
					} else {
						errors = append(errors, fmt.Sprintf("%d %s error %s", row, column, p.Text))
						t.Logf("%d %s:%d %s   in %s", row, column, p.Pos, p.Text, source)
					}
				}
			})
			t.Logf("%d expressions", count)
			want := told[name]
			if len(errors) != len(want) {
				t.Errorf("%d errors, want %d", len(errors), len(want))
			}
			for _, w := range want {
				checkTold(t, errors, w)
			}
			if w, ok := noted[name]; ok {
				checkTold(t, warnings, w)
			}
		})
	}
}

func checkTold(t *testing.T, have []string, want string) {
	t.Helper()
	parts := strings.SplitN(want, " ", 4)
	head := strings.Join(parts[:3], " ") + " "
	if !slices.ContainsFunc(have, func(h string) bool {
		return strings.HasPrefix(h, head) && strings.Contains(h, parts[3])
	}) {
		t.Errorf("not reported: %s", want)
	}
}

// blank is Data in which nothing is answered and every repeat has two rows.
type blank struct{}

func (blank) Value(f *Field, _ []int) Value {
	switch f.Kind {
	case NumberField:
		return Stored(NumberField, "42")
	case DateField:
		return Stored(DateField, "2020-02-29")
	}
	return Text("yes")
}

func (blank) Rows(*Field, []int) int { return 2 }

func (blank) Items(string) []Item {
	return []Item{columns{"name": "yes", "label": "是"}, columns{"name": "no", "label": "否"}}
}

func BenchmarkRealWorkbooks(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join(corpus, "*.xlsx"))
	if len(files) == 0 {
		b.Skip("the real workbooks are not here")
	}
	type source struct {
		text string
		env  Env
	}
	var sources []source
	var exprs []*Expr
	for _, path := range files {
		expressions(b, path, func(_ int, _, text string, env Env) {
			if e, _ := Compile(text, env); e != nil {
				sources, exprs = append(sources, source{text, env}), append(exprs, e)
			}
		})
	}
	ctx := &Context{Data: blank{}, Now: clock, Rows: []int{0, 0, 0}, Item: columns{"name": "yes"}, Self: Text("yes")}
	b.Run("eval", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i = (i + 1) % len(exprs) {
			if _, err := exprs[i].Eval(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i = (i + 1) % len(sources) {
			if e, _ := Compile(sources[i].text, sources[i].env); e == nil {
				b.Fatal("no longer compiles")
			}
		}
	})
}
