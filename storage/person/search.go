package person

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"xintiexin/storage/kv"
	"xintiexin/storage/pinyin"
	"xintiexin/storage/record"
)

// Looking for people. find/<village>/<token>/<resident> holds, as its value, what
// a match is judged by, so that a search reads the index alone and then only those
// whom it returns: its cost follows the matches, not the people that there are.

// indexes are the keys by which a person is found: the list of her village, and
// in find/<village>/… every run of syllables to the end of her name and of what
// she is called ("wangxiulan", "xiulan", "lan", so that a prefix scan finds any part
// of it, whatever the characters), the same runs as they are confused in speech
// where that differs, the initials, the last four digits of her phone, and her
// house. Two syllables or more for initials: one letter finds a village.
func indexes(r Resident) [][]byte {
	out := [][]byte{record.Key("in", r.Village, r.ID)}
	seen := map[string]bool{}
	add := func(token string) {
		if !seen[token] {
			seen[token] = true
			out = append(out, record.Key("find", r.Village, token, r.ID))
		}
	}
	for _, called := range [][]string{pinyin.Syllables(r.Name, true), spoken(r.Nick)} {
		near := confused(called)
		for i := range called {
			add("n" + strings.Join(called[i:], ""))
			if len(called)-i < 2 {
				continue
			}
			add("i" + pinyin.Initials(called[i:]))
			if !slices.Equal(near[i:], called[i:]) {
				add("c" + strings.Join(near[i:], ""))
			}
		}
	}
	if t := r.Tail(); t != "" {
		add("t" + t)
	}
	if h := HouseToken(r.House); h != "" {
		add("h" + h)
	}
	if r.Group != "" {
		add("g" + r.Group)
	}
	if r.Household != "" {
		out = append(out, record.Key("home", r.Household, r.ID))
	}
	return out
}

