package answer_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xintiexin/flows/answer"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "都好": "都好", " 都好 ": "都好", "１　上门": "1 上门", "ＡｂＣ": "abc", "a   b": "a b", "（一）": "(一)", "好。": "好。", "1、3": "1、3",
		"1\ufe0f\u20e3": "1", "\u200b都好\n": "都好", "8：30": "8:30", "3，5": "3,5", "\t": "",
	} {
		if got := answer.Fold(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := answer.Fold(answer.Fold(in)); got != want {
			t.Errorf("%q folded twice: %q", in, got)
		}
	}
}

func TestOptionNumbersAsTheyAreTyped(t *testing.T) {
	for _, c := range []struct {
		typed string
		n     int
		rest  string
	}{
		{"1", 1, ""}, {"１", 1, ""}, {"一", 1, ""}, {"1.", 1, ""}, {"1。", 1, ""}, {"①", 1, ""}, {"(1)", 1, ""}, {"（2）", 2, ""}, {"第一个", 1, ""},
		{"第2个", 2, ""}, {"第三", 3, ""}, {"选2", 2, ""}, {"选二", 2, ""}, {"1 上门", 1, "上门"}, {"1、上门", 1, "上门"}, {"1.上门", 1, "上门"},
		{"1昨天", 1, "昨天"}, {"1夜来到哩", 1, "夜来到哩"}, {"一、上门", 1, "上门"}, {"一 上门", 1, "上门"}, {"②电话", 2, "电话"}, {"1️⃣", 1, ""},
		{"10", 10, ""}, {"十", 10, ""}, {"十二", 12, ""}, {"4 没打通", 4, "没打通"}, {"1 28号", 0, ""}, {"3 年后的", 3, "年后的"}, {"⒊", 3, ""},
		{"1好2给她说了3没搁家4赶明儿", 1, "好2给她说了3没搁家4赶明儿"}, {"(1)上门", 1, "上门"}, {"第一个 上门", 1, "上门"}, {"1!", 1, ""},
		{"1吧", 1, ""}, {"2啊。", 2, ""}, {"一吧", 1, ""}, {"嗯，1", 1, ""}, {"嗯1", 1, ""}, {"好的 2吧", 2, ""}, {"就3吧", 3, ""}, {"那就第一个吧", 1, ""}, {"第1个吧", 1, ""},
		{"选1吧", 1, ""}, {"我要2", 2, ""}, {"行，二", 2, ""}, {"嗯，就1", 1, ""}, {"1中吧", 1, "中吧"}, {"就3号吧", 0, ""}, {"嗯，11.28", 0, ""}, {"要3楼", 0, ""}, {"好一", 0, ""},
		{"那一", 0, ""}, {"嗯", 0, ""}, {"吧", 0, ""}, {"点一", 0, ""}, {"要12斤", 0, ""}, {"我要17900001122", 0, ""},
		{"11.28", 0, ""}, {"1月3号", 0, ""}, {"13号", 0, ""}, {"10点", 0, ""}, {"1:30", 0, ""}, {"1-3", 0, ""}, {"1/3", 0, ""}, {"1 3", 0, ""}, {"1、3", 0, ""},
		{"3楼", 0, ""}, {"三组", 0, ""}, {"三天后", 0, ""}, {"一般", 0, ""}, {"0", 0, ""}, {"01", 0, ""}, {"123", 0, ""}, {"17900001122", 0, ""},
		{"", 0, ""}, {"都好", 0, ""}, {"第一次", 0, ""}, {"选3.5", 0, ""}, {"(", 0, ""}, {"(1", 0, ""}, {"两", 0, ""}, {"1 月 3 号", 0, ""}, {"65岁", 0, ""}, {"1周后", 0, ""},
	} {
		n, rest, ok := answer.Index(c.typed)
		if ok != (c.n > 0) || ok && (n != c.n || rest != c.rest) {
			t.Errorf("%q: %d %q %v, want %d %q", c.typed, n, rest, ok, c.n, c.rest)
		}
	}
}

