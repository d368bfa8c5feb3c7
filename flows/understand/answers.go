package understand

import (
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
)

// Parse says how well words parse as what is asked.
type parse int

const (
	parseNone parse = iota
	parseLoose
	parseWhole
)

var (
	saysOne   = regexp.MustCompile(`^(?:1|一|①|选?第?一个?|对+|是的?|嗯+|嗯呐|好+|行+|中|要|同意|可以|没错|发|发吧|存|存上|保存|确认|没问题|ok|👌|1吧|对的|就这样|就这么记|记吧|愿意|通知|告诉我|中,记吧|存吧|好的|好嘞|成|嗯嗯)(?:吧|啊|呀|呗|哈|了|的|哩|喽|呢|,?谢谢)*$`)
	saysTwo   = regexp.MustCompile(`^(?:2|二|②|选?第?二个?|不|不用|不要|别|不发|别发|甭发|不同意|不行|不愿意|不对|不大对|改|不了|算了吧?|没必要|不需要|别记|甭记|改一处|不用了|有错|错了)(?:吧|啊|呀|呗|哈|了|的|哩|喽|呢|,?谢谢)*$`)
	saysThree = regexp.MustCompile(`^(?:3|三|③|选?第?三个?|看全文|看看全文|全文)(?:吧|啊|呀|呗|哈|了|的)*$`)
	headDigit = regexp.MustCompile(`^([123]|[一二三]|[①②③])(?:$|[,，。、 吧号啊]|[^\d年月日点天个岁.:])`)
	asksBack  = regexp.MustCompile(`吗|么$|咋|怎么|什么|啥|几|多少|哪|谁|[?？]|能不能|行不|中不|有没有|是不是`)
	houseOf   = regexp.MustCompile(`(?:家的|屋里的|家里的|媳妇|婆婆|对象|婶子|嫂子|大娘|大爷|闺女|儿媳妇?|他娘|她娘|大姐|嬷嬷|姓.的|小姑子|婶|妯娌)$`)
)

// answerOf parses words as an answer to what is open.
func (r *reading) answerOf(a Asked, small smaller) (Slots, parse) {
	s := Slots{"note": r.raw}
	if r.phone != "" {
		s["phone"] = r.phone
	}
	switch a.State {
	case "at:who":
		return r.answerWho(s, a)
	case "at:finding":
		return r.answerFinding(s, small)
	case "at:kind":
		s["value"] = r.raw
		if p := findPlace(r.raw, true); p != "" {
			s["place"] = p
		}
		if w := r.way("visit.correct"); w != "" {
			s["way"] = w
		}
		if f := r.finding(r.text, small); f != "" {
			s["finding"] = f
		}
		return s, parseLoose
	case "at:day", "at:past_day", "at:birth_day":
		return r.answerDay(s, a)
	case "at:summary", "at:consent", "at:notify":
		return r.answerChoice(s, a, small)
	case "at:offer":
		chosen, sure, ok := option(r.text, a.Offers, a.Day)
		if !ok {
			return s, parseNone
		}
		s["value"] = optionValue(chosen)
		r.corrected(s, a, small)
		if sure {
			return s, parseWhole
		}
		return s, parseLoose
	}
	return s, parseNone
}

// whoHead and whoTail stand around a name that is said.
var (
	whoHead = regexp.MustCompile(`^(?:就是|说的是|还是|还|是|我叫|俺叫|叫|她叫|名字是|名字|就|嗯|哦|那个|给|找|我是|俺是|对,?|我本人|本人|写|记|姓名|刚才说的|就俺|俺|你叫俺想想啊,|:|,| )+`)
	whoTail = regexp.MustCompile(`(?:那个|来|吧|啊|呀|呗|哈|了|的呗|这个人)+$`)
)

