package pattern

import (
	"cmp"
	"math"
	"slices"
)

// ClopperPearson returns the exact one-sided upper bound on a share of which k
// of n were seen: the share at which k or fewer would be seen with probability
// 1 − confidence (Clopper, Pearson 1934). It is 1 when n is 0.
func ClopperPearson(k, n int, confidence float64) float64 {
	if n <= 0 || k >= n {
		return 1
	}
	low, high := float64(k)/float64(n), 1.0
	for range 60 {
		p := (low + high) / 2
		// P(X ≤ k) = I_{1−p}(n−k, k+1)
		if betaRegularised(1-p, float64(n-k), float64(k+1)) > 1-confidence {
			low = p
		} else {
			high = p
		}
	}
	return high
}

// betaRegularised is the regularised incomplete beta function I_x(a, b), by the
// continued fraction of DLMF 8.17.22, evaluated by Lentz's method.
func betaRegularised(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - betaRegularised(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := range 500 {
		m := float64(i / 2)
		var n float64
		switch {
		case i == 0:
			n = 1
		case i%2 == 0:
			n = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			n = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / nonzero(1+n*d, tiny)
		c = nonzero(1+n/c, tiny)
		f *= c * d
		if math.Abs(1-c*d) < 1e-12 {
			break
		}
	}
	return front * (f - 1)
}

func nonzero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}

// Outcome is the score of an answer and whether it would have been right.
type Outcome struct {
	Score float64
	Right bool
}

// Threshold returns the lowest score from which answers may be given so that,
// with the stated confidence, at most the share target of them is wrong; ok is
// false when the outcomes do not show that for any score.
//
// It tests a sequence of thresholds that does not depend on what was right, each
// with the Clopper–Pearson bound, from strict to lax, and stops at the first
// that fails, so that the confidence holds for the whole search (fixed-sequence
// testing; Angelopoulos et al. 2021, "Learn then Test"). Scores are log odds, and
// the sequence begins where they alone promise clearly fewer errors than the
// target; if that fails, two stricter beginnings are tried, for which a fifth of
// the allowed doubt is kept.
func Threshold(outcomes []Outcome, target, confidence float64) (threshold float64, ok bool) {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b Outcome) int { return cmp.Compare(b.Score, a.Score) })
	wrong := make([]int, len(sorted)+1)
	expected := make([]float64, len(sorted)+1)
	for i, o := range sorted {
		wrong[i+1] = wrong[i]
		expected[i+1] = expected[i] + 1 - logistic(o.Score)
		if !o.Right {
			wrong[i+1]++
		}
	}
	doubt := 1 - confidence
	stride := max(1, len(sorted)/200)
	for _, begin := range [...]struct{ part, doubt float64 }{{0.4, 0.8}, {0.15, 0.1}, {0, 0.1}} {
		// With fewer outcomes than least, no error at all would not be proof enough.
		least := int(math.Ceil(math.Log(begin.doubt*doubt)/math.Log(1-target))) + 1
		n := len(sorted)
		for n > least && expected[n] > begin.part*target*float64(n) {
			n--
		}
		passed := 0
		for n = max(n, least); n <= len(sorted); n += stride {
			if ClopperPearson(wrong[n], n, 1-begin.doubt*doubt) > target {
				break
			}
			passed = n
		}
		if passed > 0 {
			return sorted[passed-1].Score, true
		}
	}
	return math.Inf(1), false
}
