package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
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
	drop func(*Tx, kv.Pair) error
}{
	{"appointment", either(since("booking", func(a Appointment) int64 { return dayOf(a.Day) }), keeping.unbooked), aged(C1, dropping((*Tx).dropAppointment))},
	{"audit", since("audit", func(a Audit) int64 { return a.At }), nil},
	{"away", keeping.away, aged(C3, dropping((*Tx).dropAway))},
	{"broadcast", since("booking", func(b Broadcast) int64 { return b.At }), dropping((*Tx).dropBroadcast)},
	{"closing", since("closing", func(c Closing) int64 { return c.At }), dropping((*Tx).dropClosing)},
	{"consent", keeping.consent, nil},
	{"delivery", keeping.delivery, dropping((*Tx).dropDelivery)},
	{"evidence", since("evidence", func(e Evidence) int64 { return e.Ended }), nil},
	{"followup", withdrawn(C0), dropping((*Tx).dropFollowUp)},
	{"grant", since("audit", func(g Grant) int64 { return g.Asked }), nil},
	{"handover", since("audit", func(h HandOver) int64 { return h.Ended }), nil},
	{"hears", withdrawn(C1), nil},
	{"hidden", since("request", func(r Request) int64 { return r.Asked }), dropping((*Tx).dropRequest)},
	{"hiddenplan", either(since("booking", CarePlan.over), keeping.unplanned), dropping((*Tx).dropPlan)},
	{"homeask", either(long(func(m homeAsk) calendar.Day { return m.Day }), withdrawn(C3)), nil},
	{"homecoming", long(func(r HomeRun) calendar.Day { return r.Day }), nil},
	{"hometold", long(func(m homeAsk) calendar.Day { return m.Day }), nil},
	{"lecture", since("booking", func(l LectureSeat) int64 { return dayOf(l.Day) }), nil},
	{"look", since("audit", func(l Look) int64 { return l.At }), nil},
	{"paper", since("receipt", func(p Paper) int64 { return p.Ended }), nil},
	{"plan", either(since("booking", CarePlan.over), keeping.unplanned), aged(C2, dropping((*Tx).dropPlan))},
	{"profileask", either(after(profileMemory, func(m profileAsk) calendar.Day { return m.Day }), withdrawn(C1)), nil},
	{"profilerun", after(profileMemory, func(r ProfileRun) calendar.Day { return r.Day }), nil},
	{"release", since("booking", func(a Announcement) int64 { return dayOf(a.Day) }), dropping((*Tx).dropRelease)},
	{"request", since("request", Request.ended), nil},
	{"resident", keeping.directory, dropping((*Tx).dropLine)},
	{"return", either(since("booking", func(r Return) int64 { return dayOf(r.Day) }), withdrawn(C2)), nil},
	{"session", since("chat", func(s Session) int64 { return s.Last }), nil},
	{"stood", since("stood", func(w stood) int64 { return w.At }), nil},
	{"submission", either(since("submission", func(a Submission) int64 { return a.At }), keeping.unsubmitted), dropping((*Tx).dropSubmission)},
	{"visit", withdrawn(C0), dropping((*Tx).dropVisit)},
}

// Purge deletes, page by page, what has been kept for its time: the site's, else
// that of the norms. It returns how many records of each kind went.
func (s *Store) Purge(ctx context.Context, today calendar.Day) (map[string]int, error) {
	over := map[string]func(keeping, kv.Pair) (bool, error){}
	drop := map[string]func(*Tx, kv.Pair) error{}
	for _, p := range purges {
		over[p.kind], drop[p.kind] = p.over, p.drop
	}
	pick := func(tx *Tx, p kv.Pair) (bool, error) {
		if over := over[kindOf(p.Key)]; over != nil {
			return over(keeping{tx, today}, p)
		}
		return false, nil
	}
	counts, err := s.walk(ctx, pick, func(tx *Tx, p kv.Pair) error {
		if drop := drop[kindOf(p.Key)]; drop != nil {
			return drop(tx, p)
		}
		return tx.delete(p.Key)
	})
	if err != nil {
		return counts, fmt.Errorf("purge: %w", err)
	}
	return counts, nil
}

// keeping knows for how long things are kept.
type keeping struct {
	tx    *Tx
	today calendar.Day
}

// over reports whether what began at an instant (Unix seconds; 0 has not begun)
// has been kept for the days of a kind.
func (k keeping) over(kind string, at int64) (bool, error) {
	site, err := k.tx.Site()
	if err != nil {
		return false, err
	}
	return at != 0 && calendar.DayOf(time.Unix(at, 0))+calendar.Day(site.Keep(kind, retention[kind])) <= k.today, nil
}

