package form

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/xpath"
	"xintiexin/storage/calendar"
)

// reading is what a text means to a question: a value, or options to choose
// from because it may mean several, or why it means nothing.
type reading struct {
	ok     bool
	value  string
	part   dates.Part
	choose []Option
	say    string // above choose, or the refusal
	stale  bool   // the words of an option that is not on offer
}

func value(v string) reading     { return reading{ok: true, value: v} }
func refusal(say string) reading { return reading{say: say} }

// keepValue is the Option.Value of “保留：…”.
const keepValue = "\x01"

// maxText is how many characters a text answer may have.
const maxText = 1000

// read understands text as the answer to a, which is on the screen.
func (s *Session) read(a at, text string) reading {
	q := s.f.all[a.q]
	if empty := q.Parameters["empty"]; empty != "" && squeeze(text) == squeeze(empty) && !s.required(a) {
		return value("")
	}
	var r reading
	switch {
	case q.live():
		r = s.readLive(a, text)
	case q.Type == Repeat:
		r = readOption(text, repeatOptions)
	case q.choice():
		r = s.readChoice(a, text)
	default:
		if o, ok := s.readShown(q, text); ok {
			return value(o.Value)
		}
		r = s.readPlain(q, text)
	}
	if tap := likeTap(text); !r.ok && r.choose == nil && tap || r.ok && q.Type == Text && tap && s.f.labels[tapLabel(text)] {
		r.ok, r.stale = false, true
	}
	return r
}

// likeTap reports whether text is as a tap sends it: "2 改一处".
func likeTap(text string) bool {
	n := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if n < 1 || n > 2 || n == len(text) || text[n] != ' ' {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[n+1:])
	return r != utf8.RuneError && !unicode.IsDigit(r)
}

func tapLabel(text string) string {
	_, label, _ := strings.Cut(text, " ")
	return squeeze(label)
}

// readShown understands the number or the words of an option shown beside a
// question that is no choice: one of several days, or “保留：…”.
func (s *Session) readShown(q *Question, text string) (Option, bool) {
	if len(s.shown) == 0 {
		return Option{}, false
	}
	typed := squeeze(text)
	for _, o := range s.shown {
		if typed == squeeze(o.Label) {
			return o, true
		}
	}
	n, rest, ok := answer.Index(text)
	if !ok || n > len(s.shown) || rest != "" && squeeze(rest) != squeeze(s.shown[n-1].Label) {
		return Option{}, false
	}
	return s.shown[n-1], true
}

// readOption understands text as one of the options.
func readOption(text string, options []Choice) reading {
	hits := answer.Match(text, namesOf(options))
	if len(hits) == 1 {
		return value(options[hits[0]].Value)
	}
	return refusal(askEither)
}

func (s *Session) readChoice(a at, text string) reading {
	q := s.f.all[a.q]
	list, names := s.choices(a)
	if s.print != 0 && s.print != s.printOf(q, list) && len(s.shown) == 0 {
		if _, _, numbered := answer.Index(text); numbered {
			return reading{stale: true}
		}
	}
	switch q.Type {
	case SelectMultiple:
		hits, ok := answer.MatchMany(text, names)
		if !ok {
			return refusal(askMany)
		}
		return value(valuesOf(list, hits))
	case Rank:
		hits, ok := answer.MatchOrder(text, names)
		if !ok || len(hits) != len(list) {
			return refusal(askRank)
		}
		return value(valuesOf(list, hits))
	}
	if len(s.shown) > 0 {
		if hits := answer.Match(text, shownNames(s.shown)); len(hits) == 1 {
			return value(s.shown[hits[0]].Value)
		}
		if _, rest, numbered := answer.Index(text); numbered && rest == "" {
			return refusal(askOption)
		}
	}
	return chosen(list, answer.Match(text, names))
}

func (s *Session) printOf(q *Question, list []Choice) uint32 {
	if q.filter == nil && q.source == nil {
		return q.prints
	}
	return fingerprint(list)
}

// chosen is what the hits in a list come to.
func chosen(list []Choice, hits []int) reading {
	switch len(hits) {
	case 0:
		return refusal(askOption)
	case 1:
		return value(list[hits[0]].Value)
	}
	r := refusal(sayWhich)
	for _, i := range hits {
		r.choose = append(r.choose, Option{Label: list[i].Label, Value: list[i].Value})
	}
	return r
}

func valuesOf(list []Choice, hits []int) string {
	words := make([]string, len(hits))
	for i, h := range hits {
		words[i] = list[h].Value
	}
	return strings.Join(words, " ")
}

func shownNames(shown []Option) [][]string {
	names := make([][]string, len(shown))
	for i, o := range shown {
		names[i] = []string{strings.TrimSuffix(o.Label, sayNow)}
	}
	return names
}

