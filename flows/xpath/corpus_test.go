package xpath

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// corpus holds the cases of the reference table and real workbooks. They are
// read where they lie; without them these tests are skipped.
const corpus = "../../../shared/xlsforms"

var clock = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)

// answers is Data out of maps, for tests.
type answers struct {
	values map[*Field]Value   // outside repeats
	rows   map[*Field][]Value // in one repeat
	count  map[*Field]int
	lists  map[string][]Item
}

func (a *answers) Value(f *Field, rows []int) Value {
	if len(rows) == 0 {
		return a.values[f]
	}
	if in := a.rows[f]; rows[0] < len(in) {
		return in[rows[0]]
	}
	return Empty
}

func (a *answers) Rows(f *Field, _ []int) int { return a.count[f] }

func (a *answers) Items(list string) []Item { return a.lists[list] }

type columns map[string]string

func (c columns) Column(name string) (string, bool) {
	s, ok := c[name]
	return s, ok
}

// given is the context of a case of the table.
type given struct {
	Fields  map[string]any              `json:"fields"`
	Repeats map[string][]map[string]any `json:"repeats"`
	In      []any                       `json:"in"`
	Self    any                         `json:"self"`
	Lists   map[string][]columns        `json:"lists"`
}

func answer(v any) (FieldKind, Value) {
	switch v := v.(type) {
	case float64:
		return NumberField, Stored(NumberField, FormatNumber(v))
	case bool:
		return BoolField, Bool(v)
	case map[string]any:
		return DateField, Stored(DateField, v["date"].(string))
	case string:
		return TextField, Stored(TextField, v)
	}
	return TextField, Empty
}

func (g given) build() (Env, *Context) {
	root := &Field{Kind: GroupField}
	data := &answers{map[*Field]Value{}, map[*Field][]Value{}, map[*Field]int{}, map[string][]Item{}}
	add := func(parent *Field, name string, kind FieldKind) *Field {
		f := &Field{Name: name, Kind: kind, Parent: parent}
		parent.Children = append(parent.Children, f)
		return f
	}
	for name, v := range g.Fields {
		kind, value := answer(v)
		data.values[add(root, name, kind)] = value
	}
	env := Env{Root: root, Lists: []string{}}
	ctx := &Context{Data: data, Now: clock, Rand: rand.New(rand.NewPCG(1, 2))}
	_, ctx.Self = answer(g.Self)
	for name, rows := range g.Repeats {
		repeat := add(root, name, RepeatField)
		data.count[repeat] = len(rows)
		for question := range rows[0] {
			f := add(repeat, question, TextField)
			for _, row := range rows {
				kind, value := answer(row[question])
				if kind != TextField {
					f.Kind = kind
				}
				data.rows[f] = append(data.rows[f], value)
			}
		}
		if len(g.In) == 2 && g.In[0] == name {
			env.Field = add(repeat, "here", TextField)
			ctx.Rows = []int{int(g.In[1].(float64)) - 1}
		}
	}
	if env.Field == nil {
		env.Field = add(root, "here", TextField)
	}
	for name, items := range g.Lists {
		env.Lists = append(env.Lists, name)
		for _, item := range items {
			data.lists[name] = append(data.lists[name], item)
		}
	}
	return env, ctx
}

type row struct {
	name, source, context, expected string
}

func table(tb testing.TB) []row {
	f, err := os.Open(filepath.Join(corpus, "expressions.csv"))
	if err != nil {
		tb.Skipf("the table of expressions is not here: %v", err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var rows []row
	for _, r := range records[1:] {
		rows = append(rows, row{r[0], r[1], r[2], r[3]})
	}
	return rows
}

func (r row) build(tb testing.TB) (Env, *Context) {
	var g given
	if err := json.Unmarshal([]byte(r.context), &g); err != nil {
		tb.Fatal(err)
	}
	return g.build()
}

func TestTableOfExpressions(t *testing.T) {
	for _, r := range table(t) {
		t.Run(r.name, func(t *testing.T) {
			env, ctx := r.build(t)
			e, problems := Compile(r.source, env)
			if r.expected == `{"error": "compile"}` {
				if e != nil || len(problems) == 0 || problems[0].Pos < 1 || problems[0].Text == "" {
					t.Fatalf("%s: compiled, %v", r.source, problems)
				}
				return
			}
			if e == nil {
				t.Fatalf("%s: %v", r.source, problems)
			}
			v, err := e.Eval(ctx)
			if r.expected == `{"error": "eval"}` {
				if err == nil {
					t.Fatalf("%s gave %v, want an error", r.source, v)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, r, v)
		})
	}
}

func checkResult(t *testing.T, r row, v Value) {
	t.Helper()
	var want any
	if err := json.Unmarshal([]byte(r.expected), &want); err != nil {
		t.Fatalf("expected %q: %v", r.expected, err)
	}
	ok := false
	switch w := want.(type) {
	case bool:
		ok = v.Kind() == BoolField && v.Bool() == w
	case float64:
		ok = v.Kind() == NumberField && math.Abs(v.Number()-w) <= 1e-9*math.Max(1, math.Abs(w))
	case string:
		ok = v.String() == w && v.Kind() != BoolField
	}
	if !ok {
		t.Errorf("%s = %v (kind %d), want %s", r.source, v, v.Kind(), r.expected)
	}
}

func BenchmarkTableOfExpressions(b *testing.B) {
	var exprs []*Expr
	var contexts []*Context
	for _, r := range table(b) {
		env, ctx := r.build(b)
		if e, _ := Compile(r.source, env); e != nil {
			exprs, contexts = append(exprs, e), append(contexts, ctx)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i = (i + 1) % len(exprs) {
		if _, err := exprs[i].Eval(contexts[i]); err != nil {
			b.Fatal(err)
		}
	}
}
