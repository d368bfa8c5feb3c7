package understand

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// Slots are what a sentence tells besides its meaning: who, day, place, finding, way, need,
// note, next, count, phone, topic, value, time; each a string, a number or a list of these.
type Slots map[string]any

// slotsOf returns what a sentence tells for an intent.
func (r *reading) slotsOf(name, role string, today calendar.Day, small smaller) Slots {
	in, s := intents()[name], Slots{}
	put := func(slot, value string) {
		if value != "" && in.takes(slot) {
			s[slot] = value
		}
	}
	names := r.who(role, name)
	if len(names) > 0 && in.takes("who") {
		s["who"] = one(names)
	}
	put("phone", r.phone)
	put("time", findTime(r.text))
	if in.dated && in.takes("day") {
		put("day", r.day(name, in.direction, today))
	}
	if in.takes("next") {
		put("next", r.next(today))
	}
	if in.takes("place") {
		put("place", r.place(name))
	}
	if n := r.count(name); n > 0 && in.takes("count") {
		s["count"] = n
	}
	if in.takes("finding") {
		if f := r.findings(names, small); len(f) > 0 {
			s["finding"] = one(f)
		}
	}
	if in.takes("way") {
		put("way", r.way(name))
		if name == "visit.log" && len(names) > 1 {
			if ways := r.waysEach(names); ways != nil {
				s["way"] = ways
			}
			if each := r.daysEach(names, today); each != nil {
				s["day"] = each
			}
		}
	}
	if in.takes("value") {
		if v := r.value(name); v != nil {
			s["value"] = v
		}
	}
	put("topic", r.topic(name, small))
	if in.takes("note") || in.takes("need") || in.takes("topic") {
		s["note"] = r.raw
	}
	return s
}

