package form

// Answer is one answer as it is saved.
type Answer struct {
	Name  string
	Path  string // the names of the groups around it and its own, with a slash between
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
		answer := Answer{Name: q.Name, Path: q.path(), Value: v, Label: s.display(a, v)}
		for _, r := range a.row[:q.depth] {
			answer.Rows = append(answer.Rows, int(r)+1)
		}
		out = append(out, answer)
		return true
	})
	return out
}

// path is the name of q behind those of the groups around it; repeats are told
// by their rows.
func (q *Question) path() string {
	path := q.Name
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Group && p.Name != "" {
			path = p.Name + "/" + path
		}
	}
	return path
}

// Path returns the name of the question behind those of the groups around it, as
// Answer has it; f must be compiled.
func (q *Question) Path() string { return q.path() }

// Refill begins a session of f with answers that were saved once, by their Path
// and Rows: it shows the summary, in which lines can be changed, unless f asks
// for something now that it did not ask for then. What f does not have is left
// out. An error is one of env's Lists.
func Refill(f *Form, answers []Answer, env Env) (*Session, Status, Screen, error) {
	s := newSession(f)
	s.begin(env)
	s.token = env.Token
	for i := range s.changed {
		s.changed[i] = ^uint64(0)
	}
	s.meta("today")
	s.preset()
	paths := map[string]*Question{}
	for _, q := range f.all {
		if q.Name != "" {
			paths[q.path()] = q
		}
	}
	for _, a := range answers {
		if q := paths[a.Path]; q != nil && len(a.Rows) == q.depth {
			s.refill(q, a)
		}
	}
	s.settle()
	for _, q := range f.all {
		if !q.asked() {
			continue
		}
		s.eachRow(q, func(a at) { // what was left out then is not asked now
			if c := s.cell(a); c.text == "" && c.flag&answered == 0 && s.applies(a) && !s.required(a) {
				s.put(a, cell{flag: answered})
			}
		})
	}
	s.onward()
	sc := s.show()
	return s, Asking, sc, s.err
}

func (s *Session) refill(q *Question, a Answer) {
	to := at{q: int32(q.index)}
	for i, r := range a.Rows {
		if r < 1 || r > maxRows {
			return
		}
		to.row[i] = uint8(r - 1)
	}
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat {
			o := outer(p, to)
			c := s.cell(o)
			c.n, c.flag = max(c.n, to.row[p.depth]+1), c.flag|answered
			s.put(o, c)
		}
	}
	s.put(to, cell{text: a.Value, flag: answered})
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

// Within returns the innermost repeat around the question, nil without one; f
// must be compiled.
func (q *Question) Within() *Question {
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat {
			return p
		}
	}
	return nil
}
