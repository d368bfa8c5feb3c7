package form

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/xpath"
)

// Start begins a session of f, with what sentence (the message without its
// keyword) says already: days, choices by name, numbers, and the name of what a
// live list holds, in any order. What it could not place is said back. An error
// is one of env's Lists or Answered.
func Start(f *Form, sentence string, env Env) (*Session, Status, Screen, error) {
	s := newSession(f)
	s.begin(env)
	s.token = env.Token
	for i := range s.changed {
		s.changed[i] = ^uint64(0)
	}
	s.meta("start", "today")
	s.preset()
	s.settle()
	s.tellPresets()
	if sentence = strings.TrimSpace(sentence); sentence != "" && s.err == nil {
		s.understand(sentence)
	}
	if s.mode == asking && len(s.shown) == 0 {
		s.onward()
	}
	if s.err != nil {
		return nil, Asking, Screen{}, s.err
	}
	sc := s.show()
	return s, Asking, sc, s.err
}

func (s *Session) preset() {
	for name, v := range s.env.Preset {
		s.Set(name, v)
	}
	for _, q := range s.f.metas {
		if v := s.env.Preset[q.Appearance]; v != "" {
			s.Set(q.Name, v)
		}
	}
}

// tellPresets lets the flow know of the questions that are answered from the
// beginning, in the order of the sheet.
func (s *Session) tellPresets() {
	if s.env.Answered == nil || len(s.env.Preset) == 0 {
		return
	}
	for _, q := range s.f.all {
		if q.asked() && s.env.Preset[q.Name] != "" && s.err == nil {
			if say := s.tell(q); say != "" {
				s.Say(say)
				s.put(at{q: int32(q.index)}, cell{})
			}
			s.settle()
		}
	}
}

// Step takes one message into s, a session of f, and returns what is shown
// next. Done and Discarded end the session; what it holds stays readable. On an
// error, which is one of env's Lists or Answered, s is to be thrown away and
// the stored one kept.
func Step(f *Form, s *Session, in Input, env Env) (Status, Screen, error) {
	s.begin(env)
	s.settle()
	text := strings.TrimSpace(in.Text)
	status := Asking
	switch {
	case in.Again:
		s.resync()
	case in.Media:
		s.resync()
		s.Say(sayMedia)
	case in.Token != 0 && in.Token != s.token, !s.resync():
		s.old()
	case text == "":
		s.Say(askEmpty)
	default:
		status = s.take(text)
	}
	if s.err != nil {
		return Asking, Screen{}, s.err
	}
	if status != Asking {
		return status, Screen{Say: s.say}, nil
	}
	sc := s.show()
	return status, sc, s.err
}

// resync finds the open question again, for the form or the answers may have
// changed since it was shown. It reports whether it is still the same one.
func (s *Session) resync() bool {
	switch s.mode {
	case asking:
		if s.stillOpen() {
			return true
		}
		s.onward()
		return false
	case visiting, changing:
		if s.applies(s.open) {
			return true
		}
		s.onward()
		return false
	}
	if _, ok := s.next(); ok {
		s.onward()
		return false
	}
	return true
}

// stillOpen reports whether the open question still has to be asked.
func (s *Session) stillOpen() bool {
	q := s.f.all[s.open.q]
	if q.Type == Repeat {
		return q.count == nil && s.cell(s.open).flag&answered == 0 && s.applies(s.open)
	}
	return s.waits(q, s.open)
}

// old answers the words of a screen that is no longer open.
func (s *Session) old() {
	s.Say(sayOld)
	if s.mode == summing {
		s.Say(sayOneStep)
		s.brief = true
	}
}

// take understands text in the place where s stands.
func (s *Session) take(text string) Status {
	text = strings.TrimSuffix(strings.TrimSuffix(text, sayNow), "(现在这样)")
	if s.leaving {
		return s.takeLeaving(text)
	}
	if !s.offers(text) {
		switch answer.Command(text) {
		case answer.Back:
			s.back()
			return Asking
		case answer.Skip:
			s.skipOpen()
			return Asking
		case answer.Help:
			s.help()
			return Asking
		case answer.Cancel:
			s.leaving = true
			return Asking
		case answer.More:
			s.more()
			return Asking
		}
	}
	if n, v, ok := answer.Edit(text); ok && s.mode == changing {
		s.edit(s.lines(), n, v)
		return Asking
	}
	switch s.mode {
	case summing:
		return s.takeSummary(text)
	case choosing:
		s.takeLine(text)
	default:
		s.takeAnswer(text)
	}
	return Asking
}

