package understand

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// smaller chooses among a few: by a small classifier of that name, "" where it is not sure.
type smaller func(classifier, text string) string

var (
	byPhone = []string{"电话", "电访", "打给", "打通", "没接", "不接", "接的", "关机", "停机", "微信", "视频", "语音", "通话", "打了", "手机", "空号", "占线", "挂了", "无人接听", "发消息", "回消息", "拨", "电画", "听着", "听声", "拒接", "打过去", "打不通", "来电", "线上", "刚挂", "通了话", "☎", "通了个话", "报平安的"}
	afield  = []string{"殡仪馆", "晒场", "场子上", "井台", "绣花厂", "祠堂", "产房外", "到我家来", "加油站", "开会前后", "上集", "菜地", "茶馆", "庙会", "戏台", "碾坊", "磨坊", "碰见", "碰到", "碰着", "碰上", "遇见", "遇到", "撞见", "集上", "赶集", "路上", "地头", "地里", "超市", "门口碰", "广场", "街上", "娘家", "大棚", "河边", "喜事", "喜酒", "村口", "小卖部", "代销点", "车站", "学校门口", "幼儿园门口", "厂门口", "卫生室", "卫生院", "医院", "村委", "大队部", "食堂", "厂里见", "理发店", "席上", "酒席", "田里", "半道", "路口", "桥头", "菜市场", "菜园", "井边", "麦场", "店里", "不是家里", "村部", "澡堂", "跳舞", "打牌", "棋牌", "俺家来", "来俺家", "上俺家"}
	atHome  = []string{"入户", "入库", "登门", "上门", "进门", "进屋", "家里", "家去", "家坐", "门口", "门上", "敲门", "锁门", "锁着门", "炕", "院", "屋里", "家门", "到家", "串门", "隔着门", "门缝", "墙头"}
)

// metDenied are words of meeting that are denied.
var metDenied = regexp.MustCompile(`从村部回来|随礼|(?:没|木|没有)(?:能)?碰(?:上|着|见|到)|没遇(?:见|到)|碰上人|回娘家|送孩子`)

// way returns how somebody was seen.
func (r *reading) way(name string) string {
	switch {
	case name == "visit.plan":
		if hasAny(r.text, "去个电话", "打电话", "打个电话", "电话问", "视频", "微信问", "给她打", "去电话", "电话等", "电话,", ",电话") {
			return "phone"
		}
		return ""
	}
	switch w := wayOf(r.text); {
	case w == "elsewhere" || w == "phone":
		return w
	case w == "" && name != "visit.log":
		return ""
	}
	return "home"
}

// wayOf returns how somebody was seen by what is said, "" where nothing is.
func wayOf(text string) string {
	switch {
	case hasAny(metDenied.ReplaceAllString(text, ""), afield...) && !hasAny(text, "上班去了", "赶集去了"):
		return "elsewhere"
	case hasAny(text, byPhone...) && !hasAny(text, "手机摔", "手机坏", "换手机", "电话号", "手机号"):
		return "phone"
	case hasAny(text, atHome...):
		return "home"
	}
	return ""
}

var (
	twoOf  = []string{"两口子", "俩人", "两个人", "我俩", "俺俩", "我们俩", "俺们俩", "咱俩", "他俩", "她俩", "俺两口", "我和对象", "我跟对象", "我和老公", "我跟老公", "跟我老公", "和我老公", "跟俺对象", "我和男朋友", "我和我对象", "跟我对象", "和我对象", "跟她对象", "和她对象", "跟俺婆婆", "跟俺女婿", "俩都", "一块去", "一块儿去", "一起去", "和我媳妇", "跟我媳妇", "夫妻", "两位", "2个人", "2人", "双人", "娘俩", "我跟我妹", "爷俩", "俩一块", "我们两个", "俺两", "我们仨俩"}
	oneOf1 = []string{"我自己", "俺自己", "我一个", "俺一个", "就我", "就俺", "光我", "光俺", "只我", "我自个", "俺自个", "一个人", "她自己", "她一个", "一位", "1个人", "1人", "单人", "自己去", "自己来", "自个去", "自个来", "我个人", "减一个", "少一个", "去一个", "剩我"}
	number = regexp.MustCompile(`(\d{1,3}|[一二三四五六七八九十百两俩仨]{1,4})(?:来|多)?\s*(?:个|名|位|对|张|份|盒|瓶|套|户|人|口|条|本|包|片|块牌|只|支)`)
)

