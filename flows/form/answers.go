package form

// Answer is one answer as it is saved.
type Answer struct {
	Name  string
	Rows  []int  // rows of the repeats around it, from 1; nil outside repeats
	Value string // as it is stored: a choice's value, 2006-01-02, …
	Label string // as a person reads it
}

// Answers returns what is saved, in the order of the sheet: every answer and
// result that applies and is not empty. Labels of live lists are read from the
// Lists of the last step; without any they are the values.
func (s *Session) Answers() []Answer {
	var out []Answer
	s.walk(func(a at) bool {
		q := s.f.all[a.q]
		if q.Type == Repeat || q.Type == Note || q.Type == Media || q.Name == "" {
			return true
		}
		v := s.text(a)
		if v == "" {
			return true
		}
		answer := Answer{Name: q.Name, Value: v, Label: s.display(a, v)}
		for _, r := range a.row[:q.depth] {
			answer.Rows = append(answer.Rows, int(r)+1)
		}
		out = append(out, answer)
		return true
	})
	return out
}

// Label returns the answer name as a person reads it, "" when there is none.
func (s *Session) Label(name string) string {
	q := s.f.byName[name]
	if q == nil {
		return ""
	}
	a := at{q: int32(q.index)}
	v := s.text(a)
	if v == "" {
		return ""
	}
	return s.display(a, v)
}

// Title returns the form's instance_name for these answers, or the form's title
// when it has none.
func (s *Session) Title() string {
	if e := s.f.title; e != nil {
		if v, err := s.eval(e, at{}, s.value(at{})); err == nil && v.String() != "" {
			return v.String()
		}
	}
	return s.f.Title
}
