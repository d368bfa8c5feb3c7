package storage

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// HandOver is the work of one member of staff on its way to another. Until she
// accepts, nothing moves. For a time she then stands in: she sees and does what is
// the other's, every record stays as it is, and on the day after Until it ends by
// itself. For good, villages, households and open work become hers, a page at a
// time; then the other leaves the office. What was written down keeps who wrote it.
type HandOver struct {
	ID       string
	From, To string       // cadre ids
	By       string       // who asked: From herself, or a clerk
	Until    calendar.Day `json:",omitempty"` // the last day of standing in; 0 is for good
	Asked    int64        // Unix seconds
	Accepted int64        `json:",omitempty"` // Unix seconds
	Ended    int64        `json:",omitempty"` // Unix seconds
	Why      string       `json:",omitempty"` // refused, taken back, over, carried, left
	Stage    int          `json:",omitempty"` // of the carrying: which kind is being carried
	After    string       `json:",omitempty"` // and the key behind which to go on
	Left     *LeftWork    `json:",omitempty"` // From left the office, and To is nobody: what there was to do
}

// ErrRole says that the other does not do such work.
var ErrRole = errors.New("storage: not of the same office")

func (tx *Tx) putHandOver(h HandOver) error { return tx.put(key("handover", h.ID), h) }

// HandOvers returns all that have not ended, for jobs and the command line.
func (tx *Tx) HandOvers() ([]HandOver, error) {
	all, err := collect(list[HandOver](tx, prefix("handover")))
	return slices.DeleteFunc(all, func(h HandOver) bool { return h.Ended != 0 }), err
}

// HandOvers returns those that have not ended and concern the asker: all for a
// clerk. ErrScope for who is no staff.
func (s Scope) HandOvers() ([]HandOver, error) {
	if !s.Person.Staff() {
		return nil, ErrScope
	}
	all, err := s.tx.HandOvers()
	me := s.Person.Cadre
	return slices.DeleteFunc(all, func(h HandOver) bool { return !me.Has(Clerk) && h.From != me.ID && h.To != me.ID }), err
}

// HandOverTakers returns who could take a cadre's work over: whoever does the same
// and can answer in the chat. ErrScope for anybody but herself and a clerk.
func (s Scope) HandOverTakers(from string) ([]Cadre, error) {
	f, err := s.handing(from)
	if err != nil {
		return nil, err
	}
	all, err := s.tx.Cadres()
	return slices.DeleteFunc(all, func(c Cadre) bool { return !takes(c, f) }), err
}

func takes(c, from Cadre) bool {
	return c.ID != from.ID && c.OpenID != "" && !c.Left && c.Has(from.actsAs())
}

// handing returns the cadre whose work the asker may hand over.
func (s Scope) handing(from string) (Cadre, error) {
	me := s.Person.Cadre
	if !s.Person.Staff() || me.ID != from && !me.Has(Clerk) {
		return Cadre{}, ErrScope
	}
	f, err := s.tx.Cadre(from)
	if err == nil && (f.Left || f.actsAs() == "" || f.actsAs() == Admin) {
		err = ErrRole
	}
	return f, err
}

// StartHandOver asks a cadre to take over the work of another, in place of whoever
// was asked and did not answer. until is the last day of a time, 0 for good. The
// same cause gives the same. It returns ErrScope for anybody but herself and a clerk,
// ErrRole for who cannot take it, ErrTwice while it is with somebody already,
// ErrPast for a day gone by.
func (s Scope) StartHandOver(from, to string, until calendar.Day, cause string, now time.Time) (HandOver, error) {
	f, err := s.handing(from)
	if err != nil {
		return HandOver{}, err
	}
	t, err := optional(s.tx.Cadre(to))
	if err != nil || !takes(t, f) {
		return HandOver{}, cmp.Or(err, ErrRole)
	}
	if until != 0 && until < calendar.DayOf(now) {
		return HandOver{}, ErrPast
	}
	h := HandOver{ID: ID("handover", cause), From: from, To: to, By: s.Person.Cadre.ID, Until: until, Asked: now.Unix()}
	open, err := s.tx.HandOvers()
	if err != nil {
		return h, err
	}
	for _, o := range open {
		switch {
		case o.ID == h.ID:
			return o, nil
		case o.chains(from, to):
			return o, ErrTwice
		case o.From == from:
			if err := s.tx.endHandOver(o, "taken back", now); err != nil {
				return h, err
			}
		}
	}
	return h, errors.Join(s.tx.putHandOver(h), s.tx.tellHandOver(h, "handover_offer", to, now))
}

