package answer

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// HanDigit returns the value of a Chinese digit, -1 where r is none.
func HanDigit(r rune) int {
	switch r {
	case '零', '〇', '○':
		return 0
	case '一', '壹', '幺':
		return 1
	case '二', '贰', '两', '俩':
		return 2
	case '三', '叁', '仨':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

// hanNumber reads a Chinese number from 0 to 99 at the head of s and returns it
// with its length in bytes, 0 where there is none: 三, 十二, 二十, 廿六, 拾伍.
func hanNumber(s string) (value, size int) {
	r, n := utf8.DecodeRuneInString(s)
	tens, d := 0, HanDigit(r)
	switch {
	case r == '十' || r == '拾':
		tens = 1
	case r == '廿':
		tens = 2
	case r == '卅':
		tens = 3
	case d > 0:
		if t, m := utf8.DecodeRuneInString(s[n:]); t == '十' || t == '拾' {
			tens, n = d, n+m
		} else {
			return d, n
		}
	case d == 0:
		return 0, n
	default:
		return 0, 0
	}
	if u, m := utf8.DecodeRuneInString(s[n:]); HanDigit(u) > 0 {
		return tens*10 + HanDigit(u), n + m
	}
	return tens * 10, n
}

// Digits returns how many ASCII digits s begins with.
func Digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// Small reads a number of at most two digits, typed in either way, at the head
// of s; size is 0 where there is none or where it runs on.
func Small(s string) (value, size int, inHan bool) {
	if n := Digits(s); n > 0 {
		if n > 2 {
			return 0, 0, false
		}
		v, _ := strconv.Atoi(s[:n])
		if n == 1 && strings.HasPrefix(s[1:], "十") && v > 0 { // 2十, as dictation mixes them
			if u, m := utf8.DecodeRuneInString(s[1+len("十"):]); HanDigit(u) > 0 {
				return 10*v + HanDigit(u), 1 + len("十") + m, true
			}
			return 10 * v, 1 + len("十"), true
		}
		return v, n, false
	}
	v, n := hanNumber(s)
	if n > 0 && (HanDigit(First(s[n:])) >= 0 || strings.ContainsRune("十百千万", First(s[n:])) && n < len(s)) {
		return 0, 0, false
	}
	return v, n, true
}

// Number reads a reply that is one number: 3, ３.5, -2, 十二, 两, 3口, 六十五岁. It
// refuses what only looks like one (3，5 or 1e3 or 三百) and what is not exact
// (三十多, 3万).
func Number(s string) (float64, bool) {
	s = Bare(s)
	n := 0
	if strings.HasPrefix(s, "-") {
		n = 1
	}
	whole := Digits(s[n:])
	if whole == 0 {
		v, size := hanNumber(s)
		return float64(v), size > 0 && unit(s[size:])
	}
	n += whole
	if n < len(s) && s[n] == '.' {
		part := Digits(s[n+1:])
		if part == 0 {
			return 0, false
		}
		n += 1 + part
	}
	v, err := strconv.ParseFloat(s[:n], 64)
	return v, err == nil && whole <= 15 && unit(s[n:])
}

// unit reports whether s is nothing or a unit of up to three Han characters that
// leaves the number before it as it is.
func unit(s string) bool {
	s = strings.TrimPrefix(s, " ")
	count := 0
	for _, r := range s {
		if count++; count > 3 || !Han(r) || HanDigit(r) >= 0 || strings.ContainsRune("十拾廿卅百佰千仟万亿半点多几来左右余", r) {
			return false
		}
	}
	return true
}

// Index reads the number of an option at the head of a reply, as it is typed or
// tapped: 1, １, 一, 1., ①, (1), 第一个, "1 上门", "1昨天". rest is what follows. It
// is false where the number runs on into a date, a time, an amount or another
// number: 11.28, 1月3号, 13号, 10点, "1 3". What is said around the number and means
// nothing is no part of rest: 1吧, 嗯，1, 就3吧.
func Index(s string) (n int, rest string, ok bool) {
	s = Fold(s)
	if n, ok := spokenIndex(s); ok {
		return n, "", true
	}
	return index(s)
}

// index is Index of the number alone.
func index(s string) (n int, rest string, ok bool) {
	for _, head := range [...]string{"选择", "选", "第"} {
		if body, cut := strings.CutPrefix(s, head); cut {
			if n, rest, ok = ordinal(body); ok {
				return n, rest, true
			}
		}
	}
	if r, size := utf8.DecodeRuneInString(s); r >= '①' && r <= '⒛' {
		return int(r-'①')%20 + 1, separated(s[size:]), true
	}
	if body, cut := strings.CutPrefix(s, "("); cut {
		v, size, _ := Small(body)
		if size > 0 && v > 0 && strings.HasPrefix(body[size:], ")") {
			return v, separated(body[size+1:]), true
		}
		return 0, s, false
	}
	v, size, inHan := Small(s)
	if size == 0 || v == 0 || s[0] == '0' || inHan && First(s) == '两' {
		return 0, s, false
	}
	after := s[size:]
	if after == "" || stops(after) {
		return v, "", true
	}
	rest = separated(after)
	switch next := First(rest); {
	case Digit(next), strings.ContainsRune("-/%", next):
		return 0, s, false
	case len(rest) == len(after) && (inHan || strings.ContainsRune(unitsAfter, next)):
		return 0, s, false // 一组, 1月3号
	case len(rest) < len(after) && strings.ContainsRune("月号点时年", next) && restNumber(rest):
		return 0, s, false // "1 月 3 号"
	}
	return v, rest, true
}

// unitsAfter are the characters that make the digits before them an amount, a
// date, a time or an address.
const unitsAfter = "月号日点时年岁口个天周星礼楼组层分元块斤次遍位户里米万千百十半片种条件项:"

func restNumber(rest string) bool {
	_, size := utf8.DecodeRuneInString(rest)
	_, n, _ := Small(strings.TrimLeft(rest[size:], " "))
	return n > 0
}

// ordinal reads what follows 第 or 选: "一个", "1", "二条 上门".
func ordinal(s string) (int, string, bool) {
	v, size, _ := Small(s)
	if size == 0 || v == 0 {
		return 0, s, false
	}
	rest := s[size:]
	for _, w := range [...]string{"个", "项", "条", "位", "号"} {
		if after, cut := strings.CutPrefix(rest, w); cut {
			return v, separated(after), true
		}
	}
	if rest != "" && (len(separated(rest)) == len(rest) || Digit(First(separated(rest)))) {
		return 0, s, false // 第一次, 选3.5
	}
	return v, separated(rest), true
}

// separated takes the stops off the head of what follows a number.
func separated(s string) string { return strings.TrimLeft(s, " .,、。):;") }

func stops(s string) bool { return strings.Trim(s, " .,、。);!~") == "" }
