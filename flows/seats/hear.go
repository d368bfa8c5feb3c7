package seats

import (
	"fmt"
	"regexp"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
)

// Said is the hour as it was said: before or after noon where that is known.
func (h Heard) Said() string {
	if h.Ambiguous {
		return fmt.Sprintf("%d:%02d", h.Hour, h.Minute)
	}
	return dialog.ClockWord(fmt.Sprintf("%02d:%02d", h.Hour, h.Minute))
}

// Heard is what a sentence says about a booking.
type Heard struct {
	Date         dates.Dates
	Timed        bool
	Hour, Minute int
	Ambiguous    bool
	Party        string // couple, alone
	Rest         string // what was not understood
	Name         string // the same with its small words, which may be parts of a name
}

var (
	hourWords = regexp.MustCompile(partWords + ` ?([0-9]{1,2}|[一二两三四五六七八九十]{1,3})` +
		`(点(半|一刻|三刻|整|钟|` + `[0-9零一二三四五]{1,3}分?)?|:[0-9]{2})`)
	aloneWords = dialog.AnyOf(theOther+`(不去|不来|没空|没法|来不了|去不了)`, `(不|没)(能)?(和|跟|带)`+theOther+`?(一块儿?|一起)?`,
		`(不|没)(一块|一起)`, `(一|1)个?人`, `自个儿?`, `自己`, `就我`, `就俺`, `光我`, `光俺`, `单独`, `(一|1)个(位子|号)`)
	coupleWords = dialog.AnyOf(`俺俩|我俩|我们俩|咱俩|他俩|她俩`, `俩人|俩口子|两口子|小两口|夫妻`,
		`(两|俩)个?(人|位子|位|号)`, `[2二]个?(人|位子|位)`, `(和|跟|带着?|同)`+theOther, `一块儿?|一起|一堆`)
	dayHour     = regexp.MustCompile(`((?:周|礼拜|里拜|星期)[一二三四五六日天末1-7])((?:[一二两三四五六七八九十]{1,3}|[0-9]{1,2})(?:点|:))`)
	oneAlone    = regexp.MustCompile(`^(?:俺|我)?(?:就|自己)?(?:1|一)个(?:吧|呗)?$`)
	seatsLeft   = regexp.MustCompile(`剩[0-9]+`)
	bookFillers = dialog.AnyOf(`约号|预约|挂号|想约|约一?个号?|约一下|一下|个号?`, `给我|帮我|帮俺|给俺|给她|我想|俺想|想`,
		`我要|俺要|要|改到|改成|换到|还是`, `能不能|可不可以|可以|行不行|行不|中不|行吗|中吗|好吗`, `行|中|好|吧|吗|呢|呀|啊|哈|的|了`,
		`来|去|到|在|就|那天|这天|那|您好|你好|我|俺|您`, `时候|左右|号$`, `\?|、|，|,|。|!|~`)
)

// Hear understands a sentence about a booking: the hour first, then how many
// come, then the day in what is left.
func Hear(c *dialog.Turn, sentence string) (h Heard) {
	s := answer.Fold(sentence)
	if _, rest, ok := answer.Index(s); ok && rest != "" {
		s = rest
	}
	s = seatsLeft.ReplaceAllString(s, " ")
	s = dayHour.ReplaceAllString(s, "$1 $2") // 下周二八点 is no hour of 28
	if at := hourWords.FindStringIndex(s); at != nil && !strings.HasPrefix(s[at[0]:], "一点") {
		h.Hour, h.Minute, h.Ambiguous, h.Timed = dates.Time(s[at[0]:at[1]])
		if h.Timed {
			s = s[:at[0]] + " " + s[at[1]:]
		}
	}
	switch one, two := aloneWords.MatchString(s) || oneAlone.MatchString(s), coupleWords.MatchString(s); {
	case one:
		h.Party = "alone"
	case two:
		h.Party = "couple"
	}
	s = oneAlone.ReplaceAllString(s, "")
	s = coupleWords.ReplaceAllString(aloneWords.ReplaceAllString(s, " "), " ")
	s = strings.Join(strings.Fields(s), " ")
	for _, w := range [...]string{"还是", "那就", "要不", "改到", "换到", "想约", "约"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, w))
	}
	if h.Date = dates.Date(s, c.Today, dates.Future); h.Date.Reason != dates.NotADate {
		return h
	}
	start, end, date := dates.FindDate(s, c.Today, dates.Future)
	h.Date = date
	s = s[:start] + " " + s[end:]
	if h.Name = strings.TrimSpace(s); date.Reason == dates.WrongDirection {
		return h
	}
	h.Rest = strings.Join(strings.Fields(bookFillers.ReplaceAllString(s, " ")), " ")
	return h
}
