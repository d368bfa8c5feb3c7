package xpath

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// people is Data for a village: values by path with row numbers, as in
// member[2]/visit[1]/day.
type people map[string]Value

func path(f *Field, rows []int) string {
	var names []string
	for n, f := len(rows), f; f != nil && f.Name != ""; f = f.Parent {
		name := f.Name
		if f.Kind == RepeatField && n > 0 && n <= len(rows) {
			n--
			name = fmt.Sprintf("%s[%d]", name, rows[n]+1)
		}
		names = append(names, name)
	}
	slices.Reverse(names)
	return strings.Join(names, "/")
}

func (p people) Value(f *Field, rows []int) Value { return p[path(f, rows)] }

func (p people) Rows(f *Field, rows []int) int {
	inner := ""
	if len(rows) > 0 {
		inner = path(f.Parent, rows) + "/"
	}
	return int(p["rows "+inner+f.Name].Number() + 0)
}

func (people) Items(list string) []Item {
	if list != "cun" && list != "towns" {
		return nil
	}
	return []Item{
		columns{"name": "c1", "label": "东湖村", "pop": "812", "town": "east"},
		columns{"name": "c2", "label": "西河村", "pop": "430", "town": "east"},
		columns{"name": "west", "label": "西镇", "pop": "99", "town": "west"},
	}
}

func (people) LastSaved(f *Field) Value { return Text("上次的" + f.Name) }

func threePeople() people {
	return people{
		"age": Stored(NumberField, "30"), "town": Text("east"), "house/head": Text("张三"), "house/born": DateText("1990-02-28"),
		"house/done": Bool(false), "rows member": Number(3),
		"member[1]/name": Text("甲"), "member[1]/years": Number(70), "member[1]/box/boxed": Text("一"), "rows member[1]/visit": Number(2),
		"member[2]/name": Text("乙"), "member[2]/box/boxed": Text("二"), "rows member[2]/visit": Number(0),
		"member[3]/name": Text("丙"), "member[3]/years": Number(8), "rows member[3]/visit": Number(1),
		"member[1]/visit[1]/no": Number(1), "member[1]/visit[2]/no": Number(2), "member[3]/visit[1]/no": Number(4),
		"member[1]/visit[1]/day": Text("周一"), "member[1]/visit[2]/day": Text("周二"), "member[3]/visit[1]/day": Text("周三"),
	}
}

