package command

import (
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

// root is the top of the repository, seen from here.
const root = "../.."

// TestTheMapIsTrue holds the tree against the import table of docs/map.md: no
// package imports what the table does not grant it.
func TestTheMapIsTrue(t *testing.T) {
	granted := importTable(t)
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		switch pkg {
		case "bot/command":
			return nil // it wires everything together
		case ".":
			pkg = "main"
		}
		may, known := granted[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the table of docs/map.md", path, pkg)
			granted[pkg] = nil
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if name, ours := strings.CutPrefix(name, "xintiexin/"); ours && !slices.Contains(may, name) {
				t.Errorf("%s imports %s, which docs/map.md does not grant to %s", path, name, pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheMapNamesFilesThatAreThere: each file that the map names is somewhere below the
// top, and each folder of the list too.
func TestTheMapNamesFilesThatAreThere(t *testing.T) {
	there := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		there[d.Name()] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(root, "docs", "map.md"))
	if err != nil {
		t.Fatal(err)
	}
	tree := strings.Split(string(src), "```")[1]
	named := regexp.MustCompile(`\b[a-z][a-z_]*\.(go|md|js)|(?m)^ *[a-z]+/ `).FindAllString(tree, -1)
	for _, name := range named {
		if name = strings.Trim(name, " /"); !there[name] {
			t.Errorf("docs/map.md names %s, which is not there", name)
		}
	}
	if len(named) < 100 {
		t.Errorf("only %d names read", len(named))
	}
}

// importTable reads the lines "a, b → c, d; e → f" of the map's table.
func importTable(t *testing.T) map[string][]string {
	src, err := os.ReadFile(filepath.Join(root, "docs/map.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(src), "## Who may import whom")
	if !ok {
		t.Fatal("docs/map.md has no import table")
	}
	granted := map[string][]string{}
	names := func(s string) (out []string) {
		for n := range strings.SplitSeq(s, ",") {
			n = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(n), "0123456789 "))
			if n != "" {
				out = append(out, n)
			}
		}
		return out
	}
	for line := range strings.Lines(strings.Split(section, "```")[1]) {
		for rule := range strings.SplitSeq(line, ";") {
			who, what, ok := strings.Cut(rule, "→")
			if !ok {
				continue
			}
			for _, w := range names(who) {
				granted[w] = append(granted[w], names(what)...)
				if strings.Contains(what, "storage") { // days and sounds are everybody's who may read records
					granted[w] = append(granted[w], "storage/calendar", "storage/pinyin")
				}
			}
		}
	}
	if len(granted) < 10 {
		t.Fatalf("only %d packages in the table", len(granted))
	}
	return granted
}
