package xlsform

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sheets writes a workbook as tables; a block begins with the sheet's name, its
// cells are separated by /.
func sheets(blocks ...string) []byte {
	var b strings.Builder
	for _, block := range blocks {
		for i, line := range strings.Split(block, "\n") {
			if i == 0 {
				fmt.Fprintf(&b, "| %s |\n", line)
				continue
			}
			fmt.Fprintf(&b, "|  | %s |\n", strings.ReplaceAll(line, "/", "|"))
		}
	}
	return []byte(b.String())
}

func TestAnAuthorIsToldEverything(t *testing.T) {
	const head = "survey\ntype/name/label/relevant/required/parameters/default/calculation/constraint/choice_filter/trigger/chat\n"
	const list = "choices\nlist_name/name/label\nyesno/yes/是\nyesno/no/否"
	tests := []struct {
		name string
		src  []byte
		want []string
	}{
		{"a form without mistakes gets no word", sheets(head + "text/a/叫什么？"), nil},
		{"a type that does not exist gets the nearest", sheets(head + "txet/a/叫什么？"),
			[]string{"survey!A2（type）：不认识的类型 “txet”。是不是 text？"}},
		{"half of a type is told its endings", sheets(head + "begin/a/组"),
			[]string{"survey!A2（type）：不认识的类型 “begin”。请写 begin_group 或 begin_repeat。"}},
		{"types of the health toolkit are named as such", sheets(head + "db:person/a/谁？"),
			[]string{"survey!A2（type）：“db:person” 是社区健康工具包（CHT）的类型，不是 XLSForm 的，这里不能用。请改成 select_one_from_file residents.csv。"}},
		{"what a chat cannot ask is refused", sheets(head + "geoshape/a/画一画\nfile/b/传一个"),
			[]string{"survey!A2（type）：geoshape 不能在聊天里填写。", "survey!A3（type）：file 不能在聊天里填写。"}},
		{"old types get their replacement", sheets(head + "text/a/甲\nbegin_loop/b\nend_loop\ninclude/c\ncascading_select x/d/丁"),
			[]string{
				"survey!A3（type）：begin_loop 是旧写法，请改成 begin_repeat。",
				"survey!A4（type）：end_loop 是旧写法，请改成 end_repeat。",
				"survey!A5（type）：include 是旧写法，请把那张表的题目抄进来。",
				"survey!A6（type）：cascading_select 是旧写法，请改成 select_one 加 choice_filter。",
			}},
		{"a required picture is refused with the reason, another is skipped", sheets(head + "image/a/门口//yes\nimage/b/门口\ngeopoint/c/在哪"),
			[]string{
				"survey!E2（required）：照片不能必填：照片会带出家里和人的隐私，也不拿照片当证明。请去掉必填，或改成文字题。",
				"survey!A3（type）：提醒：照片聊天里不收，这道题会跳过：照片会带出家里和人的隐私，也不拿照片当证明。",
				"survey!A4（type）：提醒：位置聊天里不收，这道题会跳过：行踪是敏感信息，不拿位置当证明。",
			}},
		{"logs of the phone are left out", sheets(head + "text/a/甲\naudit/b"),
			[]string{"survey!A3（type）：提醒：audit 不支持，已略过，什么都不记。"}},
		{"every mistake in an expression is told at once", sheets(head + "text/a/甲\ntext/b/乙/${aa} = 1 and ${bb} or"),
			[]string{
				"survey!D3（relevant）：第 1 个字：找不到题目 “${aa}”。是不是 ${a}？",
				"survey!D3（relevant）：第 15 个字：找不到题目 “${bb}”。是不是 ${b}？",
				"survey!D3（relevant）：第 21 个字：“or” 后面少了内容。",
			}},
		{"a row without type is told", sheets(head + "text/a/甲\n/b/乙"),
			[]string{"survey!A3（type）：这一行没有写 type。题目要写 type，如 text。"}},
		{"words after a type are told", sheets(head + "integer 3/a/甲"),
			[]string{"survey!A2（type）：“integer” 后面多了 “3”。"}},
		{"a question without name", sheets(head + "text//甲"),
			[]string{"survey!B2（name）：没有写 name。每道题要有自己的名字，用英文字母或汉字开头。"}},
		{"a question without label", sheets(head + "text/a"),
			[]string{"survey!C2（label）：题目没有文字。"}},
		{"a name with a blank, with the character", sheets(head + "text/a b/甲"),
			[]string{"survey!B2（name）：第 2 个字：名字 “a b” 里不能有空格，请改成 _。"}},
		{"a name with a full-width digit", sheets(head + "text/年龄１/甲"),
			[]string{"survey!B2（name）：第 3 个字：名字里有全角字符 “１”，请改成英文的 “1”。"}},
		{"a name that begins with a digit", sheets(head + "text/1a/甲"),
			[]string{"survey!B2（name）：第 1 个字：名字 “1a” 要以字母、汉字或 _ 开头。"}},
		{"a name with a colon", sheets(head + "text/a:b/甲"),
			[]string{"survey!B2（name）：第 2 个字：名字里不能有 “:”，只用字母、汉字、数字、_、-、.。"}},
		{"a name twice, and nearly twice", sheets(head + "text/a/甲\ntext/a/乙\ntext/A/丙"),
			[]string{
				"survey!B3（name）：名字 “a” 重复（第 2 行已有）。",
				"survey!B4（name）：提醒：名字 “A” 和 “a” 只差大小写，容易混。",
			}},
		{"the reserved name", sheets(head + "text/meta/甲"),
			[]string{"survey!B2（name）：meta 是留用的名字，请换一个。"}},
		{"two repeats of one name", sheets(head + "begin_repeat/r/人\ntext/a/甲\nend_repeat\nbegin_group/g\nbegin_repeat/r/人\ntext/b/乙\nend_repeat\nend_group"),
			[]string{"survey!B6（name）：重复组 “r” 的名字第 2 行已有，整张表里不能同名。"}},
		{"a group that is not closed is told at its beginning", sheets(head + "begin_group/住房/住房\ntext/a/甲"),
			[]string{"survey!A2（type）：begin_group “住房” 没有对应的 end_group。"}},
		{"an end without beginning", sheets(head + "text/a/甲\nend_group"),
			[]string{"survey!A3（type）：end_group 没有对应的 begin_group。"}},
		{"the wrong end", sheets(head + "begin_repeat/r/人\ntext/a/甲\nend_group"),
			[]string{"survey!A4（type）：这里该是 end_repeat：第 2 行是 begin_repeat “r”。"}},
		{"the inner of two was not closed", sheets(head + "begin_group/g/组\nbegin_repeat/r/人\ntext/a/甲\nend_group\ntext/b/乙"),
			[]string{"survey!A3（type）：begin_repeat “r” 没有对应的 end_repeat。"}},
		{"a list that is not there gets the nearest", sheets(head+"select_one yes_no/a/甲", list),
			[]string{"survey!A2（type）：选项表 “yes_no” 在 choices 里没有。是不是 yesno？choices 里有：yesno。"}},
		{"no list at all", sheets(head + "select_one yesno/a/甲"),
			[]string{"survey!A2（type）：选项表 “yesno” 没有：要有一张 choices 工作表，写 list_name、name、label。"}},
		{"a select without list", sheets(head+"select_one/a/甲", list),
			[]string{"survey!A2（type）：select_one 后面要写选项表的名字，如 select_one yes_no。"}},
		{"a file that nobody attached", sheets(head + "select_one_from_file resident.csv/a/谁"),
			[]string{"survey!A2（type）：没有名单 “resident”：请加一张名叫 resident 的工作表，或用现成的：residents。是不是 residents？"}},
		{"a file that is no table", sheets(head + "select_one_from_file a.geojson/a/谁"),
			[]string{"survey!A2（type）：名单文件只认 .csv，不认识 “a.geojson”。"}},
		{"an attached sheet without its columns", sheets(head+"select_one_from_file town.csv/a/哪", "town\ncode/label\n1/样庄"),
			[]string{"survey!A2（type）：工作表 “town” 第一行没有 name 列。"}},
		{"or_other and a filter exclude each other", sheets(head+"select_one yesno or_other/a/甲///////x=1", list),
			[]string{"survey!J2（choice_filter）：有 or_other 就不能用 choice_filter。请在 choices 里自己写一项 “其他”。"}},
		{"choices twice, without label, without name, without list", sheets(head+"select_one yesno/a/甲", list+"\nyesno/no/不\nyesno/maybe\nyesno//也许\n/x/某"),
			[]string{
				"choices!B4（name）：选项表 “yesno” 里 “no” 重复（第 3 行已有）。",
				"choices!C5（label）：选项表 “yesno” 里 “maybe” 没有文字。",
				"choices!B6（name）：选项表 “yesno” 里这个选项没有 name。",
				"choices!A7（list_name）：没有写选项表的名字（list_name）。",
			}},
		{"a blank in what several answers are joined by", sheets(head+"select_multiple l/a/甲", "choices\nlist_name/name/label\nl/a b/甲"),
			[]string{"choices!B2（name）：多选题的选项 name “a b” 里不能有空格，请改成 _。"}},
		{"a label that begins with a digit", sheets(head+"select_one l/a/几点", "choices\nlist_name/name/label\nl/a/8:30\nl/b/9:30"),
			[]string{"choices!C2（label）：提醒：选项 “8:30”等 2 项以数字开头，会和序号混，聊天里显示成 “「8:30」”。最好改写，如 “八点半”“两间”。"}},
		{"calculate without calculation", sheets(head + "text/a/甲\ncalculate/c"),
			[]string{"survey!H3（calculation）：calculate 没有写 calculation。"}},
		{"a note cannot be required", sheets(head + "note/a/好//yes\ntext/b/乙"),
			[]string{"survey!E2（required）：提醒：note 不用回答，不能必填，已略过。"}},
		{"a rule without its message", sheets(head + "text/a/甲//////. != 'x'"),
			[]string{"survey!I2（constraint）：提醒：没有写 constraint_message，答错时只能说 “不合要求”。"}},
		{"a question that is never asked", sheets(head + "text/a/甲/false()"),
			[]string{"survey!D2（relevant）：提醒：relevant 总是不成立，这道题永远不会问。"}},
		{"yes in Chinese", sheets(head + "text/a/甲//是"),
			[]string{"survey!E2（required）：这里要写 yes，不必填就空着，不认识 “是”。"}},
		{"words and Excel's booleans stand for true() and false()", sheets(head + "text/a/甲/TRUE\ntext/b/乙/no"),
			[]string{"survey!D3（relevant）：提醒：relevant 总是不成立，这道题永远不会问。"}},
		{"a slip in an expression gets its character", sheets(head + "integer/age/多大\ntext/b/乙/${ag} > 3"),
			[]string{"survey!D3（relevant）：第 1 个字：找不到题目 “${ag}”。是不是 ${age}？"}},
		{"a range without its ends, with words, backwards", sheets(head + "range/a/甲\nrange/b/乙///start=a end=3\nrange/c/丙///start=3 end=1"),
			[]string{
				"survey!F2（parameters）：range 要在 parameters 里写明 start 和 end，如 start=0 end=10。",
				"survey!F3（parameters）：start=a 不是数字。",
				"survey!F4（parameters）：range 的 end 要比 start 大，step 要大于 0。",
			}},
		{"parameters that are none", sheets(head + "text/a/甲///rows=3 大"),
			[]string{"survey!F2（parameters）：第 8 个字：看不懂 “大”。要写成 名=值，几个之间用空格，如 start=0 end=10。"}},
		{"a trigger without braces", sheets(head + "text/a/甲\ncalculate/c//////1///a"),
			[]string{"survey!K3（trigger）：trigger 要写成 ${题目名}，几个之间用英文逗号。"}},
		{"the chat column knows one word", sheets("survey\ntype/name/label/chat\ntext/a/甲/summery"),
			[]string{"survey!D2（chat）：chat 列只认 summary，不认识 “summery”。"}},
		{"a text that no message can hold", sheets(head + "note/a/" + strings.Repeat("长", 700)),
			[]string{"survey!C2（label）：提醒：文字太长，一条消息放不下：最多约 600 个汉字，这里约 700 个。请分成几条 note。"}},
		{"an identity number is not asked", sheets(head + "text/a/您的身份证号"),
			[]string{"survey!C2（label）：提醒：“身份证”：身份证号不收：个人信息保护法第六条，只收办事用得着的。"}},
		{"contraception is not asked, nor a child's sex", sheets(head+"text/a/用什么避孕\nselect_one l/b/孩子是男孩吗", "choices\nlist_name/name/label\nl/y/是\nl/x/上环"),
			[]string{
				"survey!C2（label）：提醒：“避孕”：避孕由本人自愿选择，不登记：人口与计划生育法第十九、二十条。",
				"survey!C3（label）：提醒：“孩子是男孩”：孩子、胎儿的性别不问：人口与计划生育法第三十九条禁止非医学需要的胎儿性别鉴定。",
				"choices!C3（label）：提醒：“上环”：避孕由本人自愿选择，不登记：人口与计划生育法第十九、二十条。",
			}},
		{"no survey sheet", sheets("Survey1\ntype/name/label\ntext/a/甲", list),
			[]string{
				"没有名叫 survey 的工作表，题目要写在 survey 里。现有：Survey1、choices。",
				"Survey1：提醒：这张工作表没有读。名字是不是该写成 survey？",
			}},
		{"no header", sheets("survey\ntext/a/甲"),
			[]string{
				"survey!A1：第一行没有 type 列。第一行要写列名：type、name、label。",
				"survey!A1：第一行没有 name 列。第一行要写列名：type、name、label。",
				"survey!A1：第一行没有 label 列。label 是题目的文字。",
			}},
		{"a column twice", sheets("survey\ntype/name/label/relevant/relevance\ntext/a/甲/1/2"),
			[]string{"survey!E1：“relevance” 列有两个：D 列和 E 列。请删掉一个。"}},
		{"a header one slip away", sheets("survey\ntype/name/label/relevent\ntext/a/甲"),
			[]string{"survey!D1：提醒：列名 “relevent” 不认识，这一列没有读。是不是 relevant？"}},
		{"no questions", sheets(head + "begin_group/g/组\nend_group"),
			[]string{"survey：没有题目。"}},
		{"a reference to nothing in a text gets its place and the nearest", sheets(head + "text/age/多大\nnote/n/您 **好**，${ag} 岁"),
			[]string{"survey!C3（label）：第 9 个字：找不到题目 ${ag}。是不是 ${age}？"}},
		{"what can never be relevant, whatever makes it so", sheets(head + "text/a/甲/1 = 2\ntext/b/乙/${a} = 1 and false()\nbegin_group/g/组/false()\ntext/c/丙\nend_group\ntext/d/丁/${a} = 1 or true()"),
			[]string{
				"survey!D2（relevant）：提醒：relevant 总是不成立，这道题永远不会问。",
				"survey!D3（relevant）：提醒：relevant 总是不成立，这道题永远不会问。",
				"survey!D4（relevant）：提醒：relevant 总是不成立，这一组题永远不会问。",
			}},
		{"a name that two questions have cannot stand in a text or a trigger", sheets(head + "begin_group/g/组\ntext/a/甲\nend_group\ntext/a/乙\nnote/n/${a} 好\ncalculate/c//////1///${a}"),
			[]string{
				"survey!C6（label）：第 1 个字：有 2 道题都叫 “a”，不知道是哪一道。请改名。",
				"survey!K7（trigger）：有 2 道题都叫 “a”，不知道是哪一道。请改名。",
			}},
		{"a text shows only the first of many rows", sheets(head + "begin_repeat/r/人\ntext/a/甲\nnote/m/${a} 好\nend_repeat\nnote/n/好 ${a}"),
			[]string{"survey!C6（label）：提醒：第 3 个字：${a} 在重复组里，有多行，这里只显示第 1 行的。要全部的，先加一行 calculate 用 join() 接好。"}},
		{"choices out of answers need a repeat around them", sheets(head + "text/a/甲\nselect_one ${a}/b/乙\nselect_one ${aa}/c/丙"),
			[]string{
				"survey!A3（type）：${a} 不在重复组里，只有一个答案。选项要写在 choices 里，或取自重复组里的题目。",
				"survey!A4（type）：第 12 个字：找不到题目 ${aa}。是不是 ${a}？",
			}},
		{"a column twice with the same cells is one too many all the same", sheets("survey\ntype/name/label/label\ntext/a/甲/甲"),
			[]string{"survey!D1：“label” 列有两个：C 列和 D 列。请删掉一个。"}},
		{"a choice that the list has not gets the nearest", sheets(head+"select_one yesno/a/甲\ntext/b/乙/selected(${a}, 'yess')\ntext/c/丙/${a} = 'nno'", list),
			[]string{
				"survey!D3（relevant）：提醒：第 16 个字：${a} 的选项里没有 'yess'，永远不会相等。是不是 'yes'？",
				"survey!D4（relevant）：提醒：第 8 个字：${a} 的选项里没有 'nno'，永远不会相等。是不是 'no'？",
			}},
		{"circles", sheets(head + "text/a/甲/${b} = 1\ntext/b/乙/${a} = 1\ncalculate/c//////${c} + 1"),
			[]string{
				"survey!D2（relevant）：绕成了一个圈：a → b → a。请去掉其中一处。",
				"survey!H4（calculation）：绕成了一个圈：c → c。请去掉其中一处。",
			}},
		{"pictures beside a question are left out, told once", sheets("survey\ntype/name/label/media::image\ntext/a/甲/a.png\ntext/b/乙/b.png"),
			[]string{"survey!D2（media::image）：提醒：图片、声音、影片不会发出去，只发文字。"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, findings := ReadMarkdown("x", tt.src, Options{Live: []string{"residents"}})
			var got []string
			for _, x := range findings {
				got = append(got, x.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if (f == nil) != fatal(findings) {
				t.Errorf("form %v beside %v", f, got)
			}
		})
	}
}
