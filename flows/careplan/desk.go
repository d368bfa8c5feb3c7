package careplan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// ---- the clinic ----

// planDesk is “计划 0202-03 孕期 预产期 8月10日”: what is planned for one of a booking's
// people, or that something is to be. Only days are taken.
func planDesk(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return dialog.Reply{}, err
	}
	people, args = dialog.Named(people, args)
	if len(people) == 0 {
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoNumber, a.Number)}, nil
	}
	if len(people) > 1 {
		offers := make([]dialogstate.Option, 0, 2)
		for _, r := range people {
			offers = append(offers, dialogstate.Option{Label: r.Name, Do: "plan-pick " + a.ID + " " + r.ID + " " + args})
		}
		return c.Offer(a.Number+"：", offers...), nil
	}
	return planFor(c, a, people[0], args)
}

// planPicked goes on with the one of a booking who was chosen, or the schedule:
// “<appointment> <resident> <words>”.
func planPicked(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, rest, _ := strings.Cut(rest, " ")
	resident, args, _ := strings.Cut(rest, " ")
	a, err := bookings.Get(c.Scope, id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Resident(resident)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return planFor(c, a, r, args)
}

func planFor(c *dialog.Turn, a bookings.Appointment, r person.Resident, args string) (dialog.Reply, error) {
	if args == "" {
		return planCard(c, a, r)
	}
	village := ""
	for _, w := range []string{"不能", "能"} {
		if rest, ok := strings.CutSuffix(args, " "+w); ok && village == "" {
			village, args = w, rest
		}
	}
	p, err := hearPlan(c, args, nil)
	if err != nil {
		return dialog.Reply{}, err
	}
	far := (c.Today + 200).Short()
	if len(p.rows) == 0 || p.rows[0].Hidden || p.rest != "" {
		return dialog.Reply{Text: fmt.Sprintf(sayPlanHow, a.Number, far)}, nil
	}
	if agreed, err := consent.Get(c.Scope, r.ID, p.rows[0].Set); err != nil || !agreed.Given() {
		return dialog.Reply{Text: fmt.Sprintf(sayPlanNo, r.Name)}, err
	}
	if p.day == 0 && p.event == "checkup" {
		p.day = min(a.Day, c.Today)
	}
	do := strings.Join([]string{r.ID, p.rows[0].Schedule, p.event, p.day.String(), dialog.PickWord(p.due, "due", "event")}, " ")
	switch {
	case p.day == 0:
		_, example := asksFor(p.event)
		return c.Offer(fmt.Sprintf(sayPlanDay, r.Name, p.rows[0].Title, example),
			dialogstate.Option{Label: dialog.LabelNotNow, Do: "plan-day " + r.ID + " " + p.rows[0].Schedule}), nil
	case village == "" && r.Village != "" && !r.Shown && slices.ContainsFunc(p.rows, func(x townconfig.ScheduleStep) bool { return x.Who == "village" && x.Event == p.event }):
		return c.Offer(fmt.Sprintf(sayPlanVillage, r.Name), dialogstate.Option{Label: labelPlanYes, Do: "plan-start " + do + " village"},
			dialogstate.Option{Label: labelPlanNo, Do: "plan-start " + do}), nil
	case village == "能":
		do += " village"
	}
	return planStarted(c, do)
}

// planStarted carries out what planFor asked: “<resident> <schedule> <event> <day>
// <due or event> [village]”.
func planStarted(c *dialog.Turn, rest string) (dialog.Reply, error) {
	w := strings.Fields(rest)
	if len(w) < 5 {
		return dialog.Reply{}, fmt.Errorf("offer %q: not a plan", rest)
	}
	day, err := calendar.ParseDay(w[3])
	if err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Resident(w[0])
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	n := careplans.StartParams{Resident: r.ID, Schedule: w[1], Event: w[2], Day: day, Due: w[4] == "due", Village: len(w) > 5}
	said := ""
	err = c.Undoable(r.Name, func() error {
		p, err := careplans.Start(c.Scope, n, c.M.ID, c.M.At)
		if err != nil {
			return err
		}
		title, err := planTitle(c, p)
		said = dialog.Join(fmt.Sprintf(sayPlanKept, r.Name, title, careplans.Day(p.Open()[0]).Chinese()), sayPlanUndo)
		return err
	})
	switch {
	case errors.Is(err, record.ErrConsent):
		return dialog.Reply{Text: fmt.Sprintf(sayPlanNo, r.Name)}, nil
	case errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayPlanPast}, nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
		return c.Menu(dialog.SayGone)
	}
	return dialog.Reply{Text: said}, err
}

