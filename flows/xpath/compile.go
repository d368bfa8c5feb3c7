package xpath

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxLength is what fits in a cell of a workbook, in characters.
const maxLength = 32767

// maxWork bounds what one evaluation may look at: rows, items, characters
// matched. An honest form stays under a hundredth of it.
const maxWork = 500_000

// maxDepth bounds how deep evaluations may lie in each other, when Data
// evaluates a calculation to answer for it.
const maxDepth = 1000

var (
	errWork  = errors.New("expression costs too much")
	errDepth = errors.New("expressions need each other in a circle")
)

// frame is the state of one evaluation; Eval keeps the outer one, because Data
// may evaluate another expression in the same Context.
type frame struct {
	at   place // the node under test in a predicate
	pos  int
	last int
	err  error
}

// place is a node of the tree of answers, or an item, or a column of one.
type place struct {
	field  *Field
	rows   []int
	item   Item
	column string
}

// Compile parses src and resolves what it names. It returns every problem it
// finds; the expression is nil when one of them is an error and not a warning.
func Compile(src string, env Env) (*Expr, []*Problem) {
	if utf8.RuneCountInString(src) > maxLength {
		return nil, []*Problem{{Pos: maxLength + 1, End: maxLength + 2, Text: fmt.Sprintf("表达式太长（超过 %d 个字）。", maxLength)}}
	}
	k := newCompiler(env)
	tokens, problems := lex([]rune(src))
	k.problems = problems
	tree, failed := parse(tokens)
	if failed != nil {
		if len(problems) == 0 { // else it may only follow from those
			k.problems = append(k.problems, failed)
		}
		k.references(tokens)
		return nil, k.sorted()
	}
	c := k.expr(tree)
	if !k.env.Many {
		c = k.single(c)
	}
	if k.failed() {
		return nil, k.sorted()
	}
	e := &Expr{eval: k.result(c), uses: k.uses}
	if c.constant {
		v := c.val(nil)
		e.constant = &v
	}
	return e, k.sorted()
}

// Constant returns the value that e has wherever it is evaluated; ok is false
// when that follows from answers, the clock or chance.
func (e *Expr) Constant() (v Value, ok bool) {
	if e.constant == nil {
		return Empty, false
	}
	return *e.constant, true
}

// Eval returns the value of e. Its error is for the log: the evaluation cost
// too much, or a pattern made while evaluating is wrong.
func (e *Expr) Eval(c *Context) (Value, error) {
	if c.depth == 0 {
		c.work = maxWork
	}
	if c.depth > maxDepth {
		return Empty, errDepth
	}
	outer := c.frame
	c.frame = frame{}
	c.depth++
	v := e.eval(c)
	err := c.err
	c.depth--
	c.frame = outer
	if err != nil {
		return Empty, err
	}
	return v, nil
}

// Uses returns the fields that e reads, each once, for dependency order and
// cycle checks. "." does not count, nor does an answer of an earlier record.
func (e *Expr) Uses() []*Field { return e.uses }

// spend counts work; it returns false when there has been too much.
func (c *Context) spend(n int) bool {
	c.work -= n
	if c.work < 0 {
		c.fail(errWork)
		return false
	}
	return true
}

func (c *Context) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Names returns the fields below root by name.
func Names(root *Field) map[string][]*Field {
	names := map[string][]*Field{}
	addNames(names, root)
	return names
}

func addNames(names map[string][]*Field, f *Field) {
	for _, child := range f.Children {
		names[child.Name] = append(names[child.Name], child)
		addNames(names, child)
	}
}

// compiler turns a tree into closures.
type compiler struct {
	env      Env
	document *Field // holds the root, for /data/x
	scopes   []scope
	problems []*Problem
	uses     []*Field
	sized    bool // last() was used in the predicate being compiled
}

// scope says what a bare name is relative to.
type scope struct {
	kind   scopeKind
	fields []*Field // what the node under test may be
	list   string   // the table whose item is under test
}

type scopeKind uint8

const (
	questionScope scopeKind = iota
	filterScope             // Context.Item
	rowScope                // a predicate on rows
	itemScope               // a predicate on items
)

