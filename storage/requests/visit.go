package requests

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// SendErrand gives a resident of the scope, who uses the service, a list of the
// papers that an errand needs (a guide's id): she reads it with 看. ErrConsent for
// who agreed to nothing, ErrNotFound outside the scope.
func SendErrand(s person.Scope, resident, guide, cause string, now time.Time) (Request, error) {
	r := Request{Resident: resident, Kind: "errand", Text: guide}
	her, err := s.Resident(resident)
	if err != nil {
		return r, err
	}
	if ok, err := agreed(s, her); err != nil || !ok {
		return r, cmp.Or(err, record.ErrConsent)
	}
	r.ID = record.ID("request", cause)
	if old, err := record.Optional(record.Get[Request](s.Tx, r.key())); err != nil || old.ID != "" {
		return old, err
	}
	if r.Number, err = nextNumber(s.Tx); err != nil {
		return r, err
	}
	me := s.Person.Cadre.ID
	r.By, r.Owner, r.Village, r.Asked, r.Due = me, me, her.Village, now.Unix(), calendar.DayOf(now)
	r.Closed = &followups.FollowedUp{Reason: "done", By: me, At: now.Unix()}
	if err := PutRequest(s.Tx, r); err != nil {
		return r, err
	}
	return r, tellHer(s.Tx, r, "request_list", now)
}

// tellHer books one message to who asked, if a WeChat stands for her.
func tellHer(tx *record.Tx, r Request, kind string, now time.Time) error {
	openid, err := person.WeChatOf(tx, r.Resident)
	if err != nil || openid == "" {
		return err
	}
	at, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, now)
	if !ok {
		return nil
	}
	cause := "request/" + r.ID + "/" + kind
	if kind == "request_times" {
		cause += "/" + strconv.FormatInt(now.Unix(), 10)
	}
	_, err = outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: kind, To: "r:" + r.Resident, About: r.Resident,
		Facts:    map[string]string{"request": r.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// ProposeTimes answers her times for a visit with others. Errors as TakeRequest's.
func ProposeTimes(s person.Scope, resident, id string, times []When, now time.Time) (RequestView, error) {
	a, err := may(s, resident, id)
	if err != nil {
		return a, err
	}
	if a.Kind != "visit" {
		return a, record.ErrNotFound
	}
	a.Theirs = times
	if err := PutRequest(s.Tx, a.Request); err != nil {
		return a, err
	}
	return a, tellHer(s.Tx, a.Request, "request_times", now)
}

// OfferTimes are other times that suit her, for a visit that is being agreed on.
// ErrNotFound for anybody else's request.
func OfferTimes(s person.Scope, resident, id string, times []When) (Request, error) {
	r, err := MyRequest(s, resident, id)
	if err != nil || r.Kind != "visit" || r.Closed != nil {
		return r, cmp.Or(err, record.ErrNotFound)
	}
	r.Times, r.Theirs = times, nil
	return r, PutRequest(s.Tx, r)
}

// AgreeVisit makes a visit of a time that suits both: staff picks one of hers, or
// she one of those proposed to her. It returns the follow-up, which stands in the
// owner's days from now on; the request has ended. ErrPast for a time that is not
// among them or has gone by; others as TakeRequest's.
func AgreeVisit(s person.Scope, resident, id string, at When, cause string, now time.Time) (followups.FollowUp, error) {
	var r Request
	var suits []When
	if s.Family[resident] {
		mine, err := MyRequest(s, resident, id)
		if err != nil {
			return followups.FollowUp{}, err
		}
		r, suits = mine, mine.Theirs
	} else {
		a, err := may(s, resident, id)
		if err != nil {
			return followups.FollowUp{}, err
		}
		r, suits = a.Request, a.Times
	}
	today := calendar.DayOf(now)
	if r.Kind != "visit" || r.Closed != nil || r.Owner == "" || !slices.Contains(suits, at) || at.Day < today {
		return followups.FollowUp{}, record.ErrNotAvailable
	}
	f := followups.FollowUp{ID: record.ID("followup", cause), Resident: resident, Contact: r.Owner, Kind: "visit", Due: at.Day, Part: at.Part, Asked: today}
	if err := followups.Put(s.Tx, f); err != nil {
		return f, err
	}
	r.Closed = &followups.FollowedUp{Reason: "done", By: r.Owner, At: now.Unix()}
	if s.Family[resident] {
		r.Seen = now.Unix()
	} else if err := tellHer(s.Tx, r, "request_done", now); err != nil {
		return f, err
	}
	if err := PutRequest(s.Tx, r); err != nil {
		return f, err
	}
	return f, CountAnew(s.Tx, now)
}

// NoVisits keeps whether one of the asker's own wants nobody at her door: she is
// in no round then, and a visit that was agreed on is off. ErrNotFound for anybody
// else.
func NoVisits(s person.Scope, resident string, no bool, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	r.NoVisit = no
	if err := s.Tx.Put(record.Key("resident", r.ID), r); err != nil || !no {
		return err
	}
	if err := EndVisits(s.Tx, resident, now); err != nil {
		return err
	}
	mine, err := Load(s.Tx, resident)
	if err != nil {
		return err
	}
	for _, q := range mine {
		if q.Kind != "visit" || q.Closed != nil {
			continue
		}
		if err := DropRequest(s.Tx, q); err != nil {
			return err
		}
	}
	return CountAnew(s.Tx, now)
}

// EndVisits ends the visits that were agreed on with a person, on her own word.
func EndVisits(tx *record.Tx, resident string, now time.Time) error {
	open, err := followups.OpenOf(tx, resident)
	if err != nil {
		return err
	}
	for _, f := range open {
		if f.Kind != "visit" {
			continue
		}
		f.Closed = &followups.FollowedUp{Reason: "unwanted", At: now.Unix()}
		if err := followups.Put(tx, f); err != nil {
			return err
		}
	}
	return nil
}
