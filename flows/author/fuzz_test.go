package author

import (
	"strings"
	"testing"

	"xintiexin/flows/fuzzing"
)

// FuzzChat plays any chat: it is refused with its line, or written anew in a
// way that then differs in nothing.
func FuzzChat(f *testing.F) {
	fuzzing.Begin(f)
	c := &command{Options: options}
	visit, findings, err := c.read("visit")
	if visit == nil {
		f.Fatal(err, findings)
	}
	f.Add("> 走访 秀兰 昨天\n< x\nwait 3m\n> 1\n")
	f.Add("clock 2026-12-02 10:20\n# a\n\n< \n> [语音]\n> 取消\n> 1\n> visit")
	f.Fuzz(func(t *testing.T, src string) {
		defer fuzzing.Bound(t)
		p := &play{f: visit, now: noon, old: chatLines(src)}
		if err := p.all(); err != nil {
			return
		}
		again := &play{f: visit, now: noon, old: chatLines(strings.Join(p.fresh, "\n"))}
		if err := again.all(); err != nil || again.differs != nil {
			t.Errorf("written anew it differs in line %d (%v): %q\n%s", again.line, err, again.differs, strings.Join(p.fresh, "\n"))
		}
	})
}

// FuzzCases checks any table of expressions.
func FuzzCases(f *testing.F) {
	fuzzing.Begin(f)
	f.Add("name,expression,context-json,expected\na,sum(${x}),\"{\"\"repeats\"\":{\"\"r\"\":[{\"\"x\"\":1}]},\"\"in\"\":[\"\"r\"\",1]}\",1\n")
	f.Add("name,expression,context-json,expected\na,'b',{},\"\"\"b\"\"\"\n")
	f.Fuzz(func(t *testing.T, src string) {
		defer fuzzing.Bound(t)
		cases, err := readCases(strings.NewReader(src))
		if err != nil {
			return
		}
		for _, c := range cases {
			_ = c.result()
		}
	})
}
