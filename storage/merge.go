package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"xintiexin/storage/kv"
)

// Sentinels of making one person of two lines.
var (
	ErrBoth   = errors.New("storage: both have one that is open") // a booking of one service, a place on its list
	ErrUnseen = errors.New("storage: nobody has seen that it is she")
)

// Merge makes one of two lines that are the same person: keep stays, and what is
// kept of drop is hers. It is called inside a Save, and so can be taken back whole.
//
// Who may: a village worker for two lines of her villages behind whom no WeChat
// stands; a clerk, where somebody has a WeChat only if staff has seen that she is
// who she says (Known), never for two WeChats, nor where it would put her who signed
// up herself into a village; she herself for two that her own WeChat stands for. No consent grows by it: a set to which either said no is not
// agreed to afterwards, and what rests on it ends.
//
// It returns ErrNotFound outside the scope, ErrSelfOnly for a village role where it
// is hers to decide, ErrUnseen, and ErrBoth where one has to be given up first.
func (s Scope) Merge(keep, drop string, now time.Time) error {
	k, d, err := s.mergeable(keep, drop)
	if err != nil {
		return err
	}
	if err := s.tx.nothingTwice(k.ID, d.ID); err != nil {
		return err
	}
	m := merging{tx: s.tx, keep: k.ID, drop: d.ID, now: now}
	narrow, err := m.refused()
	if err != nil {
		return err
	}
	one, err := m.person(k, d)
	if err != nil {
		return err
	}
	if err := m.records(); err != nil {
		return err
	}
	if err := errors.Join(s.tx.unindex(d), s.tx.delete(key("resident", d.ID)), s.tx.PutResident(one), s.tx.emptyHouse(d),
		m.out(k.Village, one.Village), s.tx.leaveLine(d, now)); err != nil {
		return err
	}
	for _, set := range narrow {
		if err := s.tx.withdraw(one, set, Consent{Channel: "merge", By: s.Person.Cadre.ID}, now); err != nil {
			return err
		}
	}
	if err := errors.Join(s.tx.rehome(one), s.tx.requestsMoved(now)); err != nil { // who looked after her alone may serve the other village
		return err
	}
	if s.own[drop] {
		delete(s.own, drop)
		return s.tx.AddAudit(Audit{At: now.Unix(), What: "merged", Resident: keep})
	}
	return errors.Join(s.look(keep, "merged", now), s.tx.AddAudit(Audit{At: now.Unix(), What: "merged", Resident: keep, By: s.Person.Cadre.ID}))
}

// mergeable returns the two, if the asker may make one of them.
func (s Scope) mergeable(keep, drop string) (k, d Resident, err error) {
	if keep == drop {
		return k, d, ErrNotFound
	}
	if s.own[keep] && s.own[drop] {
		k, err = s.Mine(keep)
		d, err2 := s.Mine(drop)
		return k, d, errors.Join(err, err2)
	}
	if k, err = s.villager(keep); err != nil {
		return k, d, err
	}
	if d, err = s.villager(drop); err != nil {
		return k, d, err
	}
	phones := 0
	for _, r := range []Resident{k, d} {
		openid, err := s.tx.WeChatOf(r.ID)
		if err != nil {
			return k, d, err
		}
		if openid == "" && !r.Self {
			continue
		}
		if phones++; phones > 1 || !s.Person.Cadre.Has(Clerk) {
			return k, d, ErrSelfOnly
		}
		if known, err := s.tx.Known(r); err != nil || !known {
			return k, d, errors.Join(err, pickErr(err == nil, ErrUnseen))
		}
	}
	if k.Self && k.Village == "" || d.Self && d.Village != k.Village { // which village sees her is hers to say
		return k, d, ErrSelfOnly
	}
	return k, d, nil
}

func pickErr(c bool, err error) error {
	if c {
		return err
	}
	return nil
}

