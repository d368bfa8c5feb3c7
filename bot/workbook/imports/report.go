package imports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is something in a list that has to be put right. Without a sheet it
// is about the whole file.
type Mistake struct {
	Sheet, Cell string // 居民, C14
	Text        string // 电话少一位：1790000031

	row, sheet int // where it stands, for sorting
}

func (m Mistake) String() string {
	return strings.TrimSpace(m.Sheet + m.Cell + " " + m.Text)
}

// Count is what a list does, or did, to one kind of record.
type Count struct{ Added, Changed, Unchanged int }

func (c Count) Total() int { return c.Added + c.Changed + c.Unchanged }

// Report says what a list holds and what is wrong with it.
type Report struct {
	Villages, Households, Residents, Cadres Count

	Gone     int       // rows left out because the person had herself deleted
	Mistakes []Mistake // in the order of sheets and rows
	Notes    []string  // what was not read, or is worth a look
	Applied  bool      // what Added and Changed count was written
}

// String is the report in Chinese, a line for each mistake.
func (r Report) String() string {
	var b strings.Builder
	switch {
	case r.Applied && r.Changes() > 0:
		b.WriteString("存好了。")
	case r.Applied:
		b.WriteString("看完了。")
	case len(r.Mistakes) == 1 && r.Mistakes[0].Sheet == "":
		return r.Mistakes[0].Text
	default:
		b.WriteString("看完了，还没存。")
	}
	fmt.Fprintf(&b, "村%d 户%d 居民%d 干部%d", r.Villages.Total(), r.Households.Total(), r.Residents.Total(), r.Cadres.Total())
	if len(r.Mistakes) == 0 {
		if r.Changes() == 0 {
			b.WriteString("\n和存下的一样，没有变")
		}
		for _, c := range []struct {
			name string
			Count
		}{{"村", r.Villages}, {"户", r.Households}, {"居民", r.Residents}, {"干部", r.Cadres}} {
			if c.Added+c.Changed > 0 {
				fmt.Fprintf(&b, "\n%s：新加%d 改%d 没变%d", c.name, c.Added, c.Changed, c.Unchanged)
			}
		}
	}
	if r.Gone > 0 {
		fmt.Fprintf(&b, "\n有%d行删掉、合并或搬走过，没有加回来", r.Gone)
	}
	for _, n := range r.Notes {
		b.WriteString("\n" + n)
	}
	if len(r.Mistakes) > 0 {
		fmt.Fprintf(&b, "\n要改%d处：", len(r.Mistakes))
		for _, m := range r.Mistakes {
			b.WriteString("\n" + m.String())
		}
	}
	if r.Residents.Added > 0 {
		b.WriteString("\n新加的居民只进通讯录：不发、不排、不数、不导出")
	}
	return b.String()
}

// Changes is how many records the list adds or changes.
func (r Report) Changes() int {
	n := 0
	for _, c := range []Count{r.Villages, r.Households, r.Residents, r.Cadres} {
		n += c.Added + c.Changed
	}
	return n
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.sheet, b.sheet), cmp.Compare(a.row, b.row))
	})
}

// refused is the report on a file that cannot be read at all.
func refused(text string) Report { return Report{Mistakes: []Mistake{{Text: text}}} }