// readLive understands text as one of the options shown or as words to search
// a live list for.
func (s *Session) readLive(a at, text string) reading {
	q := s.f.all[a.q]
	if q.Type == SelectMultiple {
		hits, ok := answer.MatchMany(text, shownNames(s.shown))
		if !ok {
			return refusal(askMany)
		}
		words := make([]string, len(hits))
		for i, h := range hits {
			words[i] = s.shown[h].Value
		}
		return value(strings.Join(words, " "))
	}
	hits := answer.Match(text, shownNames(s.shown))
	if len(hits) == 1 {
		return value(s.shown[hits[0]].Value)
	}
	if n, rest, numbered := answer.Index(text); numbered && rest == "" && n < 100 {
		return refusal(askOption)
	}
	if likeTap(text) {
		return reading{stale: true}
	}
	return s.search(q, text)
}

// page is how many choices of a live list stand on one screen.
const page = 8

// search looks for text in the live list of q.
func (s *Session) search(q *Question, text string) reading {
	found, ok := s.lookUp(q, text, page)
	if !ok {
		return refusal(askOption)
	}
	if found.Sure && len(found.Choices) == 1 {
		return value(found.Choices[0].Value)
	}
	r := refusal(found.Say)
	for _, c := range found.Choices {
		r.choose = append(r.choose, Option{Label: c.Label, Value: c.Value})
	}
	if len(r.choose) == 0 && r.say == "" {
		r.say = askOption
	}
	return r
}

// lookUp asks the live list; ok is false when there is none or it failed.
func (s *Session) lookUp(q *Question, typed string, most int) (Found, bool) {
	if s.env.Lists == nil || s.err != nil {
		return Found{}, false
	}
	found, err := s.env.Lists.Choices(q.List, typed, most)
	if err != nil {
		s.err = err
		return Found{}, false
	}
	return found, true
}

// readPlain understands text as the answer to a question without choices.
func (s *Session) readPlain(q *Question, text string) reading {
	switch q.Type {
	case Integer, Decimal, Range:
		return readNumber(q, text)
	case Date:
		return s.readDate(q, text)
	case Time:
		return readTime(text)
	case DateTime:
		return s.readDateTime(q, text)
	case Acknowledge:
		return readOption(text, agreeOptions)
	}
	if utf8.RuneCountInString(text) > maxText {
		return refusal(sayTooLong)
	}
	if q.Parameters["when"] == "about" {
		return s.readAbout(text)
	}
	if strings.Contains(q.Appearance, "numbers") {
		if text = answer.Fold(text); strings.Trim(text, "0123456789") != "" {
			return refusal(askDigits)
		}
	}
	return value(text)
}

func readNumber(q *Question, text string) reading {
	n, ok := answer.Number(text)
	switch {
	case !ok && tooManyDigits(text):
		return refusal(askShorter)
	case !ok && q.Type == Integer:
		return refusal(askInteger)
	case !ok:
		return refusal(askNumber)
	case q.Type == Integer && n != float64(int64(n)):
		return refusal(askInteger)
	case q.Type == Range:
		if say := offRange(q, n); say != "" {
			return refusal(say)
		}
	}
	return value(xpath.FormatNumber(n))
}

// tooManyDigits reports whether text is a number of more digits than one can hold
// exactly: that is some code, for which a question of type text is there.
func tooManyDigits(text string) bool {
	text = strings.ReplaceAll(answer.Fold(text), " ", "")
	return len(text) > 15 && strings.Trim(text, "0123456789") == ""
}

// offRange says why n is not on the scale of q.
func offRange(q *Question, n float64) string {
	start, err1 := strconv.ParseFloat(q.Parameters["start"], 64)
	end, err2 := strconv.ParseFloat(q.Parameters["end"], 64)
	step, err3 := strconv.ParseFloat(q.Parameters["step"], 64)
	if err1 != nil || err2 != nil {
		return ""
	}
	if start > end {
		start, end = end, start
	}
	say := "请回复 " + xpath.FormatNumber(start) + " 到 " + xpath.FormatNumber(end) + " 的数"
	if n < start || n > end {
		return say + "。"
	}
	if steps := (n - start) / step; err3 == nil && step > 0 && abs(steps-float64(int64(steps+0.5))) > 1e-9 {
		return say + "，间隔 " + xpath.FormatNumber(step) + "。"
	}
	return ""
}

func abs(f float64) float64 { return max(f, -f) }

// direction is which way the days of q lie.
func direction(q *Question) dates.Direction {
	switch d := q.Parameters["direction"]; {
	case d == "past" || strings.Contains(q.Appearance, "past"):
		return dates.Past
	case d == "future" || strings.Contains(q.Appearance, "future"):
		return dates.Future
	}
	return dates.Any
}

func (s *Session) today() calendar.Day { return calendar.DayOf(s.env.Now) }

