package flows_test

import (
	"testing"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/flows/understand"
)

// TestIntentsAreAnswerable holds that each declared intent has a handler, that what is
// offered has a label, and that what frees something or is a right never goes before words.
func TestIntentsAreAnswerable(t *testing.T) {
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	all := talk.Intents()
	if len(all) < 100 {
		t.Fatalf("%d intents are declared", len(all))
	}
	for _, in := range all {
		if in.Do == nil {
			t.Errorf("%s has no handler", in.Name)
		}
		if in.Class != dialog.IsDanger && in.Label == "" && understand.Label(in.Name) == "" {
			t.Errorf("%s has no label", in.Name)
		}
		if in.Over && in.Class == dialog.Frees && in.Name != "booking.reduce" {
			t.Errorf("%s frees something and goes before words", in.Name)
		}
	}
}
