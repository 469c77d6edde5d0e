package decide_test

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestWhatWouldHaveActedAloneIsWrittenDownAndCompared(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("3")
	frozen := h.hear(ada, "the screen is frozen")
	wifi := h.hear(bob, "what's the wifi password")
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE NOT allowed AND tier = 'suggest' AND verdict = ''"); n != 2 {
		t.Fatalf("%d decisions would have acted alone, want 2", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE action = 'restart_trackman' AND action_class = 'device' AND share = 0.05"); n != 1 {
		t.Error("what would have been done is not written down")
	}
	opal := operator("usr_opal")
	if err := h.decider.Approve(t.Context(), h.tenant, opal, h.proposal(wifi.ID).ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if err := h.decider.Reject(t.Context(), h.tenant, opal, h.proposal(frozen.ID).ID, decide.Why{Reason: "the wrong action"}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	for verdict, want := range map[string]int{"agreed": 1, "disagreed": 1} {
		if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = $1", verdict); n != want {
			t.Errorf("%d %s, want %d", n, verdict, want)
		}
	}
}

func TestAnAnnouncedActionIsReviewedOnceItHasRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	h.set("reviews.share", 1)
	reviews := func() int { return storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM reviews WHERE share = 1") }
	th := h.hear(bob, "what's the wifi password")
	if h.proposal(th.ID).Tier != club.TierSuggest || reviews() != 0 {
		t.Fatalf("before its deadline there are %d reviews", reviews())
	}
	h.clock.Advance(2 * time.Minute)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if h.proposal(th.ID).Status != club.ProposalExecuted || reviews() != 1 {
		t.Errorf("after it has run there are %d reviews", reviews())
	}
	approved := h.hear("+15550100078", "how do i get on the internet")
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), h.proposal(approved.ID).ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if reviews() != 1 {
		t.Error("what a person approved is reviewed")
	}
}

func TestAReplyThatIsSentUnaskedIsReviewedToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	h.set("reviews.share", 1)
	h.hear(bob, "what's the wifi password")
	h.hear("+15550100078", "do you sell gift vouchers") // nothing known: people see it anyway
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM reviews"); n != 1 {
		t.Errorf("%d reviews, want 1", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE allowed AND tier = 'auto' AND action_class = 'words'"); n != 1 {
		t.Errorf("%d decisions acted alone, want 1", n)
	}
}

func TestWrongReviewsOfMatchesEndWhatIsDoneAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	h.set("reviews.share", 1)
	alone := 0
	for i := range 8 {
		h.clock.Advance(25 * time.Hour)
		d, e := h.decision(h.hear(fmt.Sprintf("+1555010%04d", 200+i), "what's the wifi password").ID)
		if d.Tier != club.TierAuto {
			if i == 0 || len(e.Limits) == 0 {
				t.Fatalf("decision %d is %s: %v", i, d.Tier, e.Limits)
			}
			break
		}
		alone++
		h.write(func(tx *store.Tx) error {
			_, err := h.memory.Answer(t.Context(), tx, h.keys, learn.Review{Decision: d.ID, By: operator("usr_opal"), Fault: learn.FaultMatter})
			return err
		})
	}
	if alone < 2 || alone > 6 {
		t.Errorf("%d times it was wrong before it stopped", alone)
	}
}
