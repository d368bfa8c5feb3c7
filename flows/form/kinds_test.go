package form

import "testing"

func TestEveryKindOfQuestion(t *testing.T) {
	tests := []struct {
		name   string
		q      []*Question
		script string
	}{
		{"a number is refused with an example, and help is offered after three", []*Question{
			{Type: Integer, Name: "n", Label: "几口人？", Constraint: ". < 30", ConstraintMessage: "没有这么多口人。"},
		}, `
			> +
			< 几口人？
			< 不填就发“跳过”。
			> 很多
			< 请回复整数，比如 3。
			< 几口人？
			< 不填就发“跳过”。
			> 3.5
			< 请回复整数，比如 3。
			< 几口人？
			< 不填就发“跳过”。
			> 40
			< 没有这么多口人。
			< 也可以发：跳过、帮助、取消
			< 几口人？
			< 不填就发“跳过”。
			> 三口
			< 记成这样，对吗？
			< ① 几口人：3
			< 1 保存
			< 2 改一处
			> 返回
			< 几口人？
			< 不改就发“保留”。现在是：3
			> 1
			< 记成这样，对吗？
			< ① 几口人：1
			< 1 保存
			< 2 改一处
			> 保存
			< [存]
		`},
		{"a number that is too long is told so", []*Question{
			{Type: Integer, Name: "n", Label: "编号？", Required: "yes"},
		}, `
			> +
			< 编号？
			> 110101199003071234
			< 这个数太长了，最多15位。请再看看。
			< 编号？
			> １７９００００１１２２
			< 记成这样，对吗？
			< ① 编号：17900001122
			< 1 保存
			< 2 改一处
		`},
		{"an optional choice of which nothing is on offer is passed over, and said so", []*Question{
			{Type: SelectOne, List: "fruit", Name: "f", Label: "哪样？", ChoiceFilter: "name = 'none'"},
			{Type: Text, Name: "a", Label: "还有吗？", Required: "yes"},
		}, `
			> +
			< “哪样”现在没有可选的，跳过了。
			< 还有吗？
		`},
		{"a constraint may speak of what is calculated out of the answer", []*Question{
			{Type: Integer, Name: "n", Label: "几口人？", Required: "yes", Constraint: "${twice} < 10", ConstraintMessage: "${twice}太多。"},
			{Type: Calculate, Name: "twice", Calculation: "${n} * 2"},
		}, `
			> +
			< 几口人？
			> 8
			< 16太多。
			< 几口人？
			> 4
			< 记成这样，对吗？
			< ① 几口人：4
			< 1 保存
			< 2 改一处
			> 改1 9
			< 18太多。
			< ① 几口人，改成什么？
			< 不改就发“保留”。现在是：4
		`},
		{"a range says its scale", []*Question{
			{Type: Range, Name: "n", Label: "几分？", Required: "yes", Parameters: map[string]string{"start": "0", "end": "10", "step": "2"}},
		}, `
			> +
			< 几分？
			< 0 到 10，间隔 2
			> 11
			< 请回复 0 到 10 的数。
			< 几分？
			< 0 到 10，间隔 2
			> 5
			< 请回复 0 到 10 的数，间隔 2。
			< 几分？
			< 0 到 10，间隔 2
			> 4
			< 记成这样，对吗？
			< ① 几分：4
			< 1 保存
			< 2 改一处
		`},
		{"several choices, and none", []*Question{
			{Type: SelectMultiple, List: "fruit", Name: "f", Label: "爱吃什么？", Short: "爱吃"},
		}, `
			> +
			< 爱吃什么？
			< 可选几个，如：1 3。都没有就发“没有”。
			< 1 苹果
			< 2 梨
			< 3 桃
			> 没有
			< 记成这样，对吗？
			< ① 爱吃：没填
			< 1 保存
			< 2 改一处
			> 改1 3、1
			< 改好了。① 爱吃：苹果、桃
			< 1 保存
			< 2 改一处
		`},
		{"a rank takes every item once", []*Question{
			{Type: Rank, List: "fruit", Name: "f", Label: "排一排", Required: "yes"},
		}, `
			> +
			< 排一排
			< 按顺序发，如：3 1 2
			< 1 苹果
			< 2 梨
			< 3 桃
			> 3 1
			< 没看懂。请把每个数按顺序发一遍，比如 3 1 2。
			< 排一排
			< 按顺序发，如：3 1 2
			< 1 苹果
			< 2 梨
			< 3 桃
			> 3 1 2
			< 记成这样，对吗？
			< ① 排一排：桃 > 苹果 > 梨
			< 1 保存
			< 2 改一处
		`},
		{"an hour that may be two is asked about", []*Question{
			{Type: Time, Name: "t", Label: "几点？", Required: "yes"},
		}, `
			> +
			< 几点？
			> 八点
			< 是早上还是晚上？
			< 几点？
			< 1 早上8:00
			< 2 下午或晚上8:00
			> 2
			< 记成这样，对吗？
			< ① 几点：20:00
			< 1 保存
			< 2 改一处
		`},
		{"a day and an hour in one message", []*Question{
			{Type: DateTime, Name: "t", Label: "什么时候？", Required: "yes"},
		}, `
			> +
			< 什么时候？
			> 明天
			< 请把日子和几点一起发，比如 11月3日 15:00。
			< 什么时候？
			> 明天 15:00
			< 记成这样，对吗？
			< ① 什么时候：周四 1月14日 腊月初七 15:00
			< 1 保存
			< 2 改一处
		`},
		{"a day that may be two is asked about", []*Question{
			{Type: Date, Name: "d", Label: "哪天？", Required: "yes"},
		}, `
			> +
			< 哪天？
			> 8.15
			< 是哪天？
			< 哪天？
			< 1 周六 8月15日 七月初三
			< 2 周五 9月25日 八月十五
			> 2
			< 记成这样，对吗？
			< ① 哪天：周五 9月25日 八月十五
			< 1 保存
			< 2 改一处
		`},
		{"a default is offered, not taken", []*Question{
			{Type: Text, Name: "place", Label: "在哪儿？", Default: "北庄"},
			{Type: SelectOne, List: "fruit", Name: "f", Label: "哪样？", Default: "b"},
		}, `
			> +
			< 在哪儿？
			< 1 保留：北庄
			> 1
			< 哪样？
			< 1 苹果
			< 2 梨（现在这样）
			< 3 桃
			> 2 梨（现在这样）
			< 记成这样，对吗？
			< ① 在哪儿：北庄
			< ② 哪样：梨
			< 1 保存
			< 2 改一处
		`},
		{"notes and headings are said once, with the next question", []*Question{
			{Type: Note, Label: "您好。"},
			{Type: Group, Name: "g", Label: "住户", Children: []*Question{
				{Type: Text, Name: "a", Label: "户主？", Required: "yes"},
				{Type: Acknowledge, Name: "b", Label: "念给她听了吗？", Required: "yes"},
			}},
			{Type: Note, Label: "${a}，谢谢。"},
		}, `
			> +
			< 您好。
			< 住户
			< 户主？
			> 帮助
			< 请打几个字。
			< 回上一题发“返回”，先放一放发“先放着”，不要了发“取消”。
			< 户主？
			> 老李
			< 念给她听了吗？
			< 1 确认
			> 好的
			< 老李，谢谢。
			< 记成这样，对吗？
			< ① 户主：老李
			< ② 念给她听了吗：确认
			< 1 保存
			< 2 改一处
		`},
		{"rows are asked for one after another", []*Question{
			{Type: Repeat, Name: "child", Label: "孩子", Children: []*Question{
				{Type: Text, Name: "name", Label: "叫什么？", Required: "yes"},
				{Type: Integer, Name: "age", Label: "${name}几岁？", Required: "yes"},
			}},
			{Type: SelectOne, List: "${name}", Name: "eldest", Label: "谁最大？"},
		}, `
			> +
			< 第1个孩子
			< 叫什么？
			> 小明
			< 第1个孩子
			< 小明几岁？
			> 3
			< 还有下一个孩子吗？
			< 1 有
			< 2 没有
			> 1 有
			< 第2个孩子
			< 叫什么？
			> 返回
			< 还有下一个孩子吗？
			< 1 有
			< 2 没有
			> 有
			< 第2个孩子
			< 叫什么？
			> 小红
			< 第2个孩子
			< 小红几岁？
			> 5岁
			< 还有下一个孩子吗？
			< 1 有
			< 2 没有
			> 没有
			< 谁最大？
			< 1 小明
			< 2 小红
			> 小红
			< 记成这样，对吗？
			< ① 第1个孩子 叫什么：小明
			< ② 第1个孩子 小明几岁：3
			< ③ 第2个孩子 叫什么：小红
			< ④ 第2个孩子 小红几岁：5
			< ⑤ 谁最大：小红
			< 1 保存
			< 2 改一处
		`},
		{"counted rows come and go with their number", []*Question{
			{Type: Integer, Name: "n", Label: "几个？", Required: "yes"},
			{Type: Repeat, Name: "r", Label: "人", RepeatCount: "${n}", Children: []*Question{
				{Type: Text, Name: "a", Label: "叫什么？", Required: "yes"},
			}},
		}, `
			> +
			< 几个？
			> 2
			< 第1个人
			< 叫什么？
			> 甲
			< 第2个人
			< 叫什么？
			> 乙
			< 记成这样，对吗？
			< ① 几个：2
			< ② 第1个人 叫什么：甲
			< ③ 第2个人 叫什么：乙
			< 1 保存
			< 2 改一处
			> 改1 1
			< 改好了。① 几个：1
			< 1 保存
			< 2 改一处
			> [再看]
			< 记成这样，对吗？
			< ① 几个：1
			< ② 第1个人 叫什么：甲
			< 1 保存
			< 2 改一处
			> 改1 3个
			< 改好了。① 几个：3
			< 第3个人
			< 叫什么？
		`},
		{"a choice that is no longer offered is asked again", []*Question{
			{Type: SelectOne, List: "town", Name: "town", Label: "哪个镇？", Required: "yes"},
			{Type: SelectOne, List: "village", Name: "village", Label: "哪个村？", Required: "yes", ChoiceFilter: "town = ${town}"},
		}, `
			> +
			< 哪个镇？
			< 1 北庄
			< 2 南庄
			> 1
			< 哪个村？
			< 1 甲村
			< 2 乙村
			> 乙村
			< 记成这样，对吗？
			< ① 哪个镇：北庄
			< ② 哪个村：乙村
			< 1 保存
			< 2 改一处
			> 改1南庄
			< 改好了。① 哪个镇：南庄
			< 哪个村？
			< 1 丙村
		`},
		{"an answer that a later one makes wrong is asked again before saving", []*Question{
			{Type: Integer, Name: "all", Label: "几口人？", Required: "yes"},
			{Type: Integer, Name: "old", Label: "几位老人？", Required: "yes", Constraint: ". <= ${all}", ConstraintMessage: "老人比全家还多。"},
		}, `
			> +
			< 几口人？
			> 5
			< 几位老人？
			> 3
			< 记成这样，对吗？
			< ① 几口人：5
			< ② 几位老人：3
			< 1 保存
			< 2 改一处
			> 改1 2
			< 改好了。① 几口人：2
			< 前面的改了，这一处要再看一下。老人比全家还多。
			< 几位老人？
			< 不改就发“保留”。现在是：3
			> 保留
			< 老人比全家还多。
			< 几位老人？
			< 不改就发“保留”。现在是：3
			> 2
			< 记成这样，对吗？
			< ① 几口人：2
			< ② 几位老人：2
			< 1 保存
			< 2 改一处
		`},
		{"a calculation can show in the summary and is not changed there", []*Question{
			{Type: Integer, Name: "n", Label: "几个？", Required: "yes"},
			{Type: Calculate, Name: "more", Short: "加一", Calculation: "${n} + 1"},
		}, `
			> +
			< 几个？
			> 2
			< 记成这样，对吗？
			< ① 几个：2
			< ② 加一：3
			< 1 保存
			< 2 改一处
			> 改2 5
			< 这一处是自动算的，改不了。
			< 1 保存
			< 2 改一处
		`},
		{"a trigger writes when its question is answered, and a person may change it", []*Question{
			{Type: Integer, Name: "n", Label: "几个？", Required: "yes"},
			{Type: Integer, Name: "m", Label: "那几个？", Calculation: "${n} + 1", Trigger: []string{"${n}"}},
		}, `
			> +
			< 几个？
			> 2
			< 记成这样，对吗？
			< ① 几个：2
			< ② 那几个：3
			< 1 保存
			< 2 改一处
			> 改2 7
			< 改好了。② 那几个：7
			< 1 保存
			< 2 改一处
			> 改1 4
			< 改好了。① 几个：4
			< 1 保存
			< 2 改一处
			> [再看]
			< 记成这样，对吗？
			< ① 几个：4
			< ② 那几个：5
			< 1 保存
			< 2 改一处
		`},
		{"or_other asks what it is", []*Question{
			{Type: SelectOne, List: "fruit", Name: "f", Label: "哪样？", Required: "yes", OrOther: true},
		}, `
			> +
			< 哪样？
			< 1 苹果
			< 2 梨
			< 3 桃
			< 4 其他
			> 其他
			< 请写一下是什么：
			< 不填就发“跳过”。
			> 柿子
			< 记成这样，对吗？
			< ① 哪样：其他
			< ② 请写一下是什么：柿子
			< 1 保存
			< 2 改一处
		`},
		{"a tap that was typed on an older screen is no text", []*Question{
			{Type: SelectOne, List: "fruit", Name: "f", Label: "哪样？", Required: "yes"},
			{Type: Text, Name: "t", Label: "写一句", Required: "yes"},
		}, `
			> +
			< 哪样？
			< 1 苹果
			< 2 梨
			< 3 桃
			> 1 梨
			< 这是前面的选项，没有动。
			< 哪样？
			< 1 苹果
			< 2 梨
			< 3 桃
			> 1 苹果
			< 写一句
			> 1 苹果
			< 这是前面的选项，没有动。
			< 写一句
			> 2 袋米
			< 记成这样，对吗？
			< ① 哪样：苹果
			< ② 写一句：2 袋米
			< 1 保存
			< 2 改一处
		`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			village := list("v1 甲村", "v2 乙村", "v3 丙村")
			for i, town := range []string{"n", "n", "s"} {
				village[i].Columns = map[string]string{"town": town}
			}
			f := compiledForm(t, &Form{Questions: test.q, Lists: map[string][]Choice{
				"fruit": list("a 苹果", "b 梨", "c 桃"), "town": list("n 北庄", "s 南庄"), "village": village,
			}})
			env := visitEnv(t)
			env.Answered = nil
			play(t, f, env, test.script)
		})
	}
}
