package callback

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
)

func TestWhatIsSaidOfCalls(t *testing.T) {
	three, one := []string{"李秀芹", "杜红", "张翠"}, []string{""}
	for _, x := range []struct {
		typed string
		names []string
		want  string // "?" is about no call, "x" is not to be noted
	}{
		{"1会来 2没打通", three, "1 coming, 2 nobody"},
		{"1中2说改天", three, "1 coming, 2 another"},
		{"１会来２没打通３不来了", three, "1 coming, 2 nobody, 3 no"},
		{"1.会来，2、没人接；3 她说不来了", three, "1 coming, 2 nobody, 3 no"},
		{"①会来 ②不来了", three, "1 coming, 2 no"},
		{"1改到2月2日 2没打通", three, "1 another 2月2日, 2 nobody"},
		{"1改到12号 2改到2月2日9点", three, "1 another 12号, 2 another 2月2日9点"},
		{"2想改天", three, "2 another"},
		{"李秀芹会来 杜红没打通", three, "1 coming, 2 nobody"},
		{"杜红关机了", three, "2 nobody"},
		{"第1个会来", three, "1 coming"},
		{"都没打通", three, "1 nobody, 2 nobody, 3 nobody"},
		{"1来不了", three, "1 no"},
		{"1不去了", three, "1 no"},
		{"1不会来", three, "1 no"},
		{"1会来 血压高", three, "1 ?"},
		{"1会来 1没打通", three, "1 ?"},
		{"4会来", three, "4 coming"},
		{"1会来2没人接3她男人接的4说不去了", three, "1 coming, 2 nobody, 3 ?, 4 no"},
		{"1会来 杜红婆婆接的", three, "1 coming, 2 ?"},
		{"1会来，血压高，2没打通", three, "1 ?, 2 nobody"},
		{"3她男人接的", three, "3 ?"},
		{"2改到2.3 3没打通", three, "2 another 2.3, 3 nobody"},
		{"麻烦 1会来", three, "x"},
		{"1", three, "?"}, {"李秀芹", three, "?"}, {"今日", three, "?"}, {"2月2日", three, "?"}, {"", three, "?"},
		{"会来", one, "1 coming"}, {"来", one, "1 coming"}, {"她说会来", one, "1 coming"}, {"中", one, "1 coming"},
		{"没打通", one, "1 nobody"}, {"空号", one, "1 nobody"}, {"改到周二", one, "1 another 周二"}, {"不来了", one, "1 no"},
		{"会来 她有点发烧", one, "1 ?"},
		{"4没打通", one, "4 nobody"}, {"走访 来福", one, "?"},
	} {
		out, heard, clear := hearCalls(answer.Fold(x.typed), x.names)
		var parts []string
		for _, a := range out {
			parts = append(parts, strings.TrimSpace(fmt.Sprint(a.n, " ", cmp.Or(string(a.how), "?"), " ", dialog.PickWord(a.how == "another", a.rest, ""))))
		}
		got := strings.Join(parts, ", ")
		switch {
		case !heard:
			got = "?"
		case !clear:
			got = "x"
		}
		if got != x.want {
			t.Errorf("%q is heard as %s, want %s", x.typed, got, x.want)
		}
	}
}