func TestWhatIsSaidAroundAWord(t *testing.T) {
	for typed, want := range map[string]string{
		"嗯，今日": "今日", "好的，今日": "今日", "那个 今日": "今日", "您好，约号": "约号", "嗯。走访 孟丽": "走访 孟丽", "好，1": "1",
		"那英": "", "好": "", "好的": "", "行吗": "", "嗯": "", "嗯，": "", "中国": "", "对象": "", "好好": "", "今日": "", "": "",
	} {
		if got, ok := answer.Opened(answer.Fold(typed)); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
	for typed, want := range map[string]string{
		"想换天": "换天", "我想退号": "退号 想退号", "俺要约号": "约号 要约号", "要 改期": "改期", "想去苏州": "去苏州", "我想听": "听 想听", "不想换天": "", "想": "", "约号": "", "": "",
	} {
		if got := strings.Join(answer.Wished(typed), " "); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestNumbersAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]float64{
		"3": 3, "３": 3, "3.5": 3.5, "３．５": 3.5, "-2": -2, "0": 0, "三": 3, "十": 10, "十二": 12, "二十": 20, "九十九": 99, "两": 2, "俩": 2,
		"拾伍": 15, "廿六": 26, "〇": 0, "零": 0, "3口": 3, "65岁": 65, "六十五岁": 65, "三口人": 3, "两个": 2, "3 口": 3, "3个月": 3, "3。": 3, " 3 ": 3, "007": 7, "3.": 3,
	} {
		if got, ok := answer.Number(typed); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", typed, got, ok, want)
		}
	}
	for _, typed := range []string{
		"", "3，5", "3,5", "1e3", "3万", "三百", "3百", "三十多", ".5", "3.5.6", "3-5", "都好", "口", "三口五口", "3点半", "--3", "-", "0x10", "3abc",
		"一二", "十十", "半", "3个半", "inf", "nan", "3岁多", "99999999999999999999", "三五",
	} {
		if got, ok := answer.Number(typed); ok {
			t.Errorf("%q is taken for %v", typed, got)
		}
	}
}

func TestPhonesInText(t *testing.T) {
	for _, c := range []struct{ typed, phone, rest string }{
		{"小燕17900001122", "17900001122", "小燕"}, {"小燕 17900001122", "17900001122", "小燕"}, {"17900001122", "17900001122", ""},
		{"１７９００００１１２２", "17900001122", ""}, {"+86 17900001122", "17900001122", ""}, {"+8617900001122小燕", "17900001122", "小燕"},
		{"86-179-0000-1122", "17900001122", ""}, {"179 0000 1122 小燕", "17900001122", "小燕"}, {"179-0000-1122", "17900001122", ""},
		{"三组 17900001122", "17900001122", "三组"}, {"3组17900001122", "17900001122", "3组"}, {"17900001122 3组", "17900001122", "3组"},
		{"小燕,电话:17900001122", "17900001122", "小燕"}, {"手机号17900001122 小燕", "17900001122", "小燕"}, {"0632-1234567", "06321234567", ""},
		{"(0632)1234567", "06321234567", ""}, {"06321234567 小燕", "06321234567", "小燕"}, {"小燕 12 17900001122", "17900001122", "小燕 12"},
		{"008617900001122", "17900001122", ""}, {"小燕", "", "小燕"}, {"三组12号", "", "三组12号"}, {"20261103", "", "20261103"}, {"尾号1122", "", "尾号1122"}, {"", "", ""},
	} {
		phone, rest, err := answer.Phone(c.typed)
		if phone != c.phone || rest != c.rest || err != nil {
			t.Errorf("%q: %q %q %v, want %q %q", c.typed, phone, rest, err, c.phone, c.rest)
		}
	}
	for typed, want := range map[string]answer.PhoneError{
		"小燕1790000317":        {Digits: "1790000317", Len: 10},
		"小燕179000003171":      {Digits: "179000003171", Len: 12},
		"1790000":             {Digits: "1790000", Len: 7},
		"小燕 179 0000 317":     {Digits: "1790000317", Len: 10},
		"1790000317 3组":       {Digits: "1790000317", Len: 10},
		"12345678901":         {Digits: "12345678901", Len: 11},
		"+86 1790000317":      {Digits: "1790000317", Len: 10},
		"0632-123456":         {Digits: "0632123456", Len: 10},
		"1790000317 小燕 二组12号": {Digits: "1790000317", Len: 10},
		"小燕 １７９００００３１７":       {Digits: "1790000317", Len: 10},
	} {
		phone, _, err := answer.Phone(typed)
		if phone != "" || err == nil || *err != want {
			t.Errorf("%q: %q %+v, want %+v", typed, phone, err, want)
		}
	}
}

