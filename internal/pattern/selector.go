package pattern

import "math"

// selector is a logistic regression on the signals: the log odds that the first
// candidate is right.
type selector struct {
	w [signals]float64
}

// observation is what came of one first candidate.
type observation struct {
	signals [signals]float32
	right   bool
	weight  float64
}

func (s *selector) logit(x *[signals]float32) float64 {
	sum := 0.0
	for i, v := range x {
		sum += s.w[i] * float64(v)
	}
	return sum
}

// pull is how strongly the weights are held to the shipped ones: as much as some
// observations of one unit would.
const pull = 1.0

// information is the lower half of a symmetric matrix over the signals.
type information [signals][signals]float64

// fitSelector fits the weights by Newton's method with a Gaussian prior around
// those of prior, so that few observations change little.
func fitSelector(seen []observation, prior selector) selector {
	s := prior
	for range 30 {
		var hessian information
		var gradient [signals]float64
		for i := range signals {
			hessian[i][i] = pull
			gradient[i] = pull * (s.w[i] - prior.w[i])
		}
		for n := range seen {
			o := &seen[n]
			p := logistic(s.logit(&o.signals))
			miss := p
			if o.right {
				miss--
			}
			curve := o.weight * max(p*(1-p), 1e-6)
			for i, v := range o.signals {
				gradient[i] += o.weight * miss * float64(v)
				for j, u := range o.signals[:i+1] {
					hessian[i][j] += curve * float64(v) * float64(u)
				}
			}
		}
		step := solve(&hessian, gradient)
		size := 0.0
		for i := range step {
			size = max(size, math.Abs(step[i]))
		}
		damp := min(1, 5/max(size, 1e-12))
		for i := range step {
			s.w[i] -= damp * step[i]
		}
		if size < 1e-6 {
			break
		}
	}
	return s
}

// solve returns x with a·x = b for a symmetric positive a, of which the lower half
// is given, by Cholesky's factor, which takes its place.
func solve(a *information, b [signals]float64) [signals]float64 {
	for i := range signals {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= a[i][k] * a[j][k]
			}
			if i == j {
				a[i][i] = math.Sqrt(max(sum, 1e-12))
			} else {
				a[i][j] = sum / a[j][j]
			}
		}
	}
	for i := range signals {
		for k := range i {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	for i := signals - 1; i >= 0; i-- {
		for k := i + 1; k < signals; k++ {
			b[i] -= a[k][i] * b[k]
		}
		b[i] /= a[i][i]
	}
	return b
}
