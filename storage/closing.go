package storage

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/calendar"
)

// Closing is what was open when somebody's card was closed, because she died or
// moved away: by it a mistake is mended. It stands under closing/<resident>.
type Closing struct {
	Resident, Name, Village, Group string
	Why                            string // died, moved
	By                             string // cadre id
	At                             int64  // Unix seconds
	FollowUps                      []FollowUp
	Plans                          []CarePlan
	Away                           Away
	Promised                       []string `json:",omitempty"` // ids of the deliveries that were to come to her
}

// CloseCard closes the card of a resident of the scope who died or moved away (why:
// died, moved), quietly: from now on she is in no list and found by nobody, all that
// was to be reminded of, rung about, visited for or kept for her ends, seats go to
// the next, and nothing is sent or asked, of her family neither. It can be taken back
// inside a Save, and afterwards by ReopenCard until its time is over; then she is
// deleted.
//
// It returns ErrNotFound outside the scope of village and office, and ErrSelfOnly for
// one who moved away and uses the service herself: what she keeps is hers.
func (s Scope) CloseCard(resident, why string, now time.Time) error {
	r, err := s.villager(resident)
	if err != nil {
		return err
	}
	openid, err := s.tx.WeChatOf(r.ID)
	if err != nil || why != "died" && (openid != "" || r.Self) {
		return cmp.Or(err, ErrSelfOnly)
	}
	c := Closing{Resident: r.ID, Name: r.Name, Village: r.Village, Group: r.Group, Why: why, By: s.Person.Cadre.ID, At: now.Unix()}
	if c.FollowUps, err = s.tx.openFollowUps(r.ID); err != nil {
		return err
	}
	if c.Away, err = s.tx.openAway(r.ID); err != nil {
		return err
	}
	for _, kind := range []string{"plan", "hiddenplan"} {
		plans, err := s.tx.plans(kind, r.ID)
		if err != nil {
			return err
		}
		c.Plans = append(c.Plans, slices.DeleteFunc(plans, func(p CarePlan) bool { return p.Ended != nil })...)
	}
	for _, pre := range [][]byte{prefix("booked", "r:"+r.ID), prefix("owed", "r:"+r.ID)} {
		all, err := s.tx.deliveriesAt(pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			c.Promised = append(c.Promised, d.ID)
		}
	}
	if err := errors.Join(s.look(r.ID, "closed", now), s.tx.put(key("closing", r.ID), c)); err != nil {
		return err
	}
	if err := s.tx.endAll(r, "closed", now); err != nil {
		return err
	}
	for _, phone := range []string{r.Phone, ""} { // the next list brings her line no more
		if err := s.tx.putRaw(key("gone", s.tx.goneHash(r.Name, phone, r.Village)), []byte(calendar.DayOf(now).String())); err != nil {
			return err
		}
	}
	r.Closed = why
	return s.tx.put(key("resident", r.ID), r)
}

// endAll ends what is open for a person and everything by which she is found or
// written to; whose WeChat stands for her is left as it is.
func (tx *Tx) endAll(r Resident, reason string, now time.Time) error {
	return errors.Join(
		tx.closeAll(r.ID),
		tx.endBookings(r.ID, now),
		tx.EndPlans(r.ID, reason, now),
		tx.endReturns(r.ID, now),
		tx.unindex(r),
		tx.delete(key("out", r.Village, r.ID)),
		tx.DropDeliveries("r:"+r.ID, "", reason, now))
}

// Closings returns whose card was closed in the villages of the scope and can be
// opened again, of a name ("" is any); the last first.
func (s Scope) Closings(name string) ([]Closing, error) {
	all, err := collect(list[Closing](s.tx, prefix("closing")))
	all = slices.DeleteFunc(all, func(c Closing) bool {
		return !s.inside[c.Village] || s.own[c.Resident] || name != "" && c.Name != name && !sameName(c.Name, name)
	})
	slices.SortStableFunc(all, func(a, b Closing) int { return cmp.Compare(b.At, a.At) })
	return all, err
}

