package erasure

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
)

// retention is for how many days a kind of record is kept where the site does
// not say (domain.md 6.5).
var retention = map[string]int{
	"chat":       30,   // what a chat holds, after its last message
	"booking":    365,  // after its day
	"receipt":    730,  // that a paper is in her hands
	"away_back":  90,   // an away card, after the return
	"away_idle":  365,  // an away card, after its last change
	"request":    365,  // after its end
	"evidence":   1095, // of a consent, after its end
	"audit":      1095, // what was deleted, and who has looked
	"purge":      15,   // what rests on a consent, after it was taken back
	"submission": 730,  // answers to a town's own form
	"directory":  365,  // a line that never agreed to anything, after its import
	"closing":    90,   // the card of who died or moved away, so that a mistake can be mended
	"stood":      90,   // by a hash: for whom a WeChat stood that unfollowed
}

// deliveryDays is how long what was sent, or came to nothing, is remembered, so
// that it is not sent again.
const deliveryDays = 90

// purges is the one table of what goes by the calendar alone; a kind adds a line:
// whether the time of a record is over, and how it goes where the pair is not all
// there is of it. What goes within days (receipts of answers, undos, links) is
// the sweep's.
var purges = []struct {
	kind string
	over func(keeping, kv.Pair) (bool, error)
	drop func(*record.Tx, kv.Pair) error
}{
	{"appointment", either(since("booking", func(a bookings.Appointment) int64 { return record.StartOf(a.Day) }), keeping.unbooked), aged(purpose.Booking, dropping(dropAppointment))},
	{"audit", since("audit", func(a person.Audit) int64 { return a.At }), nil},
	{"away", keeping.away, aged(purpose.Migration, dropping(migration.Remove))},
	{"broadcast", since("booking", func(b broadcasts.Broadcast) int64 { return b.At }), dropping(broadcasts.Remove)},
	{"closing", since("closing", func(c Deactivation) int64 { return c.At }), dropping(dropClosing)},
	{"consent", keeping.consent, nil},
	{"delivery", keeping.delivery, dropping(outbox.Remove)},
	{"evidence", since("evidence", func(e Evidence) int64 { return e.Ended }), nil},
	{"followup", withdrawn(purpose.VisitRecord), dropping(dropFollowUp)},
	{"grant", since("audit", func(g staffing.RoleGrant) int64 { return g.Asked }), nil},
	{"handover", since("audit", func(h handovers.Handover) int64 { return h.Ended }), nil},
	{"hears", withdrawn(purpose.Booking), nil},
	{"hidden", since("request", func(r requests.Request) int64 { return r.Asked }), dropping(requests.DropRequest)},
	{"hiddenplan", either(since("booking", careplans.CarePlan.Over), keeping.unplanned), dropping(careplans.Remove)},
	{"homeask", either(long(func(m migration.HomeAsk) calendar.Day { return m.Day }), withdrawn(purpose.Migration)), nil},
	{"homecoming", long(func(r migration.HomeRun) calendar.Day { return r.Day }), nil},
	{"hometold", long(func(m migration.HomeAsk) calendar.Day { return m.Day }), nil},
	{"lecture", since("booking", func(l events.LectureSeat) int64 { return record.StartOf(l.Day) }), nil},
	{"look", since("audit", func(l person.AccessLogEntry) int64 { return l.At }), nil},
	{"paper", since("receipt", func(p documents.Document) int64 { return p.Ended }), nil},
	{"plan", either(since("booking", careplans.CarePlan.Over), keeping.unplanned), aged(purpose.HealthReminders, dropping(careplans.Remove))},
	{"profileask", either(after(profileMemory, func(m enrolment.ProfileAsk) calendar.Day { return m.Day }), withdrawn(purpose.Booking)), nil},
	{"profilerun", after(profileMemory, func(r enrolment.ProfileRun) calendar.Day { return r.Day }), nil},
	{"release", since("booking", func(a broadcasts.Announcement) int64 { return record.StartOf(a.Day) }), dropping(dropRelease)},
	{"request", since("request", ended), nil},
	{"resident", keeping.directory, dropping(dropLine)},
	{"return", either(since("booking", func(r bookings.Recall) int64 { return record.StartOf(r.Day) }), withdrawn(purpose.HealthReminders)), nil},
	{"session", since("chat", func(s dialogstate.Session) int64 { return s.Last }), nil},
	{"stood", since("stood", func(w enrolment.FormerBinding) int64 { return w.At }), nil},
	{"submission", either(since("submission", func(a townforms.Submission) int64 { return a.At }), keeping.unsubmitted), dropping(townforms.DropSubmission)},
	{"visit", withdrawn(purpose.VisitRecord), dropping(dropVisit)},
}