// spoken returns the syllables of free words about a person or a house, without
// those that are said or not: 老王家的二儿媳 is 老王二儿媳.
func spoken(words string) []string {
	var out []string
	for _, run := range strings.FieldsFunc(words, func(r rune) bool { return r == '家' || r == '的' || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out = append(out, pinyin.Syllables(run, false)...)
	}
	return out[:min(len(out), 16)]
}

// confused returns syllables as they are mixed up in speech and dictation: zh is z,
// n at the head is l, ing is in.
func confused(syllables []string) []string {
	out := make([]string, len(syllables))
	for i, s := range syllables {
		out[i] = pinyin.Near(s)
	}
	return out
}

// HouseToken keeps the digits of a plate: "12号", "12 号" and "十二号楼12" differ
// in their words only.
func HouseToken(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// findLine is what stands in the index about a person.
type findLine struct{ ID, Name, Nick, Group, Phone, House string }

const findSeparator = "\x1f"

func lineOf(r Resident) findLine {
	return findLine{r.ID, r.Name, r.Nick, r.Group, r.Phone, r.House}
}

func (l findLine) encode() []byte {
	return []byte(strings.Join([]string{l.Name, l.Nick, l.Group, l.Phone, l.House}, findSeparator))
}

func decodeLine(id string, value []byte) (l findLine, ok bool) {
	f := strings.Split(string(value), findSeparator)
	if len(f) != 5 {
		return l, false
	}
	return findLine{id, f[0], f[1], f[2], f[3], f[4]}, true
}

// Query is what a person is looked for by. Empty parts do not matter.
type Query struct {
	ID      string // exactly this one
	Name    string // a name, a part of it, its pinyin or its initials, what she is called; other characters of the same sound are found too
	Tail    string // last digits of the phone, four or more
	Group   string // "三组"; narrows
	House   string // digits of the plate
	Place   string // words of a house's landmark (小卖部对过), or of what somebody is called
	Village string // narrows
}

// Hit is a person found, and how surely.
type Hit struct {
	Resident
	Rank int // 0 the name as typed, 1 a part of it as typed, 2 the sound only, 3 initials, phone or house
}

// maxScanned is how many entries of the index one search reads: who types a
// syllable that half the town bears is shown the first, and adds a character.
const maxScanned = 2000

// maxMatched is how many matches are put in order.
const maxMatched = 400

// FindResidents returns up to max people of the scope whom q may mean, surest
// first, then by group and name. Where the sound is nobody's, what it is mixed up
// with in speech counts (刘 for 牛), and then the words of a landmark.
func (s Scope) FindResidents(q Query, max int) ([]Hit, error) {
	if q.ID != "" {
		r, err := s.Resident(q.ID)
		if err != nil {
			return nil, err
		}
		return []Hit{{Resident: r}}, nil
	}
	for _, look := range [][]string{q.tokens(), q.near()} {
		found := matches{s: s, q: q, ranks: map[string]int{}, order: map[string]int{}}
		for _, token := range look {
			if err := found.scan(token); err != nil {
				return nil, err
			}
		}
		if len(found.lines) > 0 {
			return found.hits(max)
		}
	}
	return s.byLandmark(q, max)
}

// matches are the lines of the index that a search has met.
type matches struct {
	s     Scope
	q     Query
	lines []findLine
	ranks map[string]int
	order map[string]int // of their groups, worked out once
	read  int
}

// scan reads what begins with a token, in every village of the scope.
func (m *matches) scan(token string) error {
	for _, v := range m.s.VillageIDs {
		if m.q.Village != "" && v != m.q.Village {
			continue
		}
		pre := append(record.Prefix("find", v), token...)
		for p, err := range m.s.Tx.Scan(pre, record.PrefixEnd(pre)) {
			if err != nil {
				return err
			}
			if m.read++; m.read > maxScanned || len(m.lines) >= maxMatched {
				return nil
			}
			id := string(p.Key[strings.LastIndexByte(string(p.Key), '/')+1:])
			if _, met := m.ranks[id]; met || m.s.Family[id] {
				continue
			}
			l, ok := decodeLine(id, p.Value)
			if !ok {
				r, err := LoadResident(m.s.Tx, id)
				if err != nil {
					return err
				}
				l = lineOf(r)
			}
			if rank, ok := m.q.rank(l); ok {
				m.ranks[id], m.order[id], m.lines = rank, GroupOrder(l.Group), append(m.lines, l)
			}
		}
	}
	return nil
}

// hits are the surest of the matches.
func (m *matches) hits(max int) ([]Hit, error) {
	slices.SortFunc(m.lines, func(a, b findLine) int {
		return cmp.Or(cmp.Compare(m.ranks[a.ID], m.ranks[b.ID]), cmp.Compare(m.order[a.ID], m.order[b.ID]),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	exact := m.ranks[m.lines[0].ID] == 0 // the name as typed: others only sound alike
	var out []Hit
	for _, l := range m.lines {
		if len(out) == max || exact && m.ranks[l.ID] > 1 {
			break
		}
		r, err := LoadResident(m.s.Tx, l.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, Hit{r, m.ranks[l.ID]})
	}
	return out, nil
}

// tokens are the heads of the index entries to scan, the exact one first, so that
// it is met before a common syllable uses the search up.
func (q Query) tokens() []string {
	switch {
	case q.Name != "":
		token := strings.Join(q.syllables(), "")
		if latin(q.Name) {
			typed := strings.ToLower(q.Name)
			if len(typed) <= 4 && !strings.ContainsAny(typed, "aeiou") {
				return []string{"i" + typed}
			}
			token = typed
		}
		if token == "" { // nothing that is read: a smiley finds nobody
			return nil
		}
		tokens := []string{"n" + token + "/", "n" + token}
		if called := strings.Join(spoken(q.Name), ""); called != token && called != "" && !latin(q.Name) {
			tokens = append(tokens, "n"+called)
		}
		return tokens
	case len(q.Tail) >= 4:
		return []string{"t" + q.Tail[len(q.Tail)-4:]}
	case HouseToken(q.House) != "":
		return []string{"h" + HouseToken(q.House) + "/"}
	case q.Place != "":
		if words := spoken(q.Place); len(words) > 1 {
			return []string{"n" + strings.Join(words, "")}
		}
	case q.Group != "":
		return []string{"g" + q.Group + "/"}
	}
	return nil
}

// near are the same for what the sound is mixed up with.
func (q Query) near() []string {
	syl := q.syllables()
	if latin(q.Name) || len(syl) < 2 {
		return nil
	}
	token := strings.Join(confused(syl), "")
	return []string{"c" + token, "n" + token}
}

// syllables are those of the name that is looked for.
func (q Query) syllables() []string {
	if q.Name == "" {
		return nil
	}
	return pinyin.Syllables(q.Name, len([]rune(q.Name)) > 1)
}

// rank says how surely somebody is meant; false when she is not.
func (q Query) rank(l findLine) (int, bool) {
	if q.Group != "" && l.Group != q.Group || q.Tail != "" && !strings.HasSuffix(l.Phone, q.Tail) ||
		q.House != "" && HouseToken(l.House) != HouseToken(q.House) {
		return 0, false
	}
	switch {
	case q.Place != "":
		return 3, l.Nick != "" && within(spoken(l.Nick), spoken(q.Place))
	case q.Name == "" || latin(q.Name):
		return 3, true
	case l.Name == q.Name || l.Nick == q.Name:
		return 0, true
	case strings.Contains(l.Name, q.Name) || strings.Contains(l.Nick, q.Name):
		return 1, true
	}
	// the sound must fall on whole syllables: "an" is not in "wang"
	want := q.syllables()
	if len(want) < 2 { // one syllable sounds like half the town
		return 0, false
	}
	near := confused(want)
	for _, has := range [][]string{pinyin.Syllables(l.Name, true), spoken(l.Nick)} {
		if within(confused(has), near) {
			return 2, true
		}
	}
	return 0, false
}

// within reports whether some syllables stand one after the other inside others.
func within(all, some []string) bool {
	for i := 0; len(some) > 0 && i+len(some) <= len(all); i++ {
		if slices.Equal(all[i:i+len(some)], some) {
			return true
		}
	}
	return false
}

// byLandmark returns who lives in a house that is known by words like these.
func (s Scope) byLandmark(q Query, max int) ([]Hit, error) {
	words := spoken(cmp.Or(q.Place, q.Name))
	if len(words) < 2 || q.Tail != "" || q.House != "" || latin(cmp.Or(q.Place, q.Name)) {
		return nil, nil
	}
	var out []Hit
	seen := map[string]bool{}
	for _, v := range s.VillageIDs {
		if q.Village != "" && v != q.Village {
			continue
		}
		pre := append(record.Prefix("mark", v), strings.Join(words, "")...)
		for p, err := range s.Tx.Scan(pre, record.PrefixEnd(pre)) {
			if err != nil {
				return nil, err
			}
			house := string(p.Key[strings.LastIndexByte(string(p.Key), '/')+1:])
			if seen[house] {
				continue
			}
			seen[house] = true
			for m, err := range s.Tx.Parts(record.Prefix("home", house)) {
				if err != nil {
					return nil, err
				}
				r, err := LoadResident(s.Tx, m[0])
				if err != nil {
					return nil, err
				}
				if !s.Inside[r.Village] || s.Family[r.ID] || q.Group != "" && r.Group != q.Group {
					continue
				}
				if out = append(out, Hit{r, 3}); len(out) == max {
					return out, nil
				}
			}
		}
	}
	return out, nil
}

// marks are the keys by which a house is found by its landmark.
func marks(h Household) (out [][]byte) {
	words := spoken(h.Landmark)
	for i := range words {
		if len(words)-i >= 2 {
			out = append(out, record.Key("mark", h.Village, strings.Join(words[i:], ""), h.ID))
		}
	}
	return out
}

func latin(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// Reindex is the step away from format 1, whose index of people had no lines in it
// and none of landmarks and households: it writes both anew, a page at a time.
func Reindex(tx *record.Tx, after []byte) ([]byte, error) {
	const max = 200
	n := 0
	for _, kind := range []string{"household", "resident"} {
		pre := record.Prefix(kind)
		if string(after) >= string(record.PrefixEnd(pre)) {
			continue
		}
		start := pre
		if string(after) > string(pre) {
			start = append(slices.Clone(after), 0)
		}
		for p, err := range tx.Scan(start, record.PrefixEnd(pre)) {
			if err != nil {
				return nil, err
			}
			if err := reindexOne(tx, kind, p); err != nil {
				return nil, err
			}
			if n++; n == max {
				return p.Key, nil
			}
		}
	}
	return nil, nil
}

func reindexOne(tx *record.Tx, kind string, p kv.Pair) error {
	if kind == "household" {
		h, err := record.Decode[Household](p)
		if err != nil {
			return err
		}
		return PutHousehold(tx, h)
	}
	r, err := record.Decode[Resident](p)
	if err != nil || r.Erased != 0 || r.Closed != "" {
		return err
	}
	return PutResident(tx, r)
}
