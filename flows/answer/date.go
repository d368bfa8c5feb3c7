package answer

import (
	"slices"
	"strings"

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
// likely; Coarse when only a season was said (年前, 麦收). Coarse beside
// Alternatives is what to keep when the person cannot say. Else Reason says why
// there is nothing.
type Dates struct {
	Day          calendar.Day
	Alternatives []calendar.Day
	Coarse       string
	Part         Part
	Reason       Reason
}

// Date reads a reply that is a date as a whole. A day without its year is taken
// on the side of today to which dir looks, with Any the nearest. A result never
// lies on the wrong side.
func Date(s string, today calendar.Day, dir Direction) Dates {
	s = bare(s)
	if len(s) > 120 {
		return Dates{Reason: NotADate}
	}
	s = trimHead(s)
	p := parser{today: today, dir: dir}
	d, n, kind := p.at(s)
	if n == 0 {
		return Dates{Reason: NotADate}
	}
	s = strings.TrimLeft(s[n:], " ,()。、")
	// "周三 12月2日 十月廿四", "明天 周二": the same day said again.
	for again := 0; again < 2 && s != ""; again++ {
		e, m, other := p.at(s)
		if m == 0 {
			break
		}
		if d, kind = confirm(d, kind, e, other); d.Reason != OK {
			return d
		}
		s = strings.TrimLeft(s[m:], " ,()。、")
	}
	if part, m := partAt(s); m > 0 && d.Part == NoPart {
		d.Part, s = part, strings.TrimLeft(s[m:], " ")
	}
	if hour, _, unsure, ok := Time(s); ok {
		if d.Part == NoPart && !unsure {
			d.Part = partOf(hour)
		}
		s = ""
	}
	if trimTail(s) != "" {
		return Dates{Reason: NotADate}
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
		return Dates{Alternatives: []calendar.Day{d.Day}, Part: d.Part}, of
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
	for _, w := range [...]string{"就是", "就在", "就", "是", "在", "改到", "改成", "定在", "约在", "大概", "俺", "我"} {
		if rest, ok := strings.CutPrefix(s, w); ok && rest != "" {
			return strings.TrimLeft(rest, " ")
		}
	}
	return s
}

func trimTail(s string) string {
tail:
	for s = strings.TrimLeft(s, " ,)"); s != ""; s = strings.TrimLeft(s, " ") {
		for _, w := range [...]string{"那天", "当天", "这天", "回来", "回去", "到家", "回家", "吧", "的", "了", "哈", "啊", "呀", "哩", "去", "来", "走", "到", "回", "见", "行"} {
			if rest, ok := strings.CutPrefix(s, w); ok {
				s = rest
				continue tail
			}
		}
		return s
	}
	return ""
}
