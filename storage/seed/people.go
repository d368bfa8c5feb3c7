package seed

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/visits"
)

// population says what the people of a village are like.
type population struct {
	people int
	seed   uint64
	wechat float64 // share of those who agreed; 0 is the usual
	calm   bool    // nothing is due for days and nobody is away: the cast has the stage
}

type household struct {
	personstore.Household
	cause  string
	people []person
}

type person struct {
	personstore.Resident
	consents  []agreed
	visits    []visits.Visit
	followups []followups.FollowUp
	away      *migration.Absence
	openid    string
}

type agreed struct {
	set purpose.Purpose
	day calendar.Day
}

// Shares of a village, all estimates (domain.md 7): most people only stand in
// the directory.
const (
	shareConsent  = 0.30 // of all
	shareCardSet  = 0.25 // of those: agreed to the away card too
	shareAway     = 0.60 // of those: away now
	shareFollowUp = 0.15 // of those who consented: something agreed on is open
	shareWeChat   = 0.10 // of those who consented: linked to a WeChat
	shareNoPhone  = 0.25 // of all: children and old people
)

// sizes are households of 1 to 6 people, 3.0 on average.
var sizes = []int{1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6}

func (p population) household(rng *rand.Rand, v personstore.Village, no, left int, today calendar.Day) household {
	h := household{cause: fmt.Sprintf("%s/%d", v.ID, no)}
	h.Household = personstore.Household{ID: fmt.Sprintf("%s%04d", v.ID[6:], no), Village: v.ID,
		Group: v.Groups[(no-1)%len(v.Groups)].Name, House: fmt.Sprintf("%d号", no)}
	surname := pick(rng, surnames)
	for range min(left, pick(rng, sizes)) {
		if rng.IntN(3) == 0 { // married in
			surname = pick(rng, surnames)
		}
		r := personstore.Resident{Name: surname + given(rng), Village: v.ID, Group: h.Group, Household: h.ID, House: h.House,
			Source: sourceID, Added: today - 200}
		if rng.Float64() >= shareNoPhone {
			r.Phone = phone(rng)
		}
		h.people = append(h.people, p.person(rng, r, today, h.cause))
	}
	return h
}

// person draws what a person agreed to and what was written down since.
func (p population) person(rng *rand.Rand, r personstore.Resident, today calendar.Day, cause string) person {
	out := person{Resident: r}
	if rng.Float64() >= shareConsent {
		return out
	}
	since := today - calendar.Day(20+rng.IntN(170))
	out.consents = []agreed{{purpose.VisitRecord, since}}
	for d := since; d < today; d += calendar.Day(14 + rng.IntN(80)) {
		out.visits = append(out.visits, visit(rng, d))
	}
	if rng.Float64() < shareFollowUp {
		out.followups = []followups.FollowUp{followup(rng, today, since, p.calm)}
	}
	if rng.Float64() < shareCardSet {
		out.consents = append(out.consents, agreed{purpose.Migration, since})
		if rng.Float64() < shareAway && !p.calm {
			out.away = awayCard(rng, since, today)
		}
	}
	if rng.Float64() < cmp.Or(p.wechat, shareWeChat) {
		out.openid = OpenID(cause, r.Name, fmt.Sprint(p.seed), fmt.Sprint(rng.Uint64()))
	}
	return out
}

func visit(rng *rand.Rand, d calendar.Day) visits.Visit {
	v := visits.Visit{Day: d, At: instant(rng, d).Unix(), Way: pick(rng, ways), Kind: pick(rng, kinds), Finding: pick(rng, findings)}
	if v.Finding == "needs_help" {
		v.Need = pick(rng, needs)
	}
	if rng.IntN(5) == 0 {
		v.Note = pick(rng, notes)
	}
	return v
}

// followup lies a few days back, today, or in the weeks to come.
func followup(rng *rand.Rand, today, since calendar.Day, calm bool) followups.FollowUp {
	f := followups.FollowUp{Kind: "visit", Due: today + calendar.Day(rng.IntN(28)-4), Asked: max(since, today-20)}
	if calm {
		f.Due = today + calendar.Day(5+rng.IntN(24))
	}
	if rng.IntN(3) == 0 {
		f.Kind, f.Text = "answer", pick(rng, needs)
	} else if rng.IntN(3) == 0 {
		f.Part = pick(rng, []string{"上午", "下午"})
	}
	return f
}

