package dates

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// kind says what sort of phrase gave a date: in a sentence each needs other
// neighbours to be believed.
type kind int

const (
	noDate     kind = iota
	relative        // 昨天, 三天后, 下周三, 2026年11月3日, 11月3号, 腊月二十
	weekday         // 周三, without 这 or 下: 周 is a surname too
	dottedDay       // 11.28, 11-28, 11/28
	bareDay         // 28号
	digitsOnly      // 1008
	loose           // 月底, 国庆, 初六: too little to be found in a sentence
)

// parser reads date phrases at the head of a folded text.
type parser struct {
	today calendar.Day
	dir   Direction
}

// at reads one phrase and returns its length in bytes, 0 where there is none.
func (p parser) at(s string) (Dates, int, kind) {
	for _, rule := range [...]func(parser, string) (Dates, int, kind){
		parser.word, parser.week, parser.count, parser.numeric, parser.afterDay, parser.lunar, parser.coarse,
	} {
		if d, n, k := rule(p, s); n > 0 {
			if d.Reason == OK && d.Part == NoPart && k != loose {
				gap := 0
				if strings.HasPrefix(s[n:], " ") {
					gap = 1
				}
				if part, m := partAt(s[n+gap:]); m > 0 {
					d.Part, n = part, n+gap+m
				}
			}
			if around := s[n:]; d.Reason == OK && cut(&around, "前后", "左右") {
				if n = len(s) - len(around); d.Day != 0 {
					return p.span(s[:n], d.Day-3, d.Day+3), n, loose
				}
			}
			if before := s[n:]; d.Day != 0 && p.dir == Future && cut(&before, "以前", "之前") { // 正月十五以前
				n = len(s) - len(before)
				return p.span(s[:n], p.today, d.Day), n, loose
			}
			return d, n, k
		}
	}
	return Dates{}, 0, noDate
}

// one returns a day if it lies where the question looks.
func (p parser) one(d calendar.Day) Dates {
	if p.dir == Past && d > p.today || p.dir == Future && d < p.today {
		return Dates{Reason: WrongDirection}
	}
	return Dates{Day: d}
}

// ask returns those of the days that lie where the question looks, in order and
// each once.
func (p parser) ask(coarse string, days ...calendar.Day) Dates {
	d := Dates{Coarse: coarse}
	for _, day := range days {
		if day != 0 && p.one(day).Reason == OK {
			d.Alternatives = append(d.Alternatives, day)
		}
	}
	if len(d.Alternatives) == 0 {
		return Dates{Reason: WrongDirection}
	}
	slices.Sort(d.Alternatives)
	d.Alternatives = slices.Compact(d.Alternatives)
	return d
}

// yearly picks the year for a day that is named without one: of the days that
// make gives, the first from today on, the last up to today, or the nearest. It
// is false where no year from nine before to nine after has it.
func (p parser) yearly(base int, make func(year int) (calendar.Day, bool)) (calendar.Day, bool) {
	var before, after calendar.Day
	for n := range 10 {
		if d, ok := make(base - n); ok && before == 0 && d <= p.today {
			before = d
		}
		if d, ok := make(base - 1 + n); ok && after == 0 && d >= p.today {
			after = d
		}
	}
	switch {
	case p.dir == Past, p.dir == Any && before != 0 && (after == 0 || p.today-before < after-p.today):
		return before, before != 0
	}
	return after, after != 0
}

// words are the days said from today.
var words = [...]struct {
	word string
	days calendar.Day
	part Part
}{
	{"大前天", -3, 0}, {"大前日", -3, 0}, {"大前儿", -3, 0}, {"前天", -2, 0}, {"前日", -2, 0}, {"前儿个", -2, 0}, {"前儿", -2, 0},
	{"昨天", -1, 0}, {"昨日", -1, 0}, {"昨儿个", -1, 0}, {"昨儿", -1, 0}, {"昨晚", -1, Evening}, {"昨夜", -1, Evening}, {"昨个", -1, 0},
	{"夜来", -1, 0}, {"夜儿个", -1, 0}, {"夜儿", -1, 0},
	{"今天", 0, 0}, {"今日", 0, 0}, {"今儿个", 0, 0}, {"今儿", 0, 0}, {"今早", 0, Morning}, {"今晚", 0, Evening}, {"今个", 0, 0},
	{"刚才", 0, 0}, {"刚刚", 0, 0}, {"方才", 0, 0},
	{"明天", 1, 0}, {"明日", 1, 0}, {"明儿个", 1, 0}, {"明儿", 1, 0}, {"明早", 1, Morning},
	{"明晚", 1, Evening}, {"明个", 1, 0}, {"大后天", 3, 0}, {"大后日", 3, 0}, {"大后儿", 3, 0}, {"后天", 2, 0}, {"后日", 2, 0}, {"后儿个", 2, 0}, {"后儿", 2, 0},
	{"後天", 2, 0}, {"後日", 2, 0}, {"大後天", 3, 0},
}

