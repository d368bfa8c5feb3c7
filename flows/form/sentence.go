package form

import (
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
)

// said is a part of a sentence that a question understood.
type said struct {
	at   at
	r    reading
	text string
}

// pieces are the parts of a sentence between spaces and stops.
func pieces(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\n\u3000，,。；;！!？?、", r)
	})
}

// pieces are the parts of a sentence; the name of a line stays with what stands
// behind it: 年纪 40 is one.
func (s *Session) pieces(text string) []string {
	all := pieces(text)
	for i := 0; i+1 < len(all); i++ {
		name := strings.TrimRight(all[i], "：:是")
		for _, q := range s.f.all {
			if q.Short == name && name != "" && q.depth == 0 && q.asked() && !q.live() && !q.choice() {
				all[i] = name + " " + all[i+1]
				all = append(all[:i+1], all[i+2:]...)
				break
			}
		}
	}
	return all
}

// takeSeveral understands a reply that answers the open question and others
// too: “都好 下回头午去”, “1昨天”. It reports whether it did; nothing has changed
// when it did not.
func (s *Session) takeSeveral(a at, text string) bool {
	q := s.f.all[a.q]
	if q.Type != SelectOne && q.Type != Date && q.Type != Integer && q.Type != Decimal && q.Type != Acknowledge {
		return false
	}
	own, rest, ok := s.split(a, text)
	if !ok {
		return false
	}
	mark, heard := len(s.log), len(s.say)
	was := s.text(a)
	told := []*Question{q}
	if s.store(a, own) != "" {
		s.undo(mark, heard)
		return false
	}
	for _, p := range rest {
		found, ok := s.place(p, a)
		if !ok || !found.r.ok || s.store(found.at, found.r) != "" {
			s.undo(mark, heard)
			return false
		}
		told = append(told, s.f.all[found.at.q])
	}
	for _, q := range told {
		if say := s.tell(q); say != "" {
			s.undo(mark, heard)
			s.refuse(say)
			return true
		}
	}
	s.settle()
	s.after(a, was)
	return true
}

func (s *Session) undo(mark, heard int) {
	s.rollback(mark)
	s.say = s.say[:heard]
}

// split finds the answer to a among the parts of text and returns what is left
// for others.
func (s *Session) split(a at, text string) (own reading, rest []string, ok bool) {
	q := s.f.all[a.q]
	if n, after, numbered := answer.Index(text); numbered && after != "" && q.choice() {
		v, on := s.numbered(a, n)
		if on && !(likeTap(text) && s.f.labels[tapLabel(text)]) && !s.labelled(a, after) {
			return value(v), s.pieces(after), true
		}
		return own, nil, false
	}
	all := s.pieces(text)
	if len(all) < 2 {
		return own, nil, false
	}
	for i, p := range all {
		r, fits := s.exact(a, p)
		if !fits {
			continue
		}
		rest = append(append(rest, all[:i]...), all[i+1:]...)
		return r, dropFillers(rest), true
	}
	if !q.live() {
		return own, nil, false
	}
	var name []string
	for _, p := range all {
		if _, fits := s.place(p, a); fits {
			rest = append(rest, p)
		} else {
			name = append(name, p)
		}
	}
	if len(rest) == 0 || len(name) == 0 {
		return own, nil, false
	}
	own = s.search(q, strings.Join(name, " "))
	return own, rest, own.ok
}

func dropFillers(list []string) []string {
	var out []string
	for _, p := range list {
		if !dates.Filler(p) {
			out = append(out, p)
		}
	}
	return out
}

// numbered is the value of option n on the screen.
func (s *Session) numbered(a at, n int) (string, bool) {
	if len(s.shown) > 0 {
		if n < 1 || n > len(s.shown) {
			return "", false
		}
		return s.shown[n-1].Value, true
	}
	list, _ := s.choices(a)
	if n < 1 || n > len(list) {
		return "", false
	}
	return list[n-1].Value, true
}

// labelled reports whether text is said of an option on the screen, or is part
// of a label: then number and label have to agree.
func (s *Session) labelled(a at, text string) bool {
	names := shownNames(s.shown)
	if len(names) == 0 {
		_, names = s.choices(a)
	}
	return len(answer.Match(text, names)) > 0
}

// exact understands p as the answer to a when it says that and nothing else.
func (s *Session) exact(a at, p string) (reading, bool) {
	q := s.f.all[a.q]
	switch {
	case q.live():
		return reading{}, false
	case q.choice():
		list, names := s.choices(a)
		if i := whole(p, names); i >= 0 {
			return value(list[i].Value), true
		}
		if hits := answer.Match(p, names); len(hits) == 1 {
			return value(list[hits[0]].Value), true
		}
		return reading{}, false
	}
	r := s.readPlain(q, p)
	return r, r.ok
}

