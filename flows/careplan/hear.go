package careplan

import (
	"slices"
	"strings"

	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

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
func hearPlan(c *dialog.Turn, text string, rows []townconfig.ScheduleStep) (p planSaid, err error) {
	site, err := townconfig.Current(c.Tx)
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
	way := dates.Past
	if p.due || coming(p.event) {
		way = dates.Future
	}
	if start, end, d := dates.FindDate(p.rest, c.Today, way); d.Day != 0 {
		p.day, p.rest = d.Day, p.rest[:start]+p.rest[end:]
	}
	p.rest = strings.Trim(p.rest, " ,。、的是了在:")
	return p, nil
}
