package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// asksForWifi has the nth member ask, a day after the one before, and returns what is decided, with what is known
// of the procedure's record.
func (h *house) asksForWifi(n int) (store.Decision, store.Proposal, string) {
	h.t.Helper()
	h.clock.Advance(25 * time.Hour)
	th := h.hear(fmt.Sprintf("+1415555%04d", 2000+n), "what's the wifi password")
	d, e := h.decision(th.ID)
	return d, h.proposal(th.ID), e.Candidates[0].Record
}

func TestAProcedureThatWasOftenTheWrongMatterIsLoweredAndComesBackByEvidence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	n := 0
	answers := func(want club.Tier, do func(store.Proposal) error) {
		t.Helper()
		for range 8 {
			n++
			d, p, record := h.asksForWifi(n)
			if d.Tier == want {
				return
			}
			if err := do(p); err != nil {
				t.Fatalf("%s at %.2f (%s): %v", d.Tier, d.Confidence, record, err)
			}
			jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
		}
		t.Fatalf("it is not at %s after %d cases", want, n)
	}
	if d, _, record := h.asksForWifi(n); d.Tier != club.TierSuggest || record != "" {
		t.Fatalf("it begins at %s: %s", d.Tier, record)
	}
	answers(club.TierApprove, func(p store.Proposal) error {
		return h.decider.Reject(t.Context(), h.tenant, operator("usr_opal"), p.ID, decide.Why{Reason: learn.Misread})
	})
	if misread := n - 1; h.count("audit_entries WHERE action = 'pattern.demoted'") == 0 || h.count("decision_truths WHERE fits = 'no'") != misread {
		t.Errorf("of %d that were another matter %d are kept as that", misread, h.count("decision_truths WHERE fits = 'no'"))
	}
	n++
	if _, _, record := h.asksForWifi(n); !strings.Contains(record, "0 % good") {
		t.Errorf("an operator reads %q", record)
	}
	answers(club.TierSuggest, func(p store.Proposal) error {
		return h.decider.Approve(t.Context(), h.tenant, operator([]string{"usr_opal", "usr_oscar"}[n%2]), p.ID, nil, decide.Why{})
	})
	if h.count("audit_entries WHERE action = 'pattern.promoted'") == 0 {
		t.Error("nobody can read that it came back")
	}
}
