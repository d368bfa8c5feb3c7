package command

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the top of the repository, seen from here.
const root = "../.."

// architecture is the page that describes the packages.
const architecture = "docs/architecture.md"

var updateArchitecture = flag.Bool("update-architecture", false, "write the import table of docs/architecture.md anew")

// TestImportTable holds the tree against the import table of docs/architecture.md,
// line by line, the longest chain included. A new arrow is written there by hand, or
// by -update-architecture, so that a reviewer sees it.
func TestImportTable(t *testing.T) {
	imports := importsOf(t)
	want := importTable(imports)
	path := filepath.Join(root, architecture)
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(page), "<!-- imports -->\n```\n")
	table, after, ok2 := strings.Cut(rest, "```\n")
	if !ok1 || !ok2 {
		t.Fatalf("%s has no import table", architecture)
	}
	if *updateArchitecture {
		page := before + "<!-- imports -->\n```\n" + want + "```\n" + after
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, wanted := strings.Split(table, "\n"), strings.Split(want, "\n")
	for _, line := range wanted {
		if !slices.Contains(got, line) {
			t.Errorf("the tree says, and %s does not: %s", architecture, line)
		}
	}
	for _, line := range got {
		if !slices.Contains(wanted, line) {
			t.Errorf("%s says, and the tree does not: %s", architecture, line)
		}
	}
}

// importsOf returns, by package, what it imports of ours, tests apart.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = "main"
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if name, ours := strings.CutPrefix(name, "xintiexin/"); ours && !slices.Contains(imports[pkg], name) {
				imports[pkg] = append(imports[pkg], name)
			}
		}
		slices.Sort(imports[pkg])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// importTable writes the table: packages by layer (the length of the longest chain
// below them), each with what it imports, and the longest chain.
func importTable(imports map[string][]string) string {
	chains := map[string][]string{}
	var chain func(pkg string) []string
	chain = func(pkg string) []string {
		if c, ok := chains[pkg]; ok {
			return c
		}
		var below []string
		for _, i := range imports[pkg] {
			if c := chain(i); len(c) > len(below) {
				below = c
			}
		}
		chains[pkg] = append([]string{pkg}, below...)
		return chains[pkg]
	}
	layers := map[int][]string{}
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		n := len(chain(pkg)) - 1
		layers[n] = append(layers[n], pkg)
	}
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(layers)) {
		for _, pkg := range layers[n] {
			to := "nothing of ours"
			if len(imports[pkg]) > 0 {
				to = strings.Join(imports[pkg], ", ")
			}
			fmt.Fprintf(&b, "%2d  %s → %s\n", n, pkg, to)
		}
	}
	fmt.Fprintf(&b, "\nlongest chain: %s\n", strings.Join(chains["main"], " → "))
	return b.String()
}
