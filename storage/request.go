package storage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// Request is something that somebody asked for: a person to talk to, papers,
// supplies, a visit. It has a number, one owner (who takes it first stays
// responsible), and a day by which she has an answer; she sees both.
type Request struct {
	ID       string
	Number   string // three digits or more, counted up
	Resident string
	Kind     string // help, errand, supplies, visit
	Text     string `json:",omitempty"` // what she asked; of an errand the guide that she is sent; of supplies the way: take, deliver
	Village  string `json:",omitempty"` // whose staff may take it; "" is the town's, and what she keeps from the village
	By       string `json:",omitempty"` // the cadre who wrote it down for her, "" when she did
	Carried  string `json:",omitempty"` // the cadre to whom the work of By was handed over
	Owner    string `json:",omitempty"` // cadre id
	To       string `json:",omitempty"` // a hand-over that is not accepted yet
	Times    []When `json:",omitempty"` // that suit her, of a visit
	Theirs   []When `json:",omitempty"` // that were proposed to her instead
	Ready    int64  `json:",omitempty"` // Unix seconds: supplies can be fetched
	Due      calendar.Day
	Asked    int64       // Unix seconds
	Closed   *FollowedUp `json:",omitempty"`
	Seen     int64       `json:",omitempty"` // Unix seconds: she has read how it ended
}

// When is a time that suits: a day and a part of it, as it is said (上午).
type When struct {
	Day  calendar.Day
	Part string `json:",omitempty"`
}

// ErrTaken says of a request that somebody else has it.
var ErrTaken = errors.New("storage: somebody else has it")

// MaxOpen is how many open requests a person may have at once.
const MaxOpen = 8

// hidden reports whether a kind is never seen by a village role: it lies under a
// prefix of its own.
func (r Request) hidden() bool { return r.Kind == "supplies" }

func (r Request) key() []byte {
	if r.hidden() {
		return key("hidden", r.Resident, r.ID)
	}
	return key("request", r.Resident, r.ID)
}

// openKey is the place of an open request among all that are open.
func (r Request) openKey() []byte {
	if r.hidden() {
		return key("hidden_open", r.Due.String(), r.Resident, r.ID)
	}
	return key("asking", r.Due.String(), r.Resident, r.ID)
}

// putRequest keeps a request with its place among the open ones.
func (tx *Tx) putRequest(r Request) error {
	old, err := optional(get[Request](tx, r.key()))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.delete(old.openKey()); err != nil {
			return err
		}
	}
	if r.Closed == nil {
		if err := tx.putRaw(r.openKey(), []byte("-"+r.Owner+"/"+r.To)); err != nil {
			return err
		}
	}
	return tx.put(r.key(), r)
}

// Ask keeps a request of one of the asker's own, or one that staff writes down for
// somebody of her scope and thereby owns, under an id made of cause; it has a
// number and a day by which there is an answer (limit request_days working days).
// The same cause gives the same request. It returns ErrNotFound for anybody else,
// ErrScope for a village role that asks for supplies, ErrConsent for who agreed to
// nothing, ErrOften for who has MaxOpen open ones, and ErrTwice with the one there
// is for a second open request of supplies or a visit. What the asker may not see
// is not counted: it would tell her that it is there.
func (s Scope) Ask(r Request, cause string, now time.Time) (Request, error) {
	her, err := s.Client(r.Resident)
	if err != nil {
		return r, err
	}
	if r.hidden() && !s.own[her.ID] && !s.confidential(Clinician, Clerk) {
		return r, ErrScope
	}
	if ok, err := s.agreed(her); err != nil || !ok {
		return r, cmp.Or(err, ErrConsent)
	}
	r.ID = ID("request", cause)
	if old, err := optional(get[Request](s.tx, r.key())); err != nil || old.ID != "" {
		return old, err
	}
	if old, err := s.room(r); err != nil {
		return old, err
	}
	site, err := s.tx.Site()
	if err != nil {
		return r, err
	}
	if her.Shown {
		r.Village = her.Village
	}
	if !s.own[her.ID] {
		r.By, r.Owner, r.Village = s.Person.Cadre.ID, s.Person.Cadre.ID, her.Village
	}
	if r.hidden() {
		r.Village = ""
	}
	r.Asked, r.Due = now.Unix(), workingDays(site.Holidays(), calendar.DayOf(now), site.Limit("request_days", 7))
	if r.Number, err = s.tx.nextNumber(); err != nil {
		return r, err
	}
	if err := s.tx.putRequest(r); err != nil {
		return r, err
	}
	return r, s.tx.requestsMoved(now)
}

