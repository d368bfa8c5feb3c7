package broadcasts

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Broadcast is a text of the site's own that is told to some: prepared by one
// person, released by another. What is sent holds no word of it; who sends a word
// back is shown the text as it stood then.
type Broadcast struct {
	ID         string
	Text       string // name of the site's text: broadcast_…
	Words      string // the text as it stood
	To         AudienceFilter
	By         string `json:",omitempty"` // the clerk who prepared it, "" on the command line
	At         int64  // Unix seconds
	Code       string // four digits that release it
	Count      int    // people whom it reaches, when it was prepared, and again when it was released
	Released   int64  `json:",omitempty"` // Unix seconds
	ReleasedBy string `json:",omitempty"` // "" on the command line
	Start      int64  `json:",omitempty"` // Unix seconds of the first message
	Told       int    `json:",omitempty"` // booked so far
	After      string `json:",omitempty"` // how far the circle was gone through
	Done       bool   `json:",omitempty"` // all are booked
	Stopped    int64  `json:",omitempty"` // Unix seconds: what was not sent by then is not
}

// AudienceFilter says who is told: people of a village, who have booked for a day, who are
// away in a place, or who want to be told of meetings. Exactly one is set.
type AudienceFilter struct {
	Village string       `json:",omitempty"` // id
	Booked  calendar.Day `json:",omitempty"`
	Away    string       `json:",omitempty"` // a part of the place as she said it: 青岛
	Hearing bool         `json:",omitempty"` // who asked to be told of meetings
}

// set is the consent on which somebody of the circle may be written to.
func (c AudienceFilter) set() purpose.Purpose {
	if c.Away != "" {
		return purpose.Migration
	}
	return purpose.Booking
}

// Stats are how a broadcast stands. Each who is told is in one of the first six;
// Unsubscribed are those of them who want nothing more.
type Stats struct {
	Waiting, Sent, Delivered, Owed, Missed, Stopped int
	Unsubscribed                                    int
}

// broadcastPause is how long who prepared a broadcast waits to release it herself,
// where there is nobody else who could; broadcastTime how long it can be released.
const (
	broadcastPause = 10 * time.Minute
	broadcastTime  = 24 * time.Hour
)

var (
	// ErrEarly is returned when she has to wait before she releases it alone.
	ErrEarly = errors.New("not before the pause is over")
)

func office(s person.Scope) bool { return s.Person.Cadre.Has(person.Clerk, person.Admin) }

// Prepare prepares, for the clerk, one of the site's texts for a circle
// (Tx.PrepareBroadcast); ErrScope for others.
func Prepare(s person.Scope, text string, to AudienceFilter, cause string, now time.Time) (Broadcast, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return Broadcast{}, record.ErrScope
	}
	return PrepareAs(s.Tx, s.Person.Cadre.ID, text, to, cause, now)
}

// PrepareAs keeps what is about to be told, with its count and the code
// that releases it within a day; nothing is booked yet. by is a cadre, "" on the
// command line. It returns ErrNotFound when the site has no such text or there is
// no such village.
func PrepareAs(tx *record.Tx, by, text string, to AudienceFilter, cause string, now time.Time) (Broadcast, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return Broadcast{}, err
	}
	b := Broadcast{ID: record.ID("broadcast", cause), Text: text, Words: site.Text(text, ""), To: to, By: by, At: now.Unix()}
	if b.Words == "" || !strings.HasPrefix(text, "broadcast_") {
		return b, record.ErrNotFound
	}
	if to.Village != "" {
		if _, err := person.LoadVillage(tx, to.Village); err != nil {
			return b, err
		}
	}
	if b.Count, err = countCircle(tx, to, now); err != nil {
		return b, err
	}
	n, err := strconv.ParseUint(tx.Hash("broadcast", b.ID)[:8], 16, 64)
	if err != nil {
		return b, err
	}
	b.Code = strconv.FormatUint(1000+n%9000, 10)
	return b, tx.Put(record.Key("broadcast", b.ID), b)
}

