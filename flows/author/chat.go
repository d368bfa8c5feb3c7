package author

import (
	"fmt"
	"os"
	"strings"
	"time"

	"xintiexin/flows/form"
	"xintiexin/storage/calendar"
)

// test plays a chat against a form and shows the first line that differs.
func (c *command) test(args []string) error {
	set := flags("test")
	update := set.Bool("update", false, "")
	args, err := parse(set, args, 2)
	if err != nil {
		return err
	}
	f, err := c.live(args[0])
	if err != nil {
		return err
	}
	src, err := readSome(args[1])
	if err != nil && !(*update && os.IsNotExist(err)) {
		return fmt.Errorf("read chat: %w", err)
	}
	p := &play{f: f, now: c.Now(), old: chatLines(string(src))}
	if *update && !p.clocked() {
		p.fresh = append(p.fresh, "clock "+p.now.In(calendar.Zone).Format(clockLayout))
	}
	if err := p.all(); err != nil {
		return fmt.Errorf("%s:%w", args[1], err)
	}
	switch {
	case *update:
		if err := os.WriteFile(args[1], []byte(strings.Join(p.fresh, "\n")+"\n"), 0o644); err != nil {
			return fmt.Errorf("write chat: %w", err)
		}
	case p.differs != nil:
		fmt.Fprintf(c.out, "%s:%d：这里不一样\n", args[1], p.line)
		for _, l := range p.differs {
			fmt.Fprintln(c.out, l)
		}
		return fmt.Errorf("%s differs from what the form says", args[1])
	}
	return nil
}

func chatLines(src string) []string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(src, "\ufeff"), "\r\n", "\n"), "\n")
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// play is a chat while it is played. A chat has a line for each
//
//	> what is typed; "> [语音]" is a voice message
//	< what is answered
//	wait 3m
//	clock 2026-12-02 10:20
//	# a comment
//
// The form is opened by a first line that is its keyword, title or id, with a
// sentence after it or not; else it is open from the beginning, and answers
// that stand before anything typed are its first screen.
type play struct {
	f     *form.Form
	now   time.Time
	old   []string
	fresh []string // the chat as it is now
	talk  *talk

	line    int      // where the first difference is, from 1
	differs []string // what is shown of it
}

const clockLayout = "2006-01-02 15:04"

func (p *play) clocked() bool {
	for _, l := range p.old {
		if strings.HasPrefix(l, "clock ") {
			return true
		}
	}
	return false
}

// all plays the whole chat. Its error begins with the number of the line.
func (p *play) all() error {
	i := 0
	for i < len(p.old) {
		l := strings.TrimSpace(p.old[i])
		typed, isTyped := strings.CutPrefix(l, ">")
		said, err := []string(nil), error(nil)
		switch {
		case isTyped:
			said, err = p.take(strings.TrimSpace(typed))
		case strings.HasPrefix(l, "<") && p.talk == nil:
			if said, err = p.open(""); err == nil {
				i = p.compare(i, said)
				continue
			}
		case l == "" || strings.HasPrefix(l, "#"):
		default:
			err = p.turnClock(l)
		}
		if err != nil {
			return fmt.Errorf("%d: %w", i+1, err)
		}
		p.fresh = append(p.fresh, l)
		if i++; isTyped {
			i = p.compare(i, said)
		}
	}
	if p.talk != nil {
		return nil
	}
	said, err := p.open("")
	if err != nil {
		return fmt.Errorf("%d: %w", i+1, err)
	}
	p.compare(i, said)
	return nil
}

func (p *play) open(sentence string) (said []string, err error) {
	p.talk, said, err = begin(p.f, sentence, p.now)
	return said, err
}

// take sends one line, which may open the form.
func (p *play) take(text string) ([]string, error) {
	if p.talk == nil || p.talk.over() {
		sentence, opens := opening(p.f, text)
		if opens {
			return p.open(sentence)
		}
		if p.talk != nil {
			return nil, fmt.Errorf("the form has ended; %q opens it again", p.f.Title)
		}
		if _, err := p.open(""); err != nil {
			return nil, err
		}
	}
	p.talk.env.Now = p.now
	return p.talk.say(text)
}

// opening cuts the words that open f from the head of text.
func opening(f *form.Form, text string) (sentence string, ok bool) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "试填"))
	words := append(strings.Fields(f.Settings["chat_keyword"]), f.Title, f.ID)
	for _, w := range words {
		if rest, cut := strings.CutPrefix(text, w); cut && w != "" {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

func (p *play) turnClock(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return fmt.Errorf("wait how long? 3m, 2h: %w", err)
		}
		p.now = p.now.Add(d)
	case "clock":
		t, err := time.ParseInLocation(clockLayout, rest, calendar.Zone)
		if err != nil {
			return fmt.Errorf("clock as %s: %w", clockLayout, err)
		}
		p.now = t
	default:
		return fmt.Errorf("a line begins with >, <, wait, clock or #, not with %q", line)
	}
	return nil
}

// compare holds the answers from line i on against what was said, writes them
// anew, and returns the line after them.
func (p *play) compare(i int, said []string) int {
	start, n := i, 0
	for ; i < len(p.old); i++ {
		answer, ok := strings.CutPrefix(strings.TrimSpace(p.old[i]), "<")
		if !ok {
			break
		}
		if answer = strings.TrimSpace(answer); n >= len(said) || answer != strings.TrimSpace(said[n]) {
			p.differ(i, answer, said, n)
		}
		n++
	}
	if n < len(said) {
		p.differ(start+n, "", said, n)
	}
	for _, l := range said {
		p.fresh = append(p.fresh, strings.TrimRight("< "+strings.TrimRight(l, " "), " "))
	}
	return i
}

// before is how many lines are shown before one that differs.
const before = 3

// differ notes the first difference, with the lines before it.
func (p *play) differ(i int, want string, said []string, n int) {
	if p.differs != nil {
		return
	}
	p.line = i + 1
	for _, l := range p.old[max(0, i-before):i] {
		p.differs = append(p.differs, "         "+l)
	}
	got := "（不再说了）"
	if n < len(said) {
		got = "< " + said[n]
	}
	if i < len(p.old) && want != "" {
		want = "< " + want
	} else {
		want = "（到此为止）"
	}
	p.differs = append(p.differs, "文件里： "+want, "表单说： "+got)
}
