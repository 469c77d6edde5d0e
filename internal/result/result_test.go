package result

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

func TestAnIntervalIsClopperPearsons(t *testing.T) {
	t.Parallel()
	var s sample
	for i := range 20 {
		s.add(i > 0, 20) // each stands for twenty: the interval is that of twenty outcomes all the same
	}
	e := s.estimate()
	// Clopper and Pearson's table: 19 of 20 at 95 %.
	if math.Abs(e.Value-0.95) > 1e-9 || math.Abs(e.Low-0.7513) > 1e-3 || math.Abs(e.High-0.9987) > 1e-3 || e.N != 20 {
		t.Errorf("19 of 20 are %+v", e)
	}
	if n := e.not(); math.Abs(n.Value-0.05) > 1e-9 || math.Abs(n.Low-(1-e.High)) > 1e-9 || n.N != 20 {
		t.Errorf("and the contrary is %+v", n)
	}
	var all sample
	for range 30 {
		all.add(true, 1)
	}
	if e := all.estimate(); e.High != 1 || math.Abs(e.Low-math.Pow(0.025, 1.0/30)) > 1e-6 {
		t.Errorf("30 of 30 are %+v", e)
	}
	var none sample
	if e := none.estimate(); e.N != 0 || e.Low != 0 || e.High != 1 {
		t.Errorf("nothing known is %+v", e)
	}
}

// Reviews are a twentieth of what is done alone; what people were asked about is known in full. Without the
// weights the rate would be that of what is known, not that of what happened.
func TestReviewsStandForWhatWasNotDrawn(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []store.DecisionTruth
	right, all := 0, 0
	for range 20000 {
		alone := rng.Float64() < 0.8
		fits := rng.Float64() < 0.75
		if alone {
			fits = rng.Float64() < 0.97
		}
		all++
		row := store.DecisionTruth{Tier: club.TierApprove, Alone: alone, Share: 1, Probability: 0.7, Fits: "no", Good: "no"}
		if fits {
			right++
			row.Fits, row.Good = "yes", "yes"
		}
		if alone {
			row.Tier, row.Share, row.Probability = club.TierAuto, 0.05, 0.97
			if rng.Float64() >= row.Share {
				continue // not drawn
			}
		}
		rows = append(rows, row)
	}
	got, truth := truthOf(rows, club.DefaultThresholds()), float64(right)/float64(all)
	if math.Abs(got.Match.Value-truth) > 0.015 || truth < got.Match.Low || truth > got.Match.High {
		t.Errorf("of %d known the match is right in %+v, truly %.4f", len(rows), got.Match, truth)
	}
	if got.Alone.Low > 0.97 || got.Alone.High < 0.97 || math.Abs(got.FalsePositive.Value-(1-got.Alone.Value)) > 1e-9 {
		t.Errorf("alone: %+v, wrong %+v", got.Alone, got.FalsePositive)
	}
	if len(got.Bins) != 2 || got.Bins[0].From != 0.7 || got.Bins[1].From != 0.95 || math.Abs(got.Bins[1].Claimed-0.97) > 1e-9 {
		t.Errorf("bins %+v", got.Bins)
	}
	if got.Tiers[0].Good.N == 0 || got.Tiers[1].Good.N != 0 || got.Tiers[2].Good.Value > 0.8 {
		t.Errorf("tiers %+v", got.Tiers)
	}
}

func TestWhatWasRightlyTakenForUnknownWasReadRightly(t *testing.T) {
	t.Parallel()
	rows := []store.DecisionTruth{
		{Tier: club.TierApprove, Share: 1, Probability: 0.9, Fits: "yes", Good: "yes"},
		{Tier: club.TierEscalate, Share: 1, Probability: 0.2, Fits: "no"},  // something new, which a person taught
		{Tier: club.TierEscalate, Share: 1, Probability: 0.4, Fits: "yes"}, // it was the likeliest candidate after all
		{Tier: club.TierApprove, Share: 1, Probability: 0.8, Fits: "no", Good: "no"},
	}
	got := truthOf(rows, club.DefaultThresholds())
	if got.Match.Value != 0.5 || got.Match.N != 4 {
		t.Errorf("two of four were read rightly: %+v", got.Match)
	}
	if got.Bins[0].Realised.Value != 0.5 || got.Bins[0].Realised.N != 2 {
		t.Errorf("of two candidates under one half, one was it: %+v", got.Bins)
	}
}

func TestAMedianIsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		list []time.Duration
		want time.Duration
	}{{nil, 0}, {[]time.Duration{3}, 3}, {[]time.Duration{9, 1}, 5}, {[]time.Duration{9, 1, 2}, 2}} {
		if got := median(tc.list); got != tc.want {
			t.Errorf("median of %v is %v", tc.list, got)
		}
	}
}