func TestScopesOfRepeats(t *testing.T) {
	v := newVillage()
	tests := []struct {
		name   string
		from   *Field
		rows   []int
		source string
		want   string
	}{
		{"the same row", v.years, []int{2}, "${name}", "丙"},
		{"a sibling in a group of the row", v.years, []int{1}, "${boxed}", "二"},
		{"from the group to the row", v.boxed, []int{2}, "${name}", "丙"},
		{"a path to the row", v.boxed, []int{2}, "../../name", "丙"},
		{"the enclosing row from the inner repeat", v.day, []int{2, 0}, "${name}", "丙"},
		{"the same inner row", v.day, []int{0, 1}, "${no}", "2"},
		{"the inner rows of this row", v.years, []int{0}, "sum(${no})", "3"},
		{"the inner rows of a row without any", v.years, []int{1}, "count(${visit})", "0"},
		{"all inner rows from outside", v.age, nil, "sum(${no})", "7"},
		{"all inner rows joined in order", v.age, nil, "join(',', ${day})", "周一,周二,周三"},
		{"outside, from inside", v.day, []int{0, 1}, "${age}", "30"},
		{"all rows from inside a row", v.years, []int{1}, "count(${member})", "3"},
		{"a sum of all from inside a row, by path", v.years, []int{1}, "sum(../../member/years)", "78"},
		{"the row number from a group of the row", v.boxed, []int{1}, "position(../..)", "2"},
		{"the row number, whatever group lies between", v.boxed, []int{1}, "position(..)", "2"},
		{"the inner row number", v.day, []int{2, 0}, "position(..)", "1"},
		{"the outer row number from the inner", v.day, []int{2, 0}, "position(../..)", "3"},
		{"outside repeats it is 1", v.age, nil, "position(..)", "1"},
		{"rows that fit", v.age, nil, "count(${member}[years >= 60 or name = '丙'])", "2"},
		{"a row by number", v.age, nil, "${member}[2]/name", "乙"},
		{"a row by position()", v.age, nil, "${member}[position() = 3]/name", "丙"},
		{"the last row", v.age, nil, "${member}[position() = last()]/name", "丙"},
		{"a row that is not there", v.age, nil, "${member}[9]/name", ""},
		{"two predicates, one after the other", v.age, nil, "${member}[years > 0][2]/name", "丙"},
		{"the first inner row of each row", v.age, nil, "sum(${member}/visit[1]/no)", "5"},
		{"predicates in predicates", v.age, nil, "join(',', ${member}[count(visit[no > 1]) > 0]/name)", "甲,丙"},
		{"${x} in a predicate is the question's view", v.years, []int{2}, "count(${member}[name = ${name}])", "1"},
		{"current() in a predicate", v.years, []int{2}, "count(/data/member[name = current()/../name])", "1"},
		{"up from a row that fits", v.age, nil, "${member}[1]/../age", "30"},
		{"every child", v.age, nil, "count(/data/house/*)", "4"},
		{"every child of every row", v.age, nil, "count(${member}/*)", "12"},
		{"parents are not counted twice", v.age, nil, "count(${visit}/..)", "3"},
		{"a union counts each once", v.age, nil, "count(${member} | ${member}[1] | ${visit})", "6"},
		{"indexed-repeat", v.age, nil, "indexed-repeat(${name}, ${member}, 2)", "乙"},
		{"indexed-repeat beyond the end", v.age, nil, "indexed-repeat(${name}, ${member}, 4)", ""},
		{"indexed-repeat of an empty number", v.age, nil, "indexed-repeat(${name}, ${member}, '')", "甲"},
		{"indexed-repeat of two", v.age, nil, "indexed-repeat(${day}, ${member}, 1, ${visit}, 2)", "周二"},
		{"indexed-repeat, the outer row being this", v.years, []int{2}, "indexed-repeat(${day}, ${visit}, 1)", "周三"},
		{"indexed-repeat, inner given first", v.age, nil, "indexed-repeat(${day}, ${visit}, 2, ${member}, 1)", "周二"},
		{"a set matches if any does", v.age, nil, "${years} = 8", "true"},
		{"a set differs if any does", v.age, nil, "${years} != 8", "true"},
		{"an empty set is the empty text", v.years, []int{1}, "${no} = ''", "true"},
		{"count that looks at the last row", v.member, nil, "if(${member}[position()=3]/name='丙', 4, 3)", "4"},
		{"the last submission", v.age, nil, "${last-saved#head}", "上次的head"},
		{"a lookup", v.age, nil, "pulldata('cun.csv', 'label', 'name', 'c2')", "西河村"},
		{"the first of many items", v.age, nil, "instance('cun')/root/item[town = ${town}]/label", "东湖村"},
		{"items by number", v.age, nil, "instance('cun')/root/item[town = 'east'][2]/label", "西河村"},
		{"a sum over items", v.age, nil, "sum(instance('cun')/root/item[pop < 500]/pop)", "529"},
		{"the label of an answer", v.age, nil, "jr:choice-name('west', '${town}')", "西镇"},
		{"jr:itext is the label", v.age, nil, "jr:itext(instance('cun')/root/item[name = 'c1']/itextId)", "东湖村"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := v.env()
			env.Field = tt.from
			e, problems := Compile(tt.source, env)
			if e == nil || len(problems) > 0 {
				t.Fatalf("%s: %v", tt.source, problems)
			}
			got, err := e.Eval(&Context{Data: threePeople(), Now: clock, Rows: tt.rows})
			if err != nil || got.String() != tt.want {
				t.Errorf("%s = %q, %v, want %q", tt.source, got, err, tt.want)
			}
		})
	}
}

