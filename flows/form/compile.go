package form

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/xpath"
)

// program is what Compile makes of a form.
type program struct {
	root      *xpath.Field
	all       []*Question // in the order of the sheet, groups before their rows
	byName    map[string]*Question
	byHash    map[uint32]*Question
	hashes    []uint32 // by Question.index
	depths    []uint8  // by Question.index
	leaves    []leaf   // outside repeats, in the order of the sheet
	items     map[string][]xpath.Item
	filtered  []*Question // with a choice_filter
	kept      []*Question // calculations whose result is stored: once()
	defaulted []*Question // whose default is taken without asking
	repeats   []*Question
	notes     []*Question // notes, read-only rows and groups with a label
	metas     []*Question
	title     *xpath.Expr     // instance_name
	labels    map[string]bool // of every option that this form can show, squeezed
	random    bool            // some expression may need a random source
}

// leaf is what may be asked outside repeats: a question or a whole repeat. It
// stands apart from Question so that a step over many answers touches little.
type leaf struct {
	index  int32
	repeat bool
}

// compiled is what Compile makes of a question.
type compiled struct {
	readsOwn bool // its relevant reads a question within it
	index    int
	depth    int // repeats around it
	parent   *Question
	field    *xpath.Field
	hash     uint32
	ifAsked  *xpath.Expr // relevant
	ifNeeded *xpath.Expr // required
	needed   bool        // required without expression
	rule     *xpath.Expr // constraint
	calc     *xpath.Expr
	initial  *xpath.Expr // default
	filter   *xpath.Expr
	count    *xpath.Expr
	fixed    *xpath.Expr // read_only
	readOnly bool
	gated    bool // it or a group around it has a relevant
	once     bool // calc keeps its first result
	texts    [6]template
	list     []Choice
	names    [][]string // of list: label and aliases, for matching
	source   *Question  // of select_one ${q}: q
	deps     bits       // questions whose answers can change the default
	offers   bits       // questions whose answers can change what is offered
	words    bits       // questions whose answers stand in the label
	prints   uint32     // fingerprint of list
	part     *Question  // of a date: <name>_part, which keeps the part of the day
	fires    []*Question
}

// The texts of a question, by their place in compiled.texts.
const (
	textLabel = iota
	textHint
	textGuidance
	textRequired
	textConstraint
	textShort
)

// template is a text with ${name} in it; without any it has one part.
type template []piece

type piece struct {
	text string
	q    *Question
}

// maxDepth is how deep repeats may stand in one another.
const maxDepth = 2

// Compile makes f runnable: it reads every expression once, links questions to
// what they refer to and finds circles. It returns what is wrong, in the order
// of rows; f can be used when none of it is an error. Compile may change f
// (or_other adds a question) and must have returned before f is shared.
func Compile(f *Form) []*AuthorProblem {
	c := &compiler{f: f}
	f.program = program{
		root: &xpath.Field{Kind: xpath.GroupField}, byName: map[string]*Question{}, byHash: map[uint32]*Question{},
		items: map[string][]xpath.Item{}, labels: map[string]bool{},
	}
	f.Questions = addOthers(f.Questions)
	c.plant(f.Questions, nil, f.root, "", 0)
	c.link()
	c.names = xpath.Names(f.root)
	for _, q := range f.all {
		c.expressions(q)
	}
	c.instanceName()
	if !c.failed() {
		c.circles()
		c.depend()
	}
	slices.SortStableFunc(c.problems, func(a, b *AuthorProblem) int { return cmp.Compare(a.Row, b.Row) })
	return c.problems
}

type compiler struct {
	f        *Form
	problems []*AuthorProblem
	lists    []string
	names    map[string][]*xpath.Field
}

// values are what the questions of a choice list may be answered with.
func (c *compiler) values(list string) []string {
	var out []string
	for _, choice := range c.f.Lists[list] {
		out = append(out, choice.Value)
	}
	for _, q := range c.f.all {
		if q.OrOther && q.List == list {
			return append(out, "other")
		}
	}
	return out
}

func (c *compiler) failed() bool {
	return slices.ContainsFunc(c.problems, func(p *AuthorProblem) bool { return !p.Warning })
}

