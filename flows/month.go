package flows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/stats"
)

// monthWords show what was done in a month: to a village worker what she did and who
// waits, to the clerk her villages' totals.
func monthWords() []word { return []word{{"本月", village, (*chat).month}} }

func monthVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){"month": (*chat).month, "monthly": (*chat).monthly}
}

// villagesShown is how many villages stand on a page.
const villagesShown = 6

// month shows this month, up to today, and the last; rest is from which village on.
func (c *chat) month(rest string) (Reply, error) {
	y, m, _ := c.today.Date()
	first := calendar.Date(y, m, 1)
	now, err := stats.Months(c.scope, first, c.today)
	if err != nil {
		return Reply{}, err
	}
	y, m, _ = (first - 1).Date()
	before, err := stats.Months(c.scope, calendar.Date(y, m, 1), first-1)
	if err != nil {
		return Reply{}, err
	}
	if len(now) == 0 {
		return Reply{Text: sayMonthNowhere}, nil
	}
	if c.is(clerk) {
		from, _ := strconv.Atoi(rest)
		return c.monthOfTown(now, before, first, from)
	}
	return c.monthOfMine(now, before, first)
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
func (c *chat) monthOfMine(now, before []stats.VillageMonth, first calendar.Day) (Reply, error) {
	text := fmt.Sprintf(sayMonthHead, c.today.Short())
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
	return c.offer(text, c.monthlyOffer()), nil
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
func (c *chat) monthOfTown(now, before []stats.VillageMonth, first calendar.Day, from int) (Reply, error) {
	attended, err := stats.Attended(c.scope, first, c.today)
	if err != nil {
		return Reply{}, err
	}
	if from < 0 || from >= len(now) {
		from = 0
	}
	_, m, _ := (first - 1).Date()
	waits := func(v stats.VillageMonth) int { return v.Waiting }
	visits := stats.VillageMonth.Visits
	text := fmt.Sprintf(sayMonthTown, c.today.Short(), spoken(stats.Total(now, visits)), few(attended), spoken(stats.Total(now, waits)),
		m, spoken(stats.Total(before, visits)), stats.Fewest)
	to := min(from+villagesShown, len(now))
	for _, v := range now[from:to] {
		text += "\n" + fmt.Sprintf(sayMonthVillage, v.Village.Name, few(v.Visits()), few(v.Waiting))
	}
	var offers []dialogstate.Option
	if to < len(now) {
		offers = append(offers, dialogstate.Option{Label: labelMonthMore, Do: "month " + strconv.Itoa(to)})
	}
	return c.offer(text, append(offers, c.monthlyOffer())...), nil
}

// monthlyOffer is to be told once a month, or no more.
func (c *chat) monthlyOffer() dialogstate.Option {
	if c.who.Cadre.Monthly == person.Yes {
		return dialogstate.Option{Label: labelMonthlyNo, Do: "monthly no"}
	}
	return dialogstate.Option{Label: labelMonthlyYes, Do: "monthly yes"}
}

func (c *chat) monthly(rest string) (Reply, error) {
	want, said := person.Yes, sayMonthlyYes
	if rest == "no" {
		want, said = person.No, sayMonthlyNo
	}
	return Reply{Text: said}, stats.WantsMonth(c.scope, want, c.m.At)
}

// monthNotice is the word that a month is over: a count, and what to send for more.
func monthNotice(d outbox.Delivery) Words {
	if d.Kind != "month" {
		return Words{}
	}
	month, _ := calendar.ParseDay(d.Facts["month"])
	_, m, _ := month.Date()
	count := spoken(d.Facts["count"])
	at := time.Unix(d.Booked, 0).In(calendar.Zone)
	return Words{Text: fmt.Sprintf(sayMonthOver, m, count), Fields: map[string]string{"event": fmt.Sprintf("%d月走访%s次", m, count),
		"time": at.Format("2006年1月2日 15:04"), "date": at.Format("2006年1月2日"), "remark": "请回复 本月", "count": strings.TrimLeft(d.Facts["count"], "<~")}}
}

const (
	sayMonthNowhere = "您眼下没有管的村。"
	sayMonthHead    = "这个月，到%s："
	sayMonthMine    = "您记的走访：%d次"
	sayMonthOthers  = "村里别人记的走访：%s次"
	sayMonthWaiting = "在等的：%d位，发“今日”看"
	sayMonthNobody  = "没有人在等。"
	sayMonthLast    = "上个月（%d月），您记的走访：%d次"
	sayMonthTown    = "全镇，到%s：\n走访%s次，约号来过%s人\n在等的%s位\n上个月（%d月）走访%s次\n各村不到%d的不写数："
	sayMonthVillage = "%s 走访%s，在等%s"
	labelMonthMore  = "后面的村"
	labelMonthlyYes = "每月头上给我发一条"
	labelMonthlyNo  = "每月那条别发了"
	sayMonthlyYes   = "好，每月头一个上班的日子发一条，\n只说数。不想收了，发“本月”再点。"
	sayMonthlyNo    = "好，每月那条不发了。"
	sayMonthOver    = "%d月过完了，走访%s次。\n看细的，回复“本月”。"
)