// chains reports whether work that is with somebody by one hand-over would go on by
// another, or away from who takes it: none stands in for who stands in.
func (h HandOver) chains(from, to string) bool {
	return h.Accepted != 0 && (h.From == from || h.From == to || h.To == from)
}

// AnswerHandOver takes the work over, or says no to it: with a no it stays where it
// is. ErrNotFound for anybody but who was asked, ErrPast once it was answered, ErrTwice
// where meanwhile it, or the work of who was asked, is with somebody.
func (s Scope) AnswerHandOver(id string, accept bool, now time.Time) (HandOver, error) {
	h, err := get[HandOver](s.tx, key("handover", id))
	if err != nil || h.To != s.Person.Cadre.ID || !s.Person.Staff() {
		return HandOver{}, cmp.Or(err, ErrNotFound)
	}
	if h.Accepted != 0 || h.Ended != 0 || h.Until != 0 && h.Until < calendar.DayOf(now) {
		return h, ErrPast
	}
	if !accept {
		h.Ended, h.Why = now.Unix(), "refused"
		return h, errors.Join(s.tx.putHandOver(h), s.tx.tellHandOver(h, "handover_answer", h.From, now), s.tx.tellHandOver(h, "handover_answer", h.By, now))
	}
	open, err := s.tx.HandOvers()
	if err != nil {
		return h, err
	}
	if slices.ContainsFunc(open, func(o HandOver) bool { return o.ID != h.ID && o.chains(h.From, h.To) }) {
		return h, ErrTwice
	}
	h.Accepted = now.Unix()
	if err := s.tx.putHandOver(h); err != nil {
		return h, err
	}
	if h.Until != 0 {
		err = errors.Join(s.tx.putRaw(key("standsin", h.To, h.From), []byte(h.ID)), s.tx.putRaw(key("acting", h.From), []byte(h.To)))
	} else {
		err = s.tx.handVillages(h.From, h.To)
	}
	return h, errors.Join(err, s.tx.tellHandOver(h, "handover_answer", h.From, now), s.tx.tellHandOver(h, "handover_answer", h.By, now))
}

// StopHandOver takes back what was not answered yet, or ends a standing-in before
// its day: she is back. Only she herself, or a clerk, can; who stands in can give
// it back. ErrNotFound for others, ErrPast once it has ended or was taken for good.
func (s Scope) StopHandOver(id string, now time.Time) (HandOver, error) {
	h, err := get[HandOver](s.tx, key("handover", id))
	me := s.Person.Cadre
	if err != nil || !s.Person.Staff() || me.ID != h.From && !me.Has(Clerk) && (me.ID != h.To || h.Accepted == 0) {
		return HandOver{}, cmp.Or(err, ErrNotFound)
	}
	if h.Ended != 0 || h.Accepted != 0 && h.Until == 0 {
		return h, ErrPast
	}
	why := pick(h.Accepted == 0, "taken back", "over")
	if err := s.tx.endHandOver(h, why, now); err != nil || why != "over" {
		return h, err
	}
	return h, s.tx.tellOver(h, now)
}

func (tx *Tx) tellOver(h HandOver, now time.Time) error {
	return errors.Join(tx.tellHandOver(h, "handover_over", h.From, now), tx.tellHandOver(h, "handover_over", h.To, now))
}

func (tx *Tx) endHandOver(h HandOver, why string, now time.Time) error {
	h.Ended, h.Why = now.Unix(), why
	if h.Accepted != 0 && h.Until != 0 {
		if err := errors.Join(tx.delete(key("standsin", h.To, h.From)), tx.delete(key("acting", h.From))); err != nil {
			return err
		}
	}
	return tx.putHandOver(h)
}

