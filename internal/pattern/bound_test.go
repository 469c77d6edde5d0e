package pattern

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// binomialAtMost is P(X ≤ k) for n draws at p, summed term by term.
func binomialAtMost(k, n int, p float64) float64 {
	sum := 0.0
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

func TestTheBoundIsWhereSoFewWouldBeSeenSoSeldom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		k := rapid.IntRange(0, n-1).Draw(t, "k")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		p := ClopperPearson(k, n, confidence)
		if got := binomialAtMost(k, n, p); math.Abs(got-(1-confidence)) > 1e-6 {
			t.Fatalf("P(X ≤ %d of %d) at %.6f is %.8f, want %.8f", k, n, p, got, 1-confidence)
		}
		if k > 0 && ClopperPearson(k-1, n, confidence) > p {
			t.Fatal("fewer errors gave a higher bound")
		}
	})
}

func TestTheBoundKnowsItsEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n int
		want float64
	}{{0, 0, 1}, {5, 5, 1}, {0, 20, 0.1391}, {0, 59, 0.0495}} {
		if got := ClopperPearson(c.k, c.n, 0.95); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%d of %d: %.4f, want %.4f", c.k, c.n, got, c.want)
		}
	}
	if betaRegularised(0, 2, 3) != 0 || betaRegularised(1, 2, 3) != 1 {
		t.Error("the ends of the beta function")
	}
}

// drawn makes outcomes whose score is the log odds of being right.
func drawn(rng *rand.Rand, n int) []Outcome {
	out := make([]Outcome, n)
	for i := range out {
		x := rng.NormFloat64()*2 + 2.5
		out[i] = Outcome{Score: x, Right: rng.Float64() < logistic(x)}
	}
	return out
}

func TestTheThresholdKeepsItsPromiseAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	broken, answered := 0, 0
	const runs = 300
	for range runs {
		threshold, ok := Threshold(drawn(rng, 1500), 0.05, 0.95)
		if !ok {
			continue
		}
		answered++
		errors, n := 0.0, 0.0
		for range 4000 {
			if x := rng.NormFloat64()*2 + 2.5; x >= threshold {
				n++
				errors += 1 - logistic(x)
			}
		}
		if errors/n > 0.05 {
			broken++
		}
	}
	if answered < runs*9/10 || broken > runs/20+8 {
		t.Errorf("%d of %d thresholds found, %d broken", answered, runs, broken)
	}
}

func TestThereIsNoThresholdWhereNothingIsShown(t *testing.T) {
	t.Parallel()
	wrong := make([]Outcome, 500)
	for name, o := range map[string][]Outcome{"none": nil, "few": drawn(rand.New(rand.NewPCG(1, 1)), 20), "all wrong": wrong} {
		if at, ok := Threshold(o, 0.05, 0.95); ok || !math.IsInf(at, 1) {
			t.Errorf("%s: %v", name, at)
		}
	}
}

func TestACalibratorLearnsTheShareThatIsRight(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	out := make([]Outcome, 4000)
	for i := range out {
		x := rng.NormFloat64() * 3
		out[i] = Outcome{Score: x, Right: rng.Float64() < logistic(0.5*x-1)}
	}
	c := FitCalibrator(out)
	for _, x := range []float64{-2, 0, 1, 4} {
		if got, want := c.Probability(x), logistic(0.5*x-1); math.Abs(got-want) > 0.04 {
			t.Errorf("at %v: %.3f, want %.3f", x, got, want)
		}
	}
	if (Calibrator{}).Probability(0) != 0.5 || FitCalibrator(nil).Probability(2) != logistic(2) {
		t.Error("without outcomes the odds are not taken as they are")
	}
	if p := FitCalibrator([]Outcome{{Score: math.Inf(-1)}, {Score: math.Inf(1), Right: true}}).Probability(math.Inf(1)); !(p > 0.5 && p <= 1) {
		t.Errorf("infinite odds: %v", p)
	}
}

func TestALabelWhoseMatchesAreOftenWrongIsLessProbable(t *testing.T) {
	t.Parallel()
	var out []Outcome
	for i := range 400 { // of every label nine in ten are right, of one only half
		label := []string{"a", "b", "c", "d"}[i%4]
		out = append(out, Outcome{Label: label, Score: logOdds(0.9), Right: label == "d" && i%8 == 3 || label != "d" && i%40 > 3})
	}
	c := FitLabels(out)
	if good, bad := c.ProbabilityOf("a", logOdds(0.9)), c.ProbabilityOf("d", logOdds(0.9)); bad > 0.65 || good < 0.85 || good > 0.95 {
		t.Errorf("a label that is right in nine of ten is taken for %.2f, one that is right in half for %.2f", good, bad)
	}
	if plain := c.Probability(logOdds(0.9)); c.ProbabilityOf("e", logOdds(0.9)) != plain {
		t.Error("a label without a record differs from the rest")
	}
	few := FitLabels(append(out[:300], Outcome{Label: "f", Score: logOdds(0.9)}))
	if p := few.ProbabilityOf("f", logOdds(0.9)); p < 0.7 || p >= few.Probability(logOdds(0.9)) {
		t.Errorf("one mistake makes a match of 0.9 a match of %.2f", p)
	}
	if p := (LabelCalibrator{}).ProbabilityOf("a", 1); p != logistic(1) {
		t.Errorf("without any record log odds of 1 are %.3f", p)
	}
}
