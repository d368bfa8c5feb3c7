package xpath

import (
	"math"
	"strconv"
	"strings"
)

const (
	textValue valueKind = iota
	numberValue
	boolValue
	dateValue     // str is YYYY-MM-DD, num whole days since 1970-01-01
	dateTimeValue // str is ISO with offset, num days since 1970-01-01T00:00Z
	setValue
)

// Empty is a question that has no answer.
var Empty = Value{}

// Text returns s as a value; the empty text is Empty.
func Text(s string) Value { return Value{str: s} }

// Number returns f as a value.
func Number(f float64) Value { return Value{kind: numberValue, num: f} }

// Bool returns b as a value.
func Bool(b bool) Value {
	if b {
		return Value{kind: boolValue, num: 1}
	}
	return Value{kind: boolValue}
}

// DateText returns the date or the date with time that s is in ISO 8601; a
// time without an offset is in UTC+8. It returns Empty when s is neither or
// names a day that does not exist.
func DateText(s string) Value {
	s = trim(s)
	if day, ok := parseDay(s); ok {
		return Value{kind: dateValue, num: float64(day), str: s}
	}
	if t, ok := parseMoment(s); ok {
		return Value{kind: dateTimeValue, num: t, str: s}
	}
	return Empty
}

// Stored returns the stored text s with the type of its question. A text that
// does not fit its kind stays a text, but an impossible date is Empty. With
// AutoField the type is guessed: true and false are booleans, plain numbers of
// up to 15 digits are numbers, ISO dates are dates.
func Stored(kind FieldKind, s string) Value {
	if s == "" {
		return Empty
	}
	switch kind {
	case NumberField:
		if f, ok := parseDecimal(s); ok {
			return storedNumber(f, s)
		}
	case BoolField:
		if s == "true" || s == "false" {
			return Bool(s == "true")
		}
	case DateField, DateTimeField:
		return DateText(s)
	case AutoField:
		return guess(s)
	}
	return Text(s)
}

func guess(s string) Value {
	if s == "true" || s == "false" {
		return Bool(s == "true")
	}
	if f, ok := parseDecimal(s); ok && len(s) <= 15 && FormatNumber(f) == s {
		return storedNumber(f, s)
	}
	if v := DateText(s); !v.IsEmpty() {
		return v
	}
	return Text(s)
}

// storedNumber keeps the text of a whole number, so that it need not be
// printed again when it is compared with a text, and one of more digits than a
// number can hold is shown as it was written.
func storedNumber(f float64, s string) Value {
	v := Number(f)
	if s[0] >= '1' && s[0] <= '9' && strings.IndexByte(s, '.') < 0 && s[len(s)-1] != ' ' {
		v.str = s
	}
	return v
}

// Store returns how a calculated value is stored. NaN is stored as empty; of a
// set, the first value counts.
func Store(v Value) string {
	if v.kind == numberValue && math.IsNaN(v.num) {
		return ""
	}
	if v.kind == setValue {
		if len(v.set) == 0 {
			return ""
		}
		return Store(v.set[0])
	}
	return v.String()
}

// Kind returns the kind with which Stored gives v back from its stored text.
func (v Value) Kind() FieldKind {
	switch v.kind {
	case numberValue:
		return NumberField
	case boolValue:
		return BoolField
	case dateValue:
		return DateField
	case dateTimeValue:
		return DateTimeField
	}
	return TextField
}

// All returns the values of a set (see Env.Many), or v alone.
func (v Value) All() []Value {
	if v.kind == setValue {
		return v.set
	}
	return []Value{v}
}

// IsEmpty reports whether v is an unanswered question or an empty text.
func (v Value) IsEmpty() bool {
	switch v.kind {
	case textValue:
		return v.str == ""
	case setValue:
		return len(v.set) == 0 || v.set[0].IsEmpty()
	}
	return false
}

// isNothing reports whether coalesce() passes v over.
func (v Value) isNothing() bool {
	return v.IsEmpty() || v.kind == numberValue && math.IsNaN(v.num)
}

// Bool returns the truth of v: a number is true unless 0 or NaN, a text unless
// it is empty (the text "false" is true), a date always.
func (v Value) Bool() bool {
	switch v.kind {
	case textValue:
		return v.str != ""
	case numberValue, boolValue:
		return v.num != 0 && v.num == v.num
	case setValue:
		return len(v.set) > 0 && v.set[0].Bool()
	}
	return true
}

