package understand

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// part is what a sentence says of one person of several, or of a few named in a row.
type part struct {
	names []string
	head  string // said before the names: 没见着的: A、B
	own   string // said after the names
	start int    // where the names begin, in bytes
}

// joins are what stands between names that are told of together.
var joins = regexp.MustCompile(`^(?:[,，、 ;；和跟与及同还有儿]|以及|家|她|他|同志|大姐|婶子|嫂子|一个|俩|那俩|这俩)*$`)

// headOf matches words before names that are told of them: 不在家的是, 没通的, 好的:.
var headOf = regexp.MustCompile(`(?:^|[,，。;；!?、 （(）)])([^,，。;；!?、 （(）)]{1,10}?(?:的有俩一个|的有|的是|的就是|的只有|的就|的还有|的|是|:|：)[:： ]*)$`)

// objectOf matches a verb of meeting right before a name: 没见着A, 只逮住A.
var objectOf = regexp.MustCompile(`((?:还)?(?:没|木|没有|冇)?(?:见|碰|逮|找|遇|堵|看|寻|等)(?:着|到|上|见|住)(?:了|的)?(?:一个人|一个|的)?[,， ]*)$`)

// restOf begins words about all others: 别的都好.
var restOf = regexp.MustCompile(`[,，。;； ]?(?:旁边|其他|其它|其余|别的|剩下|剩的|余下|另外几|那几个|他们几个|前面的|不在的|没在的)`)

// allOf are words about all who are named.
var allOf = regexp.MustCompile(`(?:都|俩|仨|全|均|一个|两个|三个|娘儿俩|几个|人人|个个|四家|[两三四五]家|[两三四五]户)[^,，。;； ]{0,12}$`)

// partsOf cuts a sentence at the names it is about.
func (r *reading) partsOf(names []string) []part {
	var parts []part
	last, end := 0, 0
	for _, m := range r.names {
		if !slices.Contains(names, m.said) {
			continue
		}
		between := r.text[last:m.start]
		head := ""
		if g := headOf.FindStringSubmatchIndex(between); g != nil && (strings.ContainsAny(between[g[2]:g[3]], ":：的")) {
			head = between[g[2]:g[3]]
		} else if o := objectOf.FindString(between); o != "" && o != between {
			head = o
		} else if o != "" && len(parts) == 0 {
			head = o
		}
		if k := slices.IndexFunc(parts, func(p part) bool { return slices.Contains(p.names, m.said) }); k >= 0 && len(parts[k].names) == 1 {
			if k != len(parts)-1 { // named again: what follows is of this person
				parts[len(parts)-1].own += between
				parts = append(slices.Delete(parts, k, k+1), parts[k])
			} else {
				parts[k].own += between + " "
			}
			last, end = m.end, m.end
			continue
		} else if k >= 0 {
			if len(parts) > 0 {
				parts[len(parts)-1].own += between
			}
			last, end = m.end, m.end
			continue
		}
		if len(parts) > 0 {
			if head == "" && end == last && joins.MatchString(between) {
				p := &parts[len(parts)-1]
				if !hanIn(p.own) {
					p.names = append(p.names, m.said)
					last, end = m.end, m.end
					continue
				}
			}
			parts[len(parts)-1].own += strings.TrimSuffix(between, head)
		}
		parts = append(parts, part{names: []string{m.said}, head: head, start: m.start})
		last, end = m.end, m.end
	}
	if len(parts) > 0 {
		parts[len(parts)-1].own += r.text[last:]
	}
	return parts
}

// hanIn reports whether a text says anything.
func hanIn(s string) bool {
	s = strings.TrimLeft(s, ",，。、;；:： 家呢嘛吧啊了")
	return s != ""
}

// Said is what a sentence says of somebody.
type Said struct{ Who, Text string }

