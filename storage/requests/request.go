package requests

import (
	"errors"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/record"
)

// Request is something that somebody asked for: a person to talk to, papers,
// supplies, a visit. It has a number, one owner (who takes it first stays
// responsible), and a day by which she has an answer; she sees both.
type Request struct {
	ID       string
	Number   string // three digits or more, counted up
	Resident string
	Kind     string // help, errand, supplies, visit
	Text     string `json:",omitempty"` // what she asked; of an errand the guide that she is sent; of supplies the way: take, deliver
	Village  string `json:",omitempty"` // whose staff may take it; "" is the town's, and what she keeps from the village
	By       string `json:",omitempty"` // the cadre who wrote it down for her, "" when she did
	Carried  string `json:",omitempty"` // the cadre to whom the work of By was handed over
	Owner    string `json:",omitempty"` // cadre id
	To       string `json:",omitempty"` // a hand-over that is not accepted yet
	Times    []When `json:",omitempty"` // that suit her, of a visit
	Theirs   []When `json:",omitempty"` // that were proposed to her instead
	Ready    int64  `json:",omitempty"` // Unix seconds: supplies can be fetched
	Due      calendar.Day
	Asked    int64                 // Unix seconds
	Closed   *followups.FollowedUp `json:",omitempty"`
	Seen     int64                 `json:",omitempty"` // Unix seconds: she has read how it ended
}

// When is a time that suits: a day and a part of it, as it is said (上午).
type When struct {
	Day  calendar.Day
	Part string `json:",omitempty"`
}

// ErrTaken says of a request that somebody else has it.
var ErrTaken = errors.New("storage: somebody else has it")

// MaxOpen is how many open requests a person may have at once.
const MaxOpen = 8

// hidden reports whether a kind is never seen by a village role: it lies under a
// prefix of its own.
func (r Request) hidden() bool { return r.Kind == "supplies" }

func (r Request) key() []byte {
	if r.hidden() {
		return record.Key("hidden", r.Resident, r.ID)
	}
	return record.Key("request", r.Resident, r.ID)
}

// openKey is the place of an open request among all that are open.
func (r Request) openKey() []byte {
	if r.hidden() {
		return record.Key("hidden_open", r.Due.String(), r.Resident, r.ID)
	}
	return record.Key("asking", r.Due.String(), r.Resident, r.ID)
}

// PutRequest keeps a request with its place among the open ones.
func PutRequest(tx *record.Tx, r Request) error {
	old, err := record.Optional(record.Get[Request](tx, r.key()))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.Delete(old.openKey()); err != nil {
			return err
		}
	}
	if r.Closed == nil {
		if err := tx.PutRaw(r.openKey(), []byte("-"+r.Owner+"/"+r.To)); err != nil {
			return err
		}
	}
	return tx.Put(r.key(), r)
}
