package understand

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/pinyin"
)

// Fit says how well a written name fits somebody of a directory.
type Fit int

// NoOne is not in the directory; Sounds is called so but is written otherwise, Exact as it
// is written.
const (
	NoOne Fit = iota
	Sounds
	Exact
)

// Names is the directory of whoever writes: the people in scope.
type Names interface {
	// Called says whether somebody's whole name is so.
	Called(name string) Fit
	// Given says whether somebody's given name, of two characters, is so.
	Given(name string) bool
	// Staff says whether a whole or given name is a colleague's.
	Staff(name string) bool
}

// Directory is a Names of a list.
type Directory struct {
	exact, given, staff map[string]bool
	sound               map[string][]string
}

// NewDirectory returns the directory of some people and of the staff of the town.
func NewDirectory(people, staff []string) *Directory {
	d := &Directory{exact: map[string]bool{}, given: map[string]bool{}, staff: map[string]bool{}, sound: map[string][]string{}}
	for _, n := range slices.Concat(people, staff) {
		d.exact[n] = true
		k := soundOf(n)
		d.sound[k] = append(d.sound[k], n)
		if r := []rune(n); len(r) == 3 {
			d.given[string(r[1:])] = true
		}
	}
	for _, n := range staff {
		d.staff[n] = true
		if r := []rune(n); len(r) == 3 {
			d.staff[string(r[1:])] = true
		}
	}
	return d
}

// Called implements Names.
func (d *Directory) Called(name string) Fit {
	if d.exact[name] {
		return Exact
	}
	first, _ := utf8.DecodeRuneInString(name)
	for _, n := range d.sound[soundOf(name)] {
		own, _ := utf8.DecodeRuneInString(n)
		if own == first || !commonRunes(name) {
			return Sounds
		}
	}
	return NoOne
}

// Given implements Names.
func (d *Directory) Given(name string) bool { return d.given[name] }

// Staff implements Names.
func (d *Directory) Staff(name string) bool { return d.staff[name] }

// soundOf is how a name sounds to those who do not tell n from l.
func soundOf(name string) string {
	var b strings.Builder
	for _, r := range name {
		b.WriteString(pinyin.Of(r).Near().String())
		b.WriteByte(' ')
	}
	return b.String()
}

// commonRunes reports whether a word holds a character that is hardly ever in a name.
func commonRunes(s string) bool {
	return strings.ContainsAny(s, "的了在里下上不我你他她它们来去到是有没就都也还会过这那吗呢吧啊得着给让被把和跟又再要能可以说看问打电话天月日号点个几多少什么怎样人家门口外头出回走做干活钱事情查检约改换取消退领拿")
}

// newName returns a name of somebody new behind words that announce one (叫李雪, 加人 王燕):
// a usual surname and one or two characters more.
func newName(text []rune, at int) int {
	if at >= len(text) || !answer.Surname(text[at]) {
		return 0
	}
	n := 1
	for n < 3 && at+n < len(text) && !isStop(text[at+n]) && text[at+n] > 0x2e80 && !strings.ContainsRune("的了在不我俺你她他们来去到是有没就都也还会过这那吗呢吧啊得着给让被把和跟又再要能说看问打电今明后昨岁住嫁从搬刚才对啥咋哪", text[at+n]) {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}
