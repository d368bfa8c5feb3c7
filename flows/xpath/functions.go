package xpath

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errRandom = errors.New("no source of random numbers")

// function is what may be called: with how many arguments (most -1 is any
// number), whether it takes all values of a set, whether the same arguments
// always give the same result, and how a call is compiled.
type function struct {
	least, most int
	sets        bool
	fixed       bool
	compile     func(k *compiler, a []code) code
}

// functions are all that an expression may call. instance() and current(), at
// the head of a path, are compiled there; they are here for their names.
var functions = map[string]function{
	"current":  {0, 0, false, false, nil},
	"instance": {1, 1, false, false, nil},

	"if":       {3, 3, false, false, compileIf},
	"coalesce": {2, 2, false, true, compileCoalesce},
	"once":     {1, 1, false, false, compileOnce},
	"true":     {0, 0, false, true, func(*compiler, []code) code { return boolCode(func(*Context) bool { return true }) }},
	"false":    {0, 0, false, true, func(*compiler, []code) code { return boolCode(func(*Context) bool { return false }) }},
	"not":      {1, 1, false, true, compileNot},
	"boolean":  {1, 1, false, true, func(_ *compiler, a []code) code { return boolCode(a[0].truth()) }},
	"boolean-from-string": {1, 1, false, true, test1(func(s string) bool {
		return s == "true" || s == "1"
	})},
	"number": {0, 1, false, true, compileNumber},
	"string": {0, 1, false, true, text1(func(s string) string { return s })},

	"selected":       {2, 2, false, true, compileSelected},
	"selected-at":    {2, 2, false, true, compileSelectedAt},
	"count-selected": {1, 1, false, true, func(_ *compiler, a []code) code { return countWords(a[0].val) }},
	"jr:choice-name": {2, 2, false, false, compileChoiceName},
	"jr:itext":       {1, 1, false, true, text1(func(s string) string { return s })},
	"pulldata":       {4, 4, false, false, compilePulldata},

	"count":              {1, 1, true, false, compileCount},
	"count-non-empty":    {1, 1, true, false, compileCountNonEmpty},
	"sum":                {1, 1, true, false, compileSum},
	"min":                {1, -1, true, true, extreme(func(a, b float64) bool { return a < b })},
	"max":                {1, -1, true, true, extreme(func(a, b float64) bool { return a > b })},
	"join":               {1, -1, true, true, compileJoin},
	"concat":             {1, -1, true, true, compileConcat},
	"position":           {0, 1, true, false, compilePosition},
	"last":               {0, 0, false, false, compileLast},
	"indexed-repeat":     {3, 7, true, false, compileIndexed},
	"checklist":          {3, -1, true, true, compileChecklist},
	"weighted-checklist": {4, -1, false, true, compileWeighted},

	"int":     {1, 1, false, true, number1(math.Trunc)},
	"round":   {1, 2, false, true, compileRound},
	"floor":   {1, 1, false, true, number1(math.Floor)},
	"ceiling": {1, 1, false, true, number1(math.Ceil)},
	"abs":     {1, 1, false, true, number1(math.Abs)},
	"sqrt":    {1, 1, false, true, number1(math.Sqrt)},
	"exp":     {1, 1, false, true, number1(math.Exp)},
	"exp10":   {1, 1, false, true, number1(func(x float64) float64 { return math.Pow(10, x) })},
	"log":     {1, 1, false, true, number1(math.Log)},
	"log10":   {1, 1, false, true, number1(math.Log10)},
	"sin":     {1, 1, false, true, number1(math.Sin)},
	"cos":     {1, 1, false, true, number1(math.Cos)},
	"tan":     {1, 1, false, true, number1(math.Tan)},
	"asin":    {1, 1, false, true, number1(math.Asin)},
	"acos":    {1, 1, false, true, number1(math.Acos)},
	"atan":    {1, 1, false, true, number1(math.Atan)},
	"atan2":   {2, 2, false, true, number2(math.Atan2)},
	"pow":     {2, 2, false, true, number2(math.Pow)},
	"pi":      {0, 0, false, true, func(*compiler, []code) code { return numberCode(func(*Context) float64 { return math.Pi }) }},
	"random":  {0, 0, false, false, compileRandom},
	"uuid":    {0, 1, false, false, compileUUID},

	"string-length":    {0, 1, false, true, compileLength},
	"substr":           {2, 3, false, true, compileSubstr},
	"contains":         {2, 2, false, true, test2(strings.Contains)},
	"starts-with":      {2, 2, false, true, test2(strings.HasPrefix)},
	"ends-with":        {2, 2, false, true, test2(strings.HasSuffix)},
	"substring-before": {2, 2, false, true, text2(before)},
	"substring-after":  {2, 2, false, true, text2(after)},
	"normalize-space":  {0, 1, false, true, text1(func(s string) string { return strings.Join(strings.FieldsFunc(s, isXMLSpace), " ") })},
	"translate":        {3, 3, false, true, compileTranslate},
	"regex":            {2, 2, false, true, compileRegex},
	"digest":           {2, 3, false, true, compileDigest},

	"today":             {0, 0, false, false, func(*compiler, []code) code { return valueCode(func(c *Context) Value { return today(c.Now) }) }},
	"now":               {0, 0, false, false, func(*compiler, []code) code { return valueCode(func(c *Context) Value { return momentValue(c.Now) }) }},
	"date":              {1, 1, false, true, dated(toDay, true)},
	"date-time":         {1, 1, false, true, dated(toMoment, true)},
	"decimal-date-time": {1, 1, false, true, dated(decimalDateTime, false)},
	"decimal-time": {1, 1, false, true, func(_ *compiler, a []code) code {
		return compile1(a[0], func(v Value) Value { return Number(decimalTime(v)) })
	}},
	"format-date":          {2, 2, false, true, compileFormat},
	"format-date-time":     {2, 2, false, true, compileFormat},
	"difference-in-months": {2, 2, false, true, compileMonths},
}

