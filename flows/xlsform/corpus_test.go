package xlsform

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

var update = flag.Bool("update", false, "write the lists under testdata anew")

// corpus are real forms of other projects. They are not part of this
// repository; testdata/corpus holds what we say about them, without their texts.
const corpus = "../../../shared/xlsforms"

func corpusFile(t *testing.T, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(corpus, name+".xlsx"))
	if os.IsNotExist(err) {
		t.Skipf("no %s.xlsx in %s: these real forms are kept outside of the repository", name, corpus)
	}
	if err != nil {
		t.Fatal(err)
	}
	return src
}

var quoted = regexp.MustCompile(`“[^”]*”`)

func TestRealFormsAreReadOrRefusedAsReviewed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no forms in %s: these real forms are kept outside of the repository", corpus)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xlsx")
		t.Run(name, func(t *testing.T) {
			_, findings := ReadWorkbook(name, corpusFile(t, name), Options{})
			var b strings.Builder
			for _, f := range findings {
				b.WriteString(quoted.ReplaceAllString(f.String(), "“…”") + "\n")
			}
			golden := filepath.Join("testdata", "corpus", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if os.IsNotExist(err) {
				t.Skipf("%s was not reviewed yet: no %s", name, golden)
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}

// excelize reads the same texts, by other code.
func TestCellsOfRealFormsAreWhatExcelizeReads(t *testing.T) {
	for _, name := range []string{"cht-mw-household-create", "pma-crvs-kap", "odk-all-question-types", "hot-building-wildfires"} {
		src := corpusFile(t, name)
		book, findings := ParseWorkbook(src)
		if findings != nil {
			t.Fatal(findings)
		}
		f, err := excelize.OpenReader(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		cells := 0
		for _, s := range book.Sheets {
			rows, err := f.GetRows(s.Name, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range s.Rows {
				for i, c := range row.Cells {
					theirs := ""
					if i < len(rows[row.Number-1]) {
						theirs = tidy(rows[row.Number-1][i])
					}
					if _, err := strconv.ParseFloat(theirs, 64); err == nil {
						continue // numbers, booleans and dates are ours to write
					}
					if cells++; c.Text != theirs && !c.NoValue {
						t.Errorf("%s %s!%s is %q, for excelize %q", name, s.Name, cellName(i, row.Number), c.Text, theirs)
					}
				}
			}
		}
		if cells == 0 {
			t.Errorf("%s has no cells", name)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is known to be wrong in these forms, found by other means than ours.
func TestKnownMistakesOfRealForms(t *testing.T) {
	tests := []struct {
		file, cell, says string
		warning          bool
	}{
		{"cht-dates", "9", "cht:difference-in-days", false},
		{"cht-dates", "10", "cht:difference-in-weeks", false},
		{"cht-dates", "11", "cht:difference-in-months", false},
		{"cht-dates", "12", "cht:difference-in-years", false},
		{"cht-person-create", "30", "add-date", false},
		{"cht-pregnancy-home-visit", "275", "coalesce", false},
		{"pma-crvs-kap", "120", "trim", false},
		{"pma-crvs-kap", "181", "trim", false},
		{"pma-crvs-kap", "182", "trim", false},
		{"pma-crvs-kap", "190", "trim", false},
		{"pyxform-bad-calc", "2", "", false},
		{"unhcr-household-reinterview", "11", "", true},
		{"pyxform-bad-duplicate-columns", "1", "label", false},
	}
	for _, tt := range tests {
		t.Run(tt.file+" "+tt.cell, func(t *testing.T) {
			_, findings := ReadWorkbook("x", corpusFile(t, tt.file), Options{})
			for _, f := range findings {
				if f.Sheet == "survey" && strings.TrimLeft(f.Cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == tt.cell &&
					strings.Contains(f.Text, tt.says) && f.Warning == tt.warning {
					return
				}
			}
			t.Errorf("row %s is not told of %q: %v", tt.cell, tt.says, findings)
		})
	}
}
