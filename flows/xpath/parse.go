package xpath

import (
	"fmt"
	"strings"
)

type nodeKind uint8

const (
	literalNode nodeKind = iota // val
	binaryNode                  // text is the operator
	negateNode
	callNode   // text is the function
	refNode    // ${text}
	pathNode   // kids[0], if any, is where it starts; else the context node or the root
	filterNode // kids[0] with preds
)

// node is a piece of the parsed expression. Its ends are counted in characters
// from 0.
type node struct {
	kind     nodeKind
	text     string
	val      Value
	kids     []*node
	preds    []*node
	steps    []step
	absolute bool
	pos, end int
}

type stepKind uint8

const (
	childStep  stepKind = iota // name
	everyStep                  // *
	selfStep                   // .
	parentStep                 // ..
)

type step struct {
	kind     stepKind
	name     string
	preds    []*node
	pos, end int
}

// maxNesting is how deep brackets may lie in each other, and signs in a row.
const maxNesting = 200

// parser reads tokens by recursive descent. It stops at the first thing it does
// not understand; what follows would only be guesses.
type parser struct {
	tokens []token
	at     int
	depth  int
	calls  []string // the functions whose arguments are being read
	failed *Problem
}

// parse returns the tree of an expression, or what is wrong with it.
func parse(tokens []token) (*node, *Problem) {
	p := &parser{tokens: tokens}
	n := p.expression(0)
	if p.failed == nil && p.peek().kind != endToken {
		p.unexpected()
	}
	if p.failed != nil {
		return nil, p.failed
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

func (p *parser) fail(t token, format string, args ...any) *node {
	if p.failed == nil {
		p.failed = &Problem{Pos: t.pos + 1, End: max(t.end, t.pos+1) + 1, Text: fmt.Sprintf(format, args...)}
	}
	p.at = len(p.tokens) - 1
	return &node{}
}

// enter counts nesting; leave undoes it.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxNesting {
		p.fail(p.peek(), "括号套得太深（超过 %d 层）。请分成几道 calculate。", maxNesting)
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<", "<=", ">", ">="}, {"+", "-"}, {"*", "div", "mod"}}

// expression reads operators of a level and of all that bind closer.
func (p *parser) expression(level int) *node {
	if level == len(levels) {
		return p.unary()
	}
	left := p.expression(level + 1)
	for p.failed == nil {
		op := p.operator(level)
		if op == "" {
			return left
		}
		t := p.take()
		right := p.operand(t, op, level+1)
		if left.kind == binaryNode && left.text == op && (op == "or" || op == "and") && len(left.kids) > 0 && left.preds == nil && !left.absolute {
			left.kids = append(left.kids, right)
			left.end = right.end
			continue
		}
		left = &node{kind: binaryNode, text: op, kids: []*node{left, right}, pos: left.pos, end: right.end}
	}
	return left
}

// operand reads what stands to the right of an operator.
func (p *parser) operand(op token, text string, level int) *node {
	next := p.peek()
	if next.kind == endToken {
		return p.fail(op, "“%s” 后面少了内容。", text)
	}
	return p.expression(level)
}

// operator returns the operator of the level that comes next, "" if none does.
func (p *parser) operator(level int) string {
	t := p.peek()
	if t.kind != signToken && t.kind != nameToken {
		return ""
	}
	for _, op := range levels[level] {
		if t.text == op {
			return op
		}
	}
	return ""
}

func (p *parser) unary() *node {
	start, minus := p.peek(), 0
	for p.peek().is("-") {
		p.take()
		minus++
	}
	if minus > maxNesting {
		return p.fail(start, "连着的 “-” 太多。")
	}
	n := p.union()
	for range minus {
		n = &node{kind: negateNode, kids: []*node{n}, pos: start.pos, end: n.end}
	}
	return n
}

func (p *parser) union() *node {
	left := p.path()
	for p.failed == nil && p.peek().is("|") {
		t := p.take()
		if p.peek().kind == endToken {
			return p.fail(t, "“|” 后面少了内容。")
		}
		right := p.path()
		left = &node{kind: binaryNode, text: "|", kids: []*node{left, right}, pos: left.pos, end: right.end}
	}
	return left
}

// path reads a primary expression with predicates and steps, or a path.
func (p *parser) path() *node {
	t := p.peek()
	if t.is("/") {
		p.take()
		n := &node{kind: pathNode, absolute: true, pos: t.pos, end: t.end}
		if !p.atStep() {
			return p.fail(p.peek(), "“/” 后面要有名字，例如 /data/age。")
		}
		p.relative(n)
		return n
	}
	if p.atStep() && !p.atCall() {
		n := &node{kind: pathNode, pos: t.pos}
		p.relative(n)
		return n
	}
	n := p.primary()
	if preds := p.predicates(); len(preds) > 0 {
		n = &node{kind: filterNode, kids: []*node{n}, preds: preds, pos: n.pos, end: p.lastEnd()}
	}
	if p.failed == nil && p.peek().is("/") {
		slash := p.take()
		if !p.atStep() {
			return p.noDivision(slash)
		}
		n = &node{kind: pathNode, kids: []*node{n}, pos: n.pos}
		p.relative(n)
	}
	return n
}

func (p *parser) noDivision(slash token) *node {
	return p.fail(slash, "“/” 是路径，不是除号。除法请写 div，例如 ${a} div 2。")
}

func (p *parser) lastEnd() int {
	if p.at == 0 {
		return 0
	}
	return p.tokens[p.at-1].end
}

// atStep reports whether a step of a path comes next.
func (p *parser) atStep() bool {
	t := p.peek()
	return t.kind == nameToken || t.is(".") || t.is("..") || t.is("*")
}

// atCall reports whether a name with a bracket comes next. self::node() and
// the like are no calls.
func (p *parser) atCall() bool {
	return p.peek().kind == nameToken && p.tokens[p.at+1].is("(") && p.peek().text != "node"
}

// relative reads the steps of a path.
func (p *parser) relative(n *node) {
	for p.failed == nil {
		n.steps = append(n.steps, p.step())
		n.end = p.lastEnd()
		if !p.peek().is("/") {
			return
		}
		slash := p.take()
		if !p.atStep() {
			p.noDivision(slash)
			return
		}
	}
}

func (p *parser) step() step {
	t := p.take()
	s := step{kind: childStep, name: t.text, pos: t.pos, end: t.end}
	if t.kind == nameToken && p.peek().is("::") {
		p.take()
		s = p.axis(t)
	}
	switch {
	case t.is("."):
		s.kind = selfStep
	case t.is(".."):
		s.kind = parentStep
	case t.is("*"):
		s.kind = everyStep
	case t.kind == nameToken && p.peek().is("("):
		p.nodeTest(t, &s)
	}
	s.preds = p.predicates()
	s.end = p.lastEnd()
	return s
}

// axis reads what follows child::, parent:: or self::.
func (p *parser) axis(axis token) step {
	s := step{pos: axis.pos}
	switch axis.text {
	case "child":
		s.kind = childStep
	case "self":
		s.kind = selfStep
	case "parent":
		s.kind = parentStep
	default:
		p.fail(axis, "路径里不能用 “%s::”。请用 ${题名}。", short(axis.text))
		return s
	}
	t := p.take()
	switch {
	case t.is("*") || t.kind == nameToken && t.text == "node" && p.peek().is("("):
		if s.kind == childStep {
			s.kind = everyStep
		}
		if t.kind == nameToken {
			p.take()
			p.expect(")", "")
		}
	case t.kind == nameToken && s.kind == childStep:
		s.name = t.text
	default:
		p.fail(t, "“%s::” 后面看不懂 %s。", axis.text, t.shown())
	}
	return s
}

func (p *parser) nodeTest(name token, s *step) {
	if name.text != "node" {
		p.fail(name, "路径里不能写函数 %s()。", short(name.text))
		return
	}
	p.take()
	p.expect(")", "")
	s.kind = everyStep
}

func (p *parser) predicates() []*node {
	var preds []*node
	for p.failed == nil && p.peek().is("[") {
		if !p.enter() {
			return nil
		}
		open := p.take()
		if p.peek().is("]") {
			p.fail(open, "“[ ]” 里没有条件。")
			return nil
		}
		calls := p.calls
		p.calls = nil
		preds = append(preds, p.expression(0))
		p.expect("]", open.text)
		p.calls = calls
		p.leave()
	}
	return preds
}

// primary reads a literal, a reference, a call or a bracket.
func (p *parser) primary() *node {
	t := p.take()
	n := &node{pos: t.pos, end: t.end, text: t.text}
	switch t.kind {
	case numberToken:
		n.val = Number(t.num)
		return n
	case textToken:
		n.val = Text(t.text)
		return n
	case refToken:
		n.kind = refNode
		return n
	case nameToken:
		return p.call(t)
	case endToken:
		return p.early(t)
	}
	if t.is("(") {
		return p.bracket(t)
	}
	return p.stray(t)
}

// early is said of an expression that ends where something should follow.
func (p *parser) early(t token) *node {
	if len(p.calls) > 0 {
		return p.fail(t, "没有写完：函数 %s 少了内容和 “)”。", p.calls[len(p.calls)-1])
	}
	return p.fail(t, "没有写完。")
}

// stray is said of a sign that cannot begin anything.
func (p *parser) stray(t token) *node {
	if (t.is(",") || t.is(")")) && len(p.calls) > 0 {
		return p.fail(t, "%s 前面少了内容。函数 %s 的参数之间用一个逗号。", t.shown(), p.calls[len(p.calls)-1])
	}
	if t.is(")") || t.is("]") {
		return p.fail(t, "%s 前面没有对应的括号，或少了内容。", t.shown())
	}
	return p.fail(t, "%s 前面少了内容。", t.shown())
}

func (p *parser) bracket(open token) *node {
	if !p.enter() {
		return &node{}
	}
	calls := p.calls
	p.calls = nil
	n := p.expression(0)
	p.expect(")", open.text)
	p.calls = calls
	p.leave()
	n.pos, n.end = open.pos, p.lastEnd()
	if n.kind == binaryNode {
		n.absolute = true // brackets keep (a or b) or c apart, which flattening need not
	}
	return n
}

// call reads the arguments of a function.
func (p *parser) call(name token) *node {
	n := &node{kind: callNode, text: name.text, pos: name.pos, end: name.end}
	if !p.enter() {
		return n
	}
	p.take() // the bracket, which atCall has seen
	p.calls = append(p.calls, name.text)
	if p.peek().is(")") {
		p.take()
	} else {
		for p.failed == nil {
			n.kids = append(n.kids, p.expression(0))
			if p.peek().is(",") {
				p.take()
				continue
			}
			if p.peek().is(")") {
				p.take()
				break
			}
			p.unexpected()
		}
	}
	p.calls = p.calls[:len(p.calls)-1]
	p.leave()
	n.end = p.lastEnd()
	return n
}

// expect takes a closing bracket.
func (p *parser) expect(sign, open string) {
	if p.failed != nil {
		return
	}
	if p.peek().is(sign) {
		p.take()
		return
	}
	t := p.peek()
	if hint := p.hint(t); hint != "" {
		p.fail(t, "%s", hint)
		return
	}
	if t.kind == endToken {
		p.fail(t, "括号没有关上，少了 “%s”。", sign)
		return
	}
	p.fail(t, "这里应有运算符或 “%s”，却是 %s。", sign, t.shown())
}

// unexpected is said of a token after a complete operand.
func (p *parser) unexpected() {
	if p.failed != nil {
		return
	}
	t := p.peek()
	if hint := p.hint(t); hint != "" {
		p.fail(t, "%s", hint)
		return
	}
	if len(p.calls) > 0 {
		f := p.calls[len(p.calls)-1]
		if t.kind == endToken {
			p.fail(t, "括号没有关上，函数 %s 少了 “)”。", f)
			return
		}
		p.fail(t, "这里应有 “,” 或 “)”，却是 %s。函数 %s 的参数之间要加逗号。", t.shown(), f)
		return
	}
	if t.is(")") || t.is("]") {
		p.fail(t, "多了一个 %s。", t.shown())
		return
	}
	p.fail(t, "这里应有运算符（如 = and or），却是 %s。", t.shown())
}

// hint knows what authors mean by some words where an operator should be.
func (p *parser) hint(t token) string {
	if t.kind == nameToken {
		lower := strings.ToLower(t.text)
		for _, level := range levels {
			for _, op := range level {
				if lower == op {
					return fmt.Sprintf("%s 要小写：%s。", t.text, op)
				}
			}
		}
		switch lower {
		case "is", "equals":
			return fmt.Sprintf("没有 %s，等于请写 “=”。", t.text)
		case "not":
			return "not 是函数，请写 not(条件)。"
		}
	}
	if t.is(".") || t.is("..") {
		return fmt.Sprintf("这里多了 %s。", t.shown())
	}
	return ""
}
