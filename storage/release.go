package storage

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
)

// Announcement is a release of seats by the clerk: what was opened, and how many
// people who said that they would be home are told of it.
type Announcement struct {
	ID, Service string
	Day         calendar.Day
	Hours       []string     // "08:00" …
	Seats       int          // released then
	Till        calendar.Day `json:",omitempty"` // kept for people who come home until then
	Offered     int          // people on the waiting list who were offered a seat at once
	Told        int          // people who come home and are told
	By          string       // the clerk
	At          int64        // Unix seconds
	Stopped     int64        `json:",omitempty"` // Unix seconds: the rest is not told
}

// Progress is how an announcement stands.
type Progress struct {
	Seats, Taken, Free int // of its hours now
	Missed             int // told, but no channel took it
	Waiting            int // not told yet
}

// Returnees returns, for the clerk, who said that she would be home by a day,
// agreed to C3 and takes messages. Where the day lies in a homecoming, who was
// written to about it is not among them: once is enough.
func (s Scope) Returnees(day calendar.Day) ([]string, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return nil, ErrScope
	}
	site, err := s.tx.Site()
	if err != nil {
		return nil, err
	}
	h, within := site.HomecomingOn(day)
	cards, err := s.AwayResidents(1 << 20)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range cards {
		if a.ExpectedDay == 0 || cmp.Or(a.ExpectedFrom, a.ExpectedDay) > day {
			continue
		}
		ok, err := s.tx.reachable(a.Resident, C3)
		if err != nil {
			return nil, err
		}
		if ok && within {
			told, err := s.tx.toldOfHome(a.Resident, h)
			if err != nil {
				return nil, err
			}
			ok = !told
		}
		if ok && !slices.Contains(out, a.Resident) {
			out = append(out, a.Resident)
		}
	}
	return out, nil
}

// reachable reports whether somebody can be told of what a consent set allows.
func (tx *Tx) reachable(resident string, set Set) (bool, error) {
	r, err := tx.Resident(resident)
	if err != nil || r.NoPush {
		return false, err
	}
	c, err := tx.Consent(resident, set)
	if err != nil || !c.Given() {
		return false, err
	}
	openid, err := tx.WeChatOf(resident)
	return openid != "", err
}

// spreadMinutes is over how long the messages of one release are spread, where
// the site sets no other (limit spread_minutes); the evening has 90.
const spreadMinutes = 30

// Announce releases seats (Release: the waiting list comes first) and, where tell
// says so, books one message to each who comes home, spread over the site's
// time from the next 18:30 on, and to the clerk how it went, that evening.
func (s Scope) Announce(slots []Slot, tell bool, cause string, now time.Time) (Announcement, error) {
	var a Announcement
	if len(slots) == 0 {
		return a, ErrPast
	}
	a = Announcement{ID: ID("release", cause), Service: slots[0].Service, Day: slots[0].Day, Till: slots[0].KeptTill, By: s.Person.Cadre.ID, At: now.Unix()}
	var err error
	if a.Offered, err = s.Release(slots, cause, now); err != nil {
		return a, err
	}
	for _, o := range slots {
		a.Hours, a.Seats = append(a.Hours, o.Time), a.Seats+o.Capacity
	}
	evening := calendar.DayOf(now)
	if !now.Before(evening.At(18, 30)) {
		evening++
	}
	if tell && evening < a.Day {
		if err := s.tellHome(&a, evening, now); err != nil {
			return a, err
		}
	}
	_, err = s.tx.Enqueue(Delivery{Cause: "release/" + a.ID + "/digest", Kind: "release_digest", To: "c:" + a.By,
		Facts:    map[string]string{"release": a.ID, "day": a.Day.String()},
		Earliest: evening.At(19, 30).Unix(), Latest: evening.At(21, 0).Unix(), Booked: now.Unix(), Priority: 3})
	if err != nil {
		return a, err
	}
	return a, s.tx.put(key("release", a.ID), a)
}

