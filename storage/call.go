package storage

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// Call is somebody who is to be rung up about a booking: she chose who may ring
// when a message does not reach her or is not answered, and so it was. It stands
// for one slot; a booking that is moved is another call, if any.
type Call struct {
	Resident, Appointment string
	Paper                 string       `json:",omitempty"` // it is about a paper of that appointment
	Day                   calendar.Day // of the booking; for a paper that of the call
	Time                  string       // "08:30", UTC+8
	Why                   CallWhy
	Listed                int64  // Unix seconds
	Desk                  bool   `json:",omitempty"` // listed in the morning of the day itself
	By                    string `json:",omitempty"` // the cadre who has her number before her, or rang last
	Taken                 int64  `json:",omitempty"` // Unix seconds: shown to By
	Tried                 int64  `json:",omitempty"` // Unix seconds: nobody answered
	Done                  int64  `json:",omitempty"` // Unix seconds: she was spoken to
}

// CallWhy is why somebody is rung up.
type CallWhy string

const (
	NoWeChat CallWhy = "none"   // there is no WeChat to write to
	Lost     CallWhy = "lost"   // the reminder did not reach her
	Silent   CallWhy = "silent" // it was delivered, and she did not answer
)

// CallEnd is how a call ended; all endings are equal.
type CallEnd string

const (
	SaidComing  CallEnd = "coming"
	SaidNo      CallEnd = "no"      // she does not come: the seats are given back
	NobodyThere CallEnd = "nobody"  // kept, and not rung again on that day
	SaidMoved   CallEnd = "another" // another day; by CalledMove
)

const (
	callHold  = 30 * time.Minute // so long a call is left to who has it before her
	callsKept = 30               // days after the day of the booking
)

// StandIn is the instant from which others than the first may make a call.
func (c Call) StandIn() time.Time {
	if c.Paper != "" {
		return c.Day.At(12, 0)
	}
	return (c.Day - 1).At(18, 30)
}

// Ref names the call, for offers in a chat.
func (c Call) Ref() string {
	return strings.Join([]string{c.Resident, slotName(c.Day, c.Time), c.Appointment}, "/")
}

func (c Call) key() []byte { return key("call", c.Resident, slotName(c.Day, c.Time), c.Appointment) }

func (c Call) dayKey() []byte {
	return key("calls", c.Day.String(), c.Time, c.Resident, c.Appointment)
}

func (tx *Tx) putCall(c Call) error {
	if err := tx.putRaw(c.dayKey(), nil); err != nil {
		return err
	}
	return tx.put(c.key(), c)
}

// ListCalls lists, page by page, who of the bookings of a day is to be rung up.
// At 17:00 of the day before (a now before the day) it is who has no WeChat, whose
// first reminder came to nothing, or who did not answer it; in the morning of the
// day it is whose reminder of the evening came to nothing. Nobody who chose no
// call, was spoken to since, or stands on the list already. It returns how many
// it added.
func (tx *Tx) ListCalls(day calendar.Day, page Page, max int, now time.Time) (Page, int, error) {
	return tx.paged(prefix("on", day.String()), page, max, func(_ kv.Pair, rest string) (bool, error) {
		a, err := tx.appointment(rest[len(rest)-idLength:])
		if err != nil {
			return false, err
		}
		return tx.listCall(a, now)
	})
}

// listCall lists who booked, if she is to be rung. A spouse who joined has his
// own messages; nobody asked him about calls.
func (tx *Tx) listCall(a Appointment, now time.Time) (bool, error) {
	c := Call{Resident: a.Resident, Appointment: a.ID, Day: a.Day, Time: a.Time, Listed: now.Unix(), Desk: calendar.DayOf(now) == a.Day}
	r, ok, err := tx.rung(a, now)
	if err != nil || !ok {
		return false, err
	}
	if old, err := tx.has(c.key()); err != nil || old {
		return false, err
	}
	if spoken, err := tx.spokenTo(a, calendar.DayOf(now)); err != nil || spoken {
		return false, err
	}
	if c.Why, err = tx.unreached(a, r, now); err != nil || c.Why == "" {
		return false, err
	}
	return true, tx.putCall(c)
}

// rung returns who is rung up about a booking; ok is false when nobody is: it does
// not stand, its hour is past, she wants no call, or she has answered.
func (tx *Tx) rung(a Appointment, now time.Time) (r Resident, ok bool, err error) {
	if a.State != Expected || a.Ring != RingOffice && a.Ring != RingContact || a.Resident == "" || a.Said[a.Resident] != 0 || !now.Before(a.Start()) {
		return r, false, nil
	}
	r, err = optional(tx.Resident(a.Resident))
	return r, r.ID != "", err
}

