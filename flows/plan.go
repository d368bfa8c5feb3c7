package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
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
func planWords() []word {
	return []word{
		{"计划", clinic, (*chat).plansDue},
		{"我的提醒", anyone, (*chat).myPlans},
		{"加提醒", anyone, (*chat).addPlan},
		{"不用提醒了", anyone, (*chat).stopPlans},
		{"让村里提醒", anyone, func(c *chat, _ string) (Reply, error) { return c.letVillage(true) }},
		{"不让村里提醒", anyone, func(c *chat, _ string) (Reply, error) { return c.letVillage(false) }},
	}
}

func planVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"plan-pick":  forClinic((*chat).planPicked),
		"plan-start": forClinic((*chat).planStarted),
		"plan-item":  (*chat).planItem,
		"plan-end":   (*chat).planEnded,
		"plan-move":  (*chat).planMove,
		"plan-stop":  (*chat).planStop,
		"plan-yes":   (*chat).planYes,
		"plan-desk":  func(*chat, string) (Reply, error) { return Reply{Text: sayPlanDesk}, nil },
		"plan-day":   (*chat).planDayAgain,
		"plan-date":  (*chat).planDayAgain,
	}
}

// planEvents are the words by which an event is said, the word that asks for its
// day, and an example.
var planEvents = []struct {
	event, ask, example string
	words               []string
}{
	{"lmp", planLMP, "末次月经 11月3日，或 预产期 8月10日", []string{"末次月经", "末次", "月经"}},
	{"birth", planBirth, "生了 11月3日", []string{"出生", "生了", "生的", "生日"}},
	{"discharge", planDischarge, "出院 11月3日", []string{"出院"}},
	{"ended", planOperation, "没有了 11月3日", []string{"没有了", "结束"}},
	{"checkup", planOperation, "11月3日", []string{"检查", "办完"}},
	{"operation", planOperation, "11月3日", []string{"做的", "做过"}},
	{"date", planDate, "3月5日", nil},
	{"chosen", planChosen, "3月5日", nil},
}

// asksFor is how the day of an event is asked for, with an example.
func asksFor(event string) (ask, example string) {
	for _, e := range planEvents {
		if e.event == event {
			return e.ask, e.example
		}
	}
	return planDate, "3月5日"
}

// coming reports whether the days of an event lie ahead.
func coming(event string) bool { return event == "date" || event == "chosen" }

// planSaid is what somebody said to start a plan: which, from what, since when.
type planSaid struct {
	rows  []townconfig.ScheduleStep
	event string
	day   calendar.Day
	due   bool
	rest  string // what was not understood
}

// hearPlan reads “孕期 预产期 8月10日” against the schedules of the site; rows is what
// is known already.
func (c *chat) hearPlan(text string, rows []townconfig.ScheduleStep) (p planSaid, err error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return p, err
	}
	p.rows, p.rest = rows, text
	if len(rows) == 0 {
		for _, r := range site.Schedules {
			if strings.Contains(text, r.Title) && (len(p.rows) == 0 || len(r.Title) > len(p.rows[0].Title)) {
				p.rows = site.Schedule(r.Schedule)
			}
		}
		if len(p.rows) == 0 {
			return p, nil
		}
		p.rest = strings.Replace(text, p.rows[0].Title, " ", 1)
	}
	p.event = p.rows[0].Event
	for _, e := range planEvents {
		has := slices.ContainsFunc(p.rows, func(r townconfig.ScheduleStep) bool { return r.Event == e.event })
		for _, w := range e.words {
			if has && strings.Contains(p.rest, w) {
				p.event, p.rest = e.event, strings.Replace(p.rest, w, " ", 1)
			}
		}
	}
	if has := slices.ContainsFunc(p.rows, func(r townconfig.ScheduleStep) bool { return r.Event == "lmp" }); has && strings.Contains(p.rest, "预产期") {
		p.event, p.due, p.rest = "lmp", true, strings.Replace(p.rest, "预产期", " ", 1)
	}
	way := answer.Past
	if p.due || coming(p.event) {
		way = answer.Future
	}
	if start, end, d := answer.FindDate(p.rest, c.today, way); d.Day != 0 {
		p.day, p.rest = d.Day, p.rest[:start]+p.rest[end:]
	}
	p.rest = strings.Trim(p.rest, " ,。、的是了在:")
	return p, nil
}

// ---- the clinic ----