func (c *compiler) wrong(q *Question, column, text string) {
	c.problems = append(c.problems, &AuthorProblem{Row: q.Row, Column: column, Text: text})
}

// addOthers gives each or_other question the text question that goes with it.
func addOthers(qs []*Question) []*Question {
	var out []*Question
	for i, q := range qs {
		q.Children = addOthers(q.Children)
		out = append(out, q)
		name := q.Name + "_other"
		if !q.OrOther || i+1 < len(qs) && qs[i+1].Name == name {
			continue
		}
		out = append(out, &Question{
			Type: Text, Name: name, Label: sayOtherAsk, Row: q.Row,
			Relevant: "selected(../" + q.Name + ", 'other')",
		})
	}
	return out
}

// plant numbers the questions and builds the tree that expressions see.
func (c *compiler) plant(qs []*Question, parent *Question, field *xpath.Field, path string, depth int) {
	f := c.f
	for _, q := range qs {
		q.compiled = compiled{index: len(f.all), parent: parent, depth: depth}
		f.all = append(f.all, q)
		q.field = &xpath.Field{Name: q.Name, Kind: kindOf(q), Parent: field, Index: q.index, List: q.List}
		if q.Name != "" {
			field.Children = append(field.Children, q.field)
		}
		own := path + "/" + q.Name
		if q.Name == "" {
			own += "#" + q.Label
		}
		for q.hash = hash(own); q.Name == "" && f.byHash[q.hash] != nil; q.hash = hash(own) {
			own += "#"
		}
		if other := f.byHash[q.hash]; other == nil {
			f.byHash[q.hash] = q
		} else if q.Name != "" && other.Name != "" {
			c.wrong(q, "name", "题目“"+q.Name+"”和第"+itoa(other.Row)+"行的“"+other.Name+"”记号相同，请改一个名字。")
		}
		if _, double := f.byName[q.Name]; !double && q.Name != "" {
			f.byName[q.Name] = q
		}
		f.hashes, f.depths = append(f.hashes, q.hash), append(f.depths, uint8(depth))
		inner := depth
		if q.Type == Repeat {
			inner++
			f.repeats = append(f.repeats, q)
		}
		if inner > maxDepth {
			c.wrong(q, "type", "重复段最多套两层。")
			continue
		}
		c.plant(q.Children, q, q.field, own, inner)
	}
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func kindOf(q *Question) xpath.FieldKind {
	switch q.Type {
	case Group:
		return xpath.GroupField
	case Repeat:
		return xpath.RepeatField
	case Integer, Decimal, Range:
		return xpath.NumberField
	case Date:
		return xpath.DateField
	case DateTime:
		return xpath.DateTimeField
	case Calculate:
		return xpath.AutoField
	case Meta:
		switch q.Appearance {
		case "today":
			return xpath.DateField
		case "start", "end":
			return xpath.DateTimeField
		}
	}
	if q.Calculation != "" {
		return xpath.AutoField
	}
	return xpath.TextField
}

// link finds lists, and the questions whose rows are choices.
func (c *compiler) link() {
	f := c.f
	for _, lists := range []map[string][]Choice{f.Lists, f.Tables} {
		for name, list := range lists {
			c.lists = append(c.lists, name)
			items := make([]xpath.Item, len(list))
			for i := range list {
				items[i] = &list[i]
			}
			f.items[name] = items
		}
	}
	slices.Sort(c.lists)
	for _, q := range f.all {
		if !q.choice() {
			continue
		}
		if name, ok := strings.CutPrefix(q.List, "${"); ok {
			q.source = f.byName[strings.TrimSpace(strings.TrimSuffix(name, "}"))]
			switch {
			case q.source == nil:
				c.wrong(q, "type", "找不到题目 "+q.List+"。")
			case q.source.depth == 0:
				c.wrong(q, "type", q.List+" 不在重复组里，只有一个答案。选项要写在 choices 里，或取自重复组里的题目。")
			}
			continue
		}
		q.list = f.Lists[q.List]
		if q.FromFile {
			q.list = f.Tables[q.List]
		}
		if q.OrOther && !slices.ContainsFunc(q.list, func(c Choice) bool { return c.Value == "other" }) {
			q.list = append(slices.Clone(q.list), Choice{Value: "other", Label: sayOther})
		}
		q.names = namesOf(q.list)
		for _, ch := range q.list {
			if r, _ := utf8.DecodeRuneInString(ch.Label); unicode.IsDigit(r) {
				c.wrong(q, "type", "选项“"+ch.Label+"”以数字开头，会和序号混在一起。请换个写法，如“早上8:30”。")
			}
			f.labels[squeeze(ch.Label)] = true
		}
	}
	for _, label := range []string{saySave, sayChange, sayDrop, sayGoOn, sayAgree, sayYes, sayNo} {
		f.labels[label] = true
	}
}

// Column returns a column of the choice, for expressions.
func (c *Choice) Column(name string) (string, bool) {
	switch name {
	case "name":
		return c.Value, true
	case "label":
		return c.Label, true
	}
	v, ok := c.Columns[name]
	return v, ok
}

func namesOf(list []Choice) [][]string {
	names := make([][]string, len(list))
	for i, ch := range list {
		names[i] = append([]string{ch.Label}, ch.Aliases...)
	}
	return names
}

func (q *Question) choice() bool {
	return q.Type == SelectOne || q.Type == SelectMultiple || q.Type == Rank
}

// live reports whether the choices of q come out of storage.
func (q *Question) live() bool { return q.choice() && q.FromFile && q.list == nil && q.source == nil }

// derived reports whether q's value is worked out each time that it is read.
func (q *Question) derived() bool { return q.calc != nil && len(q.Trigger) == 0 && !q.once }

// asked reports whether q is a question for a person.
func (q *Question) asked() bool {
	switch q.Type {
	case Note, Calculate, Hidden, Group, Repeat, Meta, Media:
		return false
	}
	return !(q.Calculation != "" && len(q.Trigger) == 0)
}

// shown reports whether q is only read to the person.
func (q *Question) shown() bool {
	switch q.Type {
	case Calculate, Hidden, Group, Repeat, Meta:
		return false
	case Note, Media:
		return true
	}
	return q.Calculation != "" && len(q.Trigger) == 0
}

// expressions compiles everything of q that is one.
func (c *compiler) expressions(q *Question) {
	q.ifAsked = c.compile(q, "relevant", q.Relevant, false)
	q.gated = q.ifAsked != nil || q.parent != nil && q.parent.gated
	if q.ifAsked != nil {
		if v, always := q.ifAsked.Constant(); always && !v.Bool() {
			c.never(q)
		}
	}
	switch strings.ToLower(q.Required) {
	case "", "no", "false", "false()":
	case "yes", "true", "true()":
		q.needed = true
	default:
		q.ifNeeded = c.compile(q, "required", q.Required, false)
	}
	switch strings.ToLower(q.ReadOnly) {
	case "", "no", "false", "false()":
	case "yes", "true", "true()":
		q.readOnly = true
	default:
		q.fixed = c.compile(q, "read_only", q.ReadOnly, false)
	}
	q.rule = c.compile(q, "constraint", q.Constraint, false)
	q.calc = c.compile(q, "calculation", q.Calculation, false)
	q.once = q.calc != nil && strings.Contains(q.Calculation, "once")
	if q.DefaultIsExpr {
		q.initial = c.compile(q, "default", q.Default, false)
	}
	q.filter = c.compile(q, "choice_filter", q.ChoiceFilter, true)
	q.count = c.compile(q, "repeat_count", q.RepeatCount, false)
	for i, t := range []struct{ column, text string }{
		{"label", q.Label}, {"hint", q.Hint}, {"guidance_hint", q.Guidance},
		{"required_message", q.RequiredMessage}, {"constraint_message", q.ConstraintMessage}, {"short", q.Short},
	} {
		q.texts[i] = c.template(q, t.column, t.text)
	}
	c.file(q)
	for _, name := range q.Trigger {
		name = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(name), "${"), "}"))
		switch t := c.f.byName[name]; {
		case t == nil:
			c.wrong(q, "trigger", "找不到题目 ${"+name+"}。")
		case len(c.names[name]) > 1:
			c.wrong(q, "trigger", "有 "+itoa(len(c.names[name]))+" 道题都叫 “"+name+"”，不知道是哪一道。请改名。")
		default:
			t.fires = append(t.fires, q)
		}
	}
}

