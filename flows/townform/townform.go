package townform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// KeptForm returns the form that stands in kept tables, as its author wrote it;
// nil where this program cannot read it.
func KeptForm(tx *record.Tx, id string) (*form.Form, error) {
	src, err := townforms.Version(tx, id)
	if err != nil {
		return nil, err
	}
	_, f, err := dialog.ReadKept(src)
	return f, err
}

// flowOf makes a flow of a form that was checked: the built-in one of its name
// with the town's questions, or one of the town's own.
func flowOf(t *dialog.Talk, name, id string, f *form.Form) *dialog.Flow {
	if base := t.First().Flow(name); base != nil {
		own := *base
		own.Form, own.Builtin, own.Version = f, base.Form, id
		return &own
	}
	words := strings.Fields(f.Settings["chat_keyword"])
	own := &dialog.Flow{Name: "form/" + id, For: rolesOf(f), Set: setOf(f), Begin: beginTown, Answered: townAnswered, Save: saveTown, Ended: endedTown,
		Choices: townChoices, Label: townLabel, Last: lastAnswers, Version: id, Form: f}
	own.Town = &dialog.Town{Id: id, Name: name, Menu: menuOf(f), Resident: own.For == dialog.ByRole|dialog.RoleResident}
	if q := subjectQuestion(f); q != nil {
		own.Town.Subject = q.Name
	}
	if len(words) > 0 {
		own.Keyword, own.Town.Also = answer.Fold(words[0]), words[1:]
	} else {
		own.Keyword = ""
	}
	dress(f, own.Town.Subject)
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

// subjectQuestion is the question for whom a form is about, nil without one.
func subjectQuestion(f *form.Form) *form.Question {
	var found *form.Question
	dialog.AnyQuestion(f.Questions, func(q *form.Question) bool {
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
	for _, name := range dialog.Hers {
		rows = append(rows, &form.Question{Type: form.Hidden, Name: "_" + name})
	}
	if about == "" && rolesOf(f)&dialog.RoleResident != 0 && setOf(f) != "" {
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
func beginTown(c *dialog.Turn, f *dialog.Flow, sentence string) (known map[string]string, r dialog.Reply, asked bool, err error) {
	if f.Set == "" || f.Town.Subject != "" || c.Is(f.For&^dialog.RoleResident) {
		return nil, dialog.Reply{}, false, nil
	}
	then := strings.TrimSpace(f.Keyword + " " + sentence)
	if f.Keyword == "" {
		then = wordForms + " " + f.Form.Title
	}
	about, r, asked, err := c.ForWhom(f.Set, then)
	return map[string]string{"_resident": about}, r, asked, err
}

func townAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	if f.Town.Subject == "" {
		return nil, nil
	}
	return subject.CheckPerson(c, f, s, name)
}

// townChoices answers the lists that every form may ask from.
func townChoices(c *dialog.Turn, list, typed string, max int) (form.Found, error) {
	all, err := listed(c, list)
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
		found.Say = fmt.Sprintf(dialog.SayNoSuchName, typed)
	}
	return found, nil
}

func townLabel(c *dialog.Turn, list, value string) (string, error) {
	all, err := listed(c, list)
	for _, o := range all {
		if o.Value == value {
			return o.Label, err
		}
	}
	return "", err
}

// listed are the entries of a list that are not people: villages of the scope,
// and who works there.
func listed(c *dialog.Turn, list string) (out []form.Choice, err error) {
	if list == "villages" {
		for _, id := range c.Scope.Villages() {
			v, err := person.LoadVillage(c.Tx, id)
			if err != nil {
				return nil, err
			}
			if v.MergedInto == "" {
				out = append(out, form.Choice{Value: v.ID, Label: v.Name})
			}
		}
		return out, nil
	}
	if list != "cadres" || !c.Who.Staff() {
		return nil, nil
	}
	all, err := person.AllStaff(c.Tx)
	for _, o := range all {
		if !o.Left {
			out = append(out, form.Choice{Value: o.ID, Label: o.Name})
		}
	}
	return out, err
}

// saveTown keeps what was answered, of somebody only with her yes.
func saveTown(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	a := townforms.Submission{Form: f.Town.Name, Version: f.Town.Id, Set: f.Set, Answers: dialog.Said(s), At: c.M.At.Unix()}
	if f.Town.Subject != "" {
		r, err := subject.Settle(c, f, s)
		if err != nil {
			return dialog.Reply{}, err
		}
		a.Resident = r.ID
		for i := range a.Answers { // somebody new has her id only now
			if strings.HasPrefix(a.Answers[i].Value, dialog.Newcomer) {
				a.Answers[i].Value = r.ID
			}
		}
	} else {
		a.Resident = s.Get("_resident")
	}
	if ref := s.Get("_editing"); ref != "" {
		old, err := townforms.Get(c.Scope, ref)
		if err != nil {
			return dialog.Reply{}, err
		}
		changed, err := townforms.ChangeSubmission(c.Scope, old, a.Answers, c.M.At)
		if err != nil || !changed {
			return dialog.Reply{Text: dialog.SayNoDifference}, err
		}
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayChanged, c.Today.Chinese())}, nil
	}
	if _, err := townforms.Submit(c.Scope, a, c.M.ID); err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: dialog.SaySaved}, nil
}

