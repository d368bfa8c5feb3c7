package author

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
)

const surveyHead = "| survey | | | | | | | | | |\n| | type | name | label | required | relevant | constraint | calculation | choice_filter | appearance | parameters | repeat_count |\n"

const lists = `
| choices | | | |
| | list_name | name | label | town |
| | yn | yes | 是 | |
| | yn | no | 否 | |
| | town | a | 北庄 | |
| | town | b | 南庄 | |
| | village | c | 小北 | a |
`

// tableOf writes rows of cells, / between them, as a form.
func tableOf(t *testing.T, rows ...string) *form.Form {
	t.Helper()
	var b strings.Builder
	b.WriteString(surveyHead)
	for _, r := range rows {
		b.WriteString("| | " + strings.ReplaceAll(r, "/", " | ") + " |\n")
	}
	f, findings := xlsform.ReadMarkdown("x", []byte(b.String()+lists), xlsform.Options{Live: []string{"residents"}})
	if f == nil {
		t.Fatal(findings)
	}
	return f
}

func TestAnswererFindsWhatFits(t *testing.T) {
	tests := []struct {
		name string
		rows []string
		want string // the answers, by name
	}{
		{"a number within bounds", []string{"integer/n/几？/yes//. > 41 and . < 43"}, "n=42"},
		{"a number of eleven digits", []string{"text/phone/电话？/yes//string-length(.) = 11 and regex(., '[0-9]+')"}, "phone=17900001122"},
		{"a text that fits a pattern", []string{"text/code/编号？/yes//regex(., '[A-Z]{2}-[0-9]{4}')"}, "code=AA-1111"},
		{"a text of a length", []string{"text/why/为什么？/yes//string-length(.) > 5"}, "why=样样样样样样"},
		{"a day that is past", []string{"date/d/哪天？/yes//. < today() - 20 and . > today() - 40"}, "d=2026-10-24"},
		{"a month", []string{"date/d/哪月？/yes/////month-year"}, "d=2026-12-01"},
		{"a second date after the first", []string{"date/a/从？/yes", "date/b/到？/yes//. > ${a}"}, "a=2026-12-02 b=2026-12-03"},
		{"a range with its step", []string{"range/r/几分？/yes//. > 4////start=0 end=10 step=5"}, "r=5"},
		{"a sum that another answer makes", []string{"integer/a/几？/yes", "integer/b/几？/yes", "integer/c/共几？/yes//. = ${a} + ${b}"}, "a=1 b=1 c=2"},
		{"several choices, as many as wanted", []string{"select_multiple town/m/哪些？/yes//count-selected(.) = 2"}, "m=a b"},
		{"every kind", []string{"time/t/几点？/yes", "dateTime/u/何时？/yes", "acknowledge/k/看过？/yes", "rank town/r/排？/yes", "decimal/d/多重？/yes//. > 2.2 and . < 3",
			"select_one_from_file residents.csv/p/谁？/yes"},
			"t=08:30:00.000+08:00 u=2026-12-02T15:00:00.000+08:00 k=OK r=a b d=2.7 p=p1"},
		{"rows of a repeat", []string{"begin_repeat/r/孩子", "text/c/叫什么？/yes", "end_repeat"}, "c=样例"},
		{"a counted repeat", []string{"integer/n/几个？/yes//. > 1", "begin_repeat/r/孩子////////${n}", "text/c/叫什么？/yes", "end_repeat"}, "n=2 c=样例 c=样例"},
		{"what another answer closes is gone round", []string{
			"select_one town/town/哪个镇？/yes", "select_one town/back/那个呢？/yes//. != 'a' and ${town} != 'a'"}, "town=b back=b"},
		{"nothing is asked", []string{"calculate/c/////1 + 1"}, "c=2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Answerer{Form: tableOf(t, tt.rows...), Lists: Invented{}, Now: noon}.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range r.Answers {
				got = append(got, a.Name+"="+a.Value)
			}
			if s := strings.Join(got, " "); !r.Done || s != tt.want {
				t.Errorf("done %v with %s, dead ends %v", r.Done, s, r.DeadEnds)
			}
		})
	}
}

