package flows

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// A town's own forms are tables in the store. What is asked of people is the form
// that stands in them, with rows of ours in it: whether she agrees, and what the
// flow knows. Their names begin with _, and no author may use those.

// town is what a flow of a town's own form knows beside a built-in one.
type town struct {
	id, name string // of the tables; the form's
	subject  string // the question for whom it is about, "" without one
	menu     string // its line in the menu, "" for none
	also     []string
	resident bool // for residents, about themselves
}

// hers are the rows that stand in every form of a town's, by what a built-in form
// calls them.
var hers = []string{"office", "who", "consent_state", "intro", "editing", "stop", "resident"}

// reserved reports whether a name is that of a row of ours.
func reserved(name string) bool {
	own, ok := strings.CutPrefix(name, "_")
	return ok && (slices.Contains(hers, own) || slices.Contains([]string{"intro_note", "own_note", "consent", "newcomer"}, own))
}

// row is the name that a form gives to a row of ours.
func (f *Flow) row(name string) string {
	switch {
	case f.town == nil:
		return name
	case name == "resident" && f.town.subject != "":
		return f.town.subject
	}
	return "_" + name
}

// heads are the words by which a flow is begun.
func (f *Flow) heads() []string {
	if f.Keyword == "" {
		return nil
	}
	if f.town == nil {
		return []string{f.Keyword}
	}
	return append([]string{f.Keyword}, f.town.also...)
}

// touched reports whether anything was answered that is worth keeping.
func (f *Flow) touched(s *form.Session) bool {
	if f.town == nil {
		return s.Get("resident") != ""
	}
	return anyQuestion(f.form.Questions, func(q *form.Question) bool {
		return q.Type != form.Hidden && q.Type != form.Meta && q.Name != "" && s.Answered(q.Name)
	})
}

// anyQuestion reports whether one of questions, or of those in them, is.
func anyQuestion(qs []*form.Question, is func(*form.Question) bool) bool {
	return slices.ContainsFunc(qs, func(q *form.Question) bool { return is(q) || anyQuestion(q.Children, is) })
}

