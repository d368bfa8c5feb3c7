package storage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	callsstore "xintiexin/storage/calls"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// callsAt is when the list of clinicDay is made.
var callsAt = (clinicDay - 1).At(17, 0)

// settle says what became of a reminder: booked, sent, delivered, owed, unknown,
// or why it was dropped.
func (w *world) settle(a bookings.Appointment, which, became string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		d, err := outbox.DeliveryOf(tx, fmt.Sprintf("appointment/%s/%sT%s/%s/%s", a.ID, a.Day, a.Time, which, a.Resident))
		if errors.Is(err, record.ErrNotFound) && became == "" {
			return nil
		}
		if err != nil {
			return err
		}
		switch s := outbox.DeliveryState(became); s {
		case outbox.Booked, outbox.Claimed, outbox.Sent, outbox.Delivered, outbox.Deferred, outbox.Unknown:
			d.State = s
		default:
			d.State, d.Reason = outbox.Dropped, became
		}
		return outbox.Put(tx, d)
	})
}

// listCalls makes the list of a day, two bookings at a time, and again.
func (w *world) listCalls(day calendar.Day, at time.Time) (added int) {
	w.t.Helper()
	for range 2 {
		for place := (record.Page{}); !place.Done; {
			next, n := place, 0
			w.update(func(tx *record.Tx) (err error) {
				next, n, err = callsstore.ListCalls(tx, day, place, 2, at)
				return err
			})
			place, added = next, added+n
		}
	}
	return added
}

// rings says whom a WeChat is to ring: "name why".
func (w *world) rings(openid string, at time.Time) (out []string) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		calls, all, err := callsstore.Calls(s, at, 100)
		if errors.Is(err, record.ErrScope) {
			return nil
		}
		if out = nil; len(calls) != all {
			w.t.Errorf("%d calls of %d", len(calls), all)
		}
		for _, c := range calls {
			out = append(out, c.Resident.Name+" "+string(c.Of.Why))
		}
		return err
	})
	return out
}

// room makes clinicDay long enough for everybody.
func (w *world) room() {
	w.town(func(s *townconfig.Site) { s.Openings[0].Capacity, s.Openings[1].Capacity = 100, 100 })
}

func (w *world) bookRing(openid, resident, hour string, ring personstore.Ring, at time.Time) (a bookings.Appointment) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) (err error) {
		a, err = bookings.Book(s, bookings.Appointment{Resident: resident, Service: "checkup", Seats: 1, Day: clinicDay, Time: hour, Ring: ring}, "ring"+resident, at)
		return err
	})
	return a
}

