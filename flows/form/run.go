package form

import (
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/xpath"
	"xintiexin/storage/calendar"
)

// data is a Session as expressions see it: what does not apply has no value.
type data Session

// Value implements xpath.Data.
func (d *data) Value(f *xpath.Field, rows []int) xpath.Value {
	s := (*Session)(d)
	return s.value(s.atOf(f, rows))
}

// Rows implements xpath.Data.
func (d *data) Rows(f *xpath.Field, rows []int) int {
	s := (*Session)(d)
	a := s.atOf(f, rows)
	if !s.applies(a) {
		return 0
	}
	return int(s.cell(a).n)
}

// LastSaved implements xpath.LastSaved.
func (d *data) LastSaved(f *xpath.Field) xpath.Value {
	s := (*Session)(d)
	if s.env.Last == nil || s.err != nil {
		return xpath.Empty
	}
	if s.last == nil {
		if s.last, s.err = s.env.Last(); s.last == nil {
			s.last = map[string]string{}
		}
	}
	q := s.f.all[f.Index]
	return xpath.Stored(q.field.Kind, s.last[q.path()])
}

// Items implements xpath.Data.
func (d *data) Items(list string) []xpath.Item { return (*Session)(d).f.items[list] }

func (s *Session) atOf(f *xpath.Field, rows []int) at {
	a := at{q: int32(f.Index)}
	for i := range min(s.f.all[f.Index].depth, len(rows)) {
		a.row[i] = uint8(rows[i])
	}
	return a
}

// value is the answer as expressions see it.
func (s *Session) value(a at) xpath.Value {
	if !s.applies(a) {
		return xpath.Value{}
	}
	q := s.f.all[a.q]
	if !q.derived() {
		text := s.cell(a).text
		if text == "" {
			return xpath.Value{}
		}
		return xpath.Stored(q.field.Kind, text)
	}
	if s.gen == 0 {
		return s.result(a)
	}
	r := s.remembered(q, a)
	if r.when != s.when() {
		*r = result{s.when(), s.result(a)}
	}
	return r.value
}

// remembered is where the result of q in its row is kept.
func (s *Session) remembered(q *Question, a at) *result {
	if q.depth > 0 {
		return &s.known(a).result
	}
	if s.results == nil {
		s.results = make([]result, len(s.f.all))
	}
	return &s.results[a.q]
}

// result works out the calculation of a; one that fails is empty.
func (s *Session) result(a at) xpath.Value {
	q := s.f.all[a.q]
	v, err := s.eval(q.calc, a, xpath.Value{})
	if err != nil {
		return xpath.Value{}
	}
	return v
}

// text is the stored text of what applies, "" of what does not.
func (s *Session) text(a at) string {
	if s.f.all[a.q].derived() {
		return xpath.Store(s.value(a))
	}
	if !s.applies(a) {
		return ""
	}
	return s.cell(a).text
}

// eval evaluates e for the question a, with self as ".".
func (s *Session) eval(e *xpath.Expr, a at, self xpath.Value) (xpath.Value, error) {
	if s.ctx.Data == nil {
		s.begin(s.env)
	}
	oldSelf, oldRows, oldItem := s.ctx.Self, s.ctx.Rows, s.ctx.Item
	s.ctx.Self, s.ctx.Item = self, nil
	s.ctx.Rows = rowsOf(a, s.f.all[a.q].depth)
	v, err := s.run(e, s.f.all[a.q])
	s.ctx.Self, s.ctx.Rows, s.ctx.Item = oldSelf, oldRows, oldItem
	return v, err
}

// run evaluates e, of the question q, in the context that is set.
func (s *Session) run(e *xpath.Expr, q *Question) (xpath.Value, error) {
	around := s.ctx.Trouble
	s.ctx.Trouble = nil
	v, err := e.Eval(&s.ctx)
	if err != nil {
		s.trouble(q, e, err)
	} else if s.ctx.Trouble != nil {
		s.trouble(q, e, s.ctx.Trouble)
	}
	s.ctx.Trouble = around
	return v, err
}

