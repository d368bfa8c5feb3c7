package author

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/form"
	"xintiexin/flows/xpath"
	"xintiexin/storage/calendar"
)

// hints are what an expression lets one guess about the answers it takes.
type hints struct {
	names    []string
	numbers  []float64
	texts    []string // between quotes
	values   []string // answers that it compares with
	patterns bool     // texts may be patterns of regex()
	today    time.Time
}

// scan takes an expression apart into names, numbers and texts. It knows no
// grammar: what it takes for a name may be a function or an operator.
func scan(expression string) hints {
	var h hints
	for s := expression; s != ""; {
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == '\'' || c == '"':
			text, rest, _ := strings.Cut(s[1:], string(c))
			h.texts = append(h.texts, text)
			s = rest
		case c == '_' || unicode.IsLetter(c):
			n := strings.IndexFunc(s, func(r rune) bool {
				return !(r == '_' || r == '-' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r))
			})
			if n < 0 {
				n = len(s)
			}
			h.names = append(h.names, strings.TrimRight(s[:n], ".-"))
			s = s[n:]
		case c >= '0' && c <= '9':
			n := len(s) - len(strings.TrimLeft(s, "0123456789."))
			if f, err := strconv.ParseFloat(s[:n], 64); err == nil {
				h.numbers = append(h.numbers, f)
			}
			s = s[n:]
		default:
			s = s[size:]
		}
	}
	return h
}

// mostCandidates is how many answers to a question are tried.
const mostCandidates = 150

// answersFor returns texts to try as the answer to q, of which options are on
// the screen.
func answersFor(q *form.Question, options int, h hints) []string {
	var out []string
	switch q.Type {
	case form.SelectOne, form.Acknowledge:
		out = count(options)
	case form.SelectMultiple:
		out = combinations(options)
	case form.Rank:
		out = orders(options)
	case form.Integer, form.Decimal, form.Range:
		out = numbers(q, h)
	case form.Date:
		out = days(q, h)
	case form.Time:
		out = []string{"8:30", "15:00", "0:00", "23:59", "12:00"}
	case form.DateTime:
		for _, d := range days(q, h) {
			out = append(out, d+" 15:00")
		}
	default:
		out = words(q, h)
	}
	return unique(out)
}

func unique(texts []string) []string {
	seen := map[string]bool{"": true}
	texts = slices.DeleteFunc(texts, func(s string) bool {
		double := seen[s]
		seen[s] = true
		return double
	})
	return texts[:min(len(texts), mostCandidates)]
}

// count is 1 to n.
func count(n int) []string {
	var out []string
	for i := range n {
		out = append(out, strconv.Itoa(i+1))
	}
	return out
}

// combinations are each of n alone, the first two, three and so on, and pairs.
func combinations(n int) []string {
	out := count(n)
	for i := 2; i <= n; i++ {
		out = append(out, strings.Join(count(n)[:i], " "))
	}
	for i := 2; i <= n; i++ {
		for j := i + 1; j <= n; j++ {
			out = append(out, strconv.Itoa(i)+" "+strconv.Itoa(j))
		}
	}
	return out
}

// orders are some of the orders of n: as they stand, turned round, and with
// each one first.
func orders(n int) []string {
	all := count(n)
	back := slices.Clone(all)
	slices.Reverse(back)
	out := []string{strings.Join(all, " "), strings.Join(back, " ")}
	for i := 1; i < n; i++ {
		out = append(out, strings.Join(append(slices.Clone(all[i:]), all[:i]...), " "))
	}
	return out
}

// numbers are small ones, those of the expression and their neighbours, and
// those of as many digits as it speaks of.
func numbers(q *form.Question, h hints) []string {
	guesses := []float64{1, 2, 3, 0, 5, 10, 18, 30, 65, 100, 1000, -1}
	near := slices.Clone(h.numbers)
	for _, v := range h.values {
		if n := xpath.Text(v).Number(); n == n {
			near = append(near, n)
		}
	}
	for _, name := range []string{"start", "end"} {
		if f, err := strconv.ParseFloat(q.Parameters[name], 64); err == nil {
			near = append(near, f)
		}
	}
	for _, n := range near {
		guesses = append(guesses, n, n+1, n-1, -n)
		if q.Type == form.Decimal {
			guesses = append(guesses, n+0.5, n-0.5)
		}
	}
	if step, err := strconv.ParseFloat(q.Parameters["step"], 64); err == nil {
		for i := range 5 {
			start, _ := strconv.ParseFloat(q.Parameters["start"], 64)
			guesses = append(guesses, start+float64(i)*step)
		}
	}
	var out []string
	for _, n := range guesses {
		if q.Type != form.Integer || n == float64(int64(n)) {
			out = append(out, xpath.FormatNumber(n))
		}
	}
	out = append(out, digitsLike(h)...)
	return out
}