// extra are the answers to questions that a town added to a built-in form, as
// they are stored.
func (f *Flow) extra(s *form.Session) map[string]string {
	if f.builtin == nil {
		return nil
	}
	out := map[string]string{}
	for _, a := range said(s) {
		if f.builtin.Question(a.Name).Name == "" {
			out[a.Field()] = a.Value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// byName are answers that are kept by their paths, by the names of their
// questions: to ask a form again with them.
func byName(answers map[string]string) map[string]string {
	out := map[string]string{}
	for path, value := range answers {
		out[path[strings.LastIndexByte(path, '/')+1:]] = value
	}
	return out
}

// said are the author's own answers, as they are kept.
func said(s *form.Session) []townforms.Said {
	var out []townforms.Said
	for _, a := range s.Answers() {
		if !reserved(a.Name) {
			out = append(out, townforms.Said{Name: a.Path, Rows: a.Rows, Value: a.Value})
		}
	}
	return out
}

// tables are a form as it is kept.
type tables struct {
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
		if t, err = t.and(tx, name); err != nil {
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
	out := &Talk{flows: slices.Clone(t.flows), labels: maps.Clone(t.labels), kept: t.kept, base: t, catalog: t.catalog, forms: t.forms}
	for _, v := range now {
		f, err := t.load(tx, v.ID)
		if err != nil {
			return nil, err
		}
		if f == nil { // a program that knows less than the one that kept it
			continue
		}
		if i := slices.IndexFunc(out.flows, func(o *Flow) bool { return o.Name == f.Name }); i >= 0 {
			out.flows[i] = f
		} else {
			out.flows = append(out.flows, f)
		}
		out.learn(f.form)
	}
	t.kept.mu.Lock()
	t.kept.line, t.kept.inside = line.String(), out
	t.kept.mu.Unlock()
	return out, nil
}

// and is the talk with a flow that is no more in force, or only tried.
func (t *Talk) and(tx *record.Tx, name string) (*Talk, error) {
	kind, id, ok := strings.Cut(name, "/")
	if !ok || t.flow(name) != nil {
		return t, nil
	}
	f, err := t.first().load(tx, id)
	if err != nil {
		return nil, err
	}
	if f == nil && kind == "try" { // a built-in form as it comes
		if f = t.flow(id); f == nil {
			return t, nil
		}
	}
	if f == nil {
		return t, nil
	}
	own := *f
	if own.Keyword, own.old = "", true; kind == "try" {
		own = *t.catalog.town.trial(f, id)
	}
	out := *t
	out.flows = append(slices.Clone(t.flows), &own)
	return &out, nil
}

// first is the talk of the built-in forms alone.
func (t *Talk) first() *Talk {
	if t.base != nil {
		return t.base
	}
	return t
}

// load returns the flow of kept tables, nil where there are none that this
// program can read.
func (t *Talk) load(tx *record.Tx, id string) (*Flow, error) {
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
	name, parsed, err := readKept(src)
	if err != nil || parsed == nil {
		return nil, err
	}
	f = t.catalog.town.make(t, name, id, parsed)
	t.kept.mu.Lock()
	t.kept.flows[id] = f
	t.kept.mu.Unlock()
	return f, nil
}

func readKept(src []byte) (name string, f *form.Form, err error) {
	var kept tables
	if err := json.Unmarshal(src, &kept); err != nil {
		return "", nil, fmt.Errorf("read form: %w", err)
	}
	f, _ = xlsform.Read(kept.Form, kept.Book, xlsform.Options{Live: live})
	return kept.Form, f, nil
}

// KeptForm returns the form that stands in kept tables, as its author wrote it;
// nil where this program cannot read it.
func KeptForm(tx *record.Tx, id string) (*form.Form, error) {
	src, err := townforms.Version(tx, id)
	if err != nil {
		return nil, err
	}
	_, f, err := readKept(src)
	return f, err
}

// flowOf makes a flow of a form that was checked: the built-in one of its name
// with the town's questions, or one of the town's own.
func flowOf(t *Talk, name, id string, f *form.Form) *Flow {
	if base := t.first().flow(name); base != nil {
		own := *base
		own.form, own.builtin, own.version = f, base.form, id
		return &own
	}
	words := strings.Fields(f.Settings["chat_keyword"])
	own := &Flow{Name: "form/" + id, For: rolesOf(f), Set: setOf(f), Begin: beginTown, Answered: townAnswered, Save: saveTown, Ended: endedTown,
		Choices: townChoices, Label: townLabel, Last: (*chat).lastAnswers, version: id, form: f}
	own.town = &town{id: id, name: name, menu: menuOf(f), resident: own.For == byRole|roleResident}
	if q := subject(f); q != nil {
		own.town.subject = q.Name
	}
	if len(words) > 0 {
		own.Keyword, own.town.also = answer.Fold(words[0]), words[1:]
	} else {
		own.Keyword = ""
	}
	dress(f, own.town.subject)
	return own
}

func menuOf(f *form.Form) string {
	switch m := strings.TrimSpace(f.Settings["chat_menu"]); strings.ToLower(m) {
	case "", "no", "false", "0", "否", "不":
		return ""
	case "yes", "true", "1", "是", "要":
		return f.Title
	default:
		return m
	}
}

// subject is the question for whom a form is about, nil without one.
func subject(f *form.Form) *form.Question {
	var found *form.Question
	anyQuestion(f.Questions, func(q *form.Question) bool {
		if isSubject(q) {
			found = q
		}
		return found != nil
	})
	return found
}

func isSubject(q *form.Question) bool {
	return q.Type == form.SelectOne && q.FromFile && (q.List == "residents" || q.List == "away")
}

// dress puts our rows into a form: what a flow knows, and behind the question for
// whom it is about, whether she agrees.
func dress(f *form.Form, about string) {
	var rows []*form.Question
	for _, name := range hers {
		rows = append(rows, &form.Question{Type: form.Hidden, Name: "_" + name})
	}
	if about == "" && rolesOf(f)&roleResident != 0 && setOf(f) != "" {
		rows = append(rows, &form.Question{Type: form.Note, Name: "_own_note", Relevant: "${_resident} != ''",
			Label: cmp.Or(f.Settings["chat_consent_text"], fmt.Sprintf(sayFormOwn, f.Title))})
	}
	f.Questions = append(rows, f.Questions...)
	if about != "" {
		f.Questions = behind(f.Questions, about, consentRows(f))
		if f.Lists == nil {
			f.Lists = map[string][]form.Choice{}
		}
		f.Lists["_consent"] = []form.Choice{
			{Value: "yes", Label: labelFormYes, Aliases: []string{"行", "中", "管", "同意", "可以", "愿意", "她愿意"}},
			{Value: "no", Label: labelFormNo, Aliases: []string{"不行", "不同意", "不让记", "不愿意", "她不愿意"}},
			{Value: "not_met", Label: labelFormNotMet, Aliases: []string{"没搁家", "不在家", "没见着", "没见到"}},
			{Value: "other", Label: labelFormOther, Aliases: []string{"重找", "找错了"}},
		}
	}
	form.Compile(f) // it was right without these rows
}

func consentRows(f *form.Form) []*form.Question {
	text := cmp.Or(f.Settings["chat_consent_text"], fmt.Sprintf(sayFormConsent, f.Title))
	return []*form.Question{
		{Type: form.Note, Name: "_intro_note", Label: "${_intro}", Relevant: "${_intro} != ''"},
		{Type: form.SelectOne, Name: "_consent", Label: text, List: "_consent", Required: "yes", Relevant: "${_consent_state} = 'ask' or ${_consent_state} = 'new'",
			Parameters: map[string]string{"summary": "no"}},
		{Type: form.Text, Name: "_newcomer", Label: sayFormNewcomer, Hint: sayFormPhone, Short: "新来的", Required: "yes",
			Relevant: "${_consent_state} = 'new' and ${_consent} = 'yes'"},
	}
}

func behind(qs []*form.Question, name string, rows []*form.Question) []*form.Question {
	for i, q := range qs {
		if q.Name == name && isSubject(q) {
			q.Required = "yes"
			return slices.Insert(slices.Clone(qs), i+1, rows...)
		}
		q.Children = behind(q.Children, name, rows)
	}
	return qs
}

// beginTown stands before a town's form: a resident writes about herself, once
// she has signed up and agreed.
func beginTown(c *chat, f *Flow, sentence string) (known map[string]string, r Reply, asked bool, err error) {
	if f.Set == "" || f.town.subject != "" || c.is(f.For&^roleResident) {
		return nil, Reply{}, false, nil
	}
	then := strings.TrimSpace(f.Keyword + " " + sentence)
	if f.Keyword == "" {
		then = wordForms + " " + f.form.Title
	}
	about, r, asked, err := c.forWhom(f.Set, then)
	return map[string]string{"_resident": about}, r, asked, err
}

func townAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	if f.town.subject == "" {
		return nil, nil
	}
	return c.person(f, s, name)
}

// townChoices answers the lists that every form may ask from.
func townChoices(c *chat, list, typed string, max int) (form.Found, error) {
	all, err := c.listed(list)
	if err != nil {
		return form.Found{}, err
	}
	var found form.Found
	for _, o := range all {
		if typed != "" && !strings.Contains(o.Label, answer.Fold(typed)) {
			continue
		}
		if len(found.Choices) == max {
			found.More = true
			break
		}
		found.Choices = append(found.Choices, o)
	}
	found.Sure = typed != "" && len(found.Choices) == 1
	if typed != "" && len(found.Choices) == 0 {
		found.Say = fmt.Sprintf(sayNoSuchName, typed)
	}
	return found, nil
}

func townLabel(c *chat, list, value string) (string, error) {
	all, err := c.listed(list)
	for _, o := range all {
		if o.Value == value {
			return o.Label, err
		}
	}
	return "", err
}

// listed are the entries of a list that are not people: villages of the scope,
// and who works there.
func (c *chat) listed(list string) (out []form.Choice, err error) {
	if list == "villages" {
		for _, id := range c.scope.Villages() {
			v, err := person.LoadVillage(c.tx, id)
			if err != nil {
				return nil, err
			}
			if v.MergedInto == "" {
				out = append(out, form.Choice{Value: v.ID, Label: v.Name})
			}
		}
		return out, nil
	}
	if list != "cadres" || !c.who.Staff() {
		return nil, nil
	}
	all, err := person.AllStaff(c.tx)
	for _, o := range all {
		if !o.Left {
			out = append(out, form.Choice{Value: o.ID, Label: o.Name})
		}
	}
	return out, err
}

// saveTown keeps what was answered, of somebody only with her yes.
func saveTown(c *chat, f *Flow, s *form.Session) (Reply, error) {
	a := townforms.Submission{Form: f.town.name, Version: f.town.id, Set: f.Set, Answers: said(s), At: c.m.At.Unix()}
	if f.town.subject != "" {
		r, err := c.settle(f, s)
		if err != nil {
			return Reply{}, err
		}
		a.Resident = r.ID
		for i := range a.Answers { // somebody new has her id only now
			if strings.HasPrefix(a.Answers[i].Value, newcomer) {
				a.Answers[i].Value = r.ID
			}
		}
	} else {
		a.Resident = s.Get("_resident")
	}
	if ref := s.Get("_editing"); ref != "" {
		old, err := townforms.Get(c.scope, ref)
		if err != nil {
			return Reply{}, err
		}
		changed, err := townforms.ChangeSubmission(c.scope, old, a.Answers, c.m.At)
		if err != nil || !changed {
			return Reply{Text: sayNoDifference}, err
		}
		return Reply{Text: fmt.Sprintf(sayChanged, c.today.Chinese())}, nil
	}
	if _, err := townforms.Submit(c.scope, a, c.m.ID); err != nil {
		return Reply{}, err
	}
	return Reply{Text: saySaved}, nil
}

// troubled says what could not be worked out in a form: to the clerk who tries it in
// words, else for the log; the administrators hear of a form once.
func (c *chat) troubled(f *Flow, all []form.Trouble) (lines []string, err error) {
	for _, t := range all {
		line := fmt.Sprintf("form %s version %q row %d column %s question %s: %v", f.form.ID, f.form.Version, t.Row, t.Column, t.Name, t.Err)
		if f.trial {
			line = fmt.Sprintf(sayTryTrouble, t.Row, t.Column)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 || f.trial {
		return lines, nil
	}
	_, err = ops.RaiseAlarm(c.tx, ops.Alarm{Name: "form", About: f.form.Title, Detail: lines[0], Stays: true}, c.m.At)
	return lines, err
}

// endedTown answers a form that ended without a record.
func endedTown(c *chat, f *Flow, s *form.Session, why string) (Reply, error) {
	if why == "not_met" {
		return Reply{Text: sayNotMetNone}, nil
	}
	return c.ended(f, s, why)
}

// trial is a flow whose answers are not kept.
func trial(f *Flow, id string) *Flow {
	own := *f
	own.Name, own.Keyword, own.For, own.Begin, own.Sentence, own.After, own.trial = "try/"+id, "", office, nil, nil, nil, true
	own.Answered, own.Save, own.Ended, own.Instant = triedAnswered, triedSave, triedEnded, false
	return &own
}

// triedAnswered shows what would be asked: whether she agrees; her card is not
// opened, and nothing is kept of what she says.
func triedAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case f.row("resident"):
		l := &lists{c, f}
		who, err := l.Label("residents", s.Get(name))
		if err != nil {
			return nil, err
		}
		state := "ask"
		if strings.HasPrefix(s.Get(name), newcomer) {
			state = "new"
		}
		s.Set(f.row("who"), who)
		s.Set(f.row("consent_state"), state)
	case f.row("consent"):
		switch v := s.Get(name); v {
		case "no", "not_met", "later":
			s.Set(f.row("stop"), v)
		case "other":
			for _, n := range []string{"resident", "consent", "consent_state", "who"} {
				s.Clear(f.row(n))
			}
		}
	}
	return nil, nil
}

func triedSave(*chat, *Flow, *form.Session) (Reply, error) { return Reply{Text: sayTryDone}, nil }

func triedEnded(*chat, *Flow, *form.Session, string) (Reply, error) {
	return Reply{Text: sayTryStop}, nil
}

func formWords() []word {
	return []word{{wordTry, office, (*chat).try}, {wordForms, anyone, (*chat).forms}}
}

func formVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"form": (*chat).openForm, "try": (*chat).try, "resubmit": forStaff((*chat).resubmit),
	}
}

// mostForms is how many forms stand on offer at once.
const mostForms = 8

// forms is 填表: the town's forms for whoever writes.
func (c *chat) forms(rest string) (Reply, error) {
	var mine []*Flow
	for _, f := range c.t.flows {
		if f.inForce() && c.is(f.For) && len(mine) < mostForms {
			mine = append(mine, f)
		}
	}
	if len(mine) == 0 {
		return c.menu(sayFormNone)
	}
	offers := make([]dialogstate.Option, len(mine))
	for i, f := range mine {
		if rest != "" && f.called(rest) {
			return c.openForm(f.town.name)
		}
		offers[i] = dialogstate.Option{Label: f.form.Title, Do: "form " + f.town.name}
	}
	return c.offer(sayFormWhich, offers...), nil
}

// inForce reports whether a flow is a town's own form that is asked.
func (f *Flow) inForce() bool { return f.town != nil && !f.trial && !f.old }

// called reports whether words name a form.
func (f *Flow) called(words string) bool {
	names := []string{f.form.Title, f.form.ID, f.Name, f.Keyword}
	if f.town != nil {
		names = append(append(names, f.town.name), f.town.also...)
	}
	return slices.ContainsFunc(names, func(n string) bool { return n != "" && answer.SameWord(words, answer.Fold(n)) })
}

// openForm begins a form by its name: a tap on the menu or on a list.
func (c *chat) openForm(name string) (Reply, error) {
	for _, f := range c.t.flows {
		if !f.inForce() || f.town.name != name {
			continue
		}
		if !c.is(f.For) {
			return c.menu(sayFormNotHers)
		}
		return c.start(f, "")
	}
	return c.menu(sayFormGone)
}

// formOffers are the lines that the town's forms have in the menu of whoever
// writes.
func (c *chat) formOffers() (out []dialogstate.Option) {
	for _, f := range c.t.flows {
		if f.inForce() && f.town.menu != "" && c.is(f.For) && len(out) < 3 {
			out = append(out, dialogstate.Option{Label: f.town.menu, Do: "form " + f.town.name})
		}
	}
	return out
}

// try is 试填: a form is asked and nothing of it kept. The newest version that was
// kept of a town's form counts, in force or not.
func (c *chat) try(rest string) (Reply, error) {
	if !c.is(office) {
		return c.greet()
	}
	all, err := c.triable()
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return c.menu(sayTryNoForms)
	}
	var names []string
	var offers []dialogstate.Option
	for _, f := range all {
		if rest != "" && (f.called(rest) || f.version == rest) {
			return c.start(trial(f, cmp.Or(f.version, f.Name)), "")
		}
		names = append(names, f.form.Title)
		offers = append(offers, dialogstate.Option{Label: f.form.Title, Do: "try " + cmp.Or(f.version, f.Name)})
	}
	if rest == "" {
		return c.offer(sayTryWhich, offers[:min(len(offers), mostForms)]...), nil
	}
	if f := c.t.flow(rest); f != nil || slices.ContainsFunc(c.t.flows, func(f *Flow) bool { return f.Keyword != "" && f.Keyword == rest }) {
		return Reply{Text: fmt.Sprintf(sayTryLive, rest)}, nil
	}
	return Reply{Text: fmt.Sprintf(sayTryNone, shortly(rest), strings.Join(names[:min(len(names), 6)], "、"))}, nil
}