func (p parser) word(s string) (Dates, int, kind) {
	if !strings.ContainsRune("大前昨夜今刚方赶明后後", answer.First(s)) || s == "" {
		return Dates{}, 0, noDate
	}
	rest := s
	switch {
	case cut(&rest, "明后两天", "明后天"):
		return p.ask("", p.today+1, p.today+2), len(s) - len(rest), relative
	case cut(&rest, "今明两天", "今明天"):
		return p.ask("", p.today, p.today+1), len(s) - len(rest), relative
	case cut(&rest, "赶明儿", "赶明个", "赶明"): // tomorrow, or some day
		return p.ask("", p.today+1), len(s) - len(rest), relative
	}
	if move := strings.IndexRune("昨今明", answer.First(s)); move >= 0 { // 今早上, 昨过午
		size := len("今")
		if part, n := partAt(s[size:]); n > size {
			d := p.one(p.today + calendar.Day(move/size-1))
			if d.Reason == OK {
				d.Part = part
			}
			return d, size + n, relative
		}
	}
	for i := range words {
		w := &words[i]
		if !strings.HasPrefix(s, w.word) {
			continue
		}
		d := p.one(p.today + w.days)
		if d.Reason == OK {
			d.Part = w.part
		}
		return d, len(w.word), relative
	}
	return Dates{}, 0, noDate
}

// week reads 周三, 下周三, 上个礼拜天, 周末. Weeks begin on Monday.
func (p parser) week(s string) (Dates, int, kind) {
	rest, weeks, said := s, 0, true
	switch {
	case cut(&rest, "下下个", "下下"):
		weeks = 2
	case cut(&rest, "上上个", "上上"):
		weeks = -2
	case cut(&rest, "下个", "下"):
		weeks = 1
	case cut(&rest, "上个", "上"):
		weeks = -1
	case cut(&rest, "这个", "这", "本"):
	default:
		said = false
	}
	zhou := strings.HasPrefix(rest, "周")
	if !cut(&rest, "周", "星期", "礼拜") {
		return Dates{}, 0, noDate
	}
	monday := p.today - calendar.Day(p.today.Weekday()+6)%7 + calendar.Day(7*weeks)
	n, ok := weekdayAt(rest)
	if !ok {
		if !said || strings.HasPrefix(rest, "边") {
			if !cut(&rest, "末") {
				return Dates{}, 0, noDate
			}
			if p.dir == Past && monday+5 > p.today {
				monday -= 7
			}
			return p.ask("", monday+5, monday+6), len(s) - len(rest), relative
		}
		if cut(&rest, "末") {
			return p.ask("", monday+5, monday+6), len(s) - len(rest), relative
		}
		return p.span(s[:len(s)-len(rest)], monday, monday+6), len(s) - len(rest), loose
	}
	_, size := utf8.DecodeRuneInString(rest)
	size += len(s) - len(rest)
	d := monday + calendar.Day(n-1)
	if said {
		return p.one(d), size, relative
	}
	k := relative
	if zhou {
		k = weekday
	}
	switch {
	case d == p.today && p.dir == Future: // 周一, said on a Monday
		return p.ask("", d, d+7), size, k
	case p.one(d).Reason == OK && (p.dir != Any || d >= p.today):
		return p.one(d), size, k
	case p.dir == Past:
		return p.ask("", d-7), size, k
	}
	return p.ask("", d, d+7), size, k
}

// weekdayAt reads the day behind 周, Monday 1 to Sunday 7.
func weekdayAt(s string) (int, bool) {
	r := answer.First(s)
	if strings.ContainsRune("日天", r) && s != "" {
		return 7, true
	}
	if answer.Digit(r) && answer.Digits(s) == 1 && r > '0' && r < '8' {
		return int(r - '0'), true
	}
	if n := answer.HanDigit(r); n >= 1 && n <= 6 && r != '两' && r != '俩' {
		// 周一 to 周六; 周三十 is nobody's day
		_, size := utf8.DecodeRuneInString(s)
		return n, !strings.ContainsRune("十百个", answer.First(s[size:])) || len(s) == size
	}
	return 0, false
}

