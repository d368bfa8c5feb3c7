package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
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
	Child        string       `json:",omitempty"` // what the child it is about is called
	Hidden       bool         `json:",omitempty"`
	Village      bool         `json:",omitempty"` // she lets her contact in the village help with it
	Expected     calendar.Day `json:",omitempty"` // a birth, reckoned by staff
	Corrected    calendar.Day `json:",omitempty"` // the same, by the doctor: this one counts
	Steps        []Step       // those that have their days, in the order in which they got them
	By           string       `json:",omitempty"` // cadre id; "" she herself
	At           int64        // Unix seconds of its start
	Next         calendar.Day `json:",omitempty"` // where it stands under planday/
	Ended        *FollowedUp  `json:",omitempty"`
}

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

// Day is the day on which a step comes due.
func (s Step) Day() calendar.Day {
	if s.Set != 0 {
		return s.Set
	}
	return s.Due
}

// Ref names a step inside its plan.
func (s Step) Ref() string {
	if s.Round == 0 {
		return s.Name
	}
	return fmt.Sprintf("%s-%d", s.Name, s.Round)
}

// covers reports whether a day lies inside the window.
func (s Step) covers(day calendar.Day) bool { return s.Opens <= day && day <= s.Closes }

// Open returns the steps that are still to come or are due, by their days.
func (p CarePlan) Open() []Step {
	if p.Ended != nil {
		return nil
	}
	out := slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Closed != "" })
	slices.SortStableFunc(out, func(a, b Step) int { return int(a.Day() - b.Day()) })
	return out
}

// next is the first day on which something is to be done about the plan: a step
// comes due, or its window is over; 0 when there is none.
func (p CarePlan) next() (next calendar.Day) {
	for _, s := range p.Open() {
		day := s.Day()
		if s.Shown != 0 {
			day = s.Closes + 1
		}
		if next == 0 || day < next {
			next = day
		}
	}
	return next
}

// over is when nothing of the plan was left (Unix seconds), 0 while something is.
func (p CarePlan) over() int64 {
	if p.Ended != nil {
		return p.Ended.At
	}
	if p.Next != 0 {
		return 0
	}
	at := p.At
	for _, s := range p.Steps {
		at = max(at, dayOf(s.Closes))
	}
	return at
}

func (p *CarePlan) step(ref string) (*Step, bool) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Ref() == ref })
	if i < 0 {
		return nil, false
	}
	return &p.Steps[i], true
}

// kind is under which kind a plan is kept.
func (p CarePlan) kind() string { return pick(p.Hidden, "hiddenplan", "plan") }

// happens gives the plan the days that an event brings: open steps that are
// offered until then end, and those counted from it are dated, anew where they
// were. Those whose window is over by today are left out. It reports whether
// anything changed.
func (p *CarePlan) happens(event string, day, today calendar.Day, rows []ScheduleStep, h calendar.Holidays) (changed bool) {
	for _, r := range rows {
		if r.Schedule != p.Schedule {
			continue
		}
		open := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Name == r.Step && s.Closed == "" })
		if r.ends(event) && open >= 0 {
			p.Steps[open].close("ended", today)
			changed = true
		}
		if r.Event != event {
			continue
		}
		if open >= 0 { // told again: other days
			p.Steps[open].close("replaced", today)
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
		same := slices.IndexFunc(p.Steps, func(o Step) bool { return o.Ref() == s.Ref() })
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

func (s *Step) close(reason string, today calendar.Day) {
	if s.Closed == "" {
		s.Closed, s.ClosedOn = reason, today
	}
}

// ---- keeping ----

// putPlan keeps a plan with its place among the days.
func (tx *Tx) putPlan(p CarePlan) error {
	old := p.Next
	if p.Next = p.next(); old != p.Next && old != 0 {
		if err := tx.delete(planDay(old, p)); err != nil {
			return err
		}
	}
	if p.Next != 0 && old != p.Next {
		if err := tx.putRaw(planDay(p.Next, p), []byte(p.kind())); err != nil {
			return err
		}
	}
	return tx.put(key(p.kind(), p.Resident, p.ID), p)
}

func planDay(day calendar.Day, p CarePlan) []byte {
	return key("planday", day.String(), p.Resident, p.ID)
}

// deskKey is the place of a step in the clinic's list.
func deskKey(p CarePlan, s Step) []byte {
	return key("plandesk", s.Shown.String(), p.Resident, p.ID, s.Ref())
}

// plans returns a person's plans of one kind: plan or hiddenplan.
func (tx *Tx) plans(kind, resident string) ([]CarePlan, error) {
	return collect(list[CarePlan](tx, prefix(kind, resident)))
}

// closeStep ends a step with what it put before somebody; reminders of it stop.
func (tx *Tx) closeStep(p *CarePlan, s *Step, reason string, by string, now time.Time) error {
	s.close(reason, calendar.DayOf(now))
	if s.Desk {
		if err := tx.delete(deskKey(*p, *s)); err != nil {
			return err
		}
	}
	if err := tx.dropReminder(*p, *s, reason, now); err != nil {
		return err
	}
	if s.FollowUp == "" {
		return nil
	}
	f, err := optional(tx.FollowUp(p.Resident, s.FollowUp))
	if err != nil || f.ID == "" || f.Closed != nil {
		return err
	}
	f.Closed = &FollowedUp{Reason: reason, By: by, At: now.Unix()}
	return tx.PutFollowUp(f)
}

// again keeps the next round of a step that comes again, once one is over.
func (tx *Tx) again(p *CarePlan, s Step, today calendar.Day) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	r, ok := site.scheduleStep(p.Schedule, s.Name)
	if !ok {
		return nil
	}
	if next, ok := r.Again(s, max(today, s.Closes), site.Holidays()); ok {
		p.Steps = append(slices.DeleteFunc(p.Steps, func(o Step) bool { return o.Name == s.Name && o.Round < s.Round }), next)
	}
	return nil
}