func (s *Session) readDate(q *Question, text string) reading {
	switch {
	case strings.Contains(q.Appearance, "month-year"):
		return s.readMonth(text)
	case strings.Contains(q.Appearance, "year"):
		n, ok := answer.Number(text)
		if !ok || n < 1900 || n > 2100 || n != float64(int(n)) {
			return refusal(askYear)
		}
		return value(itoa(int(n)) + "-01-01")
	}
	d := dates.Date(text, s.today(), direction(q))
	return dated(d, direction(q))
}

// dated turns what a text says about a day into a reading.
func dated(d dates.Dates, dir dates.Direction) reading {
	switch {
	case d.Day != 0:
		return reading{ok: true, value: d.Day.String(), part: d.Part}
	case len(d.Alternatives) > 0:
		r := reading{say: sayWhichDay, part: d.Part}
		for _, day := range d.Alternatives {
			r.choose = append(r.choose, Option{Label: day.ChineseLunar(), Value: day.String()})
		}
		return r
	case d.Coarse != "":
		if dir == dates.Future {
			return refusal("“" + d.Coarse + "”是哪天？" + askDateAhead)
		}
		return refusal("“" + d.Coarse + "”是哪天？请发日子，比如 11月3日。")
	case d.Reason == dates.Impossible:
		return refusal(askNoDate)
	case d.Reason == dates.WrongDirection && dir == dates.Past:
		return refusal(askPast)
	case d.Reason == dates.WrongDirection:
		return refusal(askFuture)
	}
	if dir == dates.Future {
		return refusal(askDateAhead)
	}
	return refusal(askDate)
}

// readAbout reads a text that says about when something will be: a day to come, a
// time of the year as it was said, or that nobody can say. What it keeps answer.Date
// understands again.
func (s *Session) readAbout(text string) reading {
	if dates.Unsure(text) {
		return value(sayUnsure)
	}
	d := dates.Date(text, s.today(), dates.Future)
	switch {
	case d.Day != 0:
		return value(dates.SayDay(d.Day, s.today()))
	case len(d.Alternatives) > 0:
		r := reading{say: sayWhichDay}
		for _, day := range d.Alternatives {
			r.choose = append(r.choose, Option{Label: day.ChineseLunar(), Value: dates.SayDay(day, s.today())})
		}
		if d.Coarse != "" {
			r.choose = append(r.choose, Option{Label: d.Coarse + sayNoDayYet, Value: d.Coarse})
		}
		return r
	case d.To != 0:
		return value(d.Coarse)
	case d.Coarse != "":
		return refusal("“" + d.Coarse + "”是几时？" + askAbout)
	case d.Reason == dates.Impossible:
		return refusal(askNoDate)
	case d.Reason == dates.WrongDirection:
		return refusal(askAboutAhead)
	}
	return refusal(askAboutHow)
}

// readMonth reads 2026年11月, 2026-11, 11月.
func (s *Session) readMonth(text string) reading {
	parts := strings.FieldsFunc(answer.Fold(text), func(r rune) bool { return strings.ContainsRune("年月-/. ", r) })
	y, _, _ := s.today().Date()
	if len(parts) == 2 {
		y, _ = strconv.Atoi(parts[0])
		parts = parts[1:]
	}
	if len(parts) != 1 {
		return refusal(askMonth)
	}
	m, ok := answer.Number(parts[0])
	if !ok || m < 1 || m > 12 || m != float64(int(m)) || y < 1900 || y > 2100 {
		return refusal(askMonth)
	}
	return value(itoa(y) + "-" + two(int(m)) + "-01")
}

func two(n int) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}

func readTime(text string) reading {
	hour, minute, ambiguous, ok := dates.Time(text)
	if !ok {
		return refusal(askTime)
	}
	if !ambiguous {
		return value(clock(hour, minute))
	}
	return reading{say: sayWhichTime, choose: []Option{
		{Label: "早上" + itoa(hour%12) + ":" + two(minute), Value: clock(hour%12, minute)},
		{Label: "下午或晚上" + itoa(hour%12) + ":" + two(minute), Value: clock(hour%12+12, minute)},
	}}
}

// clock is a time as XForms stores it.
func clock(hour, minute int) string { return two(hour) + ":" + two(minute) + ":00.000+08:00" }

func (s *Session) readDateTime(q *Question, text string) reading {
	start, end, d := dates.FindDate(text, s.today(), direction(q))
	if end <= start {
		return refusal(askDateTime)
	}
	day := dated(d, direction(q))
	rest := strings.Trim(text[:start]+" "+text[end:], " ，,")
	if rest == "" || !day.ok {
		if len(day.choose) > 0 || day.ok {
			return refusal(askDateTime)
		}
		return day
	}
	t := readTime(rest)
	if t.ok {
		return value(day.value + "T" + t.value)
	}
	for i := range t.choose {
		t.choose[i].Value = day.value + "T" + t.choose[i].Value
	}
	if t.choose == nil {
		return refusal(askDateTime)
	}
	return t
}
