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
		h.Propose(h.Decide("wifi", "", club.TierSuggest), club.ProposalApproved, "usr_opal")
	}
	h.Judge()
	for range 4 { // its fallback, which people do not like
		dec := h.Decide("wifi", "", club.TierSuggest)
		storetest.Exec(t, h.Tenant, "UPDATE pattern_matches SET plan = 'fallback' WHERE decision_id = $1", dec.ID.String())
		h.Propose(dec, club.ProposalRejected, "usr_opal")
		h.Override(dec, "rejected", "user:usr_opal", "")
		h.Judge()
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE plan = 'fallback' AND source <> ''"); n != 4 {
		t.Fatalf("the fallback has %d outcomes", n)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decision_patterns WHERE earned = 'suggest'"); n != 1 {
		t.Error("the pattern shows the tier of its fallback")
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'pattern.demoted'"); n != 0 {
		t.Errorf("%d demotions are noted", n)
	}
}
