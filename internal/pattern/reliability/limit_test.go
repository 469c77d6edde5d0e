package reliability

import (
	"math"
	"testing"

	"clubos/internal/club"
)

func TestATierClaimsItsOwnBoundAndCallingAPersonClaimsNothing(t *testing.T) {
	t.Parallel()
	r := outcomes(nil, 60, SourceVerified, bayTwo)
	a := r.Assess(bayTwo, noon, Prior{Rate: 0.9}, policy)
	for _, tc := range []struct {
		tier club.Tier
		want float64
	}{
		{club.TierAuto, a.Auto}, {club.TierSuggest, max(a.Suggest, 0.9)}, {club.TierApprove, max(a.Approve, 0.9)}, {club.TierEscalate, 0}, {"boss", 0},
	} {
		if got := a.Bound(tc.tier); got != tc.want {
			t.Errorf("%s claims %g, want %g", tc.tier, got, tc.want)
		}
	}
	if fresh := Record(nil).Assess(bayTwo, noon, Prior{Rate: 0.9}, policy); fresh.Bound(club.TierAuto) != 0 || fresh.Bound(club.TierSuggest) != 0.9 {
		t.Error("what was written down beforehand claims to act alone")
	}
}

func TestTheWayOutOfQuarantineLeadsToBeingProposed(t *testing.T) {
	t.Parallel()
	next, more := Record(nil).Missing(bayTwo, noon, 1, Prior{}, policy, true)
	if !more || next.Tier != club.TierApprove || next.Match || next.Outcomes < policy.ProposeOutcomes {
		t.Errorf("the next step of what was only learned is %+v", next)
	}
	if next, more := outcomes(nil, 300, SourceVerified, bayTwo).Missing(bayTwo, noon, 1, Prior{}, policy, false); more {
		t.Errorf("above acting alone there is %+v", next)
	}
}

func TestATierThatIsNoneClaimsNothingAndAPlaceThatIsNoneSeesNothing(t *testing.T) {
	t.Parallel()
	if policy.level(club.TierEscalate) != 0 || policy.threshold(club.TierEscalate) != 0 {
		t.Error("calling a person claims something")
	}
	r := outcomes(nil, 5, SourceVerified, bayTwo)
	for level, want := range map[Level]int{LevelClub: 1, LevelLocation: 1, LevelBay: 1, LevelPrior: 0} {
		if got := len(r.at(level, bayTwo)); got != want {
			t.Errorf("the %s sees %d tallies, want %d", level, got, want)
		}
	}
	if got := len(r.at(LevelBay, Place{Location: "loc_a"})); got != 0 {
		t.Errorf("an unknown bay sees %d tallies", got)
	}
}

func TestNothingRefutesCertaintyAndAnythingRefutesImpossibility(t *testing.T) {
	t.Parallel()
	c := Counts{Part: Part{Successes: 9, Failures: 1, Expected: 10, Seen: 10}}
	for _, theta := range []float64{0, -1} {
		if got := c.Refutation(theta); !math.IsInf(got, 1) {
			t.Errorf("a rate of %g is refuted by %g only", theta, got)
		}
	}
	for _, theta := range []float64{1, 2} {
		if got := c.Refutation(theta); got != 1 {
			t.Errorf("a rate of at most %g is refuted by %g", theta, got)
		}
	}
	if got := (Counts{}).Refutation(0.5); got != 1 {
		t.Errorf("nothing refutes by %g", got)
	}
	last := math.Inf(1)
	for theta := 0.05; theta < 1; theta += 0.05 { // the higher the rate, the harder to refute
		got := c.Refutation(theta)
		if got > last*(1+1e-9) {
			t.Errorf("at %g it refutes by %g, at less by %g", theta, got, last)
		}
		last = got
	}
}

func TestACountThatIsNoNumberRestsOnNothing(t *testing.T) {
	t.Parallel()
	for _, bad := range []float64{math.NaN(), math.Inf(1), -1} {
		c := Counts{Part: Part{Successes: bad, Failures: bad, Expected: 1, Seen: 1}}
		if low, high := c.LowerBound(0.05), c.UpperBound(0.05); low != 0 || high != 1 {
			t.Errorf("%g outcomes prove a rate between %g and %g", bad, low, high)
		}
	}
}