// endedTown answers a form that ended without a record.
func endedTown(c *dialog.Turn, f *dialog.Flow, s *form.Session, why string) (dialog.Reply, error) {
	if why == "not_met" {
		return dialog.Reply{Text: dialog.SayNotMetNone}, nil
	}
	return subject.Ended(c, f, s, why)
}

// trial is a flow whose answers are not kept.
func trial(f *dialog.Flow, id string) *dialog.Flow {
	own := *f
	own.Name, own.Keyword, own.For, own.Begin, own.Sentence, own.After, own.Trial = "try/"+id, "", dialog.Office, nil, nil, nil, true
	own.Answered, own.Save, own.Ended, own.Instant = triedAnswered, triedSave, triedEnded, false
	return &own
}

// triedAnswered shows what would be asked: whether she agrees; her card is not
// opened, and nothing is kept of what she says.
func triedAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case f.Row("resident"):
		l := &subject.Lists{C: c, F: f}
		who, err := l.Label("residents", s.Get(name))
		if err != nil {
			return nil, err
		}
		state := "ask"
		if strings.HasPrefix(s.Get(name), dialog.Newcomer) {
			state = "new"
		}
		s.Set(f.Row("who"), who)
		s.Set(f.Row("consent_state"), state)
	case f.Row("consent"):
		switch v := s.Get(name); v {
		case "no", "not_met", "later":
			s.Set(f.Row("stop"), v)
		case "other":
			for _, n := range []string{"resident", "consent", "consent_state", "who"} {
				s.Clear(f.Row(n))
			}
		}
	}
	return nil, nil
}

func triedSave(*dialog.Turn, *dialog.Flow, *form.Session) (dialog.Reply, error) {
	return dialog.Reply{Text: sayTryDone}, nil
}

func triedEnded(*dialog.Turn, *dialog.Flow, *form.Session, string) (dialog.Reply, error) {
	return dialog.Reply{Text: sayTryStop}, nil
}

func formWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: dialog.WordTry, For: dialog.Office, Do: try}, {Text: wordForms, For: dialog.Anyone, Do: listForms}}
}

func formVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"form": openForm, "try": try, "resubmit": dialog.ForStaff(resubmit),
	}
}

// mostForms is how many forms stand on offer at once.
const mostForms = 8

// listForms is 填表: the town's forms for whoever writes.
func listForms(c *dialog.Turn, rest string) (dialog.Reply, error) {
	var mine []*dialog.Flow
	for _, f := range c.T.Flows {
		if inForce(f) && c.Is(f.For) && len(mine) < mostForms {
			mine = append(mine, f)
		}
	}
	if len(mine) == 0 {
		return c.Menu(sayFormNone)
	}
	offers := make([]dialogstate.Option, len(mine))
	for i, f := range mine {
		if rest != "" && called(f, rest) {
			return openForm(c, f.Town.Name)
		}
		offers[i] = dialogstate.Option{Label: f.Form.Title, Do: "form " + f.Town.Name}
	}
	return c.Offer(sayFormWhich, offers...), nil
}

