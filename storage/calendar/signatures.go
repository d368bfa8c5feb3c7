package calendar

import "time"

// Lunar is a day of the farmers' calendar.
type Lunar struct {
	Year, Month int
	Leap        bool
	Day         int
}

func (l Lunar) String() string                                  { return "" }
func (d Day) Lunar() Lunar                                      { return Lunar{} }
func FromLunar(year, month int, leap bool, day int) (Day, bool) { return 0, false }
func Festival(name string, year int) (Day, bool)                { return 0, false }
func Term(name string, year int) (Day, bool)                    { return 0, false }
func (d Day) Chinese() string                                   { return d.String() }
func (d Day) ChineseLunar() string                              { return d.String() }
func (d Day) WithYear() string                                  { return d.String() }

// Holidays knows which days are off and which are worked.
type Holidays struct{}

func ParseHolidays(base, override []byte) (Holidays, error) { return Holidays{}, nil }
func (h Holidays) Working(d Day) bool                       { return false }
func (h Holidays) Known(year int) bool                      { return false }
func (h Holidays) NextWorking(d Day) Day                    { return d }

// Window is a span of minutes of the day, From included, To not.
type Window struct {
	From, To        int
	WorkingDaysOnly bool
}

// Decent returns the first instant at or after t that lies in a window.
func (h Holidays) Decent(windows []Window, t time.Time) (time.Time, bool) { return t, false }