// Purge deletes, page by page, what has been kept for its time: the site's, else
// that of the norms. It returns how many records of each kind went.
func Purge(s *record.Store, ctx context.Context, today calendar.Day) (map[string]int, error) {
	over := map[string]func(keeping, kv.Pair) (bool, error){}
	drop := map[string]func(*record.Tx, kv.Pair) error{}
	for _, p := range purges {
		over[p.kind], drop[p.kind] = p.over, p.drop
	}
	pick := func(tx *record.Tx, p kv.Pair) (bool, error) {
		if over := over[record.KindOf(p.Key)]; over != nil {
			return over(keeping{tx, today}, p)
		}
		return false, nil
	}
	counts, err := walk(s, ctx, pick, func(tx *record.Tx, p kv.Pair) error {
		if drop := drop[record.KindOf(p.Key)]; drop != nil {
			return drop(tx, p)
		}
		return tx.Delete(p.Key)
	})
	if err != nil {
		return counts, fmt.Errorf("purge: %w", err)
	}
	return counts, nil
}

// keeping knows for how long things are kept.
type keeping struct {
	tx    *record.Tx
	today calendar.Day
}

// over reports whether what began at an instant (Unix seconds; 0 has not begun)
// has been kept for the days of a kind.
func (k keeping) over(kind string, at int64) (bool, error) {
	site, err := townconfig.Current(k.tx)
	if err != nil {
		return false, err
	}
	return at != 0 && calendar.DayOf(time.Unix(at, 0))+calendar.Day(site.Keep(kind, retention[kind])) <= k.today, nil
}

// since is the rule of records whose days are counted from one instant.
func since[T any](kind string, at func(T) int64) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		v, err := record.Decode[T](p)
		if err != nil {
			return false, err
		}
		return k.over(kind, at(v))
	}
}

// long is the rule of what is remembered as long as what was sent, from a day on.
func long[T any](day func(T) calendar.Day) func(keeping, kv.Pair) (bool, error) {
	return after(deliveryDays, day)
}

// profileMemory is for how many days it is remembered who was asked about her profile:
// past the end of the half of the year, whatever month the site sets meanwhile.
const profileMemory = 150

// after is the rule of what is remembered for some days from a day on.
func after[T any](days calendar.Day, day func(T) calendar.Day) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		v, err := record.Decode[T](p)
		return err == nil && day(v)+days <= k.today, err
	}
}

// either is the rule of records whose time is over by one of two.
func either(a, b func(keeping, kv.Pair) (bool, error)) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		if yes, err := a(k, p); yes || err != nil {
			return yes, err
		}
		return b(k, p)
	}
}

// withdrawn is the rule of what rests on a consent set, keyed by the resident.
func withdrawn(set purpose.Purpose) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		c, err := consent.Load(k.tx, record.OwnerOf(p.Key), set)
		if err != nil {
			return false, err
		}
		return k.over("purge", c.Withdrawn)
	}
}

// dropping takes the record of a pair for what drops it.
func dropping[T any](drop func(*record.Tx, T) error) func(*record.Tx, kv.Pair) error {
	return func(tx *record.Tx, p kv.Pair) error {
		v, err := record.Decode[T](p)
		if err != nil {
			return err
		}
		return drop(tx, v)
	}
}

// aged is drop for a record that stands in tables: where the person still agrees to
// it, only its time is over, and no line of a table is withdrawn.
func aged(set purpose.Purpose, drop func(*record.Tx, kv.Pair) error) func(*record.Tx, kv.Pair) error {
	return func(tx *record.Tx, p kv.Pair) error {
		h := record.SubjectOf(p.Value)
		for _, id := range []string{h.Resident, h.Spouse} {
			if id == "" {
				continue
			}
			c, err := consent.Load(tx, id, set)
			if err != nil {
				return err
			}
			if !c.Given() {
				continue
			}
			if err := changes.ForgetRows(tx, id, h.ID); err != nil {
				return err
			}
		}
		return drop(tx, p)
	}
}

// unsubmitted says of answers to a town's form that whom they are about took back
// what they rest on.
func (k keeping) unsubmitted(p kv.Pair) (bool, error) {
	a, err := record.Decode[townforms.Submission](p)
	if err != nil || a.Resident == "" {
		return false, err
	}
	return withdrawn(a.Set)(k, p)
}

// unplanned says of a care plan that what it rests on was taken back.
func (k keeping) unplanned(p kv.Pair) (bool, error) {
	a, err := record.Decode[careplans.CarePlan](p)
	if err != nil {
		return false, err
	}
	site, err := townconfig.Current(k.tx)
	if err != nil {
		return false, err
	}
	return withdrawn(careplans.PurposeOf(site, a))(k, p)
}