// offers reports whether text is the label of an option on the screen, which
// goes before a command of the same word.
func (s *Session) offers(text string) bool {
	if s.mode == summing || s.mode == choosing {
		return false
	}
	typed := squeeze(text)
	for _, o := range s.shown {
		if squeeze(o.Label) == typed {
			return true
		}
	}
	list, _ := s.choices(s.open)
	for _, c := range list {
		if c.Label == typed {
			return true
		}
	}
	return false
}

func (s *Session) takeLeaving(text string) Status {
	switch r := readOption(text, leaveOptions); {
	case r.value == "drop":
		return Discarded
	case r.value == "stay" || answer.Command(text) == answer.Resume || answer.Command(text) == answer.Back:
		s.leaving = false
		s.Say(sayNotDrop)
	case likeTap(text):
		s.Say(sayOld)
	default:
		s.Say(askEither)
	}
	return Asking
}

func (s *Session) takeSummary(text string) Status {
	lines, options := s.lines(), s.f.summaryOptions()
	r := readOption(text, options)
	if n, v, ok := answer.Edit(text); ok && !(r.ok && (v == "" || likeTap(text))) {
		s.edit(lines, n, v)
		return Asking
	}
	if n, rest, ok := answer.Index(text); !r.ok && ok && rest == "" && n > len(options) {
		s.edit(lines, n, "")
		return Asking
	}
	switch {
	case r.value == "save":
		s.meta("end")
		s.settle()
		return Done
	case r.value == "change":
		s.mode = choosing
	case likeTap(text):
		s.old()
	default:
		s.refuse(s.f.saveWord(askSave))
		s.brief = true
	}
	return Asking
}

// takeLine understands which line is to be changed: 3, ③, 改3, 3电话, 怎么见的.
func (s *Session) takeLine(text string) {
	lines := s.lines()
	if n, v, ok := answer.Edit(text); ok {
		s.edit(lines, n, v)
		return
	}
	n, rest, numbered := answer.Index(text)
	if numbered && n <= len(lines) && rest != "" && strings.HasPrefix(squeeze(rest), squeeze(s.lineName(lines[n-1]))) {
		rest = ""
	}
	if numbered && !(likeTap(text) && rest != "") {
		s.edit(lines, n, rest)
		return
	}
	names := make([][]string, len(lines))
	for i, a := range lines {
		names[i] = []string{s.lineName(a)}
	}
	switch hits := answer.Match(text, names); {
	case len(hits) == 1:
		s.edit(lines, hits[0]+1, "")
	case likeTap(text):
		s.Say(sayOld)
	default:
		s.refuse(askLine)
	}
}

// edit opens line n of the summary, or changes it at once to v.
func (s *Session) edit(lines []at, n int, v string) {
	if n < 1 || n > len(lines) {
		s.refuse("没有第" + itoa(n) + "行。" + askLineNo)
		s.brief = s.mode == summing
		return
	}
	a := lines[n-1]
	if q := s.f.all[a.q]; !q.asked() {
		s.Say(sayFixed)
		s.brief = s.mode == summing
		return
	}
	s.mode, s.open, s.tries = changing, a, 0
	s.unshow()
	switch {
	case answer.Command(v) == answer.Skip: // “改6 跳过”
		s.skipOpen()
	case v != "":
		s.takeAnswer(v)
	}
}

func (s *Session) unshow() { s.shown, s.typed, s.skip, s.print = nil, "", 0, 0 }

