package dates

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// numeric reads days of the civil calendar written in numbers.
func (p parser) numeric(s string) (Dates, int, kind) {
	rest := s
	solar := cut(&rest, "阳历", "公历", "新历")
	year, named := p.year(&rest)
	if !named && !solar {
		if d, n, k := p.written(rest); n > 0 {
			return d, n, k
		}
	}
	if m, d, n := dotted(rest); solar && !named && n > 0 { // 阳历8.15
		return p.solar(0, false, m, d), len(s) - len(rest) + n, relative
	}
	month, inHan, ok := p.month(&rest)
	if !ok {
		return Dates{}, 0, noDate
	}
	if a, b, n := pair(rest); n > 0 {
		rest = rest[n:]
		if !cut(&rest, "号", "日") {
			return Dates{}, 0, noDate
		}
		return p.either(p.solar(year, named, month, a), p.solar(year, named, month, b)), len(s) - len(rest), relative
	}
	day, size, dayHan := answer.Small(rest)
	if size == 0 || answer.First(rest) == '廿' {
		return Dates{}, 0, noDate
	}
	rest = rest[size:]
	hao := cut(&rest, "号", "日")
	if answer.Digit(answer.First(rest)) {
		return Dates{}, 0, noDate
	}
	n := len(s) - len(rest)
	if month == 8 && day == 15 && !inHan && dayHan && !hao && !solar && !named { // 8月十五
		return p.both(month, day), n, relative
	}
	// 八月十五 is the Moon Festival, 八月十五号 is a day of the office.
	if inHan && dayHan && !hao && !solar && !named && month <= 12 {
		return p.said(month, day), n, relative
	}
	return p.solar(year, named, month, day), n, relative
}

// pair reads two numbers side by side that are said in one breath: 二十五六, 三四,
// "25、26".
func pair(s string) (a, b, size int) {
	if n := answer.Digits(s); n > 0 {
		if n > 2 || n == len(s) {
			return 0, 0, 0
		}
		rest := s[n:]
		if !cut(&rest, "、", ",", "和", "或", "-", "到") {
			return 0, 0, 0
		}
		a, _, _ = answer.Small(s[:n])
		b, m, _ := answer.Small(rest)
		if m == 0 || b != a+1 || answer.Digits(rest) != m {
			return 0, 0, 0
		}
		return a, b, len(s) - len(rest) + m
	}
	tens, rest := 0, s
	switch {
	case cut(&rest, "二十", "廿"):
		tens = 20
	case cut(&rest, "三十"):
		tens = 30
	case cut(&rest, "十"):
		tens = 10
	}
	r, n := utf8.DecodeRuneInString(rest)
	r2, m := utf8.DecodeRuneInString(rest[n:])
	x, y := answer.HanDigit(r), answer.HanDigit(r2)
	if x < 1 || y != x+1 || answer.HanDigit(answer.First(rest[n+m:])) >= 0 {
		return 0, 0, 0
	}
	return tens + x, tens + y, len(s) - len(rest) + n + m
}

// dotted reads 8.15, 8-15 and 8。15 as month and day.
func dotted(s string) (month, day, size int) {
	n := answer.Digits(s)
	if n == 0 || n > 2 {
		return 0, 0, 0
	}
	_, sep := separator(s[n:])
	m := answer.Digits(s[n+sep:])
	if sep == 0 || m > 2 {
		return 0, 0, 0
	}
	month, _ = strconv.Atoi(s[:n])
	day, _ = strconv.Atoi(s[n+sep : n+sep+m])
	return month, day, n + sep + m
}

