package townform

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/forms"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/ops"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/townforms"
)

// Check finds what keeps a form that is right in itself from going live: a
// keyword that is taken, a question that its flow needs, a role that there is
// not. It knows the program's words alone; AddForm knows the town's too.
func Check(t *dialog.Talk, f *form.Form) []xlsform.Finding {
	k := &formCheck{t: t.First(), f: f, taken: map[string]string{}}
	for _, w := range k.t.Keywords() {
		k.taken[w] = w
	}
	k.all()
	return k.findings
}

// formCheck holds a form against the world in which it will be asked.
type formCheck struct {
	t        *dialog.Talk
	f        *form.Form
	taken    map[string]string // words that mean something already, each with what
	site     *townconfig.Site  // the town; nil is none
	findings []xlsform.Finding
}

func (k *formCheck) setting(column string, warning bool, text string) {
	k.findings = append(k.findings, xlsform.Finding{Sheet: "settings", Column: column, Warning: warning, Text: text})
}

func (k *formCheck) question(q *form.Question, column, text string) {
	k.findings = append(k.findings, xlsform.Finding{Sheet: "survey", Cell: "A" + fmt.Sprint(q.Row), Column: column, Text: text})
}

func (k *formCheck) all() {
	k.id()
	dialog.AnyQuestion(k.f.Questions, func(q *form.Question) bool {
		if dialog.Reserved(q.Name) {
			k.question(q, "name", fmt.Sprintf(findReserved, q.Name))
		}
		return false
	})
	if base := k.t.Flow(k.f.ID); base != nil {
		k.needed(base)
		return
	}
	k.keywords()
	k.roles()
	k.consent()
	k.menu()
	k.people(k.f.Questions, nil)
}

