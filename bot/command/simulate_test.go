package command

import (
	"strings"
	"testing"
)

// simulated plays some days and returns what is printed.
func simulated(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	err := Run(t.Context(), append([]string{"simulate", "-town", "-days", "3", "-people", "120"}, args...), nil, &out)
	if err != nil {
		t.Fatalf("%v:\n%s", err, &out)
	}
	return out.String()
}

// The sums are checked by the program itself: it fails where they do not match.
func TestThreeDaysOfATownAddUp(t *testing.T) {
	first := simulated(t)
	for _, want := range []string{"60 % of them on WeChat", "kind", "morning", "all", "call lists:", "0 people listed as not reached whom a message had reached"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is not printed:\n%s", want, first)
		}
	}
	if second := simulated(t); second != first {
		t.Errorf("the same month came out in two ways:\n%s\n%s", first, second)
	}
	if other := simulated(t, "-seed", "2"); other == first {
		t.Error("another number plays the same month")
	}
}

func TestATownWithoutTemplatesAndOneThatIsDownAddUp(t *testing.T) {
	for _, row := range delivered(simulated(t, "-no-templates")) {
		if row != "0" {
			t.Errorf("%s template messages without a template", row)
		}
	}
	if down := simulated(t, "-outage", "2"); !strings.Contains(down, "everything is down on 2027-01-12") || strings.Contains(down, " 0 put off") {
		t.Errorf("nobody noticed that nothing answered:\n%s", down)
	}
}

// delivered is the column of that name.
func delivered(out string) (column []string) {
	_, table, _ := strings.Cut(out, "not yet\n")
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 {
			break
		}
		column = append(column, f[2])
	}
	return column
}

func TestWhatCannotBeSimulatedIsSaid(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "usage",
		"-town -from yesterday":    "not a date",
		"-town -days 0":            "out of its range",
		"-town -days 3 -outage 4":  "out of its range",
		"-town -people 1000000000": "out of its range",
	} {
		err := Run(t.Context(), append([]string{"simulate"}, strings.Fields(args)...), nil, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("simulate %s: %v, want %q", args, err, want)
		}
	}
}
