package train

import (
	"math"
	"math/rand/v2"
	"sync"

	"xintiexin/flows/understand/model"
)

// How the machines are made: rounds through the examples, the cost of an error, how much
// more one of the class itself costs, and what is left out of the weights.
const (
	rounds  = 12
	cost    = 3.0
	dear    = 2.0
	cutOff  = 0.045
	svmUnit = 5.0 // how steep a margin is turned into a probability
)

// machine makes a linear support vector machine for each class against the rest.
func (d *data) machine(features [][]uint32, vocabulary []uint32) model.Linear {
	x := index(features, vocabulary)
	norm := make([]float64, len(x))
	for i := range x {
		norm[i] = 1 / math.Sqrt(float64(max(1, len(features[i]))))
	}
	weights := make([][]float32, len(d.names))
	bias := make([]float64, len(d.names))
	var wait sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for c := range next {
				y := make([]bool, len(x))
				for i := range x {
					y[i] = d.class[i] == c
				}
				weights[c], bias[c] = descend(x, norm, y, len(vocabulary), cost, dear, uint64(c))
			}
		}()
	}
	for c := range d.names {
		next <- c
	}
	close(next)
	wait.Wait()
	return pack(vocabulary, weights, bias, svmUnit)
}

// danger makes the machine that tells danger from all else.
func (d *data) danger() model.Linear {
	vocabulary := d.vocabulary(d.all, 2)
	x := index(d.all, vocabulary)
	norm, y := make([]float64, len(x)), make([]bool, len(x))
	for i := range x {
		norm[i] = 1 / math.Sqrt(float64(max(1, len(d.all[i]))))
		y[i] = d.examples[i].Danger
	}
	w, b := descend(x, norm, y, len(vocabulary), cost, 1, 4711)
	return pack(vocabulary, [][]float32{w}, []float64{b}, svmUnit)
}

// descend is dual coordinate descent for the hinge loss (Hsieh and others, 2008): one
// class against the rest.
func descend(x [][]int32, norm []float64, y []bool, size int, cost, dear float64, seed uint64) (w []float32, bias float64) {
	w = make([]float32, size)
	alpha, order := make([]float64, len(x)), make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	random := rand.New(rand.NewPCG(20261201, seed))
	far := make([]bool, len(x)) // examples that are right by far are looked at now and then
	for round := range rounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if far[i] && round%4 != 3 {
				continue
			}
			sign, most := -1.0, cost
			if y[i] {
				sign, most = 1, cost*dear
			}
			sum := 0.0
			for _, f := range x[i] {
				sum += float64(w[f])
			}
			q := norm[i]*norm[i]*float64(len(x[i])) + 1
			gradient := sign*(sum*norm[i]+bias) - 1
			old := alpha[i]
			far[i] = old == 0 && gradient > 0.2
			alpha[i] = min(max(old-gradient/q, 0), most)
			if change := (alpha[i] - old) * sign; change != 0 {
				step := float32(change * norm[i])
				for _, f := range x[i] {
					w[f] += step
				}
				bias += change
			}
		}
	}
	return w, bias
}

// pack makes integers of weights, without those that hardly count.
func pack(vocabulary []uint32, weights [][]float32, bias []float64, steep float64) model.Linear {
	top := 0.0
	for _, w := range weights {
		for _, v := range w {
			top = max(top, math.Abs(float64(v)))
		}
	}
	unit := top / 127
	if unit == 0 {
		unit = 1
	}
	l := model.Linear{Unit: unit * steep, Root: true}
	for f, key := range vocabulary {
		had := false
		for c := range weights {
			v := float64(weights[c][f])
			q := int8(math.Round(v / unit))
			if q == 0 || math.Abs(v) < cutOff {
				continue
			}
			if !had {
				l.Keys, l.Offsets, had = append(l.Keys, key), append(l.Offsets, uint32(len(l.Weights))), true
			}
			l.Classes, l.Weights = append(l.Classes, uint8(c)), append(l.Weights, q)
		}
	}
	l.Offsets = append(l.Offsets, uint32(len(l.Weights)))
	for _, b := range bias {
		l.Bias = append(l.Bias, int32(math.Round(b/unit)))
	}
	return l
}
