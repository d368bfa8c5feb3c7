package dates

import (
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// FindDate finds the first date phrase in a sentence and returns where it stands
// in s, in bytes, and what it says. It believes a phrase only among neighbours
// that fit: phones, amounts (8.15元), houses (3号楼), groups (一二三组) and names
// (王十五, 周天明) are no dates. A phrase that looks the wrong way (明天 where a past
// day is asked for) is passed over; when it was the only one the reason is
// WrongDirection. With no phrase start and end are 0. A day named without its year
// may be a year away ("11.28" of a past visit, said on the 23rd): echo the year
// when it is not this one.
func FindDate(s string, today calendar.Day, dir Direction) (start, end int, d Dates) {
	text, at := s, []int(nil)
	if !answer.Folded(s) {
		text, at = answer.FoldAt(s, true)
	}
	p := parser{today: today, dir: dir}
	none := Dates{Reason: NotADate}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !opens(r) {
			i += size
			continue
		}
		d, n, k := p.at(text[i:])
		switch {
		case n == 0 || !believed(k, text[:i], text[i:i+n], text[i+n:], d):
			i += passOver(text[i:], size)
		case d.Reason == WrongDirection:
			none.Reason = WrongDirection
			i += n
		default:
			d, n = p.saidAgain(text, i, n, d)
			return place(at, i, len(s)), place(at, i+n, len(s)), d
		}
	}
	return 0, 0, none
}

// saidAgain goes on to the same day said once more with its part: 明天 嗯 明天上午吧.
func (p parser) saidAgain(text string, i, n int, d Dates) (Dates, int) {
	for j := i + n; j < len(text) && j < i+n+24 && d.Day != 0 && d.Part == NoPart; {
		r, size := utf8.DecodeRuneInString(text[j:])
		if !opens(r) {
			j += size
			continue
		}
		e, m, _ := p.at(text[j:])
		if m == 0 {
			j += passOver(text[j:], size)
			continue
		}
		if e.Day == d.Day && e.Part != NoPart && Filler(text[i+n:j]) {
			return e, j + m - i
		}
		break
	}
	return d, n
}

// passOver returns how far to go on after a refusal: a run of digits is read
// from its beginning or not at all.
func passOver(s string, size int) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || n > 0 && strings.IndexByte(".-/:", s[n]) >= 0) {
		n++
	}
	return max(n, size)
}

// place returns where a byte of the folded text stands in the original.
func place(at []int, i, end int) int {
	switch {
	case at == nil:
		return i
	case i >= len(at):
		return end
	}
	return at[i]
}

// opens reports whether a date phrase may begin with r.
func opens(r rune) bool {
	if answer.Digit(r) {
		return true
	}
	return r >= 0x3000 && strings.ContainsRune("大前昨夜今刚方赶明后後去下上这本周星礼再过半一二两三四五六七八九十拾廿〇正腊冬闰阴农旧老阳公新除年月", r)
}

// The characters that a day may stand behind, or before, in a sentence.
const (
	daysAfter  = "在等到约改于是从定下上这本去来走回有就得我俺她他咱都了记的，,。、;:.(!? "
	daysBefore = "去来走到回约见访看上下早晚中午头后过我俺她他咱在是那和给送打办也都就已又再要没不,。、;:(!?) "
)

// believed reports whether a phrase stands among neighbours that let it be a
// date.
func believed(k kind, before, phrase, after string, d Dates) bool {
	prev, next := answer.Last(before), answer.First(after)
	if answer.Digit(answer.First(phrase)) && (answer.Digit(prev) || strings.ContainsRune(".-/:¥￥#", prev) && prev != 0 || prev >= 'a' && prev <= 'z') ||
		answer.Digit(answer.Last(phrase)) && (answer.Digit(next) || next >= 'a' && next <= 'z' || next == '%' || next == ':') {
		return false
	}
	left := prev == 0 || strings.ContainsRune(daysAfter, prev)
	right := next == 0 || strings.ContainsRune(daysBefore, next) || followed(after)
	switch k {
	case weekday, dottedDay:
		// 体温37.5, 3-5个 and 1/2片 are no days, and 13.5 no date that went wrong.
		return (left || followed(before)) && right && !(k == dottedDay && d.Reason == Impossible && !plausible(phrase))
	case bareDay:
		return !strings.ContainsRune("组村街路楼院巷栋排幢第元-选", orSpace(prev)) && right
	case digitsOnly:
		return false
	case loose:
		return len(d.Alternatives) > 0 && strings.HasPrefix(phrase, "过") || seasonFound(before, phrase, after)
	}
	// 夜来香 is a flower; 王明儿 and 李三月 are people.
	switch {
	case strings.HasPrefix(phrase, "夜来") && next == '香':
		return false
	case strings.HasSuffix(phrase, "儿") && prev != 0 && strings.ContainsRune(answer.Surnames, prev) && !left:
		return false
	case answer.Digit(answer.First(phrase)) || answer.HanDigit(answer.First(phrase)) >= 0 || answer.First(phrase) == '十':
		return answer.HanDigit(prev) < 0 && prev != '十' && prev != '第' && prev != '几'
	}
	return true
}

func orSpace(r rune) rune {
	if r == 0 {
		return ' '
	}
	return r
}

// followed reports whether the words of a visit or a way stand beside a day.
func followed(s string) bool {
	for _, w := range [...]string{"走访", "上门", "电话", "随访", "看望", "回访", "送", "晌午", "夜里", "傍"} {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	for _, w := range [...]string{"走访", "返乡", "外出", "加号", "日期", "改期"} {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// plausible reports whether numbers that make no date were meant as one: 11.31
// was, 37.5 and 2.60 were not.
func plausible(phrase string) bool {
	n := answer.Digits(phrase)
	m, _, _ := answer.Small(phrase)
	_, size := separator(phrase[n:])
	if size == 0 {
		return false
	}
	d, _, _ := answer.Small(phrase[n+size:])
	return m >= 1 && m <= 12 && d >= 1 && d <= 31
}

// seasonFound reports whether a word for a season is meant as one in a sentence:
// 国庆 and 五一 are names too, so a word of coming and going must follow.
func seasonFound(before, phrase, after string) bool {
	switch answer.First(phrase) {
	case '年', '月', '下', '上', '过':
	default:
		return false
	}
	prev := answer.Last(before)
	if answer.HanDigit(prev) >= 0 || answer.Digit(prev) || prev == '几' || prev == '十' {
		return false
	}
	if prev != 0 && !strings.ContainsRune(daysAfter+"说", prev) {
		return false // 刘上周
	}
	next := answer.First(after)
	return next == 0 || strings.ContainsRune("回走去来再才就，,。 的要到俺她我", next)
}
