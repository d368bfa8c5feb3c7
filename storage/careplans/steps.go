package careplans

import (
	"errors"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// plansOf returns why the asker may not decide about a person's plans: she may
// herself, and for her clinician and clerk.
func plansOf(s person.Scope, resident string) error {
	if s.Family[resident] {
		_, err := s.Mine(resident)
		return err
	}
	if err := s.AtDesk(resident); err != nil {
		return err
	}
	_, err := s.Resident(resident)
	return err
}

// planned writes down that staff did something with a plan.
func planned(s person.Scope, resident string, now time.Time) error {
	if s.Family[resident] {
		return nil
	}
	return s.LogOwn(resident, "planned", now)
}

// List returns the plans of one of the asker's own, those that she keeps to
// herself too, or, for clinician and clerk, of a resident of the scope; the
// oldest first. It returns errors as StartPlan.
func List(s person.Scope, resident string) ([]CarePlan, error) {
	if err := plansOf(s, resident); err != nil {
		return nil, err
	}
	all, err := Load(s.Tx, "plan", resident)
	if err != nil || !s.Family[resident] {
		return all, err
	}
	hidden, err := Load(s.Tx, "hiddenplan", resident)
	all = append(all, hidden...)
	slices.SortStableFunc(all, func(a, b CarePlan) int { return int(a.At - b.At) })
	return all, err
}

// getPlan returns one plan; ErrNotFound where there is none, or it is hidden from
// the asker.
func getPlan(s person.Scope, resident, id string) (CarePlan, error) {
	if err := plansOf(s, resident); err != nil {
		return CarePlan{}, err
	}
	p, err := record.Get[CarePlan](s.Tx, record.Key("plan", resident, id))
	if errors.Is(err, record.ErrNotFound) && s.Family[resident] {
		p, err = record.Get[CarePlan](s.Tx, record.Key("hiddenplan", resident, id))
	}
	return p, err
}

// SetStepDay gives a step another day, agreed on or named by a doctor, to which
// its window stretches; what was reckoned stays beside it. Errors as StartPlan,
// ErrNotFound also for a step that is closed.
func SetStepDay(s person.Scope, resident, plan, step string, day calendar.Day, now time.Time) (CarePlan, error) {
	p, err := getPlan(s, resident, plan)
	if err != nil {
		return p, err
	}
	st, ok := p.step(step)
	if !ok || st.Closed != "" || p.Ended != nil {
		return p, record.ErrNotFound
	}
	if day < calendar.DayOf(now) {
		return p, record.ErrNotAvailable
	}
	moved := *st
	if err := closeStep(s.Tx, &p, &moved, "moved", s.Person.Cadre.ID, now); err != nil {
		return p, err
	}
	st.Set, st.Shown, st.FollowUp, st.Desk = day, 0, "", false
	st.Opens, st.Closes = min(st.Opens, day), max(st.Closes, day+afterSet)
	return p, errors.Join(Put(s.Tx, p), planned(s, resident, now))
}

// afterSet is how many days a step stays open after a day that was named.
const afterSet = 7

// EndStep ends one step: done, unwanted, unreachable. All endings are equal, and
// end its reminders. Errors as SetStepDay, without ErrPast.
func EndStep(s person.Scope, resident, plan, step, reason string, now time.Time) error {
	p, err := getPlan(s, resident, plan)
	if err != nil {
		return err
	}
	st, ok := p.step(step)
	if !ok || st.Closed != "" || p.Ended != nil {
		return record.ErrNotFound
	}
	return errors.Join(stepOver(s.Tx, p, st, reason, s.Person.Cadre.ID, now), planned(s, resident, now))
}

// stepOver ends a step and keeps its plan, with the step's next round.
func stepOver(tx *record.Tx, p CarePlan, st *townconfig.Step, reason, by string, now time.Time) error {
	if err := closeStep(tx, &p, st, reason, by, now); err != nil {
		return err
	}
	if err := again(tx, &p, *st, calendar.DayOf(now)); err != nil {
		return err
	}
	return Put(tx, p)
}

// EndPlan ends a plan: she wants no more of it. Errors as StartPlan.
func EndPlan(s person.Scope, resident, plan string, now time.Time) error {
	p, err := getPlan(s, resident, plan)
	if err != nil {
		return err
	}
	return errors.Join(endPlan(s.Tx, p, "unwanted", s.Person.Cadre.ID, now), planned(s, resident, now))
}

// LetVillage keeps whether her contact in the village may help with her plans;
// what stands in the contact's day already goes with a no. Hidden plans are not
// in it. Errors as StartPlan.
func LetVillage(s person.Scope, resident string, yes bool, now time.Time) error {
	if err := plansOf(s, resident); err != nil {
		return err
	}
	all, err := Load(s.Tx, "plan", resident)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Ended != nil || p.Village == yes {
			continue
		}
		if p.Village = yes; !yes {
			if err := takeBack(s.Tx, &p, now); err != nil {
				return err
			}
		}
		if err := Put(s.Tx, p); err != nil {
			return err
		}
	}
	return planned(s, resident, now)
}

