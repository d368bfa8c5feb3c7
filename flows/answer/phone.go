package answer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// PhoneError says that digits look like a phone and are none: Len is how many
// there are, 11 where only the first ones are wrong.
type PhoneError struct {
	Digits string
	Len    int
}

func (e *PhoneError) Error() string { return fmt.Sprintf("phone: %d digits", e.Len) }

// Phone finds a mobile number (1[3-9] and nine digits, also with +86, spaces or
// dashes) or a landline of Zaozhuang (0632 and seven) in s. It returns its
// digits alone and the folded text without it. Where digits only look like a
// phone it returns "", the folded text and the error; where there are none at
// all the error is nil too.
func Phone(s string) (phone, rest string, err *PhoneError) {
	s = Fold(s)
	var wrong *PhoneError
	for start := 0; start < len(s); {
		if s[start] < '0' || s[start] > '9' {
			start++
			continue
		}
		run, found, end := phoneAt(s[start:])
		if found != "" {
			head := strings.TrimRight(s[:start], "+( ")
			for _, word := range [...]string{"手机号码", "电话号码", "手机号", "电话是", "电话", "手机", "号码"} {
				if cut, ok := strings.CutSuffix(strings.TrimRight(head, " :,"), word); ok {
					head = cut
					break
				}
			}
			return found, strings.Trim(Fold(head+" "+strings.TrimLeft(s[start+end:], ")")), " ,、。:;"), nil
		}
		if wrong == nil && phoneLike(run) {
			wrong = &PhoneError{Digits: run, Len: len(run)}
		}
		start += max(Digits(s[start:]), 1)
	}
	return "", s, wrong
}

// phoneAt reads the groups of digits at the head of s. It returns the phone that
// some of the first groups make, with its end; else all the digits that stand
// together.
func phoneAt(s string) (run, phone string, end int) {
	var buf [24]byte
	n, i := 0, 0
	for i < len(s) && n < len(buf) {
		group := Digits(s[i:])
		// Nobody writes a phone in groups of one or two: "1790000317 3组" is a phone
		// too short and a group of the village.
		if group == 0 || n+group > len(buf) || n > 0 && group < 3 {
			break
		}
		n += copy(buf[n:], s[i:i+group])
		i += group
		if d := withoutCountry(buf[:n]); isPhone(d) {
			return "", string(d), i
		}
		if i+1 >= len(s) || strings.IndexByte(" -)", s[i]) < 0 || Digits(s[i+1:]) == 0 {
			break
		}
		i++
	}
	return string(withoutCountry(buf[:n])), "", i
}

func withoutCountry(d []byte) []byte {
	for _, code := range [...]string{"0086", "86"} {
		if len(d) > len(code)+2 && string(d[:len(code)]) == code && d[len(code)] == '1' {
			return d[len(code):]
		}
	}
	return d
}

func isPhone(d []byte) bool {
	return len(d) == 11 && (d[0] == '1' && d[1] >= '3' || string(d[:4]) == "0632")
}

// phoneLike reports whether digits that are no phone were meant as one: they
// begin as one and are too few or too many, or are as many and begin otherwise.
func phoneLike(d string) bool {
	switch {
	case len(d) < 7 || len(d) > 15:
		return false
	case d[0] == '1' && d[1] >= '3', strings.HasPrefix(d, "0632"):
		return true
	}
	return len(d) >= 10 && len(d) <= 12
}

// SpokenDigits returns s with the digits of a phone that were spoken or typed one by
// one put together: 一七九零…, 幺七九…, 1 7 9 0 …. Fewer than seven in a row stay as
// they are, for they may be part of a name or of an address.
func SpokenDigits(s string) string {
	s = Fold(s)
	var b strings.Builder
	for s != "" {
		run, n, apart := "", 0, false
		for rest := s; ; {
			r, size := utf8.DecodeRuneInString(rest)
			d := HanDigit(r)
			if Digit(r) {
				d = int(r - '0')
			}
			if size == 0 || d < 0 || r == '俩' || r == '仨' {
				break
			}
			run += string(rune('0' + d))
			n = len(s) - len(rest) + size
			rest = rest[size:]
			if next := strings.TrimPrefix(rest, " "); next != rest && Digits(next) < 2 && (apart || len(run) == 1) { // “1790000317 3组” is no longer number
				rest, apart = next, true
			}
		}
		if len(run) >= 7 {
			b.WriteString(run)
		} else {
			if n == 0 {
				_, n = utf8.DecodeRuneInString(s)
			}
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
