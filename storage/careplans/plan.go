package careplans

import (
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// CarePlan is a schedule with the days that it gives one person, who agreed to be
// reminded. It keeps planned days and done days, nothing of what was found; not
// even the day it is counted from, except by the day on which a birth is expected.
// It stands under plan/<resident>/<id>, or, where she alone may know of it, under
// hiddenplan/; one key under planday/<day>/ says when something is next to be
// done about it, so that a morning costs what is due.
type CarePlan struct {
	ID, Resident string
	Schedule     string
	Child        string                `json:",omitempty"` // what the child it is about is called
	Hidden       bool                  `json:",omitempty"`
	Village      bool                  `json:",omitempty"` // she lets her contact in the village help with it
	Expected     calendar.Day          `json:",omitempty"` // a birth, reckoned by staff
	Corrected    calendar.Day          `json:",omitempty"` // the same, by the doctor: this one counts
	Steps        []townconfig.Step     // those that have their days, in the order in which they got them
	By           string                `json:",omitempty"` // cadre id; "" she herself
	At           int64                 // Unix seconds of its start
	Next         calendar.Day          `json:",omitempty"` // where it stands under planday/
	Ended        *followups.FollowedUp `json:",omitempty"`
}

// Day is the day on which a step comes due.
func Day(s townconfig.Step) calendar.Day {
	if s.Set != 0 {
		return s.Set
	}
	return s.Due
}

// Ref names a step inside its plan.
func Ref(s townconfig.Step) string {
	if s.Round == 0 {
		return s.Name
	}
	return fmt.Sprintf("%s-%d", s.Name, s.Round)
}

// covers reports whether a day lies inside the window.
func covers(s townconfig.Step, day calendar.Day) bool { return s.Opens <= day && day <= s.Closes }

// Open returns the steps that are still to come or are due, by their days.
func (p CarePlan) Open() []townconfig.Step {
	if p.Ended != nil {
		return nil
	}
	out := slices.DeleteFunc(slices.Clone(p.Steps), func(s townconfig.Step) bool { return s.Closed != "" })
	slices.SortStableFunc(out, func(a, b townconfig.Step) int { return int(Day(a) - Day(b)) })
	return out
}

// next is the first day on which something is to be done about the plan: a step
// comes due, or its window is over; 0 when there is none.
func (p CarePlan) next() (next calendar.Day) {
	for _, s := range p.Open() {
		day := Day(s)
		if s.Shown != 0 {
			day = s.Closes + 1
		}
		if next == 0 || day < next {
			next = day
		}
	}
	return next
}

// Over is when nothing of the plan was left (Unix seconds), 0 while something is.
func (p CarePlan) Over() int64 {
	if p.Ended != nil {
		return p.Ended.At
	}
	if p.Next != 0 {
		return 0
	}
	at := p.At
	for _, s := range p.Steps {
		at = max(at, record.StartOf(s.Closes))
	}
	return at
}

func (p *CarePlan) step(ref string) (*townconfig.Step, bool) {
	i := slices.IndexFunc(p.Steps, func(s townconfig.Step) bool { return Ref(s) == ref })
	if i < 0 {
		return nil, false
	}
	return &p.Steps[i], true
}

// kind is under which kind a plan is kept.
func (p CarePlan) kind() string { return record.If(p.Hidden, "hiddenplan", "plan") }

// happens gives the plan the days that an event brings: open steps that are
// offered until then end, and those counted from it are dated, anew where they
// were. Those whose window is over by today are left out. It reports whether
// anything changed.
func (p *CarePlan) happens(event string, day, today calendar.Day, rows []townconfig.ScheduleStep, h calendar.Holidays) (changed bool) {
	for _, r := range rows {
		if r.Schedule != p.Schedule {
			continue
		}
		open := slices.IndexFunc(p.Steps, func(s townconfig.Step) bool { return s.Name == r.Step && s.Closed == "" })
		if r.Ends(event) && open >= 0 {
			close(&p.Steps[open], "ended", today)
			changed = true
		}
		if r.Event != event {
			continue
		}
		if open >= 0 { // told again: other days
			close(&p.Steps[open], "replaced", today)
			changed = true
		}
		s := r.Dated(day, h)
		if s.Closes < today {
			again, ok := r.Again(s, today, h)
			if !ok {
				continue
			}
			s = again
		}
		same := slices.IndexFunc(p.Steps, func(o townconfig.Step) bool { return Ref(o) == Ref(s) })
		switch {
		case same >= 0 && p.Steps[same].Closed != "replaced": // it was done, or she did not want it
		case same >= 0:
			p.Steps[same], changed = s, true
		default:
			p.Steps, changed = append(p.Steps, s), true
		}
	}
	return changed
}

func close(s *townconfig.Step, reason string, today calendar.Day) {
	if s.Closed == "" {
		s.Closed, s.ClosedOn = reason, today
	}
}

// ---- keeping ----

// Put keeps a plan with its place among the days.
func Put(tx *record.Tx, p CarePlan) error {
	old := p.Next
	if p.Next = p.next(); old != p.Next && old != 0 {
		if err := tx.Delete(planDay(old, p)); err != nil {
			return err
		}
	}
	if p.Next != 0 && old != p.Next {
		if err := tx.PutRaw(planDay(p.Next, p), []byte(p.kind())); err != nil {
			return err
		}
	}
	return tx.Put(record.Key(p.kind(), p.Resident, p.ID), p)
}

func planDay(day calendar.Day, p CarePlan) []byte {
	return record.Key("planday", day.String(), p.Resident, p.ID)
}

// DeskKey is the place of a step in the clinic's list.
func DeskKey(p CarePlan, s townconfig.Step) []byte {
	return record.Key("plandesk", s.Shown.String(), p.Resident, p.ID, Ref(s))
}

// Load returns a person's plans of one kind: plan or hiddenplan.
func Load(tx *record.Tx, kind, resident string) ([]CarePlan, error) {
	return record.Collect(record.List[CarePlan](tx, record.Prefix(kind, resident)))
}

// closeStep ends a step with what it put before somebody; reminders of it stop.
func closeStep(tx *record.Tx, p *CarePlan, s *townconfig.Step, reason string, by string, now time.Time) error {
	close(s, reason, calendar.DayOf(now))
	if s.Desk {
		if err := tx.Delete(DeskKey(*p, *s)); err != nil {
			return err
		}
	}
	if err := dropReminder(tx, *p, *s, reason, now); err != nil {
		return err
	}
	if s.FollowUp == "" {
		return nil
	}
	f, err := record.Optional(followups.Load(tx, p.Resident, s.FollowUp))
	if err != nil || f.ID == "" || f.Closed != nil {
		return err
	}
	f.Closed = &followups.FollowedUp{Reason: reason, By: by, At: now.Unix()}
	return followups.Put(tx, f)
}

// again keeps the next round of a step that comes again, once one is over.
func again(tx *record.Tx, p *CarePlan, s townconfig.Step, today calendar.Day) error {
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	r, ok := site.ScheduleStep(p.Schedule, s.Name)
	if !ok {
		return nil
	}
	if next, ok := r.Again(s, max(today, s.Closes), site.Holidays()); ok {
		p.Steps = append(slices.DeleteFunc(p.Steps, func(o townconfig.Step) bool { return o.Name == s.Name && o.Round < s.Round }), next)
	}
	return nil
}

// endPlan ends a plan with everything of it that is open.
func endPlan(tx *record.Tx, p CarePlan, reason, by string, now time.Time) error {
	if p.Ended != nil {
		return nil
	}
	for i := range p.Steps {
		if p.Steps[i].Closed != "" {
			continue
		}
		if err := closeStep(tx, &p, &p.Steps[i], reason, by, now); err != nil {
			return err
		}
	}
	p.Ended = &followups.FollowedUp{Reason: reason, By: by, At: now.Unix()}
	return Put(tx, p)
}

// EndAll ends all plans of a person who died, moved away or leaves the store,
// quietly: nothing is asked and nothing is sent.
func EndAll(tx *record.Tx, resident, reason string, now time.Time) error {
	return endAllOf(tx, resident, "", reason, now)
}

// endAllOf ends the plans of a person, or, where a set is given, the open steps
// that rest on it.
func endAllOf(tx *record.Tx, resident string, set purpose.Purpose, reason string, now time.Time) error {
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	for _, kind := range []string{"plan", "hiddenplan"} {
		all, err := Load(tx, kind, resident)
		if err != nil {
			return err
		}
		for _, p := range all {
			if set != "" && PurposeOf(site, p) != set {
				continue
			}
			if err := endPlan(tx, p, reason, "", now); err != nil {
				return err
			}
		}
	}
	return nil
}

// PurposeOf is what a plan rests on; a schedule that the town has no more rests on
// C2, as most do.
func PurposeOf(site *townconfig.Site, p CarePlan) purpose.Purpose {
	for _, r := range site.Schedules {
		if r.Schedule == p.Schedule {
			return r.Set
		}
	}
	return purpose.HealthReminders
}
