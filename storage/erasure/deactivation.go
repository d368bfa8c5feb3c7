package erasure

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/careplans"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// Deactivation is what was open when somebody's card was closed, because she died or
// moved away: by it a mistake is mended. It stands under closing/<resident>.
type Deactivation struct {
	Resident, Name, Village, Group string
	Why                            string // died, moved
	By                             string // cadre id
	At                             int64  // Unix seconds
	FollowUps                      []followups.FollowUp
	Plans                          []careplans.CarePlan
	Away                           migration.Absence
	Promised                       []string `json:",omitempty"` // ids of the deliveries that were to come to her
}

// Deactivate closes the card of a resident of the scope who died or moved away (why:
// died, moved), quietly: from now on she is in no list and found by nobody, all that
// was to be reminded of, rung about, visited for or kept for her ends, seats go to
// the next, and nothing is sent or asked, of her family neither. It can be taken back
// inside a Save, and afterwards by ReopenCard until its time is over; then she is
// deleted.
//
// It returns ErrNotFound outside the scope of village and office, and ErrSelfOnly for
// one who moved away and uses the service herself: what she keeps is hers.
func Deactivate(s person.Scope, resident, why string, now time.Time) error {
	r, err := s.Villager(resident)
	if err != nil {
		return err
	}
	openid, err := person.WeChatOf(s.Tx, r.ID)
	if err != nil || why != "died" && (openid != "" || r.Self) {
		return cmp.Or(err, record.ErrSelfOnly)
	}
	c := Deactivation{Resident: r.ID, Name: r.Name, Village: r.Village, Group: r.Group, Why: why, By: s.Person.Cadre.ID, At: now.Unix()}
	if c.FollowUps, err = followups.OpenOf(s.Tx, r.ID); err != nil {
		return err
	}
	if c.Away, err = migration.LoadOpen(s.Tx, r.ID); err != nil {
		return err
	}
	for _, kind := range []string{"plan", "hiddenplan"} {
		plans, err := careplans.Load(s.Tx, kind, r.ID)
		if err != nil {
			return err
		}
		c.Plans = append(c.Plans, slices.DeleteFunc(plans, func(p careplans.CarePlan) bool { return p.Ended != nil })...)
	}
	for _, pre := range [][]byte{record.Prefix("booked", "r:"+r.ID), record.Prefix("owed", "r:"+r.ID)} {
		all, err := outbox.LoadAt(s.Tx, pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			c.Promised = append(c.Promised, d.ID)
		}
	}
	if err := errors.Join(s.LogOwn(r.ID, "closed", now), s.Tx.Put(record.Key("closing", r.ID), c)); err != nil {
		return err
	}
	if err := endAll(s.Tx, r, "closed", now); err != nil {
		return err
	}
	for _, phone := range []string{r.Phone, ""} { // the next list brings her line no more
		if err := s.Tx.PutRaw(record.Key("gone", person.GoneHash(s.Tx, r.Name, phone, r.Village)), []byte(calendar.DayOf(now).String())); err != nil {
			return err
		}
	}
	r.Closed = why
	return s.Tx.Put(record.Key("resident", r.ID), r)
}

// endAll ends what is open for a person and everything by which she is found or
// written to; whose WeChat stands for her is left as it is.
func endAll(tx *record.Tx, r person.Resident, reason string, now time.Time) error {
	return errors.Join(
		followups.CloseAll(tx, r.ID),
		endBookings(tx, r.ID, now),
		careplans.EndAll(tx, r.ID, reason, now),
		bookings.EndRecalls(tx, r.ID, now),
		person.Unindex(tx, r),
		tx.Delete(record.Key("out", r.Village, r.ID)),
		outbox.DropDeliveries(tx, "r:"+r.ID, "", reason, now))
}

// Deactivations returns whose card was closed in the villages of the scope and can be
// opened again, of a name ("" is any); the last first.
func Deactivations(s person.Scope, name string) ([]Deactivation, error) {
	all, err := record.Collect(record.List[Deactivation](s.Tx, record.Prefix("closing")))
	all = slices.DeleteFunc(all, func(c Deactivation) bool {
		return !s.Inside[c.Village] || s.Family[c.Resident] || name != "" && c.Name != name && !person.SameName(c.Name, name)
	})
	slices.SortStableFunc(all, func(a, b Deactivation) int { return cmp.Compare(b.At, a.At) })
	return all, err
}

