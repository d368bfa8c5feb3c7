package xlsform

import (
	"regexp"
	"strings"
	"unicode"
)

// rule is something that this service does not ask, and why. The reasons name
// the rule, so that an author can look it up.
type rule struct {
	words *regexp.Regexp
	why   string
}

// rules are tried in order; a text is told one of them.
var rules = []rule{
	{regexp.MustCompile(`身份证|证件号|公民身份号码`), "身份证号不收：个人信息保护法第六条，只收办事用得着的"},
	{regexp.MustCompile(`(胎儿|腹中|肚里|宝宝|婴儿|新生儿|孩子|B超|b超).{0,6}(性别|男孩|女孩|是男是女)|生男|生女|(想|盼|要)(要|生)?(个)?(男孩|女孩|儿子|闺女)|是男是女|男胎|女胎`),
		"孩子、胎儿的性别不问：人口与计划生育法第三十九条禁止非医学需要的胎儿性别鉴定"},
	{regexp.MustCompile(`避孕|节育|上环|取环|环情|结扎|绝育|皮埋`), "避孕由本人自愿选择，不登记：人口与计划生育法第十九、二十条"},
	{regexp.MustCompile(`查环|查孕|孕检|孕情|三查|验孕|怀孕了吗|怀上`), "不查孕情：强制孕检已取消，只做自愿预约（人口与计划生育法第十九条）"},
	{regexp.MustCompile(`婚育证明`), "婚育证明已取消：流动人口计划生育工作条例 2021 年废止"},
	{regexp.MustCompile(`超生|计划外|社会抚养费|[二三]孩审批|生育指标`), "生育不审批、不处罚：2021 年修改的人口与计划生育法"},
	{regexp.MustCompile(`流产|引产|人流|性病|梅毒|艾滋|不孕`), "要本人单独同意，村里看不到：个人信息保护法第二十八、二十九条"},
	{regexp.MustCompile(`举报|两非`), "不收举报，可写上公开的举报电话"},
	{regexp.MustCompile(`房东|雇主|用人单位`), "不问房东和雇主：只收本人自愿说的去向"},
	{regexp.MustCompile(`婚姻状况|婚否|结婚了吗|离异|丧偶|子女数|几个孩子|孩次|胎次`), "不登记婚姻和子女数：个人信息保护法第六条，办事用不着就不问"},
	{regexp.MustCompile(`定位|经纬度|拍照|照片|打卡|签到|合影`), "不拿照片、位置当证明：个人信息保护法第二十八条，行踪是敏感信息"},
	{regexp.MustCompile(`应检|未检|清查|摸排|管控|落实措施|督促|对象名单`), "换个说法：应检→可预约，摸排→征询，管控→服务，督促→提醒"},
}

// sensitive warns when text asks what this service does not ask.
func (r *reader) sensitive(at place, text string) {
	if !strings.ContainsFunc(text, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
		return // every rule is about Chinese words
	}
	for _, x := range rules {
		if loc := x.words.FindStringIndex(text); loc != nil {
			r.warnf(at, "“%s”：%s。", text[loc[0]:loc[1]], x.why)
			return
		}
	}
}
