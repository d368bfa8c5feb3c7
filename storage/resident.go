package storage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"xintiexin/storage/calendar"
	"xintiexin/storage/pinyin"
)

// Resident is a person who lives in a village, or is at home there while away.
// One that only stands in an imported list is a directory line: found where her
// name is typed, never listed, counted, exported or written to.
type Resident struct {
	ID, Name, Village, Group string
	Household                string       `json:",omitempty"`
	House                    string       `json:",omitempty"` // plate, copied from the household for finding
	Phone                    string       `json:",omitempty"`
	Source                   string       `json:",omitempty"` // the list she came with
	Added                    calendar.Day `json:",omitempty"`
	NoAsk                    bool         `json:",omitempty"` // she said no: her consent is not asked again
	NoPush                   bool         `json:",omitempty"` // she unsubscribed: nothing is sent
	Erased                   int64        `json:",omitempty"` // Unix seconds: she is to be deleted, and is there for nobody (see Erase)
	Self                     bool         `json:",omitempty"` // she signed up herself: in no village until she lets hers see her
	Poster                   string       `json:",omitempty"` // the village whose poster she scanned then
	Shown                    bool         `json:",omitempty"` // she lets her village see what she books and asks for
	NoVisit                  bool         `json:",omitempty"` // she wants nobody at her door: she is in no round
}

// Tail returns the last four digits of her phone, "" without one.
func (r Resident) Tail() string {
	if len(r.Phone) < 4 {
		return ""
	}
	return r.Phone[len(r.Phone)-4:]
}

// resident reads a person without asking who asks. Whoever is on her way out of
// the store is not there.
func (tx *Tx) resident(id string) (Resident, error) {
	r, err := get[Resident](tx, key("resident", id))
	if err == nil && r.Erased != 0 {
		return Resident{}, ErrNotFound
	}
	return r, err
}

