package decide_test

import (
	"testing"
	"time"

	"clubos/internal/inbox"
	"clubos/internal/jobs"
)

func TestWhileOthersCannotBeTakenInDecisionsWaitButForDangerAndNotForEver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.behind.Store(true)
	asked := h.say(ada, "what is the wifi password")
	h.clock.Advance(3 * time.Second)
	advance := func(r inbox.Result) error {
		return h.decider.Advance(t.Context(), h.tenant, inbox.AdvanceJob{Meta: jobs.Meta{Tenant: h.tenant.Slug}, Thread: r.Thread})
	}
	if err := advance(asked); err == nil || h.count("decisions") != 0 {
		t.Errorf("while there is no room: %v, %d decisions", err, h.count("decisions"))
	}
	if err := advance(h.say("+14155550177", "there is a fire, smoke everywhere")); err != nil || h.count("decisions") != 1 {
		t.Errorf("danger: %v, %d decisions", err, h.count("decisions"))
	}
	h.clock.Advance(time.Minute)
	if err := advance(asked); err != nil || h.count("decisions") != 2 {
		t.Errorf("a minute later: %v, %d decisions", err, h.count("decisions"))
	}
}