// PartsOf returns what a sentence says of each of some persons in words of their own, for
// the classifier of findings.
func PartsOf(a Asked, who []string) (out []Said) {
	r := read(a.Text, a.Day, a.Names)
	for _, p := range r.partsOf(who) {
		text := p.head + " " + p.own
		if hanIn(text) && len(p.names) == 1 {
			out = append(out, Said{p.names[0], speech().Replace(text)})
		}
	}
	return out
}

// findingsEach returns how each of several persons is: by the words of each, of what is
// said of all, or of a list of first, second …; nil where somebody's is not known.
func (r *reading) findingsEach(names []string, small smaller) []string {
	parts := splitLast(r.partsOf(names))
	if list := r.inTurn(parts, names, small); list != nil {
		return list
	}
	got := make([]string, len(parts))
	rest := ""
	for i := len(parts) - 1; i >= 0; i-- {
		own := parts[i].own
		if at := restOf.FindStringIndex(own); at != nil && hanIn(own[:at[0]]) {
			if f := r.finding(own[at[0]:], small); f != "" && i == len(parts)-1 {
				rest = f
			}
			own = own[:at[0]]
		}
		got[i] = r.findingOfPart(parts[i].head, own, small)
	}
	if len(parts) > 0 {
		if got[len(parts)-1] == "" && rest == "" {
			rest = r.finding(r.text[:parts[0].start], small)
		}
		if rest == "" && allOf.MatchString(lastClause(r.text)) {
			rest = r.finding(lastClause(r.text), small)
		}
	}
	for i := len(got) - 1; i >= 0; i-- {
		if got[i] == "" {
			got[i] = rest
		}
		if got[i] == "" && i+1 < len(got) {
			got[i] = got[i+1]
		}
	}
	if before := r.finding(r.before(parts), small); before != "" {
		for i := range got {
			if got[i] == "" {
				got[i] = before
			}
		}
	}
	return spread(parts, got, names)
}

// splitLast parts the last of several names under one head from the others where it has
// words of its own: 不在家的是A, B挺好.
func splitLast(parts []part) (out []part) {
	for _, p := range parts {
		k := len(p.names) - 1
		if p.head == "" || k < 1 || findingOf(p.own) == "" || strings.HasPrefix(p.own, "都") {
			out = append(out, p)
			continue
		}
		out = append(out, part{names: p.names[:k], head: p.head, start: p.start}, part{names: p.names[k:], own: p.own, start: p.start})
	}
	return out
}

// before returns what is said before the first name.
func (r *reading) before(parts []part) string {
	if len(parts) == 0 {
		return r.text
	}
	return r.text[:parts[0].start]
}

// lastClause returns the last clause of a text.
func lastClause(text string) string {
	text = strings.TrimRight(text, ",，。;；! ")
	if i := strings.LastIndexAny(text, ",，。;； "); i >= 0 {
		_, n := utf8.DecodeRuneInString(text[i:])
		return text[i+n:]
	}
	return text
}

// findingOfPart is how those of one part are: a head of their own counts before all.
func (r *reading) findingOfPart(head, own string, small smaller) string {
	if hanIn(strings.TrimRight(head, "的是有: ")) {
		if f := findingOf(head); f != "" && (f != Well || !hanIn(own)) {
			return f
		}
		if !hanIn(own) {
			return r.finding(head, small)
		}
	}
	if !hanIn(own) {
		return ""
	}
	if f := findingOf(own); (f == NotMet || f == Unwilling) && !metAfter.MatchString(own) { // few words: a plain form counts before the classifier
		return f
	}
	return r.finding(own, small)
}

// metAfter are words of meeting, or of being well, that take back what was said before.
var metAfter = regexp.MustCompile(`后来|其实|见着了|见到了|才见|碰上了|没人有|人没事|接了|回过来|找着了|撵到|这回在|又去.{0,4}在|也?好(?:$|[,，。;；着 ])|好得很|挺好|没事|没啥`)

