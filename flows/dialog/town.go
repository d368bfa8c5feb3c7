package dialog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// A town's own forms are tables in the store. What is asked of people is the form
// that stands in them, with rows of ours in it: whether she agrees, and what the
// flow knows. Their names begin with _, and no author may use those.

// Town is what a flow of a town's own form knows beside a built-in one.
type Town struct {
	Id, Name string // of the tables; the form's
	Subject  string // the question for whom it is about, "" without one
	Menu     string // its line in the menu, "" for none
	Also     []string
	Resident bool // for residents, about themselves
}

// Hers are the rows that stand in every form of a town's, by what a built-in form
// calls them.
var Hers = []string{"office", "who", "consent_state", "intro", "editing", "stop", "resident"}

// Reserved reports whether a name is that of a row of ours.
func Reserved(name string) bool {
	own, ok := strings.CutPrefix(name, "_")
	return ok && (slices.Contains(Hers, own) || slices.Contains([]string{"intro_note", "own_note", "consent", "newcomer"}, own))
}

// Row is the name that a form gives to a row of ours.
func (f *Flow) Row(name string) string {
	switch {
	case f.Town == nil:
		return name
	case name == "resident" && f.Town.Subject != "":
		return f.Town.Subject
	}
	return "_" + name
}

// Heads are the words by which a flow is begun.
func (f *Flow) Heads() []string {
	if f.Keyword == "" {
		return nil
	}
	if f.Town == nil {
		return []string{f.Keyword}
	}
	return append([]string{f.Keyword}, f.Town.Also...)
}

// touched reports whether anything was answered that is worth keeping.
func (f *Flow) touched(s *form.Session) bool {
	if f.Town == nil {
		return s.Get("resident") != ""
	}
	return AnyQuestion(f.Form.Questions, func(q *form.Question) bool {
		return q.Type != form.Hidden && q.Type != form.Meta && q.Name != "" && s.Answered(q.Name)
	})
}

// AnyQuestion reports whether one of questions, or of those in them, is.
func AnyQuestion(qs []*form.Question, is func(*form.Question) bool) bool {
	return slices.ContainsFunc(qs, func(q *form.Question) bool { return is(q) || AnyQuestion(q.Children, is) })
}

