package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/erasure"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// long reports whether the long forms of tests are to be run.
func long() bool { return os.Getenv("XINTIEXIN_LONG") != "" }

// crowd is a small town in which people do whatever comes into their heads.
type crowd struct {
	*world
	rand   *rand.Rand
	now    time.Time
	step   int
	path   string
	engine kv.Store
	r      []string
	gone   map[int]bool
	rule   map[string]int // service/slot → seats by the site's rule
	before *ledger        // as it was before the step
	did    map[string]int // what was done how often: that a test of nothing is seen
}

var crowdServices = []string{"advice", "checkup"}

func newCrowd(t *testing.T, seed uint64) *crowd {
	c := &crowd{rand: rand.New(rand.NewPCG(seed, 1)), now: now, path: filepath.Join(t.TempDir(), "x.db"), gone: map[int]bool{}, rule: map[string]int{}, did: map[string]int{}}
	c.world = &world{t: t, people: map[string]string{}}
	c.open()
	t.Cleanup(func() { c.engine.Close() })
	c.update(func(tx *record.Tx) error {
		for id, role := range map[string]personstore.Role{"c": personstore.Clerk, "d": personstore.Clinician} {
			if err := personstore.PutStaff(tx, personstore.Staff{ID: id, Roles: []personstore.Role{role}}); err != nil {
				return err
			}
			if err := access.Bind(tx, "o"+id, id); err != nil {
				return err
			}
		}
		return nil
	})
	c.town(func(s *townconfig.Site) {
		s.Openings = nil
		for i, service := range crowdServices {
			for day := range calendar.Day(6) {
				for j, hour := range []string{"08:30", "14:00"}[:1+i] {
					d := townconfig.SiteDay{Service: service, Day: today + 2 + day, Time: hour, Capacity: 1 + i + j}
					s.Days = append(s.Days, d)
					c.rule[service+"/"+d.Day.String()+"/"+strings.Replace(hour, ":", "", 1)] = d.Capacity
				}
			}
		}
	})
	c.r = c.guests(14)
	c.before = c.read()
	return c
}

