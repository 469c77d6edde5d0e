package reliability

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"clubos/internal/club"
)

// broken counts the runs in which a bound exceeds the truth at any look, and fails the test where they are more
// than the level allows, give or take three standard errors.
func broken(t *testing.T, what string, runs int, alpha float64, run func(*rand.Rand) bool) {
	t.Helper()
	rng, n := rand.New(rand.NewPCG(17, uint64(len(what)))), 0
	for range runs {
		if run(rng) {
			n++
		}
	}
	if most := float64(runs)*alpha + 3*math.Sqrt(float64(runs)*alpha*(1-alpha)); float64(n) > most {
		t.Errorf("%s: the bound exceeded the truth in %d of %d runs, at most %.0f are allowed", what, n, runs, most)
	}
}

func TestTheBoundHoldsWherePeopleCallWrongThingsRight(t *testing.T) {
	t.Parallel()
	const alpha, mistaken = 0.1, 0.05
	for _, truth := range []float64{0.5, 0.75, 0.95} {
		broken(t, fmt.Sprintf("truth %.2f, half of it judged by people", truth), 150, alpha, func(rng *rand.Rand) bool {
			var c Counts
			for range 300 {
				right, person := rng.Float64() < truth, rng.IntN(2) == 0
				switch {
				case right || person && rng.Float64() < mistaken:
					c.Successes++
					if person {
						c.Judged.Successes++
					}
				default:
					c.Failures++
					if person {
						c.Judged.Failures++
					}
				}
				if c.above(truth, mistaken) >= -math.Log(alpha) {
					return true
				}
			}
			return false
		})
	}
}

// What is claimed of a decision is its match times the bound. The bound may not take what mismatches cost for
// less than it was.
func TestTheBoundHoldsHoweverUnsureTheMatchesWere(t *testing.T) {
	t.Parallel()
	const alpha = 0.1
	for _, truth := range []float64{0.7, 0.9, 1} {
		broken(t, fmt.Sprintf("truth %.2f of uncertain situations", truth), 150, alpha, func(rng *rand.Rand) bool {
			var c Counts
			for i := range 300 {
				match := 0.5 + 0.5*rng.Float64()
				if i%40 < 20 { // a time of better matches, and one of worse
					match = 0.9 + 0.1*rng.Float64()
				}
				if rng.Float64() < match*truth {
					c.Successes++
				} else {
					c.Failures++
				}
				c.Expected += match
				if truth < 1 && c.above(truth, 0) >= -math.Log(alpha) {
					return true
				}
			}
			return truth == 1 && c.Match()*c.LowerBound(alpha) > c.Match()
		})
	}
}

func TestAnUncertainMatchIsPaidForOnce(t *testing.T) {
	t.Parallel()
	var sure, unsure Record
	for i := range 60 {
		o := Outcome{Source: SourceVerified, Place: bayTwo, At: noon, Match: 0.9}
		if i%12 == 0 {
			o.Source = SourceFailed
		}
		unsure, _ = unsure.Add(o)
		o.Match = 0
		sure, _ = sure.Add(o)
	}
	a, b := sure.Assess(bayTwo, noon, Prior{}, policy), unsure.Assess(bayTwo, noon, Prior{}, policy)
	if got, want := b.Confidence(0.9, policy, false), a.Confidence(1, policy, false); math.Abs(got-want) > 0.005 {
		t.Errorf("matches of 0.9, of which as many came true, claim %.4f; the same record without doubt %.4f", got, want)
	}
	if better, usual := b.Confidence(1, policy, false), b.Confidence(0.9, policy, false); better != usual {
		t.Errorf("a better match than the record's claims %.4f, more than the record's %.4f", better, usual)
	}
	if worse, usual := b.Confidence(0.7, policy, false), b.Confidence(0.9, policy, false); worse >= usual-0.05 {
		t.Errorf("a worse match claims %.4f, the usual one %.4f", worse, usual)
	}
}

// For three years an outcome comes every day, all count half after one, and somebody looks each time.
func TestTheBoundHoldsWhileOutcomesAge(t *testing.T) {
	t.Parallel()
	const alpha, days = 0.1, 3 * 365
	for _, truth := range []float64{0.75, 0.95} {
		broken(t, fmt.Sprintf("truth %.2f for three years", truth), 40, alpha, func(rng *rand.Rand) bool {
			tally, at := Tally{Place: bayTwo, At: noon}, noon
			for range days {
				at = at.Add(24 * time.Hour)
				o := Outcome{Source: SourceVerified, Place: bayTwo, At: at}
				if rng.Float64() >= truth {
					o.Source = SourceFailed
				}
				tally = tally.Add(o)
				if tally.countsAt(at).above(truth, 0) >= -math.Log(alpha) {
					return true
				}
			}
			return false
		})
	}
}

