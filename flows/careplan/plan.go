package careplan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// planWords are those of care plans: the clinic's, which begin with 计划, and hers.
func planWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "计划", For: dialog.Clinic, Do: plansDue},
		{Text: "我的提醒", For: dialog.Anyone, Do: myPlans},
		{Text: "加提醒", For: dialog.Anyone, Do: addPlan},
		{Text: "不用提醒了", For: dialog.Anyone, Do: stopPlans},
		{Text: "让村里提醒", For: dialog.Anyone, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return letVillage(c, true) }},
		{Text: "不让村里提醒", For: dialog.Anyone, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return letVillage(c, false) }},
	}
}

func planVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"plan-pick":  dialog.ForClinic(planPicked),
		"plan-start": dialog.ForClinic(planStarted),
		"plan-item":  planItem,
		"plan-end":   planEnded,
		"plan-move":  planMove,
		"plan-stop":  planStop,
		"plan-yes":   planYes,
		"plan-desk":  func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayPlanDesk}, nil },
		"plan-day":   planDayAgain,
		"plan-date":  planDayAgain,
	}
}

// ---- one step, for staff and for herself ----

// planStep finds the step that “<resident> <plan> <step> …” names; ok is false when
// it is not there any more, or not for whoever asks.
func planStep(c *dialog.Turn, ref string) (p careplans.CarePlan, st townconfig.Step, rest string, ok bool, err error) {
	w := strings.SplitN(ref, " ", 4)
	if len(w) < 3 {
		return p, st, "", false, fmt.Errorf("offer %q: not a step", ref)
	}
	if len(w) == 4 {
		rest = w[3]
	}
	all, err := careplans.List(c.Scope, w[0])
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrScope) {
		return p, st, "", false, nil
	}
	for _, p := range all {
		for _, st := range p.Open() {
			if p.ID == w[1] && careplans.Ref(st) == w[2] {
				return p, st, rest, true, err
			}
		}
	}
	return p, st, "", false, err
}

// ownPlan reports whether a plan is of the asker's own family.
func ownPlan(c *dialog.Turn, p careplans.CarePlan) bool {
	return slices.Contains(c.Who.Residents, p.Resident)
}

