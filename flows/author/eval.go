package author

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/xlsform"
	"xintiexin/flows/xpath"
)

// eval evaluates one expression, or checks a table of them.
func (c *command) eval(args []string) error {
	if len(args) > 0 && (args[0] == "-cases" || args[0] == "--cases") {
		if len(args) != 2 {
			return fmt.Errorf("form eval -cases FILE.csv: one file is needed")
		}
		return c.evalCases(args[1])
	}
	if len(args) == 0 {
		return fmt.Errorf("form eval EXPRESSION name=value …: no expression")
	}
	w := newWorld()
	for _, arg := range args[1:] {
		if err := w.assign(arg); err != nil {
			return err
		}
	}
	w.place("", 0)
	e, problems := xpath.Compile(args[0], w.env)
	for _, p := range problems {
		c.writeFindings([]xlsform.Finding{{Pos: p.Pos, Text: p.Text, Warning: p.Warning, Content: args[0]}}, true)
	}
	if e == nil {
		return errors.New("the expression is wrong")
	}
	v, err := e.Eval(w.context(c.Now()))
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	fmt.Fprintln(c.out, v)
	return nil
}

// evalCases checks a table in the shape that readCases reads.
func (c *command) evalCases(file string) error {
	r, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	defer r.Close()
	cases, err := readCases(r)
	if err != nil {
		return fmt.Errorf("read cases %s: %w", file, err)
	}
	failed := 0
	for _, t := range cases {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if got := t.result(); got != "" {
			failed++
			fmt.Fprintf(c.out, "%s: %s = %s, want %s\n", t.name, oneLine(t.source), got, t.expected)
		}
	}
	fmt.Fprintf(c.out, "%d passed, %d failed\n", len(cases)-failed, failed)
	if failed > 0 {
		return fmt.Errorf("%s: %d cases failed", file, failed)
	}
	return nil
}

// testCase is a row of a table of expressions.
type testCase struct{ name, source, context, expected string }

// readCases reads CSV with a header: name, expression, context-json, expected,
// in any order; further columns are left alone.
//
// context-json is an object: fields are the answers by name (null is not
// answered, a number an integer or decimal question, true and false a
// calculation, {"date": …} a date, a text any other); repeats the rows by
// repeat; in, [repeat, row from 1], where the expression stands; self the
// answer itself; lists the choice lists; now the hour, else casesNow.
// expected is JSON too: the value, or {"error": "compile"} for an expression
// that is refused, or {"error": "eval"} for one that fails.
func readCases(r io.Reader) ([]testCase, error) {
	records, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("the file is empty")
	}
	var at [4]int
	for i, name := range [...]string{"name", "expression", "context-json", "expected"} {
		at[i] = slices.IndexFunc(records[0], func(h string) bool {
			return strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), name)
		})
		if at[i] < 0 {
			return nil, fmt.Errorf("no column %q", name)
		}
	}
	var cases []testCase
	for _, rec := range records[1:] {
		cases = append(cases, testCase{rec[at[0]], rec[at[1]], rec[at[2]], rec[at[3]]})
	}
	return cases, nil
}

// casesNow is when the cases of a table are evaluated.
var casesNow = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)

// result evaluates t; it returns what came out when that was not expected, and
// "" when it was.
func (t testCase) result() (got string) {
	var want any
	if err := json.Unmarshal([]byte(t.expected), &want); err != nil {
		return "not checked: expected is no JSON: " + err.Error()
	}
	w, now, err := readContext(t.context)
	if err != nil {
		return "not checked: context: " + err.Error()
	}
	fails, _ := want.(map[string]any)
	e, problems := xpath.Compile(t.source, w.env)
	switch {
	case e == nil && fails["error"] == "compile":
		return ""
	case e == nil:
		return `{"error":"compile"} ` + problems[0].Text
	}
	in := w.context(now)
	v, err := e.Eval(in)
	switch {
	case (err != nil || in.Trouble != nil) && fails["error"] == "eval":
		return ""
	case err != nil:
		return `{"error":"eval"} ` + err.Error()
	case !same(v, want):
		return printed(v)
	}
	return ""
}

// same reports whether v is the wanted value and of its type.
func same(v xpath.Value, want any) bool {
	switch want := want.(type) {
	case bool:
		return v.Kind() == xpath.BoolField && v.Bool() == want
	case float64:
		return v.Kind() == xpath.NumberField && math.Abs(v.Number()-want) <= 1e-9*max(1, math.Abs(want))
	case string:
		number := v.Kind() == xpath.NumberField && !math.IsNaN(v.Number()) && !math.IsInf(v.Number(), 0)
		return v.String() == want && v.Kind() != xpath.BoolField && !number
	}
	return false
}

// printed is v as the column expected would have it.
func printed(v xpath.Value) string {
	if f := v.Number(); v.Kind() == xpath.BoolField || v.Kind() == xpath.NumberField && !math.IsNaN(f) && !math.IsInf(f, 0) {
		return v.String()
	}
	return `"` + v.String() + `"`
}