// written reads 20261103, 1008, 2026-11-03, 11.28, 10/8 and 28号.
func (p parser) written(s string) (Dates, int, kind) {
	if a, b, n := pair(s); n > 0 {
		if rest := s[n:]; cut(&rest, "号", "日") {
			return p.either(p.ofMonth(a), p.ofMonth(b)), len(s) - len(rest), bareDay
		}
	}
	n := answer.Digits(s)
	if n == 0 {
		return p.dayOnly(s)
	}
	v, _ := strconv.Atoi(s[:min(n, 9)])
	switch sep, size := separator(s[n:]); {
	case n == 8 && size == 0:
		if v < 19000000 || v > 21009999 {
			return Dates{}, 0, noDate
		}
		return p.solar(v/10000, true, v/100%100, v%100), n, relative
	case n == 4 && size == 0 && !strings.HasPrefix(s[n:], "年"):
		return p.solar(0, false, v/100, v%100), n, digitsOnly
	case n == 4 && size > 0:
		return p.fullDate(s, v, n, sep, size)
	case n <= 2 && size > 0:
		return p.monthDay(s, v, n, sep, size)
	}
	return p.dayOnly(s)
}

// separator reads what stands between the numbers of a date.
func separator(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if size > 0 && strings.ContainsRune(".-/。、", r) && answer.Digits(s[size:]) > 0 {
		return r, size
	}
	return 0, 0
}

func (p parser) fullDate(s string, year, n int, sep rune, size int) (Dates, int, kind) {
	n += size
	m := answer.Digits(s[n:])
	month, _ := strconv.Atoi(s[n : n+min(m, 3)])
	n += m
	next, size := separator(s[n:])
	if size == 0 || next != sep || m > 2 || year < 1900 || year > 2100 {
		return Dates{}, 0, noDate
	}
	n += size
	m = answer.Digits(s[n:])
	if m > 2 {
		return Dates{}, 0, noDate
	}
	day, _ := strconv.Atoi(s[n : n+m])
	n += m
	if _, size := separator(s[n:]); size > 0 {
		return Dates{}, 0, noDate
	}
	return p.solar(year, true, month, day), n, relative
}

func (p parser) monthDay(s string, month, n int, sep rune, size int) (Dates, int, kind) {
	n += size
	m := answer.Digits(s[n:])
	if m > 2 {
		return Dates{}, 0, noDate
	}
	day, _ := strconv.Atoi(s[n : n+m])
	n += m
	if _, size := separator(s[n:]); size > 0 {
		return Dates{}, 0, noDate
	}
	rest := s[n:]
	if cut(&rest, "号", "日") {
		return p.solar(0, false, month, day), n + len("号"), dottedDay
	}
	// 8.15 is the Moon Festival to many, or a quarter past eight.
	if sep != '-' && sep != '/' && p.moonFestival(month, day) {
		return p.both(month, day), n, dottedDay
	}
	return p.solar(0, false, month, day), n, dottedDay
}

// moonFestival reports whether a day in numbers may be meant as a festival: 8.15 at any
// time, the others (1.15, 5.5, 9.9) when theirs is near.
func (p parser) moonFestival(month, day int) bool {
	switch [2]int{month, day} {
	case [2]int{8, 15}:
		return true
	case [2]int{1, 15}, [2]int{5, 5}, [2]int{9, 9}:
		d := p.lunarDay(lunarYears{}, month, false, day)
		return d.Day != 0 && apart(d.Day, p.today) <= 60
	}
	return false
}

// dayOnly reads "28号": in this month, or in the nearest that has it on the side
// where the question looks.
func (p parser) dayOnly(s string) (Dates, int, kind) {
	day, size, inHan := answer.Small(s)
	rest := s[size:]
	if size == 0 || !cut(&rest, "号") && (inHan || !cut(&rest, "日")) {
		return Dates{}, 0, noDate
	}
	return p.ofMonth(day), len(s) - len(rest), bareDay
}

func (p parser) ofMonth(day int) Dates {
	if day < 1 || day > 31 {
		return Dates{Reason: Impossible}
	}
	y, m, _ := p.today.Date()
	step := 1
	if p.dir == Past {
		step = -1
	}
	for i := range 4 {
		first := calendar.Date(y, m+time.Month(i*step), 1)
		yy, mm, _ := first.Date()
		if d := first + calendar.Day(day-1); calendar.Valid(yy, mm, day) && p.one(d).Reason == OK {
			return p.one(d)
		}
	}
	return Dates{Reason: Impossible}
}
