package answer

import (
	"strings"
	"unicode/utf8"

	gopinyin "github.com/mozillazg/go-pinyin"
)

// surname returns the reading of a character that is read otherwise at the head
// of a name.
func surname(r rune) string {
	switch r {
	case '单':
		return "shan"
	case '曾':
		return "zeng"
	case '解':
		return "xie"
	case '仇':
		return "qiu"
	case '查':
		return "zha"
	case '区':
		return "ou"
	case '朴':
		return "piao"
	case '任':
		return "ren"
	case '盖':
		return "ge"
	case '缪':
		return "miao"
	}
	return ""
}

// reading returns the commonest reading of a Han character, with its tone mark.
// The dictionary is read as it is: the library's own conversion runs two regular
// expressions a character.
func reading(r rune) string {
	s := gopinyin.PinyinDict[int(r)]
	if i := strings.IndexByte(s, ','); i >= 0 {
		return s[:i]
	}
	return s
}

// plain takes the tone off a letter of a reading; ü becomes v. 0 is no letter.
func plain(r rune) byte {
	switch r {
	case 'ā', 'á', 'ǎ', 'à':
		return 'a'
	case 'ē', 'é', 'ě', 'è', 'ê', 'ế', 'ề':
		return 'e'
	case 'ī', 'í', 'ǐ', 'ì':
		return 'i'
	case 'ō', 'ó', 'ǒ', 'ò':
		return 'o'
	case 'ū', 'ú', 'ǔ', 'ù':
		return 'u'
	case 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
		return 'v'
	case 'ń', 'ň', 'ǹ':
		return 'n'
	case 'ḿ':
		return 'm'
	}
	if r < 0x80 {
		return byte(r)
	}
	return 0
}

// syllable is a toneless reading; the longest, zhuang, has six letters.
type syllable struct {
	b [8]byte
	n int
}

func (s *syllable) String() string { return string(s.b[:s.n]) }

func syllableOf(r rune) (s syllable) {
	for _, c := range reading(r) {
		if p := plain(c); p != 0 && s.n < len(s.b) {
			s.b[s.n] = p
			s.n++
		}
	}
	return s
}

// near makes alike what is confused in speech and typing: zh ch sh with z c s,
// n with l at the head, ing eng with in en.
func (s syllable) near() syllable {
	if s.n > 1 && s.b[1] == 'h' {
		copy(s.b[1:], s.b[2:])
		s.n--
		s.b[s.n] = 0
	}
	if s.n > 1 && s.b[0] == 'n' {
		s.b[0] = 'l'
	}
	if s.n > 2 && s.b[s.n-1] == 'g' && s.b[s.n-2] == 'n' && (s.b[s.n-3] == 'i' || s.b[s.n-3] == 'e') {
		s.n--
		s.b[s.n] = 0
	}
	return s
}

// Pinyin returns one toneless syllable for each Han character of s, the first
// read as a surname where that differs (单 shan, 曾 zeng); runs of letters and
// digits stay together as one item, everything else is dropped.
func Pinyin(s string) []string {
	s = Fold(s)
	out := make([]string, 0, utf8.RuneCountInString(s))
	run := -1
	for i, r := range s {
		word := digit(r) || r >= 'a' && r <= 'z'
		switch {
		case word && run < 0:
			run = i
		case !word && run >= 0:
			out = append(out, s[run:i])
			run = -1
		}
		if !han(r) {
			continue
		}
		read := ""
		if i == 0 {
			read = surname(r)
		}
		if read == "" {
			y := syllableOf(r)
			read = y.String()
		}
		if read == "" {
			read = string(r)
		}
		out = append(out, read)
	}
	if run >= 0 {
		out = append(out, s[run:])
	}
	return out
}

// Initials returns the first letter of each item of Pinyin: "王桂英" is "wgy".
func Initials(s string) string {
	var b strings.Builder
	for _, p := range Pinyin(s) {
		r, _ := utf8.DecodeRuneInString(p)
		b.WriteRune(r)
	}
	return b.String()
}

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
	if !han(x) || !han(y) {
		return false
	}
	s, t := syllableOf(x), syllableOf(y)
	if near {
		s, t = s.near(), t.near()
	}
	return s.n > 0 && s == t
}
