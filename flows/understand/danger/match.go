package danger

import (
	"cmp"
	"slices"
	"strings"
)

// How far apart parts may stand, in characters.
const (
	gapFollow = 6
	gapPair   = 4
	gapNear   = 14
	gapAlso   = 32
	gapNot    = 10
)

// span is a place in a text.
type span struct{ start, end int }

func (s span) apart(o span) int { return max(o.start-s.end, s.start-o.end) }

// places are where the elements of a table stand in a text: yes where they are
// meant, all also where they are denied.
type places struct{ yes, all [][]span }

func (t *Table) places() places {
	return places{make([][]span, t.elements), make([][]span, t.elements)}
}

func (p places) put(elements []int, s span, denied bool) {
	for _, e := range elements {
		p.all[e] = append(p.all[e], s)
		if !denied {
			p.yes[e] = append(p.yes[e], s)
		}
	}
}

// mask returns the text with the words that are no sign blanked.
func (t *Table) mask(text []rune) []rune {
	out := text
	for i := range text {
		node, longest := &t.masks, 0
		for j := i; j < len(text); j++ {
			if node = node.next[text[j]]; node == nil {
				break
			}
			if node.n > 0 {
				longest = j + 1 - i
			}
		}
		for k := i; k < i+longest; k++ {
			if &out[0] == &text[0] {
				out = slices.Clone(text)
			}
			out[k] = '○'
		}
	}
	return out
}

// scan finds all elements of the frames in a text.
func (t *Table) scan(text []rune) places {
	p := t.places()
	for i := range text {
		node := &t.words
		for j := i; j < len(text); j++ {
			if node = node.next[text[j]]; node == nil {
				break
			}
			if node.n > 0 {
				p.put(t.of[node.n-1], span{i, j + 1}, denies(text[:i]))
			}
		}
	}
	for _, s := range ages(text) {
		p.put(t.age, s, false)
	}
	for _, s := range fevers(text) {
		p.put(t.fever, s, false)
	}
	whole := string(text)
	for _, pair := range t.pairs {
		if !strings.Contains(whole, pair.a) {
			continue
		}
		for _, s := range gapped(text, pair) {
			p.put(pair.elements, s, denies(text[:s.start]))
		}
	}
	return p
}

// gapped finds a word with a gap.
func gapped(text []rune, p pair) (found []span) {
	a, b := []rune(p.a), []rune(p.b)
	for i := 0; i+len(a) <= len(text); i++ {
		if !slices.Equal(text[i:i+len(a)], a) {
			continue
		}
		for j := i + len(a); j <= i+len(a)+gapPair && j+len(b) <= len(text); j++ {
			if slices.Equal(text[j:j+len(b)], b) {
				found = append(found, span{i, j + len(b)})
				break
			}
		}
	}
	return found
}

// scanSound is scan with words of three characters and more also where one character
// (of four and more two) is written as it sounds; any is false where there are none.
func (t *Table) scanSound(text []rune) (p places, any bool) {
	for size := 3; size <= 5; size++ {
		for i := 0; i+size <= len(text); i++ {
			window := text[i : i+size]
			for _, lit := range t.sounds[soundKey(window)] {
				wrong, word := 0, []rune(t.literals[lit])
				for k, r := range word {
					if window[k] != r {
						wrong++
					}
				}
				if wrong == 0 || wrong > 1 && size < 4 || wrong > 2 {
					continue
				}
				if !any {
					p, any = t.scan(text), true
				}
				p.put(t.of[lit], span{i, i + size}, denies(text[:i]))
			}
		}
	}
	return p, any
}

// denies reports whether what stands before a word says that it is not so. 是不是, 止不住
// and 会不会 deny nothing.
func denies(before []rune) bool {
	s := string(before[max(0, len(before)-3):])
	for _, ask := range []string{"会不会", "有没有", "是不是", "要不要", "能不能", "止不", "住不", "受不"} {
		if strings.HasSuffix(s, ask) {
			return false
		}
	}
	for _, d := range []string{"没", "没有", "没再", "没怎么", "没啥", "没见", "没再", "不再", "不会", "无", "未", "不", "甭", "不许", "没人"} {
		if strings.HasSuffix(s, d) {
			return true
		}
	}
	return false
}

// match returns the frames that fit, one of each kind, the surest first.
func (t *Table) match(masked, text []rune, p places) (found []Sign) {
	for i := range t.frames {
		f := &t.frames[i]
		at := slices.IndexFunc(found, func(s Sign) bool { return s.Kind == f.kind })
		if at >= 0 && found[at].Tier <= f.tier {
			continue
		}
		words, ok := f.fits(p)
		if !ok {
			continue
		}
		sign := Sign{Kind: f.kind, Tier: f.tier, Words: quote(text, words), Line: f.line}
		if at >= 0 {
			found[at] = sign
		} else {
			found = append(found, sign)
		}
	}
	slices.SortStableFunc(found, func(a, b Sign) int { return cmp.Compare(a.Tier, b.Tier) })
	return found
}

