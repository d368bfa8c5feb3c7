package author

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/form"
)

// Answerer answers a form by itself, as a person would: it types, is refused,
// tries something else. It looks for answers that fit among values taken from
// the expressions themselves; where a question takes none of them, it goes back
// to an answer on which that follows.
type Answerer struct {
	Form  *form.Form
	Lists form.Lists
	Now   time.Time
	// Preset are answers known before the first message, as form.Env has them.
	Preset map[string]string
	// Seed chooses a way through the form: 0 takes the first answer that fits,
	// odd ones begin further down the lists, even ones anywhere.
	Seed uint64
	Most int // messages before it gives up; 0 is 20,000
}

// Result is what became of answering a form.
type Result struct {
	Done     bool // it was saved
	Messages int  // all that were tried
	Turns    []Turn
	Answers  []form.Answer
	Asked    []*form.Question // in the order in which they were first asked
	DeadEnds []DeadEnd
}

// Turn is a message that was taken, and what was shown then. Of the first
// screen Typed is "".
type Turn struct {
	Question *form.Question // nil in the summary
	Typed    string
	Shown    []string
}

// DeadEnd is a question that took none of the answers tried and could not be
// skipped.
type DeadEnd struct {
	Question *form.Question
	Rows     []int
	Why      string // the first refusal
	Tried    []string
	Escaped  bool // another answer before it led past it
}

// String says it to the author.
func (d DeadEnd) String() string {
	q := d.Question
	s := fmt.Sprintf("第 %d 行 %s：试了 %d 种答法都不行", q.Row, q.Name, len(d.Tried))
	if d.Why != "" {
		s += "（" + d.Why + "）"
	}
	if d.Escaped {
		s += "，要回前面改了才能往下答"
	}
	return s
}

// Run answers the form. Its error is one of ctx or of Lists; a form that cannot
// be answered has a Result that is not Done, whose DeadEnds say where.
func (a Answerer) Run(ctx context.Context) (Result, error) {
	s := &search{Answerer: a, ctx: ctx, known: relate(a.Form), rand: rand.New(rand.NewPCG(a.Seed, 7)), visits: map[string]int{}}
	if s.Most == 0 {
		s.Most = 20000
	}
	t := &talk{f: a.Form, env: form.Env{Now: a.Now, Lists: a.Lists, Seed: a.Seed + 1, Preset: a.Preset}}
	session, status, screen, err := form.Start(a.Form, "", t.env)
	if err != nil {
		return Result{}, fmt.Errorf("open form: %w", err)
	}
	s.talk = t
	s.first = Turn{Shown: t.shown(session, status, screen)}
	s.push(session, screen)
	err = s.run()
	return s.result, err
}

// search is an Answerer at work.
type search struct {
	Answerer
	ctx    context.Context
	known  relations
	rand   *rand.Rand
	talk   *talk
	first  Turn
	steps  []step
	visits map[string]int // by question and row: how often it was asked
	back   int            // how often it went back
	result Result
}

// step is a question that is open, and the answers still to be tried.
type step struct {
	stored []byte // the session before the answer
	q      *form.Question
	rows   []int
	left   []string
	tried  []string
	why    string
	turn   Turn                    // of the answer that was taken
	blame  map[*form.Question]bool // what dead ends after it follow from
}

// mostBack is how often answers are taken back before giving up.
const mostBack = 200

func (s *search) run() error {
	for {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if s.result.Messages >= s.Most {
			s.finish()
			return nil
		}
		top := &s.steps[len(s.steps)-1]
		moved, err := s.try(top)
		if err != nil {
			return err
		}
		if s.result.Done {
			s.finish()
			return nil
		}
		if !moved && !s.retreat() {
			s.finish()
			return nil
		}
	}
}

