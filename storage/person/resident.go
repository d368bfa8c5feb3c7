package person

import (
	"errors"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
)

// Resident is a person who lives in a village, or is at home there while away.
// One that only stands in an imported list is a directory line: found where her
// name is typed, never listed, counted, exported or written to.
type Resident struct {
	ID, Name, Village, Group string
	Household                string       `json:",omitempty"`
	House                    string       `json:",omitempty"` // plate, copied from the household for finding
	Nick                     string       `json:",omitempty"` // what she is called in the village: 小名, 老王家二儿媳; seen by staff, never exported
	Phone                    string       `json:",omitempty"`
	Source                   string       `json:",omitempty"` // the list she came with
	Added                    calendar.Day `json:",omitempty"`
	NoAsk                    bool         `json:",omitempty"` // she said no: her consent is not asked again
	NoPush                   bool         `json:",omitempty"` // she unsubscribed: nothing is sent
	Closed                   string       `json:",omitempty"` // died, moved: her card is closed quietly, and is there for nobody (see CloseCard)
	Erased                   int64        `json:",omitempty"` // Unix seconds: she is to be deleted, and is there for nobody (see Erase)
	Self                     bool         `json:",omitempty"` // she signed up herself: in no village until she lets hers see her
	Known                    bool         `json:",omitempty"` // of one who signed up: staff has seen that she is who she says
	Moved                    int64        `json:",omitempty"` // Unix seconds: she came from another village; what was told there stays there
	Poster                   string       `json:",omitempty"` // the village whose poster she scanned then
	Shown                    bool         `json:",omitempty"` // she lets her village see what she books and asks for
	NoVisit                  bool         `json:",omitempty"` // she wants nobody at her door: she is in no round
	NoProfile                bool         `json:",omitempty"` // she is asked no more whether what is registered of her is so still

	Extra map[string]string `json:",omitempty"` // answers to questions that a town's own form adds when she signs up
}

// Tail returns the last four digits of her phone, "" without one.
func (r Resident) Tail() string {
	if len(r.Phone) < 4 {
		return ""
	}
	return r.Phone[len(r.Phone)-4:]
}

// LoadResident reads a person whoever asks: for jobs and imports. It returns ErrNotFound
// for whoever had themselves deleted, and for a card that was closed.
func LoadResident(tx *record.Tx, id string) (Resident, error) {
	r, err := record.Cached[Resident](tx, record.Key("resident", id))
	if err == nil && (r.Erased != 0 || r.Closed != "") {
		return Resident{}, record.ErrNotFound
	}
	return r, err
}

// PutResident keeps a person and the indexes by which she is found.
func PutResident(tx *record.Tx, r Resident) error {
	old, err := record.Optional(LoadResident(tx, r.ID))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := errors.Join(Unindex(tx, old), keepFormer(tx, old, r)); err != nil {
			return err
		}
	}
	if err := tx.Put(record.Key("resident", r.ID), r); err != nil {
		return err
	}
	line := lineOf(r).encode()
	for _, k := range indexes(r) {
		if err := tx.PutRaw(k, line); err != nil {
			return err
		}
	}
	return nil
}

// keepFormer keeps, by keyed hashes under the person's id, the name and phone that are
// about to change: a list of before the change must not bring back who was deleted.
func keepFormer(tx *record.Tx, old, r Resident) error {
	if old.Name == r.Name && old.Phone == r.Phone && old.Village == r.Village {
		return nil
	}
	for _, phone := range []string{old.Phone, ""} {
		if err := tx.PutRaw(record.Key("former", r.ID, GoneHash(tx, old.Name, phone, old.Village)), nil); err != nil {
			return err
		}
	}
	return nil
}

// FormerGone marks the former names and phones of somebody who is deleted.
func FormerGone(tx *record.Tx, id string, today calendar.Day) error {
	for p, err := range tx.Parts(record.Prefix("former", id)) {
		if err != nil {
			return err
		}
		if err := tx.PutRaw(record.Key("gone", p[0]), []byte(today.String())); err != nil {
			return err
		}
	}
	return nil
}

func Unindex(tx *record.Tx, r Resident) error {
	for _, k := range indexes(r) {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// AddResident keeps a new person under an id made of cause and returns her.
func AddResident(tx *record.Tx, r Resident, cause string) (Resident, error) {
	id, err := tx.FreeID("resident", cause)
	if err != nil {
		return r, err
	}
	r.ID = id
	return r, PutResident(tx, r)
}

// SetNick keeps what a resident of the scope is called in the village.
func (s Scope) SetNick(resident, called string) error {
	r, err := s.Villager(resident)
	if err != nil {
		return err
	}
	r.Nick = called
	return PutResident(s.Tx, r)
}

// StopPushes keeps that nothing is sent to a resident any more.
func StopPushes(tx *record.Tx, id string) error {
	r, err := LoadResident(tx, id)
	if err != nil {
		return err
	}
	r.NoPush = true
	return tx.Put(record.Key("resident", r.ID), r)
}

// GroupOrder sorts 一组 … 十组 as people count them.
func GroupOrder(g string) int {
	n := 0
	for _, r := range strings.TrimSuffix(g, "组") {
		if i := strings.IndexRune("一二三四五六七八九", r); i >= 0 {
			n += i/3 + 1
		} else if r == '十' {
			n = max(n, 1) * 10
		} else if r >= '0' && r <= '9' {
			n = n*10 + int(r-'0')
		}
	}
	return n
}