// endPlan ends a plan with everything of it that is open.
func (tx *Tx) endPlan(p CarePlan, reason, by string, now time.Time) error {
	if p.Ended != nil {
		return nil
	}
	for i := range p.Steps {
		if p.Steps[i].Closed != "" {
			continue
		}
		if err := tx.closeStep(&p, &p.Steps[i], reason, by, now); err != nil {
			return err
		}
	}
	p.Ended = &FollowedUp{Reason: reason, By: by, At: now.Unix()}
	return tx.putPlan(p)
}

// EndPlans ends all plans of a person who died, moved away or leaves the store,
// quietly: nothing is asked and nothing is sent.
func (tx *Tx) EndPlans(resident, reason string, now time.Time) error {
	return tx.endPlansOf(resident, "", reason, now)
}

// endPlansOf ends the plans of a person, or, where a set is given, the open steps
// that rest on it.
func (tx *Tx) endPlansOf(resident string, set Set, reason string, now time.Time) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	for _, kind := range []string{"plan", "hiddenplan"} {
		all, err := tx.plans(kind, resident)
		if err != nil {
			return err
		}
		for _, p := range all {
			if set != "" && setOf(site, p) != set {
				continue
			}
			if err := tx.endPlan(p, reason, "", now); err != nil {
				return err
			}
		}
	}
	return nil
}

// setOf is what a plan rests on; a schedule that the town has no more rests on
// C2, as most do.
func setOf(site *Site, p CarePlan) Set {
	for _, r := range site.Schedules {
		if r.Schedule == p.Schedule {
			return r.Set
		}
	}
	return C2
}

// ---- what starts, moves and ends it ----

// NewPlan is what starts a plan, or moves one.
type NewPlan struct {
	Resident, Schedule string // a schedule by its id or title
	Event              string // "" is the first of the schedule
	Day                calendar.Day
	Due                bool   // Day is when a birth is expected (said by staff: by a doctor) rather than the event's
	Child              string // what the child is called, for a schedule about children
	Village            bool   // she lets her contact in the village help
}

// StartPlan gives one of the asker's own, or, by clinician or clerk, a resident of
// the scope the days of a schedule, counted from an event; where the plan runs
// already, it moves to them. An event of a life counts for her other plans too: a
// birth ends what is offered before one. It returns ErrConsent when she has not
// agreed to the schedule's set (nothing is kept then), ErrPast when no step of it
// is still to come, or the event is, ErrNotFound for an unknown schedule or event,
// for whoever is outside the scope, and for a hidden schedule unless she asks
// herself; ErrScope for other staff.
func (s Scope) StartPlan(n NewPlan, cause string, now time.Time) (CarePlan, error) {
	if err := s.plansOf(n.Resident); err != nil {
		return CarePlan{}, err
	}
	site, err := s.tx.Site()
	if err != nil {
		return CarePlan{}, err
	}
	rows := site.Schedule(n.Schedule)
	if n.Event == "" && len(rows) > 0 {
		n.Event = rows[0].Event
	}
	if !slices.ContainsFunc(rows, func(r ScheduleStep) bool { return r.Event == n.Event }) || rows[0].Hidden && !s.own[n.Resident] {
		return CarePlan{}, ErrNotFound
	}
	today := calendar.DayOf(now)
	if !n.happened(today) {
		return CarePlan{}, ErrPast
	}
	if err := s.tx.agreed(n.Resident, rows[0].Set); err != nil {
		return CarePlan{}, err
	}
	by := s.Person.Cadre.ID
	if s.own[n.Resident] {
		by = ""
	}
	p, err := s.tx.startPlan(n, rows, site, by, cause, now)
	if err != nil {
		return p, err
	}
	return p, s.planned(n.Resident, now)
}

