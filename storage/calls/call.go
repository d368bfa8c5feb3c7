package calls

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
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
	return strings.Join([]string{c.Resident, bookings.SlotName(c.Day, c.Time), c.Appointment}, "/")
}

func (c Call) Key() []byte {
	return record.Key("call", c.Resident, bookings.SlotName(c.Day, c.Time), c.Appointment)
}

func (c Call) DayKey() []byte {
	return record.Key("calls", c.Day.String(), c.Time, c.Resident, c.Appointment)
}

func Put(tx *record.Tx, c Call) error {
	if err := tx.PutRaw(c.DayKey(), nil); err != nil {
		return err
	}
	return tx.Put(c.Key(), c)
}

// ListCalls lists, page by page, who of the bookings of a day is to be rung up.
// At 17:00 of the day before (a now before the day) it is who has no WeChat, whose
// first reminder came to nothing, or who did not answer it; in the morning of the
// day it is whose reminder of the evening came to nothing. Nobody who chose no
// call, was spoken to since, or stands on the list already. It returns how many
// it added.
func ListCalls(tx *record.Tx, day calendar.Day, page record.Page, max int, now time.Time) (record.Page, int, error) {
	return person.Paged(tx, record.Prefix("on", day.String()), page, max, func(_ kv.Pair, rest string) (bool, error) {
		a, err := bookings.Load(tx, rest[len(rest)-bookings.IdLength:])
		if err != nil {
			return false, err
		}
		return listCall(tx, a, now)
	})
}

// listCall lists who booked, if she is to be rung. A spouse who joined has his
// own messages; nobody asked him about calls.
func listCall(tx *record.Tx, a bookings.Appointment, now time.Time) (bool, error) {
	c := Call{Resident: a.Resident, Appointment: a.ID, Day: a.Day, Time: a.Time, Listed: now.Unix(), Desk: calendar.DayOf(now) == a.Day}
	r, ok, err := rung(tx, a, now)
	if err != nil || !ok {
		return false, err
	}
	if old, err := tx.Has(c.Key()); err != nil || old {
		return false, err
	}
	if spoken, err := spokenTo(tx, a, calendar.DayOf(now)); err != nil || spoken {
		return false, err
	}
	if c.Why, err = unreached(tx, a, r, now); err != nil || c.Why == "" {
		return false, err
	}
	return true, Put(tx, c)
}

// rung returns who is rung up about a booking; ok is false when nobody is: it does
// not stand, its hour is past, she wants no call, or she has answered.
func rung(tx *record.Tx, a bookings.Appointment, now time.Time) (r person.Resident, ok bool, err error) {
	if a.State != bookings.Expected || a.Ring != bookings.RingOffice && a.Ring != person.RingContact || a.Resident == "" || a.Said[a.Resident] != 0 || !now.Before(a.Start()) {
		return r, false, nil
	}
	r, err = record.Optional(person.LoadResident(tx, a.Resident))
	return r, r.ID != "", err
}