// elsewhere are functions of other tools that authors bring along.
var elsewhere = map[string]string{
	"trim":           "去掉首尾空格请用 normalize-space()。",
	"length":         "字数请用 string-length()。",
	"len":            "字数请用 string-length()。",
	"ceil":           "请用 ceiling()。",
	"average":        "请用 sum() div count()。",
	"avg":            "请用 sum() div count()。",
	"iif":            "请用 if()。",
	"and":            "and 写在两个条件中间：a and b。",
	"or":             "or 写在两个条件中间：a or b。",
	"replace":        "请用 translate()。",
	"upper-case":     "请用 translate()。",
	"lower-case":     "请用 translate()。",
	"isnull":         "空的答案请写 ${题名} = ''。",
	"countif":        "请用 count(${重复组}[条件])。",
	"substring":      "请用 substr(文字, 从第几个, 到第几个)，从 0 数起。",
	"choice-name":    "请写 jr:choice-name()。",
	"area":           "聊天表单里没有面积计算。",
	"distance":       "聊天表单里没有距离计算。",
	"geofence":       "聊天表单里没有位置计算。",
	"randomize":      "聊天表单里没有选项乱序。",
	"extract-signed": "聊天表单里没有签名数据。",
	"z-score":        "这是 CHT 专用的函数。",
	"add-date":       "这是 CHT 专用的函数。加天数请写 date(${d} + 天数)。",
}

// call compiles the call of a function.
func (k *compiler) call(n *node) code {
	f, ok := functions[n.text]
	if !ok {
		k.unknown(n)
	}
	uses := len(k.uses)
	args := make([]code, len(n.kids))
	for i, kid := range n.kids {
		args[i] = k.expr(kid)
		if ok && !f.sets {
			args[i] = k.single(args[i])
		}
	}
	empty := code{node: n, val: func(*Context) Value { return Empty }}
	if !ok || !k.arity(n, f) {
		return empty
	}
	if n.text == "position" && len(args) == 1 && args[0].ref != nil && !args[0].ref.picked {
		k.uses = k.uses[:uses] // where a row stands depends on no answer
	}
	if len(args) == 0 && f.most == 1 && n.text != "position" && n.text != "uuid" { // string() is string(.)
		args = []code{k.expr(&node{kind: pathNode, steps: []step{{kind: selfStep}}, pos: n.pos, end: n.end})}
	}
	for i := range args {
		if args[i].node == nil {
			args[i].node = n
		}
	}
	c := f.compile(k, args)
	c.node = n
	if f.fixed {
		return fold(c, args...)
	}
	return c
}

