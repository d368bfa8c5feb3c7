package understand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

var (
	noneOfThem = regexp.MustCompile(`都不(?:是|对|沾|合适|行|要)|没一个|哪个(?:也|都)不|一个(?:也|都)不是|两个都不|全不是|没有一个|都没有我|不是这几|这几样(?:都)?不|上面没有`)
	allOfThem  = regexp.MustCompile(`都要|全要|都来|全都|[两三四]个村都|都发|[两三四]样都|都选|全选|一样一`)
	lastOne    = regexp.MustCompile(`最后[一那]?个|末了|最末|最下[面边]|底下那个|末尾`)
	firstOne   = regexp.MustCompile(`头一[个条家样]|第一[个条家样]|打头|最上[面边]|上面那个|前头那个|最早|快的|越早越好|最近的|早点的|早的那`)
	middleOne  = regexp.MustCompile(`中间|当中`)
	letterOnly = regexp.MustCompile(`^(?:选)?([a-e])(?:吧|啊)?$`)
	someOnes   = regexp.MustCompile(`^[^\d一二三四五]*(?:[1-9一二三四五①②③④⑤][、,， 和跟还有]*){2,}(?:都要|吧|号)?$`)
	oneNumber  = regexp.MustCompile(`^(?:选|就|要|我要|点|那就|嗯|俺要|我选|俺选|第|是)*([1-9一二三四五六①②③④⑤])(?:号|个|吧|啊|呀|那个|个吧|的)*(?:$|[,，。 !、].*$)`)
	trueNumber = regexp.MustCompile(`(?:^|[^不是没天个月岁分])(?:选|那就|要|就|第|填)\s*([1-9一二三四五①②③④⑤])(?:$|[^\d点月天岁个样种]|个[^人月])`)
	numberHead = regexp.MustCompile(`^\d\s+`)
)

// optionWords are words that mean the same on a screen.
var optionWords = [][]string{
	{"一个人", "就我", "我自己", "俺自己", "只来一个", "就俺", "自个", "一个", "单人", "他出车", "他不来"},
	{"两个人", "俩", "一块", "两口子", "一起", "2个人"},
	{"满意", "很满意", "挺好", "好", "和气", "五星", "⭐⭐⭐⭐⭐", "怪好", "不错", "耐心"},
	{"不满意", "差", "气", "骂", "态度", "白跑", "糊弄", "不中"},
	{"一般", "就那样", "凑合", "还行吧", "马马虎虎"},
	{"取消", "不要", "退", "不去", "不约", "不查"},
	{"改", "换", "挪", "改日", "推", "改天"},
	{"寄", "邮", "快递", "寄过来"},
	{"代领", "替我", "帮我拿", "家人", "婆婆拿", "让我", "捎"},
	{"自己来领", "自己领", "我自己去", "自己跑", "本人"},
	{"电话", "打的", "打", "通话"},
	{"登门", "家里", "炕", "上门", "进屋", "去家"},
	{"走访", "看望", "看了", "去看", "见着", "没走"},
	{"外出", "出门", "走了", "打工", "出去"},
	{"回乡", "回来", "家来", "返乡"},
	{"补贴", "钱", "三千六", "那个钱"},
	{"奖励扶助", "六十", "老来", "爹娘"},
	{"工作人员", "找人", "人工", "真人", "说话", "大夫"},
	{"今天", "今儿"}, {"昨天", "夜来"}, {"前天", "前儿"},
	{"不用", "甭", "不要", "别"}, {"再提醒", "要"},
	{"是", "对", "对头", "嗯"}, {"不是", "不对", "哪有", "没有"},
	{"返回", "算了", "都不是", "返去"},
	{"避孕用品", "避孕药具", "套", "安全套"}, {"叶酸", "夜酸"}, {"手册", "书", "本子"},
	{"存", "保存", "存下"}, {"放", "先放着", "搁"},
	{"留言", "留个话"},
}

// Option returns which of the options on the screen are meant, from 1; 0 is none of them.
// sure says that it was named plainly. ok is false where no option is meant.
func option(text string, offers []string, today calendar.Day) (chosen []int, sure, ok bool) {
	labels := make([]string, len(offers))
	for i, o := range offers {
		labels[i] = numberHead.ReplaceAllString(answer.Fold(o), "")
	}
	bare := strings.TrimRight(answer.Bare(text), "吧啊呀哈")
	for i, l := range labels {
		if bare == l {
			return []int{i + 1}, true, true
		}
	}
	if m := letterOnly.FindStringSubmatch(bare); m != nil && int(m[1][0]-'a') < len(offers) {
		return []int{int(m[1][0]-'a') + 1}, true, true
	}
	if n, found := plainNumber(bare, len(offers)); found {
		return n, true, true
	}
	if noneOfThem.MatchString(bare) {
		for i, l := range labels {
			if hasAny(l, "都不是", "返回", "算了", "换一天", "找") {
				return []int{i + 1}, true, true
			}
		}
		return nil, true, true
	}
	if allOfThem.MatchString(bare) && len(offers) > 1 && !slices.ContainsFunc(labels, func(l string) bool { return strings.HasPrefix(l, "都") }) {
		for i := range offers {
			chosen = append(chosen, i+1)
		}
		return chosen, false, true
	}
	if n := byDay(bare, labels, today); n > 0 {
		return []int{n}, false, true
	}
	switch {
	case lastOne.MatchString(bare):
		return []int{len(offers)}, true, true
	case firstOne.MatchString(bare):
		return []int{1}, true, true
	case middleOne.MatchString(bare) && len(offers) == 3:
		return []int{2}, true, true
	}
	if n, strong := byWords(bare, labels); n > 0 {
		return []int{n}, strong, true
	}
	return nil, false, false
}

