package site_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows"
	"xintiexin/flows/site"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

var today = calendar.Date(2026, 11, 23)

// options are those of a running bot.
func options(t testing.TB) site.Options {
	t.Helper()
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	return site.Options{Today: today, Keywords: talk.Keywords()}
}

// tables is the built-in site, its sheets of the names in md written anew.
func tables(t testing.TB, md string) *xlsform.Workbook {
	t.Helper()
	s := site.Builtin()
	book := site.Tables(&s)
	if md == "" {
		return book
	}
	changed, findings := xlsform.ParseMarkdown([]byte(md))
	if changed == nil {
		t.Fatalf("%s: %v", md, findings)
	}
	for _, c := range changed.Sheets {
		i := slices.IndexFunc(book.Sheets, func(s xlsform.Sheet) bool { return strings.EqualFold(s.Name, c.Name) })
		if i < 0 {
			book.Sheets = append(book.Sheets, c)
		} else {
			book.Sheets[i] = c
		}
	}
	return book
}

func lines(findings []xlsform.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return strings.Join(out, "\n")
}

func TestWhatTheInventedTownIsToldAreItsInventedNumbers(t *testing.T) {
	_, findings := site.Read(tables(t, ""), options(t))
	for _, f := range findings {
		if !f.Warning || !strings.Contains(f.Text, "编的号") && !strings.Contains(f.Text, "2027 年的放假安排") {
			t.Error(f)
		}
	}
	if len(findings) != 9 {
		t.Errorf("%d findings:\n%s", len(findings), lines(findings))
	}
}

func TestTheBuiltinSiteHasWhatTheNormsAskFor(t *testing.T) {
	s := site.Builtin()
	for _, set := range []purpose.Purpose{purpose.VisitRecord, purpose.Booking, purpose.HealthReminders, purpose.Migration, purpose.ProxyPickup, purpose.ChildReminders, purpose.ThirdPartySharing, purpose.QuestionBox} {
		if c, ok := s.Consent(set); !ok || c.Version == "" || c.Short == "" || c.Full == "" {
			t.Errorf("%s: %+v", set, c)
		}
	}
	for _, word := range []string{"出血", "抽搐", "胎动少", "喘不上气", "不想活", "挨打"} {
		if !slices.ContainsFunc(s.Dangers, func(d townconfig.Danger) bool { return slices.Contains(d.Words, word) }) {
			t.Errorf("%s is no danger", word)
		}
	}
	for _, word := range []string{"优生检查流程", "服务指南", "奖励扶助", "特别扶助", "育儿补贴", "生育登记", "两非"} {
		if _, ok := s.Guide(word); !ok {
			t.Errorf("no page is called up by %s", word)
		}
	}
	if v, ok := s.Service("checkup"); !ok || !v.Couple || s.Text(v.Prepare, "") == "" {
		t.Errorf("the check-up: %+v", v)
	}
	if s.Limits["offer_minutes"] != 90 || s.Keep("evidence", 0) != 1095 {
		t.Error("the numbers of the norms")
	}
	if got := s.OpenOn("checkup", calendar.Date(2027, 1, 28), s.Holidays()); len(got) != 3 || got[1].Time != "08:30" || got[1].Capacity != 4 {
		t.Errorf("a Thursday: %v", got)
	}
}

func TestNobodyCanSpoilTheBuiltinSite(t *testing.T) {
	s := site.Builtin()
	s.Limits["offer_minutes"] = 1
	if s = site.Builtin(); s.Limits["offer_minutes"] != 90 {
		t.Error("spoilt")
	}
}

func TestABlankSiteHoldsNothingInvented(t *testing.T) {
	s := site.Blank()
	text, err := json.Marshal(s)
	if err != nil || strings.Contains(string(text), "1540000") || strings.Contains(string(text), "样庄") {
		t.Errorf("%s, %v", text, err)
	}
	if _, ok := s.Phone("clinic"); ok || len(s.Openings) > 0 || len(s.Dangers) == 0 {
		t.Errorf("%+v", s)
	}
	again, findings := site.Read(site.Tables(&s), options(t))
	if site.Fatal(findings) || !equal(again, s) {
		t.Errorf("cannot be written and applied:\n%s", lines(findings))
	}
}

// full is a site in which every field says something, also what a table could
// mistake for its own signs.
func full() townconfig.Site {
	s := site.Builtin()
	s.Texts["odd"] = "一|二 \\| 三\\\n# 四 “五”\n　<六> & *七*\n- 八"
	s.Questions = []townconfig.SiteQuestion{{Service: "checkup", Name: "local", Label: "住这里吗?", Need: "yes", Otherwise: "到住的地方约，\n一样不收钱。"}, {Service: "checkup", Name: "any", Label: "来过吗?"}}
	s.Days = append(s.Days,
		townconfig.SiteDay{Service: "checkup", Day: calendar.Date(2027, 1, 31), Time: "09:00", Capacity: 6, Note: "年前加的"},
		townconfig.SiteDay{Service: "checkup", Day: calendar.Date(2027, 1, 30)},
		townconfig.SiteDay{Service: "checkup", Day: calendar.Date(2027, 1, 28), Closed: true, Time: "08:00"})
	s.Templates = townconfig.Templates{"appointment": {ID: "AbC-1_x", Keys: map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}}}
	for d := range calendar.Day(12) {
		s.Notices = append(s.Notices, townconfig.SiteHoliday{Year: 2027, Day: calendar.Date(2026, 12, 31) + d, Name: "元旦", Off: d != 2})
	}
	s.Phones = append(s.Phones, townconfig.Phone{Name: "empty", Label: "没填的"})
	return s
}

