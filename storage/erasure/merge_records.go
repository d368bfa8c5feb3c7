package erasure

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calls"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
)

// records carries every kind: first those that stand in indexes of others, each by
// its own way in and out, then whatever else lies under her id.
func (m merging) records() error {
	for _, step := range []func() error{m.deliveries, m.waits, m.links, m.visits, m.followUps, m.aways, m.bookings, m.plans, m.requests, m.submissions, m.calls, m.seats, m.consents, m.rest} {
		if err := step(); err != nil {
			return fmt.Errorf("carry over: %w", err)
		}
	}
	return errors.Join(
		m.stood(),
		m.tx.UnmarkChanged(m.drop), // she who stays changed
		person.DropInvitesWhere(m.tx, func(i person.Invite) bool { return i.Resident == m.drop }),
		access.RevokeWhere(m.tx, func(p access.MagicLink) bool { return p.Resident == m.drop }))
}

// deliveries re-addresses what is promised, and what staff is told about her. Only
// reminders of bookings whose hour comes yet are promised anew with the bookings.
func (m merging) deliveries() error {
	for _, pre := range [][]byte{record.Prefix("booked"), record.Prefix("owed")} { // those to staff
		all, err := outbox.LoadAt(m.tx, append(pre, "c:"...), 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.About != m.drop {
				continue
			}
			d.About = m.keep
			if err := outbox.Put(m.tx, d); err != nil {
				return err
			}
		}
	}
	for _, pre := range [][]byte{record.Prefix("booked", "r:"+m.drop), record.Prefix("owed", "r:"+m.drop)} {
		all, err := outbox.LoadAt(m.tx, pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if anew[d.Kind] && d.Earliest > m.now.Unix() {
				d.State, d.Reason, d.Settled = outbox.Dropped, "merged", m.now.Unix()
			} else {
				d.To, d.About = "r:"+m.keep, record.If(d.About == m.drop, m.keep, d.About)
			}
			if err := outbox.Put(m.tx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// anew are the reminders that remind promises.
var anew = map[string]bool{"appointment_ahead": true, "appointment_eve": true, "appointment_morning": true}

func (m merging) links() error {
	for p, err := range m.tx.Parts(record.Prefix("wechat", m.drop)) {
		if err != nil {
			return err
		}
		l, err := person.LoadAccount(m.tx, p[0])
		if err != nil {
			return err
		}
		l.OpenID = p[0]
		l.Residents = slices.DeleteFunc(l.Residents, func(r string) bool { return r == m.drop })
		if err := errors.Join(m.tx.Delete(record.Key("wechat", m.drop, p[0])), person.PutAccount(m.tx, l), person.BindResident(m.tx, p[0], m.keep)); err != nil {
			return err
		}
	}
	return nil
}

// stood has a WeChat that unfollowed, and comes back, stand for the one who stays.
func (m merging) stood() error {
	for p, err := range m.tx.Scan(record.Prefix("stood"), record.PrefixEnd(record.Prefix("stood"))) {
		if err != nil {
			return err
		}
		w, err := record.Decode[enrolment.FormerBinding](p)
		if err != nil {
			return err
		}
		i := slices.Index(w.Residents, m.drop)
		if i < 0 {
			continue
		}
		if w.Residents[i] = m.keep; slices.Index(w.Residents, m.keep) != i || slices.Contains(w.Residents[i+1:], m.keep) {
			w.Residents = slices.Delete(w.Residents, i, i+1)
		}
		if err := m.tx.Put(bytes.Clone(p.Key), w); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) visits() error {
	return moveEach(m, "visit", func(v visits.Visit) error {
		if err := visits.Remove(m.tx, v); err != nil {
			return err
		}
		v.Resident = m.keep
		return errors.Join(m.tx.PutRaw(record.Key("by", v.By, v.Day.String(), v.Resident, v.ID), nil),
			m.tx.Put(record.Key("visit", v.Resident, v.Day.String(), v.ID), v))
	})
}

func (m merging) followUps() error {
	return moveEach(m, "followup", func(f followups.FollowUp) error {
		if err := followups.Remove(m.tx, f); err != nil {
			return err
		}
		f.Resident = m.keep
		return followups.Put(m.tx, f)
	})
}

// aways carries cards; of two that are open the one that was written later stays so.
func (m merging) aways() error {
	return moveEach(m, "away", func(a migration.Absence) error {
		if err := migration.Remove(m.tx, a); err != nil {
			return err
		}
		open, err := migration.LoadOpen(m.tx, m.keep)
		if err != nil {
			return err
		}
		r, err := person.LoadResident(m.tx, m.keep)
		if err != nil {
			return err
		}
		a.Resident = m.keep
		if a.Back == 0 && a.Kind == "" && open.ID != "" {
			if open.At > a.At {
				a.Back = max(a.Since, open.Since)
			} else {
				open.Back = max(a.Since, open.Since)
				if err := migration.Keep(m.tx, open, r.Village); err != nil {
					return err
				}
			}
		}
		if a.Back != 0 && open.ID != "" { // a closed card must not take the open one out of its list
			return m.tx.Put(record.Key("away", m.keep, a.ID), a)
		}
		return migration.Keep(m.tx, a, r.Village)
	})
}

// out puts the card that is open under the village in which she is now.
func (m merging) out(before, now string) error {
	if before == now {
		return nil
	}
	if err := m.tx.Delete(record.Key("out", before, m.keep)); err != nil {
		return err
	}
	open, err := migration.LoadOpen(m.tx, m.keep)
	if err != nil || open.ID == "" {
		return err
	}
	return migration.Keep(m.tx, open, now)
}

func (m merging) bookings() error {
	for p, err := range m.tx.Parts(record.Prefix("appointments", m.drop)) {
		if err != nil {
			return err
		}
		a, err := bookings.Load(m.tx, p[1])
		if err != nil {
			return err
		}
		a.Resident, a.Spouse = handovers.Replace(a.Resident, m.drop, m.keep), handovers.Replace(a.Spouse, m.drop, m.keep)
		if at, ok := a.Said[m.drop]; ok {
			a.Said = record.Without(a.Said, m.drop)
			if a.Said == nil {
				a.Said = map[string]int64{}
			}
			a.Said[m.keep] = at
		}
		if _, err := bookings.Put(m.tx, a, m.now); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) waits() error {
	for p, err := range m.tx.Parts(record.Prefix("waiting_of", m.drop)) {
		if err != nil {
			return err
		}
		w, err := bookings.LoadWaiting(m.tx, m.drop, p[0])
		if err != nil {
			return err
		}
		w.Resident = m.keep
		if err := errors.Join(m.tx.Delete(record.Key("waiting_of", m.drop, p[0])), m.tx.Put(record.Key("waiting", w.Service, bookings.WaitingKey(w)), w),
			m.tx.PutRaw(record.Key("waiting_of", m.keep, p[0]), []byte(bookings.WaitingKey(w)))); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) plans() error {
	for _, kind := range []string{"plan", "hiddenplan"} {
		err := moveEach(m, kind, func(p careplans.CarePlan) error {
			if err := careplans.Remove(m.tx, p); err != nil {
				return err
			}
			p.Resident = m.keep
			return putPlanAnew(m.tx, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putPlanAnew keeps a plan that stands in no index yet.
func putPlanAnew(tx *record.Tx, p careplans.CarePlan) error {
	p.Next = 0
	for _, st := range p.Open() {
		if st.Desk && st.Shown != 0 {
			if err := tx.PutRaw(careplans.DeskKey(p, st), nil); err != nil {
				return err
			}
		}
	}
	return careplans.Put(tx, p)
}

func (m merging) requests() error {
	for _, kind := range []string{"request", "hidden"} {
		err := moveEach(m, kind, func(r requests.Request) error {
			if err := requests.DropRequest(m.tx, r); err != nil {
				return err
			}
			r.Resident = m.keep
			return requests.PutRequest(m.tx, r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m merging) submissions() error {
	return moveEach(m, "submission", func(a townforms.Submission) error {
		if err := townforms.DropSubmission(m.tx, a); err != nil {
			return err
		}
		a.Resident = m.keep
		return townforms.PutSubmission(m.tx, a)
	})
}

func (m merging) calls() error {
	return moveEach(m, "call", func(c calls.Call) error {
		if err := errors.Join(m.tx.Delete(c.Key()), m.tx.Delete(c.DayKey())); err != nil {
			return err
		}
		c.Resident = m.keep
		return calls.Put(m.tx, c)
	})
}

// seats carries her seats at meetings.
func (m merging) seats() error {
	for p, err := range m.tx.Scan(record.Prefix("lecture"), record.PrefixEnd(record.Prefix("lecture"))) {
		if err != nil {
			return err
		}
		if !bytes.HasSuffix(p.Key, []byte("/"+m.drop)) {
			continue
		}
		l, err := record.Decode[events.LectureSeat](p)
		if err != nil {
			return err
		}
		both, err := m.tx.Has(record.Key("lecture", l.Lecture, m.keep))
		if err != nil {
			return err
		}
		if err := m.tx.Delete(bytes.Clone(p.Key)); err != nil {
			return err
		}
		if both { // the seat that stays has its own word
			if err := m.unsaid(l); err != nil {
				return err
			}
			continue
		}
		l.Resident = m.keep
		if err := m.tx.Put(record.Key("lecture", l.Lecture, m.keep), l); err != nil {
			return err
		}
	}
	return nil
}

// unsaid drops what was to be said about a seat.
func (m merging) unsaid(l events.LectureSeat) error {
	d, err := record.Optional(outbox.DeliveryOf(m.tx, l.Cause()))
	if err != nil || d.State != outbox.Booked && d.State != outbox.Deferred {
		return err
	}
	d.State, d.Reason, d.Settled = outbox.Dropped, "merged", m.now.Unix()
	return outbox.Put(m.tx, d)
}

// consents puts both people's answers under the one, set by set in the order of time.
func (m merging) consents() error {
	for _, set := range purpose.All {
		var all []consent.Consent
		for _, id := range []string{m.keep, m.drop} {
			some, err := record.Collect(record.List[consent.Consent](m.tx, record.Prefix("consent", id, string(set))))
			if err != nil {
				return err
			}
			all = append(all, some...)
			if err := m.tx.DeleteAll(record.Prefix("consent", id, string(set))); err != nil {
				return err
			}
		}
		slices.SortStableFunc(all, func(a, b consent.Consent) int { return int(a.At - b.At) })
		last := int64(0)
		for _, c := range all {
			c.Resident, c.At = m.keep, max(c.At, last+1)
			last = c.At
			if err := m.tx.Put(record.Key("consent", m.keep, string(set), record.Stamp(time.Unix(c.At, 0))), c); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest carries what lies under her id and nowhere else: papers, days on which the
// clinic asked her back, who has looked, her PIN, and kinds that came later. Where the
// one who stays has the same, hers stays.
func (m merging) rest() error {
	for start := []byte{}; ; {
		kind, err := nextKind(m.tx, start)
		if kind == "" || err != nil {
			return err
		}
		start = record.PrefixEnd(record.Prefix(kind))
		if keptKinds[kind] || kind == "resident" || kind == "touch" {
			continue
		}
		if err := m.rename(kind); err != nil {
			return err
		}
	}
}

func (m merging) rename(kind string) error {
	var all []kv.Pair
	if v, err := m.tx.GetRaw(record.Key(kind, m.drop)); err == nil {
		all = append(all, kv.Pair{Key: record.Key(kind, m.drop), Value: bytes.Clone(v)})
	} else if !errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("get %s: %w", kind, err)
	}
	for p, err := range m.tx.Scan(record.Prefix(kind, m.drop), record.PrefixEnd(record.Prefix(kind, m.drop))) {
		if err != nil {
			return err
		}
		all = append(all, kv.Pair{Key: bytes.Clone(p.Key), Value: bytes.Clone(p.Value)})
	}
	for _, p := range all {
		to := append(record.Key(kind, m.keep), p.Key[len(record.Key(kind, m.drop)):]...)
		has, err := m.tx.Has(to)
		if err != nil {
			return err
		}
		if err := m.tx.Delete(p.Key); err != nil {
			return err
		}
		if has {
			continue
		}
		if err := m.tx.PutRaw(to, bytes.ReplaceAll(p.Value, []byte(`"`+m.drop+`"`), []byte(`"`+m.keep+`"`))); err != nil {
			return err
		}
	}
	return nil
}

// moveEach calls move with every record of a kind that lies under the line that goes.
func moveEach[T any](m merging, kind string, move func(T) error) error {
	all, err := record.Collect(record.List[T](m.tx, record.Prefix(kind, m.drop)))
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := move(one); err != nil {
			return err
		}
	}
	return nil
}