// readContext reads the column context-json.
func readContext(text string) (*world, time.Time, error) {
	var given struct {
		Fields  map[string]any
		Repeats map[string][]map[string]any
		In      []any
		Self    any
		Lists   map[string][]map[string]string
		Now     *time.Time
	}
	w := newWorld()
	if strings.TrimSpace(text) != "" {
		if err := json.Unmarshal([]byte(text), &given); err != nil {
			return nil, time.Time{}, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given.Fields)) {
		kind, v := typed(given.Fields[name])
		w.field(name, kind, v)
	}
	for _, name := range slices.Sorted(maps.Keys(given.Repeats)) {
		w.repeat(name, given.Repeats[name])
	}
	for _, name := range slices.Sorted(maps.Keys(given.Lists)) {
		w.list(name, given.Lists[name])
	}
	_, w.self = typed(given.Self)
	repeat, row := "", 0.0
	if len(given.In) == 2 {
		repeat, _ = given.In[0].(string)
		row, _ = given.In[1].(float64)
	}
	if !w.place(repeat, int(row)-1) {
		return nil, time.Time{}, fmt.Errorf("no row %v", given.In)
	}
	now := casesNow
	if given.Now != nil {
		now = *given.Now
	}
	return w, now, nil
}

// typed is a JSON value as the answer to a question of its type.
func typed(v any) (xpath.FieldKind, xpath.Value) {
	switch v := v.(type) {
	case float64:
		return xpath.NumberField, xpath.Stored(xpath.NumberField, xpath.FormatNumber(v))
	case bool:
		return xpath.BoolField, xpath.Bool(v)
	case map[string]any:
		day, _ := v["date"].(string)
		return xpath.DateField, xpath.Stored(xpath.DateField, day)
	case string:
		return xpath.TextField, xpath.Text(v)
	}
	return xpath.TextField, xpath.Empty
}

// world is all that an expression can see: xpath.Data over maps.
type world struct {
	env    xpath.Env
	values map[*xpath.Field][]xpath.Value // outside repeats there is one
	rows   map[*xpath.Field]int
	lists  map[string][]xpath.Item
	self   xpath.Value
	in     []int
}

func newWorld() *world {
	return &world{
		env:    xpath.Env{Root: &xpath.Field{Kind: xpath.GroupField}, Lists: []string{}},
		values: map[*xpath.Field][]xpath.Value{}, rows: map[*xpath.Field]int{}, lists: map[string][]xpath.Item{},
	}
}

// Value implements xpath.Data.
func (w *world) Value(f *xpath.Field, rows []int) xpath.Value {
	i := 0
	if len(rows) > 0 {
		i = rows[0]
	}
	if i >= len(w.values[f]) {
		return xpath.Empty
	}
	return w.values[f][i]
}

// Rows implements xpath.Data.
func (w *world) Rows(f *xpath.Field, _ []int) int { return w.rows[f] }

// Items implements xpath.Data.
func (w *world) Items(list string) []xpath.Item { return w.lists[list] }

func child(parent *xpath.Field, name string, kind xpath.FieldKind) *xpath.Field {
	f := &xpath.Field{Name: name, Kind: kind, Parent: parent}
	parent.Children = append(parent.Children, f)
	return f
}

func (w *world) field(name string, kind xpath.FieldKind, values ...xpath.Value) {
	w.values[child(w.env.Root, name, kind)] = values
}

// repeat adds rows of JSON; a question has the type of its first answer.
func (w *world) repeat(name string, rows []map[string]any) {
	repeat := child(w.env.Root, name, xpath.RepeatField)
	w.rows[repeat] = len(rows)
	names := map[string]bool{}
	for _, row := range rows {
		for q := range row {
			names[q] = true
		}
	}
	for _, q := range slices.Sorted(maps.Keys(names)) {
		f := child(repeat, q, xpath.TextField)
		for _, row := range rows {
			kind, v := typed(row[q])
			f.Kind = cmp.Or(f.Kind, kind)
			w.values[f] = append(w.values[f], v)
		}
	}
}

// assign adds what name=value says on the command line: .=value is the answer
// itself, child/age=3,5 the answers in the rows of the repeat child.
func (w *world) assign(arg string) error {
	name, value, ok := strings.Cut(arg, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return fmt.Errorf("%q is not name=value", arg)
	}
	if name == "." {
		w.self = xpath.Stored(xpath.AutoField, value)
		return nil
	}
	repeat, question, inside := strings.Cut(name, "/")
	if !inside {
		v := xpath.Stored(xpath.AutoField, value)
		w.field(name, v.Kind(), v)
		return nil
	}
	r := w.find(repeat)
	if r == nil {
		r = child(w.env.Root, repeat, xpath.RepeatField)
	}
	f := child(r, question, xpath.TextField)
	for _, text := range strings.Split(value, ",") {
		v := xpath.Stored(xpath.AutoField, text)
		f.Kind = cmp.Or(f.Kind, v.Kind())
		w.values[f] = append(w.values[f], v)
	}
	w.rows[r] = max(w.rows[r], len(w.values[f]))
	return nil
}

func (w *world) find(name string) *xpath.Field {
	for _, f := range w.env.Root.Children {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// item is a row of a list.
type item map[string]string

// Column implements xpath.Item.
func (i item) Column(name string) (string, bool) {
	s, ok := i[name]
	return s, ok
}

func (w *world) list(name string, rows []map[string]string) {
	w.env.Lists = append(w.env.Lists, name)
	for _, r := range rows {
		w.lists[name] = append(w.lists[name], item(r))
	}
}

// place says where the expression stands: in a row of a repeat, or outside of
// them when repeat is "". It returns false when there is no such repeat.
func (w *world) place(repeat string, row int) bool {
	parent := w.env.Root
	if repeat != "" {
		if parent = w.find(repeat); parent == nil || row < 0 {
			return false
		}
		w.in = []int{row}
	}
	w.env.Field = &xpath.Field{Parent: parent} // it has no name, so no path leads to it
	return true
}

func (w *world) context(now time.Time) *xpath.Context {
	return &xpath.Context{Data: w, Now: now, Rand: rand.New(rand.NewPCG(1, 1)), Self: w.self, Rows: w.in}
}