// open opens the store, as after a restart.
func (c *crowd) open() {
	c.t.Helper()
	if c.engine != nil {
		if err := c.engine.Close(); err != nil {
			c.t.Fatal(err)
		}
	}
	engine, err := bolt.Open(c.path, bolt.Options{NoSync: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.engine = engine
	if c.store, err = storage.Open(c.t.Context(), kvtest.Twice(engine), nil); err != nil {
		c.t.Fatal(err)
	}
}

// ledger is what a store holds of seats, read from its bare records.
type ledger struct {
	slots map[string]struct {
		Capacity    *int
		Taken, Held int
	}
	bookings map[string]bookings.Appointment
	waiting  []bookings.Waiting // by service and place
	openOf   map[string]string
}

func (c *crowd) read() *ledger {
	c.t.Helper()
	l := &ledger{bookings: map[string]bookings.Appointment{}, openOf: map[string]string{}}
	l.slots = map[string]struct {
		Capacity    *int
		Taken, Held int
	}{}
	err := storage.DumpForTest(c.t.Context(), c.store, func(p kv.Pair) {
		kind, rest, _ := strings.Cut(string(p.Key), "/")
		var err error
		switch kind {
		case "slot":
			s := l.slots[rest]
			err = json.Unmarshal(p.Value, &s)
			l.slots[rest] = s
		case "appointment":
			var a bookings.Appointment
			err = json.Unmarshal(p.Value, &a)
			l.bookings[a.ID] = a
		case "waiting":
			var w bookings.Waiting
			err = json.Unmarshal(p.Value, &w)
			l.waiting = append(l.waiting, w)
		case "appointment_of":
			l.openOf[rest] = string(p.Value)
		}
		if err != nil {
			c.t.Fatal(kind, err)
		}
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

func at(service string, day calendar.Day, hour string) string {
	return service + "/" + day.String() + "/" + strings.Replace(hour, ":", "", 1)
}

func (c *crowd) capacity(l *ledger, slot string) int {
	if s := l.slots[slot]; s.Capacity != nil {
		return *s.Capacity
	}
	return c.rule[slot]
}

func (c *crowd) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("step %d, %s: %s", c.step, c.now.Format("02 15:04"), fmt.Sprintf(format, args...))
}

// check holds the store against what must always be so.
func (c *crowd) check(what string) {
	c.t.Helper()
	l := c.read()
	taken, held, open := map[string]int{}, map[string]int{}, map[string]string{}
	for _, a := range l.bookings {
		if a.State == bookings.Expected || a.State == bookings.Came {
			taken[at(a.Service, a.Day, a.Time)] += a.Seats
		}
		if a.State != bookings.Expected {
			continue
		}
		if a.Resident == "" || a.Seats == 1 && a.Spouse != "" || a.Seats < 1 || a.Seats > 2 {
			c.fail("%s: an odd booking %+v", what, a)
		}
		for _, person := range []string{a.Resident, a.Spouse} {
			if k := person + "/" + a.Service; person != "" {
				if open[k] != "" {
					c.fail("%s: two open bookings", what)
				}
				open[k] = a.ID
			}
		}
	}
	if fmt.Sprint(open) != fmt.Sprint(l.openOf) {
		c.fail("%s: open bookings %v, found by %v", what, open, l.openOf)
	}
	offers := map[string]bool{}
	for _, w := range l.waiting {
		if open[w.Resident+"/"+w.Service] != "" {
			c.fail("%s: waits beside a booking", what)
		}
		if w.Offer == nil {
			continue
		}
		if offers[w.Resident] {
			c.fail("%s: two offers at a time", what)
		}
		offers[w.Resident] = true
		held[at(w.Service, w.Offer.Day, w.Offer.Time)] += w.Seats
	}
	for slot, s := range l.slots {
		if s.Taken != taken[slot] || s.Held != held[slot] || s.Taken < 0 || s.Held < 0 {
			c.fail("%s: %s has %d taken, %d held; booked are %d, offered %d", what, slot, s.Taken, s.Held, taken[slot], held[slot])
		}
		was := c.before.slots[slot] // a lowered capacity throws nobody out, and who was missed may arrive after all
		if over, before := s.Taken+s.Held, was.Taken+was.Held; over > c.capacity(l, slot) && over > before && !(what == "arrive" && s.Held == was.Held) {
			c.fail("%s: %s was oversold: %d taken, %d held of %d", what, slot, s.Taken, s.Held, c.capacity(l, slot))
		}
		delete(taken, slot)
		delete(held, slot)
	}
	for slot, n := range taken {
		c.fail("%s: %s has %d booked and no record", what, slot, n)
	}
	for slot, n := range held {
		c.fail("%s: %s has %d held and no record", what, slot, n)
	}
	c.checkList(what, l, offers)
	c.checkMessages(what, l)
	c.before = l
}

// sendable is the next decent hour for an offer, by the norms and not by the
// program.
func sendable(t time.Time) time.Time {
	t = t.In(calendar.Zone)
	day := calendar.DayOf(t)
	for _, w := range [][2]time.Time{{day.At(9, 0), day.At(11, 0)}, {day.At(18, 30), day.At(20, 0)}} {
		if t.Before(w[0]) {
			return w[0]
		}
		if t.Before(w[1]) {
			return t
		}
	}
	return (day + 1).At(9, 0)
}

// checkList: a seat stays free only when nobody who waits and has no offer fits
// it, and nobody is offered what somebody before her could have had.
func (c *crowd) checkList(what string, l *ledger, offers map[string]bool) {
	c.t.Helper()
	had := map[string]int{}
	for _, w := range c.before.waiting {
		had[w.ID] = w.Offers
	}
	wants := func(w bookings.Waiting, day calendar.Day, hour string) bool {
		for _, p := range w.Passed {
			if p == day.String()+"T"+hour {
				return false
			}
		}
		return (w.Day == 0 || w.Day == day) && w.After <= day
	}
	for i, w := range l.waiting {
		if !offers[w.Resident] {
			for slot := range c.slotNames(l) {
				p := strings.Split(slot, "/")
				day, _ := calendar.ParseDay(p[1])
				hour := p[2][:2] + ":" + p[2][2:]
				start := bookings.Slot{Day: day, Time: hour}.Start()
				s := l.slots[slot]
				if p[0] == w.Service && wants(w, day, hour) && start.After(c.now.Add(3*time.Hour)) &&
					!sendable(c.now).After(start.Add(-90*time.Minute)) && c.capacity(l, slot)-s.Taken-s.Held >= w.Seats {
					c.fail("%s: %s is free, and somebody waits for it: %+v", what, slot, w)
				}
			}
			continue
		}
		if w.Offer != nil && what == "clock" && w.Offer.Until != 0 && w.Offer.Until <= c.now.Unix() {
			c.fail("an offer stands past its hour: %+v", w)
		}
		if w.Offer == nil || w.Offers == had[w.ID] {
			continue
		}
		c.did["offered"]++
		for _, first := range l.waiting[:i] {
			if first.Service == w.Service && !offers[first.Resident] && first.Seats <= w.Seats && wants(first, w.Offer.Day, w.Offer.Time) {
				c.fail("%s: offered past %+v to %+v", what, first, w)
			}
		}
	}
}

func (c *crowd) slotNames(l *ledger) map[string]bool {
	all := map[string]bool{}
	for slot := range c.rule {
		all[slot] = true
	}
	for slot := range l.slots {
		all[slot] = true
	}
	return all
}

// checkMessages: what is promised is booked, and what is booked stands.
func (c *crowd) checkMessages(what string, l *ledger) {
	c.t.Helper()
	err := c.store.View(c.t.Context(), func(tx *record.Tx) error {
		due, err := outbox.DueDeliveries(tx, c.now.AddDate(1, 0, 0), 1<<20)
		if err != nil {
			return err
		}
		booked := map[string]bool{}
		for _, d := range due {
			if booked[d.Cause] = true; d.Latest < c.now.Unix() {
				continue // dropped when its turn comes
			}
			if why, err := deliverykinds.StillValid(tx, d); err != nil || why != "" {
				c.fail("%s: %s is booked and does not stand: %s, %v", what, d.Cause, why, err)
			}
		}
		for _, a := range l.bookings {
			if a.State != bookings.Expected {
				continue
			}
			for _, person := range []string{a.Resident, a.Spouse} {
				if person == "" {
					continue
				}
				for which, t := range map[string]time.Time{"ahead": (a.Day - 3).At(18, 30), "eve": (a.Day - 1).At(18, 30), "morning": a.Day.At(7, 30)} {
					said, comes := a.Said[person]
					promised := t.After(c.now) && (which != "morning" || a.Time >= "09:00") &&
						(!comes || which == "eve" && t.Sub(time.Unix(said, 0)) > 24*time.Hour)
					cause := fmt.Sprintf("appointment/%s/%sT%s/%s/%s", a.ID, a.Day, a.Time, which, person)
					if booked[cause] != promised && t.After(c.now) {
						c.fail("%s: %s is promised %v, booked %v", what, cause, promised, booked[cause])
					}
				}
			}
		}
		for _, w := range l.waiting {
			if w.Offer == nil {
				continue
			}
			cause := fmt.Sprintf("offer/%s/%sT%s/%d", w.ID, w.Offer.Day, w.Offer.Time, w.Offers)
			if _, err := outbox.DeliveryOf(tx, cause); err != nil {
				c.fail("%s: nobody is told of %s: %v", what, cause, err)
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// act does one thing, whoever it is and whatever comes of it.
func (c *crowd) act() {
	i := c.rand.IntN(len(c.r))
	me, service := c.r[i], crowdServices[c.rand.IntN(2)]
	for range 3 { // rather somebody who has something booked
		if c.before.openOf[me+"/"+service] == "" {
			i, service = c.rand.IntN(len(c.r)), crowdServices[c.rand.IntN(2)]
			me = c.r[i]
		}
	}
	who := fmt.Sprint("o", i)
	if c.rand.IntN(5) == 0 {
		who = "oc"
	}
	day, hour := today+2+calendar.Day(c.rand.IntN(7)), []string{"08:30", "14:00"}[c.rand.IntN(2)]
	seats := 1 + c.rand.IntN(2)
	cause := fmt.Sprint("step", c.step)
	mine := func(do func(s personstore.Scope, a bookings.Appointment) error) func(personstore.Scope) error {
		return func(s personstore.Scope) error {
			a, err := bookings.Open(s, me, service)
			if err != nil {
				return err
			}
			return do(s, a)
		}
	}
	any := func(do func(s personstore.Scope, id string) error) func(personstore.Scope) error {
		return func(s personstore.Scope) error {
			all, err := bookings.ListDay(s, calendar.DayOf(c.now))
			if err != nil || len(all) == 0 {
				return errors.Join(err, record.ErrNotFound)
			}
			return do(s, all[c.step%len(all)].ID)
		}
	}
	what, by, do := "", who, func(personstore.Scope) error { return nil }
	switch n := c.rand.IntN(100); {
	case n < 16:
		what, do = "book", func(s personstore.Scope) error {
			_, err := bookings.Book(s, bookings.Appointment{Resident: me, Service: service, Seats: seats, Day: day, Time: hour}, cause, c.now)
			return err
		}
	case n < 25:
		what, do = "move", mine(func(s personstore.Scope, a bookings.Appointment) error {
			_, err := bookings.Move(s, a.ID, day, hour, c.now)
			return err
		})
	case n < 36:
		what, do = "cancel", mine(func(s personstore.Scope, a bookings.Appointment) error {
			_, err := bookings.Cancel(s, a.ID, c.now)
			return err
		})
	case n < 42:
		what, by = "join", fmt.Sprint("o", i)
		code := c.someCode()
		do = func(s personstore.Scope) error { _, err := bookings.Join(s, code, me, c.now); return err }
	case n < 46:
		what, do = "coming", mine(func(s personstore.Scope, a bookings.Appointment) error { return bookings.Coming(s, a.ID, c.now) })
	case n < 64:
		what, do = "wait", func(s personstore.Scope) error {
			w := bookings.Waiting{Resident: me, Service: service, Seats: seats}
			switch c.step % 4 {
			case 0:
				w.Day = day
			case 1:
				w.After = day
			}
			_, err := bookings.JoinWaitingList(s, w, cause, c.now)
			return err
		}
	case n < 67:
		what, do = "unwait", func(s personstore.Scope) error { return bookings.LeaveWaitingList(s, me, service, c.now) }
	case n < 76:
		what, do = "take", func(s personstore.Scope) error {
			_, err := bookings.TakeOffer(s, me, service, cause, c.now)
			return err
		}
	case n < 81:
		what, by, do = "arrive", "od", any(func(s personstore.Scope, id string) error { _, err := bookings.Arrive(s, id, c.now); return err })
	case n < 85:
		what, by, do = "miss", "od", any(func(s personstore.Scope, id string) error { _, err := bookings.Miss(s, id, c.now); return err })
	case n < 87:
		capacity := c.rand.IntN(4)
		what, by, do = "release", "oc", func(s personstore.Scope) error {
			_, err := bookings.PublishSlots(s, []bookings.Slot{{Service: service, Day: day, Time: hour, Capacity: capacity}}, cause, c.now)
			return err
		}
	case n < 88 && !c.gone[i] && c.rand.IntN(8) == 0:
		what, c.gone[i] = "erase", true
		c.update(func(tx *record.Tx) error { return erasure.Erase(tx, me, c.now) })
	case n < 89:
		what = "restart"
		c.open()
	default:
		what = "clock"
		c.tick()
	}
	if err := c.try(by, do); err == nil {
		c.did[what]++
	} else {
		c.did[what+": "+err.Error()]++
	}
	c.check(what)
}

// someCode is the code of somebody's booking that waits for a spouse, if any.
func (c *crowd) someCode() (code string) {
	for id := range c.before.bookings {
		c.as("oc", func(s personstore.Scope) error {
			if got, err := bookings.SpouseCode(s, id); err == nil && (code == "" || got < code) { // the least: a map has no order
				code = got
			}
			return nil
		})
	}
	return code
}

// tick lets time pass, sends what is due with whatever comes of it, and does
// what the clock does.
func (c *crowd) tick() {
	c.now = c.now.Add(time.Duration(1+c.rand.IntN(400)) * time.Minute)
	fate := []outbox.DeliveryState{outbox.Sent, outbox.Delivered, outbox.Delivered, outbox.Deferred, outbox.Unknown, outbox.Dropped}
	dice := c.rand.Uint64()
	c.update(func(tx *record.Tx) error {
		due, err := outbox.DueDeliveries(tx, c.now, 1<<20)
		if err != nil {
			return err
		}
		for n, d := range due {
			why, err := deliverykinds.StillValid(tx, d)
			if err != nil {
				return err
			}
			switch {
			case why != "" || d.Latest < c.now.Unix():
				d.State, d.Reason = outbox.Dropped, "stale"
			case d.Kind == "offer" && sendable(c.now) != c.now:
				continue
			default:
				if d, err = deliverykinds.Prepare(tx, d, c.now); err != nil {
					return err
				}
				d.State = fate[(dice>>(n%32))%uint64(len(fate))]
			}
			if err := outbox.Put(tx, d); err != nil {
				return err
			}
		}
		if _, err := bookings.ExpireOffers(tx, c.now, 100); err != nil {
			return err
		}
		for _, service := range crowdServices {
			if _, err := bookings.OfferSeats(tx, service, c.now); err != nil {
				return err
			}
		}
		for day := today; day <= calendar.DayOf(c.now); day++ {
			if _, err := bookings.CloseDay(tx, day, c.now); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestSeatsAlways(t *testing.T) {
	rounds, steps := 4, 500
	if long() {
		rounds = 200
	}
	if testing.Short() {
		rounds = 1
	}
	did := map[string]int{}
	for seed := range rounds {
		c := newCrowd(t, uint64(seed))
		for c.step = range steps {
			if c.act(); t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		for what, n := range c.did {
			did[what] += n
		}
	}
	for _, what := range []string{"book", "move", "cancel", "join", "coming", "wait", "unwait", "take", "arrive", "miss", "release", "offered",
		"book: " + record.ErrFull.Error(), "book: " + record.ErrAlreadyExists.Error(), "take: " + record.ErrExpired.Error()} {
		if did[what] == 0 && !testing.Short() {
			t.Error("never happened:", what)
		}
	}
	t.Log(rounds*steps, "steps:", did)
}
