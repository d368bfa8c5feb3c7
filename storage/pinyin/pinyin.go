// Package pinyin turns Chinese names and words into toneless syllables, so that
// what sounds the same can be found and understood as the same.
package pinyin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	gopinyin "github.com/mozillazg/go-pinyin"
)

// surname returns the reading of a character that is read otherwise at the head
// of a name, "" for all others.
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
	case '尉':
		return "yu"
	case '翟':
		return "zhai"
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

// Syllable is a toneless reading; the longest, zhuang, has six letters. The zero
// Syllable is of a character that has none.
type Syllable struct {
	b [8]byte
	n int
}

func (s Syllable) String() string { return string(s.b[:s.n]) }

// Of returns the commonest reading of a Han character. It allocates nothing.
func Of(r rune) (s Syllable) {
	for _, c := range reading(r) {
		if p := plain(c); p != 0 && s.n < len(s.b) {
			s.b[s.n] = p
			s.n++
		}
	}
	return s
}

// Near makes alike what is confused in speech and typing: zh ch sh with z c s,
// n with l at the head, ing eng with in en.
func (s Syllable) Near() Syllable {
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

// Near is Syllable.Near of a written syllable; what is none stays as it is.
func Near(s string) string {
	var y Syllable
	if len(s) == 0 || len(s) > len(y.b) || s[0] >= utf8.RuneSelf {
		return s
	}
	y.n = copy(y.b[:], s)
	return y.Near().String()
}

// Syllables returns one toneless syllable for each Han character of s; runs of
// letters and digits stay together in lower case; everything else is dropped.
// With name set the first character is read as a surname.
func Syllables(s string, name bool) []string {
	out := make([]string, 0, utf8.RuneCountInString(s))
	run := -1
	for i, r := range s {
		word := r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
		switch {
		case word && run < 0:
			run = i
		case !word && run >= 0:
			out = append(out, strings.ToLower(s[run:i]))
			run = -1
		}
		if !unicode.Is(unicode.Han, r) {
			continue
		}
		read := ""
		if i == 0 && name {
			read = surname(r)
		}
		if read == "" {
			read = Of(r).String()
		}
		if read == "" {
			read = string(r)
		}
		out = append(out, read)
	}
	if run >= 0 {
		out = append(out, strings.ToLower(s[run:]))
	}
	return out
}

// Initials returns the first letter of each syllable: "王桂英" is "wgy".
func Initials(syllables []string) string {
	var b strings.Builder
	for _, p := range syllables {
		r, _ := utf8.DecodeRuneInString(p)
		b.WriteRune(r)
	}
	return b.String()
}