func rowsOf(a at, depth int) []int {
	if depth == 0 {
		return nil
	}
	rows := make([]int, depth)
	for i := range rows {
		rows[i] = int(a.row[i])
	}
	return rows
}

// holds evaluates a condition; one that fails at run time holds, so that a
// nonsense date stops nobody.
func (s *Session) holds(e *xpath.Expr, a at, self xpath.Value) bool {
	v, err := s.eval(e, a, self)
	return err != nil || v.Bool()
}

// applies reports whether a and everything around it is relevant and its row
// exists.
func (s *Session) applies(a at) bool {
	q := s.f.all[a.q]
	if s.judged == q {
		return true
	}
	if q.depth > 0 && !s.rowExists(q, a) {
		return false
	}
	if !q.gated {
		return true
	}
	if s.gen == 0 {
		return s.gateOpen(q, a)
	}
	g := s.gate(q, a)
	if g.when != s.when() {
		*g = gate{s.when(), s.gateOpen(q, a)}
	}
	return g.open
}

// when is what remembered gates and results hold for.
func (s *Session) when() when {
	if s.judged == nil {
		return when{gen: s.gen}
	}
	return when{s.gen, uint32(s.judged.index) + 1}
}

// gate is where it is kept whether q in its row is relevant.
func (s *Session) gate(q *Question, a at) *gate {
	if q.depth > 0 {
		return &s.known(a).gate
	}
	if s.gates == nil {
		s.gates = make([]gate, len(s.f.all))
	}
	return &s.gates[a.q]
}

// known is what is kept of a question in a row.
func (s *Session) known(a at) *known {
	k := s.inRows[a]
	if k == nil {
		if s.inRows == nil {
			s.inRows = map[at]*known{}
		}
		k = &known{}
		s.inRows[a] = k
	}
	return k
}

func (s *Session) gateOpen(q *Question, a at) bool {
	if q.parent != nil && q.gated && !s.applies(outer(q.parent, a)) {
		return false
	}
	if q.ifAsked == nil {
		return true
	}
	if q.readsOwn { // a group whose relevant reads a question in it reads it as if the group were open
		outer := s.judged
		s.judged = q
		defer func() { s.judged = outer }()
	}
	return s.holds(q.ifAsked, a, xpath.Value{})
}

// outer is the row of q, an ancestor, around a.
func outer(q *Question, a at) at {
	o := at{q: int32(q.index)}
	copy(o.row[:q.depth], a.row[:q.depth])
	return o
}

func (s *Session) rowExists(q *Question, a at) bool {
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat && a.row[p.depth] >= s.cell(outer(p, a)).n {
			return false
		}
	}
	return true
}

// required reports whether a may not be skipped.
func (s *Session) required(a at) bool {
	q := s.f.all[a.q]
	return q.needed || q.ifNeeded != nil && s.holds(q.ifNeeded, a, s.value(a))
}

// fixedNow reports whether a is read-only.
func (s *Session) fixedNow(a at) bool {
	q := s.f.all[a.q]
	return q.readOnly || q.fixed != nil && s.holds(q.fixed, a, s.value(a))
}

// broken says why text does not fit the constraint of a, "" when it fits.
func (s *Session) broken(a at, text string) string {
	q := s.f.all[a.q]
	if q.rule == nil || text == "" || s.holds(q.rule, a, xpath.Stored(q.field.Kind, text)) {
		return ""
	}
	if said := s.render(a, textConstraint); said != "" {
		return said
	}
	if q.field.Kind == xpath.NumberField {
		return sayConstraint
	}
	return sayBadText
}

// render is a text of the question with its ${name} filled in.
func (s *Session) render(a at, which int) string {
	t := s.f.all[a.q].texts[which]
	switch len(t) {
	case 0:
		return ""
	case 1:
		if t[0].q == nil {
			return t[0].text
		}
	}
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.q != nil {
			b.WriteString(s.text(outer(p.q, a)))
		}
	}
	return b.String()
}

