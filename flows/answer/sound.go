package answer

import (
	"strings"
	"unicode/utf8"

	"xintiexin/storage/pinyin"
)

// SameSound reports whether a and b are read alike, tones aside (走方 is 走访).
// Both have to be folded.
func SameSound(a, b string) bool { return alike(a, b, false) }

// NearSound is SameSound for those who do not tell zh from z, n from l or ing
// from in. It is too loose to act on: ask.
func NearSound(a, b string) bool { return alike(a, b, true) }

func alike(a, b string, near bool) bool {
	// All characters in daily use are of one length, so this spares the
	// dictionary nearly every pair; very rare ones sound like none but themselves.
	if len(a) != len(b) {
		return false
	}
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y && !alikeRune(x, y, near) {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return a == b
}

func alikeRune(x, y rune, near bool) bool {
	if !Han(x) || !Han(y) {
		return false
	}
	s, t := pinyin.Of(x), pinyin.Of(y)
	if near {
		s, t = s.Near(), t.Near()
	}
	return s == t && s != pinyin.Syllable{}
}

// What dictation and haste put for the words of a date, by their sound.
// nothing changes it.
var (
	saidWords = []string{"大前天", "前天", "昨天", "今天", "明天", "后天", "上午", "下午", "腊月", "冬月", "正月", "礼拜", "星期"}
	saidAfter = []struct{ after, said, means string }{
		{"月", "而是", "二十"}, {"月", "出", "初"}, {"", "润", "闰"}, {"十", "好", "号"}, {"周", "武", "五"}, {"拜", "武", "五"}, {"期", "武", "五"}, {"周", "留", "六"}, {"点", "办", "半"},
	}
)

// Misheard returns s with the words of a date where only their sound stands: 辣月 is
// 腊月, 名天 is 明天. A name stays one: 周武, 钱天.
func Misheard(s string) string {
	if len(s) > 60 || utf8.RuneCountInString(s) <= 3 && Surname(First(s)) && !strings.HasPrefix(s, "明") {
		return s
	}
	for _, w := range saidWords {
		n := utf8.RuneCountInString(w)
		r := []rune(s)
		for i := 0; i+n <= len(r); i++ {
			if part := string(r[i : i+n]); part != w && SameSound(part, w) {
				r = append(r[:i:i], append([]rune(w), r[i+n:]...)...)
				s = string(r)
			}
		}
	}
	for _, w := range saidAfter {
		if i := strings.Index(s, w.after+w.said); i >= 0 && (w.said != "润" || strings.HasSuffix(s[:i], "年") || i == 0) {
			i += len(w.after)
			if rest := s[i+len(w.said):]; w.said == "好" && TrimTail(rest) != "" || w.said == "出" && HanDigit(First(rest)) < 1 && First(rest) != '十' {
				continue
			}
			s = s[:i] + w.means + s[i+len(w.said):]
		}
	}
	return s
}