// TestWhoIsListedWhen: one row, one person with a WeChat of her own who chose the
// office, unless the row says otherwise.
func TestWhoIsListedWhen(t *testing.T) {
	type row struct {
		name       string
		hour       string // "" is 08:30
		nobody     bool   // may ring
		ahead, eve string
		booked     time.Time // zero is weeks before
		does       func(w *world, a bookings.Appointment)
		evening    func(w *world, a bookings.Appointment) // after the list was made
		at17, desk string                                 // why she is listed, "" she is not
	}
	comes := func(w *world, a bookings.Appointment) {
		w.as("o0", func(s personstore.Scope) error { return bookings.Coming(s, a.ID, callsAt.Add(-time.Hour)) })
	}
	unlink := func(w *world, a bookings.Appointment) {
		w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "o0", callsAt.Add(-time.Hour)) })
	}
	for _, r := range []row{
		{name: "refused", ahead: "refused: 43004", eve: "delivered", at17: "lost"},
		{name: "unknown", ahead: "unknown", eve: "delivered", at17: "lost"},
		{name: "owed", ahead: "owed", eve: "delivered", at17: "lost"},
		{name: "stale after an outage", ahead: "stale", eve: "delivered", at17: "lost"},
		{name: "still booked, and past its hour", ahead: "booked", eve: "sent", at17: "lost"},
		{name: "being sent when the program died", ahead: "claimed", eve: "sent", at17: "lost"},
		{name: "unsubscribed, and asked to be rung", ahead: "unsubscribed", eve: "unsubscribed", at17: "lost", desk: "lost"},
		{name: "delivered, no answer", ahead: "delivered", eve: "delivered", at17: "silent"},
		{name: "sent, no report, no answer", ahead: "sent", eve: "delivered", at17: "silent"},
		{name: "delivered and answered", ahead: "delivered", eve: "delivered", does: comes},
		{name: "not reached, and answered all the same", ahead: "owed", eve: "owed", does: comes},
		{name: "nobody may ring", nobody: true, ahead: "refused: 43004", eve: "refused: 43004"},
		{name: "unfollowed after it was sent", ahead: "delivered", eve: "owed", does: unlink, at17: "silent", desk: "silent"},
		{name: "unfollowed before", ahead: "owed", eve: "owed", does: unlink, at17: "none", desk: "none"},
		{name: "booked late, the evening's comes", booked: callsAt.Add(-2 * time.Hour), eve: "delivered"},
		{name: "booked late, the evening's fails", booked: callsAt.Add(-2 * time.Hour), eve: "refused: 43101", desk: "lost"},
		{name: "booked late, the evening's is unknown", booked: callsAt.Add(-2 * time.Hour), eve: "unknown", desk: "lost"},
		{name: "listed, and the evening's fails too", ahead: "owed", eve: "owed", at17: "lost", desk: "lost"},
		{name: "booked late, nobody may ring", nobody: true, booked: callsAt.Add(-2 * time.Hour), eve: "owed"},
		{name: "moved in the evening, of the new hour no message comes", ahead: "owed", eve: "moved", at17: "lost", desk: "lost",
			evening: func(w *world, a bookings.Appointment) {
				w.as("o0", func(s personstore.Scope) error {
					_, err := bookings.Move(s, a.ID, clinicDay, "08:00", callsAt.Add(time.Minute))
					return err
				})
			}},
		{name: "cancelled in the evening", ahead: "owed", eve: "owed", at17: "lost",
			evening: func(w *world, a bookings.Appointment) {
				w.as("o0", func(s personstore.Scope) error {
					_, err := bookings.Cancel(s, a.ID, callsAt.Add(time.Minute))
					return err
				})
			}},
		{name: "answers after the list was made", ahead: "owed", eve: "coming", at17: "lost",
			evening: func(w *world, a bookings.Appointment) {
				w.as("o0", func(s personstore.Scope) error { return bookings.Coming(s, a.ID, callsAt.Add(time.Minute)) })
			}},
		{name: "wants no call any more", ahead: "owed", eve: "owed", at17: "lost",
			evening: func(w *world, a bookings.Appointment) {
				w.as("o0", func(s personstore.Scope) error {
					return bookings.SetRing(s, a.ID, personstore.RingNobody, callsAt.Add(time.Minute))
				})
			}},
		{name: "nobody answered the call", ahead: "owed", eve: "owed", at17: "lost", desk: "lost", evening: called(callsstore.NobodyThere)},
		{name: "nobody answered, the evening's comes", ahead: "owed", eve: "sent", at17: "lost", evening: called(callsstore.NobodyThere)},
		{name: "she was rung", ahead: "owed", eve: "owed", at17: "lost", evening: called(callsstore.SaidComing)},
		{name: "the morning's fails too", hour: "14:00", ahead: "owed", eve: "owed", at17: "lost", desk: "lost"},
	} {
		t.Run(r.name, func(t *testing.T) {
			w := newWorld(t)
			w.room()
			id := w.guests(1)[0]
			ring, hour, booked := bookings.RingOffice, r.hour, r.booked
			if r.nobody {
				ring = personstore.RingNobody
			}
			if hour == "" {
				hour = "08:30"
			}
			if booked.IsZero() {
				booked = now
			}
			a := w.bookRing("o0", id, hour, ring, booked)
			w.settle(a, "ahead", r.ahead)
			if r.does != nil {
				r.does(w, a)
			}
			want := func(why string) (out []string) {
				if why != "" {
					out = []string{"客0 " + why}
				}
				return out
			}
			w.listCalls(clinicDay, callsAt)
			if got := w.rings("oc", callsAt); !slices.Equal(got, want(r.at17)) {
				t.Errorf("at 17:00 the office rings %q, want %q", got, want(r.at17))
			}
			for _, other := range []string{"oa", "ob", "od", "o0", "stranger"} {
				if got := w.rings(other, callsAt); got != nil {
					t.Errorf("%s rings %q", other, got)
				}
			}
			if r.evening != nil {
				r.evening(w, a)
			}
			if r.eve != "coming" && r.eve != "moved" {
				w.settle(a, "eve", r.eve)
			}
			w.listCalls(clinicDay, clinicDay.At(7, 30))
			for _, who := range []string{"oc", "od"} {
				if got := w.rings(who, clinicDay.At(7, 30)); !slices.Equal(got, want(r.desk)) {
					t.Errorf("in the morning %s rings %q, want %q", who, got, want(r.desk))
				}
			}
			if got := w.rings("oc", a.Start()); got != nil {
				t.Errorf("at her hour she is still rung: %q", got)
			}
			if n := w.count("call/" + id + "/" + a.Day.String() + "T" + a.Time); n > 1 {
				t.Errorf("she stands on the list %d times", n)
			}
		})
	}
}

