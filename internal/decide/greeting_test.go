package decide_test

import (
	"testing"

	"clubos/internal/club"
)

func TestGreetingLeavesTheMachineAbleToAnswerWhatFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	h.hear(ada, "hey")
	th := h.hear(ada, "what's the wifi password")
	if d, _ := h.decision(th.ID); d.Title != "Wifi" || d.Tier != club.TierAuto {
		t.Errorf("after a greeting: %s, tier %s", d.Title, d.Tier)
	}
}

func TestHelloWhileSomethingIsUnderWayDisturbsNothing(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	before := len(h.queued(th.ID))
	th = h.hear(ada, "hello?")
	if got := h.proposal(th.ID); got.ID != p.ID || got.Status != club.ProposalOpen || len(h.queued(th.ID)) != before {
		t.Errorf("proposal %s, told %q", got.Status, h.queued(th.ID))
	}
}