// unknown reports a function that does not exist, with what may be meant.
func (k *compiler) unknown(n *node) {
	end := n.pos + utf8.RuneCountInString(n.text)
	lower := strings.ToLower(n.text)
	advice := elsewhere[lower]
	if _, ok := functions[lower]; ok {
		advice = "要小写：" + lower + "()。"
	}
	if strings.HasPrefix(lower, "cht:") {
		advice = "这是 CHT 专用的函数。"
	}
	if advice == "" {
		names := make([]string, 0, len(functions))
		for name := range functions {
			names = append(names, name)
		}
		slices.Sort(names)
		if name := nearest(n.text, names); name != "" {
			advice = "是不是 " + name + "()？"
		}
	}
	k.fail(n.pos, end, "没有函数 %s()。%s", short(n.text), advice)
}

func (k *compiler) arity(n *node, f function) bool {
	have := len(n.kids)
	want := ""
	switch {
	case have >= f.least && (f.most < 0 || have <= f.most):
		return true
	case f.most == 0:
		k.fail(n.pos, n.end, "函数 %s 没有参数，括号里要空着。", n.text)
		return false
	case f.most < 0:
		want = fmt.Sprintf("至少要 %d 个参数", f.least)
	case f.least == f.most:
		want = fmt.Sprintf("要 %d 个参数", f.least)
	default:
		want = fmt.Sprintf("要 %d 到 %d 个参数", f.least, f.most)
	}
	k.fail(n.pos, n.end, "函数 %s %s，这里有 %d 个。", n.text, want, have)
	return false
}

// read counts the characters that a function goes through.
func (c *Context) read(s string) string {
	c.spend(1 + len(s)>>6)
	return s
}

func isXMLSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func compile1(a code, f func(Value) Value) code {
	val := a.val
	return valueCode(func(c *Context) Value { return f(val(c)) })
}

func number1(f func(float64) float64) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		x := a[0].number()
		return numberCode(func(c *Context) float64 { return f(x(c)) })
	}
}

func number2(f func(x, y float64) float64) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		x, y := a[0].number(), a[1].number()
		return numberCode(func(c *Context) float64 { return f(x(c), y(c)) })
	}
}

func text1(f func(string) string) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		s := a[0].val
		return textCode(func(c *Context) string { return f(c.read(s(c).String())) })
	}
}

func text2(f func(s, t string) string) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		s, t := a[0].val, a[1].val
		return textCode(func(c *Context) string { return f(c.read(s(c).String()), t(c).String()) })
	}
}

func test1(f func(string) bool) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		s := a[0].val
		return boolCode(func(c *Context) bool { return f(s(c).String()) })
	}
}

func test2(f func(s, t string) bool) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		s, t := a[0].val, a[1].val
		return boolCode(func(c *Context) bool { return f(c.read(s(c).String()), c.read(t(c).String())) })
	}
}

func compileIf(_ *compiler, a []code) code {
	test, yes, no := a[0].truth(), a[1].val, a[2].val
	return valueCode(func(c *Context) Value {
		if test(c) {
			return yes(c)
		}
		return no(c)
	})
}

func compileCoalesce(_ *compiler, a []code) code {
	first, second := a[0].val, a[1].val
	return valueCode(func(c *Context) Value {
		if v := first(c); !v.isNothing() {
			return v
		}
		return second(c)
	})
}

func compileOnce(_ *compiler, a []code) code {
	val := a[0].val
	return valueCode(func(c *Context) Value {
		if !c.Self.IsEmpty() {
			return c.Self
		}
		return val(c)
	})
}

func compileNot(_ *compiler, a []code) code {
	test := a[0].truth()
	return boolCode(func(c *Context) bool { return !test(c) })
}

func compileNumber(_ *compiler, a []code) code {
	f := a[0].number()
	return numberCode(f)
}

// Choices.

func compileSelected(k *compiler, a []code) code {
	k.literal(a[0], a[1])
	list, word := a[0].val, a[1].val
	if w, ok := a[1].text(); ok {
		w = trim(w)
		return boolCode(func(c *Context) bool { return hasWord(c.read(list(c).String()), w) })
	}
	return boolCode(func(c *Context) bool { return hasWord(c.read(list(c).String()), trim(word(c).String())) })
}