// takeAnswer understands text as the answer to the open question.
func (s *Session) takeAnswer(text string) {
	a := s.open
	q := s.f.all[a.q]
	if q.Type == Repeat {
		s.takeRow(a, text)
		return
	}
	if s.keeps(a, text) {
		s.keep(a)
		return
	}
	_, rest, numbered := answer.Index(text)
	choice := q.Type == SelectOne && (!q.live() || numbered && rest != "")
	if choice && s.mode != changing && s.takeSeveral(a, text) {
		return
	}
	r := s.read(a, text)
	if rest, named := s.addressed(q, text); named && !r.ok { // “年纪 40” where 年纪 is asked
		if again := s.read(a, rest); again.ok {
			r = again
		}
	}
	switch {
	case s.err != nil:
	case !r.ok && !choice && s.mode != changing && s.takeSeveral(a, text):
	case !r.ok && len(r.choose) == 0 && s.told(a, text):
	case r.stale:
		s.Say(sayOld)
	case r.ok:
		s.answer(a, r)
	case len(r.choose) > 0:
		s.narrow(r, text)
	default:
		s.refuse(r.say)
	}
}

// told takes the day out of a reply that tells more than the day that is asked for,
// when nothing of it was understood otherwise.
func (s *Session) told(a at, text string) bool {
	q := s.f.all[a.q]
	if q.Type != Date || q.Appearance != "" {
		return false
	}
	r := dated(dates.Told(text, s.today(), direction(q)), direction(q))
	switch {
	case r.ok:
		s.answer(a, r)
	case len(r.choose) > 0:
		s.narrow(r, text)
	}
	return r.ok || len(r.choose) > 0
}

// narrow shows what a text may have meant.
func (s *Session) narrow(r reading, text string) {
	if r.say != "" {
		s.unsure = true
		s.Say(r.say)
	}
	s.tries = 0
	s.unshow()
	s.shown = r.choose
	if s.f.all[s.open.q].live() {
		s.typed = text
	}
}

// answer takes a reading as the answer to a, and goes on if it is accepted.
func (s *Session) answer(a at, r reading) {
	was := s.text(a)
	if say := s.accept(a, r); say != "" {
		s.refuse(say)
		return
	}
	if s.err != nil {
		return
	}
	s.after(a, was)
}

// after says what became of a change and goes on.
func (s *Session) after(a at, was string) {
	changed := s.mode == changing
	s.onward()
	if !changed {
		return
	}
	var b strings.Builder
	if b.WriteString(sayChanged); s.text(a) == was && was != "" {
		b.Reset()
		b.WriteString(sayKept)
	}
	for i, l := range s.lines() {
		if l == a {
			s.writeLine(&b, i+1, a)
		}
	}
	s.say = append([]string{b.String()}, s.say...)
	s.brief = s.mode == summing
}

// accept stores a reading as the answer to a, with all that follows from it. It
// returns why it is refused, and then nothing has changed.
func (s *Session) accept(a at, r reading) (refusal string) {
	mark := len(s.log)
	if say := s.store(a, r); say != "" {
		return say
	}
	if say := s.tell(s.f.all[a.q]); say != "" {
		s.rollback(mark)
		return say
	}
	s.settle()
	return ""
}

// store is accept before the flow knows.
func (s *Session) store(a at, r reading) (refusal string) {
	q := s.f.all[a.q]
	if r.value == "" && s.required(a) {
		return s.needed(a)
	}
	// What is calculated out of the answer follows it before it is judged, as it
	// does when everything is judged again before the summary.
	mark := len(s.log)
	s.put(a, cell{text: r.value, flag: answered})
	if say := s.broken(a, r.value); say != "" {
		s.rollback(mark)
		return say
	}
	if q.part != nil {
		s.put(outer(q.part, a), cell{text: parts[r.part], flag: answered})
	} else if r.part != dates.NoPart {
		s.Say("只记了哪天，“" + parts[r.part] + "”没有记。")
	}
	s.fire(q, a)
	s.settle()
	return ""
}

// tell lets the flow know of a new answer; it returns why the flow refuses it.
func (s *Session) tell(q *Question) string {
	if s.env.Answered == nil || s.err != nil {
		return ""
	}
	p, err := s.env.Answered(s, q.Name)
	if s.err = err; p != nil {
		if p.Anew {
			s.unshow()
		}
		return p.Text
	}
	return ""
}