// ReopenCard opens a card again that was closed by mistake: she is found, what was
// agreed on and planned is open, where she is away is known, what was promised is sent. Seats and questions that
// were given up do not come back. ErrNotFound outside the scope, and where her card
// was not closed or she is deleted.
func (s Scope) ReopenCard(resident string, now time.Time) (Resident, error) {
	c, err := get[Closing](s.tx, key("closing", resident))
	if err != nil || !s.inside[c.Village] || s.own[resident] {
		return Resident{}, cmp.Or(err, ErrNotFound)
	}
	r, err := get[Resident](s.tx, key("resident", resident))
	if err != nil || r.Closed == "" || r.Erased != 0 {
		return Resident{}, cmp.Or(err, ErrNotFound)
	}
	r.Closed = ""
	if r.Village, err = s.tx.standing(r.Village); err != nil && !errors.Is(err, ErrNotFound) { // merged in the meantime
		return r, err
	}
	if err := s.tx.PutResident(r); err != nil {
		return r, err
	}
	for _, f := range c.FollowUps {
		if err := s.tx.PutFollowUp(f); err != nil {
			return r, err
		}
	}
	for _, p := range c.Plans {
		if err := s.tx.putPlanAnew(p); err != nil {
			return r, err
		}
	}
	if c.Away.ID != "" {
		if err := s.tx.putAway(c.Away, r.Village); err != nil {
			return r, err
		}
	}
	for _, phone := range []string{r.Phone, ""} {
		if err := s.tx.delete(key("gone", s.tx.goneHash(r.Name, phone, c.Village))); err != nil {
			return r, err
		}
	}
	return r, errors.Join(s.tx.delete(key("closing", resident)), s.tx.rehome(r), s.tx.promiseAgain(c, now), s.look(r.ID, "reopened", now))
}

// promiseAgain books what was dropped by a closing and is still true and in time.
func (tx *Tx) promiseAgain(c Closing, now time.Time) error {
	for _, id := range c.Promised {
		d, err := optional(tx.Delivery(id))
		if err != nil {
			return err
		}
		if d.State != Dropped || d.Reason != "closed" || d.Latest <= now.Unix() {
			continue
		}
		if why, err := tx.Stands(d); err != nil {
			return err
		} else if why != "" {
			continue
		}
		d.State, d.Reason, d.Settled = Booked, "", 0
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
	}
	return nil
}

// dropClosing has somebody whose card was closed long enough ago deleted.
func (tx *Tx) dropClosing(c Closing) error {
	if err := tx.delete(key("closing", c.Resident)); err != nil {
		return err
	}
	r, err := optional(get[Resident](tx, key("resident", c.Resident)))
	if err != nil || r.Closed == "" || r.Erased != 0 {
		return err
	}
	return tx.erase(r, time.Unix(c.At, 0))
}

// MoveTo takes a resident of the scope to another village and group of the scope,
// whom both see; who serves only one of them cannot. What was written down in the
// old village stays with who wrote it and, with what she agreed to there by word of
// mouth, is not told in the new one until she says so; her open work goes to her
// new contact. It returns ErrScope where the new village is outside the scope,
// ErrSelfOnly for one who signed up herself (see ShowTo), ErrNotFound where the
// village, or the group, does not exist.
func (s Scope) MoveTo(resident, village, group string, now time.Time) error {
	r, err := s.villager(resident)
	if err != nil {
		return err
	}
	if !s.inside[village] {
		return ErrScope
	}
	if r.Self && village != r.Village {
		return ErrSelfOnly
	}
	v, err := s.tx.Village(village)
	if err != nil {
		return err
	}
	if _, ok := v.Group(group); group != "" && !ok || v.MergedInto != "" {
		return ErrNotFound
	}
	if village != r.Village {
		if err := s.tx.leaveLine(r, now); err != nil {
			return err
		}
	}
	if village != r.Village { // the house stays where it is
		r.Household, r.House, r.Moved = "", "", now.Unix()
		r.Shown = false // it was the old village that she let see
		if err := s.tx.noVillageCalls(r.ID); err != nil {
			return err
		}
	}
	return errors.Join(s.tx.move(r, village, group), s.look(r.ID, "moved", now), s.tx.requestsMoved(now))
}

// tells reports whether what was written down about a resident in a village may be
// told to the asker: not to those of the village to which she moved.
func (s Scope) tells(r Resident, village string) bool {
	return r.Moved == 0 || s.inside[village] || s.Person.Cadre.Has(Clerk) || s.own[r.ID]
}