// hasWord reports whether word stands whole in a list separated by spaces. The
// empty word is in the empty list.
func hasWord(list, word string) bool {
	if word == "" {
		return strings.TrimLeft(list, " ") == ""
	}
	for rest := list; ; {
		i := strings.Index(rest, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || isSpace(rest[i-1])) && (end == len(rest) || isSpace(rest[end])) {
			return true
		}
		// The next word: what stands before it must be seen again.
		next := strings.IndexByte(rest[i:], ' ')
		if next < 0 {
			return false
		}
		rest = rest[i+next:]
		if len(rest) > 0 {
			rest = rest[1:]
		}
	}
}

func compileSelectedAt(_ *compiler, a []code) code {
	list, index := a[0].val, a[1].number()
	return textCode(func(c *Context) string {
		words := strings.FieldsFunc(c.read(list(c).String()), isXMLSpace)
		i := index(c)
		if !(i >= 0 && i < float64(len(words))) {
			return ""
		}
		return words[int(i)]
	})
}

func countWords(list func(*Context) Value) code {
	return numberCode(func(c *Context) float64 {
		n, inside := 0, false
		s := c.read(list(c).String())
		for i := 0; i < len(s); i++ {
			space := isSpace(s[i])
			if !space && !inside {
				n++
			}
			inside = !space
		}
		return float64(n)
	})
}

// compileChoiceName finds the label of a choice. The question may stand in
// quotes, as XLSForm wants, or without.
func compileChoiceName(k *compiler, a []code) code {
	f := k.choiceQuestion(a[1])
	if f == nil {
		return code{val: func(*Context) Value { return Empty }}
	}
	name, list := a[0].val, f.List
	return textCode(func(c *Context) string { return c.lookup(list, "name", name(c).String(), "label") })
}

func (k *compiler) choiceQuestion(a code) *Field {
	var f *Field
	switch s, ok := a.text(); {
	case a.ref != nil:
		f = a.ref.question()
	case ok && strings.HasPrefix(trim(s), "${") && strings.HasSuffix(trim(s), "}"):
		s = trim(s)
		if f = k.lookup(trim(s[2:len(s)-1]), a.node.pos, a.node.end); f == nil {
			return nil
		}
	case ok: // a path in quotes: its last step is the question
		s = trim(s)
		if f = k.lookup(s[strings.LastIndexByte(s, '/')+1:], a.node.pos, a.node.end); f == nil {
			return nil
		}
	}
	if f == nil || f.List == "" {
		k.fail(a.node.pos, a.node.end, "jr:choice-name 的第 2 个参数要是有选项的题目，例如 '${sex}'。")
		return nil
	}
	return f
}

// lookup returns the want column of the first item of list whose key column is
// value.
func (c *Context) lookup(list, key, value, want string) string {
	if c.Data == nil || value == "" {
		return ""
	}
	for _, item := range c.Data.Items(list) {
		if !c.spend(1) {
			return ""
		}
		if s, _ := item.Column(key); s == value {
			s, _ = item.Column(want)
			return s
		}
	}
	return ""
}

// compilePulldata is pulldata('table', 'wanted column', 'key column', key).
func compilePulldata(k *compiler, a []code) code {
	if a[0].node.kind != literalNode || a[0].node.val.kind != textValue {
		k.fail(a[0].node.pos, a[0].node.end, "pulldata 的第 1 个参数要是加引号的表名。")
		return a[0]
	}
	list, _ := k.table(a[0].node)
	want, key, value := a[1].val, a[2].val, a[3].val
	return textCode(func(c *Context) string {
		return c.lookup(list, key(c).String(), value(c).String(), want(c).String())
	})
}

// Sets.

// needsRef reports a value where a reference is needed.
func (k *compiler) needsRef(a code) bool {
	if a.ref != nil {
		return true
	}
	if !k.failed() {
		k.fail(a.node.pos, a.node.end, "这里要直接写题目，例如 ${age}，不能是算出来的值。")
	}
	return false
}

func compileCount(k *compiler, a []code) code {
	if !k.needsRef(a[0]) {
		return a[0]
	}
	r := a[0].ref
	walk := r.walk
	if r.saved {
		walk = func(_ *Context, _ place, yield func(place) bool) bool { return yield(place{}) }
	}
	return numberCode(func(c *Context) float64 {
		n := 0
		walk(c, place{}, func(place) bool {
			n++
			return true
		})
		return float64(n)
	})
}

