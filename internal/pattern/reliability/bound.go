package reliability

import "math"

// Part is weighted outcomes: how much spoke for a decision and how much against.
type Part struct {
	Successes, Failures float64
	// Expected is how many of the outcomes were of the known situation, by how probable that was thought when
	// each was decided on. 0: all of them.
	Expected float64
	// Seen is how many outcomes there were, each counted in full. 0: as many as the weights say.
	Seen float64
}

// Total is how much evidence there is.
func (p Part) Total() float64 { return p.Successes + p.Failures }

// Match is how probable it was, on average, that the situation was the known one.
func (p Part) Match() float64 {
	if !(p.Expected > 0 && p.Expected < p.Total()) {
		return 1
	}
	return p.Expected / p.Total()
}

func (p Part) plus(q Part) Part {
	return Part{p.Successes + q.Successes, p.Failures + q.Failures, p.Expected + q.Expected, p.Seen + q.Seen}
}

func (p Part) times(x float64) Part {
	return Part{p.Successes * x, p.Failures * x, p.Expected * x, p.Seen * x}
}

// full is the part with every outcome counted in full.
func (p Part) full() Part {
	match := p.Match()
	p.Successes = max(p.Successes, p.Seen-p.Failures)
	p.Expected = match * p.Total()
	return p
}

func (p Part) valid() bool {
	return p.Successes >= 0 && p.Failures >= 0 && !math.IsInf(p.Total(), 0) && !math.IsNaN(p.Total())
}

// Counts are all outcomes of a decision.
type Counts struct {
	Part
	Judged Part // those of them that are people's opinions
}

func (c Counts) plus(d Counts) Counts { return Counts{c.Part.plus(d.Part), c.Judged.plus(d.Judged)} }

// shown are the outcomes that are nobody's opinion.
func (c Counts) shown() Part { return c.Part.plus(c.Judged.times(-1)) }

// A law of bets says by how much the truth may be better than a supposed rate: failures are a share of what
// the rate allows, and all shares of a law are bet on alike. It decides how soon a bound is reached, never whether
// it is true.
type law []bet

type bet struct{ share, log float64 }

func lawOf(n int, share func(i int) float64) law {
	out := make(law, n)
	for i := range out {
		out[i] = bet{share(i), math.Log(share(i))}
	}
	return out
}

var (
	// halvings is for decisions that people want to rely on: half of the failures that are allowed, a quarter and
	// so on to a 64th, since nobody knows the order of magnitude.
	halvings = lawOf(6, func(i int) float64 { return math.Exp2(-float64(i + 1)) })
	// evenly is for decisions that may fail at any rate.
	evenly = lawOf(32, func(i int) float64 { return (float64(i) + 0.5) / 32 })
)

// trial is outcomes that are tested against a supposed rate.
type trial struct {
	successes, failures float64
	against             float64 // the rate that the bets are laid against
	mean                float64 // the rate to be expected on average, where it was another one
}

// refutation is the logarithm of the test martingale of some trials together.
func (l law) refutation(trials ...trial) float64 {
	out := math.Inf(-1)
	for _, b := range l {
		sum := 0.0
		for _, t := range trials {
			sum += t.successes*math.Log(b.share+(1-b.share)/t.against) + t.failures*b.log
			if t.mean != t.against {
				sum -= (t.successes + t.failures) * math.Log(b.share+(1-b.share)*t.mean/t.against)
			}
		}
		out = sumOfLogs(out, sum)
	}
	return out - math.Log(float64(len(l)))
}

// sumOfLogs is the logarithm of the sum of two numbers by their logarithms.
func sumOfLogs(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Refutation is the value of the test martingale against the hypothesis that the rate is at most
// theta; one over it is the level at which the hypothesis is refuted.
func (c Counts) Refutation(theta float64) float64 {
	switch {
	case theta <= 0:
		return math.Inf(1)
	case theta >= 1 || c.Total() == 0:
		return 1
	}
	return math.Exp(c.above(theta, 0))
}

// above is the logarithm of the test martingale against a rate of at most theta, where people judge the share
// mistaken of what was wrong to be right.
func (c Counts) above(theta, mistaken float64) float64 {
	seen := func(rate float64) float64 { return rate + (1-rate)*mistaken }
	shown := c.shown()
	return halvings.refutation(trial{shown.Successes, shown.Failures, theta, theta * shown.Match()},
		trial{c.Judged.Successes, c.Judged.Failures, seen(theta), seen(theta * c.Judged.Match())})
}

// below is the logarithm of the test martingale against a rate of at least theta, where people judge the share
// mistaken of what was right to be wrong. What speaks for the decision counts in full: to take less of it would
// be to exaggerate what speaks against.
func (c Counts) below(theta, mistaken float64) float64 {
	against := func(p Part, mistaken float64) trial {
		wrong := func(rate float64) float64 { return 1 - rate*(1-mistaken) }
		return trial{p.Failures, p.full().Successes, wrong(theta), wrong(theta * p.Match())}
	}
	return evenly.refutation(against(c.shown(), 0), against(c.Judged, mistaken))
}

// LowerBound is the largest rate below which every rate is refuted at level alpha, at any look. It is
// 0 without evidence and for an alpha outside (0, 1).
func (c Counts) LowerBound(alpha float64) float64 { return c.lowerBound(alpha, 0) }

func (c Counts) lowerBound(alpha, mistaken float64) float64 {
	if !(alpha > 0 && alpha < 1) || c.Successes <= 0 || !c.valid() {
		return 0
	}
	return bisect(func(theta float64) bool { return c.above(theta, mistaken) >= -math.Log(alpha) })
}

// reaches reports whether lowerBound is at least theta.
func (c Counts) reaches(theta, alpha, mistaken float64) bool {
	return theta <= 0 || theta < 1 && c.Successes > 0 && c.valid() && c.above(theta, mistaken) >= -math.Log(alpha)
}

// UpperBound is the smallest rate above which every rate is refuted at level alpha, at any look. It is 1 without
// a failure and for an alpha outside (0, 1).
func (c Counts) UpperBound(alpha float64) float64 { return c.upperBound(alpha, 0) }

func (c Counts) upperBound(alpha, mistaken float64) float64 {
	if !(alpha > 0 && alpha < 1) || c.Failures <= 0 || !c.valid() {
		return 1
	}
	return bisect(func(theta float64) bool { return c.below(theta, mistaken) < -math.Log(alpha) })
}

// refutes reports whether the counts refute, at level alpha, that the rate is at least theta.
func (c Counts) refutes(theta, alpha, mistaken float64) bool {
	return c.valid() && c.Failures > 0 && c.Successes < theta*c.Total() && c.below(theta, mistaken) >= -math.Log(alpha)
}

// bisect finds, to 1e-7, the rate up to which something holds.
func bisect(holds func(rate float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 24 {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
