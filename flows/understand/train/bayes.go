package train

import (
	"math"

	"xintiexin/flows/understand/model"
)

// How counts are made even, and how steep their sums are.
const (
	smooth   = 0.003
	bayesOwn = 0.07
)

// bayes makes the model of counts: how often a feature stands in sentences of a meaning,
// beside a little for those never seen.
func (d *data) bayes(features [][]uint32, vocabulary []uint32) model.Linear {
	x := index(features, vocabulary)
	counts := make([]map[int32]int, len(d.names))
	total := make([]float64, len(d.names))
	for c := range counts {
		counts[c] = map[int32]int{}
	}
	for i, fs := range x {
		c := d.class[i]
		for _, f := range fs {
			counts[c][f]++
			total[c]++
		}
	}
	most := 0.0
	for c := range counts {
		for _, n := range counts[c] {
			most = max(most, math.Log((float64(n)+smooth)/smooth))
		}
	}
	unit := most / 127
	l := model.Linear{Unit: unit * bayesOwn}
	for f, key := range vocabulary {
		had := false
		for c := range counts {
			n := counts[c][int32(f)]
			if n == 0 {
				continue
			}
			if !had {
				l.Keys, l.Offsets, had = append(l.Keys, key), append(l.Offsets, uint32(len(l.Weights))), true
			}
			l.Classes = append(l.Classes, uint8(c))
			l.Weights = append(l.Weights, int8(math.Round(math.Log((float64(n)+smooth)/smooth)/unit)))
		}
	}
	l.Offsets = append(l.Offsets, uint32(len(l.Weights)))
	for c := range counts {
		l.Bias = append(l.Bias, 0)
		l.PerFeature = append(l.PerFeature, int32(math.Round(-math.Log(total[c]+smooth*float64(len(vocabulary)))/unit)))
	}
	return l
}
