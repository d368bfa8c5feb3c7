package site_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"xintiexin/flows/site"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/townconfig"
)

var updateSheets = flag.Bool("update-sheets", false, "write the built-in sheets of limits and retention anew")

// TestBuiltinSheetsAreOfTheLists: the built-in sheets hold every limit and every
// retention period with its default and its explanation, in the order of the lists.
func TestBuiltinSheetsAreOfTheLists(t *testing.T) {
	for name, want := range map[string]string{
		"limits":    "Numbers; the unit stands in the name.\n\n| limits | | | |\n|  | name | value | note |\n" + boundRows(limitBounds()),
		"retention": "For how many days each kind of record is kept.\n\n| retention | | | |\n|  | kind | days | note |\n" + boundRows(periodBounds()),
	} {
		path := "builtin/" + name + ".md"
		if *updateSheets {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s differs from the list (%v); go test ./flows/site -run TestBuiltinSheets -update-sheets writes it anew", path, err)
		}
	}
}

func boundRows(all []townconfig.Bound) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "|  | %s | %d | %s |\n", s.Name, s.Default, s.About)
	}
	return b.String()
}

// TestBounds: a name stands once, a default lies within its bounds, and the checker
// takes what is within and nothing beside.
func TestBounds(t *testing.T) {
	for sheet, all := range map[string][]townconfig.Bound{"limits": limitBounds(), "retention": periodBounds()} {
		column, value, seen := "name", "value", map[string]bool{}
		if sheet == "retention" {
			column, value = "kind", "days"
		}
		for _, b := range all {
			if seen[b.Name] || b.Name == "" || b.About == "" || b.Default < b.Least || b.Default > b.Most || b.Least < 1 {
				t.Errorf("%s: %+v", sheet, b)
			}
			seen[b.Name] = true
			for n, taken := range map[int]bool{b.Least: true, b.Most: true, b.Least - 1: false, b.Most + 1: false} {
				_, findings := site.Read(tables(t, fmt.Sprintf("| %s | |\n| | %s | %s |\n| | %s | %d |", sheet, column, value, b.Name, n)), options(t))
				wrong := false
				for _, f := range findings {
					wrong = wrong || f.Sheet == sheet && !f.Warning
				}
				if wrong == taken {
					t.Errorf("%s %s of %d: %v", sheet, b.Name, n, findings)
				}
			}
		}
	}
}

func limitBounds() (out []townconfig.Bound) {
	for _, l := range storage.Limits() {
		out = append(out, l.Bound())
	}
	return out
}

func periodBounds() (out []townconfig.Bound) {
	for _, r := range townconfig.Retentions() {
		out = append(out, r.Bound())
	}
	return out
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
