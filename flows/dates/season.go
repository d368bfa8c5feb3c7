package dates

import (
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// season is a time of the year that is said by name and is no day, the windows as
// domain.md 4.2 and 4.3 have them.
type season struct {
	words string
	when  func(year int) (from, to calendar.Day, ok bool) // nil where only a question helps
	day   func(year int) (calendar.Day, bool)             // what “那天” is of it
}

// seasons are those of the village.
var seasons = [...]season{
	{"春节期间 春节 过年 过大年 年关 大过年", lunarSpan(-1, 12, 20, 1, 6), festivalDay("春节")},
	{"年前 春节前 过年前 年根底下 年根底 年根儿 年根 年跟前", lunarEve, nil},
	{"年后 春节后 过年后 过完年 过了年 过罢年", lunarSpan(0, 1, 1, 1, 16), nil},
	{"元旦节 元旦假期 元旦 阳历年 新历年", festivalSpan("元旦", 0, 2), festivalDay("元旦")},
	{"清明节 清明", festivalSpan("清明", 1, 1), festivalDay("清明")},
	{"五一劳动节 五一节 五一假期 五一 劳动节", festivalSpan("五一", 0, 4), festivalDay("五一")},
	{"端午节 端午 五月端午 五月节", festivalSpan("端午", 0, 2), festivalDay("端午")},
	{"中秋节 中秋 八月中秋 八月节", festivalSpan("中秋", 0, 2), festivalDay("中秋")},
	{"国庆节 国庆假期 国庆 十一期间 十一假期 十一长假 十一黄金周 十一", festivalSpan("国庆", 0, 6), festivalDay("国庆")},
	{"麦收 收麦子 收麦 割麦子 割麦 打麦子 打麦 三夏 夏收 过麦季 过麦 麦季 麦口里 麦口 麦忙", solarSpan(time.May, 25, time.June, 15), nil},
	{"秋收秋种 秋收 秋种 秋忙 三秋 收秋 收棒子 掰棒子 收玉米 掰玉米 刨花生 收花生 种麦子 种麦", solarSpan(time.September, 15, time.October, 25), nil},
	{"秋后", solarSpan(time.October, 26, time.November, 30), nil},
	{"暑假 放暑假", solarSpan(time.July, 1, time.August, 31), nil},
	{"上半年", solarSpan(time.January, 1, time.June, 30), nil},
	{"下半年", solarSpan(time.July, 1, time.December, 31), nil},
	{"开春", termSpan("立春", "清明", 0), nil},
	{"春天", termSpan("立春", "立夏", 0), nil},
	{"夏天", termSpan("立夏", "立秋", 0), nil},
	{"秋天 入秋", termSpan("立秋", "立冬", 0), nil},
	{"冬天 入冬", termSpan("立冬", "立春", 1), nil},
	// What may be one time or another, or only begins somewhere.
	{"年底 年初 年中 节前 节后 放假 寒假 麦前 麦后 收完麦子 收完麦 割完麦子 割完麦 打完麦 过完麦 过了麦 种完麦子 种完麦 种上麦子 收完秋 收完棒子 忙完秋 出了正月 出正月 过了正月 过完正月", nil, nil},
	{"过几天 过些天 过阵子 过一阵 这几天 这两天 前几天 前两天 几天后 几天前 头几天", nil, nil},
}

func festivalDay(name string) func(int) (calendar.Day, bool) {
	return func(year int) (calendar.Day, bool) { return calendar.Festival(name, year) }
}

func festivalSpan(name string, before, after calendar.Day) func(int) (calendar.Day, calendar.Day, bool) {
	return func(year int) (calendar.Day, calendar.Day, bool) {
		d, ok := calendar.Festival(name, year)
		return d - before, d + after, ok
	}
}

func solarSpan(m time.Month, d int, m2 time.Month, d2 int) func(int) (calendar.Day, calendar.Day, bool) {
	return func(year int) (calendar.Day, calendar.Day, bool) {
		return calendar.Date(year, m, d), calendar.Date(year, m2, d2), true
	}
}

// termSpan lies between two solar terms, the second of them years later.
func termSpan(first, last string, years int) func(int) (calendar.Day, calendar.Day, bool) {
	return func(year int) (calendar.Day, calendar.Day, bool) {
		from, ok := calendar.Term(first, year)
		to, ok2 := calendar.Term(last, year+years)
		return from, to - 1, ok && ok2
	}
}

// lunarSpan lies between two lunar days; the first may be of the lunar year before.
func lunarSpan(years, month, day, month2, day2 int) func(int) (calendar.Day, calendar.Day, bool) {
	return func(year int) (calendar.Day, calendar.Day, bool) {
		from, ok := calendar.FromLunar(year+years, month, false, day)
		to, ok2 := calendar.FromLunar(year, month2, false, day2)
		return from, to, ok && ok2
	}
}

// lunarEve is from 腊月二十 to New Year's Eve.
func lunarEve(year int) (calendar.Day, calendar.Day, bool) {
	from, ok := calendar.FromLunar(year-1, 12, false, 20)
	to, ok2 := calendar.Festival("除夕", year)
	return from, to, ok && ok2
}

// span is a coarse time with its days; one that has begun starts today, and one
// that lies the wrong way is none.
func (p parser) span(text string, from, to calendar.Day) Dates {
	switch {
	case p.dir == Future && to < p.today, p.dir == Past && from > p.today:
		return Dates{Reason: WrongDirection}
	case p.dir == Future:
		from = max(from, p.today)
	case p.dir == Past:
		to = min(to, p.today)
	}
	return Dates{Coarse: text, From: from, To: to}
}

// vague is a coarse time without days, if it does not plainly lie the wrong way.
func (p parser) vague(text string) Dates {
	rest := text
	if p.dir == Past && cut(&rest, "过几天", "过些天", "过一阵", "过阵子", "几天后") || p.dir == Future && cut(&rest, "前几天", "前两天", "几天前", "头几天") {
		return Dates{Reason: WrongDirection}
	}
	return Dates{Coarse: text}
}

// yearlySpan picks the year for a coarse time that is named without one: the first
// that is not over, the last that has begun, or the nearest.
func (p parser) yearlySpan(text string, when func(int) (calendar.Day, calendar.Day, bool)) Dates {
	this, _, _ := p.today.Date()
	var found [2]calendar.Day
	away := calendar.Day(1 << 20)
	for y := this - 2; y <= this+2; y++ {
		from, to, ok := when(y)
		if !ok || p.dir == Future && to < p.today || p.dir == Past && from > p.today {
			continue
		}
		if far := max(from-p.today, p.today-to, 0); far < away {
			found, away = [2]calendar.Day{from, to}, far
		}
	}
	if found[1] == 0 {
		return Dates{Reason: Impossible}
	}
	return p.span(text, found[0], found[1])
}

// coarse reads what is less than a day: a season, a month, a part of a month.
func (p parser) coarse(s string) (Dates, int, kind) {
	rest := s
	if cut(&rest, "等到", "等", "到了", "到", "进了", "进") {
		d, n, k := p.coarse(rest)
		if n > 0 {
			n += len(s) - len(rest)
		}
		return d, n, k
	}
	this, _, _ := p.today.Date()
	year, named := p.year(&rest)
	named = named && year != this // 今年过年, said in November, is to come
	w, found := seasonAt(rest)
	if !found.is() || strings.HasPrefix(rest[len(w):], "月") { // 十一月
		d, n := p.partOfMonth(s, rest, year, named)
		return d, n, loose
	}
	rest = rest[len(w):]
	if found.day != nil {
		if d, n, ok := p.festivalDay(s, rest, found, year, named); ok {
			return d, n, loose
		}
	}
	if w == "十一" { // alone it is a number too
		rest = strings.TrimLeft(rest, " ")
		d := p.yearlySpan("国庆", found.when)
		if !cut(&rest, "以后", "之后", "之前", "以前", "前", "后") && !named {
			return d, len(s) - len(rest), loose
		}
		return p.vague("国庆" + strings.TrimPrefix(s, w)), len(s), loose
	}
	open := cut(&rest, "以后", "之后", "之前", "以前", "再说", "前", "后")
	if !open {
		tailOfSeason(&rest)
	}
	said, n := s[:len(s)-len(rest)], len(s)-len(rest)
	switch {
	case open || found.when == nil:
		return p.vague(said), n, loose
	case named:
		if from, to, ok := found.when(year); ok {
			return p.span(said, from, to), n, loose
		}
		return Dates{Reason: Impossible}, n, loose
	}
	return p.yearlySpan(said, found.when), n, loose
}

func (s season) is() bool { return s.words != "" }

func tailOfSeason(s *string) {
	cut(s, "假期", "期间", "放假")
	cut(s, "的时候", "时候", "那会儿", "那会", "那阵", "前后", "左右", "里头", "里")
}

// seasonAt returns the longest word for a season at the head of s.
func seasonAt(s string) (string, season) {
	best, found := "", season{}
	if s == "" {
		return best, found
	}
	for i := range seasons {
		for w := range strings.SplitSeq(seasons[i].words, " ") {
			if len(w) > len(best) && strings.HasPrefix(s, w) {
				best, found = w, seasons[i]
			}
		}
	}
	return best, found
}

// festivalDay reads what makes a day of a festival: 中秋那天, 国庆前一天.
func (p parser) festivalDay(s, rest string, f season, year int, named bool) (Dates, int, bool) {
	move := calendar.Day(0)
	switch {
	case cut(&rest, "那天", "当天", "那日"):
	case cut(&rest, "前一天", "头一天"):
		move = -1
	case cut(&rest, "后一天", "第二天"):
		move = 1
	default:
		return Dates{}, 0, false
	}
	n := len(s) - len(rest)
	if named {
		d, ok := f.day(year)
		if !ok {
			return Dates{Reason: Impossible}, n, true
		}
		return p.one(d + move), n, true
	}
	this, _, _ := p.today.Date()
	d, ok := p.yearly(this, func(y int) (calendar.Day, bool) {
		d, ok := f.day(y)
		return d + move, ok
	})
	if !ok {
		return Dates{Reason: Impossible}, n, true
	}
	return p.one(d), n, true
}

// partOfMonth reads 12月, 腊月里, 下个月底, 月初, 十二月中旬, 闰五月.
func (p parser) partOfMonth(s, rest string, year int, named bool) (Dates, int) {
	civil, months := false, 0
	switch {
	case cut(&rest, "下下个月", "下下月"):
		civil, months = true, 2
	case cut(&rest, "下个月", "下月"):
		civil, months = true, 1
	case cut(&rest, "上个月", "上月"):
		civil, months = true, -1
	case cut(&rest, "这个月", "本月", "这月"):
		civil = true
	}
	if civil {
		y, m, _ := p.today.AddMonths(months).Date()
		after := rest
		if day, size, _ := answer.Small(after); size > 0 {
			after = after[size:]
			if cut(&after, "号", "日") || after == "" || strings.ContainsRune(" ,，去来回走", answer.First(after)) {
				return p.solar(y, true, int(m), day), len(s) - len(after)
			}
		}
		first := calendar.Date(y, m, 1)
		from, to := partIn(&rest, first, first.AddMonths(1)-1)
		tailOfSeason(&rest)
		return p.span(s[:len(s)-len(rest)], from, to), len(s) - len(rest)
	}
	if bare := rest; cut(&bare, "月底", "月初", "月中", "上半月", "下半月", "上旬", "中旬", "下旬") {
		return p.ofSomeMonth(s, bare, strings.TrimPrefix(rest[:len(rest)-len(bare)], "月")), len(s) - len(bare)
	}
	if m, _, ok := p.month(&rest); ok && m >= 1 && m <= 12 {
		return p.ofMonths(s, rest, year, named, func(y int) (calendar.Day, calendar.Day, bool) {
			first := calendar.Date(y, time.Month(m), 1)
			return first, first.AddMonths(1) - 1, true
		})
	}
	leap := cut(&rest, "闰")
	m, sure := lunarMonth(&rest)
	if m == 0 || !sure && !leap {
		return Dates{}, 0
	}
	return p.ofMonths(s, rest, year, named, func(y int) (calendar.Day, calendar.Day, bool) {
		first, ok := calendar.FromLunar(y, m, leap, 1)
		return first, first + calendar.Day(calendar.LunarMonthDays(y, m, leap)) - 1, ok
	})
}

// ofMonths reads which part of a month is meant, and picks its year.
func (p parser) ofMonths(s, rest string, year int, named bool, month func(int) (calendar.Day, calendar.Day, bool)) (Dates, int) {
	after := rest
	partIn(&after, 0, 0)
	of := func(y int) (calendar.Day, calendar.Day, bool) {
		first, last, ok := month(y)
		part := rest
		from, to := partIn(&part, first, last)
		return from, to, ok
	}
	if cut(&after, "以后", "之后", "之前", "以前", "前", "后") {
		return p.vague(s[:len(s)-len(after)]), len(s) - len(after)
	}
	tailOfSeason(&after)
	said, n := s[:len(s)-len(after)], len(s)-len(after)
	if !named {
		return p.yearlySpan(said, of), n
	}
	from, to, ok := of(year)
	if !ok {
		return Dates{Reason: Impossible}, n
	}
	return p.span(said, from, to), n
}

// ofSomeMonth is 月底 without its month: of this one, or of the next on the side
// where the question looks.
func (p parser) ofSomeMonth(s, rest, part string) Dates {
	for _, months := range [...]int{0, 1, -1} {
		y, m, _ := p.today.AddMonths(months).Date()
		first := calendar.Date(y, m, 1)
		which := part
		from, to := partIn(&which, first, first.AddMonths(1)-1)
		if d := p.span(s[:len(s)-len(rest)], from, to); d.Reason == OK {
			return d
		}
	}
	return Dates{Reason: WrongDirection}
}

// partIn reads a part of a month at the head of s and returns its days.
func partIn(s *string, first, last calendar.Day) (from, to calendar.Day) {
	switch {
	case cut(s, "上旬", "头上", "头里"):
		return first, first + 9
	case cut(s, "中旬", "中"):
		return first + 10, first + 19
	case cut(s, "下旬"):
		return first + 20, last
	case cut(s, "上半月"):
		return first, first + 14
	case cut(s, "下半月"):
		return first + 15, last
	case cut(s, "月底", "底"):
		return first + 24, last
	case cut(s, "月初", "初"):
		return first, first + 4
	}
	return first, last
}

// Unsure reports whether somebody says that she cannot tell when: 说不准, 没定.
func Unsure(s string) bool {
	s = trimHead(answer.Bare(s))
	for _, w := range [...]string{"还", "也", "这个", "现在"} {
		s = strings.TrimPrefix(s, w)
	}
	for _, w := range [...]string{"呢", "了", "吧", "哩", "啊", "呀"} {
		s = strings.TrimSuffix(s, w)
	}
	return slices.Contains(unsureWords, s)
}

// SayDay is a day to be echoed: 周三 1月20日 腊月十三, with its year where it is not plain.
// Date understands it again.
func SayDay(d, today calendar.Day) string {
	if apart(d, today) > 330 {
		return d.WithYear() + " " + d.Lunar().String()
	}
	return d.ChineseLunar()
}

// nothing changes it.
var unsureWords = []string{
	"说不准", "说不好", "说不上", "说不清", "不一定", "不知道", "不晓得", "不清楚", "没准", "没准儿", "没定", "没定下", "没定下来", "定不下", "定不下来", "拿不准", "不好说",
	"再说", "到时再说", "到时候再说", "看情况", "看看再说", "没谱", "不定", "难说", "没说", "没想好", "不确定",
}
