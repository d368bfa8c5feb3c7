package storage

import (
	"cmp"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// Away is a migrant's card: that somebody who agreed to it is away, roughly
// where, since when and until when. It holds no address, employer or reason.
type Away struct {
	ID, Resident, Village string
	Place                 string       // province and city as said, or a class ("省外")
	Since                 calendar.Day `json:",omitempty"`
	Expected              string       `json:",omitempty"` // as said: a day, a month, 过年, 说不准
	ExpectedDay           calendar.Day `json:",omitempty"`
	Back                  calendar.Day `json:",omitempty"` // the day of the return; 0 while away
	Leaving               string       `json:",omitempty"` // when she goes again, as said
	LeavingDay            calendar.Day `json:",omitempty"`
	By                    string
	At                    int64 // Unix seconds
}

// AddAway opens a card for a resident of the scope; one already open is closed
// at the same day.
func (s Scope) AddAway(a Away, cause string) (Away, error) {
	r, err := s.villager(a.Resident)
	if err != nil {
		return a, err
	}
	if open, err := s.tx.openAway(r.ID); err != nil {
		return a, err
	} else if open.ID != "" {
		open.Back = a.Since
		if err := s.tx.putAway(open, r.Village); err != nil {
			return a, err
		}
	}
	a.ID, a.Village, a.By = ID("away", cause), r.Village, s.Person.Cadre.ID
	return a, s.tx.putAway(a, r.Village)
}

func (tx *Tx) putAway(a Away, village string) error {
	k := key("out", village, a.Resident)
	if a.Back == 0 {
		if err := tx.putRaw(k, []byte(a.ID)); err != nil {
			return err
		}
	} else if err := tx.delete(k); err != nil {
		return err
	}
	return tx.put(key("away", a.Resident, a.ID), a)
}

func (tx *Tx) openAway(resident string) (Away, error) {
	for a, err := range list[Away](tx, prefix("away", resident)) {
		if err != nil || a.Back == 0 {
			return a, err
		}
	}
	return Away{}, nil
}

// OpenAway returns the open card of a resident of the scope, or the zero Away.
func (s Scope) OpenAway(resident string) (Away, error) {
	if _, err := s.villager(resident); err != nil {
		return Away{}, err
	}
	return s.tx.openAway(resident)
}

// LastAway returns the card of a resident of the scope that was closed last, or
// the zero Away.
func (s Scope) LastAway(resident string) (Away, error) {
	if _, err := s.villager(resident); err != nil {
		return Away{}, err
	}
	var last Away
	for a, err := range list[Away](s.tx, prefix("away", resident)) {
		if err != nil {
			return Away{}, err
		}
		if a.Back > last.Back {
			last = a
		}
	}
	return last, nil
}

// PutAway keeps a changed card of a resident of the scope.
func (s Scope) PutAway(a Away, now time.Time) error {
	r, err := s.villager(a.Resident)
	if err != nil {
		return err
	}
	a.At, a.By = now.Unix(), s.Person.Cadre.ID
	return s.tx.putAway(a, r.Village)
}

// AwayResidents returns the open cards of the scope, at most max, soonest
// expected first.
func (s Scope) AwayResidents(max int) ([]Away, error) {
	var out []Away
	for _, v := range s.villages {
		for p, err := range s.tx.parts(prefix("out", v)) {
			if err != nil {
				return nil, err
			}
			if s.own[p[0]] {
				continue
			}
			a, err := s.tx.openAway(p[0])
			if err != nil {
				return nil, err
			}
			if a.ID != "" {
				out = append(out, a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Away) int {
		return cmp.Compare(uint32(a.ExpectedDay-1), uint32(b.ExpectedDay-1)) // no day sorts last
	})
	return out[:min(len(out), max)], nil
}
