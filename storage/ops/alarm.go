package ops

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Alarm is something that only a person can mend: a full disk, an address that
// the platform does not know. It names nobody.
type Alarm struct {
	Name   string // disk, backup, clock, outbox, quota, token, address, template, platform, notice, job, certificate, form
	About  string `json:",omitempty"` // which of several: a template's id, a channel, a code, a day
	Detail string `json:",omitempty"` // in figures, for the log
	Stays  bool   `json:",omitempty"` // until EndAlarm: nobody finds out by looking that it is mended
	Since  int64  // Unix seconds
	Mended int64  `json:",omitempty"` // Unix seconds; 0 while it stands
}

func (a Alarm) key() []byte { return record.Key("alarm", a.Name, record.ID(a.Name, a.About)) }

// sameAlarm is how long after it was mended an alarm that comes again is still
// the old one: what goes to and fro is told once.
const sameAlarm = time.Hour

func (a Alarm) over(now time.Time) bool { return now.Unix()-a.Mended > int64(sameAlarm/time.Second) }

// OpenAlarms returns what stands and wants a person, the oldest first.
func OpenAlarms(tx *record.Tx) ([]Alarm, error) {
	all, err := everyAlarm(tx)
	return slices.DeleteFunc(all, func(a Alarm) bool { return a.Mended != 0 }), err
}

func everyAlarm(tx *record.Tx) ([]Alarm, error) {
	all, err := record.Collect(record.List[Alarm](tx, record.Prefix("alarm")))
	slices.SortStableFunc(all, func(a, b Alarm) int { return cmp.Compare(a.Since, b.Since) })
	return all, err
}

// VisibleAlarms returns, for an administrator, what stands and wants a person, the
// oldest first; ErrScope for others.
func VisibleAlarms(s person.Scope) ([]Alarm, error) {
	if !s.Person.Cadre.Has(person.Admin) {
		return nil, record.ErrScope
	}
	return OpenAlarms(s.Tx)
}