// unreached returns why she who booked is to be rung, "" when she is not. Until the
// day the reminder of three days before counts, and silence too; on the day those
// of the evening and of the morning. One who booked too late for the first is not
// rung before the evening's came to nothing.
func (tx *Tx) unreached(a Appointment, r Resident, now time.Time) (CallWhy, error) {
	sent, silent := []string{"ahead"}, Silent
	if calendar.DayOf(now) >= a.Day {
		sent, silent = []string{"eve", "morning"}, ""
	}
	lost := false
	for _, which := range sent {
		d, err := optional(tx.DeliveryOf(a.about(which, r.ID, now).Cause))
		if err != nil || d.State == Sent || d.State == Delivered {
			return silent, err
		}
		pending := (d.State == Booked || d.State == Claimed) && now.Unix() <= d.Latest
		lost = lost || d.ID != "" && !pending
	}
	openid, err := tx.WeChatOf(r.ID)
	switch {
	case err != nil:
		return "", err
	case openid == "":
		return NoWeChat, nil
	case lost:
		return Lost, nil
	}
	return "", nil
}

// spokenTo reports whether staff spoke to her who booked on the day before the
// booking or later (for the list of that day: on that day): they booked for her,
// or reached her by a call.
func (tx *Tx) spokenTo(a Appointment, today calendar.Day) (bool, error) {
	since := min(today, a.Day-1)
	if a.By != "" && calendar.DayOf(time.Unix(a.Booked, 0)) >= since {
		return true, nil
	}
	for c, err := range list[Call](tx, prefix("call", a.Resident)) {
		if err != nil || c.Done != 0 && calendar.DayOf(time.Unix(c.Done, 0)) >= since {
			return err == nil, err
		}
	}
	return false, nil
}

// openCall returns the booking that a call is about and who is rung; ok is false
// when the call is not to be made now.
func (tx *Tx) openCall(c Call, now time.Time) (a Appointment, r Resident, ok bool, err error) {
	today := calendar.DayOf(now)
	if c.Done != 0 || c.Tried != 0 && calendar.DayOf(time.Unix(c.Tried, 0)) == today {
		return a, r, false, nil
	}
	if c.Paper != "" {
		return tx.openPaperCall(c, now)
	}
	a, err = optional(tx.appointment(c.Appointment))
	if err != nil || a.Resident != c.Resident || a.Day != c.Day || a.Time != c.Time {
		return a, r, false, err
	}
	if r, ok, err = tx.rung(a, now); err != nil || !ok {
		return a, r, false, err
	}
	if today == a.Day && !c.Desk { // the message of the evening may have reached her
		why, err := tx.unreached(a, r, now)
		return a, r, why != "", err
	}
	return a, r, true, nil
}

// callsOf yields what was listed for a day, by hour.
func (tx *Tx) callsOf(day calendar.Day) ([]Call, error) {
	var out []Call
	for p, err := range tx.parts(prefix("calls", day.String())) {
		if err != nil {
			return nil, err
		}
		c, err := optional(get[Call](tx, key("call", p[1], slotName(day, p[0]), p[2])))
		if err != nil {
			return nil, err
		}
		if c.Appointment != "" { // she may be half-way out of the store
			out = append(out, c)
		}
	}
	return out, nil
}

