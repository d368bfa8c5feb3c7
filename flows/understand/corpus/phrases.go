package corpus

import (
	"fmt"
	"os"
	"strings"
)

// most is how many sentences are made of one phrase at most.
const most = 4

// ReadPhrases reads a file of phrases with alternatives, (a/b) and [a], and returns
// sentences made of them; names stand for Ⓝ, in turn.
func ReadPhrases(path string, names []string) ([]Case, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read phrases: %w", err)
	}
	return Phrases(string(b), names)
}

// Phrases is ReadPhrases of a text.
func Phrases(text string, names []string) ([]Case, error) {
	var cases []Case
	role, name := "", 0
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if r, ok := strings.CutPrefix(line, "# role "); ok {
			role = r
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		intent, phrases, ok := strings.Cut(line, ":")
		if !ok || role == "" {
			return nil, fmt.Errorf("phrases, line %d: no intent, or no role before it", n+1)
		}
		for i, p := range strings.Split(phrases, "|") {
			made, err := expand(strings.TrimSpace(p))
			if err != nil {
				return nil, fmt.Errorf("phrases, line %d: %w", n+1, err)
			}
			for k := range min(most, len(made)) {
				said := made[(k*len(made)/most+i)%len(made)]
				if len(made) <= most {
					said = made[k]
				}
				for strings.Contains(said, "Ⓝ") && len(names) > 0 {
					said = strings.Replace(said, "Ⓝ", names[name%len(names)], 1)
					name++
				}
				if said = strings.Trim(said, "，,"); said != "" {
					cases = append(cases, Case{Role: role, State: "idle", Text: said, Intent: intent, File: "phrases", Slots: map[string]any{}})
				}
			}
		}
	}
	return cases, nil
}

// expand returns all sentences of a phrase, in order.
func expand(p string) ([]string, error) {
	i := strings.IndexAny(p, "([")
	if i < 0 {
		if strings.ContainsAny(p, ")]") {
			return nil, fmt.Errorf("%q closes what is not open", p)
		}
		return []string{p}, nil
	}
	end := ")"
	if p[i] == '[' {
		end = "]"
	}
	j := strings.Index(p[i:], end)
	if j < 0 {
		return nil, fmt.Errorf("%q opens and does not close", p)
	}
	j += i
	choices := strings.Split(p[i+1:j], "/")
	if end == "]" {
		choices = append(choices, "")
	}
	rest, err := expand(p[j+1:])
	if err != nil {
		return nil, err
	}
	if len(choices)*len(rest) > 1000 {
		return nil, fmt.Errorf("%q has too many alternatives", p)
	}
	var out []string
	for _, c := range choices {
		for _, r := range rest {
			out = append(out, p[:i]+c+r)
		}
	}
	return out, nil
}
