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
	"xintiexin/scheduler"
	"xintiexin/storage/record"
)

var (
	asksLimit = regexp.MustCompile(`\.Limit\("(\w+)", ?(\d*)`)
	asksKeep  = regexp.MustCompile(`\.Keep\("(\w+)"`)
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
	for _, p := range record.Periods() {
		if n, ok := s.Retention[p.Name]; !ok || n != p.Days {
			t.Errorf("period %s is %d days otherwise, the sheet says %d", p.Name, p.Days, n)
		}
	}
	if err != nil || asked == 0 {
		t.Errorf("%d limits asked for, %v", asked, err)
	}
}

// TestTheSheetHasTheProgramsJobs: what is done by the clock stands in the sheet,
// with the program's own lines.
func TestTheSheetHasTheProgramsJobs(t *testing.T) {
	rows := site.Builtin().Jobs
	for i, j := range scheduler.Jobs() {
		if i >= len(rows) || rows[i].Name != j.Name {
			t.Fatalf("row %d of the sheet jobs is not %q", i+1, j.Name)
		}
		if r := rows[i]; r.Spec != j.Spec || r.Late != int(j.Keep.Minutes()) || r.Off {
			t.Errorf("the sheet has %+v, the program %q for %v", r, j.Spec, j.Keep)
		}
	}
	if len(rows) != len(scheduler.Jobs()) {
		t.Errorf("%d rows for %d jobs", len(rows), len(scheduler.Jobs()))
	}
	for _, row := range rows {
		_, findings := site.Read(tables(t, "| jobs | |\n| | name | line | on |\n| | "+row.Name+" | "+row.Spec+" | no |"), options(t))
		if harmless := row.Name == "morning list" || row.Name == "what nobody took" || row.Name == "returns" || row.Name == "homecomings" || row.Name == "profile" || row.Name == "month"; site.Fatal(findings) == harmless {
			t.Errorf("%s switched off: %v", row.Name, findings)
		}
	}
}
