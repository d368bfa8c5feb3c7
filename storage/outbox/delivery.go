package outbox

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
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
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
	Deferred  DeliveryState = "owed"      // no channel now: heads the person's next passive reply
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
func Enqueue(tx *record.Tx, d Delivery) (bool, error) {
	d.ID = deliveryID(d.Cause)
	old, err := record.Optional(Load(tx, d.ID))
	if err != nil || old.ID != "" {
		return false, err
	}
	d.State = Booked
	return true, Put(tx, d)
}

func deliveryID(cause string) string {
	return record.ID("delivery", cause) + record.ID("delivery2", cause)
}

// Load returns ErrNotFound when there is none of that id.
func Load(tx *record.Tx, id string) (Delivery, error) {
	return record.Get[Delivery](tx, record.Key("delivery", id))
}

// DeliveryOf returns the delivery booked for a cause, or ErrNotFound.
func DeliveryOf(tx *record.Tx, cause string) (Delivery, error) { return Load(tx, deliveryID(cause)) }

// Put keeps a delivery with its place: the outbox while booked, the
// claims while being sent, the person's debts while owed. A report that came
// before its number was known settles it at once.
func Put(tx *record.Tx, d Delivery) error {
	if d.MsgID != 0 && d.State == Sent {
		r, err := record.Optional(record.Get[report](tx, reportKey(d.MsgID)))
		if err != nil {
			return err
		}
		if r.At != 0 {
			if err := tx.Delete(reportKey(d.MsgID)); err != nil {
				return err
			}
			d = r.settle(d)
		}
	}
	old, err := record.Optional(Load(tx, d.ID))
	if err != nil {
		return err
	}
	for _, k := range places(old) {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	for _, k := range places(d) {
		if err := tx.PutRaw(k, nil); err != nil {
			return err
		}
	}
	if d.MsgID != 0 && d.State == Sent {
		if err := tx.PutRaw(record.Key("msgid", strconv.FormatInt(d.MsgID, 10)), []byte(d.ID)); err != nil {
			return err
		}
	}
	return tx.Put(record.Key("delivery", d.ID), d)
}

// places are the keys under which a delivery is found: by its hour and by the
// person while it is booked.
func places(d Delivery) [][]byte {
	switch d.State {
	case Booked:
		return [][]byte{
			record.Key("outbox", record.Stamp(time.Unix(d.At(), 0)), fmt.Sprintf("%d", d.Priority), d.ID),
			record.Key("booked", d.To, d.ID),
		}
	case Claimed:
		return [][]byte{record.Key("claimed", d.ID)}
	case Deferred:
		return [][]byte{record.Key("owed", d.To, d.ID)}
	}
	return nil
}

// DueDeliveries returns up to max deliveries whose hour has come, first due
// first.
func DueDeliveries(tx *record.Tx, now time.Time, max int) ([]Delivery, error) {
	due, _, err := DuePage(tx, now, record.Page{}, max)
	return due, err
}

// DuePage returns the next deliveries whose hour has come, up to max of them, by
// hour and then by priority, and where to go on: what was booked anew behind that
// place is met there. It reads nothing of what is not due.
func DuePage(tx *record.Tx, now time.Time, page record.Page, max int) ([]Delivery, record.Page, error) {
	var out []Delivery
	pre := record.Prefix("outbox")
	for p, err := range tx.Scan(page.Start(pre), record.Key("outbox", record.Stamp(now.Add(time.Second)))) {
		if err != nil {
			return nil, page, err
		}
		_, _, id, _ := record.Split3(string(p.Key[len(pre):]))
		d, err := Load(tx, id)
		if err != nil {
			return nil, page, err
		}
		page.After = string(p.Key)
		if out = append(out, d); len(out) == max {
			return out, page, nil
		}
	}
	return out, record.Page{Done: true}, nil
}

// NextDelivery returns when the next delivery after t is due; ok is false when
// none is booked.
func NextDelivery(tx *record.Tx, t time.Time) (at time.Time, ok bool, err error) {
	pre := record.Prefix("outbox")
	for p, err := range tx.Scan(record.Key("outbox", record.Stamp(t.Add(time.Second))), record.PrefixEnd(pre)) {
		if err != nil {
			return time.Time{}, false, err
		}
		when, _, _, _ := record.Split3(string(p.Key[len(pre):]))
		at, err := record.Unstamp(when)
		return at, err == nil, err
	}
	return time.Time{}, false, nil
}

// ClaimedDeliveries returns what was being sent when the program stopped.
func ClaimedDeliveries(tx *record.Tx, max int) ([]Delivery, error) {
	return LoadAt(tx, record.Prefix("claimed"), max)
}

// DeferredTo returns what waits for a person's next passive reply.
func DeferredTo(tx *record.Tx, to string, max int) ([]Delivery, error) {
	return LoadAt(tx, record.Prefix("owed", to), max)
}

// BookedTo returns up to max deliveries that wait for their hour to a person.
func BookedTo(tx *record.Tx, to string, max int) ([]Delivery, error) {
	return LoadAt(tx, record.Prefix("booked", to), max)
}

// PutTold keeps the day on which a resident ("r:…") was last sent what nobody waits
// for.
func PutTold(tx *record.Tx, to string, day calendar.Day) error {
	return tx.Put(record.Key("told", strings.TrimPrefix(to, "r:")), day)
}

// Told returns that day, 0 when there was none.
func Told(tx *record.Tx, to string) (calendar.Day, error) {
	return record.Optional(record.Get[calendar.Day](tx, record.Key("told", strings.TrimPrefix(to, "r:"))))
}

func LoadAt(tx *record.Tx, pre []byte, max int) ([]Delivery, error) {
	var out []Delivery
	for p, err := range tx.Parts(pre) {
		if err != nil {
			return nil, err
		}
		d, err := Load(tx, p[len(p)-1])
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

func reportKey(msgid int64) []byte { return record.Key("report", strconv.FormatInt(msgid, 10)) }

func (r report) settle(d Delivery) Delivery {
	if d.State, d.Settled = Delivered, r.At; !r.Delivered {
		d.State, d.Reason = Dropped, r.Reason
	}
	return d
}

// Finish settles a delivery by the platform's report on its message number. It
// reports whether the number was known; a report on another is kept for a day,
// for the delivery that will have it.
func Finish(tx *record.Tx, msgid int64, delivered bool, reason string, now time.Time) (bool, error) {
	r := report{Delivered: delivered, Reason: reason, At: now.Unix()}
	k := record.Key("msgid", strconv.FormatInt(msgid, 10))
	id, err := tx.GetRaw(k)
	if errors.Is(err, record.ErrNotFound) {
		return false, tx.Put(reportKey(msgid), r)
	}
	if err != nil {
		return false, fmt.Errorf("get %s: %w", record.KindOf(k), err)
	}
	d, err := Load(tx, string(id))
	if err != nil {
		return false, err
	}
	if err := tx.Delete(k); err != nil {
		return false, err
	}
	return true, Put(tx, r.settle(d))
}

// reportTime is how long a message number and a report wait for each other.
const reportTime = 24 * time.Hour

// PurgeReports drops, from one page of message numbers and reports, those for
// which the other half never came. It returns where to go on.
func PurgeReports(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	old, n, dropped := now.Add(-reportTime).Unix(), 0, 0
	numbers, reports := record.Prefix("msgid"), record.Prefix("report")
	for _, pre := range [][]byte{numbers, reports} {
		if page.After >= string(record.PrefixEnd(pre)) {
			continue
		}
		start := pre
		if strings.HasPrefix(page.After, string(pre)) {
			start = page.Start(pre)
		}
		for p, err := range tx.Scan(start, record.PrefixEnd(pre)) {
			if err != nil {
				return page, dropped, err
			}
			at, err := reportAge(tx, p)
			if err != nil {
				return page, dropped, err
			}
			if at < old {
				if err := tx.Delete(p.Key); err != nil {
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
	return record.Page{Done: true}, dropped, nil
}

// reportAge is when a message number was sent, or a report came (Unix seconds).
func reportAge(tx *record.Tx, p kv.Pair) (int64, error) {
	if record.KindOf(p.Key) == "report" {
		r, err := record.Get[report](tx, p.Key)
		return r.At, err
	}
	d, err := record.Optional(Load(tx, string(p.Value)))
	return d.Settled, err
}

// DropDeliveries drops what is booked or owed of a kind ("" is any) to a person.
func DropDeliveries(tx *record.Tx, to, kind, reason string, now time.Time) error {
	var drop []Delivery
	for _, pre := range [][]byte{record.Prefix("booked", to), record.Prefix("owed", to)} {
		all, err := LoadAt(tx, pre, 1<<30)
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
		if err := Put(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// Route is what a sender decided inside the transaction that claims a delivery:
// where it goes, or why it goes nowhere.
type Route struct {
	Channel  string // template, customer, notice; "" when there is none now
	OpenID   string
	Template townconfig.NoticeTemplate // for channels template and notice
	With     []Delivery                // what goes along: their words in the same text, or with her next reply
	Drop     string                    // a reason to drop it: unsubscribed, nobody …
	Until    int64                     // Unix seconds; if not past, nothing can be sent to her before then, by any channel
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