// planDesk is “计划 0202-03 孕期 预产期 8月10日”: what is planned for one of a booking's
// people, or that something is to be. Only days are taken.
func (c *chat) planDesk(a bookings.Appointment, args string) (Reply, error) {
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return Reply{}, err
	}
	people, args = named(people, args)
	if len(people) == 0 {
		return Reply{Text: fmt.Sprintf(sayNoNumber, a.Number)}, nil
	}
	if len(people) > 1 {
		offers := make([]dialogstate.Option, 0, 2)
		for _, r := range people {
			offers = append(offers, dialogstate.Option{Label: r.Name, Do: "plan-pick " + a.ID + " " + r.ID + " " + args})
		}
		return c.offer(a.Number+"：", offers...), nil
	}
	return c.planFor(a, people[0], args)
}

// planPicked goes on with the one of a booking who was chosen, or the schedule:
// “<appointment> <resident> <words>”.
func (c *chat) planPicked(rest string) (Reply, error) {
	id, rest, _ := strings.Cut(rest, " ")
	resident, args, _ := strings.Cut(rest, " ")
	a, err := bookings.Get(c.scope, id)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	r, err := c.scope.Resident(resident)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	return c.planFor(a, r, args)
}

func (c *chat) planFor(a bookings.Appointment, r person.Resident, args string) (Reply, error) {
	if args == "" {
		return c.planCard(a, r)
	}
	village := ""
	for _, w := range []string{"不能", "能"} {
		if rest, ok := strings.CutSuffix(args, " "+w); ok && village == "" {
			village, args = w, rest
		}
	}
	p, err := c.hearPlan(args, nil)
	if err != nil {
		return Reply{}, err
	}
	far := (c.today + 200).Short()
	if len(p.rows) == 0 || p.rows[0].Hidden || p.rest != "" {
		return Reply{Text: fmt.Sprintf(sayPlanHow, a.Number, far)}, nil
	}
	if agreed, err := consent.Get(c.scope, r.ID, p.rows[0].Set); err != nil || !agreed.Given() {
		return Reply{Text: fmt.Sprintf(sayPlanNo, r.Name)}, err
	}
	if p.day == 0 && p.event == "checkup" {
		p.day = min(a.Day, c.today)
	}
	do := strings.Join([]string{r.ID, p.rows[0].Schedule, p.event, p.day.String(), pickWord(p.due, "due", "event")}, " ")
	switch {
	case p.day == 0:
		_, example := asksFor(p.event)
		return c.offer(fmt.Sprintf(sayPlanDay, r.Name, p.rows[0].Title, example),
			dialogstate.Option{Label: labelNotNow, Do: "plan-day " + r.ID + " " + p.rows[0].Schedule}), nil
	case village == "" && r.Village != "" && !r.Shown && slices.ContainsFunc(p.rows, func(x townconfig.ScheduleStep) bool { return x.Who == "village" && x.Event == p.event }):
		return c.offer(fmt.Sprintf(sayPlanVillage, r.Name), dialogstate.Option{Label: labelPlanYes, Do: "plan-start " + do + " village"},
			dialogstate.Option{Label: labelPlanNo, Do: "plan-start " + do}), nil
	case village == "能":
		do += " village"
	}
	return c.planStarted(do)
}

// planStarted carries out what planFor asked: “<resident> <schedule> <event> <day>
// <due or event> [village]”.
func (c *chat) planStarted(rest string) (Reply, error) {
	w := strings.Fields(rest)
	if len(w) < 5 {
		return Reply{}, fmt.Errorf("offer %q: not a plan", rest)
	}
	day, err := calendar.ParseDay(w[3])
	if err != nil {
		return Reply{}, err
	}
	r, err := c.scope.Resident(w[0])
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	n := careplans.StartParams{Resident: r.ID, Schedule: w[1], Event: w[2], Day: day, Due: w[4] == "due", Village: len(w) > 5}
	said := ""
	err = c.undoable(r.Name, func() error {
		p, err := careplans.Start(c.scope, n, c.m.ID, c.m.At)
		if err != nil {
			return err
		}
		title, err := c.planTitle(p)
		said = join(fmt.Sprintf(sayPlanKept, r.Name, title, careplans.Day(p.Open()[0]).Chinese()), sayPlanUndo)
		return err
	})
	switch {
	case errors.Is(err, record.ErrConsent):
		return Reply{Text: fmt.Sprintf(sayPlanNo, r.Name)}, nil
	case errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayPlanPast}, nil
	case isNotFound(err), errors.Is(err, record.ErrScope):
		return c.menu(sayGone)
	}
	return Reply{Text: said}, err
}

