package storage

import (
	"slices"
	"time"

	"xintiexin/storage/calendar"
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
}

// As returns the scope of a person: a village worker's villages (with those
// merged with them), all villages for the clerk, nothing for others: who keeps the
// system needs nobody's card.
func (tx *Tx) As(p Person) (Scope, error) {
	s := Scope{tx: tx, Person: p, inside: map[string]bool{}, own: map[string]bool{}}
	for _, id := range p.Residents {
		s.own[id] = true
	}
	if !p.Staff() {
		return s, nil
	}
	if p.Cadre.Has(Clerk) {
		all, err := tx.Villages()
		if err != nil {
			return s, err
		}
		for _, v := range all {
			s.inside[v.ID] = true
		}
	} else if p.Cadre.Has(Worker) {
		for _, v := range p.Cadre.Villages {
			s.inside[v] = true
		}
		if err := tx.widen(s.inside); err != nil {
			return s, err
		}
	}
	s.villages = sorted(s.inside)
	return s, nil
}

// Villages returns the ids of the villages inside the scope.
func (s Scope) Villages() []string { return slices.Clone(s.villages) }

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
// she did not exist.
func (s Scope) Resident(id string) (Resident, error) {
	r, err := s.tx.resident(id)
	if err != nil {
		return Resident{}, err
	}
	if !s.inside[r.Village] || s.own[id] {
		return Resident{}, ErrNotFound
	}
	return r, nil
}

// Open returns a person of the scope and writes down, in the same transaction,
// who opened her card and when.
func (s Scope) Open(id string, now time.Time) (Resident, error) {
	r, err := s.Resident(id)
	if err != nil {
		return r, err
	}
	return r, s.tx.look(id, s.Person.Cadre.ID, "card", now)
}

// Own reports whether a name or a phone is that of somebody of the asker's own
// family, whose card is closed to her staff role.
func (s Scope) Own(name, phone string) (bool, error) {
	for id := range s.own {
		r, err := optional(s.tx.resident(id))
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

// Withdraw takes back, on her own word, everything that a resident agreed to:
// she is not asked again, and an open away card is closed. It returns
// ErrNotFound for a resident that the asker's WeChat does not stand for.
func (tx *Tx) Withdraw(p Person, resident string, now time.Time) error {
	if !slices.Contains(p.Residents, resident) {
		return ErrNotFound
	}
	r, err := tx.resident(resident)
	if err != nil {
		return err
	}
	for _, set := range []Set{C0, C3} {
		c, err := tx.Consent(resident, set)
		if err != nil {
			return err
		}
		if !c.Given() {
			continue
		}
		c.Answer, c.Channel, c.By, c.At, c.Withdrawn = No, "chat", "", now.Unix(), now.Unix()
		if err := tx.putConsent(c); err != nil {
			return err
		}
	}
	away, err := tx.openAway(resident)
	if err != nil {
		return err
	}
	if away.ID != "" {
		away.Back = calendar.DayOf(now)
		if err := tx.putAway(away, r.Village); err != nil {
			return err
		}
	}
	if err := tx.closeAll(resident); err != nil {
		return err
	}
	r.NoAsk, r.NoPush = true, true
	if err := tx.put(key("resident", r.ID), r); err != nil {
		return err
	}
	return tx.DropDeliveries("r:"+resident, "", "withdrawn", now)
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

// Look is one line of who has looked: a cadre opened a person's card.
type Look struct {
	By   string // cadre id
	What string // "card", …
	At   int64  // Unix seconds
}

func (tx *Tx) look(resident, by, what string, now time.Time) error {
	return tx.put(key("look", resident, stamp(now), by, what), Look{By: by, What: what, At: now.Unix()})
}

// Looks returns who has looked at a person, oldest first.
func (tx *Tx) Looks(resident string) ([]Look, error) {
	return collect(list[Look](tx, prefix("look", resident)))
}
