package decide_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// outgoing counts the texts to anybody that are on their way or went out.
func (h *house) outgoing() int {
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM messages WHERE direction = 'out' AND status <> 'cancelled'")
}

func TestStopWithdrawsAProposedReplyAndIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "what's the wifi password")
	p := h.proposal(th.ID)
	if p.Status != club.ProposalOpen {
		t.Fatalf("proposal %+v", p)
	}
	for range 2 {
		th = h.hear(ada, "STOP")
	}
	if got := h.proposal(th.ID); got.Status != club.ProposalStale || got.Reason != "the member has opted out of texts" {
		t.Errorf("the proposal is %s: %s", got.Status, got.Reason)
	}
	if th.Status != club.ThreadAIResolved || th.WaitingSince != nil || h.outgoing() != 1 {
		t.Errorf("thread %s, waiting since %v, %d texts out", th.Status, th.WaitingSince, h.outgoing())
	}
	err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{})
	if club.CodeOf(err) != club.CodeConflict || h.outgoing() != 1 {
		t.Errorf("approving it all the same: %v", err)
	}
}

func TestStopLeavesADoorThatAPersonIsAskedToOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("3")
	th := h.hear(ada, "please unlock the door")
	p, since := h.proposal(th.ID), th.WaitingSince
	th = h.hear(ada, "STOP")
	if got := h.proposal(th.ID); got.ID != p.ID || got.Status != club.ProposalOpen {
		t.Fatalf("the proposal is %s", got.Status)
	}
	if th.Status != club.ThreadAwaitingAI || th.WaitingSince == nil || !th.WaitingSince.Equal(*since) {
		t.Errorf("the thread is %s, waiting since %v", th.Status, th.WaitingSince)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); err != nil || h.runs() != 1 {
		t.Errorf("approving: %v, %d runs", err, h.runs())
	}
	if h.outgoing() != 1 {
		t.Errorf("%d texts out, the confirmation is one", h.outgoing())
	}
}

func TestStopKeepsWhatWasAnnouncedFromRunningUnasked(t *testing.T) {
	t.Parallel()
	h, _, p := announced(t)
	th := h.hear(ada, "stop please")
	if got := h.proposal(th.ID); got.ID != p.ID || got.Status != club.ProposalStale {
		t.Errorf("the proposal is %s", got.Status)
	}
	if th.Status != club.ThreadEscalated || !strings.Contains(h.reasons(), "STOP may have meant it") {
		t.Errorf("thread %s: %s", th.Status, h.reasons())
	}
	h.clock.Advance(time.Hour)
	if err := h.deadline(); err != nil || h.runs() != 0 || h.outgoing() != 1 {
		t.Errorf("%v, %d runs, %d texts out", err, h.runs(), h.outgoing())
	}
}

func TestDangerBesideAStopReachesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.say(ada, "someone is bleeding")
	h.say(ada, "STOP")
	h.settle()
	if th := h.thread(r.Thread); th.Status != club.ThreadEscalated || th.Priority != club.PriorityEmergency || h.outgoing() != 1 {
		t.Errorf("thread %s %s, %d texts out", th.Status, th.Priority, h.outgoing())
	}
}

func TestStopCountsInAllConversationsOfTheMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	h.book("3")
	other := func(line, text string) club.ThreadID {
		h.write(func(tx *store.Tx) error {
			return tx.PutLine(t.Context(), store.PutLineParams{Number: line, Provider: "twilio", LocationID: h.location, CreatedAt: tx.Now})
		})
		r, err := h.inbox.Deliver(t.Context(), h.tenant, club.Delivery{ID: line, Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: line, From: ada, To: line, Text: text}}, "twilio")
		if err != nil {
			t.Fatal(err)
		}
		h.settle()
		return r.Thread
	}
	wifi, frozen := other("+14155550101", "what's the wifi password"), other("+14155550102", "the screen is frozen")
	held := other("+14155550103", "what's the wifi password")
	if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_a"), held); err != nil {
		t.Fatal(err)
	}
	h.hear(ada, "STOP")
	for id, want := range map[club.ThreadID]club.ThreadStatus{wifi: club.ThreadAIResolved, frozen: club.ThreadEscalated, held: club.ThreadInProgress} {
		if got, p := h.thread(id).Status, h.proposal(id); got != want || p.Status != club.ProposalStale {
			t.Errorf("thread %s, want %s; proposal %s", got, want, p.Status)
		}
	}
	if h.outgoing() != 1 {
		t.Errorf("%d texts out", h.outgoing())
	}
	if n := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
}

func TestStopInAHeldThreadWithdrawsWhatWasOnlyToBeSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "what's the wifi password")
	if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_a"), th.ID); err != nil {
		t.Fatal(err)
	}
	th = h.hear(ada, "STOP")
	if p := h.proposal(th.ID); p.Status != club.ProposalStale || th.Status != club.ThreadInProgress {
		t.Errorf("proposal %s, thread %s", p.Status, th.Status)
	}
}

// A carrier's word, or a colleague's, that somebody opted out leaves the proposal open; nothing comes of it.
func TestProposedReplyToWhoHasOptedOutIsNotSentByApprovalOrTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	th := h.hear(ada, "what's the wifi password")
	p := h.proposal(th.ID)
	storetest.Exec(t, h.tenant, "UPDATE subjects SET consent = 'withdrawn' WHERE id = $1", th.SubjectID.String())
	err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{})
	if club.CodeOf(err) != club.CodeConflict || !strings.Contains(club.MessageOf(err), "opted out") {
		t.Errorf("approving: %v", err)
	}
	h.clock.Advance(time.Hour)
	if err := h.deadline(); err != nil || h.runs() != 0 || h.outgoing() != 0 {
		t.Errorf("%v, %d runs, %d texts out", err, h.runs(), h.outgoing())
	}
	if th = h.thread(th.ID); p.DeadlineAt != nil && th.Status != club.ThreadEscalated {
		t.Errorf("the thread is %s", th.Status)
	}
}