// planCard says what is planned for somebody, and offers to plan more.
func planCard(c *dialog.Turn, a bookings.Appointment, r person.Resident) (dialog.Reply, error) {
	all, err := careplans.List(c.Scope, r.ID)
	if err != nil {
		return dialog.Reply{}, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := []string{a.Number + " " + r.Name}
	var offers []dialogstate.Option
	for _, p := range all {
		said, offer := planLine(site, p)
		if said == "" {
			continue
		}
		if lines = append(lines, said); offer.Do != "" {
			offers = append(offers, offer)
		}
	}
	var titles []string
	for _, row := range site.Schedules {
		if !row.Hidden && !slices.Contains(titles, row.Title) {
			titles = append(titles, row.Title)
		}
	}
	for _, t := range titles[:min(len(titles), max(0, 8-len(offers)))] {
		offers = append(offers, dialogstate.Option{Label: t, Do: "plan-pick " + a.ID + " " + r.ID + " " + t})
	}
	return c.Offer(dialog.Join(append(lines, fmt.Sprintf(sayPlanWhich, r.Name))...), offers...), nil
}

// planLine says for staff where a plan stands, "" for one that is over, with what
// opens its next step.
func planLine(site *townconfig.Site, p careplans.CarePlan) (said string, offer dialogstate.Option) {
	rows := site.Schedule(p.Schedule)
	if p.Ended != nil || len(rows) == 0 {
		return "", offer
	}
	title := rows[0].Title + p.Child
	if open := p.Open(); len(open) == 0 {
		said = fmt.Sprintf(sayPlanOver, title)
	} else {
		st := open[0]
		what := stepLabel(rows, st)
		said = fmt.Sprintf(sayPlanNext, title, what, careplans.Day(st).Chinese(), st.Closes.Short())
		offer = dialogstate.Option{Label: what + " " + careplans.Day(st).Chinese(), Do: "plan-item " + p.Resident + " " + p.ID + " " + careplans.Ref(st)}
	}
	if p.Expected != 0 {
		_, form := townconfig.DueDate(p.Expected - 280)
		said = dialog.Join(said, fmt.Sprintf(sayPlanBirth, dialog.Dated(p.Expected), form.Short()))
	}
	if p.Corrected != 0 {
		said = dialog.Join(said, fmt.Sprintf(sayPlanDoctor, dialog.Dated(p.Corrected)))
	}
	return said, offer
}

// stepLabel is what staff call a step.
func stepLabel(rows []townconfig.ScheduleStep, st townconfig.Step) string {
	for _, r := range rows {
		if r.Step == st.Name {
			return r.Label
		}
	}
	return st.Name
}

func planTitle(c *dialog.Turn, p careplans.CarePlan) (string, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return "", err
	}
	for _, r := range site.Schedule(p.Schedule) {
		return r.Title + p.Child, nil
	}
	return p.Schedule, nil
}

// plansDue is 计划: what came due and is the clinic's.
func plansDue(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest != "" {
		return dialog.Reply{Text: sayPlanDueNone}, nil
	}
	due, err := careplans.PlansDue(c.Scope, c.Today, dialog.MaxDay, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(due) == 0 {
		return dialog.Reply{Text: sayPlanDueNone}, nil
	}
	offers := make([]dialogstate.Option, len(due))
	for i, d := range due {
		label := fmt.Sprintf("%s %s %s", d.Resident.Name, d.Label, careplans.Day(d.Step).Chinese())
		if d.Paused {
			label += sayPlanAskYes
		}
		offers[i] = dialogstate.Option{Label: label, Do: "plan-item " + d.Resident.ID + " " + d.Plan.ID + " " + careplans.Ref(d.Step)}
	}
	return c.Offer(fmt.Sprintf(sayPlanDue, len(due)), offers...), nil
}

// begun says which plan began with what was just noted, "" where none did.
func begun(c *dialog.Turn, resident string) (string, error) {
	all, err := careplans.List(c.Scope, resident)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrScope) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if open := p.Open(); p.At == c.M.At.Unix() && len(open) > 0 {
			title, err := planTitle(c, p)
			return fmt.Sprintf(sayPlanBegun, title, careplans.Day(open[0]).Chinese()), err
		}
	}
	return "", nil
}

// planDeeds are the plan's commands of the desk.
func planDeeds() map[string]dialog.DeskCommand {
	return map[string]dialog.DeskCommand{"plan": {Words: []string{"计划"}, Ask: planDesk, Args: true}}
}