// id says of a name that no key can hold.
func (k *formCheck) id() {
	if i := strings.IndexFunc(k.f.ID, func(r rune) bool { return strings.ContainsRune(`/\`, r) || unicode.IsControl(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(k.f.ID[i:])
		k.setting("form_id", false, fmt.Sprintf(findFormID, k.f.ID, string(r)))
	}
	if utf8.RuneCountInString(k.f.ID) > 60 {
		k.setting("form_id", false, fmt.Sprintf(findFormLong, k.f.ID))
	}
}

func (k *formCheck) keywords() {
	words := strings.Fields(k.f.Settings["chat_keyword"])
	if len(words) == 0 {
		k.setting("chat_keyword", true, findNoKeyword)
	}
	for _, w := range words {
		if say := k.keyword(answer.Fold(w)); say != "" {
			k.setting("chat_keyword", false, say)
		}
	}
}

// keyword says why a word cannot be one, "" when it can.
func (k *formCheck) keyword(w string) string {
	command := answer.Command(w)
	switch n := utf8.RuneCountInString(w); {
	case n < 2:
		return fmt.Sprintf(findShort, w)
	case n > 12:
		return fmt.Sprintf(findLong, w)
	case strings.IndexFunc(w, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0:
		return fmt.Sprintf(findNoHan, w)
	case command != answer.None:
		return fmt.Sprintf(findCommand, w, command)
	}
	if k.t.Claimed(k.site, w) {
		return fmt.Sprintf(findDanger, w)
	}
	if of, ok := k.clash(w); ok {
		return fmt.Sprintf(findKeyword, w, of, k.instead(w))
	}
	return ""
}

// clash is what a word would be heard as: one that is it, sounds like it, begins
// it or begins with it.
func (k *formCheck) clash(w string) (of string, ok bool) {
	for taken, what := range k.taken {
		head := strings.HasPrefix(w, taken) && utf8.RuneCountInString(taken) > 1 || strings.HasPrefix(taken, w)
		if !head && !answer.SameWord(w, taken) && !answer.SameWord(taken, w) {
			continue
		}
		if of == "" || what < of { // the same one each time
			of, ok = what, true
		}
	}
	return of, ok
}

// instead proposes a word that is free, made of the one that is not.
func (k *formCheck) instead(w string) string {
	for _, try := range []string{"填" + w, w + "表", "镇上" + w, k.f.Title} {
		try = answer.Fold(strings.ReplaceAll(try, " ", ""))
		if _, taken := k.clash(try); !taken && utf8.RuneCountInString(try) >= 2 && utf8.RuneCountInString(try) <= 12 && answer.Command(try) == answer.None {
			return "换成 " + try + "？"
		}
	}
	return "请换一个。"
}

func (k *formCheck) roles() {
	var names []string
	for _, r := range roleNames {
		names = append(names, r.word)
	}
	for _, w := range roleWords(k.f) {
		if !slices.Contains(names, strings.ToLower(w)) {
			k.setting("chat_roles", false, fmt.Sprintf(findRole, w, xlsform.DidYouMean(w, names)))
		}
	}
}

func (k *formCheck) consent() {
	set := setOf(k.f)
	if set == "" {
		if subjectQuestion(k.f) != nil {
			k.setting("chat_consent", false, findNobody)
		}
		return
	}
	if !slices.Contains(purpose.All, set) {
		var names []string
		for _, s := range purpose.All {
			names = append(names, string(s))
		}
		k.setting("chat_consent", false, fmt.Sprintf(findConsent, set, xlsform.DidYouMean(string(set), names)))
	}
}

func (k *formCheck) menu() {
	m := menuOf(k.f)
	if r, _ := utf8.DecodeRuneInString(m); unicode.IsDigit(r) {
		k.setting("chat_menu", false, fmt.Sprintf(findMenu, m))
	}
	if utf8.RuneCountInString(m) > 12 {
		k.setting("chat_menu", false, fmt.Sprintf(findMenuLong, m))
	}
}

// people holds the questions for whom a form is about: one, asked of everybody,
// by staff.
func (k *formCheck) people(qs []*form.Question, around []*form.Question) {
	for _, q := range qs {
		if len(q.Children) > 0 {
			k.people(q.Children, append(slices.Clip(around), q))
		}
		if !q.FromFile {
			continue
		}
		switch q.List {
		case "days", "hours", "rings":
			k.question(q, "type", fmt.Sprintf(findOwnList, q.List+".csv", ""))
		case "residents", "away":
			k.person(q, around)
		}
	}
}

func (k *formCheck) person(q *form.Question, around []*form.Question) {
	first := subjectQuestion(k.f)
	switch {
	case rolesOf(k.f)&dialog.RoleResident != 0:
		k.question(q, "type", findResidents)
	case first != q:
		row := 0
		if first != nil {
			row = first.Row
		}
		k.question(q, "type", fmt.Sprintf(findTwoPeople, row))
	case slices.ContainsFunc(around, func(g *form.Question) bool { return g.Type == form.Repeat }):
		k.question(q, "type", findRepeated)
	case q.Relevant != "" || slices.ContainsFunc(around, func(g *form.Question) bool { return g.Relevant != "" }):
		k.question(q, "relevant", findSometimes)
	}
}

// needed holds a workbook that stands in place of a built-in form against what
// its flow does with the answers.
func (k *formCheck) needed(base *dialog.Flow) {
	ours := map[string]*form.Question{}
	dialog.AnyQuestion(base.Form.Questions, func(q *form.Question) bool {
		if q.Name != "" && q.Type != form.Note && q.Type != form.Group {
			ours[q.Name] = q
		}
		return false
	})
	for _, q := range questions(base.Form) {
		if ours[q.Name] == nil {
			continue
		}
		own := k.f.Question(q.Name)
		switch {
		case own.Name == "" && !slices.Contains(spare[base.Name], q.Name):
			k.setting("form_id", false, fmt.Sprintf(findNeeded, q.Name, typeOf(q), base.Form.Title))
		case own.Name != "" && (own.Type != q.Type || q.FromFile && own.List != q.List):
			k.question(own, "type", fmt.Sprintf(findNeededType, q.Name, typeOf(q), typeOf(own)))
		}
	}
	for _, value := range []string{"yes", "no"} {
		q := base.Form.Question("consent")
		own := k.f.Question("consent")
		if q.Name != "" && own.Name != "" && k.f.ChoiceLabel(own.List, value) == value {
			k.findings = append(k.findings, xlsform.Finding{Sheet: "choices", Column: "name", Text: fmt.Sprintf(findNeededItem, own.List, value)})
		}
	}
}

// spare are questions of a built-in form that a town may leave out: what they
// answer is then empty.
var spare = map[string][]string{
	"visit": {"way", "need", "next", "next_part", "note"},
	"away":  {"place", "expected"},
}

// questions are all of a form, in the order of the sheet.
func questions(f *form.Form) (out []*form.Question) {
	dialog.AnyQuestion(f.Questions, func(q *form.Question) bool {
		out = append(out, q)
		return false
	})
	return out
}

func typeOf(q *form.Question) string {
	switch {
	case q.FromFile:
		return string(q.Type) + "_from_file " + q.List + ".csv"
	case q.List != "":
		return string(q.Type) + " " + q.List
	}
	return string(q.Type)
}

// FormFile is a form that was read and checked, and may go live when none of its
// Findings is an error.
type FormFile struct {
	Form     *form.Form // nil when a finding is an error
	Findings []xlsform.Finding
	tables   []byte
}

// Fatal reports whether a finding keeps it from going live.
func (f FormFile) Fatal() bool { return f.Form == nil }

// ReadForm reads a form out of the bytes of a file and finds all that keeps it
// from going live in a town: what is wrong in it, and what it clashes with.
func ReadForm(t *dialog.Talk, tx *record.Tx, name string, src []byte) (FormFile, error) {
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	parse := xlsform.ParseWorkbook
	if strings.EqualFold(filepath.Ext(name), ".md") {
		parse = xlsform.ParseMarkdown
	}
	book, findings := parse(src)
	if fatalFinding(findings) || book == nil {
		return FormFile{Findings: findings}, nil
	}
	f, findings := xlsform.Read(base, book, xlsform.Options{Live: dialog.Live})
	if f == nil {
		return FormFile{Findings: findings}, nil
	}
	k := &formCheck{t: t.First(), f: f}
	if err := k.town(tx); err != nil {
		return FormFile{}, err
	}
	k.all()
	findings = append(findings, placed(book, k.findings)...)
	if fatalFinding(findings) {
		return FormFile{Findings: findings}, nil
	}
	kept, err := json.Marshal(dialog.Tables{Form: f.ID, Book: book})
	if err != nil {
		return FormFile{}, fmt.Errorf("write form: %w", err)
	}
	return FormFile{Form: f, Findings: findings, tables: kept}, nil
}

// town learns the words that mean something in a town: the program's, its pages'
// and its services', and those of its other forms.
func (k *formCheck) town(tx *record.Tx) error {
	k.taken = map[string]string{}
	for _, w := range k.t.Keywords() {
		k.taken[w] = w
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	k.site = site
	for _, g := range site.Guides {
		for _, w := range g.Keywords {
			k.taken[answer.Fold(w)] = g.Title
		}
	}
	for _, s := range site.Services {
		for _, w := range strings.Fields(s.Keyword) {
			k.taken[answer.Fold(w)] = s.Label
		}
	}
	now, err := townforms.All(tx)
	if err != nil {
		return err
	}
	for _, v := range now {
		f, err := k.t.Load(tx, v.ID)
		if err != nil {
			return err
		}
		if f == nil || f.Town == nil || v.Form == k.f.ID {
			continue
		}
		for _, w := range f.Heads() {
			k.taken[answer.Fold(w)] = f.Form.Title
		}
	}
	return nil
}

// placed gives findings their cells: of the row of settings, or of the row that
// they name, the column that they are about.
func placed(book *xlsform.Workbook, findings []xlsform.Finding) []xlsform.Finding {
	for i, f := range findings {
		for _, s := range book.Sheets {
			if !strings.EqualFold(strings.TrimSpace(s.Name), f.Sheet) || len(s.Rows) < 2 {
				continue
			}
			row := s.Rows[1].Number
			if f.Cell != "" {
				row, _ = strconv.Atoi(f.Cell[1:])
			}
			for col, c := range s.Rows[0].Cells {
				if strings.EqualFold(strings.TrimSpace(c.Text), f.Column) && (f.Sheet == "settings" || f.Cell != "") {
					findings[i].Cell = xlsform.CellName(col, row)
				}
			}
		}
	}
	return findings
}

func fatalFinding(findings []xlsform.Finding) bool {
	return slices.ContainsFunc(findings, func(f xlsform.Finding) bool { return !f.Warning })
}

// AddForm reads a form and puts it in force, or keeps it to be tried (draft). One
// that cannot go live changes nothing; done is false then, and for one that is in
// force already.
func AddForm(t *dialog.Talk, ctx context.Context, store *record.Store, name string, src []byte, draft bool, by string, now time.Time) (f FormFile, done bool, err error) {
	err = store.Update(ctx, func(tx *record.Tx) (err error) {
		f, done, err = KeepForm(t, tx, name, src, draft, by, now)
		return err
	})
	return f, done, err
}

// KeepForm is AddForm inside a transaction.
func KeepForm(t *dialog.Talk, tx *record.Tx, name string, src []byte, draft bool, by string, now time.Time) (f FormFile, done bool, err error) {
	if f, err = ReadForm(t, tx, name, src); err != nil || f.Fatal() {
		return f, false, err
	}
	id := townforms.FormID(f.tables)
	inForce, err := townforms.All(tx)
	if err != nil || slices.ContainsFunc(inForce, func(v townforms.FormVersion) bool { return v.ID == id }) {
		return f, false, err
	}
	v := townforms.FormVersion{Form: f.Form.ID, Version: f.Form.Version, Title: f.Form.Title, Draft: draft, By: by}
	if err := townforms.Keep(tx, v, f.tables, now); err != nil || draft {
		return f, true, err
	}
	_, err = ops.EndAlarm(tx, "form", now) // another that is still wrong is told anew
	return f, true, err
}

// UseForm puts a version of a form that is kept back in force, by its version or
// id; "" is the last one kept. It returns storage.ErrNotFound when there is none,
// and says what keeps it from going live now.
func UseForm(t *dialog.Talk, ctx context.Context, store *record.Store, form, version, by string, now time.Time) (v townforms.FormVersion, findings []xlsform.Finding, err error) {
	err = store.Update(ctx, func(tx *record.Tx) error {
		v, findings = townforms.FormVersion{}, nil
		log, err := townforms.Log(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(log, func(o townforms.FormVersion) bool {
			return (o.Form == form || o.Title == form) && (version == "" || o.ID == version || o.Version == version)
		})
		if i < 0 {
			return record.ErrNotFound
		}
		v = log[i]
		f, err := KeptForm(tx, v.ID)
		if err != nil {
			return err
		}
		if f == nil {
			return record.ErrNotFound
		}
		k := &formCheck{t: t.First(), f: f}
		if err := k.town(tx); err != nil {
			return err
		}
		if k.all(); fatalFinding(k.findings) {
			findings = k.findings
			return nil
		}
		v.Draft, v.By = false, by
		if _, err := ops.EndAlarm(tx, "form", now); err != nil {
			return err
		}
		return townforms.Activate(tx, v, now)
	})
	return v, findings, err
}

// FormAdded says what became of a form that was handed in.
func FormAdded(f *form.Form, draft, done bool) string {
	switch {
	case !done:
		return saidSame
	case draft:
		return fmt.Sprintf(saidDraft, f.Title, f.Version)
	}
	return fmt.Sprintf(saidForm, f.Title, f.Version)
}

// FormUsed says that a version is in force again.
func FormUsed(v townforms.FormVersion) string { return fmt.Sprintf(saidForm, v.Title, v.Version) }

// FormOff says that a form is asked no more.
func FormOff(name string) string { return fmt.Sprintf(saidOff, name) }

// AddedQuestions are those that the town's workbooks have beside the questions of
// the built-in forms in whose place they stand, by their paths, those of the last
// version first.
func AddedQuestions(tx *record.Tx, names ...string) ([]string, error) {
	var out []string
	for _, name := range names {
		more, err := added(tx, name)
		if err != nil {
			return nil, err
		}
		for _, path := range more {
			if !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	return out, nil
}

// added is AddedQuestions of one form.
func added(tx *record.Tx, name string) ([]string, error) {
	src, err := forms.FS.ReadFile(name + ".md")
	if err != nil {
		return nil, fmt.Errorf("read form %s: %w", name, err)
	}
	base, _ := xlsform.ReadMarkdown(name, src, xlsform.Options{Live: dialog.Live})
	log, err := townforms.Log(tx)
	if err != nil {
		return nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, v := range log {
		if v.Form != name || v.Draft || seen[v.ID] {
			continue
		}
		seen[v.ID] = true
		f, err := KeptForm(tx, v.ID)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		for _, q := range questions(f) {
			keeps := q.Name != "" && q.Type != form.Note && q.Type != form.Group && q.Type != form.Repeat && q.Within() == nil
			if keeps && base.Question(q.Name).Name == "" && !slices.Contains(out, q.Path()) {
				out = append(out, q.Path())
			}
		}
	}
	return out, nil
}

// Readable returns what a form was called and what was answered to it, a line an
// answer, in the words in which it was asked.
func Readable(tx *record.Tx, a townforms.Submission) (title string, lines []string, err error) {
	f, err := KeptForm(tx, a.Version)
	if err != nil || f == nil {
		return a.Form, nil, err
	}
	asked := map[string]*form.Question{}
	for _, q := range questions(f) {
		asked[q.Path()] = q
	}
	for _, o := range a.Answers {
		q := asked[o.Name]
		if q == nil || isSubject(q) || q.Type == form.Meta || q.Type == form.Calculate || q.Type == form.Hidden {
			continue
		}
		value := o.Value
		if q.Type == form.SelectOne || q.Type == form.SelectMultiple {
			words := strings.Fields(value)
			for i, w := range words {
				words[i] = f.ChoiceLabel(q.List, w)
			}
			value = strings.Join(words, "、")
		}
		label := q.Short
		if label == "" {
			label = strings.ReplaceAll(q.Label, "\n", " ")
		}
		lines = append(lines, label+" "+value)
	}
	return f.Title, lines, nil
}
