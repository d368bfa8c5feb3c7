package handovers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/documents"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
)

// Handover is the work of one member of staff on its way to another. Until she
// accepts, nothing moves. For a time she then stands in: she sees and does what is
// the other's, every record stays as it is, and on the day after Until it ends by
// itself. For good, villages, households and open work become hers, a page at a
// time; then the other leaves the office. What was written down keeps who wrote it.
type Handover struct {
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

func putHandOver(tx *record.Tx, h Handover) error { return tx.Put(record.Key("handover", h.ID), h) }

// All returns all that have not ended, for jobs and the command line.
func All(tx *record.Tx) ([]Handover, error) {
	all, err := record.Collect(record.List[Handover](tx, record.Prefix("handover")))
	return slices.DeleteFunc(all, func(h Handover) bool { return h.Ended != 0 }), err
}

// List returns those that have not ended and concern the asker: all for a
// clerk. ErrScope for who is no staff.
func List(s person.Scope) ([]Handover, error) {
	if !s.Person.Staff() {
		return nil, record.ErrScope
	}
	all, err := All(s.Tx)
	me := s.Person.Cadre
	return slices.DeleteFunc(all, func(h Handover) bool { return !me.Has(person.Clerk) && h.From != me.ID && h.To != me.ID }), err
}

// Takers returns who could take a cadre's work over: whoever does the same
// and can answer in the chat. ErrScope for anybody but herself and a clerk.
func Takers(s person.Scope, from string) ([]person.Staff, error) {
	f, err := handing(s, from)
	if err != nil {
		return nil, err
	}
	all, err := person.AllStaff(s.Tx)
	return slices.DeleteFunc(all, func(c person.Staff) bool { return !takes(c, f) }), err
}

func takes(c, from person.Staff) bool {
	return c.ID != from.ID && c.OpenID != "" && !c.Left && c.Has(from.ActsAs())
}

// handing returns the cadre whose work the asker may hand over.
func handing(s person.Scope, from string) (person.Staff, error) {
	me := s.Person.Cadre
	if !s.Person.Staff() || me.ID != from && !me.Has(person.Clerk) {
		return person.Staff{}, record.ErrScope
	}
	f, err := person.LoadStaff(s.Tx, from)
	if err == nil && (f.Left || f.ActsAs() == "" || f.ActsAs() == person.Admin) {
		err = ErrRole
	}
	return f, err
}

// Start asks a cadre to take over the work of another, in place of whoever
// was asked and did not answer. until is the last day of a time, 0 for good. The
// same cause gives the same. It returns ErrScope for anybody but herself and a clerk,
// ErrRole for who cannot take it, ErrTwice while it is with somebody already,
// ErrPast for a day gone by.
func Start(s person.Scope, from, to string, until calendar.Day, cause string, now time.Time) (Handover, error) {
	f, err := handing(s, from)
	if err != nil {
		return Handover{}, err
	}
	t, err := record.Optional(person.LoadStaff(s.Tx, to))
	if err != nil || !takes(t, f) {
		return Handover{}, cmp.Or(err, ErrRole)
	}
	if until != 0 && until < calendar.DayOf(now) {
		return Handover{}, record.ErrNotAvailable
	}
	h := Handover{ID: record.ID("handover", cause), From: from, To: to, By: s.Person.Cadre.ID, Until: until, Asked: now.Unix()}
	open, err := All(s.Tx)
	if err != nil {
		return h, err
	}
	for _, o := range open {
		switch {
		case o.ID == h.ID:
			return o, nil
		case o.chains(from, to):
			return o, record.ErrAlreadyExists
		case o.From == from:
			if err := endHandOver(s.Tx, o, "taken back", now); err != nil {
				return h, err
			}
		}
	}
	return h, errors.Join(putHandOver(s.Tx, h), tellHandOver(s.Tx, h, "handover_offer", to, now))
}

// chains reports whether work that is with somebody by one hand-over would go on by
// another, or away from who takes it: none stands in for who stands in.
func (h Handover) chains(from, to string) bool {
	return h.Accepted != 0 && (h.From == from || h.From == to || h.To == from)
}

// Answer takes the work over, or says no to it: with a no it stays where it
// is. ErrNotFound for anybody but who was asked, ErrPast once it was answered, ErrTwice
// where meanwhile it, or the work of who was asked, is with somebody.
func Answer(s person.Scope, id string, accept bool, now time.Time) (Handover, error) {
	h, err := record.Get[Handover](s.Tx, record.Key("handover", id))
	if err != nil || h.To != s.Person.Cadre.ID || !s.Person.Staff() {
		return Handover{}, cmp.Or(err, record.ErrNotFound)
	}
	if h.Accepted != 0 || h.Ended != 0 || h.Until != 0 && h.Until < calendar.DayOf(now) {
		return h, record.ErrNotAvailable
	}
	if !accept {
		h.Ended, h.Why = now.Unix(), "refused"
		return h, errors.Join(putHandOver(s.Tx, h), tellHandOver(s.Tx, h, "handover_answer", h.From, now), tellHandOver(s.Tx, h, "handover_answer", h.By, now))
	}
	open, err := All(s.Tx)
	if err != nil {
		return h, err
	}
	if slices.ContainsFunc(open, func(o Handover) bool { return o.ID != h.ID && o.chains(h.From, h.To) }) {
		return h, record.ErrAlreadyExists
	}
	h.Accepted = now.Unix()
	if err := putHandOver(s.Tx, h); err != nil {
		return h, err
	}
	if h.Until != 0 {
		err = errors.Join(s.Tx.PutRaw(record.Key("standsin", h.To, h.From), []byte(h.ID)), s.Tx.PutRaw(record.Key("acting", h.From), []byte(h.To)))
	} else {
		err = handVillages(s.Tx, h.From, h.To)
	}
	return h, errors.Join(err, tellHandOver(s.Tx, h, "handover_answer", h.From, now), tellHandOver(s.Tx, h, "handover_answer", h.By, now))
}

// Stop takes back what was not answered yet, or ends a standing-in before
// its day: she is back. Only she herself, or a clerk, can; who stands in can give
// it back. ErrNotFound for others, ErrPast once it has ended or was taken for good.
func Stop(s person.Scope, id string, now time.Time) (Handover, error) {
	h, err := record.Get[Handover](s.Tx, record.Key("handover", id))
	me := s.Person.Cadre
	if err != nil || !s.Person.Staff() || me.ID != h.From && !me.Has(person.Clerk) && (me.ID != h.To || h.Accepted == 0) {
		return Handover{}, cmp.Or(err, record.ErrNotFound)
	}
	if h.Ended != 0 || h.Accepted != 0 && h.Until == 0 {
		return h, record.ErrNotAvailable
	}
	why := record.If(h.Accepted == 0, "taken back", "over")
	if err := endHandOver(s.Tx, h, why, now); err != nil || why != "over" {
		return h, err
	}
	return h, tellOver(s.Tx, h, now)
}

func tellOver(tx *record.Tx, h Handover, now time.Time) error {
	return errors.Join(tellHandOver(tx, h, "handover_over", h.From, now), tellHandOver(tx, h, "handover_over", h.To, now))
}

func endHandOver(tx *record.Tx, h Handover, why string, now time.Time) error {
	h.Ended, h.Why = now.Unix(), why
	if h.Accepted != 0 && h.Until != 0 {
		if err := errors.Join(tx.Delete(record.Key("standsin", h.To, h.From)), tx.Delete(record.Key("acting", h.From))); err != nil {
			return err
		}
	}
	return putHandOver(tx, h)
}

// tellHandOver has a cadre told that a hand-over waits, was answered or is over; not
// whose, and of whom.
func tellHandOver(tx *record.Tx, h Handover, kind, to string, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok || to == "" {
		return nil
	}
	_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "handover/" + h.ID + "/" + kind + "/" + to, Kind: kind, To: "c:" + to,
		Facts:    map[string]string{"handover": h.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// StillValid returns why a word about a hand-over is no longer true.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	h, err := record.Optional(record.Get[Handover](tx, record.Key("handover", d.Facts["handover"])))
	if err != nil || d.Kind != "handover_offer" {
		return "", err
	}
	return record.If(h.Accepted == 0 && h.Ended == 0, "", "answered"), nil
}

// Transfer carries on what was accepted, up to about max records, and ends
// what is over by now. It returns how much it did, 0 when nothing is left to do. It
// goes on where it stopped, whatever came between.
func Transfer(tx *record.Tx, max int, now time.Time) (int, error) {
	open, err := All(tx)
	if err != nil {
		return 0, err
	}
	for _, h := range open {
		switch {
		case h.Until != 0 && h.Until < calendar.DayOf(now) && h.Accepted == 0:
			return 1, endHandOver(tx, h, "over", now)
		case h.Until != 0 && h.Until < calendar.DayOf(now):
			return 1, errors.Join(endHandOver(tx, h, "over", now), tellOver(tx, h, now))
		case h.Until == 0 && h.Accepted != 0:
			return carry(tx, h, max, now)
		}
	}
	return 0, nil
}

// carried are the kinds that a hand-over for good goes through, one after the
// other: where a kind lies, and what becomes of one record of it.
var carried = []struct {
	prefix func(h Handover) []byte
	one    func(tx *record.Tx, h Handover, p kv.Pair) error
}{
	{func(Handover) []byte { return record.Prefix("household") }, carryHousehold},
	{func(h Handover) []byte { return record.Prefix("due", h.From) }, carryFollowUp},
	{func(Handover) []byte { return record.Prefix("asking") }, carryRequest},
	{func(Handover) []byte { return record.Prefix("hidden_open") }, carryRequest},
	{func(Handover) []byte { return record.Prefix("note") }, carryNote},
	{func(Handover) []byte { return record.Prefix("paper") }, carryPaper},
}

// carry does the next part of a hand-over for good; nothing more goes to who has left
// herself meanwhile.
func carry(tx *record.Tx, h Handover, max int, now time.Time) (int, error) {
	if to, err := record.Optional(person.LoadStaff(tx, h.To)); err != nil || h.Left == nil && (to.ID == "" || to.Left) {
		return 1, cmp.Or(err, endHandOver(tx, h, "left", now))
	}
	n := 0
	for ; h.Stage < len(carried); h.Stage, h.After = h.Stage+1, "" {
		stage := carried[h.Stage]
		pre := stage.prefix(h)
		for p, err := range tx.Scan(record.Page{After: h.After}.Start(pre), record.PrefixEnd(pre)) {
			if err != nil {
				return n, err
			}
			if err := stage.one(tx, h, kv.Pair{Key: bytes.Clone(p.Key), Value: bytes.Clone(p.Value)}); err != nil {
				return n, err
			}
			h.After = string(p.Key)
			if n++; n >= max {
				return n, putHandOver(tx, h)
			}
		}
	}
	return n + 1, leaveOffice(tx, h, now)
}

// names reports whether a record names a cadre at all: most do not, and are not read.
func names(p kv.Pair, cadre string) bool { return bytes.Contains(p.Value, []byte(`"`+cadre+`"`)) }

func carryHousehold(tx *record.Tx, h Handover, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	house, err := record.Decode[person.Household](p)
	if err != nil {
		return err
	}
	house.Contact, house.Deputy = Replace(house.Contact, h.From, h.To), Replace(house.Deputy, h.From, h.To)
	if house.Deputy == house.Contact {
		house.Deputy = ""
	}
	return person.PutHousehold(tx, house)
}

func carryFollowUp(tx *record.Tx, h Handover, p kv.Pair) error {
	_, resident, id, _ := record.Split3(string(p.Key[len(record.Prefix("due", h.From)):]))
	f, err := record.Optional(followups.Load(tx, resident, id))
	if err != nil || f.ID == "" {
		return err
	}
	f.Contact = h.To
	return followups.Put(tx, f)
}

func carryRequest(tx *record.Tx, h Handover, p kv.Pair) error {
	kind := record.If(record.KindOf(p.Key) == "asking", "request", "hidden")
	_, resident, id, _ := record.Split3(string(p.Key[len(record.KindOf(p.Key))+1:]))
	r, err := record.Optional(record.Get[requests.Request](tx, record.Key(kind, resident, id)))
	if err != nil || r.Owner != h.From && r.To != h.From && r.By != h.From && r.Carried != h.From {
		return err
	}
	if r.By == h.From || r.Carried == h.From {
		r.Carried = h.To
	}
	ok := false
	if h.To != "" {
		to, err := person.LoadStaff(tx, h.To)
		if err != nil {
			return err
		}
		if ok, err = requests.CouldTake(tx, r, to); err != nil {
			return err
		}
	}
	if r.Owner == h.From {
		r.Owner = record.If(ok, h.To, "") // of her own family, say: the office is told
	}
	if r.To == h.From || r.To == r.Owner {
		r.To = ""
	}
	return requests.PutRequest(tx, r)
}

func carryNote(tx *record.Tx, h Handover, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	n, err := record.Decode[questions.AnonymousQuestion](p)
	if err != nil || n.Answered != 0 {
		return err
	}
	n.Owner, n.To = Replace(n.Owner, h.From, h.To), Replace(n.To, h.From, "")
	return tx.Put(p.Key, n)
}

func carryPaper(tx *record.Tx, h Handover, p kv.Pair) error {
	if !names(p, h.From) {
		return nil
	}
	paper, err := record.Decode[documents.Document](p)
	if err != nil || paper.Ended != 0 || paper.By != h.From {
		return err
	}
	paper.By = h.To
	return documents.Put(tx, paper)
}

// leaveOffice ends a hand-over for good: the one who left has no villages, no codes,
// no messages, and her chat holds nothing of people.
func leaveOffice(tx *record.Tx, h Handover, now time.Time) error {
	if h.Left == nil { // else it was done when the work began to be carried
		if err := staffing.ShutOut(tx, h.From, now); err != nil {
			return err
		}
	}
	h.Ended, h.Why = now.Unix(), "carried"
	return errors.Join(putHandOver(tx, h), requests.CountAnew(tx, now), tellHandOver(tx, h, "handover_over", h.To, now))
}

// handVillages gives the villages of one cadre, and the groups that she looks after
// or stands in for, to another.
func handVillages(tx *record.Tx, from, to string) error {
	f, err := person.LoadStaff(tx, from)
	if err != nil {
		return err
	}
	t, err := person.LoadStaff(tx, to)
	if err != nil {
		return err
	}
	for _, v := range f.Villages {
		if !slices.Contains(t.Villages, v) {
			t.Villages = append(t.Villages, v)
		}
	}
	villages, err := person.Villages(tx)
	if err != nil {
		return err
	}
	for _, v := range villages {
		changed := false
		for i, g := range v.Groups {
			contact, deputy := Replace(g.Contact, from, to), Replace(g.Deputy, from, to)
			changed = changed || contact != g.Contact || deputy != g.Deputy
			v.Groups[i].Contact, v.Groups[i].Deputy = contact, record.If(deputy == contact, "", deputy)
		}
		if !changed {
			continue
		}
		if err := person.PutVillage(tx, v); err != nil {
			return err
		}
	}
	f.Villages = nil
	return errors.Join(person.PutStaff(tx, f), person.PutStaff(tx, t))
}

func Replace(s, from, to string) string {
	if s == from {
		return to
	}
	return s
}

// String names a hand-over on the command line.
func (h Handover) String() string {
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