// never warns of what no answer can make relevant.
func (c *compiler) never(q *Question) {
	text := "relevant 总是不成立，这道题永远不会问。"
	switch q.Type {
	case Calculate, Hidden, Meta:
		return
	case Group, Repeat:
		text = "relevant 总是不成立，这一组题永远不会问。"
	}
	c.problems = append(c.problems, &AuthorProblem{Row: q.Row, Column: "relevant", Text: text, Warning: true})
}

// file puts q into the lists that a step walks.
func (c *compiler) file(q *Question) {
	f := c.f
	if q.depth == 0 && (q.asked() || q.Type == Repeat) {
		f.leaves = append(f.leaves, leaf{int32(q.index), q.Type == Repeat})
	}
	if q.filter != nil {
		f.filtered = append(f.filtered, q)
	}
	if q.once {
		f.kept = append(f.kept, q)
	}
	if q.Default != "" && q.calc == nil && (q.Type == Hidden || q.Summary && q.asked()) {
		f.defaulted = append(f.defaulted, q)
	}
	if q.shown() || q.asked() && (q.readOnly || q.fixed != nil) || q.Type == Group && q.Label != "" {
		f.notes = append(f.notes, q)
	}
	if q.Type == Meta {
		f.metas = append(f.metas, q)
	}
	if q.Type == Date && q.parent == nil {
		q.part = f.byName[q.Name+"_part"]
	}
	q.prints = fingerprint(q.list)
}