// code is a compiled piece. val gives its value, of a set the first; the other
// functions are shortcuts and may be nil.
type code struct {
	node     *node
	val      func(*Context) Value
	boo      func(*Context) bool
	num      func(*Context) float64
	constant bool
	ref      *ref // a reference or path
}

func newCompiler(env Env) *compiler {
	if env.Root == nil {
		env.Root = &Field{Kind: GroupField}
	}
	if env.Field == nil {
		env.Field = env.Root
	}
	if env.Names == nil {
		env.Names = Names(env.Root)
	}
	k := &compiler{env: env}
	k.document = &Field{Kind: GroupField, Children: []*Field{env.Root}}
	k.scopes = []scope{{kind: questionScope, fields: []*Field{env.Field}}}
	if env.Filter {
		k.scopes[0] = scope{kind: filterScope}
	}
	return k
}

func (k *compiler) scope() scope { return k.scopes[len(k.scopes)-1] }

func (k *compiler) inPredicate() bool { return len(k.scopes) > 1 }

// maxProblems is how many are told of one expression; more would not be read.
const maxProblems = 50

func (k *compiler) full() bool { return len(k.problems) >= maxProblems }

func (k *compiler) fail(pos, end int, format string, args ...any) {
	if k.full() && k.failed() { // the first error is kept, whatever came before it
		return
	}
	k.problems = append(k.problems, &Problem{Pos: pos + 1, End: end + 1, Text: fmt.Sprintf(format, args...)})
}

func (k *compiler) warn(pos, end int, format string, args ...any) {
	if k.full() {
		return
	}
	k.problems = append(k.problems, &Problem{Pos: pos + 1, End: end + 1, Text: fmt.Sprintf(format, args...), Warning: true})
}

func (k *compiler) failed() bool {
	return slices.ContainsFunc(k.problems, func(p *Problem) bool { return !p.Warning })
}

func (k *compiler) sorted() []*Problem {
	sort.SliceStable(k.problems, func(i, j int) bool { return k.problems[i].Pos < k.problems[j].Pos })
	return k.problems
}

// use notes that f is read.
func (k *compiler) use(f *Field) {
	if f != k.document && !slices.Contains(k.uses, f) {
		k.uses = append(k.uses, f)
	}
}

// references checks the names of an expression that cannot be parsed.
func (k *compiler) references(tokens []token) {
	for _, t := range tokens {
		if t.kind == refToken {
			k.lookup(strings.TrimPrefix(t.text, "last-saved#"), t.pos, t.end)
		}
	}
}

// result is what Eval runs.
func (k *compiler) result(c code) func(*Context) Value {
	if !k.env.Many || c.ref == nil {
		return c.val
	}
	each := c.ref.each
	return func(c *Context) Value {
		set := []Value{}
		each(c, func(v Value) bool {
			set = append(set, v)
			return true
		})
		return Value{kind: setValue, set: set}
	}
}

func constant(n *node, v Value) code {
	return code{node: n, val: func(*Context) Value { return v }, constant: true}
}

func valueCode(f func(*Context) Value) code { return code{val: f} }

func textCode(f func(*Context) string) code {
	return code{val: func(c *Context) Value { return Text(f(c)) }}
}

func boolCode(f func(*Context) bool) code {
	return code{boo: f, val: func(c *Context) Value { return Bool(f(c)) }}
}

func numberCode(f func(*Context) float64) code {
	return code{num: f, val: func(c *Context) Value { return Number(f(c)) }}
}

func (c code) truth() func(*Context) bool {
	if c.boo != nil {
		return c.boo
	}
	val := c.val
	return func(c *Context) bool { return val(c).Bool() }
}

func (c code) number() func(*Context) float64 {
	if c.num != nil {
		return c.num
	}
	val := c.val
	if c.constant {
		f := val(nil).Number()
		return func(*Context) float64 { return f }
	}
	return func(c *Context) float64 { return val(c).Number() }
}

// text returns the literal or folded text of a constant.
func (c code) text() (string, bool) {
	if !c.constant {
		return "", false
	}
	return c.val(nil).String(), true
}

// each gives all values of a set, or the one value.
func (c code) each() func(*Context, func(Value) bool) bool {
	if c.ref != nil {
		return c.ref.each
	}
	val := c.val
	return func(c *Context, yield func(Value) bool) bool { return yield(val(c)) }
}

