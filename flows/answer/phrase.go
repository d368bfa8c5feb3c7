package answer

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/storage/calendar"
)

// kind says what sort of phrase gave a date: in a sentence each needs other
// neighbours to be believed.
type kind int

const (
	noDate     kind = iota
	relative        // 昨天, 三天后, 下周三, 2026年11月3日, 11月3号, 腊月二十
	weekday         // 周三, without 这 or 下: 周 is a surname too
	dotted          // 11.28, 11-28, 11/28
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

// season returns a coarse time, if it does not plainly lie the wrong way.
func (p parser) season(text string) Dates {
	rest := text
	if p.dir == Past && cut(&rest, "下个月", "下月", "下周", "下个", "下下", "下礼拜", "下星期", "过几天", "过些天", "过一阵", "过阵子") ||
		p.dir == Future && cut(&rest, "上个", "上月", "上周", "上上", "上礼拜", "上星期", "前几天", "前两天", "几天前") {
		return Dates{Reason: WrongDirection}
	}
	return Dates{Coarse: text}
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
	{"大前天", -3, 0}, {"大前日", -3, 0}, {"大前儿", -3, 0}, {"前天", -2, 0}, {"前日", -2, 0}, {"前儿", -2, 0},
	{"昨天", -1, 0}, {"昨日", -1, 0}, {"昨儿个", -1, 0}, {"昨儿", -1, 0}, {"昨晚", -1, Evening}, {"昨夜", -1, Evening}, {"昨个", -1, 0},
	{"夜来", -1, 0}, {"夜儿个", -1, 0}, {"夜儿", -1, 0},
	{"今天", 0, 0}, {"今日", 0, 0}, {"今儿个", 0, 0}, {"今儿", 0, 0}, {"今早", 0, Morning}, {"今晚", 0, Evening}, {"今个", 0, 0},
	{"刚才", 0, 0}, {"刚刚", 0, 0}, {"方才", 0, 0},
	{"赶明儿", 1, 0}, {"赶明", 1, 0}, {"明天", 1, 0}, {"明日", 1, 0}, {"明儿个", 1, 0}, {"明儿", 1, 0}, {"明早", 1, Morning},
	{"明晚", 1, Evening}, {"明个", 1, 0}, {"大后天", 3, 0}, {"大后日", 3, 0}, {"大后儿", 3, 0}, {"后天", 2, 0}, {"后日", 2, 0}, {"后儿", 2, 0},
}

func (p parser) word(s string) (Dates, int, kind) {
	if !strings.ContainsRune("大前昨夜今刚方赶明后", first(s)) || s == "" {
		return Dates{}, 0, noDate
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
			return p.ask("", monday+5, monday+6), len(s) - len(rest), relative
		}
		if cut(&rest, "末") {
			return p.ask("", monday+5, monday+6), len(s) - len(rest), relative
		}
		return p.season(s[:len(s)-len(rest)]), len(s) - len(rest), loose
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
	case p.one(d).Reason == OK && (p.dir != Any || d >= p.today):
		return p.one(d), size, k
	case p.dir == Past:
		return p.ask("", d-7), size, k
	}
	return p.ask("", d, d+7), size, k
}

// weekdayAt reads the day behind 周, Monday 1 to Sunday 7.
func weekdayAt(s string) (int, bool) {
	r := first(s)
	if strings.ContainsRune("日天", r) && s != "" {
		return 7, true
	}
	if digit(r) && digits(s) == 1 && r > '0' && r < '8' {
		return int(r - '0'), true
	}
	if n := hanDigit(r); n >= 1 && n <= 6 && r != '两' && r != '俩' {
		// 周一 to 周六; 周三十 is nobody's day
		_, size := utf8.DecodeRuneInString(s)
		return n, !strings.ContainsRune("十百个", first(s[size:])) || len(s) == size
	}
	return 0, false
}

