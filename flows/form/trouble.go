package form

import (
	"errors"

	"xintiexin/flows/xpath"
)

// Trouble is an expression that could not be evaluated while a form was asked. It
// stops nobody: a condition holds then, a constraint is passed, a calculation is
// empty, a choice_filter lets everything through. It names no answer.
type Trouble struct {
	Row    int    // of the survey sheet; 0 is the setting instance_name
	Column string // under its XLSForm name
	Name   string // of the question
	Err    error
}

// mostTroubles are told of one step.
const mostTroubles = 20

// Troubles are those of the last step, each expression once. A required choice of
// which nothing is on offer is among them: there the form stops.
func (s *Session) Troubles() []Trouble { return s.troubles }

// trouble notes that e, of the question q, could not be evaluated.
func (s *Session) trouble(q *Question, e *xpath.Expr, err error) {
	t := Trouble{Row: q.Row, Column: q.columnOf(e), Name: q.Name, Err: err}
	if e != nil && e == s.f.title {
		t.Row, t.Column, t.Name = 0, "instance_name", ""
	}
	s.note(t)
}

func (s *Session) note(t Trouble) {
	for _, o := range s.troubles {
		if o.Row == t.Row && o.Column == t.Column {
			return
		}
	}
	if len(s.troubles) < mostTroubles {
		s.troubles = append(s.troubles, t)
	}
}

// columnOf is the column in which an expression of the question stands.
func (q *Question) columnOf(e *xpath.Expr) string {
	switch e {
	case q.ifAsked:
		return "relevant"
	case q.ifNeeded:
		return "required"
	case q.rule:
		return "constraint"
	case q.calc:
		return "calculation"
	case q.initial:
		return "default"
	case q.filter:
		return "choice_filter"
	case q.count:
		return "repeat_count"
	case q.fixed:
		return "read_only"
	}
	return ""
}

var errNoChoices = errors.New("a required choice has nothing on offer")

// pickColumn is where an author looks for why a choice has nothing on offer.
func pickColumn(q *Question) string {
	if q.filter != nil {
		return "choice_filter"
	}
	return "type"
}
