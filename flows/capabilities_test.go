package flows_test

import (
	"fmt"
	"testing"

	"xintiexin/flows"
)

// TestRecognisersHaveAnOrder: each has a name and a place of its own, and the last
// answers everything.
func TestRecognisersHaveAnOrder(t *testing.T) {
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	names, places := map[string]bool{}, map[string]string{}
	all := talk.Recognisers()
	for _, r := range all {
		place := fmt.Sprintf("%s %d", r.Stage, r.Rank)
		if other := places[place]; other != "" {
			t.Errorf("%s and %s both stand at %s", r.Name, other, place)
		}
		if names[r.Name] {
			t.Errorf("two are called %s", r.Name)
		}
		names[r.Name], places[place] = true, r.Name
	}
	if last := all[len(all)-1]; last.Name != "dialog.menu" {
		t.Errorf("%s is the last", last.Name)
	}
}
