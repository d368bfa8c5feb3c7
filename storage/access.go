package storage

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Person is who is asking: a WeChat that stands for a cadre, for residents of
// one family, for both or for nobody yet.
type Person struct {
	OpenID    string
	Cadre     Cadre // zero when not staff
	Residents []string
}

// Staff reports whether the person is bound as staff.
func (p Person) Staff() bool { return p.Cadre.ID != "" && !p.Cadre.Left }

// Who returns the person that a WeChat stands for.
func (tx *Tx) Who(openid string) (Person, error) {
	l, err := tx.Link(openid)
	if err != nil {
		return Person{}, err
	}
	p := Person{OpenID: openid, Residents: l.Residents}
	if l.Cadre != "" {
		if p.Cadre, err = optional(tx.Cadre(l.Cadre)); err != nil {
			return Person{}, err
		}
	}
	return p, nil
}

// Scope is what one person may see and do in this transaction. Every query
// about people goes through it, so that none can forget whose records it may
// see.
type Scope struct {
	tx       *Tx
	Person   Person
	villages []string
	inside   map[string]bool
	own      map[string]bool // her own family's cards are closed to her staff role
	patients bool            // whom she knows from the clinic, wherever they live
	standsIn []string        // cadres whose work is hers for a time
}

// As returns the scope of a person: a village worker's villages (with those
// merged with them, and those of whom she stands in for); all villages for the clerk, and who signed up herself and
// lives in none; for a clinician who has something at the clinic, by that alone;
// nothing for others: who keeps the system needs nobody's card.
func (tx *Tx) As(p Person) (Scope, error) {
	s := Scope{tx: tx, Person: p, inside: map[string]bool{}, own: map[string]bool{}}
	for _, id := range p.Residents {
		s.own[id] = true
	}
	if !p.Staff() {
		return s, nil
	}
	var err error
	if s.standsIn, err = tx.standsIn(p.Cadre.ID); err != nil {
		return s, err
	}
	if p.Cadre.Has(Clerk) {
		all, err := tx.Villages()
		if err != nil {
			return s, err
		}
		for _, v := range all {
			s.inside[v.ID] = true
		}
		s.inside[""] = true
	} else if p.Cadre.Has(Worker) {
		for _, v := range p.Cadre.Villages {
			s.inside[v] = true
		}
		for _, id := range s.standsIn {
			c, err := optional(tx.Cadre(id))
			if err != nil {
				return s, err
			}
			for _, v := range c.Villages {
				s.inside[v] = true
			}
		}
		if err := tx.widen(s.inside); err != nil {
			return s, err
		}
	}
	s.villages, s.patients = sorted(s.inside), p.Cadre.Has(Clinician)
	return s, nil
}

// Villages returns the ids of the villages inside the scope.
func (s Scope) Villages() []string {
	return slices.DeleteFunc(slices.Clone(s.villages), func(v string) bool { return v == "" })
}

// Contacts returns the cadres who serve the villages of the scope, and "" for
// what nobody takes care of.
func (s Scope) Contacts() ([]string, error) {
	out := []string{""}
	for _, v := range s.villages {
		for p, err := range s.tx.parts(prefix("serves", v)) {
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, p[0]) {
				out = append(out, p[0])
			}
		}
	}
	return out, nil
}

// Resident returns a person of the scope: ErrNotFound for anybody else, as if
// she did not exist, and for the asker's own family. To a clinician it is who has
// an appointment, a request or a paper.
func (s Scope) Resident(id string) (Resident, error) {
	r, err := s.villager(id)
	if !s.patients || !errors.Is(err, ErrNotFound) || s.own[id] {
		return r, err
	}
	if r, err = s.tx.Resident(id); err != nil {
		return r, err
	}
	if ok, err := s.attends(id); err != nil || !ok {
		return Resident{}, cmp.Or(err, ErrNotFound)
	}
	return r, nil
}

// villager is Resident by where people live alone: what a village writes down
// about its people (visits, follow-ups, away cards) is not the clinic's.
func (s Scope) villager(id string) (Resident, error) {
	r, err := s.tx.Resident(id)
	if err != nil {
		return Resident{}, err
	}
	if !s.inside[r.Village] || s.own[id] {
		return Resident{}, ErrNotFound
	}
	return r, nil
}

