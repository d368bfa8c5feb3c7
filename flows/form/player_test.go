package form

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/calendar"
)

// player plays transcripts: "> " is typed, "< " is answered; neighbouring "< "
// lines are one screen. The session is stored and read back after every line.
type player struct {
	t   *testing.T
	f   *Form
	s   *Session
	env Env
}

func (p *player) stored() *Session {
	b := p.s.AppendBinary(nil)
	s, err := Decode(p.f, b)
	if err != nil {
		p.t.Fatalf("decode: %v", err)
	}
	if again := s.AppendBinary(nil); !bytes.Equal(again, b) {
		p.t.Fatalf("a stored session changes by being read:\n%q\n%q", b, again)
	}
	return s
}

func screenText(status Status, sc Screen) string {
	var b strings.Builder
	for _, s := range sc.Say {
		b.WriteString(s + "\n")
	}
	if sc.Ask != "" {
		b.WriteString(sc.Ask + "\n")
	}
	for i, o := range sc.Options {
		b.WriteString(strconv.Itoa(i+1) + " " + o.Label + "\n")
	}
	switch status {
	case Done:
		b.WriteString("[存]\n")
	case Discarded:
		b.WriteString("[丢]\n")
	}
	return b.String()
}

// say sends one line. "+话" at the head opens the form with a sentence; "@N " is
// a tap with token N; "[语音]" is no text.
func (p *player) say(line string) string {
	var status Status
	var sc Screen
	var err error
	if sentence, ok := strings.CutPrefix(line, "+"); ok {
		p.s, status, sc, err = Start(p.f, sentence, p.env)
	} else {
		in := Input{Text: line}
		if rest, ok := strings.CutPrefix(line, "@"); ok {
			n, text, _ := strings.Cut(rest, " ")
			token, _ := strconv.Atoi(n)
			in = Input{Text: text, Token: uint32(token)}
		}
		if line == "[语音]" {
			in = Input{Media: true}
		}
		if line == "[再看]" {
			in = Input{Again: true}
		}
		p.s = p.stored()
		status, sc, err = Step(p.f, p.s, in, p.env)
	}
	if err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
	return screenText(status, sc)
}

// play runs a transcript against f and compares every screen.
func play(t *testing.T, f *Form, env Env, script string) *Session {
	t.Helper()
	p := &player{t: t, f: f, env: env}
	lines := strings.Split(strings.TrimSpace(script), "\n")
	for i := 0; i < len(lines); {
		l := strings.TrimSpace(lines[i])
		i++
		if now, ok := strings.CutPrefix(l, "clock "); ok {
			p.env.Now = clockAt(t, now)
			continue
		}
		typed, ok := strings.CutPrefix(l, ">")
		if !ok {
			continue
		}
		got := p.say(strings.TrimPrefix(typed, " "))
		var want strings.Builder
		for ; i < len(lines); i++ {
			l := strings.TrimSpace(lines[i])
			if l == "" {
				continue
			}
			w, ok := strings.CutPrefix(l, "<")
			if !ok {
				break
			}
			want.WriteString(strings.TrimPrefix(w, " ") + "\n")
		}
		if got != want.String() {
			t.Errorf("> %s\n-- got\n%s-- want\n%s", typed, got, want.String())
		}
	}
	return p.s
}

