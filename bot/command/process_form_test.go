package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows/xlsform"
)

// formBook writes a form of the transcripts as a workbook into a folder.
func formBook(t *testing.T, dir, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "flows", "testdata", "forms", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	book, findings := xlsform.ParseMarkdown(src)
	if book == nil {
		t.Fatal(findings)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".xlsx")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAFormWithoutARestart: a workbook that is handed in is asked from the next
// message on; who is half-way goes on as she began, over a new version and over a
// server that was killed; what is wrong changes nothing.
func TestAFormWithoutARestart(t *testing.T) {
	t.Parallel()
	dir, files := folder(t), t.TempDir()
	c := serving(t, dir)
	do := func(fine bool, says string, args ...string) {
		t.Helper()
		out, errs, err := command(t, environment(), append(args, "-data", dir)...)
		if (err == nil) != fine || !strings.Contains(out+errs, says) {
			t.Fatalf("%v: %v %s%s, want %q", args, err, errs, out, says)
		}
	}
	do(false, "已经有用处（走访）", "form", "add", formBook(t, files, "taken"))
	do(true, "还没有", "form", "list")
	do(true, "上线了：住房登记 1", "form", "add", formBook(t, files, "housing"))
	do(true, "没有变", "form", "add", filepath.Join(files, "housing.xlsx"))
	wants(t, c.users(), wang, "住房", "问的是哪一家")
	wants(t, c.users(), wang, "郭敏", "行吗")
	wants(t, c.users(), wang, "她说行", "有几间房")
	do(true, "上线了：住房登记 2", "form", "add", formBook(t, files, "housing2"))
	c.kill()
	c = serving(t, dir)
	for _, turn := range [][2]string{{"3", "哪些地方"}, {"没有", "什么树"}, {"枣", "几棵"}, {"2", "还有下一个"}, {"2", "记成这样"}, {"1", "存好了"}} {
		wants(t, c.users(), wang, turn[0], turn[1])
	}
	wants(t, c.users(), wang, "住房 郭敏", "家里有几间房")
	do(true, "住房登记", "form", "list")
	do(true, "上线了：住房登记 1", "form", "use", "housing", "1")
	do(false, "no form", "form", "use", "housing", "9")
	do(true, "停用了", "form", "remove", "housing")
	answers := filepath.Join(files, "answers.xlsx")
	do(true, "1 rows", "export", "forms", "housing", answers)
	do(false, "", "export", "forms", "nothing", filepath.Join(files, "none.xlsx"))
	book, err := excelize.OpenFile(answers)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("housing")
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if trees, err := book.GetRows("tree"); err != nil || len(trees) != 2 || trees[1][2] != "枣" {
		t.Errorf("%q, %v", trees, err)
	}
	c.stop()
}