func compileCountNonEmpty(k *compiler, a []code) code {
	if !k.needsRef(a[0]) {
		return a[0]
	}
	each := a[0].each()
	return numberCode(func(c *Context) float64 {
		n := 0
		each(c, func(v Value) bool {
			if !v.isNothing() {
				n++
			}
			return true
		})
		return float64(n)
	})
}

// compileSum skips rows without an answer, as Collect does.
func compileSum(k *compiler, a []code) code {
	if !k.needsRef(a[0]) {
		return a[0]
	}
	each := a[0].each()
	return numberCode(func(c *Context) float64 {
		total := 0.0
		each(c, func(v Value) bool {
			if !v.IsEmpty() {
				total += v.Number()
			}
			return true
		})
		return total
	})
}

func extreme(better func(a, b float64) bool) func(*compiler, []code) code {
	return func(_ *compiler, a []code) code {
		return numberCode(func(c *Context) float64 {
			best, any, bad := math.NaN(), false, false
			for _, arg := range a {
				arg.each()(c, func(v Value) bool {
					if v.IsEmpty() {
						return true
					}
					f := v.Number()
					if bad = bad || math.IsNaN(f); !any || better(f, best) {
						best, any = f, true
					}
					return true
				})
			}
			if bad {
				return math.NaN()
			}
			return best
		})
	}
}

func compileJoin(k *compiler, a []code) code {
	k.single(a[0])
	separator := a[0].val
	return textCode(func(c *Context) string {
		var b strings.Builder
		sep, first := separator(c).String(), true
		for _, arg := range a[1:] {
			arg.each()(c, func(v Value) bool {
				if !first {
					b.WriteString(c.read(sep))
				}
				first = false
				b.WriteString(c.read(v.shown()))
				return c.err == nil
			})
		}
		return b.String()
	})
}

func compileConcat(_ *compiler, a []code) code {
	return textCode(func(c *Context) string {
		var b strings.Builder
		for _, arg := range a {
			if arg.ref == nil {
				b.WriteString(c.read(arg.val(c).shown()))
				continue
			}
			arg.ref.each(c, func(v Value) bool {
				b.WriteString(c.read(v.shown()))
				return c.err == nil
			})
		}
		return b.String()
	})
}

// compilePosition gives the number of the row around its argument, from 1;
// without one, that of the node under test in a predicate.
func compilePosition(k *compiler, a []code) code {
	if len(a) == 0 {
		if !k.inPredicate() {
			return numberCode(func(*Context) float64 { return 1 })
		}
		return numberCode(func(c *Context) float64 { return float64(c.pos) })
	}
	if !k.needsRef(a[0]) {
		return a[0]
	}
	walk := a[0].ref.walk
	return numberCode(func(c *Context) float64 {
		n := 1.0
		walk(c, place{}, func(p place) bool {
			if len(p.rows) > 0 {
				n = float64(p.rows[len(p.rows)-1] + 1)
			}
			return false
		})
		return n
	})
}

func compileLast(k *compiler, _ []code) code {
	if !k.inPredicate() {
		return numberCode(func(*Context) float64 { return 1 })
	}
	k.sized = true
	return numberCode(func(c *Context) float64 { return float64(c.last) })
}

// compileIndexed is indexed-repeat(${q}, ${repeat}, i, …): the answer of q in
// the rows named; rows of repeats that are not named are those of the question.
func compileIndexed(k *compiler, a []code) code {
	empty := code{val: func(*Context) Value { return Empty }}
	if len(a)%2 == 0 {
		k.fail(a[len(a)-1].node.pos, a[len(a)-1].node.end, "indexed-repeat 里，重复组和行号要成对出现。")
		return empty
	}
	if !k.needsRef(a[0]) {
		return empty
	}
	f := a[0].ref.question()
	if f == nil {
		k.fail(a[0].node.pos, a[0].node.end, "indexed-repeat 的第 1 个参数要是重复组里的一道题。")
		return empty
	}
	chain := around(f)
	rows := make([]func(*Context) float64, len(chain))
	for i := 1; i+1 < len(a); i += 2 {
		k.single(a[i+1])
		at := k.repeatAt(chain, a[i])
		if at < 0 {
			return empty
		}
		rows[at] = a[i+1].number()
	}
	known := k.shared(f)
	for i, row := range rows {
		if row == nil && i >= known {
			k.fail(a[0].node.pos, a[0].node.end, "还要说明重复组 ${%s} 的第几行。", chain[i].Name)
			return empty
		}
	}
	return valueCode(func(c *Context) Value { return indexed(c, f, chain, rows) })
}

