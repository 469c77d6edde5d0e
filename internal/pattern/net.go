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
	return t.done(), nil
}

// softmax turns n scores, which are padded to a multiple of lanes, into as many
// probabilities.
//
//go:norace
func softmax(p []float32, n int) {
	expAll(p, largest(p[:n]))
	clear(p[n:])
	sum := float32(0)
	for _, v := range p[:n] {
		sum += v
	}
	for i := range p[:n] {
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
		if v > top {
			top = v
		}
	}
	return top
}

func sqrt(v float32) float32  { return float32(math.Sqrt(float64(v))) }
func log32(v float32) float32 { return float32(math.Log(float64(v) + 1e-30)) }
