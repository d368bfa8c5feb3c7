// Package pinyin turns Chinese names and words into toneless syllables, so that
// what sounds the same can be found and understood as the same.
package pinyin

import (
	"strings"
	"unicode"

	gopinyin "github.com/mozillazg/go-pinyin"
)

// surnames are characters that are read otherwise at the head of a name.
var surnames = map[rune]string{
	'单': "shan", '曾': "zeng", '解': "xie", '仇': "qiu", '查': "zha", '区': "ou",
	'朴': "piao", '任': "ren", '盖': "ge", '缪': "miao", '尉': "yu", '翟': "zhai",
	'华': "hua", '纪': "ji", '宁': "ning", '燕': "yan", '洗': "xian", '冼': "xian",
}

var args = gopinyin.NewArgs()

// Syllables returns one toneless syllable for each Han character of s; runs of
// letters and digits stay together in lower case; everything else is dropped.
// With name set the first character is read as a surname.
func Syllables(s string, name bool) []string {
	out := make([]string, 0, 4)
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			out = append(out, run.String())
			run.Reset()
		}
	}
	for i, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if reading, ok := surnames[r]; ok && name && i == 0 {
				out = append(out, reading)
			} else if p := gopinyin.SinglePinyin(r, args); len(p) > 0 {
				out = append(out, p[0])
			} else {
				out = append(out, string(r))
			}
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			run.WriteRune(unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
	return out
}

// Initials returns the first letter of each syllable: "王桂英" is "wgy".
func Initials(syllables []string) string {
	var b strings.Builder
	for _, s := range syllables {
		r := []rune(s)
		b.WriteRune(r[0])
	}
	return b.String()
}
