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

// A success that turns out to be a failure counts as a failure, no more and no less, and false alarms stay
// as rare as is claimed.
func TestOutcomesThatTurnOutWorseAreCountedOnce(t *testing.T) {
	t.Parallel()
	d := Detector{Claim: 0.75, Threshold: PatternThreshold}
	plain, turned := 0.0, 0.0
	for range 4 {
		plain, _ = d.Next(plain, 0)
		turned, _ = d.Next(turned, 1)
		turned, _ = d.Instead(turned, 1, 0)
	}
	if math.Abs(plain-turned) > 1e-9 {
		t.Errorf("statistic %v, want %v", turned, plain)
	}
	r := rand.New(rand.NewPCG(1, 2))
	total, runs := 0, 2000
	for range runs {
		s, alarm, pending := 0.0, false, []int{}
		for n := 1; !alarm; n++ {
			for len(pending) > 0 && pending[0] <= n && !alarm {
				s, alarm = d.Instead(s, 1, 0)
				pending = pending[1:]
			}
			if alarm {
				break
			}
			total++
			switch good := r.Float64() < d.Claim; {
			case good:
				s, alarm = d.Next(s, 1)
			case r.IntN(2) == 0: // seen at once
				s, alarm = d.Next(s, 0)
			default: // first taken for a success
				s, alarm = d.Next(s, 1)
				pending = append(pending, n+3)
			}
		}
	}
	if mean := float64(total) / float64(runs); mean < d.Threshold {
		t.Errorf("a false alarm after %.0f outcomes on average, want %g at least", mean, d.Threshold)
	}
}
