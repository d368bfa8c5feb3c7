package site_test

import (
	"testing"

	"xintiexin/flows/site"
	"xintiexin/storage/townconfig"
)

func TestWhatIsWrongWithAColumnIsSaidByItsCell(t *testing.T) {
	head := "| columns | | | | | | | | |\n| | table | source | order | header | field | format | codes | width | title | to |\n| | m | visits | 1 | | 序号 | | | | 月报 | |\n| | "
	for row, want := range map[string]string{
		"m | visits | 2 | | nmae | | | | | |":          "columns!E3（field）：走访里没有 “nmae”。是不是 name？",
		"m | visits | 2 | | 备注 | | | | | |":            "columns!E3（field）：“备注” 不出表：备注是随手写的，会有别人的事。",
		"m | visits | 2 | | phone | | | | | |":         "columns!E3（field）：“phone” 不出表：整个电话只在居民表里，别的表写 tail（电话尾号）。",
		"p | plans | 1 | | name | | | | 事 | |":         "columns!E3（field）：“name” 不出表：到日子的事只有卫生院看得到是谁的（C2）。",
		"m | away | 2 | | place | | | | | |":           "columns!B3（source）：m 前面写的是 visits，一张表里只能是一样。",
		"m | visits | 1 | | name | | | | | |":          "columns!C3（order）：“1” 和第 2 行重了。",
		"m | visits | 2 | | day | yyyymmd | | | | |":   "columns!F3（format）：“yyyymmd” 看不懂。是不是 yyyymmdd？",
		"m | visits | 2 | | name | yyyymmdd | | | | |": "columns!F3（format）：“姓名” 不是日子，这里要空着。",
		"m | visits | 2 | | way | | 上们=1 | | | |":      "columns!G3（codes）：怎么见的里没有 “上们”。是不是 上门？",
		"m | visits | 2 | | way | | 上门=1 电话=2 | | | |": "columns!G3（codes）：提醒：没写 别处碰见 的代码，照字写。",
		"m | visits | 2 | 序号 | name | | | | | |":       "columns!D3（header）：“序号” 和第 2 行重了。",
		"m | visits | 2 | | added.rooms | | | | | |":   "columns!E3（field）：提醒：走访表里眼下没有 “rooms” 这一问，这一列先空着。",
		"c | visits | 1 | | number | | | | 民政 | 民政所 |": "columns!J3（to）：提醒：交给别的单位，要她另外同意（C6）。没有同意过的不在这张表里。",
		"c | visits | 1 | | name | | | | 民政 | |":       "columns!A3（table）：提醒：c 没有 number（序号）这一列，只能交全部，不能只交变的。",
		"c | visit | 1 | | name | | | | 民政 | |":        "columns!B3（source）：没有 “visit”。是不是 visits？",
		"c | visits | 1 | | number | | | 99 | 民政 | |":  "columns!H3（width）：99 要在 4 到 60 之间。",
		"c | visits | 1 | | number | | | | 月报 | |":     "columns!I3（title）：“月报” 和第 2 行重了。",
	} {
		o := options(t)
		o.Added = []string{"pigs"}
		_, findings := site.Read(tables(t, head+row), o)
		var all []string
		found := false
		for _, f := range findings {
			if f.Sheet != "columns" {
				continue
			}
			text := f.String()
			all = append(all, text)
			found = found || text == want
		}
		if !found {
			t.Errorf("%s\ngot  %q\nwant %q", row, all, want)
		}
	}
}

// TestColumnsAreWrittenAsTheyAreRead: codes, formats and titles survive, and the tables
// stand in the order of their columns.
func TestColumnsAreWrittenAsTheyAreRead(t *testing.T) {
	s, _ := site.Read(tables(t, "| columns | | | | | | | | |\n| | table | source | order | header | field | format | codes | width | title | to |\n"+
		"| | m | visits | 2 | 方式 | 怎么见的 | | 上门=01 电话=02 别处碰见=09 | 8 | 月报 | |\n| | m | visits | 1 | 日期 | day | yyyymmdd | | | | |"), options(t))
	again, _ := site.Read(site.Tables(&s), options(t))
	all := site.HandedOn(&again)
	if len(all) != 1 || all[0].Title != "月报" || all[0].Columns[0].Format != "yyyymmdd" || all[0].Columns[1].Codes["home"] != "01" || all[0].Columns[1].Field != "way" || all[0].Numbered() {
		t.Errorf("%+v", all)
	}
	if n := len(site.HandedOn(&townconfig.Site{})); n != 5 {
		t.Errorf("%d tables come with the program", n)
	}
}
