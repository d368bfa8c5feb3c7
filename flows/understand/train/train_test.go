package train_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"xintiexin/flows/understand/train"
)

// TestWeightsAreOfTheseSentences compares what weights.bin was made of with what is here;
// with XINTIEXIN_TRAIN=1, which takes a minute, it makes the weights anew.
func TestWeightsAreOfTheseSentences(t *testing.T) {
	want, err := train.Sum("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../weights.sum")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(got)) != want {
		t.Fatal("the sentences changed: run go generate ./flows/understand")
	}
	if os.Getenv("XINTIEXIN_TRAIN") == "" {
		t.Skip("XINTIEXIN_TRAIN is not set: the weights are not made anew")
	}
	made, err := train.All("..", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, kept) {
		t.Error("the same sentences made other weights")
	}
}