// whole is the option whose label, or another word for it, is p; -1 for none.
func whole(p string, names [][]string) int {
	p = squeeze(p)
	for i, all := range names {
		for _, n := range all {
			if squeeze(n) == p {
				return i
			}
		}
	}
	return -1
}

// place finds the question that p answers, other than the open one: one that
// applies and has no answer yet, or whose default stands in the summary.
func (s *Session) place(p string, open at) (said, bool) {
	for _, q := range s.f.all {
		a := at{q: int32(q.index)}
		if q.depth > 0 || a == open || !q.asked() || !s.free(q, a) {
			continue
		}
		if r, ok := s.fits(q, a, p); ok {
			return said{a, r, p}, true
		}
	}
	return said{}, false
}

func (s *Session) free(q *Question, a at) bool {
	return (q.Summary || s.cell(a).flag&answered == 0) && s.applies(a) && !s.fixedNow(a)
}

// fits understands p as the answer to q without having been asked. Only what
// says one thing and nothing else is taken.
func (s *Session) fits(q *Question, a at, p string) (reading, bool) {
	if rest, ok := s.addressed(q, p); ok {
		return s.fitsAddressed(q, a, rest)
	}
	switch {
	case q.Type == Date:
		r := s.readDate(q, p)
		return r, r.ok || len(r.choose) > 0
	case q.Type == SelectOne && !q.live():
		list, names := s.choices(a)
		if i := whole(p, names); i >= 0 {
			return value(list[i].Value), true
		}
		if _, _, numbered := answer.Index(p); numbered || utf8.RuneCountInString(p) < 2 {
			return reading{}, false
		}
		if hits := answer.Match(p, names); len(hits) == 1 && nearly(p, names[hits[0]]) {
			return value(list[hits[0]].Value), true
		}
	case q.Type == Time:
		r := readTime(p)
		return r, r.ok
	}
	return reading{}, false
}

// nearly reports whether p is a part of one of names or sounds like it: p says
// nothing beside.
func nearly(p string, names []string) bool {
	p = squeeze(p)
	for _, n := range names {
		if n = squeeze(n); strings.Contains(n, p) || answer.SameSound(p, n) {
			return true
		}
	}
	return false
}

// addressed takes the name of q's line off the head of p: 下回头午去.
func (s *Session) addressed(q *Question, p string) (string, bool) {
	if q.Short == "" || strings.Contains(q.Short, "${") {
		return "", false
	}
	rest, ok := strings.CutPrefix(p, q.Short)
	rest = strings.TrimLeft(rest, "：: 是")
	return rest, ok && rest != ""
}

func (s *Session) fitsAddressed(q *Question, a at, rest string) (reading, bool) {
	switch {
	case q.live():
		r := s.search(q, rest)
		return r, r.ok
	case q.choice():
		return s.exact(a, rest)
	case q.Type == Date:
		if r := s.readDate(q, rest); r.ok || len(r.choose) > 0 {
			return r, true
		}
		// A part of the day alone belongs to the day that stands there.
		d := dates.Date(rest, s.today(), direction(q))
		for tail := rest; d.Part == dates.NoPart && tail != ""; {
			_, size := utf8.DecodeLastRuneInString(tail)
			if tail = tail[:len(tail)-size]; dates.Filler(rest[len(tail):]) {
				d = dates.Date(tail, s.today(), direction(q))
			}
		}
		if now := s.text(a); d.Part != dates.NoPart && now != "" {
			return reading{ok: true, value: now, part: d.Part}, true
		}
		return reading{}, false
	}
	r := s.readPlain(q, rest)
	return r, r.ok
}

// understand takes what a sentence says into a new session: first whom or what
// it is about, found in a live list, then all else, so that what was typed goes
// before what a flow knows of the one that was found.
func (s *Session) understand(text string) {
	var facts []said
	var left []string
	for _, p := range s.pieces(text) {
		f, l := s.take1(p, facts)
		facts, left = f, append(left, l...)
	}
	left = dropFillers(left)
	left, pending := s.findLive(left)
	left = s.apply(facts, left, pending == nil)
	left = s.second(left)
	if pending != nil {
		s.onward()
		if s.open == pending.at {
			s.narrow(pending.r, pending.r.value)
		}
	}
	if len(left) > 0 {
		s.Say("其余的话没记上。") // not which: words about somebody are not kept in an answer either
	}
}

