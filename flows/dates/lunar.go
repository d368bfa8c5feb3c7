package dates

import (
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// lunar reads days of the farmers' calendar: 正月初六, 腊月20, 农历八月十五, 闰五月初三,
// 除夕, 大年初二, 过了十五, 初六.
func (p parser) lunar(s string) (Dates, int, kind) {
	rest := s
	said := cut(&rest, "阴历", "农历", "旧历", "老历")
	if !said {
		if d, n, k := p.newYear(s); n > 0 {
			return d, n, k
		}
	}
	years := p.lunarYears(&rest)
	leap := cut(&rest, "闰")
	month, sure := lunarMonth(&rest)
	if month == 0 {
		if leap || len(years.may) > 0 {
			return Dates{}, 0, noDate
		}
		if m, d, n := dotted(rest); said && n > 0 { // 阴历8.15
			return p.lunarDay(lunarYears{}, m, false, d), len(s) - len(rest) + n, relative
		}
		return p.monthless(s, rest, said)
	}
	if a, b, n := pair(rest); n > 0 && sure {
		return p.either(p.lunarDay(years, month, leap, a), p.lunarDay(years, month, leap, b)), len(s) - len(rest) + n, relative
	}
	day, size, marked := lunarDay(rest)
	if size == 0 || !(sure || said || leap || marked) {
		return Dates{}, 0, noDate
	}
	rest = rest[size:]
	if sure && day%10 == 0 && cut(&rest, "几", "来号") { // 腊月二十几
		n := len(s) - len(rest)
		return p.yearlySpan(s[:n], func(y int) (calendar.Day, calendar.Day, bool) {
			from, ok := calendar.FromLunar(y, month, leap, day)
			to := from + 9
			if !ok || to.Lunar().Month != month {
				to = from + calendar.Day(calendar.LunarMonthDays(y, month, leap)-day)
			}
			return from, to, ok
		}), n, loose
	}
	if strings.ContainsRune("天个年月多几点", answer.First(rest)) && rest != "" {
		return Dates{}, 0, noDate // 腊月二十天
	}
	cut(&rest, "号", "日")
	d := p.lunarDay(years, month, leap, day)
	if around := rest; cut(&around, "前后", "左右") && d.Day != 0 {
		n := len(s) - len(around)
		return p.span(s[:n], d.Day-3, d.Day+3), n, loose
	}
	return d, len(s) - len(rest), relative
}

// lunarYears reads the year that is said of a lunar date: the lunar years that may be
// meant, none where no year is said. In January 明年 may be the farmers' next year or
// that of the office; with its number (2027年腊月) a month counts in either too.
func (p parser) lunarYears(s *string) lunarYears {
	numbered := answer.Digit(answer.First(*s)) || answer.HanDigit(answer.First(*s)) >= 0
	year, named := p.year(s)
	if !named {
		return lunarYears{}
	}
	if numbered {
		return lunarYears{may: []int{year, year - 1}, civil: year}
	}
	this, _, _ := p.today.Date()
	return lunarYears{may: slices.Compact([]int{year, year - this + p.today.Lunar().Year})}
}

// lunarYears are the lunar years that may be meant; where civil is set, the others
// than it only for a day that lies in that year of the calendar.
type lunarYears struct {
	may   []int
	civil int
}

// lunarMonth reads the name of a month. sure is true where only the lunar
// calendar has the name.
func lunarMonth(s *string) (month int, sure bool) {
	rest := *s
	switch {
	case cut(&rest, "正月"):
		month, sure = 1, true
	case cut(&rest, "冬月", "冬子月"):
		month, sure = 11, true
	case cut(&rest, "腊月"):
		month, sure = 12, true
	default:
		v, size, _ := answer.Small(rest)
		rest = rest[size:]
		if size == 0 || v < 1 || v > 12 || !cut(&rest, "月") {
			return 0, false
		}
		month = v
	}
	*s = rest
	return month, sure
}

// lunarDay reads a day of a lunar month. marked is true where 初 or 廿 says that
// it is one.
func lunarDay(s string) (day, size int, marked bool) {
	rest := s
	marked = cut(&rest, "初")
	v, n, inHan := answer.Small(rest)
	switch {
	case n == 0, v < 1, marked && v > 10:
		return 0, 0, false
	}
	if !marked && inHan && answer.First(rest) == '廿' {
		marked = true
	}
	return v, len(s) - len(rest) + n, marked
}

// ofYears returns the day of a lunar date in those of the years that it is in.
func (p parser) ofYears(years lunarYears, month int, leap bool, day int) Dates {
	var days []calendar.Day
	for _, y := range years.may {
		d, ok := calendar.FromLunar(y, month, leap, day)
		if civil, _, _ := d.Date(); ok && (years.civil == 0 || y == years.civil || civil == years.civil) {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return Dates{Reason: Impossible}
	}
	return single(p.ask("", days...))
}

// single makes the only day that is left the one that is meant.
func single(d Dates) Dates {
	if len(d.Alternatives) == 1 {
		d.Day, d.Alternatives = d.Alternatives[0], nil
	}
	return d
}

// lunarDay returns the day of a lunar date without or with its years.
func (p parser) lunarDay(years lunarYears, month int, leap bool, day int) Dates {
	if len(years.may) > 0 {
		return p.ofYears(years, month, leap, day)
	}
	base := p.today.Lunar().Year
	// 腊月三十 is New Year's Eve; when the month has 29 days it is still said so.
	if month == 12 && day == 30 && !leap {
		this, _, _ := p.today.Date()
		eve, ok := p.yearly(this, func(y int) (calendar.Day, bool) { return calendar.Festival("除夕", y) })
		if l := eve.Lunar(); ok && l.Day == 30 {
			return p.one(eve)
		}
		return p.ask("", eve)
	}
	d, ok := p.yearly(base, func(y int) (calendar.Day, bool) { return calendar.FromLunar(y, month, leap, day) })
	if !ok {
		return Dates{Reason: Impossible}
	}
	for y := base - 1; y <= base+1 && !leap; y++ { // 五月初五 in a year with two fifth months
		other, twice := calendar.FromLunar(y, month, true, day)
		if twice && p.one(other).Reason == OK && (d.Lunar().Year == y || apart(other, p.today) < apart(d, p.today)) {
			return p.ask("", d, other)
		}
	}
	return p.near(d)
}

// newYear reads the days around the New Year that have names of their own.
func (p parser) newYear(s string) (Dates, int, kind) {
	rest := s
	switch {
	case cut(&rest, "大年三十", "年三十", "三十晚上", "三十下晚", "除夕夜", "除夕"):
		cut(&rest, "晚上", "夜里")
		return p.festival("除夕"), len(s) - len(rest), relative
	case cut(&rest, "大年初", "年初", "过完年初", "过了年初", "年后初"):
		day, size, _ := answer.Small(rest)
		if size == 0 || day < 1 || day > 10 || strings.HasPrefix(rest[size:], "月") {
			return Dates{}, 0, noDate
		}
		return p.lunarDay(lunarYears{}, 1, false, day), len(s) - len(rest) + size, relative
	}
	for _, name := range namedDays {
		if cut(&rest, name) {
			cut(&rest, "那天", "当天")
			return p.festival(strings.TrimSuffix(strings.TrimSuffix(name, "节"), "儿童")), len(s) - len(rest), loose
		}
	}
	for _, name := range terms {
		if cut(&rest, name) {
			cut(&rest, "那天", "当天")
			this, _, _ := p.today.Date()
			d, ok := p.yearly(this, func(y int) (calendar.Day, bool) { return calendar.Term(name, y) })
			if !ok {
				return Dates{Reason: Impossible}, len(s) - len(rest), loose
			}
			return p.one(d), len(s) - len(rest), loose
		}
	}
	return Dates{}, 0, noDate
}

// The days that have a name of their own; 清明 is said of the days around it too, and
// stands among the seasons.
// nothing changes them.
var (
	namedDays = [...]string{"小年", "腊八节", "腊八", "元宵节", "元宵", "重阳节", "重阳", "七夕节", "七夕", "中元节", "中元", "龙抬头", "三八节", "六一儿童节", "六一节", "六一", "七一", "八一"}
	terms     = [...]string{"立春", "雨水", "惊蛰", "春分", "谷雨", "立夏", "小满", "芒种", "夏至", "小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至", "小寒", "大寒"}
)

func (p parser) festival(name string) Dates {
	this, _, _ := p.today.Date()
	d, ok := p.yearly(this, func(y int) (calendar.Day, bool) { return calendar.Festival(name, y) })
	if !ok {
		return Dates{Reason: Impossible}
	}
	return p.one(d)
}

// monthless reads a lunar day without its month: 初六, 农历十八. It is asked which
// month: the nearest ones, and 正月 when that is not far.
func (p parser) monthless(s, rest string, said bool) (Dates, int, kind) {
	day, size, marked := lunarDay(rest)
	if size == 0 || !said && (!marked || answer.First(rest) != '初') || day > 30 {
		return Dates{}, 0, noDate
	}
	n := len(s) - len(rest) + size
	if after := s[n:]; after != "" && strings.ContainsRune("月天年中高级班个", answer.First(after)) {
		return Dates{}, 0, noDate // 初一班, 初三年级
	}
	step := calendar.Day(1)
	if p.dir == Past {
		step = -1
	}
	var found calendar.Day
	for i := calendar.Day(0); i < 62 && found == 0; i++ {
		if d := p.today + i*step; d.Lunar().Day == day {
			found = d
		}
	}
	newYear := calendar.Day(0)
	if p.dir != Past {
		d, ok := calendar.FromLunar(p.today.Lunar().Year+1, 1, false, day)
		if ok && d-p.today < 120 {
			newYear = d
		}
	}
	return single(p.ask("", found, newYear)), n, loose
}

// afterDay reads 过了十五 and 过完初六: some day after it, so the person is asked.
func (p parser) afterDay(s string) (Dates, int, kind) {
	rest := s
	after := cut(&rest, "过了", "过完")
	month := cut(&rest, "正月", "阴历", "农历")
	day, size, marked := lunarDay(rest)
	rest = rest[size:]
	if size == 0 || day > 27 || !after && !cut(&rest, "以后", "之后", "后") || !after && !(marked || month) && day != 15 {
		return Dates{}, 0, noDate
	}
	if rest != "" && strings.ContainsRune("天月年号日岁个多", answer.First(rest)) {
		return Dates{}, 0, noDate
	}
	d, ok := p.yearly(p.today.Lunar().Year, func(y int) (calendar.Day, bool) {
		return calendar.FromLunar(y, 1, false, day)
	})
	if !ok || p.dir == Past {
		return Dates{Reason: WrongDirection}, len(s) - len(rest), loose
	}
	return p.ask("正月"+dayName(d)+"以后", d+1, d+3), len(s) - len(rest), loose
}

// dayName returns the day of the lunar date without its month: 十五.
func dayName(d calendar.Day) string {
	_, name, _ := strings.Cut(d.Lunar().String(), "月")
	return name
}
