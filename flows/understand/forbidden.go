package understand

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed forbidden.tsv
var forbiddenFile string

// forbidding maps an intent to those whose sentences it would harm to take for it.
var forbidding = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(forbiddenFile) {
		if name, list, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			all[name] = strings.Fields(list)
		}
	}
	return all
})

// How likely a meaning that forbids the first must be, to the first, for the first to be
// asked about: with authors left out of learning a lower mark cost more that was right than
// it saved of harm, but for acts that free or tell something and that no rule names.
const (
	markNear      = 0.1
	markNearFinal = 0.03
)

// nearForbids reports whether a meaning that is not far forbids to take the first; agreed
// says whether a rule names the first.
func nearForbids(list []Candidate, agreed bool) bool {
	by, near := forbidding()[list[0].Intent], markNear
	if intents()[list[0].Intent].class == classFinal && !agreed {
		near = markNearFinal
	}
	return slices.ContainsFunc(list[1:], func(c Candidate) bool {
		return c.P >= near*list[0].P && slices.Contains(by, c.Intent)
	})
}