func clockAt(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// compiled fails the test when the form has an error.
func compiledForm(t testing.TB, f *Form) *Form {
	t.Helper()
	for _, p := range Compile(f) {
		if !p.Warning {
			t.Fatalf("row %d %s: %s", p.Row, p.Column, p.Text)
		}
	}
	return f
}

// people are a live list.
type people []Choice

func (l people) Choices(list, typed string, most int) (Found, error) {
	var hits []Choice
	for _, c := range l {
		ok := true
		for _, w := range strings.Fields(typed) {
			ok = ok && strings.Contains(c.Label, strings.TrimSuffix(w, "的"))
		}
		if ok {
			hits = append(hits, c)
		}
	}
	switch {
	case len(hits) == 0 && typed != "":
		return Found{Say: "没有找到“" + typed + "”。"}, nil
	case len(hits) == 1 && typed != "":
		return Found{Choices: hits, Sure: true}, nil
	}
	found := Found{Choices: hits[:min(most, len(hits))], More: len(hits) > most}
	if typed != "" {
		found.Say = typed + "有" + strconv.Itoa(len(hits)) + "位："
		found.Choices = append(found.Choices, Choice{Value: "none", Label: "都不是"})
	}
	return found, nil
}

func (l people) Label(list, value string) (string, error) {
	for _, c := range l {
		if c.Value == value {
			return c.Label, nil
		}
	}
	return "", fmt.Errorf("label %s: not known", value)
}

var village = people{
	{Value: "guo", Label: "郭敏 二组 尾号4409"},
	{Value: "wang1", Label: "王秀兰 一组 尾号2208"},
	{Value: "wang2", Label: "王秀兰 三组 尾号6651"},
	{Value: "zhang", Label: "张翠 一组 尾号1190"},
	{Value: "liu", Label: "刘翠英 四组 尾号5526"},
}

func list(words ...string) []Choice {
	var out []Choice
	for _, w := range words {
		all := strings.Split(w, " ")
		out = append(out, Choice{Value: all[0], Label: all[1], Aliases: all[2:]})
	}
	return out
}

// visitForm is the visit as the examples speak of it.
func visitForm(t testing.TB) *Form {
	return compiledForm(t, &Form{
		ID: "visit",
		Lists: map[string][]Choice{
			"kind":    list("greet 看望", "followup 约定随访 随访", "deliver 送东西", "errand 办事", "other 其他"),
			"finding": list("well 都好 好 挺好", "needs_help 需要帮助 要帮忙", "not_met 没见到 没搁家", "unwilling 不愿谈"),
			"way":     list("home 上门", "phone 电话", "elsewhere 别处碰见"),
		},
		Questions: []*Question{
			{Type: Hidden, Name: "last"},
			{Type: Hidden, Name: "who"},
			{Type: SelectOne, List: "residents", FromFile: true, Name: "resident", Label: "走访了谁？", Short: "谁", Required: "yes", Row: 2},
			{Type: Note, Name: "intro", Label: "走访 ${who}", Row: 3},
			{Type: Date, Name: "day", Label: "是哪天？", Short: "哪天", Default: "today()", DefaultIsExpr: true, Summary: true, Required: "yes", Parameters: map[string]string{"direction": "past"}, Row: 4},
			{Type: SelectOne, List: "way", Name: "way", Label: "怎么见的？", Short: "怎么见的", Default: "home", Summary: true, Required: "yes", Row: 5},
			{Type: SelectOne, List: "kind", Name: "kind", Label: "今天是什么事？", Short: "什么事", Default: "${last}", DefaultIsExpr: true, Summary: true, Required: "yes", Row: 6},
			{Type: SelectOne, List: "finding", Name: "finding", Label: "她怎么样？", Short: "怎么样", Required: "yes", Row: 7},
			{Type: Text, Name: "need", Label: "要什么帮助？打几个字。", Short: "要什么", Relevant: "${finding} = 'needs_help'", Required: "yes", Row: 8},
			{Type: Date, Name: "next", Label: "下回是哪天？", Short: "下回", Relevant: "${finding} != 'not_met'", Summary: true, Parameters: map[string]string{"direction": "future", "empty": "不定"}, Row: 9},
			{Type: Hidden, Name: "next_part"},
			{Type: Text, Name: "note", Label: "要记一句什么？", Short: "备注", Summary: true, Parameters: map[string]string{"empty": "没有"}, Row: 10},
		},
	})
}

func visitEnv(t testing.TB) Env {
	return Env{
		Now: time.Date(2027, 1, 13, 19, 5, 0, 0, calendar.Zone), Lists: village,
		Answered: func(s *Session, name string) (*Problem, error) {
			if name != "resident" {
				return nil, nil
			}
			label, err := village.Label("residents", s.Get("resident"))
			if s.Get("resident") == "none" {
				s.Clear("resident")
				return nil, nil
			}
			name, rest, _ := strings.Cut(label, " ")
			group, _, _ := strings.Cut(rest, " ")
			s.Set("who", name+"（"+group+"）")
			s.Set("last", map[string]string{"zhang": "greet", "wang1": "errand", "wang2": "errand"}[s.Get("resident")])
			return nil, err
		},
	}
}

// TestTranscripts plays testdata/*.txt: conversations over the visit.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	f := visitForm(t)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			play(t, f, visitEnv(t), string(script))
		})
	}
}