func (s Scope) tellHome(a *Announcement, evening calendar.Day, now time.Time) error {
	home, err := s.Returnees(a.Day)
	if err != nil {
		return err
	}
	site, err := s.tx.Site()
	if err != nil {
		return err
	}
	spread := time.Duration(min(site.Limit("spread_minutes", spreadMinutes), 60)) * time.Minute
	for i, resident := range home {
		at := evening.At(18, 30).Add(spread * time.Duration(i) / time.Duration(len(home)))
		_, err := s.tx.Enqueue(Delivery{Cause: releaseCause(a.ID, resident), Kind: "release_offer", To: "r:" + resident, About: resident,
			Facts:    map[string]string{"release": a.ID, "day": a.Day.String()},
			Earliest: at.Unix(), Latest: evening.At(20, 0).Unix(), Booked: now.Unix(), Priority: 3})
		if err != nil {
			return err
		}
		if err := s.tx.putRaw(key("release_to", a.ID, resident), nil); err != nil {
			return err
		}
		if err := s.tx.toldWithSeats(resident, a.Day, releaseCause(a.ID, resident)); err != nil {
			return err
		}
	}
	a.Told = len(home)
	return nil
}

func releaseCause(id, resident string) string { return "release/" + id + "/" + resident }

// Announcements returns the releases of days to come, newest first, for the clerk
// (ErrScope for others).
func (s Scope) Announcements(today calendar.Day) ([]Announcement, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return nil, ErrScope
	}
	all, err := collect(list[Announcement](s.tx, prefix("release")))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Announcement) bool { return a.Day < today })
	slices.SortFunc(all, func(a, b Announcement) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// StopAnnouncement takes back the messages that are not sent yet and returns how
// many; the seats stay open, and who was told can book.
func (s Scope) StopAnnouncement(id string, now time.Time) (int, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return 0, ErrScope
	}
	a, err := get[Announcement](s.tx, key("release", id))
	if err != nil {
		return 0, err
	}
	told, err := s.tx.told(a)
	if err != nil {
		return 0, err
	}
	n, err := s.tx.stopAll(told, now)
	if err != nil {
		return n, err
	}
	a.Stopped = now.Unix()
	return n, s.tx.put(key("release", id), a)
}

func (tx *Tx) told(a Announcement) ([]Delivery, error) {
	return tx.toldBy(prefix("release_to", a.ID), func(resident string) string { return releaseCause(a.ID, resident) })
}

// Progress returns how a release stands now.
func (s Scope) Progress(a Announcement, now time.Time) (Progress, error) {
	if !s.Person.Cadre.Has(Clerk) {
		return Progress{}, ErrScope
	}
	return s.tx.progress(a, now)
}

func (tx *Tx) progress(a Announcement, now time.Time) (Progress, error) {
	var p Progress
	for _, hour := range a.Hours {
		o, err := tx.slot(a.Service, a.Day, hour)
		if err != nil {
			return p, err
		}
		p.Seats, p.Taken, p.Free = p.Seats+o.Capacity, p.Taken+o.Taken, p.Free+o.Free(calendar.DayOf(now), true)
	}
	told, err := tx.told(a)
	for _, d := range told {
		switch {
		case d.State == Booked || d.State == Claimed:
			p.Waiting++
		case d.State == Owed || d.State == Dropped && d.Reason != "stopped" && d.Reason != "full":
			p.Missed++
		}
	}
	return p, err
}

// releaseStands returns why a delivery about released seats is no longer true.
func (tx *Tx) releaseStands(d Delivery) (string, error) {
	a, err := optional(get[Announcement](tx, key("release", d.Facts["release"])))
	if err != nil {
		return "", err
	}
	if a.ID == "" || a.Stopped != 0 {
		return "stopped", nil
	}
	ok, err := tx.reachable(d.About, C3)
	if err != nil || !ok {
		return "withdrawn", err
	}
	p, err := tx.progress(a, time.Unix(d.Earliest, 0))
	return pick(p.Free > 0, "", "full"), err
}

// counted returns a clerk's digest, and the word about alarms, with the numbers of
// now; other deliveries as they are.
func (tx *Tx) counted(d Delivery, now time.Time) (Delivery, error) {
	if d.Kind == "alarm_note" {
		all, err := tx.Alarms()
		d.Facts["count"] = strconv.Itoa(len(all))
		return d, err
	}
	if d.Kind != "release_digest" {
		return d, nil
	}
	a, err := optional(get[Announcement](tx, key("release", d.Facts["release"])))
	if err != nil || a.ID == "" {
		return d, err
	}
	p, err := tx.progress(a, now)
	for name, n := range map[string]int{"seats": p.Seats, "taken": p.Taken, "free": p.Free, "missed": p.Missed} {
		d.Facts[name] = strconv.Itoa(n)
	}
	return d, err
}
