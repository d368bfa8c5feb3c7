// Package model scores what a sentence may mean: two linear classifiers and a model of
// the characters of each meaning, mixed. Its weights are integers, made by package train.
package model

import "slices"

// Input is what is scored: a text with its values masked, whose it is, what is open, and
// the concepts that it holds.
type Input struct {
	Text     string
	Role     string
	State    string
	Concepts []int
}

// The spaces of features: the same characters count apart in each.
const (
	spaceGram uint32 = iota + 1
	spaceSkip
	spaceState
	spaceStateGram
	spaceRoleGram
	spaceConcept
	spaceConceptPair
	spaceShape
	spaceNear
)

func hash(space uint32, runes ...rune) uint32 {
	h := uint32(2166136261) ^ space*0x9e3779b1
	for _, r := range runes {
		h = (h ^ uint32(r)) * 16777619
		h ^= h >> 15
	}
	h ^= h >> 13
	h *= 0x85ebca6b
	return h ^ h>>16
}

func hashWord(space uint32, word string) uint32 { return hash(space, []rune(word)...) }

// Grams returns the features of characters: 1 to 3 in a row, two with one between, and
// the same of what is open; each once, sorted.
func Grams(in Input) []uint32 {
	runes := append(append([]rune{'^'}, []rune(in.Text)...), '$')
	open := in.State != "" && in.State != "idle"
	state, role := rune(hashWord(spaceState, in.State)), rune(hashWord(spaceState, in.Role))
	out := make([]uint32, 0, 8*len(runes))
	put := func(r ...rune) {
		out = append(out, hash(spaceGram, r...))
		if open {
			out = append(out, hash(spaceStateGram, append(r, state)...))
		}
		if len(r) == 2 {
			out = append(out, hash(spaceRoleGram, append(r, role)...))
		}
	}
	for i := range runes {
		if i > 0 && i < len(runes)-1 {
			put(runes[i])
		}
		if i+2 <= len(runes) {
			put(runes[i : i+2 : i+2]...)
		}
		if i+3 <= len(runes) {
			put(runes[i : i+3 : i+3]...)
			out = append(out, hash(spaceSkip, runes[i], runes[i+2]))
		}
	}
	out = append(out, hash(spaceShape, state), hash(spaceShape, role), hash(spaceShape, state, rune(min(len(runes)/4, 8))))
	return unique(out)
}

// far is how far apart two characters may stand that count together, in any order.
const far = 8

// WithConcepts adds the features of concepts, alone and in pairs, and of characters that
// stand near each other.
func WithConcepts(grams []uint32, in Input) []uint32 {
	out := slices.Clone(grams)
	runes := []rune(in.Text)
	for i, a := range runes {
		for _, b := range runes[min(i+3, len(runes)):min(i+far+1, len(runes))] {
			out = append(out, hash(spaceNear, min(a, b), max(a, b)))
		}
	}
	for i, a := range in.Concepts {
		out = append(out, hash(spaceConcept, rune(a)))
		for _, b := range in.Concepts[i+1:] {
			out = append(out, hash(spaceConceptPair, rune(a), rune(b)))
		}
	}
	return unique(out)
}

func unique(f []uint32) []uint32 {
	slices.Sort(f)
	return slices.Compact(f)
}

// OnlyConcepts returns the features of concepts alone, in pairs and with whose they are.
func OnlyConcepts(in Input) []uint32 {
	role := rune(hashWord(spaceState, in.Role))
	out := []uint32{hash(spaceShape, role), hash(spaceShape, rune(hashWord(spaceState, in.State)))}
	for i, a := range in.Concepts {
		out = append(out, hash(spaceConcept, rune(a)), hash(spaceConcept, rune(a), role))
		for k, b := range in.Concepts[i+1:] {
			out = append(out, hash(spaceConceptPair, rune(a), rune(b)))
			for _, c := range in.Concepts[i+k+2:] {
				out = append(out, hash(spaceConceptPair, rune(a), rune(b), rune(c)))
			}
		}
	}
	return unique(out)
}
