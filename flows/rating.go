package flows

import (
	"fmt"
	"strconv"
	"strings"

	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/townconfig"
)

func ratingWords() []word { return []word{{"评价", clerk, (*chat).ratings}} }

func ratingVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){"rate": (*chat).rate, "ask-rating": (*chat).askRating}
}

// askRating asks, once and behind something else, how a service was. Nobody need
// answer; nothing is kept but a count.
func (c *chat) askRating(service string) (Reply, error) {
	do := func(n int) string { return fmt.Sprintf("rate %d %s", n, service) }
	return c.offer(sayRateAsk,
		dialogstate.Option{Label: "满意", Do: do(1)},
		dialogstate.Option{Label: "一般", Do: do(2)},
		dialogstate.Option{Label: "不满意", Do: do(3)},
		dialogstate.Option{Label: "不说了", Do: "none"}), nil
}

func (c *chat) rate(rest string) (Reply, error) {
	n, service, _ := strings.Cut(rest, " ")
	value, err := strconv.Atoi(n)
	if err != nil {
		return Reply{}, fmt.Errorf("offer %q: not a rating", rest)
	}
	return Reply{Text: sayRated}, bookings.Rate(c.tx, service, c.today, value)
}

// ratings is 评价: the counts by month and service, told only where they are ten
// or more.
func (c *chat) ratings(string) (Reply, error) {
	all, err := bookings.Ratings(c.scope, 6)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: sayNoRatings}, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	lines := []string{sayRatings}
	for _, r := range all {
		label := r.Service
		if s, ok := site.Service(r.Service); ok {
			label = s.Label
		}
		said := func(i int) string {
			if r.Few[i] {
				return "<10"
			}
			return strconv.Itoa(r.Counts[i])
		}
		lines = append(lines, fmt.Sprintf("%s %s：满意%s，一般%s，不满意%s", r.Month, label, said(0), said(1), said(2)))
	}
	return Reply{Text: join(lines...)}, nil
}