func TestAnswererFindsDeadEnds(t *testing.T) {
	tests := []struct {
		name    string
		rows    []string
		dead    string // names of the questions, the last where it ended
		escaped bool
	}{
		{"a number that there is not", []string{"text/a/叫什么？", "integer/n/几？/yes//. > 5 and . < 3"}, "n", false},
		{"one that nobody has to answer is no dead end", []string{"integer/n/几？///. > 5 and . < 3"}, "", false},
		{"a list that may be empty", []string{"select_one town/town/哪个镇？/yes//. = 'b'", "select_one village/v/哪个村？/yes////town=${town}"}, "v", false},
		{"a list that an answer before can fill", []string{
			"select_one town/town/哪个镇？/yes//. != ${first}", "select_one village/v/哪个村？/yes////town != ${town}", "hidden/first"}, "v", true},
		{"two that exclude each other", []string{"integer/a/几？/yes//. > 5", "integer/b/几？/yes//. > ${a} and . < 4"}, "b", false},
		{"two answers lie between a dead end and what it follows from", []string{
			"select_one town/town/哪个镇？/yes", "select_one yn/a/好吗？/yes", "select_one yn/b/行吗？/yes",
			"integer/n/几？/yes//. = 1 and ${town} = 'b' and ${a} != 'x' and ${b} != 'x'"}, "n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := tableOf(t, tt.rows...)
			r, err := Answerer{Form: f, Lists: Invented{}, Now: noon}.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, d := range r.DeadEnds {
				names = append(names, d.Question.Name)
				if d.Escaped != tt.escaped || d.Why == "" || len(d.Tried) == 0 {
					t.Errorf("got %+v", d)
				}
			}
			if got := strings.Join(names, " "); got != tt.dead || r.Done != (tt.dead == "" || tt.escaped) {
				t.Errorf("done %v, dead ends %v", r.Done, r.DeadEnds)
			}
		})
	}
}

func TestAnswererWalksOtherWays(t *testing.T) {
	f := tableOf(t, "select_one yn/a/好吗？/yes", "text/b/哪里不好？/yes/${a} = 'no'", "begin_repeat/r/孩子", "text/c/叫什么？/yes", "end_repeat")
	asked, rows := map[string]bool{}, 0
	for seed := range uint64(10) {
		r, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Seed: seed}.Run(context.Background())
		if err != nil || !r.Done {
			t.Fatalf("seed %d: %v %v", seed, err, r.DeadEnds)
		}
		again, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Seed: seed}.Run(context.Background())
		if err != nil || len(again.Turns) != len(r.Turns) {
			t.Errorf("seed %d goes another way the second time", seed)
		}
		for _, q := range r.Asked {
			asked[q.Name] = true
		}
		for _, a := range r.Answers {
			if a.Name == "c" {
				rows = max(rows, a.Rows[0])
			}
		}
	}
	if !asked["b"] || rows < 2 {
		t.Errorf("asked %v, %d rows", asked, rows)
	}
}

func TestAnswererStops(t *testing.T) {
	f := tableOf(t, "integer/n/几？/yes//. > 5 and . < 3")
	r, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Most: 4}.Run(context.Background())
	if err != nil || r.Done || r.Messages != 4 {
		t.Errorf("after %d messages, %v", r.Messages, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Answerer{Form: f, Lists: Invented{}, Now: noon}).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMatchingFitsItsPattern(t *testing.T) {
	for _, p := range []string{`[0-9]{11}`, `^1[3-9]\d{9}$`, `[A-Z][a-z]+ ?[A-Z]*`, `(a|bc|d)+`, `\p{Han}{2,4}`, `.+@.+\.(com|org)`, `x?`, `[^0-9]{3}`, ``, `(?i)ab*`} {
		whole := regexp.MustCompile(`^(?:` + p + `)$`)
		got := matching(p)
		if len(got) == 0 && !whole.MatchString("") {
			t.Errorf("nothing for %s", p)
		}
		for _, s := range got {
			if !whole.MatchString(s) {
				t.Errorf("%q does not fit %s", s, p)
			}
		}
	}
	if got := matching(`(?=a)b`); got != nil {
		t.Errorf("got %q for what RE2 does not know", got)
	}
}

func TestScanTakesAnExpressionApart(t *testing.T) {
	h := scan(`if(selected(${kind-a}, 'x y') or ../人数 >= 3.5, "it's", 'open`)
	if want := []string{"if", "selected", "kind-a", "or", "人数"}; !slices.Equal(h.names, want) {
		t.Errorf("names %q", h.names)
	}
	if !slices.Equal(h.numbers, []float64{3.5}) || !slices.Equal(h.texts, []string{"x y", "it's", "open"}) {
		t.Errorf("numbers %v, texts %q", h.numbers, h.texts)
	}
}

// FuzzScan: any cell may be scanned, and what is guessed from it is bounded.
func FuzzScan(f *testing.F) {
	f.Add(`regex(., '[0-9]{3}') and . > 1.2.3`)
	f.Add(`'`)
	f.Add(`regex(., '((a{999}){2}')`)
	f.Fuzz(func(t *testing.T, expression string) {
		h := scan(expression)
		h.today, h.patterns = noon, true
		for _, kind := range []form.Type{form.Text, form.Integer, form.Decimal, form.Date, form.Range} {
			q := &form.Question{Type: kind, Constraint: expression}
			if n := len(answersFor(q, 0, h)); n > mostCandidates {
				t.Errorf("%d guesses", n)
			}
		}
	})
}