// fold evaluates a piece at once if what it is made of is constant.
func fold(c code, parts ...code) code {
	for _, p := range parts {
		if !p.constant {
			return c
		}
	}
	ctx := Context{work: maxWork}
	v := c.val(&ctx)
	if ctx.err != nil || ctx.Trouble != nil {
		return c
	}
	return constant(c.node, v)
}

// single reports a set where one value is needed, and a group, which has none.
func (k *compiler) single(c code) code {
	if c.ref == nil {
		return c
	}
	if c.ref.many && !c.ref.picked {
		k.fail(c.node.pos, c.node.end, "%s 在重复组里，有多行，这里只要一个值。请用 indexed-repeat() 取一行，或用 sum()、join() 等合起来。", c.ref.name)
	} else if c.ref.groups() {
		k.warn(c.node.pos, c.node.end, "%s 是组，没有答案，这里总是空。", c.ref.name)
	}
	return c
}

func (k *compiler) expr(n *node) code {
	c := k.piece(n)
	c.node = n
	return c
}

func (k *compiler) piece(n *node) code {
	switch n.kind {
	case literalNode:
		return constant(n, n.val)
	case binaryNode:
		return k.binary(n)
	case negateNode:
		a := k.single(k.expr(n.kids[0]))
		f := a.number()
		return fold(numberCode(func(c *Context) float64 { return -f(c) }), a)
	case callNode:
		if n.text != "current" && n.text != "instance" {
			return k.call(n)
		}
	}
	r := k.path(n)
	if r == nil { // reported
		return code{val: func(*Context) Value { return Empty }}
	}
	r.finish(k)
	return code{val: r.first, ref: r}
}

func (k *compiler) binary(n *node) code {
	switch n.text {
	case "or", "and":
		return k.logic(n)
	case "=", "!=", "<", "<=", ">", ">=":
		return k.comparison(n)
	case "|":
		return k.union(n)
	}
	a, b := k.single(k.expr(n.kids[0])), k.single(k.expr(n.kids[1]))
	k.texts(n, a, b)
	if n.text == "-" {
		x, y := a.val, b.val
		return fold(numberCode(func(c *Context) float64 {
			l, r := moments(x(c), y(c))
			return l - r
		}), a, b)
	}
	x, y := a.number(), b.number()
	var f func(*Context) float64
	switch n.text {
	case "+":
		f = func(c *Context) float64 { return x(c) + y(c) }
	case "*":
		f = func(c *Context) float64 { return x(c) * y(c) }
	case "div":
		f = func(c *Context) float64 { return x(c) / y(c) }
	case "mod":
		f = func(c *Context) float64 { return math.Mod(x(c), y(c)) }
	}
	return fold(numberCode(f), a, b)
}

// texts warns of arithmetic with a text that is no number.
func (k *compiler) texts(n *node, sides ...code) {
	for _, s := range sides {
		if s.node.kind == literalNode && s.node.val.kind == textValue && math.IsNaN(s.node.val.Number()) {
			if n.text == "+" {
				k.warn(s.node.pos, s.node.end, "“+” 只加数字。接文字请用 concat()。")
			} else {
				k.warn(s.node.pos, s.node.end, "'%s' 不是数字，不能计算。", short(s.node.val.str))
			}
			return
		}
	}
}

func (k *compiler) logic(n *node) code {
	tests := make([]func(*Context) bool, len(n.kids))
	parts := make([]code, len(n.kids))
	stop := n.text == "or"
	settled := false // one side decides, whatever the others are
	for i, kid := range n.kids {
		parts[i] = k.single(k.expr(kid))
		tests[i] = parts[i].truth()
		settled = settled || parts[i].constant && tests[i](nil) == stop
	}
	if settled {
		return constant(n, Bool(stop))
	}
	return fold(k.junction(tests, stop), parts...)
}

// junction is true or false as soon as one of the tests is stop.
func (k *compiler) junction(tests []func(*Context) bool, stop bool) code {
	if len(tests) == 2 {
		a, b := tests[0], tests[1]
		if stop {
			return boolCode(func(c *Context) bool { return a(c) || b(c) })
		}
		return boolCode(func(c *Context) bool { return a(c) && b(c) })
	}
	return boolCode(func(c *Context) bool {
		for _, t := range tests {
			if t(c) == stop {
				return stop
			}
		}
		return !stop
	})
}