// called notes how the clerk's call ended.
func called(how callsstore.CallEnd) func(*world, bookings.Appointment) {
	return func(w *world, a bookings.Appointment) {
		ref := callsstore.Call{Resident: a.Resident, Appointment: a.ID, Day: a.Day, Time: a.Time}.Ref()
		w.as("oc", func(s personstore.Scope) error { return callsstore.Called(s, ref, how, callsAt.Add(time.Minute)) })
	}
}

// TestByWhomSheChose: her contact, from 18:30 on who stands in, for the office the
// clerks, on the day the clinic too; nobody else, and nobody her own family.
func TestByWhomSheChose(t *testing.T) {
	w := newWorld(t)
	w.room()
	w.housed(jia, "h1", "a", "e")
	w.update(func(tx *record.Tx) error {
		e := personstore.Staff{ID: "e", Name: "替班", Villages: []string{jia}, Roles: []personstore.Role{personstore.VillageWorker}}
		f := personstore.Staff{ID: "f", Name: "另一位办事员", Roles: []personstore.Role{personstore.Clerk}}
		return errors.Join(personstore.PutStaff(tx, e), access.Bind(tx, "oe", "e"), personstore.PutStaff(tx, f), access.Bind(tx, "of", "f"))
	})
	ids := w.guests(1)
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "of", ids[0]) }) // the other clerk's own family
	w.bookRing("oa", w.people[jia], "08:00", personstore.RingContact, now)
	w.bookRing("ob", w.people[yi], "08:30", personstore.RingContact, now)
	w.bookRing("oc", w.people[bing], "08:30", personstore.RingContact, now) // her village has nobody
	office := w.bookRing("o0", ids[0], "14:00", bookings.RingOffice, now)
	w.settle(office, "ahead", "owed")
	w.listCalls(clinicDay, callsAt)
	morning := clinicDay.At(7, 30)
	for _, c := range []struct {
		at      time.Time
		openid  string
		expects string
	}{
		{callsAt, "oa", "郭敏 none"}, {callsAt, "oe", ""}, {callsAt, "ob", "何小梅 none"}, {callsAt, "oc", "客0 lost"}, {callsAt, "of", ""}, {callsAt, "od", ""},
		{callsAt.Add(90 * time.Minute), "oa", "郭敏 none"}, {callsAt.Add(90 * time.Minute), "oe", "郭敏 none"}, {callsAt.Add(90 * time.Minute), "ob", "何小梅 none"},
		{callsAt.Add(90 * time.Minute), "oc", "客0 lost"},
		{morning, "od", "客0 lost"}, {morning, "oc", "客0 lost"}, {morning, "oe", "郭敏 none"}, {morning, "of", ""},
	} {
		if c.at.Equal(morning) {
			w.settle(office, "eve", "owed")
		}
		if got := strings.Join(w.rings(c.openid, c.at), ","); got != c.expects {
			t.Errorf("%s at %s rings %q, want %q", c.openid, c.at.Format("15:04"), got, c.expects)
		}
	}
	left := map[string]requests.Left{}
	w.update(func(tx *record.Tx) (err error) {
		left, err = callsstore.CallsLeft(tx, callsAt.Add(90*time.Minute))
		return err
	})
	if want := (map[string]requests.Left{"e": {Calls: 1}, "": {Calls: 1, Village: 2}}); fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("nobody took %v, want %v", left, want)
	}
	w.as("oc", func(s personstore.Scope) error {
		if n, err := callsstore.StrandedCalls(s, callsAt.Add(90*time.Minute)); n != 2 || err != nil {
			t.Errorf("the clerk hears of %d, %v", n, err)
		}
		return nil
	})
	w.update(func(tx *record.Tx) (err error) { left, err = callsstore.CallsLeft(tx, callsAt); return err })
	if len(left) != 0 {
		t.Errorf("at 17:00 is left %v", left)
	}
	// Her contact has no WeChat: who stands in is told at once.
	w.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "oa", now) })
	if got := w.rings("oe", callsAt); len(got) != 1 {
		t.Errorf("who stands in for nobody rings %q", got)
	}
}

