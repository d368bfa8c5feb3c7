package calendar

import "time"

// Window is a span of the day in minutes after midnight in the village: From is
// in it, To is not. 18:30–20:00 is Window{From: 18*60 + 30, To: 20 * 60}.
type Window struct {
	From, To        int
	WorkingDaysOnly bool
}

// The quiet hours, in which nothing is sent to anybody of its own accord.
const (
	QuietFrom = 21*60 + 30
	QuietTo   = 7*60 + 30
)

// The hours at which a message that nobody asked for is decent (domain.md 7.3):
// to a resident, to her on the evening before a visit, and to staff.
var (
	ResidentHours = []Window{{From: 9 * 60, To: 11 * 60}, {From: 18*60 + 30, To: 20 * 60}}
	EveHours      = []Window{{From: 18*60 + 30, To: 20 * 60}}
	StaffHours    = []Window{{From: QuietTo, To: QuietFrom}}
)

// Quiet reports whether t lies in the quiet hours, 21:30–07:30.
func Quiet(t time.Time) bool {
	m := minuteOf(t)
	return m >= QuietFrom || m < QuietTo
}

// Decent returns the first instant at or after t that lies in one of the
// windows and outside the quiet hours: t itself, to the nanosecond, or the
// minute at which a window opens. Windows need no order and may touch or
// overlap. It is false when no window opens within two months, as with none.
func (h Holidays) Decent(windows []Window, t time.Time) (time.Time, bool) {
	day := DayOf(t)
	for n := Day(0); n < 62; n++ {
		from := 0
		if n == 0 {
			from = minuteOf(t)
		}
		best := -1
		for _, w := range windows {
			if w.WorkingDaysOnly && !h.Working(day+n) {
				continue
			}
			m := max(from, w.From, QuietTo)
			if m < min(w.To, QuietFrom) && (best < 0 || m < best) {
				best = m
			}
		}
		switch {
		case best < 0:
		case n == 0 && best == from:
			return t, true
		default:
			return (day + n).At(0, best), true
		}
	}
	return time.Time{}, false
}

func minuteOf(t time.Time) int {
	t = t.In(Zone)
	return t.Hour()*60 + t.Minute()
}
