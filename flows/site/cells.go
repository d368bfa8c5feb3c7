package site

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

// What a cell holds. Each of these reads one, complains about it and returns
// what is sound in it.

var plain = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// need is a cell that must not be empty.
func (r *row) need(column string) string {
	text := r.raw(column)
	if text == "" {
		r.errorf(column, "要写：%s。", r.explain(column))
	}
	return text
}

// explain says what a column holds.
func (s *sheet) explain(col string) string {
	for _, c := range s.columns {
		if c.name == col {
			return c.about
		}
	}
	return ""
}

// id is a name that texts are asked for by: small letters, digits and _.
func (r *row) id(column string) string {
	id := r.need(column)
	if id != "" && !plain.MatchString(id) {
		r.errorf(column, "“%s” 要用小写字母开头，只用小写字母、数字和 _，最多 32 个。", id)
	}
	return id
}

// known is a name out of a list.
func (r *row) known(column string, names []string) string {
	n := r.need(column)
	if n != "" && !slices.Contains(names, n) {
		r.errorf(column, "没有 “%s”。%s", n, orElse(xlsform.DidYouMean(n, names), "有："+strings.Join(names, "、")+"。"))
	}
	return n
}

// number is a whole number from least to most; an empty cell is otherwise.
func (r *row) number(column string, least, most, otherwise int) int {
	text := r.raw(column)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(answer.Fold(text))
	switch {
	case err != nil:
		r.errorf(column, "“%s” 不是整数。", text)
	case n < least || n > most:
		r.errorf(column, "%d 要在 %d 到 %d 之间。", n, least, most)
	default:
		return n
	}
	return otherwise
}

// yes is yes or no; an empty cell is no.
func (r *row) yes(column string) bool {
	switch text := answer.Fold(r.raw(column)); text {
	case "yes", "y", "true", "1", "是", "对", "√":
		return true
	case "", "no", "n", "false", "0", "否", "不", "不是", "×":
	default:
		r.errorf(column, "“%s” 要写 yes 或 no。", text)
	}
	return false
}

// day is a date: 2027-01-28, 1月28日, 腊月廿一.
func (r *row) day(column string) calendar.Day {
	text := r.need(column)
	if text == "" {
		return 0
	}
	text, _, _ = strings.Cut(text, " 00:00:00")
	d, err := calendar.ParseDay(text)
	if err == nil {
		return r.likely(column, d)
	}
	if r.Today == 0 {
		r.errorf(column, "“%s” 要写成 2027-01-28 这样。", text)
		return 0
	}
	said := dates.Date(text, r.Today, dates.Future)
	switch {
	case said.Day != 0:
		return r.likely(column, said.Day)
	case said.Reason == dates.Impossible:
		r.errorf(column, "没有 “%s” 这一天。", text)
	case len(said.Alternatives) > 0:
		r.errorf(column, "“%s” 可能是 %s，请写全：年-月-日。", text, said.Alternatives[0])
	default:
		r.errorf(column, "“%s” 看不出是哪天，请写成 2027-01-28 这样。", text)
	}
	return 0
}

// likely complains about a day that is no day of this service: a slip of the year.
func (r *row) likely(column string, d calendar.Day) calendar.Day {
	if y, _, _ := d.Date(); y < 2020 || y > 2099 {
		r.errorf(column, "%d 年不对。", y)
		return 0
	}
	return d
}

// hour is a time of day, written 08:30. It may be empty where need says so.
func (r *row) hour(column string, need bool) string {
	text := r.raw(column)
	if text == "" {
		if need {
			r.need(column)
		}
		return ""
	}
	if len(text) > 5 { // Excel's own: 08:30:00
		text = strings.TrimSuffix(text, ":00")
	}
	hour, minute, _, ok := dates.Time(text)
	switch {
	case !ok:
		r.errorf(column, "“%s” 不是钟点，请写成 08:30 这样。", text)
		return ""
	case hour < 6 || hour > 20:
		r.errorf(column, "%d 点不是上班的钟点，下午请写成 14:00 这样。", hour)
		return ""
	}
	return fmt.Sprintf("%02d:%02d", hour, minute)
}

// list are words apart by spaces or 、.
func (r *row) list(column string) []string {
	return strings.FieldsFunc(r.raw(column), func(c rune) bool { return strings.ContainsRune(" \n\t,，、;；|/", c) })
}

var (
	short    = regexp.MustCompile(`^(1[0-9]{2}|1[0-9]{4}|9[0-9]{4})$`) // 120, 12338, 95120
	landline = regexp.MustCompile(`^(0[1-9][0-9]{1,2}[2-9][0-9]{6,7}|[48]00[0-9]{7})$`)
	invented = regexp.MustCompile(`1(54|64|79|94)[0-9]{8}`) // never given to anybody (domain.md 5.2)
	between  = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "+86", "")
)