func TestWhatSoundsAlike(t *testing.T) {
	for _, c := range []struct {
		a, b       string
		same, near bool
	}{
		{"走方", "走访", true, true}, {"撤消", "撤销", true, true}, {"帮定", "绑定", true, true}, {"返香", "返乡", true, true},
		{"郭敏", "郭明", false, true}, {"王桂英", "王桂因", false, true}, {"刘兰", "牛男", false, true}, {"刘兰", "陈兰", false, false}, {"李娜", "李拉", false, true},
		{"周三", "邹三", false, true}, {"陈静", "岑静", false, true}, {"程静", "陈静", false, true}, {"走访", "走", false, false},
		{"走访", "访走", false, false}, {"", "", true, true}, {"1", "一", false, false}, {"a", "a", true, true}, {"走", "", false, false},
	} {
		if got := answer.SameSound(c.a, c.b); got != c.same {
			t.Errorf("%s, %s: same %v", c.a, c.b, got)
		}
		if got := answer.NearSound(c.a, c.b); got != c.near {
			t.Errorf("%s, %s: near %v", c.a, c.b, got)
		}
	}
}

func options(labels ...string) [][]string {
	var out [][]string
	for _, l := range labels {
		out = append(out, strings.Split(l, "|"))
	}
	return out
}

