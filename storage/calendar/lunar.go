package calendar

import (
	"math/bits"
	"time"

	lunargo "github.com/6tail/lunar-go/calendar"
)

// Lunar is a day of the farmers' calendar. Year is the lunar year, which begins
// on 正月初一; the zero Lunar means that the day lies outside 1900–2100.
type Lunar struct {
	Year, Month int
	Leap        bool // the month follows an ordinary month of the same number
	Day         int
}

var (
	lunarMonths = [...]string{"", "正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"}
	lunarDigits = [...]string{"十", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
)

// String returns month and day as they are said: 正月初一, 冬月初七, 闰五月十五,
// and "" for the zero Lunar.
func (l Lunar) String() string {
	if l.Month < 1 || l.Month > 12 || l.Day < 1 || l.Day > 30 {
		return ""
	}
	s := lunarMonths[l.Month] + "月" + lunarDay(l.Day)
	if l.Leap {
		s = "闰" + s
	}
	return s
}

func lunarDay(day int) string {
	switch {
	case day <= 10:
		return "初" + lunarDigits[day%10]
	case day < 20:
		return "十" + lunarDigits[day%10]
	case day == 20:
		return "二十"
	case day == 30:
		return "三十"
	}
	return "廿" + lunarDigits[day%10]
}

// lunarYear unpacks one entry of the table.
type lunarYear uint32

func lunarYearOf(year int) (lunarYear, bool) {
	if year < firstLunar || year >= firstLunar+len(lunarYears) {
		return 0, false
	}
	return lunarYear(lunarYears[year-firstLunar]), true
}

func (y lunarYear) leap() int  { return int(y >> 12 & 15) }
func (y lunarYear) start() int { return int(y >> 17) }

func (y lunarYear) days(month int, leap bool) int {
	if leap {
		return 29 + int(y>>16&1)
	}
	return 29 + int(y>>(month-1)&1)
}

// before counts the days of the year that lie before a month.
func (y lunarYear) before(month int, leap bool) int {
	n := 29*(month-1) + bits.OnesCount32(uint32(y)&(1<<(month-1)-1))
	if y.leap() != 0 && y.leap() < month {
		n += y.days(0, true)
	}
	if leap {
		n += y.days(month, false)
	}
	return n
}

// LunarMonthDays returns how many days a lunar month has, 29 or 30, and 0 where
// there is no such month.
func LunarMonthDays(year, month int, leap bool) int {
	y, ok := lunarYearOf(year)
	if !ok || month < 1 || month > 12 || leap && y.leap() != month {
		return 0
	}
	return y.days(month, leap)
}

// LeapMonth returns the month that a lunar year has twice, or 0.
func LeapMonth(year int) int {
	y, _ := lunarYearOf(year)
	return y.leap()
}

// FromLunar returns the day of a lunar date. It is false where the date does not
// exist (腊月三十 of 2026, 闰五月 of a year without it) or the year is not known.
func FromLunar(year, month int, leap bool, day int) (Day, bool) {
	if day < 1 || day > LunarMonthDays(year, month, leap) {
		return 0, false
	}
	y, _ := lunarYearOf(year)
	return Date(year, 1, 1) + Day(y.start()+y.before(month, leap)+day-1), true
}

// Lunar returns the lunar date of d, or the zero Lunar outside 1900–2100.
func (d Day) Lunar() Lunar {
	year, _, _ := d.Date()
	y, ok := lunarYearOf(year)
	if !ok || d < Date(year, 1, 1)+Day(y.start()) {
		year--
		if y, ok = lunarYearOf(year); !ok {
			return Lunar{}
		}
	}
	n := int(d-Date(year, 1, 1)) - y.start()
	for month := 1; month <= 12; month++ {
		for _, leap := range [...]bool{false, true} {
			if leap && y.leap() != month {
				continue
			}
			size := y.days(month, leap)
			if n < size {
				return Lunar{year, month, leap, n + 1}
			}
			n -= size
		}
	}
	return Lunar{} // after the last lunar year of the table
}

// Festival returns the day of a named festival in the civil year: 春节 of 2027
// is 2027-02-06, and 除夕, 小年 (the northern one) and 腊八 are those before it.
// It is false for a name that is not known and for years outside 1901–2100.
func Festival(name string, year int) (Day, bool) {
	switch name {
	case "元旦":
		return Date(year, 1, 1), true
	case "三八", "妇女节":
		return Date(year, 3, 8), true
	case "五一", "劳动节":
		return Date(year, 5, 1), true
	case "六一", "儿童节":
		return Date(year, 6, 1), true
	case "七一":
		return Date(year, 7, 1), true
	case "八一":
		return Date(year, 8, 1), true
	case "国庆", "国庆节", "十一":
		return Date(year, 10, 1), true
	case "除夕", "年三十", "大年三十":
		d, ok := FromLunar(year, 1, false, 1)
		return d - 1, ok
	case "小年":
		return FromLunar(year-1, 12, false, 23)
	case "腊八", "腊八节":
		return FromLunar(year-1, 12, false, 8)
	case "春节", "大年初一":
		return FromLunar(year, 1, false, 1)
	case "元宵", "元宵节", "正月十五":
		return FromLunar(year, 1, false, 15)
	case "龙抬头", "二月二":
		return FromLunar(year, 2, false, 2)
	case "清明", "清明节":
		return Term("清明", year)
	case "端午", "端午节":
		return FromLunar(year, 5, false, 5)
	case "七夕":
		return FromLunar(year, 7, false, 7)
	case "中元", "中元节":
		return FromLunar(year, 7, false, 15)
	case "中秋", "中秋节":
		return FromLunar(year, 8, false, 15)
	case "重阳", "重阳节":
		return FromLunar(year, 9, false, 9)
	case "十月初一":
		return FromLunar(year, 10, false, 1)
	}
	return 0, false
}

// Term returns the day of a solar term (清明, 芒种, 霜降 …) in the civil year. It
// is false for a name that is not known and for years outside 1900–2100.
func Term(name string, year int) (Day, bool) {
	if year < firstLunar || year >= firstLunar+len(lunarYears) {
		return 0, false
	}
	// The library lists the terms from 大雪 of the year before; later ones of the
	// same name carry another key, so the first that falls into the year is ours.
	for i, julian := range lunargo.NewLunarYear(year).GetJieQiJulianDays() {
		if termNames[(i+termOffset)%24] != name {
			continue
		}
		s := lunargo.NewSolarFromJulianDay(julian)
		if s.GetYear() == year {
			return Date(year, time.Month(s.GetMonth()), s.GetDay()), true
		}
	}
	return 0, false
}

// termOffset is the place in termNames of the library's first term, 大雪.
const termOffset = 22

var termNames = [24]string{
	"小寒", "大寒", "立春", "雨水", "惊蛰", "春分", "清明", "谷雨",
	"立夏", "小满", "芒种", "夏至", "小暑", "大暑", "立秋", "处暑",
	"白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至",
}
