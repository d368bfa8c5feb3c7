package form

import (
	"bytes"
	"strconv"
	"testing"
)

// TestOptionsCanBeAnswered walks through a form with every kind of question and
// takes each option that is shown three ways: by its number, by its words and
// by the tap. All three come to the same answers, and none is refused.
func TestOptionsCanBeAnswered(t *testing.T) {
	f := everything(t)
	env := visitEnv(t)
	env.Answered = nil
	fill := map[Type]string{Integer: "2", Decimal: "3.5", Range: "4", Text: "小明", Date: "昨天", Time: "15:00", DateTime: "昨天 15:00", Rank: "3 1 2", SelectMultiple: "1 3"}
	s, _, sc, err := Start(f, "", env)
	if err != nil {
		t.Fatal(err)
	}
	for step := 0; ; step++ {
		if step > 40 {
			t.Fatalf("the form does not end: %s", screenText(Asking, sc))
		}
		stored := s.AppendBinary(nil)
		ask := s.Asks()
		for i, o := range sc.Options {
			if ask == Rank || ask == SelectMultiple {
				continue
			}
			number := strconv.Itoa(i + 1)
			var first []byte
			for _, in := range []Input{{Text: number}, {Text: o.Label}, {Text: number + " " + o.Label}, {Text: number + " " + o.Label, Token: sc.Token}} {
				again, err := Decode(f, stored)
				if err != nil {
					t.Fatal(err)
				}
				status, next, err := Step(f, again, in, env)
				if err != nil {
					t.Fatal(err)
				}
				after := append(again.AppendBinary(nil), byte(status))
				if first == nil {
					first = after
				}
				if again.tries > 0 || len(next.Say) > 0 && next.Say[0] == sayOld {
					t.Errorf("%q does not answer %q: %v", in.Text, sc.Ask, next.Say)
				}
				if !bytes.Equal(after, first) {
					t.Errorf("%q and %q answer %q differently", in.Text, number, sc.Ask)
				}
			}
		}
		text, ok := fill[ask]
		if !ok || ask == Text && len(sc.Options) > 0 {
			text = strconv.Itoa(len(sc.Options)) // the last one: no more rows
		}
		if s.Summing() {
			return
		}
		if s, err = Decode(f, stored); err != nil {
			t.Fatal(err)
		}
		if _, sc, err = Step(f, s, Input{Text: text}, env); err != nil {
			t.Fatal(err)
		}
	}
}