// openCalls calls each with every call that is to be made now.
func (tx *Tx) openCalls(now time.Time, each func(Call, Appointment, Resident) error) error {
	today := calendar.DayOf(now)
	for _, day := range []calendar.Day{today, today + 1} {
		all, err := tx.callsOf(day)
		if err != nil {
			return err
		}
		for _, c := range all {
			a, r, ok, err := tx.openCall(c, now)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if err := each(c, a, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// busy reports whether somebody else has the call before her.
func (c Call) busy(me string, now time.Time) bool {
	return c.By != "" && c.By != me && now.Sub(time.Unix(c.Taken, 0)) < callHold
}

// villageRingers returns her contact and who stands in for the contact, each ""
// where there is none who could be told.
func (tx *Tx) villageRingers(r Resident) (contact, deputy string, err error) {
	if r.Village == "" {
		return "", "", nil
	}
	contact, deputy, err = tx.ContactOf(r)
	if err != nil {
		return "", "", err
	}
	for _, id := range []*string{&contact, &deputy} {
		if *id, err = tx.Acting(*id); err != nil {
			return "", "", err
		}
		c, err := optional(tx.Cadre(*id))
		if err != nil {
			return "", "", err
		}
		if !c.Has(Worker) || c.OpenID == "" {
			*id = ""
		}
	}
	return contact, deputy, nil
}

// mayRing reports whether the asker is whom she chose to ring her: a clerk, and
// on the day itself the clinic, for the office; for her contact she alone, and
// from 18:30 on who stands in. Nobody rings her own family by her office.
func (s Scope) mayRing(c Call, a Appointment, r Resident, now time.Time) (bool, error) {
	if s.self(a) {
		return false, nil
	}
	me := s.Person.Cadre
	if a.Ring == RingOffice {
		return me.Has(Clerk) || me.Has(Clinician) && calendar.DayOf(now) == c.Day, nil
	}
	contact, deputy, err := s.tx.villageRingers(r)
	if err != nil || me.ID == "" || me.ID != contact && (me.ID != deputy || contact != "" && now.Before(c.StandIn())) {
		return false, err
	}
	_, err = s.seen(a)
	return err == nil, ignoring(err, ErrNotFound)
}

func ignoring(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

// Calls returns whom the asker, staff, is to ring up now, by hour, at most max,
// and how many there are beside those that somebody else has before her: whom
// they chose, and nobody else, sees them. ErrScope for who is no staff.
func (s Scope) Calls(now time.Time, max int) (calls []Line[Call], all int, err error) {
	if !s.Person.Staff() {
		return nil, 0, ErrScope
	}
	err = s.tx.openCalls(now, func(c Call, a Appointment, r Resident) error {
		may, err := s.mayRing(c, a, r, now)
		if err != nil || !may || c.busy(s.Person.Cadre.ID, now) {
			return err
		}
		if all++; len(calls) < max {
			calls = append(calls, Line[Call]{Resident: r, Of: c})
		}
		return nil
	})
	return calls, all, err
}

// TakeCall shows a call to the asker: for half an hour it is hers, and it stands
// in who-has-looked. ErrNotFound for who may not make it, ErrTaken while somebody
// else has it, ErrChanged when it is not to be made any more.
func (s Scope) TakeCall(ref string, now time.Time) (Line[Call], Appointment, error) {
	c, a, r, err := s.call(ref, now)
	if err != nil {
		return Line[Call]{}, a, err
	}
	c.By, c.Taken = s.Person.Cadre.ID, now.Unix()
	if err := s.tx.put(c.key(), c); err != nil {
		return Line[Call]{}, a, err
	}
	return Line[Call]{Resident: r, Of: c}, a, s.look(r.ID, "called", now)
}

// call returns a call that the asker may make now.
func (s Scope) call(ref string, now time.Time) (c Call, a Appointment, r Resident, err error) {
	p := strings.Split(ref, "/")
	if len(p) != 3 || !s.Person.Staff() {
		return c, a, r, ErrNotFound
	}
	if c, err = get[Call](s.tx, key("call", p[0], p[1], p[2])); err != nil {
		return c, a, r, err
	}
	a, r, ok, err := s.tx.openCall(c, now)
	if err != nil {
		return c, a, r, err
	}
	if r.ID == "" { // not even to be said that it was
		if r, err = optional(s.tx.Resident(c.Resident)); err != nil || r.ID == "" {
			return c, a, r, cmp.Or(err, ErrNotFound)
		}
		if a, err = optional(s.tx.appointment(c.Appointment)); err != nil {
			return c, a, r, err
		}
	}
	may, err := s.mayRing(c, a, r, now)
	switch {
	case err != nil:
	case !may:
		err = ErrNotFound
	case !ok:
		err = ErrChanged
	case c.busy(s.Person.Cadre.ID, now):
		err = ErrTaken
	}
	return c, a, r, err
}

// Called keeps how a call ended, with what follows from it: SaidComing is her
// answer, SaidNo gives the seats back, NobodyThere leaves the call for the next
// morning, if the message of the evening does not reach her. Errors as TakeCall.
func (s Scope) Called(ref string, how CallEnd, now time.Time) error {
	c, a, _, err := s.call(ref, now)
	if err != nil {
		return err
	}
	if how == NobodyThere {
		c.By, c.Tried = s.Person.Cadre.ID, now.Unix()
		return s.tx.put(c.key(), c)
	}
	if err := s.endCall(c, now); err != nil || c.Paper != "" {
		return err
	}
	switch how {
	case SaidComing:
		return s.comes(a, now)
	case SaidNo:
		_, err = s.Cancel(a.ID, now)
	}
	return err
}

// comes keeps the answer of her who was rung; a spouse answers for himself.
func (s Scope) comes(a Appointment, now time.Time) error {
	a.Coming = now.Unix()
	a.Said = without(a.Said, a.Resident)
	if a.Said == nil {
		a.Said = map[string]int64{}
	}
	a.Said[a.Resident] = now.Unix()
	_, err := s.tx.putAppointment(a, now)
	return err
}

func (s Scope) endCall(c Call, now time.Time) error {
	c.By, c.Taken, c.Done = s.Person.Cadre.ID, now.Unix(), now.Unix()
	return s.tx.put(c.key(), c)
}

// CalledMove takes the booking of a call to another slot, as she said on the
// phone. Errors as TakeCall, and those of Move; a slot that cannot be had leaves
// the call open.
func (s Scope) CalledMove(ref string, day calendar.Day, hour string, now time.Time) (Appointment, error) {
	c, a, _, err := s.call(ref, now)
	if err == nil && c.Paper != "" {
		err = ErrChanged
	}
	if err != nil {
		return a, err
	}
	if a, err = s.Move(a.ID, day, hour, now); err != nil {
		return a, err
	}
	return a, s.endCall(c, now)
}

// StrandedCalls returns, to the clerk, how many calls nobody took up whom the
// residents chose: their village has nobody who stands in. A count alone: the
// office was not chosen. ErrScope for others.
func (s Scope) StrandedCalls(now time.Time) (int, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return 0, ErrScope
	}
	left, err := s.tx.CallsLeft(now)
	return left[""].Village, err
}

// Left is what nobody took up, offered to one cadre: counts alone.
type Left struct {
	Calls   int // that she may make
	Village int // that were to be made by somebody who is not there
	Waiting int // follow-ups that have waited long
}

// CallsLeft counts the calls that nobody took up by 18:30 of the day before, for
// who stands in ("" is the clerks).
func (tx *Tx) CallsLeft(now time.Time) (map[string]Left, error) {
	out := map[string]Left{}
	err := tx.openCalls(now, func(c Call, a Appointment, r Resident) error {
		if c.busy("", now) || now.Before(c.StandIn()) {
			return nil
		}
		if a.Ring == RingOffice {
			l := out[""]
			l.Calls++
			out[""] = l
			return nil
		}
		_, deputy, err := tx.villageRingers(r)
		l := out[deputy]
		if deputy == "" {
			l.Village++
		} else {
			l.Calls++
		}
		out[deputy] = l
		return err
	})
	return out, err
}

// WaitsLong is how many days after the day agreed on a follow-up is offered to
// others.
const WaitsLong = 7

// WaitingLong adds to what is left the follow-ups of some contacts ("" is
// nobody's) whose day went by WaitsLong ago, or a multiple of it, since the day
// before (the last on which it was asked), for who stands in.
func (tx *Tx) WaitingLong(left map[string]Left, contacts []string, before, today calendar.Day) error {
	for _, contact := range contacts {
		pre := prefix("due", orNobody(contact))
		for p, err := range tx.scan(pre, append(slices.Clone(pre), (today-WaitsLong+1).String()...)) {
			if err != nil {
				return err
			}
			on, resident, id, _ := split3(string(p.Key[len(pre):]))
			due, err := calendar.ParseDay(on)
			if err != nil {
				return err
			}
			if (today-due)/WaitsLong == (before-due)/WaitsLong {
				continue
			}
			to, ok, err := tx.helper(contact, resident, id)
			if err != nil {
				return err
			}
			if l := left[to]; ok {
				l.Waiting++
				left[to] = l
			}
		}
	}
	return nil
}

// helper returns who is offered a follow-up that waits long: who stands in for
// her contact, "" for the clerks.
func (tx *Tx) helper(contact, resident, id string) (to string, ok bool, err error) {
	r, err := optional(tx.Resident(resident))
	if err != nil || r.ID == "" {
		return "", false, err
	}
	f, err := get[FollowUp](tx, key("followup", resident, id))
	if err != nil || r.NoVisit && f.Kind == "visit" {
		return "", false, err
	}
	_, deputy, err := tx.villageRingers(r)
	if deputy == contact {
		deputy = ""
	}
	return deputy, true, err
}

// PurgeCalls forgets up to max calls whose day is long past; it returns how many.
func (tx *Tx) PurgeCalls(today calendar.Day, max int) (int, error) {
	n, pre := 0, prefix("calls")
	for p, err := range tx.scan(pre, append(slices.Clone(pre), (today-callsKept).String()...)) {
		if err != nil {
			return n, err
		}
		at := strings.Split(string(p.Key[len(pre):]), "/")
		if err := tx.delete(key("call", at[2], at[0]+"T"+at[1], at[3])); err != nil {
			return n, err
		}
		if err := tx.delete(p.Key); err != nil {
			return n, err
		}
		if n++; n == max {
			break
		}
	}
	return n, nil
}

// noVillageCalls ends that the village may ring a resident who hides from it.
func (tx *Tx) noVillageCalls(resident string) error {
	for p, err := range tx.scan(prefix("appointment_of", resident), end(prefix("appointment_of", resident))) {
		if err != nil {
			return err
		}
		a, err := tx.appointment(string(p.Value))
		if err != nil {
			return err
		}
		if a.Resident != resident || a.Ring != RingContact {
			continue
		}
		a.Ring = RingNobody
		if err := tx.put(key("appointment", a.ID), a); err != nil {
			return err
		}
	}
	return nil
}
