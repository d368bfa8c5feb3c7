package requests

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/events"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// EndAll deletes what a person asked for, when she takes back what it rests on,
// or leaves.
func EndAll(tx *record.Tx, resident string, now time.Time) error {
	all, err := Load(tx, resident)
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := DropRequest(tx, r); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return nil
	}
	return CountAnew(tx, now)
}

// noon is when the office is told of what nobody took.
const noon = 12

// CountAnew brings up to date what the clerks are told: how many requests
// nobody took by noon of the next working day. A count alone; names come when
// they ask.
func CountAnew(tx *record.Tx, now time.Time) error {
	if tx.OnSaved("requests", func() error { return CountAnew(tx, now) }) { // others change the count too
		return nil
	}
	days, err := untaken(tx, now)
	if err != nil {
		return err
	}
	all, err := person.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.Has(person.Clerk) {
			continue
		}
		if err := tellUntaken(tx, c.ID, days, now); err != nil {
			return err
		}
	}
	return nil
}

// untaken are the noons, by day, at which open requests that nobody has are told
// of, one entry for each.
func untaken(tx *record.Tx, now time.Time) ([]calendar.Day, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return nil, err
	}
	h, today := site.Holidays(), calendar.DayOf(now)
	first := today // the first noon that is still to come
	if !h.Working(today) || now.In(calendar.Zone).Hour() >= noon {
		first = h.NextWorking(today)
	}
	var days []calendar.Day
	for _, index := range []string{"asking", "hidden_open"} {
		for p, err := range tx.Parts(record.Prefix(index)) {
			if err != nil {
				return nil, err
			}
			r, err := record.Optional(record.Get[Request](tx, record.Key(record.If(index == "asking", "request", "hidden"), p[1], p[2])))
			if err != nil {
				return nil, err
			}
			if holder, err := holderOf(tx, r); err != nil || holder != "" || r.ID == "" {
				if err != nil {
					return nil, err
				}
				continue
			}
			days = append(days, max(first, h.NextWorking(calendar.DayOf(time.Unix(r.Asked, 0)))))
		}
	}
	return days, nil
}

func tellUntaken(tx *record.Tx, cadre string, days []calendar.Day, now time.Time) error {
	by := func(day calendar.Day) (n int) {
		for _, d := range days {
			if d <= day {
				n++
			}
		}
		return n
	}
	booked, err := outbox.LoadAt(tx, record.Prefix("booked", "c:"+cadre), 1<<30)
	if err != nil {
		return err
	}
	for _, d := range booked {
		if d.Kind != "request_waiting" {
			continue
		}
		n := by(calendar.DayOf(time.Unix(d.Earliest, 0)))
		d.Facts["count"] = strconv.Itoa(n)
		if n == 0 {
			err = outbox.Remove(tx, d)
		} else {
			err = outbox.Put(tx, d)
		}
		if err != nil {
			return err
		}
	}
	for _, day := range slices.Compact(slices.Sorted(slices.Values(days))) {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "request_waiting/" + cadre + "/" + day.String(), Kind: "request_waiting", To: "c:" + cadre,
			Facts:    map[string]string{"count": strconv.Itoa(by(day)), "day": day.String()},
			Earliest: day.At(noon, 0).Unix(), Latest: day.At(18, 0).Unix(), Priority: 4, Booked: now.Unix()})
		if err != nil {
			return err
		}
	}
	return nil
}

// StillValid returns why a delivery about a request, a note or a lecture is
// no longer true, "" while it is.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	if strings.HasPrefix(d.Kind, "lecture_") {
		return events.StillValid(tx, d)
	}
	r, err := record.Optional(record.Get[Request](tx, record.Key("request", d.About, d.Facts["request"])))
	if err == nil && r.ID == "" {
		r, err = record.Optional(record.Get[Request](tx, record.Key("hidden", d.About, d.Facts["request"])))
	}
	switch {
	case err != nil:
		return "", err
	case r.ID == "":
		return "gone", nil
	case d.Kind == "request_offer":
		return record.If("c:"+r.To == d.To, "", "answered"), nil
	case r.Seen != 0:
		return "answered", nil
	case d.Kind == "request_times":
		return record.If(len(r.Theirs) > 0 && r.Closed == nil, "", "answered"), nil
	}
	return "", nil
}

// CountDanger counts, by month, that somebody was told whom to ring; nothing else
// is kept of it (domain.md 8.5).
func CountDanger(tx *record.Tx, today calendar.Day) error {
	k := record.Key("danger", today.String()[:len("2006-01")])
	n, err := record.Optional(record.Get[int](tx, k))
	if err != nil {
		return err
	}
	return tx.Put(k, n+1)
}

// Dangers returns how often that was in the month of a day.
func Dangers(tx *record.Tx, day calendar.Day) (int, error) {
	return record.Optional(record.Get[int](tx, record.Key("danger", day.String()[:len("2006-01")])))
}

// Ties are the requests of a resident: those that somebody of the staff has
// or was offered, and those that only the clinic may see.
func Ties(tx *record.Tx, resident string) ([]record.Tie, error) {
	var out []record.Tie
	for _, kind := range []string{"request", "hidden"} {
		for r, err := range record.List[Request](tx, record.Prefix(kind, resident)) {
			if err != nil {
				return nil, err
			}
			out = append(out, record.Tie{Secret: kind == "hidden", Staff: []string{r.Owner, r.To}})
		}
	}
	return out, nil
}

// Withdrawn deletes what a resident asked for, with the consent to booking.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) error {
	if set != purpose.Booking {
		return nil
	}
	return EndAll(tx, resident, now)
}