// one is the only member of a list, or the list; of findings that are all the same, one.
func one(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

var (
	kinOf     = `(?:婆婆|公公|妈|娘|爸|爹|姐姐|姐|妹妹|妹子|妹|嫂子|哥哥|哥|弟弟|弟媳|弟|闺女|女儿|儿子|儿媳妇|儿媳|姑姑|姑|姨|舅妈|婶子|婶|大娘|大爷|对象|老公|媳妇|老婆|爱人|邻居|同学|朋友|表妹|表姐|侄女|小姑子|小姑|大姑姐|奶奶|姥姥|女婿|丈母娘|堂妹|弟妹|同事|工友|闺蜜)`
	ownKin    = regexp.MustCompile(`(?:俺|我|咱)(?:家)?(?:的)?(?:大|小|二|三|老|亲)?` + kinOf)
	doctorWho = regexp.MustCompile(`(?:[李王张赵刘陈孙周吴郑田文静桂英]{1,2})(?:大夫|医生|主任|护士|书记|主席)|桂英婶子?|[王桂英]{2,3}婶子?`)
)

// who returns the names of a sentence that an intent is about, as they were said.
func (r *reading) who(role, name string) []string {
	var out []string
	for i, m := range r.names {
		if r.namePassedOver(i, role, name) || slices.Contains(out, m.said) || name != "person.merge" && slices.ContainsFunc(out, func(n string) bool { return strings.HasSuffix(n, m.said) }) {
			continue
		}
		out = append(out, m.said+titleOf(r.text[m.end:], role))
	}
	if len(out) > 0 {
		if len(out) > 1 && (role == "cadre" || role == "clinic") {
			out = r.withoutCompany(out, name)
		}
		return out
	}
	if role == "cadre" || role == "clinic" || role == "clerk" {
		if n := r.guessName(name); n != "" {
			return []string{n}
		}
	}
	if k := ownKin.FindString(r.raw); k != "" && takesKin(name) {
		return []string{k}
	}
	if k := doctorWho.FindString(r.raw); k != "" {
		return []string{k}
	}
	return nil
}

// takesKin reports whether an intent may be about somebody of the family.
func takesKin(name string) bool {
	return slices.Contains([]string{"booking.new", "booking.cancel", "document.proxy", "document.received", "booking.show", "supplies", "visit.request", "result.when"}, name)
}

// namePassedOver reports whether a name of a sentence is not whom it is about: taken back
// (不是A是B), or a colleague who came along.
func (r *reading) namePassedOver(i int, role, name string) bool {
	m := r.names[i]
	before := r.text[:m.start]
	more := i+1 < len(r.names)
	if more && (strings.HasSuffix(before, "不是") || strings.HasSuffix(before, "不叫") || strings.HasSuffix(before, "不是叫")) {
		next := r.text[m.end:r.names[i+1].start]
		if strings.Contains(next, "是") || strings.Contains(next, "叫") {
			return true
		}
	}
	if i > 0 && (strings.HasSuffix(before, "不是") || strings.HasSuffix(before, "不叫") || strings.HasSuffix(before, "别弄成")) && name != "visit.correct" && name != "person.merge" {
		return true
	}
	return false
}

// withoutCompany takes from several names those that only came along: a colleague, the
// husband who stood beside.
func (r *reading) withoutCompany(names []string, name string) []string {
	var out []string
	for _, m := range r.names {
		if !slices.Contains(names, m.said) || slices.Contains(out, m.said) {
			continue
		}
		before := r.text[:m.start]
		husband := strings.HasSuffix(before, "对象") || strings.HasSuffix(before, "男人") || strings.HasSuffix(before, "老公")
		if husband || r.staff[m.said] && name != "human" && name != "person.merge" {
			continue
		}
		out = append(out, m.said)
	}
	if len(out) == 0 {
		return names
	}
	return out
}

//go:embed notnames.txt
var notNamesFile string

// notNames are words that begin as a name does.
var notNames = func() []string {
	_, words, _ := strings.Cut(notNamesFile, "\n")
	return strings.Fields(words)
}()

var nameThen = regexp.MustCompile(`^(?:家|那|这|她|的|[,，。 :：、（(]|没|不|好|怪|挺|去|来|到|在|走|回|上|出|住|说|问|电话|换|搬|生|是|人|刚|已|查|做|也|还|要|想|打|$|✅|❌|今|昨|前|和|跟|登|现|落|发|俩|两|她|嫁|姓|户|拿|领|约|报|把|让|叫|也)`)

// guessName returns a name of nobody whom the directory knows, at the head of a sentence or
// behind a word that a name follows.
func (r *reading) guessName(name string) string {
	in := intents()[name]
	if !in.takes("who") || in.class == classTalk || name == "handover" {
		return ""
	}
	runes := []rune(r.raw)
	for i := range runes {
		if !answer.Surname(runes[i]) || i > 0 && !isStop(runes[i-1]) && !strings.ContainsRune("去看给跟和叫替帮到把是找给俺我个姓人了家", runes[i-1]) {
			continue
		}
		for _, n := range [...]int{3, 2} {
			if i+n > len(runes) {
				continue
			}
			w := string(runes[i : i+n])
			if commonRunes(w) || strings.ContainsFunc(w, isStop) || slices.ContainsFunc(notNames, func(x string) bool { return len(x) > 3 && strings.HasPrefix(w, x) || w == x }) {
				continue
			}
			if nameThen.MatchString(string(runes[i+n:])) {
				return w
			}
		}
	}
	return ""
}

// day returns the day of a sentence that an intent is about.
func (r *reading) day(name string, dir dates.Direction, today calendar.Day) string {
	spans := findSpans(r.text, today, dir)
	if len(spans) == 0 && dir != dates.Any {
		spans = findSpans(r.text, today, dates.Any)
		spans = slices.DeleteFunc(spans, func(d days) bool { // what lies on the other side is another day
			return dir == dates.Past && d.from > today && !strings.HasPrefix(name, "desk.") || dir == dates.Future && d.to < today && strings.HasPrefix(name, "booking.")
		})
	}
	if len(spans) == 0 {
		if (name == "visit.log" || name == "visit.plan") && partOfDay.MatchString(r.text) { // 头午 alone is today's
			return today.String()
		}
		return ""
	}
	spans = dropCoarse(spans)
	pick := spans[0]
	switch name {
	case "booking.change", "visit.plan", "visit.correct", "booking.for_other", "booking.new":
		pick = r.lastMeant(spans)
	case "away.log", "home.coming":
		if back := r.backDay(spans); back >= 0 && name == "away.log" {
			if len(spans) == 1 {
				return ""
			}
			pick = spans[1-min(back, 1)]
		}
	case "visit.log":
		for _, s := range spans {
			if s.from <= today {
				pick = s
				break
			}
		}
		if pick.from > today {
			return ""
		}
	}
	return pick.iso()
}

// partOfDay is a part of the day.
var partOfDay = regexp.MustCompile(`头午|头晌|上午|早上|早晨|清早|一大早|后晌|下午|过午|傍晚|傍黑`)

// lastMeant returns the last day that is not one which was booked before.
func (r *reading) lastMeant(spans []days) days {
	for i := len(spans) - 1; i > 0; i-- {
		before, behind := r.text[:spans[i].start], r.text[spans[i].end:]
		if strings.HasSuffix(before, "约的") || strings.HasSuffix(before, "原来") || strings.HasSuffix(before, "不是") || strings.HasPrefix(behind, "有事") || strings.HasPrefix(behind, "去不") || strings.HasPrefix(behind, "不行") || strings.HasPrefix(behind, "没空") || strings.HasPrefix(behind, "就走") || strings.HasPrefix(behind, "就得上车") {
			continue
		}
		return spans[i]
	}
	return spans[0]
}

// backDay returns which of some days is one of coming back, -1 for none.
func (r *reading) backDay(spans []days) int {
	for i, s := range spans {
		before, behind := r.text[:s.start], r.text[s.end:]
		for _, w := range [...]string{"待到", "住到", "得到", "到", "等", "预计", "干到", "过了"} {
			if strings.HasSuffix(before, w) && !strings.HasSuffix(before, "听到") {
				return i
			}
		}
		if hasAny(head(behind, 4), "回", "家来", "返", "才来") {
			return i
		}
	}
	return -1
}

// next returns the day of coming back of somebody who is away.
func (r *reading) next(today calendar.Day) string {
	spans := findSpans(r.text, today, dates.Future)
	if i := r.backDay(spans); i >= 0 {
		return spans[i].iso()
	}
	return ""
}

func hasAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// head returns the first characters of a text.
func head(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

var titles = regexp.MustCompile(`^(?:婶子|婶|嫂子|大娘|大姐)`)

// titleOf returns the title that follows a name and belongs to it, as residents say it.
func titleOf(behind, role string) string {
	if role != "resident" && role != "stranger" {
		return ""
	}
	return titles.FindString(behind)
}

var movedTo = regexp.MustCompile(`(?:搬|嫁|转|挪|迁|归|划|拨|上|住|到|去)[^,，。]{0,6}?([甲乙丙丁]村)`)

// place returns the place that an intent is about: of several villages the one moved to.
func (r *reading) place(name string) string {
	if name == "person.moved_village" {
		if all := movedTo.FindAllStringSubmatch(r.raw, -1); len(all) > 0 {
			return all[len(all)-1][1]
		}
	}
	return findPlace(r.raw, name == "person.moved_village" || name == "person.moved_away")
}
