package reliability

import (
	"math"
	"math/rand/v2"
	"testing"
)

// outcomesToAlarm is the mean number of outcomes until a detector rings, at most limit each.
func outcomesToAlarm(d Detector, rate float64, runs, limit int, seed uint64) float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	total := 0
	for range runs {
		statistic, alarm := 0.0, false
		n := 0
		for ; n < limit && !alarm; n++ {
			success := 0.0
			if rng.Float64() < rate {
				success = 1
			}
			statistic, alarm = d.Next(statistic, success)
		}
		total += n
	}
	return float64(total) / float64(runs)
}

func TestFalseAlarmsAreAsRareAsTheThresholdSays(t *testing.T) {
	t.Parallel()
	for _, d := range []Detector{{0.95, PatternThreshold}, {0.75, PatternThreshold}, {0.95, ActionThreshold}, {0.95, ClubThreshold}} {
		if got := outcomesToAlarm(d, d.Claim, 200, 20*int(d.Threshold), 5); got < d.Threshold {
			t.Errorf("%+v: a false alarm comes after %.0f outcomes on average", d, got)
		}
	}
}

func TestABrokenDecisionIsNoticedWithinAFewOutcomes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		d    Detector
		rate float64
		want float64
	}{
		{Detector{0.95, PatternThreshold}, 0, 3},
		{Detector{0.95, PatternThreshold}, 0.5, 8},
		{Detector{0.95, ActionThreshold}, 0, 4},
		{Detector{0.95, ClubThreshold}, 0.5, 12},
		{Detector{0.75, PatternThreshold}, 0, 5},
	} {
		if got := outcomesToAlarm(tc.d, tc.rate, 400, 10000, 6); got > tc.want {
			t.Errorf("%+v at a rate of %g: noticed after %.1f outcomes, want at most %g", tc.d, tc.rate, got, tc.want)
		}
	}
}

func TestAnOutcomeThatIsNoNumberIsAFailure(t *testing.T) {
	t.Parallel()
	d := Detector{0.95, PatternThreshold}
	failed, _ := d.Next(0, 0)
	for _, x := range []float64{math.NaN(), -1, 2, math.Inf(1)} {
		if got, _ := d.Next(0, x); got != failed {
			t.Errorf("outcome %g moves the statistic to %g", x, got)
		}
	}
}
