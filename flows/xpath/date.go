package xpath

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// zone is the civil time of the villages. China has one, and no summer time.
var zone = time.FixedZone("", 8*3600)

const msPerDay = 24 * 3600 * 1000

// parseDay reads YYYY-MM-DD and returns days since 1970-01-01. It refuses days
// that do not exist.
func parseDay(s string) (int, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:])
	if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return dayNumber(y, m, d), true
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, len(s) > 0
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// dayNumber counts days since 1970-01-01 in the Gregorian calendar; years are
// counted from March, so that the leap day is the last.
func dayNumber(y, m, d int) int {
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + (153*(m-3)+2)/5 + d - 1 - 719468
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// parseMoment reads YYYY-MM-DDTHH:MM[:SS[.sss]][Z|±HH[:MM]] and returns days
// since 1970-01-01T00:00Z. Without an offset the time is in UTC+8.
func parseMoment(s string) (float64, bool) {
	if len(s) < 16 || s[10] != 'T' && s[10] != ' ' {
		return 0, false
	}
	day, ok := parseDay(s[:10])
	if !ok {
		return 0, false
	}
	ms, offset, ok := parseClock(s[11:])
	if !ok {
		return 0, false
	}
	return float64(day) + float64(ms-offset)/msPerDay, true
}

// parseClock reads HH:MM[:SS[.sss]][Z|±HH[:MM]] and returns milliseconds since
// midnight there, and the offset from UTC in milliseconds.
func parseClock(s string) (ms, offset int, ok bool) {
	offset = 8 * 3600 * 1000
	if i := strings.IndexAny(s, "Z+-"); i >= 0 {
		if offset, ok = parseOffset(s[i:]); !ok {
			return 0, 0, false
		}
		s = s[:i]
	}
	if len(s) < 5 || s[2] != ':' {
		return 0, 0, false
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:5])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, 0, false
	}
	ms = (h*60 + m) * 60000
	if s = s[5:]; s == "" {
		return ms, offset, true
	}
	if len(s) < 3 || s[0] != ':' {
		return 0, 0, false
	}
	sec, ok := digits(s[1:3])
	if !ok || sec > 59 {
		return 0, 0, false
	}
	ms += sec * 1000
	if s = s[3:]; s == "" {
		return ms, offset, true
	}
	if s[0] != '.' || len(s) > 10 {
		return 0, 0, false
	}
	if _, ok := digits(s[1:]); !ok {
		return 0, 0, false
	}
	frac, _ := digits((s[1:] + "00")[:3])
	return ms + frac, offset, true
}

func parseOffset(s string) (int, bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 3 && (len(s) != 6 || s[3] != ':') || s[0] == 'Z' {
		return 0, false
	}
	h, ok1 := digits(s[1:3])
	m, ok2 := 0, true
	if len(s) == 6 {
		m, ok2 = digits(s[4:])
	}
	if !ok1 || !ok2 || h > 14 || m > 59 {
		return 0, false
	}
	ms := (h*60 + m) * 60000
	if s[0] == '-' {
		ms = -ms
	}
	return ms, true
}

// maxDay is 9999-12-31: beyond it the text of a date has no ISO form.
const maxDay = 2932896