// around returns the repeats around f, outermost first.
func around(f *Field) []*Field {
	var chain []*Field
	for p := f.Parent; p != nil; p = p.Parent {
		if p.Kind == RepeatField {
			chain = append(chain, p)
		}
	}
	slices.Reverse(chain)
	return chain
}

// repeatAt returns which repeat of the chain an argument names.
func (k *compiler) repeatAt(chain []*Field, a code) int {
	if a.ref == nil || a.ref.stage != fieldStage || len(a.ref.froms()) != 1 {
		k.needsRef(a)
		return -1
	}
	at := slices.Index(chain, a.ref.froms()[0])
	if at < 0 {
		k.fail(a.node.pos, a.node.end, "indexed-repeat 的这个参数要是题目所在的重复组。")
	}
	return at
}

func indexed(c *Context, f *Field, chain []*Field, rows []func(*Context) float64) Value {
	if c.Data == nil {
		return Empty
	}
	at := make([]int, 0, len(chain))
	for i, repeat := range chain {
		if rows[i] == nil {
			if i >= len(c.Rows) {
				return Empty
			}
			at = append(at, c.Rows[i])
			continue
		}
		n := rows[i](c)
		if !(n >= 1) { // also an empty number
			n = 1
		}
		if n > float64(c.Data.Rows(repeat, at)) {
			return Empty
		}
		at = append(at, int(n)-1)
	}
	return c.Data.Value(f, at)
}

func compileChecklist(_ *compiler, a []code) code {
	least, most := a[0].number(), a[1].number()
	return boolCode(func(c *Context) bool {
		n := 0.0
		for _, arg := range a[2:] {
			arg.each()(c, func(v Value) bool {
				if v.Bool() {
					n++
				}
				return true
			})
		}
		return within(n, least(c), most(c))
	})
}

func compileWeighted(k *compiler, a []code) code {
	if len(a)%2 != 0 {
		k.fail(a[len(a)-1].node.pos, a[len(a)-1].node.end, "weighted-checklist 里，条件和分数要成对出现。")
		return a[0]
	}
	least, most := a[0].number(), a[1].number()
	return boolCode(func(c *Context) bool {
		n := 0.0
		for i := 2; i < len(a); i += 2 {
			if a[i].val(c).Bool() {
				n += a[i+1].val(c).Number()
			}
		}
		return within(n, least(c), most(c))
	})
}

// within reports whether n lies within bounds, of which -1 is none.
func within(n, least, most float64) bool {
	return (least == -1 || n >= least) && (most == -1 || n <= most)
}

// Numbers.

func compileRound(_ *compiler, a []code) code {
	x := a[0].number()
	if len(a) == 1 {
		return numberCode(func(c *Context) float64 { return math.Floor(x(c) + 0.5) })
	}
	places := a[1].number()
	return numberCode(func(c *Context) float64 { return roundTo(x(c), places(c)) })
}

// roundTo rounds the decimal digits of x as they are printed, halves up, so
// that 2.15 to one place is 2.2.
func roundTo(x, places float64) float64 {
	switch {
	case math.IsNaN(places) || math.IsNaN(x):
		return math.NaN()
	case math.IsInf(x, 0) || places > 300:
		return x
	case places < -308:
		return 0
	}
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', -1, 64))
	if !ok {
		return math.NaN()
	}
	n := int64(math.Trunc(places))
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(n, -n)), nil))
	if n < 0 {
		scale.Inv(scale)
	}
	r.Mul(r, scale).Add(r, big.NewRat(1, 2))
	whole := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: down, as the denominator is positive
	r.SetInt(whole).Quo(r, scale)
	f, _ := r.Float64()
	return f
}

func compileRandom(*compiler, []code) code {
	return numberCode(func(c *Context) float64 {
		if r := c.random(); r != nil {
			return r.Float64()
		}
		return 0
	})
}