// nothingTwice returns ErrBoth where two people have something of which one person
// has only one.
func (tx *Tx) nothingTwice(keep, drop string) error {
	for _, kinds := range [][2]string{{"appointment_of", "appointment_of"}, {"waiting_of", "waiting_of"}, {"appointment_of", "waiting_of"}, {"waiting_of", "appointment_of"}} {
		for p, err := range tx.parts(prefix(kinds[0], drop)) {
			if err != nil {
				return err
			}
			if both, err := tx.has(key(kinds[1], keep, p[0])); err != nil || both {
				return errors.Join(err, pickErr(both, ErrBoth))
			}
		}
	}
	for _, look := range []func(keep, drop string) (bool, error){tx.samePlan, tx.sameRequest} {
		if both, err := look(keep, drop); err != nil || both {
			return errors.Join(err, pickErr(err == nil, ErrBoth))
		}
	}
	for p, err := range tx.parts(prefix("appointments", drop)) {
		if err != nil {
			return err
		}
		a, err := tx.appointment(p[1])
		if err != nil || a.has(keep) { // she and her spouse are two
			return errors.Join(err, pickErr(err == nil, ErrBoth))
		}
	}
	return nil
}

// samePlan reports whether two people have a plan that runs of one schedule and child.
func (tx *Tx) samePlan(keep, drop string) (bool, error) {
	for _, kind := range []string{"plan", "hiddenplan"} {
		hers, err := tx.plans(kind, keep)
		if err != nil {
			return false, err
		}
		all, err := tx.plans(kind, drop)
		if err != nil {
			return false, err
		}
		for _, p := range all {
			if p.Ended == nil && len(p.Open()) > 0 && slices.ContainsFunc(hers, func(o CarePlan) bool {
				return o.Ended == nil && len(o.Open()) > 0 && o.Schedule == p.Schedule && o.Child == p.Child
			}) {
				return true, nil
			}
		}
	}
	return false, nil
}

// sameRequest reports whether two people have an open request of a kind of which one
// person has only one.
func (tx *Tx) sameRequest(keep, drop string) (bool, error) {
	hers, err := tx.requests(keep)
	if err != nil {
		return false, err
	}
	all, err := tx.requests(drop)
	return slices.ContainsFunc(all, func(r Request) bool {
		return r.Closed == nil && (r.Kind == "supplies" || r.Kind == "visit") &&
			slices.ContainsFunc(hers, func(o Request) bool { return o.Closed == nil && o.Kind == r.Kind })
	}), err
}

// merging carries what is kept of one line to another.
type merging struct {
	tx         *Tx
	keep, drop string
	now        time.Time
}

// refused are the sets to which one of the two said no, or took her yes back.
func (m merging) refused() (out []Set, err error) {
	for _, set := range Sets {
		for _, id := range []string{m.keep, m.drop} {
			c, err := m.tx.Consent(id, set)
			if err != nil {
				return nil, err
			}
			if c.Answer != "" && !c.Given() && !slices.Contains(out, set) {
				out = append(out, set)
			}
		}
	}
	return out, nil
}

