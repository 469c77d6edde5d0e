package reliability

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"clubos/internal/club"
)

var (
	noon   = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	bayTwo = Place{"loc_a", "bay_2"}
	policy = DefaultPolicy()
)

// outcomes adds n outcomes of a source, taking turns among people.
func outcomes(r Record, n int, s Source, at Place, people ...string) Record {
	for i := range n {
		person := ""
		if len(people) > 0 {
			person = people[i%len(people)]
		}
		r, _ = r.Add(Outcome{Source: s, Person: person, Place: at, At: noon})
	}
	return r
}

func tierOf(r Record, match float64, prior Prior, learned bool) club.Tier {
	return policy.Thresholds.Tier(r.Assess(bayTwo, noon, prior, policy).Confidence(match, policy, learned))
}

func TestTiersAreEarnedByOutcomes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		record  Record
		match   float64
		prior   float64
		learned bool
		want    club.Tier
	}{
		{"a published procedure is proposed before it has a record", nil, 0.99, 0.9, false, club.TierSuggest},
		{"no prior reaches the auto tier", nil, 1, 1, false, club.TierSuggest},
		{"what was learned twice is kept back", outcomes(nil, 2, SourceVerified, bayTwo), 1, 0, true, club.TierEscalate},
		{"what one person decided six times is proposed", outcomes(nil, 6, SourceDecided, bayTwo, "opal"), 1, 0, true, club.TierApprove},
		{"one person does not lift a decision to act", outcomes(nil, 500, SourceApproved, bayTwo, "opal"), 1, 0, true, club.TierApprove},
		{"twenty of twenty are not enough to act alone", outcomes(nil, 20, SourceVerified, bayTwo, "opal", "oscar"), 1, 0.9, false, club.TierSuggest},
		{"enough verified outcomes act alone", outcomes(nil, 130, SourceVerified, bayTwo), 1, 0.9, false, club.TierAuto},
		{"three people who agree often act alone", outcomes(nil, 300, SourceApproved, bayTwo, "opal", "oscar", "tess"), 1, 0, true, club.TierAuto},
		{"silence counts little", outcomes(nil, 130, SourceSilent, bayTwo), 1, 0.9, false, club.TierSuggest},
		{"an uncertain situation never acts alone", outcomes(nil, 4000, SourceVerified, bayTwo), 0.9, 0.9, false, club.TierSuggest},
		{"a record of failures refutes the prior", outcomes(nil, 12, SourceFailed, bayTwo), 1, 0.9, false, club.TierEscalate},
		{"no match claims nothing", outcomes(nil, 200, SourceVerified, bayTwo), 0, 0.9, false, club.TierEscalate},
	} {
		if got := tierOf(tc.record, tc.match, Prior{Rate: tc.prior}, tc.learned); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestAFewRejectionsLowerAProcedureStepByStep(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]club.Tier{1: club.TierSuggest, 2: club.TierSuggest, 5: club.TierApprove, 12: club.TierEscalate} {
		if got := tierOf(outcomes(nil, n, SourceRejected, Place{}, "opal"), 0.99, Prior{Rate: 0.94}, false); got != want {
			t.Errorf("after %d rejections and nothing else: %s, want %s", n, got, want)
		}
	}
}

func TestOtherBaysCountUntilThisOneSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 200, SourceVerified, Place{"loc_a", "bay_1"})
	if got := tierOf(r, 1, Prior{}, false); got != club.TierAuto {
		t.Fatalf("a record from other bays earns %s", got)
	}
	r = outcomes(r, 3, SourceFailed, bayTwo)
	if got := tierOf(r, 1, Prior{}, false); got == club.TierAuto {
		t.Errorf("after three failures of its own it still acts alone")
	}
	if got := policy.Thresholds.Tier(r.Assess(Place{"loc_a", "bay_1"}, noon, Prior{}, policy).Confidence(1, policy, false)); got == club.TierEscalate {
		t.Errorf("the failures of one bay took everything from the others")
	}
}

func TestABayMayBeBetterThanItsClub(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 60, SourceFailed, Place{"loc_b", "bay_9"})
	r = outcomes(r, 200, SourceVerified, bayTwo)
	a := r.Assess(bayTwo, noon, Prior{}, policy)
	if a.Level == LevelClub || a.Auto < 0.95 {
		t.Errorf("a bay with a clean record of 200 claims %.3f by the %s's", a.Auto, a.Level)
	}
}

func TestWhatSpokeForADecisionAndWhatSpokeAgainstItAgeAlike(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 100, SourceVerified, bayTwo)
	r = outcomes(r, 2, SourceFailed, bayTwo)
	old := r.sum(noon.Add(HalfLife), "")
	if math.Abs(old.Successes-50) > 0.01 || math.Abs(old.Failures-1) > 0.01 || math.Abs(old.Seen-51) > 0.01 || math.Abs(old.Match()-1) > 1e-9 {
		t.Errorf("after a half-life %v has become %v", r.sum(noon, ""), old)
	}
	if a, b := r.Assess(bayTwo, noon, Prior{}, policy), r.Assess(bayTwo, noon.Add(3*HalfLife), Prior{}, policy); b.Auto >= a.Auto || b.Suggest >= a.Suggest {
		t.Errorf("an old record claims %.3f, a fresh one %.3f", b.Auto, a.Auto)
	}
}

