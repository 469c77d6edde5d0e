package decide_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/store/storetest"
)

func TestThanksLeavesAMatterThatWaitsForAPersonOpen(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"thanks!", "ok", "Liked “we are on it”", "HELP"} {
		h := newHouse(t)
		h.book("3")
		th := h.hear(ada, "please unlock the door")
		p := h.proposal(th.ID)
		if p.Status != club.ProposalOpen || p.Tier != club.TierApprove {
			t.Fatalf("proposal %+v", p)
		}
		since := th.WaitingSince
		th = h.hear(ada, words)
		if got := h.proposal(th.ID); got.ID != p.ID || got.Status != club.ProposalOpen {
			t.Errorf("%q: the proposal is %s", words, got.Status)
		}
		if th.Status != club.ThreadAwaitingAI || th.WaitingSince == nil || !th.WaitingSince.Equal(*since) {
			t.Errorf("%q: the thread is %s, waiting since %v", words, th.Status, th.WaitingSince)
		}
		if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); err != nil || h.runs() != 1 {
			t.Errorf("%q: approving: %v, %d runs", words, err, h.runs())
		}
	}
}

func TestThanksDuringARunLeavesTheThreadToTheRun(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if th = h.hear(ada, "thank you"); th.Status != club.ThreadAwaitingAI || th.WaitingSince == nil {
		t.Errorf("the thread is %s, waiting since %v", th.Status, th.WaitingSince)
	}
}

func TestThatItWorksAgainWithdrawsWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	h, _, _ := announced(t)
	th := h.hear(ada, "never mind")
	if got := h.proposal(th.ID); got.Status == club.ProposalOpen {
		t.Errorf("proposal %s, thread %s", got.Status, th.Status)
	}
}

func TestApprovalByWhoeverTookTheThreadRuns(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_a"), th.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_b"), p.ID, nil, decide.Why{}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("a colleague approves in a conversation that somebody else has: %v", err)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if th = h.thread(th.ID); th.Status != club.ThreadAwaitingAI || h.runs() != 1 {
		t.Errorf("thread %s, %d runs", th.Status, h.runs())
	}
}

func TestApprovalOfWhatIsOlderThanTheMembersLastWordIsRefused(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	h.say(ada, "stop, do NOT restart it, I am mid swing")
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); club.CodeOf(err) != club.CodeConflict || h.runs() != 0 {
		t.Errorf("approving: %v, %d runs", err, h.runs())
	}
	_ = th
}

func TestNothingMovesForABookingThatHasEndedOrWasCancelledMeanwhile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*house){
		"ended": func(h *house) { h.clock.Advance(2 * time.Hour) },
		"cancelled": func(h *house) {
			storetest.Exec(h.t, h.tenant, "UPDATE bookings SET status = 'cancelled'")
			h.clock.Advance(2 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, th, p := announced(t)
			change(h)
			if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); club.CodeOf(err) != club.CodeConflict {
				t.Errorf("approving: %v", err)
			}
			if err := h.deadline(); err != nil {
				t.Fatal(err)
			}
			if got := h.proposal(th.ID); got.Status != club.ProposalExpired || h.runs() != 0 || h.thread(th.ID).Status != club.ThreadEscalated {
				t.Errorf("proposal %s, %d runs, thread %s", got.Status, h.runs(), h.thread(th.ID).Status)
			}
		})
	}
}

func TestRejectionByAnIntegrationCallsAPerson(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	key := identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_a"}, Scopes: []identity.Permission{identity.ProposalsDecide}}
	if err := h.decider.Reject(t.Context(), h.tenant, key, p.ID, decide.Why{Reason: "no"}); err != nil {
		t.Fatal(err)
	}
	if th = h.thread(th.ID); th.Status != club.ThreadEscalated {
		t.Errorf("thread %s, assigned to %q", th.Status, th.AssignedTo)
	}
}

func TestBayThatSomebodyElseHasIsAPersonsMatter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	now := h.clock.Now()
	for bay, phone := range map[string]string{"": ada, "3": "+14155550199"} {
		_, err := h.inbox.Booking(t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: "b" + bay, Location: "Northside", Bay: bay, Start: now.Add(-20 * time.Minute), End: now.Add(40 * time.Minute), Phone: phone, Sequence: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	th := h.hear(ada, "bay 3 froze")
	if p := h.proposal(th.ID); p.Tier == club.TierSuggest || p.DeadlineAt != nil {
		t.Errorf("proposal %+v", p)
	}
	if th = h.hear(ada, "the screen is frozen in bay 2"); h.proposal(th.ID).Tier != club.TierSuggest {
		d, e := h.decision(th.ID)
		t.Errorf("a free bay: %+v %v", d.Tier, e.Limits)
	}
}

func TestThanksLeaveAQuestionToTheMemberOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "the screen is frozen")
	h.asked(th.ID, "bay")
	storetest.Exec(t, h.tenant, "UPDATE proposals SET status = 'superseded'")
	if th = h.hear(ada, "thank you!"); th.Status != club.ThreadAwaitingResponse || th.Awaiting == "" {
		t.Errorf("thread %s, awaiting %q", th.Status, th.Awaiting)
	}
	th = h.hear(ada, "3")
	if d, _ := h.decision(th.ID); d.BayID != h.bays[3] || d.Kind != "answer" || th.Awaiting != "" {
		t.Errorf("decision %s about %s, awaiting %q", d.Kind, d.BayID, th.Awaiting)
	}
}
