package careplans

import (
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// ---- what starts, moves and ends it ----

// StartParams is what starts a plan, or moves one.
type StartParams struct {
	Resident, Schedule string // a schedule by its id or title
	Event              string // "" is the first of the schedule
	Day                calendar.Day
	Due                bool   // Day is when a birth is expected (said by staff: by a doctor) rather than the event's
	Child              string // what the child is called, for a schedule about children
	Village            bool   // she lets her contact in the village help
}

// Start gives one of the asker's own, or, by clinician or clerk, a resident of
// the scope the days of a schedule, counted from an event; where the plan runs
// already, it moves to them. An event of a life counts for her other plans too: a
// birth ends what is offered before one. It returns ErrConsent when she has not
// agreed to the schedule's set (nothing is kept then), ErrPast when no step of it
// is still to come, or the event is, ErrNotFound for an unknown schedule or event,
// for whoever is outside the scope, and for a hidden schedule unless she asks
// herself; ErrScope for other staff.
func Start(s person.Scope, n StartParams, cause string, now time.Time) (CarePlan, error) {
	if err := plansOf(s, n.Resident); err != nil {
		return CarePlan{}, err
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return CarePlan{}, err
	}
	rows := site.Schedule(n.Schedule)
	if n.Event == "" && len(rows) > 0 {
		n.Event = rows[0].Event
	}
	if !slices.ContainsFunc(rows, func(r townconfig.ScheduleStep) bool { return r.Event == n.Event }) || rows[0].Hidden && !s.Family[n.Resident] {
		return CarePlan{}, record.ErrNotFound
	}
	today := calendar.DayOf(now)
	if !n.happened(today) {
		return CarePlan{}, record.ErrNotAvailable
	}
	if err := consent.CheckAgreed(s.Tx, n.Resident, rows[0].Set); err != nil {
		return CarePlan{}, err
	}
	by := s.Person.Cadre.ID
	if s.Family[n.Resident] {
		by = ""
	}
	p, err := startPlan(s.Tx, n, rows, site, by, cause, now)
	if err != nil {
		return p, err
	}
	return p, planned(s, n.Resident, now)
}

// startPlan is StartPlan for whoever may.
func startPlan(tx *record.Tx, n StartParams, rows []townconfig.ScheduleStep, site *townconfig.Site, by, cause string, now time.Time) (CarePlan, error) {
	today := calendar.DayOf(now)
	p, err := planFor(tx, n, rows[0], site, by, cause, now)
	if err != nil {
		return p, err
	}
	event := p.from(n, by != "")
	probe := p
	probe.Steps = slices.Clone(p.Steps)
	if probe.happens(n.Event, event, today, rows, site.Holidays()); len(probe.Open()) == 0 {
		return p, record.ErrNotAvailable
	}
	if _, err := tell(tx, &p, n.Event, event, site, now); err != nil {
		return p, err
	}
	p.Village = p.Village || n.Village && !p.Hidden
	if err := Put(tx, p); err != nil {
		return p, err
	}
	p.Next = p.next()
	if townconfig.Shared[n.Event] {
		return p, tellOthers(tx, p, n.Event, event, site, now)
	}
	return p, nil
}

// ServiceDone is a service that the clinic noted as done for a resident, or took back.
type ServiceDone struct {
	Appointment, Resident, Service string // ids
	Day                            calendar.Day
	Done                           bool
}

// Served starts, or moves, what begins with a service that the clinic noted as done:
// the schedules that are counted from it first, for somebody who agreed to them. That
// it was not so after all ends what it started.
func Served(tx *record.Tx, a ServiceDone, by string, now time.Time) error {
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	service, ok := record.Found(site.Services, func(s townconfig.Service) bool { return s.ID == a.Service })
	if !ok || service.Event == "" {
		return nil
	}
	cause, last := "served/"+a.Appointment, ""
	for _, r := range site.Schedules {
		if first := r.Schedule != last; first && r.Event == service.Event && !r.Hidden {
			if err := servedPlan(tx, a, r, site, by, cause, now); err != nil {
				return err
			}
		}
		last = r.Schedule
	}
	return nil
}

func servedPlan(tx *record.Tx, a ServiceDone, r townconfig.ScheduleStep, site *townconfig.Site, by, cause string, now time.Time) error {
	if !a.Done {
		p, err := record.Optional(record.Get[CarePlan](tx, record.Key("plan", a.Resident, record.ID("plan", cause, r.Schedule, ""))))
		if err != nil || p.ID == "" {
			return err
		}
		return endPlan(tx, p, "mistaken", by, now)
	}
	if err := consent.CheckAgreed(tx, a.Resident, r.Set); err != nil {
		return record.Unless(err, record.ErrConsent)
	}
	_, err := startPlan(tx, StartParams{Resident: a.Resident, Schedule: r.Schedule, Event: r.Event, Day: a.Day}, site.Schedule(r.Schedule), site, by, cause, now)
	return record.Unless(err, record.ErrNotAvailable)
}

// happened reports whether the event can be: nothing is counted from what has not
// happened yet, except from a day that somebody named.
func (n StartParams) happened(today calendar.Day) bool {
	switch {
	case n.Day == 0, n.Due && n.Event != "lmp":
		return false
	case n.Due:
		return n.Day-townconfig.PregnancyDays <= today
	}
	return n.Day <= today || n.Event == "date" || n.Event == "chosen"
}

// from returns the day of the event and keeps, of a pregnancy, the day on which a
// birth is expected. A doctor's stands beside the one that was reckoned, and wins.
// What she reckoned from herself is hers: of that only the planned days are kept.
func (p *CarePlan) from(n StartParams, byStaff bool) calendar.Day {
	switch {
	case n.Event != "lmp":
		return n.Day
	case n.Due && byStaff:
		p.Corrected = n.Day
	case n.Due && p.Corrected == 0:
		return n.Day - townconfig.PregnancyDays
	case byStaff:
		p.Expected, _ = townconfig.DueDate(n.Day)
	}
	if p.Corrected != 0 {
		return p.Corrected - townconfig.PregnancyDays
	}
	return n.Day
}

// planFor is the plan that runs already, or a new one. One of which nothing is
// left, and in which the event has its steps already, is of another time.
func planFor(tx *record.Tx, n StartParams, r townconfig.ScheduleStep, site *townconfig.Site, by, cause string, now time.Time) (CarePlan, error) {
	p := CarePlan{Hidden: r.Hidden}
	all, err := Load(tx, p.kind(), n.Resident)
	if err != nil {
		return p, err
	}
	for _, o := range all {
		if o.Schedule == r.Schedule && o.Child == n.Child && o.Ended == nil && (len(o.Open()) > 0 || !o.knows(n.Event, site)) {
			return o, nil
		}
	}
	p.ID, p.Resident, p.Schedule, p.Child, p.By, p.At = record.ID("plan", cause, r.Schedule, n.Child), n.Resident, r.Schedule, n.Child, by, now.Unix()
	return p, nil
}

// knows reports whether a plan has steps of an event.
func (p CarePlan) knows(event string, site *townconfig.Site) bool {
	return slices.ContainsFunc(p.Steps, func(s townconfig.Step) bool {
		r, ok := site.ScheduleStep(p.Schedule, s.Name)
		return ok && r.Event == event
	})
}

// tell dates a plan by an event, and takes back what the days before had put
// before somebody.
func tell(tx *record.Tx, p *CarePlan, event string, day calendar.Day, site *townconfig.Site, now time.Time) (bool, error) {
	before := slices.Clone(p.Steps)
	if !p.happens(event, day, calendar.DayOf(now), site.Schedules, site.Holidays()) {
		return false, nil
	}
	for _, s := range before {
		if s.Closed != "" {
			continue
		}
		if o, ok := p.step(Ref(s)); ok && o.Closed == "" && Day(*o) == Day(s) && o.Closes == s.Closes {
			*o = s // the same days once more
			continue
		}
		if err := closeStep(tx, p, &s, "moved", p.By, now); err != nil {
			return true, err
		}
	}
	return true, nil
}

// tellOthers dates her other plans by an event of her life.
func tellOthers(tx *record.Tx, p CarePlan, event string, day calendar.Day, site *townconfig.Site, now time.Time) error {
	all, err := Load(tx, "plan", p.Resident)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID == p.ID || o.Ended != nil || o.Child != "" && o.Child != p.Child {
			continue
		}
		changed, err := tell(tx, &o, event, day, site, now)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		if err := Put(tx, o); err != nil {
			return err
		}
	}
	return nil
}
