package pattern

import (
	"math"
	"math/rand/v2"
)

// netTraining is a net with what its training needs. The weights of the outputs lie by
// hidden unit, so that units which an example leaves quiet cost nothing.
type netTraining struct {
	*net
	o                     netOptions
	rng                   *rand.Rand
	coins                 coins
	wide                  int       // of a row of weights, one for each output
	from                  []float32 // by hidden unit, wide wide
	inSum, outSum         []float32 // AdaGrad: mean squared gradients per row, summed
	inBiasSum, outBiasSum []float32
	kept                  []entry // features of the example that are not dropped
	open                  []entry // hidden units that are neither quiet nor dropped
	h, dh                 []float32
	p, step               []float32
}

//go:norace
func newNetTraining(features, labels int, o netOptions, rng *rand.Rand) *netTraining {
	n := &net{hidden: padded(o.hidden)}
	n.in = make([]float32, features*n.hidden)
	n.inBias = make([]float32, n.hidden)
	n.bias = make([]float32, labels)
	t := &netTraining{net: n, o: o, rng: rng, coins: coins{rng.Uint64()}, wide: padded(labels)}
	for i := range n.in {
		n.in[i] = (t.coins.float()*2 - 1) * 0.3
	}
	spread := float32(math.Sqrt(6 / float64(n.hidden+labels)))
	t.from = make([]float32, n.hidden*t.wide)
	for i := range n.hidden {
		for k := range labels {
			t.from[i*t.wide+k] = (t.coins.float()*2 - 1) * spread
		}
	}
	t.inSum, t.outSum, t.inBiasSum, t.outBiasSum = make([]float32, features), make([]float32, labels), make([]float32, 1), make([]float32, labels)
	t.kept, t.open = make([]entry, 0, features), make([]entry, 0, n.hidden)
	t.h, t.dh, t.p, t.step = make([]float32, n.hidden), make([]float32, n.hidden), make([]float32, t.wide), make([]float32, t.wide)
	return t
}

// done returns the net, its outputs in order.
//
//go:norace
func (t *netTraining) done() *net {
	t.out = make([]float32, len(t.bias)*t.hidden)
	for i := range t.hidden {
		for k := range t.bias {
			t.out[k*t.hidden+i] = t.from[i*t.wide+k]
		}
	}
	return t.net
}

const adaSmall = 1e-4 // keeps the first steps of AdaGrad finite

// pass does one example. Like the other loops over weights it is not watched for races, which takes ten times
// as long: they touch what belongs to one training, and whoever hands that over is watched.
//
//go:norace
func (t *netTraining) pass(x []entry, y int32, weight, rate float32) {
	t.forward(x)
	softmax(t.p, len(t.bias))
	t.outputs(y, weight, rate)
	clear(t.dh)
	lift := 1 / (1 - t.o.fade)
	for _, u := range t.open {
		t.dh[u.id] = lift * dot(t.from[int(u.id)*t.wide:(int(u.id)+1)*t.wide], t.p)
	}
	scatter(t.open, t.from, t.wide, t.step)
	dd := dot(t.dh, t.dh) / float32(t.hidden)
	for i := range t.kept {
		e := &t.kept[i]
		t.inSum[e.id] += dd * e.value * e.value
		e.value *= -rate / sqrt(t.inSum[e.id]+adaSmall)
	}
	scatter(t.kept, t.in, t.hidden, t.dh)
	t.inBiasSum[0] += dd
	axpy(-rate/sqrt(t.inBiasSum[0]+adaSmall), t.dh, t.inBias)
}

// forward leaves out features and hidden units by chance, and fills kept, open and the scores in p.
//
//go:norace
func (t *netTraining) forward(x []entry) {
	t.kept = t.kept[:len(x)]
	n := 0
	keep, limit := 1/(1-t.o.dropout), uint64(t.o.dropout*coinSides)
	var bits uint64
	for i, e := range x {
		if bits >>= coinBits; i%coinsDrawn == 0 {
			bits = t.coins.next()
		}
		t.kept[n] = entry{e.id, e.value * keep} // no branch: chance cannot be foretold
		n += int(1 - (bits%coinSides-limit)>>63)
	}
	t.kept = t.kept[:n]
	copy(t.h, t.inBias)
	gather(t.kept, t.in, t.hidden, t.h)
	t.open = t.open[:t.hidden]
	n = 0
	lift := 1 / (1 - t.o.fade)
	limit = uint64(t.o.fade * coinSides)
	for i, v := range t.h {
		if bits >>= coinBits; i%coinsDrawn == 0 {
			bits = t.coins.next()
		}
		t.open[n] = entry{int32(i), v * lift}
		n += int(1-(bits%coinSides-limit)>>63) & int(1-math.Float32bits(v)>>31)
	}
	t.open = t.open[:n]
	copy(t.p, t.bias)
	clear(t.p[len(t.bias):])
	gather(t.open, t.from, t.wide, t.p)
}

// least is the gradient of an output below which nothing is learned from it.
const least = 1e-4

// outputs turns probabilities into gradients of the outputs, and fills the steps of their weights.
//
//go:norace
func (t *netTraining) outputs(y int32, weight, rate float32) {
	small := t.o.smooth / float32(len(t.bias))
	hh := float32(0)
	for _, u := range t.open {
		hh += float32(u.value * u.value)
	}
	hh /= float32(t.hidden)
	for k := range t.bias {
		g := t.p[k] - small
		if int32(k) == y {
			g -= 1 - t.o.smooth
		}
		g *= weight
		if g > -least && g < least {
			t.p[k], t.step[k] = 0, 0
			continue
		}
		t.p[k] = g
		t.outSum[k] += float32(float32(g*g) * hh)
		t.step[k] = -rate * g / sqrt(t.outSum[k]+adaSmall)
		t.outBiasSum[k] += float32(g * g)
		t.bias[k] -= float32(rate*g) / sqrt(t.outBiasSum[k]+adaSmall)
	}
}

// coins draws quickly what need not be independent of much (SplitMix64: Steele, Lea, Flood 2014).
type coins struct{ state uint64 }

const (
	coinBits   = 16
	coinSides  = 1 << coinBits
	coinsDrawn = 64 / coinBits // of one number
)

func (c *coins) next() uint64 {
	c.state += 0x9e3779b97f4a7c15
	z := c.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float is at least 0 and less than 1.
func (c *coins) float() float32 { return float32(c.next()>>40) / (1 << 24) }
