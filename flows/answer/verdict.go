package answer

import (
	"regexp"
	"strings"
)

// Verdict is what somebody says who was asked whether.
type Verdict uint8

const (
	Unclear  Verdict = iota
	Yes              // she comes: 去哩, 俺一定到
	Noted            // she has read it, which may be a yes: 好的, 收到
	No               // she does not come, or not plainly: 去不成了, 没空
	OtherDay         // another day suits her better: 换个日子
)

// What stands around the word that decides.
const (
	saidWho  = `(?:俺俩|我俩|俺们|我们|咱们|咱俩|咱|俺|我|她|他|对象|爱人|媳妇|老公|俩人|两个人|那口子|家)*`
	saidWhen = `(?:大?后天|后儿|明天|明儿个?|今天|今儿个?|那天|到时候?|准时|按时|一定|肯定|保证|一准|准|会|能|都|也|就|还|可以|要|是|先)*`
	saidEnd  = `(?:的|哩|啊|呀|吧|哈|呗|嘞|滴|啦|昂|呢)*`
	notEnd   = `(?:了|的|哩|啊|呀|吧|哈|呗|嘞|滴|啦|拉|喽|昂|呢|先)*`
)

var (
	comesWords = regexp.MustCompile(`^` + saidWho + saidWhen + saidWho + `(?:来来来|来来|来|去去|去|到|过来|过去|参加)` + saidEnd + `$`)
	notedWords = regexp.MustCompile(`^(?:好好|好|行行|行|中|管|可以|没问题|知道了?|收到|嗯+|恩|对|是|ok|okay|明白了?|记住了?|谢谢|👌)` + saidEnd + `$`)
	stopsWords = regexp.MustCompile(`^` + saidWho + saidWhen + saidWho + `(?:有事儿?|有点事)?` + saidWho +
		`(?:不(?:想|打算|准备|能|会|愿意?)?(?:再)?(?:来|去|约|过去|过来|要)|(?:来|去|赶|过|到|回)不(?:了|成|及|来|去)` +
		`|没(?:空|时间|工夫|功夫|法儿?(?:去|来)?)|(?:不得空|走不开|抽不开身?)|先?(?:帮|给|替|把)?(?:我|俺)?(?:的?号)?(?:退|取消)(?:了|掉|号)?)` + notEnd + `$`)
	otherWords = regexp.MustCompile(`^` + saidWho + `(?:想|要|能不能|可以|得|先)*(?:改改|换换|改个?|换个?|另换个?|另约个?|再约个?)(?:天|日子|时间|期)` + notEnd + `(?:行不|行吗|中不|可以吗)?$` +
		`|^` + saidWho + `(?:过几天|过两天|晚几天|往后推推?|推迟几?天?|下回|下次)(?:再)?(?:去|来|说|约)?` + notEnd + `$`)
	notNot = regexp.MustCompile(`不(?:能|得|会|可能|好|是)(?:不|没)|(?:来|去|到)不(?:来|去|到)|不用(?:改|换|退)|不(?:改|换|退)`)
	asking = regexp.MustCompile(`[?]|吗|么$|咋|啥|几点|怎么|哪|能不能|行不|中不|可不可以`)
)

// Decides returns what words say to “are you coming”. Each part between stops is
// read by itself: what says nothing (那天有事) beside one that decides is a reason.
// A yes with a question, a no or another doubt beside it is Unclear, and so are
// words that say several things; a No may be less than plain and is to be asked
// about before it is acted upon.
func Decides(s string) Verdict {
	said := map[Verdict]bool{}
	doubt := false
	for _, part := range strings.FieldsFunc(Bare(s), func(r rune) bool { return strings.ContainsRune(" ,、。;.!~", r) }) {
		v := decidesPart(part)
		said[v] = true
		if v == Unclear && (asking.MatchString(part) || strings.ContainsAny(part, "不没")) {
			doubt = true
		}
	}
	switch {
	case said[OtherDay] && !said[Yes]:
		return OtherDay
	case said[No] && !said[Yes] && !said[OtherDay]:
		return No
	case said[No], said[OtherDay], doubt:
		return Unclear
	case said[Yes]:
		return Yes
	case said[Noted] && !said[Unclear]:
		return Noted
	}
	return Unclear
}

func decidesPart(s string) Verdict {
	if len(s) > 48 || notNot.MatchString(s) {
		return Unclear
	}
	switch {
	case otherWords.MatchString(s):
		return OtherDay
	case stopsWords.MatchString(strings.NewReplacer("行不行", "", "行不", "", "行吗", "", "中不", "", "可以吗", "", "吗", "", "?", "").Replace(s)):
		return No
	case comesWords.MatchString(s):
		return Yes
	case notedWords.MatchString(s):
		return Noted
	}
	return Unclear
}

var (
	assents = regexp.MustCompile(`^(?:对|是|嗯+|恩|好|行|中|管|可以|成|ok|okay|没错|确定|要|同意|愿意)(?:对|是|好|行|的|了|哩|啊|呀|吧|哈|嘞|滴|啦|昂)*$`)
	refuses = regexp.MustCompile(`^(?:先)?(?:不|不是|不了|不用|不要|不行|不对|不中|别|甭|没有|算了|留着|留)(?:了|的|哩|啊|呀|吧|哈|啦|先|先不)*$`)
)

// Agrees returns Yes or No where words as a whole are a plain yes or no (对, 行吧,
// 不用了), else Unclear.
func Agrees(s string) Verdict {
	s = Bare(s)
	switch {
	case refuses.MatchString(s):
		return No
	case assents.MatchString(s):
		return Yes
	}
	return Unclear
}
