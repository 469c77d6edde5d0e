package learn_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func TestADecisionTellsWhatCameOfTheLike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tell := func(dec store.Decision, sees bool) (y learn.Story, ok bool) {
		t.Helper()
		h.Read(func(tx *store.Tx) (err error) {
			y, ok, err = h.Memory.Story(t.Context(), tx, setting.Default(), dec, func(club.LocationID) bool { return sees })
			return err
		})
		return y, ok
	}
	first := h.Decide("frozen", h.Bays[0], club.TierApprove)
	if y, ok := tell(first, true); !ok || y.Outcomes != 0 || y.Last != nil || y.Next == nil || y.Next.Tier != club.TierAuto {
		t.Errorf("without a record: %+v, %v", y, ok)
	}
	h.Propose(first, club.ProposalApproved, "usr_ann")
	h.Execute(first, club.OutcomeSuccess, "[]")
	second := h.Decide("frozen", h.Bays[1], club.TierApprove)
	h.Propose(second, club.ProposalApproved, "usr_bea")
	h.Execute(second, club.OutcomeTimeout, "[]")
	h.Judge()
	third := h.Decide("frozen", h.Bays[0], club.TierApprove)
	y, ok := tell(third, true)
	if !ok || y.Outcomes != 2 || y.Good != 1 || y.Last == nil || y.Last.BayID != h.Bays[1] || y.Confidence <= 0 {
		t.Errorf("after two outcomes: %+v, %v", y, ok)
	}
	if y, _ := tell(third, false); y.Outcomes != 2 || y.Last != nil {
		t.Errorf("who may not see the place sees %+v", y.Last)
	}
	if y, _ := tell(second, true); y.Outcomes != 1 {
		t.Errorf("a decision's own outcome counts for it: %+v", y)
	}
	if _, ok := tell(store.Decision{ID: club.NewDecisionID(h.Clock.Now())}, true); ok {
		t.Error("what follows nothing known has a story")
	}
}
