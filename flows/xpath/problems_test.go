package xpath

import (
	"slices"
	"strings"
	"testing"
)

// village is a form with a group, a repeat in which lies another, and a group
// in that: enough for every scope.
type village struct {
	root                                            *Field
	here, age, town, head, born, done               *Field
	member, name, years, box, boxed, visit, day, no *Field
}

func newVillage() village {
	var v village
	add := func(parent *Field, name string, kind FieldKind, list string) *Field {
		f := &Field{Name: name, Kind: kind, Parent: parent, List: list}
		parent.Children = append(parent.Children, f)
		return f
	}
	v.root = &Field{Kind: GroupField}
	v.here = add(v.root, "here", TextField, "")
	v.age = add(v.root, "age", NumberField, "")
	v.town = add(v.root, "town", TextField, "towns")
	house := add(v.root, "house", GroupField, "")
	v.head = add(house, "head", TextField, "")
	v.born = add(house, "born", DateField, "")
	v.done = add(house, "done", BoolField, "")
	add(house, "twice", TextField, "")
	v.member = add(v.root, "member", RepeatField, "")
	v.name = add(v.member, "name", TextField, "")
	v.years = add(v.member, "years", NumberField, "")
	v.box = add(v.member, "box", GroupField, "")
	v.boxed = add(v.box, "boxed", TextField, "")
	v.visit = add(v.member, "visit", RepeatField, "")
	v.day = add(v.visit, "day", TextField, "")
	v.no = add(v.visit, "no", NumberField, "")
	add(v.visit, "twice", TextField, "")
	return v
}

func (v village) env() Env {
	return Env{Root: v.root, Field: v.here, Lists: []string{"cun", "towns"}, Choices: func(list string) []string {
		if list == "towns" {
			return []string{"east", "west"}
		}
		return nil
	}}
}

func TestAuthorsAreToldWhereAndWhat(t *testing.T) {
	tests := []struct {
		name, source string
		pos          int
		text         string
	}{
		{"an unknown question, with the nearest", "${town} = 'east' and ${ag} > 3", 22, "找不到题目 “${ag}”。是不是 ${age}？"},
		{"characters are counted, not bytes", "${head} = '张三' and ${ag} > 3", 20, "找不到题目 “${ag}”。"},
		{"two questions of one name", "${twice} = 1", 1, "有 2 道题都叫 “twice”"},
		{"an empty reference", "${} = 1", 1, "少了题名"},
		{"a reference without its end", "${age = 1", 1, "“${” 没有对应的 “}”"},
		{"a dollar alone", "$age = 1", 1, "“$” 后面要有 {题名}"},
		{"a missing comma names the function", "concat('a', if(true(), 'b', 'c') if(true(), 'd', 'e'))", 34, "这里应有 “,” 或 “)”，却是 if。函数 concat 的参数之间要加逗号。"},
		{"a full-width comma", "if(${age} > 3，'a', 'b')", 14, "全角符号 “，”，请改成英文的 “,”。"},
		{"a full-width bracket", "not（${age} > 3)", 4, "全角符号 “（”，请改成英文的 “(”。"},
		{"a full-width equals sign", "${age}＝3", 7, "全角符号 “＝”，请改成英文的 “=”。"},
		{"a full-width dot", "．> 3", 1, "全角符号 “．”，请改成英文的 “.”。"},
		{"a full-width digit", "${age} > ６０", 10, "全角字符 “６”，请改成半角的 “6”。"},
		{"a quote left open", "${head} = '张三", 11, "引号 ' 没有关上"},
		{"a bracket left open in a function", "not(${age} > 3", 15, "函数 not 少了 “)”"},
		{"a bracket left open", "(${age} > 3", 12, "少了 “)”"},
		{"a bracket too many", "${age} > 3)", 11, "多了一个 “)”"},
		{"a predicate left open", "count(${member}[years > 3)", 26, "“]”"},
		{"an empty predicate", "count(${member}[])", 16, "没有条件"},
		{"nothing after an operator", "${age} >", 8, "“>” 后面少了内容"},
		{"nothing before an operator", "= 3", 1, "“=” 前面少了内容"},
		{"a comma too many", "concat('a',, 'b')", 12, "“,” 前面少了内容"},
		{"AND", "${age} > 3 AND ${age} < 5", 12, "AND 要小写：and。"},
		{"True", "${done} = True", 11, "“True” 请写成 true()。"},
		{"If(", "If(${age} > 3, 1, 2)", 1, "没有函数 If()。要小写：if()。"},
		{"a misspelled function", "selectd(${town}, 'east')", 1, "没有函数 selectd()。是不是 selected()？"},
		{"trim", "trim(${head})", 1, "normalize-space()"},
		{"a function of CHT", "cht:difference-in-days(${born}, today())", 1, "没有函数 cht:difference-in-days()。这是 CHT 专用的函数。"},
		{"too many arguments", "coalesce(1, 2, 3)", 1, "函数 coalesce 要 2 个参数，这里有 3 个。"},
		{"too few arguments", "concat('a', if(${age} > 3, 'x'))", 13, "函数 if 要 3 个参数，这里有 2 个。"},
		{"an argument where none may be", "today(1)", 1, "函数 today 没有参数"},
		{"==", "${age} == 3", 8, "请写一个 “=”"},
		{"&&", "${age} > 1 && ${age} < 3", 12, "请写 and"},
		{"&gt; out of a web page", "${age} &gt; 3", 8, "请改成 “>”"},
		{"//", "//age", 1, "“//”"},
		{"an attribute", "${member}/@id", 11, "“@”"},
		{"a slash for division", "${age} / 2", 8, "除法请写 div"},
		{"%", "${age} % 2", 8, "求余请写 mod"},
		{"a look-ahead", "regex(., '(?=.*[0-9]).+')", 10, "前后查看"},
		{"a back-reference", `regex(., '(a)\1')`, 10, `不能用 \1`},
		{"a pattern that is not closed", "regex(., '[0-9')", 10, "“[” 没有对应的 “]”"},
		{"prose", "because it is so", 9, "却是 it"},
		{"all rows where one is needed", "string-length(${name})", 15, "${name} 在重复组里，有多行"},
		{"all rows as the whole expression", "${name}", 1, "请用 indexed-repeat()"},
		{"all rows as a condition", "if(${years}, 1, 2)", 4, "${years} 在重复组里"},
		{"a value where a reference is needed", "count('x')", 7, "要直接写题目"},
		{"indexed-repeat without the inner row", "indexed-repeat(${day}, ${member}, 1)", 16, "还要说明重复组 ${visit} 的第几行"},
		{"indexed-repeat of another repeat", "indexed-repeat(${age}, ${member}, 1)", 24, "题目所在的重复组"},
		{"an unknown hash", "digest('a', 'CRC32')", 13, "没有算法 'CRC32'"},
		{"choice-name of a question without choices", "jr:choice-name('x', '${head}')", 21, "有选项的题目"},
		{"a name that cannot be called in a path", "${member}/text()", 11, "text()"},
		{"an axis", "following-sibling::x", 1, "following-sibling::"},
		{"nothing at all", "   ", 4, "没有写完"},
		{"a number that runs into a word", "3岁", 1, "数字 3 后面不能紧跟 “岁”"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, problems := Compile(tt.source, newVillage().env())
			if e != nil || len(problems) == 0 {
				t.Fatalf("%s compiled: %v", tt.source, problems)
			}
			p := problems[0]
			if p.Pos != tt.pos || p.Warning || !strings.Contains(p.Text, tt.text) {
				t.Errorf("%s\nat %d: %s\nwant %d: %s", tt.source, p.Pos, p.Text, tt.pos, tt.text)
			}
			if p.End <= p.Pos {
				t.Errorf("the mark under %d ends at %d", p.Pos, p.End)
			}
		})
	}
}

