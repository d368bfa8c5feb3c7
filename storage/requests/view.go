package requests

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// sees reports whether the asker, as staff, may see a request: hidden ones
// clinician and clerk alone; others the clerk, the worker of the village that she
// lets see or who wrote it down for her, and whoever has it or is asked to take it.
func sees(s person.Scope, r Request) (bool, error) {
	me := s.Person.Cadre
	if !s.Person.Staff() || s.Family[r.Resident] {
		return false, nil
	}
	if r.hidden() {
		return s.Confidential(person.Clinician, person.Clerk), nil
	}
	her, err := record.Optional(person.LoadResident(s.Tx, r.Resident))
	if err != nil || her.ID == "" {
		return false, err
	}
	switch {
	case me.Has(person.Clerk):
		return s.Inside[her.Village], nil
	case me.Has(person.VillageWorker):
		return s.Inside[her.Village] && (her.Shown || s.ActsFor(r.By) || s.ActsFor(r.Carried)), nil
	}
	return me.Has(person.Clinician) && (s.ActsFor(r.Owner) || r.To == me.ID), nil
}

// holderOf returns who has a request: nobody, where its owner has left or may not
// see it any more.
func holderOf(tx *record.Tx, r Request) (string, error) {
	if r.Owner == "" {
		return "", nil
	}
	c, err := record.Optional(person.LoadStaff(tx, r.Owner))
	if err != nil {
		return "", err
	}
	s, err := person.ScopeOf(tx, person.Person{OpenID: c.OpenID, Cadre: c})
	if err != nil {
		return "", err
	}
	ok, err := sees(s, r)
	return record.If(ok, r.Owner, ""), err
}

// RequestHolder returns the cadre who has a request, whose name she is told; the
// zero Cadre when nobody does.
func RequestHolder(tx *record.Tx, r Request) (person.Staff, error) {
	id, err := holderOf(tx, r)
	if err != nil || id == "" {
		return person.Staff{}, err
	}
	return person.LoadStaff(tx, id)
}

// RequestView is a request as staff sees it: who asked, and who has it.
type RequestView struct {
	Request
	Name, Phone, Group string
	Holder             string // cadre id; "" is nobody
}

// For reports whether a request waits for a cadre: hers, offered to her, or
// nobody's.
func (a RequestView) For(cadre string) bool {
	return a.Holder == "" || a.Holder == cadre || a.To == cadre
}

// Waiting returns the open requests that wait for the asker, staff: hers, those
// offered to her, those that nobody took; the first due first, at most max.
// ErrScope for who is no staff. Hidden kinds are for Supplies.
func Waiting(s person.Scope, max int) ([]RequestView, error) {
	return asked(s, "asking", max, func(a0 RequestView) bool { return mine(s, a0) })
}

func mine(s person.Scope, a RequestView) bool { return a.For(s.Person.Cadre.ID) || s.ActsFor(a.Holder) }

// Late reports whether the day by which she was to have an answer went by so long
// ago that another than who has her request may take it over.
func (a RequestView) Late(today calendar.Day) bool {
	return a.Closed == nil && a.Due+WaitsLong <= today
}

// Overdue returns the open requests that the asker may see, which others have and
// which are Late: the first due first, at most max. ErrScope for who is no staff.
func Overdue(s person.Scope, today calendar.Day, max int) ([]RequestView, error) {
	return asked(s, "asking", max, func(a RequestView) bool { return !mine(s, a) && a.Late(today) })
}

// RequestsLate adds to what is left for the clerks ("") the requests that somebody
// has and that are Late, once a week as WaitingLong does.
func RequestsLate(tx *record.Tx, left map[string]Left, before, today calendar.Day) error {
	pre := record.Prefix("asking")
	for p, err := range tx.Scan(pre, append(slices.Clone(pre), (today-WaitsLong+1).String()...)) {
		if err != nil {
			return err
		}
		_, resident, id, _ := record.Split3(string(p.Key[len(pre):]))
		r, err := record.Optional(record.Get[Request](tx, record.Key("request", resident, id)))
		if err != nil {
			return err
		}
		holder, err := holderOf(tx, r)
		if err != nil {
			return err
		}
		if holder == "" || (today-r.Due)/WaitsLong == (before-r.Due)/WaitsLong { // nobody's are told of at noon
			continue
		}
		l := left[""]
		l.Waiting++
		left[""] = l
	}
	return nil
}

