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
	Score float64 // log odds
	Right bool
	// Weight is how many events it stands for; 0 is taken for 1.
	Weight float64
	// Label is what the answer took the event for; it matters where labels are told apart.
	Label string
}

// Threshold returns the lowest score from which answers may be given so that,
// with the stated confidence, at most the share target of them is wrong; ok is
// false when the outcomes do not show that for any score. The bound is
// Clopper–Pearson's; weighted outcomes count as many as their effective number
// (Kish 1965).
//
// It tests a sequence of thresholds that does not depend on what was right, from
// strict to lax, and stops at the first that fails, so that the confidence holds
// for the whole search (fixed-sequence testing; Angelopoulos et al. 2021, "Learn
// then Test"). The sequence begins where the scores alone promise clearly fewer
// errors than the target; if that fails, two stricter beginnings are tried, for
// which a fifth of the allowed doubt is kept.
func Threshold(outcomes []Outcome, target, confidence float64) (threshold float64, ok bool) {
	doubt := 1 - confidence
	t := newTally(outcomes)
	for _, begin := range [...]struct{ part, doubt float64 }{{0.4, 0.8}, {0.15, 0.1}, {0, 0.1}} {
		threshold, ok := t.search(begin.part*target, func(right, wrong, size float64) bool {
			n := int(math.Round((right + wrong) * size))
			k := int(math.Ceil(wrong*size - 1e-9))
			return ClopperPearson(k, n, 1-begin.doubt*doubt) <= target
		})
		if ok {
			return threshold, true
		}
	}
	return math.Inf(1), false
}

// tally is outcomes by falling score with running sums.
type tally struct {
	score                          []float64
	right, wrong, expected, square []float64 // one more entry than scores; the first is zero
}

func newTally(outcomes []Outcome) *tally {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b Outcome) int { return cmp.Compare(b.Score, a.Score) })
	n := len(sorted)
	t := &tally{make([]float64, n), make([]float64, n+1), make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)}
	for i, o := range sorted {
		w := o.Weight
		if w == 0 {
			w = 1
		}
		t.score[i] = o.Score
		t.right[i+1], t.wrong[i+1] = t.right[i], t.wrong[i]
		if o.Right {
			t.right[i+1] += w
		} else {
			t.wrong[i+1] += w
		}
		t.expected[i+1] = t.expected[i] + w*(1-logistic(o.Score))
		t.square[i+1] = t.square[i] + w*w
	}
	return t
}

// search begins at the lowest score above which no more than the share begin of
// errors is expected, and goes down as long as passes holds. It is given what was
// right and wrong above the score, by weight, and by what factor to scale them
// to the effective number of outcomes.
func (t *tally) search(begin float64, passes func(right, wrong, size float64) bool) (float64, bool) {
	last := len(t.score)
	n := last
	for n > 0 && t.expected[n] > begin*(t.right[n]+t.wrong[n]) {
		n--
	}
	holds := func(n int) bool {
		all := t.right[n] + t.wrong[n]
		return passes(t.right[n], t.wrong[n], all/max(t.square[n], 1e-12))
	}
	// Where too few are above, even no error would be no proof: begin lower.
	for n = max(n, 1); n <= last && t.wrong[n] == 0 && !holds(n); n++ {
		continue
	}
	found, ok := math.Inf(1), false
	for stride := max(1, last/200); n <= last && holds(n); n += stride {
		found, ok = t.score[n-1], true
	}
	return found, ok
}
