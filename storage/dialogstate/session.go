package dialogstate

import (
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Session is where a chat stands: one for each WeChat, rewritten by every
// message, so it is small.
type Session struct {
	Step   uint32           `json:",omitempty"` // token of the last screen with options
	Flow   string           `json:",omitempty"` // the open form's flow
	Form   []byte           `json:",omitempty"` // the open form's session
	Opened int64            `json:",omitempty"` // Unix seconds
	Parked []SuspendedForm  `json:",omitempty"` // put aside, last first
	Offers []Option         `json:",omitempty"` // what stands on offer outside a form
	More   []string         `json:",omitempty"` // pages of the last answer not yet shown
	Sought string           `json:",omitempty"` // the name last looked for, which "the one of the third group" narrows
	Wrong  int              `json:",omitempty"` // messages in a row that were not understood
	For    string           `json:",omitempty"` // the one of her family whom the talk is about
	Then   string           `json:",omitempty"` // words that are said again once she has signed up or agreed
	Page   string           `json:",omitempty"` // the page of the site that the last answer was, for 再说一遍
	Round  *DayListSnapshot `json:",omitempty"` // the day's list as it was shown last, by whose numbers one message closes it

	Last   int64 `json:",omitempty"` // Unix seconds of the last message
	Window int64 `json:",omitempty"` // customer messages are possible until (Unix seconds)
	Left   int   `json:",omitempty"` // how many are left in the window, counted conservatively
	Muted  bool  `json:",omitempty"` // the platform said that nothing arrives; ends with the next message
}

// SuspendedForm is a form put aside.
type SuspendedForm struct {
	Flow  string
	Form  []byte
	Title string
	At    int64 // Unix seconds
}

// Option is one option outside a form: its label, and the words that a tap on it
// stands for.
type Option struct {
	Label, Do string
	Head      string `json:",omitempty"` // what stands above it, where a list has parts
}

// DayListSnapshot is the day's list as it was shown: what each number stands for ("due
// <resident>/<followup>"), on which day.
type DayListSnapshot struct {
	Day  calendar.Day
	Refs []string
}

// SuspendTime returns how long a form put aside, or left open, is kept: the site's
// retention draft. The error is the store's.
func SuspendTime(tx *record.Tx) (time.Duration, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return 0, err
	}
	return time.Duration(townconfig.KeepDraft.Of(site)) * 24 * time.Hour, nil
}

// Load returns where the chat of a WeChat stands; a new one is zero.
func Load(tx *record.Tx, openid string) (Session, error) {
	return record.Optional(record.Get[Session](tx, record.Key("session", openid)))
}

// Put keeps where a chat stands.
func Put(tx *record.Tx, openid string, s Session) error {
	return tx.Put(record.Key("session", openid), s)
}

// PurgeSessions drops, from one page of sessions, the forms nobody came back
// to. It returns where to go on.
func PurgeSessions(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	keep, err := SuspendTime(tx)
	if err != nil {
		return page, 0, err
	}
	old := now.Add(-keep).Unix()
	n, dropped := 0, 0
	pre := record.Prefix("session")
	for p, err := range tx.Scan(page.Start(pre), record.PrefixEnd(pre)) {
		if err != nil {
			return page, dropped, err
		}
		s, err := record.Get[Session](tx, p.Key)
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
			if err := tx.Put(p.Key, s); err != nil {
				return page, dropped, err
			}
			dropped++
		}
		page.After = string(p.Key)
		if n++; n == max {
			return page, dropped, nil
		}
	}
	return record.Page{Done: true}, dropped, nil
}

// KeepPages keeps the pages of an answer that were not shown yet.
func KeepPages(tx *record.Tx, openid string, pages []string) error {
	s, err := Load(tx, openid)
	if err != nil {
		return err
	}
	s.More = pages
	return Put(tx, openid, s)
}
