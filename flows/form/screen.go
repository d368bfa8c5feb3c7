package form

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/storage/calendar"
)

// Options that the engine itself offers.
var (
	leaveOptions  = []Choice{{Value: "drop", Label: sayDrop, Aliases: dropWords}, {Value: "stay", Label: sayGoOn, Aliases: goOnWords}}
	repeatOptions = []Choice{{Value: "yes", Label: sayYes, Aliases: yesWords}, {Value: "no", Label: sayNo, Aliases: noWords}}
	agreeOptions  = []Choice{{Value: "OK", Label: sayAgree, Aliases: agreeWords}}
)

// summaryOptions stand under the summary. A form whose answers are more than kept
// says what becomes of them: its settings save (“约上”, other words for it behind
// the first) and summary (“约成这样，对吗？”).
func (f *Form) summaryOptions() []Choice {
	save := Choice{Value: "save", Label: saySave, Aliases: saveWords}
	change := Choice{Value: "change", Label: sayChange, Aliases: changeWords}
	if own := strings.Fields(f.Settings["save"]); len(own) > 0 {
		save.Label, save.Aliases = own[0], slices.Concat(own[1:], saveWords, []string{saySave})
		change.Aliases = slices.DeleteFunc(slices.Clone(changeWords), func(w string) bool { return slices.Contains(own, w) })
	}
	return []Choice{save, change}
}

// saveWord puts the form's own word for saving into a text.
func (f *Form) saveWord(text string) string {
	return strings.ReplaceAll(text, saySave, f.summaryOptions()[0].Label)
}

// show builds the screen of where s stands.
func (s *Session) show() Screen {
	s.token++
	sc := Screen{Token: s.token}
	switch {
	case s.leaving:
		sc.Ask, sc.Options = sayCancel, plainOptions(leaveOptions)
	case s.mode == summing:
		if !s.brief {
			s.sayNotes()
		}
		sc.Ask, sc.Options = s.summary(), plainOptions(s.f.summaryOptions())
	case s.mode == choosing:
		sc.Ask, sc.Options = sayWhichLine, s.lineOptions()
	default:
		s.sayNotes()
		sc.Options = s.options(s.open)
		sc.Ask = s.prompt(s.open, len(sc.Options) > 0)
	}
	sc.Say = s.say
	return sc
}

func plainOptions(list []Choice) []Option {
	options := make([]Option, len(list))
	for i, c := range list {
		options[i] = Option{Label: c.Label, Value: c.Value}
	}
	return options
}

// prompt is the question as it is asked.
func (s *Session) prompt(a at, options bool) string {
	q := s.f.all[a.q]
	if q.Type == Repeat {
		return s.repeatPrompt(q, a)
	}
	var b strings.Builder
	if s.mode == changing {
		b.WriteString(s.changePrompt(a))
	} else {
		if q.depth > 0 {
			b.WriteString(s.rowName(q, a))
			b.WriteByte('\n')
		}
		b.WriteString(s.render(a, textLabel))
	}
	if q.live() && s.typed != "" && options { // a search has given several: the question was asked already
		return sayWhichOne
	}
	hint := s.render(a, textHint)
	line(&b, hint)
	switch {
	case q.Type == SelectMultiple && hint == "":
		line(&b, sayMulti)
		if !s.required(a) {
			b.WriteString("。" + sayMultiNone)
		}
	case q.Type == Rank && hint == "":
		line(&b, sayRank)
	case q.Type == Range:
		line(&b, scale(q))
	}
	if now := s.current(a); now != "" && !q.choice() && len(s.shown) == 0 && q.Type != Acknowledge {
		line(&b, sayKeepHint+s.display(a, now))
	} else if !options && now == "" && !s.required(a) && !strings.Contains(b.String(), "跳过") {
		line(&b, saySkipHint)
	}
	return b.String()
}

func line(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(text)
}

func scale(q *Question) string {
	start, end, step := q.Parameters["start"], q.Parameters["end"], q.Parameters["step"]
	if start == "" || end == "" {
		return ""
	}
	if step == "" || step == "1" {
		return start + " 到 " + end
	}
	return start + " 到 " + end + "，间隔 " + step
}

func (s *Session) repeatPrompt(q *Question, a at) string {
	name := s.render(a, textLabel)
	if s.cell(a).n == 0 {
		return "有" + name + "要记吗？"
	}
	return "还有下一个" + name + "吗？"
}

// rowName is “第2个孩子”, with the row around it before it.
func (s *Session) rowName(q *Question, a at) string {
	name := ""
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat {
			own := "第" + itoa(int(a.row[p.depth])+1) + "个" + s.render(outer(p, a), textLabel)
			if name != "" {
				own += " " + name
			}
			name = own
		}
	}
	return name
}

func (s *Session) changePrompt(a at) string {
	q := s.f.all[a.q]
	n := 0
	for i, l := range s.lines() {
		if l == a {
			n = i + 1
		}
	}
	ask := "，改成哪样？"
	if !q.choice() {
		ask = "，改成什么？"
	}
	return circled(n) + " " + s.lineName(a) + ask
}