// NeedsSecond reports whether somebody else than who prepared a broadcast can
// release it: a clerk or an administrator whose WeChat is bound.
func NeedsSecond(tx *record.Tx, b Broadcast) (bool, error) {
	cadres, err := person.AllStaff(tx)
	return slices.ContainsFunc(cadres, func(c person.Staff) bool { return c.ID != b.By && c.OpenID != "" && c.Has(person.Clerk, person.Admin) }), err
}

// Approve lets what was prepared go, for clerk and administrator
// (Tx.ReleaseBroadcast); ErrScope for others.
func Approve(s person.Scope, code string, now time.Time) (Broadcast, error) {
	if !office(s) {
		return Broadcast{}, record.ErrScope
	}
	return ApproveAs(s.Tx, s.Person.Cadre.ID, code, now)
}

// ApproveAs lets the broadcast of a code go, from the next decent hour on.
// It returns ErrNotFound when none of the last day waits for that code; ErrSecond
// when who prepared it is not the one who may release it, and ErrEarly, with the
// broadcast, while she has to wait because there is nobody else.
func ApproveAs(tx *record.Tx, by, code string, now time.Time) (Broadcast, error) {
	all, err := broadcasts(tx)
	if err != nil {
		return Broadcast{}, err
	}
	i := slices.IndexFunc(all, func(b Broadcast) bool {
		return b.Code == code && b.Released == 0 && b.Stopped == 0 && now.Sub(time.Unix(b.At, 0)) < broadcastTime
	})
	if i < 0 {
		return Broadcast{}, record.ErrNotFound
	}
	b := all[i]
	if b.By == by {
		second, err := NeedsSecond(tx, b)
		switch {
		case err != nil:
			return b, err
		case second:
			return b, ops.ErrSecond
		case now.Sub(time.Unix(b.At, 0)) < broadcastPause:
			return b, ErrEarly
		}
	}
	if b.Count, err = countCircle(tx, b.To, now); err != nil {
		return b, err
	}
	b.Released, b.ReleasedBy = now.Unix(), by
	if b, err = startBroadcast(tx, b, now); err != nil {
		return b, err
	}
	return b, tx.Put(record.Key("broadcast", b.ID), b)
}

// booking is how long it takes until the first messages of a broadcast are booked.
const booking = 5 * time.Minute

func startBroadcast(tx *record.Tx, b Broadcast, now time.Time) (Broadcast, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return b, err
	}
	start, ok := site.Holidays().Decent(calendar.ResidentHours, now.Add(booking))
	if !ok {
		return b, record.ErrNotAvailable
	}
	b.Start = start.Unix()
	return b, nil
}

