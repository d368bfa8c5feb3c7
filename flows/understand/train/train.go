// Package train makes the weights of package model from sentences with their meaning. The
// same sentences make the same weights: all is done in a fixed order, with fixed seeds.
package train

import (
	"slices"
	"strings"

	"xintiexin/flows/understand/model"
)

// Example is one sentence to learn from.
type Example struct {
	model.Input
	Name   string // the meaning
	Danger bool
}

// Make returns the model of some examples.
func Make(examples []Example) *model.Model {
	d := prepare(examples)
	m := &model.Model{Names: d.names, Roles: d.roles, Gate: d.gate(), Mix: [3]float64{0.2, 0.8, 0.5}, Temper: 0.5}
	m.Parts[0] = d.machine(d.concepts, d.vocabulary(d.concepts, 2))
	m.Parts[1] = d.machine(d.all, d.vocabulary(d.all, 2))
	m.Parts[2] = d.bayes(d.all, d.vocabulary(d.all, 1))
	m.Danger = d.danger()
	return m
}

// data are examples made ready.
type data struct {
	examples []Example
	names    []string
	roles    []string
	class    []int
	grams    [][]uint32
	all      [][]uint32
	concepts [][]uint32
}

func prepare(examples []Example) *data {
	d := &data{examples: examples}
	for _, e := range examples {
		if !slices.Contains(d.names, e.Name) {
			d.names = append(d.names, e.Name)
		}
		if !slices.Contains(d.roles, e.Role) {
			d.roles = append(d.roles, e.Role)
		}
	}
	slices.Sort(d.names)
	slices.Sort(d.roles)
	at := map[string]int{}
	for i, n := range d.names {
		at[n] = i
	}
	for _, e := range examples {
		g := model.Grams(e.Input)
		d.class = append(d.class, at[e.Name])
		d.grams = append(d.grams, g)
		d.all = append(d.all, model.WithConcepts(g, e.Input))
		d.concepts = append(d.concepts, model.OnlyConcepts(e.Input))
	}
	return d
}

// anybody are meanings of anybody.
// nothing changes it.
var anybody = []string{"greet", "thanks", "help", "menu", "repeat", "simpler", "cannot_type", "out", "human", "park", "discard", "resume", "undo", "trust.info", "privacy.info"}

// gate says which role never said what.
func (d *data) gate() []int8 {
	g := make([]int8, len(d.roles)*len(d.names))
	for i := range g {
		g[i] = -1
	}
	for i, e := range d.examples {
		role := slices.Index(d.roles, e.Role)
		g[role*len(d.names)+d.class[i]] = 0
		if e.Role == "stranger" || e.Role == "resident" { // both are residents to the other
			for _, r := range []string{"stranger", "resident"} {
				if k := slices.Index(d.roles, r); k >= 0 {
					g[k*len(d.names)+d.class[i]] = 0
				}
			}
		}
		if strings.HasPrefix(e.Name, "danger.") || slices.Contains(anybody, e.Name) {
			for k := range d.roles {
				g[k*len(d.names)+d.class[i]] = 0
			}
		}
	}
	return g
}

// vocabulary returns the features that at least some examples have, sorted.
func (d *data) vocabulary(features [][]uint32, least int) []uint32 {
	count := map[uint32]int{}
	for _, fs := range features {
		for _, f := range fs {
			count[f]++
		}
	}
	var v []uint32
	for f, n := range count {
		if n >= least {
			v = append(v, f)
		}
	}
	slices.Sort(v)
	return v
}

// index returns the places of features in a vocabulary.
func index(features [][]uint32, vocabulary []uint32) [][]int32 {
	out := make([][]int32, len(features))
	for i, fs := range features {
		for _, f := range fs {
			if k, ok := slices.BinarySearch(vocabulary, f); ok {
				out[i] = append(out[i], int32(k))
			}
		}
	}
	return out
}
