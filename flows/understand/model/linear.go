package model

import (
	"math"
	"slices"
)

// Linear is a linear classifier over many classes, of integers: for each feature the
// classes that it speaks for or against.
type Linear struct {
	Keys       []uint32 // features, sorted
	Offsets    []uint32 // where the weights of a feature begin; one more than Keys
	Classes    []uint8
	Weights    []int8
	Bias       []int32 // of each class
	PerFeature []int32 // of each class, for each known feature of a text; or none
	Unit       float64 // what a weight of one is worth
	Root       bool    // sums of weights are divided by the root of the number of features
}

// Sum adds up the weights of features for each class.
func (l *Linear) Sum(features []uint32, into []float64) {
	sums := make([]int32, len(l.Bias))
	at, known := 0, int32(0)
	for _, f := range features {
		i, ok := slices.BinarySearch(l.Keys[at:], f)
		at += i
		if !ok {
			continue
		}
		known++
		for k := l.Offsets[at]; k < l.Offsets[at+1]; k++ {
			sums[l.Classes[k]] += int32(l.Weights[k])
		}
	}
	unit := l.Unit
	if l.Root {
		unit /= math.Sqrt(float64(max(1, len(features))))
	}
	for c, s := range sums {
		if l.PerFeature != nil {
			s += known * l.PerFeature[c]
		}
		into[c] = float64(s)*unit + float64(l.Bias[c])*l.Unit
	}
}
