package storage

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// Broadcast is a text of the site's own that is told to some: prepared by one
// person, released by another. What is sent holds no word of it; who sends a word
// back is shown the text as it stood then.
type Broadcast struct {
	ID         string
	Text       string // name of the site's text: broadcast_…
	Words      string // the text as it stood
	To         Circle
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

// Circle says who is told: people of a village, who have booked for a day, who are
// away in a place, or who want to be told of meetings. Exactly one is set.
type Circle struct {
	Village string       `json:",omitempty"` // id
	Booked  calendar.Day `json:",omitempty"`
	Away    string       `json:",omitempty"` // a part of the place as she said it: 青岛
	Hearing bool         `json:",omitempty"` // who asked to be told of meetings
}

// set is the consent on which somebody of the circle may be written to.
func (c Circle) set() Set {
	if c.Away != "" {
		return C3
	}
	return C1
}

// Figures are how a broadcast stands. Each who is told is in one of the first six;
// Unsubscribed are those of them who want nothing more.
type Figures struct {
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
	// ErrSecond is returned when a second person has to release what she prepared.
	ErrSecond = errors.New("a second person has to release it")
	// ErrEarly is returned when she has to wait before she releases it alone.
	ErrEarly = errors.New("not before the pause is over")
)

func (s Scope) office() bool { return s.Person.Cadre.Has(Clerk, Admin) }

// PrepareBroadcast prepares, for the clerk, one of the site's texts for a circle
// (Tx.PrepareBroadcast); ErrScope for others.
func (s Scope) PrepareBroadcast(text string, to Circle, cause string, now time.Time) (Broadcast, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return Broadcast{}, ErrScope
	}
	return s.tx.PrepareBroadcast(s.Person.Cadre.ID, text, to, cause, now)
}

// PrepareBroadcast keeps what is about to be told, with its count and the code
// that releases it within a day; nothing is booked yet. by is a cadre, "" on the
// command line. It returns ErrNotFound when the site has no such text or there is
// no such village.
func (tx *Tx) PrepareBroadcast(by, text string, to Circle, cause string, now time.Time) (Broadcast, error) {
	site, err := tx.Site()
	if err != nil {
		return Broadcast{}, err
	}
	b := Broadcast{ID: ID("broadcast", cause), Text: text, Words: site.Text(text, ""), To: to, By: by, At: now.Unix()}
	if b.Words == "" || !strings.HasPrefix(text, "broadcast_") {
		return b, ErrNotFound
	}
	if to.Village != "" {
		if _, err := tx.Village(to.Village); err != nil {
			return b, err
		}
	}
	if b.Count, err = tx.countCircle(to, now); err != nil {
		return b, err
	}
	n, err := strconv.ParseUint(tx.keyed("broadcast", b.ID)[:8], 16, 64)
	if err != nil {
		return b, err
	}
	b.Code = strconv.FormatUint(1000+n%9000, 10)
	return b, tx.put(key("broadcast", b.ID), b)
}

// NeedsSecond reports whether somebody else than who prepared a broadcast can
// release it: a clerk or an administrator whose WeChat is bound.
func (tx *Tx) NeedsSecond(b Broadcast) (bool, error) {
	cadres, err := tx.Cadres()
	return slices.ContainsFunc(cadres, func(c Cadre) bool { return c.ID != b.By && c.OpenID != "" && c.Has(Clerk, Admin) }), err
}

// ReleaseBroadcast lets what was prepared go, for clerk and administrator
// (Tx.ReleaseBroadcast); ErrScope for others.
func (s Scope) ReleaseBroadcast(code string, now time.Time) (Broadcast, error) {
	if !s.office() {
		return Broadcast{}, ErrScope
	}
	return s.tx.ReleaseBroadcast(s.Person.Cadre.ID, code, now)
}