// TestWhatWaitsLongIsToldOnceAWeek: what was agreed on waits for weeks, and is told
// on the first working day after each whole week, not every evening.
func TestWhatWaitsLongIsToldOnceAWeek(t *testing.T) {
	w := newWorld(t)
	due := calendar.Date(2026, time.December, 5) // a Saturday
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: due, Contact: "a"}, "m1")
		return err
	})
	var told []string
	before := due
	for day := due + 1; day < due+24; day++ {
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			continue
		}
		left := map[string]requests.Left{}
		w.update(func(tx *record.Tx) error {
			clear(left)
			return callsstore.WaitingLong(tx, left, []string{"", "a"}, before, day)
		})
		if left[""].Waiting > 0 {
			told = append(told, day.String())
		}
		before = day
	}
	if want := "2026-12-14 2026-12-21 2026-12-28"; strings.Join(told, " ") != want {
		t.Errorf("told on %v, want %s", told, want)
	}
}

// TestHidingFromTheVillageEndsItsCalls: who says 不让村里看 is not rung by it.
func TestHidingFromTheVillageEndsItsCalls(t *testing.T) {
	w := newWorld(t)
	w.room()
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oshe", id) })
	a := w.bookRing("oshe", id, "08:30", personstore.RingContact, now)
	w.settle(a, "ahead", "owed")
	w.listCalls(clinicDay, callsAt)
	if got := w.rings("oa", callsAt); len(got) != 1 {
		t.Fatalf("her contact rings %q", got)
	}
	w.as("oshe", func(s personstore.Scope) error { return enrolment.ShowTo(s, id, "", callsAt) })
	for _, who := range []string{"oa", "oc"} {
		if got := w.rings(who, callsAt); got != nil {
			t.Errorf("%s rings %q", who, got)
		}
	}
}

