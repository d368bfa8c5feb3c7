package flows_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// TestNothingPromisedIsLost: on random days of a village (visits agreed on, rounds,
// other days, questions, leaving and coming home, hand-overs, withdrawals, people who
// leave the store, undone words, restarts) every promise that is open stands on the
// list of exactly one cadre or on nobody's, where the office finds it, and every other
// one has ended with a reason.
func TestNothingPromisedIsLost(t *testing.T) {
	villages := 12
	if testing.Short() {
		villages = 3
	}
	for seed := range uint64(villages) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			v := newPromises(t, seed)
			for range 60 {
				did := v.something()
				v.check(did)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// promises is a village with all that was ever promised in it.
type promises struct {
	*player
	random *rand.Rand
	names  []string
	asked  map[string]string // requests: id → resident
	follow map[string]string // follow-ups: id → resident
	gone   map[string]bool   // residents who left the store
	n      int
}

func newPromises(t *testing.T, seed uint64) *promises {
	t.Helper()
	p := &player{t: t, path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	t.Cleanup(func() { p.store.Close() })
	p.now = calendar.Date(2027, 3, 1).At(8, 0)
	p.town()
	p.do("site")
	p.do("deputy 一组")
	v := &promises{player: p, random: rand.New(rand.NewPCG(seed, 11)), asked: map[string]string{}, follow: map[string]string{}, gone: map[string]bool{}}
	for _, one := range people {
		if one.name == "王秀兰" || slices.Contains(v.names, one.name) {
			continue
		}
		v.names = append(v.names, one.name)
	}
	p.update(func(tx *record.Tx) error {
		for _, name := range v.names {
			for _, set := range []purpose.Purpose{purpose.VisitRecord, purpose.Migration} {
				if err := consent.Put(p.as(tx, "赵文静"), consent.Consent{Resident: p.residents[name], Set: set, Answer: person.Yes, Channel: "paper"}, p.now); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return v
}

// refused reports whether an error is an answer.
func refused(err error) bool {
	for _, why := range []error{record.ErrNotFound, record.ErrScope, record.ErrConsent, record.ErrAlreadyExists, record.ErrRateLimited, requests.ErrTaken, record.ErrNotAvailable, handovers.ErrRole} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

// try does something in one transaction; what is refused is not done.
func (v *promises) try(fn func(*record.Tx) error) {
	v.t.Helper()
	err := v.store.Update(v.t.Context(), fn)
	if err != nil && !refused(err) {
		v.t.Fatal(err)
	}
}

// something is one thing that happens in the village.
func (v *promises) something() (did string) {
	v.t.Helper()
	v.n++
	name := v.names[v.random.IntN(len(v.names))]
	cadre := []string{"王桂英", "王桂英", "替班", "赵文静"}[v.random.IntN(4)]
	id, cause, today := v.residents[name], fmt.Sprint("cause", v.n), calendar.DayOf(v.now)
	switch what := v.random.IntN(16); what {
	case 0, 1, 2:
		kind := []string{"visit", "answer"}[v.random.IntN(2)]
		v.try(func(tx *record.Tx) error {
			f, err := visits.AddFollowUp(v.as(tx, cadre), followups.FollowUp{Resident: id, Kind: kind, Text: "问补贴", Due: today + calendar.Day(v.random.IntN(4)), Asked: today}, cause)
			if err == nil {
				v.follow[f.ID] = id
			}
			return err
		})
		return cadre + " agrees on a " + kind + " with " + name
	case 3, 4, 5, 6:
		v.who = cadre
		v.send([]string{"今日", "今日", "今日 全村"}[v.random.IntN(3)])
		said := ""
		for n := 1; n <= 4; n++ {
			said += []string{"", fmt.Sprint(n, "都好 "), fmt.Sprint(n, "办了 "), fmt.Sprint(n, "没见到 "), fmt.Sprint(n, "后天 "), fmt.Sprint(n, "不用了 ")}[v.random.IntN(6)]
		}
		if v.random.IntN(3) == 0 { // the list changed between showing and answering
			v.who = []string{"王桂英", "替班"}[v.random.IntN(2)]
			v.send("今日")
			v.send("1办了")
			v.send("对")
			v.who = cadre
		}
		if said != "" {
			v.send(said)
			v.send([]string{"都存", "存", "都不存"}[v.random.IntN(3)])
		}
		return cadre + " closes a round: " + said
	case 7:
		v.who = cadre
		v.send("今日")
		v.send("1")
		v.send([]string{"今天不去", "没在家", "改天", "取消"}[v.random.IntN(4)])
		v.send("取消")
		v.send("1")
		return cadre + " taps a line"
	case 8:
		v.who = cadre
		v.send("撤销")
		v.forgetUndone()
		return cadre + " takes back"
	case 9:
		v.try(func(tx *record.Tx) error {
			r, err := requests.Create(v.as(tx, cadre), requests.Request{Resident: id, Kind: "help", Text: "问补贴"}, cause, v.now)
			if err == nil {
				v.asked[r.ID] = id
			}
			return err
		})
		return cadre + " writes down a question of " + name
	case 10:
		v.try(func(tx *record.Tx) error {
			_, err := migration.Add(v.as(tx, cadre), migration.Absence{Resident: id, Place: "江苏苏州", Since: today, ExpectedDay: today + 5}, cause)
			return err
		})
		return name + " goes away"
	case 11:
		v.who = cadre
		v.send("返乡 " + name)
		v.send("取消")
		v.send("1")
		return name + " is back"
	case 12:
		v.handOver(cause, v.random.IntN(6) > 0)
		return "a hand-over"
	case 13:
		if v.random.IntN(2) == 0 {
			v.store.Close()
			v.open()
			return "a restart"
		}
		v.try(func(tx *record.Tx) error {
			return erasure.WithdrawFor(v.as(tx, "赵文静"), id, false, v.now)
		})
		return name + " wants no more of it"
	case 14:
		if v.random.IntN(4) == 0 {
			v.try(func(tx *record.Tx) error { return erasure.Erase(tx, id, v.now) })
			v.gone[id] = true
			return name + " leaves"
		}
	}
	v.now = v.now.AddDate(0, 0, 1)
	return "a day goes by"
}

// handOver gives the work of one of two to the other, who takes it, for a week or for
// good.
func (v *promises) handOver(cause string, week bool) {
	v.t.Helper()
	until := calendar.Day(0)
	if week {
		until = calendar.DayOf(v.now) + 7
	}
	from, to := "wgy", "dep"
	if v.random.IntN(2) == 0 {
		from, to = to, from
	}
	v.try(func(tx *record.Tx) error {
		h, err := handovers.Start(v.as(tx, "赵文静"), from, to, until, cause, v.now)
		if err != nil {
			return err
		}
		_, err = handovers.Answer(v.as(tx, map[string]string{"wgy": "王桂英", "dep": "替班"}[to]), h.ID, true, v.now)
		return err
	})
	v.job("handovers")
}

// forgetUndone takes out of the ledger what an undo took out of the store: it was
// never promised.
func (v *promises) forgetUndone() {
	v.t.Helper()
	v.update(func(tx *record.Tx) error {
		for id, resident := range v.follow {
			if _, err := followups.Load(tx, resident, id); errors.Is(err, record.ErrNotFound) {
				delete(v.follow, id)
			}
		}
		return nil
	})
}

// check holds the ledger against the lists.
func (v *promises) check(did string) {
	v.t.Helper()
	v.update(func(tx *record.Tx) error {
		office := v.as(tx, "赵文静")
		for _, name := range v.names { // what a round agreed on is promised too
			open, err := visits.OpenFollowUps(office, v.residents[name])
			if err != nil && !refused(err) {
				return err
			}
			for _, f := range open {
				v.follow[f.ID] = f.Resident
			}
		}
		lists := map[string]int{} // by id, on how many lists it stands
		for _, contact := range []string{"wgy", "dep", "zwj", "lij", "new", ""} {
			due, err := visits.Due(office, contact, calendar.DayOf(v.now)+400, 1<<20)
			if err != nil {
				return err
			}
			for _, f := range due {
				if lists[f.ID]++; f.Contact != contact {
					v.t.Errorf("after %s: a promise of %s stands on the list of %s", did, f.Contact, contact)
				}
			}
		}
		for id, resident := range v.follow {
			f, err := followups.Load(tx, resident, id)
			switch {
			case errors.Is(err, record.ErrNotFound) && v.gone[resident]:
			case err != nil:
				v.t.Errorf("after %s: follow-up %s: %v", did, id, err)
			case f.Closed != nil && f.Closed.Reason == "":
				v.t.Errorf("after %s: a promise ended without a reason: %+v", did, f)
			case f.Closed != nil && lists[id] != 0:
				v.t.Errorf("after %s: a promise that ended stands on %d lists: %+v", did, lists[id], f)
			case f.Closed == nil && lists[id] != 1:
				v.t.Errorf("after %s: an open promise stands on %d lists: %+v", did, lists[id], f)
			}
		}
		return v.checkAsked(tx, did)
	})
}

// checkAsked: an open request is one cadre's, or anybody's who may see it.
func (v *promises) checkAsked(tx *record.Tx, did string) error {
	holds := map[string][]string{}
	for name, cadre := range map[string]string{"王桂英": "wgy", "替班": "dep", "赵文静": "zwj"} {
		asked, err := requests.Waiting(v.as(tx, name), 1<<20)
		if err != nil && !refused(err) { // who handed everything over is no staff any more
			return err
		}
		for _, a := range asked {
			if a.Holder == "" || a.Holder == cadre {
				holds[a.ID] = append(holds[a.ID], a.Holder)
			}
		}
	}
	for id, resident := range v.asked {
		if v.gone[resident] {
			continue
		}
		a, err := requests.OfResident(v.as(tx, "赵文静"), resident, id)
		switch {
		case errors.Is(err, record.ErrNotFound): // taken back with what it rested on
		case err != nil:
			return err
		case a.Closed != nil && a.Closed.Reason == "":
			v.t.Errorf("after %s: request %s ended without a reason", did, a.Number)
		case a.Closed == nil && len(holds[id]) == 0:
			v.t.Errorf("after %s: request %s waits for nobody", did, a.Number)
		case a.Closed == nil && a.Holder != "" && len(holds[id]) != 1:
			v.t.Errorf("after %s: request %s is on %d lists", did, a.Number, len(holds[id]))
		}
	}
	return nil
}
