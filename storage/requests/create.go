package requests

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// AnswerDays is in how many working days a request is answered.
var AnswerDays = townconfig.NewLimit("request_days", 7, 1, 30, "找人、办事几天内回话")

// Create keeps a request of one of the asker's own, or one that staff writes down for
// somebody of her scope and thereby owns, under an id made of cause; it has a
// number and a day by which there is an answer (limit AnswerDays).
// The same cause gives the same request. It returns ErrNotFound for anybody else,
// ErrScope for a village role that asks for supplies, ErrConsent for who agreed to
// nothing, ErrOften for who has MaxOpen open ones, and ErrTwice with the one there
// is for a second open request of supplies or a visit. What the asker may not see
// is not counted: it would tell her that it is there.
func Create(s person.Scope, r Request, cause string, now time.Time) (Request, error) {
	her, err := s.Client(r.Resident)
	if err != nil {
		return r, err
	}
	if r.hidden() && !s.Family[her.ID] && !s.Confidential(person.Clinician, person.Clerk) {
		return r, record.ErrScope
	}
	if ok, err := agreed(s, her); err != nil || !ok {
		return r, cmp.Or(err, record.ErrConsent)
	}
	r.ID = record.ID("request", cause)
	if old, err := record.Optional(record.Get[Request](s.Tx, r.key())); err != nil || old.ID != "" {
		return old, err
	}
	if old, err := room(s, r); err != nil {
		return old, err
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return r, err
	}
	if her.Shown {
		r.Village = her.Village
	}
	if !s.Family[her.ID] {
		r.By, r.Owner, r.Village = s.Person.Cadre.ID, s.Person.Cadre.ID, her.Village
	}
	if r.hidden() {
		r.Village = ""
	}
	r.Asked, r.Due = now.Unix(), workingDays(site.Holidays(), calendar.DayOf(now), AnswerDays.Of(site))
	if r.Number, err = nextNumber(s.Tx); err != nil {
		return r, err
	}
	if err := PutRequest(s.Tx, r); err != nil {
		return r, err
	}
	return r, CountAnew(s.Tx, now)
}

// agreed reports whether a person agreed to anything, as far as the asker may know:
// to a village role that she does not show herself to, what the village wrote down.
func agreed(s person.Scope, her person.Resident) (bool, error) {
	if ok, err := s.Knows(her.ID, "", person.RingNobody); err != nil || ok {
		if err != nil {
			return false, err
		}
		return consent.Any(s.Tx, her.ID)
	}
	c, err := consent.Load(s.Tx, her.ID, purpose.VisitRecord)
	return c.Given(), err
}

// room says whether a person may ask for one thing more.
func room(s person.Scope, r Request) (Request, error) {
	all, err := Load(s.Tx, r.Resident)
	if err != nil {
		return r, err
	}
	n := 0
	for _, old := range all {
		if old.Closed != nil {
			continue
		}
		if ok, err := sees(s, old); err != nil {
			return r, err
		} else if !ok && !s.Family[r.Resident] {
			continue
		}
		if n++; old.Kind == r.Kind && (r.Kind == "supplies" || r.Kind == "visit") {
			return old, record.ErrAlreadyExists
		}
	}
	if n >= MaxOpen {
		return r, record.ErrRateLimited
	}
	return r, nil
}

// workingDays is the n-th working day after a day.
func workingDays(h calendar.Holidays, day calendar.Day, n int) calendar.Day {
	for range max(1, n) {
		day = h.NextWorking(day)
	}
	return day
}

// nextNumber counts requests: 001, 002, … 1000.
func nextNumber(tx *record.Tx) (string, error) {
	n, err := record.Optional(record.Get[int](tx, record.Key("counter", "request")))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%03d", n+1), tx.Put(record.Key("counter", "request"), n+1)
}

// Load are all of a person, the oldest first, hidden ones too.
func Load(tx *record.Tx, resident string) ([]Request, error) {
	var out []Request
	for _, kind := range []string{"request", "hidden"} {
		some, err := record.Collect(record.List[Request](tx, record.Prefix(kind, resident)))
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(a, b Request) int { return cmp.Compare(a.Asked, b.Asked) })
	return out, nil
}

// MyRequests returns what one of the asker's own asked for, hidden kinds too, the
// oldest first; ErrNotFound for anybody else.
func MyRequests(s person.Scope, resident string) ([]Request, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	return Load(s.Tx, resident)
}

// MyRequest returns one request of the asker's own; ErrNotFound for anybody else's.
func MyRequest(s person.Scope, resident, id string) (Request, error) {
	all, err := MyRequests(s, resident)
	if err != nil {
		return Request{}, err
	}
	if i := slices.IndexFunc(all, func(r Request) bool { return r.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Request{}, record.ErrNotFound
}

// SawRequest notes that she has read how a request of hers ended: nothing more is
// sent about it. ErrNotFound for anybody but herself.
func SawRequest(s person.Scope, resident, id string, now time.Time) error {
	r, err := MyRequest(s, resident, id)
	if err != nil {
		return err
	}
	r.Seen = now.Unix()
	return PutRequest(s.Tx, r)
}

// WithdrawRequest ends an open request on her own word and deletes it; ErrNotFound for
// anybody else's.
func WithdrawRequest(s person.Scope, resident, id string, now time.Time) error {
	r, err := MyRequest(s, resident, id)
	if err != nil {
		return err
	}
	if err := DropRequest(s.Tx, r); err != nil {
		return err
	}
	return CountAnew(s.Tx, now)
}

func DropRequest(tx *record.Tx, r Request) error {
	if err := tx.Delete(r.openKey()); err != nil {
		return err
	}
	return tx.Delete(r.key())
}