// dayValue returns the date of a day number, Empty if it has no ISO form.
func dayValue(day float64) Value {
	day = math.Floor(day)
	if !(day >= -719528 && day <= maxDay) {
		return Empty
	}
	t := time.Unix(int64(day)*86400, 0).UTC()
	y, m, d := t.Date()
	buf := [10]byte{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0'}
	for i := 3; i >= 0; i-- {
		buf[i] += byte(y % 10)
		y /= 10
	}
	buf[5] += byte(int(m) / 10)
	buf[6] += byte(int(m) % 10)
	buf[8] += byte(d / 10)
	buf[9] += byte(d % 10)
	return Value{kind: dateValue, num: day, str: string(buf[:])}
}

// momentValue returns the date with time of t, in UTC+8.
func momentValue(t time.Time) Value {
	t = t.In(zone)
	if y := t.Year(); y < 0 || y > 9999 {
		return Empty
	}
	return Value{kind: dateTimeValue, num: float64(t.UnixMilli()) / msPerDay, str: t.Format("2006-01-02T15:04:05.000-07:00")}
}

func today(now time.Time) Value {
	return dayValue(float64(floorDiv(int(now.Unix())+8*3600, 86400)))
}

// local returns the civil time of a date or date with time (a day by itself is
// its midnight); false if v is neither.
func local(v Value) (time.Time, bool) {
	switch v.kind {
	case dateValue:
		return time.Unix(int64(v.num)*86400-8*3600, 0).In(zone), true
	case dateTimeValue:
		return time.UnixMilli(int64(math.Round(v.num * msPerDay))).In(zone), true
	}
	return time.Time{}, false
}

// toMoment is what date-time() makes of a value: a date or a date with time. A
// whole number is a date, a fraction a moment, as decimal-date-time() counts.
func toMoment(v Value) Value {
	switch v.kind {
	case dateValue, dateTimeValue:
		return v
	case textValue:
		if d := DateText(v.str); !d.IsEmpty() {
			return d
		}
	}
	f := v.Number()
	if v.kind == boolValue || !(f >= -719528 && f <= maxDay+1) {
		return Empty
	}
	if f == math.Floor(f) {
		return dayValue(f)
	}
	return momentValue(time.UnixMilli(int64(math.Round(f * msPerDay))))
}

// toDay is what date() makes of a value: the day in UTC+8; a number is cut to
// its whole days.
func toDay(v Value) Value {
	if v.kind == textValue {
		v = DateText(v.str).or(v)
	}
	switch v.kind {
	case dateValue:
		return v
	case dateTimeValue:
		t, _ := local(v)
		return today(t)
	case boolValue:
		return Empty
	}
	return dayValue(v.Number())
}

func (v Value) or(w Value) Value {
	if v.IsEmpty() {
		return w
	}
	return v
}

// decimalTime returns the fraction of the day in UTC+8, NaN if v is no time.
func decimalTime(v Value) float64 {
	s := trim(v.String())
	if ms, offset, ok := parseClock(s); ok {
		ms = (ms - offset + 8*3600*1000) % msPerDay
		if ms < 0 {
			ms += msPerDay
		}
		return float64(ms) / msPerDay
	}
	d := toMoment(v)
	if d.kind != dateTimeValue {
		return math.NaN()
	}
	f := d.num + 8.0/24
	return f - math.Floor(f)
}

// formatDate writes a date as format-date() does, in Chinese. A value that is
// no date gives the empty text.
func formatDate(v Value, format string) string {
	t, ok := local(toMoment(v))
	if !ok {
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch format[i] {
		case 'Y':
			fmt.Fprintf(&b, "%04d", t.Year())
		case 'y':
			fmt.Fprintf(&b, "%02d", t.Year()%100)
		case 'm':
			fmt.Fprintf(&b, "%02d", int(t.Month()))
		case 'n':
			fmt.Fprintf(&b, "%d", int(t.Month()))
		case 'b':
			fmt.Fprintf(&b, "%d月", int(t.Month()))
		case 'd':
			fmt.Fprintf(&b, "%02d", t.Day())
		case 'e':
			fmt.Fprintf(&b, "%d", t.Day())
		case 'a':
			b.WriteString([]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[t.Weekday()])
		case 'H':
			fmt.Fprintf(&b, "%02d", t.Hour())
		case 'h':
			fmt.Fprintf(&b, "%d", t.Hour())
		case 'M':
			fmt.Fprintf(&b, "%02d", t.Minute())
		case 'S':
			fmt.Fprintf(&b, "%02d", t.Second())
		case '3':
			fmt.Fprintf(&b, "%03d", t.Nanosecond()/1e6)
		case '%':
			b.WriteByte('%')
		default:
			b.WriteByte('%')
			b.WriteByte(format[i])
		}
	}
	return b.String()
}

// badFormat returns the first % sequence that formatDate does not know.
func badFormat(format string) string {
	runes := []rune(format)
	for i := 0; i+1 < len(runes); i++ {
		if runes[i] != '%' {
			continue
		}
		i++
		if !strings.ContainsRune("YymnbdeaHhMS3%", runes[i]) {
			return string(runes[i-1 : i+1])
		}
	}
	return ""
}

// monthsBetween counts whole months from a to b, negative if b is before a; it
// returns Empty if one is no date. A month from 31 January is over on the last
// day of February.
func monthsBetween(a, b Value) Value {
	a, b = toDay(a), toDay(b)
	if a.IsEmpty() || b.IsEmpty() {
		return Empty
	}
	if b.num < a.num {
		return Number(0 - float64(fullMonths(b, a)))
	}
	return Number(float64(fullMonths(a, b)))
}

func fullMonths(a, b Value) int {
	t, _ := local(a)
	u, _ := local(b)
	months := (u.Year()-t.Year())*12 + int(u.Month()) - int(t.Month())
	if u.Day() < min(t.Day(), daysIn(u.Year(), int(u.Month()))) {
		months--
	}
	return months
}
