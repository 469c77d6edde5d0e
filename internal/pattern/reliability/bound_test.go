package reliability

import (
	"math"
	"math/rand/v2"
	"testing"
)

func counts(successes, failures float64) Counts {
	return Counts{Part: Part{Successes: successes, Failures: failures}}
}

func TestTwentySuccessesOfTwentyAreNotNinetyFivePerCent(t *testing.T) {
	t.Parallel()
	if got := counts(20, 0).LowerBound(0.05); got > 0.87 || got < 0.75 {
		t.Errorf("bound after 20 of 20 is %.3f; an exact interval for a fixed number allows an error of 13.9 %%", got)
	}
}

func TestTheNumberOfCleanOutcomesEachTierAsksFor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rate, alpha float64
		want        int
	}{{0.95, 0.05, 67}, {0.75, 0.10, 10}, {0.50, 0.25, 3}} {
		n := 1
		for counts(float64(n), 0).LowerBound(tc.alpha) < tc.rate {
			n++
		}
		if n != tc.want {
			t.Errorf("a rate of %.2f at level %.2f takes %d clean outcomes, want %d", tc.rate, tc.alpha, n, tc.want)
		}
	}
}

// A bound that is looked at after every outcome must exceed the truth, ever, with at most the stated
// probability.
func TestTheBoundHoldsHoweverOftenOneLooks(t *testing.T) {
	t.Parallel()
	const runs, looks, alpha = 200, 400, 0.1
	for _, truth := range []float64{0.3, 0.75, 0.95, 0.99} {
		rng := rand.New(rand.NewPCG(7, uint64(truth*1000)))
		broken := 0
		for range runs {
			var c Counts
			for range looks {
				weight := 1.0
				if rng.Float64() < truth {
					if rng.IntN(2) == 0 {
						weight = 0.3 // an old or a silent success counts for less
					}
					c.Successes += weight
				} else {
					c.Failures++
				}
				if c.Refutation(truth) >= 1/alpha {
					broken++
					break
				}
			}
		}
		// three standard errors above the level
		if limit := runs * (alpha + 3*math.Sqrt(alpha*(1-alpha)/runs)); float64(broken) > limit {
			t.Errorf("truth %.2f: the bound exceeded it in %d of %d runs, at most %.0f are allowed", truth, broken, runs, limit)
		}
	}
}

func TestFractionalOutcomesKeepTheBound(t *testing.T) {
	t.Parallel()
	const runs, looks, alpha, truth = 200, 300, 0.1, 0.8
	rng := rand.New(rand.NewPCG(3, 3))
	broken := 0
	for range runs {
		var c Counts
		for range looks {
			x := 0.6 // worth 0.6 or 1, evenly: 0.8 on average
			if rng.IntN(2) == 0 {
				x = 1
			}
			c.Successes, c.Failures = c.Successes+x, c.Failures+1-x
			if c.Refutation(truth) >= 1/alpha {
				broken++
				break
			}
		}
	}
	if broken > runs*alpha {
		t.Errorf("the bound exceeded the truth in %d of %d runs", broken, runs)
	}
}

func TestMoreSuccessNeverLowersAndMoreFailureNeverRaisesABound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		c := counts(rng.Float64()*200, rng.Float64()*20)
		at := c.LowerBound(0.05)
		if up := counts(c.Successes+1, c.Failures).LowerBound(0.05); up < at-1e-9 {
			t.Errorf("%v: one success more lowered the bound from %g to %g", c, at, up)
		}
		if down := counts(c.Successes, c.Failures+1).LowerBound(0.05); down > at+1e-9 {
			t.Errorf("%v: one failure more raised the bound from %g to %g", c, at, down)
		}
	}
}

// The bound is found by bisection, which is right only if a rate above a refuted one is harder to
// refute.
func TestRefutationFallsAsTheRateRises(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		c := counts(rng.Float64()*300, rng.Float64()*30)
		last := math.Inf(1)
		for theta := 0.01; theta < c.Successes/c.Total(); theta += 0.01 {
			m := c.above(theta, 0)
			if m > last+1e-9 && m > 0 {
				t.Fatalf("%v: refutation rises from %g to %g at %g", c, last, m, theta)
			}
			last = m
		}
	}
}

func TestNothingIsClaimedWithoutEvidence(t *testing.T) {
	t.Parallel()
	for _, c := range []Counts{{}, counts(0, 5), counts(-1, 0), counts(math.NaN(), 0), counts(math.Inf(1), 0)} {
		if got := c.LowerBound(0.05); got != 0 {
			t.Errorf("%v claims %g", c, got)
		}
	}
	for _, alpha := range []float64{0, 1, -1, 2, math.NaN()} {
		if got := counts(10, 0).LowerBound(alpha); got != 0 {
			t.Errorf("level %g claims %g", alpha, got)
		}
	}
}

func TestFailuresRefuteAHighRate(t *testing.T) {
	t.Parallel()
	if got := counts(0, 5).UpperBound(0.05); got > 0.6 {
		t.Errorf("after five failures and no success a rate of %g is still allowed", got)
	}
	if !counts(60, 20).refutes(0.9, 0.05, 0) || counts(75, 5).refutes(0.9, 0.05, 0) {
		t.Error("a rate of 0.9 must be refuted by 20 failures of 80 and not by 5")
	}
	if got := counts(5, 0).UpperBound(0.05); got != 1 {
		t.Errorf("without failure the rate is bounded by %g", got)
	}
}