// takeBack takes a plan's lines out of the contact's days; they are the clinic's.
func takeBack(tx *record.Tx, p *CarePlan, now time.Time) error {
	for i := range p.Steps {
		st := &p.Steps[i]
		if st.FollowUp == "" || st.Closed != "" {
			continue
		}
		f, err := record.Optional(followups.Load(tx, p.Resident, st.FollowUp))
		if err != nil {
			return err
		}
		st.FollowUp, st.Desk = "", true
		if err := tx.PutRaw(DeskKey(*p, *st), nil); err != nil {
			return err
		}
		if f.ID == "" || f.Closed != nil {
			continue
		}
		f.Closed = &followups.FollowedUp{Reason: "withdrawn", At: now.Unix()}
		if err := followups.Put(tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Lets reports whether the village may see a line of its day: one that stands for
// a step of a care plan only while she lets it.
func Lets(tx *record.Tx, r person.Resident, f followups.FollowUp) (bool, error) {
	if f.Plan == "" || r.Shown {
		return true, nil
	}
	id, _, _ := strings.Cut(f.Plan, "/")
	p, err := record.Optional(record.Get[CarePlan](tx, record.Key("plan", f.Resident, id)))
	return p.Village, err
}

// DueStep is a step that is due at the clinic, with whom it is about.
type DueStep struct {
	Resident person.Resident
	Plan     CarePlan
	Step     townconfig.Step
	Label    string
	Paused   bool // her own word is missing: she is asked before she is reminded
}

// PlansDue returns, for clinician and clerk, what came due up to a day and is the
// clinic's to offer, oldest first, at most max; nothing for others.
func PlansDue(s person.Scope, until calendar.Day, max int, now time.Time) ([]DueStep, error) {
	if !s.Person.Cadre.Has(person.Clinician, person.Clerk) {
		return nil, nil
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return nil, err
	}
	var out []DueStep
	pre := record.Prefix("plandesk")
	for k, err := range s.Tx.Scan(pre, append(record.Prefix("plandesk"), (until+1).String()...)) {
		if err != nil {
			return nil, err
		}
		at := strings.Split(string(k.Key[len(pre):]), "/")
		r, err := s.Resident(at[1])
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := record.Get[CarePlan](s.Tx, record.Key("plan", at[1], at[2]))
		if err != nil {
			return nil, err
		}
		st, ok := p.step(at[3])
		if !ok {
			continue
		}
		one := DueStep{Resident: r, Plan: p, Step: *st}
		row, _ := site.ScheduleStep(p.Schedule, st.Name)
		one.Label = row.Label
		if one.Paused, err = consent.Paused(s.Tx, r.ID, row.Set, now); err != nil {
			return nil, err
		}
		if out = append(out, one); len(out) == max {
			break
		}
	}
	return out, nil
}