func TestRepliesToOptions(t *testing.T) {
	finding := options("都好|好|好着哩", "需要帮助|要帮忙", "没见到|没搁家|不在家", "不愿谈")
	consent := options("她说行|行|中|管", "她说不行|不行|不中", "不是她，重找")
	agree := options("同意", "不同意", "看全文")
	names := options("张翠 一组 尾号1190", "刘翠英 四组 尾号5526", "都不是")
	save := options("保存", "改一处")
	call := options("会来|中", "改天", "不来了", "没打通")
	days := options("周四 1月28日 腊月廿一 剩6", "周五 1月29日 腊月廿二 剩9", "周二 2月2日 腊月廿六 剩3", "年后的", "都不行，有空了告诉我")
	menu := options("约号（免费检查）", "问事", "悄悄话", "找人")
	twins := options("王秀兰 一组 尾号2208", "王秀兰 三组 尾号6651", "都不是")
	for _, c := range []struct {
		typed  string
		labels [][]string
		want   []int
	}{
		{"1", finding, []int{0}}, {"１", finding, []int{0}}, {"一", finding, []int{0}}, {"第四个", finding, []int{3}}, {"①", finding, []int{0}},
		{"都好", finding, []int{0}}, {"都好。", finding, []int{0}}, {"好", finding, []int{0}}, {"她说都好", finding, []int{0}}, {"都好了", finding, []int{0}},
		{"需要", finding, []int{1}}, {"帮助", finding, []int{1}}, {"没搁家", finding, []int{2}}, {"今天没见到", finding, []int{2}}, {"不愿意谈", finding, nil},
		{"都号", finding, []int{0}}, {"1 都好", finding, []int{0}}, {"1都好", finding, []int{0}}, {"3 没见到", finding, []int{2}}, {"2 要帮忙", finding, []int{1}},
		{"1 没见到", finding, nil}, {"5", finding, nil}, {"不太都好", finding, nil}, {"没有都好", finding, nil}, {"都好吗", finding, nil}, {"都好？", finding, nil},
		{"不好", finding, nil}, {"见到", finding, nil}, {"11.28", finding, nil}, {"1月3号", finding, nil}, {"", finding, nil}, {"。", finding, nil},
		{"1 她说行", consent, []int{0}}, {"行", consent, []int{0}}, {"中", consent, []int{0}}, {"管", consent, []int{0}}, {"不行", consent, []int{1}},
		{"她说不行", consent, []int{1}}, {"2 她说不行", consent, []int{1}}, {"1 她说不行", consent, nil}, {"2 行", consent, nil}, {"重找", consent, []int{2}}, {"不是她", consent, []int{2}},
		{"同意", agree, []int{0}}, {"不同意", agree, []int{1}}, {"我同意", agree, []int{0}}, {"我不同意", agree, []int{1}}, {"同意不", agree, nil}, {"没说同意", agree, nil},
		{"张翠", names, []int{0}}, {"1 张翠 一组 尾号1190", names, []int{0}}, {"翠", names, []int{0, 1}}, {"张翠一组", names, []int{0}}, {"四组", names, []int{1}},
		{"章翠", names, nil}, {"1190", names, nil}, {"90", names, nil}, {"尾号5526", names, []int{1}}, {"尾号55", names, nil}, {"都不是", names, []int{2}},
		{"1 都好", save, nil}, {"1 保存", save, []int{0}}, {"保存", save, []int{0}}, {"宝存", save, []int{0}}, {"改", save, []int{1}}, {"不保存", save, nil}, {"改3电话", save, nil},
		{"4 没打通", call, []int{3}}, {"4 会来", call, nil}, {"2 改天吧", call, []int{1}}, {"2说改天", call, []int{1}}, {"不来了", call, []int{2}}, {"1中", call, []int{0}},
		{"1月28日", days, []int{0}}, {"2月2日", days, []int{2}}, {"腊月廿二", days, []int{1}}, {"3 周二 2月2日 腊月廿六", days, []int{2}}, {"年后", days, []int{3}},
		{"年后的吧", days, []int{3}}, {"有空", days, []int{4}}, {"8日", days, nil}, {"周", days, []int{0, 1, 2}}, {"4 年后的", days, []int{3}},
		{"约号", menu, []int{0}}, {"我要约号", menu, []int{0}}, {"1 约号（免费检查）", menu, []int{0}}, {"免费", menu, []int{0}}, {"不想约号", menu, nil}, {"问事", menu, []int{1}},
		{"秀兰", twins, []int{0, 1}}, {"三组", twins, []int{1}}, {"三组的", twins, nil}, {"王秀兰", twins, []int{0, 1}},
		{"是", options("是我", "不是我"), []int{0}}, {"是我", options("是我", "不是我"), []int{0}}, {"秀兰家的王秀兰", options("秀兰", "王秀兰"), []int{1}},
	} {
		if got := answer.Match(c.typed, c.labels); !slices.Equal(got, c.want) {
			t.Errorf("%q of %v: %v, want %v", c.typed, c.labels, got, c.want)
		}
	}
}

