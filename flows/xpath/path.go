package xpath

import (
	"slices"
	"strings"
)

// ref is a compiled reference or path: ${age}, ../age, ${member}[age < 18]/age,
// instance('cun')/root/item[name = ${v}]/label.
//
// As long as it has neither predicates nor items it is a list of branches,
// whose rows are known but for repeats to be gone through; from there on it is
// a walk.
type ref struct {
	name     string // as the author is told
	branches []branch
	fromRow  bool   // branches start at the node under test, not at the question
	walk     walker // nil while there are only branches
	fields   []*Field
	list     string // the table whose items or columns it gives
	stage    stage
	column   string
	item     func(*Context) Item // of columns of the item under test
	self     bool                // "." of the question: Context.Self
	saved    bool                // the answer of an earlier record
	picked   bool                // has a predicate or gives items: the first counts
	many     bool
	first    func(*Context) Value
	each     func(*Context, func(Value) bool) bool
}

// branch is a field with how many of the rows around it are known.
type branch struct {
	field *Field
	known int
}

type stage uint8

const (
	fieldStage    stage = iota
	instanceStage       // instance('x')
	tableStage          // instance('x')/root
	itemStage           // instance('x')/root/item
	columnStage         // instance('x')/root/item/label
	nowhereStage        // nothing is there
)

// walker gives the nodes reached from one node, until yield returns false; it
// returns whether all were given.
type walker func(c *Context, from place, yield func(place) bool) bool

// repeats counts the repeats around f and f itself.
func repeats(f *Field) int {
	n := 0
	for ; f != nil; f = f.Parent {
		if f.Kind == RepeatField {
			n++
		}
	}
	return n
}

// lookup returns the question of a name, nil (and a problem) if there is not
// exactly one.
func (k *compiler) lookup(name string, pos, end int) *Field {
	found := k.env.Names[name]
	switch {
	case name == "":
		k.fail(pos, end, "“${}” 里少了题名。")
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		k.fail(pos, end, "有 %d 道题都叫 “%s”，不知道是哪一道。请改名，或用 ../%s 这样的路径。", len(found), short(name), short(name))
	default:
		advice := ""
		if n := nearest(name, k.names()); n != "" {
			advice = "是不是 ${" + n + "}？"
		}
		k.fail(pos, end, "找不到题目 “${%s}”。%s", short(name), advice)
	}
	return nil
}