// settle brings everything up to date that follows from what was put: kept
// calculations, rows that are counted, defaults not yet touched, and choices
// that are no longer offered.
func (s *Session) settle() {
	for range 5 {
		if !s.changed.any() {
			return
		}
		changed := slices.Clone(s.changed)
		clear(s.changed)
		s.countRows()
		s.keepResults()
		s.defaults(changed)
		s.clearUnoffered(changed)
		s.forgetNotes(changed)
	}
}

func (s *Session) keepResults() {
	for _, q := range s.f.kept {
		s.eachRow(q, func(a at) {
			c := s.cell(a)
			v, err := s.eval(q.calc, a, xpath.Stored(q.field.Kind, c.text))
			if err == nil {
				c.text, c.flag = xpath.Store(v), c.flag|auto
				s.put(a, c)
			}
		})
	}
}

// eachRow calls fn for q in every row there is.
func (s *Session) eachRow(q *Question, fn func(at)) {
	a := at{q: int32(q.index)}
	if q.depth == 0 {
		fn(a)
		return
	}
	var reps [maxDepth]*Question
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat {
			reps[p.depth] = p
		}
	}
	for i := range s.cell(at{q: int32(reps[0].index)}).n {
		a.row[0] = i
		if q.depth == 1 {
			fn(a)
			continue
		}
		for j := range s.cell(outer(reps[1], a)).n {
			a.row[1] = j
			fn(a)
		}
		a.row[1] = 0
	}
}

// countRows makes as many rows as each repeat_count says. Answers in rows
// beyond it are kept and do not apply.
func (s *Session) countRows() {
	for _, q := range s.f.repeats {
		if q.count == nil {
			continue
		}
		s.eachRow(q, func(a at) {
			v, err := s.eval(q.count, a, xpath.Value{})
			if err != nil {
				return
			}
			c := s.cell(a)
			if n := v.Number(); n >= 0 {
				c.n = uint8(min(n, maxRows))
			} else {
				c.n = 0 // NaN: nothing to count yet
			}
			s.put(a, c)
		})
	}
}

// defaults gives summary questions and hidden ones their default: when they
// have no value yet, and anew when what it is made of changes before a person
// touched it.
func (s *Session) defaults(changed bits) {
	for _, q := range s.f.defaulted {
		s.eachRow(q, func(a at) {
			c := s.cell(a)
			if c.flag&answered != 0 || c.flag&auto != 0 && !q.deps.meets(changed) {
				return
			}
			s.put(a, cell{text: s.initial(a), flag: c.flag | auto})
		})
	}
}

// initial is the default of a.
func (s *Session) initial(a at) string {
	q := s.f.all[a.q]
	if q.initial == nil {
		return q.Default
	}
	v, err := s.eval(q.initial, a, xpath.Value{})
	if err != nil {
		return ""
	}
	return xpath.Store(v)
}

func (s *Session) clearUnoffered(changed bits) {
	for _, q := range s.f.filtered {
		if !q.offers.meets(changed) {
			continue
		}
		s.eachRow(q, func(a at) {
			c := s.cell(a)
			if c.text == "" {
				return
			}
			list, _ := s.choices(a)
			words := strings.Fields(c.text)
			left := slices.DeleteFunc(slices.Clone(words), func(v string) bool { return find(list, v) < 0 })
			if len(left) < len(words) {
				s.put(a, cell{})
			}
		})
	}
}

// forgetNotes lets a note be said again when its words have changed.
func (s *Session) forgetNotes(changed bits) {
	for _, q := range s.f.notes {
		if c := s.cell(at{q: int32(q.index)}); q.depth == 0 && c.flag&seen != 0 && q.words.meets(changed) {
			c.flag &^= seen
			s.put(at{q: int32(q.index)}, c)
		}
	}
}

