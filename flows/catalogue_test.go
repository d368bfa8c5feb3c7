package flows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"xintiexin/flows/site"
)

// avoided are the words that no text says (domain.md 1), and slogans' marks.
var avoided = []string{"应检", "未检", "对象", "名单", "清查", "摸排", "管控", "超生", "计划外", "落实措施", "督促", "逾期", "任务", "未完成", "通报", "打卡", "排名", "！"}

// unsaid are the words that no push says (domain.md 8.4).
var unsaid = []string{"体检", "检查", "孕", "产", "育", "避孕", "妇", "环", "药", "病", "结果", "随访", "宝宝", "医院", "卫生院", "复诊", "转诊", "复查", "计划"}

// widest is how many characters a line may have.
const widest = 40

// TestTextsAreFit walks every text that the program holds, rendered with the
// longest names there are, and every page of the built-in site data.
func TestTextsAreFit(t *testing.T) {
	n := 0
	for _, f := range roomFiles(t) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for where, text := range literals(t, f) {
			n++
			fit(t, where, longest(text))
		}
	}
	if n < 200 {
		t.Errorf("only %d texts seen: the walk is broken", n)
	}
	data := site.Builtin()
	for name, text := range data.Texts {
		fit(t, "site text "+name, text)
	}
	for _, c := range data.Consents {
		fit(t, "consent "+string(c.Set), c.Short+"\n"+c.Full)
	}
	for _, g := range data.Guides {
		fit(t, "guide "+g.ID, g.Title+"\n"+g.Text)
	}
	for _, d := range data.Dangers {
		fit(t, "danger", d.Answer)
	}
}

// engines are the folders that know no capability: what is said there is said to
// authors, and tested there.
var engines = []string{"answer", "author", "dates", "understand", "form", "forms", "fuzzing", "site", "testdata", "xlsform", "xpath"}

// roomFiles are the Go files of this package and of the rooms below it.
func roomFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	return append(files, slices.DeleteFunc(below, func(f string) bool { return slices.Contains(engines, filepath.Dir(f)) })...)
}

// literals are the string literals of a file that hold Chinese, by place. The
// words that are listened for are not said.
func literals(t *testing.T, file string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		l, ok := n.(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return true
		}
		if s, err := strconv.Unquote(l.Value); err == nil && strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 && !strings.Contains(s, "(?:") { // a pattern is listened for
			out[set.Position(l.Pos()).String()] = s
		}
		return true
	})
	return out
}

var verb = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)

// longest fills a text with the longest names and numbers: a name of two to four
// characters is the rule, dotted ones are longer.
func longest(text string) string {
	return verb.ReplaceAllStringFunc(text, func(v string) string {
		if strings.HasSuffix(v, "d") {
			return "1234"
		}
		return "欧阳秀兰"
	})
}

func fit(t *testing.T, where, text string) {
	t.Helper()
	for _, w := range avoided {
		if strings.Contains(strings.ReplaceAll(text, "IP白名单", ""), w) { // the platform's own term, to who keeps the server
			t.Errorf("%s says %q: %s", where, w, text)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len([]rune(line)) > widest {
			t.Errorf("%s: a line of %d characters: %s", where, len([]rune(line)), line)
		}
	}
}

// TestTranscriptsAreFit walks all that the bot says in the transcripts: lines,
// length of a message, words, and what stands in a push.
func TestTranscriptsAreFit(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for i, line := range strings.Split(string(src), "\n") {
			where := f + ":" + strconv.Itoa(i+1)
			words, push := strings.CutPrefix(line, "<< ")
			if !push {
				var ok bool
				if words, ok = strings.CutPrefix(line, "< "); !ok {
					said = 0
					continue
				}
			}
			fit(t, where, words)
			if said++; said > 20 { // 12 are the aim; a page that was asked for whole may have more
				t.Errorf("%s: a message of more than 20 lines", where)
			}
			for _, w := range unsaid {
				if push && strings.Contains(words, w) {
					t.Errorf("%s: a push says %q: %s", where, w, words)
				}
			}
		}
	}
}