// planCard says what is planned for somebody, and offers to plan more.
func (c *chat) planCard(a bookings.Appointment, r person.Resident) (Reply, error) {
	all, err := careplans.List(c.scope, r.ID)
	if err != nil {
		return Reply{}, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
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
	return c.offer(join(append(lines, fmt.Sprintf(sayPlanWhich, r.Name))...), offers...), nil
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
		said = join(said, fmt.Sprintf(sayPlanBirth, dated(p.Expected), form.Short()))
	}
	if p.Corrected != 0 {
		said = join(said, fmt.Sprintf(sayPlanDoctor, dated(p.Corrected)))
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

func (c *chat) planTitle(p careplans.CarePlan) (string, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return "", err
	}
	for _, r := range site.Schedule(p.Schedule) {
		return r.Title + p.Child, nil
	}
	return p.Schedule, nil
}

// plansDue is 计划: what came due and is the clinic's.
func (c *chat) plansDue(rest string) (Reply, error) {
	if rest != "" {
		return Reply{Text: sayPlanDueNone}, nil
	}
	due, err := careplans.PlansDue(c.scope, c.today, maxDay, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	if len(due) == 0 {
		return Reply{Text: sayPlanDueNone}, nil
	}
	offers := make([]dialogstate.Option, len(due))
	for i, d := range due {
		label := fmt.Sprintf("%s %s %s", d.Resident.Name, d.Label, careplans.Day(d.Step).Chinese())
		if d.Paused {
			label += sayPlanAskYes
		}
		offers[i] = dialogstate.Option{Label: label, Do: "plan-item " + d.Resident.ID + " " + d.Plan.ID + " " + careplans.Ref(d.Step)}
	}
	return c.offer(fmt.Sprintf(sayPlanDue, len(due)), offers...), nil
}

// ---- one step, for staff and for herself ----

// planStep finds the step that “<resident> <plan> <step> …” names; ok is false when
// it is not there any more, or not for whoever asks.
func (c *chat) planStep(ref string) (p careplans.CarePlan, st townconfig.Step, rest string, ok bool, err error) {
	w := strings.SplitN(ref, " ", 4)
	if len(w) < 3 {
		return p, st, "", false, fmt.Errorf("offer %q: not a step", ref)
	}
	if len(w) == 4 {
		rest = w[3]
	}
	all, err := careplans.List(c.scope, w[0])
	if isNotFound(err) || errors.Is(err, record.ErrScope) {
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
func (c *chat) ownPlan(p careplans.CarePlan) bool {
	return slices.Contains(c.who.Residents, p.Resident)
}

// planItem shows one step with what can be said of it. Of what she keeps to herself
// it says no more than that it is a reminder.
func (c *chat) planItem(ref string) (Reply, error) {
	p, st, _, ok, err := c.planStep(ref)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return c.menu(sayGone)
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	rows := site.Schedule(p.Schedule)
	what := stepLabel(rows, st)
	offers := []dialogstate.Option{{Label: labelPlanDone, Do: "plan-end " + ref + " done"}, {Label: labelPlanMove, Do: "plan-move " + ref},
		{Label: labelPlanUnwanted, Do: "plan-end " + ref + " unwanted"}}
	stop := dialogstate.Option{Label: labelPlanStop, Do: "plan-stop " + p.Resident + " " + p.ID}
	if c.ownPlan(p) {
		return c.offer(fmt.Sprintf(sayPlanOwnItem, what, st.Opens.Short(), st.Closes.Short()), append(offers, stop)...), nil
	}
	r, err := c.scope.Open(p.Resident, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	offers = append(offers, dialogstate.Option{Label: labelPlanUnreach, Do: "plan-end " + ref + " unreachable"}, stop)
	return c.offer(fmt.Sprintf(sayPlanOnes, label(r), what, careplans.Day(st).Chinese(), st.Opens.Short(), st.Closes.Short()), offers...), nil
}

// endLabels are the endings of a step as they are said back.
var endLabels = map[string]string{"done": labelPlanDone, "unwanted": labelPlanUnwanted, "unreachable": labelPlanUnreach}

// planEnded ends a step: “<resident> <plan> <step> <reason>”.
func (c *chat) planEnded(ref string) (Reply, error) {
	p, st, reason, ok, err := c.planStep(ref)
	if err != nil {
		return Reply{}, err
	}
	if !ok || endLabels[reason] == "" {
		return c.menu(sayGone)
	}
	err = c.undoable(endLabels[reason], func() error { return careplans.EndStep(c.scope, p.Resident, p.ID, careplans.Ref(st), reason, c.m.At) })
	return Reply{Text: fmt.Sprintf(sayPlanDone, endLabels[reason])}, err
}

// planMove asks for another day.
func (c *chat) planMove(ref string) (Reply, error) {
	return c.offer(sayPlanWhen, dialogstate.Option{Label: labelNotNow, Do: "plan-date " + ref}), nil
}

// planDayAgain is the answer “not now” to the question for a day.
func (c *chat) planDayAgain(string) (Reply, error) { return Reply{Text: sayFine}, nil }

// planDaySaid takes a day that is typed while it is asked for: of a plan that
// begins, or to which a step moves.
func (c *chat) planDaySaid(text string) (Reply, bool, error) {
	verb, ref, _ := strings.Cut(c.s.Offers[0].Do, " ")
	if n, rest, ok := answer.Index(text); ok && n == 1 && rest == "" {
		return Reply{}, false, nil
	}
	if verb == "plan-date" {
		return c.planMoveSaid(ref, text)
	}
	resident, schedule, _ := strings.Cut(ref, " ")
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	rows := site.Schedule(schedule)
	if len(rows) == 0 {
		return Reply{}, false, nil
	}
	p, err := c.hearPlan(text, rows)
	if err != nil {
		return Reply{}, false, err
	}
	if p.day == 0 || p.rest != "" {
		_, example := asksFor(rows[0].Event)
		return c.planDayAsked(text, example)
	}
	c.s.Offers = nil
	if !slices.Contains(c.who.Residents, resident) {
		r, err := c.planStarted(strings.Join([]string{resident, schedule, p.event, p.day.String(), pickWord(p.due, "due", "event")}, " "))
		return r, true, err
	}
	r, err := c.planBegun(careplans.StartParams{Resident: resident, Schedule: schedule, Event: p.event, Day: p.day, Due: p.due})
	return r, true, err
}

// planDayAsked asks for the day once more, unless text means something else to do.
func (c *chat) planDayAsked(text, example string) (Reply, bool, error) {
	if f, _ := c.keyword(text); f != nil || c.other(text) || c.sentence(text) || answer.Command(text) != "" {
		return Reply{}, false, nil
	}
	return c.show(fmt.Sprintf(sayPlanBadDay, example)), true, nil
}

func (c *chat) planMoveSaid(ref, text string) (Reply, bool, error) {
	_, _, d := answer.FindDate(text, c.today, answer.Future)
	if d.Day == 0 {
		return c.planDayAsked(text, (c.today + 30).Short())
	}
	p, st, _, ok, err := c.planStep(ref)
	if err != nil || !ok {
		return Reply{}, false, err
	}
	c.s.Offers = nil
	err = c.undoable(labelPlanMove, func() error {
		_, err := careplans.SetStepDay(c.scope, p.Resident, p.ID, careplans.Ref(st), d.Day, c.m.At)
		return err
	})
	if errors.Is(err, record.ErrNotAvailable) {
		return Reply{Text: sayReturnPast}, true, nil
	}
	return Reply{Text: fmt.Sprintf(sayPlanMoved, d.Day.Chinese())}, true, err
}

// ---- herself ----

// planTalk hears that somebody says she is pregnant: nothing is kept of it, she
// is asked whether she wants reminders.
func (c *chat) planTalk(text string) (Reply, bool, error) {
	said := strings.NewReplacer("我", "", "俺", "", "刚", "", "好像", "", "可能", "", "已经", "", "了", "", "哩", "", "。", "", " ", "").Replace(text)
	switch said {
	case "怀孕", "怀上", "有喜", "怀娃", "怀宝宝", "有身孕", "有身子", "怀孩子", "测出怀孕", "查出怀孕", "测出两道杠", "怀二胎", "怀三胎":
	default:
		return Reply{}, false, nil
	}
	if c.who.Staff() && !strings.ContainsAny(text, "我俺") {
		return Reply{}, false, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	for _, r := range site.Schedules {
		if r.Event == "lmp" && ownStart(r) {
			return c.offer(sayPlanAskHer, dialogstate.Option{Label: labelPlanWant, Do: "say 加提醒 " + r.Title},
				dialogstate.Option{Label: labelPlanWantNot, Do: "none"}, dialogstate.Option{Label: labelNote, Do: "say 悄悄话"}), true, nil
		}
	}
	return Reply{}, false, nil
}

// ownStart reports whether she may start the schedule of a row herself: by
// something that she alone can tell.
func ownStart(r townconfig.ScheduleStep) bool {
	return r.Hidden || r.Event == "lmp" && r.Who != "village" || r.Event == "birth" && r.Set == purpose.ChildReminders
}

// addPlan is 加提醒: which one, for whom, since when.
func (c *chat) addPlan(rest string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	var seen []string
	for _, r := range site.Schedules {
		if !ownStart(r) || slices.Contains(seen, r.Schedule) {
			continue
		}
		if seen = append(seen, r.Schedule); rest == r.Title {
			return c.addThis(site.Schedule(r.Schedule), r)
		}
		offers = append(offers, dialogstate.Option{Label: r.Title, Do: "say 加提醒 " + r.Title})
	}
	if len(offers) == 0 {
		return Reply{Text: sayPlanMineNone}, nil
	}
	return c.offer(sayPlanAdd, offers[:min(len(offers), 8)]...), nil
}

func (c *chat) addThis(rows []townconfig.ScheduleStep, r townconfig.ScheduleStep) (Reply, error) {
	id, reply, asked, err := c.forWhom(r.Set, "加提醒 "+r.Title)
	if err != nil || asked {
		return reply, err
	}
	ask, example := asksFor(r.Event)
	return c.offer(fmt.Sprintf(sayPlanAddDay, ask, example), dialogstate.Option{Label: labelPlanDesk, Do: "plan-day " + id + " " + rows[0].Schedule}), nil
}

// planBegun keeps what she started herself.
func (c *chat) planBegun(n careplans.StartParams) (Reply, error) {
	p, err := careplans.Start(c.scope, n, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayPlanPast}, nil
	case errors.Is(err, record.ErrConsent), isNotFound(err):
		return c.menu(sayGone)
	case err != nil:
		return Reply{}, err
	}
	c.willTell("plan_due")
	return Reply{Text: fmt.Sprintf(sayPlanAdded, careplans.Day(p.Open()[0]).Short())}, nil
}

// openPlan is a plan of her family with something to come.
type openPlan struct {
	careplans.CarePlan
	name    string
	neutral string
	step    townconfig.Step
}

// openPlans are the plans of her family, the next first.
func (c *chat) openPlans() ([]openPlan, error) {
	family, err := c.family()
	if err != nil {
		return nil, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return nil, err
	}
	var out []openPlan
	for _, r := range family {
		all, err := careplans.List(c.scope, r.ID)
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
func (c *chat) myPlans(string) (Reply, error) {
	if r, ok, err := c.confirmPlans(); ok || err != nil {
		return r, err
	}
	open, err := c.openPlans()
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, o := range open[:min(len(open), 6)] {
		offers = append(offers, dialogstate.Option{Label: o.says(), Do: "plan-item " + o.Resident + " " + o.ID + " " + careplans.Ref(o.step)})
	}
	offers = append(offers, dialogstate.Option{Label: labelPlanAdd, Do: "say 加提醒"})
	if len(open) == 0 {
		return c.offer(sayPlanMineNone, offers...), nil
	}
	return c.offer(join(sayPlanMineHead, sayPlanMineTail), append(offers, dialogstate.Option{Label: labelPlanStopAll, Do: "say 不用提醒了"})...), nil
}

// confirmPlans asks for her own word on a yes that a cadre wrote down; ok is false
// where there is none that rests.
func (c *chat) confirmPlans() (Reply, bool, error) {
	for _, id := range c.who.Residents {
		if _, err := c.scope.Mine(id); isNotFound(err) { // her card was closed
			continue
		} else if err != nil {
			return Reply{}, false, err
		}
		for _, set := range []purpose.Purpose{purpose.HealthReminders, purpose.ChildReminders} {
			paused, err := consent.Paused(c.tx, id, set, c.m.At)
			if err != nil {
				return Reply{}, false, err
			}
			if paused {
				return c.offer(sayPlanConfirm, dialogstate.Option{Label: labelPlanRight, Do: "plan-yes " + id + " " + string(set) + " yes"},
					dialogstate.Option{Label: labelPlanWrong, Do: "plan-yes " + id + " " + string(set) + " no"}), true, nil
			}
		}
	}
	return Reply{}, false, nil
}

// planYes keeps that word: “<resident> <set> <yes or no>”.
func (c *chat) planYes(rest string) (Reply, error) {
	w := strings.Fields(rest)
	if len(w) != 3 {
		return Reply{}, fmt.Errorf("offer %q: not an answer", rest)
	}
	set := purpose.Purpose(w[1])
	if w[2] == "no" {
		if err := consent.WithdrawPurpose(c.scope, w[0], set, c.m.At); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		return Reply{Text: sayPlanStopped}, nil
	}
	err := enrolment.Agree(c.scope, consent.Consent{Resident: w[0], Set: set, Answer: person.Yes, Channel: "chat"}, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	return Reply{Text: sayPlanConfirmed}, err
}

// stopPlans is 不用提醒了: one alone ends at once.
func (c *chat) stopPlans(string) (Reply, error) {
	open, err := c.openPlans()
	if err != nil {
		return Reply{}, err
	}
	switch len(open) {
	case 0:
		return Reply{Text: sayPlanNothing}, nil
	case 1:
		return c.planStop(open[0].Resident + " " + open[0].ID)
	}
	offers := make([]dialogstate.Option, 0, 8)
	var refs []string
	for _, o := range open[:min(len(open), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.says(), Do: "plan-stop " + o.Resident + " " + o.ID})
	}
	for _, o := range open {
		refs = append(refs, o.Resident+" "+o.ID)
	}
	return c.offer(sayPlanStopWhich, append(offers, dialogstate.Option{Label: labelPlanAll, Do: "plan-stop " + strings.Join(refs, " ")})...), nil
}

// planStop ends plans: “<resident> <plan> …”.
func (c *chat) planStop(rest string) (Reply, error) {
	w := strings.Fields(rest)
	own := false
	err := c.undoable(labelPlanStopAll, func() error {
		for i := 0; i+1 < len(w); i += 2 {
			own = slices.Contains(c.who.Residents, w[i])
			if err := careplans.EndPlan(c.scope, w[i], w[i+1], c.m.At); err != nil && !isNotFound(err) {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, record.ErrScope) {
		return c.menu(sayGone)
	}
	if own {
		return Reply{Text: sayPlanStopped}, err
	}
	return Reply{Text: fmt.Sprintf(sayPlanEnded, "这一套")}, err
}

// letVillage keeps whether her contact in the village may help.
func (c *chat) letVillage(yes bool) (Reply, error) {
	open, err := c.openPlans()
	if err != nil {
		return Reply{}, err
	}
	if len(open) == 0 {
		return Reply{Text: sayPlanMineNone}, nil
	}
	for _, id := range c.who.Residents {
		if err := careplans.LetVillage(c.scope, id, yes, c.m.At); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
	}
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if !yes && slices.ContainsFunc(family, func(r person.Resident) bool { return r.Shown }) {
		return Reply{Text: sayPlanShown}, nil
	}
	return Reply{Text: pickWord(yes, sayPlanLet, sayPlanLetNot)}, nil
}

// planLines says in a line each what came due for one of her family, for a list
// with other things.
func (c *chat) planLines(resident string) ([]string, error) {
	open, err := c.openPlans()
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
func (c *chat) planPromised(f followups.FollowUp) (string, bool) {
	switch {
	case f.Kind == "consent":
		return promisedConsent, true
	case f.Plan == "" || f.Declined != 0:
		return "", false
	case f.Due > c.today:
		return f.Text + " " + f.Due.Chinese(), true
	}
	return fmt.Sprintf(promisedPlan, f.Text), true
}

// askWhether shows the question that a resting yes is.
func (c *chat) askWhether(f followups.FollowUp, ref string) (Reply, error) {
	r, err := c.scope.Open(f.Resident, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(join(label(r), sayPlanAskCadre), dialogstate.Option{Label: labelPlanHers, Do: "answered " + ref},
		dialogstate.Option{Label: labelPlanHersNot, Do: "unwanted " + ref}, dialogstate.Option{Label: labelTomorrow, Do: "tomorrow " + ref}), nil
}

// begun says which plan began with what was just noted, "" where none did.
func (c *chat) begun(resident string) (string, error) {
	all, err := careplans.List(c.scope, resident)
	if isNotFound(err) || errors.Is(err, record.ErrScope) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if open := p.Open(); p.At == c.m.At.Unix() && len(open) > 0 {
			title, err := c.planTitle(p)
			return fmt.Sprintf(sayPlanBegun, title, careplans.Day(open[0]).Chinese()), err
		}
	}
	return "", nil
}

// planDeeds are the plan's commands of the desk.
func planDeeds() map[string]deed {
	return map[string]deed{"plan": {words: []string{"计划"}, ask: (*chat).planDesk, args: true}}
}