// shortly cuts words that are said back.
func shortly(words string) string {
	r := []rune(words)
	return string(r[:min(len(r), 12)])
}

// triable are the forms that can be played without the world around them.
func (c *chat) triable() ([]*Flow, error) {
	log, err := townforms.Log(c.tx)
	if err != nil {
		return nil, err
	}
	var out []*Flow
	seen := map[string]bool{}
	for _, v := range log {
		if seen[v.Form] {
			continue
		}
		seen[v.Form] = true
		f, err := c.t.first().load(c.tx, v.ID)
		if err != nil {
			return nil, err
		}
		if f != nil && (f.town != nil || slices.Contains(playable, f.Name)) {
			out = append(out, f)
		}
	}
	for _, name := range playable {
		if !seen[name] {
			out = append(out, c.t.first().flow(name))
		}
	}
	return out, nil
}

// MayTry reports whether a person may play a form that is not in force.
func MayTry(p person.Person) bool { return p.Staff() && p.Cadre.Has(person.Clerk, person.Admin) }

// TryWords are what is said to play the form kept last under its id.
func TryWords(f *form.Form) string { return wordTry + " " + cmp.Or(f.Title, f.ID) }

// playable are the built-in forms that need no list of a day's seats.
var playable = []string{"visit", "away", "back"}