// Number returns v as a number: a text is read as a decimal number or else as
// an ISO date; NaN if it is neither. Dates are days since 1970-01-01.
func (v Value) Number() float64 {
	switch v.kind {
	case textValue:
		return parseNumber(v.str)
	case setValue:
		if len(v.set) == 0 {
			return math.NaN()
		}
		return v.set[0].Number()
	}
	return v.num
}

// String returns v as text; NaN is "NaN" (see Store).
func (v Value) String() string {
	switch v.kind {
	case numberValue:
		if v.str != "" {
			return v.str
		}
		return FormatNumber(v.num)
	case boolValue:
		if v.num != 0 {
			return "true"
		}
		return "false"
	case setValue:
		if len(v.set) == 0 {
			return ""
		}
		return v.set[0].String()
	}
	return v.str
}

// shown is String for text that a person will read: NaN is left out.
func (v Value) shown() string {
	if v.kind == numberValue && math.IsNaN(v.num) {
		return ""
	}
	return v.String()
}

// FormatNumber returns f without exponent or trailing zeros; fractions have 15
// digits, so that 0.1 + 0.2 is "0.3". It gives "NaN", "Infinity", "-Infinity".
func FormatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == math.Trunc(f) && math.Abs(f) <= 1<<53:
		return strconv.FormatInt(int64(f), 10)
	case f == math.Trunc(f):
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	var buf [32]byte
	short, err := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], f, 'e', 14, 64)), 64)
	if err != nil || math.IsInf(short, 0) {
		short = f
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// parseNumber reads a text as arithmetic and comparisons do.
func parseNumber(s string) float64 {
	if f, ok := parseDecimal(s); ok {
		return f
	}
	s = trim(s)
	if day, ok := parseDay(s); ok {
		return float64(day)
	}
	if t, ok := parseMoment(s); ok {
		return t
	}
	return math.NaN()
}

// parseDecimal reads -?digits[.digits] with spaces around it, as XPath does:
// no exponent, no plus sign.
func parseDecimal(s string) (float64, bool) {
	s = trim(s)
	digits, dots, whole := 0, 0, 0
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= '0' && b <= '9':
			digits++
			if digits <= 15 {
				whole = whole*10 + int(b-'0')
			}
		case b == '.':
			dots++
		case b != '-' || i != 0:
			return 0, false
		}
	}
	if digits == 0 || dots > 1 {
		return 0, false
	}
	if dots == 0 && digits <= 15 {
		if s[0] == '-' {
			whole = -whole
		}
		return float64(whole), true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// trim cuts what XML calls white space.
func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// equal is the operator = between two single values.
func equal(a, b Value) bool {
	if a.kind == textValue && b.kind == textValue {
		return a.str == b.str
	}
	if a.kind == boolValue || b.kind == boolValue {
		return a.Bool() == b.Bool()
	}
	if a.kind == numberValue || b.kind == numberValue {
		return near(a.Number(), b.Number())
	}
	// A date against a date or a text: by day if the text is one, else by letters.
	if x, y := moments(a, b); x == x && y == y {
		return near(x, y)
	}
	return a.str == b.str
}

// near allows for what arithmetic with decimals leaves behind, as Collect does.
func near(a, b float64) bool {
	return a == b || math.Abs(a-b) < 1e-12
}

// moments returns two values as numbers that may be compared or subtracted: a
// date beside a date with time is its midnight in UTC+8.
func moments(a, b Value) (float64, float64) {
	x, y := a.Number(), b.Number()
	if a.kind <= boolValue && b.kind <= boolValue {
		return x, y
	}
	aTimed, bTimed := a.timed(), b.timed()
	if aTimed && !bTimed && b.dated() {
		y -= 8.0 / 24
	}
	if bTimed && !aTimed && a.dated() {
		x -= 8.0 / 24
	}
	return x, y
}

func (v Value) timed() bool {
	if v.kind == textValue && len(v.str) > 10 {
		_, ok := parseMoment(trim(v.str))
		return ok
	}
	return v.kind == dateTimeValue
}

func (v Value) dated() bool {
	if v.kind == textValue {
		_, ok := parseDay(trim(v.str))
		return ok
	}
	return v.kind == dateValue
}
