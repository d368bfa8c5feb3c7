package calendar

import (
	"strconv"
	"time"
)

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// Chinese returns "周三 12月2日", and "" for the zero Day.
func (d Day) Chinese() string {
	if d == 0 {
		return ""
	}
	_, m, day := d.Date()
	return weekdays[d.Weekday()] + " " + monthDay(m, day)
}

// ChineseLunar returns "周三 12月2日 十月廿四", as summaries echo a day.
func (d Day) ChineseLunar() string {
	s := d.Chinese()
	if l := d.Lunar().String(); s != "" && l != "" {
		s += " " + l
	}
	return s
}

// WithYear returns "2026年12月2日 周三", for days that may be of another year.
func (d Day) WithYear() string {
	if d == 0 {
		return ""
	}
	y, m, day := d.Date()
	return strconv.Itoa(y) + "年" + monthDay(m, day) + " " + weekdays[d.Weekday()]
}

// Short returns "12月2日", and "" for the zero Day.
func (d Day) Short() string {
	if d == 0 {
		return ""
	}
	_, m, day := d.Date()
	return monthDay(m, day)
}

func monthDay(m time.Month, day int) string {
	return strconv.Itoa(int(m)) + "月" + strconv.Itoa(day) + "日"
}
