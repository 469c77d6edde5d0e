package pattern

import (
	"context"
	"math"
	"math/rand/v2"
)

// net is one hidden layer of rectified units over sparse features, and a
// softmax over the labels and, when there are such examples, "none of them".
type net struct {
	hidden int       // a multiple of lanes
	in     []float32 // by feature, hidden wide
	inBias []float32
	out    []float32 // by label, hidden wide
	bias   []float32 // by label
}

// netOptions shape the training of a net; see trainNet.
type netOptions struct {
	count   int // of nets
	hidden  int
	epochs  int
	rate    float32 // of learning
	dropout float32 // share of features left out of each pass
	fade    float32 // share of hidden units left out of each pass
	smooth  float32 // share of the target spread over all labels
}

// trainNet fits a net by stochastic gradient descent with AdaGrad's step sizes
// (Duchi, Hazan, Singer 2011), one per row of weights; dropout (Srivastava et al.
// 2014) of features and hidden units; smoothed targets (Szegedy et al. 2016).
// The learning rate falls linearly to zero.
func trainNet(ctx context.Context, s *trainSet, features int, o netOptions, rng *rand.Rand) (*net, error) {
	labels := s.labels
	none := int32(-1)
	for _, y := range s.y {
		if y < 0 {
			none = int32(labels)
			labels++
			break
		}
	}
	t := newNetTraining(features, labels, o, rng)
	order := make([]int32, len(s.x))
	for i := range order {
		order[i] = int32(i)
	}
	steps := float32(o.epochs * len(order))
	done := float32(0)
	for range o.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for n, i := range order {
			if n%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			y := s.y[i]
			if y < 0 {
				y = none
			}
			t.pass(s.x[i], y, s.weight[i], o.rate*(1-done/steps))
			done++
		}
	}
	return t.net, nil
}

// netTraining is a net with what its training needs.
type netTraining struct {
	*net
	o                     netOptions
	rng                   *rand.Rand
	inSum, outSum         []float32 // AdaGrad: mean squared gradients per row, summed
	inBiasSum, outBiasSum []float32
	kept                  []entry
	h, dh                 []float32
	mask                  []float32
	p                     []float32
}

//go:norace
func newNetTraining(features, labels int, o netOptions, rng *rand.Rand) *netTraining {
	n := &net{hidden: padded(o.hidden)}
	n.in = make([]float32, features*n.hidden)
	n.inBias = make([]float32, n.hidden)
	n.out = make([]float32, labels*n.hidden)
	n.bias = make([]float32, labels)
	for i := range n.in {
		n.in[i] = (rng.Float32()*2 - 1) * 0.3
	}
	spread := float32(math.Sqrt(6 / float64(n.hidden+labels)))
	for i := range n.out {
		n.out[i] = (rng.Float32()*2 - 1) * spread
	}
	return &netTraining{net: n, o: o, rng: rng,
		inSum: make([]float32, features), outSum: make([]float32, labels), inBiasSum: make([]float32, 1), outBiasSum: make([]float32, labels),
		h: make([]float32, n.hidden), dh: make([]float32, n.hidden), mask: make([]float32, n.hidden), p: make([]float32, labels)}
}

const adaSmall = 1e-4 // keeps the first steps of AdaGrad finite

// pass does one example. Like the other loops over weights it is not watched for races, which takes ten times
// as long: they touch what belongs to one training, and whoever hands that over is watched.
//
//go:norace
func (t *netTraining) pass(x []entry, y int32, weight, rate float32) {
	t.kept = t.kept[:0]
	keep := 1 / (1 - t.o.dropout)
	for _, e := range x {
		if t.rng.Float32() >= t.o.dropout {
			t.kept = append(t.kept, entry{e.id, e.value * keep})
		}
	}
	copy(t.h, t.inBias)
	for _, e := range t.kept {
		axpy(e.value, t.in[int(e.id)*t.hidden:(int(e.id)+1)*t.hidden], t.h)
	}
	open := 1 / (1 - t.o.fade)
	for i, v := range t.h {
		t.mask[i] = 0
		if v > 0 && t.rng.Float32() >= t.o.fade {
			t.mask[i] = open
		}
		t.h[i] = max(v, 0) * t.mask[i]
	}
	for k := range t.p {
		t.p[k] = t.bias[k] + dot(t.out[k*t.hidden:(k+1)*t.hidden], t.h)
	}
	softmax(t.p)
	clear(t.dh)
	small := t.o.smooth / float32(len(t.p))
	hh := dot(t.h, t.h) / float32(t.hidden)
	for k := range t.p {
		g := t.p[k] - small
		if int32(k) == y {
			g -= 1 - t.o.smooth
		}
		g *= weight
		if g > -1e-4 && g < 1e-4 {
			continue
		}
		row := t.out[k*t.hidden : (k+1)*t.hidden]
		axpy(g, row, t.dh)
		t.outSum[k] += g * g * hh
		axpy(-rate*g/sqrt(t.outSum[k]+adaSmall), t.h, row)
		t.outBiasSum[k] += g * g
		t.bias[k] -= rate * g / sqrt(t.outBiasSum[k]+adaSmall)
	}
	for i, m := range t.mask {
		t.dh[i] *= m
	}
	dd := dot(t.dh, t.dh) / float32(t.hidden)
	for _, e := range t.kept {
		t.inSum[e.id] += dd * e.value * e.value
		axpy(-rate*e.value/sqrt(t.inSum[e.id]+adaSmall), t.dh, t.in[int(e.id)*t.hidden:(int(e.id)+1)*t.hidden])
	}
	t.inBiasSum[0] += dd
	axpy(-rate/sqrt(t.inBiasSum[0]+adaSmall), t.dh, t.inBias)
}

// softmax turns scores into probabilities.
//
//go:norace
func softmax(p []float32) {
	top, sum := largest(p), float32(0)
	for i, v := range p {
		p[i] = exp(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

// logSum is the logarithm of the sum of the exponentials of scores: taken from each,
// it makes them log probabilities.
//
//go:norace
func logSum(p []float32) float32 {
	top, sum := largest(p), float32(0)
	for _, v := range p {
		sum += exp(v - top)
	}
	return top + log32(sum)
}

//go:norace
func largest(p []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range p {
		top = max(top, v)
	}
	return top
}

func sqrt(v float32) float32  { return float32(math.Sqrt(float64(v))) }
func exp(v float32) float32   { return float32(math.Exp(float64(v))) }
func log32(v float32) float32 { return float32(math.Log(float64(v) + 1e-30)) }