// Supplies returns the open requests of supplies, for clinician and clerk;
// ErrScope for anybody else, a village role above all.
func Supplies(s person.Scope, max int) ([]RequestView, error) {
	if !s.Confidential(person.Clinician, person.Clerk) {
		return nil, record.ErrScope
	}
	return asked(s, "hidden_open", max, func(a0 RequestView) bool { return mine(s, a0) })
}

func asked(s person.Scope, index string, max int, want func(RequestView) bool) ([]RequestView, error) {
	if !s.Person.Staff() {
		return nil, record.ErrScope
	}
	var out []RequestView
	pre := record.Prefix(index)
	for p, err := range s.Tx.Scan(pre, record.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		_, resident, id, _ := record.Split3(string(p.Key[len(pre):]))
		if near, err := isNear(s, resident, string(p.Value)); err != nil {
			return nil, err
		} else if !near {
			continue
		}
		a, err := View(s, record.If(index == "asking", "request", "hidden"), resident, id)
		if errors.Is(err, record.ErrNotFound) || err == nil && !want(a) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out = append(out, a); len(out) == max {
			break
		}
	}
	return out, nil
}

// isNear leaves out, before anything of them is read, requests that a village worker
// cannot see: of who lives in none of her villages, which are neither hers nor
// offered to her. place is what stands in the list of the open ones; "" is of an
// older store and says nothing.
func isNear(s person.Scope, resident, place string) (bool, error) {
	me := s.Person.Cadre
	if place == "" || me.Has(person.Clerk, person.Clinician) {
		return true, nil
	}
	if owner, to, _ := strings.Cut(place[1:], "/"); s.ActsFor(owner) || to == me.ID {
		return true, nil
	}
	for _, v := range s.VillageIDs {
		switch _, err := s.Tx.GetRaw(record.Key("in", v, resident)); {
		case err == nil:
			return true, nil
		case !errors.Is(err, record.ErrNotFound):
			return false, fmt.Errorf("read in: %w", err)
		}
	}
	return false, nil
}

// View returns a request that the asker may see as staff, ErrNotFound otherwise.
func View(s person.Scope, kind, resident, id string) (RequestView, error) {
	r, err := record.Get[Request](s.Tx, record.Key(kind, resident, id))
	if err != nil {
		return RequestView{}, err
	}
	if ok, err := sees(s, r); err != nil || !ok {
		return RequestView{}, cmp.Or(err, record.ErrNotFound)
	}
	her, err := person.LoadResident(s.Tx, resident)
	if err != nil {
		return RequestView{}, err
	}
	a := RequestView{Request: r, Name: her.Name, Phone: her.Phone, Group: her.Group}
	a.Holder, err = holderOf(s.Tx, r)
	return a, err
}

// OfResident returns a request of a resident that the asker may see as staff, hidden
// ones included; ErrNotFound otherwise.
func OfResident(s person.Scope, resident, id string) (RequestView, error) {
	a, err := View(s, "request", resident, id)
	if errors.Is(err, record.ErrNotFound) {
		return View(s, "hidden", resident, id)
	}
	return a, err
}

// GetView writes down that the asker, staff, read a request of somebody's.
// ErrNotFound where she may not see it.
func GetView(s person.Scope, a RequestView, now time.Time) error {
	if _, err := OfResident(s, a.Resident, a.ID); err != nil {
		return err
	}
	return s.LogOwn(a.Resident, "card", now)
}

// Numbered returns an open request by its number, of those that the asker may see
// as staff; ErrNotFound otherwise.
func Numbered(s person.Scope, number string) (RequestView, error) {
	for _, index := range []string{"asking", "hidden_open"} {
		for p, err := range s.Tx.Parts(record.Prefix(index)) {
			if err != nil {
				return RequestView{}, err
			}
			a, err := View(s, record.If(index == "asking", "request", "hidden"), p[1], p[2])
			if errors.Is(err, record.ErrNotFound) || err == nil && a.Number != number {
				continue
			}
			return a, err
		}
	}
	return RequestView{}, record.ErrNotFound
}