// SetAlarms keeps what was found by looking at everything: what is new is told to
// the administrators, and what is not found any more is mended. It returns both;
// an alarm that comes again within the hour is not new.
func SetAlarms(tx *record.Tx, found []Alarm, now time.Time) (raised, mended []Alarm, err error) {
	old, err := everyAlarm(tx)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range found {
		news, err := RaiseAlarm(tx, a, now)
		if err != nil {
			return nil, nil, err
		}
		if news {
			raised = append(raised, a)
		}
	}
	for _, a := range old {
		same := func(b Alarm) bool { return a.Name == b.Name && a.About == b.About }
		switch {
		case a.Stays || slices.ContainsFunc(found, same):
			continue
		case a.Mended == 0:
			a.Mended = now.Unix()
			mended = append(mended, a)
			err = tx.Put(a.key(), a)
		case a.over(now):
			err = tx.Delete(a.key())
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return raised, mended, nil
}

// RaiseAlarm keeps one alarm and books a word to the administrators. It reports
// whether it is news.
func RaiseAlarm(tx *record.Tx, a Alarm, now time.Time) (news bool, err error) {
	old, err := record.Optional(record.Get[Alarm](tx, a.key()))
	if err != nil {
		return false, err
	}
	news = old.Name == "" || old.Mended != 0 && old.over(now)
	switch {
	case news:
		a.Since = now.Unix()
	case old.Mended == 0: // its figures may be others every minute
		return false, nil
	default:
		a.Since = old.Since
	}
	if err := tx.Put(a.key(), a); err != nil || !news {
		return false, err
	}
	return true, tellAdministrators(tx, now)
}

// EndAlarm says that the alarms of a name are mended and returns how many stood.
func EndAlarm(tx *record.Tx, name string, now time.Time) (int, error) {
	all, err := OpenAlarms(tx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, a := range all {
		if a.Name != name {
			continue
		}
		n++
		a.Mended, a.Stays = now.Unix(), false
		if err := tx.Put(a.key(), a); err != nil {
			return n, err
		}
	}
	return n, nil
}

// alarmTime is how long a word about an alarm may wait for its reader.
const alarmTime = 72 * time.Hour

// tellAdministrators books the word that there is something to look at, to each
// who is bound; one that still waits says it for all.
func tellAdministrators(tx *record.Tx, now time.Time) error {
	cadres, err := person.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, c := range cadres {
		if !c.Has(person.Admin) || c.OpenID == "" {
			continue
		}
		waits, err := hasDue(tx, "c:"+c.ID, "alarm_note")
		if err != nil {
			return err
		}
		if waits {
			continue
		}
		_, err = outbox.Enqueue(tx, outbox.Delivery{Cause: "alarm/" + c.ID + "/" + strconv.FormatInt(now.Unix(), 10), Kind: "alarm_note", To: "c:" + c.ID,
			Facts:    map[string]string{"count": "1", "day": calendar.DayOf(now).String()},
			Earliest: now.Unix(), Latest: now.Add(alarmTime).Unix(), Booked: now.Unix(), Priority: 1})
		if err != nil {
			return err
		}
	}
	return nil
}

// hasDue reports whether a delivery of a kind is booked or owed to a person.
func hasDue(tx *record.Tx, to, kind string) (bool, error) {
	for _, pre := range [][]byte{record.Prefix("booked", to), record.Prefix("owed", to)} {
		all, err := outbox.LoadAt(tx, pre, 1<<30)
		if err != nil || slices.ContainsFunc(all, func(d outbox.Delivery) bool { return d.Kind == kind }) {
			return err == nil, err
		}
	}
	return false, nil
}

// AlarmsStand returns why a word about alarms is no longer true.
func AlarmsStand(tx *record.Tx) (string, error) {
	all, err := OpenAlarms(tx)
	return record.If(len(all) > 0, "", "mended"), err
}

// Stop is what the platform said is not to be sent for a while, and until when.
type Stop struct {
	Until int64 // Unix seconds
	Code  int
}

// Stops returns the stops that no call has lifted yet, by their reach: "" is all,
// else a channel, or a channel and a template.
func Stops(tx *record.Tx) (map[string]Stop, error) {
	return record.Optional(record.Get[map[string]Stop](tx, record.Key("stops")))
}

// PutStops keeps them.
func PutStops(tx *record.Tx, all map[string]Stop) error { return tx.Put(record.Key("stops"), all) }

// Backup is when the store was last copied as a backup, and from when its age
// counts where it never was.
type Backup struct {
	At    int64 `json:",omitempty"` // Unix seconds; 0 is never
	Since int64 // Unix seconds
}

// LastBackup returns what is known of backups.
func LastBackup(tx *record.Tx) (Backup, error) {
	return record.Optional(record.Get[Backup](tx, record.Key("backup")))
}

// PutBackup keeps it.
func PutBackup(tx *record.Tx, b Backup) error { return tx.Put(record.Key("backup"), b) }

// OldestDue returns the hour of the first delivery that is due at now; ok is
// false when none is.
func OldestDue(tx *record.Tx, now time.Time) (at time.Time, ok bool, err error) {
	pre := record.Prefix("outbox")
	for p, err := range tx.Scan(pre, record.Key("outbox", record.Stamp(now.Add(time.Second)))) {
		if err != nil {
			return time.Time{}, false, fmt.Errorf("look at the outbox: %w", err)
		}
		when, _, _, _ := record.Split3(string(p.Key[len(pre):]))
		at, err := record.Unstamp(when)
		return at, err == nil, err
	}
	return time.Time{}, false, nil
}

// OutboxDepth returns how many deliveries are due at now, and how many wait for
// later hours, of each max at most.
func OutboxDepth(tx *record.Tx, now time.Time, max int) (due, later int, err error) {
	pre, border := record.Prefix("outbox"), record.Key("outbox", record.Stamp(now.Add(time.Second)))
	count := func(from, to []byte) (n int, err error) {
		for _, err := range tx.Scan(from, to) {
			if err != nil {
				return n, fmt.Errorf("look at the outbox: %w", err)
			}
			if n++; n == max {
				break
			}
		}
		return n, nil
	}
	due, err1 := count(pre, border)
	later, err2 := count(border, record.PrefixEnd(pre))
	return due, later, errors.Join(err1, err2)
}
