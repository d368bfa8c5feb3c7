package storage

import (
	"fmt"
	"strings"

	"xintiexin/storage/calendar"
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

// Resident reads a person whoever asks: for jobs and imports. It returns ErrNotFound
// for whoever had themselves deleted, and for a card that was closed.
func (tx *Tx) Resident(id string) (Resident, error) {
	r, err := get[Resident](tx, key("resident", id))
	if err == nil && (r.Erased != 0 || r.Closed != "") {
		return Resident{}, ErrNotFound
	}
	return r, err
}

// PutResident keeps a person and the indexes by which she is found.
func (tx *Tx) PutResident(r Resident) error {
	old, err := optional(tx.Resident(r.ID))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.unindex(old); err != nil {
			return err
		}
	}
	if err := tx.put(key("resident", r.ID), r); err != nil {
		return err
	}
	line := lineOf(r).encode()
	for _, k := range indexes(r) {
		if err := tx.putRaw(k, line); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) unindex(r Resident) error {
	for _, k := range indexes(r) {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	return nil
}

// AddResident keeps a new person under an id made of cause and returns her.
func (tx *Tx) AddResident(r Resident, cause string) (Resident, error) {
	id, err := tx.freeID("resident", cause)
	if err != nil {
		return r, err
	}
	r.ID = id
	return r, tx.PutResident(r)
}

// SetNick keeps what a resident of the scope is called in the village.
func (s Scope) SetNick(resident, called string) error {
	r, err := s.villager(resident)
	if err != nil {
		return err
	}
	r.Nick = called
	return s.tx.PutResident(r)
}

// StopPushes keeps that nothing is sent to a resident any more.
func (tx *Tx) StopPushes(id string) error {
	r, err := tx.Resident(id)
	if err != nil {
		return err
	}
	r.NoPush = true
	return tx.put(key("resident", r.ID), r)
}

// move takes a person to another village or group, with what is indexed there.
func (tx *Tx) move(r Resident, village, group string) error {
	away, err := tx.openAway(r.ID)
	if err != nil {
		return err
	}
	if away.ID != "" {
		if err := tx.delete(key("out", r.Village, r.ID)); err != nil {
			return err
		}
		if err := tx.putRaw(key("out", village, r.ID), []byte(away.ID)); err != nil {
			return err
		}
	}
	r.Village, r.Group = village, group
	if err := tx.PutResident(r); err != nil {
		return err
	}
	return tx.rehome(r)
}

// MoveResident takes a person to another village and group. What is kept about
// her goes along; her open follow-ups go to her new contact.
func (tx *Tx) MoveResident(id, village, group string) error {
	r, err := tx.Resident(id)
	if err != nil {
		return err
	}
	if _, err := tx.Village(village); err != nil {
		return fmt.Errorf("village %s: %w", village, err)
	}
	if village != r.Village { // the house stays where it is
		r.Household, r.House = "", ""
	}
	return tx.move(r, village, group)
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