// digitsLike are rows of digits as long as the numbers of the expression, and
// what fits its patterns.
func digitsLike(h hints) []string {
	var out []string
	for _, n := range h.numbers {
		if n >= 1 && n <= 18 && n == float64(int(n)) {
			out = append(out, "17900001122334455667"[:int(n)])
		}
	}
	return append(out, fitting(h)...)
}

// fitting are texts that fit the patterns of the expression.
func fitting(h hints) []string {
	if !h.patterns {
		return nil
	}
	var out []string
	for _, t := range h.texts {
		out = append(out, matching(t)...)
	}
	return out
}

// days are days around today, around those that the expression names or
// compares with, as q takes them.
func days(q *form.Question, h hints) []string {
	today := calendar.DayOf(h.today)
	var guesses []calendar.Day
	around := func(day calendar.Day, steps ...int) {
		for _, n := range steps {
			guesses = append(guesses, day+calendar.Day(n))
		}
	}
	around(today, 0, -1, 1)
	for _, text := range append(slices.Clone(h.values), h.texts...) {
		if day, err := calendar.ParseDay(text[:min(len(text), 10)]); err == nil {
			around(day, 0, 1, -1, 30, -30)
		}
	}
	for _, n := range h.numbers {
		if n == float64(int(n)) && n > 1 && n < 40000 {
			around(today, int(n), -int(n), int(n)-1, 1-int(n))
		}
		if n > 0 && n < 120 { // years, of 365.25 days mostly, or months
			around(today, -int(n*365.25)-1, -int(n*365.25)+1, -int(n*30.4)-1, -int(n*30.4)+1, int(n*30.4)+1)
		}
	}
	around(today, -7, 7, -30, 30, -90, 90, -200, 200, -280, -365, 366, -1000, -3000, -7000, -11000, -15000, -25000)
	var out []string
	for _, d := range guesses {
		text := d.String()
		switch {
		case strings.Contains(q.Appearance, "month-year"):
			text = text[:7]
		case strings.Contains(q.Appearance, "year"):
			text = text[:4]
		}
		out = append(out, text)
	}
	return out
}

// words are texts of several kinds and lengths, and those of the expression.
func words(q *form.Question, h hints) []string {
	var out []string
	if strings.Contains(q.Appearance, "numbers") {
		out = append(out, "12")
	}
	out = append(out, "样例")
	out = append(out, fitting(h)...)
	for _, n := range h.numbers {
		for _, length := range []int{int(n), int(n) + 1, int(n) - 1} {
			if length > 0 && length <= 300 {
				out = append(out, strings.Repeat("样", length), strings.Repeat("a", length))
			}
		}
	}
	out = append(out, digitsLike(h)...)
	out = append(out, "17900001122", "abc", "Li", "12", "1", "0", "yi@example.org", "3.5", "A1")
	out = append(out, h.values...)
	return append(out, h.texts...)
}

// matching returns texts that the whole pattern fits: the shortest, a longer
// one, and one for each alternative. It is nil for a pattern that RE2 does not
// know.
func matching(pattern string) []string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	tree = tree.Simplify()
	var out []string
	for way := range 6 {
		out = append(out, matchOne(tree, way, 0))
	}
	return unique(out)
}

// matchOne writes one text that re fits. way chooses among alternatives and
// how often what may repeat does.
func matchOne(re *syntax.Regexp, way, depth int) string {
	if depth > 50 {
		return ""
	}
	var b strings.Builder
	each := func(subs []*syntax.Regexp) {
		for _, sub := range subs {
			b.WriteString(matchOne(sub, way, depth+1))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(choose(re.Rune, way))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "a"
	case syntax.OpCapture, syntax.OpConcat, syntax.OpPlus:
		each(re.Sub)
		if re.Op == syntax.OpPlus && way%2 == 1 {
			each(re.Sub)
		}
	case syntax.OpStar, syntax.OpQuest:
		if way%2 == 1 {
			each(re.Sub)
		}
	case syntax.OpRepeat:
		for range max(re.Min, way%2*re.Max) {
			each(re.Sub)
		}
	case syntax.OpAlternate:
		each(re.Sub[way/2%len(re.Sub):][:1])
	}
	return b.String()
}

// choose picks a character of a class, given as pairs of first and last: one
// that people type, if there is one.
func choose(class []rune, way int) rune {
	in := func(c rune) bool {
		for i := 0; i+1 < len(class); i += 2 {
			if c >= class[i] && c <= class[i+1] {
				return true
			}
		}
		return false
	}
	nice := []rune("1a样A7b9Z_- ")
	for i := range nice {
		if c := nice[(i+way/2)%len(nice)]; in(c) {
			return c
		}
	}
	if len(class) == 0 {
		return 'a'
	}
	return class[0]
}
