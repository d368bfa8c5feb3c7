package visit

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// inNumbers writes lines of the day that are named in Chinese numbers, as a phone's
// dictation does, or by a name of the list, with their numbers: “一好二给她说了” is
// “1好 2给她说了”, “孟丽没在家” “3没在家”. A number or a name counts where a part
// begins, and only with an ending behind it: “她家三口都好” stays as it is.
func inNumbers(text string, names []string, today calendar.Day) string {
	text = answer.Fold(text)
	var b strings.Builder
	part := 0 // where the part begins that is being read
	for i := 0; i < len(text); {
		if i == 0 || partBegins(text, part, i, today) {
			if lines, rest, ok := lineNamed(text[i:], names, today); ok {
				if i > 0 {
					b.WriteByte(' ')
				}
				for n, line := range lines {
					if n > 0 {
						b.WriteString("、")
					}
					b.WriteString(strconv.Itoa(line))
				}
				i = len(text) - len(rest)
				part = i
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		b.WriteString(text[i : i+size])
		i += size
	}
	return b.String()
}

// partBegins reports whether a part may begin at i: behind a mark, or behind an
// ending that is whole.
func partBegins(text string, part, i int, today calendar.Day) bool {
	last, _ := utf8.DecodeLastRuneInString(text[:i])
	if strings.ContainsRune(" ,、;。.!和跟", last) {
		return true
	}
	how, _, rest := hearEnding(strings.TrimLeft(text[part:i], "0123456789"), today)
	return how != "" && rest == ""
}

// lineNamed reads at the head of s which lines are meant, where an ending follows.
func lineNamed(s string, names []string, today calendar.Day) (lines []int, rest string, ok bool) {
	if lines, rest, ok = hanLines(s); !ok {
		var n int
		if n, rest, ok = nameAt(s, names); ok {
			lines = []int{n}
		}
	}
	if !ok {
		return nil, s, false
	}
	if speaks(rest, today) {
		return lines, rest, true
	}
	// “一、二都好”: the ending stands behind the next
	next := strings.TrimLeft(rest, " ,、和跟")
	if next == rest {
		return nil, s, false
	}
	if _, _, ok = lineNamed(next, names, today); !ok {
		_, after, arabic := lineNumber(next)
		ok = arabic && speaks(after, today)
	}
	return lines, rest, ok
}

// speaks reports whether s begins with an ending.
func speaks(s string, today calendar.Day) bool {
	s = strings.TrimLeft(s, " ,:.、")
	for _, words := range endings {
		for _, w := range words {
			if strings.HasPrefix(s, w) || strings.HasPrefix(s, "都"+w) {
				return true
			}
		}
	}
	how, _, _ := hearEnding(s, today)
	return how != ""
}

// hanLines reads a Chinese number at the head of s: 一, 第二个, 十二, and 一二 before
// 都 as two.
func hanLines(s string) (lines []int, rest string, ok bool) {
	s, ordinal := strings.CutPrefix(s, "第")
	digits := []rune("一二三四五六七八九")
	run := s[:len(s)-len(strings.TrimLeft(s, "一二三四五六七八九十"))]
	rest = s[len(run):]
	for _, w := range []string{"件", "个", "位"} {
		rest = strings.TrimPrefix(rest, w)
	}
	switch n, isNumber := answer.Number(run); {
	case run == "", !ordinal && slices.ContainsFunc([]string{"组", "月", "号", "点", "天", "家"}, func(w string) bool { return strings.HasPrefix(rest, w) }):
		return nil, s, false
	case len([]rune(run)) == 1 || strings.Contains(run, "十") && isNumber:
		return []int{int(n)}, rest, isNumber && n >= 1 && n < 100
	case strings.Contains(run, "十") || !strings.HasPrefix(rest, "都"):
		return nil, s, false
	}
	for _, r := range run {
		n := slices.Index(digits, r) + 1
		if len(lines) > 0 && lines[len(lines)-1] >= n {
			return nil, s, false
		}
		lines = append(lines, n)
	}
	return lines, rest, true
}

// nameAt reads at the head of s the name, or the given name, of one line alone.
func nameAt(s string, names []string) (n int, rest string, ok bool) {
	for _, given := range []bool{false, true} {
		n = 0
		for i, name := range names {
			r := []rune(name)
			if given && len(r) != 3 || len(r) < 2 {
				continue
			}
			if given {
				name = string(r[1:])
			}
			if !strings.HasPrefix(s, name) {
				continue
			}
			if n != 0 { // two lines of that name
				return 0, s, false
			}
			n, rest = i+1, s[len(name):]
		}
		if n != 0 {
			for _, w := range []string{"家", "她", "那", "说"} {
				if cut, found := strings.CutPrefix(rest, w); found && !strings.HasPrefix(rest, "说了") {
					rest = cut
				}
			}
			return n, rest, true
		}
	}
	return 0, s, false
}