// take1 adds what p says to facts; what it does not understand is left. A part
// may hold a day or a choice beside something else: 秀兰都好.
func (s *Session) take1(p string, facts []said) ([]said, []string) {
	taken := func(a at) bool {
		for _, f := range facts {
			if f.at == a {
				return true
			}
		}
		return false
	}
	for _, q := range s.f.all {
		a := at{q: int32(q.index)}
		if q.depth > 0 || !q.asked() || !s.free(q, a) || taken(a) {
			continue
		}
		if r, ok := s.fits(q, a, p); ok {
			return append(facts, said{a, r, p}), nil
		}
	}
	for _, q := range s.f.all {
		a := at{q: int32(q.index)}
		if q.depth > 0 || !q.asked() || !s.free(q, a) || taken(a) {
			continue
		}
		if r, before, after, ok := s.inside(q, a, p); ok {
			facts = append(facts, said{a, r, p})
			var left []string
			for _, side := range [2]string{before, after} {
				if !dates.Filler(side) {
					var l []string
					facts, l = s.take1(side, facts)
					left = append(left, l...)
				}
			}
			return facts, left
		}
	}
	return facts, []string{p}
}

// inside finds a day, or a choice at an end, within p.
func (s *Session) inside(q *Question, a at, p string) (r reading, before, after string, ok bool) {
	switch {
	case q.Type == Date && q.Appearance == "":
		start, end, d := dates.FindDate(p, s.today(), direction(q))
		if end <= start || end > len(p) {
			return r, "", "", false
		}
		r = dated(d, direction(q))
		return r, p[:start], p[end:], r.ok
	case q.Type == SelectOne && !q.live():
		list, _ := s.choices(a)
		for _, c := range list {
			if utf8.RuneCountInString(c.Label) < 2 {
				continue
			}
			if before, cut := strings.CutSuffix(p, c.Label); cut && before != "" {
				return value(c.Value), before, "", true
			}
			if after, cut := strings.CutPrefix(p, c.Label); cut && after != "" {
				return value(c.Value), "", after, true
			}
		}
	}
	return r, "", "", false
}

// findLive looks for what is left in the first live list that has no answer.
// Several hits are returned, to be asked about.
func (s *Session) findLive(left []string) ([]string, *said) {
	if len(left) == 0 {
		return left, nil
	}
	for _, q := range s.f.all {
		a := at{q: int32(q.index)}
		if q.depth > 0 || !q.live() || q.Type != SelectOne || !q.asked() || !s.free(q, a) {
			continue
		}
		all := strings.Join(left, " ")
		r := s.search(q, all)
		if r.ok || len(r.choose) > 0 || len(left) == 1 {
			return nil, s.found(a, r, all)
		}
		for i, p := range left {
			if i == 4 {
				break
			}
			if one := s.search(q, p); one.ok || len(one.choose) > 0 {
				rest := append(append([]string{}, left[:i]...), left[i+1:]...)
				return rest, s.found(a, one, p)
			}
		}
		return nil, s.found(a, r, all)
	}
	return left, nil
}

// found takes what a search gave; what has to be asked about is returned.
func (s *Session) found(a at, r reading, typed string) *said {
	if s.err != nil {
		return nil
	}
	if !r.ok {
		if len(r.choose) == 0 {
			s.Say(r.say)
			return nil
		}
		r.value = typed
		return &said{a, r, typed}
	}
	if say := s.accept(a, r); say != "" {
		s.Say(say)
	}
	return nil
}

// apply takes facts; why one is refused is said. One that may mean several days
// is asked about at once, if nothing else is.
func (s *Session) apply(facts []said, left []string, ask bool) []string {
	for _, f := range facts {
		switch {
		case s.err != nil:
			return left
		case !f.r.ok && ask:
			s.doubt(f)
		case !f.r.ok:
			left = append(left, f.text)
		default:
			if say := s.accept(f.at, f.r); say != "" {
				s.Say(say)
			}
		}
	}
	return left
}

// doubt asks first about a day that may be several, once it is known whom it
// is about.
func (s *Session) doubt(f said) {
	s.mode, s.open = visiting, f.at
	s.narrow(f.r, "")
}

// second tries what is left once more: an answer may have brought questions
// that understand it.
func (s *Session) second(left []string) []string {
	var still []string
	for _, p := range left {
		f, ok := s.place(p, at{q: -1})
		if !ok || !f.r.ok || s.accept(f.at, f.r) != "" {
			still = append(still, p)
		}
	}
	return still
}