func TestWarningsLetTheFormPass(t *testing.T) {
	tests := []struct {
		name, source string
		pos          int
		text         string
	}{
		{"a bare word", "Ethiopia", 1, "“Ethiopia” 没有加引号"},
		{"a bare word that is a question", "town = 'east'", 1, "${town}"},
		{"a literal that no choice has", "${town} = 'eest'", 11, "没有 'eest'，永远不会相等。是不是 'east'？"},
		{"a literal that no choice has, in selected", "selected(${town}, 'north')", 19, "没有 'north'"},
		{"a literal before the question", "'north' != ${town}", 1, "没有 'north'"},
		{"a path to nowhere", "../ages > 3", 4, "路径里的 “ages” 找不到，这里总是空。是不是 age？"},
		{"too many ..", "../../../../x", 7, "“..” 太多"},
		{"an unknown table", "instance('cum')/root/item[name = 'a']/label", 10, "没有叫 'cum' 的表，取到的总是空。是不是 'cun'？"},
		{"an unknown table of pulldata", "pulldata('nosuch', 'a', 'b', 'c')", 10, "没有叫 'nosuch' 的表"},
		{"a day that does not exist", "${born} > date('1983-09-31')", 16, "不是存在的日期"},
		{"a text in a sum", "${age} + '岁'", 10, "接文字请用 concat()"},
		{"an unknown part of a date", "format-date(${born}, '%Y-%q')", 22, "“%q”"},
		{"a group has no answer", "string-length(../house) > 0", 15, "是组，没有答案"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, problems := Compile(tt.source, newVillage().env())
			if e == nil || len(problems) != 1 || !problems[0].Warning {
				t.Fatalf("%s: %v", tt.source, problems)
			}
			if p := problems[0]; p.Pos != tt.pos || !strings.Contains(p.Text, tt.text) {
				t.Errorf("%s\nat %d: %s\nwant %d: %s", tt.source, p.Pos, p.Text, tt.pos, tt.text)
			}
		})
	}
}