// TestTwoTakeOneCall: of several clerks who reach for a call at once one has it;
// what one noted another does not note anew; each look is told to her.
func TestTwoTakeOneCall(t *testing.T) {
	w := newWorld(t)
	w.room()
	const clerks = 8
	w.update(func(tx *record.Tx) error {
		for i := range clerks {
			c := personstore.Staff{ID: fmt.Sprint("k", i), Name: "办", Roles: []personstore.Role{personstore.Clerk}}
			if err := errors.Join(personstore.PutStaff(tx, c), access.Bind(tx, "ok"+fmt.Sprint(i), c.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	id := w.guests(1)[0]
	a := w.bookRing("o0", id, "08:30", bookings.RingOffice, now)
	w.settle(a, "ahead", "owed")
	w.listCalls(clinicDay, callsAt)
	ref := callsstore.Call{Resident: id, Appointment: a.ID, Day: a.Day, Time: a.Time}.Ref()
	race := func(do func(personstore.Scope) error) (won int, why []error) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range clerks {
			all.Add(1)
			go func() {
				defer all.Done()
				err := w.try2(fmt.Sprint("ok", i), do)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					why = append(why, err)
				}
			}()
		}
		all.Wait()
		return won, why
	}
	won, why := race(func(s personstore.Scope) error { _, _, err := callsstore.TakeCall(s, ref, callsAt); return err })
	if won != 1 || slices.ContainsFunc(why, func(err error) bool { return !errors.Is(err, requests.ErrTaken) }) {
		t.Errorf("%d took it, the others %v", won, why)
	}
	if got := w.looks(id); len(got) != 1 || !strings.HasSuffix(got[0], "clerk called false") {
		t.Errorf("who looked: %q", got)
	}
	later := callsAt.Add(31 * time.Minute) // whoever had it may have forgotten it
	won, why = race(func(s personstore.Scope) error { return callsstore.Called(s, ref, callsstore.SaidComing, later) })
	if won != 1 || slices.ContainsFunc(why, func(err error) bool { return !errors.Is(err, record.ErrChanged) }) {
		t.Errorf("%d noted it, the others %v", won, why)
	}
}

// try2 runs fn in the scope of a WeChat, from any goroutine.
func (w *world) try2(openid string, fn func(personstore.Scope) error) (refusal error) {
	err := w.store.Update(w.t.Context(), func(tx *record.Tx) error {
		p, err := personstore.Identify(tx, openid)
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		refusal = fn(s)
		return nil
	})
	return errors.Join(err, refusal)
}

// TestWhatACallComesTo: the answer, the seats, another slot; what cannot be had
// leaves the call open, and an answer can be taken back.
func TestWhatACallComesTo(t *testing.T) {
	w := newWorld(t)
	w.room()
	ids := w.guests(4)
	refs := make([]string, 4)
	for i, id := range ids {
		a := w.bookRing(fmt.Sprint("o", i), id, "08:30", bookings.RingOffice, now)
		w.settle(a, "ahead", "owed")
		refs[i] = callsstore.Call{Resident: id, Appointment: a.ID, Day: a.Day, Time: a.Time}.Ref()
	}
	w.bookRing("oa", w.people[jia], "14:00", personstore.RingNobody, now)
	w.listCalls(clinicDay, callsAt)
	if err := w.try2("oc", func(s personstore.Scope) error {
		_, err := callsstore.CalledMove(s, refs[0], clinicDay, "14:00", callsAt)
		return err
	}); !errors.Is(err, record.ErrFull) {
		t.Errorf("a full hour: %v", err)
	}
	for _, ref := range []string{"", "a/b", "a/b/c", refs[0] + "/x"} {
		if err := w.try2("oc", func(s personstore.Scope) error { return callsstore.Called(s, ref, callsstore.SaidNo, callsAt) }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("call %q: %v", ref, err)
		}
	}
	if got := len(w.rings("oc", callsAt)); got != 4 {
		t.Fatalf("%d calls are open", got)
	}
	w.as("oc", func(s personstore.Scope) error {
		_, err := callsstore.CalledMove(s, refs[0], clinicDay+7, "08:00", callsAt)
		return errors.Join(err, callsstore.Called(s, refs[1], callsstore.SaidNo, callsAt), callsstore.Called(s, refs[2], callsstore.NobodyThere, callsAt))
	})
	u, _ := w.inSave("oc", func(s personstore.Scope) error { return callsstore.Called(s, refs[3], callsstore.SaidComing, callsAt) })
	if got := w.rings("oc", callsAt.Add(time.Hour)); got != nil {
		t.Errorf("after all were made: %q", got)
	}
	for i, want := range []string{"31T08:00 open", "24T08:30 cancelled", "24T08:30 open", "24T08:30 open coming"} {
		w.as(fmt.Sprint("o", i), func(s personstore.Scope) error {
			all, err := bookings.List(s, ids[i], 9)
			if len(all) != 1 {
				t.Errorf("%d: %+v", i, all)
				return err
			}
			got := strings.TrimPrefix(all[0].Day.String(), "2026-12-") + "T" + all[0].Time + " " + string(all[0].State)
			if all[0].Said[ids[i]] != 0 {
				got += " coming"
			}
			if got != want {
				t.Errorf("%d: %s, want %s", i, got, want)
			}
			return err
		})
	}
	w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oc", u, now) })
	if got := w.rings("oc", callsAt.Add(time.Hour)); len(got) != 1 {
		t.Errorf("after the undo: %q", got)
	}
}

// TestCallsAreForgotten: whoever leaves stands on no list, in no byte; what is long
// past goes.
func TestCallsAreForgotten(t *testing.T) {
	w := newWorld(t)
	w.room()
	ids := w.guests(2)
	for i, id := range ids {
		a := w.bookRing(fmt.Sprint("o", i), id, "08:30", bookings.RingOffice, now)
		w.settle(a, "ahead", "owed")
	}
	w.listCalls(clinicDay, callsAt)
	w.as("oc", func(s personstore.Scope) error {
		calls, _, err := callsstore.Calls(s, callsAt, 9)
		for _, c := range calls {
			_, _, e := callsstore.TakeCall(s, c.Of.Ref(), callsAt)
			err = errors.Join(err, e)
		}
		return err
	})
	w.update(func(tx *record.Tx) error { return erasure.Erase(tx, ids[0], callsAt) })
	if got := w.rings("oc", callsAt); len(got) != 1 {
		t.Errorf("after one left: %q", got)
	}
	if _, err := erasure.Forget(w.store, t.Context(), []string{ids[0]}, callsAt); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(w.dump(), "\n") {
		if strings.Contains(line, ids[0]) && strings.HasPrefix(line, "call") {
			t.Error("left behind: ", line)
		}
	}
	for day, want := range map[calendar.Day]int{clinicDay + 20: 0, clinicDay + 40: 1} {
		n := 0
		w.update(func(tx *record.Tx) (err error) { n, err = callsstore.PurgeCalls(tx, day, 9); return err })
		if day == clinicDay+20 && n != want {
			t.Errorf("on %s went %d", day, n)
		}
	}
	if n := w.count("call"); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// TestCallsAddUp: over random people, messages and answers, each list made twice in
// pieces, each who is to be rung is listed once, by whom she
// chose, and nobody who answered is on any list.
func TestCallsAddUp(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t)
			w.room()
			rng := rand.New(rand.NewPCG(uint64(seed), 17))
			type one struct {
				id, openid string
				a          bookings.Appointment
				ring       personstore.Ring
				ahead, eve string
				late       bool // booked too late for the first reminder
				answered   bool
			}
			pick := func(s ...string) string { return s[rng.IntN(len(s))] }
			bad := []string{"owed", "unknown", "stale", "refused: 43004", "unsubscribed", "delivered", "sent"}
			var people []*one
			for i := range 30 {
				p := &one{ring: personstore.Ring(pick("", "office", "contact")), ahead: pick(bad...), eve: pick(bad...)}
				by := "oa"
				w.update(func(tx *record.Tx) error {
					r, err := personstore.AddResident(tx, personstore.Resident{Name: fmt.Sprintf("某%d", i), Village: jia, Group: "一组", Phone: fmt.Sprintf("179000022%02d", i)}, fmt.Sprint("p", i))
					p.id = r.ID
					return err
				})
				if rng.IntN(3) > 0 {
					p.openid = fmt.Sprint("op", i)
					by = p.openid
					w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, p.openid, p.id) })
				}
				at := now
				if p.late = p.openid != "" && rng.IntN(4) == 0; p.late {
					at = callsAt.Add(-time.Hour)
				}
				p.a = w.bookRing(by, p.id, pick("08:00", "08:30"), p.ring, at)
				if p.openid == "" {
					p.ahead, p.eve = "owed", "owed"
				}
				if !p.late {
					w.settle(p.a, "ahead", p.ahead)
				}
				if p.openid != "" && rng.IntN(4) == 0 {
					p.answered = true
					w.as(p.openid, func(s personstore.Scope) error { return bookings.Coming(s, p.a.ID, callsAt.Add(-time.Minute)) })
				}
				people = append(people, p)
			}
			reached := func(s string) bool { return s == "sent" || s == "delivered" }
			check := func(what string, at time.Time, listed func(*one) bool, visible func(*one) bool) {
				t.Helper()
				rows, seen := 0, map[personstore.Ring]int{}
				for _, p := range people {
					want := 0
					if listed(p) {
						want, rows = 1, rows+1
					}
					if got := w.count("call/" + p.id); got != want {
						t.Errorf("%s: %+v stands on the list %d times", what, *p, got)
					}
					if visible(p) {
						seen[p.ring]++
					}
				}
				if n := w.count("calls/"); n != rows {
					t.Errorf("%s: %d are listed, %d are to be", what, n, rows)
				}
				for openid, ring := range map[string]personstore.Ring{"oa": personstore.RingContact, "oc": bookings.RingOffice, "ob": ""} {
					if got := len(w.rings(openid, at)); ring != "" && got != seen[ring] || ring == "" && got != 0 {
						t.Errorf("%s: %s rings %d, %d chose it", what, openid, got, seen[ring])
					}
				}
			}
			first := func(p *one) bool { return p.ring != "" && !p.answered && !p.late }
			w.listCalls(clinicDay, callsAt)
			check("at 17:00", callsAt, first, first)
			evening := callsAt.Add(30 * time.Minute)
			for _, p := range people {
				if p.openid != "" && !p.answered && rng.IntN(5) == 0 {
					p.answered = true
					was := first
					first = func(q *one) bool { return q == p || was(q) }
					if p.ring == "" || p.late {
						first = was
					}
					w.as(p.openid, func(s personstore.Scope) error { return bookings.Coming(s, p.a.ID, evening) })
				} else if !p.answered {
					w.settle(p.a, "eve", p.eve)
				}
			}
			check("in the evening", evening, first, func(p *one) bool { return first(p) && !p.answered })
			morning := clinicDay.At(7, 30)
			w.listCalls(clinicDay, morning)
			open := func(p *one) bool { return p.ring != "" && !p.answered && !reached(p.eve) }
			check("in the morning", morning, func(p *one) bool { return first(p) || p.late && open(p) }, open)
			check("a clock that went back", evening, func(p *one) bool { return first(p) || p.late && open(p) },
				func(p *one) bool { return p.ring != "" && !p.answered && (first(p) || p.late && open(p)) })
		})
	}
}