// fire runs the calculations that an answer to q triggers.
func (s *Session) fire(q *Question, a at) {
	for _, t := range q.fires {
		to := outer(t, a)
		if t.calc == nil {
			s.put(to, cell{})
			continue
		}
		v, err := s.eval(t.calc, to, xpath.Stored(t.field.Kind, s.cell(to).text))
		if err == nil {
			s.put(to, cell{text: xpath.Store(v), flag: answered})
		}
	}
}

// takeRow understands whether a repeat has another row.
func (s *Session) takeRow(a at, text string) {
	switch r := readOption(text, repeatOptions); {
	case r.value == "yes":
		c := s.cell(a)
		c.flag &^= answered
		s.put(a, c)
		s.addRow(a)
		s.onward()
	case r.value == "no":
		c := s.cell(a)
		c.flag |= answered
		s.put(a, c)
		s.settle()
		s.onward()
	case likeTap(text):
		s.Say(sayOld)
	default:
		s.refuse(askEither)
	}
}

// keeps reports whether text means the answer that stands already.
func (s *Session) keeps(a at, text string) bool {
	if s.current(a) == "" {
		return false
	}
	if squeeze(text) == sayKeep {
		return true
	}
	if len(s.shown) == 0 || s.shown[0].Value != keepValue {
		return false
	}
	_, ok := s.readShown(s.f.all[a.q], text)
	return ok
}

func (s *Session) keep(a at) {
	now := s.current(a)
	if c := s.cell(a); c.flag&answered != 0 && s.broken(a, now) == "" {
		s.after(a, now)
		return
	}
	s.answer(a, reading{ok: true, value: now, part: s.partOf(a)})
}

func (s *Session) partOf(a at) dates.Part {
	if q := s.f.all[a.q]; q.part != nil {
		now := s.text(outer(q.part, a))
		for i, p := range parts {
			if p == now {
				return dates.Part(i)
			}
		}
	}
	return dates.NoPart
}

// refuse says what is wrong, and after the third time what else can be done.
func (s *Session) refuse(say string) {
	s.refused = true
	s.Say(say)
	if s.tries++; s.tries < 3 {
		return
	}
	s.tries = 3
	words := "帮助、取消"
	if s.mode != summing && s.mode != choosing && !s.required(s.open) {
		words = "跳过、" + words
	}
	s.Say(sayAlso + words)
}

// needed says that a cannot be skipped.
func (s *Session) needed(a at) string {
	if say := s.render(a, textRequired); say != "" {
		return say
	}
	return sayRequired
}

// onward goes to the next question, or to the summary when there is none and
// everything holds.
func (s *Session) onward() {
	s.tries = 0
	s.unshow()
	for {
		a, ok := s.next()
		if !ok {
			break
		}
		if !s.nothingOffered(a) {
			s.mode, s.open = asking, a
			return
		}
	}
	if a, why := s.unsound(); why != "" {
		s.mode, s.open = visiting, a
		s.Say(sayLater + why)
		return
	}
	s.mode = summing
}

// nothingOffered passes over an optional choice that has no choices now, and
// stops at a required one; it says so of both.
func (s *Session) nothingOffered(a at) bool {
	q := s.f.all[a.q]
	if !q.choice() || q.live() {
		return false
	}
	if list, _ := s.choices(a); len(list) > 0 {
		return false
	}
	if s.required(a) {
		s.note(Trouble{Row: q.Row, Column: pickColumn(q), Name: q.Name, Err: errNoChoices})
		s.Say(sayNoneStop)
		return false
	}
	s.Say(fmt.Sprintf(sayNone, short(s.lineName(a), 16)))
	s.put(a, cell{flag: answered})
	return true
}

// unsound finds the first answer that a later one has made wrong.
func (s *Session) unsound() (wrong at, why string) {
	s.walk(func(a at) bool {
		q := s.f.all[a.q]
		if !q.asked() || q.rule == nil && q.ifNeeded == nil || !s.applies(a) {
			return true
		}
		c := s.cell(a)
		if c.text == "" && c.flag&answered != 0 && s.required(a) {
			wrong, why = a, s.needed(a)
		} else if say := s.broken(a, c.text); say != "" {
			wrong, why = a, say
		}
		return why == ""
	})
	return wrong, why
}