func TestNothingIsSaidOfWhatIsRight(t *testing.T) {
	for _, source := range []string{
		"${town} = 'east'", "${town} = ''", "selected(${town}, 'west')", "${ age } > 3", "../age > 3", "/data/house/head = 'x'",
		"count(${member}) > 0", "sum(${years}) > 0", "${years} > 60", "join('、', ${name})", "/data/*/head = 'x'",
		"child::age = 1 or self::node() = 1 or parent::node()/age = 1", "${age}\u3000> 3", "“x” = ‘x’", `"it’s" = 'a'`, "'other’ = 'x'",
		"3div 2", "-${age}", "--3", "count(${member} | ${visit})",
	} {
		e, problems := Compile(source, newVillage().env())
		problems = slices.DeleteFunc(problems, func(p *Problem) bool { return strings.Contains(p.Text, "“age”") }) // child::age of a question
		if e == nil || len(problems) > 0 {
			t.Errorf("%s: %v", source, problems)
		}
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	_, problems := Compile("selectd(${twon}， 'x') and ${nosuch} = tody()", newVillage().env())
	var at []int
	for _, p := range problems {
		at = append(at, p.Pos)
	}
	if want := []int{1, 9, 16, 27, 39}; !slices.Equal(at, want) {
		t.Errorf("problems at %v, want %v: %v", at, want, problems)
	}
}

func TestManyProblemsAreCutButNeverTheError(t *testing.T) {
	_, problems := Compile(strings.Repeat("${nosuch} + ", 1800)+"1", newVillage().env())
	if len(problems) != maxProblems {
		t.Errorf("%d problems", len(problems))
	}
	e, problems := Compile(strings.Repeat("word = 1 or ", 1800)+"${nosuch}", newVillage().env())
	if e != nil || problems[len(problems)-1].Warning {
		t.Errorf("compiled: %v, last of %d: %v", e != nil, len(problems), problems[len(problems)-1])
	}
}

func TestColumnsOfAChoiceFilter(t *testing.T) {
	env := newVillage().env()
	env.Filter, env.Columns = true, []string{"name", "label", "town"}
	if e, problems := Compile("town = ${town} and starts-with(label, ‘东’)", env); e == nil || len(problems) > 0 {
		t.Error(problems)
	}
	_, problems := Compile("twon = ${town}", env)
	if len(problems) != 1 || !problems[0].Warning || !strings.Contains(problems[0].Text, "是不是 town？") {
		t.Error(problems)
	}
	_, problems = Compile("age > 3", env)
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "${age}") {
		t.Error(problems)
	}
}

func TestUsesNameWhatIsRead(t *testing.T) {
	v := newVillage()
	env := v.env()
	env.Field = v.years
	tests := []struct {
		source string
		want   []*Field
	}{
		{"${age} > 3 and ${age} < ${head}", []*Field{v.age, v.head}},
		{". > 3", nil},
		{"${years} + 1", []*Field{v.years}},
		{"position(..) > 1", nil},
		{"../name = 'x'", []*Field{v.name}},
		{"count(${member}[years > 3])", []*Field{v.member, v.years}},
		{"indexed-repeat(${name}, ${member}, position(..) - 1)", []*Field{v.name, v.member}},
		{"${last-saved#age}", nil},
		{"if(true(), 1, ${age})", []*Field{v.age}},
	}
	for _, tt := range tests {
		e, problems := Compile(tt.source, env)
		if e == nil {
			t.Errorf("%s: %v", tt.source, problems)
			continue
		}
		if !slices.Equal(e.Uses(), tt.want) {
			t.Errorf("%s uses %v, want %v", tt.source, names(e.Uses()), names(tt.want))
		}
	}
}

func names(fields []*Field) []string {
	var s []string
	for _, f := range fields {
		s = append(s, f.Name)
	}
	return s
}

func TestDeepAndLongExpressionsAreRefusedOrRun(t *testing.T) {
	tests := []struct {
		name, source string
		ok           bool
	}{
		{"200 brackets", strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200), true},
		{"201 brackets", strings.Repeat("(", 201) + "1" + strings.Repeat(")", 201), false},
		{"300 calls", strings.Repeat("not(", 300) + "1" + strings.Repeat(")", 300), false},
		{"300 predicates", strings.Repeat("count(${member}[", 150) + "1" + strings.Repeat("])", 150), false},
		{"16,000 sums", "1" + strings.Repeat("+1", 16000), true},
		{"6,000 ors", "${age} = 1" + strings.Repeat(" or 0", 6000), true},
		{"300 minus signs", strings.Repeat("-", 300) + "1", false},
		{"a cell full", "'" + strings.Repeat("字", 32765) + "'", true},
		{"more than a cell", "'" + strings.Repeat("字", 32766) + "'", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, problems := Compile(tt.source, newVillage().env())
			if (e != nil) != tt.ok {
				t.Fatalf("compiled: %v, %v", e != nil, problems)
			}
			if e != nil {
				if _, err := e.Eval(&Context{Data: blank{}, Now: clock}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
