package dialog

import (
	"regexp"

	"xintiexin/flows/understand"
	"xintiexin/storage/person"
	"xintiexin/storage/pinyin"
)

// directory is who may be named by whoever writes: to staff the people of the scope and
// the colleagues, to residents their own family. It answers for one message.
type directory struct {
	c      *Turn
	called map[string]understand.Fit
	staff  map[string]bool
	err    error
}

func newDirectory(c *Turn) (*directory, error) {
	d := &directory{c: c, called: map[string]understand.Fit{}, staff: map[string]bool{}}
	staff, err := person.AllStaff(c.Tx)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		if s.Left || s.ID == c.Who.Cadre.ID {
			continue
		}
		d.staff[s.Name] = true
		if r := []rune(s.Name); len(r) == 3 {
			d.staff[string(r[1:])] = true
		}
	}
	if c.Who.Staff() {
		return d, nil
	}
	family, err := c.Family()
	if err != nil {
		return nil, err
	}
	for _, r := range family {
		d.called[r.Name] = understand.Exact
	}
	return d, nil
}

// notInNames are characters that hardly ever stand in a name: what holds one is not
// looked up.
// nothing changes it.
var notInNames = regexp.MustCompile(`(?:[的了在里下上不我俺你您她他们来去到是有没就都也还会过这那哪吗呢吧啊得着给让被把和跟又再要能可以说看问打电话今昨明天月日号点个几多少什么怎样人家门口外头出回走做干活钱事情查检约改换取消退领拿])`)

// Called implements understand.Names.
func (d *directory) Called(name string) understand.Fit {
	if fit, known := d.called[name]; known {
		return fit
	}
	fit := understand.NoOne
	if d.staff[name] {
		fit = understand.Exact
	} else if d.c.Who.Staff() && d.err == nil && !notInNames.MatchString(name) && allHan(name) {
		fit = d.look(name)
	}
	d.called[name] = fit
	return fit
}

func (d *directory) look(name string) understand.Fit {
	hits, err := d.c.Scope.FindResidents(person.Query{Name: name}, 3)
	if err != nil {
		d.err = err
		return understand.NoOne
	}
	for _, h := range hits {
		switch {
		case h.Name == name || h.Nick == name && len([]rune(name)) > 1:
			return understand.Exact
		case h.Rank == 2 && len([]rune(h.Name)) == len([]rune(name)) && sameSounds(h.Name, name):
			return understand.Sounds
		}
	}
	return understand.NoOne
}

func sameSounds(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for i := range x {
		if pinyin.Of(x[i]).Near() != pinyin.Of(y[i]).Near() {
			return false
		}
	}
	return true
}

func allHan(s string) bool {
	for _, r := range s {
		if r < 0x3400 {
			return false
		}
	}
	return true
}

// Given implements understand.Names.
func (d *directory) Given(name string) bool {
	if !d.c.Who.Staff() || d.err != nil || notInNames.MatchString(name) || !allHan(name) {
		return false
	}
	hits, err := d.c.Scope.FindResidents(person.Query{Name: name}, 2)
	if err != nil {
		d.err = err
		return false
	}
	for _, h := range hits {
		if r := []rune(h.Name); len(r) == 3 && string(r[1:]) == name {
			return true
		}
	}
	return false
}

// Staff implements understand.Names.
func (d *directory) Staff(name string) bool { return d.staff[name] }

// NamesIn are the whole names of people in scope that stand in a text, in their order.
func (c *Turn) NamesIn(text string) (out []string, err error) {
	d, err := newDirectory(c)
	if err != nil {
		return nil, err
	}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		for n := 4; n >= 2; n-- {
			if i+n > len(runes) {
				continue
			}
			if w := string(runes[i : i+n]); d.Called(w) == understand.Exact && !d.staff[w] {
				out, i = append(out, w), i+n-1
				break
			}
		}
	}
	return out, d.err
}