func (r *reading) answerWho(s Slots, a Asked) (Slots, parse) {
	first, _, _ := strings.Cut(strings.NewReplacer("，", ",", "。", ",", "(", ",", "（", ",").Replace(r.raw), ",")
	plain := whoTail.ReplaceAllString(whoHead.ReplaceAllString(strings.TrimSpace(first), ""), "")
	if p := findPlace(r.raw, true); p != "" {
		s["place"] = p
	}
	if f := findingOf(r.text); f != "" {
		s["finding"] = f
	}
	house := houseOf.MatchString(plain) && len([]rune(plain)) <= 14
	var names []string
	for i, m := range r.names {
		if !r.namePassedOver(i, a.Role, "answer") && !slices.Contains(names, m.said) {
			names = append(names, m.said)
		}
	}
	if len(names) > 1 && hasAny(r.text, "打错", "错了", "不是", "写错") {
		names = names[len(names)-1:]
		if strings.Contains(r.text, "写错成") {
			names = []string{r.names[0].said}
		}
	}
	switch {
	case house && (len(names) == 0 || strings.HasPrefix(plain, names[0])):
		s["who"] = plain
		return s, parseLoose
	case len(names) > 0:
		if strings.Contains(r.text, "她对象") && strings.Contains(r.text, "还有") {
			names = append(names, "她对象")
		}
		s["who"] = one(names)
		if asksBack.MatchString(r.text) || len([]rune(r.text)) > 24 {
			return s, parseLoose
		}
		return s, parseWhole
	}
	if n := r.newPerson(); n != "" {
		s["who"] = n
		return s, parseLoose
	}
	s["who"] = plain
	if n := len([]rune(plain)); n >= 2 && n <= 4 && answer.Surname([]rune(plain)[0]) && !commonRunes(plain) {
		return s, parseWhole
	}
	return s, parseNone
}

// newPerson returns a name that looks like one, of nobody known.
func (r *reading) newPerson() string {
	runes := []rune(r.raw)
	for i := len(runes) - 2; i >= 0; i-- {
		if !answer.Surname(runes[i]) || i > 0 && !isStop(runes[i-1]) && !strings.ContainsRune("叫是姓的个妇子写", runes[i-1]) {
			continue
		}
		for _, n := range [...]int{3, 2} {
			if i+n > len(runes) || i+n < len(runes) && !isStop(runes[i+n]) && runes[i+n] != '(' && runes[i+n] != '（' {
				continue
			}
			w := string(runes[i : i+n])
			if !commonRunes(w) && !slices.ContainsFunc(notNames, func(x string) bool { return len(x) > 3 && strings.HasPrefix(w, x) }) {
				return w
			}
		}
	}
	return ""
}

func (r *reading) answerFinding(s Slots, small smaller) (Slots, parse) {
	f := r.findings(nil, small)
	if w := r.way("visit.correct"); w != "" {
		s["way"] = w
	}
	if p := findPlace(r.raw, true); p != "" {
		s["place"] = p
	}
	if len(f) == 0 {
		return s, parseNone
	}
	s["finding"] = one(f)
	if findingOf(r.text) == f[0] && len([]rune(r.text)) <= 12 && !asksBack.MatchString(r.text) {
		return s, parseWhole
	}
	return s, parseLoose
}