func (k *compiler) names() []string {
	if k.full() { // nobody will read the advice
		return nil
	}
	names := make([]string, 0, len(k.env.Names))
	for n := range k.env.Names {
		if n != "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// reference resolves ${name}: up to the lowest ancestor shared with the
// question, whose rows are known, then down every branch.
func (k *compiler) reference(n *node) *ref {
	name, saved := strings.CutPrefix(n.text, "last-saved#")
	f := k.lookup(name, n.pos, n.end)
	if f == nil {
		return nil
	}
	r := &ref{name: "${" + name + "}", branches: []branch{{f, k.shared(f)}}, saved: saved}
	if f == k.env.Field && !k.env.Filter && !saved {
		r.self = true
		k.use(f) // unlike ".", so that a question that waits for itself is found
	}
	return r
}

// shared counts the repeats that lie around both f and the question.
func (k *compiler) shared(f *Field) int {
	for a := f.Parent; a != nil; a = a.Parent {
		for b := k.env.Field.Parent; b != nil; b = b.Parent {
			if a == b {
				return repeats(a)
			}
		}
	}
	return 0
}

// current is the question itself, with the rows around it.
func (k *compiler) current() *ref {
	f := k.env.Field
	return &ref{name: "“.”", branches: []branch{{f, repeats(f.Parent)}}, self: !k.env.Filter}
}

// context is what a path without a beginning is relative to.
func (k *compiler) context() *ref {
	switch s := k.scope(); s.kind {
	case filterScope:
		return under(func(c *Context) Item { return c.Item }, "")
	case itemScope:
		return under(func(c *Context) Item { return c.at.item }, s.list)
	case rowScope:
		r := &ref{name: "“.”", fromRow: true}
		for _, f := range s.fields {
			r.branches = append(r.branches, branch{f, repeats(f)})
		}
		if len(s.fields) > 1 {
			r.toWalk()
			r.walk = func(c *Context, _ place, yield func(place) bool) bool { return yield(c.at) }
		}
		return r
	}
	return k.current()
}

// under is the item under test.
func under(item func(*Context) Item, list string) *ref {
	return &ref{name: "“.”", stage: itemStage, list: list, item: item, walk: func(c *Context, _ place, yield func(place) bool) bool {
		return yield(place{item: item(c)})
	}}
}

// path compiles whatever may give a set: references, paths, filters.
func (k *compiler) path(n *node) *ref {
	switch n.kind {
	case refNode:
		return k.reference(n)
	case callNode:
		return k.source(n)
	case filterNode:
		r := k.path(n.kids[0])
		if r == nil {
			return nil
		}
		return k.filter(r, n.preds)
	case pathNode:
		return k.steps(n)
	case binaryNode:
		if n.text == "|" {
			return k.unionRef(n)
		}
	}
	k.fail(n.pos, n.end, "这里不能接路径或 “[ ]”：前面要是题目。")
	k.scanOnly(n)
	return nil
}

// scanOnly compiles the parts of what is wrong for their own problems.
func (k *compiler) scanOnly(n *node) {
	for _, kid := range n.kids {
		k.expr(kid)
	}
}

// source is current() or instance().
func (k *compiler) source(n *node) *ref {
	switch n.text {
	case "current":
		if len(n.kids) > 0 {
			k.fail(n.pos, n.end, "函数 current 没有参数。")
			return nil
		}
		return k.current()
	case "instance":
		if len(n.kids) != 1 {
			k.fail(n.pos, n.end, "函数 instance 要 1 个参数，这里有 %d 个。", len(n.kids))
			return nil
		}
		arg := n.kids[0]
		if arg.kind != literalNode || arg.val.kind != textValue {
			k.fail(arg.pos, arg.end, "instance 的参数要是加引号的表名，例如 instance('cun')。")
			return nil
		}
		list, ok := k.table(arg)
		if !ok {
			return &ref{name: "instance", stage: nowhereStage, picked: true}
		}
		return &ref{name: "instance", list: list, stage: instanceStage, picked: true}
	}
	k.fail(n.pos, n.end, "函数 %s() 的结果后面不能接路径或 “[ ]”。", short(n.text))
	k.scanOnly(n)
	return nil
}

// table returns the list that a literal names, and warns if there is none.
func (k *compiler) table(arg *node) (string, bool) {
	list := strings.TrimSuffix(trim(arg.val.str), ".csv")
	for _, known := range k.env.Lists {
		if strings.TrimSuffix(known, ".csv") == list {
			return known, true
		}
	}
	if k.env.Lists == nil {
		return list, true
	}
	advice := ""
	if n := nearest(list, k.env.Lists); n != "" {
		advice = "是不是 '" + n + "'？"
	}
	k.warn(arg.pos, arg.end, "没有叫 '%s' 的表，取到的总是空。%s", short(list), advice)
	return list, false
}

// steps compiles a path.
func (k *compiler) steps(n *node) *ref {
	var r *ref
	switch {
	case n.absolute:
		r = &ref{name: "/", branches: []branch{{k.document, 0}}}
	case len(n.kids) > 0:
		if r = k.path(n.kids[0]); r == nil {
			return nil
		}
	default:
		r = k.context()
	}
	bare := !n.absolute && len(n.kids) == 0 && len(n.steps) == 1 && n.steps[0].kind == childStep
	for _, s := range n.steps {
		if r = k.tested(r, s, bare); r == nil {
			return nil
		}
	}
	return r
}

// tested makes a step with its predicates, which count the nodes below each
// parent anew.
func (k *compiler) tested(r *ref, s step, bare bool) *ref {
	if len(s.preds) == 0 {
		return k.step(r, s, bare)
	}
	var parents walker
	if r.stage == fieldStage && s.kind != selfStep {
		r.note(k)
		r.many = r.many || r.spreads()
		r.toWalk()
		parents = r.walk
		r.walk = func(_ *Context, from place, yield func(place) bool) bool { return yield(from) }
	}
	if r = k.step(r, s, bare); r == nil || r.stage == nowhereStage {
		return r
	}
	if r = k.filter(r, s.preds); r != nil && parents != nil {
		r.walk = then(parents, r.walk)
	}
	return r
}

func (k *compiler) step(r *ref, s step, bare bool) *ref {
	if s.kind == selfStep {
		return r
	}
	r.self = false
	if s.kind == childStep {
		r.name = "“" + short(s.name) + "”"
	}
	if r.stage != fieldStage {
		return k.itemStep(r, s, bare)
	}
	to := make([][]*Field, len(r.froms()))
	found := false
	for i, f := range r.froms() {
		to[i] = k.targets(f, s)
		found = found || len(to[i]) > 0
	}
	if !found {
		return k.nothing(r, s, bare)
	}
	if r.walk == nil {
		r.stepBranches(to, s.kind == parentStep)
		return r
	}
	r.stepWalk(to, s.kind == parentStep)
	return r
}

func (r *ref) froms() []*Field {
	if r.walk != nil {
		return r.fields
	}
	fields := make([]*Field, len(r.branches))
	for i, b := range r.branches {
		fields[i] = b.field
	}
	return fields
}

// targets returns where a step leads from a field.
func (k *compiler) targets(f *Field, s step) []*Field {
	switch {
	case s.kind == everyStep:
		return f.Children
	case s.kind == parentStep && f == k.env.Root:
		return []*Field{k.document}
	case s.kind == parentStep && f == k.document:
		return nil
	case s.kind == parentStep:
		return []*Field{f.Parent}
	case f == k.document:
		return f.Children // the root may be called anything: data, the form's id
	}
	for _, child := range f.Children {
		if child.Name == s.name {
			return []*Field{child}
		}
	}
	return nil
}

func (r *ref) stepBranches(to [][]*Field, up bool) {
	var next []branch
	for i, from := range r.branches {
		for _, f := range to[i] {
			b := branch{f, from.known}
			if up {
				b.known = min(b.known, repeats(f))
			}
			if !slices.Contains(next, b) {
				next = append(next, b)
			}
		}
	}
	r.branches = next
}

// stepWalk goes on from nodes found at run time.
func (r *ref) stepWalk(to [][]*Field, up bool) {
	froms := r.fields
	r.fields = nil
	for _, fields := range to {
		r.many = r.many || !up && len(fields) > 1
		for _, f := range fields {
			r.many = r.many || !up && f.Kind == RepeatField
			if !slices.Contains(r.fields, f) {
				r.fields = append(r.fields, f)
			}
		}
	}
	next := func(c *Context, from place, yield func(place) bool) bool {
		i := slices.Index(froms, from.field)
		if i < 0 {
			return true
		}
		for _, f := range to[i] {
			if up {
				if !yield(place{field: f, rows: from.rows[:min(len(from.rows), repeats(f))]}) {
					return false
				}
				continue
			}
			if !expand(c, f, from.rows, yield) {
				return false
			}
		}
		return true
	}
	if up {
		r.walk = merged(then(r.walk, next))
		return
	}
	r.walk = then(r.walk, next)
}

// expand gives f in the rows given, and every row of the repeats that lie
// between.
func expand(c *Context, f *Field, rows []int, yield func(place) bool) bool {
	missing := repeats(f) - len(rows)
	if missing <= 0 {
		return c.spend(1) && yield(place{field: f, rows: rows})
	}
	outer := f
	for skip := missing; ; outer = outer.Parent { // the outermost repeat not yet gone through
		if outer.Kind == RepeatField {
			if skip--; skip == 0 {
				break
			}
		}
	}
	inner := slices.Grow(slices.Clone(rows), missing)
	for i := range c.Data.Rows(outer, rows) {
		if !c.spend(1) {
			return false
		}
		if missing == 1 {
			if !yield(place{field: f, rows: append(slices.Clip(slices.Clone(inner)), i)}) {
				return false
			}
			continue
		}
		if !expand(c, f, append(slices.Clip(inner), i), yield) {
			return false
		}
	}
	return true
}

func then(a, b walker) walker {
	return func(c *Context, from place, yield func(place) bool) bool {
		return a(c, from, func(p place) bool { return b(c, p, yield) })
	}
}

// merged leaves out a parent that has just been given for another child.
func merged(w walker) walker {
	return func(c *Context, from place, yield func(place) bool) bool {
		var last place
		return w(c, from, func(p place) bool {
			if p.field == last.field && slices.Equal(p.rows, last.rows) {
				return true
			}
			last = p
			return yield(p)
		})
	}
}

// nothing is a step to where nothing is: legal and always empty, but hardly
// meant.
func (k *compiler) nothing(r *ref, s step, bare bool) *ref {
	switch {
	case s.kind == parentStep:
		k.warn(s.pos, s.end, "“..” 太多：上面没有了，这里总是空。")
	case s.kind == everyStep:
		k.warn(s.pos, s.end, "%s 下面没有题目，这里总是空。", r.name)
	case bare && k.likeKeyword(s):
		return nil
	case len(k.env.Names[s.name]) > 0 && bare:
		k.warn(s.pos, s.end, "“%s” 是题目？那要写成 ${%s}；是文字就加引号。现在总是空。", short(s.name), short(s.name))
	case bare:
		k.warn(s.pos, s.end, "“%s” 没有加引号，会被当成题名，总是空。是文字请写成 '%s'。", short(s.name), short(s.name))
	default:
		k.warn(s.pos, s.end, "路径里的 “%s” 找不到，这里总是空。%s", short(s.name), k.nearChild(r, s.name))
	}
	return &ref{name: r.name, stage: nowhereStage, picked: true}
}

func (k *compiler) nearChild(r *ref, name string) string {
	var names []string
	for _, f := range r.froms() {
		for _, child := range f.Children {
			names = append(names, child.Name)
		}
	}
	if n := nearest(name, names); n != "" {
		return "是不是 " + n + "？"
	}
	if len(k.env.Names[name]) == 1 {
		return "请写 ${" + short(name) + "}。"
	}
	return ""
}

// likeKeyword refuses True, false and the like, which are functions.
func (k *compiler) likeKeyword(s step) bool {
	switch lower := strings.ToLower(s.name); lower {
	case "true", "false":
		k.fail(s.pos, s.end, "“%s” 请写成 %s()。", s.name, lower)
		return true
	}
	return false
}

// itemStep goes on inside a table: root, item, column.
func (k *compiler) itemStep(r *ref, s step, bare bool) *ref {
	child := s.kind == childStep || s.kind == everyStep
	switch {
	case r.stage == instanceStage && child && (s.kind == everyStep || s.name == "root"):
		r.stage = tableStage
		return r
	case r.stage == tableStage && child && (s.kind == everyStep || s.name == "item"):
		r.stage = itemStage
		r.walk = items(r.list)
		return r
	case r.stage == itemStage && s.kind == childStep:
		k.column(r, s, bare)
		column := s.name
		if column == "itextId" { // jr:itext() makes it the label
			column = "label"
		}
		r.stage, r.column = columnStage, column
		r.walk = then(r.walk, func(_ *Context, from place, yield func(place) bool) bool {
			if from.item == nil {
				return true
			}
			return yield(place{item: from.item, column: column})
		})
		return r
	case r.stage == nowhereStage:
		return r
	}
	if r.stage == instanceStage || r.stage == tableStage {
		k.warn(s.pos, s.end, "instance('%s') 后面要写 /root/item，这样写总是空。", short(r.list))
	} else {
		k.warn(s.pos, s.end, "选项里没有这样的路径，总是空。")
	}
	return &ref{name: r.name, stage: nowhereStage, picked: true}
}

// column checks a column that a choice_filter names.
func (k *compiler) column(r *ref, s step, bare bool) {
	if k.scope().kind != filterScope || k.env.Columns == nil || r.list != "" {
		return
	}
	if slices.Contains(k.env.Columns, s.name) || s.name == "name" || s.name == "label" {
		return
	}
	if bare && k.likeKeyword(s) {
		return
	}
	advice := "是文字就加引号。"
	if len(k.env.Names[s.name]) > 0 {
		advice = "是题目就写成 ${" + short(s.name) + "}。"
	}
	if n := nearest(s.name, k.env.Columns); n != "" {
		advice = "是不是 " + n + "？"
	}
	k.warn(s.pos, s.end, "选项表没有 “%s” 这一列，总是空。%s", short(s.name), advice)
}

func items(list string) walker {
	return func(c *Context, _ place, yield func(place) bool) bool {
		if c.Data == nil {
			return true
		}
		for _, item := range c.Data.Items(list) {
			if !c.spend(1) || !yield(place{item: item}) {
				return false
			}
		}
		return true
	}
}

// toWalk gives up the branches for a walk over them.
func (r *ref) toWalk() {
	if r.walk != nil {
		return
	}
	r.fields = r.froms()
	r.walk = r.branchWalk()
}

// branchWalk gives every node of the branches.
func (r *ref) branchWalk() walker {
	branches, fromRow := r.branches, r.fromRow
	return func(c *Context, _ place, yield func(place) bool) bool {
		if c.Data == nil {
			return true
		}
		rows := c.Rows
		if fromRow {
			rows = c.at.rows
		}
		for _, b := range branches {
			if len(rows) < b.known {
				continue
			}
			if !expand(c, b.field, rows[:b.known:b.known], yield) {
				return false
			}
		}
		return true
	}
}

// filter puts predicates to a reference.
func (k *compiler) filter(r *ref, preds []*node) *ref {
	for _, pred := range preds {
		s := scope{kind: rowScope}
		switch r.stage {
		case nowhereStage:
			continue // said already
		case instanceStage, tableStage, columnStage:
			k.fail(pred.pos, pred.end, "“[ ]” 只能放在重复组、题目或 item 后面。")
			return nil
		case itemStage:
			s = scope{kind: itemScope, list: r.list}
		default:
			r.note(k)
			r.many = r.many || r.spreads()
			r.toWalk()
			s.fields = r.fields
		}
		k.scopes = append(k.scopes, s)
		sized := k.sized
		k.sized = false
		test := k.single(k.expr(pred))
		r.walk = keep(r.walk, test, k.sized)
		k.sized = sized
		k.scopes = k.scopes[:len(k.scopes)-1]
		r.picked, r.self, r.item = true, false, nil
	}
	return r
}

// keep gives the nodes for which test is true, or is their number.
func keep(w walker, test code, sized bool) walker {
	val := test.val
	return func(c *Context, from place, yield func(place) bool) bool {
		pos, size := 0, 0
		if sized {
			w(c, from, func(place) bool {
				size++
				return true
			})
		}
		return w(c, from, func(p place) bool {
			pos++
			at, oldPos, oldLast := c.at, c.pos, c.last
			c.at, c.pos, c.last = p, pos, size
			v := val(c)
			c.at, c.pos, c.last = at, oldPos, oldLast
			if c.err != nil {
				return false
			}
			if v.kind == numberValue && v.num != float64(pos) || v.kind != numberValue && !v.Bool() {
				return true
			}
			return yield(p)
		})
	}
}

// spreads reports whether the branches go through rows that are not known.
func (r *ref) spreads() bool {
	if r.walk != nil {
		return r.many
	}
	return len(r.branches) > 1 || slices.ContainsFunc(r.branches, func(b branch) bool { return repeats(b.field) > b.known })
}

func (r *ref) note(k *compiler) {
	if r.self || r.saved {
		return
	}
	for _, f := range r.froms() {
		k.use(f)
	}
}

// groups reports whether a reference gives only groups, which have no answer.
func (r *ref) groups() bool {
	if r.stage != fieldStage || r.self {
		return false
	}
	return !slices.ContainsFunc(r.froms(), func(f *Field) bool { return f.Kind < GroupField })
}

// question returns the one question that a reference is to, nil if there are
// several or none.
func (r *ref) question() *Field {
	fields := r.froms()
	if r.stage != fieldStage || len(fields) != 1 || fields[0].Kind >= GroupField {
		return nil
	}
	return fields[0]
}

// finish makes the functions that read the reference.
func (r *ref) finish(k *compiler) {
	if r.first != nil {
		return
	}
	if r.stage == fieldStage {
		r.note(k)
	}
	r.many = r.many || r.spreads()
	switch {
	case r.self:
		r.first = func(c *Context) Value { return c.Self }
		r.toWalk()
	case r.saved:
		r.first = lastSaved(r.branches[0].field)
		r.many, r.picked = false, true
	case r.stage == columnStage && r.item != nil:
		column, item := r.column, r.item
		r.first = func(c *Context) Value { return columnValue(item(c), column) }
	case r.walk == nil && !r.many && r.stage == fieldStage:
		r.first = r.slot()
		r.toWalk()
	case r.walk == nil && r.stage != fieldStage: // nowhere, or instance() alone
		r.walk = func(*Context, place, func(place) bool) bool { return true }
		r.first = func(*Context) Value { return Empty }
	default:
		r.toWalk()
		r.first = firstOf(r.walk)
	}
	r.each = r.values()
}

// values gives the value of every node.
func (r *ref) values() func(*Context, func(Value) bool) bool {
	if !r.many && !r.picked || r.saved {
		first := r.first
		return func(c *Context, yield func(Value) bool) bool { return yield(first(c)) }
	}
	walk := r.walk
	return func(c *Context, yield func(Value) bool) bool {
		return walk(c, place{}, func(p place) bool { return yield(p.value(c)) })
	}
}

// slot reads one answer whose rows are all known.
func (r *ref) slot() func(*Context) Value {
	f, known := r.branches[0].field, r.branches[0].known
	if f.Kind >= GroupField {
		return func(*Context) Value { return Empty }
	}
	if known == 0 {
		return func(c *Context) Value {
			if c.Data == nil {
				return Empty
			}
			return c.Data.Value(f, nil)
		}
	}
	if r.fromRow {
		return func(c *Context) Value {
			if c.Data == nil || len(c.at.rows) < known {
				return Empty
			}
			return c.Data.Value(f, c.at.rows[:known])
		}
	}
	return func(c *Context) Value {
		if c.Data == nil || len(c.Rows) < known {
			return Empty
		}
		return c.Data.Value(f, c.Rows[:known])
	}
}

func firstOf(w walker) func(*Context) Value {
	return func(c *Context) Value {
		v := Empty
		w(c, place{}, func(p place) bool {
			v = p.value(c)
			return false
		})
		return v
	}
}

func (p place) value(c *Context) Value {
	switch {
	case p.item != nil:
		return columnValue(p.item, p.column)
	case p.field == nil || p.field.Kind >= GroupField || c.Data == nil:
		return Empty
	}
	return c.Data.Value(p.field, p.rows)
}

func columnValue(item Item, column string) Value {
	if item == nil || column == "" {
		return Empty
	}
	s, _ := item.Column(column)
	return Text(s)
}

// LastSaved is Data that also knows the same person's last submission.
type LastSaved interface {
	LastSaved(f *Field) Value
}

func lastSaved(f *Field) func(*Context) Value {
	return func(c *Context) Value {
		if d, ok := c.Data.(LastSaved); ok {
			return d.LastSaved(f)
		}
		return Empty
	}
}

// union is a | b as a value.
func (k *compiler) union(n *node) code {
	r := k.unionRef(n)
	if r == nil {
		return code{val: func(*Context) Value { return Empty }}
	}
	return code{val: r.first, ref: r}
}

func (k *compiler) unionRef(n *node) *ref {
	a, b := k.path(n.kids[0]), k.path(n.kids[1])
	if a == nil || b == nil {
		return nil
	}
	a.finish(k)
	b.finish(k)
	r := &ref{name: "“|”", stage: a.stage, many: true, fields: append(slices.Clone(a.froms()), b.froms()...)}
	if a.walk == nil || b.walk == nil || a.stage != b.stage {
		k.fail(n.pos, n.end, "“|” 两边都要是题目的路径。")
		return nil
	}
	left, right := a.walk, b.walk
	r.walk = func(c *Context, from place, yield func(place) bool) bool {
		var seen []place
		return left(c, from, func(p place) bool {
			seen = append(seen, p)
			return yield(p)
		}) && right(c, from, func(p place) bool {
			if slices.ContainsFunc(seen, func(q place) bool { return p.same(q) }) {
				return true
			}
			return c.spend(len(seen)) && yield(p)
		})
	}
	r.first = firstOf(r.walk)
	r.each = r.values()
	return r
}

func (p place) same(q place) bool {
	// Items may be of a type that cannot be compared; rows of tables are never merged.
	return p.item == nil && q.item == nil && p.field == q.field && slices.Equal(p.rows, q.rows)
}
