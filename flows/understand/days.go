package understand

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// sayDays puts words of days that are said otherwise into those that package answer reads.
var sayDays = strings.NewReplacer("昨几个", "昨天", "今黑夜", "今天晚上", "前日", "前天", "昨日", "昨天", "后日", "后天", "夜隔", "昨天", "今清起来", "今天早上", "今清早", "今天早上", "今头午", "今天上午", "今头晌", "今天上午", "今上午", "今天上午", "今下午", "今天下午", "今后晌", "今天下午", "今早上", "今天早上", "明头午", "明天上午", "昨个儿", "昨天", "今黑天", "今天晚上", "今黑家", "今天晚上", "今几个", "今天", "明几个", "明天", "大前儿个", "大前天", "大后儿个", "大后天",
	"大前儿", "大前天", "大后儿", "大后天", "赶明儿个", "明天", "赶明儿", "明天", "赶明个", "明天", "赶明", "明天", "號", "号", "夜儿个", "昨天", "夜个", "昨天", "夜里个", "昨天", "礼拜日", "礼拜天", "星期曰", "星期日",
	"周末两天", "周末", "下个周", "下周", "上个周", "上周", "前个儿", "前天", "后个儿", "后天", "本周", "这周", "本月", "这个月", "mingtian", "明天", "jintian", "今天", "zuotian", "昨天", "houtian", "后天")

// feasts are words of days that package answer reads only where they stand alone.
var feasts = regexp.MustCompile(`(?:今年|明年|去年)?(?:(?:这个|下个|上个|这|下|上|本)月(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})[号日]|(?:上个月|上月|这个月|下个月)|(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})月(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})[号日]|(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})号|(?:这个|下个|上个|这|下|上)?(?:周|星期|礼拜)[一二三四五六日天]|(?:这个|下个|上个|这|下|上)(?:周|星期|礼拜)|(?:腊月|冬月|正月)(?:[初二三十]?[一二三四五六七八九十]{1,2})|元旦节?|春节|除夕|腊八节?|小年|冬至|清明节?|国庆节?|中秋节?|端午节?|五一劳动节|五一|元宵节?|重阳节?|妇女节|立春|立冬|大寒|小寒|大雪|小雪|(?:阴历|农历)?(?:正|腊|冬|[一二三四五六七八九十]{1,2}|1?[0-9])月(?:里|份|底|初|中旬|上旬|下旬)?)(?:那天|当天|前一天|头一天|后一天|后头一天|第二天)?`)

// What stands behind a feast and moves it by a day.
var nextTo = regexp.MustCompile(`(?:前一天|头一天)$`)
var after = regexp.MustCompile(`(?:后一天|后头一天|第二天)$`)

// span of days: a day, or the first and the last.
type days struct {
	start, end int
	from, to   calendar.Day
	coarse     bool
	part       dates.Part
}

func (d days) iso() string {
	if d.from == d.to {
		return d.from.String()
	}
	return d.from.String() + "/" + d.to.String()
}

// findSpans finds all days of a text in one direction, in their order.
func findSpans(text string, today calendar.Day, dir dates.Direction) (found []days) {
	for _, d := range findDays(text, today, dir) {
		if s, ok := spanOf(d.dates, d.said); ok {
			s.start, s.end = d.start, d.end
			found = append(found, s)
		}
	}
	for _, m := range feasts.FindAllStringIndex(text, -1) {
		if slices.ContainsFunc(found, func(d days) bool { return m[0] < d.end && d.start < m[1] }) {
			continue
		}
		if s, ok := feast(text[m[0]:m[1]], today, dir); ok {
			s.start, s.end = m[0], m[1]
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b days) int { return a.start - b.start })
	return joinRanges(text, found)
}

// joinRanges makes one of two days with 到 between: 12月7号到9号.
func joinRanges(text string, found []days) []days {
	for i := 0; i+1 < len(found); i++ {
		between := text[found[i].end:found[i+1].start]
		if (between == "到" || between == "至" || between == "-" || between == "~" || between == "一直到") && found[i].from < found[i+1].to {
			found[i].to, found[i].end = found[i+1].to, found[i+1].end
			found = slices.Delete(found, i+1, i+2)
		}
	}
	return found
}

func spanOf(d dates.Dates, said string) (days, bool) {
	s := days{part: d.Part}
	switch n := len(d.Alternatives); {
	case d.Day != 0:
		s.from, s.to = d.Day, d.Day
	case n == 2 && d.Alternatives[1] == d.Alternatives[0]+1 && !strings.Contains(said, "星期二"):
		s.from, s.to = d.Alternatives[0], d.Alternatives[1]
	case n > 0:
		s.from, s.to = d.Alternatives[0], d.Alternatives[0]
	case d.From != 0:
		s.from, s.to, s.coarse = d.From, d.To, true
	default:
		return s, false
	}
	return s, true
}

// feast reads a feast, or a month.
func feast(said string, today calendar.Day, dir dates.Direction) (days, bool) {
	word, shift := said, calendar.Day(0)
	if m := nextTo.FindString(word); m != "" {
		word, shift = strings.TrimSuffix(word, m), -1
	} else if m := after.FindString(word); m != "" {
		word, shift = strings.TrimSuffix(word, m), 1
	}
	word = strings.TrimSuffix(strings.TrimSuffix(word, "那天"), "当天")
	d := dates.Date(word+"那天", today, dir)
	if d.Day == 0 {
		d = dates.Date(word, today, dir)
	}
	s, ok := spanOf(d, word)
	if !ok {
		return s, false
	}
	if strings.HasPrefix(word, "清明") && s.coarse {
		s.from, s.to, s.coarse = s.from+1, s.from+1, false
	}
	if !strings.ContainsAny(word, "月周期拜") && s.coarse { // a feast is a day
		s.to, s.coarse = s.from, false
	}
	s.from, s.to = s.from+shift, s.to+shift
	return s, true
}

