// Package danger finds signs in words that somebody may be in danger. The signs are
// frames, pairs of lists of words that stand near each other, written in danger.txt
// so that a doctor can read and approve them. It is pure: no clock, no storage.
package danger

import (
	_ "embed"
	"strings"
	"sync"

	"xintiexin/flows/answer"
)

// Kind says what somebody may be in danger of.
type Kind string

// The kinds of danger.
const (
	SelfHarm Kind = "self_harm"
	Violence Kind = "violence"
	Bleeding Kind = "bleeding"
	Labour   Kind = "labour"
	Child    Kind = "child"
	Breath   Kind = "breath"
	Poison   Kind = "poison"
	Coercion Kind = "coercion"
	Minor    Kind = "minor" // a person below 18 is harmed
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{SelfHarm, Violence, Bleeding, Labour, Child, Breath, Poison, Coercion, Minor}
}

// Tier says how sure a sign is.
type Tier int

// Sure gives the reply of a danger; Possible a line before the ordinary answer.
const (
	None Tier = iota
	Sure
	Possible
)

// Sign is a kind of danger that was found in a text.
type Sign struct {
	Kind  Kind
	Tier  Tier
	Words string // the characters of the text that say it
	Line  int    // the line of danger.txt, 0 where a score found it
}

//go:embed danger.txt
var file string

// builtin reads the embedded table once.
var builtin = sync.OnceValue(func() *Table {
	t, err := Read(file)
	if err != nil {
		panic(err) // a test reads the file
	}
	return t
})

// Builtin returns the table of danger.txt.
func Builtin() *Table { return builtin() }

// Phones returns whom to ring for a kind: numbers, and names of the town's phones.
func (k Kind) Phones() []string {
	switch k {
	case SelfHarm:
		return []string{"120", "12356", "110"}
	case Violence, Coercion:
		return []string{"110", "12338"}
	case Minor:
		return []string{"110", "12355"}
	}
	return []string{"120", "clinic"}
}

// Find returns the signs in a text, at most one of each kind, the surest first.
func (t *Table) Find(text string) []Sign {
	runes := clean(text)
	if len(runes) < 2 {
		return nil
	}
	masked := t.mask(runes)
	found := t.match(masked, runes, t.scan(masked))
	if len(found) == 0 {
		if occ, any := t.scanSound(masked); any {
			found = t.match(masked, runes, occ)
		}
	}
	return found
}

// Worst returns the surest sign of a text; its Tier is None where there is none.
func (t *Table) Worst(text string) Sign {
	if found := t.Find(text); len(found) > 0 {
		return found[0]
	}
	return Sign{}
}

// clean folds a text and takes out its spaces.
func clean(text string) []rune {
	return []rune(strings.ReplaceAll(answer.Fold(text), " ", ""))
}
