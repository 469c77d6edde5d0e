package learn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// truths are n decisions whose matches claim a score and are right at a rate.
func truths(rng *rand.Rand, n int, score, rate float64, alone bool) []store.DecisionTruth {
	out := make([]store.DecisionTruth, n)
	for i := range out {
		is := "no"
		if rng.Float64() < rate {
			is = "yes"
		}
		out[i] = store.DecisionTruth{DecisionID: club.DecisionID(fmt.Sprint("dec_", i)), Tier: club.TierAuto, Alone: alone, Share: 0.05, Score: score + 0.002*rng.Float64(), Fits: is, Good: is}
	}
	return out
}

func TestMatchesAreAsProbableAsTheRecordSays(t *testing.T) {
	t.Parallel()
	rng, policy := rand.New(rand.NewPCG(3, 4)), reliability.DefaultPolicy()
	if c := learn.Calibrate(nil, policy); c.Probability(0.87) != 0.87 || c.Auto != 0 {
		t.Errorf("without a record a match is %v", c.Probability(0.87))
	}
	if c := learn.Calibrate(truths(rng, 29, 0.9, 0, false), policy); c.Probability(0.9) != 0.9 {
		t.Error("a handful of truths moves every match")
	}
	record := append(truths(rng, 400, 0.96, 0.80, false), truths(rng, 400, 0.70, 0.40, false)...)
	c := learn.Calibrate(record, policy)
	for score, rate := range map[float64]float64{0.96: 0.80, 0.70: 0.40} {
		if got := c.Probability(score); math.Abs(got-rate) > 0.08 {
			t.Errorf("matches of %v that are right in %v are taken for %.3f", score, rate, got)
		}
	}
	if c.Probability(0.98) <= c.Probability(0.97) || c.Probability(1) > 0.99 {
		t.Error("calibration changes which match is the likelier, or is too sure")
	}
}

func TestTheThresholdRisesAtOnceWhereReviewsRefuteTheClaim(t *testing.T) {
	t.Parallel()
	rng, policy := rand.New(rand.NewPCG(5, 6)), reliability.DefaultPolicy()
	good := truths(rng, 200, 0.985, 0.99, true)
	if c := learn.Calibrate(good, policy); c.Auto != 0 {
		t.Errorf("a good record raises the threshold to %v", c.Auto)
	}
	if c := learn.Calibrate(append(truths(rng, 1, 0.97, 0, true), good[:19]...), policy); c.Auto != 0 {
		t.Error("one error of twenty is no proof of more than one in twenty")
	}
	bad := truths(rng, 8, 0.96, 0.25, true)
	c := learn.Calibrate(append(bad, good...), policy)
	if c.Auto != 0 {
		t.Errorf("few errors among many right ones raise it to %v", c.Auto)
	}
	worse := truths(rng, 60, 0.96, 0.5, true)
	c = learn.Calibrate(append(worse, good...), policy)
	if c.Auto <= 0.9605 || c.Auto > 0.988 { // above it, at most one in twenty is wrong, all taken together
		t.Errorf("matches of 0.96 are right half of the time, those of 0.985 nearly always: acting begins at %v", c.Auto)
	}
	if tier, why := c.Lower(club.TierAuto, 0.96); tier != club.TierSuggest || why == "" {
		t.Errorf("a match below it is %s", tier)
	}
	if tier, why := c.Lower(club.TierAuto, 0.988); tier != club.TierAuto || why != "" {
		t.Errorf("a match above it is %s: %s", tier, why)
	}
	c = learn.Calibrate(truths(rng, 12, 0.97, 0.2, true), policy)
	if tier, _ := c.Lower(club.TierAuto, 0.989); tier == club.TierAuto {
		t.Error("where all that is known is wrong, nothing entitles to act alone")
	}
	if tier, _ := c.Lower(club.TierApprove, 0.1); tier != club.TierApprove {
		t.Error("a person who looks anyway needs no threshold")
	}
}

// The bound holds for the process: reviews of a true error rate of three per cent, looked at after each,
// hardly ever raise the threshold of a claim of five.
func TestChanceHardlyEverRaisesTheThreshold(t *testing.T) {
	t.Parallel()
	rng, policy := rand.New(rand.NewPCG(7, 8)), reliability.DefaultPolicy()
	raised := 0
	for range 200 {
		var n reliability.Counts
		for range 300 {
			if rng.Float64() < 0.97 {
				n.Successes++
			} else {
				n.Failures++
			}
			if n.Failures > 0 && n.UpperBound(policy.Auto) < policy.Thresholds.High {
				raised++
				break
			}
		}
	}
	if raised > 10 { // five per cent
		t.Errorf("it rose in %d of 200 clubs by chance", raised)
	}
}

func TestAReviewCountsForTheNextDecisionAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	held := func() (why string) {
		h.Read(func(tx *store.Tx) error {
			s, err := setting.Load(t.Context(), tx)
			if err != nil {
				return err
			}
			c, err := h.Memory.Calibration(t.Context(), tx, s, "")
			_, why = c.Lower(club.TierAuto, 0.95)
			return err
		})
		return why
	}
	if why := held(); why != "" {
		t.Fatalf("before any review: %s", why)
	}
	n := 0
	for ; held() == "" && n < 10; n++ {
		dec := h.reviewed("wifi")
		h.Write(func(tx *store.Tx) error {
			_, err := h.Memory.Answer(t.Context(), tx, h.Keys, learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter})
			return err
		})
	}
	if n < 2 || n == 10 {
		t.Errorf("it took %d wrong reviews in a row", n)
	}
}

func TestMatchesThatWereWeighedWithAViewAreCalibratedByTheirOwnRecord(t *testing.T) {
	t.Parallel()
	policy, rng := reliability.DefaultPolicy(), rand.New(rand.NewPCG(3, 4))
	in := func(space string, list []store.DecisionTruth) []store.DecisionTruth {
		for i := range list {
			list[i].Space = space
		}
		return list
	}
	// Alone, of matches at 0.8 half are right; in the space, nearly all.
	record := append(truths(rng, 100, 0.8, 0.5, false), in("m/8", truths(rng, 100, 0.8, 0.96, false))...)
	alone, viewed, other := learn.CalibrateIn("", record, policy), learn.CalibrateIn("m/8", record, policy), learn.CalibrateIn("n/8", record, policy)
	if p := alone.Probability(0.8); p > 0.65 {
		t.Errorf("alone %.2f", p)
	}
	if p := viewed.Probability(0.8); p < 0.85 {
		t.Errorf("with the view %.2f", p)
	}
	if p, q := other.Probability(0.8), learn.Calibrate(record, policy).Probability(0.8); p != q {
		t.Errorf("in a space without a record %.2f, of the whole record %.2f", p, q)
	}
	bad := append(truths(rng, 60, 0.97, 0.3, true), in("m/8", truths(rng, 60, 0.97, 1, true))...)
	if c := learn.CalibrateIn("m/8", bad, policy); c.Auto < learn.Calibrate(bad, policy).Auto {
		t.Error("a threshold of the whole record does not stand in a space")
	}
}