// PutResident keeps a person and the indexes by which she is found.
func (tx *Tx) PutResident(r Resident) error {
	old, err := optional(tx.resident(r.ID))
	if err != nil {
		return err
	}
	if old.ID != "" {
		if err := tx.unindex(old); err != nil {
			return err
		}
	}
	if err := tx.put(key("resident", r.ID), r); err != nil {
		return err
	}
	for _, k := range indexes(r) {
		if err := tx.putRaw(k, nil); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) unindex(r Resident) error {
	for _, k := range indexes(r) {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	return nil
}

// AddResident keeps a new person under an id made of cause and returns her.
func (tx *Tx) AddResident(r Resident, cause string) (Resident, error) {
	id, err := tx.freeID("resident", cause)
	if err != nil {
		return r, err
	}
	r.ID = id
	return r, tx.PutResident(r)
}

// Resident returns a person without asking who asks: for jobs and imports.
func (tx *Tx) Resident(id string) (Resident, error) { return tx.resident(id) }

// StopPushes keeps that nothing is sent to a resident any more.
func (tx *Tx) StopPushes(id string) error {
	r, err := tx.resident(id)
	if err != nil {
		return err
	}
	r.NoPush = true
	return tx.put(key("resident", r.ID), r)
}

// move takes a person to another village or group, with what is indexed there.
func (tx *Tx) move(r Resident, village, group string) error {
	away, err := tx.openAway(r.ID)
	if err != nil {
		return err
	}
	if away.ID != "" {
		if err := tx.delete(key("out", r.Village, r.ID)); err != nil {
			return err
		}
		if err := tx.putRaw(key("out", village, r.ID), []byte(away.ID)); err != nil {
			return err
		}
	}
	r.Village, r.Group = village, group
	if err := tx.PutResident(r); err != nil {
		return err
	}
	return tx.rehome(r)
}

// MoveResident takes a person to another village and group. What is kept about
// her goes along; her open follow-ups go to her new contact.
func (tx *Tx) MoveResident(id, village, group string) error {
	r, err := tx.resident(id)
	if err != nil {
		return err
	}
	if _, err := tx.Village(village); err != nil {
		return fmt.Errorf("village %s: %w", village, err)
	}
	if village != r.Village { // the house stays where it is
		r.Household, r.House = "", ""
	}
	return tx.move(r, village, group)
}

// indexes are the keys by which a person is found: the list of her village, and
// in find/<village>/… every run of syllables to the end of her name ("wangxiulan",
// "xiulan", "lan", so that a prefix scan finds any part of it, whatever the
// characters), the initials likewise, the last four digits of her phone, and
// her house. Two syllables or more only for initials: one letter finds a village.
func indexes(r Resident) [][]byte {
	out := [][]byte{key("in", r.Village, r.ID)}
	add := func(token string) { out = append(out, key("find", r.Village, token, r.ID)) }
	syl := pinyin.Syllables(r.Name, true)
	for i := range syl {
		add("n" + strings.Join(syl[i:], ""))
		if len(syl)-i >= 2 {
			add("i" + pinyin.Initials(syl[i:]))
		}
	}
	if t := r.Tail(); t != "" {
		add("t" + t)
	}
	if h := houseToken(r.House); h != "" {
		add("h" + h)
	}
	if r.Group != "" {
		add("g" + r.Group)
	}
	return out
}

// houseToken keeps the digits of a plate: "12号", "12 号" and "十二号楼12" differ
// in their words only.
func houseToken(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// Query is what a person is looked for by. Empty parts do not matter.
type Query struct {
	ID      string // exactly this one
	Name    string // a name, a part of it, its pinyin or its initials; other characters of the same sound are found too
	Tail    string // last digits of the phone, four or more
	Group   string // "三组"; narrows
	House   string // digits of the plate
	Village string // narrows
}

// Hit is a person found, and how surely.
type Hit struct {
	Resident
	Rank int // 0 the name as typed, 1 a part of it as typed, 2 the sound only, 3 initials, phone or house
}

// FindResidents returns up to max people of the scope whom q may mean, surest
// first, then by group and name.
func (s Scope) FindResidents(q Query, max int) ([]Hit, error) {
	if q.ID != "" {
		r, err := s.Resident(q.ID)
		if err != nil {
			return nil, err
		}
		return []Hit{{Resident: r}}, nil
	}
	token := q.token()
	if token == "" {
		return nil, nil
	}
	var hits []Hit
	for _, v := range s.villages {
		if q.Village != "" && v != q.Village {
			continue
		}
		pre := append(prefix("find", v), token...)
		for p, err := range s.tx.parts(pre) {
			if err != nil {
				return nil, err
			}
			id := p[len(p)-1]
			r, err := s.tx.resident(id)
			if err != nil {
				return nil, err
			}
			if rank, ok := q.rank(r); ok && !s.own[id] {
				hits = append(hits, Hit{r, rank})
			}
			if len(hits) > 400 { // a syllable that half the town bears: nobody reads on
				break
			}
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(GroupOrder(a.Group), GroupOrder(b.Group)),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	hits = slices.CompactFunc(hits, func(a, b Hit) bool { return a.ID == b.ID })
	if len(hits) > 0 && hits[0].Rank == 0 { // the name as typed: others only sound alike
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.Rank > 1 })
	}
	return hits[:min(len(hits), max)], nil
}

// token is the head of the index entries to scan.
func (q Query) token() string {
	switch {
	case q.Name != "":
		if latin(q.Name) {
			return "" + pick(len(q.Name) <= 4 && !strings.ContainsAny(q.Name, "aeiou"), "i", "n") + strings.ToLower(q.Name)
		}
		syl := pinyin.Syllables(q.Name, len([]rune(q.Name)) > 1)
		if len(syl) == 0 { // nothing that is read: a smiley finds nobody
			return ""
		}
		return "n" + strings.Join(syl, "")
	case len(q.Tail) >= 4:
		return "t" + q.Tail[len(q.Tail)-4:]
	case houseToken(q.House) != "":
		return "h" + houseToken(q.House) + "/"
	case q.Group != "":
		return "g" + q.Group + "/"
	}
	return ""
}

// rank says how surely r is meant; false when she is not.
func (q Query) rank(r Resident) (int, bool) {
	if q.Group != "" && r.Group != q.Group || q.Tail != "" && !strings.HasSuffix(r.Phone, q.Tail) ||
		q.House != "" && houseToken(r.House) != houseToken(q.House) {
		return 0, false
	}
	switch {
	case q.Name == "" || latin(q.Name):
		return 3, true
	case r.Name == q.Name:
		return 0, true
	case strings.Contains(r.Name, q.Name):
		return 1, true
	}
	// the sound must fall on whole syllables: "an" is not in "wang"
	syl, want := pinyin.Syllables(r.Name, true), pinyin.Syllables(q.Name, len([]rune(q.Name)) > 1)
	if len(want) < 2 { // one syllable sounds like half the town
		return 0, false
	}
	for i := 0; i+len(want) <= len(syl); i++ {
		if slices.Equal(syl[i:i+len(want)], want) {
			return 2, true
		}
	}
	return 0, false
}

func latin(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

func pick(c bool, a, b string) string {
	if c {
		return a
	}
	return b
}

// GroupOrder sorts 一组 … 十组 as people count them.
func GroupOrder(g string) int {
	n := 0
	for _, r := range strings.TrimSuffix(g, "组") {
		if i := strings.IndexRune("一二三四五六七八九", r); i >= 0 {
			n += i/3 + 1
		} else if r == '十' {
			n = max(n, 1) * 10
		} else if r >= '0' && r <= '9' {
			n = n*10 + int(r-'0')
		}
	}
	return n
}