// startPlan is StartPlan for whoever may.
func (tx *Tx) startPlan(n NewPlan, rows []ScheduleStep, site *Site, by, cause string, now time.Time) (CarePlan, error) {
	today := calendar.DayOf(now)
	p, err := tx.planFor(n, rows[0], site, by, cause, now)
	if err != nil {
		return p, err
	}
	event := p.from(n, by != "")
	probe := p
	probe.Steps = slices.Clone(p.Steps)
	if probe.happens(n.Event, event, today, rows, site.Holidays()); len(probe.Open()) == 0 {
		return p, ErrPast
	}
	if _, err := tx.tell(&p, n.Event, event, site, now); err != nil {
		return p, err
	}
	p.Village = p.Village || n.Village && !p.Hidden
	if err := tx.putPlan(p); err != nil {
		return p, err
	}
	p.Next = p.next()
	if shared[n.Event] {
		return p, tx.tellOthers(p, n.Event, event, site, now)
	}
	return p, nil
}

// ServiceDone is a service that the clinic noted as done for a resident, or took back.
type ServiceDone struct {
	Appointment, Resident, Service string // ids
	Day                            calendar.Day
	Done                           bool
}

// served starts, or moves, what begins with a service that the clinic noted as done:
// the schedules that are counted from it first, for somebody who agreed to them. That
// it was not so after all ends what it started.
func (tx *Tx) served(a ServiceDone, by string, now time.Time) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	service, ok := found(site.Services, func(s Service) bool { return s.ID == a.Service })
	if !ok || service.Event == "" {
		return nil
	}
	cause, last := "served/"+a.Appointment, ""
	for _, r := range site.Schedules {
		if first := r.Schedule != last; first && r.Event == service.Event && !r.Hidden {
			if err := tx.servedPlan(a, r, site, by, cause, now); err != nil {
				return err
			}
		}
		last = r.Schedule
	}
	return nil
}

func (tx *Tx) servedPlan(a ServiceDone, r ScheduleStep, site *Site, by, cause string, now time.Time) error {
	if !a.Done {
		p, err := optional(get[CarePlan](tx, key("plan", a.Resident, ID("plan", cause, r.Schedule, ""))))
		if err != nil || p.ID == "" {
			return err
		}
		return tx.endPlan(p, "mistaken", by, now)
	}
	if err := tx.agreed(a.Resident, r.Set); err != nil {
		return unless(err, ErrConsent)
	}
	_, err := tx.startPlan(NewPlan{Resident: a.Resident, Schedule: r.Schedule, Event: r.Event, Day: a.Day}, site.Schedule(r.Schedule), site, by, cause, now)
	return unless(err, ErrPast)
}

// unless is err where it is not the one that may be.
func unless(err, may error) error {
	if errors.Is(err, may) {
		return nil
	}
	return err
}

// happened reports whether the event can be: nothing is counted from what has not
// happened yet, except from a day that somebody named.
func (n NewPlan) happened(today calendar.Day) bool {
	switch {
	case n.Day == 0, n.Due && n.Event != "lmp":
		return false
	case n.Due:
		return n.Day-pregnancyDays <= today
	}
	return n.Day <= today || n.Event == "date" || n.Event == "chosen"
}

// from returns the day of the event and keeps, of a pregnancy, the day on which a
// birth is expected. A doctor's stands beside the one that was reckoned, and wins.
// What she reckoned from herself is hers: of that only the planned days are kept.
func (p *CarePlan) from(n NewPlan, byStaff bool) calendar.Day {
	switch {
	case n.Event != "lmp":
		return n.Day
	case n.Due && byStaff:
		p.Corrected = n.Day
	case n.Due && p.Corrected == 0:
		return n.Day - pregnancyDays
	case byStaff:
		p.Expected, _ = DueDate(n.Day)
	}
	if p.Corrected != 0 {
		return p.Corrected - pregnancyDays
	}
	return n.Day
}

