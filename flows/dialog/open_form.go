package dialog

import (
	"cmp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
)

// inForm answers words while a form is open. Only commands that leave the form
// are taken here; all else is the form's.
func inForm(c *Turn, text string, command string) (Reply, error) {
	tap := c.M.Token != 0 && c.M.Token != c.S.Step
	if f := c.T.Flow(c.S.Flow); f != nil && f.Typed != nil && c.M.Token == 0 && !c.M.Tapped {
		if said := f.Typed(c, text); said != "" {
			return c.Step(form.Input{Text: said})
		}
	}
	switch {
	case tap: // an older screen's words are no command
	case leaving(c) && OneOf(answer.Bare(text), "留着", "留着吧", "先留着", "不退", "不退了"):
		return c.Step(form.Input{Text: answer.Resume})
	case !c.Who.Staff() && !c.M.Tapped && thanks.MatchString(text) && !wordsAsked(c):
		return c.Again(sayWelcome)
	case c.M.Kind == Click:
		return switchTo(c, text)
	case command == answer.Park && !sentenceAsked(c, text):
		return c.Park()
	case command == answer.Menu:
		if _, err := c.Park(); err != nil {
			return Reply{}, err
		}
		return c.Menu(sayParkedFor)
	case command == answer.Resume && !leaving(c):
		return c.Step(form.Input{Again: true})
	case command == answer.Undo:
		return undoInForm(c)
	default:
		switches, err := switches(c, text)
		if err != nil {
			return Reply{}, err
		}
		if switches {
			return switchTo(c, text)
		}
	}
	return c.stepOr(text)
}

// refusal is what an open form made of a message that it did not take.
type refusal struct {
	refused, unsure bool
	times           int // refused in a row
}

// stepOr hands words to the open form; those that it does not take are read as a sentence.
// What is refused again and again gets the way to a person too.
func (c *Turn) stepOr(text string) (Reply, error) {
	if r, ok, err := c.severalSaid(text); ok || err != nil {
		return r, err
	}
	c.refusal = refusal{}
	r, err := c.Step(form.Input{Text: c.M.Text, Token: c.M.Token})
	was := c.refusal
	if err != nil || !was.refused && !was.unsure || c.S.Flow == "" || c.M.Tapped || c.M.Token != 0 {
		return r, err
	}
	if other, ok, err := c.refused(text, was.unsure); ok || err != nil {
		return other, err
	}
	if was.times < 2 || !c.sentence(text) || !strings.Contains(r.Text, "没看懂") {
		return r, nil
	}
	way, err := c.wayToPerson()
	r.Text = Join(sayLostSorry, way, r.Text)
	return r, err
}

// undoInForm takes back what was saved before this form was opened, if that can
// still be; the open form is put aside.
func undoInForm(c *Turn) (Reply, error) {
	if _, err := c.Tx.LoadUndo(c.M.From, c.M.At); IsNotFound(err) {
		return c.Again(sayUndoInForm)
	} else if err != nil {
		return Reply{}, err
	}
	return switchTo(c, answer.Undo)
}

// sentenceAsked reports whether free words are asked for and text is more than
// a command: “等会来拿补贴表” is an answer there.
func sentenceAsked(c *Turn, text string) bool {
	s, f, err := c.Decode()
	return err == nil && f != nil && s.Asks() == form.Text && len([]rune(text)) > 3
}

// wordsAsked reports whether free words are asked for: thanks may be what she says
// there.
func wordsAsked(c *Turn) bool {
	s, f, err := c.Decode()
	return err == nil && f != nil && s.Asks() == form.Text
}

// leaving reports whether the open question is if the form is to be thrown away.
func leaving(c *Turn) bool {
	s, f, err := c.Decode()
	return err == nil && f != nil && s.Leaving()
}

// switches reports whether words mean another thing to do rather than an answer:
// a whole keyword, or a sentence that begins with one where no free words are
// asked for.
func switches(c *Turn, text string) (bool, error) {
	if openChoice(c, text) {
		return false, nil
	}
	if s, _, err := c.Decode(); err != nil {
		return false, err
	} else if s != nil && s.Asks() != form.Text && c.spoken(text) != "" {
		return true, nil
	}
	f, rest := c.Keyword(text)
	if f != nil && rest == "" {
		return true, nil
	}
	s, open, err := c.Decode()
	if err != nil || open == nil {
		return false, err
	}
	words := s.Asks() == form.Text // free words are asked for: “约号” may be what she needs
	if c.Other(text) && !(words && open.For != Anyone && !ownWork(c, text)) {
		return true, nil
	}
	begins, spaced := false, false // “走访 郭敏” is hardly said to anything else
	if f != nil {
		for _, head := range f.Heads() {
			begins, spaced = begins || strings.HasPrefix(text, head), spaced || strings.HasPrefix(text, head+" ")
		}
	}
	for _, w := range c.Words() {
		begins = begins || strings.HasPrefix(text, w.Text)
	}
	return begins && (spaced || !words), nil
}

// ownWork reports whether text is a keyword of the cadre's own work.
func ownWork(c *Turn, text string) bool {
	return slices.ContainsFunc(c.T.Catalog.work, func(w Keyword) bool { return answer.SameWord(text, w.Text) })
}

// switchTo puts the open form aside for a keyword or a tap on the menu.
func switchTo(c *Turn, text string) (Reply, error) {
	text = cmp.Or(c.spoken(text), text)
	return c.leaveFor(func() (Reply, error) { return c.AtLarge(text) })
}

// leaveFor puts the open form aside for something else, and says so.
func (c *Turn) leaveFor(do func() (Reply, error)) (Reply, error) {
	s, open, err := c.Decode()
	if err != nil {
		return Reply{}, err
	}
	if open == nil || !open.touched(s) { // nothing was answered yet
		c.Close()
		return do()
	}
	if _, err := c.Park(); err != nil {
		return Reply{}, err
	}
	r, err := do()
	if err == nil && r.Text != "" {
		r.Text = sayParkedFor + "\n" + r.Text
	}
	return r, err
}
