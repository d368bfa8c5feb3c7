package storage

import (
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// A paper that waits for somebody whom no message reaches is a call too, where she
// chose when she booked who may ring her. It is made on the day on which it is
// listed; what waits for her is said neither on the list nor on the telephone.

const (
	paperCalls   = 2 // about one paper: then the clinic keeps it until she comes
	paperCallGap = 3 // days between them
	paperCallEnd = "17:00"
)

// ListPaperCalls lists in the morning, page by page, who is to be rung about a paper:
// she has no WeChat, or neither word of it reached her, and she chose to be rung; not
// on the day on which it was made out, nor who has named a day. It returns how many
// it added.
func (tx *Tx) ListPaperCalls(page Page, max int, now time.Time) (Page, int, error) {
	return tx.paged(prefix("paper"), page, max, func(p kv.Pair, _ string) (bool, error) {
		one, err := record[Paper](p)
		if err != nil {
			return false, err
		}
		return tx.listPaperCall(one, now)
	})
}

func (tx *Tx) listPaperCall(p Paper, now time.Time) (bool, error) {
	today := calendar.DayOf(now)
	if calendar.DayOf(time.Unix(p.At, 0)) >= today {
		return false, nil
	}
	c := Call{Resident: p.Resident, Appointment: p.Appointment, Paper: p.ID, Day: today, Time: paperCallEnd, Listed: now.Unix(), Desk: true}
	_, _, ok, err := tx.openPaperCall(c, now)
	if err != nil || !ok {
		return false, err
	}
	again, err := tx.calledOften(c, today)
	if err != nil || again {
		return false, err
	}
	if c.Why, err = tx.untoldPaper(p); err != nil || c.Why == "" {
		return false, err
	}
	return true, tx.putCall(c)
}

// openPaperCall is openCall for a paper: it waits for her still, and she has named
// no day.
func (tx *Tx) openPaperCall(c Call, now time.Time) (a Appointment, r Resident, ok bool, err error) {
	today := calendar.DayOf(now)
	p, err := optional(get[Paper](tx, key("paper", c.Resident, c.Paper)))
	if err != nil || !p.Open(today) || p.State != Ready && p.State != Reminded || p.Day != 0 || p.Here != 0 || c.Day != today {
		return a, r, false, err
	}
	if a, err = optional(tx.appointment(p.Appointment)); err != nil || a.Resident != p.Resident || a.Ring != RingOffice && a.Ring != RingContact {
		return a, r, false, err
	}
	r, err = optional(tx.Resident(p.Resident))
	return a, r, err == nil && r.ID != "", err
}

// calledOften reports whether somebody was spoken to today, or about this paper, or
// was to be rung about it lately or often enough.
func (tx *Tx) calledOften(c Call, today calendar.Day) (bool, error) {
	all, err := collect(list[Call](tx, prefix("call", c.Resident)))
	if err != nil {
		return false, err
	}
	n := 0
	for _, old := range all {
		switch {
		case old.Done != 0 && (old.Paper == c.Paper || calendar.DayOf(time.Unix(old.Done, 0)) == today):
			return true, nil
		case old.Paper != "" && old.Appointment == c.Appointment && old.Day > today-paperCallGap: // both papers wait at one desk
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
func (tx *Tx) untoldPaper(p Paper) (CallWhy, error) {
	openid, err := tx.WeChatOf(p.Resident)
	if err != nil {
		return "", err
	}
	for _, kind := range []string{"paper_ready", "paper_reminder"} {
		d, err := optional(tx.DeliveryOf(paperCause(p.ID, kind)))
		if err != nil || slices.Contains([]DeliveryState{Sent, Delivered}, d.State) {
			return "", err
		}
		if openid != "" && slices.Contains([]DeliveryState{Booked, Claimed}, d.State) {
			return "", nil
		}
	}
	if openid == "" {
		return NoWeChat, nil
	}
	return Lost, nil
}