// count reads 三天后, 半个月后, 两个月, 3天前.
func (p parser) count(s string) (Dates, int, kind) {
	rest := s
	cut(&rest, "再过", "过")
	passed := len(rest) < len(s)
	if d, n, ok := p.someDays(s, rest); ok {
		return d, n, loose
	}
	half := cut(&rest, "半")
	n, size, _ := answer.Small(rest)
	bare := strings.HasPrefix(rest, "俩") || strings.HasPrefix(rest, "仨") // 俩月 is two of them
	if half {
		n, size = 0, 0
	} else if size == 0 {
		return Dates{}, 0, noDate
	}
	rest = rest[size:]
	months, days := 0, 0
	switch {
	case half && cut(&rest, "个月", "月"):
		days = 15
	case half && cut(&rest, "年"):
		months = 6
	case half:
		return Dates{}, 0, noDate
	case cut(&rest, "个月"), bare && cut(&rest, "月"):
		months = n
	case cut(&rest, "天"):
		days = n
	case cut(&rest, "个星期", "个礼拜", "个周", "星期", "礼拜", "周"):
		days = 7 * n
	case cut(&rest, "年"):
		months = 12 * n
	default:
		return Dates{}, 0, noDate
	}
	sign := 1
	switch {
	case cut(&rest, "之后", "以后", "后"):
	case cut(&rest, "之前", "以前", "前"):
		sign = -1
	case passed:
	// 两个月, where a day to come is asked for; 两天 or 两年 could be anything.
	case p.dir == Future && rest == "" && (months > 0 || half) && months < 12:
	default:
		return Dates{}, 0, noDate
	}
	if passed && (n == 2 && strings.Contains(s[:len(s)-len(rest)], "两天")) {
		return p.vague("过几天"), len(s) - len(rest), loose // 过两天 counts nothing
	}
	d := p.today.AddMonths(sign*months) + calendar.Day(sign*days)
	return p.one(d), len(s) - len(rest), relative
}

// someDays reads what counts and is not exact: 两三天后, 两三个月.
func (p parser) someDays(s, rest string) (Dates, int, bool) {
	if n, size, _ := answer.Small(rest); size > 0 { // 十来天前
		after := rest[size:]
		if cut(&after, "来天", "多天") && cut(&after, "之前", "以前", "前") && p.dir != Future {
			return p.span(s[:len(s)-len(after)], p.today-calendar.Day(n)-3, p.today-calendar.Day(n)+3), len(s) - len(after), true
		}
	}
	_, _, size := pair(rest)
	if size == 0 || answer.Digit(answer.First(rest)) {
		return Dates{}, 0, false
	}
	rest = rest[size:]
	if !cut(&rest, "个星期", "个礼拜", "个月", "天", "周") {
		return Dates{}, 0, false
	}
	switch {
	case cut(&rest, "之前", "以前", "前"):
		if p.dir == Future {
			return Dates{Reason: WrongDirection}, len(s) - len(rest), true
		}
	case cut(&rest, "之后", "以后", "后"), p.dir == Future && rest == "":
		if p.dir == Past {
			return Dates{Reason: WrongDirection}, len(s) - len(rest), true
		}
	default:
		return Dates{}, 0, false
	}
	return Dates{Coarse: s[:len(s)-len(rest)]}, len(s) - len(rest), true
}

// year reads a year at the head of s: 2026年, 26年, 二〇二六年, 今年, 去年, 明年.
func (p parser) year(s *string) (int, bool) {
	this, _, _ := p.today.Date()
	rest := *s
	switch {
	case cut(&rest, "今年"):
	case cut(&rest, "明年"):
		this++
	case cut(&rest, "后年"):
		this += 2
	case cut(&rest, "去年"):
		this--
	case cut(&rest, "前年"):
		this -= 2
	default:
		n := answer.Digits(rest)
		v, _ := strconv.Atoi(rest[:n])
		if n == 0 {
			for r := answer.First(rest); answer.HanDigit(r) >= 0 && n < 12; r = answer.First(rest[n:]) {
				v = v*10 + answer.HanDigit(r)
				n += utf8.RuneLen(r)
			}
		}
		rest = rest[n:]
		if v > 0 && v < 100 && n == 2 {
			v += 2000
		}
		if !cut(&rest, "年") || v < 1900 || v > 2100 {
			return 0, false
		}
		this = v
	}
	*s = strings.TrimLeft(rest, " ")
	return this, true
}

