package scheduler

import (
	"hash/fnv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// manner is how a delivery stands to the one digest of a day.
type manner uint8

const (
	awaited  manner = iota // an offer, an answer, a change of a booking: at once, by itself
	promised               // its hour was promised: at that hour, and it takes news along
	news                   // nobody waits for it: one a person and day, with all there is
)

// mannerOf goes by the kind. Staff are not in it: what they are sent are lists, each
// the digest of its hour.
func mannerOf(d outbox.Delivery) manner {
	if !strings.HasPrefix(d.To, "r:") {
		return awaited
	}
	switch d.Kind {
	case "appointment_ahead", "appointment_eve", "appointment_morning", "appointment_missed", "visit_eve", "lecture_eve", "paper_return":
		return promised
	case "recorded", "paper_ready", "paper_reminder", "paper_last", "broadcast", "away_told", "away_day", "away_home", "profile":
		return news
	}
	return awaited
}

// mostAlong is how many deliveries another takes along.
const mostAlong = 4

// turn is what the rule of one digest a person and day makes of a delivery whose
// hour has come: it goes now, with others; or waits; or is owed, because it cannot
// wait for a day on which nothing else was sent.
type turn struct {
	wait int64 // Unix seconds
	owe  bool
	with []outbox.Delivery
}

// turnOf is the rule. told is the day of her last digest (0: none), hers are the
// deliveries booked for her, and decent the first hour at or after an instant at
// which one of them may be sent.
func turnOf(d outbox.Delivery, told calendar.Day, hers []outbox.Delivery, now time.Time, decent func(outbox.Delivery, time.Time) (time.Time, bool)) turn {
	is := mannerOf(d)
	if is == awaited || d.Tries > 0 || d.Doubt != 0 {
		return turn{}
	}
	today := calendar.DayOf(now)
	keepsUntil := func(at time.Time) (int64, bool) {
		at, ok := decent(d, at)
		return at.Unix(), ok && at.Unix() <= d.Latest
	}
	if is == news {
		if told == today {
			if at, ok := keepsUntil((today + 1).At(0, 0)); ok {
				return turn{wait: spreadFrom(d, time.Unix(at, 0)).Unix()}
			}
			return turn{owe: true}
		}
		if at, ok := taker(d, hers, now); ok {
			if at, ok := keepsUntil(at); ok && calendar.DayOf(time.Unix(at, 0)) == today {
				return turn{wait: at}
			}
		}
	}
	var t turn
	for _, o := range hers {
		if o.ID != d.ID && mannerOf(o) == news && ready(o, now) && len(t.with) < mostAlong {
			t.with = append(t.with, o)
		}
	}
	return t
}

// ready reports whether news can go along with another now, and was not tried by
// itself. It may be waiting for that one (taker).
func ready(d outbox.Delivery, now time.Time) bool {
	return d.Earliest <= now.Unix() && d.Next <= now.Add(2*time.Minute).Unix() && d.Latest >= now.Unix() && d.Tries == 0 && d.Doubt == 0
}

// taker is the hour, today, of the first promised delivery that can take news
// along. One that is due already goes within the minute.
func taker(d outbox.Delivery, hers []outbox.Delivery, now time.Time) (at time.Time, ok bool) {
	for _, o := range hers {
		if o.ID == d.ID || mannerOf(o) != promised {
			continue
		}
		its := time.Unix(o.At(), 0)
		if !its.After(now) {
			its = now.Add(time.Minute)
		}
		if calendar.DayOf(its) == calendar.DayOf(now) && (!ok || its.Before(at)) {
			at, ok = its, true
		}
	}
	return at, ok
}

// What residents are not waiting for is spread over half an hour, where it did not
// go at the hour for which it was booked: after an outage, or after a night.
const (
	spread  = 30 * time.Minute
	overdue = 10 * time.Minute
)

// spreads reports whether a delivery is one of many that may go together.
func spreads(d outbox.Delivery) bool {
	return mannerOf(d) != awaited || d.Kind == "release_offer"
}

// spreadFrom is the instant at or after from at which a delivery has its place in
// the half hour; in half of what is left to it, where that is less.
func spreadFrom(d outbox.Delivery, from time.Time) time.Time {
	room := min(spread, time.Unix(d.Latest, 0).Sub(from)/2)
	if !spreads(d) || d.Tries > 0 || d.Doubt != 0 || room < time.Minute {
		return from
	}
	h := fnv.New32a()
	h.Write([]byte(d.ID))
	return from.Add(time.Duration(h.Sum32()%uint32(room/time.Second)) * time.Second)
}
