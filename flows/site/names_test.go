package site_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xintiexin/flows/site"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/townconfig"
)

var updateSheets = flag.Bool("update-sheets", false, "write the built-in sheets of limits, retention and jobs anew")

// TestBuiltinSheetsAreOfTheLists: the built-in sheets hold every limit, retention
// period and job with its default and its explanation, in the order of the lists.
func TestBuiltinSheetsAreOfTheLists(t *testing.T) {
	for name, want := range map[string]string{
		"limits":    "Numbers; the unit stands in the name.\n\n| limits | | | |\n|  | name | value | note |\n" + boundRows(limitBounds()),
		"retention": "For how many days each kind of record is kept.\n\n| retention | | | |\n|  | kind | days | note |\n" + boundRows(periodBounds()),
		"jobs": "What is done by the clock: a cron line of five fields in UTC+8, and how late a missed run is still made up. Only what nobody waits for can be switched off.\n\n" +
			"| jobs | | | | | |\n|  | name | line | late_minutes | on | note |\n" + jobRows(),
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

// TestOnlyOptionalJobsAreSwitchedOff: a site switches off what nobody waits for, and
// nothing else.
func TestOnlyOptionalJobsAreSwitchedOff(t *testing.T) {
	optional := []string{"morning-list", "escalate-unclaimed", "returns", "homecomings", "profile", "month"}
	for _, j := range scheduler.Jobs() {
		_, findings := site.Read(tables(t, "| jobs | |\n| | name | line | on |\n| | "+j.Name+" | "+j.Spec+" | no |"), options(t))
		if site.Fatal(findings) == slices.Contains(optional, j.Name) {
			t.Errorf("%s switched off: %v", j.Name, findings)
		}
	}
}

// TestJobNames: a name is typed on a shell without quotes.
func TestJobNames(t *testing.T) {
	for _, j := range scheduler.Jobs() {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(j.Name) {
			t.Errorf("%q", j.Name)
		}
	}
}

func jobRows() string {
	var b strings.Builder
	for _, j := range scheduler.Jobs() {
		fmt.Fprintf(&b, "|  | %s | %s | %d | yes | %s |\n", j.Name, j.Spec, int(j.Keep.Minutes()), j.About)
	}
	return b.String()
}
