package flows_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"xintiexin/flows"
	"xintiexin/flows/xlsform"
	"xintiexin/storage"
)

// doForm does what concerns the town's own forms:
//
//	form NAME        testdata/forms/NAME.md goes live
//	draft NAME       is kept to be tried
//	refused NAME     is not taken; its findings are checked by TestTownFormsFindings
//	form-off NAME    is taken out of force
func (p *player) doForm(tx *storage.Tx, verb, rest string) (bool, error) {
	switch verb {
	case "form", "draft":
		src, err := os.ReadFile("testdata/forms/" + rest + ".md")
		if err != nil {
			return true, err
		}
		f, done, err := p.talk.KeepForm(tx, rest+".md", src, verb == "draft", ids["赵文静"], p.now)
		if err == nil && !done {
			p.t.Fatalf("%s does not go live: %v", rest, f.Findings)
		}
		return true, err
	case "form-off":
		return true, tx.DropForm(strings.TrimSpace(rest), ids["赵文静"], p.now)
	}
	return false, nil
}

// TestTownFormsFindings: a form that clashes with what there is, or leaves out
// what its flow needs, is told why, and nothing changes.
func TestTownFormsFindings(t *testing.T) {
	for file, want := range map[string][]string{
		"taken":         {"settings!C2（chat_keyword）：“走方” 已经有用处（走访）", "“取消” 是“取消”的意思", "不认识的角色 “村长”", "没有 “C9” 这种同意。"},
		"visit_without": {"少了题目 “finding”（select_one finding）", "顶替自带的“走访”"},
		"crowd": {"survey!B3（name）：“_secret” 是留用的名字", "一张表只能问一个人：第 2 行已经问了", "days.csv 这个单子只有自带的表能用", "不能写 无",
			"“住” 只有一个字", "“胎动少” 是说有危险的话", "“走访表” 已经有用处（走访）。换成 填走访表？"},
	} {
		p := &player{t: t, path: t.TempDir() + "/x.db", residents: map[string]string{}}
		p.open()
		src, err := os.ReadFile("testdata/forms/" + file + ".md")
		if err != nil {
			t.Fatal(err)
		}
		f, done, err := p.talk.AddForm(t.Context(), p.store, file+".md", src, false, "", p.now)
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
		p.store.View(t.Context(), func(tx *storage.Tx) error {
			if log, err := tx.FormLog(); err != nil || len(log) != 0 {
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
		f, _ := xlsform.ReadMarkdown(strings.TrimSuffix(name, ".md"), src, xlsform.Options{Live: flows.LiveLists()})
		for _, x := range talk.Check(f) {
			t.Errorf("%s: %s", name, x)
		}
	}
}