// fingerprint is the same for the same options in the same order. It is never
// 0.
func fingerprint(list []Choice) uint32 {
	h := uint32(2166136261)
	for i := range list {
		for _, text := range [2]string{list[i].Value, list[i].Label} {
			for j := range len(text) {
				h = (h ^ uint32(text[j])) * 16777619
			}
			h = (h ^ 0xff) * 16777619
		}
	}
	return max(h, 1)
}

// template takes a text with ${name} apart.
func (c *compiler) template(q *Question, column, text string) template {
	if text == "" {
		return nil
	}
	var t template
	for pos := 0; ; {
		i := strings.Index(text[pos:], "${")
		j := -1
		if i >= 0 {
			j = strings.IndexByte(text[pos+i:], '}')
		}
		if j < 0 {
			return append(t, piece{text: text[pos:]})
		}
		name := strings.TrimSpace(text[pos+i+2 : pos+i+j])
		to := c.f.byName[name]
		if to == nil {
			p := &AuthorProblem{Row: q.Row, Column: column, Pos: utf8.RuneCountInString(text[:pos+i]) + 1, Text: "找不到题目 ${" + name + "}。"}
			c.problems = append(c.problems, p)
		} else {
			c.inText(q, column, name, utf8.RuneCountInString(text[:pos+i]))
		}
		t = append(t, piece{text: text[pos : pos+i], q: to})
		pos += i + j + 1
		if pos == len(text) {
			return t
		}
	}
}

// inText checks a ${name} that stands in a text, before characters into it: it
// should be one answer, as in an expression.
func (c *compiler) inText(q *Question, column, name string, before int) {
	_, problems := xpath.Compile("${"+name+"}", xpath.Env{Root: c.f.root, Field: q.field, Names: c.names})
	for _, p := range problems {
		own := &AuthorProblem{Row: q.Row, Column: column, Pos: before + p.Pos, Text: p.Text, Warning: p.Warning}
		switch {
		case len(c.names[name]) > 1:
			own.Text = "有 " + itoa(len(c.names[name])) + " 道题都叫 “" + name + "”，不知道是哪一道。请改名。"
		case !p.Warning: // nothing is lost: the text is only poorer than meant
			own.Text = "${" + name + "} 在重复组里，有多行，这里只显示第 1 行的。要全部的，先加一行 calculate 用 join() 接好。"
			own.Warning = true
		}
		c.problems = append(c.problems, own)
	}
}

// squeeze makes what was typed comparable with a label.
func squeeze(s string) string {
	return strings.Join(strings.Fields(answer.Fold(s)), " ")
}

