package townconfig

import (
	"regexp"
	"slices"
	"strconv"

	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Step is one thing of a plan, with the days between which it is offered.
type Step struct {
	Name       string
	Round      int          `json:",omitempty"` // of a step that comes again: 0 the first
	Opens, Due calendar.Day //
	Closes     calendar.Day //
	Raw        calendar.Day `json:",omitempty"` // Due before it was moved to a working day, where it comes again
	Set        calendar.Day `json:",omitempty"` // a day that somebody named; it counts before Due
	Shown      calendar.Day `json:",omitempty"` // when it came due, and was put before somebody
	FollowUp   string       `json:",omitempty"` // the line of the contact's day
	Desk       bool         `json:",omitempty"` // it stands in the clinic's list
	Closed     string       `json:",omitempty"` // done, unwanted, unreachable, unseen, ended, withdrawn
	ClosedOn   calendar.Day `json:",omitempty"`
}

// ScheduleStep is a row of the town's table of care plans: what is offered when,
// counted from an event. A schedule is the rows of one Schedule.
type ScheduleStep struct {
	Schedule, Title string // Title is by what staff and she call it: 孕前
	Step            string
	Event           string // of Events, from which the days are counted
	Opens           string // offsets: 12w6d, -3m, 0d
	Due             string
	Closes          string
	Every           string          `json:",omitempty"` // an offset: it comes again, counted from itself
	Until           []string        `json:",omitempty"` // events after which it is offered no more
	Who             string          // village, clinic, self
	Visits          []string        `json:",omitempty"` // kinds of visits that keep it
	Label           string          // for staff
	Neutral         string          // for her: it stands in a push
	Set             purpose.Purpose // what she must have agreed to
	Hidden          bool            `json:",omitempty"` // she alone starts and sees it (domain.md 3.3)
}

// Events are what the days of a schedule may be counted from.
var Events = []string{
	"checkup",   // a check-up is done
	"lmp",       // the first day of her last menstruation, told by her
	"birth",     //
	"discharge", // she came home after a birth
	"ended",     // a pregnancy ended otherwise
	"date",      // the day that a doctor named
	"operation", // after-care that she asks for herself
	"chosen",    // a day that she chose herself
}

// Shared are the events of a life, which count for all plans of a person at
// once; the others belong to one plan alone.
var Shared = map[string]bool{"checkup": true, "lmp": true, "birth": true, "discharge": true, "ended": true}

// Schedule returns the rows of a schedule by its id or its title, none when the
// town has no such schedule.
func (s *Site) Schedule(name string) []ScheduleStep {
	var out []ScheduleStep
	for _, r := range s.Schedules {
		if name != "" && (r.Schedule == name || r.Title == name) {
			out = append(out, r)
		}
	}
	return out
}

// ScheduleStep returns one row; ok is false when there is none.
func (s *Site) ScheduleStep(schedule, step string) (ScheduleStep, bool) {
	return record.Found(s.Schedules, func(r ScheduleStep) bool { return r.Schedule == schedule && r.Step == step })
}

// Offset is how far a day lies from another: first the months, then the days.
type Offset struct{ Months, Days int }

var offset = regexp.MustCompile(`^(-?)(?:(\d{1,2})y)?(?:(\d{1,3})m)?(?:(\d{1,3})w)?(?:(\d{1,4})d)?$`)

// ParseOffset reads 12w6d, -3m, 1y, 0d; ok is false for anything else.
func ParseOffset(text string) (o Offset, ok bool) {
	m := offset.FindStringSubmatch(text)
	if m == nil || text == "" || text == "-" {
		return o, false
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i]) // digits, or nothing
		return v
	}
	o = Offset{Months: 12*n(2) + n(3), Days: 7*n(4) + n(5)}
	if m[1] == "-" {
		o.Months, o.Days = -o.Months, -o.Days
	}
	return o, true
}

// From returns the day that lies o after d. A month from 31 January is the last
// day of February.
func (o Offset) From(d calendar.Day) calendar.Day {
	return d.AddMonths(o.Months) + calendar.Day(o.Days)
}

// from is From of an offset as it is written; the site's checker has read it.
func from(text string, d calendar.Day) calendar.Day {
	o, _ := ParseOffset(text)
	return o.From(d)
}

// Dated returns the step with its days, counted from an event.
func (r ScheduleStep) Dated(event calendar.Day, h calendar.Holidays) Step {
	s := Step{Name: r.Step, Opens: from(r.Opens, event), Closes: from(r.Closes, event)}
	s.Due = r.worked(from(r.Due, event), s.Opens, s.Closes, h)
	if r.Every != "" {
		s.Raw = from(r.Due, event)
	}
	return s
}

// Again returns the step that follows one which comes again, the first whose
// window is not over on a day; ok is false for a step that comes once.
func (r ScheduleStep) Again(s Step, today calendar.Day, h calendar.Holidays) (next Step, ok bool) {
	o, ok := ParseOffset(r.Every)
	if !ok || o.From(s.Raw) <= s.Raw {
		return Step{}, false
	}
	next = Step{Name: s.Name, Round: s.Round, Opens: s.Opens, Closes: s.Closes, Raw: s.Raw}
	for {
		next.Round++
		next.Opens, next.Closes, next.Raw = o.From(next.Opens), o.From(next.Closes), o.From(next.Raw)
		if next.Closes >= today {
			break
		}
	}
	next.Due = r.worked(next.Raw, next.Opens, next.Closes, h)
	return next, true
}

// worked is the day itself, where somebody must be at work for it the next on
// which people work, or else the last one before it; both inside the window, in
// which it stays where nobody works at all.
func (r ScheduleStep) worked(due, opens, closes calendar.Day, h calendar.Holidays) calendar.Day {
	if r.Who == "self" {
		return due
	}
	for d := due; d <= closes && d < due+31; d++ {
		if h.Working(d) {
			return d
		}
	}
	for d := due; d >= opens && d > due-31; d-- {
		if h.Working(d) {
			return d
		}
	}
	return due
}

// PregnancyDays is from the first day of the last menstruation to the day on
// which a birth is expected (domain.md 3.1).
const PregnancyDays = 280

// DueDate returns the day on which a birth is expected, counted from the last
// menstruation: 280 days; and the day that the official form reckons, nine
// months and seven days, which may differ by a few.
func DueDate(lmp calendar.Day) (days, form calendar.Day) {
	return lmp + PregnancyDays, lmp.AddMonths(9) + 7
}

// Ends reports whether the step is offered no more after an event.
func (r ScheduleStep) Ends(event string) bool { return slices.Contains(r.Until, event) }
