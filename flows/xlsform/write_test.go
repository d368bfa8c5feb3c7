package xlsform

import (
	"bytes"
	"reflect"
	"testing"

	"xintiexin/flows/form"
)

const everything = `
| survey | type                          | name  | label           | hint | required | required_message | relevant       | constraint | constraint_message | calculation | default   | choice_filter | read_only | parameters           | trigger | chat    | short | repeat_count | guidance_hint | appearance |
|        | start                         | began |                 |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | begin_group                   | g     | 一组            |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | select_one area               | area  | 哪里？<br>选一个 | 大片 | yes      | 要选             |                |            |                    |             |           |               |           |                      |         | summary | 片    |              | 帮您选        | minimal    |
|        | select_multiple spot or_other | spots | 哪些？          |      |          |                  | ${area} != ''  |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | end_group                     |       |                 |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | begin_repeat                  | r     | 人              |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       | 2            |               |            |
|        | range                         | n     | 几个？          |      |          |                  |                | . < 9      | 小于 9             |             |           |               |           | start=0 end=10 step=2 |         |         |       |              |               |            |
|        | end_repeat                    |       |                 |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | select_one_from_file town.csv | town  | 哪个镇？        |      |          |                  |                |            |                    |             |           |               |           | value=code label=名  |         |         |       |              |               |            |
|        | date                          | day   | 哪天？          |      |          |                  |                |            |                    |             | today()   |               |           |                      |         |         |       |              |               |            |
|        | select_one spot               | one   | 哪一处？        |      |          |                  |                |            |                    |             |           | area=${area}  |           |                      |         |         |       |              |               |            |
|        | image                         | pic   | 门口            |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
|        | calculate                     | c     |                 |      |          |                  |                |            |                    | 1 + 1       |           |               |           |                      | ${day}  |         |       |              |               |            |
|        | note                          |       | 好了 ${c}       |      |          |                  |                |            |                    |             |           |               |           |                      |         |         |       |              |               |            |
| choices | list_name | name | label | alias | area |
|         | area      | n    | 北    | 上 北边 |    |
|         | area      | s    | 南    |       |      |
|         | spot      | am   | 8:30  | 早    | n    |
|         | spot      | pm   | 下午  |       | s    |
| settings | form_title | form_id | version | chat_keyword | instance_name |
|          | 全部       | all     | 7       | 全部         | concat('a', ${area}) |
| town | code | 名   |
|      | 001  | 样庄 |
`

// same forgets row numbers and what Compile adds.
func same(qs []*form.Question) []form.Question {
	var out []form.Question
	for _, q := range qs {
		c := form.Question{
			Type: q.Type, Name: q.Name, Label: q.Label, Hint: q.Hint, Guidance: q.Guidance, Required: q.Required,
			RequiredMessage: q.RequiredMessage, Relevant: q.Relevant, Constraint: q.Constraint, ConstraintMessage: q.ConstraintMessage,
			Calculation: q.Calculation, Trigger: q.Trigger, Default: q.Default, DefaultIsExpr: q.DefaultIsExpr, ChoiceFilter: q.ChoiceFilter,
			RepeatCount: q.RepeatCount, ReadOnly: q.ReadOnly, Appearance: q.Appearance, Parameters: q.Parameters, List: q.List,
			FromFile: q.FromFile, OrOther: q.OrOther, Summary: q.Summary, Short: q.Short,
		}
		out = append(append(out, c), same(q.Children)...)
	}
	return out
}

func TestAFormWrittenAsAWorkbookReadsBackTheSame(t *testing.T) {
	a, findings := ReadMarkdown("x", []byte(everything), Options{})
	if a == nil {
		t.Fatal(findings)
	}
	var file bytes.Buffer
	if err := Write(&file, a); err != nil {
		t.Fatal(err)
	}
	b, findings := ReadWorkbook("x", file.Bytes(), Options{})
	if b == nil {
		t.Fatal(findings)
	}
	if got, want := same(b.Questions), same(a.Questions); !reflect.DeepEqual(got, want) {
		t.Errorf("questions:\n got %+v\nwant %+v", got, want)
	}
	for _, part := range [][2]any{{a.Lists, b.Lists}, {a.Tables, b.Tables}, {a.Settings, b.Settings},
		{[]string{a.ID, a.Title, a.Version, a.InstanceName}, []string{b.ID, b.Title, b.Version, b.InstanceName}}} {
		if !reflect.DeepEqual(part[0], part[1]) {
			t.Errorf(" got %+v\nwant %+v", part[1], part[0])
		}
	}
}