func (c *Context) random() *rand.Rand {
	if c.Rand == nil {
		c.fail(errRandom)
	}
	return c.Rand
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

// compileUUID is uuid(), or a random text of the length given.
func compileUUID(_ *compiler, a []code) code {
	if len(a) == 0 {
		return textCode(func(c *Context) string {
			r := c.random()
			if r == nil {
				return ""
			}
			// RFC 9562, version 4.
			hi, lo := r.Uint64()&^0xf000|0x4000, r.Uint64()&^(3<<62)|2<<62
			return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
		})
	}
	length := a[0].number()
	return textCode(func(c *Context) string {
		r, n := c.random(), length(c)
		if r == nil || !(n >= 1) {
			return ""
		}
		b := make([]byte, int(min(n, 255)))
		c.spend(len(b))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	})
}

// Texts.

func compileLength(_ *compiler, a []code) code {
	s := a[0].val
	return numberCode(func(c *Context) float64 { return float64(utf8.RuneCountInString(c.read(s(c).String()))) })
}

// compileSubstr counts characters from 0, the end left out, negative numbers
// from the end.
func compileSubstr(_ *compiler, a []code) code {
	s, from := a[0].val, a[1].number()
	to := func(*Context) float64 { return math.Inf(1) }
	if len(a) == 3 {
		to = a[2].number()
	}
	return textCode(func(c *Context) string {
		r := []rune(c.read(s(c).String()))
		i, j := bound(from(c), len(r)), bound(to(c), len(r))
		if i >= j {
			return ""
		}
		return string(r[i:j])
	})
}

func bound(f float64, n int) int {
	if math.IsNaN(f) {
		return 0
	}
	if f = math.Trunc(f); f < 0 {
		f += float64(n)
	}
	return int(max(0, min(f, float64(n))))
}

func before(s, sep string) string {
	if i := strings.Index(s, sep); i >= 0 {
		return s[:i]
	}
	return ""
}

func after(s, sep string) string {
	if i := strings.Index(s, sep); i >= 0 {
		return s[i+len(sep):]
	}
	return ""
}

func compileTranslate(_ *compiler, a []code) code {
	s, from, to := a[0].val, a[1].val, a[2].val
	return textCode(func(c *Context) string {
		text := c.read(s(c).String())
		old, fresh := []rune(c.read(from(c).String())), []rune(to(c).String())
		letters := make(map[rune]rune, len(old))
		for i, r := range old {
			if _, ok := letters[r]; ok {
				continue
			}
			letters[r] = -1
			if i < len(fresh) {
				letters[r] = fresh[i]
			}
		}
		return strings.Map(func(r rune) rune {
			if to, ok := letters[r]; ok {
				return to
			}
			return r
		}, text)
	})
}

// maxPattern bounds the patterns made while evaluating.
const maxPattern = 1000

// compileRegex matches the whole value. A constant pattern is compiled once.
func compileRegex(k *compiler, a []code) code {
	s, pattern := a[0].val, a[1].val
	if p, ok := a[1].text(); ok {
		re, err := compilePattern(p)
		if err != nil {
			k.fail(a[1].node.pos, a[1].node.end, "%s", patternAdvice(p, err))
			return a[1]
		}
		return boolCode(func(c *Context) bool { return re.MatchString(c.read(s(c).String())) })
	}
	return boolCode(func(c *Context) bool {
		p := pattern(c).String()
		if len(p) > maxPattern {
			c.fail(fmt.Errorf("pattern of %d bytes is too long", len(p)))
			return false
		}
		c.spend(100 + 10*len(p))
		re, err := compilePattern(p)
		if err != nil {
			c.fail(fmt.Errorf("compile pattern: %w", err))
			return false
		}
		return re.MatchString(c.read(s(c).String()))
	})
}

var unicodeEscape = regexp.MustCompile(`\\(\\|u([0-9A-Fa-f]{4}))`)

// compilePattern takes the \u4e00 of Java and JavaScript, which authors write
// for Chinese characters.
func compilePattern(p string) (*regexp.Regexp, error) {
	p = unicodeEscape.ReplaceAllStringFunc(p, func(m string) string {
		if m == `\\` {
			return m
		}
		return `\x{` + m[2:] + `}`
	})
	if _, err := syntax.Parse(p, syntax.Perl); err != nil { // by itself, so that no error names the anchors
		return nil, err
	}
	return regexp.Compile(`\A(?:` + p + `)\z`)
}

func patternAdvice(p string, err error) string {
	for _, ahead := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.Contains(p, ahead) {
			return "正则表达式里不能用 " + ahead + "…)（前后查看）。请拆成几个 regex() 用 and 连起来。"
		}
	}
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		switch wrong.Code {
		case "missing closing ]":
			return "正则表达式写错了：“[” 没有对应的 “]”。"
		case "missing closing )", "unexpected )":
			return "正则表达式写错了：括号 ( ) 没有配成对。"
		case "invalid escape sequence":
			return "正则表达式里不能用 " + short(wrong.Expr) + "。"
		case "invalid repeat count":
			return "正则表达式里的次数 " + short(wrong.Expr) + " 太大（最多 1000）或写反了。"
		}
		return "正则表达式写错了，看不懂 “" + short(wrong.Expr) + "”。"
	}
	return "正则表达式写错了。"
}

