package migration

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Homecoming is such a time in one year.
type Homecoming struct {
	townconfig.HomeWindow
	Day              calendar.Day // of the anchor
	First, Last      calendar.Day
	Told, Asks, Sees calendar.Day // from when the clerk is told, they are asked, staff sees them
}

// In returns the window of a year; ok is false where the anchor is not known or the
// year lies outside the tables.
func In(w townconfig.HomeWindow, year int) (h Homecoming, ok bool) {
	day, ok := calendar.Festival(w.Anchor, year)
	if !ok {
		day, ok = calendar.Term(w.Anchor, year)
	}
	h = Homecoming{HomeWindow: w, Day: day, First: day + calendar.Day(w.From), Last: day + calendar.Day(w.To)}
	h.Told, h.Asks, h.Sees = h.First-calendar.Day(w.Plan), h.First-calendar.Day(w.Ask), h.First-calendar.Day(w.List)
	return h, ok
}

// Key names a homecoming: "spring-2027-02-06".
func (h Homecoming) Key() string { return h.ID + "-" + h.Day.String() }

// Has reports whether a card says that she who is away comes home in it.
func (h Homecoming) Has(a Absence) bool {
	return a.ID != "" && a.Kind == "" && a.Back == 0 && a.ExpectedDay >= h.First && cmp.Or(a.ExpectedFrom, a.ExpectedDay) <= h.Last
}

// Homecomings returns those of the site that are not over on a day, the next year's
// too, soonest first.
func Homecomings(s *townconfig.Site, today calendar.Day) []Homecoming {
	year, _, _ := today.Date()
	var out []Homecoming
	for _, w := range s.HomeWindows {
		for y := year; y <= year+1; y++ {
			if h, ok := In(w, y); ok && h.Last >= today {
				out = append(out, h)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Homecoming) int { return cmp.Compare(a.First, b.First) })
	return out
}

// HomecomingOn returns the homecoming in which a day lies; ok is false where there is none.
func HomecomingOn(s *townconfig.Site, day calendar.Day) (h Homecoming, ok bool) {
	return record.Found(Homecomings(s, day), func(h Homecoming) bool { return h.First <= day })
}

// HomeOf returns the open cards of the scope that say of a homecoming, of who agrees
// to it still, in the order of the villages. The asker's own family is not in it.
func HomeOf(s person.Scope, h Homecoming) ([]Absence, error) {
	all, err := AwayResidents(s, 1<<30)
	if err != nil {
		return nil, err
	}
	var out []Absence
	for _, a := range all {
		if !h.Has(a) {
			continue
		}
		agreed, err := consent.Get(s, a.Resident, purpose.Migration)
		if err != nil {
			return nil, err
		}
		if agreed.Given() {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Absence) int { return strings.Compare(a.Village, b.Village) })
	return out, nil
}

// HomeAsk says by which message somebody was told of a homecoming: of seats, or
// asked whether she comes.
type HomeAsk struct {
	Day   calendar.Day // of the anchor
	Cause string       // of the delivery
}

func homeAskKey(resident string, h Homecoming) []byte {
	return record.Key("homeask", resident, h.Key())
}

// AskHome books, for one page of the people who are away, one message to each who
// said that she would be home at a homecoming, agreed to C3 and takes messages: in the
// evening of the day, spread over the site's time. It returns where to go on, and how
// many were booked. Who was told of this homecoming before is told no more.
func AskHome(tx *record.Tx, h Homecoming, page record.Page, max int, now time.Time) (record.Page, int, error) {
	return person.Paged(tx, record.Prefix("out"), page, max, func(p kv.Pair, rest string) (bool, error) {
		_, resident, _ := strings.Cut(rest, "/")
		return askHome(tx, h, resident, now)
	})
}

func askHome(tx *record.Tx, h Homecoming, resident string, now time.Time) (bool, error) {
	a, err := LoadOpen(tx, resident)
	if err != nil || !h.Has(a) {
		return false, err
	}
	for _, not := range []func() (bool, error){
		func() (bool, error) { ok, err := consent.Reachable(tx, resident, purpose.Migration); return !ok, err },
		func() (bool, error) { return consent.Paused(tx, resident, purpose.Migration, now) },
		func() (bool, error) { return ToldOfHome(tx, resident, h) },
	} {
		if no, err := not(); err != nil || no {
			return false, err
		}
	}
	at, ok, err := homeHour(tx, resident, now)
	if err != nil || !ok {
		return false, err
	}
	d := outbox.Delivery{
		// by her word, not by the window: where two windows meet she said it once
		Cause: "home/" + a.ID + "/" + a.ExpectedDay.String(), Kind: "away_home", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": calendar.DayOf(at).String(), "card": a.ID, "first": h.First.String(), "last": h.Last.String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 2).Unix(), Priority: 5, Booked: now.Unix(),
	}
	if booked, err := outbox.Enqueue(tx, d); err != nil || !booked {
		return false, err
	}
	return true, tx.Put(homeAskKey(resident, h), HomeAsk{h.Day, d.Cause})
}

// homeHour is when she is written to: from half past six in the evening on, each at a
// place of her own in the site's time of spreading; later, the next decent hour.
func homeHour(tx *record.Tx, resident string, now time.Time) (at time.Time, ok bool, err error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return at, false, err
	}
	if at = calendar.DayOf(now).At(18, 30); now.After(at) {
		at = now
	}
	if at, ok = site.Holidays().Decent(calendar.ResidentHours, at); !ok {
		return at, false, nil
	}
	hash := fnv.New32a()
	hash.Write([]byte(resident))
	spread := min(townconfig.SpreadMinutes.Of(site), 60) * 60
	return at.Add(time.Duration(int(hash.Sum32()%uint32(spread))) * time.Second), true, nil
}