// push notes what is asked now.
func (s *search) push(session *form.Session, screen form.Screen) {
	q, rows := session.Open()
	next := step{stored: s.talk.stored, q: q, rows: rows, left: []string{"1"}}
	if q != nil {
		if !slices.Contains(s.result.Asked, q) {
			s.result.Asked = append(s.result.Asked, q)
		}
		place := fmt.Sprint(q.Name, q.Row, rows)
		next.left = s.candidates(session, q, rows, screen, s.visits[place])
		s.visits[place]++
	}
	s.steps = append(s.steps, next)
}

// try gives top its answers until one is taken; it reports whether one was.
func (s *search) try(top *step) (moved bool, err error) {
	for len(top.left) > 0 && s.result.Messages < s.Most {
		text := top.left[0]
		top.left = top.left[1:]
		top.tried = append(top.tried, text)
		session, err := form.Decode(s.Form, top.stored)
		if err != nil {
			return false, fmt.Errorf("read session: %w", err)
		}
		s.result.Messages++
		s.talk.env.Seed++
		status, screen, err := form.Step(s.Form, session, form.Input{Text: text}, s.talk.env)
		if err != nil {
			return false, fmt.Errorf("answer %q: %w", text, err)
		}
		q, rows := session.Open()
		if status == form.Asking && q == top.q && slices.Equal(rows, top.rows) {
			if top.why == "" && len(screen.Say) > 0 {
				top.why = oneLine(screen.Say[0])
			}
			continue
		}
		top.turn = Turn{Question: top.q, Typed: text, Shown: s.talk.shown(session, status, screen)}
		if s.result.Done = status == form.Done; s.result.Done {
			s.result.Answers = session.Answers()
			return true, nil
		}
		s.push(session, screen)
		return true, nil
	}
	return false, nil
}

// retreat goes back from a dead end to the nearest answer from which it follows
// and that may be another; when that has no other left either, to one from which
// either follows.
func (s *search) retreat() bool {
	dead := s.steps[len(s.steps)-1]
	if dead.q != nil && dead.turn.Typed == "" && !s.noted(dead) { // what was answered once was no dead end itself
		s.result.DeadEnds = append(s.result.DeadEnds, DeadEnd{Question: dead.q, Rows: dead.rows, Why: dead.why, Tried: dead.tried})
	}
	causes := s.known.causes(dead.q)
	maps.Copy(causes, dead.blame)
	for i := len(s.steps) - 2; i >= 0 && s.back < mostBack; i-- {
		if at := s.steps[i]; len(at.left) > 0 && at.q != nil && causes[at.q] {
			s.steps = s.steps[:i+1]
			maps.Copy(causes, s.steps[i].blame)
			s.steps[i].blame = causes
			s.back++
			return true
		}
	}
	return false
}

func (s *search) noted(dead step) bool {
	return slices.ContainsFunc(s.result.DeadEnds, func(d DeadEnd) bool {
		return d.Question == dead.q && slices.Equal(d.Rows, dead.rows)
	})
}

// finish tells of the way that was taken.
func (s *search) finish() {
	s.result.Turns = append(s.result.Turns, s.first)
	taken := s.steps
	if !s.result.Done { // the last one took nothing
		taken = taken[:max(0, len(taken)-1)]
	}
	for _, at := range taken {
		s.result.Turns = append(s.result.Turns, at.turn)
	}
	if s.result.Done {
		for i := range s.result.DeadEnds {
			s.result.DeadEnds[i].Escaped = true
		}
	}
}

// candidates are the answers to try for q, the likeliest first.
func (s *search) candidates(session *form.Session, q *form.Question, rows []int, screen form.Screen, visits int) []string {
	var out []string
	if q.Type == form.Repeat {
		out = s.another(session, q, rows)
	} else {
		h := s.known.hints(q, session)
		h.today = s.Now
		out = answersFor(q, len(screen.Options), h)
		switch {
		case s.Seed%2 == 1 && visits == 0 && len(screen.Options) > 0:
			n := int(s.Seed/2) % len(screen.Options)
			out = append(slices.Clone(out[n:]), out[:n]...)
		case s.Seed != 0 || visits > 0:
			s.rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		}
		if s.known.counts[q] { // every row of a repeat is asked
			slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(many(a), many(b)) })
		}
	}
	if q.Type == form.Repeat {
		return out
	}
	const skip = "跳过"
	if s.Seed != 0 && s.Seed%2 == 0 && s.rand.IntN(6) == 0 {
		return slices.Insert(out, 0, skip)
	}
	return append(out, skip)
}

