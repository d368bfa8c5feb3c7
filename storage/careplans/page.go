package careplans

import (
	"strconv"

	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// stepRecord is the id under which a step of a plan has its line.
func stepRecord(p CarePlan, s townconfig.Step) string {
	return p.ID + "." + s.Name + "." + strconv.Itoa(s.Round)
}

// PlanStep is a step of a care plan that has come due, or is over.
type PlanStep struct {
	Plan   string // id
	Record string // of its line in a table
	Row    townconfig.ScheduleStep
	townconfig.Step
}

// StepsOf returns the steps of a person's care plans that came due or are over: only of plans whose set she agrees to, none of those that she alone may
// know of (domain.md 3.3).
func StepsOf(tx *record.Tx, r person.Resident) ([]PlanStep, error) {
	plans, err := Load(tx, "plan", r.ID)
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return nil, err
	}
	var out []PlanStep
	for _, p := range plans {
		if ok, err := consent.Agrees(tx, r.ID, PurposeOf(site, p)); err != nil || !ok || p.Hidden {
			if err != nil {
				return nil, err
			}
			continue
		}
		for _, s := range p.Steps {
			row, _ := site.ScheduleStep(p.Schedule, s.Name)
			came := s.Shown != 0 || s.Closed != ""
			if came && s.Closed != "replaced" && !row.Hidden {
				out = append(out, PlanStep{p.ID, stepRecord(p, s), row, s})
			}
		}
	}
	return out, nil
}