// Reactivate opens a card again that was closed by mistake: she is found, what was
// agreed on and planned is open, where she is away is known, what was promised is sent. Seats and questions that
// were given up do not come back. ErrNotFound outside the scope, and where her card
// was not closed or she is deleted.
func Reactivate(s person.Scope, resident string, now time.Time) (person.Resident, error) {
	c, err := record.Get[Deactivation](s.Tx, record.Key("closing", resident))
	if err != nil || !s.Inside[c.Village] || s.Family[resident] {
		return person.Resident{}, cmp.Or(err, record.ErrNotFound)
	}
	r, err := record.Get[person.Resident](s.Tx, record.Key("resident", resident))
	if err != nil || r.Closed == "" || r.Erased != 0 {
		return person.Resident{}, cmp.Or(err, record.ErrNotFound)
	}
	r.Closed = ""
	if r.Village, err = enrolment.Standing(s.Tx, r.Village); err != nil && !errors.Is(err, record.ErrNotFound) { // merged in the meantime
		return r, err
	}
	if err := person.PutResident(s.Tx, r); err != nil {
		return r, err
	}
	for _, f := range c.FollowUps {
		if err := followups.Put(s.Tx, f); err != nil {
			return r, err
		}
	}
	for _, p := range c.Plans {
		if err := putPlanAnew(s.Tx, p); err != nil {
			return r, err
		}
	}
	if c.Away.ID != "" {
		if err := migration.Keep(s.Tx, c.Away, r.Village); err != nil {
			return r, err
		}
	}
	for _, phone := range []string{r.Phone, ""} {
		if err := s.Tx.Delete(record.Key("gone", person.GoneHash(s.Tx, r.Name, phone, c.Village))); err != nil {
			return r, err
		}
	}
	return r, errors.Join(s.Tx.Delete(record.Key("closing", resident)), followups.Reassign(s.Tx, r), promiseAgain(s.Tx, c, now), s.LogOwn(r.ID, "reopened", now))
}

// promiseAgain books what was dropped by a closing and is still true and in time.
func promiseAgain(tx *record.Tx, c Deactivation, now time.Time) error {
	for _, id := range c.Promised {
		d, err := record.Optional(outbox.Load(tx, id))
		if err != nil {
			return err
		}
		if d.State != outbox.Dropped || d.Reason != "closed" || d.Latest <= now.Unix() {
			continue
		}
		if why, err := deliverykinds.StillValid(tx, d); err != nil {
			return err
		} else if why != "" {
			continue
		}
		d.State, d.Reason, d.Settled = outbox.Booked, "", 0
		if err := outbox.Put(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// dropClosing has somebody whose card was closed long enough ago deleted.
func dropClosing(tx *record.Tx, c Deactivation) error {
	if err := tx.Delete(record.Key("closing", c.Resident)); err != nil {
		return err
	}
	r, err := record.Optional(record.Get[person.Resident](tx, record.Key("resident", c.Resident)))
	if err != nil || r.Closed == "" || r.Erased != 0 {
		return err
	}
	return erase(tx, r, time.Unix(c.At, 0))
}

// MoveResident takes a resident of the scope to another village and group of the scope,
// whom both see; who serves only one of them cannot. What was written down in the
// old village stays with who wrote it and, with what she agreed to there by word of
// mouth, is not told in the new one until she says so; her open work goes to her
// new contact. It returns ErrScope where the new village is outside the scope,
// ErrSelfOnly for one who signed up herself (see ShowTo), ErrNotFound where the
// village, or the group, does not exist.
func MoveResident(s person.Scope, resident, village, group string, now time.Time) error {
	r, err := s.Villager(resident)
	if err != nil {
		return err
	}
	if !s.Inside[village] {
		return record.ErrScope
	}
	if r.Self && village != r.Village {
		return record.ErrSelfOnly
	}
	v, err := person.LoadVillage(s.Tx, village)
	if err != nil {
		return err
	}
	if _, ok := v.Group(group); group != "" && !ok || v.MergedInto != "" {
		return record.ErrNotFound
	}
	if village != r.Village {
		if err := leaveLine(s.Tx, r, now); err != nil {
			return err
		}
	}
	if village != r.Village { // the house stays where it is
		r.Household, r.House, r.Moved = "", "", now.Unix()
		r.Shown = false // it was the old village that she let see
		if err := calls.NoVillageCalls(s.Tx, r.ID); err != nil {
			return err
		}
	}
	return errors.Join(enrolment.MoveTo(s.Tx, r, village, group), s.LogOwn(r.ID, "moved", now), requests.CountAnew(s.Tx, now))
}
