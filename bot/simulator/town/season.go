package town

import (
	"time"

	"xintiexin/storage/calendar"
)

// season is a span of days that has a share of the year's returns or departures
// (domain.md 7.3); of spans that overlap the first counts.
type season struct {
	weight   float64
	from, to func(year int) calendar.Day
}

func solar(m time.Month, d int) func(int) calendar.Day {
	return func(year int) calendar.Day { return calendar.Date(year, m, d) }
}

// lunar is a day of the farmers' year that begins in a year, plus some days.
func lunar(m, d, plus int) func(int) calendar.Day {
	return func(year int) calendar.Day {
		day, _ := calendar.FromLunar(year, m, false, d)
		return day + calendar.Day(plus)
	}
}

var returns = []season{
	{34, lunar(1, 1, -11), lunar(1, 1, -1)}, // 腊月二十 to 除夕
	{8, lunar(1, 1, 0), lunar(1, 7, 0)},
	{5, solar(4, 3), solar(4, 6)},
	{9, solar(4, 29), solar(5, 5)},
	{3, lunar(5, 5, -2), lunar(5, 5, 0)},
	{8, solar(5, 25), solar(6, 20)},
	{6, lunar(8, 15, -2), lunar(8, 15, 0)},
	{15, solar(9, 28), solar(10, 5)},
	{8, solar(9, 15), solar(10, 25)},
	{4, solar(1, 1), solar(12, 31)},
}

var departures = []season{
	{48, lunar(1, 6, 0), lunar(1, 16, 0)},
	{8, solar(5, 6), solar(5, 12)},
	{8, solar(6, 21), solar(6, 30)},
	{20, solar(10, 8), solar(10, 31)},
	{16, solar(1, 1), solar(12, 31)},
}

// share is the part of a year's events that falls on a day.
func share(of []season, day calendar.Day) float64 {
	year, _, _ := day.Date()
	for _, s := range of {
		if from, to := s.from(year), s.to(year); day >= from && day <= to {
			return s.weight / 100 / float64(to-from+1)
		}
	}
	return 0
}