// planFor is the plan that runs already, or a new one. One of which nothing is
// left, and in which the event has its steps already, is of another time.
func (tx *Tx) planFor(n NewPlan, r ScheduleStep, site *Site, by, cause string, now time.Time) (CarePlan, error) {
	p := CarePlan{Hidden: r.Hidden}
	all, err := tx.plans(p.kind(), n.Resident)
	if err != nil {
		return p, err
	}
	for _, o := range all {
		if o.Schedule == r.Schedule && o.Child == n.Child && o.Ended == nil && (len(o.Open()) > 0 || !o.knows(n.Event, site)) {
			return o, nil
		}
	}
	p.ID, p.Resident, p.Schedule, p.Child, p.By, p.At = ID("plan", cause, r.Schedule, n.Child), n.Resident, r.Schedule, n.Child, by, now.Unix()
	return p, nil
}

// knows reports whether a plan has steps of an event.
func (p CarePlan) knows(event string, site *Site) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		r, ok := site.scheduleStep(p.Schedule, s.Name)
		return ok && r.Event == event
	})
}

// tell dates a plan by an event, and takes back what the days before had put
// before somebody.
func (tx *Tx) tell(p *CarePlan, event string, day calendar.Day, site *Site, now time.Time) (bool, error) {
	before := slices.Clone(p.Steps)
	if !p.happens(event, day, calendar.DayOf(now), site.Schedules, site.Holidays()) {
		return false, nil
	}
	for _, s := range before {
		if s.Closed != "" {
			continue
		}
		if o, ok := p.step(s.Ref()); ok && o.Closed == "" && o.Day() == s.Day() && o.Closes == s.Closes {
			*o = s // the same days once more
			continue
		}
		if err := tx.closeStep(p, &s, "moved", p.By, now); err != nil {
			return true, err
		}
	}
	return true, nil
}

// tellOthers dates her other plans by an event of her life.
func (tx *Tx) tellOthers(p CarePlan, event string, day calendar.Day, site *Site, now time.Time) error {
	all, err := tx.plans("plan", p.Resident)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID == p.ID || o.Ended != nil || o.Child != "" && o.Child != p.Child {
			continue
		}
		changed, err := tx.tell(&o, event, day, site, now)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		if err := tx.putPlan(o); err != nil {
			return err
		}
	}
	return nil
}

// plansOf returns why the asker may not decide about a person's plans: she may
// herself, and for her clinician and clerk.
func (s Scope) plansOf(resident string) error {
	if s.own[resident] {
		_, err := s.Mine(resident)
		return err
	}
	if err := s.deskOf(resident); err != nil {
		return err
	}
	_, err := s.Resident(resident)
	return err
}

// planned writes down that staff did something with a plan.
func (s Scope) planned(resident string, now time.Time) error {
	if s.own[resident] {
		return nil
	}
	return s.look(resident, "planned", now)
}

// Plans returns the plans of one of the asker's own, those that she keeps to
// herself too, or, for clinician and clerk, of a resident of the scope; the
// oldest first. It returns errors as StartPlan.
func (s Scope) Plans(resident string) ([]CarePlan, error) {
	if err := s.plansOf(resident); err != nil {
		return nil, err
	}
	all, err := s.tx.plans("plan", resident)
	if err != nil || !s.own[resident] {
		return all, err
	}
	hidden, err := s.tx.plans("hiddenplan", resident)
	all = append(all, hidden...)
	slices.SortStableFunc(all, func(a, b CarePlan) int { return int(a.At - b.At) })
	return all, err
}

// plan returns one plan; ErrNotFound where there is none, or it is hidden from
// the asker.
func (s Scope) plan(resident, id string) (CarePlan, error) {
	if err := s.plansOf(resident); err != nil {
		return CarePlan{}, err
	}
	p, err := get[CarePlan](s.tx, key("plan", resident, id))
	if errors.Is(err, ErrNotFound) && s.own[resident] {
		p, err = get[CarePlan](s.tx, key("hiddenplan", resident, id))
	}
	return p, err
}

