package bookings

import (
	"strconv"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Rating is how often a service was called good, fair or poor in a month. No
// record says who answered, whom she met, or on which day.
type Rating struct {
	Service, Month string // "2027-02"
	Counts         [3]int // of 1 (good), 2, 3; 0 where there are too few
	Few            [3]bool
}

// fewest is the least count that is told (domain.md 8.3); what is below is said
// as "<10".
const fewest = 10

// Rate counts one answer, 1 to 3, to how a service was. It returns ErrScope for
// another number.
func Rate(tx *record.Tx, service string, day calendar.Day, n int) error {
	if n < 1 || n > 3 {
		return record.ErrScope
	}
	k := record.Key("rating", month(day), service, strconv.Itoa(n))
	count, err := record.Optional(record.Get[int](tx, k))
	if err != nil {
		return err
	}
	return tx.Put(k, count+1)
}

func month(day calendar.Day) string { return day.String()[:len("2006-01")] }

// Ratings returns the counts of the last months that have any, newest first, for
// the clerk (ErrScope for others).
func Ratings(s person.Scope, months int) ([]Rating, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return nil, record.ErrScope
	}
	var all []Rating
	pre := record.Prefix("rating")
	for p, err := range s.Tx.Descend(pre, record.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		count, err := record.Get[int](s.Tx, p.Key)
		if err != nil {
			return nil, err
		}
		month, rest, _ := strings.Cut(string(p.Key[len(pre):]), "/")
		service, value, _ := strings.Cut(rest, "/")
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 3 {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Month != month || all[len(all)-1].Service != service {
			if len(all) == months {
				break
			}
			all = append(all, Rating{Service: service, Month: month})
		}
		r := &all[len(all)-1]
		if r.Counts[n-1] = count; count < fewest {
			r.Counts[n-1], r.Few[n-1] = 0, true
		}
	}
	return all, nil
}