// unbooked says of a booking that is no more that its one person took back what
// it rests on.
func (k keeping) unbooked(p kv.Pair) (bool, error) {
	a, err := record.Decode[bookings.Appointment](p)
	if err != nil || a.State == bookings.Expected || a.Resident == "" || a.Spouse != "" {
		return false, err
	}
	c, err := consent.Load(k.tx, a.Resident, purpose.Booking)
	if err != nil {
		return false, err
	}
	return k.over("purge", c.Withdrawn)
}

func (k keeping) away(p kv.Pair) (bool, error) {
	a, err := record.Decode[migration.Absence](p)
	if err != nil {
		return false, err
	}
	if a.Back != 0 {
		if yes, err := k.over("away_back", record.StartOf(a.Back)); yes || err != nil {
			return yes, err
		}
	}
	changed := max(a.At, record.StartOf(a.Since), record.StartOf(a.Back))
	if yes, err := k.over("away_idle", changed); yes || err != nil {
		return yes, err
	}
	return withdrawn(purpose.Migration)(k, p)
}

// consent says of an answer that another came after it when its time as evidence
// is over. The last one of a set stands as long as the person is in the store.
func (k keeping) consent(p kv.Pair) (bool, error) {
	c, err := record.Decode[consent.Consent](p)
	if err != nil {
		return false, err
	}
	for next, err := range k.tx.Scan(append(append([]byte{}, p.Key...), 0), record.PrefixEnd(record.Prefix("consent", c.Resident, string(c.Set)))) {
		if err != nil {
			return false, err
		}
		after, err := record.Decode[consent.Consent](next)
		if err != nil {
			return false, err
		}
		return k.over("evidence", after.At)
	}
	return false, nil
}

func (k keeping) delivery(p kv.Pair) (bool, error) {
	d, err := record.Decode[outbox.Delivery](p)
	if err != nil {
		return false, err
	}
	switch d.State {
	case outbox.Booked, outbox.Claimed:
		return false, nil // the outbox sends it, or finds it stale
	}
	return calendar.DayOf(time.Unix(max(d.Settled, d.Latest), 0))+deliveryDays <= k.today, nil
}

// directory says of a line of an imported list of which nothing else was ever
// kept that its time is over.
func (k keeping) directory(p kv.Pair) (bool, error) {
	r, err := record.Decode[person.Resident](p)
	if err != nil || r.Added == 0 || r.Erased != 0 {
		return false, err
	}
	if yes, err := k.over("directory", record.StartOf(r.Added)); !yes || err != nil {
		return false, err
	}
	kept, err := enrolment.AnythingKept(k.tx, r)
	return !kept, err
}

// dropLine takes a directory line out of the store. Nobody asked for it, so a
// later list may bring it back.
func dropLine(tx *record.Tx, r person.Resident) error { return drop(tx, r, r.Added.At(0, 0)) }

func dropFollowUp(tx *record.Tx, f followups.FollowUp) error {
	if err := tx.Delete(followups.DueKey(f)); err != nil {
		return err
	}
	return tx.Delete(record.Key("followup", f.Resident, f.ID))
}

func dropVisit(tx *record.Tx, v visits.Visit) error {
	if err := tx.Delete(record.Key("by", v.By, v.Day.String(), v.Resident, v.ID)); err != nil {
		return err
	}
	return tx.Delete(record.Key("visit", v.Resident, v.Day.String(), v.ID))
}

// dropRelease deletes what was told of released seats, with to whom.
func dropRelease(tx *record.Tx, a broadcasts.Announcement) error {
	if err := tx.DeleteAll(record.Prefix("release_to", a.ID)); err != nil {
		return err
	}
	return tx.Delete(record.Key("release", a.ID))
}

// dropAppointment deletes a booking whose day has long gone by; the seats of that
// day are nobody's any more.
func dropAppointment(tx *record.Tx, a bookings.Appointment) error {
	for k := range bookings.AppointmentKeys(tx, a) {
		if err := tx.Delete([]byte(k)); err != nil {
			return err
		}
	}
	if a.Number != "" {
		if err := tx.Delete(record.Key("number", a.Number, a.Day.String())); err != nil {
			return err
		}
	}
	return tx.Delete(record.Key("appointment", a.ID))
}

// ended is when a request ended (Unix seconds), 0 while it is open.
func ended(r requests.Request) int64 {
	if r.Closed == nil {
		return 0
	}
	return r.Closed.At
}
