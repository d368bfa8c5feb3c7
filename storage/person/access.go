package person

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xintiexin/storage/record"
)

// Person is who is asking: a WeChat that stands for a cadre, for residents of
// one family, for both or for nobody yet.
type Person struct {
	OpenID    string
	Cadre     Staff // zero when not staff
	Residents []string
}

// Staff reports whether the person is bound as staff.
func (p Person) Staff() bool { return p.Cadre.ID != "" && !p.Cadre.Left }

// Identify returns the person that a WeChat stands for.
func Identify(tx *record.Tx, openid string) (Person, error) {
	l, err := LoadAccount(tx, openid)
	if err != nil {
		return Person{}, err
	}
	p := Person{OpenID: openid, Residents: l.Residents}
	if l.Cadre != "" {
		if p.Cadre, err = record.Optional(LoadStaff(tx, l.Cadre)); err != nil {
			return Person{}, err
		}
	}
	return p, nil
}

// Scope is what one person may see and do in this transaction. Every query
// about people goes through it, so that none can forget whose records it may
// see.
type Scope struct {
	Tx           *record.Tx `json:"-"`
	Person       Person
	VillageIDs   []string        `json:"-"`
	Inside       map[string]bool `json:"-"`
	Family       map[string]bool `json:"-"` // her own family's cards are closed to her staff role
	SeesPatients bool            `json:"-"` // whom she knows from the clinic, wherever they live
	Delegators   []string        `json:"-"` // cadres whose work is hers for a time
}

// ScopeOf returns the scope of a person: a village worker's villages (with those
// merged with them, and those of whom she stands in for); all villages for the clerk, and who signed up herself and
// lives in none; for a clinician who has something at the clinic, by that alone;
// nothing for others: who keeps the system needs nobody's card.
func ScopeOf(tx *record.Tx, p Person) (Scope, error) {
	s := Scope{Tx: tx, Person: p, Inside: map[string]bool{}, Family: map[string]bool{}}
	for _, id := range p.Residents {
		s.Family[id] = true
	}
	if !p.Staff() {
		return s, nil
	}
	var err error
	if s.Delegators, err = delegators(tx, p.Cadre.ID); err != nil {
		return s, err
	}
	if p.Cadre.Has(Clerk) {
		all, err := Villages(tx)
		if err != nil {
			return s, err
		}
		for _, v := range all {
			s.Inside[v.ID] = true
		}
		s.Inside[""] = true
	} else if p.Cadre.Has(VillageWorker) {
		for _, v := range p.Cadre.Villages {
			s.Inside[v] = true
		}
		for _, id := range s.Delegators {
			c, err := record.Optional(LoadStaff(tx, id))
			if err != nil {
				return s, err
			}
			for _, v := range c.Villages {
				s.Inside[v] = true
			}
		}
		if err := Widen(tx, s.Inside); err != nil {
			return s, err
		}
	}
	s.VillageIDs, s.SeesPatients = record.Sorted(s.Inside), p.Cadre.Has(Clinician)
	return s, nil
}

// Villages returns the ids of the villages inside the scope.
func (s Scope) Villages() []string {
	return slices.DeleteFunc(slices.Clone(s.VillageIDs), func(v string) bool { return v == "" })
}