// agreed reports whether a person agreed to anything, as far as the asker may know:
// to a village role that she does not show herself to, what the village wrote down.
func (s Scope) agreed(her Resident) (bool, error) {
	if ok, err := s.knows(her.ID, "", RingNobody); err != nil || ok {
		if err != nil {
			return false, err
		}
		return s.tx.Consented(her.ID)
	}
	c, err := s.tx.Consent(her.ID, C0)
	return c.Given(), err
}

// room says whether a person may ask for one thing more.
func (s Scope) room(r Request) (Request, error) {
	all, err := s.tx.requests(r.Resident)
	if err != nil {
		return r, err
	}
	n := 0
	for _, old := range all {
		if old.Closed != nil {
			continue
		}
		if ok, err := s.sees(old); err != nil {
			return r, err
		} else if !ok && !s.own[r.Resident] {
			continue
		}
		if n++; old.Kind == r.Kind && (r.Kind == "supplies" || r.Kind == "visit") {
			return old, ErrTwice
		}
	}
	if n >= MaxOpen {
		return r, ErrOften
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
func (tx *Tx) nextNumber() (string, error) {
	n, err := optional(get[int](tx, key("counter", "request")))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%03d", n+1), tx.put(key("counter", "request"), n+1)
}

// requests are all of a person, the oldest first, hidden ones too.
func (tx *Tx) requests(resident string) ([]Request, error) {
	var out []Request
	for _, kind := range []string{"request", "hidden"} {
		some, err := collect(list[Request](tx, prefix(kind, resident)))
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
func (s Scope) MyRequests(resident string) ([]Request, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	return s.tx.requests(resident)
}

// MyRequest returns one request of the asker's own; ErrNotFound for anybody else's.
func (s Scope) MyRequest(resident, id string) (Request, error) {
	all, err := s.MyRequests(resident)
	if err != nil {
		return Request{}, err
	}
	if i := slices.IndexFunc(all, func(r Request) bool { return r.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Request{}, ErrNotFound
}

// SawRequest notes that she has read how a request of hers ended: nothing more is
// sent about it. ErrNotFound for anybody but herself.
func (s Scope) SawRequest(resident, id string, now time.Time) error {
	r, err := s.MyRequest(resident, id)
	if err != nil {
		return err
	}
	r.Seen = now.Unix()
	return s.tx.putRequest(r)
}

// TakeBack ends an open request on her own word and deletes it; ErrNotFound for
// anybody else's.
func (s Scope) TakeBack(resident, id string, now time.Time) error {
	r, err := s.MyRequest(resident, id)
	if err != nil {
		return err
	}
	if err := s.tx.dropRequest(r); err != nil {
		return err
	}
	return s.tx.requestsMoved(now)
}

func (tx *Tx) dropRequest(r Request) error {
	if err := tx.delete(r.openKey()); err != nil {
		return err
	}
	return tx.delete(r.key())
}

// sees reports whether the asker, as staff, may see a request: hidden ones
// clinician and clerk alone; others the clerk, the worker of the village that she
// lets see or who wrote it down for her, and whoever has it or is asked to take it.
func (s Scope) sees(r Request) (bool, error) {
	me := s.Person.Cadre
	if !s.Person.Staff() || s.own[r.Resident] {
		return false, nil
	}
	if r.hidden() {
		return s.confidential(Clinician, Clerk), nil
	}
	her, err := optional(s.tx.Resident(r.Resident))
	if err != nil || her.ID == "" {
		return false, err
	}
	switch {
	case me.Has(Clerk):
		return s.inside[her.Village], nil
	case me.Has(Worker):
		return s.inside[her.Village] && (her.Shown || s.acts(r.By) || s.acts(r.Carried)), nil
	}
	return me.Has(Clinician) && (s.acts(r.Owner) || r.To == me.ID), nil
}

// holder returns who has a request: nobody, where its owner has left or may not
// see it any more.
func (tx *Tx) holder(r Request) (string, error) {
	if r.Owner == "" {
		return "", nil
	}
	c, err := optional(tx.Cadre(r.Owner))
	if err != nil {
		return "", err
	}
	s, err := tx.As(Person{OpenID: c.OpenID, Cadre: c})
	if err != nil {
		return "", err
	}
	ok, err := s.sees(r)
	return pick(ok, r.Owner, ""), err
}

// RequestHolder returns the cadre who has a request, whose name she is told; the
// zero Cadre when nobody does.
func (tx *Tx) RequestHolder(r Request) (Cadre, error) {
	id, err := tx.holder(r)
	if err != nil || id == "" {
		return Cadre{}, err
	}
	return tx.Cadre(id)
}

// Asking is a request as staff sees it: who asked, and who has it.
type Asking struct {
	Request
	Name, Phone, Group string
	Holder             string // cadre id; "" is nobody
}

// For reports whether a request waits for a cadre: hers, offered to her, or
// nobody's.
func (a Asking) For(cadre string) bool {
	return a.Holder == "" || a.Holder == cadre || a.To == cadre
}

// Asked returns the open requests that wait for the asker, staff: hers, those
// offered to her, those that nobody took; the first due first, at most max.
// ErrScope for who is no staff. Hidden kinds are for Supplies.
func (s Scope) Asked(max int) ([]Asking, error) { return s.asked("asking", max, s.mine) }

func (s Scope) mine(a Asking) bool { return a.For(s.Person.Cadre.ID) || s.acts(a.Holder) }

// Late reports whether the day by which she was to have an answer went by so long
// ago that another than who has her request may take it over.
func (a Asking) Late(today calendar.Day) bool { return a.Closed == nil && a.Due+WaitsLong <= today }

// AskedLate returns the open requests that the asker may see, which others have and
// which are Late: the first due first, at most max. ErrScope for who is no staff.
func (s Scope) AskedLate(today calendar.Day, max int) ([]Asking, error) {
	return s.asked("asking", max, func(a Asking) bool { return !s.mine(a) && a.Late(today) })
}

// RequestsLate adds to what is left for the clerks ("") the requests that somebody
// has and that are Late, once a week as WaitingLong does.
func (tx *Tx) RequestsLate(left map[string]Left, before, today calendar.Day) error {
	pre := prefix("asking")
	for p, err := range tx.scan(pre, append(slices.Clone(pre), (today-WaitsLong+1).String()...)) {
		if err != nil {
			return err
		}
		_, resident, id, _ := split3(string(p.Key[len(pre):]))
		r, err := optional(get[Request](tx, key("request", resident, id)))
		if err != nil {
			return err
		}
		holder, err := tx.holder(r)
		if err != nil {
			return err
		}
		if holder == "" || (today-r.Due)/WaitsLong == (before-r.Due)/WaitsLong { // nobody's are told of at noon
			continue
		}
		l := left[""]
		l.Waiting++
		left[""] = l
	}
	return nil
}

// Supplies returns the open requests of supplies, for clinician and clerk;
// ErrScope for anybody else, a village role above all.
func (s Scope) Supplies(max int) ([]Asking, error) {
	if !s.confidential(Clinician, Clerk) {
		return nil, ErrScope
	}
	return s.asked("hidden_open", max, s.mine)
}

func (s Scope) asked(index string, max int, want func(Asking) bool) ([]Asking, error) {
	if !s.Person.Staff() {
		return nil, ErrScope
	}
	var out []Asking
	pre := prefix(index)
	for p, err := range s.tx.scan(pre, end(pre)) {
		if err != nil {
			return nil, err
		}
		_, resident, id, _ := split3(string(p.Key[len(pre):]))
		if near, err := s.near(resident, string(p.Value)); err != nil {
			return nil, err
		} else if !near {
			continue
		}
		a, err := s.asking(pick(index == "asking", "request", "hidden"), resident, id)
		if errors.Is(err, ErrNotFound) || err == nil && !want(a) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out = append(out, a); len(out) == max {
			break
		}
	}
	return out, nil
}

// near leaves out, before anything of them is read, requests that a village worker
// cannot see: of who lives in none of her villages, which are neither hers nor
// offered to her. place is what stands in the list of the open ones; "" is of an
// older store and says nothing.
func (s Scope) near(resident, place string) (bool, error) {
	me := s.Person.Cadre
	if place == "" || me.Has(Clerk, Clinician) {
		return true, nil
	}
	if owner, to, _ := strings.Cut(place[1:], "/"); s.acts(owner) || to == me.ID {
		return true, nil
	}
	for _, v := range s.villages {
		switch _, err := s.tx.getRaw(key("in", v, resident)); {
		case err == nil:
			return true, nil
		case !errors.Is(err, ErrNotFound):
			return false, fmt.Errorf("read in: %w", err)
		}
	}
	return false, nil
}

// asking returns a request that the asker may see as staff, ErrNotFound otherwise.
func (s Scope) asking(kind, resident, id string) (Asking, error) {
	r, err := get[Request](s.tx, key(kind, resident, id))
	if err != nil {
		return Asking{}, err
	}
	if ok, err := s.sees(r); err != nil || !ok {
		return Asking{}, cmp.Or(err, ErrNotFound)
	}
	her, err := s.tx.Resident(resident)
	if err != nil {
		return Asking{}, err
	}
	a := Asking{Request: r, Name: her.Name, Phone: her.Phone, Group: her.Group}
	a.Holder, err = s.tx.holder(r)
	return a, err
}

// AskedBy returns a request of a resident that the asker may see as staff, hidden
// ones included; ErrNotFound otherwise.
func (s Scope) AskedBy(resident, id string) (Asking, error) {
	a, err := s.asking("request", resident, id)
	if errors.Is(err, ErrNotFound) {
		return s.asking("hidden", resident, id)
	}
	return a, err
}

// LookedAt writes down that the asker, staff, read a request of somebody's.
// ErrNotFound where she may not see it.
func (s Scope) LookedAt(a Asking, now time.Time) error {
	if _, err := s.AskedBy(a.Resident, a.ID); err != nil {
		return err
	}
	return s.look(a.Resident, "card", now)
}

// Numbered returns an open request by its number, of those that the asker may see
// as staff; ErrNotFound otherwise.
func (s Scope) Numbered(number string) (Asking, error) {
	for _, index := range []string{"asking", "hidden_open"} {
		for p, err := range s.tx.parts(prefix(index)) {
			if err != nil {
				return Asking{}, err
			}
			a, err := s.asking(pick(index == "asking", "request", "hidden"), p[1], p[2])
			if errors.Is(err, ErrNotFound) || err == nil && a.Number != number {
				continue
			}
			return a, err
		}
	}
	return Asking{}, ErrNotFound
}

// may returns an open request that the asker may act on, with her as its owner
// where nobody is: whoever acts first stays responsible. ErrTaken when somebody
// else has it.
func (s Scope) may(resident, id string) (Asking, error) {
	a, err := s.AskedBy(resident, id)
	if err != nil {
		return a, err
	}
	if a.Closed != nil {
		return a, ErrPast
	}
	me := s.Person.Cadre.ID
	if a.Holder != "" && !s.acts(a.Holder) {
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
func (s Scope) TakeRequest(resident, id string, now time.Time) (Asking, error) {
	a, err := s.AskedBy(resident, id)
	if err != nil {
		return a, err
	}
	if me := s.Person.Cadre.ID; a.Closed == nil && (a.To == me || a.Late(calendar.DayOf(now))) {
		a.Owner, a.Holder = me, me
	} else if a, err = s.may(resident, id); err != nil {
		return a, err
	}
	a.To = ""
	if err := s.tx.putRequest(a.Request); err != nil {
		return a, err
	}
	return a, s.tx.requestsMoved(now)
}

// Takers returns to whom a request can be handed over: who may see it then. The
// asker has it, or nobody; errors as TakeRequest's.
func (s Scope) Takers(resident, id string) ([]Cadre, error) {
	a, err := s.may(resident, id)
	if err != nil {
		return nil, err
	}
	all, err := s.tx.Cadres()
	if err != nil {
		return nil, err
	}
	var out []Cadre
	for _, c := range all {
		if c.ID == s.Person.Cadre.ID {
			continue
		}
		ok, err := s.tx.couldTake(a.Request, c)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	return out, nil
}

func (tx *Tx) couldTake(r Request, c Cadre) (bool, error) {
	p, err := tx.Who(c.OpenID) // with her family, whose requests are closed to her
	if err != nil {
		return false, err
	}
	p.Cadre = c
	s, err := tx.As(p)
	if err != nil {
		return false, err
	}
	r.To = c.ID
	return s.sees(r)
}

// OfferRequest asks another cadre to take a request over; until she accepts it
// stays the asker's. "" takes the offer back. ErrScope for who may not see it;
// others as TakeRequest's.
func (s Scope) OfferRequest(resident, id, to string, now time.Time) (Asking, error) {
	a, err := s.may(resident, id)
	if err != nil {
		return a, err
	}
	if to != "" {
		c, err := optional(s.tx.Cadre(to))
		if err != nil {
			return a, err
		}
		if ok, err := s.tx.couldTake(a.Request, c); err != nil || !ok || to == s.Person.Cadre.ID {
			return a, cmp.Or(err, ErrScope)
		}
	}
	a.To = to
	if err := s.tx.putRequest(a.Request); err != nil {
		return a, err
	}
	if to == "" {
		return a, nil
	}
	return a, s.tx.tellOffered(a.Request, now)
}

// tellOffered has a cadre told that somebody asks her to take something over.
func (tx *Tx) tellOffered(r Request, now time.Time) error {
	at, ok := calendar.Holidays{}.Decent(calendar.StaffHours, now)
	if !ok {
		return nil
	}
	_, err := tx.Enqueue(Delivery{Cause: "request/" + r.ID + "/offer/" + r.To + "/" + strconv.FormatInt(now.Unix(), 10),
		Kind: "request_offer", To: "c:" + r.To, About: r.Resident, Facts: map[string]string{"request": r.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.Add(12 * time.Hour).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// RefuseRequest says no to a hand-over: the request stays with who has it.
// ErrNotFound when none was offered to the asker.
func (s Scope) RefuseRequest(resident, id string) (Asking, error) {
	a, err := s.AskedBy(resident, id)
	if err != nil || a.To != s.Person.Cadre.ID {
		return a, cmp.Or(err, ErrNotFound)
	}
	a.To = ""
	return a, s.tx.putRequest(a.Request)
}

// EndRequest ends a request for a reason; of done she is told that there is an
// answer, of unwanted and replaced (something else was sent) nothing is sent. Of
// supplies nothing is kept then. Errors as TakeRequest's.
func (s Scope) EndRequest(resident, id, reason string, now time.Time) (Asking, error) {
	a, err := s.may(resident, id)
	if err != nil {
		return a, err
	}
	a.To, a.Closed = "", &FollowedUp{Reason: reason, By: s.Person.Cadre.ID, At: now.Unix()}
	if a.hidden() {
		err = s.tx.dropRequest(a.Request)
	} else {
		err = s.tx.putRequest(a.Request)
	}
	if err == nil && reason == "done" && !a.hidden() {
		err = s.tx.tellHer(a.Request, "request_done", now)
	}
	return a, cmp.Or(err, s.tx.requestsMoved(now))
}

// SuppliesReady says that what she asked for can be fetched, or is under way, and
// has her told that there is an answer. Errors as TakeRequest's.
func (s Scope) SuppliesReady(resident, id string, now time.Time) (Asking, error) {
	a, err := s.may(resident, id)
	if err != nil {
		return a, err
	}
	if !a.hidden() {
		return a, ErrNotFound
	}
	a.Ready = now.Unix()
	if err := s.tx.putRequest(a.Request); err != nil {
		return a, err
	}
	return a, s.tx.tellHer(a.Request, "request_ready", now)
}

// SendErrand gives a resident of the scope, who uses the service, a list of the
// papers that an errand needs (a guide's id): she reads it with 看. ErrConsent for
// who agreed to nothing, ErrNotFound outside the scope.
func (s Scope) SendErrand(resident, guide, cause string, now time.Time) (Request, error) {
	r := Request{Resident: resident, Kind: "errand", Text: guide}
	her, err := s.Resident(resident)
	if err != nil {
		return r, err
	}
	if ok, err := s.agreed(her); err != nil || !ok {
		return r, cmp.Or(err, ErrConsent)
	}
	r.ID = ID("request", cause)
	if old, err := optional(get[Request](s.tx, r.key())); err != nil || old.ID != "" {
		return old, err
	}
	if r.Number, err = s.tx.nextNumber(); err != nil {
		return r, err
	}
	me := s.Person.Cadre.ID
	r.By, r.Owner, r.Village, r.Asked, r.Due = me, me, her.Village, now.Unix(), calendar.DayOf(now)
	r.Closed = &FollowedUp{Reason: "done", By: me, At: now.Unix()}
	if err := s.tx.putRequest(r); err != nil {
		return r, err
	}
	return r, s.tx.tellHer(r, "request_list", now)
}

// tellHer books one message to who asked, if a WeChat stands for her.
func (tx *Tx) tellHer(r Request, kind string, now time.Time) error {
	openid, err := tx.WeChatOf(r.Resident)
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
	_, err = tx.Enqueue(Delivery{Cause: cause, Kind: kind, To: "r:" + r.Resident, About: r.Resident,
		Facts:    map[string]string{"request": r.ID, "day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 4, Booked: now.Unix()})
	return err
}

// ProposeTimes answers her times for a visit with others. Errors as TakeRequest's.
func (s Scope) ProposeTimes(resident, id string, times []When, now time.Time) (Asking, error) {
	a, err := s.may(resident, id)
	if err != nil {
		return a, err
	}
	if a.Kind != "visit" {
		return a, ErrNotFound
	}
	a.Theirs = times
	if err := s.tx.putRequest(a.Request); err != nil {
		return a, err
	}
	return a, s.tx.tellHer(a.Request, "request_times", now)
}

// OfferTimes are other times that suit her, for a visit that is being agreed on.
// ErrNotFound for anybody else's request.
func (s Scope) OfferTimes(resident, id string, times []When) (Request, error) {
	r, err := s.MyRequest(resident, id)
	if err != nil || r.Kind != "visit" || r.Closed != nil {
		return r, cmp.Or(err, ErrNotFound)
	}
	r.Times, r.Theirs = times, nil
	return r, s.tx.putRequest(r)
}

// AgreeVisit makes a visit of a time that suits both: staff picks one of hers, or
// she one of those proposed to her. It returns the follow-up, which stands in the
// owner's days from now on; the request has ended. ErrPast for a time that is not
// among them or has gone by; others as TakeRequest's.
func (s Scope) AgreeVisit(resident, id string, at When, cause string, now time.Time) (FollowUp, error) {
	var r Request
	var suits []When
	if s.own[resident] {
		mine, err := s.MyRequest(resident, id)
		if err != nil {
			return FollowUp{}, err
		}
		r, suits = mine, mine.Theirs
	} else {
		a, err := s.may(resident, id)
		if err != nil {
			return FollowUp{}, err
		}
		r, suits = a.Request, a.Times
	}
	today := calendar.DayOf(now)
	if r.Kind != "visit" || r.Closed != nil || r.Owner == "" || !slices.Contains(suits, at) || at.Day < today {
		return FollowUp{}, ErrPast
	}
	f := FollowUp{ID: ID("followup", cause), Resident: resident, Contact: r.Owner, Kind: "visit", Due: at.Day, Part: at.Part, Asked: today}
	if err := s.tx.PutFollowUp(f); err != nil {
		return f, err
	}
	r.Closed = &FollowedUp{Reason: "done", By: r.Owner, At: now.Unix()}
	if s.own[resident] {
		r.Seen = now.Unix()
	} else if err := s.tx.tellHer(r, "request_done", now); err != nil {
		return f, err
	}
	if err := s.tx.putRequest(r); err != nil {
		return f, err
	}
	return f, s.tx.requestsMoved(now)
}

// NoVisits keeps whether one of the asker's own wants nobody at her door: she is
// in no round then, and a visit that was agreed on is off. ErrNotFound for anybody
// else.
func (s Scope) NoVisits(resident string, no bool, now time.Time) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	r.NoVisit = no
	if err := s.tx.put(key("resident", r.ID), r); err != nil || !no {
		return err
	}
	if err := s.tx.endVisits(resident, now); err != nil {
		return err
	}
	mine, err := s.tx.requests(resident)
	if err != nil {
		return err
	}
	for _, q := range mine {
		if q.Kind != "visit" || q.Closed != nil {
			continue
		}
		if err := s.tx.dropRequest(q); err != nil {
			return err
		}
	}
	return s.tx.requestsMoved(now)
}

// endVisits ends the visits that were agreed on with a person, on her own word.
func (tx *Tx) endVisits(resident string, now time.Time) error {
	open, err := tx.openFollowUps(resident)
	if err != nil {
		return err
	}
	for _, f := range open {
		if f.Kind != "visit" {
			continue
		}
		f.Closed = &FollowedUp{Reason: "unwanted", At: now.Unix()}
		if err := tx.PutFollowUp(f); err != nil {
			return err
		}
	}
	return nil
}

// endRequests deletes what a person asked for, when she takes back what it rests on,
// or leaves.
func (tx *Tx) endRequests(resident string, now time.Time) error {
	all, err := tx.requests(resident)
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := tx.dropRequest(r); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return nil
	}
	return tx.requestsMoved(now)
}

// noon is when the office is told of what nobody took.
const noon = 12

// requestsMoved brings up to date what the clerks are told: how many requests
// nobody took by noon of the next working day. A count alone; names come when
// they ask.
func (tx *Tx) requestsMoved(now time.Time) error {
	if tx.onSaved("requests", func() error { return tx.requestsMoved(now) }) { // others change the count too
		return nil
	}
	days, err := tx.untaken(now)
	if err != nil {
		return err
	}
	all, err := tx.Cadres()
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.Has(Clerk) {
			continue
		}
		if err := tx.tellUntaken(c.ID, days, now); err != nil {
			return err
		}
	}
	return nil
}

// untaken are the noons, by day, at which open requests that nobody has are told
// of, one entry for each.
func (tx *Tx) untaken(now time.Time) ([]calendar.Day, error) {
	site, err := tx.Site()
	if err != nil {
		return nil, err
	}
	h, today := site.Holidays(), calendar.DayOf(now)
	first := today // the first noon that is still to come
	if !h.Working(today) || now.In(calendar.Zone).Hour() >= noon {
		first = h.NextWorking(today)
	}
	var days []calendar.Day
	for _, index := range []string{"asking", "hidden_open"} {
		for p, err := range tx.parts(prefix(index)) {
			if err != nil {
				return nil, err
			}
			r, err := optional(get[Request](tx, key(pick(index == "asking", "request", "hidden"), p[1], p[2])))
			if err != nil {
				return nil, err
			}
			if holder, err := tx.holder(r); err != nil || holder != "" || r.ID == "" {
				if err != nil {
					return nil, err
				}
				continue
			}
			days = append(days, max(first, h.NextWorking(calendar.DayOf(time.Unix(r.Asked, 0)))))
		}
	}
	return days, nil
}

func (tx *Tx) tellUntaken(cadre string, days []calendar.Day, now time.Time) error {
	by := func(day calendar.Day) (n int) {
		for _, d := range days {
			if d <= day {
				n++
			}
		}
		return n
	}
	booked, err := tx.deliveriesAt(prefix("booked", "c:"+cadre), 1<<30)
	if err != nil {
		return err
	}
	for _, d := range booked {
		if d.Kind != "request_waiting" {
			continue
		}
		n := by(calendar.DayOf(time.Unix(d.Earliest, 0)))
		d.Facts["count"] = strconv.Itoa(n)
		if n == 0 {
			err = tx.dropDelivery(d)
		} else {
			err = tx.PutDelivery(d)
		}
		if err != nil {
			return err
		}
	}
	for _, day := range slices.Compact(slices.Sorted(slices.Values(days))) {
		_, err := tx.Enqueue(Delivery{Cause: "request_waiting/" + cadre + "/" + day.String(), Kind: "request_waiting", To: "c:" + cadre,
			Facts:    map[string]string{"count": strconv.Itoa(by(day)), "day": day.String()},
			Earliest: day.At(noon, 0).Unix(), Latest: day.At(18, 0).Unix(), Priority: 4, Booked: now.Unix()})
		if err != nil {
			return err
		}
	}
	return nil
}

// requestStands returns why a delivery about a request, a note or a lecture is
// no longer true, "" while it is.
func (tx *Tx) requestStands(d Delivery) (string, error) {
	if strings.HasPrefix(d.Kind, "lecture_") {
		return tx.lectureStands(d)
	}
	r, err := optional(get[Request](tx, key("request", d.About, d.Facts["request"])))
	if err == nil && r.ID == "" {
		r, err = optional(get[Request](tx, key("hidden", d.About, d.Facts["request"])))
	}
	switch {
	case err != nil:
		return "", err
	case r.ID == "":
		return "gone", nil
	case d.Kind == "request_offer":
		return pick("c:"+r.To == d.To, "", "answered"), nil
	case r.Seen != 0:
		return "answered", nil
	case d.Kind == "request_times":
		return pick(len(r.Theirs) > 0 && r.Closed == nil, "", "answered"), nil
	}
	return "", nil
}

// CountDanger counts, by month, that somebody was told whom to ring; nothing else
// is kept of it (domain.md 8.5).
func (tx *Tx) CountDanger(today calendar.Day) error {
	k := key("danger", today.String()[:len("2006-01")])
	n, err := optional(get[int](tx, k))
	if err != nil {
		return err
	}
	return tx.put(k, n+1)
}

// Dangers returns how often that was in the month of a day.
func (tx *Tx) Dangers(day calendar.Day) (int, error) {
	return optional(get[int](tx, key("danger", day.String()[:len("2006-01")])))
}

// requestTies are the requests of a resident: those that somebody of the staff has
// or was offered, and those that only the clinic may see.
func requestTies(tx *Tx, resident string) ([]Tie, error) {
	var out []Tie
	for _, kind := range []string{"request", "hidden"} {
		for r, err := range list[Request](tx, prefix(kind, resident)) {
			if err != nil {
				return nil, err
			}
			out = append(out, Tie{Secret: kind == "hidden", Staff: []string{r.Owner, r.To}})
		}
	}
	return out, nil
}

// withdrawnRequests deletes what a resident asked for, with the consent to booking.
func withdrawnRequests(tx *Tx, resident string, set Set, now time.Time) error {
	if set != C1 {
		return nil
	}
	return tx.endRequests(resident, now)
}
