package storage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// TestEverySettingIsListedAndRead: what is declared as a limit or a retention period
// stands in its list, code other than the list reads it, and nothing reads a number
// of the sheets by its name.
func TestEverySettingIsListedAndRead(t *testing.T) {
	listed := map[string]int{} // name → default
	for _, l := range storage.Limits() {
		listed[l.Bound().Name] = l.Bound().Default
	}
	for _, r := range townconfig.Retentions() {
		listed[r.Bound().Name] = r.Bound().Default
	}
	s := newSettingSearch()
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return s.add(strings.TrimPrefix(filepath.ToSlash(file), "../"), src)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range record.Periods() {
		for ref, period := range s.periods {
			if s.names[period] == p.Name {
				s.declared[ref] = p.Name
			}
		}
	}
	for ref, name := range s.declared {
		if _, ok := listed[name]; !ok {
			t.Errorf("%s (%s) is declared and stands in no list", ref, name)
		}
		if !s.read(ref) {
			t.Errorf("%s (%s) is listed and nothing reads it", ref, name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s is listed, and no package declares it", name)
	}
	for _, at := range s.literal {
		t.Errorf("%s reads a number of the sheets by its name", at)
	}
}

// TestSettingSearch: the search finds what the test above is for.
func TestSettingSearch(t *testing.T) {
	const declared = "package a\nimport \"xintiexin/storage/townconfig\"\nvar Most = townconfig.NewLimit(\"most\", 1, 1, 2, \"x\")"
	for what, c := range map[string]struct {
		file, src     string
		read, literal bool
	}{
		"read in its package":     {"a/read.go", "package a\nvar _ = Most.Of(nil)", true, false},
		"read in another":         {"b/read.go", "package b\nimport \"xintiexin/a\"\nvar _ = a.Most.Of(nil)", true, false},
		"read under another name": {"b/read.go", "package b\nimport x \"xintiexin/a\"\nvar _ = x.Most", true, false},
		"another package's":       {"b/read.go", "package b\nimport \"xintiexin/c\"\nvar _ = c.Most.Of(nil)", false, false},
		"only listed":             {"storage/limits.go", "package storage\nimport \"xintiexin/a\"\nvar _ = a.Most", false, false},
		"by a literal":            {"b/read.go", "package b\nvar _ = site.Limits[\"most\"]", false, true},
	} {
		s := newSettingSearch()
		for file, src := range map[string]string{"a/limits.go": declared, c.file: c.src} {
			if err := s.add(file, []byte(src)); err != nil {
				t.Fatal(err)
			}
		}
		if s.declared["a.Most"] != "most" || s.read("a.Most") != c.read || len(s.literal) > 0 != c.literal {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

// settingSearch goes through source files for settings and what reads them. A
// variable is called by the folder of its package and its name: storage/access.PINTries.
type settingSearch struct {
	declared map[string]string // variable → name of the setting
	used     map[string]bool   // variables that something reads
	periods  map[string]string // variable of a retention → the record.Period it is made of
	names    map[string]string // record.Period → its name
	literal  []string          // files that index the numbers of a site by a string
}

func newSettingSearch() *settingSearch {
	return &settingSearch{declared: map[string]string{}, used: map[string]bool{}, periods: map[string]string{}, names: map[string]string{}}
}

// read reports whether something reads a variable, or the period it is made of.
func (s *settingSearch) read(ref string) bool {
	return s.used[ref] || s.used["storage/record."+s.periods[ref]]
}

// settingLists hold every setting: standing there is not being read.
var settingLists = []string{"storage/limits.go", "storage/townconfig/retention.go", "storage/record/retention.go"}

func (s *settingSearch) add(file string, src []byte) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir, imports := path.Dir(file), map[string]string{}
	for _, i := range f.Imports {
		at, _ := strconv.Unquote(i.Path.Value)
		at, ours := strings.CutPrefix(at, "xintiexin/")
		if name := path.Base(at); ours && i.Name == nil {
			imports[name] = at
		} else if ours {
			imports[i.Name.Name] = at
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			s.declaration(dir, n)
		case *ast.FuncDecl:
			if dir == "storage/record" && n.Name.Name != "Periods" {
				s.periodsOf(n)
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && !slices.Contains(settingLists, file) {
				if n.Sel.Name == "Of" {
					s.used[dir+"."+x.Name] = true
				}
				if at, ok := imports[x.Name]; ok {
					s.used[at+"."+n.Sel.Name] = true
				}
			}
		case *ast.IndexExpr:
			of, ok := n.X.(*ast.SelectorExpr)
			if _, by := unquoted(n.Index); ok && by && (of.Sel.Name == "Limits" || of.Sel.Name == "Retention") {
				s.literal = append(s.literal, file)
			}
		}
		return true
	})
	return nil
}

// periodsOf notes the periods that a function of their own package reads.
func (s *settingSearch) periodsOf(fn *ast.FuncDecl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && strings.HasSuffix(id.Name, "Period") {
			s.used["storage/record."+id.Name] = true
		}
		return true
	})
}

// declaration keeps the settings that a var declares.
func (s *settingSearch) declaration(dir string, v *ast.ValueSpec) {
	for i, value := range v.Values {
		if lit, ok := value.(*ast.CompositeLit); ok && dir == "storage/record" && len(lit.Elts) == 2 {
			if name, ok := unquoted(lit.Elts[0]); ok {
				s.names[v.Names[i].Name] = name
			}
		}
		call, ok := value.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		made := ""
		switch fun := call.Fun.(type) {
		case *ast.Ident:
			made = fun.Name
		case *ast.SelectorExpr:
			made = fun.Sel.Name
		}
		if name, ok := unquoted(call.Args[0]); ok && made == "NewLimit" {
			s.declared[dir+"."+v.Names[i].Name] = name
		}
		if of, ok := call.Args[0].(*ast.SelectorExpr); ok && made == "newRetention" {
			s.periods[dir+"."+v.Names[i].Name] = of.Sel.Name
		}
	}
}

func unquoted(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
