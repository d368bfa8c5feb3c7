package understand

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed rules.txt
var rulesFile string

// rule names an intent for texts that say one thing and not another.
type rule struct {
	intent string
	roles  string
	says   *regexp.Regexp
	not    *regexp.Regexp
}

// rules are those of rules.txt.
var rules = sync.OnceValue(func() []rule {
	var all []rule
	for line := range strings.Lines(rulesFile) {
		head, body, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		name, whose, _ := strings.Cut(head, " ")
		says, not, denied := strings.Cut(body, " !! ")
		r := rule{intent: name, roles: whose, says: regexp.MustCompile(says)}
		if denied {
			r.not = regexp.MustCompile(not)
		}
		all = append(all, r)
	}
	return all
})

// letters are how rules name roles.
var letters = map[string]string{"cadre": "c", "resident": "r", "stranger": "r", "clinic": "k", "clerk": "o"}

// ruled returns the intents that rules name for a sentence with its values masked.
func ruled(role, masked string) (names []string) {
	for _, r := range rules() {
		if r.roles != "*" && !strings.Contains(r.roles, letters[role]) {
			continue
		}
		if r.says.MatchString(masked) && (r.not == nil || !r.not.MatchString(masked)) {
			names = append(names, r.intent)
		}
	}
	return names
}
