package site

import (
	"strconv"

	"xintiexin/storage/migration"
	"xintiexin/storage/townconfig"
)

// homecomingColumns are those of the times of the year at which people come home
// (domain.md 4.2): counted in days from a festival or a solar term.
var homecomingColumns = []column{
	must("id", "代号"), must("label", "给工作人员看的，如 春节"), must("anchor", "从哪天算起：春节、清明、五一、中秋、国庆、芒种、寒露这样的"),
	must("from", "头一天，前几天写负数，如 -10"), must("to", "末一天，如 6"), may("plan_days", "头一天的前几天告诉办事员"),
	may("ask_days", "头一天的前几天问要回来的人"), may("list_days", "头一天的前几天告诉村里"), may("keep_days", "给回来的人留的号，留到号那天的前几天"),
}

// mostHome is how many days a homecoming lasts at most: who is asked about a longer
// one has said nothing.
const mostHome = 60

func readHomecoming(r *row, s *townconfig.Site) {
	w := townconfig.HomeWindow{ID: r.id("id"), Label: r.label("label"), Anchor: r.anchor("anchor"), From: r.days("from"), To: r.days("to"),
		Plan: r.number("plan_days", 1, 90, 30), Ask: r.number("ask_days", 1, 60, 14), List: r.number("list_days", 1, 60, 7), Keep: r.number("keep_days", 1, 30, 6)}
	switch {
	case w.To < w.From:
		r.errorf("to", "末一天 %d 在头一天 %d 前面。", w.To, w.From)
	case w.To-w.From >= mostHome:
		r.errorf("to", "一共 %d 天，最多 %d 天。", w.To-w.From+1, mostHome)
	}
	if w.Ask > w.Plan {
		r.errorf("ask_days", "%d 天前就问，办事员 %d 天前才知道：号还没放。", w.Ask, w.Plan)
	}
	if r.once("homecoming", w.ID, "id") {
		s.HomeWindows = append(s.HomeWindows, w)
	}
}

// anchor is a festival or a solar term that the calendar knows.
func (r *row) anchor(column string) string {
	text := r.need(column)
	if text == "" {
		return ""
	}
	if _, ok := migration.In((townconfig.HomeWindow{Anchor: text}), 2027); !ok {
		r.errorf(column, "“%s” 不是节日，也不是节气。如 春节、五一、芒种。", text)
	}
	return text
}

// days is a number of days before (less than 0) or after the anchor.
func (r *row) days(column string) int {
	if r.need(column) == "" {
		return 0
	}
	return r.number(column, -60, 60, 0)
}

func writeHomecomings(s *townconfig.Site) (rows [][]string) {
	for _, w := range s.HomeWindows {
		rows = append(rows, []string{w.ID, w.Label, w.Anchor, strconv.Itoa(w.From), strconv.Itoa(w.To), strconv.Itoa(w.Plan), strconv.Itoa(w.Ask), strconv.Itoa(w.List), strconv.Itoa(w.Keep)})
	}
	return rows
}