// tellHandOver has a cadre told that a hand-over waits, was answered or is over; not
// whose, and of whom.
func (tx *Tx) tellHandOver(h HandOver, kind, to string, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok || to == "" {
		return nil
	}
	_, err := tx.Enqueue(Delivery{Cause: "handover/" + h.ID + "/" + kind + "/" + to, Kind: kind, To: "c:" + to,
		Facts:    map[string]string{"handover": h.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// handOverStands returns why a word about a hand-over is no longer true.
func (tx *Tx) handOverStands(d Delivery) (string, error) {
	h, err := optional(get[HandOver](tx, key("handover", d.Facts["handover"])))
	if err != nil || d.Kind != "handover_offer" {
		return "", err
	}
	return pick(h.Accepted == 0 && h.Ended == 0, "", "answered"), nil
}

// StandsInFor returns for whom the asker stands in now.
func (s Scope) StandsInFor() []string { return slices.Clone(s.standsIn) }

// acts reports whether what is a cadre's is the asker's to do: her own, and of whom
// she stands in for.
func (s Scope) acts(cadre string) bool {
	return cadre != "" && (cadre == s.Person.Cadre.ID || slices.Contains(s.standsIn, cadre))
}

func (tx *Tx) standsIn(cadre string) (from []string, err error) {
	for p, err := range tx.parts(prefix("standsin", cadre)) {
		if err != nil {
			return nil, err
		}
		from = append(from, p[0])
	}
	return from, nil
}

// Acting returns who does a cadre's work now: somebody who stands in, else herself.
func (tx *Tx) Acting(cadre string) (string, error) {
	if cadre == "" {
		return "", nil
	}
	to, err := tx.getRaw(key("acting", cadre))
	if errors.Is(err, ErrNotFound) {
		return cadre, nil
	}
	if err != nil {
		return "", fmt.Errorf("get acting: %w", err)
	}
	return string(to), nil
}

// CarryHandOvers carries on what was accepted, up to about max records, and ends
// what is over by now. It returns how much it did, 0 when nothing is left to do. It
// goes on where it stopped, whatever came between.
func (tx *Tx) CarryHandOvers(max int, now time.Time) (int, error) {
	open, err := tx.HandOvers()
	if err != nil {
		return 0, err
	}
	for _, h := range open {
		switch {
		case h.Until != 0 && h.Until < calendar.DayOf(now) && h.Accepted == 0:
			return 1, tx.endHandOver(h, "over", now)
		case h.Until != 0 && h.Until < calendar.DayOf(now):
			return 1, errors.Join(tx.endHandOver(h, "over", now), tx.tellOver(h, now))
		case h.Until == 0 && h.Accepted != 0:
			return tx.carry(h, max, now)
		}
	}
	return 0, nil
}

// carried are the kinds that a hand-over for good goes through, one after the
// other: where a kind lies, and what becomes of one record of it.
var carried = []struct {
	prefix func(h HandOver) []byte
	one    func(tx *Tx, h HandOver, p kv.Pair) error
}{
	{func(HandOver) []byte { return prefix("household") }, (*Tx).carryHousehold},
	{func(h HandOver) []byte { return prefix("due", h.From) }, (*Tx).carryFollowUp},
	{func(HandOver) []byte { return prefix("asking") }, (*Tx).carryRequest},
	{func(HandOver) []byte { return prefix("hidden_open") }, (*Tx).carryRequest},
	{func(HandOver) []byte { return prefix("note") }, (*Tx).carryNote},
	{func(HandOver) []byte { return prefix("paper") }, (*Tx).carryPaper},
}

// carry does the next part of a hand-over for good; nothing more goes to who has left
// herself meanwhile.
func (tx *Tx) carry(h HandOver, max int, now time.Time) (int, error) {
	if to, err := optional(tx.Cadre(h.To)); err != nil || h.Left == nil && (to.ID == "" || to.Left) {
		return 1, cmp.Or(err, tx.endHandOver(h, "left", now))
	}
	n := 0
	for ; h.Stage < len(carried); h.Stage, h.After = h.Stage+1, "" {
		stage := carried[h.Stage]
		pre := stage.prefix(h)
		for p, err := range tx.scan(Page{After: h.After}.start(pre), end(pre)) {
			if err != nil {
				return n, err
			}
			if err := stage.one(tx, h, kv.Pair{Key: bytes.Clone(p.Key), Value: bytes.Clone(p.Value)}); err != nil {
				return n, err
			}
			h.After = string(p.Key)
			if n++; n >= max {
				return n, tx.putHandOver(h)
			}
		}
	}
	return n + 1, tx.leaveOffice(h, now)
}

// names reports whether a record names a cadre at all: most do not, and are not read.
func names(p kv.Pair, cadre string) bool { return bytes.Contains(p.Value, []byte(`"`+cadre+`"`)) }

func (tx *Tx) carryHousehold(h HandOver, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	house, err := record[Household](p)
	if err != nil {
		return err
	}
	house.Contact, house.Deputy = replace(house.Contact, h.From, h.To), replace(house.Deputy, h.From, h.To)
	if house.Deputy == house.Contact {
		house.Deputy = ""
	}
	return tx.PutHousehold(house)
}

func (tx *Tx) carryFollowUp(h HandOver, p kv.Pair) error {
	_, resident, id, _ := split3(string(p.Key[len(prefix("due", h.From)):]))
	f, err := optional(tx.FollowUp(resident, id))
	if err != nil || f.ID == "" {
		return err
	}
	f.Contact = h.To
	return tx.PutFollowUp(f)
}

func (tx *Tx) carryRequest(h HandOver, p kv.Pair) error {
	kind := pick(kindOf(p.Key) == "asking", "request", "hidden")
	_, resident, id, _ := split3(string(p.Key[len(kindOf(p.Key))+1:]))
	r, err := optional(get[Request](tx, key(kind, resident, id)))
	if err != nil || r.Owner != h.From && r.To != h.From && r.By != h.From && r.Carried != h.From {
		return err
	}
	if r.By == h.From || r.Carried == h.From {
		r.Carried = h.To
	}
	ok := false
	if h.To != "" {
		to, err := tx.Cadre(h.To)
		if err != nil {
			return err
		}
		if ok, err = tx.couldTake(r, to); err != nil {
			return err
		}
	}
	if r.Owner == h.From {
		r.Owner = pick(ok, h.To, "") // of her own family, say: the office is told
	}
	if r.To == h.From || r.To == r.Owner {
		r.To = ""
	}
	return tx.putRequest(r)
}

func (tx *Tx) carryNote(h HandOver, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	n, err := record[Note](p)
	if err != nil || n.Answered != 0 {
		return err
	}
	n.Owner, n.To = replace(n.Owner, h.From, h.To), replace(n.To, h.From, "")
	return tx.put(p.Key, n)
}

func (tx *Tx) carryPaper(h HandOver, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	paper, err := record[Paper](p)
	if err != nil || paper.Ended != 0 || paper.By != h.From {
		return err
	}
	paper.By = h.To
	return tx.putPaper(paper)
}

// leaveOffice ends a hand-over for good: the one who left has no villages, no codes,
// no messages, and her chat holds nothing of people.
func (tx *Tx) leaveOffice(h HandOver, now time.Time) error {
	if h.Left == nil { // else it was done when the work began to be carried
		if err := tx.shutOut(h.From, now); err != nil {
			return err
		}
	}
	h.Ended, h.Why = now.Unix(), "carried"
	return errors.Join(tx.putHandOver(h), tx.requestsMoved(now), tx.tellHandOver(h, "handover_over", h.To, now))
}

// handVillages gives the villages of one cadre, and the groups that she looks after
// or stands in for, to another.
func (tx *Tx) handVillages(from, to string) error {
	f, err := tx.Cadre(from)
	if err != nil {
		return err
	}
	t, err := tx.Cadre(to)
	if err != nil {
		return err
	}
	for _, v := range f.Villages {
		if !slices.Contains(t.Villages, v) {
			t.Villages = append(t.Villages, v)
		}
	}
	villages, err := tx.Villages()
	if err != nil {
		return err
	}
	for _, v := range villages {
		changed := false
		for i, g := range v.Groups {
			contact, deputy := replace(g.Contact, from, to), replace(g.Deputy, from, to)
			changed = changed || contact != g.Contact || deputy != g.Deputy
			v.Groups[i].Contact, v.Groups[i].Deputy = contact, pick(deputy == contact, "", deputy)
		}
		if !changed {
			continue
		}
		if err := tx.PutVillage(v); err != nil {
			return err
		}
	}
	f.Villages = nil
	return errors.Join(tx.PutCadre(f), tx.PutCadre(t))
}

func replace(s, from, to string) string {
	if s == from {
		return to
	}
	return s
}

// String names a hand-over on the command line.
func (h HandOver) String() string {
	state := "asked"
	if h.Accepted != 0 {
		state = "carrying, step " + strconv.Itoa(h.Stage+1) + " of " + strconv.Itoa(len(carried))
		if h.Until != 0 {
			state = "standing in"
		}
	}
	until := "for good"
	if h.Until != 0 {
		until = "until " + h.Until.String()
	}
	return fmt.Sprintf("%s  %s → %s, %s, %s", h.ID, h.From, h.To, until, state)
}