// ToldOfHome reports whether a message about a homecoming went to somebody, or is
// booked: one that was stopped, or found nothing to say any more, is none.
func ToldOfHome(tx *record.Tx, resident string, h Homecoming) (bool, error) {
	m, err := record.Get[HomeAsk](tx, homeAskKey(resident, h))
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d, err := record.Optional(outbox.DeliveryOf(tx, m.Cause))
	return d.State != outbox.Dropped, err
}

// ToldWithSeats notes that a release tells somebody of a day; where that lies in a
// homecoming she is asked no more.
func ToldWithSeats(tx *record.Tx, resident string, day calendar.Day, cause string) error {
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	h, ok := HomecomingOn(site, day)
	if !ok {
		return nil
	}
	return tx.Put(homeAskKey(resident, h), HomeAsk{h.Day, cause})
}

// HomeRun is what was done for one homecoming, by its Key.
type HomeRun struct {
	Key   string
	Day   calendar.Day // of the anchor
	Asked int64        // Unix seconds: everybody was asked
	Count int          // how many
}

// LoadHomeRun returns what was done for a homecoming, the zero HomeRun where nothing was.
func LoadHomeRun(tx *record.Tx, h Homecoming) (HomeRun, error) {
	return record.Optional(record.Get[HomeRun](tx, record.Key("homecoming", h.Key())))
}

// PutHomeRun keeps what was done for a homecoming.
func PutHomeRun(tx *record.Tx, r HomeRun) error { return tx.Put(record.Key("homecoming", r.Key), r) }

// HomeNews returns, for a cadre's morning, the homecoming of which she was not told
// yet and how many of those she may see come home in it; 0 where there is nothing to
// tell today. A clerk learns of it earlier: she can release seats.
func HomeNews(tx *record.Tx, c person.Staff, today calendar.Day) (h Homecoming, n int, err error) {
	if !c.Has(person.Clerk, person.VillageWorker) {
		return h, 0, nil
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return h, 0, err
	}
	for _, h = range Homecomings(site, today) {
		from := h.Sees
		if c.Has(person.Clerk) {
			from = h.Told
		}
		if today < from {
			continue
		}
		if told, err := NoteHomeNewsTold(tx, c, h); err != nil {
			return h, 0, err
		} else if told {
			continue
		}
		p, err := person.Identify(tx, c.OpenID)
		if err != nil {
			return h, 0, err
		}
		s, err := person.ScopeOf(tx, p)
		if err != nil {
			return h, 0, err
		}
		cards, err := HomeOf(s, h)
		if err != nil || len(cards) > 0 {
			return h, len(cards), err
		}
	}
	return h, 0, nil
}

// HomeNewsTold notes that the delivery of a cause tells a cadre of a homecoming.
func HomeNewsTold(tx *record.Tx, c person.Staff, h Homecoming, cause string) error {
	return tx.Put(homeToldKey(c.ID, h), HomeAsk{h.Day, cause})
}

// NoteHomeNewsTold reports whether a message about a homecoming went to a cadre, or is
// booked: one that was dropped unread, as one that came too late, is none.
func NoteHomeNewsTold(tx *record.Tx, c person.Staff, h Homecoming) (bool, error) {
	m, err := record.Get[HomeAsk](tx, homeToldKey(c.ID, h))
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil || m.Cause == "" { // of before causes were kept
		return err == nil, err
	}
	d, err := record.Optional(outbox.DeliveryOf(tx, m.Cause))
	return d.State != outbox.Dropped, err
}

func homeToldKey(cadre string, h Homecoming) []byte { return record.Key("hometold", cadre, h.Key()) }
