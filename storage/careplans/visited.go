package careplans

import (
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// ---- what a visit and a follow-up do ----

// Visited ends the steps that a visit of a kind keeps: of the right kind, inside the
// window; at is its second (0: noon of the day). Hidden plans are not the village's.
func Visited(tx *record.Tx, resident, visit, by string, day calendar.Day, at int64) error {
	all, err := Load(tx, "plan", resident)
	if err != nil || len(all) == 0 {
		return err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	now := time.Unix(at, 0)
	if at == 0 {
		now = day.At(12, 0)
	}
	for _, p := range all {
		var kept []townconfig.Step
		for i := range p.Steps {
			r, ok := site.ScheduleStep(p.Schedule, p.Steps[i].Name)
			if !ok || p.Ended != nil || p.Steps[i].Closed != "" || !covers(p.Steps[i], day) || !slices.Contains(r.Visits, visit) {
				continue
			}
			if err := closeStep(tx, &p, &p.Steps[i], "done", by, now); err != nil {
				return err
			}
			kept = append(kept, p.Steps[i])
		}
		if len(kept) == 0 {
			continue
		}
		for _, st := range kept {
			if err := again(tx, &p, st, day); err != nil {
				return err
			}
		}
		if err := Put(tx, p); err != nil {
			return err
		}
	}
	return nil
}

// FollowedUp carries what was said of a line of the contact's day over to the
// step that it stands for: it ended, at now, or moved to another day. That she
// wants to be reminded no more, said to the cadre who asked, takes her yes back.
func FollowedUp(tx *record.Tx, f followups.FollowUp, now time.Time) error {
	if f.Kind == "consent" && f.Closed != nil && f.Closed.Reason == "unwanted" {
		r, err := person.LoadResident(tx, f.Resident)
		if err != nil {
			return err
		}
		return consent.Withdraw(tx, r, purpose.Purpose(f.Text), consent.Consent{Channel: "oral", By: f.Closed.By}, now)
	}
	id, ref, ok := strings.Cut(f.Plan, "/")
	if !ok {
		return nil
	}
	p, err := record.Optional(record.Get[CarePlan](tx, record.Key("plan", f.Resident, id)))
	if err != nil || p.ID == "" || p.Ended != nil {
		return err
	}
	st, ok := p.step(ref)
	if !ok || st.Closed != "" {
		return nil
	}
	if f.Closed != nil {
		return stepOver(tx, p, st, f.Closed.Reason, f.Closed.By, now)
	}
	st.Set, st.Closes = f.Due, max(st.Closes, f.Due+afterSet)
	return Put(tx, p)
}
