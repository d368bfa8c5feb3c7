package dates

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// Direction says which way a date question looks. Today is both past and future.
type Direction int

const (
	Any Direction = iota
	Past
	Future
)

// Reason says why a text gave no day.
type Reason int

const (
	OK Reason = iota
	NotADate
	Impossible     // 2月30日: there is no such day
	WrongDirection // 明天 for a visit that was made, 昨天 for a date to come
)

// Dates is what a text says about a day. Day is set when it is one day;
// Alternatives when it has to be asked which, also when the one day in it is only
// likely; Coarse when only a season was said (年前, 麦收), From and To its first and
// last day, or 0 where only a question helps (年底). Coarse beside Alternatives is what
// to keep when the person cannot say. Else Reason says why there is nothing.
type Dates struct {
	Day          calendar.Day
	Alternatives []calendar.Day
	Coarse       string
	From, To     calendar.Day
	Part         Part
	Reason       Reason
}

// Date reads a reply that is a date as a whole, small words around it apart. A day
// without its year is taken on the side of today to which dir looks, with Any the
// nearest. A result never lies on the wrong side.
func Date(s string, today calendar.Day, dir Direction) Dates {
	s = answer.Bare(s)
	if len(s) > 120 {
		return Dates{Reason: NotADate}
	}
	p := parser{today: today, dir: dir}
	s = saidLunar(s)
	d := p.reply(s)
	if d.Reason == NotADate {
		if heard := answer.Misheard(s); heard != s {
			return p.reply(heard)
		}
	}
	return d
}

func (p parser) reply(s string) Dates {
	d := p.whole(trimHead(s))
	if d.Reason == NotADate {
		if start, end, inside := FindDate(s, p.today, p.dir); end > start && Filler(s[:start]) && Filler(s[end:]) {
			return inside
		}
	}
	return d
}

// Told reads a reply that tells more than the day that was asked for: 夜来头晌上她家看的,
// 初六给她打的电话. What denies, asks, or names a second day tells no day.
func Told(s string, today calendar.Day, dir Direction) Dates {
	s = saidLunar(answer.Bare(s))
	none := Dates{Reason: NotADate}
	if len(s) > 120 || strings.ContainsAny(s, "不没别除每哪几吗么?非") {
		return none
	}
	start, end, d := FindDate(s, today, dir)
	if end == start {
		head := trimHead(s)
		p := parser{today: today, dir: dir}
		_, n, _ := p.at(head)
		if n == 0 || n == len(head) || !strings.ContainsRune("给去上到回来在才跟帮刚就走看办俺我她他,，", answer.First(head[n:])) && !strings.HasSuffix(head[:n], "那天") {
			return none
		}
		d, _, _ = p.at(head)
		start, end = len(s)-len(head), len(s)-len(head)+n
	}
	if r := answer.First(s); start == utf8.RuneLen(r) && answer.Surname(r) { // 李明天
		return none
	}
	for _, rest := range [...]string{s[:start], s[end:]} {
		if year := rest; cut(&year, "去年", "明年", "今年", "前年", "后年") {
			return none
		}
		if a, b, e := FindDate(rest, today, Any); b > a || e.Reason == Impossible || strings.ContainsAny(rest, "0123456789") {
			return none
		}
	}
	return d
}

// saidLunar puts the word for the farmers' calendar where it is read: "十月一，阴历的".
func saidLunar(s string) string {
	for _, w := range [...]string{"阴历的", "农历的", "(阴历)", "(农历)", "过节"} {
		before, after, ok := strings.Cut(s, w)
		if ok && before != "" && (w != "过节" || strings.Contains(before, "十五")) {
			return "阴历" + strings.TrimRight(before, ",，( ") + after
		}
	}
	return s
}

func (p parser) whole(s string) Dates {
	if d := p.number(s); d.Reason == OK {
		return d
	}
	d, n, kind := p.at(s)
	if n == 0 {
		return Dates{Reason: NotADate}
	}
	s = strings.TrimLeft(s[n:], " ,()。、")
	// "周三 12月2日 十月廿四", "明天 周二": the same day said again. 周三还是周四: two.
	for again := 0; again < 2 && s != ""; again++ {
		rest := s
		two := cut(&rest, "还是", "或者", "或是", "要么", "要不就", "要不", "或", "不对", "不是", "跟", "和", "与")
		rest = strings.TrimLeft(rest, " ,。、")
		e, m, other := p.at(rest)
		if m == 0 {
			break
		}
		if two || kind == weekday && other == weekday && d.weekday() != e.weekday() || kind == relative && other == relative && d.Day != e.Day && weekdays(s) {
			d = p.either(d, e)
		} else if d, kind = confirm(d, kind, e, other); d.Reason != OK {
			return d
		}
		s = strings.TrimLeft(rest[m:], " ,()。、")
	}
	if part, m := partAt(s); m > 0 && d.Part == NoPart {
		d.Part, s = part, strings.TrimLeft(s[m:], " ")
	}
	for _, w := range [...]string{"多钟", "多", "左右", "来钟"} {
		if rest, ok := strings.CutSuffix(s, w); ok && strings.HasSuffix(rest, "点") {
			s = rest
		}
	}
	if hour, _, unsure, ok := Time(s); ok {
		if d.Part == NoPart && !unsure {
			d.Part = partOf(hour)
		}
		s = ""
	}
	if answer.TrimTail(s) != "" {
		return Dates{Reason: NotADate}
	}
	return d
}