// since is the rule of records whose days are counted from one instant.
func since[T any](kind string, at func(T) int64) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		v, err := record[T](p)
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
		v, err := record[T](p)
		return err == nil && day(v)+days <= k.today, err
	}
}

// dayOf is the instant (Unix seconds) from which the days after a day are counted.
func dayOf(d calendar.Day) int64 { return d.At(0, 0).Unix() }

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
func withdrawn(set Set) func(keeping, kv.Pair) (bool, error) {
	return func(k keeping, p kv.Pair) (bool, error) {
		c, err := k.tx.Consent(ownerOf(p.Key), set)
		if err != nil {
			return false, err
		}
		return k.over("purge", c.Withdrawn)
	}
}

// dropping takes the record of a pair for what drops it.
func dropping[T any](drop func(*Tx, T) error) func(*Tx, kv.Pair) error {
	return func(tx *Tx, p kv.Pair) error {
		v, err := record[T](p)
		if err != nil {
			return err
		}
		return drop(tx, v)
	}
}

// aged is drop for a record that stands in tables: where the person still agrees to
// it, only its time is over, and no line of a table is withdrawn.
func aged(set Set, drop func(*Tx, kv.Pair) error) func(*Tx, kv.Pair) error {
	return func(tx *Tx, p kv.Pair) error {
		h := headOf(p.Value)
		for _, id := range []string{h.Resident, h.Spouse} {
			if id == "" {
				continue
			}
			c, err := tx.Consent(id, set)
			if err != nil {
				return err
			}
			if !c.Given() {
				continue
			}
			if err := tx.ageLines(id, h.ID); err != nil {
				return err
			}
		}
		return drop(tx, p)
	}
}

func record[T any](p kv.Pair) (v T, err error) {
	if err := json.Unmarshal(p.Value, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", kindOf(p.Key), err)
	}
	return v, nil
}

