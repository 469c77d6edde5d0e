package result

import (
	"gonum.org/v1/gonum/mathext"
)

// Level is the confidence of every interval.
const Level = 0.95

// Estimate is a share with its interval.
type Estimate struct {
	Value, Low, High float64
	N                int     // outcomes that it rests on; 0: nothing is known
	Effective        float64 // how many equal ones tell as much
}

// sample is a weighted sample of things that are so or not.
type sample struct {
	n               int
	sum, square, so float64
}

func (s *sample) add(so bool, weight float64) {
	s.n++
	s.sum += weight
	s.square += weight * weight
	if so {
		s.so += weight
	}
}

// estimate is the weighted share of what is so.
func (s *sample) estimate() Estimate {
	if s.n == 0 {
		return Estimate{High: 1}
	}
	n := s.sum * s.sum / s.square
	e := Estimate{Value: s.so / s.sum, N: s.n, Effective: n, High: 1}
	k, tail := e.Value*n, (1-Level)/2
	if k > 0 {
		e.Low = mathext.InvRegIncBeta(k, n-k+1, tail)
	}
	if n-k > 1e-9 {
		e.High = mathext.InvRegIncBeta(k+1, n-k, 1-tail)
	}
	return e
}

// not is the estimate of the contrary.
func (e Estimate) not() Estimate {
	if e.N == 0 {
		return e
	}
	return Estimate{Value: 1 - e.Value, Low: 1 - e.High, High: 1 - e.Low, N: e.N, Effective: e.Effective}
}
