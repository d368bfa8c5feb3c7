package storage_test

import (
	"bufio"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// prefixes returns which kind each first part of a key belongs to. It fails where two
// kinds claim one.
func prefixes(t *testing.T) map[string]string {
	t.Helper()
	of := map[string]string{}
	for _, k := range storage.Kinds() {
		for _, p := range append([]string{k.Name}, k.Index...) {
			if other := of[p]; other != "" {
				t.Errorf("%s belongs to %s and to %s", p, other, k.Name)
			}
			of[p] = k.Name
		}
		for _, p := range k.ByResident {
			if of[p] != k.Name {
				t.Errorf("%s says that a resident's id follows %s, which is not its own", k.Name, p)
			}
		}
	}
	return of
}

// keyLiteral finds the first parts of keys in source: Key("visit", …), Prefix("visit", …).
var keyLiteral = regexp.MustCompile(`\b(?:Key|Prefix)\("(\w+)"`)

// TestEveryKeyBelongsToAKind: what the source writes or reads, and what stands in the
// stores of testdata, belongs to one kind of the list; and each part that a kind
// claims is used.
func TestEveryKeyBelongsToAKind(t *testing.T) {
	of := prefixes(t)
	used := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range keyLiteral.FindAllStringSubmatch(string(src), -1) {
			if used[m[1]] = true; of[m[1]] == "" {
				t.Errorf("%s: no kind has the key %q", path, m[1])
			}
		}
		return nil
	})
	if err != nil || len(used) == 0 {
		t.Fatalf("%d keys found, %v", len(used), err)
	}
	for p, kind := range of {
		if !used[p] && p != "hiddenplan" && p != "hidden" {
			t.Errorf("%s claims %q, which nothing writes", kind, p)
		}
	}
	files, err := filepath.Glob("testdata/format*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden stores, %v", len(files), err)
	}
	for _, file := range files {
		for _, k := range keysOf(t, file) {
			if of[record.KindOf(k)] == "" {
				t.Errorf("%s: no kind has the key %q", file, k)
			}
		}
	}
}

// keysOf returns the keys of a golden store.
func keysOf(t *testing.T, file string) (keys [][]byte) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		k, _, _ := strings.Cut(lines.Text(), "\t")
		keys = append(keys, []byte(k))
	}
	if err := lines.Err(); err != nil || len(keys) == 0 {
		t.Fatalf("%s: %d keys, %v", file, len(keys), err)
	}
	return keys
}

// TestPeriodsAreListed: a period that a kind may name stands once in the list from
// which the sheet is checked.
func TestPeriodsAreListed(t *testing.T) {
	src, err := os.ReadFile("record/retention.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)= Period\{"(\w+)"`).FindAllStringSubmatch(string(src), -1)
	listed := map[string]int{}
	for _, p := range record.Periods() {
		listed[p.Name]++
	}
	for _, m := range declared {
		if listed[m[1]] != 1 {
			t.Errorf("period %s stands %d times in Periods", m[1], listed[m[1]])
		}
	}
	if len(declared) != len(listed) {
		t.Errorf("%d periods declared, %d listed", len(declared), len(listed))
	}
}

// knowsItsKeys fails where something stands in the world under a key of no kind, but
// for those that a test invents. A store that the test closed is passed over.
func (w *world) knowsItsKeys() {
	of := prefixes(w.t)
	_ = storage.DumpForTest(context.Background(), w.store, func(p kv.Pair) {
		kind := record.KindOf(p.Key)
		invented := strings.HasPrefix(kind, "new") || kind == "request_number" || kind == "request_due"
		if of[kind] == "" && !invented {
			w.t.Errorf("no kind has the key %q", kind)
		}
	})
}
