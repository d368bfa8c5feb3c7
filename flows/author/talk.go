package author

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"xintiexin/flows/form"
)

// talk is a form being asked. The session is stored and read back with every
// message, as it is in service.
type talk struct {
	f      *form.Form
	env    form.Env
	stored []byte
	status form.Status
}

// voice stands for a voice message.
const voice = "[语音]"

// begin opens f, saying sentence, and returns the lines of the first screen.
func begin(f *form.Form, sentence string, now time.Time) (*talk, []string, error) {
	t := &talk{f: f, env: form.Env{Now: now, Lists: Invented{}, Seed: 1}}
	s, status, screen, err := form.Start(f, sentence, t.env)
	if err != nil {
		return nil, nil, fmt.Errorf("open form: %w", err)
	}
	return t, t.shown(s, status, screen), nil
}

// say takes one message and returns the lines of the next screen.
func (t *talk) say(text string) ([]string, error) {
	s, err := form.Decode(t.f, t.stored)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	t.env.Seed++
	in := form.Input{Text: text, Media: text == voice}
	status, screen, err := form.Step(t.f, s, in, t.env)
	if err != nil {
		return nil, fmt.Errorf("say %q: %w", text, err)
	}
	return t.shown(s, status, screen), nil
}

// shown keeps what became of a step and returns it as lines.
func (t *talk) shown(s *form.Session, status form.Status, screen form.Screen) []string {
	t.stored, t.status = s.AppendBinary(nil), status
	lines := screenLines(screen)
	for _, x := range s.Troubles() {
		lines = append(lines, fmt.Sprintf("（第%d行 %s 算不出来，先往下走：%v）", x.Row, x.Column, x.Err))
	}
	switch status {
	case form.Done:
		lines = append(append(lines, "保存了。"), answerLines(s.Answers())...)
	case form.Discarded:
		lines = append(lines, "没有保存。")
	}
	return lines
}

// over reports whether the form was saved or thrown away.
func (t *talk) over() bool { return t.status != form.Asking }

// screenLines is a screen as a person reads it.
func screenLines(screen form.Screen) []string {
	var lines []string
	for _, text := range append(screen.Say, screen.Ask) {
		if text != "" {
			lines = append(lines, strings.Split(text, "\n")...)
		}
	}
	for i, o := range screen.Options {
		lines = append(lines, strconv.Itoa(i+1)+" "+o.Label)
	}
	return lines
}

// answerLines is what is saved, as a table: name, stored value, label.
func answerLines(answers []form.Answer) []string {
	rows := [][]string{{"题目", "存的", "读作"}}
	for _, a := range answers {
		name := a.Name
		for _, r := range a.Rows {
			name += "[" + strconv.Itoa(r) + "]"
		}
		rows = append(rows, []string{name, oneLine(a.Value), oneLine(a.Label)})
	}
	return columns(rows)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// columns sets rows in columns; a Chinese character is two wide.
func columns(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-width(cell)+2))
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x2e80 && r < 0xffe0 {
			n++
		}
	}
	return n
}

// run asks a form in the terminal.
func (c *command) run(args []string) error {
	set := flags("run")
	auto := set.Bool("auto", false, "")
	seed := set.Uint64("seed", 0, "")
	args, err := parse(set, args, 1)
	if err != nil {
		return err
	}
	f, err := c.live(args[0])
	if err != nil {
		return err
	}
	if *auto {
		return c.answer(f, *seed)
	}
	t, lines, err := begin(f, "", c.Now())
	if err != nil {
		return err
	}
	return c.ask(t, lines)
}

// ask goes on until the form or the input ends.
func (c *command) ask(t *talk, lines []string) error {
	typed, failed := typedLines(c.ctx, c.in)
	for {
		for _, l := range lines {
			fmt.Fprintln(c.out, l)
		}
		if t.over() {
			return nil
		}
		fmt.Fprint(c.out, "> ")
		var text string
		var more bool
		select {
		case text, more = <-typed:
		case <-c.ctx.Done():
		}
		if !more {
			fmt.Fprintln(c.out, "\n没有保存。")
			return errors.Join(c.ctx.Err(), failed())
		}
		t.env.Now = c.Now()
		var err error
		if lines, err = t.say(text); err != nil {
			return err
		}
	}
}

// typedLines returns the lines of in, and once they have ended the error that
// ended them. Reading from a terminal cannot be broken off, so its goroutine is
// left to the end of in when ctx ends first.
func typedLines(ctx context.Context, in io.Reader) (<-chan string, func() error) {
	lines := make(chan string)
	scanner := bufio.NewScanner(in)
	go func() {
		defer close(lines)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines, func() error {
		if ctx.Err() != nil {
			return nil // the scanner may still be at work
		}
		return scanner.Err()
	}
}

// answer lets a form be answered by itself and shows the talk.
func (c *command) answer(f *form.Form, seed uint64) error {
	r, err := Answerer{Form: f, Lists: Invented{}, Now: c.Now(), Seed: seed}.Run(c.ctx)
	if err != nil {
		return err
	}
	for _, turn := range r.Turns {
		if turn.Typed != "" {
			fmt.Fprintln(c.out, "> "+turn.Typed)
		}
		for _, l := range turn.Shown {
			fmt.Fprintln(c.out, l)
		}
	}
	for _, d := range r.DeadEnds {
		fmt.Fprintln(c.out, d)
	}
	if !r.Done {
		return fmt.Errorf("%s was not answered to its end", f.ID)
	}
	return nil
}