// SetStepDay gives a step another day, agreed on or named by a doctor, to which
// its window stretches; what was reckoned stays beside it. Errors as StartPlan,
// ErrNotFound also for a step that is closed.
func (s Scope) SetStepDay(resident, plan, step string, day calendar.Day, now time.Time) (CarePlan, error) {
	p, err := s.plan(resident, plan)
	if err != nil {
		return p, err
	}
	st, ok := p.step(step)
	if !ok || st.Closed != "" || p.Ended != nil {
		return p, ErrNotFound
	}
	if day < calendar.DayOf(now) {
		return p, ErrPast
	}
	moved := *st
	if err := s.tx.closeStep(&p, &moved, "moved", s.Person.Cadre.ID, now); err != nil {
		return p, err
	}
	st.Set, st.Shown, st.FollowUp, st.Desk = day, 0, "", false
	st.Opens, st.Closes = min(st.Opens, day), max(st.Closes, day+afterSet)
	return p, errors.Join(s.tx.putPlan(p), s.planned(resident, now))
}

// afterSet is how many days a step stays open after a day that was named.
const afterSet = 7

// EndStep ends one step: done, unwanted, unreachable. All endings are equal, and
// end its reminders. Errors as SetStepDay, without ErrPast.
func (s Scope) EndStep(resident, plan, step, reason string, now time.Time) error {
	p, err := s.plan(resident, plan)
	if err != nil {
		return err
	}
	st, ok := p.step(step)
	if !ok || st.Closed != "" || p.Ended != nil {
		return ErrNotFound
	}
	return errors.Join(s.tx.stepOver(p, st, reason, s.Person.Cadre.ID, now), s.planned(resident, now))
}

// stepOver ends a step and keeps its plan, with the step's next round.
func (tx *Tx) stepOver(p CarePlan, st *Step, reason, by string, now time.Time) error {
	if err := tx.closeStep(&p, st, reason, by, now); err != nil {
		return err
	}
	if err := tx.again(&p, *st, calendar.DayOf(now)); err != nil {
		return err
	}
	return tx.putPlan(p)
}

// EndPlan ends a plan: she wants no more of it. Errors as StartPlan.
func (s Scope) EndPlan(resident, plan string, now time.Time) error {
	p, err := s.plan(resident, plan)
	if err != nil {
		return err
	}
	return errors.Join(s.tx.endPlan(p, "unwanted", s.Person.Cadre.ID, now), s.planned(resident, now))
}

// LetVillage keeps whether her contact in the village may help with her plans;
// what stands in the contact's day already goes with a no. Hidden plans are not
// in it. Errors as StartPlan.
func (s Scope) LetVillage(resident string, yes bool, now time.Time) error {
	if err := s.plansOf(resident); err != nil {
		return err
	}
	all, err := s.tx.plans("plan", resident)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Ended != nil || p.Village == yes {
			continue
		}
		if p.Village = yes; !yes {
			if err := s.tx.takeBack(&p, now); err != nil {
				return err
			}
		}
		if err := s.tx.putPlan(p); err != nil {
			return err
		}
	}
	return s.planned(resident, now)
}

// takeBack takes a plan's lines out of the contact's days; they are the clinic's.
func (tx *Tx) takeBack(p *CarePlan, now time.Time) error {
	for i := range p.Steps {
		st := &p.Steps[i]
		if st.FollowUp == "" || st.Closed != "" {
			continue
		}
		f, err := optional(tx.FollowUp(p.Resident, st.FollowUp))
		if err != nil {
			return err
		}
		st.FollowUp, st.Desk = "", true
		if err := tx.putRaw(deskKey(*p, *st), nil); err != nil {
			return err
		}
		if f.ID == "" || f.Closed != nil {
			continue
		}
		f.Closed = &FollowedUp{Reason: "withdrawn", At: now.Unix()}
		if err := tx.PutFollowUp(f); err != nil {
			return err
		}
	}
	return nil
}

// lets reports whether the village may see a line of its day: one that stands for
// a step of a care plan only while she lets it.
func (tx *Tx) lets(r Resident, f FollowUp) (bool, error) {
	if f.Plan == "" || r.Shown {
		return true, nil
	}
	id, _, _ := strings.Cut(f.Plan, "/")
	p, err := optional(get[CarePlan](tx, key("plan", f.Resident, id)))
	return p.Village, err
}

// Planned is a step that is due at the clinic, with whom it is about.
type Planned struct {
	Resident Resident
	Plan     CarePlan
	Step     Step
	Label    string
	Paused   bool // her own word is missing: she is asked before she is reminded
}

