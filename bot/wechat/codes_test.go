package wechat

import (
	"os"
	"strings"
	"testing"
)

// TestRules: each code stands in the list once.
func TestRules(t *testing.T) {
	seen := map[int]string{}
	for _, r := range Rules() {
		if r.Means == "" || r.Class == OK || r.Class == Alarm && (r.Span == NoTime || r.Alarm == "") {
			t.Errorf("%+v is not whole", r)
		}
		for _, c := range r.Codes {
			if other, ok := seen[c]; ok {
				t.Errorf("%d means %q and %q", c, other, r.Means)
			}
			seen[c] = r.Means
			if got, ok := RuleOf(c); !ok || got.Means != r.Means {
				t.Errorf("RuleOf(%d) = %+v, %v", c, got, ok)
			}
		}
	}
	if r, ok := RuleOf(99999); ok || r.Class != Never || r.Alarm == "" {
		t.Errorf("a code that is not there: %+v, %v", r, ok)
	}
}

// TestCodesPage: the page of the documentation is the list. With
// XINTIEXIN_WRITE_DOCS=1 it is written.
func TestCodesPage(t *testing.T) {
	const page = "../../docs/codes.md"
	want := "# The platform's codes\n\nWhat each code of the API means to the sender (`bot/wechat/codes.go`, from which this page is written:\n" +
		"`XINTIEXIN_WRITE_DOCS=1 go test ./bot/wechat -run CodesPage`). A message that is not sent is owed: its words head the person's next answer,\n" +
		"or somebody calls, where it was promised. A code that is not here is never tried again, and raises an alarm.\n\n" + RulesTable()
	if os.Getenv("XINTIEXIN_WRITE_DOCS") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("%s is not the list (%v); write it anew", page, err)
	}
	for _, row := range []string{"| 43108 |", "| 40003, -41000 |", "| 40234, 40235 |", "40016–40027"} {
		if !strings.Contains(want, row) {
			t.Errorf("the list has no %q", row)
		}
	}
}