// count returns how many persons or pieces a sentence is about, 0 for none said.
func (r *reading) count(name string) int {
	one, two := hasAny(r.text, oneOf1...), hasAny(r.text, twoOf...)
	switch {
	case name == "booking.reduce":
		return 1
	case name == "posters.print", name == "cards.print", name == "slots.open", name == "codes.issue", name == "supplies", name == "import", name == "booking.free", name == "visit.log":
		all := number.FindAllStringSubmatch(r.text, -1)
		for _, m := range all { // pieces before all else
			if strings.HasSuffix(m[0], "张") || strings.HasSuffix(m[0], "份") || strings.HasSuffix(m[0], "盒") {
				return numeral(m[1])
			}
		}
		if len(all) > 0 {
			return numeral(all[0][1])
		}
		if two && name == "booking.free" {
			return 2
		}
		return 0
	case strings.Contains(r.text, "仨") || strings.Contains(r.text, "三个人") || strings.Contains(r.text, "3个人"):
		return 3
	case two && !(one && name == "desk.arrived"):
		return 2
	case one:
		return 1
	}
	if m := number.FindStringSubmatch(r.text); m != nil && (strings.HasSuffix(m[0], "人") || strings.HasSuffix(m[0], "位")) {
		return numeral(m[1])
	}
	return 0
}

// numeral reads digits or a Chinese number below 100.
func numeral(s string) int {
	n := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		case c == '十':
			n = max(n, 1) * 10
		case c == '百':
			n = max(n, 1) * 100
		case c == '俩' || c == '两':
			n += 2
		case c == '仨':
			n += 3
		default:
			if i := strings.IndexRune("一二三四五六七八九", c); i >= 0 {
				n += i/3 + 1
			}
		}
	}
	return n
}

// findings returns how those are who are named, one of each; one alone where all are the
// same or nobody is named.
func (r *reading) findings(names []string, small smaller) []string {
	if len(names) > 1 {
		return r.findingsEach(names, small)
	}
	if len(names) == 0 {
		if list := r.numbered(small); len(list) > 0 {
			return list
		}
	}
	if f := r.finding(r.text, small); f != "" {
		return []string{f}
	}
	return nil
}

// finding is how one person is by what is said of her.
func (r *reading) finding(text string, small smaller) string {
	sure := findingOf(text)
	if small == nil {
		return sure
	}
	f := small("finding", speech().Replace(text))
	switch {
	case f == "" || f == "none":
		return sure
	case sure == NotMet && !hasAny(text, "后来", "其实", "见着了", "见到了", "才见", "碰上了", "没人有", "人没事", "接了"):
		return sure
	}
	return f
}

// numbered reads lines of the day's list with how each is: 1好2没在家.
func (r *reading) numbered(small smaller) []string {
	lines := listLines(r.text)
	if len(lines) < 2 {
		return nil
	}
	var out []string
	for i := len(lines) - 1; i >= 0; i-- {
		f := r.finding(lines[i].text, small)
		if f == "" && len(out) > 0 {
			f = out[0]
		}
		if f == "" {
			return nil
		}
		out = slices.Insert(out, 0, f)
	}
	if same := slices.Compact(slices.Clone(out)); len(same) == 1 {
		return same
	}
	return out
}

type listLine struct {
	number int
	text   string
}