// clock is a time of day: 早上8点半, 14:00, 晚上七点.
var clock = regexp.MustCompile(`(大清早|一大早|清早|一早|早起|早晨|早上|今早|明早|上午|头午|头晌|前晌|凌晨|中午|晌午|下午|过午|过晌|午后|后晌|傍晚|傍黑|晚上|今晚|明晚|夜里|黑天|晚|早)?(?:的)?(\d{1,2}|[一二三四五六七八九十两]{1,3})(?:[:：](\d{2})|[点時时](?:钟|整)?(半|一刻|三刻|[零过]?\d{1,2}分?|[一二三四五]?十[一二三四五六七八九]?分?)?)`)

// findTime returns the last time of day of a text as HH:MM, or "". What may be before or
// after noon is taken within office hours.
func findTime(text string) string {
	said := ""
	for _, m := range clock.FindAllStringSubmatchIndex(text, -1) {
		whole := text[m[0]:m[1]]
		rest := text[m[1]:]
		if strings.HasPrefix(rest, "个") || strings.HasPrefix(rest, "名") || strings.HasPrefix(rest, "子") || strings.HasPrefix(whole, "一点") && !strings.Contains(whole, "点半") && !strings.HasPrefix(rest, "到") || strings.HasSuffix(text[:m[0]], "早") || strings.HasSuffix(text[:m[0]], "快") {
			if m[2] < 0 {
				continue
			}
		}
		whole = strings.NewReplacer("今早", "早上", "明早", "早上", "今晚", "晚上", "明晚", "晚上", "黑天", "晚上", "的", "", "：", ":", "時", "点").Replace(whole)
		hour, min, unsure, ok := dates.Time(whole)
		if !ok {
			continue
		}
		if unsure && hour >= 1 && hour <= 5 {
			hour += 12
		}
		said = string([]byte{byte('0' + hour/10), byte('0' + hour%10), ':', byte('0' + min/10), byte('0' + min%10)})
		if said != "" && !strings.Contains(rest, "改") && !strings.Contains(rest, "换") && !strings.Contains(rest, "到") {
			break
		}
	}
	return said
}

// dropCoarse takes out days that are only seasons where a day is named too.
func dropCoarse(spans []days) []days {
	if !slices.ContainsFunc(spans, func(d days) bool { return !d.coarse }) {
		return spans
	}
	return slices.DeleteFunc(spans, func(d days) bool { return d.coarse })
}

// born is a day with its year in two or four digits: 二四年五月十六, 2024年5月16.
var born = regexp.MustCompile(`((?:20)?[0-9]{2}|(?:二[零〇])?[一二][零〇一二三四五六七八九])年(?:的)?(阴历|农历)?(正|腊|冬|[0-9]{1,2}|[一二三四五六七八九十]{1,2})月(初?[一二三四五六七八九十]{1,3}|[0-9]{1,2})`)

// lunarFeast is a day of the farmers' calendar that is said without it.
var lunarFeast = regexp.MustCompile(`(今年|去年|前年)?(?:的)?(?:五月端午|端午|八月十五|中秋|正月十五|元宵|七月七|九月九|二月二|五月初五|腊月初八|腊八)`)

// birthday reads a day of birth.
func birthday(text string, today calendar.Day) (calendar.Day, bool) {
	if m := born.FindStringSubmatch(text); m != nil {
		year := 0
		for _, c := range m[1] {
			if i := strings.IndexRune("零一二三四五六七八九", c); i >= 0 {
				year = year*10 + i/3
			} else if c == '〇' {
				year *= 10
			} else {
				year = year*10 + int(c-'0')
			}
		}
		if year < 100 {
			year += 2000
		}
		lunar := m[2] != "" || strings.HasPrefix(m[4], "初") || strings.ContainsAny(m[3], "正腊冬") || hasAny(text, "阴历", "农历")
		month := map[string]int{"正": 1, "冬": 11, "腊": 12}[m[3]]
		if month == 0 {
			month = numeral(m[3])
		}
		day := numeral(strings.TrimPrefix(m[4], "初"))
		if lunar {
			return calendar.FromLunar(year, month, false, day)
		}
		if month >= 1 && month <= 12 && calendar.Valid(year, time.Month(month), day) {
			return calendar.Date(year, time.Month(month), day), true
		}
	}
	m := lunarFeast.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	year, _, _ := today.Date()
	switch m[1] {
	case "去年":
		year--
	case "前年":
		year -= 2
	}
	at := map[string][2]int{"五月端午": {5, 5}, "端午": {5, 5}, "五月初五": {5, 5}, "八月十五": {8, 15}, "中秋": {8, 15}, "正月十五": {1, 15}, "元宵": {1, 15}, "七月七": {7, 7}, "九月九": {9, 9}, "二月二": {2, 2}, "腊月初八": {12, 8}, "腊八": {12, 8}}[strings.TrimPrefix(strings.TrimPrefix(m[0], m[1]), "的")]
	d, ok := calendar.FromLunar(year, at[0], false, at[1])
	if ok && d > today {
		d, ok = calendar.FromLunar(year-1, at[0], false, at[1])
	}
	return d, ok && d <= today
}
