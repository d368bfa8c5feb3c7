package wechat

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var keyword = regexp.MustCompile(`\{\{\s*([A-Za-z_]+[0-9]*)\.DATA\s*\}\}`)

// Keywords returns the keywords of a template's content, {{thing1.DATA}}, in order.
func Keywords(content string) []string {
	var keys []string
	for _, m := range keyword.FindAllStringSubmatch(content, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

// A rule says which values a kind of keyword takes (the platform's table of
// keyword types, the same for templates and subscription notices).
type rule struct {
	most  int // characters
	valid func(string) bool
	says  string
}

const (
	clock = `([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?`
	day   = `\d{4}(年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})`
)

var (
	timeValue   = match(`(` + day + ` ?)?` + clock)
	dateValue   = match(day + `( ?` + clock + `)?`)
	numberValue = match(`[-+]?\d+(\.\d+)?`)
	amountValue = match(`[¥￥$€£]?\d{1,10}(\.\d+)?元?`)
)

var rules = map[string]rule{
	"thing":            {20, func(s string) bool { return every(s, common) }, "letters, digits, Chinese and common signs"},
	"character_string": {32, func(s string) bool { return every(s, ascii) }, "letters, digits and signs, no Chinese"},
	"number":           {32, numberValue, "digits"},
	"letter":           {32, func(s string) bool { return every(s, latin) }, "letters"},
	"symbol":           {5, func(s string) bool { return every(s, sign) }, "signs"},
	"time":             {50, span(timeValue), "a time, as 15:01, or with a date before it"},
	"date":             {50, span(dateValue), "a date, as 2019-10-01, or with a time after it"},
	"amount":           {20, amountValue, "one sign of currency and up to 10 digits"},
	"phone_number":     {17, func(s string) bool { return every(s, phone) }, "digits and signs of a phone number"},
	"car_number":       {8, func(s string) bool { return every(s, common) }, "a number plate"},
	"name":             {20, validName, "10 Chinese or 20 other characters"},
	"phrase":           {5, func(s string) bool { return every(s, han) }, "Chinese"},
	// What these two may be is set in the platform's console.
	"enum":  {50, func(s string) bool { return every(s, common) }, "one of the values set"},
	"const": {50, func(s string) bool { return every(s, common) }, "one of the values set"},
}

// kind is the type of a keyword: thing1 is a thing.
func kind(key string) string { return strings.TrimRight(key, "0123456789") }

// ValidTemplateValue returns nil if the platform will take value for the
// keyword key, else an error that names the key and the rule, not the value.
func ValidTemplateValue(key, value string) error {
	r, ok := rules[kind(key)]
	switch {
	case !ok:
		return fmt.Errorf("data.%s: not a kind of keyword", key)
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("data.%s is empty", key)
	case utf8.RuneCountInString(value) > r.most:
		return fmt.Errorf("data.%s is longer than %d characters", key, r.most)
	case !r.valid(value):
		return fmt.Errorf("data.%s must be %s", key, r.says)
	}
	return nil
}

// Fit makes of value what ValidTemplateValue takes for key, by leaving out and
// cutting off what it would not take. It returns "" if nothing is left, or for
// kinds of which a part is wrong rather than short (a time, a date, a number,
// an amount, a phone number, enum, const): the caller has other words for that.
func Fit(key, value string) string {
	k := kind(key)
	r, ok := rules[k]
	if !ok {
		return ""
	}
	keep := map[string]func(rune) bool{"thing": common, "character_string": ascii, "letter": latin,
		"symbol": sign, "name": common, "phrase": han, "car_number": common}[k]
	if keep != nil {
		value = pick(value, keep, r.most)
	}
	value = strings.TrimSpace(value)
	for k == "name" && value != "" && !validName(value) {
		_, size := utf8.DecodeLastRuneInString(value)
		value = strings.TrimSpace(value[:len(value)-size])
	}
	if ValidTemplateValue(key, value) != nil {
		return ""
	}
	return value
}

// pick returns the first most characters of s that are wanted. Runs of spaces
// and newlines become one space, for values have no lines.
func pick(s string, wanted func(rune) bool, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if wanted(r) && n < most {
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}

func every(s string, is func(rune) bool) bool {
	for _, r := range s {
		if !is(r) {
			return false
		}
	}
	return true
}

func match(pattern string) func(string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString
}

// span is for values of which two may be joined by ~.
func span(valid func(string) bool) func(string) bool {
	return func(s string) bool {
		from, to, both := strings.Cut(s, "~")
		return valid(strings.TrimSpace(from)) && (!both || valid(strings.TrimSpace(to)))
	}
}

func validName(s string) bool {
	return every(s, common) && (utf8.RuneCountInString(s) <= 10 || every(s, ascii))
}

func ascii(r rune) bool { return r >= ' ' && r <= '~' }
func latin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func sign(r rune) bool  { return common(r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ' }
func phone(r rune) bool { return r >= '0' && r <= '9' || strings.ContainsRune("+-() ", r) }
func han(r rune) bool   { return unicode.Is(unicode.Han, r) }

// common signs are ASCII's and those of Chinese writing. Emoji, control
// characters and ornaments (①, ★) are not: the platform silently drops them,
// and refuses what is left empty.
func common(r rune) bool {
	return ascii(r) || han(r) || r >= '！' && r <= '～' || strings.ContainsRune("、。，；：？！“”‘’《》（）【】—…·￥¥℃", r)
}
