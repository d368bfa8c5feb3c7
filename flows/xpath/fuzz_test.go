package xpath

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"xintiexin/flows/fuzzing"
)

var seeds = []string{
	"${town} = 'x' and ${age} > 3", "count(${member}[years > 3]/visit[1]/no | ${no}) div -2", "instance('cun')/root/item[name = ${town}]/label",
	"indexed-repeat(${day}, ${member}, 1, ${visit}, last())", "if(regex(., '[\u4e00-\u9fa5]+'), round(2.15, 1), concat('a', now()))",
	"format-date(date('2026-11-23') + 30, '%Y年%b')", "substr(translate(${head}, 'a', 'b'), -3, 2) != “x”", "../*/.. = /data/house/head",
	"pulldata('cun', 'label', 'name', ${town})", "${age}＝３，（）", "&gt; == && //", "((((1))))", "--1 or -.5 mod 0", "checklist(1, -1, ${name}, uuid(9))",
	"join(${head}, ${name}, ${no}) = jr:choice-name(${town}, '${town}')", "self::node()[position() = last()] | child::x", "3 < 4 < 5",
	"${last-saved#age}", "digest(${head}, 'MD5', 'hex')", "${years} >= ${no}", "regex(${head}, ${town})", "sum(${member}/*)", "../nosuch[1]", "format-date(${head}, '%年')", "'", "${", "$", "\x00\xff",
}

func FuzzCompile(f *testing.F) {
	fuzzing.Begin(f)
	for _, s := range seeds {
		f.Add(s, false)
	}
	v := newVillage()
	f.Fuzz(func(t *testing.T, source string, filter bool) {
		defer fuzzing.Bound(t)
		env := v.env()
		env.Filter = filter
		e, problems := Compile(source, env)
		length := utf8.RuneCountInString(source)
		for _, p := range problems {
			if p.Pos < 1 || p.Pos > length+1 || p.End <= p.Pos || p.Text == "" || !utf8.ValidString(p.Text) {
				t.Fatalf("%q: problem %+v", source, p)
			}
		}
		if failed := slices.ContainsFunc(problems, func(p *Problem) bool { return !p.Warning }); failed == (e != nil) {
			t.Fatalf("%q: compiled %v with %v", source, e != nil, problems)
		}
	})
}

func FuzzEval(f *testing.F) {
	fuzzing.Begin(f)
	for _, s := range seeds {
		f.Add(s, "张三 2026-11-23", 40, false)
	}
	v := newVillage()
	f.Fuzz(func(t *testing.T, source, answer string, rows int, filter bool) {
		defer fuzzing.Bound(t)
		env := v.env()
		env.Filter = filter
		inRow := env
		inRow.Field = v.day
		for _, env := range []Env{env, inRow} {
			e, _ := Compile(source, env)
			if e == nil {
				continue
			}
			ctx := func() *Context {
				return &Context{Data: uniform{answer, rows % 200}, Now: clock, Rand: rand.New(rand.NewPCG(1, 2)), Self: Text(answer),
					Rows: []int{1, 0}, Item: columns{"name": answer, "label": "是"}}
			}
			first, err1 := e.Eval(ctx())
			second, err2 := e.Eval(ctx())
			if Store(first) != Store(second) || (err1 == nil) != (err2 == nil) {
				t.Fatalf("%q gave %q, %v and then %q, %v", source, first, err1, second, err2)
			}
			if s := Store(first); s != Store(Stored(first.Kind(), s)) {
				t.Fatalf("%q: %q is stored as another thing", source, s)
			}
		}
	})
}

// uniform is Data in which every question has the same answer.
type uniform struct {
	answer string
	rows   int
}

func (u uniform) Value(f *Field, _ []int) Value { return Stored(f.Kind, u.answer) }

func (u uniform) Rows(*Field, []int) int { return max(0, u.rows) }

func (u uniform) Items(string) []Item { return []Item{columns{"name": u.answer, "label": "是"}} }