// attends reports whether a resident has something at the clinic: a booking that
// was not given up, a paper, or a request that the asker has, was offered, or
// that only the clinic may see.
func (s Scope) attends(id string) (bool, error) {
	for _, kind := range s.tx.kinds {
		if kind.Ties == nil {
			continue
		}
		ties, err := kind.Ties(s.tx, id)
		if err != nil {
			return false, err
		}
		for _, t := range ties {
			if t.Staff == nil && !t.Secret || t.Secret && s.confidential(Clinician) || slices.Contains(t.Staff, s.Person.Cadre.ID) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Client returns a resident for whom the asker may do what she could do herself:
// one of her own, or one of her scope. ErrNotFound for anybody else.
func (s Scope) Client(id string) (Resident, error) {
	if s.own[id] {
		return s.Mine(id)
	}
	return s.Resident(id)
}

// Private returns a resident whose bookings, papers and requests the asker may
// see: her own; one of the scope for clerk and clinician; for a village worker
// only who lets the village see. ErrNotFound for anybody else.
func (s Scope) Private(id string) (Resident, error) {
	r, err := s.Client(id)
	if err != nil || s.own[id] || r.Shown || s.Person.Cadre.Has(Clerk) {
		return r, err
	}
	if ok, err := s.attends(id); err != nil || !ok || !s.patients {
		return Resident{}, cmp.Or(err, ErrNotFound)
	}
	return r, nil
}

// knows reports whether the asker may know of something that a resident, whom
// she may act for, has booked or waits for. A village role may when she lets the
// village see, lets her contact ring about it, when staff of the village entered
// it (by, a cadre's id), or when she has no WeChat, so that all of it went
// through staff; else she is a directory line like any other.
func (s Scope) knows(resident, by string, ring Ring) (bool, error) {
	if s.own[resident] || s.Person.Cadre.Has(Clerk, Clinician) || ring == RingContact {
		return true, nil
	}
	r, err := optional(s.tx.Resident(resident))
	if err != nil || r.Shown {
		return r.Shown, err
	}
	return s.entrusted(resident, by, ring)
}

// entrusted reports whether a resident left something that she booked or waits for
// to her village: her contact may ring about it, staff of the village entered it, or
// she has no WeChat to change it by.
func (s Scope) entrusted(resident, by string, ring Ring) (bool, error) {
	if ring == RingContact {
		return true, nil
	}
	r, err := optional(s.tx.Resident(resident))
	if err != nil {
		return false, err
	}
	if c, err := optional(s.tx.Cadre(by)); err != nil || slices.Contains(c.Roles, Worker) {
		return err == nil, err
	}
	openid, err := s.tx.WeChatOf(resident)
	return openid == "" && !r.Self, err
}

// Open returns a person of the scope and writes down, in the same transaction,
// who opened her card and when.
func (s Scope) Open(id string, now time.Time) (Resident, error) {
	r, err := s.Resident(id)
	if err != nil {
		return r, err
	}
	return r, s.look(id, "card", now)
}

// Own reports whether a name or a phone is that of somebody of the asker's own
// family, whose card is closed to her staff role.
func (s Scope) Own(name, phone string) (bool, error) {
	for id := range s.own {
		r, err := optional(s.tx.Resident(id))
		if err != nil {
			return false, err
		}
		if r.ID != "" && (r.Name == name || phone != "" && r.Phone == phone) {
			return true, nil
		}
	}
	return false, nil
}

// AddResident keeps a newcomer in a village of the scope. It returns ErrScope
// outside it, and for somebody of her own family: a second card would open what
// the first keeps closed.
func (s Scope) AddResident(r Resident, cause string) (Resident, error) {
	own, err := s.Own(r.Name, r.Phone)
	if err != nil {
		return r, err
	}
	if own || !s.inside[r.Village] {
		return r, ErrScope
	}
	return s.tx.AddResident(r, cause)
}

// Household returns the others of a resident's household, without directory
// secrets beyond the scope.
func (s Scope) Household(r Resident) ([]Resident, error) {
	if r.Household == "" {
		return nil, nil
	}
	hits, err := s.FindResidents(Query{House: r.House, Group: r.Group, Village: r.Village}, 20)
	if err != nil {
		return nil, err
	}
	var out []Resident
	for _, h := range hits {
		if h.ID != r.ID && h.Household == r.Household {
			out = append(out, h.Resident)
		}
	}
	return out, nil
}

// OwnAway returns the open away card of a resident, for her own eyes.
func (tx *Tx) OwnAway(p Person, resident string) (Away, error) {
	if !slices.Contains(p.Residents, resident) {
		return Away{}, ErrNotFound
	}
	return tx.openAway(resident)
}

// DontAsk keeps only that a person said no: her consent is not asked again.
func (s Scope) DontAsk(id string) error {
	r, err := s.Resident(id)
	if err != nil {
		return err
	}
	r.NoAsk = true
	return s.tx.put(key("resident", r.ID), r)
}

// Look is one line of who has looked: what a member of staff did with what is
// kept about a person.
type Look struct {
	By      string // cadre id
	What    string // card, called, arrived, missed, done, ready, handed, proxy, pin_reset, code, printed, exported, withdrawn, erased …
	Role    Role   `json:",omitempty"` // in which she did it
	Refused bool   `json:",omitempty"` // she tried, and it was not done
	At      int64  // Unix seconds
}

// Seen is a Look as it is told to the person: with the name of who looked.
type Seen struct {
	Look
	Name string
}

// Village reports whether a village role looked: where there is none among all
// of them, nobody of the village has.
func (l Look) Village() bool { return l.Role == Worker }

// actsAs is the role in which a cadre's looks count: who works in a village
// counts as the village, whatever else she is.
func (c Cadre) actsAs() Role {
	for _, r := range []Role{Worker, Clinician, Clerk, Admin} {
		if slices.Contains(c.Roles, r) {
			return r
		}
	}
	return ""
}

// Looked writes down what a member of staff did with what is kept about a
// resident of her scope (printed, exported, called, …).
func (s Scope) Looked(resident, what string, now time.Time) error {
	if _, err := s.Resident(resident); err != nil {
		return err
	}
	return s.look(resident, what, now)
}

func (s Scope) look(resident, what string, now time.Time) error {
	return s.tx.look(resident, s.Person.Cadre.ID, what, now)
}

// refuse writes down what a member of staff tried with what is kept about a
// resident, and returns why it is refused. Who calls Save must not lose it: the
// line stays though the save is put back.
func (s Scope) refuse(resident, what string, now time.Time, why error) error {
	c := s.Person.Cadre
	return cmp.Or(s.tx.putLook(resident, Look{By: c.ID, Role: c.actsAs(), What: what, Refused: true, At: now.Unix()}), why)
}

func (tx *Tx) look(resident, by, what string, now time.Time) error {
	c, err := optional(tx.Cadre(by))
	if err != nil {
		return err
	}
	return tx.putLook(resident, Look{By: by, Role: c.actsAs(), What: what, At: now.Unix()})
}

// putLook keeps a line past the undo: taking back what was saved does not take
// back who looked. Of a newcomer, who goes with the save, nothing must stay.
func (tx *Tx) putLook(resident string, l Look) error {
	what := l.What
	if l.Refused {
		what += "!"
	}
	if !tx.savedNow(resident) {
		defer func(u *Undo) { tx.undo = u }(tx.undo)
		tx.undo = nil
	}
	return tx.put(key("look", resident, stamp(time.Unix(l.At, 0)), l.By, what), l)
}

// savedNow reports whether the save under way brought a person into the store.
func (tx *Tx) savedNow(resident string) bool {
	return tx.undo != nil && slices.Contains(tx.undo.added(), resident)
}

// Looks returns who has looked at a person, oldest first.
func (tx *Tx) Looks(resident string) ([]Look, error) {
	return collect(list[Look](tx, prefix("look", resident)))
}

// LooksOf returns who has looked at the asker's own record, oldest first, with
// their names; ErrNotFound for anybody else's.
func (s Scope) LooksOf(resident string) ([]Seen, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	looks, err := s.tx.Looks(resident)
	if err != nil {
		return nil, err
	}
	out := make([]Seen, 0, len(looks))
	for _, l := range looks {
		c, err := optional(s.tx.Cadre(l.By))
		if err != nil {
			return nil, err
		}
		if l.Role == "" {
			l.Role = c.actsAs()
		}
		out = append(out, Seen{Look: l, Name: c.Name})
	}
	return out, nil
}