// spread returns one finding a name, in the order of names; one alone where all are alike.
func spread(parts []part, got, names []string) []string {
	out := make([]string, len(names))
	for i, p := range parts {
		for _, n := range p.names {
			if k := slices.Index(names, n); k >= 0 {
				out[k] = got[i]
			}
		}
	}
	if slices.Contains(out, "") {
		return nil
	}
	if same := slices.Compact(slices.Clone(out)); len(same) == 1 {
		return same
	}
	return out
}

// each matches one of a row of findings without a name: 一个好 一个没见着.
var each = regexp.MustCompile(`(?:^|[,，。;； ])(?:一个|一家|一户)([^,，。;； ]{1,8})`)

// inTurn returns the findings told in turn of names in a row: 一个好一个没见着 依次是A B,
// 前两家好, 第三家没人. nil where they are not told so of all names.
func (r *reading) inTurn(parts []part, names []string, small smaller) []string {
	var out []string
	if rows := each.FindAllStringSubmatch(r.text, -1); len(rows) == len(names) && len(rows) > 1 && len(parts) == 1 {
		for _, row := range rows {
			out = append(out, r.finding(row[1], small))
		}
	} else if len(parts) > 0 {
		plain := r.text
		for i := len(r.names) - 1; i >= 0; i-- {
			plain = plain[:r.names[i].start] + plain[r.names[i].end:]
		}
		lines := listLines(plain)
		for i := range names {
			if k := slices.IndexFunc(lines, func(l listLine) bool { return l.number == i+1 }); k >= 0 && len(lines) == len(names) && ordinal.MatchString(plain) {
				out = append(out, r.finding(lines[k].text, small))
			}
		}
	}
	if len(out) != len(names) || slices.Contains(out, "") {
		return nil
	}
	if same := slices.Compact(slices.Clone(out)); len(same) == 1 {
		return same
	}
	return out
}

// ordinal matches a place in a row.
var ordinal = regexp.MustCompile(`头一[个家户]|前[两三四][个家户]|后头?[两三四][个家户]`)

// regions returns what a sentence says around each part: from the clause that leads to its
// names to the one that leads to the next.
func (r *reading) regions(parts []part) []string {
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return parts[a].start - parts[b].start })
	out := make([]string, len(parts))
	end := len(r.text)
	for k := len(order) - 1; k >= 0; k-- {
		start, from := 0, 0
		if k > 0 {
			from = parts[order[k-1]].start
			start = parts[order[k]].start
			if i := strings.LastIndexAny(r.text[from:start], ",，。;；"); i >= 0 {
				start = from + i
			}
		}
		out[order[k]] = r.text[start:max(start, end)]
		end = start
	}
	return out
}

// faceToFace are words of seeing somebody at home, beside those of atHome.
var faceToFace = regexp.MustCompile(`当面|家访|看的|搁家|在家|家[,，]|家去|到.{1,4}那儿`)

// waysEach returns how each of several persons was seen, where each part says its own and
// they differ; nil else.
func (r *reading) waysEach(names []string) []string {
	parts := r.partsOf(names)
	got := make([]string, len(parts))
	for i, said := range r.regions(parts) {
		got[i] = wayOf(said)
		if got[i] == "" && faceToFace.MatchString(said) || got[i] == "phone" && hasAny(said, "不会接手机", "上门") {
			got[i] = "home"
		}
	}
	return differ(parts, got, names)
}

// daysEach returns when each of several persons was seen, where each part says its own and
// they differ; nil else.
func (r *reading) daysEach(names []string, today calendar.Day) []string {
	parts := r.partsOf(names)
	got := make([]string, len(parts))
	for i, said := range r.regions(parts) {
		spans := dropCoarse(findSpans(said, today, dates.Past))
		if len(spans) != 1 || spans[0].from > today || spans[0].from != spans[0].to {
			return nil
		}
		got[i] = spans[0].iso()
	}
	return differ(parts, got, names)
}

// differ returns one of each for names, nil where one is not known or all are alike.
func differ(parts []part, got, names []string) []string {
	if slices.Contains(got, "") {
		return nil
	}
	out := spread(parts, got, names)
	if len(out) < 2 {
		return nil
	}
	return out
}
