package xpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

type tokenKind uint8

const (
	endToken    tokenKind = iota
	numberToken           // 3.5
	textToken             // 'x'
	nameToken             // age, jr:choice-name
	refToken              // ${age}
	signToken             // ( ) [ ] , / . .. * + - = != < <= > >= | ::
)

// token is a word of an expression. Its ends are counted in characters from 0.
type token struct {
	kind     tokenKind
	text     string // a text without its quotes, a reference without ${}
	num      float64
	pos, end int
}

func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

// shown is how a token is named to the author.
func (t token) shown() string {
	switch t.kind {
	case endToken:
		return "结尾"
	case textToken:
		return "文字 '" + short(t.text) + "'"
	case refToken:
		return "${" + short(t.text) + "}"
	case numberToken, nameToken:
		return short(t.text)
	}
	return "“" + t.text + "”"
}

func short(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// lexer cuts an expression into tokens.
type lexer struct {
	src      []rune
	at       int
	straight bool // curly quotes are the same as straight ones
	tokens   []token
	problems []*Problem
	open     bool // a quote was not closed
	named    map[rune]bool
}

// lex returns the tokens of src. Curly quotes close only each other, so that a
// text in straight quotes may hold them; only when that leaves a quote open are
// they all taken for straight ones, as word processors mix them.
func lex(src []rune) ([]token, []*Problem) {
	l := &lexer{src: src}
	l.run()
	if l.open {
		second := &lexer{src: src, straight: true}
		if second.run(); !second.open {
			l = second
		}
	}
	return l.tokens, l.problems
}

func (l *lexer) run() {
	for l.at < len(l.src) && !l.open {
		if isBlank(l.src[l.at]) {
			l.at++
			continue
		}
		l.next()
	}
	l.tokens = append(l.tokens, token{kind: endToken, pos: len(l.src), end: len(l.src)})
}

func (l *lexer) next() {
	start, r := l.at, l.src[l.at]
	switch {
	case quoteFamily(r) != 0:
		l.text()
	case r == '$':
		l.reference()
	case r >= '0' && r <= '9' || r == '.' && isDigit(l.peek(1)):
		l.number()
	case isNameStart(r):
		l.name()
	case wrongSign(l.src[start:]) != "":
		l.wrong(start)
	default:
		l.sign()
	}
}

func (l *lexer) peek(n int) rune {
	if l.at+n < len(l.src) {
		return l.src[l.at+n]
	}
	return 0
}

func (l *lexer) add(kind tokenKind, text string, start int) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, pos: start, end: l.at})
}

func (l *lexer) problem(start, end int, format string, args ...any) {
	l.problems = append(l.problems, &Problem{Pos: start + 1, End: end + 1, Text: fmt.Sprintf(format, args...)})
}

// text reads a text in quotes; XPath has no escapes.
func (l *lexer) text() {
	start, opening := l.at, l.src[l.at]
	for i := start + 1; i < len(l.src); i++ {
		r := l.src[i]
		if quoteFamily(r) != quoteFamily(opening) {
			continue
		}
		if !l.straight && isStraight(opening) && !isStraight(r) {
			continue
		}
		l.at = i + 1
		l.add(textToken, string(l.src[start+1:i]), start)
		return
	}
	l.open = true
	l.at = len(l.src)
	l.problem(start, start+1, "引号 %c 没有关上。文字前后都要有引号。", opening)
}

func (l *lexer) reference() {
	start := l.at
	if l.peek(1) != '{' {
		l.at++
		l.problem(start, l.at, "“$” 后面要有 {题名}，例如 ${age}。")
		return
	}
	for i := start + 2; i < len(l.src); i++ {
		if r := l.src[i]; r == '{' || r == '$' || r == '\n' {
			break
		}
		if l.src[i] == '}' {
			l.at = i + 1
			l.add(refToken, strings.TrimFunc(string(l.src[start+2:i]), isBlank), start)
			return
		}
	}
	l.at += 2
	l.problem(start, l.at, "“${” 没有对应的 “}”。")
}

func (l *lexer) number() {
	start, dots := l.at, 0
	for l.at < len(l.src) && (isDigit(l.src[l.at]) || l.src[l.at] == '.' && dots == 0) {
		if l.src[l.at] == '.' {
			dots++
		}
		l.at++
	}
	text := string(l.src[start:l.at])
	l.add(numberToken, text, start)
	f, _ := strconv.ParseFloat(text, 64) // out of range is Infinity
	l.tokens[len(l.tokens)-1].num = f
	if l.at < len(l.src) && isNameStart(l.src[l.at]) && !l.operatorAhead() {
		l.problem(start, l.at+1, "数字 %s 后面不能紧跟 “%c”。是文字就加引号。", short(text), l.src[l.at])
	}
}

// operatorAhead reports whether a word operator follows a number at once: 3div 2.
func (l *lexer) operatorAhead() bool {
	end := l.at
	for end < len(l.src) && isNamePart(l.src[end]) {
		end++
	}
	switch string(l.src[l.at:end]) {
	case "and", "or", "div", "mod":
		return true
	}
	return false
}

// name reads a name, with its prefix if it has one. Full-width letters are no
// part of a name, though XML would take them.
func (l *lexer) name() {
	start := l.at
	l.nameParts()
	if l.peek(0) == ':' && isNameStart(l.peek(1)) {
		l.at++
		l.nameParts()
	}
	l.add(nameToken, string(l.src[start:l.at]), start)
}

