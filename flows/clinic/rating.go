package clinic

import (
	"fmt"
	"strconv"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/townconfig"
)

func ratingWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "评价", For: dialog.Clerk, Do: ratings}}
}

func ratingVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){"rate": rate, "ask-rating": askRating}
}

// askRating asks, once and behind something else, how a service was. Nobody need
// answer; nothing is kept but a count.
func askRating(c *dialog.Turn, service string) (dialog.Reply, error) {
	do := func(n int) string { return fmt.Sprintf("rate %d %s", n, service) }
	return c.Offer(sayRateAsk,
		dialogstate.Option{Label: "满意", Do: do(1)},
		dialogstate.Option{Label: "一般", Do: do(2)},
		dialogstate.Option{Label: "不满意", Do: do(3)},
		dialogstate.Option{Label: "不说了", Do: "none"}), nil
}

func rate(c *dialog.Turn, rest string) (dialog.Reply, error) {
	n, service, _ := strings.Cut(rest, " ")
	value, err := strconv.Atoi(n)
	if err != nil {
		return dialog.Reply{}, fmt.Errorf("offer %q: not a rating", rest)
	}
	return dialog.Reply{Text: sayRated}, bookings.Rate(c.Tx, service, c.Today, value)
}

// ratings is 评价: the counts by month and service, told only where they are ten
// or more.
func ratings(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := bookings.Ratings(c.Scope, 6)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayNoRatings}, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
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
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}
