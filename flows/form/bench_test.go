package form

import (
	"strconv"
	"testing"
)

// eight is the form of the benchmark: one question of each usual kind, a
// relevant, a constraint, a calculation.
func eight(t testing.TB) *Form {
	return compiledForm(t, &Form{
		ID: "eight",
		Lists: map[string][]Choice{
			"kind":    list("greet 看望", "followup 约定随访", "deliver 送东西", "errand 办事", "other 其他"),
			"finding": list("well 都好", "needs_help 需要帮助", "not_met 没见到", "unwilling 不愿谈"),
		},
		Questions: []*Question{
			{Type: SelectOne, List: "residents", FromFile: true, Name: "resident", Label: "走访了谁？", Short: "谁", Required: "yes"},
			{Type: Date, Name: "day", Label: "哪天？", Required: "yes", Constraint: ". <= today()", Parameters: map[string]string{"direction": "past"}},
			{Type: SelectOne, List: "kind", Name: "kind", Label: "什么事？", Required: "yes"},
			{Type: SelectOne, List: "finding", Name: "finding", Label: "怎么样？", Required: "yes"},
			{Type: Text, Name: "need", Label: "要什么帮助？", Relevant: "${finding} = 'needs_help'"},
			{Type: Integer, Name: "people", Label: "家里几口人？", Constraint: ". > 0 and . < 30"},
			{Type: Calculate, Name: "many", Calculation: "${people} > 4"},
			{Type: Date, Name: "next", Label: "下回哪天？", Relevant: "${finding} != 'not_met'", Parameters: map[string]string{"direction": "future"}},
			{Type: Text, Name: "note", Label: "要记一句什么？", Relevant: "${finding} != 'unwilling'"},
		},
	})
}

var eightSaid = []string{"郭敏", "昨天", "2", "需要帮助", "问补贴", "5", "1月20", "老人腿脚不便下回带上申请表和身份证复印件"}

// BenchmarkMessage is one message, stored bytes in, stored bytes out, averaged
// over all eight of the form and the summary's 保存.
func BenchmarkMessage(b *testing.B) {
	f := eight(b)
	env := visitEnv(b)
	env.Answered = nil
	states, said := run(b, f, env, append(append([]string{}, eightSaid...), "1"))
	b.ReportMetric(float64(len(states[len(states)-1])), "bytes")
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		k := i % len(states)
		i++
		s, err := Decode(f, states[k])
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := Step(f, s, Input{Text: said[k]}, env); err != nil {
			b.Fatal(err)
		}
		buf = s.AppendBinary(buf[:0])
	}
}

// run plays what is said and returns the stored session before each message.
func run(t testing.TB, f *Form, env Env, said []string) ([][]byte, []string) {
	s, _, _, err := Start(f, "", env)
	if err != nil {
		t.Fatal(err)
	}
	var states [][]byte
	for _, text := range said {
		b := s.AppendBinary(nil)
		states = append(states, b)
		if s, err = Decode(f, b); err != nil {
			t.Fatal(err)
		}
		_, sc, err := Step(f, s, Input{Text: text}, env)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if s.tries > 0 {
			t.Fatalf("%s: %s", text, screenText(Asking, sc))
		}
	}
	return states, said
}

// long is a form of n questions and one, every fourth with a relevant.
func long(t testing.TB, n int) *Form {
	f := &Form{ID: "long", Lists: map[string][]Choice{"yn": list("yes 是", "no 否", "unsure 说不准")}}
	for i := range n + 1 {
		q := &Question{Type: SelectOne, List: "yn", Name: "q" + strconv.Itoa(i), Label: "问" + strconv.Itoa(i) + "？", Required: "yes"}
		if i%4 == 3 {
			q.Relevant = "${q" + strconv.Itoa(i-1) + "} = 'yes'"
		}
		f.Questions = append(f.Questions, q)
	}
	return compiledForm(t, f)
}

// benchmarkQuestion answers question n of a form of so many.
func benchmarkQuestion(b *testing.B, n, of int) {
	f := long(b, of)
	env := Env{Now: visitEnv(b).Now}
	said := make([]string, n)
	for i := range said {
		said[i] = "1"
	}
	states, _ := run(b, f, env, said)
	last := states[n-1]
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		s, err := Decode(f, last)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := Step(f, s, Input{Text: "1"}, env); err != nil {
			b.Fatal(err)
		}
		buf = s.AppendBinary(buf[:0])
	}
}

func BenchmarkQuestion8(b *testing.B)        { benchmarkQuestion(b, 8, 64) }
func BenchmarkQuestion64(b *testing.B)       { benchmarkQuestion(b, 64, 64) }
func BenchmarkQuestion64Of640(b *testing.B)  { benchmarkQuestion(b, 64, 640) }
func BenchmarkQuestion640Of640(b *testing.B) { benchmarkQuestion(b, 640, 640) }

// TestSize holds the stored session to what it may weigh.
func TestSize(t *testing.T) {
	f := eight(t)
	env := visitEnv(t)
	env.Answered = nil
	states, _ := run(t, f, env, append(append([]string{}, eightSaid...), "2"))
	for i, b := range states {
		if len(b) > 400 {
			t.Errorf("before message %d the session has %d bytes", i, len(b))
		}
	}
	form := long(t, 64)
	said := make([]string, 64)
	for i := range said {
		said[i] = "1"
	}
	states, _ = run(t, form, Env{Now: env.Now}, said)
	for i := 1; i < len(states); i++ {
		if grown := len(states[i]) - len(states[i-1]); grown > len("yes")+12 {
			t.Errorf("answer %d makes the session grow by %d bytes", i, grown)
		}
	}
}