func TestRulesOfValues(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"a false answer is false", "if(${done}, 'y', 'n')", "n"},
		{"the text false is true", "boolean('false')", "true"},
		{"the text 0 is true", "boolean('0')", "true"},
		{"no exponent", "string(13800138000)", "13800138000"},
		{"large numbers", "string(100000000000000000000)", "100000000000000000000"},
		{"no exponent for small ones", "string(0.0000001)", "0.0000001"},
		{"no noise of binary fractions", "string(0.1 + 0.2)", "0.3"},
		{"NaN is not shown", "concat(${age} + 'x', '岁')", "岁"},
		{"halves go up", "round(-1.5)", "-1"},
		{"halves go up in decimals", "round(2.675, 2)", "2.68"},
		{"places far away", "round(5, 400)", "5"},
		{"pow beyond numbers", "string(pow(10, 400))", "Infinity"},
		{"three comparisons", "3 < 4 < 5", "true"},
		{"text has no order", "'abc' < 'abd'", "false"},
		{"texts are compared as texts", "'017.' = '17.000'", "false"},
		{"a number of an ISO date", "number('1970-01-02')", "1"},
		{"no exponent is read", "number('1e3')", "NaN"},
		{"a word within a word", "selected('a_no no_a', 'no')", "false"},
		{"a word after one that begins like it", "selected('not no', 'no')", "true"},
		{"nothing in something", "selected('a', '')", "false"},
		{"nothing in nothing", "selected('', '')", "true"},
		{"whole values match, not parts", "regex('x123', '[0-9]+')", "false"},
		{"alternatives match whole values", "regex('ab', 'a|b')", "false"},
		{"Chinese characters as Java writes them", `regex('张三', '[\u4e00-\u9fa5]{2,4}')`, "true"},
		{"a backslash before u", `regex('\u', '\\u')`, "true"},
		{"an impossible date is empty", "date('1983-09-31') = ''", "true"},
		{"29 February", "string(date('2000-02-29'))", "2000-02-29"},
		{"29 February in a common year", "string(date('1900-02-29'))", ""},
		{"months to the day", "difference-in-months('1990-02-28', '2026-02-27')", "431"},
		{"months from the end of a longer month", "difference-in-months('2026-01-31', '2026-02-28')", "1"},
		{"months backwards", "difference-in-months('2026-03-15', '2026-01-16')", "-1"},
		{"months of nothing", "difference-in-months('', today()) = ''", "true"},
		{"age in years", "int((today() - ${born}) div 365.25)", "36"},
		{"weekday and month in Chinese", "format-date(today(), '%b%e日 %a')", "11月23日 周一"},
		{"the clock", "format-date-time(now(), '%Y-%m-%d %H:%M:%S.%3')", "2026-11-23 10:30:00.000"},
		{"now as text", "string(now())", "2026-11-23T10:30:00.000+08:00"},
		{"now is after the midnight of today", "now() > today()", "true"},
		{"a date before 1970", "string(date(-1))", "1969-12-31"},
		{"a date beyond the calendar", "string(date(99999999))", ""},
		{"days added", "string(date('2024-02-28' + 2))", "2024-03-01"},
		{"a time has a fraction", "decimal-date-time('1970-01-01T12:00:00Z')", "0.5"},
		{"a time there and back", "string(date-time(decimal-date-time('2026-11-23T06:15:00.000+08:00')))", "2026-11-23T06:15:00.000+08:00"},
		{"substr with one end", "substr('张家村委会', 3)", "委会"},
		{"substr from the end", "substr('hello', -3)", "llo"},
		{"substr turned round", "substr('hello', 3, 1)", ""},
		{"translate removes", "translate('138-0013', '-', '')", "1380013"},
		{"substring-after of nothing found", "substring-after('hello', 'z')", ""},
		{"string-length of .", "string-length()", "2"},
		{"coalesce of NaN", "coalesce(number('x'), 7)", "7"},
		{"checklist without an upper bound", "checklist(1, -1, 1, 1, 1)", "true"},
		{"weighted-checklist", "weighted-checklist(3, 5, true(), 2, false(), 9)", "false"},
		{"a hash in hex", "digest('abc', 'MD5', 'hex')", "900150983cd24fb0d6963f7d28e17f72"},
		{"a fraction and an integer", "7 mod 2.5", "2"},
		{"minus binds closer than times", "-2 * 3", "-6"},
		{"or after and", "true() or false() and false()", "true"},
		{"min of texts that are no numbers", "min(1, 'x')", "NaN"},
		{"only the branch taken", "if(true(), 1, digest('a', ${head}))", "1"},
		{"a name with a dot and a dash", "../no-such.name = ''", "true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, problems := Compile(tt.source, newVillage().env())
			if e == nil {
				t.Fatal(problems)
			}
			got, err := e.Eval(&Context{Data: threePeople(), Now: clock, Self: Text("张三")})
			if err != nil || got.String() != tt.want {
				t.Errorf("%s = %q, %v, want %q", tt.source, got, err, tt.want)
			}
		})
	}
}