// planItem shows one step with what can be said of it. Of what she keeps to herself
// it says no more than that it is a reminder.
func planItem(c *dialog.Turn, ref string) (dialog.Reply, error) {
	p, st, _, ok, err := planStep(c, ref)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !ok {
		return c.Menu(dialog.SayGone)
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	rows := site.Schedule(p.Schedule)
	what := stepLabel(rows, st)
	offers := []dialogstate.Option{{Label: labelPlanDone, Do: "plan-end " + ref + " done"}, {Label: labelPlanMove, Do: "plan-move " + ref},
		{Label: labelPlanUnwanted, Do: "plan-end " + ref + " unwanted"}}
	stop := dialogstate.Option{Label: labelPlanStop, Do: "plan-stop " + p.Resident + " " + p.ID}
	if ownPlan(c, p) {
		return c.Offer(fmt.Sprintf(sayPlanOwnItem, what, st.Opens.Short(), st.Closes.Short()), append(offers, stop)...), nil
	}
	r, err := c.Scope.Open(p.Resident, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	offers = append(offers, dialogstate.Option{Label: labelPlanUnreach, Do: "plan-end " + ref + " unreachable"}, stop)
	return c.Offer(fmt.Sprintf(sayPlanOnes, subject.Label(r), what, careplans.Day(st).Chinese(), st.Opens.Short(), st.Closes.Short()), offers...), nil
}

// endLabels are the endings of a step as they are said back.
var endLabels = map[string]string{"done": labelPlanDone, "unwanted": labelPlanUnwanted, "unreachable": labelPlanUnreach}

// planEnded ends a step: “<resident> <plan> <step> <reason>”.
func planEnded(c *dialog.Turn, ref string) (dialog.Reply, error) {
	p, st, reason, ok, err := planStep(c, ref)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !ok || endLabels[reason] == "" {
		return c.Menu(dialog.SayGone)
	}
	err = c.Undoable(endLabels[reason], func() error { return careplans.EndStep(c.Scope, p.Resident, p.ID, careplans.Ref(st), reason, c.M.At) })
	return dialog.Reply{Text: fmt.Sprintf(sayPlanDone, endLabels[reason])}, err
}

// planMove asks for another day.
func planMove(c *dialog.Turn, ref string) (dialog.Reply, error) {
	return c.Offer(sayPlanWhen, dialogstate.Option{Label: dialog.LabelNotNow, Do: "plan-date " + ref}), nil
}

// planDayAgain is the answer “not now” to the question for a day.
func planDayAgain(c *dialog.Turn, _ string) (dialog.Reply, error) {
	return dialog.Reply{Text: dialog.SayFine}, nil
}

// planDaySaid takes a day that is typed while it is asked for: of a plan that
// begins, or to which a step moves.
func planDaySaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	verb, ref, _ := strings.Cut(c.S.Offers[0].Do, " ")
	if n, rest, ok := answer.Index(text); ok && n == 1 && rest == "" {
		return dialog.Reply{}, false, nil
	}
	if verb == "plan-date" {
		return planMoveSaid(c, ref, text)
	}
	resident, schedule, _ := strings.Cut(ref, " ")
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	rows := site.Schedule(schedule)
	if len(rows) == 0 {
		return dialog.Reply{}, false, nil
	}
	p, err := hearPlan(c, text, rows)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	if p.day == 0 || p.rest != "" {
		_, example := asksFor(rows[0].Event)
		return planDayAsked(c, text, example)
	}
	c.S.Offers = nil
	if !slices.Contains(c.Who.Residents, resident) {
		r, err := planStarted(c, strings.Join([]string{resident, schedule, p.event, p.day.String(), dialog.PickWord(p.due, "due", "event")}, " "))
		return r, true, err
	}
	r, err := planBegun(c, careplans.StartParams{Resident: resident, Schedule: schedule, Event: p.event, Day: p.day, Due: p.due})
	return r, true, err
}

// planDayAsked asks for the day once more, unless text means something else to do.
func planDayAsked(c *dialog.Turn, text, example string) (dialog.Reply, bool, error) {
	if f, _ := c.Keyword(text); f != nil || c.Other(text) || c.Sentence(text) || answer.Command(text) != "" {
		return dialog.Reply{}, false, nil
	}
	return c.Show(fmt.Sprintf(sayPlanBadDay, example)), true, nil
}

func planMoveSaid(c *dialog.Turn, ref, text string) (dialog.Reply, bool, error) {
	_, _, d := dates.FindDate(text, c.Today, dates.Future)
	if d.Day == 0 {
		return planDayAsked(c, text, (c.Today + 30).Short())
	}
	p, st, _, ok, err := planStep(c, ref)
	if err != nil || !ok {
		return dialog.Reply{}, false, err
	}
	c.S.Offers = nil
	err = c.Undoable(labelPlanMove, func() error {
		_, err := careplans.SetStepDay(c.Scope, p.Resident, p.ID, careplans.Ref(st), d.Day, c.M.At)
		return err
	})
	if errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: dialog.SayReturnPast}, true, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayPlanMoved, d.Day.Chinese())}, true, err
}

// ---- herself ----

// planTalk hears that somebody says she is pregnant: nothing is kept of it, she
// is asked whether she wants reminders.
func planTalk(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	said := strings.NewReplacer("我", "", "俺", "", "刚", "", "好像", "", "可能", "", "已经", "", "了", "", "哩", "", "。", "", " ", "").Replace(text)
	switch said {
	case "怀孕", "怀上", "有喜", "怀娃", "怀宝宝", "有身孕", "有身子", "怀孩子", "测出怀孕", "查出怀孕", "测出两道杠", "怀二胎", "怀三胎":
	default:
		return dialog.Reply{}, false, nil
	}
	if c.Who.Staff() && !strings.ContainsAny(text, "我俺") {
		return dialog.Reply{}, false, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	for _, r := range site.Schedules {
		if r.Event == "lmp" && ownStart(r) {
			return c.Offer(sayPlanAskHer, dialogstate.Option{Label: labelPlanWant, Do: "say 加提醒 " + r.Title},
				dialogstate.Option{Label: labelPlanWantNot, Do: "none"}, dialogstate.Option{Label: dialog.LabelNote, Do: "say 悄悄话"}), true, nil
		}
	}
	return dialog.Reply{}, false, nil
}

// ownStart reports whether she may start the schedule of a row herself: by
// something that she alone can tell.
func ownStart(r townconfig.ScheduleStep) bool {
	return r.Hidden || r.Event == "lmp" && r.Who != "village" || r.Event == "birth" && r.Set == purpose.ChildReminders
}

// addPlan is 加提醒: which one, for whom, since when.
func addPlan(c *dialog.Turn, rest string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	var seen []string
	for _, r := range site.Schedules {
		if !ownStart(r) || slices.Contains(seen, r.Schedule) {
			continue
		}
		if seen = append(seen, r.Schedule); rest == r.Title {
			return addThis(c, site.Schedule(r.Schedule), r)
		}
		offers = append(offers, dialogstate.Option{Label: r.Title, Do: "say 加提醒 " + r.Title})
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: sayPlanMineNone}, nil
	}
	return c.Offer(sayPlanAdd, offers[:min(len(offers), 8)]...), nil
}