// weekdays reports whether s begins with a bare weekday: 星期四.
func weekdays(s string) bool {
	return cut(&s, "星期", "礼拜", "周")
}

// number asks which day a number from 10 to 31 alone may be: it is no option, of which
// there are fewer, and in the characters of speech it may be a lunar day too.
func (p parser) number(s string) Dates {
	if s == "十一" && p.dir != Past { // the 11th, or the holiday
		d, _, _ := p.coarse(s)
		d.Alternatives = p.either(p.ofMonth(11), Dates{Day: d.From}).Alternatives
		return d
	}
	n, size, inHan := answer.Small(s)
	if size == 0 || n < 10 || n > 31 || answer.TrimTail(s[size:]) != "" || strings.HasPrefix(s, "十一") {
		return Dates{Reason: NotADate}
	}
	d := p.ofMonth(n)
	if lunar, _, _ := p.monthless(s, s, true); inHan && n <= 30 && lunar.Reason == OK {
		d = p.either(d, lunar)
	}
	if d.Day != 0 {
		d = p.ask("", d.Day)
	}
	return d
}

func partOf(hour int) Part {
	switch {
	case hour < 12:
		return Morning
	case hour < 13:
		return Noon
	case hour < 18:
		return Afternoon
	}
	return Evening
}

// confirm joins two phrases that stand side by side and should mean one day. What
// names a day of the calendar is surer than a bare weekday; where the two do not
// agree the day is asked about.
func confirm(d Dates, of kind, e Dates, other kind) (Dates, kind) {
	if of == weekday {
		d, of, e, other = e, other, d, of
	}
	agree := func(day calendar.Day) bool { return day == e.Day || slices.Contains(e.Alternatives, day) }
	if other == weekday {
		w := e.weekday().Weekday()
		agree = func(day calendar.Day) bool { return day.Weekday() == w }
	}
	switch {
	case d.Reason != OK:
		return d, of
	case e.Reason != OK:
		return e, other
	case d.Day != 0 && agree(d.Day):
		return d, of
	case d.Day != 0 && other == weekday:
		near := d.Day - 3 // the day of that name beside it
		for ; !agree(near); near++ {
		}
		return Dates{Alternatives: []calendar.Day{min(d.Day, near), max(d.Day, near)}, Part: d.Part}, of
	}
	fit := slices.DeleteFunc(slices.Clone(d.Alternatives), func(day calendar.Day) bool { return !agree(day) })
	if len(fit) != 1 {
		return Dates{Reason: Impossible}, of
	}
	return Dates{Day: fit[0], Part: d.Part}, of
}

// weekday returns a day that falls on the weekday a phrase named.
func (d Dates) weekday() calendar.Day {
	if d.Day == 0 && len(d.Alternatives) > 0 {
		return d.Alternatives[0]
	}
	return d.Day
}

// trimHead and trimTail take off the small words around a date.
func trimHead(s string) string {
	for _, w := range [...]string{"就是", "就在", "就", "是", "在", "得到", "得", "改到", "改成", "定在", "约在", "大概", "俺", "我"} {
		if rest, ok := strings.CutPrefix(s, w); ok && rest != "" {
			return strings.TrimLeft(rest, " ")
		}
	}
	return s
}

// fillers are the small words of speech around a date.
// nothing changes it.
var fillers = []string{
	"到家", "去", "来", "到", "走", "了", "哩", "的", "地", "得", "吧", "啊", "呀", "吗", "呢", "是", "在", "就", "回", "再", "要", "说", "她说", "他说", "俺", "我", "她", "他",
	"嗯", "呃", "额", "那个", "那", "就是", "哎", "唉", "喂", "俺们", "我们", "咱", "想", "打算", "准备", "大概", "可能", "应该",
}

// Filler reports whether text is only small words of speech.
func Filler(text string) bool {
	text = strings.Trim(text, " ，。,.!！、~")
	for text != "" {
		i := slices.IndexFunc(fillers, func(w string) bool { return strings.HasPrefix(text, w) })
		if i < 0 {
			return false
		}
		text = strings.TrimLeft(text[len(fillers[i]):], " ，。,.!！、~")
	}
	return true
}