// unreached returns why she who booked is to be rung, "" when she is not. Until the
// day the reminder of three days before counts, and silence too; on the day those
// of the evening and of the morning. One who booked too late for the first is not
// rung before the evening's came to nothing.
func unreached(tx *record.Tx, a bookings.Appointment, r person.Resident, now time.Time) (CallWhy, error) {
	sent, silent := []string{"ahead"}, Silent
	if calendar.DayOf(now) >= a.Day {
		sent, silent = []string{"eve", "morning"}, ""
	}
	lost := false
	for _, which := range sent {
		d, err := record.Optional(outbox.DeliveryOf(tx, a.About(which, r.ID, now).Cause))
		if err != nil || d.State == outbox.Sent || d.State == outbox.Delivered {
			return silent, err
		}
		pending := (d.State == outbox.Booked || d.State == outbox.Claimed) && now.Unix() <= d.Latest
		lost = lost || d.ID != "" && !pending
	}
	openid, err := person.WeChatOf(tx, r.ID)
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
func spokenTo(tx *record.Tx, a bookings.Appointment, today calendar.Day) (bool, error) {
	since := min(today, a.Day-1)
	if a.By != "" && calendar.DayOf(time.Unix(a.Booked, 0)) >= since {
		return true, nil
	}
	for c, err := range record.List[Call](tx, record.Prefix("call", a.Resident)) {
		if err != nil || c.Done != 0 && calendar.DayOf(time.Unix(c.Done, 0)) >= since {
			return err == nil, err
		}
	}
	return false, nil
}

// openCall returns the booking that a call is about and who is rung; ok is false
// when the call is not to be made now.
func openCall(tx *record.Tx, c Call, now time.Time) (a bookings.Appointment, r person.Resident, ok bool, err error) {
	today := calendar.DayOf(now)
	if c.Done != 0 || c.Tried != 0 && calendar.DayOf(time.Unix(c.Tried, 0)) == today {
		return a, r, false, nil
	}
	if c.Paper != "" {
		return openPaperCall(tx, c, now)
	}
	a, err = record.Optional(bookings.Load(tx, c.Appointment))
	if err != nil || a.Resident != c.Resident || a.Day != c.Day || a.Time != c.Time {
		return a, r, false, err
	}
	if r, ok, err = rung(tx, a, now); err != nil || !ok {
		return a, r, false, err
	}
	if today == a.Day && !c.Desk { // the message of the evening may have reached her
		why, err := unreached(tx, a, r, now)
		return a, r, why != "", err
	}
	return a, r, true, nil
}

// callsOf yields what was listed for a day, by hour.
func callsOf(tx *record.Tx, day calendar.Day) ([]Call, error) {
	var out []Call
	for p, err := range tx.Parts(record.Prefix("calls", day.String())) {
		if err != nil {
			return nil, err
		}
		c, err := record.Optional(record.Get[Call](tx, record.Key("call", p[1], bookings.SlotName(day, p[0]), p[2])))
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
func openCalls(tx *record.Tx, now time.Time, each func(Call, bookings.Appointment, person.Resident) error) error {
	today := calendar.DayOf(now)
	for _, day := range []calendar.Day{today, today + 1} {
		all, err := callsOf(tx, day)
		if err != nil {
			return err
		}
		for _, c := range all {
			a, r, ok, err := openCall(tx, c, now)
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
func villageRingers(tx *record.Tx, r person.Resident) (contact, deputy string, err error) {
	if r.Village == "" {
		return "", "", nil
	}
	contact, deputy, err = person.ContactOf(tx, r)
	if err != nil {
		return "", "", err
	}
	for _, id := range []*string{&contact, &deputy} {
		if *id, err = person.Delegate(tx, *id); err != nil {
			return "", "", err
		}
		c, err := record.Optional(person.LoadStaff(tx, *id))
		if err != nil {
			return "", "", err
		}
		if !c.Has(person.VillageWorker) || c.OpenID == "" {
			*id = ""
		}
	}
	return contact, deputy, nil
}

// mayRing reports whether the asker is whom she chose to ring her: a clerk, and
// on the day itself the clinic, for the office; for her contact she alone, and
// from 18:30 on who stands in. Nobody rings her own family by her office.
func mayRing(s person.Scope, c Call, a bookings.Appointment, r person.Resident, now time.Time) (bool, error) {
	if bookings.Self(s, a) {
		return false, nil
	}
	me := s.Person.Cadre
	if a.Ring == bookings.RingOffice {
		return me.Has(person.Clerk) || me.Has(person.Clinician) && calendar.DayOf(now) == c.Day, nil
	}
	contact, deputy, err := villageRingers(s.Tx, r)
	if err != nil || me.ID == "" || me.ID != contact && (me.ID != deputy || contact != "" && now.Before(c.StandIn())) {
		return false, err
	}
	_, err = bookings.Seen(s, a)
	return err == nil, record.Ignoring(err, record.ErrNotFound)
}

// Calls returns whom the asker, staff, is to ring up now, by hour, at most max,
// and how many there are beside those that somebody else has before her: whom
// they chose, and nobody else, sees them. ErrScope for who is no staff.
func Calls(s person.Scope, now time.Time, max int) (calls []person.DirectoryLine[Call], all int, err error) {
	if !s.Person.Staff() {
		return nil, 0, record.ErrScope
	}
	err = openCalls(s.Tx, now, func(c Call, a bookings.Appointment, r person.Resident) error {
		may, err := mayRing(s, c, a, r, now)
		if err != nil || !may || c.busy(s.Person.Cadre.ID, now) {
			return err
		}
		if all++; len(calls) < max {
			calls = append(calls, person.DirectoryLine[Call]{Resident: r, Of: c})
		}
		return nil
	})
	return calls, all, err
}

// TakeCall shows a call to the asker: for half an hour it is hers, and it stands
// in who-has-looked. ErrNotFound for who may not make it, ErrTaken while somebody
// else has it, ErrChanged when it is not to be made any more.
func TakeCall(s person.Scope, ref string, now time.Time) (person.DirectoryLine[Call], bookings.Appointment, error) {
	c, a, r, err := call(s, ref, now)
	if err != nil {
		return person.DirectoryLine[Call]{}, a, err
	}
	c.By, c.Taken = s.Person.Cadre.ID, now.Unix()
	if err := s.Tx.Put(c.Key(), c); err != nil {
		return person.DirectoryLine[Call]{}, a, err
	}
	return person.DirectoryLine[Call]{Resident: r, Of: c}, a, s.LogOwn(r.ID, "called", now)
}

// call returns a call that the asker may make now.
func call(s person.Scope, ref string, now time.Time) (c Call, a bookings.Appointment, r person.Resident, err error) {
	p := strings.Split(ref, "/")
	if len(p) != 3 || !s.Person.Staff() {
		return c, a, r, record.ErrNotFound
	}
	if c, err = record.Get[Call](s.Tx, record.Key("call", p[0], p[1], p[2])); err != nil {
		return c, a, r, err
	}
	a, r, ok, err := openCall(s.Tx, c, now)
	if err != nil {
		return c, a, r, err
	}
	if r.ID == "" { // not even to be said that it was
		if r, err = record.Optional(person.LoadResident(s.Tx, c.Resident)); err != nil || r.ID == "" {
			return c, a, r, cmp.Or(err, record.ErrNotFound)
		}
		if a, err = record.Optional(bookings.Load(s.Tx, c.Appointment)); err != nil {
			return c, a, r, err
		}
	}
	may, err := mayRing(s, c, a, r, now)
	switch {
	case err != nil:
	case !may:
		err = record.ErrNotFound
	case !ok:
		err = record.ErrChanged
	case c.busy(s.Person.Cadre.ID, now):
		err = requests.ErrTaken
	}
	return c, a, r, err
}

// Called keeps how a call ended, with what follows from it: SaidComing is her
// answer, SaidNo gives the seats back, NobodyThere leaves the call for the next
// morning, if the message of the evening does not reach her. Errors as TakeCall.
func Called(s person.Scope, ref string, how CallEnd, now time.Time) error {
	c, a, _, err := call(s, ref, now)
	if err != nil {
		return err
	}
	if how == NobodyThere {
		c.By, c.Tried = s.Person.Cadre.ID, now.Unix()
		return s.Tx.Put(c.Key(), c)
	}
	if err := endCall(s, c, now); err != nil || c.Paper != "" {
		return err
	}
	switch how {
	case SaidComing:
		return comes(s, a, now)
	case SaidNo:
		_, err = bookings.Cancel(s, a.ID, now)
	}
	return err
}

// comes keeps the answer of her who was rung; a spouse answers for himself.
func comes(s person.Scope, a bookings.Appointment, now time.Time) error {
	a.Coming = now.Unix()
	a.Said = record.Without(a.Said, a.Resident)
	if a.Said == nil {
		a.Said = map[string]int64{}
	}
	a.Said[a.Resident] = now.Unix()
	_, err := bookings.Put(s.Tx, a, now)
	return err
}

func endCall(s person.Scope, c Call, now time.Time) error {
	c.By, c.Taken, c.Done = s.Person.Cadre.ID, now.Unix(), now.Unix()
	return s.Tx.Put(c.Key(), c)
}

// CalledMove takes the booking of a call to another slot, as she said on the
// phone. Errors as TakeCall, and those of Move; a slot that cannot be had leaves
// the call open.
func CalledMove(s person.Scope, ref string, day calendar.Day, hour string, now time.Time) (bookings.Appointment, error) {
	c, a, _, err := call(s, ref, now)
	if err == nil && c.Paper != "" {
		err = record.ErrChanged
	}
	if err != nil {
		return a, err
	}
	if a, err = bookings.Move(s, a.ID, day, hour, now); err != nil {
		return a, err
	}
	return a, endCall(s, c, now)
}

// StrandedCalls returns, to the clerk, how many calls nobody took up whom the
// residents chose: their village has nobody who stands in. A count alone: the
// office was not chosen. ErrScope for others.
func StrandedCalls(s person.Scope, now time.Time) (int, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return 0, record.ErrScope
	}
	left, err := CallsLeft(s.Tx, now)
	return left[""].Village, err
}

// CallsLeft counts the calls that nobody took up by 18:30 of the day before, for
// who stands in ("" is the clerks).
func CallsLeft(tx *record.Tx, now time.Time) (map[string]requests.Left, error) {
	out := map[string]requests.Left{}
	err := openCalls(tx, now, func(c Call, a bookings.Appointment, r person.Resident) error {
		if c.busy("", now) || now.Before(c.StandIn()) {
			return nil
		}
		if a.Ring == bookings.RingOffice {
			l := out[""]
			l.Calls++
			out[""] = l
			return nil
		}
		_, deputy, err := villageRingers(tx, r)
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

// WaitingLong adds to what is left the follow-ups of some contacts ("" is
// nobody's) whose day went by WaitsLong ago, or a multiple of it, since the day
// before (the last on which it was asked), for who stands in.
func WaitingLong(tx *record.Tx, left map[string]requests.Left, contacts []string, before, today calendar.Day) error {
	for _, contact := range contacts {
		pre := record.Prefix("due", followups.OrNobody(contact))
		for p, err := range tx.Scan(pre, append(slices.Clone(pre), (today-requests.WaitsLong+1).String()...)) {
			if err != nil {
				return err
			}
			on, resident, id, _ := record.Split3(string(p.Key[len(pre):]))
			due, err := calendar.ParseDay(on)
			if err != nil {
				return err
			}
			if (today-due)/requests.WaitsLong == (before-due)/requests.WaitsLong {
				continue
			}
			to, ok, err := helper(tx, contact, resident, id)
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
func helper(tx *record.Tx, contact, resident, id string) (to string, ok bool, err error) {
	r, err := record.Optional(person.LoadResident(tx, resident))
	if err != nil || r.ID == "" {
		return "", false, err
	}
	f, err := record.Get[followups.FollowUp](tx, record.Key("followup", resident, id))
	if err != nil || r.NoVisit && f.Kind == "visit" {
		return "", false, err
	}
	_, deputy, err := villageRingers(tx, r)
	if deputy == contact {
		deputy = ""
	}
	return deputy, true, err
}

// PurgeCalls forgets up to max calls whose day is long past; it returns how many.
func PurgeCalls(tx *record.Tx, today calendar.Day, max int) (int, error) {
	n, pre := 0, record.Prefix("calls")
	for p, err := range tx.Scan(pre, append(slices.Clone(pre), (today-callsKept).String()...)) {
		if err != nil {
			return n, err
		}
		at := strings.Split(string(p.Key[len(pre):]), "/")
		if err := tx.Delete(record.Key("call", at[2], at[0]+"T"+at[1], at[3])); err != nil {
			return n, err
		}
		if err := tx.Delete(p.Key); err != nil {
			return n, err
		}
		if n++; n == max {
			break
		}
	}
	return n, nil
}

// NoVillageCalls ends that the village may ring a resident who hides from it.
func NoVillageCalls(tx *record.Tx, resident string) error {
	for p, err := range tx.Scan(record.Prefix("appointment_of", resident), record.PrefixEnd(record.Prefix("appointment_of", resident))) {
		if err != nil {
			return err
		}
		a, err := bookings.Load(tx, string(p.Value))
		if err != nil {
			return err
		}
		if a.Resident != resident || a.Ring != person.RingContact {
			continue
		}
		a.Ring = person.RingNobody
		if err := tx.Put(record.Key("appointment", a.ID), a); err != nil {
			return err
		}
	}
	return nil
}
