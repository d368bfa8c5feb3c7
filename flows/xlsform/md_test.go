package xlsform

import (
	"testing"

	"xintiexin/flows/form"
)

const visitTable = `
# a visit
| survey |                                    |          |                         |                           |
|        | type                               | name     | label                   | relevant                  | # what is asked
|--------|------------------------------------|----------|-------------------------|---------------------------|
|        | select_one_from_file residents.csv | resident | 走访了谁?               |                           |
|        | select_one finding                 | finding  | 情况如何?               |                           |
|        | text                               | need     | 需要**什么** <br> 帮助? | ${finding} = 'needs\|help' |

| choices  |           |      |          |       |
|          | list_name | name | label    | alias |
|          | finding   | ok   | 都好     | 行 中 |
|          | finding   | needs\|help | 需要帮助 |       |
| settings | form_title | chat_keyword |
|          | 走访登记   | 走访         |
`

func TestMarkdownBecomesAForm(t *testing.T) {
	f, findings := ReadMarkdown("visit", []byte(visitTable), Options{Live: []string{"residents"}})
	if f == nil || len(findings) > 0 {
		t.Fatalf("got %v, want no findings", findings)
	}
	if f.ID != "visit" || f.Title != "走访登记" || f.Settings["chat_keyword"] != "走访" {
		t.Errorf("id %q, title %q, settings %q", f.ID, f.Title, f.Settings)
	}
	who, need := f.Questions[0], f.Questions[2]
	if who.Type != form.SelectOne || who.List != "residents" || !who.FromFile {
		t.Errorf("a live list is read as %+v", who)
	}
	if need.Label != "需要什么\n帮助?" || need.Relevant != "${finding} = 'needs|help'" || need.Row != 4 {
		t.Errorf("label %q, relevant %q, row %d", need.Label, need.Relevant, need.Row)
	}
	if c := f.Lists["finding"]; len(c) != 2 || c[0].Label != "都好" || len(c[0].Aliases) != 2 {
		t.Errorf("choices %+v", c)
	}
}
