// Package corpus reads sentences with their meaning, as authors wrote them, and says
// how well a program understands them.
package corpus

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Case is one sentence with its meaning.
type Case struct {
	ID, Role, State string
	Offers          []string
	Text, Intent    string
	Slots           map[string]any
	Never           []string
	File            string
}

// columns are the columns of a file, in any order.
var columns = []string{"id", "role", "state", "offers", "text", "intent", "slots", "never"}

// Read reads one file of sentences.
func Read(r io.Reader, name string) ([]Case, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read sentences %s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("read sentences %s: no header line", name)
	}
	rows[0][0] = strings.TrimPrefix(rows[0][0], "\ufeff")
	at := map[string]int{}
	for i, c := range rows[0] {
		at[c] = i
	}
	for _, c := range columns {
		if _, ok := at[c]; !ok {
			return nil, fmt.Errorf("read sentences %s: no column %s", name, c)
		}
	}
	var cases []Case
	for n, row := range rows[1:] {
		c := Case{ID: row[at["id"]], Role: row[at["role"]], State: row[at["state"]], Offers: list(row[at["offers"]]), Text: row[at["text"]],
			Intent: row[at["intent"]], Never: list(row[at["never"]]), File: name, Slots: map[string]any{}}
		if s := strings.TrimSpace(row[at["slots"]]); s != "" {
			if err := json.Unmarshal([]byte(s), &c.Slots); err != nil {
				return nil, fmt.Errorf("read sentences %s, line %d: slots: %w", name, n+2, err)
			}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// ReadFile reads one file of sentences.
func ReadFile(path string) ([]Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	defer f.Close()
	return Read(f, filepath.Base(path))
}

// ReadDir reads all files of a folder, in the order of their names.
func ReadDir(dir string) ([]Case, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	slices.Sort(paths)
	var all []Case
	for _, p := range paths {
		cases, err := ReadFile(p)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

func list(s string) (out []string) {
	for p := range strings.SplitSeq(s, ";") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