// current is the answer that a question on the screen has already, or its
// default.
func (s *Session) current(a at) string {
	if c := s.cell(a); c.flag&(answered|auto) != 0 {
		return c.text
	}
	q := s.f.all[a.q]
	if q.Default == "" {
		return ""
	}
	return s.initial(a)
}

// options are those of the question a. They are kept in s.shown unless they are
// the question's own list in its order.
func (s *Session) options(a at) []Option {
	q := s.f.all[a.q]
	s.print = 0
	switch {
	case q.Type == Repeat:
		return plainOptions(repeatOptions)
	case q.Type == Acknowledge:
		return plainOptions(agreeOptions)
	case len(s.shown) > 0 && s.typed != "":
		return s.shown
	case q.live():
		return s.liveOptions(q, a)
	case q.choice():
		return s.listOptions(q, a)
	case len(s.shown) > 0 && s.shown[0].Value != keepValue:
		return s.shown
	}
	s.shown = nil
	now := s.current(a)
	if now == "" || q.Type == Integer || q.Type == Decimal || q.Type == Range {
		return nil // digits are the answer there
	}
	s.shown = []Option{{Label: sayKeepLabel + short(s.display(a, now), 20), Value: keepValue}}
	return s.shown
}

func short(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

func (s *Session) listOptions(q *Question, a at) []Option {
	if len(s.shown) > 0 {
		return s.shown // several fitted what was typed
	}
	list, _ := s.choices(a)
	s.print = s.printOf(q, list)
	options := plainOptions(list)
	if now := s.current(a); now != "" {
		words := strings.Fields(now)
		for i := range options {
			if slices.Contains(words, options[i].Value) {
				options[i].Label += sayNow
			}
		}
	}
	return options
}

// liveOptions is one page of a live list.
func (s *Session) liveOptions(q *Question, a at) []Option {
	most := page
	if s.skip > 0 {
		most = s.skip + page
	}
	found, _ := s.lookUp(q, s.typed, most)
	list := found.Choices
	more := found.More || len(list) > most
	list = list[min(s.skip, len(list)):min(len(list), most)]
	if found.Say != "" {
		s.Say(found.Say)
	}
	if more && !strings.Contains(found.Say, "更多") {
		s.Say(sayMoreWord)
	}
	s.shown = plainOptions(list)
	if now := s.current(a); now != "" {
		for i := range s.shown {
			if s.shown[i].Value == now {
				s.shown[i].Label += sayNow
			}
		}
	}
	return s.shown
}

// sayNotes says the headings and notes that stand before the open question and
// were not said yet, and marks them.
func (s *Session) sayNotes() {
	all := s.mode == summing
	for _, q := range s.f.notes {
		if !all && q.index > int(s.open.q) {
			return
		}
		a := at{q: int32(q.index)}
		if q.depth > 0 {
			if all || !s.sameRow(q) {
				continue
			}
			a = outer(q, s.open)
		}
		c := s.cell(a)
		if c.flag&seen != 0 || !s.speaks(q, a) {
			continue
		}
		c.flag |= seen
		s.put(a, c)
		if text := s.noteText(q, a); text != "" {
			s.Say(text)
		}
	}
}

// sameRow reports whether q stands in the row of the open question.
func (s *Session) sameRow(q *Question) bool {
	o := s.f.all[s.open.q]
	return o.depth >= q.depth && row(o, q.depth) == row(q, q.depth)
}

// row is the repeat around q whose rows stand depth deep.
func row(q *Question, depth int) *Question {
	for p := q.parent; p != nil; p = p.parent {
		if p.Type == Repeat && p.depth == depth-1 {
			return p
		}
	}
	return nil
}

// speaks reports whether the note, heading or read-only row q is to be said.
func (s *Session) speaks(q *Question, a at) bool {
	switch {
	case !s.applies(a):
		return false
	case q.Type == Group:
		return s.mode != summing && s.around(q)
	case q.asked():
		return s.fixedNow(a)
	}
	return true
}

// around reports whether the open question stands in the group q.
func (s *Session) around(q *Question) bool {
	for p := s.f.all[s.open.q].parent; p != nil; p = p.parent {
		if p == q {
			return true
		}
	}
	return false
}

func (s *Session) noteText(q *Question, a at) string {
	text := strings.TrimSpace(s.render(a, textLabel))
	if q.Type == Note || q.Type == Group || q.Type == Media {
		return text
	}
	now := s.text(a)
	if now == "" {
		now = s.initial(a)
	}
	if now == "" {
		return ""
	}
	return text + "：" + s.display(a, now)
}

// summary is every answer on a line of its own.
func (s *Session) summary() string {
	if s.brief {
		return ""
	}
	var b strings.Builder
	b.WriteString(cmp.Or(s.f.Settings["summary"], sayLines))
	for i, a := range s.lines() {
		b.WriteByte('\n')
		s.writeLine(&b, i+1, a)
	}
	return b.String()
}

func (s *Session) writeLine(b *strings.Builder, n int, a at) {
	b.WriteString(circled(n))
	b.WriteByte(' ')
	b.WriteString(s.lineName(a))
	b.WriteString("：")
	b.WriteString(s.display(a, s.text(a)))
}

// lineName is what a line of the summary is called.
func (s *Session) lineName(a at) string {
	q := s.f.all[a.q]
	name := s.render(a, textShort)
	if name == "" {
		name = strings.TrimRight(firstLine(s.render(a, textLabel)), "？?：: ")
	}
	if q.depth > 0 {
		return s.rowName(q, a) + " " + name
	}
	return name
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// lines are the questions of the summary in their order.
func (s *Session) lines() []at {
	lines := make([]at, 0, 12)
	s.walk(func(a at) bool {
		q := s.f.all[a.q]
		switch {
		case q.Type == Repeat, !s.applies(a), q.Parameters["summary"] == "no":
		case q.asked() && !s.fixedNow(a):
			lines = append(lines, a)
		case q.Short != "" && !q.asked() && q.Type != Group && s.text(a) != "":
			lines = append(lines, a)
		}
		return true
	})
	return lines
}

// walk calls fn for every question in every row, and for each repeat after its
// rows, in the order of the sheet, until fn returns false.
func (s *Session) walk(fn func(at) bool) { s.walkIn(s.f.Questions, at{}.row, fn) }

func (s *Session) walkIn(qs []*Question, row [maxDepth]uint8, fn func(at) bool) bool {
	for _, q := range qs {
		a := at{int32(q.index), row}
		switch q.Type {
		case Group:
			if !s.walkIn(q.Children, row, fn) {
				return false
			}
			continue
		case Repeat:
			inside := row
			for i := range s.cell(a).n {
				inside[q.depth] = i
				if !s.walkIn(q.Children, inside, fn) {
					return false
				}
			}
		}
		if !fn(a) {
			return false
		}
	}
	return true
}

func (s *Session) lineOptions() []Option {
	lines := s.lines()
	options := make([]Option, len(lines))
	for i, a := range lines {
		options[i] = Option{Label: s.lineName(a) + "：" + short(s.display(a, s.text(a)), 16), Value: itoa(i + 1)}
	}
	return options
}

// circled is ① to ㊿, and beyond that the number.
func circled(n int) string {
	switch {
	case n >= 1 && n <= 20:
		return string('①' + rune(n-1))
	case n >= 21 && n <= 35:
		return string('㉑' + rune(n-21))
	case n >= 36 && n <= 50:
		return string('㊱' + rune(n-36))
	}
	return itoa(n) + "."
}

// Parts of a day, as <name>_part keeps them.
var parts = [...]string{"", "上午", "中午", "下午", "晚上"}

// display is a stored text as a person reads it.
func (s *Session) display(a at, text string) string {
	q := s.f.all[a.q]
	if text == "" {
		if empty := q.Parameters["empty"]; empty != "" {
			return empty
		}
		return sayNothing
	}
	switch {
	case q.choice():
		return s.labels(a, text)
	case q.Type == Date:
		return s.displayDate(q, a, text)
	case q.Type == Time && len(text) >= 5:
		return text[:5]
	case q.Type == DateTime && len(text) >= 16:
		return s.displayDay(text[:10]) + " " + text[11:16]
	case q.Type == Acknowledge:
		return sayAgree
	}
	return text
}

func (s *Session) displayDate(q *Question, a at, text string) string {
	switch {
	case strings.Contains(q.Appearance, "month-year") && len(text) >= 7:
		return text[:4] + "年" + text[5:7] + "月"
	case strings.Contains(q.Appearance, "year") && len(text) >= 4:
		return text[:4] + "年"
	}
	shown := s.displayDay(text)
	if q.part != nil {
		if part := s.text(outer(q.part, a)); part != "" {
			shown += " " + part
		}
	}
	return shown
}

func (s *Session) displayDay(text string) string {
	day, err := calendar.ParseDay(text)
	if err != nil {
		return text
	}
	away := int(day) - int(s.today())
	switch {
	case away == -1:
		return day.ChineseLunar() + "（昨天）"
	case away < -200 || away > 300:
		return day.WithYear()
	}
	return day.ChineseLunar()
}

// labels are the labels of the chosen values.
func (s *Session) labels(a at, text string) string {
	q := s.f.all[a.q]
	if q.Type == SelectOne {
		return s.label(q, a, text)
	}
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = s.label(q, a, w)
	}
	sep := "、"
	if q.Type == Rank {
		sep = " > "
	}
	return strings.Join(words, sep)
}

func (s *Session) label(q *Question, a at, v string) string {
	if q.live() {
		if s.env.Lists == nil || s.err != nil {
			return v
		}
		text, err := s.env.Lists.Label(q.List, v)
		if err != nil {
			s.err = err
		}
		if text == "" {
			return v
		}
		return text
	}
	if i := find(q.list, v); i >= 0 {
		return q.list[i].Label
	}
	return v
}