// A procedure that is right 99 times of 100 must not lose what it has earned merely because time goes by.
func TestWhatWorksKeepsItsTierHoweverLongItIsUsed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 3))
	var r Record
	for day := range 8 * 365 {
		o := Outcome{Source: SourceVerified, Place: bayTwo, At: noon.Add(time.Duration(day) * 24 * time.Hour)}
		if rng.Float64() > 0.99 {
			o.Source = SourceFailed
		}
		r, _ = r.Add(o)
		if day <= 2*365 || day%30 > 0 {
			continue
		}
		if a := r.Assess(bayTwo, o.At, Prior{}, policy); a.Auto < 0.95 {
			t.Fatalf("after %d days it claims %.3f", day, a.Auto)
		}
	}
}

func TestABadBeginningIsForgottenAsAGoodOneIs(t *testing.T) {
	t.Parallel()
	record := func(first, then float64) Record {
		var r Record
		rng := rand.New(rand.NewPCG(5, 8))
		for day := range 5 * 365 {
			o := Outcome{Source: SourceVerified, Place: bayTwo, At: noon.Add(time.Duration(day) * 24 * time.Hour)}
			rate := first
			if day >= 365 {
				rate = then
			}
			if rng.Float64() > rate {
				o.Source = SourceFailed
			}
			r, _ = r.Add(o)
		}
		return r
	}
	end := noon.Add(5 * 365 * 24 * time.Hour)
	if a := record(0.5, 0.97).Assess(bayTwo, end, Prior{}, policy); a.Suggest < 0.75 {
		t.Errorf("four good years after a bad one claim %.3f", a.Suggest)
	}
	if a := record(0.97, 0.6).Assess(bayTwo, end, Prior{}, policy); a.Suggest > 0.75 {
		t.Errorf("four bad years after a good one claim %.3f", a.Suggest)
	}
}

func TestSilenceRefutesNothing(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 6))
	const runs = 100
	refuted := 0
	for range runs {
		var r Record
		for range 400 {
			o := Outcome{Source: SourceSilent, Place: bayTwo, At: noon}
			if rng.Float64() > 0.95 {
				o.Source = SourceReopened
			}
			r, _ = r.Add(o)
		}
		if r.Assess(bayTwo, noon, Prior{Rate: 0.94}, policy).Contradicted {
			refuted++
		}
	}
	if refuted > runs/10 {
		t.Errorf("a procedure about which 5 of 100 members complain refutes a prior of 0.94 in %d of %d runs", refuted, runs)
	}
}

// One of four people approves everything. Whatever the tier, what is right less often than it claims may reach
// it with its level's probability only, at any look.
func TestOneHostilePersonBreaksNoClaim(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		tier  club.Tier
		truth float64
	}{{club.TierSuggest, 0.74}, {club.TierAuto, 0.94}} {
		broken(t, fmt.Sprintf("%s at %.2f", tc.tier, tc.truth), 30, policy.level(tc.tier), func(rng *rand.Rand) bool {
			var r Record
			for i := range 200 {
				o := Outcome{Source: SourceApproved, Person: fmt.Sprint("p", rng.IntN(4)), Place: bayTwo, At: noon}
				if wrong := rng.Float64() > tc.truth; wrong && o.Person != "p0" && rng.Float64() > policy.LabelError {
					o.Source = SourceRejected
				}
				if r, _ = r.Add(o); i%3 > 0 {
					continue
				}
				got := policy.Thresholds.Tier(r.Assess(bayTwo, noon, Prior{}, policy).Confidence(1, policy, true))
				if got == club.TierAuto || got == tc.tier {
					return true
				}
			}
			return false
		})
	}
}

// One of four errs in one of eight judgements. Leaving out all that one person said, not their successes alone,
// keeps the others' record whole.
func TestOnePersonsMistakesDoNotHoldBackTheOthers(t *testing.T) {
	t.Parallel()
	var r Record
	for i := range 80 {
		o := Outcome{Source: SourceApproved, Person: fmt.Sprint("p", i%4), Place: bayTwo, At: noon}
		if i%32 == 0 {
			o.Source = SourceRejected
		}
		r, _ = r.Add(o)
	}
	if got := tierOf(r, 1, Prior{}, true); got != club.TierSuggest {
		t.Errorf("77 of 80 approved by four people earn %s", got)
	}
}