// person is the one that becomes of two: what either asked not to be done is not done.
func (m merging) person(k, d Resident) (Resident, error) {
	own := func(r Resident) (bool, error) {
		openid, err := m.tx.WeChatOf(r.ID)
		return openid != "" || r.Self, err
	}
	kept, err := own(k)
	if err != nil {
		return k, err
	}
	dropped, err := own(d)
	if err != nil {
		return k, err
	}
	one := k
	one.Shown = (k.Shown || !kept) && (d.Shown || !dropped) && (kept || dropped)
	one.Self, one.Known = k.Self && d.Self, true
	one.NoAsk, one.NoPush, one.NoVisit = k.NoAsk || d.NoAsk, k.NoPush || d.NoPush, k.NoVisit || d.NoVisit
	one.NoProfile = k.NoProfile || d.NoProfile
	one.Phone, one.Nick, one.Poster = first(k.Phone, d.Phone), first(k.Nick, d.Nick), first(k.Poster, d.Poster)
	if one.Nick == "" && d.Name != k.Name {
		one.Nick = d.Name // she is still found by it
	}
	if one.Village == "" {
		one.Village, one.Group = d.Village, d.Group
	}
	if one.Village == d.Village && one.Household == "" {
		one.Group, one.Household, one.House = first(one.Group, d.Group), d.Household, d.House
	}
	if d.Added != 0 && (one.Added == 0 || d.Added < one.Added) {
		one.Added = d.Added
	}
	one.Moved = max(k.Moved, d.Moved)
	if d.Village != "" && k.Village != "" && d.Village != k.Village { // what she told there stays there
		one.Moved = m.now.Unix()
		one.Shown = one.Shown && kept
	}
	one.Extra = Beside(d.Extra, k.Extra)
	return one, m.tx.unindex(k)
}

func first(a, b string) string { return pick(a != "", a, b) }

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
		m.tx.untouch(m.drop), // she who stays changed
		m.tx.dropInvites(func(i Invite) bool { return i.Resident == m.drop }),
		m.tx.shut(func(p Pass) bool { return p.Resident == m.drop }))
}

