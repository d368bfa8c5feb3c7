package form

import "testing"

// chained is a form of calculations each of which reads the one before twice:
// unless results are remembered, the last costs 2^50 evaluations.
func chained(around *Question) *Form {
	last := "n"
	around.Children = append(around.Children, &Question{Type: Integer, Name: "n", Label: "几？", Required: "yes"})
	for i := range 50 {
		name := "c" + itoa(i)
		around.Children = append(around.Children, &Question{Type: Calculate, Name: name, Relevant: "${" + last + "} != 99", Calculation: "${" + last + "} + ${" + last + "}"})
		last = name
	}
	around.Children = append(around.Children, &Question{Type: Note, Name: "end", Label: "${" + last + "}", Relevant: "${" + last + "} > 0"})
	return &Form{Questions: []*Question{around, {Type: Text, Name: "after", Label: "还有吗？"}}}
}

func TestChainsAreWorkedOutOnce(t *testing.T) {
	const whole = "1125899906842624" // 2^50
	tests := []struct {
		name   string
		around *Question
	}{
		{"in a group", &Question{Type: Group, Name: "g"}},
		{"in a row", &Question{Type: Repeat, Name: "g", Label: "个", RepeatCount: "1"}},
		{"in a group that asks its own questions whether it applies", &Question{Type: Group, Name: "g", Relevant: "${c49} != 5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compiledForm(t, chained(tt.around))
			s, _, _, err := Start(f, "", visitEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := Step(f, s, Input{Text: "1"}, visitEnv(t)); err != nil {
				t.Fatal(err)
			}
			if got := s.Get("c49"); got != whole {
				t.Errorf("got %s", got)
			}
		})
	}
}