func compileDigest(k *compiler, a []code) code {
	s, algorithm := a[0].val, a[1].val
	if name, ok := a[1].text(); ok && sum(name, "") == nil {
		k.fail(a[1].node.pos, a[1].node.end, "没有算法 '%s'。可用 MD5、SHA-1、SHA-256、SHA-384、SHA-512。", short(name))
	}
	encoding := func(*Context) Value { return Text("base64") }
	if len(a) == 3 {
		encoding = a[2].val
		if name, ok := a[2].text(); ok && name != "base64" && name != "hex" {
			k.fail(a[2].node.pos, a[2].node.end, "编码只能是 'base64' 或 'hex'。")
		}
	}
	return textCode(func(c *Context) string {
		hash := sum(algorithm(c).String(), c.read(s(c).String()))
		if encoding(c).String() == "hex" {
			return hex.EncodeToString(hash)
		}
		return base64.StdEncoding.EncodeToString(hash)
	})
}

// sum returns the hash of s, nil if the algorithm is unknown.
func sum(algorithm, s string) []byte {
	switch algorithm {
	case "MD5":
		h := md5.Sum([]byte(s))
		return h[:]
	case "SHA-1":
		h := sha1.Sum([]byte(s))
		return h[:]
	case "SHA-256":
		h := sha256.Sum256([]byte(s))
		return h[:]
	case "SHA-384":
		h := sha512.Sum384([]byte(s))
		return h[:]
	case "SHA-512":
		h := sha512.Sum512([]byte(s))
		return h[:]
	}
	return nil
}

// Dates.

var errNoDate = errors.New("date() of what is no date")

// dated compiles a function of one date, and warns of a constant that is none.
// Where told says so, a text that is no date is trouble when it is evaluated.
func dated(f func(Value) Value, told bool) func(*compiler, []code) code {
	return func(k *compiler, a []code) code {
		if s, ok := a[0].text(); ok && s != "" && toMoment(a[0].val(nil)).IsEmpty() {
			k.warn(a[0].node.pos, a[0].node.end, "“%s” 不是存在的日期，结果总是空。日期要写成 '2026-11-23'。", short(s))
		}
		val := a[0].val
		return valueCode(func(c *Context) Value {
			v := val(c)
			d := f(v)
			if told && d.IsEmpty() && !v.isNothing() && c.Trouble == nil {
				c.Trouble = errNoDate
			}
			return d
		})
	}
}

// decimalDateTime is the number of a date, NaN if v is none.
func decimalDateTime(v Value) Value {
	return Number(toMoment(v).Number())
}

func compileFormat(k *compiler, a []code) code {
	if f, ok := a[1].text(); ok {
		if bad := badFormat(f); bad != "" {
			k.warn(a[1].node.pos, a[1].node.end, "日期格式里不认识 “%s”。可用 %%Y %%m %%n %%d %%e %%a %%H %%M。", bad)
		}
	}
	date, format := a[0].val, a[1].val
	return textCode(func(c *Context) string { return formatDate(date(c), c.read(format(c).String())) })
}

func compileMonths(_ *compiler, a []code) code {
	from, to := a[0].val, a[1].val
	return valueCode(func(c *Context) Value { return monthsBetween(from(c), to(c)) })
}