func find(list []Choice, value string) int {
	return slices.IndexFunc(list, func(c Choice) bool { return c.Value == value })
}

// choices are what a question offers now, if its list is part of the form, and
// what each may be called.
func (s *Session) choices(a at) ([]Choice, [][]string) {
	q := s.f.all[a.q]
	if q.source != nil {
		return s.rowChoices(q.source)
	}
	if q.filter == nil {
		return q.list, q.names
	}
	var list []Choice
	var names [][]string
	for i := range q.list {
		if s.passes(q, a, &q.list[i]) {
			list = append(list, q.list[i])
			names = append(names, q.names[i])
		}
	}
	return list, names
}

func (s *Session) passes(q *Question, a at, item *Choice) bool {
	oldRows, oldItem := s.ctx.Rows, s.ctx.Item
	s.ctx.Rows, s.ctx.Item = rowsOf(a, q.depth), item
	v, err := s.run(q.filter, q)
	s.ctx.Rows, s.ctx.Item = oldRows, oldItem
	return err != nil || v.Bool()
}

// rowChoices are the answers to source in all rows.
func (s *Session) rowChoices(source *Question) ([]Choice, [][]string) {
	var list []Choice
	s.eachRow(source, func(a at) {
		if v := s.text(a); v != "" && find(list, v) < 0 {
			list = append(list, Choice{Value: v, Label: v})
		}
	})
	return list, namesOf(list)
}

// next is the first place where the person is asked: a question without an
// answer, or a repeat that may have another row.
func (s *Session) next() (at, bool) {
	for _, l := range s.f.leaves {
		a := at{q: l.index}
		if l.repeat {
			if open, ok := s.nextRow(s.f.all[l.index], a); ok {
				return open, true
			}
		} else if s.plain[l.index].flag&answered == 0 && s.waits(s.f.all[l.index], a) {
			return a, true
		}
	}
	return at{}, false
}

func (s *Session) nextIn(qs []*Question, row [maxDepth]uint8) (at, bool) {
	for _, q := range qs {
		a := at{int32(q.index), row}
		switch {
		case q.Type == Group:
			if open, ok := s.nextIn(q.Children, row); ok {
				return open, true
			}
		case q.Type == Repeat:
			if open, ok := s.nextRow(q, a); ok {
				return open, true
			}
		case s.waits(q, a):
			return a, true
		}
	}
	return at{}, false
}

// waits reports whether q has to be asked.
func (s *Session) waits(q *Question, a at) bool {
	if !q.asked() {
		return false
	}
	c := s.cell(a)
	if c.flag&answered != 0 || c.flag&auto != 0 && c.text != "" {
		return false
	}
	return s.applies(a) && !s.fixedNow(a) && (!q.Summary || s.required(a))
}

func (s *Session) nextRow(q *Question, a at) (at, bool) {
	if !s.applies(a) {
		return at{}, false
	}
	c := s.cell(a)
	if q.count == nil && c.n == 0 && c.flag&answered == 0 && q.ifAsked == nil {
		c = s.addRow(a)
	}
	inside := a.row
	for i := range c.n {
		inside[q.depth] = i
		if open, ok := s.nextIn(q.Children, inside); ok {
			return open, true
		}
	}
	return a, q.count == nil && c.flag&answered == 0 && c.n < maxRows
}

// addRow begins another row of the repeat a.
func (s *Session) addRow(a at) cell {
	c := s.cell(a)
	c.n++
	s.put(a, c)
	s.settle()
	return s.cell(a)
}

// Meta rows that the engine fills itself.
func (s *Session) meta(kinds ...string) {
	day := calendar.DayOf(s.env.Now)
	for _, q := range s.f.metas {
		if !slices.Contains(kinds, q.Appearance) {
			continue
		}
		text := day.String()
		if q.Appearance != "today" {
			text = s.env.Now.In(calendar.Zone).Format("2006-01-02T15:04:05.000-07:00")
		}
		s.put(at{q: int32(q.index)}, cell{text: text, flag: answered})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