// quote returns the words of a sign, with what stands around them where they are few.
func quote(text []rune, s span) string {
	if s.end-s.start < 4 {
		for s.start > 0 && s.end-s.start < 8 && !strings.ContainsRune(",，。;!?、", text[s.start-1]) {
			s.start--
		}
		for s.end < len(text) && (s.end-s.start < 6 || s.end-s.start < 10 && !strings.ContainsRune(",，。;!?、", text[s.end])) {
			s.end++
		}
	}
	return strings.Trim(string(text[s.start:s.end]), ",，。;!?、")
}

// fits reports whether a frame fits, and where its first part stands.
func (f *frame) fits(p places) (span, bool) {
	if len(p.yes[f.first[0]]) == 0 {
		return span{}, false
	}
	for _, s := range f.never {
		if len(s.in(p.all)) > 0 {
			return span{}, false
		}
	}
	for _, at := range f.first.in(p.yes) {
		if f.fitsAt(at, p) {
			return at, true
		}
	}
	return span{}, false
}

func (f *frame) fitsAt(at span, p places) bool {
	near := func(s sequence, in [][]span, gap int) bool {
		return slices.ContainsFunc(s.in(in), func(o span) bool { d := at.apart(o); return d >= 0 && d <= gap })
	}
	for _, s := range f.with {
		if !near(s, p.yes, gapNear) {
			return false
		}
	}
	for _, s := range f.also {
		if !near(s, p.yes, gapAlso) {
			return false
		}
	}
	for _, s := range f.not {
		if slices.ContainsFunc(s.in(p.all), func(o span) bool { return at.apart(o) <= gapNot }) {
			return false
		}
	}
	return true
}

// in returns where a sequence stands.
func (s sequence) in(at [][]span) []span {
	if len(s) == 1 {
		return at[s[0]]
	}
	found := at[s[0]]
	for _, e := range s[1:] {
		var next []span
		for _, a := range found {
			for _, b := range at[e] {
				if d := b.start - a.end; d >= 0 && d <= gapFollow {
					next = append(next, span{a.start, b.end})
				}
			}
		}
		found = next
	}
	return found
}

// ages returns where a text says an age from 4 to 17.
func ages(text []rune) (found []span) {
	for i := 0; i < len(text); i++ {
		n, size := number(text[i:])
		if size == 0 {
			continue
		}
		before, after := string(text[max(0, i-2):i]), string(text[i+size:min(len(text), i+size+2)])
		said := strings.HasPrefix(after, "岁") || strings.HasPrefix(after, "周岁") || strings.HasPrefix(after, "虚岁")
		for _, w := range []string{"才", "刚满", "刚", "我", "俺", "今年", "闺女", "女儿", "虚岁", "孩子", "妮", "她"} {
			said = said || strings.HasSuffix(before, w) && (after == "" || strings.ContainsRune("了,，。.;!岁的还就在上她他我被叫让跟有怀没妈爸爹娘", text[i+size]))
		}
		if said && n >= 4 && n <= 17 {
			found = append(found, span{i, i + size})
		}
		i += size - 1
	}
	return found
}

// fevers returns where a text says a temperature of 39.5 degrees and more.
func fevers(text []rune) (found []span) {
	for i := 0; i < len(text); i++ {
		n, size := number(text[i:])
		if size == 0 {
			continue
		}
		after := string(text[i+size : min(len(text), i+size+3)])
		half := strings.HasPrefix(after, "度") && strings.ContainsAny(after, "56789五六七八九半") || strings.HasPrefix(after, ".") && strings.ContainsAny(after, "56789") || strings.HasPrefix(after, "点")
		degrees := strings.ContainsAny(after, "度℃") || strings.HasPrefix(after, ".") || strings.HasSuffix(string(text[max(0, i-1):i]), "到")
		if degrees && n >= 40 && n <= 43 || n == 39 && half {
			found = append(found, span{i, i + size})
		}
		i += size - 1
	}
	return found
}

// number reads digits or a Han number below 100 at the head of a text.
func number(text []rune) (n, size int) {
	const han = "零一二三四五六七八九"
	for size < len(text) && text[size] >= '0' && text[size] <= '9' {
		n = n*10 + int(text[size]-'0')
		if size++; size > 3 {
			return 0, size
		}
	}
	if size > 0 {
		return n, size
	}
	digit := func(i int) int {
		if i >= len(text) {
			return -1
		}
		if k := strings.IndexRune(han, text[i]); k >= 0 {
			return k / 3
		}
		return -1
	}
	is10 := func(i int) bool { return i < len(text) && text[i] == '十' }
	d := digit(0)
	switch {
	case is10(0) && digit(1) > 0:
		return 10 + digit(1), 2
	case is10(0):
		return 10, 1
	case d > 0 && is10(1) && digit(2) > 0:
		return d*10 + digit(2), 3
	case d > 0 && is10(1):
		return d * 10, 2
	case d > 0:
		return d, 1
	}
	return 0, 0
}