var lineNumber = regexp.MustCompile(`第([一二三四五六七八九十]|\d)[家个条户位号]?|头一个|头一家|([①②③④⑤⑥⑦⑧⑨])|(\d)(?:号|[^\d年月日点岁盒瓶个张遍次回趟户家人天:：.]|$)|(?:^|[,，。 ])([一二三四五六七八九])[,，]`)
var lineRange = regexp.MustCompile(`([\d一二三四五六七八九])(?:到|至|-|~)([\d一二三四五六七八九])|前([二两三四五六七八九])(?:个|家|户|位)|头([二两俩三仨四五六七])(?:个|家|户|位)?|后([二两俩三])(?:个|家|户)`)

// listLines reads which lines of the day's list are named, with what is said of each.
func listLines(text string) []listLine {
	var lines []listLine
	last := 0
	for _, m := range lineRange.FindAllStringSubmatchIndex(text, -1) {
		from, to := 1, 0
		switch {
		case m[2] >= 0:
			from, to = numeral(text[m[2]:m[3]]), numeral(text[m[4]:m[5]])
		case m[6] >= 0:
			to = numeral(text[m[6]:m[7]])
		case m[8] >= 0:
			to = numeral(text[m[8]:m[9]])
		case m[10] >= 0:
			from = len(lines) + 1
			to = len(lines) + numeral(text[m[10]:m[11]])
		}
		end := len(text)
		if next := lineRange.FindStringIndex(text[m[1]:]); next != nil {
			end = m[1] + next[0]
		}
		if next := lineNumber.FindStringIndex(text[m[1]:end]); next != nil {
			end = m[1] + next[0]
		}
		for n := from; n <= to && n <= 9; n++ {
			lines = append(lines, listLine{n, text[m[1]:end]})
		}
		last = end
	}
	rest := text[last:]
	found := lineNumber.FindAllStringSubmatchIndex(rest, -1)
	for i, m := range found {
		n := 1
		for k := 1; k <= 4; k++ {
			if m[2*k] < 0 {
				continue
			}
			s := rest[m[2*k]:m[2*k+1]]
			if c := strings.Index("①②③④⑤⑥⑦⑧⑨", s); k == 2 && c >= 0 {
				n = c/3 + 1
			} else {
				n = numeral(s)
			}
		}
		end := len(rest)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		start := m[1]
		if m[6] >= 0 {
			start = m[7]
		}
		if n > 0 && !slices.ContainsFunc(lines, func(l listLine) bool { return l.number == n }) {
			lines = append(lines, listLine{n, rest[min(start, end):end]})
		}
	}
	return lines
}

var stars = regexp.MustCompile(`([一二三四五1-5])(?:颗)?(?:分|星)`)
var ticket = regexp.MustCompile(`(?:第)?(\d{1,4}|[一二三四五六七八九十]{1,3})(?:号|个|条|对|件|位)?`)

// value returns the number that a sentence names: of a list, or of stars.
func (r *reading) value(name string) any {
	switch name {
	case "day.close":
		var numbers []any
		for _, l := range listLines(r.text) {
			numbers = append(numbers, l.number)
		}
		if len(numbers) > 0 {
			return numbers
		}
	case "rate":
		if m := stars.FindStringSubmatch(r.text); m != nil {
			return string(rune('0' + numeral(m[1])))
		}
	default:
		if m := ticket.FindStringSubmatch(r.text); m != nil && len(r.names) == 0 {
			return numeral(m[1])
		}
	}
	return nil
}

//go:embed topics.txt
var topicsFile string

// topicWords are the words for a topic of an intent.
type topicWords struct {
	intent, topic string
	words         []string
}

// topics are what pages are about.
var topics = sync.OnceValue(func() (all []topicWords) {
	for line := range strings.Lines(topicsFile) {
		head, words, ok := strings.Cut(line, ":")
		name, topic, named := strings.Cut(head, " ")
		if ok && named && !strings.HasPrefix(line, "#") {
			all = append(all, topicWords{name, topic, strings.Fields(words)})
		}
	}
	return all
})

// topic returns what a question is about.
func (r *reading) topic(name string, small smaller) string {
	for _, t := range topics() {
		if t.intent == name && hasAny(r.text, t.words...) {
			return t.topic
		}
	}
	if intents()[name].takes("topic") {
		return r.raw
	}
	return ""
}
