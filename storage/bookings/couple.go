package bookings

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// codeKey is where a spouse's code is found; the code itself is not kept.
func codeKey(tx *record.Tx, code string) []byte {
	return record.Key("spouse", tx.Hash("spouse code", code))
}

// spouseCode is the nth code made of a booking's id.
func spouseCode(tx *record.Tx, id string, n int) string {
	b, _ := hex.DecodeString(tx.Hash("spouse", id, strconv.Itoa(n)))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(b)%100_000_000)
}

// freeCode returns which of a booking's codes no other has.
func freeCode(tx *record.Tx, a Appointment) (int, error) {
	for n := a.Nth; ; n++ {
		taken, err := tx.Has(codeKey(tx, spouseCode(tx, a.ID, n)))
		if err != nil || !taken {
			return n, err
		}
	}
}

// SpouseCode returns the code (8 digits) by which the second person of a couple's
// booking joins it himself; ErrNotFound when there is nobody to join it.
func SpouseCode(s person.Scope, id string) (string, error) {
	a, err := openOne(s, id)
	if err == nil && !a.waitsForSpouse() {
		err = record.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return spouseCode(s.Tx, a.ID, a.Nth), nil
}

// SpouseOf returns the open appointment that a code belongs to; ErrNotFound for
// none. Wrong codes count as tries (Try, Locked), which is up to the caller: he
// knows whose WeChat it is.
func SpouseOf(tx *record.Tx, code string, now time.Time) (Appointment, error) {
	id, err := tx.GetRaw(codeKey(tx, code))
	if errors.Is(err, record.ErrNotFound) {
		return Appointment{}, record.ErrNotFound
	}
	if err != nil {
		return Appointment{}, fmt.Errorf("get spouse: %w", err)
	}
	a, err := Load(tx, string(id))
	if err == nil && a.Day < calendar.DayOf(now) {
		err = record.ErrNotFound
	}
	return a, err
}

// Join puts a resident, who agreed (C1), on the second seat of a couple's
// booking. His notices are his alone, and a place on the waiting list ends. It
// returns ErrNotFound for a wrong code or a resident outside the scope, ErrTwice
// when he has an open booking of the service, or it is her own, ErrConsent when he
// said no.
func Join(s person.Scope, code, resident string, now time.Time) (Appointment, error) {
	if ok, err := mayActFor(s, resident); err != nil || !ok {
		return Appointment{}, cmp.Or(err, record.ErrNotFound)
	}
	if err := consent.CheckRefused(s.Tx, resident, purpose.Booking); err != nil {
		return Appointment{}, err
	}
	a, err := SpouseOf(s.Tx, code, now)
	if err != nil {
		return a, err
	}
	if _, err := openOf(s.Tx, resident, a.Service); !errors.Is(err, record.ErrNotFound) {
		return Appointment{}, cmp.Or(err, record.ErrAlreadyExists)
	}
	w, err := record.Optional(LoadWaiting(s.Tx, resident, a.Service))
	if err != nil {
		return a, err
	}
	if w.ID != "" {
		if err := dropWaiting(s.Tx, w, now); err != nil {
			return a, err
		}
	}
	a.Spouse = resident
	if a, err = Put(s.Tx, a, now); err != nil || w.Offer == nil {
		return a, err
	}
	return a, offerAfter(s.Tx, resident, a.Service, now)
}