func (r *reading) answerDay(s Slots, a Asked) (Slots, parse) {
	dir := dates.Future
	if a.State != "at:day" {
		dir = dates.Past
	}
	if t := findTime(r.text); t != "" {
		s["time"] = t
	}
	if a.State == "at:birth_day" {
		if day, ok := birthday(r.text, a.Day); ok {
			s["day"] = day.String()
			return s, parseWhole
		}
	}
	d := dates.Date(r.raw, a.Day, dir)
	if d.Reason == dates.OK && d.Day == 0 && len(d.Alternatives) == 0 && d.From == 0 {
		d.Reason = dates.NotADate
	}
	if d.Reason == dates.OK && (d.Day != 0 || d.From != 0) || len(d.Alternatives) > 0 {
		if sp, ok := spanOf(bareNumber(d, r.raw), r.raw); ok {
			s["day"] = sp.iso()
			return s, parseWhole
		}
	}
	text := r.text
	for _, lunar := range [...]string{"阴历", "农历", "旧历"} {
		if i := strings.Index(text, lunar); i > 0 {
			text = lunar + strings.Replace(text, lunar, "", 1)
			break
		}
	}
	spans := findSpans(text, a.Day, dir)
	if len(spans) == 0 {
		return s, parseNone
	}
	pick := spans[len(spans)-1]
	if hasAny(r.text, "不行就", "要不", "或者", "实在不行") && len(spans) == 2 && spans[1].from == spans[0].from+1 {
		pick = days{from: spans[0].from, to: spans[1].to}
	} else if len(spans) > 1 && !hasAny(r.text, "哦不", "不是", "不对", "记岔", "就是", "错了", "还是", "那就") {
		pick = spans[0]
	}
	s["day"] = pick.iso()
	if asksBack.MatchString(r.text) || len([]rune(r.text)) > 16 {
		return s, parseLoose
	}
	return s, parseWhole
}

// bareNumber keeps of the days that a bare number may be the one of that number.
func bareNumber(d dates.Dates, said string) dates.Dates {
	if len(d.Alternatives) < 2 {
		return d
	}
	for _, alt := range d.Alternatives {
		_, _, day := alt.Date()
		if n := numeral(strings.Trim(said, "吧号的,，。 阳历")); n == day && n > 0 {
			d.Day, d.Alternatives = alt, nil
			return d
		}
	}
	return d
}

func (r *reading) answerChoice(s Slots, a Asked, small smaller) (Slots, parse) {
	text := strings.ReplaceAll(answer.Bare(r.text), " ", ",")
	for n, re := range []*regexp.Regexp{saysOne, saysTwo, saysThree} {
		if re.MatchString(text) && (n < 2 || a.State == "at:consent") {
			s["value"] = string(rune('1' + n))
			return s, parseWhole
		}
	}
	if m := headDigit.FindStringSubmatch(text); m != nil {
		if n := circled([]rune(m[1])[0]); n > 0 && (n < 3 || a.State == "at:consent") {
			s["value"] = string(rune('0' + n))
			r.corrected(s, a, small)
			return s, parseWhole
		}
	}
	if small != nil {
		if v := small("value@"+a.State, speech().Replace(r.text)); v != "" {
			s["value"] = v
		}
	}
	r.corrected(s, a, small)
	return s, parseLoose
}

// corrected adds what a correction names: the last name, day, finding, way, place.
func (r *reading) corrected(s Slots, a Asked, small smaller) {
	var names []string
	for i, m := range r.names {
		if !r.namePassedOver(i, a.Role, "answer") {
			names = append(names, m.said)
		}
	}
	if len(names) > 0 {
		s["who"] = names[len(names)-1]
	}
	if spans := findSpans(r.text, a.Day, dates.Any); len(spans) > 0 {
		last := spans[len(spans)-1]
		if a.Role == "cadre" && hasAny(r.text, "去的", "去看", "见的", "号去", "日期", "日子", "前天", "昨天", "走的") {
			if past := findSpans(r.text, a.Day, dates.Past); len(past) > 0 {
				last = past[len(past)-1]
			}
		}
		s["day"] = last.iso()
		if last.from > a.Day {
			s["next"] = last.iso()
		}
	}
	kept := correction(r.text)
	if f := r.finding(kept, small); f != "" {
		s["finding"] = f
	}
	if w := r.wayOf(kept); w != "" {
		s["way"] = w
	}
	if p := findPlace(r.raw, true); p != "" {
		s["place"] = p
	}
	if t := findTime(r.text); t != "" {
		s["time"] = t
	}
	if m := number.FindStringSubmatch(r.text); m != nil {
		s["count"] = numeral(m[1])
	}
}

// wayOf is how somebody was seen by words alone.
func (r *reading) wayOf(text string) string {
	own := *r
	own.text = text
	return own.way("visit.correct")
}