// plainNumber reads the number of an option, or of several.
func plainNumber(text string, n int) ([]int, bool) {
	within := func(k int) bool { return k >= 1 && k <= n }
	if k, rest, ok := answer.Index(text); ok && within(k) && !strings.HasPrefix(rest, "不") && !someOnes.MatchString(text) {
		return []int{k}, true
	}
	if someOnes.MatchString(text) {
		var all []int
		for _, c := range text {
			if k := circled(c); within(k) && !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
		if len(all) > 1 {
			return all, true
		}
	}
	for _, re := range []*regexp.Regexp{oneNumber, trueNumber} {
		if m := re.FindStringSubmatch(text); m != nil {
			if k := circled([]rune(m[1])[0]); within(k) {
				return []int{k}, true
			}
		}
	}
	return nil, false
}

func circled(c rune) int {
	for _, digits := range [...]string{"123456789", "一二三四五六七八九", "①②③④⑤⑥⑦⑧⑨"} {
		if i := slices.Index([]rune(digits), c); i >= 0 {
			return i + 1
		}
	}
	return 0
}

// byDay returns the option that is on the day, or at the part of the day, that is said.
func byDay(text string, labels []string, today calendar.Day) int {
	own := make([][]days, len(labels))
	some := false
	for i, l := range labels {
		own[i] = findSpans(l, today, dates.Future)
		some = some || len(own[i]) > 0
	}
	if !some {
		return 0
	}
	said := findSpans(text, today, dates.Any)
	hits := 0
	for i := range labels {
		if len(own[i]) > 0 && slices.ContainsFunc(said, func(d days) bool { return d.from == own[i][0].from }) {
			if hits > 0 {
				hits = -1
				break
			}
			hits = i + 1
		}
	}
	if hits > 0 {
		return hits
	}
	when := findTime(text)
	for i, l := range labels {
		t := findTime(l)
		if t == "" {
			continue
		}
		morning := t < "12:00"
		if when == t || hasAny(text, "上午", "头午", "早上") && morning || hasAny(text, "下午", "后晌", "过午") && !morning {
			return i + 1
		}
	}
	return 0
}

// byWords returns the option that shares most with what is said.
func byWords(text string, labels []string) (n int, strong bool) {
	kept := correction(text)
	best, second, at := 0, 0, 0
	for i, l := range labels {
		score := 0
		if len(l) > 3 && strings.Contains(kept, l) {
			score += 6
		}
		runes := []rune(l)
		for k := 0; k+2 <= len(runes); k++ {
			if strings.Contains(kept, string(runes[k:k+2])) {
				score += 3
			}
		}
		for _, r := range runes {
			if r > 0x2e80 && strings.ContainsRune(kept, r) && !strings.ContainsRune("的了个不是我一", r) && strings.Count(strings.Join(labels, ""), string(r)) == 1 {
				score += 2
			}
		}
		for _, group := range optionWords {
			if hasAny(l, group...) && hasAny(kept, group...) {
				score += 2
			}
		}
		if score > best {
			best, second, at = score, best, i+1
		} else if score > second {
			second = score
		}
	}
	if best == 0 || best == second {
		return 0, false
	}
	return at, best >= 5 && best-second >= 3
}

// correction returns what is meant of words that take something back: 不是出门，是回来了.
func correction(text string) string {
	for _, w := range [...]string{"不对,", "哦不,", "不对 ", "应该是", "不是1,", ",是", "，是", " 是", "!是", "！是", "…"} {
		if i := strings.LastIndex(text, w); i > 0 && (hasAny(text[:i], "不是", "不对", "错") || w == "不对,") {
			return text[i+len(w):]
		}
	}
	return text
}

// optionValue is the value of an answer that chose among options.
func optionValue(chosen []int) any {
	switch len(chosen) {
	case 0:
		return "都不是"
	case 1:
		return strconv.Itoa(chosen[0])
	}
	list := make([]any, len(chosen))
	for i, n := range chosen {
		list[i] = n
	}
	return list
}
