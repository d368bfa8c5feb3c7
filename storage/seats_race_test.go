package storage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

const (
	racers    = 200
	raceSeats = 10
	raceStore = 50 // rounds in one store, each with a service of its own
)

// race is a store in which 200 residents, of whom every third brings a spouse,
// want the ten seats of one hour.
type race struct {
	t      *testing.T
	path   string
	engine kv.Store
	people []personstore.Person
	round  int

	mu     sync.RWMutex // held while the store is closed and opened again
	store  *record.Store
	opened int
}

// result is what a racer knows of herself in the end.
type result struct {
	gave  bool // her seats back
	place int  // on the waiting list; 0 when she never stood there
	err   error
}

func newRace(t *testing.T) *race {
	r := &race{t: t, path: filepath.Join(t.TempDir(), "x.db")}
	r.restart()
	t.Cleanup(func() { r.engine.Close() })
	err := r.store.Update(t.Context(), func(tx *record.Tx) error {
		r.people = nil
		var site townconfig.Site
		for n := range raceStore {
			site.Days = append(site.Days, townconfig.SiteDay{Service: fmt.Sprint("s", n), Day: clinicDay, Time: "08:30", Capacity: raceSeats})
		}
		if err := storage.PutSite(tx, site, "", now); err != nil {
			return err
		}
		for i := range racers {
			one, err := personstore.AddResident(tx, personstore.Resident{Name: fmt.Sprintf("客%d", i)}, fmt.Sprint(i))
			if err != nil {
				return err
			}
			r.people = append(r.people, personstore.Person{OpenID: fmt.Sprint("o", i), Residents: []string{one.ID}})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// restart closes the store under whoever is writing, and opens it again.
func (r *race) restart() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.engine != nil {
		if err := r.engine.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	var err error
	if r.engine, err = bolt.Open(r.path, bolt.Options{NoSync: true}); err != nil {
		r.t.Fatal(err)
	}
	if r.store, err = storage.Open(r.t.Context(), kvtest.Twice(r.engine), nil); err != nil {
		r.t.Fatal(err)
	}
	r.opened++
}

func (r *race) service() string { return fmt.Sprint("s", r.round) }

// wants is how many seats a racer wants: others come in twos in each round.
func (r *race) wants(i int) int {
	if (i+r.round)%3 == 0 {
		return 2
	}
	return 1
}

// as runs fn for a racer and returns its refusal. Whose store was closed meanwhile
// comes again, as the platform sends a message again that had no answer.
func (r *race) as(i int, fn func(personstore.Scope) error) (refusal error) {
	for {
		r.mu.RLock()
		store, opened := r.store, r.opened
		r.mu.RUnlock()
		err := store.Update(r.t.Context(), func(tx *record.Tx) error {
			s, err := personstore.ScopeOf(tx, r.people[i])
			if err != nil {
				return err
			}
			refusal = fn(s)
			for _, known := range []error{nil, record.ErrFull, record.ErrAlreadyExists, record.ErrNotFound} {
				if errors.Is(refusal, known) {
					return nil
				}
			}
			return refusal
		})
		if err == nil {
			return refusal
		}
		r.mu.RLock()
		again := opened != r.opened
		r.mu.RUnlock()
		if !again {
			return err
		}
	}
}

// run is what a racer does: she books; where it is full she waits, and takes what
// she is offered; some give their seats back.
func (r *race) run(i int, gives bool) (out result) {
	me, service, seats := r.people[i].Residents[0], r.service(), r.wants(i)
	cause := fmt.Sprintf("race/%d/%d", r.round, i)
	var a bookings.Appointment
	out.err = r.as(i, func(s personstore.Scope) (err error) {
		a, err = bookings.Book(s, bookings.Appointment{Resident: me, Service: service, Seats: seats, Day: clinicDay, Time: "08:30"}, cause, now)
		return err
	})
	if out.err == nil && gives {
		out.gave = true
		out.err = r.as(i, func(s personstore.Scope) error {
			_, err := bookings.Cancel(s, a.ID, now)
			return ignore(err, record.ErrNotFound)
		})
	}
	if !errors.Is(out.err, record.ErrFull) {
		return out
	}
	out.err = r.as(i, func(s personstore.Scope) error {
		w, err := bookings.JoinWaitingList(s, bookings.Waiting{Resident: me, Service: service, Seats: seats}, cause, now)
		out.place = w.Place
		return err
	})
	if out.err != nil {
		return out
	}
	out.err = r.as(i, func(s personstore.Scope) error {
		_, err := bookings.TakeOffer(s, me, service, cause+"/take", now)
		return ignore(err, record.ErrNotFound)
	})
	return out
}

func ignore(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

// check holds a round's end against the rules; it returns the seats sold.
func (r *race) check(results []result) (sold int) {
	r.t.Helper()
	fail := func(format string, args ...any) {
		r.t.Helper()
		r.t.Errorf("round %d: %s", r.round, fmt.Sprintf(format, args...))
	}
	err := r.store.View(r.t.Context(), func(tx *record.Tx) error {
		slots, err := bookings.Slots(tx, r.service(), clinicDay, clinicDay, now)
		if err != nil || len(slots) != 1 {
			return errors.Join(err, fmt.Errorf("%d slots", len(slots)))
		}
		taken, held := 0, 0
		firstIdle, lastServed, places := 1<<30, 0, map[int]bool{} // of singles on the list
		for i, did := range results {
			if did.err != nil {
				fail("racer %d: %v", i, did.err)
			}
			s, err := personstore.ScopeOf(tx, r.people[i])
			if err != nil {
				return err
			}
			me, has := r.people[i].Residents[0], 0
			a, err := bookings.Open(s, me, r.service())
			if err == nil {
				taken += a.Seats
				has++
			}
			w, _, err2 := bookings.WaitingOf(s, me, r.service())
			if err2 == nil {
				has++
				if w.Place != did.place || places[w.Place] || w.Seats != r.wants(i) {
					fail("racer %d stood at %d and stands at %d with %d", i, did.place, w.Place, w.Seats)
				}
				places[w.Place] = true
				if w.Offer != nil {
					held += w.Seats
				}
			}
			if err := errors.Join(ignore(err, record.ErrNotFound), ignore(err2, record.ErrNotFound)); err != nil {
				return err
			}
			if has == 0 != did.gave || has > 1 || a.ID != "" && a.Seats != r.wants(i) {
				fail("racer %d has %d, gave hers back %v, %+v", i, has, did.gave, a)
			}
			if did.place > 0 && r.wants(i) == 1 {
				if served := a.ID != "" || w.Offer != nil; served {
					lastServed = max(lastServed, did.place)
				} else {
					firstIdle = min(firstIdle, did.place)
				}
			}
		}
		o := slots[0]
		if o.Taken != taken || o.Held != held || taken+held > raceSeats {
			fail("%d taken, %d held of %d; booked are %d, offered %d", o.Taken, o.Held, o.Capacity, taken, held)
		}
		if o.Free(today, false) > 0 && firstIdle < 1<<30 {
			fail("%d free, and the single at %d waits", o.Free(today, false), firstIdle)
		}
		if firstIdle < lastServed {
			fail("the single at %d was served before the one at %d", lastServed, firstIdle)
		}
		sold = taken
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return sold
}

// leave takes all off the list, as nobody has two offers at a time: the next
// round is not to wait for this one's.
func (r *race) leave() {
	r.t.Helper()
	err := r.store.Update(r.t.Context(), func(tx *record.Tx) error {
		for _, p := range r.people {
			s, err := personstore.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			if err := bookings.LeaveWaitingList(s, p.Residents[0], r.service(), now); ignore(err, record.ErrNotFound) != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestSeatsRace has 200 residents race for 10 seats, while the store is closed and
// opened again; 1,000 rounds with XINTIEXIN_LONG=1.
func TestSeatsRace(t *testing.T) {
	rounds := 20
	if long() {
		rounds = 1000
	}
	if testing.Short() {
		rounds = 4
	}
	var r *race
	served, restarts, waited, most := 0, 0, 0, 0
	for n := range rounds {
		if n%raceStore == 0 {
			r = newRace(t)
		}
		r.round = n % raceStore
		dice := rand.New(rand.NewPCG(uint64(n), 7))
		results := make([]result, racers)
		gives := make([]bool, racers)
		for i := range gives {
			gives[i] = dice.IntN(3) == 0
		}
		var all sync.WaitGroup
		for _, i := range dice.Perm(racers) {
			all.Go(func() { results[i] = r.run(i, gives[i]) })
		}
		for range dice.IntN(3) {
			r.restart()
			restarts++
		}
		all.Wait()
		sold := r.check(results)
		most = max(most, sold)
		served += sold
		for _, did := range results {
			if did.place > 0 {
				waited++
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		r.leave()
	}
	t.Logf("%d rounds, %d restarts: %d seats sold, at most %d of %d in a round; %d waited", rounds, restarts, served, most, raceSeats, waited)
}
