package storage

import (
	"time"

	"xintiexin/storage/calendar"
)

// Waiting is a place on a service's waiting list. The list is in the order in
// which people joined it; a place is kept when an offer comes to nothing.
type Waiting struct {
	ID, Resident, Service string
	Seats                 int
	Day                   calendar.Day `json:",omitempty"` // wants this day; 0 is any
	After                 calendar.Day `json:",omitempty"` // wants a day from here on: 年后再说
	Ring                  Ring         `json:",omitempty"`
	Since                 int64        // Unix seconds
	Offer                 *SeatOffer   `json:",omitempty"`
	Passed                []string     `json:",omitempty"` // slots that were offered and let go by: not offered again
}

// SeatOffer is a free seat held for somebody on the waiting list. Its clock
// starts when the offer was sent and stops in quiet hours.
type SeatOffer struct {
	Day   calendar.Day
	Time  string
	Sent  int64 `json:",omitempty"` // Unix seconds; 0: not sent yet
	Until int64 `json:",omitempty"` // Unix seconds
}

// Wait puts a resident on the waiting list; one who stands there already keeps
// her place and changes what she waits for. ErrTwice when she has an open
// booking of the service.
func (s Scope) Wait(w Waiting, cause string, now time.Time) (Waiting, error) { return w, nil }

// WaitingOf returns a resident's place, and how many stand before her; ErrNotFound
// when she does not wait.
func (s Scope) WaitingOf(resident, service string) (w Waiting, before int, err error) {
	return Waiting{}, 0, ErrNotFound
}

// Unwait takes a resident off the list; a seat held for her goes to the next.
func (s Scope) Unwait(resident, service string, now time.Time) error { return nil }

// TakeOffer books the seat that a resident was offered. It returns ErrLate when
// the hour named is past and the seat went on (she keeps her place), ErrNotFound
// when nothing is offered to her.
func (s Scope) TakeOffer(resident, service, cause string, now time.Time) (Appointment, error) {
	return Appointment{}, ErrNotFound
}

// OfferSeats offers free seats to the first on the list whom they fit, and books
// the messages. It is called by whatever frees a seat, and by the clock. It
// returns how many were offered.
func (tx *Tx) OfferSeats(service string, now time.Time) (int, error) { return 0, nil }

// StartOffer starts the clock of an offer whose message is sent now, and returns
// the delivery with the hour named ("until" in its facts).
func (tx *Tx) StartOffer(d Delivery, now time.Time) (Delivery, error) { return d, nil }

// ExpireOffers ends offers whose hour is past, up to max of them, or that no
// channel could carry; their seats are offered to the next. It returns how many.
func (tx *Tx) ExpireOffers(now time.Time, max int) (int, error) { return 0, nil }