// many puts numbers of rows that take long behind those that do not.
func many(text string) int {
	if len(text) > 1 || text > "3" {
		return 1
	}
	return 0
}

// another answers whether a repeat has another row: with the seed 0 one row,
// else up to three.
func (s *search) another(session *form.Session, q *form.Question, rows []int) []string {
	place := fmt.Sprint(q.Name, q.Row, rows)
	n := 0
	for _, at := range s.steps {
		if at.q == q && fmt.Sprint(at.q.Name, at.q.Row, at.rows) == place && at.turn.Typed == "1" {
			n++
		}
	}
	if s.Seed != 0 && n < 3 && s.rand.IntN(2) == 0 {
		return []string{"1", "2"}
	}
	return []string{"2", "1"}
}

// relations are what the expressions of a form say of each other.
type relations struct {
	byName map[string][]*form.Question
	parent map[*form.Question]*form.Question
	counts map[*form.Question]bool // how many rows a repeat has follows from it
}

func relate(f *form.Form) relations {
	r := relations{map[string][]*form.Question{}, map[*form.Question]*form.Question{}, map[*form.Question]bool{}}
	r.add(f.Questions, nil)
	for q := range r.parent {
		if q.RepeatCount != "" {
			for cause := range r.follow(q.RepeatCount) {
				r.counts[cause] = true
			}
		}
	}
	return r
}

func (r relations) add(qs []*form.Question, parent *form.Question) {
	for _, q := range qs {
		r.parent[q] = parent
		if q.Name != "" {
			r.byName[q.Name] = append(r.byName[q.Name], q)
		}
		r.add(q.Children, q)
	}
}

// follow returns every question that the value of an expression follows from.
func (r relations) follow(expressions ...string) map[*form.Question]bool {
	found := map[*form.Question]bool{}
	for len(expressions) > 0 {
		text := expressions[0]
		expressions = expressions[1:]
		for _, name := range scan(text).names {
			for _, q := range r.byName[name] {
				if !found[q] {
					found[q] = true
					expressions = append(expressions, q.Calculation, q.Relevant, q.Default)
				}
			}
		}
	}
	return found
}

// causes returns the questions from which it follows that q is asked and what
// it takes; of nil, the summary, none.
func (r relations) causes(q *form.Question) map[*form.Question]bool {
	if q == nil {
		return map[*form.Question]bool{}
	}
	expressions := []string{q.Constraint, q.ChoiceFilter, q.Required, q.Calculation, q.List}
	for p := q; p != nil; p = r.parent[p] {
		expressions = append(expressions, p.Relevant, p.RepeatCount)
	}
	return r.follow(expressions...)
}

// hints returns what the constraint of q lets one guess.
func (r relations) hints(q *form.Question, session *form.Session) hints {
	h := scan(q.Constraint)
	for cause := range r.follow(q.Constraint) {
		if cause.Calculation != "" {
			more := scan(cause.Calculation)
			h.numbers, h.texts = append(h.numbers, more.numbers...), append(h.texts, more.texts...)
		}
		if v := session.Get(cause.Name); v != "" {
			h.values = append(h.values, v)
		}
	}
	slices.Sort(h.values)
	slices.Sort(h.numbers)
	slices.Sort(h.texts)
	h.numbers, h.texts, h.values = slices.Compact(h.numbers), slices.Compact(h.texts), slices.Compact(h.values)
	h.patterns = strings.Contains(q.Constraint, "regex")
	return h
}
