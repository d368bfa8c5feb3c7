package storage

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// HomeWindow is a row of the site's table of the times of the year at which people
// come home (domain.md 4.2): counted in days from a festival or a solar term.
type HomeWindow struct {
	ID, Label string // spring, 春节; the label is for staff alone
	Anchor    string // 春节, 五一, 芒种 …
	From, To  int    // days from the anchor, -10 and 6: its first and last day
	Plan      int    // how many days before the first day the clerk learns how many they are
	Ask       int    // how many days before it each of them is written to
	List      int    // how many days before it their villages' staff learn how many they are
	Keep      int    // how many days before its own day a seat released for them is everybody's
}

// Homecoming is such a time in one year.
type Homecoming struct {
	HomeWindow
	Day              calendar.Day // of the anchor
	First, Last      calendar.Day
	Told, Asks, Sees calendar.Day // from when the clerk is told, they are asked, staff sees them
}

// In returns the window of a year; ok is false where the anchor is not known or the
// year lies outside the tables.
func (w HomeWindow) In(year int) (h Homecoming, ok bool) {
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
func (h Homecoming) Has(a Away) bool {
	return a.ID != "" && a.Kind == "" && a.Back == 0 && a.ExpectedDay >= h.First && cmp.Or(a.ExpectedFrom, a.ExpectedDay) <= h.Last
}

// Homecomings returns those of the site that are not over on a day, the next year's
// too, soonest first.
func (s *Site) Homecomings(today calendar.Day) []Homecoming {
	year, _, _ := today.Date()
	var out []Homecoming
	for _, w := range s.HomeWindows {
		for y := year; y <= year+1; y++ {
			if h, ok := w.In(y); ok && h.Last >= today {
				out = append(out, h)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Homecoming) int { return cmp.Compare(a.First, b.First) })
	return out
}

// HomecomingOn returns the homecoming in which a day lies; ok is false where there is none.
func (s *Site) HomecomingOn(day calendar.Day) (h Homecoming, ok bool) {
	return found(s.Homecomings(day), func(h Homecoming) bool { return h.First <= day })
}

// HomeOf returns the open cards of the scope that say of a homecoming, of who agrees
// to it still, in the order of the villages. The asker's own family is not in it.
func (s Scope) HomeOf(h Homecoming) ([]Away, error) {
	all, err := s.AwayResidents(1 << 30)
	if err != nil {
		return nil, err
	}
	var out []Away
	for _, a := range all {
		if !h.Has(a) {
			continue
		}
		agreed, err := s.Consent(a.Resident, C3)
		if err != nil {
			return nil, err
		}
		if agreed.Given() {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Away) int { return strings.Compare(a.Village, b.Village) })
	return out, nil
}

// homeAsk says by which message somebody was told of a homecoming: of seats, or
// asked whether she comes.
type homeAsk struct {
	Day   calendar.Day // of the anchor
	Cause string       // of the delivery
}

func homeAskKey(resident string, h Homecoming) []byte {
	return key("homeask", resident, h.Key())
}

// AskHome books, for one page of the people who are away, one message to each who
// said that she would be home at a homecoming, agreed to C3 and takes messages: in the
// evening of the day, spread over the site's time. It returns where to go on, and how
// many were booked. Who was told of this homecoming before is told no more.
func (tx *Tx) AskHome(h Homecoming, page Page, max int, now time.Time) (Page, int, error) {
	return tx.paged(prefix("out"), page, max, func(p kv.Pair, rest string) (bool, error) {
		_, resident, _ := strings.Cut(rest, "/")
		return tx.askHome(h, resident, now)
	})
}

func (tx *Tx) askHome(h Homecoming, resident string, now time.Time) (bool, error) {
	a, err := tx.openAway(resident)
	if err != nil || !h.Has(a) {
		return false, err
	}
	for _, not := range []func() (bool, error){
		func() (bool, error) { ok, err := tx.reachable(resident, C3); return !ok, err },
		func() (bool, error) { return tx.Paused(resident, C3, now) },
		func() (bool, error) { return tx.toldOfHome(resident, h) },
	} {
		if no, err := not(); err != nil || no {
			return false, err
		}
	}
	at, ok, err := tx.homeHour(resident, now)
	if err != nil || !ok {
		return false, err
	}
	d := Delivery{
		// by her word, not by the window: where two windows meet she said it once
		Cause: "home/" + a.ID + "/" + a.ExpectedDay.String(), Kind: "away_home", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": calendar.DayOf(at).String(), "card": a.ID, "first": h.First.String(), "last": h.Last.String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 2).Unix(), Priority: 5, Booked: now.Unix(),
	}
	if booked, err := tx.Enqueue(d); err != nil || !booked {
		return false, err
	}
	return true, tx.put(homeAskKey(resident, h), homeAsk{h.Day, d.Cause})
}

// homeHour is when she is written to: from half past six in the evening on, each at a
// place of her own in the site's time of spreading; later, the next decent hour.
func (tx *Tx) homeHour(resident string, now time.Time) (at time.Time, ok bool, err error) {
	site, err := tx.Site()
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
	spread := min(site.Limit("spread_minutes", spreadMinutes), 60) * 60
	return at.Add(time.Duration(int(hash.Sum32()%uint32(spread))) * time.Second), true, nil
}

// toldOfHome reports whether a message about a homecoming went to somebody, or is
// booked: one that was stopped, or found nothing to say any more, is none.
func (tx *Tx) toldOfHome(resident string, h Homecoming) (bool, error) {
	m, err := get[homeAsk](tx, homeAskKey(resident, h))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d, err := optional(tx.DeliveryOf(m.Cause))
	return d.State != Dropped, err
}

// toldWithSeats notes that a release tells somebody of a day; where that lies in a
// homecoming she is asked no more.
func (tx *Tx) toldWithSeats(resident string, day calendar.Day, cause string) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	h, ok := site.HomecomingOn(day)
	if !ok {
		return nil
	}
	return tx.put(homeAskKey(resident, h), homeAsk{h.Day, cause})
}

// HomeRun is what was done for one homecoming, by its Key.
type HomeRun struct {
	Key   string
	Day   calendar.Day // of the anchor
	Asked int64        // Unix seconds: everybody was asked
	Count int          // how many
}

// HomeRun returns what was done for a homecoming, the zero HomeRun where nothing was.
func (tx *Tx) HomeRun(h Homecoming) (HomeRun, error) {
	return optional(get[HomeRun](tx, key("homecoming", h.Key())))
}

// PutHomeRun keeps what was done for a homecoming.
func (tx *Tx) PutHomeRun(r HomeRun) error { return tx.put(key("homecoming", r.Key), r) }

// HomeNews returns, for a cadre's morning, the homecoming of which she was not told
// yet and how many of those she may see come home in it; 0 where there is nothing to
// tell today. A clerk learns of it earlier: she can release seats.
func (tx *Tx) HomeNews(c Cadre, today calendar.Day) (h Homecoming, n int, err error) {
	if !c.Has(Clerk, Worker) {
		return h, 0, nil
	}
	site, err := tx.Site()
	if err != nil {
		return h, 0, err
	}
	for _, h = range site.Homecomings(today) {
		from := h.Sees
		if c.Has(Clerk) {
			from = h.Told
		}
		if today < from {
			continue
		}
		if told, err := tx.homeNewsTold(c, h); err != nil {
			return h, 0, err
		} else if told {
			continue
		}
		p, err := tx.Who(c.OpenID)
		if err != nil {
			return h, 0, err
		}
		s, err := tx.As(p)
		if err != nil {
			return h, 0, err
		}
		cards, err := s.HomeOf(h)
		if err != nil || len(cards) > 0 {
			return h, len(cards), err
		}
	}
	return h, 0, nil
}

// HomeNewsTold notes that the delivery of a cause tells a cadre of a homecoming.
func (tx *Tx) HomeNewsTold(c Cadre, h Homecoming, cause string) error {
	return tx.put(homeToldKey(c.ID, h), homeAsk{h.Day, cause})
}

// homeNewsTold reports whether a message about a homecoming went to a cadre, or is
// booked: one that was dropped unread, as one that came too late, is none.
func (tx *Tx) homeNewsTold(c Cadre, h Homecoming) (bool, error) {
	m, err := get[homeAsk](tx, homeToldKey(c.ID, h))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || m.Cause == "" { // of before causes were kept
		return err == nil, err
	}
	d, err := optional(tx.DeliveryOf(m.Cause))
	return d.State != Dropped, err
}

func homeToldKey(cadre string, h Homecoming) []byte { return key("hometold", cadre, h.Key()) }
