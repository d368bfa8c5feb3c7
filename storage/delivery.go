package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// Delivery is something owed to a person: what kind, with which facts, between
// which instants. It holds no text: which words fit is known only when the
// channel is. Its ID is a hash of its cause, which says what was promised
// ("visit/<followup>/<day>/eve"), so that a job that runs twice books once and a
// promise that moved is booked anew.
type Delivery struct {
	ID, Cause string
	Kind      string
	To        string            // "c:<cadre>" or "r:<resident>"
	About     string            `json:",omitempty"` // the resident whose record must still stand
	Facts     map[string]string `json:",omitempty"`
	Earliest  int64             // Unix seconds
	Latest    int64             // Unix seconds; past it the delivery is stale
	Priority  int               // smaller goes first
	State     DeliveryState
	Booked    int64  // Unix seconds
	Claimed   int64  `json:",omitempty"` // Unix seconds of the last claim
	Doubt     int64  `json:",omitempty"` // Unix seconds of the first try of unknown outcome: from then its key protects 10 minutes
	Settled   int64  `json:",omitempty"` // Unix seconds
	Channel   string `json:",omitempty"` // template, customer, notice, reply
	NoNotice  bool   `json:",omitempty"` // a subscription notice did not take it
	In        string `json:",omitempty"` // the delivery that it goes along with
	Tries     int    `json:",omitempty"`
	Next      int64  `json:",omitempty"` // Unix seconds of the next try
	MsgID     int64  `json:",omitempty"` // the platform's number, by which it reports
	Code      int    `json:",omitempty"` // the platform's last error code
	Reason    string `json:",omitempty"` // why it was dropped
}

// DeliveryState is where a delivery stands.
type DeliveryState string

const (
	Booked    DeliveryState = "booked"    // waits for its hour
	Claimed   DeliveryState = "claimed"   // being sent; without an outcome after a crash
	Sent      DeliveryState = "sent"      // accepted by the platform
	Delivered DeliveryState = "delivered" // the platform reported it delivered
	Owed      DeliveryState = "owed"      // no channel now: heads the person's next passive reply
	Unknown   DeliveryState = "unknown"   // it may have arrived, and cannot be repeated safely
	Dropped   DeliveryState = "dropped"   // no longer true, stale, or refused for good; Reason says which
)

// ClientMsgID is the key by which the platform sends a template message once
// (10 minutes long; at most 32 characters).
func (d Delivery) ClientMsgID() string {
	sum := sha256.Sum256([]byte(d.Cause))
	return hex.EncodeToString(sum[:16])
}

// At is the instant from which d can be sent.
func (d Delivery) At() int64 { return max(d.Earliest, d.Next) }

// Enqueue books a delivery; one of the same cause that stands already, in
// whatever state, is left as it is. It reports whether it was booked.
func (tx *Tx) Enqueue(d Delivery) (bool, error) {
	d.ID = deliveryID(d.Cause)
	old, err := optional(tx.Delivery(d.ID))
	if err != nil || old.ID != "" {
		return false, err
	}
	d.State = Booked
	return true, tx.PutDelivery(d)
}

func deliveryID(cause string) string { return ID("delivery", cause) + ID("delivery2", cause) }

// Delivery returns ErrNotFound when there is none of that id.
func (tx *Tx) Delivery(id string) (Delivery, error) { return get[Delivery](tx, key("delivery", id)) }

// DeliveryOf returns the delivery booked for a cause, or ErrNotFound.
func (tx *Tx) DeliveryOf(cause string) (Delivery, error) { return tx.Delivery(deliveryID(cause)) }

