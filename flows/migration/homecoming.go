package migration

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

func homeWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "返乡安排", For: dialog.Village, Do: homePlan}}
}

func homeVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){"home-plan": dialog.ForStaff(homePlan)}
}

// homePlan is 返乡安排: who comes home at the next such time of the year. To the
// village's staff names, each a line to be tapped when she is there; to the clerk how
// many in which village, what was said to them, and the seats of those days.
func homePlan(c *dialog.Turn, key string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	all := migration.Homecomings(site, c.Today)
	if len(all) == 0 {
		return dialog.Reply{Text: sayHomeNoTable}, nil
	}
	at := max(0, slices.IndexFunc(all, func(h migration.Homecoming) bool { return h.Key() == key }))
	h := all[at]
	cards, err := migration.HomeOf(c.Scope, h)
	if err != nil {
		return dialog.Reply{}, err
	}
	var next []dialogstate.Option
	if at+1 < len(all) && all[at+1].First < h.First+366 {
		next = []dialogstate.Option{{Label: fmt.Sprintf(labelHomeNext, all[at+1].Label), Do: "home-plan " + all[at+1].Key()}}
	}
	if c.Is(dialog.Clerk) {
		return homeForClerk(c, site, h, cards, next)
	}
	if len(cards) == 0 {
		return c.Offer(fmt.Sprintf(sayHomeNobody, h.Label, h.First.Short(), h.Last.Short()), next...), nil
	}
	offers, err := homeOffers(c, cards[:min(len(cards), dialog.MaxDay)])
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(next) > 0 {
		next[0].Head = sayHomeOther
	}
	cut := ""
	if len(cards) > dialog.MaxDay {
		cut = fmt.Sprintf(sayHomeCut, dialog.MaxDay)
	}
	return c.Offer(dialog.Join(fmt.Sprintf(sayHomeWindow, h.Label, h.First.Short(), h.Last.Short()), fmt.Sprintf(sayHomeHead, len(cards)), cut), append(offers, next...)...), nil
}

// homeForClerk says how many come, in which villages, and how the seats stand.
func homeForClerk(c *dialog.Turn, site *townconfig.Site, h migration.Homecoming, cards []migration.Absence, next []dialogstate.Option) (dialog.Reply, error) {
	lines := []string{fmt.Sprintf(sayHomeWindow, h.Label, h.First.Short(), h.Last.Short())}
	if len(cards) == 0 {
		lines = append(lines, sayHomeNoneYet)
	} else {
		villages, err := byVillage(c, cards)
		if err != nil {
			return dialog.Reply{}, err
		}
		asked, err := homeAsked(c, h)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(append(append(lines, fmt.Sprintf(sayHomeMany, len(cards))), villages...), asked)
	}
	seats, err := homeSeats(c, site, h)
	if err != nil {
		return dialog.Reply{}, err
	}
	offers := homeDays(c, site, h)
	return c.Offer(dialog.Join(append(lines, seats)...), append(offers, next...)...), nil
}

// mostVillages is how many villages a line names, and homeLines how many lines.
const (
	mostVillages = 3
	homeLines    = 4
)

// byVillage says how many of them live where, the most first.
func byVillage(c *dialog.Turn, cards []migration.Absence) ([]string, error) {
	many := map[string]int{}
	for _, a := range cards {
		many[a.Village]++
	}
	var ids []string
	for v := range many {
		ids = append(ids, v)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(many[b]-many[a], strings.Compare(a, b)) })
	var lines, line []string
	for i, id := range ids {
		v, err := person.LoadVillage(c.Tx, id)
		if err != nil && !dialog.IsNotFound(err) {
			return nil, err
		}
		line = append(line, fmt.Sprintf("%s%d", cmp.Or(v.Name, sayHomeNoVillage), many[id]))
		if len(line) == mostVillages || i == len(ids)-1 {
			lines, line = append(lines, strings.Join(line, "，")), nil
		}
		if len(lines) == homeLines && i < len(ids)-1 {
			return append(lines, fmt.Sprintf(sayHomeMoreVillages, len(ids)-1-i)), nil
		}
	}
	return lines, nil
}

// homeAsked says whether they were asked.
func homeAsked(c *dialog.Turn, h migration.Homecoming) (string, error) {
	run, err := migration.LoadHomeRun(c.Tx, h)
	switch {
	case err != nil:
		return "", err
	case run.Asked != 0:
		return fmt.Sprintf(sayHomeAsked, run.Count), nil
	case c.Today < h.First:
		return fmt.Sprintf(sayHomeAskOn, max(h.Asks, c.Today).Short()), nil
	}
	return "", nil
}

// homeSeats says how the seats of those days stand, of all services.
func homeSeats(c *dialog.Turn, site *townconfig.Site, h migration.Homecoming) (string, error) {
	free, kept, taken := 0, 0, 0
	for _, s := range site.Services {
		slots, err := bookings.Slots(c.Tx, s.ID, max(h.First, c.Today), h.Last, c.M.At)
		if err != nil {
			return "", err
		}
		for _, o := range slots {
			all, open := o.Free(c.Today, true), o.Free(c.Today, false)
			free, kept, taken = free+open, kept+all-open, taken+o.Taken
		}
	}
	if free+kept+taken == 0 {
		return sayHomeNoSeats, nil
	}
	held := ""
	if kept > 0 {
		held = fmt.Sprintf(sayHomeKept, kept)
	}
	return fmt.Sprintf(sayHomeSeats, free, taken) + held, nil
}

// homeDays offers days of a homecoming on which nothing is open yet, for seats.
func homeDays(c *dialog.Turn, site *townconfig.Site, h migration.Homecoming) []dialogstate.Option {
	if len(site.Services) == 0 {
		return nil
	}
	var out []dialogstate.Option
	holidays := site.Holidays()
	for day := max(h.First, c.Today+1); day <= h.Last && len(out) < mostVillages; day++ {
		if len(site.OpenOn(site.Services[0].ID, day, holidays)) == 0 && !closedDay(site, day) && !holidays.Off(day) {
			out = append(out, dialogstate.Option{Label: fmt.Sprintf(labelHomeSeats, day.ChineseLunar()), Do: "say 加号 " + day.Short()})
		}
	}
	return out
}

// closedDay reports whether the site has closed a day by name.
func closedDay(site *townconfig.Site, day calendar.Day) bool {
	return slices.ContainsFunc(site.Days, func(d townconfig.SiteDay) bool { return d.Day == day && d.Closed })
}
