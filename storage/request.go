package storage

import (
	"time"

	"xintiexin/storage/calendar"
)

// Request is something that somebody asked for: a person to talk to, papers,
// supplies, a visit. It has a number, one owner (who takes it first stays
// responsible), and a day by which she has an answer; she sees both.
type Request struct {
	ID       string
	Number   string // three digits or more, counted up
	Resident string
	Kind     string // help, errand, supplies, visit, lecture
	Text     string `json:",omitempty"`
	Village  string `json:",omitempty"` // whose staff may take it; "" is the town's, and what she keeps from the village
	Owner    string `json:",omitempty"` // cadre id
	To       string `json:",omitempty"` // a hand-over that is not accepted yet
	Due      calendar.Day
	Asked    int64       // Unix seconds
	Closed   *FollowedUp `json:",omitempty"`
}

// requestStands returns why a delivery about a request, a note or a lecture is
// no longer true, "" while it is.
func (tx *Tx) requestStands(d Delivery) (string, error) { return "", nil }

// Ask keeps a request under an id made of cause and gives it a number.
func (s Scope) Ask(r Request, cause string, now time.Time) (Request, error) { return r, nil }