// ReleaseBroadcast lets the broadcast of a code go, from the next decent hour on.
// It returns ErrNotFound when none of the last day waits for that code; ErrSecond
// when who prepared it is not the one who may release it, and ErrEarly, with the
// broadcast, while she has to wait because there is nobody else.
func (tx *Tx) ReleaseBroadcast(by, code string, now time.Time) (Broadcast, error) {
	all, err := tx.broadcasts()
	if err != nil {
		return Broadcast{}, err
	}
	i := slices.IndexFunc(all, func(b Broadcast) bool {
		return b.Code == code && b.Released == 0 && b.Stopped == 0 && now.Sub(time.Unix(b.At, 0)) < broadcastTime
	})
	if i < 0 {
		return Broadcast{}, ErrNotFound
	}
	b := all[i]
	if b.By == by {
		second, err := tx.NeedsSecond(b)
		switch {
		case err != nil:
			return b, err
		case second:
			return b, ErrSecond
		case now.Sub(time.Unix(b.At, 0)) < broadcastPause:
			return b, ErrEarly
		}
	}
	if b.Count, err = tx.countCircle(b.To, now); err != nil {
		return b, err
	}
	b.Released, b.ReleasedBy = now.Unix(), by
	if b, err = tx.startBroadcast(b, now); err != nil {
		return b, err
	}
	return b, tx.put(key("broadcast", b.ID), b)
}

// booking is how long it takes until the first messages of a broadcast are booked.
const booking = 5 * time.Minute

func (tx *Tx) startBroadcast(b Broadcast, now time.Time) (Broadcast, error) {
	site, err := tx.Site()
	if err != nil {
		return b, err
	}
	start, ok := site.Holidays().Decent(calendar.ResidentHours, now.Add(booking))
	if !ok {
		return b, ErrPast
	}
	b.Start = start.Unix()
	return b, nil
}

