package understand

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/answer"
)

//go:embed words.txt
var wordsFile string

// speech puts common words in the place of dialect and of what was misheard.
var speech = sync.OnceValue(func() *strings.Replacer {
	type pair struct{ from, to string }
	var pairs []pair
	for line := range strings.Lines(wordsFile) {
		line = strings.TrimSpace(line)
		to, forms, ok := strings.Cut(strings.TrimPrefix(line, "~"), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, f := range strings.Fields(forms) {
			pairs = append(pairs, pair{f, to})
		}
	}
	// A replacer takes the first of its pairs that fits: the longer ones first.
	slices.SortStableFunc(pairs, func(a, b pair) int { return len(b.from) - len(a.from) })
	args := make([]string, 0, 2*len(pairs))
	for _, p := range pairs {
		args = append(args, p.from, p.to)
	}
	return strings.NewReplacer(args...)
})

// typed folds a text, and takes out its spaces where it is spelled out: 石 文 霞.
func typed(s string) string {
	s = answer.Fold(s)
	if !strings.Contains(s, " ") {
		return s
	}
	for f := range strings.FieldsSeq(s) {
		if r, size := utf8.DecodeRuneInString(f); size != len(f) || !unicode.Is(unicode.Han, r) {
			return s
		}
	}
	return strings.ReplaceAll(s, " ", "")
}

// isStop reports whether a character ends a clause.
func isStop(r rune) bool { return strings.ContainsRune(",，。!?;:、 …~", r) }