func equal(a, b townconfig.Site) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func TestWhatIsWrittenIsTheSameSiteAgain(t *testing.T) {
	for name, s := range map[string]townconfig.Site{"built-in": site.Builtin(), "full": full()} {
		dir := t.TempDir()
		var book, md bytes.Buffer
		if err := site.Write(&book, &s); err != nil {
			t.Fatal(err)
		}
		if err := site.WriteMarkdown(&md, &s); err != nil {
			t.Fatal(err)
		}
		for file, src := range map[string][]byte{"a.xlsx": book.Bytes(), "a.md": md.Bytes()} {
			if err := os.WriteFile(filepath.Join(dir, file), src, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := site.WriteFolder(filepath.Join(dir, "folder"), &s); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"a.xlsx", "a.md", "folder"} {
			tables, findings, err := site.Load(filepath.Join(dir, file))
			if err != nil || tables == nil {
				t.Fatalf("%s: %v %v", file, findings, err)
			}
			again, findings := site.Read(tables, options(t))
			if site.Fatal(findings) || !equal(again, s) {
				t.Errorf("%s, %s: another site\n%s\n%v", name, file, lines(findings), site.Changes(&s, &again))
			}
		}
		if err := site.WriteFolder(filepath.Join(dir, "folder"), &s); err == nil {
			t.Error("a folder was written over")
		}
	}
}

func TestAWorkbookAsExcelLeavesIt(t *testing.T) {
	s := site.Builtin()
	var b bytes.Buffer
	if err := site.Write(&b, &s); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	style, _ := f.NewStyle(&excelize.Style{NumFmt: 20}) // h:mm
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetCellValue("openings", "C2", 8.0/24+1.0/96))
	must(f.SetCellStyle("openings", "C2", "C2", style))
	must(f.SetCellInt("openings", "D2", 6))
	must(f.SetCellValue("lectures", "D2", 46408)) // 2027-01-21
	date, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
	must(f.SetCellStyle("lectures", "D2", "D2", date))
	must(f.SetCellInt("phones", "C2", 13800138000))
	must(f.SetCellStr("texts", "B2", "第一行\r\n第二行"))
	b.Reset()
	must(f.Write(&b))
	book, findings := site.Parse("a.XLSX", b.Bytes())
	if book == nil {
		t.Fatal(findings)
	}
	got, findings := site.Read(book, options(t))
	if site.Fatal(findings) || len(site.Changes(&s, &got)) == 0 {
		t.Fatal(lines(findings))
	}
	if o := got.Openings[0]; o.Time != "08:15" || o.Capacity != 6 || o.When != "周二" {
		t.Errorf("opening %+v", o)
	}
	if p, _ := got.Phone("clinic"); p.Number != "13800138000" || got.Lectures[0].Day.String() != "2027-01-21" || got.Texts["prepare_checkup"] != "第一行\n第二行" {
		t.Errorf("%v %v %q", p, got.Lectures[0].Day, got.Texts["prepare_checkup"])
	}
}

func TestFilesThatAreNoSite(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"a.txt": "x", "a.xlsx": "x", "empty.md": "", "words.md": "only words",
		"two/a.md": "| limits | |\n| | name | value |", "two/b.md": "| Limits | |\n| | name | value |",
		"none/README.md": "| limits | |", "none/_x.md": "| limits | |", "bad/a.md": "words", "bad/b.md": "| limits | |\n| | name |",
	} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"a.txt": "不是 .xlsx 也不是 .md", "a.xlsx": "不是 Excel", "empty.md": "没有表格", "words.md": "没有表格",
		"two": "两个文件里都有", "none": "1 到 100 个 .md", "bad": "a.md：文件里没有表格",
	} {
		book, findings, err := site.Load(filepath.Join(dir, name))
		if err != nil || book != nil || !strings.Contains(lines(findings), want) {
			t.Errorf("%s: %v, %q, want %q", name, err, lines(findings), want)
		}
	}
	if _, _, err := site.Load(filepath.Join(dir, "nosuch")); err == nil {
		t.Error("a file that is not there")
	}
}

func TestSpellingsThatMeanTheSame(t *testing.T) {
	s, findings := site.Read(tables(t, `
| OPENINGS | | | |
| | Service | When | time | Capacity |
| | checkup | 星期四 | 8点半 | 4 |
| | checkup | 每周天 | 8:00 | ４ |
| | checkup | 逢2、7 | 下午两点 | 4 |
| | checkup | 逢5,10集 | 08：45 | 4 |
| | checkup | 上班日 | 09:00:00 | 4 |

| days | | | | |
| | day | closed | note |
| | 腊月廿九 | 是 | 除夕 |
| | 2027-01-31 00:00:00 | | |

| phones | | | |
| | name | label | number |
| | clinic | 卫生院 | 0632-8812345 |
| | advice | 咨询 | +86 138 0013 8000 |
| | women | 妇女 | 12338 |
`), options(t))
	if site.Fatal(findings) {
		t.Fatal(lines(findings))
	}
	var got []string
	for _, o := range s.Openings {
		got = append(got, o.When+o.Time)
	}
	if want := []string{"周四08:30", "周日08:00", "逢二七14:00", "逢五十08:45", "工作日09:00"}; !reflect.DeepEqual(got, want) {
		t.Errorf("openings %v, want %v", got, want)
	}
	if s.Days[0].Day != calendar.Date(2027, 2, 5) || !s.Days[0].Closed || s.Days[1].Day != calendar.Date(2027, 1, 31) || s.Days[1].Closed {
		t.Errorf("days %v", s.Days)
	}
	if s.Phones[0].Number != "06328812345" || s.Phones[1].Number != "13800138000" {
		t.Errorf("phones %v", s.Phones)
	}
}