// phone is a number that can be rung, digits alone.
func (r *row) phone(column string) string {
	text := between.Replace(answer.Fold(r.raw(column)))
	if text == "" || short.MatchString(text) || landline.MatchString(text) {
		return text
	}
	found, _, wrong := answer.Phone(text)
	switch {
	case found == text:
		if fake(found) {
			r.warnf(column, "%s 像是编的号，请换成真的。", found)
		}
		return found
	case wrong != nil && wrong.Len != 11:
		r.errorf(column, "%s 是 %d 位，手机是 11 位，座机要带区号。", text, wrong.Len)
	default:
		r.errorf(column, "“%s” 不是电话。", text)
	}
	return ""
}

// fake reports whether text holds a phone number that nobody can have.
func fake(text string) bool { return invented.MatchString(text) }

// Texts that people read.
const (
	mostBytes = 2048 // of a message
	wide      = 40   // characters of a line that every phone breaks
	good      = 24   // characters of a line that none does
)

var lineBreak = regexp.MustCompile(`(?i)[ \t]*<br */?>[ \t]*|[ \t]*\r?\n[ \t]*`)

// words is a text for people: <br> breaks a line in it.
func (r *row) words(column string) string {
	text := strings.TrimSpace(lineBreak.ReplaceAllString(r.raw(column), "\n"))
	r.judge(column, text)
	return text
}

// needWords is a text that must not be empty.
func (r *row) needWords(column string) string {
	r.need(column)
	return r.words(column)
}

// judge complains about how a text reads.
func (r *row) judge(column, text string) {
	if len(text) > mostBytes {
		r.errorf(column, "太长：%d 个字节，一条消息最多 %d 个（一个汉字 3 个）。", len(text), mostBytes)
	}
	for _, w := range avoided {
		if strings.Contains(text, w.word) {
			r.errorf(column, "不说 “%s”，%s", w.word, w.instead)
		}
	}
	if strings.ContainsAny(text, "!！") {
		r.warnf(column, "不用感叹号。")
	}
	longest := 0
	for line := range strings.SplitSeq(text, "\n") {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	switch {
	case longest > wide:
		r.warnf(column, "有一行 %d 个字，手机上要折成几行，请断开（<br>），每行最好 %d 字以内。", longest, good)
	case longest > good:
		r.warnf(column, "有一行 %d 个字，%d 字以内最好读。", longest, good)
	}
}

// label is a few words that stand on one line.
func (r *row) label(column string) string {
	text := r.needWords(column)
	if strings.Contains(text, "\n") {
		r.errorf(column, "只能写一行。")
	}
	return text
}

// avoided are the words that nobody is to read here, and what to say instead
// (domain.md 1).
var avoided = []struct{ word, instead string }{
	{"应检", "说 “可预约”。"}, {"逾期未检", "说 “提醒已发，可改期”。"}, {"未检", "说 “未预约”。"},
	{"清查", "说 “征询”。"}, {"摸排", "说 “征询”。"}, {"对象", "说 “居民” 或 “您”。"}, {"管控", "说 “服务”。"},
	{"超生", "不写这个。"}, {"计划外", "不写这个。"}, {"落实措施", "说 “自主选择”。"}, {"督促", "说 “提醒”。"}, {"名单", "说 “预约表”。"},
}

// private are the words that no push may hold (domain.md 8.4), and so no name of
// a place that stands in one.
var private = strings.Fields("体检 检查 孕 产 育 避孕 妇 环 药 病 结果 随访 宝宝 医院 卫生院 复诊 转诊 复查 计划")

// neutral is a label that stands in pushes.
func (r *row) neutral(column, text string) {
	for _, w := range private {
		if strings.Contains(text, w) {
			r.errorf(column, "通知里的地点不能带 “%s”，别人会看到，如写：便民服务点。", w)
			return
		}
	}
}

// reading of rules for opening: 星期四, 每周四, 逢2、7.
var (
	weekday = strings.NewReplacer("每", "", "星期", "周", "礼拜", "周", "周天", "周日", "上班日", "工作日", "上班的日子", "工作日", "农历", "", "阴历", "")
	fair    = strings.NewReplacer("10", "十", "1", "一", "2", "二", "3", "三", "4", "四", "5", "五", "6", "六", "7", "七", "8", "八", "9", "九", "0", "十", "、", "", ",", "", "和", "", " ", "", "集", "")
)

// when is a rule of opening.
func (r *row) when(column string) string {
	text := r.need(column)
	if text == "" {
		return ""
	}
	rule := weekday.Replace(answer.Fold(text))
	if strings.HasPrefix(rule, "逢") {
		rule = fair.Replace(rule)
	}
	if rule = strings.Replace(rule, "周天", "周日", 1); !townconfig.Opens(rule) {
		r.errorf(column, "“%s” 不是开的日子，写：周一 到 周日、工作日，或逢集的 逢二七。", text)
		return ""
	}
	return rule
}
