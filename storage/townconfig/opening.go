package townconfig

import (
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// When an Opening can be: 周一 … 周日, 工作日, or 逢 and the last digits of the
// lunar days of the fair.
var weekdays = map[string]time.Weekday{
	"周一": time.Monday, "周二": time.Tuesday, "周三": time.Wednesday, "周四": time.Thursday,
	"周五": time.Friday, "周六": time.Saturday, "周日": time.Sunday,
}

const everyWorkingDay = "工作日"

// fairDigits are the digits of a fair, 十 being the days that end in 0.
const fairDigits = "十一二三四五六七八九"

// Opens reports whether when is a rule that On understands: "周四", "逢二七",
// "工作日".
func Opens(when string) bool {
	if _, ok := weekdays[when]; ok || when == everyWorkingDay {
		return true
	}
	digits, fair := strings.CutPrefix(when, "逢")
	return fair && digits != "" && strings.Trim(digits, fairDigits) == ""
}

// On reports whether the rule opens on a day. A holiday's days off are closed
// whatever the rule, a made-up Saturday is a working day like others; a fair
// goes by the lunar day, so that 逢五十 has no 三十 in a month of 29 days.
func (o Opening) On(day calendar.Day, h calendar.Holidays) bool {
	if h.Off(day) {
		return false
	}
	if w, ok := weekdays[o.When]; ok {
		return day.Weekday() == w
	}
	if o.When == everyWorkingDay {
		return h.Working(day)
	}
	digits, fair := strings.CutPrefix(o.When, "逢")
	lunar := day.Lunar().Day
	return fair && lunar > 0 && strings.Contains(digits, string([]rune(fairDigits)[lunar%10]))
}

// OpenOn returns the hours of a service on a day, in their order, each once: what
// the rules open, without what the site closed, with what it opened besides. Of
// two rules for an hour the larger counts; what the site says of the very day
// counts before any rule.
func (s *Site) OpenOn(service string, day calendar.Day, h calendar.Holidays) []Opening {
	hours := map[string]Opening{}
	for _, o := range s.Openings {
		if o.Service == service && o.On(day, h) && o.Capacity > hours[o.Time].Capacity {
			hours[o.Time] = o
		}
	}
	for _, d := range s.Days {
		if d.is(service, day) && d.Closed {
			for t := range hours {
				if d.Time == "" || d.Time == t {
					delete(hours, t)
				}
			}
		}
	}
	for _, d := range s.Days {
		if d.is(service, day) && !d.Closed {
			s.openBesides(hours, service, d)
		}
	}
	out := make([]Opening, 0, len(hours))
	for _, o := range hours {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Opening) int { return strings.Compare(a.Time, b.Time) })
	return out
}

func (d SiteDay) is(service string, day calendar.Day) bool {
	return d.Day == day && (d.Service == "" || d.Service == service)
}

// openBesides adds to the hours of a day what a SiteDay opens.
func (s *Site) openBesides(hours map[string]Opening, service string, d SiteDay) {
	usual := s.usual(service)
	if _, ok := usual[d.Time]; !ok && d.Time != "" {
		usual[d.Time] = Opening{Service: service, Time: d.Time}
	}
	for t, o := range usual {
		if o.When = d.Day.String(); d.Capacity > 0 {
			o.Capacity = d.Capacity
		}
		if (d.Time == "" || d.Time == t) && o.Capacity > 0 {
			hours[t] = o
		}
	}
}

// usual are the hours that a service ever has, with the most seats of each.
func (s *Site) usual(service string) map[string]Opening {
	hours := map[string]Opening{}
	for _, o := range s.Openings {
		if o.Service == service && o.Capacity > hours[o.Time].Capacity {
			hours[o.Time] = o
		}
	}
	return hours
}