// submissionOffers are the asker's own last answers to the town's forms, each
// with when it was written.
func (c *chat) submissionOffers(max int) ([]dialogstate.Option, error) {
	mine, err := townforms.MySubmissions(c.scope, c.today-60, max)
	if err != nil {
		return nil, err
	}
	var out []dialogstate.Option
	for _, a := range mine {
		f, err := c.t.first().load(c.tx, a.Version)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		label := f.form.Title
		if a.Resident != "" {
			r, err := c.scope.Resident(a.Resident)
			if err != nil {
				return nil, err
			}
			label += " " + brief(r)
		}
		out = append(out, dialogstate.Option{Label: label + " " + calendar.DayOf(time.Unix(a.At, 0)).Chinese(), Do: "resubmit " + a.Ref()})
	}
	return out, nil
}

// lastAnswers are what whoever writes answered to a town's form the last time, by
// their paths; of rows nothing.
func (c *chat) lastAnswers(f *Flow) (map[string]string, error) {
	const most = 200
	mine, err := townforms.MySubmissions(c.scope, c.today-400, most)
	if err != nil {
		return nil, err
	}
	for _, a := range mine {
		if a.Form != f.town.name {
			continue
		}
		out := map[string]string{}
		for _, o := range a.Answers {
			if len(o.Rows) == 0 {
				out[o.Name] = o.Value
			}
		}
		return out, nil
	}
	return nil, nil
}