// broadcasts are all that are kept, the newest first.
func (tx *Tx) broadcasts() ([]Broadcast, error) {
	all, err := collect(list[Broadcast](tx, prefix("broadcast")))
	slices.SortFunc(all, func(a, b Broadcast) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, err
}

// broadcastDays is how long a broadcast is listed, and shown to whom it was told.
const broadcastDays = 30

// Broadcasts returns those of the last month, the newest first, for clerk and
// administrator (ErrScope for others).
func (s Scope) Broadcasts(now time.Time) ([]Broadcast, error) {
	if !s.office() {
		return nil, ErrScope
	}
	return s.tx.Broadcasts(now)
}

// Broadcasts is the same for the command line.
func (tx *Tx) Broadcasts(now time.Time) ([]Broadcast, error) {
	all, err := tx.broadcasts()
	old := now.AddDate(0, 0, -broadcastDays).Unix()
	return slices.DeleteFunc(all, func(b Broadcast) bool { return b.At < old }), err
}

// StopBroadcast takes back what is not sent yet and returns how many that were,
// for clerk and administrator (ErrScope for others).
func (s Scope) StopBroadcast(id string, now time.Time) (int, error) {
	if !s.office() {
		return 0, ErrScope
	}
	return s.tx.StopBroadcast(id, now)
}

// StopBroadcast is the same for the command line. Those who are not booked yet
// count with those who are. ErrNotFound when there is none of that id.
func (tx *Tx) StopBroadcast(id string, now time.Time) (int, error) {
	b, err := get[Broadcast](tx, key("broadcast", id))
	if err != nil || b.Stopped != 0 {
		return 0, err
	}
	told, err := tx.toldOf(b)
	if err != nil {
		return 0, err
	}
	n, err := tx.stopAll(told, now)
	if err != nil {
		return n, err
	}
	if b.Released != 0 && !b.Done {
		n += max(b.Count-b.Told, 0)
	}
	b.Stopped, b.Done = now.Unix(), true
	return n, tx.put(key("broadcast", id), b)
}

// stopAll drops what is not sent yet, and returns how many that were.
func (tx *Tx) stopAll(told []Delivery, now time.Time) (int, error) {
	n := 0
	for _, d := range told {
		if d.State != Booked && d.State != Owed {
			continue
		}
		n++
		d.State, d.Reason, d.Settled = Dropped, "stopped", now.Unix()
		if err := tx.PutDelivery(d); err != nil {
			return n, err
		}
	}
	return n, nil
}

func broadcastCause(id, resident string) string { return "broadcast/" + id + "/" + resident }

func (tx *Tx) toldOf(b Broadcast) ([]Delivery, error) {
	return tx.toldBy(prefix("broadcast_to", b.ID), func(resident string) string { return broadcastCause(b.ID, resident) })
}

// toldBy returns the deliveries of those who stand under a prefix.
func (tx *Tx) toldBy(pre []byte, cause func(resident string) string) ([]Delivery, error) {
	var out []Delivery
	for p, err := range tx.parts(pre) {
		if err != nil {
			return nil, err
		}
		d, err := optional(tx.DeliveryOf(cause(p[0])))
		if err != nil {
			return nil, err
		}
		if d.ID != "" {
			out = append(out, d)
		}
	}
	return out, nil
}

// Figures returns how a broadcast stands, for clerk and administrator (ErrScope
// for others).
func (s Scope) Figures(b Broadcast) (Figures, error) {
	if !s.office() {
		return Figures{}, ErrScope
	}
	return s.tx.Figures(b)
}

// Figures is the same for the command line.
func (tx *Tx) Figures(b Broadcast) (Figures, error) {
	var f Figures
	told, err := tx.toldOf(b)
	if err != nil {
		return f, err
	}
	for _, d := range told {
		switch {
		case d.State == Booked || d.State == Claimed:
			f.Waiting++
		case d.State == Sent:
			f.Sent++
		case d.State == Delivered:
			f.Delivered++
		case d.State == Owed:
			f.Owed++
		case d.Reason == "stopped":
			f.Stopped++
		default:
			f.Missed++
		}
		r, err := optional(tx.Resident(d.About))
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

// MyBroadcasts returns what the asker's family was told of in the last month, the
// newest first.
func (s Scope) MyBroadcasts(now time.Time) ([]Broadcast, error) {
	if len(s.own) == 0 {
		return nil, nil
	}
	all, err := s.tx.Broadcasts(now)
	if err != nil {
		return nil, err
	}
	var out []Broadcast
	for _, b := range all {
		for resident := range s.own {
			d, err := optional(s.tx.DeliveryOf(broadcastCause(b.ID, resident)))
			if err != nil {
				return nil, err
			}
			if d.State == Claimed || d.State == Sent || d.State == Delivered || d.State == Owed || d.State == Unknown {
				out = append(out, b)
				break
			}
		}
	}
	return out, nil
}

// OpenBroadcasts returns the ids of the released broadcasts of which not all are
// booked.
func (tx *Tx) OpenBroadcasts() ([]string, error) {
	all, err := tx.broadcasts()
	var out []string
	for _, b := range all {
		if b.Released != 0 && !b.Done {
			out = append(out, b.ID)
		}
	}
	return out, err
}

// TellCircle books the next messages of a broadcast, for about max people of its
// circle: over the site's spread_minutes at decent hours, each WeChat once. It
// reports how many, and whether that was all. What begins too late begins at the
// next decent hour.
func (tx *Tx) TellCircle(id string, max int, now time.Time) (booked int, done bool, err error) {
	b, err := get[Broadcast](tx, key("broadcast", id))
	if err != nil || b.Done || b.Released == 0 {
		return 0, true, err
	}
	if b.Told == 0 && b.After == "" && b.Start < now.Unix() {
		if b, err = tx.startBroadcast(b, now.Add(-booking)); err != nil {
			return 0, true, err
		}
	}
	site, err := tx.Site()
	if err != nil {
		return 0, true, err
	}
	people, next, err := tx.circle(b.To, Page{After: b.After}, max)
	if err != nil {
		return 0, true, err
	}
	span := time.Duration(site.Limit("spread_minutes", spreadMinutes)) * time.Minute
	for _, resident := range people {
		ok, err := tx.tells(b.To, resident, now)
		if err != nil {
			return booked, true, err
		}
		if !ok {
			continue
		}
		at := pacedAt(site.Holidays(), time.Unix(b.Start, 0), span*time.Duration(min(b.Told, b.Count))/time.Duration(cmp.Or(b.Count, 1)))
		fresh, err := tx.Enqueue(Delivery{Cause: broadcastCause(b.ID, resident), Kind: "broadcast", To: "r:" + resident, About: resident,
			Facts:    map[string]string{"broadcast": b.ID, "day": calendar.DayOf(at).String()},
			Earliest: at.Unix(), Latest: (calendar.DayOf(at) + 2).At(20, 0).Unix(), Booked: now.Unix(), Priority: 4})
		if err != nil {
			return booked, true, err
		}
		if !fresh {
			continue
		}
		if err := tx.putRaw(key("broadcast_to", b.ID, resident), nil); err != nil {
			return booked, true, err
		}
		b.Told, booked = b.Told+1, booked+1
	}
	b.After, b.Done = next.After, next.Done
	return booked, b.Done, tx.put(key("broadcast", b.ID), b)
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
func (tx *Tx) circle(c Circle, page Page, max int) (out []string, next Page, err error) {
	switch {
	case c.Village != "":
		next, err = tx.people(c.Village, page, func(r Resident) (bool, error) {
			out = append(out, r.ID)
			return len(out) < max, nil
		})
		return out, next, err
	case c.Booked != 0:
		all, err := tx.appointmentsOn(c.Booked)
		for _, a := range all {
			for _, who := range []string{a.Resident, a.Spouse} {
				if who != "" && a.State == Expected && !slices.Contains(out, who) {
					out = append(out, who)
				}
			}
		}
		return out, Page{Done: true}, err
	case c.Away == "" && !c.Hearing:
		return nil, Page{Done: true}, nil
	}
	pre := prefix(pick(c.Hearing, "hears", "out"))
	for p, err := range tx.scan(page.start(pre), end(pre)) {
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
	return out, Page{Done: true}, nil
}

// tells reports whether somebody is in a circle, may be written to, and is the first
// of her WeChat's family who is: each phone is told once.
func (tx *Tx) tells(c Circle, resident string, now time.Time) (bool, error) {
	openid, err := tx.tellable(c, resident, now)
	if err != nil || openid == "" {
		return false, err
	}
	l, err := tx.Link(openid)
	if err != nil {
		return false, err
	}
	for _, other := range l.Residents {
		if other == resident {
			break
		}
		before, err := tx.tellable(c, other, now)
		if err != nil || before == openid {
			return false, err
		}
	}
	return true, nil
}

// tellable returns the WeChat by which somebody of a circle may be told, "" when
// she is not of it or may not.
func (tx *Tx) tellable(c Circle, resident string, now time.Time) (string, error) {
	in, err := tx.inCircle(c, resident)
	if err != nil || !in {
		return "", err
	}
	ok, err := tx.reachable(resident, c.set())
	if err != nil || !ok {
		return "", err
	}
	paused, err := tx.Paused(resident, c.set(), now)
	if err != nil || paused {
		return "", err
	}
	return tx.WeChatOf(resident)
}

func (tx *Tx) inCircle(c Circle, resident string) (bool, error) {
	r, err := optional(tx.Resident(resident))
	switch {
	case err != nil || r.ID == "":
		return false, err
	case c.Village != "":
		return r.Village == c.Village, nil
	case c.Hearing:
		return tx.has(key("hears", resident))
	case c.Away != "":
		a, err := tx.openAway(resident)
		return a.ID != "" && strings.Contains(a.Place, c.Away), err
	}
	all, err := tx.appointmentsOn(c.Booked)
	return slices.ContainsFunc(all, func(a Appointment) bool {
		return a.State == Expected && (a.Resident == resident || a.Spouse == resident)
	}), err
}

// countCircle returns how many people a circle tells.
func (tx *Tx) countCircle(c Circle, now time.Time) (n int, err error) {
	people, _, err := tx.circle(c, Page{}, 1<<30)
	for _, resident := range people {
		ok, err := tx.tells(c, resident, now)
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	return n, err
}

// broadcastStands returns why a message of a broadcast is no longer true.
func (tx *Tx) broadcastStands(d Delivery) (string, error) {
	b, err := optional(get[Broadcast](tx, key("broadcast", d.Facts["broadcast"])))
	switch {
	case err != nil:
		return "", err
	case b.ID == "" || b.Stopped != 0:
		return "stopped", nil
	}
	in, err := tx.inCircle(b.To, d.About)
	if err != nil || !in {
		return "changed", err
	}
	ok, err := tx.reachable(d.About, b.To.set())
	return pick(ok, "", "withdrawn"), err
}

// dropBroadcast deletes a broadcast with to whom it went.
func (tx *Tx) dropBroadcast(b Broadcast) error {
	if err := tx.deleteAll(prefix("broadcast_to", b.ID)); err != nil {
		return err
	}
	return tx.delete(key("broadcast", b.ID))
}
