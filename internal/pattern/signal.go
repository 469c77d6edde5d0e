package pattern

import "math"

// signals is the number of things by which the selector tells whether the first
// candidate is right. Each lies roughly between -2 and 2.
const signals = 23

// signal fills o.signals after judge. It never looks at which label is meant,
// so what it learns of some labels holds for others.
func (c *committee) signal(z *vectoriser, o *opinion) {
	first := o.order[0]
	second, other := float32(-2), similar{}
	for i, l := range o.order[1:] {
		second = max(second, o.linear[l])
		if o.like[i+1].best > other.best {
			other = o.like[i+1]
		}
	}
	p1, p2 := o.mean[first], float32(-8)
	if len(o.order) > 1 {
		p2 = o.mean[o.order[1]]
	}
	none := float32(0)
	if c.none {
		none = clamp((o.mean[c.labels]-p1)/4, -3, 2) + 1
	}
	var entropy, agree float32
	for k, v := range o.mean {
		p := exp(v)
		entropy -= p * v
		if k < c.labels && o.linear[k] > o.linear[first] {
			agree--
		}
	}
	agree = max(agree, -2)
	for _, p := range o.nets {
		if argmax(p) != int(first) {
			agree -= 1 / float32(len(o.nets))
		}
	}
	content := float32(len(z.words) + z.lost)
	covered, tells := c.covered(z, first)
	o.signals = [signals]float32{
		1,
		clamp(o.linear[first], -2, 2),
		clamp(o.linear[first]-second, -2, 2),
		exp(p1),
		clamp(p1/3, -2, 0),
		clamp((p1-p2)/4, -1, 2),
		entropy / log32(float32(len(o.mean)+1)),
		none,
		agree,
		o.like[0].best,
		o.like[0].best - other.best,
		o.like[0].mean,
		z.unseen[kindWord],
		z.unseen[kindStem],
		z.unseen[kindChar],
		covered,
		tells,
		float32(z.lost) / max(1, content),
		log32(1+content) / 2,
		log32(1+float32(c.examples[first])) / 4,
		clamp(o.linear[first], -2, 2) * exp(p1),
		clamp(o.energy/4, -2, 3),
		o.norm/4 - 1,
	}
}

// covered is the share of the content words of the last event that the label
// uses, by how telling they are, and that share's square.
func (c *committee) covered(z *vectoriser, label int32) (share, square float32) {
	all := float32(z.lost) * z.v.rare
	found := float32(0)
	for _, id := range z.words {
		all += z.v.idf[id]
		if c.known.used(id, label) {
			found += z.v.idf[id]
		}
	}
	if all == 0 {
		return 0, 0
	}
	share = found / all
	return share, share * share
}

func clamp(v, low, high float32) float32 { return max(low, min(high, v)) }

func argmax(p []float32) int {
	best := 0
	for k, v := range p {
		if v > p[best] {
			best = k
		}
	}
	return best
}

func logistic(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
