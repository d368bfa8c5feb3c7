package calls

import (
	"slices"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/documents"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// A paper that waits for somebody whom no message reaches is a call too, where she
// chose when she booked who may ring her. It is made on the day on which it is
// listed; what waits for her is said neither on the list nor on the telephone.

const (
	paperCalls   = 2 // about one paper: then the clinic keeps it until she comes
	PaperCallGap = 3 // days between them
	PaperCallEnd = "17:00"
)

// ListPaperCalls lists in the morning, page by page, who is to be rung about a paper:
// she has no WeChat, or neither word of it reached her, and she chose to be rung; not
// on the day on which it was made out, nor who has named a day. It returns how many
// it added.
func ListPaperCalls(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	return person.Paged(tx, record.Prefix("paper"), page, max, func(p kv.Pair, _ string) (bool, error) {
		one, err := record.Decode[documents.Document](p)
		if err != nil {
			return false, err
		}
		return listPaperCall(tx, one, now)
	})
}

func listPaperCall(tx *record.Tx, p documents.Document, now time.Time) (bool, error) {
	today := calendar.DayOf(now)
	if calendar.DayOf(time.Unix(p.At, 0)) >= today {
		return false, nil
	}
	c := Call{Resident: p.Resident, Appointment: p.Appointment, Paper: p.ID, Day: today, Time: PaperCallEnd, Listed: now.Unix(), Desk: true}
	_, _, ok, err := openPaperCall(tx, c, now)
	if err != nil || !ok {
		return false, err
	}
	again, err := CalledOften(tx, c, today)
	if err != nil || again {
		return false, err
	}
	if c.Why, err = untoldPaper(tx, p); err != nil || c.Why == "" {
		return false, err
	}
	return true, Put(tx, c)
}

// openPaperCall is openCall for a paper: it waits for her still, and she has named
// no day.
func openPaperCall(tx *record.Tx, c Call, now time.Time) (a bookings.Appointment, r person.Resident, ok bool, err error) {
	today := calendar.DayOf(now)
	p, err := record.Optional(record.Get[documents.Document](tx, record.Key("paper", c.Resident, c.Paper)))
	if err != nil || !p.Open(today) || p.State != documents.Ready && p.State != documents.Reminded || p.Day != 0 || p.Here != 0 || c.Day != today {
		return a, r, false, err
	}
	if a, err = record.Optional(bookings.Load(tx, p.Appointment)); err != nil || a.Resident != p.Resident || a.Ring != bookings.RingOffice && a.Ring != person.RingContact {
		return a, r, false, err
	}
	r, err = record.Optional(person.LoadResident(tx, p.Resident))
	return a, r, err == nil && r.ID != "", err
}

// CalledOften reports whether somebody was spoken to today, or about this paper, or
// was to be rung about it lately or often enough.
func CalledOften(tx *record.Tx, c Call, today calendar.Day) (bool, error) {
	all, err := record.Collect(record.List[Call](tx, record.Prefix("call", c.Resident)))
	if err != nil {
		return false, err
	}
	n := 0
	for _, old := range all {
		switch {
		case old.Done != 0 && (old.Paper == c.Paper || calendar.DayOf(time.Unix(old.Done, 0)) == today):
			return true, nil
		case old.Paper != "" && old.Appointment == c.Appointment && old.Day > today-PaperCallGap: // both papers wait at one desk
			return true, nil
		case old.Paper != c.Paper:
		default:
			n++
		}
	}
	return n >= paperCalls, nil
}

// untoldPaper returns why she is to be rung about a paper, "" when she is not: a word
// of it reached her, or may still.
func untoldPaper(tx *record.Tx, p documents.Document) (CallWhy, error) {
	openid, err := person.WeChatOf(tx, p.Resident)
	if err != nil {
		return "", err
	}
	for _, kind := range []string{"paper_ready", "paper_reminder"} {
		d, err := record.Optional(outbox.DeliveryOf(tx, documents.Cause(p.ID, kind)))
		if err != nil || slices.Contains([]outbox.DeliveryState{outbox.Sent, outbox.Delivered}, d.State) {
			return "", err
		}
		if openid != "" && slices.Contains([]outbox.DeliveryState{outbox.Booked, outbox.Claimed}, d.State) {
			return "", nil
		}
	}
	if openid == "" {
		return NoWeChat, nil
	}
	return Lost, nil
}