// skipOpen leaves the open question without an answer.
func (s *Session) skipOpen() {
	switch {
	case s.mode == summing:
		s.Say(sayOneStep)
		s.brief = true
	case s.mode == choosing:
		s.mode = summing
	case s.f.all[s.open.q].Type == Repeat:
		s.takeRow(s.open, sayNo)
	case s.required(s.open):
		s.Say(s.needed(s.open))
	default:
		s.answer(s.open, value(""))
	}
}

// help explains the open question.
func (s *Session) help() {
	if s.mode == summing || s.mode == choosing {
		s.Say(s.f.saveWord(saySumHelp))
		return
	}
	if text := s.render(s.open, textGuidance); text != "" {
		s.Say(text)
	} else if text := example(s.f.all[s.open.q]); text != "" {
		s.Say(text)
	}
	s.Say(sayHelp)
}

// example shows an answer that fits.
func example(q *Question) string {
	switch q.Type {
	case Integer:
		return askInteger
	case Decimal, Range:
		return askNumber
	case Date:
		return "发日子就行，比如 昨天、11月3日、腊月初八。"
	case Time:
		return "发几点就行，比如 早上8点半、15:00。"
	case DateTime:
		return askDateTime
	case SelectOne:
		return "点一个，或发前面的数，也可以打字。"
	case SelectMultiple:
		return "发前面的数，能选几个，比如 1 3。"
	case Rank:
		return "把每个数按顺序发一遍，比如 3 1 2。"
	case Text:
		return askText
	}
	return ""
}

// more shows the next page of a live list.
func (s *Session) more() {
	if s.mode == summing || s.mode == choosing || !s.f.all[s.open.q].live() {
		s.Say(sayNoMore)
		return
	}
	q := s.f.all[s.open.q]
	next := s.skip + page
	found, ok := s.lookUp(q, s.typed, next+page)
	if !ok || len(found.Choices) <= next {
		s.Say(sayNoMore)
		return
	}
	s.skip = next
	s.shown = plainOptions(found.Choices[next:min(len(found.Choices), next+page)])
	if found.More && !strings.Contains(found.Say, "更多") {
		s.Say(sayMoreWord)
	}
}

// back goes to the question answered before.
func (s *Session) back() {
	switch s.mode {
	case changing, choosing:
		s.mode = summing
		s.unshow()
		return
	}
	if s.mode == asking && s.dropRow() {
		return
	}
	prev, ok := s.previous()
	if !ok {
		s.Say(sayFirst)
		return
	}
	s.tries = 0
	s.unshow()
	s.mode, s.open = visiting, prev
}

func (s *Session) previous() (prev at, ok bool) {
	s.walk(func(a at) bool {
		if a == s.open && s.mode != summing {
			return false
		}
		q := s.f.all[a.q]
		if s.cell(a).flag&answered == 0 || q.Summary || !s.applies(a) || s.fixedNow(a) {
			return true
		}
		if q.asked() || q.Type == Repeat && q.count == nil {
			prev, ok = a, true
		}
		return true
	})
	return prev, ok
}

// dropRow takes back a row that was begun and holds nothing yet, and asks again
// whether there is another.
func (s *Session) dropRow() bool {
	o := s.f.all[s.open.q]
	r := row(o, o.depth)
	if r == nil || o.Type == Repeat || r.count != nil {
		return false
	}
	a := outer(r, s.open)
	c := s.cell(a)
	if c.n == 0 || s.open.row[r.depth] != c.n-1 || c.n == 1 && r.ifAsked == nil {
		return false
	}
	for k, v := range s.inner {
		if v.flag&answered != 0 && k != a && s.inRowOf(k, r, s.open) {
			return false
		}
	}
	c.n--
	s.put(a, c)
	s.settle()
	s.onward()
	return true
}

// inRowOf reports whether k stands in the row of the repeat r that o stands in.
func (s *Session) inRowOf(k at, r *Question, o at) bool {
	q := s.f.all[k.q]
	if q.depth <= r.depth || row(q, r.depth+1) != r {
		return false
	}
	for i := range r.depth + 1 {
		if k.row[i] != o.row[i] {
			return false
		}
	}
	return true
}
