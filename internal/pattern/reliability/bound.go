package reliability

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Counts are weighted outcomes: how much spoke for a decision and how much against.
type Counts struct{ Successes, Failures float64 }

// Total is how much evidence there is.
func (c Counts) Total() float64 { return c.Successes + c.Failures }

func (c Counts) plus(d Counts) Counts {
	return Counts{c.Successes + d.Successes, c.Failures + d.Failures}
}

// beta is a Beta law of rates that a test bets on. It decides how soon a bound is reached, never
// whether it is true.
type beta struct{ a, b float64 }

// mostlyRight is quickest for decisions that work 49 times of 50; anything for those that may fail at
// any rate.
var (
	mostlyRight = beta{50, 1}
	anything    = beta{1, 1}
)

// Refutation is the value of the test martingale against the hypothesis that the rate is at most
// theta; one over it is the level at which the hypothesis is refuted.
func (c Counts) Refutation(theta float64) float64 {
	switch {
	case theta <= 0:
		return math.Inf(1)
	case theta >= 1 || c.Total() == 0:
		return 1
	}
	return math.Exp(c.logRefutation(theta, mostlyRight))
}

func (c Counts) logRefutation(theta float64, bet beta) float64 {
	return logUpperBeta(theta, bet.a+c.Successes, bet.b+c.Failures) - logUpperBeta(theta, bet.a, bet.b) -
		c.Successes*math.Log(theta) - c.Failures*math.Log1p(-theta)
}

// logUpperBeta is the logarithm of the integral of p^(a-1) (1-p)^(b-1) from x to 1.
func logUpperBeta(x, a, b float64) float64 {
	// 1 − I_x(a, b) = I_{1−x}(b, a), which keeps its digits where it is small.
	upper := mathext.RegIncBeta(b, a, 1-x)
	if upper <= 0 {
		return math.Inf(-1)
	}
	return mathext.Lbeta(a, b) + math.Log(upper)
}

// LowerBound is the largest rate below which every rate is refuted at level alpha, at any look. It is
// 0 without evidence and for an alpha outside (0, 1).
func (c Counts) LowerBound(alpha float64) float64 { return c.lowerBound(alpha, mostlyRight) }

// UpperBound is the smallest rate above which every rate is refuted at level alpha, at any look.
func (c Counts) UpperBound(alpha float64) float64 {
	return 1 - Counts{Successes: c.Failures, Failures: c.Successes}.lowerBound(alpha, anything)
}

func (c Counts) lowerBound(alpha float64, bet beta) float64 {
	if !(alpha > 0 && alpha < 1) || c.Successes <= 0 || !c.valid() {
		return 0
	}
	need := -math.Log(alpha)
	low, high := 0.0, c.Successes/c.Total()
	for range 24 { // to 1e-7
		middle := (low + high) / 2
		if middle > 0 && c.logRefutation(middle, bet) >= need {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// refutes reports whether the counts refute, at level alpha, that the rate is at least theta.
func (c Counts) refutes(theta, alpha float64) bool {
	against := Counts{Successes: c.Failures, Failures: c.Successes}
	return c.valid() && c.Failures > 0 && c.Successes < theta*c.Total() && against.logRefutation(1-theta, anything) >= -math.Log(alpha)
}

func (c Counts) valid() bool {
	return c.Successes >= 0 && c.Failures >= 0 && !math.IsInf(c.Total(), 0) && !math.IsNaN(c.Total())
}
