package storage

import (
	"time"

	"xintiexin/storage/calendar"
)

// Slot is an hour of a service with its seats; a seat is one person.
type Slot struct {
	Service  string
	Day      calendar.Day
	Time     string // "08:30", UTC+8
	Capacity int
	Taken    int          // booked
	Held     int          // held by offers to people on the waiting list that are still open
	Kept     int          `json:",omitempty"` // kept, until KeptTill, for people who said that they would be home
	KeptTill calendar.Day `json:",omitempty"`
}

// Start is the instant at which the slot begins.
func (s Slot) Start() time.Time { return time.Time{} }

// Free returns how many persons can still book; seats kept for people who come
// home count for those only (home).
func (s Slot) Free(today calendar.Day, home bool) int { return 0 }

// Slots returns the slots of a service from one day to another, full ones too,
// by day and hour: those of the site's openings and those that were released.
// What has begun at now is left out.
func (tx *Tx) Slots(service string, from, to calendar.Day, now time.Time) ([]Slot, error) {
	return nil, nil
}

// Release opens slots beyond the site's rule, or more seats in one (the clerk:
// ErrScope otherwise), and offers them to the waiting list first. It returns how
// many people on the list were offered a seat.
func (s Scope) Release(slots []Slot, cause string, now time.Time) (offered int, err error) {
	return 0, nil
}