func TestTheOrderOfOutcomesDoesNotMatter(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	var list []Outcome
	sources := []Source{SourceVerified, SourceApproved, SourceEdited, SourceSilent, SourceReopened, SourceRejected}
	for i := range 200 {
		list = append(list, Outcome{Source: sources[rng.IntN(len(sources))], Person: fmt.Sprint("p", i%3), Place: bayTwo, At: noon.Add(time.Duration(rng.IntN(1000)) * time.Hour)})
	}
	bound := func() float64 {
		var r Record
		for _, o := range list {
			r, _ = r.Add(o)
		}
		return r.Assess(bayTwo, noon.Add(2000*time.Hour), Prior{}, policy).Suggest
	}
	first := bound()
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if second := bound(); first-second > 1e-9 || second-first > 1e-9 {
		t.Errorf("in another order the bound is %g instead of %g", second, first)
	}
}

// Whoever approves everything, right or wrong, must not lift a decision that is right in four of five
// cases to a tier that claims more.
func TestAHostilePersonLiftsNothingAboveItsBound(t *testing.T) {
	t.Parallel()
	const runs = 60
	rng := rand.New(rand.NewPCG(9, 9))
	above := 0
	for range runs {
		var r Record
		for range 400 {
			right := rng.Float64() < 0.8
			o := Outcome{Source: SourceApproved, Person: []string{"opal", "oscar", "hostile"}[rng.IntN(3)], Place: bayTwo, At: noon}
			if o.Person != "hostile" && !right {
				o.Source = SourceRejected
			}
			r, _ = r.Add(o)
		}
		if tierOf(r, 1, Prior{}, true) == club.TierAuto {
			above++
		}
	}
	if above > 0 {
		t.Errorf("acts alone in %d of %d runs", above, runs)
	}
}

func TestAPersonWhoErrsNowAndThenDoesNotBreakTheClaim(t *testing.T) {
	t.Parallel()
	const runs, truth = 100, 0.93
	rng := rand.New(rand.NewPCG(11, 9))
	above := 0
	for range runs {
		var r Record
		for i := range 600 {
			o := Outcome{Source: SourceApproved, Person: fmt.Sprint("p", i%4), Place: bayTwo, At: noon}
			if wrong := rng.Float64() > truth; wrong && rng.Float64() > 0.05 {
				o.Source = SourceRejected
			}
			r, _ = r.Add(o)
			if i%10 == 9 && tierOf(r, 1, Prior{}, true) == club.TierAuto {
				above++
				break
			}
		}
	}
	if float64(above) > runs*policy.Auto {
		t.Errorf("a decision that is right in %g of cases acted alone in %d of %d runs", truth, above, runs)
	}
}

func TestTheWayToTheNextTierIsWhatItSays(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 6, SourceVerified, bayTwo, "opal")
	for {
		next, more := r.Missing(bayTwo, noon, 1, Prior{}, policy, false)
		if !more {
			break
		}
		if next.Match || next.Outcomes < 1 {
			t.Fatalf("the way to %s is %+v", next.Tier, next)
		}
		if got := tierOf(r.with(bayTwo, noon, 1, next.Outcomes-1), 1, Prior{}, false); got == next.Tier {
			t.Errorf("%s is reached before %d outcomes", next.Tier, next.Outcomes)
		}
		r = r.with(bayTwo, noon, 1, next.Outcomes)
		if got := tierOf(r, 1, Prior{}, false); got != next.Tier {
			t.Errorf("after %d outcomes it is %s, want %s", next.Outcomes, got, next.Tier)
		}
	}
	if next, more := r.Missing(bayTwo, noon, 0.6, Prior{}, policy, false); !more || !next.Match {
		t.Errorf("an uncertain match is said to need %+v", next)
	}
}

func TestEverySourceHasAReasonAndAnUnknownOneCountsNothing(t *testing.T) {
	t.Parallel()
	for s, w := range Worths() {
		if w.Why == "" || w.Success < 0 || w.Success > 1 || w.Weight < 0 || w.Weight > 1 {
			t.Errorf("%s counts %+v", s, w)
		}
		if s.Good() != (w.Success > 0.5) || s.Success() != w.Success {
			t.Errorf("%s contradicts its own worth", s)
		}
	}
	if r, _ := Record(nil).Add(Outcome{Source: "rumour", At: noon}); len(r) != 0 {
		t.Errorf("a rumour counts: %v", r)
	}
}

func TestADeviceIsNobodysOpinion(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 130, SourceVerified, bayTwo, "opal")
	if got := tierOf(r, 1, Prior{}, false); got != club.TierAuto {
		t.Errorf("outcomes that a device verified are taken for opal's: %s", got)
	}
}

func TestAnOutcomeThatIsTakenBackLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 5, SourceApproved, bayTwo, "opal")
	before := r[0]
	o := Outcome{Source: SourceEdited, Person: "opal", Place: bayTwo, At: noon.Add(HalfLife)}
	r, _ = r.Add(o)
	after := r.Remove(o)
	if got, want := after.countsAt(o.At), before.countsAt(o.At); got.Successes-want.Successes > 1e-9 || want.Successes-got.Successes > 1e-9 || got.Failures > 1e-9 || after.Outcomes != before.Outcomes {
		t.Errorf("after adding and removing, %+v has become %+v", before, after)
	}
	if got := Record(nil).Remove(o); got.Successes != 0 || got.Outcomes != 0 {
		t.Errorf("removing what is not there gives %+v", got)
	}
}
