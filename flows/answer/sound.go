package answer

import (
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
	if !han(x) || !han(y) {
		return false
	}
	s, t := pinyin.Of(x), pinyin.Of(y)
	if near {
		s, t = s.Near(), t.Near()
	}
	return s == t && s != pinyin.Syllable{}
}
