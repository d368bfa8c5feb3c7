package storage

import (
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
}

// As returns the scope of a person: a village worker's villages (with those
// merged with them), all villages for the office, nothing for others.
func (tx *Tx) As(p Person) (Scope, error) {
	s := Scope{tx: tx, Person: p, inside: map[string]bool{}, own: map[string]bool{}}
	for _, id := range p.Residents {
		s.own[id] = true
	}
	if !p.Staff() {
		return s, nil
	}
	if p.Cadre.Has(Clerk, Admin) {
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

// Sees reports whether a village is inside the scope.
func (s Scope) Sees(village string) bool { return s.inside[village] }

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

// AddResident keeps a newcomer in a village of the scope.
func (s Scope) AddResident(r Resident, cause string) (Resident, error) {
	if !s.inside[r.Village] {
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
