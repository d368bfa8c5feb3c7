package site_test

import (
	"bytes"
	"testing"

	"xintiexin/flows/site"
	"xintiexin/flows/xlsform"
)

// FuzzRead reads whatever tables: nothing breaks, and a site that can be applied
// is written and read again as the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"| limits | |\n| | name | value |\n| | offer_minutes | ９０ |",
		"| texts | |\n| | name | text |\n| | a | 一<br>二 \\| 三 # 四 |",
		"| days | |\n| | day | closed | time | capacity |\n| | 腊月廿一 | | 8点半 | 4 |",
		"| openings | |\n| | service | when | time | capacity |\n| | checkup | 逢2、10 | 14:00 | 4 |",
		"| phones | |\n| | name | label | number |\n| | clinic | 卫生院 | (0632) 881-2345 |",
		"| holidays | |\n| | date | name | off | year |\n| | 2026-12-31 | 元旦 | yes | 2027 |",
		"| services | |\n| | id | label | keywords | couple |\n| | checkup | 免费检查 | 一个、两个 | 是 |",
		consents("C1 | 1 | 短 | 全"), "| site | |\n| | name | value |\n| | version | 1 |",
	} {
		f.Add([]byte(s))
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		given, _ := xlsform.ParseMarkdown(src)
		if given == nil {
			return
		}
		book := tables(t, "")
		for i, s := range book.Sheets {
			for _, g := range given.Sheets {
				if g.Name == s.Name {
					book.Sheets[i] = g
				}
			}
		}
		s, findings := site.Read(book, o)
		if site.Fatal(findings) {
			return
		}
		var b bytes.Buffer
		if err := site.WriteMarkdown(&b, &s); err != nil {
			t.Fatal(err)
		}
		again, findings := site.Parse("a.md", b.Bytes())
		if again == nil {
			t.Fatalf("%v\n%s", findings, b.Bytes())
		}
		same, findings := site.Read(again, o)
		if site.Fatal(findings) || !equal(s, same) {
			t.Fatalf("another site: %v\n%s\n%s", site.Changes(&s, &same), lines(findings), b.Bytes())
		}
	})
}
