package command

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Limits of the packages, in lines and counts without tests. What a list below lets
// through may only shrink: an entry that the tree has fallen under fails too.
const (
	maxPackage = 3000 // lines of a package
	maxMedian  = 800  // lines of the package in the middle
	maxMethods = 60   // methods of a type
	maxFile    = 600  // lines of a file
	maxKnot    = 6    // files of one package that reach each other by references
)

// mechanisms are the two packages that may be larger than maxPackage: the engine of
// the forms and that of their expressions.
var mechanisms = []string{"flows/form", "flows/xpath"}

// largePackages are the packages above maxPackage lines, with their lines.
var largePackages = map[string]int{
	"bot/command":      3079,
	"flows/dialog":     4024,
	"flows/understand": 3226,
}

// largeTypes are the types with more than maxMethods methods, with their methods.
var largeTypes = map[string]int{
	"bot/simulator/town.Town": 65,
	"flows/dialog.Turn":       72,
	"flows/form.Session":      163,
}

// longFiles are the files above maxFile lines, with their lines.
var longFiles = map[string]int{
	"bot/wechat/fake/api.go":        691,
	"flows/clinic/release.go":       603,
	"flows/document/paper.go":       606,
	"flows/form/compile.go":         646,
	"flows/form/step.go":            764,
	"flows/xpath/compile.go":        611,
	"flows/xpath/functions.go":      1051,
	"flows/xpath/path.go":           856,
	"storage/kvtest/kvtest.go":      779,
	"storage/questions/question.go": 604,
}

// knots are the packages with more than maxKnot files that reach each other, with the
// files of the largest knot.
var knots = map[string]int{
	"bot":                7,
	"bot/command":        16,
	"bot/simulator":      8,
	"bot/simulator/town": 8,
	"flows/booking":      7,
	"flows/dialog":       16,
	"flows/form":         10,
	"flows/site":         9,
	"flows/understand":   12,
	"flows/xlsform":      12,
	"flows/xpath":        8,
	"scheduler":          17,
	"storage/bookings":   9,
	"storage/person":     8,
}

// TestRooms holds the sizes of packages, types and files, and how far the files of a
// package hang together.
func TestRooms(t *testing.T) {
	files, packages, methods, largest := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range roomsOf(t) {
		for file, n := range p.lines {
			files[file] = n
			packages[p.path] += n
		}
		for name, n := range p.methods {
			methods[p.path+"."+name] = n
		}
		knot := largestKnot(p.refs)
		if largest[p.path] = len(knot); len(knot) > max(maxKnot, knots[p.path]) {
			t.Logf("%s: the files that reach each other are %s", p.path, strings.Join(knot, " "))
		}
	}
	sizes := slices.Sorted(maps.Values(packages))
	if median := sizes[len(sizes)/2]; median > maxMedian {
		t.Errorf("the package in the middle has %d lines, more than %d", median, maxMedian)
	}
	for _, p := range mechanisms {
		delete(packages, p)
	}
	held(t, "largePackages", "lines", maxPackage, largePackages, packages)
	held(t, "largeTypes", "methods", maxMethods, largeTypes, methods)
	held(t, "longFiles", "lines", maxFile, longFiles, files)
	held(t, "knots", "files that reach each other", maxKnot, knots, largest)
}

// held fails for what is above the limit and above what the list lets through, and for
// an entry of the list that the tree has fallen under.
func held(t *testing.T, list, unit string, limit int, allowed, found map[string]int) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if n, most := found[name], max(limit, allowed[name]); n > most {
			t.Errorf("%s has %d %s, more than %d", name, n, unit, most)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		switch n := found[name]; {
		case n <= limit:
			t.Errorf("%s: %s has %d %s: take it off the list", list, name, n, unit)
		case n < allowed[name]:
			t.Errorf("%s: %s has %d %s: write that in place of %d", list, name, n, unit, allowed[name])
		}
	}
}

// packageRoom is what a package holds, its tests apart.
type packageRoom struct {
	path    string                     // below the module
	lines   map[string]int             // of each file, by its path below the module
	methods map[string]int             // of each type
	refs    map[string]map[string]bool // file → the other files of the package whose names it uses
}

// roomsOf reads every package of the module for the machine that runs the test.
func roomsOf(t *testing.T) []packageRoom {
	t.Helper()
	const format = `{{.ImportPath}}|{{.Export}}|{{.Standard}}|{{join .GoFiles ","}}`
	list := exec.Command("go", "list", "-export", "-deps", "-f", format, "xintiexin/...")
	list.Dir = root
	var errs bytes.Buffer
	list.Stderr = &errs
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list the packages: %v\n%s", err, errs.Bytes())
	}
	exports := map[string]string{}
	sources := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Split(line, "|")
		exports[f[0]] = f[1]
		if f[0] == "xintiexin" || strings.HasPrefix(f[0], "xintiexin/") {
			sources[f[0]] = strings.Split(f[3], ",")
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var all []packageRoom
	for _, path := range slices.Sorted(maps.Keys(sources)) {
		p, err := readRoom(fset, imports, path, sources[path])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// readRoom reads the files of one package. It returns an error for one that does not
// compile.
func readRoom(fset *token.FileSet, imports types.Importer, path string, files []string) (packageRoom, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(path, "xintiexin"), "/")
	p := packageRoom{path: short, lines: map[string]int{}, methods: map[string]int{}, refs: map[string]map[string]bool{}}
	var trees []*ast.File
	for _, name := range files {
		full := filepath.Join(root, short, name)
		src, err := os.ReadFile(full)
		if err != nil {
			return p, err
		}
		p.lines[filepath.ToSlash(filepath.Join(short, name))] = bytes.Count(src, []byte("\n"))
		tree, err := parser.ParseFile(fset, full, src, parser.SkipObjectResolution)
		if err != nil {
			return p, err
		}
		p.refs[name] = map[string]bool{}
		trees = append(trees, tree)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: imports}
	pkg, err := conf.Check(path, fset, trees, info)
	if err != nil {
		return p, fmt.Errorf("check %s: %w", path, err)
	}
	for id, obj := range info.Uses {
		if obj.Pkg() != pkg {
			continue
		}
		from, to := filepath.Base(fset.Position(id.Pos()).Filename), filepath.Base(fset.Position(obj.Pos()).Filename)
		if from != to {
			p.refs[from][to] = true
		}
	}
	for _, obj := range info.Defs {
		f, ok := obj.(*types.Func)
		if !ok || f.Signature().Recv() == nil {
			continue
		}
		recv := f.Signature().Recv().Type()
		if ptr, ok := recv.(*types.Pointer); ok {
			recv = ptr.Elem()
		}
		if named, ok := recv.(*types.Named); ok {
			p.methods[named.Obj().Name()]++
		}
	}
	return p, nil
}

// largestKnot returns the largest set of files that all reach each other along refs.
func largestKnot(refs map[string]map[string]bool) (largest []string) {
	reach := map[string]map[string]bool{}
	for from := range refs {
		seen := map[string]bool{}
		var walk func(string)
		walk = func(file string) {
			for to := range refs[file] {
				if !seen[to] {
					seen[to] = true
					walk(to)
				}
			}
		}
		walk(from)
		reach[from] = seen
	}
	for _, a := range slices.Sorted(maps.Keys(refs)) {
		knot := []string{a}
		for b := range reach[a] {
			if b != a && reach[b][a] {
				knot = append(knot, b)
			}
		}
		if len(knot) > len(largest) {
			slices.Sort(knot)
			largest = knot
		}
	}
	return largest
}