func addThis(c *dialog.Turn, rows []townconfig.ScheduleStep, r townconfig.ScheduleStep) (dialog.Reply, error) {
	id, reply, asked, err := c.ForWhom(r.Set, "加提醒 "+r.Title)
	if err != nil || asked {
		return reply, err
	}
	ask, example := asksFor(r.Event)
	return c.Offer(fmt.Sprintf(sayPlanAddDay, ask, example), dialogstate.Option{Label: labelPlanDesk, Do: "plan-day " + id + " " + rows[0].Schedule}), nil
}

// planBegun keeps what she started herself.
func planBegun(c *dialog.Turn, n careplans.StartParams) (dialog.Reply, error) {
	p, err := careplans.Start(c.Scope, n, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayPlanPast}, nil
	case errors.Is(err, record.ErrConsent), dialog.IsNotFound(err):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	c.WillTell("plan_due")
	return dialog.Reply{Text: fmt.Sprintf(sayPlanAdded, careplans.Day(p.Open()[0]).Short())}, nil
}

// openPlan is a plan of her family with something to come.
type openPlan struct {
	careplans.CarePlan
	name    string
	neutral string
	step    townconfig.Step
}

// openPlans are the plans of her family, the next first.
func openPlans(c *dialog.Turn) ([]openPlan, error) {
	family, err := c.Family()
	if err != nil {
		return nil, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return nil, err
	}
	var out []openPlan
	for _, r := range family {
		all, err := careplans.List(c.Scope, r.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			open := p.Open()
			if len(open) == 0 {
				continue
			}
			o := openPlan{CarePlan: p, name: r.Name, step: open[0]}
			for _, row := range site.Schedule(p.Schedule) {
				if row.Step == o.step.Name {
					o.neutral = row.Neutral
				}
			}
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b openPlan) int { return int(careplans.Day(a.step) - careplans.Day(b.step)) })
	return out, nil
}

// says is the line of a plan in her own list: a day, and neutral words.
func (o openPlan) says() string {
	if o.step.Shown != 0 {
		return fmt.Sprintf(sayPlanMine, o.name, o.neutral, o.step.Opens.Short(), o.step.Closes.Short())
	}
	return fmt.Sprintf(sayPlanMineLater, o.name, waitsFor(o.neutral), careplans.Day(o.step).Short())
}

// waitsFor are the neutral words of something that is still to come.
func waitsFor(neutral string) string {
	return strings.TrimSuffix(strings.Replace(neutral, "到日子了", "到日子", 1), "了")
}

// myPlans is 我的提醒. Where a cadre wrote her yes down, she is asked for her own
// word first.
func myPlans(c *dialog.Turn, _ string) (dialog.Reply, error) {
	if r, ok, err := confirmPlans(c); ok || err != nil {
		return r, err
	}
	open, err := openPlans(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: o.says(), Do: "plan-item " + o.Resident + " " + o.ID + " " + careplans.Ref(o.step)})
	}
	offers = append(offers, dialogstate.Option{Label: labelPlanAdd, Do: "say 加提醒"})
	if len(open) == 0 {
		return c.Offer(sayPlanMineNone, offers...), nil
	}
	return c.Offer(dialog.Join(sayPlanMineHead, sayPlanMineTail), append(offers, dialogstate.Option{Label: labelPlanStopAll, Do: "say 不用提醒了"})...), nil
}

// confirmPlans asks for her own word on a yes that a cadre wrote down; ok is false
// where there is none that rests.
func confirmPlans(c *dialog.Turn) (dialog.Reply, bool, error) {
	for _, id := range c.Who.Residents {
		if _, err := c.Scope.Mine(id); dialog.IsNotFound(err) { // her card was closed
			continue
		} else if err != nil {
			return dialog.Reply{}, false, err
		}
		for _, set := range []purpose.Purpose{purpose.HealthReminders, purpose.ChildReminders} {
			paused, err := consent.Paused(c.Tx, id, set, c.M.At)
			if err != nil {
				return dialog.Reply{}, false, err
			}
			if paused {
				return c.Offer(sayPlanConfirm, dialogstate.Option{Label: labelPlanRight, Do: "plan-yes " + id + " " + string(set) + " yes"},
					dialogstate.Option{Label: labelPlanWrong, Do: "plan-yes " + id + " " + string(set) + " no"}), true, nil
			}
		}
	}
	return dialog.Reply{}, false, nil
}

