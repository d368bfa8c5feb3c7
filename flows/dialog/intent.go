package dialog

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/understand"
	"xintiexin/storage/calendar"
)

// Class says what an intent may do: what becomes of a sentence that means it.
type Class uint8

const (
	ShowsPage  Class = iota // only shows something
	OpensForm               // opens a form or a summary: nothing is kept before it is confirmed
	Undoable                // is done at once, and 撤销 takes it back
	Frees                   // frees, deletes or tells something: opens its own confirmation, which names the thing
	IsRight                 // what a resident may always demand: opens its question or its page
	IsDanger                // somebody may be in danger
	OutOfScope              // not of this service: whom to ask
)

// Intent is something that people may mean in their own words, as flows/understand names
// it, and what answers it.
type Intent struct {
	Name  string
	For   Audience
	Home  bool // of who is no staff alone
	Class Class
	Label string // what it is called where it is offered; "" is what flows/understand calls it
	Do    func(c *Turn, s Understood) (Reply, error)

	Over   bool   // a sentence that surely means it goes before words in it that are known for something else
	Before string // of IsDanger: the line before the ordinary answer where it is only possible
}

// Understood is a sentence that was understood.
type Understood struct {
	Intent string
	Text   string // as it was typed
	Slots  understand.Slots
	Facts  []understand.Fact
}

// Str is a slot as text, the first of several; "" without.
func (s Understood) Str(slot string) string {
	if all := s.All(slot); len(all) > 0 {
		return all[0]
	}
	return ""
}

// All are the values of a slot.
func (s Understood) All(slot string) []string { return valuesOf(s.Slots[slot]) }

func valuesOf(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []string:
		out = v
	case []any:
		for _, one := range v {
			out = append(out, fmt.Sprint(one))
		}
	case nil:
	default:
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// Day is a slot that holds a day, the first of an interval; 0 without.
func (s Understood) Day(slot string) calendar.Day {
	first, _, _ := strings.Cut(s.Str(slot), "/")
	day, err := calendar.ParseDay(first)
	if err != nil {
		return 0
	}
	return day
}

// Count is how many persons were said, 0 without.
func (s Understood) Count() int {
	n, _ := s.Slots["count"].(int)
	return n
}

// BeforeWords returns intents with those of some names going before words in a sentence
// that are known for something else: 明天走访吴娟 is a plan, though 走访 opens a visit.
func BeforeWords(all []Intent, names ...string) []Intent {
	for i := range all {
		all[i].Over = all[i].Over || slices.Contains(names, all[i].Name)
	}
	return all
}

// SayWords answers an intent as the words do that are known for it.
func SayWords(words string) func(*Turn, Understood) (Reply, error) {
	return func(c *Turn, _ Understood) (Reply, error) { return c.sayPlain(words) }
}

// sayPlain is AtLarge for words that stand for what was typed.
func (c *Turn) sayPlain(words string) (Reply, error) {
	c.M.Text, c.M.Token, c.M.Tapped = words, 0, false
	return c.AtLarge(words)
}

// SayWordsWith answers an intent as words do with what a slot holds behind them.
func SayWordsWith(words string, slots ...string) func(*Turn, Understood) (Reply, error) {
	return func(c *Turn, s Understood) (Reply, error) {
		parts := []string{words}
		for _, slot := range slots {
			v := s.Str(slot)
			if day := s.Day(slot); day != 0 {
				v = day.Short()
			}
			if v != "" {
				parts = append(parts, v)
			}
		}
		return c.sayPlain(strings.Join(parts, " "))
	}
}

// Act answers an intent by a handler of words.
func Act(do func(c *Turn, rest string) (Reply, error), rest string) func(*Turn, Understood) (Reply, error) {
	return func(c *Turn, _ Understood) (Reply, error) { return do(c, rest) }
}

// intent is what a capability declared under a name for whoever writes.
func (c *Turn) intent(name string) (Intent, bool) {
	for _, in := range c.T.Catalog.intents[name] {
		if c.Is(in.For) && (!in.Home || !c.Who.Staff()) {
			return in, true
		}
	}
	return Intent{}, false
}

func (in Intent) label() string {
	if in.Label != "" {
		return in.Label
	}
	return understand.Label(in.Name)
}

// Intents are all that capabilities declared, by name.
func (t *Talk) Intents() []Intent {
	var all []Intent
	for _, p := range t.Catalog.all {
		all = append(all, p.Intents...)
	}
	slices.SortStableFunc(all, func(a, b Intent) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ownIntents are those that the dialog itself answers.
func ownIntents() []Intent {
	menu := func(c *Turn, _ Understood) (Reply, error) { return c.Menu("") }
	return []Intent{
		{Name: "help", Class: ShowsPage, Over: true, Do: menu}, {Name: "menu", Class: ShowsPage, Do: menu}, {Name: "greet", Class: ShowsPage, Do: greeted},
		{Name: "thanks", Class: ShowsPage, Do: func(*Turn, Understood) (Reply, error) { return Reply{Text: sayWelcome}, nil }},
		{Name: "undo", Class: Undoable, Do: func(c *Turn, _ Understood) (Reply, error) { return c.undo() }},
		{Name: "resume", Class: Undoable, Do: func(c *Turn, _ Understood) (Reply, error) { return c.resume() }},
		{Name: "park", Class: ShowsPage, Do: nothingOpen}, {Name: "discard", Class: ShowsPage, Do: nothingOpen},
	}
}

func nothingOpen(c *Turn, _ Understood) (Reply, error) { return c.Menu(sayNothingOpen) }

// greeted answers a greeting: staff by their menu.
func greeted(c *Turn, _ Understood) (Reply, error) {
	if c.Who.Staff() {
		return c.Menu(sayStaffHello)
	}
	return c.Greet()
}