// PlansDue returns, for clinician and clerk, what came due up to a day and is the
// clinic's to offer, oldest first, at most max; nothing for others.
func (s Scope) PlansDue(until calendar.Day, max int, now time.Time) ([]Planned, error) {
	if !s.Person.Cadre.Has(Clinician, Clerk) {
		return nil, nil
	}
	site, err := s.tx.Site()
	if err != nil {
		return nil, err
	}
	var out []Planned
	pre := prefix("plandesk")
	for k, err := range s.tx.scan(pre, append(prefix("plandesk"), (until+1).String()...)) {
		if err != nil {
			return nil, err
		}
		at := strings.Split(string(k.Key[len(pre):]), "/")
		r, err := s.Resident(at[1])
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := get[CarePlan](s.tx, key("plan", at[1], at[2]))
		if err != nil {
			return nil, err
		}
		st, ok := p.step(at[3])
		if !ok {
			continue
		}
		one := Planned{Resident: r, Plan: p, Step: *st}
		row, _ := site.scheduleStep(p.Schedule, st.Name)
		one.Label = row.Label
		if one.Paused, err = s.tx.Paused(r.ID, row.Set, now); err != nil {
			return nil, err
		}
		if out = append(out, one); len(out) == max {
			break
		}
	}
	return out, nil
}

// ---- what a visit and a follow-up do ----

// visited ends the steps that a visit of a kind keeps: of the right kind, inside the
// window; at is its second (0: noon of the day). Hidden plans are not the village's.
func (tx *Tx) visited(resident, visit, by string, day calendar.Day, at int64) error {
	all, err := tx.plans("plan", resident)
	if err != nil || len(all) == 0 {
		return err
	}
	site, err := tx.Site()
	if err != nil {
		return err
	}
	now := time.Unix(at, 0)
	if at == 0 {
		now = day.At(12, 0)
	}
	for _, p := range all {
		var kept []Step
		for i := range p.Steps {
			r, ok := site.scheduleStep(p.Schedule, p.Steps[i].Name)
			if !ok || p.Ended != nil || p.Steps[i].Closed != "" || !p.Steps[i].covers(day) || !slices.Contains(r.Visits, visit) {
				continue
			}
			if err := tx.closeStep(&p, &p.Steps[i], "done", by, now); err != nil {
				return err
			}
			kept = append(kept, p.Steps[i])
		}
		if len(kept) == 0 {
			continue
		}
		for _, st := range kept {
			if err := tx.again(&p, st, day); err != nil {
				return err
			}
		}
		if err := tx.putPlan(p); err != nil {
			return err
		}
	}
	return nil
}

// followedUp carries what was said of a line of the contact's day over to the
// step that it stands for: it ended, at now, or moved to another day. That she
// wants to be reminded no more, said to the cadre who asked, takes her yes back.
func (tx *Tx) followedUp(f FollowUp, now time.Time) error {
	if f.Kind == "consent" && f.Closed != nil && f.Closed.Reason == "unwanted" {
		r, err := tx.Resident(f.Resident)
		if err != nil {
			return err
		}
		return tx.withdraw(r, Set(f.Text), Consent{Channel: "oral", By: f.Closed.By}, now)
	}
	id, ref, ok := strings.Cut(f.Plan, "/")
	if !ok {
		return nil
	}
	p, err := optional(get[CarePlan](tx, key("plan", f.Resident, id)))
	if err != nil || p.ID == "" || p.Ended != nil {
		return err
	}
	st, ok := p.step(ref)
	if !ok || st.Closed != "" {
		return nil
	}
	if f.Closed != nil {
		return tx.stepOver(p, st, f.Closed.Reason, f.Closed.By, now)
	}
	st.Set, st.Closes = f.Due, max(st.Closes, f.Due+afterSet)
	return tx.putPlan(p)
}

// ---- the morning ----

