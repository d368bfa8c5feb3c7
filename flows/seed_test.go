package flows_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// measure is a row of docs/seed.md.
type measure struct {
	n                  int
	name, verdict, why string
	parts              []part
	tests              []goTest
	line               int
	shown              string
	unread             string // what stands in the cell and is neither
}

// part is a heading in a transcript.
type part struct{ file, heading string }

// goTest is a test by name, in the folder that holds it.
type goTest struct{ name, dir string }

var (
	seedPart = regexp.MustCompile(`([a-z_0-9]+\.txt) “([^”]+)”`)
	seedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+)` in `([a-z/]+)`")
)

// seedList reads the table of docs/seed.md.
func seedList(t *testing.T) (all []measure) {
	t.Helper()
	src, err := os.ReadFile("../docs/seed.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(src), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		n, err := strconv.Atoi(cells[1])
		if err != nil {
			continue // the head
		}
		m := measure{n: n, name: cells[2], verdict: cells[3], shown: cells[4], why: cells[5], line: i + 1}
		for _, p := range seedPart.FindAllStringSubmatch(m.shown, -1) {
			m.parts = append(m.parts, part{p[1], p[2]})
		}
		for _, p := range seedTest.FindAllStringSubmatch(m.shown, -1) {
			m.tests = append(m.tests, goTest{p[1], p[2]})
		}
		m.unread = strings.Trim(seedTest.ReplaceAllString(seedPart.ReplaceAllString(m.shown, ""), ""), " ,")
		all = append(all, m)
	}
	return all
}

// TestEveryMeasureStandsInTheList: each of the 46 measures of the seed page has one
// row with a verdict; what is kept or changed is shown by a part of a transcript that
// is there and plays, or by a test that is in the tree; what is retired says why.
func TestEveryMeasureStandsInTheList(t *testing.T) {
	all := seedList(t)
	played := map[string]bool{}
	for i, m := range all {
		where := fmt.Sprintf("docs/seed.md:%d", m.line)
		if m.n != i+1 {
			t.Errorf("%s: measure %d where %d is due", where, m.n, i+1)
		}
		switch {
		case m.name == "" || m.why == "":
			t.Errorf("%s: no name, or nothing said of it", where)
		case m.unread != "":
			t.Errorf("%s: not understood: %s", where, m.unread)
		case m.verdict == "retired" && m.shown != "":
			t.Errorf("%s: retired, and shown", where)
		case m.verdict != "retired" && m.verdict != "kept" && m.verdict != "changed":
			t.Errorf("%s: verdict %q", where, m.verdict)
		case m.verdict != "retired" && len(m.parts)+len(m.tests) == 0:
			t.Errorf("%s: nothing shows it", where)
		}
		for _, p := range m.parts {
			if err := p.there(); err != nil {
				t.Errorf("%s: %v", where, err)
			}
			played[p.file] = true
		}
		for _, g := range m.tests {
			if err := g.there(); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
	}
	if len(all) != 46 {
		t.Errorf("%d measures", len(all))
	}
	for file := range played {
		t.Run(strings.TrimSuffix(file, ".txt"), func(t *testing.T) { play(t, filepath.Join("testdata", file)) })
	}
}

// there returns an error unless one heading of the transcript begins so, and somebody
// says something below it and is answered.
func (p part) there() error {
	src, err := os.ReadFile(filepath.Join("testdata", p.file))
	if err != nil {
		return err
	}
	headings, inside, said, answered := 0, false, false, false
	for line := range strings.SplitSeq(string(src), "\n") {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			switch {
			case strings.HasPrefix(heading, p.heading):
				headings, inside = headings+1, true
			case said: // a heading may have two lines
				inside = false
			}
			continue
		}
		said = said || inside && strings.HasPrefix(line, "> ")
		answered = answered || inside && strings.HasPrefix(line, "<")
	}
	if headings != 1 || !said || !answered {
		return fmt.Errorf("%s: %d headings %q, said %v, answered %v", p.file, headings, p.heading, said, answered)
	}
	return nil
}

// there returns an error unless the folder has a test of that name.
func (g goTest) there() error {
	files, err := filepath.Glob(filepath.Join("..", g.dir, "*_test.go"))
	if err != nil {
		return err
	}
	below, err := filepath.Glob(filepath.Join("..", g.dir, "*", "*_test.go"))
	if err != nil {
		return err
	}
	for _, f := range append(files, below...) {
		src, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if strings.Contains(string(src), "\nfunc "+g.name+"(t *testing.T)") {
			return nil
		}
	}
	return fmt.Errorf("no test %s in %s", g.name, g.dir)
}

// retiredWords are those of the seed page's retired measures, and the words to avoid
// (domain.md 1): nobody is told them.
var retiredWords = []string{"应检", "未检", "清查", "摸排", "摸清", "管控", "超生", "计划外", "政策外", "落实", "督促", "逾期", "名单", "孕情", "监测", "婚育证明", "抚养费", "责任书", "台账",
	"三查", "查环", "以房", "巡检", "不漏", "包户", "包片", "完成率", "达标", "指标", "排名", "打卡", "通报", "罚款", "奖惩", "漏报", "瞒报", "节育措施", "审批表", "劝"}

// heardOnly are the places that hold such a word to find it in what others write, or
// as a term that is not ours.
var heardOnly = []string{
	"flows/site/cells", "flows/xlsform/sensitive", // the checkers' own tables of words to avoid
	"bot/workbook/imports/columns 包户",                       // how other towns head the column of 联系人
	"flows/xlsform/survey 名单",                               // XLSForm's list of options
	"flows/understand",                                      // what people write, and the page that answers it
	"flows/understand/slots", "flows/understand/slots_more", // what people write
	"bot/health/check 名单", // IP白名单, the platform's own term, to who keeps the server
}

// TestNothingRetiredIsSaid walks every string of the program that holds Chinese, the
// built-in forms and site data, the pages, and what the bot says in the transcripts.
func TestNothingRetiredIsSaid(t *testing.T) {
	n := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(path, "_test.go"), strings.Contains(path, "flows/understand/"): // what people write
		case strings.HasSuffix(path, ".go"):
			for where, text := range literals(t, path) {
				n++
				retiredIn(t, where, text)
			}
		case strings.Contains(path, "builtin") || strings.HasSuffix(path, ".html") || strings.Contains(path, "/forms/") && strings.HasSuffix(path, ".md"):
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(src), "\n") {
				n++
				retiredIn(t, fmt.Sprintf("%s:%d", path, i+1), line)
			}
		}
		return nil
	})
	if err != nil || n < 3000 {
		t.Fatalf("%d texts: %v", n, err)
	}
	files, _ := filepath.Glob("testdata/*.txt")
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(src), "\n") {
			if strings.HasPrefix(line, "<") {
				retiredIn(t, fmt.Sprintf("%s:%d", f, i+1), line)
			}
		}
	}
}

func retiredIn(t *testing.T, where, text string) {
	t.Helper()
	for _, w := range retiredWords {
		file, _, _ := strings.Cut(strings.TrimPrefix(where, "../"), ".go:")
		if strings.Contains(text, w) && !slices.Contains(heardOnly, file) && !slices.Contains(heardOnly, file+" "+w) {
			t.Errorf("%s says %q: %s", where, w, text)
		}
	}
}

// retiredFields are parts of names of what no record holds: what the retired measures
// would need, and what the norms never keep (domain.md 2.7, 4.1).
var retiredFields = []string{"idnumber", "idcard", "identity", "citizen", "marital", "married", "marriage", "contracepti", "iud", "pregnan", "parity", "gravid", "children", "landlord", "employer",
	"sex", "gender", "boy", "girl", "fetus", "fetal", "newborn", "diagnos", "result", "score", "quota", "target", "photo", "gps", "latitude", "track", "lmp", "menstru"}

// TestNothingRetiredIsKept walks the fields of every record in storage, and the rows of
// the built-in forms.
func TestNothingRetiredIsKept(t *testing.T) {
	n := 0
	look := func(where, name string) {
		n++
		for _, w := range retiredFields {
			if strings.Contains(strings.ToLower(name), w) {
				t.Errorf("%s: %s", where, name)
			}
		}
	}
	var files []string
	err := filepath.WalkDir("../storage", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "kvtest") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			s, ok := node.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range s.Fields.List {
				for _, name := range field.Names {
					look(set.Position(name.Pos()).String(), name.Name)
				}
			}
			return true
		})
	}
	forms, err := filepath.Glob("forms/*.md")
	if err != nil || len(forms) == 0 {
		t.Fatal("no forms", err)
	}
	for _, f := range forms {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(src), "\n") {
			if cells := strings.Split(line, "|"); len(cells) > 3 {
				look(fmt.Sprintf("%s:%d", f, i+1), strings.TrimSpace(cells[3]))
			}
		}
	}
	if n < 500 {
		t.Fatalf("only %d fields seen: the walk is broken", n)
	}
}