// month reads "10月" or "十月" or 下个月 at the head of s.
func (p parser) month(s *string) (month int, inHan, ok bool) {
	rest := *s
	month, size, inHan := answer.Small(rest)
	if size == 0 || strings.ContainsRune("俩仨两", answer.First(rest)) {
		return 0, false, false
	}
	rest = rest[size:]
	cut(&rest, " ")
	if !cut(&rest, "月份", "月") {
		return 0, false, false
	}
	*s = strings.TrimLeft(rest, " ")
	return month, inHan, true
}

// solar returns the day of a month and perhaps a year.
func (p parser) solar(year int, named bool, month, day int) Dates {
	m := time.Month(month)
	if month < 1 || month > 12 || day < 1 || named && !calendar.Valid(year, m, day) {
		return Dates{Reason: Impossible}
	}
	if named {
		return p.one(calendar.Date(year, m, day))
	}
	this, _, _ := p.today.Date()
	of := func(y int) (calendar.Day, bool) { return calendar.Date(y, m, day), calendar.Valid(y, m, day) }
	d, ok := p.yearly(this, of)
	if !ok {
		return Dates{Reason: Impossible}
	}
	if p.dir == Any { // half a year off either way: which is it?
		before, ok := parser{p.today, Past}.yearly(this, of)
		after, ok2 := parser{p.today, Future}.yearly(this, of)
		if a, b := p.today-before, after-p.today; ok && ok2 && min(a, b) > 90 && 2*max(a, b) < 3*min(a, b) {
			return p.ask("", before, after)
		}
	}
	return p.near(d)
}

func apart(a, b calendar.Day) calendar.Day { return max(a-b, b-a) }

// either joins two days of which one is meant.
func (p parser) either(a, b Dates) Dates {
	days := append(slices.Clone(a.Alternatives), a.Day, b.Day)
	days = append(days, b.Alternatives...)
	if d := p.ask("", days...); d.Reason == OK {
		return d
	}
	if a.Coarse != "" && b.Coarse != "" {
		return Dates{Coarse: a.Coarse + "还是" + b.Coarse}
	}
	if a.Reason == OK {
		return b
	}
	return a
}

// near asks back where the day that fits is more than a year away (2月29日).
func (p parser) near(d calendar.Day) Dates {
	switch far := apart(d, p.today); {
	case far > 730:
		return Dates{Reason: Impossible}
	case far > 400:
		return p.ask("", d)
	}
	return p.one(d)
}

// both returns a day that may be meant in either calendar.
func (p parser) both(month, day int) Dates {
	solar, lunar := p.solar(0, false, month, day), p.lunarDay(lunarYears{}, month, false, day)
	if lunar.Reason == OK && len(solar.Alternatives) > 1 { // two calendars are question enough
		near := slices.MinFunc(solar.Alternatives, func(a, b calendar.Day) int { return int(apart(a, p.today) - apart(b, p.today)) })
		solar = Dates{Day: near}
	}
	switch {
	case lunar.Reason != OK:
		return solar
	case solar.Reason != OK:
		return lunar
	}
	days := append(lunar.Alternatives, lunar.Day, solar.Day)
	return p.ask("", append(days, solar.Alternatives...)...)
}

// said returns what 八月十五 without 号 is: the days that the village keeps are lunar,
// unless the day of the office is close.
func (p parser) said(month, day int) Dates {
	solar, lunar := p.solar(0, false, month, day), p.lunarDay(lunarYears{}, month, false, day)
	kept := month == day && slices.Contains([]int{2, 3, 5, 6, 7, 9}, month) || month == 8 && day == 15
	if kept && lunar.Day != 0 && (solar.Day == 0 || apart(solar.Day, p.today) > 45) {
		return lunar
	}
	return p.both(month, day)
}

// cut takes the first of words that s begins with off its head.
func cut(s *string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(*s, w) {
			*s = (*s)[len(w):]
			return true
		}
	}
	return false
}