func TestStoredValuesComeBackAsTheyWere(t *testing.T) {
	for _, v := range []Value{Empty, Text("0"), Text("张三"), Number(0), Number(-2.5), Number(1e15), Bool(false), Bool(true),
		DateText("2026-11-23"), DateText("2026-11-23T08:00:00.000+08:00")} {
		got := Stored(v.Kind(), Store(v))
		if !equal(got, v) || got.Kind() != v.Kind() || got.Bool() != v.Bool() {
			t.Errorf("%v (kind %d) came back as %v (kind %d)", v, v.Kind(), got, got.Kind())
		}
	}
	if s := Store(Number(math.NaN())); s != "" {
		t.Errorf("NaN is stored as %q", s)
	}
	for text, want := range map[string]FieldKind{"true": BoolField, "12": NumberField, "007": TextField, "2026-11-23": DateField,
		"440102199001011234": TextField, "是": TextField, "1.50": TextField} {
		if got := Stored(AutoField, text); got.Kind() != want || got.String() != text {
			t.Errorf("%q is guessed as %v (kind %d), want kind %d", text, got, got.Kind(), want)
		}
	}
	if v := Stored(DateField, "2026-02-30"); !v.IsEmpty() {
		t.Errorf("an impossible date is %v", v)
	}
}

func TestAQuestionsOwnNameIsItsNewAnswer(t *testing.T) {
	v := newVillage()
	env := v.env()
	env.Field = v.years
	for _, source := range []string{". > 100", "${years} > 100", "current() > 100", "../years = 70"} {
		e, problems := Compile(source, env)
		if e == nil {
			t.Fatal(problems)
		}
		if got, err := e.Eval(&Context{Data: threePeople(), Now: clock, Rows: []int{0}, Self: Number(120)}); err != nil || !got.Bool() {
			t.Errorf("%s = %v, %v", source, got, err)
		}
	}
}

func TestManyValuesAsTheResult(t *testing.T) {
	env := newVillage().env()
	env.Many = true
	e, problems := Compile("${name}", env)
	if e == nil {
		t.Fatal(problems)
	}
	v, err := e.Eval(&Context{Data: threePeople(), Now: clock})
	if err != nil || len(v.All()) != 3 || v.All()[2].String() != "丙" {
		t.Errorf("%v, %v", v.All(), err)
	}
}

func TestChoiceFilterLooksAtTheItem(t *testing.T) {
	env := newVillage().env()
	env.Filter = true
	e, problems := Compile("town = ${town} and pop > 500 and count(instance('cun')/root/item[town = current()/../town]) = 2", env)
	if e == nil {
		t.Fatal(problems)
	}
	for i, want := range []bool{true, false, false} {
		item := people{}.Items("cun")[i]
		if v, err := e.Eval(&Context{Data: threePeople(), Now: clock, Item: item}); err != nil || v.Bool() != want {
			t.Errorf("item %d: %v, %v", i, v, err)
		}
	}
}

func TestRandomComesFromTheContext(t *testing.T) {
	e, _ := Compile("concat(uuid(), random(), uuid(8))", Env{})
	var got [2]string
	for i := range got {
		v, err := e.Eval(&Context{Now: clock, Rand: rand.New(rand.NewPCG(1, 2))})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = v.String()
	}
	if got[0] != got[1] || got[0][14] != '4' {
		t.Errorf("%q, then %q", got[0], got[1])
	}
	if _, err := e.Eval(&Context{Now: clock}); !errors.Is(err, errRandom) {
		t.Errorf("without a source: %v", err)
	}
}

// lazy is Data that evaluates a calculation when it is asked for it, in the
// same Context, as package form does.
type lazy struct {
	people
	ctx  *Context
	calc *Expr
	head *Field
}

func (l *lazy) Value(f *Field, rows []int) Value {
	if f == l.head {
		v, err := l.calc.Eval(l.ctx)
		if err != nil {
			l.people["failed"] = Text(err.Error())
		}
		return v
	}
	return l.people.Value(f, rows)
}