// inForce reports whether a flow is a town's own form that is asked.
func inForce(f *dialog.Flow) bool { return f.Town != nil && !f.Trial && !f.Old }

// called reports whether words name a form.
func called(f *dialog.Flow, words string) bool {
	names := []string{f.Form.Title, f.Form.ID, f.Name, f.Keyword}
	if f.Town != nil {
		names = append(append(names, f.Town.Name), f.Town.Also...)
	}
	return slices.ContainsFunc(names, func(n string) bool { return n != "" && answer.SameWord(words, answer.Fold(n)) })
}

// openForm begins a form by its name: a tap on the menu or on a list.
func openForm(c *dialog.Turn, name string) (dialog.Reply, error) {
	for _, f := range c.T.Flows {
		if !inForce(f) || f.Town.Name != name {
			continue
		}
		if !c.Is(f.For) {
			return c.Menu(sayFormNotHers)
		}
		return c.Start(f, "")
	}
	return c.Menu(sayFormGone)
}

// formOffers are the lines that the town's forms have in the menu of whoever
// writes.
func formOffers(c *dialog.Turn) (out []dialogstate.Option) {
	for _, f := range c.T.Flows {
		if inForce(f) && f.Town.Menu != "" && c.Is(f.For) && len(out) < 3 {
			out = append(out, dialogstate.Option{Label: f.Town.Menu, Do: "form " + f.Town.Name})
		}
	}
	return out
}

// try is 试填: a form is asked and nothing of it kept. The newest version that was
// kept of a town's form counts, in force or not.
func try(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if !c.Is(dialog.Office) {
		return c.Greet()
	}
	all, err := triable(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return c.Menu(sayTryNoForms)
	}
	var names []string
	var offers []dialogstate.Option
	for _, f := range all {
		if rest != "" && (called(f, rest) || f.Version == rest) {
			return c.Start(trial(f, cmp.Or(f.Version, f.Name)), "")
		}
		names = append(names, f.Form.Title)
		offers = append(offers, dialogstate.Option{Label: f.Form.Title, Do: "try " + cmp.Or(f.Version, f.Name)})
	}
	if rest == "" {
		return c.Offer(sayTryWhich, offers[:min(len(offers), mostForms)]...), nil
	}
	if f := c.T.Flow(rest); f != nil || slices.ContainsFunc(c.T.Flows, func(f *dialog.Flow) bool { return f.Keyword != "" && f.Keyword == rest }) {
		return dialog.Reply{Text: fmt.Sprintf(sayTryLive, rest)}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayTryNone, shortly(rest), strings.Join(names[:min(len(names), 6)], "、"))}, nil
}

// shortly cuts words that are said back.
func shortly(words string) string {
	r := []rune(words)
	return string(r[:min(len(r), 12)])
}

// triable are the forms that can be played without the world around them.
func triable(c *dialog.Turn) ([]*dialog.Flow, error) {
	log, err := townforms.Log(c.Tx)
	if err != nil {
		return nil, err
	}
	var out []*dialog.Flow
	seen := map[string]bool{}
	for _, v := range log {
		if seen[v.Form] {
			continue
		}
		seen[v.Form] = true
		f, err := c.T.First().Load(c.Tx, v.ID)
		if err != nil {
			return nil, err
		}
		if f != nil && (f.Town != nil || slices.Contains(playable, f.Name)) {
			out = append(out, f)
		}
	}
	for _, name := range playable {
		if !seen[name] {
			out = append(out, c.T.First().Flow(name))
		}
	}
	return out, nil
}

// MayTry reports whether a person may play a form that is not in force.
func MayTry(p person.Person) bool { return p.Staff() && p.Cadre.Has(person.Clerk, person.Admin) }

// TryWords are what is said to play the form kept last under its id.
func TryWords(f *form.Form) string { return dialog.WordTry + " " + cmp.Or(f.Title, f.ID) }

// playable are the built-in forms that need no list of a day's seats.
var playable = []string{"visit", "away", "back"}