// ownerOf is the resident by whom a record is keyed.
func ownerOf(k []byte) string {
	_, rest, _ := strings.Cut(string(k), "/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// unsubmitted says of answers to a town's form that whom they are about took back
// what they rest on.
func (k keeping) unsubmitted(p kv.Pair) (bool, error) {
	a, err := record[Submission](p)
	if err != nil || a.Resident == "" {
		return false, err
	}
	return withdrawn(a.Set)(k, p)
}

// unplanned says of a care plan that what it rests on was taken back.
func (k keeping) unplanned(p kv.Pair) (bool, error) {
	a, err := record[CarePlan](p)
	if err != nil {
		return false, err
	}
	site, err := k.tx.Site()
	if err != nil {
		return false, err
	}
	return withdrawn(setOf(site, a))(k, p)
}

// unbooked says of a booking that is no more that its one person took back what
// it rests on.
func (k keeping) unbooked(p kv.Pair) (bool, error) {
	a, err := record[Appointment](p)
	if err != nil || a.State == Expected || a.Resident == "" || a.Spouse != "" {
		return false, err
	}
	c, err := k.tx.Consent(a.Resident, C1)
	if err != nil {
		return false, err
	}
	return k.over("purge", c.Withdrawn)
}

func (k keeping) away(p kv.Pair) (bool, error) {
	a, err := record[Away](p)
	if err != nil {
		return false, err
	}
	if a.Back != 0 {
		if yes, err := k.over("away_back", dayOf(a.Back)); yes || err != nil {
			return yes, err
		}
	}
	changed := max(a.At, dayOf(a.Since), dayOf(a.Back))
	if yes, err := k.over("away_idle", changed); yes || err != nil {
		return yes, err
	}
	return withdrawn(C3)(k, p)
}

// consent says of an answer that another came after it when its time as evidence
// is over. The last one of a set stands as long as the person is in the store.
func (k keeping) consent(p kv.Pair) (bool, error) {
	c, err := record[Consent](p)
	if err != nil {
		return false, err
	}
	for next, err := range k.tx.scan(append(append([]byte{}, p.Key...), 0), end(prefix("consent", c.Resident, string(c.Set)))) {
		if err != nil {
			return false, err
		}
		after, err := record[Consent](next)
		if err != nil {
			return false, err
		}
		return k.over("evidence", after.At)
	}
	return false, nil
}

func (k keeping) delivery(p kv.Pair) (bool, error) {
	d, err := record[Delivery](p)
	if err != nil {
		return false, err
	}
	switch d.State {
	case Booked, Claimed:
		return false, nil // the outbox sends it, or finds it stale
	}
	return calendar.DayOf(time.Unix(max(d.Settled, d.Latest), 0))+deliveryDays <= k.today, nil
}

// directory says of a line of an imported list of which nothing else was ever
// kept that its time is over.
func (k keeping) directory(p kv.Pair) (bool, error) {
	r, err := record[Resident](p)
	if err != nil || r.Added == 0 || r.Erased != 0 {
		return false, err
	}
	if yes, err := k.over("directory", dayOf(r.Added)); !yes || err != nil {
		return false, err
	}
	kept, err := k.tx.anythingKept(r)
	return !kept, err
}

// dropLine takes a directory line out of the store. Nobody asked for it, so a
// later list may bring it back.
func (tx *Tx) dropLine(r Resident) error { return tx.drop(r, r.Added.At(0, 0)) }

func (tx *Tx) dropAway(a Away) error {
	if a.Back == 0 {
		r, err := optional(get[Resident](tx, key("resident", a.Resident)))
		if err != nil {
			return err
		}
		if err := tx.delete(key("out", r.Village, a.Resident)); err != nil {
			return err
		}
	}
	return tx.delete(key("away", a.Resident, a.ID))
}

func (tx *Tx) dropFollowUp(f FollowUp) error {
	if err := tx.delete(dueKey(f)); err != nil {
		return err
	}
	return tx.delete(key("followup", f.Resident, f.ID))
}

func (tx *Tx) dropVisit(v Visit) error {
	if err := tx.delete(key("by", v.By, v.Day.String(), v.Resident, v.ID)); err != nil {
		return err
	}
	return tx.delete(key("visit", v.Resident, v.Day.String(), v.ID))
}

// dropRelease deletes what was told of released seats, with to whom.
func (tx *Tx) dropRelease(a Announcement) error {
	if err := tx.deleteAll(prefix("release_to", a.ID)); err != nil {
		return err
	}
	return tx.delete(key("release", a.ID))
}

// dropAppointment deletes a booking whose day has long gone by; the seats of that
// day are nobody's any more.
func (tx *Tx) dropAppointment(a Appointment) error {
	for k := range tx.appointmentKeys(a) {
		if err := tx.delete([]byte(k)); err != nil {
			return err
		}
	}
	if a.Number != "" {
		if err := tx.delete(key("number", a.Number, a.Day.String())); err != nil {
			return err
		}
	}
	return tx.delete(key("appointment", a.ID))
}

// ended is when a request ended (Unix seconds), 0 while it is open.
func (r Request) ended() int64 {
	if r.Closed == nil {
		return 0
	}
	return r.Closed.At
}

// Audit is a line of what the program deleted: how many records of which kinds,
// or that a person was, by her id alone; and of what was done with the accounts of
// the staff.
type Audit struct {
	At       int64          // Unix seconds
	What     string         // forgotten, purged, restored, exported …
	Resident string         `json:",omitempty"`
	Counts   map[string]int `json:",omitempty"`
	By       string         `json:",omitempty"` // cadre id, or AtServer: who did it
	Cadre    string         `json:",omitempty"` // whose account it was about
	Roles    []Role         `json:",omitempty"` // which office roles
	Tables   []string       `json:",omitempty"` // what those are called
	Taking   string         `json:",omitempty"` // of those: the same in the line that they were sent, and that all of it was
}

// What the audit says of tables: that they were sent, and that all of it was.
const (
	TablesSent  = "exported"
	TablesTaken = "taken"
)

// AddAudit keeps a line behind those of the same second.
func (tx *Tx) AddAudit(a Audit) error {
	n := 0
	pre := prefix("audit", stamp(time.Unix(a.At, 0)))
	for _, err := range tx.parts(pre) {
		if err != nil {
			return err
		}
		n++
	}
	return tx.put(append(pre, fmt.Sprintf("%06d", n)...), a)
}

// Audits returns the lines of the audit from an instant on, oldest first, at
// most max.
func (tx *Tx) Audits(since time.Time, max int) ([]Audit, error) {
	var out []Audit
	for p, err := range tx.scan(key("audit", stamp(since)), end(prefix("audit"))) {
		if err != nil {
			return nil, err
		}
		a, err := record[Audit](p)
		if err != nil {
			return nil, err
		}
		if out = append(out, a); len(out) == max {
			break
		}
	}
	return out, nil
}
