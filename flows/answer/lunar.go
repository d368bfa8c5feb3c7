package answer

import (
	"strings"

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
	year, named := p.year(&rest)
	leap := cut(&rest, "闰")
	month, sure := lunarMonth(&rest)
	if month == 0 {
		if leap || named {
			return Dates{}, 0, noDate
		}
		return p.monthless(s, rest, said)
	}
	day, size, marked := lunarDay(rest)
	if size == 0 || !(sure || said || leap || marked) {
		return Dates{}, 0, noDate
	}
	rest = rest[size:]
	if strings.ContainsRune("天个年月多几点", first(rest)) && rest != "" {
		return Dates{}, 0, noDate // 腊月二十天
	}
	cut(&rest, "号", "日")
	return p.lunarDay(year, named, month, leap, day), len(s) - len(rest), relative
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
		v, size, _ := small(rest)
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
	v, n, inHan := small(rest)
	switch {
	case n == 0, v < 1, marked && v > 10:
		return 0, 0, false
	}
	if !marked && inHan && first(rest) == '廿' {
		marked = true
	}
	return v, len(s) - len(rest) + n, marked
}

// lunarDay returns the day of a lunar date without or with its year.
func (p parser) lunarDay(year int, named bool, month int, leap bool, day int) Dates {
	if named {
		d, ok := calendar.FromLunar(year, month, leap, day)
		if !ok {
			return Dates{Reason: Impossible}
		}
		return p.one(d)
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
	l := d.Lunar()
	if other, twice := calendar.FromLunar(l.Year, month, true, day); twice && !leap && p.one(other).Reason == OK {
		return p.ask("", d, other) // 五月初五 in a year with two fifth months
	}
	return p.near(d)
}

// newYear reads the days around the New Year that have names of their own.
func (p parser) newYear(s string) (Dates, int, kind) {
	rest := s
	switch {
	case cut(&rest, "大年三十", "年三十", "除夕夜", "除夕"):
		return p.festival("除夕"), len(s) - len(rest), relative
	case cut(&rest, "大年初"):
		day, size, _ := small(rest)
		if size == 0 || day < 1 || day > 10 {
			return Dates{}, 0, noDate
		}
		return p.lunarDay(0, false, 1, false, day), len(s) - len(rest) + size, relative
	}
	for _, name := range [...]string{"小年", "腊八", "元宵节", "元宵"} {
		if cut(&rest, name) {
			cut(&rest, "那天", "当天")
			return p.festival(name), len(s) - len(rest), loose
		}
	}
	return Dates{}, 0, noDate
}

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
	if size == 0 || !said && (!marked || first(rest) != '初') || day > 30 {
		return Dates{}, 0, noDate
	}
	n := len(s) - len(rest) + size
	if after := s[n:]; after != "" && strings.ContainsRune("月天年中高级班个", first(after)) {
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
	return p.ask("", found, newYear), n, loose
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
	if rest != "" && strings.ContainsRune("天月年号日岁个多", first(rest)) {
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

// seasons are the times that are no day; the longer ones first.
var seasons = [...]string{
	"春节前", "春节后", "春节期间", "春节", "过年", "过完年", "过了年", "年前", "年后", "节前", "节后", "年底", "年初", "年关", "开春",
	"国庆节", "国庆", "十一期间", "五一节", "五一", "元旦节", "元旦", "清明节", "清明", "端午节", "端午", "中秋节", "中秋", "重阳", "八月节", "五月节",
	"麦收", "麦前", "麦后", "过麦", "收麦", "三夏", "秋收", "秋后", "秋天", "入秋", "入冬", "冬天", "春天", "夏天", "种麦", "寒假", "暑假", "放假",
	"上半年", "下半年", "过几天", "过些天", "过阵子", "过一阵", "这几天", "这两天", "前几天", "前两天", "几天后", "几天前", "月底", "月初", "月中",
	"上半月", "下半月", "上旬", "中旬", "下旬", "下个月", "下月", "这个月", "本月", "上个月", "上月",
}

// coarse reads what is less than a day: a season, a month, a part of a month.
func (p parser) coarse(s string) (Dates, int, kind) {
	rest := s
	if m, _, ok := p.month(&rest); ok && m >= 1 && m <= 12 {
		cut(&rest, "上旬", "中旬", "下旬", "底", "初", "里", "中")
		return p.season(s[:len(s)-len(rest)]), len(s) - len(rest), loose
	}
	if cut(&rest, "正月", "腊月", "冬月") {
		cut(&rest, "底", "初", "里", "中旬")
		return p.season(s[:len(s)-len(rest)]), len(s) - len(rest), loose
	}
	this, near := 0, cut(&rest, "下个月", "下月")
	if near {
		this = 1
	} else if near = cut(&rest, "上个月", "上月"); near {
		this = -1
	} else {
		near = cut(&rest, "这个月", "本月")
	}
	if near {
		return p.inMonth(s, rest, this)
	}
	cut(&rest, "今年", "明年", "等到", "等")
	for _, w := range seasons {
		if cut(&rest, w) {
			cut(&rest, "以后", "前后", "左右", "之前", "以前", "之后", "再说", "里")
			return p.season(s[:len(s)-len(rest)]), len(s) - len(rest), loose
		}
	}
	return Dates{}, 0, noDate
}

// inMonth reads what follows 下个月: a day of it, a part of it, or nothing.
func (p parser) inMonth(s, rest string, months int) (Dates, int, kind) {
	y, m, _ := p.today.AddMonths(months).Date()
	after := rest
	day, size, _ := small(after)
	after = after[size:]
	if size > 0 && cut(&after, "号", "日") {
		return p.solar(y, true, int(m), day), len(s) - len(after), relative
	}
	cut(&rest, "上旬", "中旬", "下旬", "底", "初", "中")
	return p.season(s[:len(s)-len(rest)]), len(s) - len(rest), loose
}
