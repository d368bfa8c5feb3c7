package stats

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// Fewest is the smallest total of a village that is told to others than those who
// were there (domain.md 8.3).
const Fewest = 10

// VillageMonth is what was done in one village in some days, and who waits there.
// Nothing is a rate, and nobody is named.
type VillageMonth struct {
	Village person.Village
	Mine    map[string]int // visits that the asker wrote down herself, by kind
	Others  int            // those of others
	Waiting int            // people who wait for an answer or a visit, by the last of the days
}

// Months returns, village by village in the order of their codes, what was done in
// the villages of the scope from one day up to another, and how many people wait on
// the last of them. It costs the visits of those days and what is open, whatever else
// is kept.
func Months(s person.Scope, from, to calendar.Day) ([]VillageMonth, error) {
	all, into, err := villagesNow(s.Tx)
	if err != nil {
		return nil, err
	}
	var out []VillageMonth
	at := map[string]int{}
	for _, v := range all {
		if s.Inside[v.ID] {
			at[v.ID] = len(out)
			out = append(out, VillageMonth{Village: v, Mine: map[string]int{}})
		}
	}
	err = visitsOn(s.Tx, from, to, func(v visits.Visit) {
		i, ok := at[into[v.Village]]
		switch {
		case !ok:
		case v.By == s.Person.Cadre.ID:
			out[i].Mine[v.Kind]++
		default:
			out[i].Others++
		}
	})
	if err != nil {
		return nil, err
	}
	waiting, err := waitingPeople(s, to)
	for village, people := range waiting {
		if i, ok := at[into[village]]; ok {
			out[i].Waiting += len(people)
		}
	}
	return out, err
}

// villagesNow returns the villages that were not merged into another, and for every
// village the one that it is by now.
func villagesNow(tx *record.Tx) (all []person.Village, into map[string]string, err error) {
	every, err := person.Villages(tx)
	if err != nil {
		return nil, nil, err
	}
	merged, into := map[string]string{}, map[string]string{}
	for _, v := range every {
		if merged[v.ID] = v.MergedInto; v.MergedInto == "" {
			all = append(all, v)
		}
	}
	for _, v := range every {
		id := v.ID
		for range every {
			if merged[id] == "" {
				break
			}
			id = merged[id]
		}
		into[v.ID] = id
	}
	return all, into, nil
}

// visitsOn calls each with the visits of some days, whoever wrote them down.
func visitsOn(tx *record.Tx, from, to calendar.Day, each func(visits.Visit)) error {
	cadres, err := person.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, c := range cadres {
		pre := record.Prefix("by", c.ID)
		for p, err := range tx.Scan(append(record.Prefix("by", c.ID), from.String()...), append(record.Prefix("by", c.ID), (to+1).String()...)) {
			if err != nil {
				return err
			}
			day, resident, id, ok := record.Split3(string(p.Key[len(pre):]))
			if !ok {
				return fmt.Errorf("read %s: not a visit's index", record.KindOf(p.Key))
			}
			v, err := record.Optional(record.Get[visits.Visit](tx, record.Key("visit", resident, day, id)))
			if err != nil {
				return err
			}
			if v.ID != "" {
				each(v)
			}
		}
	}
	return nil
}

