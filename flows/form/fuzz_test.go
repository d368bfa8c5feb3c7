package form

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"xintiexin/flows/fuzzing"
)

// FuzzDecode reads damaged sessions, once as they are and once with a checksum
// that fits, so that the reader itself is tried.
func FuzzDecode(f *testing.F) {
	fuzzing.Begin(f)
	form := visitForm(f)
	env := visitEnv(f)
	s, _, _, err := Start(form, "夜来 秀兰 都好", env)
	if err != nil {
		f.Fatal(err)
	}
	whole := s.AppendBinary(nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-4])
	f.Add(rows(f, form).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		defer fuzzing.Bound(t)
		for _, text := range [][]byte{b, binary.LittleEndian.AppendUint32(bytes.Clone(b), crc32.ChecksumIEEE(b))} {
			s, err := Decode(form, text)
			if err != nil {
				continue
			}
			if _, _, err := Step(form, s, Input{Text: "1"}, env); err != nil && !strings.Contains(err.Error(), "not known") {
				t.Fatal(err)
			}
			again := s.AppendBinary(nil)
			if _, err := Decode(form, again); err != nil {
				t.Fatalf("what was read cannot be stored: %v", err)
			}
		}
	})
}

// rows is a session of another form, whose questions are not known here.
func rows(t testing.TB, known *Form) *Session {
	f := compiledForm(t, &Form{Questions: []*Question{
		{Type: Repeat, Name: "child", Label: "孩子", Children: []*Question{{Type: Text, Name: "name", Label: "叫什么？"}}},
	}})
	s, _, _, err := Start(f, "", visitEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Step(f, s, Input{Text: "小宝"}, visitEnv(t)); err != nil {
		t.Fatal(err)
	}
	return s
}

// FuzzStep plays any lines against a form with every kind of question.
func FuzzStep(f *testing.F) {
	fuzzing.Begin(f)
	form := everything(f)
	f.Add("1\n昨天\n返回\n都好")
	f.Add("小明\n3\n保留\n改2\n取消\n1")
	f.Add("有\n1 2\n没有\n跳过\n跳过\n跳过\n8点")
	f.Fuzz(func(t *testing.T, script string) {
		defer fuzzing.Bound(t)
		env := visitEnv(t)
		env.Answered = nil
		lines := strings.Split(script, "\n")
		s, _, _, err := Start(form, lines[0], env)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines[:min(len(lines), 40)] {
			b := s.AppendBinary(nil)
			if s, err = Decode(form, b); err != nil {
				t.Fatalf("after %q: %v", l, err)
			}
			if again := s.AppendBinary(nil); !bytes.Equal(b, again) {
				t.Fatalf("reading changes a session:\n%q\n%q", b, again)
			}
			before := s.Token()
			status, sc, err := Step(form, s, Input{Text: l}, env)
			if err != nil {
				t.Fatal(err)
			}
			if status != Asking {
				return
			}
			if sc.Token <= before {
				t.Fatalf("token %d after %d", sc.Token, before)
			}
		}
	})
}

// everything has a question of every kind.
func everything(t testing.TB) *Form {
	return compiledForm(t, &Form{
		Lists: map[string][]Choice{
			"yn":   list("yes 是", "no 否"),
			"kind": list("a 苹果", "b 梨", "c 桃"),
			"town": list("t1 北庄", "t2 南庄"),
		},
		Questions: []*Question{
			{Type: Meta, Name: "start", Appearance: "start"}, {Type: Meta, Name: "today", Appearance: "today"},
			{Type: Group, Name: "head", Label: "住户", Children: []*Question{
				{Type: SelectOne, List: "residents", FromFile: true, Name: "who", Label: "谁？"},
				{Type: Integer, Name: "age", Label: "多大？", Constraint: ". < 120", ConstraintMessage: "没有这么大的年纪。"},
			}},
			{Type: SelectMultiple, List: "kind", Name: "fruit", Label: "爱吃什么？", OrOther: true},
			{Type: Rank, List: "kind", Name: "order", Label: "排一排"},
			{Type: Decimal, Name: "weight", Label: "多重？"},
			{Type: Range, Name: "score", Label: "几分？", Parameters: map[string]string{"start": "0", "end": "10", "step": "2"}},
			{Type: Repeat, Name: "child", Label: "孩子", Children: []*Question{
				{Type: Text, Name: "name", Label: "叫什么？", Required: "yes"},
				{Type: Date, Name: "born", Label: "${name}哪天生的？", Parameters: map[string]string{"direction": "past"}},
			}},
			{Type: Repeat, Name: "visit", Label: "次", RepeatCount: "${age}", Children: []*Question{
				{Type: Time, Name: "at", Label: "几点？"},
			}},
			{Type: Acknowledge, Name: "ok", Label: "看过了"},
			{Type: DateTime, Name: "when", Label: "什么时候？"},
			{Type: Text, Name: "code", Label: "编号", Appearance: "numbers", Default: "007"},
			{Type: SelectOne, List: "${name}", Name: "eldest", Label: "谁最大？"},
			{Type: Text, Name: "end", Label: "还有吗？", Summary: true, Default: "没"},
		},
	})
}
