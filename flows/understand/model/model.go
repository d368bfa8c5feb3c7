package model

import (
	"math"
	"slices"
	"strings"
)

// Model is all that was learned from sentences.
type Model struct {
	Names  []string // the meanings; an answer is one of its state, answer@at:day
	Roles  []string
	Gate   []int8    // of each role and meaning: -1 where the role never said it
	Parts  [3]Linear // of concepts, of characters and concepts, of counts of both
	Mix    [3]float64
	Temper float64
	Danger Linear // one class: whether somebody may be in danger
	Smalls []Small
}

// What a meaning loses that a role never had in training: it may still be said.
const foreign = -3.0

// Likely is a meaning with its probability.
type Likely struct {
	Name string
	P    float64
}

// Score returns the meanings of a sentence, the likeliest first, with probabilities that
// add up to one.
func (m *Model) Score(in Input) []Likely {
	all := WithConcepts(Grams(in), in)
	n := len(m.Names)
	total, part := make([]float64, n), make([]float64, n)
	for i := range m.Parts {
		f := all
		if i == 0 {
			f = OnlyConcepts(in)
		}
		m.Parts[i].Sum(f, part)
		logSoftmax(part)
		for c := range total {
			total[c] += m.Mix[i] * part[c]
		}
	}
	m.gate(in, total)
	for c := range total {
		total[c] *= m.Temper
	}
	logSoftmax(total)
	out := make([]Likely, 0, n)
	for c, v := range total {
		if p := math.Exp(v); p > 0.0005 {
			out = append(out, Likely{m.Names[c], math.Round(p*1000) / 1000})
		}
	}
	slices.SortStableFunc(out, func(a, b Likely) int {
		switch {
		case a.P > b.P:
			return -1
		case a.P < b.P:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// gate takes from what a role does not say.
func (m *Model) gate(in Input, total []float64) {
	role := slices.Index(m.Roles, in.Role)
	for c := range m.Names {
		if role >= 0 && m.Gate[role*len(m.Names)+c] < 0 {
			total[c] += foreign
		}
	}
}

// DangerScore returns how much a sentence speaks of danger, as a probability.
func (m *Model) DangerScore(in Input) float64 {
	var sum [1]float64
	m.Danger.Sum(WithConcepts(Grams(in), in), sum[:])
	return math.Round(1000/(1+math.Exp(-sum[0]))) / 1000
}

func logSoftmax(v []float64) {
	top := slices.Max(v)
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	log := math.Log(sum) + top
	for i := range v {
		v[i] -= log
	}
}