// Extra are the answers to questions that a town added to a built-in form, as
// they are stored.
func (f *Flow) Extra(s *form.Session) map[string]string {
	if f.Builtin == nil {
		return nil
	}
	out := map[string]string{}
	for _, a := range Said(s) {
		if f.Builtin.Question(a.Name).Name == "" {
			out[a.Field()] = a.Value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Said are the author's own answers, as they are kept.
func Said(s *form.Session) []townforms.Said {
	var out []townforms.Said
	for _, a := range s.Answers() {
		if !Reserved(a.Name) {
			out = append(out, townforms.Said{Name: a.Path, Rows: a.Rows, Value: a.Value})
		}
	}
	return out
}

// Tables are a form as it is kept.
type Tables struct {
	Form string
	Book *xlsform.Workbook
}

// kept are the flows of kept tables, which never change; it may be used by many
// goroutines at once.
type kept struct {
	mu     sync.Mutex
	flows  map[string]*Flow
	line   string // what was in force when talk was made
	inside *Talk
}

// inForce returns the talk with the town's own forms in it, and those that a
// chat is half-way through.
func (t *Talk) inForce(tx *record.Tx, s dialogstate.Session) (*Talk, error) {
	now, err := townforms.All(tx)
	if err != nil {
		return nil, err
	}
	if len(now) > 0 {
		if t, err = t.with(tx, now); err != nil {
			return nil, err
		}
	}
	names := []string{s.Flow}
	for _, p := range s.Parked {
		names = append(names, p.Flow)
	}
	for _, name := range names {
		if t, err = t.And(tx, name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// with is the talk with forms that are in force, made once for each set of them.
func (t *Talk) with(tx *record.Tx, now []townforms.FormVersion) (*Talk, error) {
	var line strings.Builder
	for _, v := range now {
		line.WriteString(v.ID)
	}
	t.kept.mu.Lock()
	made, same := t.kept.inside, t.kept.line == line.String()
	t.kept.mu.Unlock()
	if made != nil && same {
		return made, nil
	}
	out := &Talk{Flows: slices.Clone(t.Flows), Labels: maps.Clone(t.Labels), kept: t.kept, base: t, Catalog: t.Catalog, forms: t.forms}
	for _, v := range now {
		f, err := t.Load(tx, v.ID)
		if err != nil {
			return nil, err
		}
		if f == nil { // a program that knows less than the one that kept it
			continue
		}
		if i := slices.IndexFunc(out.Flows, func(o *Flow) bool { return o.Name == f.Name }); i >= 0 {
			out.Flows[i] = f
		} else {
			out.Flows = append(out.Flows, f)
		}
		out.learn(f.Form)
	}
	t.kept.mu.Lock()
	t.kept.line, t.kept.inside = line.String(), out
	t.kept.mu.Unlock()
	return out, nil
}

// And is the talk with a flow that is no more in force, or only tried.
func (t *Talk) And(tx *record.Tx, name string) (*Talk, error) {
	kind, id, ok := strings.Cut(name, "/")
	if !ok || t.Flow(name) != nil {
		return t, nil
	}
	f, err := t.First().Load(tx, id)
	if err != nil {
		return nil, err
	}
	if f == nil && kind == "try" { // a built-in form as it comes
		if f = t.Flow(id); f == nil {
			return t, nil
		}
	}
	if f == nil {
		return t, nil
	}
	own := *f
	if own.Keyword, own.Old = "", true; kind == "try" {
		own = *t.Catalog.town.Trial(f, id)
	}
	out := *t
	out.Flows = append(slices.Clone(t.Flows), &own)
	return &out, nil
}

// First is the talk of the built-in forms alone.
func (t *Talk) First() *Talk {
	if t.base != nil {
		return t.base
	}
	return t
}

// Load returns the flow of kept tables, nil where there are none that this
// program can read.
func (t *Talk) Load(tx *record.Tx, id string) (*Flow, error) {
	t.kept.mu.Lock()
	f := t.kept.flows[id]
	t.kept.mu.Unlock()
	if f != nil {
		return f, nil
	}
	src, err := townforms.Version(tx, id)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	name, parsed, err := ReadKept(src)
	if err != nil || parsed == nil {
		return nil, err
	}
	f = t.Catalog.town.Make(t, name, id, parsed)
	t.kept.mu.Lock()
	t.kept.flows[id] = f
	t.kept.mu.Unlock()
	return f, nil
}

func ReadKept(src []byte) (name string, f *form.Form, err error) {
	var kept Tables
	if err := json.Unmarshal(src, &kept); err != nil {
		return "", nil, fmt.Errorf("read form: %w", err)
	}
	f, _ = xlsform.Read(kept.Form, kept.Book, xlsform.Options{Live: Live})
	return kept.Form, f, nil
}

// troubled says what could not be worked out in a form: to the clerk who tries it in
// words, else for the log; the administrators hear of a form once.
func troubled(c *Turn, f *Flow, all []form.Trouble) (lines []string, err error) {
	for _, t := range all {
		line := fmt.Sprintf("form %s version %q row %d column %s question %s: %v", f.Form.ID, f.Form.Version, t.Row, t.Column, t.Name, t.Err)
		if f.Trial {
			line = fmt.Sprintf(sayTryTrouble, t.Row, t.Column)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 || f.Trial {
		return lines, nil
	}
	_, err = ops.RaiseAlarm(c.Tx, ops.Alarm{Name: "form", About: f.Form.Title, Detail: lines[0], Stays: true}, c.M.At)
	return lines, err
}