// waitingPeople are the people of the scope, by village, for whom something is open
// by a day: a visit that was agreed on, an answer. Who came home is told, not waited
// for.
func waitingPeople(s person.Scope, day calendar.Day) (map[string]map[string]bool, error) {
	out := map[string]map[string]bool{}
	add := func(resident string) error {
		r, err := s.Villager(resident)
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if out[r.Village] == nil {
			out[r.Village] = map[string]bool{}
		}
		out[r.Village][r.ID] = true
		return nil
	}
	contacts, err := s.Contacts()
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		due, err := visits.Due(s, c, day, 1<<30)
		if err != nil {
			return nil, err
		}
		for _, f := range due {
			if f.Kind == "back" {
				continue
			}
			if err := add(f.Resident); err != nil {
				return nil, err
			}
		}
	}
	for p, err := range s.Tx.Parts(record.Prefix("asking")) {
		if err != nil {
			return nil, err
		}
		a, err := requests.View(s, "request", p[1], p[2])
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := add(a.Resident); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Attended returns how many bookings of some days were kept, for whoever does the
// clinic's part; ErrScope for others: a village does not learn of them.
func Attended(s person.Scope, from, to calendar.Day) (int, error) {
	if !bookings.Clinic(s) {
		return 0, record.ErrScope
	}
	n := 0
	for p, err := range s.Tx.Scan(append(record.Prefix("on"), from.String()...), append(record.Prefix("on"), (to+1).String()...)) {
		if err != nil {
			return 0, err
		}
		at := string(p.Key)
		a, err := record.Optional(bookings.Load(s.Tx, at[len(at)-bookings.IdLength:]))
		if err != nil {
			return 0, err
		}
		if a.State == bookings.Came {
			n++
		}
	}
	return n, nil
}

// WantsMonth keeps whether the asker wants a word once a month, and takes back one
// that waits where she does not. It returns ErrScope for who is not staff.
func WantsMonth(s person.Scope, want person.Answer, now time.Time) error {
	if !s.Person.Staff() {
		return record.ErrScope
	}
	c, err := person.LoadStaff(s.Tx, s.Person.Cadre.ID)
	if err != nil {
		return err
	}
	c.Monthly = want
	if err := person.PutStaff(s.Tx, c); err != nil || want == person.Yes {
		return err
	}
	return outbox.DropDeliveries(s.Tx, "c:"+c.ID, "month", "not wanted", now)
}

// monthCount is the number of visits as a cadre is told it: her own to the number,
// those of all villages as Total; ok is false where there is nothing to tell.
func monthCount(all []VillageMonth, town bool) (count string, ok bool) {
	if town {
		return Total(all, VillageMonth.Visits), true
	}
	n := 0
	for _, v := range all {
		n += v.Visits() - v.Others
	}
	return strconv.Itoa(n), n > 0
}

// Visits are all visits, whoever wrote them down.
func (v VillageMonth) Visits() int {
	n := v.Others
	for _, k := range v.Mine {
		n += k
	}
	return n
}

// Total adds the villages up, so that no village of few can be reckoned back from it:
// "<10", and "~20" to the nearest ten where one of them is not told.
func Total(all []VillageMonth, of func(VillageMonth) int) string {
	sum, small := 0, false
	for _, v := range all {
		sum += of(v)
		small = small || of(v) < Fewest
	}
	switch {
	case sum < Fewest:
		return "<" + strconv.Itoa(Fewest)
	case small:
		return "~" + strconv.Itoa((sum+5)/10*10)
	}
	return strconv.Itoa(sum)
}

// TellMonth books the word to a cadre that a month is over: how many visits she wrote
// down, to a clerk how many there were, as a count that says nothing of few. It reports whether it
// did: nobody is told twice, or where there was nothing.
func TellMonth(tx *record.Tx, c person.Staff, from, to calendar.Day, now time.Time) (bool, error) {
	if c.Monthly != person.Yes || c.Left || c.OpenID == "" {
		return false, nil
	}
	who, err := person.Identify(tx, c.OpenID)
	if err != nil {
		return false, err
	}
	s, err := person.ScopeOf(tx, who)
	if err != nil {
		return false, err
	}
	all, err := Months(s, from, to)
	if err != nil || len(all) == 0 {
		return false, err
	}
	count, ok := monthCount(all, c.Has(person.Clerk))
	if !ok {
		return false, nil
	}
	today := calendar.DayOf(now)
	return outbox.Enqueue(tx, outbox.Delivery{
		Cause: "month/" + c.ID + "/" + from.String(), Kind: "month", To: "c:" + c.ID, Facts: map[string]string{"count": count, "day": today.String(), "month": from.String()},
		Earliest: now.Unix(), Latest: today.At(18, 0).Unix(), Priority: 5, Booked: now.Unix(),
	})
}
