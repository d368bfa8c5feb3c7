// Package understand reads what people say in their own words: what a sentence means,
// what it tells of whom and when, and how sure that is. It is pure: no clock, no
// storage, no network.
package understand

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
)

// Right is something that a resident may always demand.
type Right string

// The rights.
const (
	NoRight      Right = ""
	StopMessages Right = "stop.messages"
	DeleteData   Right = "delete.data"
	StopRecords  Right = "stop.records"
	NoVisits     Right = "visit.decline"
	HideVillage  Right = "village.hide"
)

// demand is how a right is said. Where something is open (a form, options), only words
// that can be no answer to it count.
type demand struct {
	right Right
	whole *regexp.Regexp // the text as a whole, where nothing is open
	plain *regexp.Regexp // anywhere in the text, where nothing is open
	clear *regexp.Regexp // anywhere in the text, always
	not   *regexp.Regexp // what makes it something else
}

const (
	no   = `(?:别|不要|甭|不用|不许|不准|不必|莫|少|停止|请勿|勿|不让|休)`
	mine = `(?:我|俺|咱)`
)

// nothing changes it.
var demands = []demand{
	{
		right: DeleteData,
		whole: regexp.MustCompile(`^(?:帮?我?要?注销(?:我的?)?(?:账号|帐号)?(?:吧|了)?|销户|(?:都|全)?(?:给我)?删(?:了|掉|除|光|干净)(?:吧)?)$`),
		plain: regexp.MustCompile(`(?:资料|信息|档案|数据)[^?吗]{0,8}(?:删|清空|清了|清掉|清除|抹|销毁|注销|别留|不留)|一点(?:都)?别留`),
		clear: regexp.MustCompile(`(?:删|清空|清掉|清除|抹掉|注销|销毁)[^?吗]{0,6}` + mine + `(?:家)?(?:的)?(?:所有|全部|一切)?(?:资料|信息|记录|档案|数据|账号|东西|个人信息)|` +
			`(?:把|将)` + mine + `[^?吗,，。]{0,3}(?:所有|全部)?的?(?:资料|信息|记录|档案|数据|东西)[^?吗]{0,6}(?:删|清|抹|销毁|注销)|(?:把|将)` + mine + `(?:从你们?那?[里儿]?)?(?:删|注销)|别(?:存|留)着?` + mine + `的(?:东西|资料|信息)`),
		not: regexp.MustCompile(`提醒|预约|约的|那条|这条|刚才|重复|微信好友|会不会|不要删|别删|不是删|没删|不删|谁看|走访|名[单]|点错|记录错|改一下`),
	},
	{
		right: HideVillage,
		plain: regexp.MustCompile(`(?:瞒着|不给|别给|不许给|不能给|甭给|别跟|甭跟|不要跟|别告诉|不要告诉|甭告诉)(?:我们|俺们|俺|我|咱)?(?:村|大队|王桂英|桂英)[^?吗问]{0,6}(?:看|瞧|说|讲|知道|晓得|提|干部|里|上|婶)?`),
		clear: regexp.MustCompile(`(?:别|不要|不想|甭|不让|不能|不叫|不愿意?|别叫|不许)(?:再)?(?:让|叫|给)?[^?吗,，。问]{0,4}(?:村里|村上|村干部|村支书|大队|王桂英|桂英|村主任|妇女主任|村医)[^?吗,，。问]{0,6}(?:知道|晓得|看|瞧|见|查|打听|掺和)`),
		not:   regexp.MustCompile(`问|咨询|现在可以|让村里看|不瞒|不用瞒|见着|看望|没让|来家|上门|别让村里发|知道怎么|看病|看不到我`),
	},
	{
		right: NoVisits,
		plain: regexp.MustCompile(`(?:^|[,，。 了])(?:你们|恁们|恁|人|村里人?|王桂英|桂英|干部)(?:就|也|以后|往后)?(?:别|不要|不用|甭|不必|少)(?:再|老|总)?(?:来了|来啦|来$|登门|上门)|^(?:以后|往后)?(?:再也)?(?:别|不要|不用|甭)(?:再|老是?|总)(?:来了?|上门|登门|往家跑)`),
		clear: regexp.MustCompile(`(?:别|不要|不用|甭|不想|不让|不许|不准|不需要|不欢迎|拒绝|少|谢绝)(?:叫|让|有)?(?:再|老是?|总|天天|你们|恁们?|人|谁|村里|干部|他们|她们|她|他|村里的?人|村干部|王桂英|桂英)*(?:来|上|登|到|进|往|去|踏进|敲)(?:` + mine + `们?|这)?(?:家里|家门|家来|家|门)(?:来|里|跑|走访|了|$|[,，。 ])`),
		not:   regexp.MustCompile(`医院|卫生院|检查|打工|过年|腊月|孩子回|快递|外卖|预约|约的|不敢|老公|他打|打我|打俺|回家|能来|来看看吧|[?？]|吗`),
	},
	{
		right: StopRecords,
		whole: regexp.MustCompile(`^(?:我|俺)?(?:要|想)?(?:撤回|收回|撤销|取消)(?:我的)?(?:授权|同意)(?:了|吧)?$|^(?:我|俺)?(?:反悔了?,?)?(?:不许|不准|不让)(?:你们|恁们?|再)*记(?:了|录)?$`),
		plain: regexp.MustCompile(no + `(?:你们|恁们|恁|再|往上|给|把|老)*(?:记录?|登记|上报|写)(?:` + mine + `|这些?)(?:家)?(?:们)?(?:的)?(?:事|情况|东西|信息)|` + mine + `(?:家)?(?:们)?(?:的)?(?:事|情况)[^?吗]{0,4}` + no + `(?:再|往上|往外)*(?:记|登记|上报|写)`),
		clear: regexp.MustCompile(`(?:以后|往后|从今)[^?吗]{0,4}(?:别|不要|甭|不许|不准|不让)(?:你们|恁们?|再|往上|给我?)*(?:记|登记)(?:` + mine + `|了)|以前[^?吗]{0,4}同意[^?吗]{0,6}现在[^?吗]{0,3}不同意`),
		not:   regexp.MustCompile(`错|改|消息|[?？]|忘`),
	},
	{
		right: StopMessages,
		whole: regexp.MustCompile(`^(?:td|t|n|停|停了|退订|退定|退丁|取消订阅|取消推送|别发了?|不要发了?|甭发了?|停发|别再发了?|不收了?|不想收了?|都别发了?|别烦我了?|滚)(?:吧|啊|哈|,?谢谢)?$`),
		plain: regexp.MustCompile(no + `(?:再|老是?|总是?|天天|整天|一直)+[^?吗,，。]{0,3}(?:发|推送|通知|打扰|骚扰)(?:了|消息|信息|这些|那些|东西|给|$)|` +
			`(?:消息|信息|推送|短信|你们的通知|这些通知)[^?吗,，。]{0,5}(?:关了|关掉|停了|停掉|停一停|停一下|停吧|别发|甭发|不要发|不想收|不用发|屏蔽)|` +
			`(?:不想|不愿意?|不要)(?:再)?(?:收|接收|看)(?:到)?[^?吗,，。]{0,5}(?:消息|信息|通知|短信|推送|东西|这些)|再发[^?吗]{0,4}(?:拉黑|举报|投诉|取关)`),
		clear: regexp.MustCompile(no + `(?:再|老是?|总是?|天天|整天|一直|都)*(?:给|往|向|冲)(?:` + mine + `|这)(?:们)?(?:这里|这儿|这边|这|手机)?[^?吗,，。]{0,4}(?:发|推)(?:了|消息|信息|这些|那些|东西|通知|短信|啥|任何|$|[,，。!])|` +
			`(?:以后|往后|从今)(?:啥|什么|一条|全)?[^?吗,，。]{0,4}(?:别|甭|不要|不用)(?:再)?(?:给` + mine + `)?发(?:了|消息|$)|(?:退订|取消订阅)(?:吧|了)?$|一条(?:都|也)别(?:给` + mine + `)?发`),
		not: regexp.MustCompile(`提醒|疫苗|早上|早晨|清早|一早|名[单]|快递|发火|发烧|发愁|发脾气|发货|发现|发生|发错|取消预约|报告|结果|通知单|补贴|照发|还是发|还发|接着发|没发|别的`),
	},
}

// RightSaid returns the right that a resident demands in plain words. open says that a
// form is open or options are on the screen: a short “别发” is then an answer to it.
func RightSaid(text string, open bool) Right {
	text = strings.ReplaceAll(answer.Bare(text), " ", ",")
	if n := utf8.RuneCountInString(text); n == 0 || n > 40 {
		return NoRight
	}
	for _, d := range demands {
		if d.not.MatchString(text) {
			continue
		}
		if d.clear.MatchString(text) || !open && (d.whole != nil && d.whole.MatchString(text) || d.plain.MatchString(text)) {
			return d.right
		}
	}
	return NoRight
}
