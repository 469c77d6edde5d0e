package learn_test

import (
	"slices"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// fail makes n decisions that claimed a tier and did not help.
func (h *house) outcomes(n int, earned club.Tier, outcome club.Outcome) {
	h.T.Helper()
	for range n {
		d := h.Decide("frozen", h.Bays[0], earned)
		h.Execute(d, outcome, "[]")
		h.Judge()
		h.Clock.Advance(25 * time.Hour)
	}
}

func (h *house) tripped() (kinds []string) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		list, err := tx.FindTrippedBreakers(h.T.Context())
		for _, b := range list {
			kinds = append(kinds, b.Kind)
		}
		return err
	})
	slices.Sort(kinds)
	return kinds
}

func TestABrokenPatternLosesItsAutonomyAndEarnsItBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.outcomes(1, club.TierAuto, club.OutcomeSuccess)
	h.outcomes(2, club.TierAuto, club.OutcomeTimeout)
	if got := h.tripped(); len(got) != 0 {
		t.Fatalf("two failures trip %v", got)
	}
	h.outcomes(1, club.TierAuto, club.OutcomeTimeout)
	if got := h.tripped(); !slices.Equal(got, []string{"pattern"}) {
		t.Fatalf("three failures in a row trip %v", got)
	}
	s := h.Standing("frozen", h.Bays[0])
	if s.Ceiling != club.TierApprove || len(s.Limits) != 1 || s.Assessment.Outcomes != 0 {
		t.Errorf("behind a tripped breaker it may do %s (%v) by a record of %d", s.Ceiling, s.Limits, s.Assessment.Outcomes)
	}
	h.outcomes(8, club.TierApprove, club.OutcomeSuccess)
	if got := h.tripped(); !slices.Equal(got, []string{"pattern"}) {
		t.Errorf("eight good outcomes close it already: %v", got)
	}
	h.outcomes(1, club.TierApprove, club.OutcomeSuccess)
	if s := h.Standing("frozen", h.Bays[0]); s.Ceiling != club.TierAuto || len(h.tripped()) != 0 {
		t.Errorf("after nine good outcomes in a row it may do %s, tripped are %v", s.Ceiling, h.tripped())
	}
}

func TestAFallIsNoticedSoonerTheMoreWasProved(t *testing.T) {
	t.Parallel()
	for proved, want := range map[float64]int{0: 5, 0.7: 5, 0.93: 4, 0.98: 3} {
		h := newHouse(t)
		h.Proved = proved
		n := 0
		for len(h.tripped()) == 0 && n < 10 {
			h.outcomes(1, club.TierSuggest, club.OutcomeTimeout)
			n++
		}
		if n != want {
			t.Errorf("what announces and has proved %.2f trips after %d failures in a row, want %d", proved, n, want)
		}
	}
}

func TestWhatWasOnlyAskedTripsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.outcomes(8, club.TierApprove, club.OutcomeTimeout)
	if got := h.tripped(); len(got) != 0 {
		t.Errorf("decisions that promised nothing trip %v", got)
	}
	if s := h.Standing("frozen", h.Bays[0]); !s.Assessment.Contradicted || s.Confidence >= 0.75 {
		t.Errorf("after eight failures a published procedure claims %.2f", s.Confidence)
	}
}

func TestAWholeClubThatGoesWrongAsks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 12 {
		h.outcomes(1, club.TierAuto, club.OutcomeTimeout)
		if slices.Contains(h.tripped(), "club") {
			break
		}
	}
	if got := h.tripped(); !slices.Contains(got, "club") || !slices.Contains(got, "action") {
		t.Fatalf("twelve failures trip %v", got)
	}
	if s := h.Standing("wifi", h.Bays[0]); s.Ceiling != club.TierApprove {
		t.Errorf("another pattern of the club may still do %s", s.Ceiling)
	}
}

func TestSuccessesThatTurnOutWrongTripABreakerToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := 1; ; n++ {
		d := h.Decide("frozen", h.Bays[0], club.TierAuto)
		h.Execute(d, club.OutcomeSuccess, "[]")
		h.Judge()
		if got := h.Outcome(d); got != "verified" || len(h.tripped()) != 0 {
			t.Fatalf("after %d it is %q, tripped are %v", n, got, h.tripped())
		}
		h.Override(d, "replied", "usr_opal", "Please move over to bay four.")
		h.Judge()
		if got := h.Outcome(d); got != "corrected" {
			t.Fatalf("what a person corrected is %q", got)
		}
		if slices.Equal(h.tripped(), []string{"pattern"}) {
			if n < 3 {
				t.Errorf("%d corrections trip it", n)
			}
			return
		}
		if n == 5 {
			t.Fatal("five successes that turned out wrong trip nothing")
		}
		h.Clock.Advance(25 * time.Hour)
	}
}

func TestWhatBecomesKnownOfAFormerRecordMovesNoBreakerOfThePattern(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	statistic := func(kind, scope string) (x float64) {
		h.Read(func(tx *store.Tx) error {
			b, err := tx.FindBreaker(t.Context(), store.FindBreakerParams{Kind: kind, Scope: scope})
			x = b.Statistic
			return err
		})
		return x
	}
	d := h.Decide("frozen", h.Bays[0], club.TierAuto)
	h.Execute(d, club.OutcomeSuccess, "[]")
	h.Judge()
	id := h.PatternOf("frozen").ID.String()
	pattern, action, whole := statistic("pattern", id), statistic("action", "reboot_pc"), statistic("club", "")
	storetest.Exec(t, h.Tenant, "UPDATE decision_patterns SET epoch = epoch + 1")
	h.Override(d, "replied", "usr_opal", "Please move over to bay four.")
	h.Judge()
	if got := statistic("pattern", id); got != pattern {
		t.Errorf("an outcome of a record that counts no more moves the pattern's breaker from %g to %g", pattern, got)
	}
	if a, c := statistic("action", "reboot_pc"), statistic("club", ""); a <= action || c <= whole {
		t.Errorf("the breakers of the action and the club move from %g and %g to %g and %g", action, whole, a, c)
	}
}
