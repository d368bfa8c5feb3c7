package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

func homeWords() []word { return []word{{"返乡安排", village, (*chat).homePlan}} }

func homeVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){"home-plan": forStaff((*chat).homePlan)}
}

// homePlan is 返乡安排: who comes home at the next such time of the year. To the
// village's staff names, each a line to be tapped when she is there; to the clerk how
// many in which village, what was said to them, and the seats of those days.
func (c *chat) homePlan(key string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	all := migration.Homecomings(site, c.today)
	if len(all) == 0 {
		return Reply{Text: sayHomeNoTable}, nil
	}
	at := max(0, slices.IndexFunc(all, func(h migration.Homecoming) bool { return h.Key() == key }))
	h := all[at]
	cards, err := migration.HomeOf(c.scope, h)
	if err != nil {
		return Reply{}, err
	}
	var next []dialogstate.Option
	if at+1 < len(all) && all[at+1].First < h.First+366 {
		next = []dialogstate.Option{{Label: fmt.Sprintf(labelHomeNext, all[at+1].Label), Do: "home-plan " + all[at+1].Key()}}
	}
	if c.is(clerk) {
		return c.homeForClerk(site, h, cards, next)
	}
	if len(cards) == 0 {
		return c.offer(fmt.Sprintf(sayHomeNobody, h.Label, h.First.Short(), h.Last.Short()), next...), nil
	}
	offers, err := c.homeOffers(cards[:min(len(cards), maxDay)])
	if err != nil {
		return Reply{}, err
	}
	if len(next) > 0 {
		next[0].Head = sayHomeOther
	}
	cut := ""
	if len(cards) > maxDay {
		cut = fmt.Sprintf(sayHomeCut, maxDay)
	}
	return c.offer(join(fmt.Sprintf(sayHomeWindow, h.Label, h.First.Short(), h.Last.Short()), fmt.Sprintf(sayHomeHead, len(cards)), cut), append(offers, next...)...), nil
}

// homeForClerk says how many come, in which villages, and how the seats stand.
func (c *chat) homeForClerk(site *townconfig.Site, h migration.Homecoming, cards []migration.Absence, next []dialogstate.Option) (Reply, error) {
	lines := []string{fmt.Sprintf(sayHomeWindow, h.Label, h.First.Short(), h.Last.Short())}
	if len(cards) == 0 {
		lines = append(lines, sayHomeNoneYet)
	} else {
		villages, err := c.byVillage(cards)
		if err != nil {
			return Reply{}, err
		}
		asked, err := c.homeAsked(h)
		if err != nil {
			return Reply{}, err
		}
		lines = append(append(append(lines, fmt.Sprintf(sayHomeMany, len(cards))), villages...), asked)
	}
	seats, err := c.homeSeats(site, h)
	if err != nil {
		return Reply{}, err
	}
	offers := c.homeDays(site, h)
	return c.offer(join(append(lines, seats)...), append(offers, next...)...), nil
}

// mostVillages is how many villages a line names, and homeLines how many lines.
const (
	mostVillages = 3
	homeLines    = 4
)

// byVillage says how many of them live where, the most first.
func (c *chat) byVillage(cards []migration.Absence) ([]string, error) {
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
		v, err := person.LoadVillage(c.tx, id)
		if err != nil && !isNotFound(err) {
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
func (c *chat) homeAsked(h migration.Homecoming) (string, error) {
	run, err := migration.LoadHomeRun(c.tx, h)
	switch {
	case err != nil:
		return "", err
	case run.Asked != 0:
		return fmt.Sprintf(sayHomeAsked, run.Count), nil
	case c.today < h.First:
		return fmt.Sprintf(sayHomeAskOn, max(h.Asks, c.today).Short()), nil
	}
	return "", nil
}

// homeSeats says how the seats of those days stand, of all services.
func (c *chat) homeSeats(site *townconfig.Site, h migration.Homecoming) (string, error) {
	free, kept, taken := 0, 0, 0
	for _, s := range site.Services {
		slots, err := bookings.Slots(c.tx, s.ID, max(h.First, c.today), h.Last, c.m.At)
		if err != nil {
			return "", err
		}
		for _, o := range slots {
			all, open := o.Free(c.today, true), o.Free(c.today, false)
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
func (c *chat) homeDays(site *townconfig.Site, h migration.Homecoming) []dialogstate.Option {
	if len(site.Services) == 0 {
		return nil
	}
	var out []dialogstate.Option
	holidays := site.Holidays()
	for day := max(h.First, c.today+1); day <= h.Last && len(out) < mostVillages; day++ {
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