func (l *lexer) nameParts() {
	for l.at < len(l.src) && isNamePart(l.src[l.at]) {
		l.at++
	}
}

func (l *lexer) sign() {
	start := l.at
	two := string(l.src[start:min(start+2, len(l.src))])
	switch two {
	case "!=", "<=", ">=", "..", "::":
		l.at += 2
		l.add(signToken, two, start)
		return
	}
	l.at++
	if strings.ContainsRune("()[],/.*+-=<>|", l.src[start]) {
		l.add(signToken, string(l.src[start]), start)
		return
	}
	l.problem(start, l.at, "看不懂符号 “%c”。是文字就加引号。", l.src[start])
}

// wrong reports a sign that belongs to another language or to the Chinese
// keyboard, each once, and takes it for the right one.
func (l *lexer) wrong(start int) {
	r := l.src[start]
	length, right := 1, ""
	if half := halfWidth(r); half != "" {
		right = half
		if !l.named[r] {
			if l.named == nil {
				l.named = map[rune]bool{}
			}
			l.named[r] = true
			if isWordRune(r) {
				l.problem(start, start+1, "全角字符 “%c”，请改成半角的 “%s”。", r, half)
			} else {
				l.problem(start, start+1, "全角符号 “%c”，请改成英文的 “%s”。", r, half)
			}
		}
	} else {
		for _, w := range foreignSigns {
			if hasPrefix(l.src[start:], w.sign) {
				length, right = len([]rune(w.sign)), w.right
				l.problem(start, start+length, "%s", w.text)
				break
			}
		}
	}
	l.at += length
	if right == "" {
		return
	}
	switch {
	case isNameStart([]rune(right)[0]):
		l.add(nameToken, right, start)
	case strings.ContainsAny(right[:1], "()[],/.*+-=<>|!"):
		l.add(signToken, right, start)
	}
}

var foreignSigns = []struct{ sign, right, text string }{
	{"&gt;=", ">=", "“&gt;” 是网页里的写法，请改成 “>”。"},
	{"&lt;=", "<=", "“&lt;” 是网页里的写法，请改成 “<”。"},
	{"&gt;", ">", "“&gt;” 是网页里的写法，请改成 “>”。"},
	{"&lt;", "<", "“&lt;” 是网页里的写法，请改成 “<”。"},
	{"&amp;", "", "“&amp;” 是网页里的写法，请删去。“而且”写 and。"},
	{"&quot;", "", "“&quot;” 是网页里的写法，请改成引号。"},
	{"&&", "and", "没有 “&&”，请写 and。"},
	{"||", "or", "没有 “||”，请写 or。"},
	{"==", "=", "没有 “==”，请写一个 “=”。"},
	{"=>", ">=", "没有 “=>”，请写 “>=”。"},
	{"=<", "<=", "没有 “=<”，请写 “<=”。"},
	{"<>", "!=", "没有 “<>”，不等于请写 “!=”。"},
	{"≠", "!=", "没有 “≠”，请写 “!=”。"},
	{"≥", ">=", "没有 “≥”，请写 “>=”。"},
	{"≤", "<=", "没有 “≤”，请写 “<=”。"},
	{"×", "*", "没有 “×”，乘请写 “*”。"},
	{"÷", "", "没有 “÷”，除请写 div。"},
	{"//", "/", "路径里不能用 “//”。请用 ${题名}。"},
	{"@", "", "不能用 “@”（属性）。请用 ${题名}。"},
	{"%", "", "没有 “%”，求余请写 mod。"},
	{"^", "", "没有 “^”，乘方请写 pow(数, 次方)。"},
	{"&", "", "没有 “&”。“而且”写 and，接文字用 concat()。"},
}

// wrongSign returns what wrong would name at the head of src, "" if nothing.
func wrongSign(src []rune) string {
	if half := halfWidth(src[0]); half != "" {
		return half
	}
	for _, w := range foreignSigns {
		if hasPrefix(src, w.sign) {
			return w.sign
		}
	}
	return ""
}

func hasPrefix(src []rune, s string) bool {
	i := 0
	for _, r := range s {
		if i >= len(src) || src[i] != r {
			return false
		}
		i++
	}
	return true
}

// halfWidth returns the half-width form of a full-width sign, letter or digit,
// "" if r is none. Full-width curly quotes are quotes, not here.
func halfWidth(r rune) string {
	switch r {
	case '、':
		return ","
	case '。':
		return "."
	case '【', '〔':
		return "["
	case '】', '〕':
		return "]"
	case '《', '〈':
		return "<"
	case '》', '〉':
		return ">"
	case '￥':
		return "$"
	case '—', '–', '−':
		return "-"
	case '…':
		return "."
	}
	if r >= 0xFF01 && r <= 0xFF5E {
		return string(r - 0xFF01 + '!')
	}
	return ""
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// quoteFamily returns ' or " for any quote of that kind, else 0.
func quoteFamily(r rune) rune {
	switch r {
	case '\'', '‘', '’', '‚', '‛':
		return '\''
	case '"', '“', '”', '„', '‟':
		return '"'
	}
	return 0
}

func isStraight(r rune) bool { return r == '\'' || r == '"' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isBlank takes also the spaces that spreadsheets and Chinese keyboards leave.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == 0xFEFF || r == 0x200B
}

func isNameStart(r rune) bool {
	return r == '_' || unicode.IsLetter(r) && halfWidth(r) == ""
}

func isNamePart(r rune) bool {
	return isNameStart(r) || r == '-' || r == '.' || isDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)
}
