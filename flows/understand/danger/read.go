package danger

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/storage/pinyin"
)

// Table is a file of signs, ready to be matched.
type Table struct {
	words    trie             // literals of all frames
	literals []string         // by number
	of       [][]int          // elements in which a literal stands
	pairs    []pair           // literals with a gap: A…B
	age      []int            // elements that take an age below 18
	fever    []int            // elements that take a high temperature
	masks    trie             // words that are no sign
	sounds   map[string][]int // literals of three characters and more by their sound
	frames   []frame
	elements int
}

// pair is a literal with a gap between its halves.
type pair struct {
	a, b     string
	elements []int
}

// frame is one line of the file.
type frame struct {
	kind  Kind
	tier  Tier
	line  int
	first sequence
	with  []sequence // near
	also  []sequence // anywhere
	not   []sequence // not near
	never []sequence // nowhere
}

// sequence is elements that follow each other.
type sequence []int

// reader collects what the lines of a file say.
type reader struct {
	t        *Table
	lists    map[string][]string
	literal  map[string]int
	element  map[string]int
	pairAt   map[string]int
	maskSeen int
}

// Read reads a file of signs.
func Read(text string) (*Table, error) {
	r := &reader{t: &Table{sounds: map[string][]int{}}, lists: map[string][]string{}, literal: map[string]int{}, element: map[string]int{}, pairAt: map[string]int{}}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := r.read(line, n+1); err != nil {
			return nil, fmt.Errorf("danger signs, line %d: %w", n+1, err)
		}
	}
	return r.t, nil
}

func (r *reader) read(line string, n int) error {
	head, body, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("no ':' in %q", line)
	}
	kind, tier, isFrame := strings.Cut(strings.TrimSpace(head), " ")
	switch {
	case head == "mask":
		for _, w := range strings.Fields(body) {
			r.maskSeen++
			r.t.masks.add(w, r.maskSeen)
		}
		return nil
	case !isFrame:
		forms, err := r.expand(strings.Fields(body))
		r.lists[head] = forms
		return err
	case !slices.Contains(Kinds(), Kind(kind)):
		return fmt.Errorf("no kind %q", kind)
	case tier != "1" && tier != "2":
		return fmt.Errorf("no tier %q", tier)
	}
	f := frame{kind: Kind(kind), tier: Tier(tier[0] - '0'), line: n}
	return r.frame(&f, strings.Fields(body))
}

// expand puts the words of lists in the place of their names.
func (r *reader) expand(words []string) (forms []string, err error) {
	for _, w := range words {
		name, isList := strings.CutPrefix(w, "[")
		if !isList {
			forms = append(forms, w)
			continue
		}
		list, ok := r.lists[strings.TrimSuffix(name, "]")]
		if !ok {
			return nil, fmt.Errorf("no list %s", w)
		}
		forms = append(forms, list...)
	}
	return forms, nil
}

// frame reads the parts of a frame, each behind its sign.
func (r *reader) frame(f *frame, words []string) error {
	into := &f.with
	for i, w := range words {
		switch w {
		case "+":
			into = &f.with
		case "&":
			into = &f.also
		case "-":
			into = &f.not
		case "!":
			into = &f.never
		default:
			s, err := r.sequence(w)
			if err != nil {
				return err
			}
			if i == 0 {
				f.first = s
				continue
			}
			*into = append(*into, s)
		}
	}
	if f.first == nil {
		return fmt.Errorf("nothing to be found")
	}
	r.t.frames = append(r.t.frames, *f)
	return nil
}

func (r *reader) sequence(part string) (s sequence, err error) {
	for _, e := range strings.Split(part, "..") {
		n, ok := r.element[e]
		if !ok {
			n = r.t.elements
			r.t.elements++
			r.element[e] = n
			forms, err := r.expand(strings.Split(e, "|"))
			if err != nil {
				return nil, err
			}
			for _, w := range forms {
				r.form(w, n)
			}
		}
		s = append(s, n)
	}
	return s, nil
}

// form ties a word to an element.
func (r *reader) form(w string, element int) {
	t := r.t
	if a, b, gap := strings.Cut(w, "…"); gap {
		i, ok := r.pairAt[w]
		if !ok {
			i = len(t.pairs)
			r.pairAt[w] = i
			t.pairs = append(t.pairs, pair{a: a, b: b})
		}
		t.pairs[i].elements = append(t.pairs[i].elements, element)
		return
	}
	switch w {
	case "":
		return
	case "{age}":
		t.age = append(t.age, element)
		return
	case "{fever}":
		t.fever = append(t.fever, element)
		return
	}
	i, ok := r.literal[w]
	if !ok {
		i = len(t.literals)
		r.literal[w] = i
		t.literals = append(t.literals, w)
		t.of = append(t.of, nil)
		t.words.add(w, i+1)
		if runes := []rune(w); len(runes) >= 3 {
			k := soundKey(runes)
			t.sounds[k] = append(t.sounds[k], i)
		}
	}
	if !slices.Contains(t.of[i], element) {
		t.of[i] = append(t.of[i], element)
	}
}

// soundKey is how a word sounds.
func soundKey(word []rune) string {
	var b strings.Builder
	for _, r := range word {
		s := pinyin.Of(r).Near().String()
		if s == "" {
			s = string(r)
		}
		b.WriteString(s)
		b.WriteByte(' ')
	}
	return b.String()
}

// trie holds words, each with a number above 0.
type trie struct {
	next map[rune]*trie
	n    int
}

func (t *trie) add(word string, n int) {
	for _, r := range word {
		if t.next == nil {
			t.next = map[rune]*trie{}
		}
		sub := t.next[r]
		if sub == nil {
			sub = &trie{}
			t.next[r] = sub
		}
		t = sub
	}
	if t.n == 0 {
		t.n = n
	}
}
