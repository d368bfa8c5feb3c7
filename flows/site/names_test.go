package site_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"xintiexin/flows/site"
)

var (
	asksLimit = regexp.MustCompile(`\.Limit\("(\w+)", ?(\d*)`)
	asksKeep  = regexp.MustCompile(`(?:\.Keep\("|retention\[")(\w+)"`)
)

// TestWhatTheProgramAsksForCanBeSet: a number that the program asks the site for
// by name stands in the sheets, and where both say what it is otherwise they
// say the same.
func TestWhatTheProgramAsksForCanBeSet(t *testing.T) {
	s := site.Builtin()
	asked := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range asksLimit.FindAllStringSubmatch(string(src), -1) {
			asked++
			n, ok := s.Limits[m[1]]
			if !ok {
				t.Errorf("%s asks for limit %s", path, m[1])
			}
			if m[2] != "" && m[2] != strconv.Itoa(n) {
				t.Errorf("%s: limit %s is %s otherwise, the sheet says %d", path, m[1], m[2], n)
			}
		}
		for _, m := range asksKeep.FindAllStringSubmatch(string(src), -1) {
			if _, ok := s.Retention[m[1]]; !ok {
				t.Errorf("%s asks how long %s is kept", path, m[1])
			}
		}
		return nil
	})
	if err != nil || asked == 0 {
		t.Errorf("%d limits asked for, %v", asked, err)
	}
}