// broadcasts are all that are kept, the newest first.
func broadcasts(tx *record.Tx) ([]Broadcast, error) {
	all, err := record.Collect(record.List[Broadcast](tx, record.Prefix("broadcast")))
	slices.SortFunc(all, func(a, b Broadcast) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, err
}

// broadcastDays is how long a broadcast is listed, and shown to whom it was told.
const broadcastDays = 30

// List returns those of the last month, the newest first, for clerk and
// administrator (ErrScope for others).
func List(s person.Scope, now time.Time) ([]Broadcast, error) {
	if !office(s) {
		return nil, record.ErrScope
	}
	return All(s.Tx, now)
}

// All is the same for the command line.
func All(tx *record.Tx, now time.Time) ([]Broadcast, error) {
	all, err := broadcasts(tx)
	old := now.AddDate(0, 0, -broadcastDays).Unix()
	return slices.DeleteFunc(all, func(b Broadcast) bool { return b.At < old }), err
}

// StopOwn takes back what is not sent yet and returns how many that were,
// for clerk and administrator (ErrScope for others).
func StopOwn(s person.Scope, id string, now time.Time) (int, error) {
	if !office(s) {
		return 0, record.ErrScope
	}
	return Stop(s.Tx, id, now)
}

// Stop is the same for the command line. Those who are not booked yet
// count with those who are. ErrNotFound when there is none of that id.
func Stop(tx *record.Tx, id string, now time.Time) (int, error) {
	b, err := record.Get[Broadcast](tx, record.Key("broadcast", id))
	if err != nil || b.Stopped != 0 {
		return 0, err
	}
	told, err := toldOf(tx, b)
	if err != nil {
		return 0, err
	}
	n, err := stopAll(tx, told, now)
	if err != nil {
		return n, err
	}
	if b.Released != 0 && !b.Done {
		n += max(b.Count-b.Told, 0)
	}
	b.Stopped, b.Done = now.Unix(), true
	return n, tx.Put(record.Key("broadcast", id), b)
}

// stopAll drops what is not sent yet, and returns how many that were.
func stopAll(tx *record.Tx, told []outbox.Delivery, now time.Time) (int, error) {
	n := 0
	for _, d := range told {
		if d.State != outbox.Booked && d.State != outbox.Deferred {
			continue
		}
		n++
		d.State, d.Reason, d.Settled = outbox.Dropped, "stopped", now.Unix()
		if err := outbox.Put(tx, d); err != nil {
			return n, err
		}
	}
	return n, nil
}

func broadcastCause(id, resident string) string { return "broadcast/" + id + "/" + resident }

func toldOf(tx *record.Tx, b Broadcast) ([]outbox.Delivery, error) {
	return toldBy(tx, record.Prefix("broadcast_to", b.ID), func(resident string) string { return broadcastCause(b.ID, resident) })
}

// toldBy returns the deliveries of those who stand under a prefix.
func toldBy(tx *record.Tx, pre []byte, cause func(resident string) string) ([]outbox.Delivery, error) {
	var out []outbox.Delivery
	for p, err := range tx.Parts(pre) {
		if err != nil {
			return nil, err
		}
		d, err := record.Optional(outbox.DeliveryOf(tx, cause(p[0])))
		if err != nil {
			return nil, err
		}
		if d.ID != "" {
			out = append(out, d)
		}
	}
	return out, nil
}

// GetStats returns how a broadcast stands, for clerk and administrator (ErrScope
// for others).
func GetStats(s person.Scope, b Broadcast) (Stats, error) {
	if !office(s) {
		return Stats{}, record.ErrScope
	}
	return StatsOf(s.Tx, b)
}

// StatsOf is the same for the command line.
func StatsOf(tx *record.Tx, b Broadcast) (Stats, error) {
	var f Stats
	told, err := toldOf(tx, b)
	if err != nil {
		return f, err
	}
	for _, d := range told {
		switch {
		case d.State == outbox.Booked || d.State == outbox.Claimed:
			f.Waiting++
		case d.State == outbox.Sent:
			f.Sent++
		case d.State == outbox.Delivered:
			f.Delivered++
		case d.State == outbox.Deferred:
			f.Owed++
		case d.Reason == "stopped":
			f.Stopped++
		default:
			f.Missed++
		}
		r, err := record.Optional(person.LoadResident(tx, d.About))
		if err != nil {
			return f, err
		}
		if r.NoPush {
			f.Unsubscribed++
		}
	}
	if b.Released != 0 && !b.Done {
		f.Waiting += max(b.Count-len(told), 0)
	}
	return f, nil
}

// Mine returns what the asker's family was told of in the last month, the
// newest first.
func Mine(s person.Scope, now time.Time) ([]Broadcast, error) {
	if len(s.Family) == 0 {
		return nil, nil
	}
	all, err := All(s.Tx, now)
	if err != nil {
		return nil, err
	}
	var out []Broadcast
	for _, b := range all {
		for resident := range s.Family {
			d, err := record.Optional(outbox.DeliveryOf(s.Tx, broadcastCause(b.ID, resident)))
			if err != nil {
				return nil, err
			}
			if d.State == outbox.Claimed || d.State == outbox.Sent || d.State == outbox.Delivered || d.State == outbox.Deferred || d.State == outbox.Unknown {
				out = append(out, b)
				break
			}
		}
	}
	return out, nil
}

// Open returns the ids of the released broadcasts of which not all are
// booked.
func Open(tx *record.Tx) ([]string, error) {
	all, err := broadcasts(tx)
	var out []string
	for _, b := range all {
		if b.Released != 0 && !b.Done {
			out = append(out, b.ID)
		}
	}
	return out, err
}

// TellAudience books the next messages of a broadcast, for about max people of its
// circle: over the site's spread_minutes at decent hours, each WeChat once. It
// reports how many, and whether that was all. What begins too late begins at the
// next decent hour.
func TellAudience(tx *record.Tx, id string, max int, now time.Time) (booked int, done bool, err error) {
	b, err := record.Get[Broadcast](tx, record.Key("broadcast", id))
	if err != nil || b.Done || b.Released == 0 {
		return 0, true, err
	}
	if b.Told == 0 && b.After == "" && b.Start < now.Unix() {
		if b, err = startBroadcast(tx, b, now.Add(-booking)); err != nil {
			return 0, true, err
		}
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return 0, true, err
	}
	people, next, err := circle(tx, b.To, record.Page{After: b.After}, max)
	if err != nil {
		return 0, true, err
	}
	span := time.Duration(townconfig.SpreadMinutes.Of(site)) * time.Minute
	for _, resident := range people {
		ok, err := tells(tx, b.To, resident, now)
		if err != nil {
			return booked, true, err
		}
		if !ok {
			continue
		}
		at := pacedAt(site.Holidays(), time.Unix(b.Start, 0), span*time.Duration(min(b.Told, b.Count))/time.Duration(cmp.Or(b.Count, 1)))
		fresh, err := outbox.Enqueue(tx, outbox.Delivery{Cause: broadcastCause(b.ID, resident), Kind: "broadcast", To: "r:" + resident, About: resident,
			Facts:    map[string]string{"broadcast": b.ID, "day": calendar.DayOf(at).String()},
			Earliest: at.Unix(), Latest: (calendar.DayOf(at) + 2).At(20, 0).Unix(), Booked: now.Unix(), Priority: 4})
		if err != nil {
			return booked, true, err
		}
		if !fresh {
			continue
		}
		if err := tx.PutRaw(record.Key("broadcast_to", b.ID, resident), nil); err != nil {
			return booked, true, err
		}
		b.Told, booked = b.Told+1, booked+1
	}
	b.After, b.Done = next.After, next.Done
	return booked, b.Done, tx.Put(record.Key("broadcast", b.ID), b)
}

// pacedAt is the instant that lies so long after start within the residents' hours,
// as if there were nothing between them.
func pacedAt(h calendar.Holidays, start time.Time, after time.Duration) time.Time {
	for {
		end := start
		for _, w := range calendar.ResidentHours {
			if from, to := calendar.DayOf(start).At(0, w.From), calendar.DayOf(start).At(0, w.To); !start.Before(from) && start.Before(to) {
				end = to
			}
		}
		left := end.Sub(start)
		if after < left {
			return start.Add(after)
		}
		after -= left
		next, ok := h.Decent(calendar.ResidentHours, end)
		if !ok || !next.After(start) {
			return start
		}
		start = next
	}
}

// circle returns the next people of a circle, whether or not they may be written
// to: of a day all at once, else about max.
func circle(tx *record.Tx, c AudienceFilter, page record.Page, max int) (out []string, next record.Page, err error) {
	switch {
	case c.Village != "":
		next, err = person.DirectoryPage(tx, c.Village, page, func(r person.Resident) (bool, error) {
			out = append(out, r.ID)
			return len(out) < max, nil
		})
		return out, next, err
	case c.Booked != 0:
		all, err := bookings.LoadDay(tx, c.Booked)
		for _, a := range all {
			for _, who := range []string{a.Resident, a.Spouse} {
				if who != "" && a.State == bookings.Expected && !slices.Contains(out, who) {
					out = append(out, who)
				}
			}
		}
		return out, record.Page{Done: true}, err
	case c.Away == "" && !c.Hearing:
		return nil, record.Page{Done: true}, nil
	}
	pre := record.Prefix(record.If(c.Hearing, "hears", "out"))
	for p, err := range tx.Scan(page.Start(pre), record.PrefixEnd(pre)) {
		if err != nil {
			return nil, page, err
		}
		at := string(p.Key[len(pre):]) // hears/<resident>, out/<village>/<resident>
		out = append(out, at[strings.LastIndex(at, "/")+1:])
		page.After = string(p.Key)
		if len(out) == max {
			return out, page, nil
		}
	}
	return out, record.Page{Done: true}, nil
}

// tells reports whether somebody is in a circle, may be written to, and is the first
// of her WeChat's family who is: each phone is told once.
func tells(tx *record.Tx, c AudienceFilter, resident string, now time.Time) (bool, error) {
	openid, err := tellable(tx, c, resident, now)
	if err != nil || openid == "" {
		return false, err
	}
	l, err := person.LoadAccount(tx, openid)
	if err != nil {
		return false, err
	}
	for _, other := range l.Residents {
		if other == resident {
			break
		}
		before, err := tellable(tx, c, other, now)
		if err != nil || before == openid {
			return false, err
		}
	}
	return true, nil
}

// tellable returns the WeChat by which somebody of a circle may be told, "" when
// she is not of it or may not.
func tellable(tx *record.Tx, c AudienceFilter, resident string, now time.Time) (string, error) {
	in, err := inCircle(tx, c, resident)
	if err != nil || !in {
		return "", err
	}
	ok, err := consent.Reachable(tx, resident, c.set())
	if err != nil || !ok {
		return "", err
	}
	paused, err := consent.Paused(tx, resident, c.set(), now)
	if err != nil || paused {
		return "", err
	}
	return person.WeChatOf(tx, resident)
}

func inCircle(tx *record.Tx, c AudienceFilter, resident string) (bool, error) {
	r, err := record.Optional(person.LoadResident(tx, resident))
	switch {
	case err != nil || r.ID == "":
		return false, err
	case c.Village != "":
		return r.Village == c.Village, nil
	case c.Hearing:
		return tx.Has(record.Key("hears", resident))
	case c.Away != "":
		a, err := migration.LoadOpen(tx, resident)
		return a.ID != "" && strings.Contains(a.Place, c.Away), err
	}
	all, err := bookings.LoadDay(tx, c.Booked)
	return slices.ContainsFunc(all, func(a bookings.Appointment) bool {
		return a.State == bookings.Expected && (a.Resident == resident || a.Spouse == resident)
	}), err
}

// countCircle returns how many people a circle tells.
func countCircle(tx *record.Tx, c AudienceFilter, now time.Time) (n int, err error) {
	people, _, err := circle(tx, c, record.Page{}, 1<<30)
	for _, resident := range people {
		ok, err := tells(tx, c, resident, now)
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	return n, err
}

// StillValid returns why a message of a broadcast is no longer true.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	b, err := record.Optional(record.Get[Broadcast](tx, record.Key("broadcast", d.Facts["broadcast"])))
	switch {
	case err != nil:
		return "", err
	case b.ID == "" || b.Stopped != 0:
		return "stopped", nil
	}
	in, err := inCircle(tx, b.To, d.About)
	if err != nil || !in {
		return "changed", err
	}
	ok, err := consent.Reachable(tx, d.About, b.To.set())
	return record.If(ok, "", "withdrawn"), err
}

// Remove deletes a broadcast with to whom it went.
func Remove(tx *record.Tx, b Broadcast) error {
	if err := tx.DeleteAll(record.Prefix("broadcast_to", b.ID)); err != nil {
		return err
	}
	return tx.Delete(record.Key("broadcast", b.ID))
}
