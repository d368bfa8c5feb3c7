package train

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/understand"
	"xintiexin/flows/understand/corpus"
	"xintiexin/flows/understand/model"
)

// Cases returns the model of sentences of the corpus.
func Cases(cases []corpus.Case) *model.Model {
	world := understand.Invented()
	names := world.Names()
	var examples []Example
	smalls := map[string][]choice{}
	for n, c := range cases {
		a := understand.Asked{Text: c.Text, Role: c.Role, State: c.State, Offers: c.Offers, Day: world.Day, Names: names}
		if c.Intent != "answer" {
			examples = append(examples, Example{Input: understand.Input(a), Name: c.Intent, Danger: strings.HasPrefix(c.Intent, "danger.")})
		}
		learnSmall(smalls, c, a)
		learnAnswers(smalls, c, a, n)
	}
	m := Make(examples)
	for _, name := range slices.Sorted(keys(smalls)) {
		m.Smalls = append(m.Smalls, small(name, smalls[name]))
	}
	return m
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// choice is one example of a small classifier.
type choice struct{ text, class string }

// learnSmall takes from a sentence what small classifiers learn: how somebody is, and
// which of the options of a question is meant.
func learnSmall(into map[string][]choice, c corpus.Case, a understand.Asked) {
	answers := c.Intent == "answer"
	if c.Intent == "visit.log" || c.Intent == "day.close" || answers && c.State == "at:finding" {
		class := "none"
		if f, ok := c.Slots["finding"]; ok {
			class, ok = f.(string)
			if !ok {
				into["finding"] = append(into["finding"], findingsOf(c, a)...)
				return
			}
		}
		into["finding"] = append(into["finding"], choice{understand.Plain(a), class})
	}
	switch c.State {
	case "at:summary", "at:consent", "at:notify":
		if v, ok := c.Slots["value"]; ok && answers {
			name := "value@" + c.State
			into[name] = append(into[name], choice{understand.Plain(a), fmt.Sprint(v)})
		}
	}
}

// findingsOf takes from a sentence about several persons how each is, by what is said of each.
func findingsOf(c corpus.Case, a understand.Asked) (out []choice) {
	var who, how []string
	for _, v := range anyList(c.Slots["who"]) {
		who = append(who, fmt.Sprint(v))
	}
	for _, v := range anyList(c.Slots["finding"]) {
		how = append(how, fmt.Sprint(v))
	}
	if len(who) != len(how) {
		return nil
	}
	for _, s := range understand.PartsOf(a, who) {
		if k := slices.Index(who, s.Who); k >= 0 {
			out = append(out, choice{s.Text, how[k]})
		}
	}
	return out
}

func anyList(v any) []any {
	list, _ := v.([]any)
	return list
}

// small makes a small classifier.
func small(name string, choices []choice) model.Small {
	s := model.Small{Name: name}
	d := &data{}
	for _, c := range choices {
		if !slices.Contains(s.Classes, c.class) {
			s.Classes = append(s.Classes, c.class)
		}
		d.grams = append(d.grams, model.Grams(model.Input{Text: c.text}))
	}
	slices.Sort(s.Classes)
	d.names = s.Classes
	for _, c := range choices {
		d.class = append(d.class, slices.Index(s.Classes, c.class))
	}
	s.Linear = d.machine(d.grams, d.vocabulary(d.grams, 1))
	return s
}

// oneIn is which part of the sentences said while nothing is open is learned as no answer.
const oneIn = 9

// states are what may be open and takes answers, each with the intents whose sentences may
// well be answers to it.
var states = []struct {
	name string
	like []string
}{
	{"at:who", []string{"person.show", "person.new"}},
	{"at:finding", []string{"visit.log", "day.close", "visit.correct"}},
	{"at:kind", []string{"visit.log", "away.log", "return.log", "person.died", "person.moved_away", "person.moved_village", "person.phone_changed", "visit.plan", "home.coming", "booking.for_other", "person.new", "visit.correct", "person.last_visit", "person.phone", "person.show", "booking.change"}},
	{"at:day", []string{"visit.plan", "booking.change", "booking.new", "home.coming", "clinic.closed"}},
	{"at:past_day", []string{"visit.log", "return.log"}},
	{"at:birth_day", nil},
	{"at:summary", []string{"visit.correct", "booking.confirm"}},
	{"at:consent", []string{"stop.records"}},
	{"at:notify", []string{"thanks"}},
	{"at:offer", nil},
}

// learnAnswers takes from a sentence whether it is an answer to what is open; what is said
// while nothing is open is, in part, no answer to each.
func learnAnswers(into map[string][]choice, c corpus.Case, a understand.Asked, n int) {
	for i, s := range states {
		name := "answer@" + s.name
		switch {
		case c.State == s.name && c.Intent == "answer":
			into[name] = append(into[name], choice{understand.AnswerText(a), "yes"})
		case c.State == s.name:
			into[name] = append(into[name], choice{understand.AnswerText(a), "no"}, choice{understand.AnswerText(a), "no"})
		case c.State == "idle" && (n+i)%oneIn == 0 && !slices.Contains(s.like, c.Intent) && !(s.name == "at:offer"):
			a.State = s.name
			into[name] = append(into[name], choice{understand.AnswerText(a), "no"})
		}
	}
}