func TestEvaluationsMayLieInEachOther(t *testing.T) {
	v := newVillage()
	env := v.env()
	inner, problems := Compile("count(${member}[years > 0])", env)
	if inner == nil {
		t.Fatal(problems)
	}
	outer, problems := Compile("join(',', ${member}[position() = ${head}]/name)", env)
	if outer == nil {
		t.Fatal(problems)
	}
	ctx := &Context{Now: clock}
	ctx.Data = &lazy{threePeople(), ctx, inner, v.head}
	if got, err := outer.Eval(ctx); err != nil || got.String() != "乙" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestACircleOfCalculationsEnds(t *testing.T) {
	v := newVillage()
	e, _ := Compile("${head} + 1", v.env())
	ctx := &Context{Now: clock}
	l := &lazy{threePeople(), ctx, e, v.head}
	ctx.Data = l
	if _, err := e.Eval(ctx); err != nil || l.people["failed"].String() != errDepth.Error() {
		t.Errorf("%v, %v", err, l.people["failed"])
	}
}

func TestTooMuchWorkIsAnError(t *testing.T) {
	crowd := threePeople()
	crowd["rows member"] = Number(1000)
	e, problems := Compile("count(${member}[count(/data/member[count(/data/member[name = 'x']) > 1]) > 1])", newVillage().env())
	if e == nil {
		t.Fatal(problems)
	}
	ctx := &Context{Data: crowd, Now: clock}
	if _, err := e.Eval(ctx); !errors.Is(err, errWork) {
		t.Errorf("got %v", err)
	}
	easy, _ := Compile("${age} = 30", newVillage().env())
	if v, err := easy.Eval(ctx); err != nil || !v.Bool() {
		t.Errorf("the next evaluation: %v, %v", v, err)
	}
}

func TestSimpleExpressionsDoNotAllocate(t *testing.T) {
	v := newVillage()
	e, _ := Compile("${town} = 'yes' and ${age} > 3 and selected(${head}, 'yes')", v.env())
	ctx := &Context{Data: blank{}, Now: clock}
	if n := testing.AllocsPerRun(100, func() {
		if v, err := e.Eval(ctx); err != nil || !v.Bool() {
			t.Fatal(v, err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestConstantExpressionsAreKnown(t *testing.T) {
	root := &Field{Kind: GroupField}
	a := &Field{Name: "a", Parent: root}
	root.Children = []*Field{a}
	tests := []struct {
		src    string
		want   bool
		always bool
	}{
		{"false()", false, true}, {"1 = 2", false, true}, {"''", false, true}, {"'x' and 3 > 2", true, true},
		{"${a} = 1 and false()", false, true}, {"true() or ${a}", true, true}, {"not(1 = 1)", false, true},
		{"${a} = 1 and true()", false, false}, {"today() > 1", false, false}, {"date('2026-02-30') > 1", false, false},
	}
	for _, tt := range tests {
		e, problems := Compile(tt.src, Env{Root: root, Field: a})
		if e == nil {
			t.Fatal(tt.src, problems)
		}
		v, always := e.Constant()
		if always != tt.always || always && v.Bool() != tt.want {
			t.Errorf("%s is %v, always %v", tt.src, v, always)
		}
	}
}

func TestADayThatIsNoneIsEmptyAndTold(t *testing.T) {
	for src, trouble := range map[string]bool{
		"date('1983-09-31')": true, "date-time('nonsense')": true, "date('')": false, "date('2026-11-23')": false,
		"true() or date('nonsense') > 1": false, "date(number('x'))": false, "decimal-date-time('x')": false,
	} {
		e, problems := Compile(src, Env{})
		if e == nil {
			t.Fatal(src, problems)
		}
		c := &Context{}
		v, err := e.Eval(c)
		if err != nil || trouble && !v.IsEmpty() || (c.Trouble != nil) != trouble {
			t.Errorf("%s is %v with %v, %v", src, v, c.Trouble, err)
		}
	}
}

func TestLongNumbersKeepTheirDigits(t *testing.T) {
	if got := Stored(NumberField, "123456789012345678").String(); got != "123456789012345678" {
		t.Errorf("a stored number is %s", got)
	}
	if got := FormatNumber(123456789012345678); got != "123456789012345680" {
		t.Errorf("a number is %s", got)
	}
}
