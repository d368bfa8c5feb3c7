package staff

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/stats"
)

// monthWords show what was done in a month: to a village worker what she did and who
// waits, to the clerk her villages' totals.
func monthWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "本月", For: dialog.Village, Do: month}}
}

func monthVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){"month": month, "monthly": monthly}
}

// villagesShown is how many villages stand on a page.
const villagesShown = 6

// month shows this month, up to today, and the last; rest is from which village on.
func month(c *dialog.Turn, rest string) (dialog.Reply, error) {
	y, m, _ := c.Today.Date()
	first := calendar.Date(y, m, 1)
	now, err := stats.Months(c.Scope, first, c.Today)
	if err != nil {
		return dialog.Reply{}, err
	}
	y, m, _ = (first - 1).Date()
	before, err := stats.Months(c.Scope, calendar.Date(y, m, 1), first-1)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(now) == 0 {
		return dialog.Reply{Text: sayMonthNowhere}, nil
	}
	if c.Is(dialog.Clerk) {
		from, _ := strconv.Atoi(rest)
		return monthOfTown(c, now, before, first, from)
	}
	return monthOfMine(c, now, before, first)
}

// few is a total that says nothing of few (domain.md 8.3).
func few(n int) string {
	if n < stats.Fewest {
		return fmt.Sprintf("少于%d", stats.Fewest)
	}
	return strconv.Itoa(n)
}

// spoken says a total as people read it: 少于10, 约20.
func spoken(count string) string {
	return strings.NewReplacer("<", "少于", "~", "约").Replace(count)
}

// kindsOfVisits are the kinds of visits with what they are called, in the order in
// which they are told.
var kindsOfVisits = []struct{ kind, label string }{{"followup", "约定随访"}, {"greet", "看望"}, {"deliver", "送东西"}, {"errand", "办事"}, {"other", "其他"}}

// monthOfMine is the month of a village worker: her own to the number, what others
// wrote down in her villages as a total.
func monthOfMine(c *dialog.Turn, now, before []stats.VillageMonth, first calendar.Day) (dialog.Reply, error) {
	text := fmt.Sprintf(sayMonthHead, c.Today.Short())
	mine, kinds, others, waiting := tally(now)
	text += "\n" + fmt.Sprintf(sayMonthMine, mine)
	if kinds != "" {
		text += "\n　" + kinds
	}
	if others > 0 {
		text += "\n" + fmt.Sprintf(sayMonthOthers, few(others))
	}
	text += "\n" + pickText(waiting == 0, sayMonthNobody, fmt.Sprintf(sayMonthWaiting, waiting))
	mine, kinds, others, _ = tally(before)
	_, m, _ := (first - 1).Date()
	text += "\n" + fmt.Sprintf(sayMonthLast, m, mine)
	if kinds != "" {
		text += "\n　" + kinds
	}
	if others > 0 {
		text += "\n" + fmt.Sprintf(sayMonthOthers, few(others))
	}
	return c.Offer(text, monthlyOffer(c)), nil
}

func pickText(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// tally adds the villages up.
func tally(all []stats.VillageMonth) (mine int, kinds string, others, waiting int) {
	by := map[string]int{}
	for _, v := range all {
		for kind, n := range v.Mine {
			by[kind] += n
			mine += n
		}
		others, waiting = others+v.Others, waiting+v.Waiting
	}
	var parts []string
	for _, k := range kindsOfVisits {
		if by[k.kind] > 0 {
			parts = append(parts, k.label+strconv.Itoa(by[k.kind]))
		}
	}
	return mine, strings.Join(parts, "，"), others, waiting
}

// monthOfTown are the totals of the villages in the order of their codes: a clerk may
// pass them on.
func monthOfTown(c *dialog.Turn, now, before []stats.VillageMonth, first calendar.Day, from int) (dialog.Reply, error) {
	attended, err := stats.Attended(c.Scope, first, c.Today)
	if err != nil {
		return dialog.Reply{}, err
	}
	if from < 0 || from >= len(now) {
		from = 0
	}
	_, m, _ := (first - 1).Date()
	waits := func(v stats.VillageMonth) int { return v.Waiting }
	visits := stats.VillageMonth.Visits
	text := fmt.Sprintf(sayMonthTown, c.Today.Short(), spoken(stats.Total(now, visits)), few(attended), spoken(stats.Total(now, waits)),
		m, spoken(stats.Total(before, visits)), stats.Fewest)
	to := min(from+villagesShown, len(now))
	for _, v := range now[from:to] {
		text += "\n" + fmt.Sprintf(sayMonthVillage, v.Village.Name, few(v.Visits()), few(v.Waiting))
	}
	var offers []dialogstate.Option
	if to < len(now) {
		offers = append(offers, dialogstate.Option{Label: labelMonthMore, Do: "month " + strconv.Itoa(to)})
	}
	return c.Offer(text, append(offers, monthlyOffer(c))...), nil
}

// monthlyOffer is to be told once a month, or no more.
func monthlyOffer(c *dialog.Turn) dialogstate.Option {
	if c.Who.Cadre.Monthly == person.Yes {
		return dialogstate.Option{Label: labelMonthlyNo, Do: "monthly no"}
	}
	return dialogstate.Option{Label: labelMonthlyYes, Do: "monthly yes"}
}

func monthly(c *dialog.Turn, rest string) (dialog.Reply, error) {
	want, said := person.Yes, sayMonthlyYes
	if rest == "no" {
		want, said = person.No, sayMonthlyNo
	}
	return dialog.Reply{Text: said}, stats.WantsMonth(c.Scope, want, c.M.At)
}

// monthNotice is the word that a month is over: a count, and what to send for more.
func monthNotice(d outbox.Delivery) dialog.Words {
	if d.Kind != "month" {
		return dialog.Words{}
	}
	month, _ := calendar.ParseDay(d.Facts["month"])
	_, m, _ := month.Date()
	count := spoken(d.Facts["count"])
	at := time.Unix(d.Booked, 0).In(calendar.Zone)
	return dialog.Words{Text: fmt.Sprintf(sayMonthOver, m, count), Fields: map[string]string{"event": fmt.Sprintf("%d月走访%s次", m, count),
		"time": at.Format("2006年1月2日 15:04"), "date": at.Format("2006年1月2日"), "remark": "请回复 本月", "count": strings.TrimLeft(d.Facts["count"], "<~")}}
}
