package train

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xintiexin/flows/understand"
	"xintiexin/flows/understand/corpus"
)

// Inputs are the files, below flows/understand, of which weights are made.
func Inputs(dir string) ([]string, error) {
	paths := []string{filepath.Join(dir, "corpus", "phrases.txt"), filepath.Join(dir, "lexicon.txt"), filepath.Join(dir, "words.txt")}
	more, err := filepath.Glob(filepath.Join(dir, "corpus", "train", "*.csv"))
	if err != nil {
		return nil, fmt.Errorf("find sentences: %w", err)
	}
	slices.Sort(more)
	return append(paths, more...), nil
}

// Sum returns a hash of what weights are made of.
func Sum(dir string) (string, error) {
	paths, err := Inputs(dir)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return "", fmt.Errorf("hash sentences: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", filepath.Base(p), len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// All returns the encoded weights of all sentences and phrases below flows/understand.
func All(dir string, log io.Writer) ([]byte, error) {
	cases, err := corpus.ReadDir(filepath.Join(dir, "corpus", "train"))
	if err != nil {
		return nil, err
	}
	phrases, err := corpus.ReadPhrases(filepath.Join(dir, "corpus", "phrases.txt"), understand.Invented().People)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "%d sentences, %d of phrases\n", len(cases), len(phrases))
	return Cases(append(cases, phrases...)).Encode()
}

// fewest is how many sentences must forbid an intent for the pair to be kept.
const fewest = 2

// Forbidden returns the lines of forbidden.tsv: an intent, and those whose sentences it
// would harm to take for it.
func Forbidden(cases []corpus.Case) string {
	count := map[string]map[string]int{}
	for _, c := range cases {
		for _, n := range c.Never {
			if c.Intent == "answer" || n == "answer" || n == c.Intent {
				continue
			}
			if count[n] == nil {
				count[n] = map[string]int{}
			}
			count[n][c.Intent]++
		}
	}
	var b strings.Builder
	b.WriteString("# An intent, and those whose sentences it would harm to take for it: made by go generate of the columns never.\n")
	for _, n := range slices.Sorted(maps.Keys(count)) {
		var list []string
		for _, of := range slices.Sorted(maps.Keys(count[n])) {
			if count[n][of] >= fewest {
				list = append(list, of)
			}
		}
		if len(list) > 0 {
			fmt.Fprintf(&b, "%s\t%s\n", n, strings.Join(list, " "))
		}
	}
	return b.String()
}

// Write makes the weights and writes them, with the hash of what they were made of, and
// the table of what forbids what.
func Write(dir string, log io.Writer) error {
	b, err := All(dir, log)
	if err != nil {
		return err
	}
	sum, err := Sum(dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), b, 0o644); err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	cases, err := corpus.ReadDir(filepath.Join(dir, "corpus", "train"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "forbidden.tsv"), []byte(Forbidden(cases)), 0o644); err != nil {
		return fmt.Errorf("write forbidden.tsv: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.sum"), []byte(sum+"\n"), 0o644); err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	fmt.Fprintf(log, "weights.bin: %d KB\n", len(b)/1024)
	return nil
}