// compile reads an expression; nil when there is none or it is wrong.
func (c *compiler) compile(q *Question, column, src string, filter bool) *xpath.Expr {
	if strings.TrimSpace(src) == "" {
		return nil
	}
	env := xpath.Env{Root: c.f.root, Field: q.field, Filter: filter, Lists: c.lists, Names: c.names, Choices: c.values}
	if filter {
		env.Columns = columnsOf(q.list)
	}
	e, problems := xpath.Compile(src, env)
	for _, p := range problems {
		c.problems = append(c.problems, &AuthorProblem{Row: q.Row, Column: column, Pos: p.Pos, Text: p.Text, Warning: p.Warning})
	}
	c.f.random = c.f.random || strings.Contains(src, "random") || strings.Contains(src, "uuid")
	return e
}

// instanceName reads the setting; what is wrong with it is xlsform's to place,
// under row 0.
func (c *compiler) instanceName() {
	if c.f.InstanceName == "" || len(c.f.all) == 0 {
		return
	}
	e, problems := xpath.Compile(c.f.InstanceName, xpath.Env{Root: c.f.root, Lists: c.lists, Names: c.names, Choices: c.values})
	for _, p := range problems {
		c.problems = append(c.problems, &AuthorProblem{Column: "instance_name", Pos: p.Pos, Text: p.Text, Warning: p.Warning})
	}
	c.f.title = e
}

func columnsOf(list []Choice) []string {
	names := []string{"name", "label"}
	for _, ch := range list {
		for name := range ch.Columns {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// depend notes which answers a default, an offer and a note follow from.
func (c *compiler) depend() {
	n := (len(c.f.all) + 63) / 64
	for _, q := range c.f.all {
		q.deps, q.offers, q.words = make(bits, n), make(bits, n), make(bits, n)
		c.reach(q.deps, q.initial)
		c.reach(q.offers, q.filter)
		if q.source != nil {
			q.offers.set(q.source.index)
		}
		for _, p := range q.texts[textLabel] {
			if p.q != nil {
				c.reachQuestion(q.words, p.q)
			}
		}
	}
}

// reach adds to b every question that e's value can follow from.
func (c *compiler) reach(b bits, e *xpath.Expr) {
	if e == nil {
		return
	}
	for _, f := range e.Uses() {
		if f != c.f.root {
			c.reachQuestion(b, c.f.all[f.Index])
		}
	}
}

func (c *compiler) reachQuestion(b bits, q *Question) {
	if b.has(q.index) {
		return
	}
	b.set(q.index)
	if q.calc != nil {
		c.reach(b, q.calc)
	}
	for p := q; p != nil; p = p.parent {
		c.reach(b, p.ifAsked)
	}
}

// circles finds calculations and conditions that wait for each other. Reading
// a question needs its calculation, its relevant and those around it.
func (c *compiler) circles() {
	state := make([]uint8, len(c.f.all)) // 1 on the way, 2 done
	var visit func(q *Question, path []*Question)
	visit = func(q *Question, path []*Question) {
		switch state[q.index] {
		case 2:
			return
		case 1:
			c.circle(path[slices.Index(path, q):])
			return
		}
		state[q.index] = 1
		path = append(path, q)
		for _, e := range []*xpath.Expr{q.calc, q.ifAsked} {
			if e == nil || e == q.calc && !q.derived() {
				continue
			}
			for _, f := range e.Uses() {
				if f == c.f.root || f == q.field && q.once {
					continue
				}
				if e == q.ifAsked && within(f, q.field) {
					q.readsOwn = true
					continue
				}
				visit(c.f.all[f.Index], path)
			}
		}
		if q.parent != nil {
			visit(q.parent, path)
		}
		state[q.index] = 2
	}
	for _, q := range c.f.all {
		visit(q, nil)
	}
}

// within reports whether f lies inside group.
func within(f, group *xpath.Field) bool {
	for f = f.Parent; f != nil; f = f.Parent {
		if f == group {
			return true
		}
	}
	return false
}

func (c *compiler) circle(path []*Question) {
	var b strings.Builder
	for _, q := range path {
		b.WriteString(q.Name)
		b.WriteString(" → ")
	}
	q := path[0]
	column := "relevant"
	if q.calc != nil {
		column = "calculation"
	}
	c.wrong(q, column, "绕成了一个圈："+b.String()+q.Name+"。请去掉其中一处。")
}