func awayCard(rng *rand.Rand, since, today calendar.Day) *migration.Absence {
	a := &migration.Absence{Place: destination(rng), Since: since, At: since.At(11, 0).Unix(), Expected: "说不准"}
	if rng.IntN(3) > 0 {
		a.ExpectedDay = today + calendar.Day(10+rng.IntN(90))
		_, m, d := a.ExpectedDay.Date()
		a.Expected = fmt.Sprintf("%d月%d日", int(m), d)
	}
	return a
}

// destination follows where Shandong's workers go (domain.md 7.4).
func destination(rng *rand.Rand) string {
	n := rng.IntN(100)
	for _, d := range destinations {
		if n -= d.weight; n < 0 {
			return pick(rng, d.places)
		}
	}
	return "省外"
}

var destinations = []struct {
	weight int
	places []string
}{
	{25, []string{"县城"}},
	{15, []string{"枣庄"}},
	{46, []string{"济南", "青岛", "潍坊", "临沂", "烟台", "济宁"}},
	{7, []string{"江苏苏州", "江苏昆山", "上海", "浙江杭州"}},
	{4, []string{"北京", "天津"}},
	{3, []string{"广东东莞", "福建泉州"}},
}

var (
	ways     = []string{"home", "home", "home", "phone", "elsewhere"}
	kinds    = []string{"greet", "greet", "followup", "followup", "deliver", "errand", "other"}
	findings = []string{"well", "well", "well", "well", "needs_help", "unwilling"}
	needs    = []string{"约号", "补贴、手续", "送东西", "问要带哪些纸"}
	notes    = []string{"下午在家", "想换个时间", "电话换了，回头发来", "送到门口"}
)

var groupNames = []string{"一组", "二组", "三组", "四组"}

// The lists leave out what the cast bears, so that a search in the demo finds
// the cast alone.
var (
	surnames = strings.Split("李 王 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 宋 郑 谢 韩 唐 冯 于 董 程 曹 袁 邓 许 傅 沈 彭 吕 苏 卢 蒋 蔡 丁 魏 薛 叶 阎 田 姜 范 石 姚 邹 汪 孔 白 康 毛 邱 秦 史 侯 孟 龙 万 段 钱 汤 尹 黎 常 武 乔 贺 赖 龚 单 解", " ")
	first    = strings.Split("国 建 文 玉 春 晓 海 志 明 俊 德 永 金 凤 月 红 素 淑 爱 惠 雪 冬 庆 宝 福 成 长 景 学 思 雨 子 佳 天 新 振 洪 广 传 延", " ")
	second   = strings.Split("华 芳 军 平 强 霞 荣 珍 玲 云 花 梅 莲 香 琴 峰 涛 林 斌 伟 勇 刚 波 亮 辉 龙 生 民 才 义 仁 礼 山 河 静 洁 慧 欣 宁 凯", " ")
)

func given(rng *rand.Rand) string {
	if rng.IntN(8) == 0 {
		return pick(rng, second)
	}
	return pick(rng, first) + pick(rng, second)
}

func name(rng *rand.Rand) string { return pick(rng, surnames) + given(rng) }

// phone has a prefix that was never assigned (domain.md 5.2).
func phone(rng *rand.Rand) string {
	return fmt.Sprintf("%s%08d", pick(rng, []string{"154", "164", "179", "194"}), rng.IntN(1e8))
}

// villageNames counts as the calendar does: 甲村 … 癸村, 子村 … 亥村, 甲子村 … and
// then with a direction or a number.
func villageNames(n int) []string {
	stems, branches := []rune("甲乙丙丁戊己庚辛壬癸"), []rune("子丑寅卯辰巳午未申酉戌亥")
	var heads []string
	for _, r := range append(slices.Clone(stems), branches...) {
		heads = append(heads, string(r))
	}
	for i := range 120 {
		heads = append(heads, string(stems[i%10])+string(branches[i/10]))
	}
	tails := []string{"", "东", "西", "南", "北"}
	out := make([]string, n)
	for i := range out {
		tail := fmt.Sprint(i / len(heads))
		if i/len(heads) < len(tails) {
			tail = tails[i/len(heads)]
		}
		out[i] = heads[i%len(heads)] + tail + "村"
	}
	return out
}

// villageCode is a division code of an area that does not exist.
func villageCode(i int) string { return fmt.Sprintf("379999%03d%03d", 101+i/700, 201+i%700) }

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
