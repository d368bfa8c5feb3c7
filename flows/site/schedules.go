package site

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// scheduleColumns are those of the table of care plans (domain.md 2.6, 3).
var scheduleColumns = []column{
	must("schedule", "哪一套，代号"), must("title", "怎么叫它，如 孕前"), must("step", "哪一步，代号"),
	must("event", "从哪件事算起："+strings.Join(townconfig.Events, "、")),
	must("opens", "从几时起能办，如 -3d、6w、1m、1y"), must("due", "到日子，写法一样"), must("closes", "到几时为止，如 12w6d"),
	may("every", "办过以后隔多久再来一回，如 12m，空着只一回"), may("until", "出了哪件事就不再提，event 里的代号"),
	must("who", "谁来办：village 村里、clinic 卫生院、self 她自己"),
	may("visits", "哪种走访算办了："+strings.Join(visitKinds, "、")),
	must("label", "给工作人员看的"), must("neutral", "给她看的，通知里就写这几个字"),
	must("set", "要同意哪一样：C2，孩子的 C5"), may("hidden", "yes 是只有她自己能开、能看"),
}

var (
	visitKinds   = []string{"greet", "followup", "deliver", "errand", "other"}
	planDoers    = []string{"village", "clinic", "self"}
	planSets     = []string{"C2", "C5"}
	hiddenLabel  = "复查提醒" // all that may be said in the chat of what somebody keeps to themselves (domain.md 3.3)
	hiddenPush   = "有一件事到日子了"
	mostNeutral  = 16 // characters: a field of a notice holds 20
	planExamples = []calendar.Day{
		calendar.Date(2026, 12, 2), calendar.Date(2027, 1, 31), calendar.Date(2028, 2, 29), calendar.Date(2027, 11, 30), calendar.Date(2027, 2, 28),
	}
)

func readSchedule(r *row, s *townconfig.Site) {
	p := townconfig.ScheduleStep{
		Schedule: r.id("schedule"), Title: r.label("title"), Step: r.id("step"), Event: r.known("event", townconfig.Events),
		Opens: r.offset("opens", true), Due: r.offset("due", true), Closes: r.offset("closes", true), Every: r.offset("every", false),
		Who: r.known("who", planDoers), Visits: r.all("visits", visitKinds), Until: r.all("until", townconfig.Events),
		Label: r.label("label"), Neutral: r.label("neutral"), Set: purpose.Purpose(r.known("set", planSets)), Hidden: r.yes("hidden"),
	}
	r.window(p)
	r.said(p)
	switch {
	case p.Who == "village" && len(p.Visits) == 0:
		r.errorf("visits", "村里办的，要写哪种走访算办了，如 followup。")
	case p.Who != "village" && len(p.Visits) > 0:
		r.errorf("visits", "不是村里办的，走访不算数，这里要空着。")
	}
	if slices.Contains(p.Until, p.Event) {
		r.errorf("until", "“%s” 就是它算起的那件事。", p.Event)
	}
	if r.once("schedule", p.Schedule+" "+p.Step, "step") {
		s.Schedules = append(s.Schedules, p)
	}
}

// window complains about a step whose days are in the wrong order, for whatever
// day it is counted from.
func (r *row) window(p townconfig.ScheduleStep) {
	at := func(text string, from calendar.Day) calendar.Day {
		o, _ := townconfig.ParseOffset(text)
		return o.From(from)
	}
	if p.Opens == "" || p.Due == "" || p.Closes == "" {
		return
	}
	for _, day := range planExamples {
		switch opens, due, closes := at(p.Opens, day), at(p.Due, day), at(p.Closes, day); {
		case due < opens:
			r.errorf("due", "%s 比 opens 的 %s 还早。", p.Due, p.Opens)
			return
		case closes < due:
			r.errorf("closes", "%s 比 due 的 %s 还早。", p.Closes, p.Due)
			return
		}
		if p.Every != "" && at(p.Every, day) <= day {
			r.errorf("every", "“%s” 要往后算。", p.Every)
			return
		}
	}
}

// said complains about words that a push must not hold.
func (r *row) said(p townconfig.ScheduleStep) {
	for _, w := range private {
		if strings.Contains(p.Neutral, w) {
			r.errorf("neutral", "通知里不能带 “%s”，别人会看到，如写：有一件到日子了。", w)
			break
		}
	}
	if utf8.RuneCountInString(p.Neutral) > mostNeutral {
		r.errorf("neutral", "太长，最多 %d 个字。", mostNeutral)
	}
	if !p.Hidden {
		return
	}
	if p.Who != "self" && p.Who != "" {
		r.errorf("who", "只有她自己能看的，要写 self。")
	}
	for _, c := range []struct{ column, text, only string }{{"label", p.Label, hiddenLabel}, {"neutral", p.Neutral, hiddenPush}} {
		if c.text != c.only && c.text != "" {
			r.errorf(c.column, "只有她自己能看的，只写 “%s”。", c.only)
		}
	}
}

// offset is how far a day lies from another.
func (r *row) offset(column string, need bool) string {
	text := strings.ToLower(strings.ReplaceAll(r.raw(column), " ", ""))
	if text == "" {
		if need {
			r.need(column)
		}
		return ""
	}
	if _, ok := townconfig.ParseOffset(text); !ok {
		r.errorf(column, "“%s” 看不懂，写数和单位：d 天、w 周、m 月、y 年，如 12w6d、-3d。", text)
		return ""
	}
	return text
}

// all are names out of a list.
func (r *row) all(column string, names []string) []string {
	var out []string
	for _, n := range r.list(column) {
		if !slices.Contains(names, n) {
			r.errorf(column, "没有 “%s”。有：%s。", n, strings.Join(names, "、"))
			continue
		}
		out = append(out, n)
	}
	return out
}

func writeSchedules(s *townconfig.Site) (rows [][]string) {
	for _, p := range s.Schedules {
		hidden := ""
		if p.Hidden {
			hidden = "yes"
		}
		rows = append(rows, []string{p.Schedule, p.Title, p.Step, p.Event, p.Opens, p.Due, p.Closes, p.Every, strings.Join(p.Until, " "),
			p.Who, strings.Join(p.Visits, " "), p.Label, p.Neutral, string(p.Set), hidden})
	}
	return rows
}

// checkSchedules holds the rows of a schedule against each other.
func (r *reader) checkSchedules() {
	first, called := map[string]townconfig.ScheduleStep{}, map[string]string{}
	r.each("schedules", func(row *row) {
		id, title := row.raw("schedule"), row.raw("title")
		p, again := first[id]
		if !again {
			rows := r.site.Schedule(id)
			if len(rows) == 0 {
				return
			}
			p = rows[0]
			first[id] = p
			if other, twice := called[title]; twice && title != "" {
				row.errorf("title", "“%s” 已经是 %s 的叫法。", title, other)
			}
			called[title] = id
		}
		for _, c := range []struct{ column, was, is string }{
			{"title", p.Title, title}, {"set", string(p.Set), row.raw("set")}, {"hidden", yesNo(p.Hidden), yesNo(row.yes("hidden"))},
		} {
			if c.is != c.was {
				row.errorf(c.column, "%s 前面写的是 “%s”，一套里要一样。", id, c.was)
			}
		}
	})
}