// planYes keeps that word: “<resident> <set> <yes or no>”.
func planYes(c *dialog.Turn, rest string) (dialog.Reply, error) {
	w := strings.Fields(rest)
	if len(w) != 3 {
		return dialog.Reply{}, fmt.Errorf("offer %q: not an answer", rest)
	}
	set := purpose.Purpose(w[1])
	if w[2] == "no" {
		if err := consent.WithdrawPurpose(c.Scope, w[0], set, c.M.At); err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		return dialog.Reply{Text: sayPlanStopped}, nil
	}
	err := enrolment.Agree(c.Scope, consent.Consent{Resident: w[0], Set: set, Answer: person.Yes, Channel: "chat"}, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	return dialog.Reply{Text: sayPlanConfirmed}, err
}

// stopPlans is 不用提醒了: one alone ends at once.
func stopPlans(c *dialog.Turn, _ string) (dialog.Reply, error) {
	open, err := openPlans(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch len(open) {
	case 0:
		return dialog.Reply{Text: sayPlanNothing}, nil
	case 1:
		return planStop(c, open[0].Resident+" "+open[0].ID)
	}
	offers := make([]dialogstate.Option, 0, 8)
	var refs []string
	for _, o := range open[:min(len(open), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.says(), Do: "plan-stop " + o.Resident + " " + o.ID})
	}
	for _, o := range open {
		refs = append(refs, o.Resident+" "+o.ID)
	}
	return c.Offer(sayPlanStopWhich, append(offers, dialogstate.Option{Label: labelPlanAll, Do: "plan-stop " + strings.Join(refs, " ")})...), nil
}

// planStop ends plans: “<resident> <plan> …”.
func planStop(c *dialog.Turn, rest string) (dialog.Reply, error) {
	w := strings.Fields(rest)
	own := false
	err := c.Undoable(labelPlanStopAll, func() error {
		for i := 0; i+1 < len(w); i += 2 {
			own = slices.Contains(c.Who.Residents, w[i])
			if err := careplans.EndPlan(c.Scope, w[i], w[i+1], c.M.At); err != nil && !dialog.IsNotFound(err) {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, record.ErrScope) {
		return c.Menu(dialog.SayGone)
	}
	if own {
		return dialog.Reply{Text: sayPlanStopped}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayPlanEnded, "这一套")}, err
}

// letVillage keeps whether her contact in the village may help.
func letVillage(c *dialog.Turn, yes bool) (dialog.Reply, error) {
	open, err := openPlans(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(open) == 0 {
		return dialog.Reply{Text: sayPlanMineNone}, nil
	}
	for _, id := range c.Who.Residents {
		if err := careplans.LetVillage(c.Scope, id, yes, c.M.At); err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
	}
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	if !yes && slices.ContainsFunc(family, func(r person.Resident) bool { return r.Shown }) {
		return dialog.Reply{Text: sayPlanShown}, nil
	}
	return dialog.Reply{Text: dialog.PickWord(yes, sayPlanLet, sayPlanLetNot)}, nil
}

// planLines says in a line each what came due for one of her family, for a list
// with other things.
func planLines(c *dialog.Turn, resident string) ([]string, error) {
	open, err := openPlans(c)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, o := range open {
		if line := fmt.Sprintf(sayPlanMineSee, o.name, o.neutral); o.Resident == resident && o.step.Shown != 0 && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// ---- the contact's day ----

// planPromised says of a line of the day that it is a plan's, or that she is to be
// asked; ok is false for others.
func planPromised(c *dialog.Turn, f followups.FollowUp) (string, bool) {
	switch {
	case f.Kind == "consent":
		return promisedConsent, true
	case f.Plan == "" || f.Declined != 0:
		return "", false
	case f.Due > c.Today:
		return f.Text + " " + f.Due.Chinese(), true
	}
	return fmt.Sprintf(promisedPlan, f.Text), true
}

// askWhether shows the question that a resting yes is.
func askWhether(c *dialog.Turn, f followups.FollowUp, ref string) (dialog.Reply, error) {
	r, err := c.Scope.Open(f.Resident, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(dialog.Join(subject.Label(r), sayPlanAskCadre), dialogstate.Option{Label: labelPlanHers, Do: "answered " + ref},
		dialogstate.Option{Label: labelPlanHersNot, Do: "unwanted " + ref}, dialogstate.Option{Label: dialog.LabelTomorrow, Do: "tomorrow " + ref}), nil
}
