package flows_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/flows/townform"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// doForm does what concerns the town's own forms:
//
//	form NAME        testdata/forms/NAME.md goes live
//	draft NAME       is kept to be tried
//	refused NAME     is not taken; its findings are checked by TestTownFormsFindings
//	form-off NAME    is taken out of force
//	added NAME       a town's workbook stands in place of the built-in form NAME:
//	                 the same with one question more, cars
//	cars WHAT NAME N that question's answer stands with the last WHAT of NAME
func (p *player) doForm(tx *record.Tx, verb, rest string) (bool, error) {
	switch verb {
	case "form", "draft":
		src, err := os.ReadFile("testdata/forms/" + rest + ".md")
		if err != nil {
			return true, err
		}
		f, done, err := townform.KeepForm(p.talk, tx, rest+".md", src, verb == "draft", ids["赵文静"], p.now)
		if err == nil && !done {
			p.t.Fatalf("%s does not go live: %v", rest, f.Findings)
		}
		return true, err
	case "added":
		f, done, err := townform.KeepForm(p.talk, tx, rest+".md", withCars(p.t, rest), false, ids["赵文静"], p.now)
		if err == nil && !done {
			p.t.Fatalf("%s with a question more does not go live: %v", rest, f.Findings)
		}
		return true, err
	case "cars":
		words := strings.Fields(rest)
		id := p.residents[words[1]]
		if who, err := person.Identify(tx, openids[words[1]]); id == "" && err == nil && len(who.Residents) > 0 {
			id = who.Residents[0]
		}
		kept, err := keptWith(tx, words[0], id)
		if err == nil && kept == nil && words[0] == "away" { // she lives in no village yet
			var own migration.Absence
			own, err = migration.OwnLatest(p.as(tx, words[1]), id)
			kept = own.Extra
		}
		if got := kept["cars"]; err == nil && got != words[2] {
			p.t.Errorf("with the %s of %s is kept %v", words[0], words[1], kept)
		}
		return true, err
	case "form-off":
		return true, townforms.Deactivate(tx, strings.TrimSpace(rest), ids["赵文静"], p.now)
	}
	return false, nil
}

// withCars is a built-in form with one question more, behind all others.
func withCars(t *testing.T, name string) []byte {
	src, err := fs.ReadFile(flows.Forms(), name+".md")
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(src), "\n\n| choices")
	head := "\n\n| choices"
	if !ok {
		head = "\n\n| settings"
		before, after, _ = strings.Cut(string(src), head)
	}
	return []byte(before + "\n| | integer | cars | 家里几辆车？ | 车 |" + head + after)
}

// keptWith are the answers to a town's own questions that stand with the newest
// visit, card or booking of somebody, or with herself.
func keptWith(tx *record.Tx, what, resident string) (map[string]string, error) {
	r, err := person.LoadResident(tx, resident)
	if err != nil || what == "register" {
		return r.Extra, err
	}
	if what == "booking" {
		var kept map[string]string
		all, err := bookings.BookingsOf(tx, r, 0, 0)
		for _, a := range all {
			if a.Resident == resident {
				kept = a.Extra
			}
		}
		return kept, err
	}
	var kept map[string]string
	all, err := migration.AwayOf(tx, r)
	for _, a := range all {
		kept = a.Extra
	}
	return kept, err
}

// TestTownFormsFindings: a form that clashes with what there is, or leaves out
// what its flow needs, is told why, and nothing changes.
func TestTownFormsFindings(t *testing.T) {
	for file, want := range map[string][]string{
		"taken":         {"settings!C2（chat_keyword）：“走方” 已经有用处（走访）", "“取消” 是“取消”的意思", "不认识的角色 “村长”", "没有 “C9” 这种同意。"},
		"visit_without": {"少了题目 “finding”（select_one finding）", "顶替自带的“走访”"},
		"crowd": {"survey!B3（name）：“_stop” 是留用的名字", "一张表只能问一个人：第 2 行已经问了", "days.csv 这个单子只有自带的表能用", "不能写 无",
			"“住” 只有一个字", "“胎动少” 是说有危险的话", "“走访表” 已经有用处（走访）。换成 填走访表？"},
	} {
		p := &player{t: t, path: t.TempDir() + "/x.db", residents: map[string]string{}}
		p.open()
		src, err := os.ReadFile("testdata/forms/" + file + ".md")
		if err != nil {
			t.Fatal(err)
		}
		f, done, err := townform.AddForm(p.talk, t.Context(), p.store, file+".md", src, false, "", p.now)
		if err != nil || done || !f.Fatal() {
			t.Errorf("%s: done %v, %v", file, done, err)
		}
		var said []string
		for _, x := range f.Findings {
			said = append(said, x.String())
		}
		for _, w := range want {
			if all := strings.Join(said, "\n"); !strings.Contains(all, w) {
				t.Errorf("%s does not say %q:\n%s", file, w, all)
			}
		}
		p.store.View(t.Context(), func(tx *record.Tx) error {
			if log, err := townforms.Log(tx); err != nil || len(log) != 0 {
				t.Errorf("%s: %v %v", file, log, err)
			}
			return nil
		})
		p.store.Close()
	}
}