// PlanMorning does what is due about plans by a day, a page of at most max of
// them: steps that came due are put before the contact, the clinic and herself,
// and those whose window has gone by end quietly. It returns where to go on and
// how many plans it did. It reads nothing of what is not due.
func (tx *Tx) PlanMorning(today calendar.Day, page Page, max int, now time.Time) (Page, int, error) {
	type place struct{ k, kind string }
	var due []place
	pre := prefix("planday")
	for p, err := range tx.scan(page.start(pre), append(prefix("planday"), (today+1).String()...)) {
		if err != nil {
			return page, 0, err
		}
		if due = append(due, place{string(p.Key), string(p.Value)}); len(due) == max {
			break
		}
	}
	for _, at := range due {
		_, resident, id, _ := split3(at.k[len(pre):])
		p, err := get[CarePlan](tx, key(at.kind, resident, id))
		if err == nil && string(planDay(p.Next, p)) != at.k {
			err = ErrNotFound
		}
		if errors.Is(err, ErrNotFound) { // a place that leads nowhere
			err = tx.delete([]byte(at.k))
		} else if err == nil {
			err = tx.planMorning(p, today, now)
		}
		if err != nil {
			return page, 0, err
		}
		page.After = at.k
	}
	page.Done = len(due) < max
	return page, len(due), nil
}

func (tx *Tx) planMorning(p CarePlan, today calendar.Day, now time.Time) error {
	r, err := optional(tx.Resident(p.Resident))
	if err != nil {
		return err
	}
	site, err := tx.Site()
	if err != nil {
		return err
	}
	c, own, err := tx.standsBy(p.Resident, setOf(site, p))
	if err != nil {
		return err
	}
	if r.ID == "" || !c.Given() {
		return tx.endPlan(p, "withdrawn", "", now)
	}
	m := morningOf{tx: tx, site: site, r: r, today: today, now: now, consent: c, paused: c.paused(own, now)}
	for i := 0; i < len(p.Steps); i++ {
		switch st := &p.Steps[i]; {
		case st.Closed != "":
		case st.Closes < today:
			if err := tx.closeStep(&p, st, "unseen", "", now); err != nil {
				return err
			}
			if err := tx.again(&p, p.Steps[i], today); err != nil {
				return err
			}
			i = -1 // a round more, and those before it gone
		case st.Shown == 0 && st.Day() <= today:
			if err := m.show(&p, st); err != nil {
				return err
			}
		}
	}
	return tx.putPlan(p)
}

// paused reports whether reminders that rest on a consent rest too, as Tx.Paused.
func (c Consent) paused(own bool, now time.Time) bool {
	return c.Set.Sensitive() && c.Given() && c.Channel == "oral" && !own && now.After(time.Unix(c.At, 0).Add(OralTime))
}

// morningOf is one person's morning.
type morningOf struct {
	tx      *Tx
	site    *Site
	r       Resident
	today   calendar.Day
	now     time.Time
	consent Consent
	paused  bool
}

// show puts a step that came due before those who are to know of it.
func (m morningOf) show(p *CarePlan, st *Step) error {
	row, ok := m.site.scheduleStep(p.Schedule, st.Name)
	if !ok { // the town has it no more
		return m.tx.closeStep(p, st, "retired", "", m.now)
	}
	st.Shown = m.today
	told := false
	var err error
	if m.paused {
		told, err = m.ask(*p)
	} else {
		told, err = m.contact(p, st, row)
	}
	if err != nil {
		return err
	}
	if (!told || m.paused && row.Who == "clinic") && row.Who != "self" && !p.Hidden {
		st.Desk = true
		if err := m.tx.putRaw(deskKey(*p, *st), nil); err != nil {
			return err
		}
	}
	if m.paused {
		return nil
	}
	return m.remind(*p, *st, row)
}

// contact puts a step into the day of her contact in the village, where that is
// whose it is and she lets the village know; it reports whether it did. Nobody
// is sent to a house where she is not.
func (m morningOf) contact(p *CarePlan, st *Step, row ScheduleStep) (bool, error) {
	if row.Who != "village" || p.Hidden || !p.Village && !m.r.Shown || m.r.NoVisit || m.r.Village == "" {
		return false, nil
	}
	away, err := m.tx.openAway(m.r.ID)
	if err != nil || away.ID != "" {
		return false, err
	}
	contact, _, err := m.tx.ContactOf(m.r)
	if err != nil {
		return false, err
	}
	f := FollowUp{ID: ID("followup", planCause(*p, *st)), Resident: m.r.ID, Contact: contact, Kind: "visit", Text: row.Label,
		Due: st.Day(), Asked: m.today, Plan: p.ID + "/" + st.Ref()}
	st.FollowUp = f.ID
	return true, m.tx.PutFollowUp(f)
}