// deliveries re-addresses what is promised, and what staff is told about her. Only
// reminders of bookings whose hour comes yet are promised anew with the bookings.
func (m merging) deliveries() error {
	for _, pre := range [][]byte{prefix("booked"), prefix("owed")} { // those to staff
		all, err := m.tx.deliveriesAt(append(pre, "c:"...), 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.About != m.drop {
				continue
			}
			d.About = m.keep
			if err := m.tx.PutDelivery(d); err != nil {
				return err
			}
		}
	}
	for _, pre := range [][]byte{prefix("booked", "r:"+m.drop), prefix("owed", "r:"+m.drop)} {
		all, err := m.tx.deliveriesAt(pre, 1<<30)
		if err != nil {
			return err
		}
		for _, d := range all {
			if anew[d.Kind] && d.Earliest > m.now.Unix() {
				d.State, d.Reason, d.Settled = Dropped, "merged", m.now.Unix()
			} else {
				d.To, d.About = "r:"+m.keep, pick(d.About == m.drop, m.keep, d.About)
			}
			if err := m.tx.PutDelivery(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// anew are the reminders that remind promises.
var anew = map[string]bool{"appointment_ahead": true, "appointment_eve": true, "appointment_morning": true}

func (m merging) links() error {
	for p, err := range m.tx.parts(prefix("wechat", m.drop)) {
		if err != nil {
			return err
		}
		l, err := m.tx.Link(p[0])
		if err != nil {
			return err
		}
		l.OpenID = p[0]
		l.Residents = slices.DeleteFunc(l.Residents, func(r string) bool { return r == m.drop })
		if err := errors.Join(m.tx.delete(key("wechat", m.drop, p[0])), m.tx.PutLink(l), m.tx.LinkResident(p[0], m.keep)); err != nil {
			return err
		}
	}
	return nil
}

// stood has a WeChat that unfollowed, and comes back, stand for the one who stays.
func (m merging) stood() error {
	for p, err := range m.tx.scan(prefix("stood"), end(prefix("stood"))) {
		if err != nil {
			return err
		}
		w, err := record[stood](p)
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
		if err := m.tx.put(bytes.Clone(p.Key), w); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) visits() error {
	return moveEach(m, "visit", func(v Visit) error {
		if err := m.tx.dropVisit(v); err != nil {
			return err
		}
		v.Resident = m.keep
		return errors.Join(m.tx.putRaw(key("by", v.By, v.Day.String(), v.Resident, v.ID), nil),
			m.tx.put(key("visit", v.Resident, v.Day.String(), v.ID), v))
	})
}

func (m merging) followUps() error {
	return moveEach(m, "followup", func(f FollowUp) error {
		if err := m.tx.dropFollowUp(f); err != nil {
			return err
		}
		f.Resident = m.keep
		return m.tx.PutFollowUp(f)
	})
}

// aways carries cards; of two that are open the one that was written later stays so.
func (m merging) aways() error {
	return moveEach(m, "away", func(a Away) error {
		if err := m.tx.dropAway(a); err != nil {
			return err
		}
		open, err := m.tx.openAway(m.keep)
		if err != nil {
			return err
		}
		r, err := m.tx.Resident(m.keep)
		if err != nil {
			return err
		}
		a.Resident = m.keep
		if a.Back == 0 && a.Kind == "" && open.ID != "" {
			if open.At > a.At {
				a.Back = max(a.Since, open.Since)
			} else {
				open.Back = max(a.Since, open.Since)
				if err := m.tx.putAway(open, r.Village); err != nil {
					return err
				}
			}
		}
		if a.Back != 0 && open.ID != "" { // a closed card must not take the open one out of its list
			return m.tx.put(key("away", m.keep, a.ID), a)
		}
		return m.tx.putAway(a, r.Village)
	})
}

// out puts the card that is open under the village in which she is now.
func (m merging) out(before, now string) error {
	if before == now {
		return nil
	}
	if err := m.tx.delete(key("out", before, m.keep)); err != nil {
		return err
	}
	open, err := m.tx.openAway(m.keep)
	if err != nil || open.ID == "" {
		return err
	}
	return m.tx.putAway(open, now)
}

func (m merging) bookings() error {
	for p, err := range m.tx.parts(prefix("appointments", m.drop)) {
		if err != nil {
			return err
		}
		a, err := m.tx.appointment(p[1])
		if err != nil {
			return err
		}
		a.Resident, a.Spouse = replace(a.Resident, m.drop, m.keep), replace(a.Spouse, m.drop, m.keep)
		if at, ok := a.Said[m.drop]; ok {
			a.Said = without(a.Said, m.drop)
			if a.Said == nil {
				a.Said = map[string]int64{}
			}
			a.Said[m.keep] = at
		}
		if _, err := m.tx.putAppointment(a, m.now); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) waits() error {
	for p, err := range m.tx.parts(prefix("waiting_of", m.drop)) {
		if err != nil {
			return err
		}
		w, err := m.tx.waiting(m.drop, p[0])
		if err != nil {
			return err
		}
		w.Resident = m.keep
		if err := errors.Join(m.tx.delete(key("waiting_of", m.drop, p[0])), m.tx.put(key("waiting", w.Service, waitingKey(w)), w),
			m.tx.putRaw(key("waiting_of", m.keep, p[0]), []byte(waitingKey(w)))); err != nil {
			return err
		}
	}
	return nil
}

func (m merging) plans() error {
	for _, kind := range []string{"plan", "hiddenplan"} {
		err := moveEach(m, kind, func(p CarePlan) error {
			if err := m.tx.dropPlan(p); err != nil {
				return err
			}
			p.Resident = m.keep
			return m.tx.putPlanAnew(p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putPlanAnew keeps a plan that stands in no index yet.
func (tx *Tx) putPlanAnew(p CarePlan) error {
	p.Next = 0
	for _, st := range p.Open() {
		if st.Desk && st.Shown != 0 {
			if err := tx.putRaw(deskKey(p, st), nil); err != nil {
				return err
			}
		}
	}
	return tx.putPlan(p)
}

func (m merging) requests() error {
	for _, kind := range []string{"request", "hidden"} {
		err := moveEach(m, kind, func(r Request) error {
			if err := m.tx.dropRequest(r); err != nil {
				return err
			}
			r.Resident = m.keep
			return m.tx.putRequest(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m merging) submissions() error {
	return moveEach(m, "submission", func(a Submission) error {
		if err := m.tx.dropSubmission(a); err != nil {
			return err
		}
		a.Resident = m.keep
		return m.tx.putSubmission(a)
	})
}

func (m merging) calls() error {
	return moveEach(m, "call", func(c Call) error {
		if err := errors.Join(m.tx.delete(c.key()), m.tx.delete(c.dayKey())); err != nil {
			return err
		}
		c.Resident = m.keep
		return m.tx.putCall(c)
	})
}

// seats carries her seats at meetings.
func (m merging) seats() error {
	for p, err := range m.tx.scan(prefix("lecture"), end(prefix("lecture"))) {
		if err != nil {
			return err
		}
		if !bytes.HasSuffix(p.Key, []byte("/"+m.drop)) {
			continue
		}
		l, err := record[LectureSeat](p)
		if err != nil {
			return err
		}
		both, err := m.tx.has(key("lecture", l.Lecture, m.keep))
		if err != nil {
			return err
		}
		if err := m.tx.delete(bytes.Clone(p.Key)); err != nil {
			return err
		}
		if both { // the seat that stays has its own word
			if err := m.unsaid(l); err != nil {
				return err
			}
			continue
		}
		l.Resident = m.keep
		if err := m.tx.put(key("lecture", l.Lecture, m.keep), l); err != nil {
			return err
		}
	}
	return nil
}

// unsaid drops what was to be said about a seat.
func (m merging) unsaid(l LectureSeat) error {
	d, err := optional(m.tx.DeliveryOf(l.cause()))
	if err != nil || d.State != Booked && d.State != Owed {
		return err
	}
	d.State, d.Reason, d.Settled = Dropped, "merged", m.now.Unix()
	return m.tx.PutDelivery(d)
}

// consents puts both people's answers under the one, set by set in the order of time.
func (m merging) consents() error {
	for _, set := range Sets {
		var all []Consent
		for _, id := range []string{m.keep, m.drop} {
			some, err := collect(list[Consent](m.tx, prefix("consent", id, string(set))))
			if err != nil {
				return err
			}
			all = append(all, some...)
			if err := m.tx.deleteAll(prefix("consent", id, string(set))); err != nil {
				return err
			}
		}
		slices.SortStableFunc(all, func(a, b Consent) int { return int(a.At - b.At) })
		last := int64(0)
		for _, c := range all {
			c.Resident, c.At = m.keep, max(c.At, last+1)
			last = c.At
			if err := m.tx.put(key("consent", m.keep, string(set), stamp(time.Unix(c.At, 0))), c); err != nil {
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
		kind, err := m.tx.nextKind(start)
		if kind == "" || err != nil {
			return err
		}
		start = end(prefix(kind))
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
	if v, err := m.tx.getRaw(key(kind, m.drop)); err == nil {
		all = append(all, kv.Pair{Key: key(kind, m.drop), Value: bytes.Clone(v)})
	} else if !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("get %s: %w", kind, err)
	}
	for p, err := range m.tx.scan(prefix(kind, m.drop), end(prefix(kind, m.drop))) {
		if err != nil {
			return err
		}
		all = append(all, kv.Pair{Key: bytes.Clone(p.Key), Value: bytes.Clone(p.Value)})
	}
	for _, p := range all {
		to := append(key(kind, m.keep), p.Key[len(key(kind, m.drop)):]...)
		has, err := m.tx.has(to)
		if err != nil {
			return err
		}
		if err := m.tx.delete(p.Key); err != nil {
			return err
		}
		if has {
			continue
		}
		if err := m.tx.putRaw(to, bytes.ReplaceAll(p.Value, []byte(`"`+m.drop+`"`), []byte(`"`+m.keep+`"`))); err != nil {
			return err
		}
	}
	return nil
}

// moveEach calls move with every record of a kind that lies under the line that goes.
func moveEach[T any](m merging, kind string, move func(T) error) error {
	all, err := collect(list[T](m.tx, prefix(kind, m.drop)))
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