// resubmit opens answers of hers as a summary in which lines can be changed, in
// the version that they were written with.
func (c *chat) resubmit(ref string) (Reply, error) {
	a, err := townforms.Get(c.scope, ref)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	name := "form/" + a.Version
	if c.t, err = c.t.and(c.tx, name); err != nil {
		return Reply{}, err
	}
	f := c.t.flow(name)
	if f == nil {
		return c.menu(sayGone)
	}
	answers := make([]form.Answer, len(a.Answers))
	for i, o := range a.Answers {
		answers[i] = form.Answer{Path: o.Name, Rows: o.Rows, Value: o.Value}
	}
	env := c.env(f)
	env.Preset = map[string]string{"_editing": ref, "_consent_state": "given", "_resident": a.Resident, "_office": c.office()}
	if a.Resident != "" {
		r, err := c.scope.Open(a.Resident, c.m.At)
		if err != nil {
			return Reply{}, err
		}
		env.Preset["_who"] = brief(r)
	}
	env.Token = c.s.Step
	s, status, screen, err := form.Refill(f.form, answers, env)
	if err != nil {
		return Reply{}, fmt.Errorf("refill %s: %w", f.Name, err)
	}
	c.s.Offers, c.s.More = nil, nil
	c.s.Flow, c.s.Opened = f.Name, c.m.At.Unix()
	return c.after(f, s, status, screen)
}

