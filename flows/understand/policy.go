package understand

import (
	"slices"
	"strings"

	"xintiexin/flows/understand/danger"
)

// Kind says what becomes of a sentence.
type Kind string

// What becomes of a sentence: its meaning is taken, it is asked which of a few is meant,
// it answers what is open, or it was not understood.
const (
	Do     Kind = "do"
	Ask    Kind = "ask"
	Answer Kind = "answer"
	Lost   Kind = "lost"
)

// Outcome is what is to be done about a sentence.
type Outcome struct {
	Kind   Kind
	Intent string
	Slots  Slots
	Offers []string // of Ask: at most three, the likeliest first
}

// marks are how likely a meaning of a class must be to be taken, and by how much likelier
// than the next.
type mark struct{ p, ahead float64 }

var marks = map[class]mark{
	classRight: {0.72, 0.3},
	classPage:  {0.66, 0.3},
	classTalk:  {0.66, 0.3},
	classForm:  {0.75, 0.35},
	classUndo:  {0.78, 0.4},
	classFinal: {0.85, 0.55},
	classOut:   {0.72, 0.3},
}

// markAnswer is how likely words must be an answer that parse as a whole, or loosely.
const (
	markAnswerWhole = 0.15
	markAnswerLoose = 0.50
	markLost        = 0.06
)

// weigh decides by candidates alone: what is taken, what is asked, what is lost. agreed
// says whether a rule names the first.
func weigh(list []Candidate, agreed bool) (Kind, []string) {
	if len(list) == 0 || list[0].P < markLost {
		return Lost, nil
	}
	first := list[0]
	second := 0.0
	if len(list) > 1 {
		second = list[1].P
	}
	in := intents()[first.Intent]
	m, ok := marks[in.class]
	if !ok {
		m = marks[classForm]
	}
	if in.class == classFinal && !agreed {
		m.p = 0.93
	}
	if in.opposite != "-" && slices.ContainsFunc(list[1:min(3, len(list))], func(c Candidate) bool { return c.Intent == in.opposite && c.P > 0.06 }) {
		m.p = max(m.p, 0.95)
	}
	if first.P >= m.p && first.P-second >= m.ahead && !nearForbids(list, agreed) {
		return Do, nil
	}
	var offers []string
	for _, c := range list {
		if len(offers) < 3 && c.P > 0 {
			offers = append(offers, c.Intent)
		}
	}
	return Ask, offers
}

// decide is the order of the policy: danger, an answer that what is open takes as a whole,
// a meaning that is sure, three options, a way to a person.
func (u *Reader) decide(a Asked, r *reading, out *Reading, answered Slots, how parse) Outcome {
	if out.Danger.Tier == danger.Sure {
		name := "danger." + string(out.Danger.Kind)
		return Outcome{Kind: Do, Intent: name, Slots: r.slotsOf(name, a.Role, a.Day, u.small)}
	}
	list := withoutDanger(out.Candidates)
	if a.State != "idle" && a.State != "at:reminder" {
		p := 0.0
		for _, c := range list {
			if c.Intent == "answer" {
				p = c.P
			}
		}
		if how == parseWhole && p >= markAnswerWhole || how == parseLoose && p >= markAnswerLoose || how == parseNone && p >= 0.9 && (a.State == "at:who" || a.State == "at:finding" || a.State == "at:offer") {
			return Outcome{Kind: Answer, Intent: "answer", Slots: answered}
		}
	}
	agreed := len(list) > 0 && (slices.Contains(r.ruled, list[0].Intent) || string(out.Right) == list[0].Intent)
	kind, offers := weigh(list, agreed)
	switch kind {
	case Do:
		name := list[0].Intent
		if name == "answer" {
			if how == parseNone && a.State != "at:who" && a.State != "at:finding" && a.State != "at:offer" {
				return Outcome{Kind: Ask, Offers: offersOf(list)}
			}
			return Outcome{Kind: Answer, Intent: name, Slots: answered}
		}
		s := r.slotsOf(name, a.Role, a.Day, u.small)
		return Outcome{Kind: Do, Intent: name, Slots: s}
	case Ask:
		if a.State != "idle" && a.State != "at:reminder" && how != parseNone {
			offers = withAnswer(offers)
		}
		return Outcome{Kind: Ask, Offers: offers}
	}
	return Outcome{Kind: Lost}
}

// withAnswer puts an answer to what is open among the options, last where there are three.
func withAnswer(offers []string) []string {
	if slices.Contains(offers, "answer") {
		return offers
	}
	return append(offers[:min(2, len(offers))], "answer")
}

// withoutDanger returns what else a sentence may mean, where danger was decided already.
func withoutDanger(list []Candidate) (out []Candidate) {
	rest := 0.0
	for _, c := range list {
		if !strings.HasPrefix(c.Intent, "danger.") {
			rest += c.P
			out = append(out, c)
		}
	}
	for i := range out {
		out[i].P = rounded(out[i].P / max(rest, 0.05))
	}
	return out
}

func offersOf(list []Candidate) (offers []string) {
	for _, c := range list[:min(3, len(list))] {
		offers = append(offers, c.Intent)
	}
	return offers
}
