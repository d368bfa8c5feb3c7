package xlsform

import (
	"testing"

	"xintiexin/flows/form"
)

func TestHeaders(t *testing.T) {
	tests := []struct {
		header string
		double bool
		key    string
		lang   string
	}{
		{"Type", true, "type", ""},
		{"Choice  Filter", true, "choice_filter", ""},
		{"label::Chinese (zh)", true, "label", "Chinese (zh)"},
		{"label:English", false, "label", "English"},
		{"relevance", true, "relevant", ""},
		{"bind::relevant", true, "relevant", ""},
		{"bind:constraint", false, "constraint", ""},
		{"bind::jr:constraintMsg", true, "constraint_message", ""},
		{"jr:count", false, "repeat_count", ""},
		{"media::image::中文", true, "media::image", "中文"},
		{"image", true, "media::image", ""},
		{"Constraining Message::en", true, "constraint_message", "en"},
		{"requiredMsg", true, "required_message", ""},
		{"calculate", true, "calculation", ""},
		{"instance::odk:x", true, "instance::odk:x", ""},
		{"relevant::en", true, "relevant::en", ""},
	}
	for _, tt := range tests {
		got := understand(tt.header, tt.double, surveyAliases)
		if got.key != tt.key || got.lang != tt.lang {
			t.Errorf("%q is %q in %q, want %q in %q", tt.header, got.key, got.lang, tt.key, tt.lang)
		}
	}
}

func TestTypes(t *testing.T) {
	tests := []struct {
		cell  string
		want  form.Type
		list  string
		other bool
	}{
		{"text", form.Text, "", false},
		{"String", form.Text, "", false},
		{"datetime", form.DateTime, "", false},
		{"begin group", form.Group, "", false},
		{"Begin_Repeat", form.Repeat, "", false},
		{"select_one yesNo", form.SelectOne, "yesNo", false},
		{"select one yesNo", form.SelectOne, "yesNo", false},
		{"select1 a", form.SelectOne, "a", false},
		{"select one from a or specify other", form.SelectOne, "a", true},
		{"select_multiple a or_other", form.SelectMultiple, "a", true},
		{"select all that apply from 村", form.SelectMultiple, "村", false},
		{"select_one_from_file a.csv", form.SelectOne, "a.csv", false},
		{"rank a", form.Rank, "a", false},
		{"select_one ${x}", form.SelectOne, "${x}", false},
		{"phonenumber", form.Meta, "", false},
		{"trigger", form.Acknowledge, "", false},
	}
	for _, tt := range tests {
		got, ok := parseType(tt.cell)
		if !ok || got.form != tt.want || got.list != tt.list || got.other != tt.other || got.extra != "" {
			t.Errorf("%q is %+v", tt.cell, got)
		}
	}
}

func TestTheLanguageThatPeopleRead(t *testing.T) {
	tests := []struct {
		name, head, row, settings, want string
	}{
		{"Chinese before all others", "label::English (en)/label::Chinese (zh)", "how/怎么", "", "怎么"},
		{"Chinese by its own name", "label::English/label::中文", "how/怎么", "", "怎么"},
		{"Chinese before a plain column", "label/label::中文 (zh-CN)", "how/怎么", "", "怎么"},
		{"the settings' choice before Chinese", "label::English (en)/label::Chinese (zh)", "how/怎么", "English (en)", "how"},
		{"the settings' choice by its code", "label::English (en)/label::Chinese (zh)", "how/怎么", "en", "how"},
		{"a plain column is in the default language", "label/label::Chinese (zh)", "how/怎么", "English", "how"},
		{"without Chinese the plain column", "label::English/label", "how/comment", "", "comment"},
		{"without either the first", "label::English/label::French", "how/comment", "", "how"},
		{"a missing translation falls back to another", "label::English/label::中文", "how/", "", "how"},
		{"one colon, as in old files", "label:English/label:中文", "how/怎么", "", "怎么"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := sheets("survey\ntype/name/"+tt.head+"\ntext/a/"+tt.row, "settings\ndefault_language\n"+tt.settings)
			f, findings := ReadMarkdown("x", src, Options{})
			if f == nil {
				t.Fatal(findings)
			}
			if got := f.Questions[0].Label; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLabelsLoseTheirMarkup(t *testing.T) {
	tests := []struct{ in, want string }{
		{"一<br>二", "一\n二"},
		{"<span style=\"color:red\">红</span> <b>粗</b>", "红 粗"},
		{"**粗** 和 _斜_，${a_b}_c_d", "粗 和 斜，${a_b}_c_d"},
		{"# 标题\n内容", "标题\n内容"},
		{"年龄 <18 或 >60", "年龄 <18 或 >60"},
		{"a &lt; b&nbsp;c", "a < b c"},
		{"5 * 3 * 2", "5 * 3 * 2"},
		{"<p>一</p><p>二</p>", "一\n二"},
		{"<hr>", "———"},
	}
	for _, tt := range tests {
		if got := plain(tt.in); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestDefaultsAndWhichAreExpressions(t *testing.T) {
	tests := []struct {
		cell string
		want bool
	}{
		{"无", false}, {"2026-11-23", false}, {"+86", false}, {"a-b", false}, {"样庄（北）", false}, {"3", false},
		{"today()", true}, {"${a}", true}, {"1 + 2", true}, {"concat('a', ${b})", true}, {"jr:choice-name('a', 'b')", true},
	}
	for _, tt := range tests {
		s := &survey{t: &table{columns: []column{{key: "default"}}}}
		s.t.arrange(nil)
		q := &form.Question{}
		s.defaults(Row{Number: 2, Cells: []Cell{{Text: tt.cell}}}, q)
		if q.DefaultIsExpr != tt.want {
			t.Errorf("%q is an expression: %v", tt.cell, q.DefaultIsExpr)
		}
	}
}

func TestMarkdownLines(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"prose alone", "hello", "文件里没有表格。表格每行以 | 开头，第一列写 survey、choices 或 settings。"},
		{"a table without a sheet's name", "| | type | name |", "表格第一列要先写工作表的名字，如 | survey |。"},
		{"another encoding", "| survey | \xc0\xe1 |", "文字编码不是 UTF-8，请另存为 UTF-8。"},
	}
	for _, tt := range tests {
		if _, findings := ParseMarkdown([]byte(tt.src)); len(findings) != 1 || findings[0].Text != tt.want {
			t.Errorf("%s: got %v", tt.name, findings)
		}
	}
}