// Contacts returns the cadres who serve the villages of the scope, and "" for
// what nobody takes care of.
func (s Scope) Contacts() ([]string, error) {
	out := []string{""}
	for _, v := range s.VillageIDs {
		for p, err := range s.Tx.Parts(record.Prefix("serves", v)) {
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
	r, err := s.Villager(id)
	if !s.SeesPatients || !errors.Is(err, record.ErrNotFound) || s.Family[id] {
		return r, err
	}
	if r, err = LoadResident(s.Tx, id); err != nil {
		return r, err
	}
	if ok, err := s.attends(id); err != nil || !ok {
		return Resident{}, cmp.Or(err, record.ErrNotFound)
	}
	return r, nil
}

// Villager is Resident by where people live alone: what a village writes down
// about its people (visits, follow-ups, away cards) is not the clinic's.
func (s Scope) Villager(id string) (Resident, error) {
	r, err := LoadResident(s.Tx, id)
	if err != nil {
		return Resident{}, err
	}
	if !s.Inside[r.Village] || s.Family[id] {
		return Resident{}, record.ErrNotFound
	}
	return r, nil
}

// attends reports whether a resident has something at the clinic: a booking that
// was not given up, a paper, or a request that the asker has, was offered, or
// that only the clinic may see.
func (s Scope) attends(id string) (bool, error) {
	for _, kind := range s.Tx.Kinds {
		if kind.Ties == nil {
			continue
		}
		ties, err := kind.Ties(s.Tx, id)
		if err != nil {
			return false, err
		}
		for _, t := range ties {
			if t.Staff == nil && !t.Secret || t.Secret && s.Confidential(Clinician) || slices.Contains(t.Staff, s.Person.Cadre.ID) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Client returns a resident for whom the asker may do what she could do herself:
// one of her own, or one of her scope. ErrNotFound for anybody else.
func (s Scope) Client(id string) (Resident, error) {
	if s.Family[id] {
		return s.Mine(id)
	}
	return s.Resident(id)
}

// Private returns a resident whose bookings, papers and requests the asker may
// see: her own; one of the scope for clerk and clinician; for a village worker
// only who lets the village see. ErrNotFound for anybody else.
func (s Scope) Private(id string) (Resident, error) {
	r, err := s.Client(id)
	if err != nil || s.Family[id] || r.Shown || s.Person.Cadre.Has(Clerk) {
		return r, err
	}
	if ok, err := s.attends(id); err != nil || !ok || !s.SeesPatients {
		return Resident{}, cmp.Or(err, record.ErrNotFound)
	}
	return r, nil
}

// Knows reports whether the asker may know of something that a resident, whom
// she may act for, has booked or waits for. A village role may when she lets the
// village see, lets her contact ring about it, when staff of the village entered
// it (by, a cadre's id), or when she has no WeChat, so that all of it went
// through staff; else she is a directory line like any other.
func (s Scope) Knows(resident, by string, ring Ring) (bool, error) {
	if s.Family[resident] || s.Person.Cadre.Has(Clerk, Clinician) || ring == RingContact {
		return true, nil
	}
	r, err := record.Optional(LoadResident(s.Tx, resident))
	if err != nil || r.Shown {
		return r.Shown, err
	}
	return s.Entrusted(resident, by, ring)
}

// Entrusted reports whether a resident left something that she booked or waits for
// to her village: her contact may ring about it, staff of the village entered it, or
// she has no WeChat to change it by.
func (s Scope) Entrusted(resident, by string, ring Ring) (bool, error) {
	if ring == RingContact {
		return true, nil
	}
	r, err := record.Optional(LoadResident(s.Tx, resident))
	if err != nil {
		return false, err
	}
	if c, err := record.Optional(LoadStaff(s.Tx, by)); err != nil || slices.Contains(c.Roles, VillageWorker) {
		return err == nil, err
	}
	openid, err := WeChatOf(s.Tx, resident)
	return openid == "" && !r.Self, err
}

// Open returns a person of the scope and writes down, in the same transaction,
// who opened her card and when.
func (s Scope) Open(id string, now time.Time) (Resident, error) {
	r, err := s.Resident(id)
	if err != nil {
		return r, err
	}
	return r, s.LogOwn(id, "card", now)
}

// IsOwnFamily reports whether a name or a phone is that of somebody of the asker's own
// family, whose card is closed to her staff role.
func (s Scope) IsOwnFamily(name, phone string) (bool, error) {
	for id := range s.Family {
		r, err := record.Optional(LoadResident(s.Tx, id))
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
	own, err := s.IsOwnFamily(r.Name, r.Phone)
	if err != nil {
		return r, err
	}
	if own || !s.Inside[r.Village] {
		return r, record.ErrScope
	}
	return AddResident(s.Tx, r, cause)
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
	return s.Tx.Put(record.Key("resident", r.ID), r)
}

// AccessLogEntry is one line of who has looked: what a member of staff did with what is
// kept about a person.
type AccessLogEntry struct {
	By      string // cadre id
	What    string // card, called, arrived, missed, done, ready, handed, proxy, pin_reset, code, printed, exported, withdrawn, erased …
	Role    Role   `json:",omitempty"` // in which she did it
	Refused bool   `json:",omitempty"` // she tried, and it was not done
	At      int64  // Unix seconds
}

// NamedAccess is a Look as it is told to the person: with the name of who looked.
type NamedAccess struct {
	AccessLogEntry
	Name string
}

// Village reports whether a village role looked: where there is none among all
// of them, nobody of the village has.
func (l AccessLogEntry) Village() bool { return l.Role == VillageWorker }

// ActsAs is the role in which a cadre's looks count: who works in a village
// counts as the village, whatever else she is.
func (c Staff) ActsAs() Role {
	for _, r := range []Role{VillageWorker, Clinician, Clerk, Admin} {
		if slices.Contains(c.Roles, r) {
			return r
		}
	}
	return ""
}

// LogAccess writes down what a member of staff did with what is kept about a
// resident of her scope (printed, exported, called, …).
func (s Scope) LogAccess(resident, what string, now time.Time) error {
	if _, err := s.Resident(resident); err != nil {
		return err
	}
	return s.LogOwn(resident, what, now)
}

func (s Scope) LogOwn(resident, what string, now time.Time) error {
	return LogAccessBy(s.Tx, resident, s.Person.Cadre.ID, what, now)
}

// LogRefused writes down what a member of staff tried with what is kept about a
// resident, and returns why it is refused. Who calls Save must not lose it: the
// line stays though the save is put back.
func (s Scope) LogRefused(resident, what string, now time.Time, why error) error {
	c := s.Person.Cadre
	return cmp.Or(PutAccess(s.Tx, resident, AccessLogEntry{By: c.ID, Role: c.ActsAs(), What: what, Refused: true, At: now.Unix()}), why)
}

func LogAccessBy(tx *record.Tx, resident, by, what string, now time.Time) error {
	c, err := record.Optional(LoadStaff(tx, by))
	if err != nil {
		return err
	}
	return PutAccess(tx, resident, AccessLogEntry{By: by, Role: c.ActsAs(), What: what, At: now.Unix()})
}

// PutAccess keeps a line past the undo: taking back what was saved does not take
// back who looked. Of a newcomer, who goes with the save, nothing must stay.
func PutAccess(tx *record.Tx, resident string, l AccessLogEntry) error {
	what := l.What
	if l.Refused {
		what += "!"
	}
	if !savedNow(tx, resident) {
		defer func(u *record.Undo) { tx.Journal = u }(tx.Journal)
		tx.Journal = nil
	}
	return tx.Put(record.Key("look", resident, record.Stamp(time.Unix(l.At, 0)), l.By, what), l)
}

// savedNow reports whether the save under way brought a person into the store.
func savedNow(tx *record.Tx, resident string) bool {
	return tx.Journal != nil && slices.Contains(tx.Journal.Added(), resident)
}

// AccessLog returns who has looked at a person, oldest first.
func AccessLog(tx *record.Tx, resident string) ([]AccessLogEntry, error) {
	return record.Collect(record.List[AccessLogEntry](tx, record.Prefix("look", resident)))
}

// AccessLogOf returns who has looked at the asker's own record, oldest first, with
// their names; ErrNotFound for anybody else's.
func (s Scope) AccessLogOf(resident string) ([]NamedAccess, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	looks, err := AccessLog(s.Tx, resident)
	if err != nil {
		return nil, err
	}
	out := make([]NamedAccess, 0, len(looks))
	for _, l := range looks {
		c, err := record.Optional(LoadStaff(s.Tx, l.By))
		if err != nil {
			return nil, err
		}
		if l.Role == "" {
			l.Role = c.ActsAs()
		}
		out = append(out, NamedAccess{AccessLogEntry: l, Name: c.Name})
	}
	return out, nil
}