func (k *compiler) comparison(n *node) code {
	a, b := k.expr(n.kids[0]), k.expr(n.kids[1])
	k.literal(a, b)
	k.literal(b, a)
	test := comparisons[n.text]
	if a.plural() || b.plural() {
		return boolCode(anyPair(a, b, test))
	}
	x, y := a.val, b.val
	if !b.constant {
		return boolCode(func(c *Context) bool { return test(x(c), y(c)) })
	}
	if a.constant {
		return constant(n, Bool(test(x(nil), y(nil))))
	}
	lit := y(nil)
	switch {
	case lit.kind == textValue && n.text == "=":
		return boolCode(func(c *Context) bool {
			v := x(c)
			if v.kind == textValue {
				return v.str == lit.str
			}
			return equal(v, lit)
		})
	case lit.kind == textValue && n.text == "!=":
		return boolCode(func(c *Context) bool {
			v := x(c)
			if v.kind == textValue {
				return v.str != lit.str
			}
			return !equal(v, lit)
		})
	}
	return boolCode(func(c *Context) bool { return test(x(c), lit) })
}

var comparisons = map[string]func(a, b Value) bool{
	"=":  equal,
	"!=": func(a, b Value) bool { return !equal(a, b) },
	"<": func(a, b Value) bool {
		x, y := moments(a, b)
		return x < y
	},
	"<=": func(a, b Value) bool {
		x, y := moments(a, b)
		return x <= y
	},
	">": func(a, b Value) bool {
		x, y := moments(a, b)
		return x > y
	},
	">=": func(a, b Value) bool {
		x, y := moments(a, b)
		return x >= y
	},
}

func (c code) plural() bool { return c.ref != nil && (c.ref.many || c.ref.picked) }

// anyPair is true when any item of a set matches; an empty set is the empty
// text, as in ODK.
func anyPair(a, b code, test func(a, b Value) bool) func(*Context) bool {
	left, right := orEmpty(a.each()), orEmpty(b.each())
	return func(c *Context) bool {
		found := false
		left(c, func(x Value) bool {
			right(c, func(y Value) bool {
				found = test(x, y)
				return !found && c.spend(1)
			})
			return !found && c.err == nil
		})
		return found
	}
}

func orEmpty(each func(*Context, func(Value) bool) bool) func(*Context, func(Value) bool) bool {
	return func(c *Context, yield func(Value) bool) bool {
		none := true
		done := each(c, func(v Value) bool {
			none = false
			return yield(v)
		})
		if none {
			return yield(Empty)
		}
		return done
	}
}

// literal warns when a question with choices is compared with a text that is
// none of them.
func (k *compiler) literal(question, lit code) {
	if k.env.Choices == nil || question.ref == nil || lit.node == nil || lit.node.kind != literalNode {
		return
	}
	f := question.ref.question()
	word := trim(lit.node.val.String())
	if f == nil || f.List == "" || word == "" {
		return
	}
	names := k.env.Choices(f.List)
	if names == nil || slices.Contains(names, word) {
		return
	}
	advice := ""
	if n := nearest(word, names); n != "" {
		advice = "是不是 '" + n + "'？"
	}
	k.warn(lit.node.pos, lit.node.end, "%s 的选项里没有 '%s'，永远不会相等。%s", question.ref.name, short(word), advice)
}

// nearest returns the name most like the one written, "" if none is close.
func nearest(name string, names []string) string {
	best, least := "", max(1, utf8.RuneCountInString(name)/3)+1
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n
		}
		if d := Distance(name, n, least+1); d < least || d == least && best != "" && n < best {
			best, least = n, d
		}
	}
	return best
}

// Distance counts the letters to insert, drop, change or swap that make b of a;
// anything from limit up, and anything too long to be a name, is limit.
func Distance(from, to string, limit int) int {
	a, b := []rune(from), []rune(to)
	if len(a) > 64 || len(b) > 64 || len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var rows [3][66]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	before, last, next := &rows[2], &rows[0], &rows[1]
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			next[j] = min(last[j]+1, next[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, last, next = last, next, before
	}
	return min(last[len(b)], limit)
}