// count reads 三天后, 半个月后, 两个月, 3天前.
func (p parser) count(s string) (Dates, int, kind) {
	rest := s
	cut(&rest, "再过", "过")
	passed := len(rest) < len(s)
	half := cut(&rest, "半")
	n, size, _ := small(rest)
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
	case cut(&rest, "个月"):
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
		return p.season("过几天"), len(s) - len(rest), loose // 过两天 counts nothing
	}
	d := p.today.AddMonths(sign*months) + calendar.Day(sign*days)
	return p.one(d), len(s) - len(rest), relative
}

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
	month, inHan, ok := p.month(&rest)
	if !ok {
		return Dates{}, 0, noDate
	}
	day, size, dayHan := small(rest)
	if size == 0 {
		return Dates{}, 0, noDate
	}
	rest = rest[size:]
	hao := cut(&rest, "号", "日")
	if digit(first(rest)) {
		return Dates{}, 0, noDate
	}
	n := len(s) - len(rest)
	// 八月十五 is the Moon Festival, 八月十五号 is a day of the office.
	if inHan && dayHan && !hao && !solar && !named && month <= 12 {
		return p.both(month, day), n, relative
	}
	return p.solar(year, named, month, day), n, relative
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
		n := digits(rest)
		v, _ := strconv.Atoi(rest[:n])
		if n == 0 {
			for r := first(rest); hanDigit(r) >= 0 && n < 12; r = first(rest[n:]) {
				v = v*10 + hanDigit(r)
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
	month, size, inHan := small(rest)
	if size == 0 {
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
	d, ok := p.yearly(this, func(y int) (calendar.Day, bool) {
		return calendar.Date(y, m, day), calendar.Valid(y, m, day)
	})
	if !ok {
		return Dates{Reason: Impossible}
	}
	return p.near(d)
}

// near asks back where the day that fits is more than a year away (2月29日).
func (p parser) near(d calendar.Day) Dates {
	if d-p.today > 400 || p.today-d > 400 {
		return p.ask("", d)
	}
	return p.one(d)
}

// both returns a day that may be meant in either calendar.
func (p parser) both(month, day int) Dates {
	solar, lunar := p.solar(0, false, month, day), p.lunarDay(0, false, month, false, day)
	switch {
	case lunar.Reason != OK:
		return solar
	case solar.Reason != OK:
		return lunar
	}
	days := append(lunar.Alternatives, lunar.Day, solar.Day)
	return p.ask("", append(days, solar.Alternatives...)...)
}

// written reads 20261103, 1008, 2026-11-03, 11.28, 10/8 and 28号.
func (p parser) written(s string) (Dates, int, kind) {
	n := digits(s)
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
	if size > 0 && strings.ContainsRune(".-/。、", r) && digits(s[size:]) > 0 {
		return r, size
	}
	return 0, 0
}

func (p parser) fullDate(s string, year, n int, sep rune, size int) (Dates, int, kind) {
	n += size
	m := digits(s[n:])
	month, _ := strconv.Atoi(s[n : n+min(m, 3)])
	n += m
	next, size := separator(s[n:])
	if size == 0 || next != sep || m > 2 || year < 1900 || year > 2100 {
		return Dates{}, 0, noDate
	}
	n += size
	m = digits(s[n:])
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
	m := digits(s[n:])
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
		return p.solar(0, false, month, day), n + len("号"), dotted
	}
	// 8.15 is the Moon Festival to many, or a quarter past eight.
	if month == 8 && day == 15 && sep != '-' && sep != '/' {
		return p.both(month, day), n, dotted
	}
	return p.solar(0, false, month, day), n, dotted
}

// dayOnly reads "28号": in this month, or in the nearest that has it on the side
// where the question looks.
func (p parser) dayOnly(s string) (Dates, int, kind) {
	day, size, inHan := small(s)
	rest := s[size:]
	if size == 0 || !cut(&rest, "号") && (inHan || !cut(&rest, "日")) {
		return Dates{}, 0, noDate
	}
	n := len(s) - len(rest)
	if day < 1 || day > 31 {
		return Dates{Reason: Impossible}, n, bareDay
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
			return p.one(d), n, bareDay
		}
	}
	return Dates{Reason: Impossible}, n, bareDay
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
