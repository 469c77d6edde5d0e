package pattern

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
)

// committee is the learners fitted on one set of examples: a linear classifier
// and nets that share a table, and the examples as seen by the first net.
type committee struct {
	vocabulary *vocabulary
	labels     int
	none       bool // the nets know an output for "none of these"
	table      *table
	bias       []float32 // what the table's product is added to
	out        [][]float32
	outBias    [][]float32
	hidden     int
	neighbours neighbours
	known      wordUse
	examples   []int32 // by label: how many it was trained on
}

// fitted is a committee before its weights are rounded.
type fitted struct {
	linear *linear
	nets   []*net
}

// netsOf chooses the nets by the number of examples: small sets need more
// passes, and take no time.
func netsOf(examples int) netOptions {
	o := netOptions{count: 3, hidden: 96, rate: 0.05, dropout: 0.5, fade: 0.3, smooth: 0.1}
	if examples < 3000 {
		o.hidden, o.dropout = 64, 0.6
	}
	o.epochs = min(20, max(15, 75_000/max(examples, 1)))
	return o
}

// fit trains a committee. The learners are independent of each other and of the
// number of processors.
func fit(ctx context.Context, s *trainSet, v *vocabulary, seed uint64) (*committee, error) {
	var f fitted
	o := netsOf(len(s.x))
	f.nets = make([]*net, o.count)
	errs := make([]error, 1+o.count)
	var wg sync.WaitGroup
	for i := range o.count {
		wg.Go(func() {
			f.nets[i], errs[1+i] = trainNet(ctx, s, v.size(), o, rand.New(rand.NewPCG(seed, uint64(i+1))))
		})
	}
	wg.Go(func() { f.linear, errs[0] = trainSVM(ctx, s, v.size(), rand.New(rand.NewPCG(seed, 0))) })
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return f.committee(s, v), nil
}

// committee rounds the weights and looks at the examples with them.
func (f *fitted) committee(s *trainSet, v *vocabulary) *committee {
	c := &committee{vocabulary: v, labels: s.labels, hidden: f.nets[0].hidden, examples: make([]int32, s.labels)}
	widths := []int{f.linear.width}
	c.bias = append(c.bias, f.linear.row(int32(v.size()))...)
	for _, n := range f.nets {
		widths = append(widths, n.hidden)
		c.bias = append(c.bias, n.inBias...)
		c.out, c.outBias = append(c.out, n.out), append(c.outBias, n.bias)
		c.none = len(n.bias) > s.labels
	}
	c.table = newTable(v.size(), widths...)
	for id := range v.size() {
		c.table.set(id, 0, f.linear.row(int32(id)))
		for i, n := range f.nets {
			c.table.set(id, 1+i, n.in[id*n.hidden:(id+1)*n.hidden])
		}
	}
	for _, y := range s.y {
		if y >= 0 {
			c.examples[y]++
		}
	}
	c.neighbours = newNeighbours(c, s)
	c.known = newWordUse(v, s)
	return c
}

// opinion is what a committee makes of one event. It is scratch space.
type opinion struct {
	raw     []float32   // the table's product
	linear  []float32   // by label
	nets    [][]float32 // by net and label: scores
	mean    []float32   // by label: mean of the nets' log probabilities, "none" last
	energy  float32     // mean of the nets' log sums over all labels (Liu et al. 2020: what is known has more)
	norm    float32     // mean length of the nets' hidden layers: what says nothing to them leaves them quiet
	joint   []float32   // by label: what candidates are ranked by
	order   []int32     // the best labels
	like    []similar   // by order: what the examples say
	hidden  []float32   // the first net's hidden layer, of length one
	signals [signals]float32
}

// similar is how near the examples of a label are to an event.
type similar struct {
	nearest int32 // index of the example
	best    float32
	mean    float32 // of the three nearest
}

func (c *committee) newOpinion() *opinion {
	o := &opinion{raw: make([]float32, c.table.width), linear: make([]float32, c.labels), joint: make([]float32, c.labels), hidden: make([]float32, c.hidden)}
	outputs := len(c.outBias[0])
	o.mean = make([]float32, outputs)
	for range c.out {
		o.nets = append(o.nets, make([]float32, outputs))
	}
	return o
}

// jointWeight is what a unit of the linear score counts beside the nets' log probability.
const jointWeight = 2

const listed = 4 // labels that are looked at more closely

// judge fills o for the vector x.
func (c *committee) judge(x []entry, o *opinion) {
	copy(o.raw, c.bias)
	c.table.multiply(x, o.raw)
	copy(o.linear, o.raw)
	clear(o.mean)
	o.energy, o.norm = 0, 0
	nets := float32(len(c.out))
	at := c.table.widths[0]
	for i := range c.out {
		h := o.raw[at : at+c.hidden]
		at += c.hidden
		for k, v := range h {
			h[k] = max(v, 0)
		}
		p := o.nets[i]
		for k := range p {
			p[k] = c.outBias[i][k] + dot(c.out[i][k*c.hidden:(k+1)*c.hidden], h)
		}
		o.norm += sqrt(dot(h, h)) / nets
		all := logSum(p)
		o.energy += all / nets
		for k, v := range p {
			o.mean[k] += (v - all) / nets
		}
	}
	for k := range o.joint {
		o.joint[k] = o.mean[k] + jointWeight*o.linear[k]
	}
	o.order = top(o.joint, listed, o.order[:0])
	copy(o.hidden, o.raw[c.table.widths[0]:])
	normalise(o.hidden)
	o.like = o.like[:0]
	for _, l := range o.order {
		o.like = append(o.like, c.neighbours.near(l, o.hidden))
	}
}

// top appends the indices of the n largest values, the largest first; of equals
// the first.
func top(values []float32, n int, out []int32) []int32 {
	for i, v := range values {
		if len(out) == n && v <= values[out[n-1]] {
			continue
		}
		at := len(out)
		for at > 0 && v > values[out[at-1]] {
			at--
		}
		out = slices.Insert(out, at, int32(i))
		out = out[:min(len(out), n)]
	}
	return out
}

func normalise(x []float32) {
	square := dot(x, x)
	if square <= 0 {
		return
	}
	scale := 1 / sqrt(square)
	for i := range x {
		x[i] *= scale
	}
}
