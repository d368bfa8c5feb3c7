package understand

import (
	"xintiexin/flows/understand/model"
)

// Input returns what is scored of a sentence.
func Input(a Asked) model.Input {
	if a.Names == nil {
		a.Names = nobody
	}
	r := read(a.Text, a.Day, a.Names)
	return r.input(a.Role, a.State)
}

// input is what is scored of a sentence. At a reminder a short word answers it, so that
// what is open counts; elsewhere words that are no answer mean the same as ever.
func (r *reading) input(role, state string) model.Input {
	if state != "at:reminder" {
		state = "idle"
	}
	return model.Input{Text: r.masked, Role: role, State: state, Concepts: conceptsOf(r.masked)}
}

// What is added to a text that may be an answer: how well it parses as one.
var parses = map[parse]string{parseNone: "⊖", parseLoose: "⊙", parseWhole: "⊕"}

// AnswerText returns a text for the classifier that says whether it is an answer to what
// is open.
func AnswerText(a Asked) string {
	if a.Names == nil {
		a.Names = nobody
	}
	r := read(a.Text, a.Day, a.Names)
	_, how := r.answerOf(a, nil)
	return r.masked + parses[how]
}

// Plain returns a text for the small classifiers: without names, in common words.
func Plain(a Asked) string {
	if a.Names == nil {
		a.Names = nobody
	}
	r := read(a.Text, a.Day, a.Names)
	text := r.text
	for i := len(r.names) - 1; i >= 0; i-- {
		text = text[:r.names[i].start] + text[r.names[i].end:]
	}
	return speech().Replace(text)
}
