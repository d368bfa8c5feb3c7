package erasure

import (
	"errors"
	"slices"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// Sentinels of making one person of two lines.
var (
	ErrConflict = errors.New("storage: both have one that is open") // a booking of one service, a place on its list
	ErrUnseen   = errors.New("storage: nobody has seen that it is she")
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
func Merge(s person.Scope, keep, drop string, now time.Time) error {
	k, d, err := mergeable(s, keep, drop)
	if err != nil {
		return err
	}
	if err := nothingTwice(s.Tx, k.ID, d.ID); err != nil {
		return err
	}
	m := merging{tx: s.Tx, keep: k.ID, drop: d.ID, now: now}
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
	if err := errors.Join(person.Unindex(s.Tx, d), s.Tx.Delete(record.Key("resident", d.ID)), person.PutResident(s.Tx, one), emptyHouse(s.Tx, d),
		m.out(k.Village, one.Village), leaveLine(s.Tx, d, now)); err != nil {
		return err
	}
	for _, set := range narrow {
		if err := consent.Withdraw(s.Tx, one, set, consent.Consent{Channel: "merge", By: s.Person.Cadre.ID}, now); err != nil {
			return err
		}
	}
	if err := errors.Join(followups.Reassign(s.Tx, one), requests.CountAnew(s.Tx, now)); err != nil { // who looked after her alone may serve the other village
		return err
	}
	if s.Family[drop] {
		delete(s.Family, drop)
		return person.AddAudit(s.Tx, person.Audit{At: now.Unix(), What: "merged", Resident: keep})
	}
	return errors.Join(s.LogOwn(keep, "merged", now), person.AddAudit(s.Tx, person.Audit{At: now.Unix(), What: "merged", Resident: keep, By: s.Person.Cadre.ID}))
}

// mergeable returns the two, if the asker may make one of them.
func mergeable(s person.Scope, keep, drop string) (k, d person.Resident, err error) {
	if keep == drop {
		return k, d, record.ErrNotFound
	}
	if s.Family[keep] && s.Family[drop] {
		k, err = s.Mine(keep)
		d, err2 := s.Mine(drop)
		return k, d, errors.Join(err, err2)
	}
	if k, err = s.Villager(keep); err != nil {
		return k, d, err
	}
	if d, err = s.Villager(drop); err != nil {
		return k, d, err
	}
	phones := 0
	for _, r := range []person.Resident{k, d} {
		openid, err := person.WeChatOf(s.Tx, r.ID)
		if err != nil {
			return k, d, err
		}
		if openid == "" && !r.Self {
			continue
		}
		if phones++; phones > 1 || !s.Person.Cadre.Has(person.Clerk) {
			return k, d, record.ErrSelfOnly
		}
		if known, err := Known(s.Tx, r); err != nil || !known {
			return k, d, errors.Join(err, pickErr(err == nil, ErrUnseen))
		}
	}
	if k.Self && k.Village == "" || d.Self && d.Village != k.Village { // which village sees her is hers to say
		return k, d, record.ErrSelfOnly
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
func nothingTwice(tx *record.Tx, keep, drop string) error {
	for _, kinds := range [][2]string{{"appointment_of", "appointment_of"}, {"waiting_of", "waiting_of"}, {"appointment_of", "waiting_of"}, {"waiting_of", "appointment_of"}} {
		for p, err := range tx.Parts(record.Prefix(kinds[0], drop)) {
			if err != nil {
				return err
			}
			if both, err := tx.Has(record.Key(kinds[1], keep, p[0])); err != nil || both {
				return errors.Join(err, pickErr(both, ErrConflict))
			}
		}
	}
	for _, look := range []func(keep, drop string) (bool, error){func(a0 string, a1 string) (bool, error) { return samePlan(tx, a0, a1) }, func(a0 string, a1 string) (bool, error) { return sameRequest(tx, a0, a1) }} {
		if both, err := look(keep, drop); err != nil || both {
			return errors.Join(err, pickErr(err == nil, ErrConflict))
		}
	}
	for p, err := range tx.Parts(record.Prefix("appointments", drop)) {
		if err != nil {
			return err
		}
		a, err := bookings.Load(tx, p[1])
		if err != nil || a.Has(keep) { // she and her spouse are two
			return errors.Join(err, pickErr(err == nil, ErrConflict))
		}
	}
	return nil
}

// samePlan reports whether two people have a plan that runs of one schedule and child.
func samePlan(tx *record.Tx, keep, drop string) (bool, error) {
	for _, kind := range []string{"plan", "hiddenplan"} {
		hers, err := careplans.Load(tx, kind, keep)
		if err != nil {
			return false, err
		}
		all, err := careplans.Load(tx, kind, drop)
		if err != nil {
			return false, err
		}
		for _, p := range all {
			if p.Ended == nil && len(p.Open()) > 0 && slices.ContainsFunc(hers, func(o careplans.CarePlan) bool {
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
func sameRequest(tx *record.Tx, keep, drop string) (bool, error) {
	hers, err := requests.Load(tx, keep)
	if err != nil {
		return false, err
	}
	all, err := requests.Load(tx, drop)
	return slices.ContainsFunc(all, func(r requests.Request) bool {
		return r.Closed == nil && (r.Kind == "supplies" || r.Kind == "visit") &&
			slices.ContainsFunc(hers, func(o requests.Request) bool { return o.Closed == nil && o.Kind == r.Kind })
	}), err
}

// merging carries what is kept of one line to another.
type merging struct {
	tx         *record.Tx
	keep, drop string
	now        time.Time
}

// refused are the sets to which one of the two said no, or took her yes back.
func (m merging) refused() (out []purpose.Purpose, err error) {
	for _, set := range purpose.All {
		for _, id := range []string{m.keep, m.drop} {
			c, err := consent.Load(m.tx, id, set)
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
func (m merging) person(k, d person.Resident) (person.Resident, error) {
	own := func(r person.Resident) (bool, error) {
		openid, err := person.WeChatOf(m.tx, r.ID)
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
	one.Extra = bookings.Beside(d.Extra, k.Extra)
	return one, person.Unindex(m.tx, k)
}

func first(a, b string) string { return record.If(a != "", a, b) }