// ask puts the question whether she still wants reminders before the cadre who
// wrote her yes down, in place of a reminder; one at a time. What it is about is
// not said. It reports whether there is such a cadre: else it is the clinic's.
func (m morningOf) ask(p CarePlan) (bool, error) {
	c, err := optional(m.tx.Cadre(m.consent.By))
	if err != nil || p.Hidden || c.Left || !c.Has(Worker, Clerk) {
		return false, err
	}
	open, err := m.tx.openFollowUps(p.Resident)
	if err != nil || slices.ContainsFunc(open, func(f FollowUp) bool { return f.Kind == "consent" && f.Text == string(m.consent.Set) }) {
		return true, err
	}
	return true, m.tx.PutFollowUp(FollowUp{ID: ID("followup", "plan", p.Resident, string(m.consent.Set), m.today.String()),
		Resident: p.Resident, Contact: c.ID, Kind: "consent", Text: string(m.consent.Set), Due: m.today, Asked: m.today})
}

// planCause names what is promised about a step on its day.
func planCause(p CarePlan, st Step) string {
	return strings.Join([]string{"plan", p.Resident, p.Schedule, p.ID, st.Ref(), st.Day().String()}, "/")
}

// remind books the one message to her, between 9:00 and 10:30, so that many do
// not go at once. Who has no WeChat is not booked for.
func (m morningOf) remind(p CarePlan, st Step, row ScheduleStep) error {
	if row.Neutral == "" || m.r.NoPush {
		return nil
	}
	openid, err := m.tx.WeChatOf(p.Resident)
	if err != nil || openid == "" {
		return err
	}
	at := m.today.At(9, int(p.ID[len(p.ID)-1])*31%90)
	if at.Before(m.now) {
		at = m.now
	}
	_, err = m.tx.Enqueue(Delivery{
		Cause: planCause(p, st), Kind: "plan_due", To: "r:" + p.Resident, About: p.Resident,
		Facts:    map[string]string{"plan": p.ID, "kind": p.kind(), "step": st.Ref(), "day": st.Day().String(), "label": row.Neutral},
		Earliest: at.Unix(), Latest: (m.today + 1).At(20, 0).Unix(), Priority: 6, Booked: m.now.Unix(),
	})
	return err
}

// dropReminder takes back a reminder that waits.
func (tx *Tx) dropReminder(p CarePlan, st Step, reason string, now time.Time) error {
	if st.Shown == 0 {
		return nil
	}
	d, err := optional(tx.DeliveryOf(planCause(p, st)))
	if err != nil || d.State != Booked && d.State != Owed {
		return err
	}
	d.State, d.Reason, d.Settled = Dropped, reason, now.Unix()
	return tx.PutDelivery(d)
}

// planStands returns why a reminder of a step is no longer true, "" while it is.
func (tx *Tx) planStands(d Delivery) (string, error) {
	p, err := get[CarePlan](tx, key(pick(d.Facts["kind"] == "hiddenplan", "hiddenplan", "plan"), d.About, d.Facts["plan"]))
	if errors.Is(err, ErrNotFound) {
		return "gone", nil
	}
	if err != nil {
		return "", err
	}
	st, ok := p.step(d.Facts["step"])
	switch {
	case p.Ended != nil:
		return p.Ended.Reason, nil
	case !ok:
		return "gone", nil
	case st.Closed != "":
		return st.Closed, nil
	case st.Day().String() != d.Facts["day"]:
		return "moved", nil
	}
	site, err := tx.Site()
	if err != nil {
		return "", err
	}
	c, own, err := tx.standsBy(d.About, setOf(site, p))
	switch {
	case err != nil:
		return "", err
	case !c.Given():
		return "withdrawn", nil
	case c.paused(own, time.Unix(max(d.Earliest, d.Booked), 0)):
		return "paused", nil
	}
	return "", nil
}

// dropPlan deletes a plan with its places.
func (tx *Tx) dropPlan(p CarePlan) error {
	if p.Next != 0 {
		if err := tx.delete(planDay(p.Next, p)); err != nil {
			return err
		}
	}
	for _, st := range p.Steps {
		if st.Desk && st.Shown != 0 {
			if err := tx.delete(deskKey(p, st)); err != nil {
				return err
			}
		}
	}
	return tx.delete(key(p.kind(), p.Resident, p.ID))
}

// withdrawnPlans ends the steps of plans that rest on a consent.
func withdrawnPlans(tx *Tx, resident string, set Set, now time.Time) error {
	if set != C2 && set != C5 {
		return nil
	}
	return tx.endPlansOf(resident, set, "withdrawn", now)
}
