// Package calendar knows days: civil time in UTC+8, calendar dates, lunar days,
// festivals, working days and the hours at which a message is decent. It is
// pure: no function reads a clock, each takes the time it needs.
package calendar

import (
	"fmt"
	"time"
)

// Zone is the one civil time of the project: UTC+8 the year round. time.Local
// is never used, so a server in another zone keeps the village's days.
var Zone = time.FixedZone("UTC+8", 8*60*60)

// Day is a calendar date, counted in days since 1970-01-01. The zero Day means
// "no day": no record of ours is about 1970-01-01.
type Day int32

// DayOf returns the civil date at the instant t.
func DayOf(t time.Time) Day {
	return Day((t.Unix() + 8*60*60) / 86400)
}

// Date returns the day y-m-d. Values out of range are carried over as
// time.Date does it; Valid tells whether a date exists.
func Date(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Valid reports whether y-m-d exists in the calendar.
func Valid(y int, m time.Month, d int) bool {
	yy, mm, dd := Date(y, m, d).Date()
	return yy == y && mm == m && dd == d
}

// ParseDay reads "2006-01-02". The empty text is the zero Day.
func ParseDay(s string) (Day, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("day %q: not a date", s)
	}
	return Day(t.Unix() / 86400), nil
}

// Date returns the year, month and day of the month.
func (d Day) Date() (int, time.Month, int) {
	return d.utc().Date()
}

// At returns the instant at which the clocks of the village show hour:minute.
func (d Day) At(hour, minute int) time.Time {
	return time.Unix(int64(d)*86400+int64(hour*3600+minute*60)-8*60*60, 0).In(Zone)
}

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// AddMonths returns the same day n months later, or the last day of that month
// where the month is shorter (31 January + 1 month is 28 or 29 February).
func (d Day) AddMonths(n int) Day {
	y, m, day := d.Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date(first.Year(), first.Month(), min(day, last))
}

// String returns "2006-01-02", or "" for the zero Day.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText and UnmarshalText keep a Day as "2006-01-02" in JSON.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Day) UnmarshalText(b []byte) error {
	v, err := ParseDay(string(b))
	*d = v
	return err
}

func (d Day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