// TestBuiltinFormsMayStandForThemselves: a built-in form that a town hands in as it
// came lacks nothing.
func TestBuiltinFormsMayStandForThemselves(t *testing.T) {
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(flows.Forms(), "*.md")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(flows.Forms(), name)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := xlsform.ReadMarkdown(strings.TrimSuffix(name, ".md"), src, xlsform.Options{Live: dialog.LiveLists()})
		for _, x := range townform.Check(talk, f) {
			t.Errorf("%s: %s", name, x)
		}
	}
}

// TestBuiltinFormsNeedTheirQuestions: a workbook in place of a built-in form that
// leaves out a question is refused and told which; what may be left out is said in
// one place (spare).
func TestBuiltinFormsNeedTheirQuestions(t *testing.T) {
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	mayGo := map[string]string{"visit": "way need next next_part note", "away": "place expected"}
	names, err := fs.Glob(flows.Forms(), "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range names {
		name := strings.TrimSuffix(file, ".md")
		src, err := fs.ReadFile(flows.Forms(), file)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := xlsform.ReadMarkdown(name, src, xlsform.Options{Live: dialog.LiveLists()})
		for _, q := range whole.Questions {
			if q.Type == "note" {
				continue
			}
			book, _ := xlsform.ParseMarkdown(src)
			rows := &book.Sheets[0].Rows
			*rows = slices.DeleteFunc(*rows, func(r xlsform.Row) bool { return len(r.Cells) > 1 && r.Cells[1].Text == q.Name })
			f, findings := xlsform.Read(name, book, xlsform.Options{Live: dialog.LiveLists()})
			if f != nil {
				findings = townform.Check(talk, f)
			}
			told := slices.ContainsFunc(findings, func(x xlsform.Finding) bool { return !x.Warning && strings.Contains(x.Text, q.Name) })
			spare := slices.Contains(strings.Fields(mayGo[name]), q.Name)
			if told == spare && !(spare && f == nil) { // another row may name it
				t.Errorf("%s without %s: %v", name, q.Name, findings)
			}
		}
	}
}

// corpus is where real workbooks of other projects lie, if they do.
const corpus = "../../shared/xlsforms"

// TestRealWorkbooksLive: workbooks of other projects go live, are asked in chat
// from the list of forms, and what is answered is kept.
func TestRealWorkbooksLive(t *testing.T) {
	files, err := filepath.Glob(corpus + "/*.xlsx")
	if err != nil || len(files) == 0 {
		t.Skip("no workbooks in " + corpus)
	}
	lived, saved := 0, 0
	for _, file := range files {
		p := &player{t: t, path: t.TempDir() + "/x.db", token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}, who: "王桂英"}
		p.open()
		p.now = calendar.Date(2026, 12, 2).At(10, 20)
		p.town()
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, done, err := townform.AddForm(p.talk, t.Context(), p.store, file, src, false, "", p.now)
		if err != nil {
			t.Fatal(file, err)
		}
		if !done {
			i := slices.IndexFunc(f.Findings, func(x xlsform.Finding) bool { return !x.Warning })
			t.Logf("%s stays out: %s", filepath.Base(file), f.Findings[i])
			p.store.Close()
			continue
		}
		lived++
		p.send("填表")
		said := p.send("1")
		for i := 0; i < 600 && !strings.Contains(said, "存好了"); i++ {
			said = p.send(reply(said, i))
		}
		if strings.Contains(said, "存好了") {
			saved++
			p.send("改记录")
			if said := p.send("1"); !strings.Contains(said, "1 保存") {
				t.Errorf("%s: to be corrected it shows %q", filepath.Base(file), said)
			}
		} else {
			t.Logf("%s: stopped at %q", filepath.Base(file), said)
		}
		p.store.Close()
	}
	if lived < 6 || saved < 5 {
		t.Errorf("%d went live, %d were answered to their end", lived, saved)
	}
}

// reply is a guess at what a screen wants.
func reply(said string, n int) string {
	switch {
	case strings.Contains(said, "还有下一个"):
		return "2"
	case strings.Contains(said, "1 保存"):
		return "1"
	case strings.Contains(said, "\n1 "):
		return []string{"1", "1", "2", "3"}[n%4]
	}
	return []string{"跳过", "1", "3", "今天", "阿明", "20", "8点", "1.5", "0", "0888123456"}[n%10]
}
