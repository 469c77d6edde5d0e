package desk_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/desk"
)

func TestEscalatingTwiceIsOneEscalationWithBothReasons(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	th = h.escalate(th, desk.Reason{Text: "the restart failed"})
	if th.Status != club.ThreadEscalated {
		t.Fatalf("thread is %s", th.Status)
	}
	high := club.PriorityHigh
	th = h.escalate(th, desk.Reason{Text: "the member asks again", Priority: &high})
	th = h.escalate(th, desk.Reason{Text: "the restart failed"})
	if th.Priority != club.PriorityHigh {
		t.Errorf("priority %s", th.Priority)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations"); n != 1 {
		t.Errorf("%d escalations", n)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE reason = 'the restart failed; the member asks again' AND priority = 'high'"); n != 1 {
		t.Error("the reasons were not gathered")
	}
}
