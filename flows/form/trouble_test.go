package form

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhatCannotBeEvaluatedStopsNobody: a pattern out of an answer that is none, a
// date that is none, a list with nothing in it are told by row and column, and the
// form goes on.
func TestWhatCannotBeEvaluatedStopsNobody(t *testing.T) {
	f := compiledForm(t, &Form{
		Lists: map[string][]Choice{"town": {{Value: "a", Label: "甲镇", Columns: map[string]string{"of": "x"}}}},
		Questions: []*Question{
			{Type: Text, Name: "p", Label: "式样？", Row: 2},
			{Type: Text, Name: "a", Label: "写什么？", Row: 3, Constraint: "regex(., ${p})"},
			{Type: Text, Name: "b", Label: "还问？", Row: 4, Relevant: "regex('x', ${p})"},
			{Type: Calculate, Name: "c", Row: 5, Calculation: "date(${a})"},
			{Type: Note, Name: "n", Label: "那天是${c}。", Row: 6},
			{Type: SelectOne, List: "town", Name: "t", Label: "哪个镇？", Row: 7, Required: "yes", ChoiceFilter: "of = ${a}"},
		},
	})
	env := visitEnv(t)
	env.Answered = nil
	s, _, _, err := Start(f, "", env)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ say, asks, want string }{
		{"(", "a", "[]"},
		{"1983-09-31", "b", "[3 constraint 4 relevant]"},
		{"跳过", "t", "[4 relevant 5 calculation 7 choice_filter]"},
	} {
		if _, _, err := Step(f, s, Input{Text: step.say}, env); err != nil {
			t.Fatal(err)
		}
		if q, _ := s.Open(); q == nil || q.Name != step.asks {
			t.Fatalf("after %q stands %+v", step.say, q)
		}
		var got []string
		for _, x := range s.Troubles() {
			got = append(got, fmt.Sprint(x.Row, " ", x.Column))
			if x.Err == nil || strings.Contains(x.Err.Error(), "1983") {
				t.Errorf("%+v", x)
			}
		}
		slices.Sort(got)
		if fmt.Sprint(got) != step.want {
			t.Errorf("after %q: %v, want %s", step.say, got, step.want)
		}
	}
}

func TestTheLastAnswerIsOffered(t *testing.T) {
	f := compiledForm(t, &Form{Questions: []*Question{
		{Type: Group, Name: "g", Children: []*Question{{Type: Text, Name: "town", Label: "哪个镇？", Default: "${last-saved#town}", DefaultIsExpr: true}}},
		{Type: Integer, Name: "n", Label: "几口？", Default: "${last-saved#n} + 1", DefaultIsExpr: true},
	}})
	env := visitEnv(t)
	env.Answered = nil
	for _, tt := range []struct {
		last map[string]string
		town string
		n    string
	}{{nil, "", ""}, {map[string]string{"g/town": "甲镇", "n": "3"}, "1 保留：甲镇", "不改就发“保留”。现在是：4"}} {
		asked := 0
		env.Last = func() (map[string]string, error) { asked++; return tt.last, nil }
		s, _, sc, err := Start(f, "", env)
		if err != nil || asked > 1 {
			t.Fatal(err, asked)
		}
		shown := ""
		if len(sc.Options) > 0 {
			shown = "1 " + sc.Options[0].Label
		}
		if shown != tt.town {
			t.Errorf("offered is %q, want %q", shown, tt.town)
		}
		if _, sc, err = Step(f, s, Input{Text: "乙镇"}, env); err != nil || tt.n != "" && !strings.HasSuffix(sc.Ask, tt.n) || tt.n == "" && strings.Contains(sc.Ask, "保留") {
			t.Errorf("%q, %v", sc.Ask, err)
		}
	}
}
