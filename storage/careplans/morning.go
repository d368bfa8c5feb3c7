package careplans

import (
	"errors"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// ---- the morning ----

// PlanMorning does what is due about plans by a day, a page of at most max of
// them: steps that came due are put before the contact, the clinic and herself,
// and those whose window has gone by end quietly. It returns where to go on and
// how many plans it did. It reads nothing of what is not due.
func PlanMorning(tx *record.Tx, today calendar.Day, page record.Page, max int, now time.Time) (record.Page, int, error) {
	type place struct{ k, kind string }
	var due []place
	pre := record.Prefix("planday")
	for p, err := range tx.Scan(page.Start(pre), append(record.Prefix("planday"), (today+1).String()...)) {
		if err != nil {
			return page, 0, err
		}
		if due = append(due, place{string(p.Key), string(p.Value)}); len(due) == max {
			break
		}
	}
	for _, at := range due {
		_, resident, id, _ := record.Split3(at.k[len(pre):])
		p, err := record.Get[CarePlan](tx, record.Key(at.kind, resident, id))
		if err == nil && string(planDay(p.Next, p)) != at.k {
			err = record.ErrNotFound
		}
		if errors.Is(err, record.ErrNotFound) { // a place that leads nowhere
			err = tx.Delete([]byte(at.k))
		} else if err == nil {
			err = planMorning(tx, p, today, now)
		}
		if err != nil {
			return page, 0, err
		}
		page.After = at.k
	}
	page.Done = len(due) < max
	return page, len(due), nil
}

func planMorning(tx *record.Tx, p CarePlan, today calendar.Day, now time.Time) error {
	r, err := record.Optional(person.LoadResident(tx, p.Resident))
	if err != nil {
		return err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	c, own, err := consent.StandsBy(tx, p.Resident, PurposeOf(site, p))
	if err != nil {
		return err
	}
	if r.ID == "" || !c.Given() {
		return endPlan(tx, p, "withdrawn", "", now)
	}
	m := morningOf{tx: tx, site: site, r: r, today: today, now: now, consent: c, paused: paused(c, own, now)}
	for i := 0; i < len(p.Steps); i++ {
		switch st := &p.Steps[i]; {
		case st.Closed != "":
		case st.Closes < today:
			if err := closeStep(tx, &p, st, "unseen", "", now); err != nil {
				return err
			}
			if err := again(tx, &p, p.Steps[i], today); err != nil {
				return err
			}
			i = -1 // a round more, and those before it gone
		case st.Shown == 0 && Day(*st) <= today:
			if err := m.show(&p, st); err != nil {
				return err
			}
		}
	}
	return Put(tx, p)
}

// paused reports whether reminders that rest on a consent rest too, as Tx.Paused.
func paused(c consent.Consent, own bool, now time.Time) bool {
	return c.Set.Sensitive() && c.Given() && c.Channel == "oral" && !own && now.After(time.Unix(c.At, 0).Add(consent.OralTime))
}

// morningOf is one person's morning.
type morningOf struct {
	tx      *record.Tx
	site    *townconfig.Site
	r       person.Resident
	today   calendar.Day
	now     time.Time
	consent consent.Consent
	paused  bool
}

// show puts a step that came due before those who are to know of it.
func (m morningOf) show(p *CarePlan, st *townconfig.Step) error {
	row, ok := m.site.ScheduleStep(p.Schedule, st.Name)
	if !ok { // the town has it no more
		return closeStep(m.tx, p, st, "retired", "", m.now)
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
		if err := m.tx.PutRaw(DeskKey(*p, *st), nil); err != nil {
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
func (m morningOf) contact(p *CarePlan, st *townconfig.Step, row townconfig.ScheduleStep) (bool, error) {
	if row.Who != "village" || p.Hidden || !p.Village && !m.r.Shown || m.r.NoVisit || m.r.Village == "" {
		return false, nil
	}
	away, err := migration.LoadOpen(m.tx, m.r.ID)
	if err != nil || away.ID != "" {
		return false, err
	}
	contact, _, err := person.ContactOf(m.tx, m.r)
	if err != nil {
		return false, err
	}
	f := followups.FollowUp{ID: record.ID("followup", planCause(*p, *st)), Resident: m.r.ID, Contact: contact, Kind: "visit", Text: row.Label,
		Due: Day(*st), Asked: m.today, Plan: p.ID + "/" + Ref(*st)}
	st.FollowUp = f.ID
	return true, followups.Put(m.tx, f)
}

// ask puts the question whether she still wants reminders before the cadre who
// wrote her yes down, in place of a reminder; one at a time. What it is about is
// not said. It reports whether there is such a cadre: else it is the clinic's.
func (m morningOf) ask(p CarePlan) (bool, error) {
	c, err := record.Optional(person.LoadStaff(m.tx, m.consent.By))
	if err != nil || p.Hidden || c.Left || !c.Has(person.VillageWorker, person.Clerk) {
		return false, err
	}
	open, err := followups.OpenOf(m.tx, p.Resident)
	if err != nil || slices.ContainsFunc(open, func(f followups.FollowUp) bool { return f.Kind == "consent" && f.Text == string(m.consent.Set) }) {
		return true, err
	}
	return true, followups.Put(m.tx, followups.FollowUp{ID: record.ID("followup", "plan", p.Resident, string(m.consent.Set), m.today.String()),
		Resident: p.Resident, Contact: c.ID, Kind: "consent", Text: string(m.consent.Set), Due: m.today, Asked: m.today})
}

// planCause names what is promised about a step on its day.
func planCause(p CarePlan, st townconfig.Step) string {
	return strings.Join([]string{"plan", p.Resident, p.Schedule, p.ID, Ref(st), Day(st).String()}, "/")
}

// remind books the one message to her, between 9:00 and 10:30, so that many do
// not go at once. Who has no WeChat is not booked for.
func (m morningOf) remind(p CarePlan, st townconfig.Step, row townconfig.ScheduleStep) error {
	if row.Neutral == "" || m.r.NoPush {
		return nil
	}
	openid, err := person.WeChatOf(m.tx, p.Resident)
	if err != nil || openid == "" {
		return err
	}
	at := m.today.At(9, int(p.ID[len(p.ID)-1])*31%90)
	if at.Before(m.now) {
		at = m.now
	}
	_, err = outbox.Enqueue(m.tx, outbox.Delivery{
		Cause: planCause(p, st), Kind: "plan_due", To: "r:" + p.Resident, About: p.Resident,
		Facts:    map[string]string{"plan": p.ID, "kind": p.kind(), "step": Ref(st), "day": Day(st).String(), "label": row.Neutral},
		Earliest: at.Unix(), Latest: (m.today + 1).At(20, 0).Unix(), Priority: 6, Booked: m.now.Unix(),
	})
	return err
}

// dropReminder takes back a reminder that waits.
func dropReminder(tx *record.Tx, p CarePlan, st townconfig.Step, reason string, now time.Time) error {
	if st.Shown == 0 {
		return nil
	}
	d, err := record.Optional(outbox.DeliveryOf(tx, planCause(p, st)))
	if err != nil || d.State != outbox.Booked && d.State != outbox.Deferred {
		return err
	}
	d.State, d.Reason, d.Settled = outbox.Dropped, reason, now.Unix()
	return outbox.Put(tx, d)
}

// StillValid returns why a reminder of a step is no longer true, "" while it is.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	p, err := record.Get[CarePlan](tx, record.Key(record.If(d.Facts["kind"] == "hiddenplan", "hiddenplan", "plan"), d.About, d.Facts["plan"]))
	if errors.Is(err, record.ErrNotFound) {
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
	case Day(*st).String() != d.Facts["day"]:
		return "moved", nil
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return "", err
	}
	c, own, err := consent.StandsBy(tx, d.About, PurposeOf(site, p))
	switch {
	case err != nil:
		return "", err
	case !c.Given():
		return "withdrawn", nil
	case paused(c, own, time.Unix(max(d.Earliest, d.Booked), 0)):
		return "paused", nil
	}
	return "", nil
}

// Remove deletes a plan with its places.
func Remove(tx *record.Tx, p CarePlan) error {
	if p.Next != 0 {
		if err := tx.Delete(planDay(p.Next, p)); err != nil {
			return err
		}
	}
	for _, st := range p.Steps {
		if st.Desk && st.Shown != 0 {
			if err := tx.Delete(DeskKey(p, st)); err != nil {
				return err
			}
		}
	}
	return tx.Delete(record.Key(p.kind(), p.Resident, p.ID))
}

// Withdrawn ends the steps of plans that rest on a consent.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) error {
	if set != purpose.HealthReminders && set != purpose.ChildReminders {
		return nil
	}
	return endAllOf(tx, resident, set, "withdrawn", now)
}
