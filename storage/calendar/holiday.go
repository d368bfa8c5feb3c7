package calendar

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// BaseHolidays is the table that comes with the program: one entry a year in
// the shape of the holiday-cn data set. 2026 is the State Council's notice of
// 4 November 2025. A year without an entry falls back on weekends and the days
// that the regulation itself names.
//
//go:embed holidays.json
var BaseHolidays []byte

// Holidays knows which days are off and which weekend days are worked.
type Holidays struct {
	years map[int]bool
	off   map[Day]bool // true: off, false: worked though a weekend
}

type holidayYear struct {
	Year int `json:"year"`
	Days []struct {
		Name     string `json:"name"`
		Date     string `json:"date"`
		IsOffDay *bool  `json:"isOffDay"`
	} `json:"days"`
}

// ParseHolidays reads a table and one that overrides it, year by year: a year
// that stands in override replaces that year of base. Either may be empty; each
// is one year ({"year": …, "days": […]}) or a list of years. The error names
// every mistake with its year and row, so that a table typed by hand can be set
// right in one go.
func ParseHolidays(base, override []byte) (Holidays, error) {
	h := Holidays{years: map[int]bool{}, off: map[Day]bool{}}
	for i, text := range [][]byte{base, override} {
		name := [...]string{"holidays", "holidays override"}[i]
		years, err := readHolidays(text)
		if err != nil {
			return Holidays{}, fmt.Errorf("%s: %w", name, err)
		}
		if err := h.take(years); err != nil {
			return Holidays{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return h, nil
}

func readHolidays(text []byte) ([]holidayYear, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if len(text) == 0 {
		return nil, nil
	}
	var years []holidayYear
	if text[0] == '[' {
		err := json.Unmarshal(text, &years)
		return years, err
	}
	years = make([]holidayYear, 1)
	err := json.Unmarshal(text, &years[0])
	return years, err
}

// take replaces the years that are given, or says all that is wrong with them.
func (h *Holidays) take(years []holidayYear) error {
	var wrong []error
	seen := map[int]bool{}
	for _, y := range years {
		switch {
		case y.Year < 2000 || y.Year > 2100:
			wrong = append(wrong, fmt.Errorf("year %d: not a year from 2000 to 2100", y.Year))
			continue
		case seen[y.Year]:
			wrong = append(wrong, fmt.Errorf("year %d: stands twice", y.Year))
			continue
		case len(y.Days) == 0:
			wrong = append(wrong, fmt.Errorf("year %d: has no days", y.Year))
			continue
		}
		seen[y.Year] = true
		days, errs := y.check()
		wrong = append(wrong, errs...)
		for d := range h.off {
			if dy, _, _ := d.Date(); dy == y.Year {
				delete(h.off, d)
			}
		}
		for d, off := range days {
			h.off[d] = off
		}
		h.years[y.Year] = true
	}
	return errors.Join(wrong...)
}

// check returns the days of one year and what is wrong with its rows.
func (y holidayYear) check() (map[Day]bool, []error) {
	var wrong []error
	days := make(map[Day]bool, len(y.Days))
	for i, row := range y.Days {
		bad := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("year %d row %d: %s", y.Year, i+1, fmt.Sprintf(format, args...)))
		}
		d, err := ParseDay(row.Date)
		dy, _, _ := d.Date()
		_, twice := days[d]
		switch {
		case err != nil || d == 0:
			bad("date %q is not a date like %d-05-01", row.Date, y.Year)
		// A notice may give the last days of December to 元旦 of the next year.
		case dy != y.Year && d != 0 && dy != y.Year-1:
			bad("date %s is not in the year", row.Date)
		case twice:
			bad("date %s stands twice", row.Date)
		case row.IsOffDay == nil:
			bad("date %s does not say isOffDay", row.Date)
		case strings.TrimSpace(row.Name) == "":
			bad("date %s has no name", row.Date)
		case !*row.IsOffDay && !weekend(d):
			bad("date %s is a work day already: only a Saturday or Sunday can be made up", row.Date)
		default:
			days[d] = *row.IsOffDay
		}
	}
	return days, wrong
}

// Known reports whether the year's notice is in the table. Where it is not,
// Working goes by weekends and the days of the regulation: the make-up days of
// such a year cannot be known, and the operator should be told.
func (h Holidays) Known(year int) bool { return h.years[year] }

// Working reports whether offices work on d.
func (h Holidays) Working(d Day) bool {
	if off, ok := h.off[d]; ok {
		return !off
	}
	if weekend(d) {
		return false
	}
	y, _, _ := d.Date()
	return h.Known(y) || !statutory(d)
}

// Off reports whether d is a day off of a holiday: by the notice of its year, or
// by the regulation where the notice is not known. An ordinary weekend is not.
func (h Holidays) Off(d Day) bool {
	if off, ok := h.off[d]; ok {
		return off
	}
	y, _, _ := d.Date()
	return !h.Known(y) && statutory(d)
}

// NextWorking returns the first day after d on which offices work.
func (h Holidays) NextWorking(d Day) Day {
	// No arrangement is longer than a month; the bound keeps a table that calls
	// every day a holiday from turning this into an endless loop.
	for n := Day(1); n < 62; n++ {
		if h.Working(d + n) {
			return d + n
		}
	}
	return d + 1
}

func weekend(d Day) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// statutory reports whether d is one of the days off of 全国年节及纪念日放假办法
// (State Council Decree 795, in force 2025-01-01).
func statutory(d Day) bool {
	y, m, day := d.Date()
	switch l := d.Lunar(); {
	case m == 1 && day == 1, m == 5 && day <= 2, m == 10 && day <= 3:
		return true
	case (d + 1).Lunar().is(1, 1), l.is(1, 1), l.is(1, 2), l.is(1, 3), l.is(5, 5), l.is(8, 15):
		return true
	}
	if m != 4 || day < 4 || day > 6 {
		return false
	}
	qingming, _ := Term("清明", y)
	return d == qingming
}

func (l Lunar) is(month, day int) bool { return !l.Leap && l.Month == month && l.Day == day }
