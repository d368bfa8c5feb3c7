package broadcasts

import (
	"cmp"
	"slices"
	"strconv"
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
func Returnees(s person.Scope, day calendar.Day) ([]string, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return nil, record.ErrScope
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return nil, err
	}
	h, within := migration.HomecomingOn(site, day)
	cards, err := migration.AwayResidents(s, 1<<20)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range cards {
		if a.ExpectedDay == 0 || cmp.Or(a.ExpectedFrom, a.ExpectedDay) > day {
			continue
		}
		ok, err := consent.Reachable(s.Tx, a.Resident, purpose.Migration)
		if err != nil {
			return nil, err
		}
		if ok && within {
			told, err := migration.ToldOfHome(s.Tx, a.Resident, h)
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

// Announce releases seats (Release: the waiting list comes first) and, where tell
// says so, books one message to each who comes home, spread over the site's
// time from the next 18:30 on, and to the clerk how it went, that evening.
func Announce(s person.Scope, slots []bookings.Slot, tell bool, cause string, now time.Time) (Announcement, error) {
	var a Announcement
	if len(slots) == 0 {
		return a, record.ErrNotAvailable
	}
	a = Announcement{ID: record.ID("release", cause), Service: slots[0].Service, Day: slots[0].Day, Till: slots[0].KeptTill, By: s.Person.Cadre.ID, At: now.Unix()}
	var err error
	if a.Offered, err = bookings.PublishSlots(s, slots, cause, now); err != nil {
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
		if err := tellHome(s, &a, evening, now); err != nil {
			return a, err
		}
	}
	_, err = outbox.Enqueue(s.Tx, outbox.Delivery{Cause: "release/" + a.ID + "/digest", Kind: "release_digest", To: "c:" + a.By,
		Facts:    map[string]string{"release": a.ID, "day": a.Day.String()},
		Earliest: evening.At(19, 30).Unix(), Latest: evening.At(21, 0).Unix(), Booked: now.Unix(), Priority: 3})
	if err != nil {
		return a, err
	}
	return a, s.Tx.Put(record.Key("release", a.ID), a)
}

func tellHome(s person.Scope, a *Announcement, evening calendar.Day, now time.Time) error {
	home, err := Returnees(s, a.Day)
	if err != nil {
		return err
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return err
	}
	spread := time.Duration(min(townconfig.SpreadMinutes.Of(site), 60)) * time.Minute
	for i, resident := range home {
		at := evening.At(18, 30).Add(spread * time.Duration(i) / time.Duration(len(home)))
		_, err := outbox.Enqueue(s.Tx, outbox.Delivery{Cause: releaseCause(a.ID, resident), Kind: "release_offer", To: "r:" + resident, About: resident,
			Facts:    map[string]string{"release": a.ID, "day": a.Day.String()},
			Earliest: at.Unix(), Latest: evening.At(20, 0).Unix(), Booked: now.Unix(), Priority: 3})
		if err != nil {
			return err
		}
		if err := s.Tx.PutRaw(record.Key("release_to", a.ID, resident), nil); err != nil {
			return err
		}
		if err := migration.ToldWithSeats(s.Tx, resident, a.Day, releaseCause(a.ID, resident)); err != nil {
			return err
		}
	}
	a.Told = len(home)
	return nil
}

func releaseCause(id, resident string) string { return "release/" + id + "/" + resident }

// Announcements returns the releases of days to come, newest first, for the clerk
// (ErrScope for others).
func Announcements(s person.Scope, today calendar.Day) ([]Announcement, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return nil, record.ErrScope
	}
	all, err := record.Collect(record.List[Announcement](s.Tx, record.Prefix("release")))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Announcement) bool { return a.Day < today })
	slices.SortFunc(all, func(a, b Announcement) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// StopAnnouncement takes back the messages that are not sent yet and returns how
// many; the seats stay open, and who was told can book.
func StopAnnouncement(s person.Scope, id string, now time.Time) (int, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return 0, record.ErrScope
	}
	a, err := record.Get[Announcement](s.Tx, record.Key("release", id))
	if err != nil {
		return 0, err
	}
	told, err := alreadyTold(s.Tx, a)
	if err != nil {
		return 0, err
	}
	n, err := stopAll(s.Tx, told, now)
	if err != nil {
		return n, err
	}
	a.Stopped = now.Unix()
	return n, s.Tx.Put(record.Key("release", id), a)
}

func alreadyTold(tx *record.Tx, a Announcement) ([]outbox.Delivery, error) {
	return toldBy(tx, record.Prefix("release_to", a.ID), func(resident string) string { return releaseCause(a.ID, resident) })
}

// ProgressOf returns how a release stands now.
func ProgressOf(s person.Scope, a Announcement, now time.Time) (Progress, error) {
	if !s.Person.Cadre.Has(person.Clerk) {
		return Progress{}, record.ErrScope
	}
	return progress(s.Tx, a, now)
}

func progress(tx *record.Tx, a Announcement, now time.Time) (Progress, error) {
	var p Progress
	for _, hour := range a.Hours {
		o, err := bookings.LoadSlot(tx, a.Service, a.Day, hour)
		if err != nil {
			return p, err
		}
		p.Seats, p.Taken, p.Free = p.Seats+o.Capacity, p.Taken+o.Taken, p.Free+o.Free(calendar.DayOf(now), true)
	}
	told, err := alreadyTold(tx, a)
	for _, d := range told {
		switch {
		case d.State == outbox.Booked || d.State == outbox.Claimed:
			p.Waiting++
		case d.State == outbox.Deferred || d.State == outbox.Dropped && d.Reason != "stopped" && d.Reason != "full":
			p.Missed++
		}
	}
	return p, err
}

// AnnouncementStillValid returns why a delivery about released seats is no longer true.
func AnnouncementStillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	a, err := record.Optional(record.Get[Announcement](tx, record.Key("release", d.Facts["release"])))
	if err != nil {
		return "", err
	}
	if a.ID == "" || a.Stopped != 0 {
		return "stopped", nil
	}
	ok, err := consent.Reachable(tx, d.About, purpose.Migration)
	if err != nil || !ok {
		return "withdrawn", err
	}
	p, err := progress(tx, a, time.Unix(d.Earliest, 0))
	return record.If(p.Free > 0, "", "full"), err
}

// WithCounts returns a clerk's digest, and the word about alarms, with the numbers of
// now; other deliveries as they are.
func WithCounts(tx *record.Tx, d outbox.Delivery, now time.Time) (outbox.Delivery, error) {
	if d.Kind == "alarm_note" {
		all, err := ops.OpenAlarms(tx)
		d.Facts["count"] = strconv.Itoa(len(all))
		return d, err
	}
	if d.Kind != "release_digest" {
		return d, nil
	}
	a, err := record.Optional(record.Get[Announcement](tx, record.Key("release", d.Facts["release"])))
	if err != nil || a.ID == "" {
		return d, err
	}
	p, err := progress(tx, a, now)
	for name, n := range map[string]int{"seats": p.Seats, "taken": p.Taken, "free": p.Free, "missed": p.Missed} {
		d.Facts[name] = strconv.Itoa(n)
	}
	return d, err
}