// PutDelivery keeps a delivery with its place: the outbox while booked, the
// claims while being sent, the person's debts while owed. A report that came
// before its number was known settles it at once.
func (tx *Tx) PutDelivery(d Delivery) error {
	if d.MsgID != 0 && d.State == Sent {
		r, err := optional(get[report](tx, reportKey(d.MsgID)))
		if err != nil {
			return err
		}
		if r.At != 0 {
			if err := tx.delete(reportKey(d.MsgID)); err != nil {
				return err
			}
			d = r.settle(d)
		}
	}
	old, err := optional(tx.Delivery(d.ID))
	if err != nil {
		return err
	}
	for _, k := range places(old) {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	for _, k := range places(d) {
		if err := tx.putRaw(k, nil); err != nil {
			return err
		}
	}
	if d.MsgID != 0 && d.State == Sent {
		if err := tx.putRaw(key("msgid", strconv.FormatInt(d.MsgID, 10)), []byte(d.ID)); err != nil {
			return err
		}
	}
	return tx.put(key("delivery", d.ID), d)
}

// places are the keys under which a delivery is found: by its hour and by the
// person while it is booked.
func places(d Delivery) [][]byte {
	switch d.State {
	case Booked:
		return [][]byte{
			key("outbox", stamp(time.Unix(d.At(), 0)), fmt.Sprintf("%d", d.Priority), d.ID),
			key("booked", d.To, d.ID),
		}
	case Claimed:
		return [][]byte{key("claimed", d.ID)}
	case Owed:
		return [][]byte{key("owed", d.To, d.ID)}
	}
	return nil
}

// DueDeliveries returns up to max deliveries whose hour has come, first due
// first.
func (tx *Tx) DueDeliveries(now time.Time, max int) ([]Delivery, error) {
	due, _, err := tx.DuePage(now, Page{}, max)
	return due, err
}

// DuePage returns the next deliveries whose hour has come, up to max of them, by
// hour and then by priority, and where to go on: what was booked anew behind that
// place is met there. It reads nothing of what is not due.
func (tx *Tx) DuePage(now time.Time, page Page, max int) ([]Delivery, Page, error) {
	var out []Delivery
	pre := prefix("outbox")
	for p, err := range tx.kv.Scan(page.start(pre), key("outbox", stamp(now.Add(time.Second)))) {
		if err != nil {
			return nil, page, err
		}
		_, _, id, _ := split3(string(p.Key[len(pre):]))
		d, err := tx.Delivery(id)
		if err != nil {
			return nil, page, err
		}
		page.After = string(p.Key)
		if out = append(out, d); len(out) == max {
			return out, page, nil
		}
	}
	return out, Page{Done: true}, nil
}

// NextDelivery returns when the next delivery after t is due; ok is false when
// none is booked.
func (tx *Tx) NextDelivery(t time.Time) (at time.Time, ok bool, err error) {
	pre := prefix("outbox")
	for p, err := range tx.kv.Scan(key("outbox", stamp(t.Add(time.Second))), end(pre)) {
		if err != nil {
			return time.Time{}, false, err
		}
		when, _, _, _ := split3(string(p.Key[len(pre):]))
		at, err := unstamp(when)
		return at, err == nil, err
	}
	return time.Time{}, false, nil
}

// ClaimedDeliveries returns what was being sent when the program stopped.
func (tx *Tx) ClaimedDeliveries(max int) ([]Delivery, error) {
	return tx.deliveriesAt(prefix("claimed"), max)
}

// OwedTo returns what waits for a person's next passive reply.
func (tx *Tx) OwedTo(to string, max int) ([]Delivery, error) {
	return tx.deliveriesAt(prefix("owed", to), max)
}

// BookedTo returns up to max deliveries that wait for their hour to a person.
func (tx *Tx) BookedTo(to string, max int) ([]Delivery, error) {
	return tx.deliveriesAt(prefix("booked", to), max)
}

// PutTold keeps the day on which a resident ("r:…") was last sent what nobody waits
// for.
func (tx *Tx) PutTold(to string, day calendar.Day) error {
	return tx.put(key("told", strings.TrimPrefix(to, "r:")), day)
}

// Told returns that day, 0 when there was none.
func (tx *Tx) Told(to string) (calendar.Day, error) {
	return optional(get[calendar.Day](tx, key("told", strings.TrimPrefix(to, "r:"))))
}

func (tx *Tx) deliveriesAt(pre []byte, max int) ([]Delivery, error) {
	var out []Delivery
	for p, err := range tx.parts(pre) {
		if err != nil {
			return nil, err
		}
		d, err := tx.Delivery(p[len(p)-1])
		if err != nil {
			return nil, err
		}
		if out = append(out, d); len(out) == max {
			break
		}
	}
	return out, nil
}

// report is what the platform said of a message number that nobody knew yet: it
// can be quicker than we write the number down.
type report struct {
	Delivered bool
	Reason    string
	At        int64 // Unix seconds
}

func reportKey(msgid int64) []byte { return key("report", strconv.FormatInt(msgid, 10)) }

func (r report) settle(d Delivery) Delivery {
	if d.State, d.Settled = Delivered, r.At; !r.Delivered {
		d.State, d.Reason = Dropped, r.Reason
	}
	return d
}

// Finish settles a delivery by the platform's report on its message number. It
// reports whether the number was known; a report on another is kept for a day,
// for the delivery that will have it.
func (tx *Tx) Finish(msgid int64, delivered bool, reason string, now time.Time) (bool, error) {
	r := report{Delivered: delivered, Reason: reason, At: now.Unix()}
	k := key("msgid", strconv.FormatInt(msgid, 10))
	id, err := tx.kv.Get(k)
	if errors.Is(err, ErrNotFound) {
		return false, tx.put(reportKey(msgid), r)
	}
	if err != nil {
		return false, fmt.Errorf("get %s: %w", kindOf(k), err)
	}
	d, err := tx.Delivery(string(id))
	if err != nil {
		return false, err
	}
	if err := tx.delete(k); err != nil {
		return false, err
	}
	return true, tx.PutDelivery(r.settle(d))
}

// reportTime is how long a message number and a report wait for each other.
const reportTime = 24 * time.Hour

// PurgeReports drops, from one page of message numbers and reports, those for
// which the other half never came. It returns where to go on.
func (tx *Tx) PurgeReports(page Page, max int, now time.Time) (Page, int, error) {
	old, n, dropped := now.Add(-reportTime).Unix(), 0, 0
	numbers, reports := prefix("msgid"), prefix("report")
	for _, pre := range [][]byte{numbers, reports} {
		if page.After >= string(end(pre)) {
			continue
		}
		start := pre
		if strings.HasPrefix(page.After, string(pre)) {
			start = page.start(pre)
		}
		for p, err := range tx.kv.Scan(start, end(pre)) {
			if err != nil {
				return page, dropped, err
			}
			at, err := tx.reportAge(p)
			if err != nil {
				return page, dropped, err
			}
			if at < old {
				if err := tx.delete(p.Key); err != nil {
					return page, dropped, err
				}
				dropped++
			}
			page.After = string(p.Key)
			if n++; n == max {
				return page, dropped, nil
			}
		}
	}
	return Page{Done: true}, dropped, nil
}

// reportAge is when a message number was sent, or a report came (Unix seconds).
func (tx *Tx) reportAge(p kv.Pair) (int64, error) {
	if kindOf(p.Key) == "report" {
		r, err := get[report](tx, p.Key)
		return r.At, err
	}
	d, err := optional(tx.Delivery(string(p.Value)))
	return d.Settled, err
}

// DropDeliveries drops what is booked or owed of a kind ("" is any) to a person.
func (tx *Tx) DropDeliveries(to, kind, reason string, now time.Time) error {
	var drop []Delivery
	for _, pre := range [][]byte{prefix("booked", to), prefix("owed", to)} {
		all, err := tx.deliveriesAt(pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if kind == "" || d.Kind == kind {
				drop = append(drop, d)
			}
		}
	}
	for _, d := range drop {
		d.State, d.Reason, d.Settled = Dropped, reason, now.Unix()
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
	}
	return nil
}

// Stands returns why a delivery is no longer true, "" while it is.
func (tx *Tx) Stands(d Delivery) (string, error) {
	if d.Kind == "alarm_note" {
		return tx.alarmsStand()
	}
	if strings.HasPrefix(d.Kind, "handover_") {
		return tx.handOverStands(d)
	}
	if strings.HasPrefix(d.Kind, "office_") {
		return tx.officeStands(d)
	}
	if d.About == "" {
		return "", nil
	}
	if _, err := tx.Resident(d.About); errors.Is(err, ErrNotFound) {
		return "forgotten", nil
	} else if err != nil {
		return "", err
	}
	switch head, _, _ := strings.Cut(d.Kind, "_"); head {
	case "appointment", "offer":
		return tx.appointmentStands(d)
	case "paper":
		return tx.paperStands(d)
	case "release":
		return tx.releaseStands(d)
	case "broadcast":
		return tx.broadcastStands(d)
	case "plan":
		return tx.planStands(d)
	case "away":
		return tx.awayStands(d)
	case "profile":
		return tx.profileStands(d)
	case "request", "note", "lecture":
		return tx.requestStands(d)
	}
	if d.Kind != "visit_eve" {
		return "", nil
	}
	agreed, err := tx.Consent(d.About, C0)
	if err != nil {
		return "", err
	}
	if !agreed.Given() {
		return "withdrawn", nil
	}
	f, err := tx.FollowUp(d.About, d.Facts["followup"])
	switch {
	case errors.Is(err, ErrNotFound):
		return "withdrawn", nil
	case err != nil:
		return "", err
	case f.Closed != nil:
		return f.Closed.Reason, nil
	case f.Due.String() != d.Facts["day"]:
		return "moved", nil
	case f.Declined != 0:
		return "declined", nil
	}
	gone, err := tx.openAway(d.About)
	return pick(gone.ID == "", "", "away"), err // home can wait until she is there
}

// Plan is what a sender decided inside the transaction that claims a delivery:
// where it goes, or why it goes nowhere.
type Plan struct {
	Channel  string // template, customer, notice; "" when there is none now
	OpenID   string
	Template NoticeTemplate // for channels template and notice
	With     []Delivery     // what goes along: their words in the same text, or with her next reply
	Drop     string         // a reason to drop it: unsubscribed, nobody …
	Until    int64          // Unix seconds; if not past, nothing can be sent to her before then, by any channel
}

// Outcome is what became of a sending.
type Outcome uint8

const (
	Accepted  Outcome = iota // the platform took it
	Retry                    // surely not done: again a little later
	NoChannel                // not by this channel now: another, or with the next reply
	Refused                  // never, for this message
	Unsure                   // it may or may not have been done
	Stopped                  // not before an hour: a quota is used up, or a person must act
)

// Result is what became of a sending, with the platform's number and code.
type Result struct {
	Outcome
	MsgID int64
	Code  int
	Until int64 // Unix seconds of the hour, for Stopped; 0 leaves it to the outbox
	Spent bool  // she has accepted no more notices of the template
}

// Templates map kinds of deliveries to the account's notice templates. They are
// data of the site: the keys differ by account.
type Templates map[string]NoticeTemplate

// NoticeTemplate is one template: its id, and which keyword takes which field
// of a notice (event, time, remark, count).
type NoticeTemplate struct {
	ID   string
	Keys map[string]string // field → keyword, e.g. event → thing1
}

// For returns the template of a kind, or of its head where the kind has none of
// its own: appointment_eve goes by appointment. ok is false when there is none.
func (t Templates) For(kind string) (template NoticeTemplate, ok bool) {
	for {
		if template, ok = t[kind]; ok {
			return template, true
		}
		cut := strings.LastIndexByte(kind, '_')
		if cut < 0 {
			return template, false
		}
		kind = kind[:cut]
	}
}

// PutTemplates keeps the mapping.
func (tx *Tx) PutTemplates(t Templates) error { return tx.put(key("site", "templates"), t) }

// Templates returns the mapping of the site data in force where it has one, else
// what PutTemplates kept, empty when none is set.
func (tx *Tx) Templates() (Templates, error) {
	s, err := tx.Site()
	switch {
	case err != nil:
		return nil, err
	case len(s.Templates) > 0:
		return s.Templates, nil
	}
	return optional(get[Templates](tx, key("site", "templates")))
}