// hasRole is is for an audience of roles.
func (c *chat) hasRole(a audience) bool {
	for bit, role := range map[audience]person.Role{roleWorker: person.VillageWorker, roleClerk: person.Clerk, roleClinic: person.Clinician, roleAdmin: person.Admin} {
		if a&bit != 0 && c.who.Staff() && c.who.Cadre.Has(role) {
			return true
		}
	}
	return a&roleResident != 0 && (!c.who.Staff() || len(c.who.Residents) > 0)
}

// roleNames are what an author may write under chat_roles.
var roleNames = []struct {
	word string
	is   audience
}{
	{"村干部", roleWorker}, {"worker", roleWorker}, {"办事员", roleClerk}, {"clerk", roleClerk}, {"医生", roleClinic}, {"clinician", roleClinic},
	{"管理员", roleAdmin}, {"admin", roleAdmin}, {"居民", roleResident}, {"resident", roleResident},
	{"干部", roleWorker | roleClerk | roleClinic | roleAdmin}, {"staff", roleWorker | roleClerk | roleClinic | roleAdmin},
	{"所有人", roleWorker | roleClerk | roleClinic | roleAdmin | roleResident}, {"all", roleWorker | roleClerk | roleClinic | roleAdmin | roleResident},
}

// rolesOf are who may begin a form: village workers and clerks where its author
// does not say.
func rolesOf(f *form.Form) audience {
	a := byRole
	for _, w := range roleWords(f) {
		for _, r := range roleNames {
			if r.word == strings.ToLower(w) {
				a |= r.is
			}
		}
	}
	if a == byRole {
		a |= roleWorker | roleClerk
	}
	return a
}

func roleWords(f *form.Form) []string {
	return strings.FieldsFunc(f.Settings["chat_roles"], func(r rune) bool { return strings.ContainsRune(" ,，、;；", r) })
}

// setOf is the consent that a form needs: of whom it is about, C0 where its
// author does not say; of a resident who writes about herself, C1.
func setOf(f *form.Form) purpose.Purpose {
	switch set := strings.ToUpper(strings.TrimSpace(f.Settings["chat_consent"])); {
	case set == "无" || set == "NONE":
		return ""
	case set != "":
		return purpose.Purpose(set)
	case subject(f) != nil:
		return purpose.VisitRecord
	case rolesOf(f)&roleResident != 0:
		return purpose.Booking
	}
	return ""
}
