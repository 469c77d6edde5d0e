package decide_test

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store/storetest"
)

func TestRepliesInTheVendorsAppTeachAndAreOnePersonsOpinion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const asked = "do you sell gift vouchers"
	for i := range 6 {
		th := h.hear(ada, asked)
		if th.Status == club.ThreadPending {
			t.Fatalf("time %d: nothing was decided", i)
		}
		report := club.DeliveryReport{Provider: "twilio", ProviderMessageID: fmt.Sprintf("APP%d", i), Status: club.MessageDelivered, Text: "Yes, at the counter in the lobby.", To: ada, At: h.clock.Now()}
		if _, err := h.inbox.Deliver(t.Context(), h.tenant, club.Delivery{ID: report.ProviderMessageID, Report: &report}, "twilio"); err != nil {
			t.Fatal(err)
		}
		if th = h.thread(th.ID); th.Status != club.ThreadManualOverride {
			t.Errorf("time %d: the machine is not silent: %s", i, th.Status)
		}
		jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
		h.clock.Advance(24 * time.Hour)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM precedents WHERE actor = 'user:vendor_app'"); n < 3 {
		t.Errorf("%d situations were learned", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decision_patterns WHERE sop_id IS NULL"); n != 1 {
		t.Errorf("%d patterns", n)
	}
	d, e := h.decision(h.hear(ada, asked).ID)
	if d.EarnedTier != club.TierApprove {
		t.Errorf("the seventh time it is %s (earned %s): %+v", d.Tier, d.EarnedTier, e.Candidates)
	}
}
