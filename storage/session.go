package storage

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// Session is where a chat stands: one for each WeChat, rewritten by every
// message, so it is small.
type Session struct {
	Step   uint32   `json:",omitempty"` // token of the last screen with options
	Flow   string   `json:",omitempty"` // the open form's flow
	Form   []byte   `json:",omitempty"` // the open form's session
	Opened int64    `json:",omitempty"` // Unix seconds
	Parked []Parked `json:",omitempty"` // put aside, last first
	Offers []Offer  `json:",omitempty"` // what stands on offer outside a form
	More   []string `json:",omitempty"` // pages of the last answer not yet shown
	Sought string   `json:",omitempty"` // the name last looked for, which "the one of the third group" narrows
	Wrong  int      `json:",omitempty"` // messages in a row that were not understood
	For    string   `json:",omitempty"` // the one of her family whom the talk is about
	Then   string   `json:",omitempty"` // words that are said again once she has signed up or agreed
	Page   string   `json:",omitempty"` // the page of the site that the last answer was, for 再说一遍
	Round  *Round   `json:",omitempty"` // the day's list as it was shown last, by whose numbers one message closes it

	Last   int64 `json:",omitempty"` // Unix seconds of the last message
	Window int64 `json:",omitempty"` // customer messages are possible until (Unix seconds)
	Left   int   `json:",omitempty"` // how many are left in the window, counted conservatively
	Muted  bool  `json:",omitempty"` // the platform said that nothing arrives; ends with the next message
}

// Parked is a form put aside.
type Parked struct {
	Flow  string
	Form  []byte
	Title string
	At    int64 // Unix seconds
}

// Offer is one option outside a form: its label, and the words that a tap on it
// stands for.
type Offer struct {
	Label, Do string
	Head      string `json:",omitempty"` // what stands above it, where a list has parts
}

// Round is the day's list as it was shown: what each number stands for ("due
// <resident>/<followup>"), on which day.
type Round struct {
	Day  calendar.Day
	Refs []string
}

// ParkTime is how long a form put aside is kept (domain.md 6.5).
const ParkTime = 7 * 24 * time.Hour

// Session returns where the chat of a WeChat stands; a new one is zero.
func (tx *Tx) Session(openid string) (Session, error) {
	return optional(get[Session](tx, key("session", openid)))
}

// PutSession keeps where a chat stands.
func (tx *Tx) PutSession(openid string, s Session) error {
	return tx.put(key("session", openid), s)
}

// PurgeSessions drops, from one page of sessions, the forms nobody came back
// to. It returns where to go on.
func (tx *Tx) PurgeSessions(page Page, max int, now time.Time) (Page, int, error) {
	old := now.Add(-ParkTime).Unix()
	n, dropped := 0, 0
	pre := prefix("session")
	for p, err := range tx.scan(page.start(pre), end(pre)) {
		if err != nil {
			return page, dropped, err
		}
		s, err := get[Session](tx, p.Key)
		if err != nil {
			return page, dropped, err
		}
		kept := s.Parked[:0:0]
		for _, q := range s.Parked {
			if q.At >= old {
				kept = append(kept, q)
			}
		}
		stale := s.Flow != "" && s.Last < old
		if len(kept) < len(s.Parked) || stale {
			if s.Parked = kept; stale {
				s.Flow, s.Form, s.Offers, s.More = "", nil, nil, nil
			}
			if err := tx.put(p.Key, s); err != nil {
				return page, dropped, err
			}
			dropped++
		}
		page.After = string(p.Key)
		if n++; n == max {
			return page, dropped, nil
		}
	}
	return Page{Done: true}, dropped, nil
}

// stamp orders instants as text: Unix seconds in ten digits.
func stamp(t time.Time) string { return fmt.Sprintf("%010d", t.Unix()) }

func unstamp(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0), err
}

func split3(s string) (a, b, c string, ok bool) {
	a, s, ok = strings.Cut(s, "/")
	if !ok {
		return
	}
	b, c, ok = strings.Cut(s, "/")
	return
}

// last returns the last max items, newest first.
func last[T any](all []T, max int) []T {
	out := make([]T, 0, min(len(all), max))
	for i := len(all) - 1; i >= 0 && len(out) < max; i-- {
		out = append(out, all[i])
	}
	return out
}

// KeepPages keeps the pages of an answer that were not shown yet.
func (tx *Tx) KeepPages(openid string, pages []string) error {
	s, err := tx.Session(openid)
	if err != nil {
		return err
	}
	s.More = pages
	return tx.PutSession(openid, s)
}