// submissionOffers are the asker's own last answers to the town's forms, each
// with when it was written.
func submissionOffers(c *dialog.Turn, max int) ([]dialogstate.Option, error) {
	mine, err := townforms.MySubmissions(c.Scope, c.Today-60, max)
	if err != nil {
		return nil, err
	}
	var out []dialogstate.Option
	for _, a := range mine {
		f, err := c.T.First().Load(c.Tx, a.Version)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		label := f.Form.Title
		if a.Resident != "" {
			r, err := c.Scope.Resident(a.Resident)
			if err != nil {
				return nil, err
			}
			label += " " + subject.Brief(r)
		}
		out = append(out, dialogstate.Option{Label: label + " " + calendar.DayOf(time.Unix(a.At, 0)).Chinese(), Do: "resubmit " + a.Ref()})
	}
	return out, nil
}

// lastAnswers are what whoever writes answered to a town's form the last time, by
// their paths; of rows nothing.
func lastAnswers(c *dialog.Turn, f *dialog.Flow) (map[string]string, error) {
	const most = 200
	mine, err := townforms.MySubmissions(c.Scope, c.Today-400, most)
	if err != nil {
		return nil, err
	}
	for _, a := range mine {
		if a.Form != f.Town.Name {
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
func resubmit(c *dialog.Turn, ref string) (dialog.Reply, error) {
	a, err := townforms.Get(c.Scope, ref)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	name := "form/" + a.Version
	if c.T, err = c.T.And(c.Tx, name); err != nil {
		return dialog.Reply{}, err
	}
	f := c.T.Flow(name)
	if f == nil {
		return c.Menu(dialog.SayGone)
	}
	answers := make([]form.Answer, len(a.Answers))
	for i, o := range a.Answers {
		answers[i] = form.Answer{Path: o.Name, Rows: o.Rows, Value: o.Value}
	}
	env := c.Env(f)
	env.Preset = map[string]string{"_editing": ref, "_consent_state": "given", "_resident": a.Resident, "_office": c.Office()}
	if a.Resident != "" {
		r, err := c.Scope.Open(a.Resident, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		env.Preset["_who"] = subject.Brief(r)
	}
	env.Token = c.S.Step
	s, status, screen, err := form.Refill(f.Form, answers, env)
	if err != nil {
		return dialog.Reply{}, fmt.Errorf("refill %s: %w", f.Name, err)
	}
	c.S.Offers, c.S.More = nil, nil
	c.S.Flow, c.S.Opened = f.Name, c.M.At.Unix()
	return c.After(f, s, status, screen)
}

// roleNames are what an author may write under chat_roles.
var roleNames = []struct {
	word string
	is   dialog.Audience
}{
	{"村干部", dialog.RoleWorker}, {"worker", dialog.RoleWorker}, {"办事员", dialog.RoleClerk}, {"clerk", dialog.RoleClerk}, {"医生", dialog.RoleClinic}, {"clinician", dialog.RoleClinic},
	{"管理员", dialog.RoleAdmin}, {"admin", dialog.RoleAdmin}, {"居民", dialog.RoleResident}, {"resident", dialog.RoleResident},
	{"干部", dialog.RoleWorker | dialog.RoleClerk | dialog.RoleClinic | dialog.RoleAdmin}, {"staff", dialog.RoleWorker | dialog.RoleClerk | dialog.RoleClinic | dialog.RoleAdmin},
	{"所有人", dialog.RoleWorker | dialog.RoleClerk | dialog.RoleClinic | dialog.RoleAdmin | dialog.RoleResident}, {"all", dialog.RoleWorker | dialog.RoleClerk | dialog.RoleClinic | dialog.RoleAdmin | dialog.RoleResident},
}

// rolesOf are who may begin a form: village workers and clerks where its author
// does not say.
func rolesOf(f *form.Form) dialog.Audience {
	a := dialog.ByRole
	for _, w := range roleWords(f) {
		for _, r := range roleNames {
			if r.word == strings.ToLower(w) {
				a |= r.is
			}
		}
	}
	if a == dialog.ByRole {
		a |= dialog.RoleWorker | dialog.RoleClerk
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
	case subjectQuestion(f) != nil:
		return purpose.VisitRecord
	case rolesOf(f)&dialog.RoleResident != 0:
		return purpose.Booking
	}
	return ""
}
