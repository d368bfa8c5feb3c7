package requests

import (
	"cmp"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// may returns an open request that the asker may act on, with her as its owner
// where nobody is: whoever acts first stays responsible. ErrTaken when somebody
// else has it.
func may(s person.Scope, resident, id string) (RequestView, error) {
	a, err := OfResident(s, resident, id)
	if err != nil {
		return a, err
	}
	if a.Closed != nil {
		return a, record.ErrNotAvailable
	}
	me := s.Person.Cadre.ID
	if a.Holder != "" && !s.ActsFor(a.Holder) {
		return a, ErrTaken
	}
	if a.Holder == "" { // who stands in answers for the other, who has it again afterwards
		a.Owner, a.Holder = me, me
	}
	return a, nil
}

// TakeRequest makes the asker the owner of a request that nobody has, that was
// offered to her, or that is Late. ErrTaken when somebody else has it, ErrPast when it has ended,
// ErrNotFound when she may not see it.
func TakeRequest(s person.Scope, resident, id string, now time.Time) (RequestView, error) {
	a, err := OfResident(s, resident, id)
	if err != nil {
		return a, err
	}
	if me := s.Person.Cadre.ID; a.Closed == nil && (a.To == me || a.Late(calendar.DayOf(now))) {
		a.Owner, a.Holder = me, me
	} else if a, err = may(s, resident, id); err != nil {
		return a, err
	}
	a.To = ""
	if err := PutRequest(s.Tx, a.Request); err != nil {
		return a, err
	}
	return a, CountAnew(s.Tx, now)
}

// AssignableStaff returns to whom a request can be handed over: who may see it then. The
// asker has it, or nobody; errors as TakeRequest's.
func AssignableStaff(s person.Scope, resident, id string) ([]person.Staff, error) {
	a, err := may(s, resident, id)
	if err != nil {
		return nil, err
	}
	all, err := person.AllStaff(s.Tx)
	if err != nil {
		return nil, err
	}
	var out []person.Staff
	for _, c := range all {
		if c.ID == s.Person.Cadre.ID {
			continue
		}
		ok, err := CouldTake(s.Tx, a.Request, c)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	return out, nil
}

func CouldTake(tx *record.Tx, r Request, c person.Staff) (bool, error) {
	p, err := person.Identify(tx, c.OpenID) // with her family, whose requests are closed to her
	if err != nil {
		return false, err
	}
	p.Cadre = c
	s, err := person.ScopeOf(tx, p)
	if err != nil {
		return false, err
	}
	r.To = c.ID
	return sees(s, r)
}

// OfferRequest asks another cadre to take a request over; until she accepts it
// stays the asker's. "" takes the offer back. ErrScope for who may not see it;
// others as TakeRequest's.
func OfferRequest(s person.Scope, resident, id, to string, now time.Time) (RequestView, error) {
	a, err := may(s, resident, id)
	if err != nil {
		return a, err
	}
	if to != "" {
		c, err := record.Optional(person.LoadStaff(s.Tx, to))
		if err != nil {
			return a, err
		}
		if ok, err := CouldTake(s.Tx, a.Request, c); err != nil || !ok || to == s.Person.Cadre.ID {
			return a, cmp.Or(err, record.ErrScope)
		}
	}
	a.To = to
	if err := PutRequest(s.Tx, a.Request); err != nil {
		return a, err
	}
	if to == "" {
		return a, nil
	}
	return a, tellOffered(s.Tx, a.Request, now)
}

// tellOffered has a cadre told that somebody asks her to take something over.
func tellOffered(tx *record.Tx, r Request, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok {
		return nil
	}
	_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "request/" + r.ID + "/offer/" + r.To + "/" + strconv.FormatInt(now.Unix(), 10),
		Kind: "request_offer", To: "c:" + r.To, About: r.Resident, Facts: map[string]string{"request": r.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.Add(12 * time.Hour).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// RefuseRequest says no to a hand-over: the request stays with who has it.
// ErrNotFound when none was offered to the asker.
func RefuseRequest(s person.Scope, resident, id string) (RequestView, error) {
	a, err := OfResident(s, resident, id)
	if err != nil || a.To != s.Person.Cadre.ID {
		return a, cmp.Or(err, record.ErrNotFound)
	}
	a.To = ""
	return a, PutRequest(s.Tx, a.Request)
}

// EndRequest ends a request for a reason; of done she is told that there is an
// answer, of unwanted and replaced (something else was sent) nothing is sent. Of
// supplies nothing is kept then. Errors as TakeRequest's.
func EndRequest(s person.Scope, resident, id, reason string, now time.Time) (RequestView, error) {
	a, err := may(s, resident, id)
	if err != nil {
		return a, err
	}
	a.To, a.Closed = "", &followups.FollowedUp{Reason: reason, By: s.Person.Cadre.ID, At: now.Unix()}
	if a.hidden() {
		err = DropRequest(s.Tx, a.Request)
	} else {
		err = PutRequest(s.Tx, a.Request)
	}
	if err == nil && reason == "done" && !a.hidden() {
		err = tellHer(s.Tx, a.Request, "request_done", now)
	}
	return a, cmp.Or(err, CountAnew(s.Tx, now))
}

// SuppliesReady says that what she asked for can be fetched, or is under way, and
// has her told that there is an answer. Errors as TakeRequest's.
func SuppliesReady(s person.Scope, resident, id string, now time.Time) (RequestView, error) {
	a, err := may(s, resident, id)
	if err != nil {
		return a, err
	}
	if !a.hidden() {
		return a, record.ErrNotFound
	}
	a.Ready = now.Unix()
	if err := PutRequest(s.Tx, a.Request); err != nil {
		return a, err
	}
	return a, tellHer(s.Tx, a.Request, "request_ready", now)
}
