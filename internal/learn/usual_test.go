package learn_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/store/storetest"
)

func TestAPatternShowsTheTierOfWhatItUsuallyDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		h.propose(h.decide("wifi", "", club.TierSuggest), club.ProposalApproved, "usr_opal")
	}
	h.judge()
	for range 4 { // its fallback, which people do not like
		dec := h.decide("wifi", "", club.TierSuggest)
		storetest.Exec(t, h.tenant, "UPDATE pattern_matches SET plan = 'fallback' WHERE decision_id = $1", dec.ID.String())
		h.propose(dec, club.ProposalRejected, "usr_opal")
		h.override(dec, "rejected", "user:usr_opal", "")
		h.judge()
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE plan = 'fallback' AND source <> ''"); n != 4 {
		t.Fatalf("the fallback has %d outcomes", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decision_patterns WHERE earned = 'suggest'"); n != 1 {
		t.Error("the pattern shows the tier of its fallback")
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'pattern.demoted'"); n != 0 {
		t.Errorf("%d demotions are noted", n)
	}
}
