package understand

import (
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// What stands in a masked text for a value.
const (
	maskName   = 'Ⓝ'
	maskPast   = 'Ⓟ'
	maskToday  = 'Ⓣ'
	maskFuture = 'Ⓕ'
	maskCoarse = 'Ⓓ'
	maskPhone  = '☎'
)

// mention is a name in a text.
type mention struct {
	said       string
	start, end int // bytes
	fit        Fit
	fresh      bool // announced as somebody new
}

// dated is a day in a text.
type dated struct {
	said       string
	start, end int
	dates      dates.Dates
}

// reading is a text with what was found in it.
type reading struct {
	raw    string // as it was said
	text   string // words of days put into common ones
	masked string // for scores: values masked, dialect put into common words
	names  []mention
	days   []dated
	phone  string
	ruled  []string        // the intents that rules name
	staff  map[string]bool // which of the names are colleagues'
}

// read folds a text and finds names, days and a phone in it.
func read(text string, day calendar.Day, names Names) *reading {
	r := &reading{raw: strings.TrimSpace(text), text: sayDays.Replace(typed(text))}
	spoken := answer.SpokenDigits(r.text)
	r.phone, _, _ = answer.Phone(spoken)
	r.names = findNames(r.text, names)
	r.staff = map[string]bool{}
	for _, m := range r.names {
		r.staff[m.said] = names.Staff(m.said)
	}
	r.days = findDays(r.text, day, dates.Any)
	r.masked = r.mask(day)
	return r
}

// findNames finds names of a directory, and of somebody new behind what announces one.
func findNames(text string, names Names) (found []mention) {
	runes := []rune(text)
	at := make([]int, len(runes)+1)
	for i, r := range runes {
		at[i+1] = at[i] + utf8.RuneLen(r)
	}
	for i := 0; i < len(runes); {
		n, fit := nameAt(runes, i, names)
		fresh := false
		if n == 0 && announced(string(runes[max(0, i-4):i])) {
			if n = newName(runes, i); n > 0 {
				fresh = true
			}
		}
		if n == 0 && names != Names(nobody) {
			n = unknownName(runes, i)
			if n == 0 && len(found) > 0 && found[len(found)-1].end == at[i] { // names in a row
				n = unknownAfterName(runes, i)
			}
		}
		if n == 0 {
			i++
			continue
		}
		found = append(found, mention{string(runes[i : i+n]), at[i], at[i+n], fit, fresh})
		i += n
	}
	return found
}

// announced reports whether a name of somebody new may follow.
func announced(before string) bool {
	for _, w := range [...]string{"叫", "加人 ", "加个人 ", "新人 ", "姓名", "名字是", "名叫", "加人,", "添上", "新来的,", "新来的 ", "登记 ", "加个名 ", "个人,"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// nameAt returns how many characters at a place are a name of the directory.
func nameAt(text []rune, i int, names Names) (int, Fit) {
	if names == nil || text[i] < 0x2e80 {
		return 0, NoOne
	}
	for _, n := range [...]int{4, 3, 2} {
		if i+n > len(text) {
			continue
		}
		w := string(text[i : i+n])
		if names.Called(w) == Exact {
			return n, Exact
		}
		if n == 2 && names.Given(w) {
			return n, Exact
		}
	}
	for _, n := range [...]int{3, 2} {
		if i+n > len(text) {
			continue
		}
		if w := string(text[i : i+n]); names.Called(w) == Sounds && !innerExact(text, i, n, names) {
			return n, Sounds
		}
	}
	return 0, NoOne
}

// innerExact reports whether a name as it is written begins inside a window.
func innerExact(text []rune, i, n int, names Names) bool {
	for j := i + 1; j < i+n; j++ {
		for _, m := range [...]int{3, 2} {
			if j+m <= len(text) && names.Called(string(text[j:j+m])) == Exact {
				return true
			}
		}
	}
	return false
}

// findDays finds all days of a text.
func findDays(text string, day calendar.Day, dir dates.Direction) (found []dated) {
	for from := 0; from < len(text); {
		start, end, d := dates.FindDate(text[from:], day, dir)
		if end == start {
			break
		}
		found = append(found, dated{text[from+start : from+end], from + start, from + end, d})
		from += end
	}
	return found
}

// mask returns the text with its values masked.
func (r *reading) mask(day calendar.Day) string {
	var b strings.Builder
	n, d := 0, 0
	for i := 0; i < len(r.text); {
		for n < len(r.names) && r.names[n].end <= i {
			n++
		}
		for d < len(r.days) && r.days[d].end <= i {
			d++
		}
		switch {
		case n < len(r.names) && r.names[n].start == i:
			b.WriteRune(maskName)
			i = r.names[n].end
			continue
		case d < len(r.days) && r.days[d].start == i:
			b.WriteRune(maskOf(r.days[d].dates, day))
			i = r.days[d].end
			continue
		}
		c, size := utf8.DecodeRuneInString(r.text[i:])
		if c >= '0' && c <= '9' {
			k := i
			for k < len(r.text) && r.text[k] >= '0' && r.text[k] <= '9' {
				k++
			}
			if k-i >= 7 {
				b.WriteRune(maskPhone)
			} else {
				b.WriteByte('0')
			}
			i = k
			continue
		}
		b.WriteRune(c)
		i += size
	}
	s := speech().Replace(b.String())
	return strings.NewReplacer("，", ",", "。", ",", "、", ",", " ", ",", "~", "", "…", ",", ";", ",", "；", ",").Replace(s)
}

func maskOf(d dates.Dates, today calendar.Day) rune {
	switch {
	case d.Day == 0 && d.From == 0:
		return maskCoarse
	case d.Day == 0:
		if d.To != 0 && d.To < today {
			return maskPast
		}
		return maskCoarse
	case d.Day < today:
		return maskPast
	case d.Day == today:
		return maskToday
	}
	return maskFuture
}