func TestRepliesThatNameSeveralOptions(t *testing.T) {
	needs := options("约号", "问医生", "补贴、手续", "送东西", "别的")
	many := options("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m")
	for _, c := range []struct {
		typed  string
		labels [][]string
		want   []int
		ok     bool
	}{
		{"1 3 4", needs, []int{0, 2, 3}, true}, {"4、1", needs, []int{0, 3}, true}, {"1，3", needs, []int{0, 2}, true}, {"134", needs, []int{0, 2, 3}, true},
		{"约号、送东西", needs, []int{0, 3}, true}, {"补贴、手续", needs, []int{2}, true}, {"约号和问医生", needs, []int{0, 1}, true}, {"2", needs, []int{1}, true},
		{"1 1", needs, []int{0}, true}, {"1 约号", needs, []int{0}, true}, {"１、３", needs, []int{0, 2}, true}, {"一 三", needs, []int{0, 2}, true}, {"1.3", needs, []int{0, 2}, true},
		{"无", needs, nil, true}, {"没有", needs, nil, true}, {"没有。", needs, nil, true}, {"13", many, []int{12}, true},
		{"", needs, nil, false}, {"6", needs, nil, false}, {"1 6", needs, nil, false}, {"113", needs, nil, false}, {"136", needs, nil, false},
		{"约号 什么", needs, nil, false}, {"14", many, nil, false}, {"、", needs, nil, false},
	} {
		got, ok := answer.MatchMany(c.typed, c.labels)
		if ok != c.ok || !slices.Equal(got, c.want) {
			t.Errorf("%q: %v %v, want %v %v", c.typed, got, ok, c.want, c.ok)
		}
	}
	if got, ok := answer.MatchOrder("3 1 2", options("a", "b", "c")); !ok || !slices.Equal(got, []int{2, 0, 1}) {
		t.Errorf("the order is lost: %v %v", got, ok)
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct{ want, typed string }{
		{answer.Back, "返回 上一题 上一步 返回。 返会"}, {answer.Skip, "跳过 不填 跳过吧"}, {answer.Park, "退出 先放着 等会 待会 回头 一会 等会儿 等会俺接个电话 等一会再说 等一会"},
		{answer.Cancel, "取消 不记了 算了 算了吧"}, {answer.Resume, "继续 接着 接着夜来哩 接着记 既续"}, {answer.Help, "帮助 怎么用 ? ？ 帮主"}, {answer.Menu, "菜单 彩单"},
		{answer.Undo, "撤销 撤消 退回"}, {answer.More, "更多 下一页"}, {answer.Change, "改记录"},
		{answer.None, "1 都好 王桂英 蔡丹 樊辉 车晓 戴辉 曲晓 耿多 她说算了吧不去 返回来了 取消预约的那个 先放着孩子 回头客 一会儿就到 菜单上没有 接着电话 更多的 继续教育 跳过去年 帮助她 撤销的 需要帮助 更 不 吧"},
	} {
		for _, typed := range strings.Fields(c.typed) {
			if got := answer.Command(typed); got != c.want {
				t.Errorf("%q: %q, want %q", typed, got, c.want)
			}
		}
	}
	if got := answer.Command(" 撤 消 "); got != answer.None {
		t.Errorf("spaces inside a word: %q", got)
	}
}

func TestChangesOfALine(t *testing.T) {
	for _, c := range []struct {
		typed string
		n     int
		value string
	}{
		{"改3", 3, ""}, {"改 3", 3, ""}, {"改3电话", 3, "电话"}, {"改三 电话", 3, "电话"}, {"3改电话", 3, "电话"}, {"改③电话", 3, "电话"}, {"改１三组的", 1, "三组的"},
		{"改第3 电话", 3, "电话"}, {"改3成电话", 3, "电话"}, {"改3改成电话", 3, "电话"}, {"3改成电话", 3, "电话"}, {"改2昨天", 2, "昨天"}, {"改2 11.20", 2, "11.20"},
		{"③改电话", 3, "电话"}, {"改3。", 3, ""},
		{"改", 0, ""}, {"改一改再存", 0, ""}, {"改一处", 0, ""}, {"改记录", 0, ""}, {"改天", 0, ""}, {"改期", 0, ""}, {"改到29号", 0, ""}, {"改28号", 0, ""}, {"改3月5号", 0, ""},
		{"3", 0, ""}, {"3电话", 0, ""}, {"", 0, ""}, {"都好", 0, ""}, {"改99", 0, ""}, {"改0", 0, ""},
	} {
		n, value, ok := answer.Edit(c.typed)
		if ok != (c.n > 0) || n != c.n || value != c.value {
			t.Errorf("%q: %d %q %v, want %d %q", c.typed, n, value, ok, c.n, c.value)
		}
	}
}

func TestWordsAtTheHeadOfASentence(t *testing.T) {
	for _, c := range []struct {
		typed, word, rest string
		ok                bool
	}{
		{"走访", "走访", "", true}, {"走访 郭敏", "走访", "郭敏", true}, {"走方郭敏", "走访", "郭敏", true}, {"夜来走访秀兰 都好", "走访", "夜来 秀兰 都好", true},
		{"邹芳", "走访", "", false}, {"走", "走访", "", false}, {"", "走访", "", false}, {"郭敏走访", "走访", "郭敏", true}, {"返香", "返乡", "", true},
		{"她说她前几年也跟着村里去外地打工了走访", "走访", "", false},
	} {
		if rest, ok := answer.CutWord(c.typed, c.word); ok != c.ok || rest != c.rest {
			t.Errorf("%q: %q %v, want %q %v", c.typed, rest, ok, c.rest, c.ok)
		}
	}
	for typed, want := range map[string]bool{"看": true, "看。": true, "砍": true, "看看": false, "": false} {
		if got := answer.SameWord(typed, "看"); got != want {
			t.Errorf("%q: %v", typed, got)
		}
	}
	if rest, ok := answer.CutHead("帮定48291 30725 6174", "绑定"); !ok || rest != "48291 30725 6174" {
		t.Errorf("%q %v", rest, ok)
	}
}

func FuzzIndex(f *testing.F) {
	for _, s := range []string{"1", "①", "(1)", "第一个", "1 上门", "１昨天", "11.28", "选二", "1️⃣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, rest, ok := answer.Index(s)
		if ok && (n < 1 || n > 99 || !strings.HasSuffix(answer.Fold(s), rest)) {
			t.Errorf("%q: %d %q", s, n, rest)
		}
		answer.Number(s)
		answer.Command(s)
		if n, _, ok := answer.Edit(s); ok && (n < 1 || n > 20) {
			t.Errorf("%q changes line %d", s, n)
		}
		if f := answer.Fold(s); answer.Fold(f) != f {
			t.Errorf("%q: folded twice it is another: %q", s, answer.Fold(f))
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"小燕17900001122", "+86 179-0000-1122", "0632-1234567", "1790000317 3组", "１７９００００１１２２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		phone, rest, err := answer.Phone(s)
		if phone != "" && (len(phone) != 11 || err != nil || len(rest) > len(answer.Fold(s))) {
			t.Errorf("%q: %q %q %v", s, phone, rest, err)
		}
		if err != nil && (err.Len != len(err.Digits) || err.Len == 0) {
			t.Errorf("%q: %+v", s, err)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("1 都好", "都好|好", "需要帮助", "没见到")
	f.Add("她说不行", "她说行|行", "她说不行", "重找")
	f.Add("1、3", "张翠 一组 尾号1190", "刘翠英", "")
	f.Fuzz(func(t *testing.T, typed, a, b, c string) {
		labels := options(a, b, c)
		hits := answer.Match(typed, labels)
		many, _ := answer.MatchMany(typed, labels)
		for _, got := range [][]int{hits, many} {
			if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("%q: %v", typed, got)
			}
			for _, i := range got {
				if i < 0 || i >= len(labels) {
					t.Errorf("%q: %v is no option", typed, i)
				}
			}
		}
		if utf8.ValidString(typed) {
			answer.CutWord(typed, a)
			answer.NearSound(answer.Fold(typed), answer.Fold(a))
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	labels := options("都好|好", "需要帮助|要帮忙", "没见到|没搁家", "不愿谈")
	for _, typed := range []string{"1", "都好", "1 都好", "她说都好", "别的什么话"} {
		b.Run(typed, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answer.Match(typed, labels)
			}
		})
	}
}

func BenchmarkCommand(b *testing.B) {
	for _, typed := range []string{"1", "返回", "王桂英"} {
		b.Run(typed, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answer.Command(typed)
			}
		})
	}
}
