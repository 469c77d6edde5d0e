package decide_test

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store/storetest"
)

func TestAMemberWhoMeantSomethingElseIsNotToldTheSameAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(ada, "what's the wifi password")
	first, _ := h.decision(th.ID)
	if first.Title != "Wifi" || first.Tier != club.TierAuto {
		t.Fatalf("%s, tier %s", first.Title, first.Tier)
	}
	h.settle()
	h.clock.Advance(2 * time.Minute)
	h.hear(ada, "that's not what i asked, what's the wifi password of the guest network")
	second, e := h.decision(th.ID)
	if second.ID == first.ID || e.Refutes != first.ID {
		t.Fatalf("decision %s refutes %q, want %s", second.ID, e.Refutes, first.ID)
	}
	if second.SOPID == first.SOPID || second.Tier != club.TierEscalate {
		t.Errorf("what was refuted is said again: %s, tier %s", second.Title, second.Tier)
	}
	said := false
	for _, c := range e.Candidates {
		said = said || c.SOP == first.SOPID && c.Note != ""
	}
	if !said {
		t.Errorf("nobody is told why it was not taken: %+v", e.Candidates)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE decision_id = '"+first.ID.String()+"' AND source = 'reopened'"); n != 1 {
		t.Errorf("the wrong answer counts %d times as a failure", n)
	}
}

func TestANewQuestionAfterAnAnswerRefutesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(ada, "what's the wifi password")
	first, _ := h.decision(th.ID)
	h.settle()
	for _, x := range []struct {
		words string
		after time.Duration
	}{{"and how do i connect my phone to the wifi?", time.Minute}, {"i meant the wifi password", 3 * time.Hour}} {
		h.clock.Advance(x.after)
		h.hear(ada, x.words)
		if d, e := h.decision(th.ID); d.ID == first.ID || !e.Refutes.IsZero() {
			t.Errorf("%q: decision %s refutes %q", x.words, d.ID, e.Refutes)
		}
	}
}

func TestPlainInformationThatWasWrongTooOftenGoesOutUnaskedNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	d, _ := h.decision(h.hear(ada, "what's the wifi password").ID)
	for i, x := range []struct {
		good, bad float64
		unasked   bool
	}{{8, 1, true}, {1, 1, false}, {90, 16, false}, {200, 4, true}} {
		h.recorded(d, x.good, x.bad)
		got, e := h.decision(h.hear(fmt.Sprintf("+1415555017%d", i), "what's the wifi password").ID)
		if (got.Tier == club.TierAuto) != x.unasked {
			t.Errorf("%v right and %v wrong: tier %s, %v", x.good, x.bad, got.Tier, e.Limits)
		}
	}
}
