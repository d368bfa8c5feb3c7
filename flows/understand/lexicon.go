package understand

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconFile string

// node is a node of the words of the lexicon: which concepts end here.
type node struct {
	next     map[rune]*node
	concepts []int
}

// lexicon are the words of all concepts.
var lexicon = sync.OnceValue(func() *node {
	root, n := &node{}, 0
	for line := range strings.Lines(lexiconFile) {
		_, forms, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		for _, w := range strings.Fields(forms) {
			at := root
			for _, r := range w {
				if at.next == nil {
					at.next = map[rune]*node{}
				}
				if at.next[r] == nil {
					at.next[r] = &node{}
				}
				at = at.next[r]
			}
			at.concepts = append(at.concepts, n)
		}
	}
	return root
})

// conceptsOf returns the concepts whose words stand in a masked text, in their order.
func conceptsOf(text string) (out []int) {
	runes := []rune(text)
	var seen [256]bool
	for i := range runes {
		at := lexicon()
		for _, r := range runes[i:] {
			if at = at.next[r]; at == nil {
				break
			}
			for _, c := range at.concepts {
				seen[c] = true
			}
		}
	}
	for c, ok := range seen {
		if ok {
			out = append(out, c)
		}
	}
	return out
}
