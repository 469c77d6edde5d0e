package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/event"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// afterwards is what a club does where one of its acts has come to nothing.
const afterwards = `
sops:
  - slug: no-effect
    title: What we did had no effect
    category: equipment
    scope: global
    status: live
    priority: high
    triggers: [{mode: event, text: action.failed}]
    steps:
      - {action: restart_display}
    fallback:
      - {action: restart_side_screens}
      - {escalate: "nothing helps", when: failed}
`

// fails has an act in a conversation about bay 3 come to nothing, and gathers that.
func (h *house) fails(room *event.Room, th club.ThreadID, action club.ActionName) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		list, err := tx.FindDevicesOfBay(ctx, h.bays[3])
		if err != nil {
			return err
		}
		id := club.NewExecutionID(tx.Now)
		if _, err := tx.CreateExecution(ctx, store.CreateExecutionParams{ID: id, Action: action, Params: "{}", ThreadID: th, LocationID: h.location, BayID: h.bays[3], DeviceID: list[0].ID,
			IdempotencyKey: id.String(), Outcome: club.OutcomeFailed, Proofs: "[]", RequestedBy: operator("usr_opal").Actor.String(), CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now}); err != nil {
			return err
		}
		_, err = event.Take(ctx, tx, event.Report{Code: club.EventActionFailed, Vendor: act.Vendor, Key: id.String(), Detail: "the vendor did not answer",
			Location: h.location, Bay: h.bays[3], Device: list[0].ID, Execution: id})
		return err
	})
	h.gather(room)
}

// claimed is the conversation of a fault of bay 3 that an operator has taken.
func (h *house) claimed(room *event.Room) store.Thread {
	h.t.Helper()
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(room)
	_, th := h.newest()
	if _, err := h.desk.Claim(h.t.Context(), h.tenant, operator("usr_opal"), th.ID); err != nil {
		h.t.Fatal(err)
	}
	return th
}

func (h *house) escalations() int { return h.count("escalations") }

func TestWhoHasTheConversationOfAFailedActIsShownWhatIsKnownOfTheLike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(afterwards)
	room := h.room()
	th := h.claimed(room)
	before := h.proposal(th.ID)
	h.fails(room, th.ID, "reboot_pc")
	dec, in := h.newest()
	if in.ID != th.ID || dec.Title != "What we did had no effect" || dec.Tier != club.TierApprove || !strings.Contains(dec.Steps, "restart_display") || !strings.Contains(dec.Evidence, "nothing moves unasked") {
		t.Errorf("%s at %s in %s: %s, %s", dec.Title, dec.Tier, in.ID, dec.Steps, dec.Evidence)
	}
	p := h.proposal(th.ID)
	if p.ID == before.ID || p.Status != club.ProposalOpen || p.Tier != club.TierApprove || p.DeadlineAt != nil {
		t.Fatalf("proposal %+v", p)
	}
	if n := h.count("proposals WHERE id = $1 AND status = 'superseded' AND reason = 'more was reported'", before.ID.String()); n != 1 {
		t.Error("what was proposed before stands beside it")
	}
	if in.Status != club.ThreadInProgress || in.AssignedTo != "usr_opal" || h.escalations() != 0 {
		t.Errorf("the conversation is %s of %q, %d calls", in.Status, in.AssignedTo, h.escalations())
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), p.ID, nil, decide.Why{}); err != nil || h.runs() != 1 {
		t.Errorf("approving it: %v, %d runs", err, h.runs())
	}
}

func TestWhatHasJustComeToNothingIsNotAdvisedAgainWithinTheHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(afterwards)
	room := h.room()
	th := h.claimed(room)
	h.fails(room, th.ID, "restart_display")
	if dec, _ := h.newest(); dec.Tier != club.TierApprove || strings.Contains(dec.Steps, "restart_display") || !strings.Contains(dec.Steps, "restart_side_screens") {
		t.Errorf("after its first means the procedure goes on with %s at %s", dec.Steps, dec.Tier)
	}
	second := h.proposal(th.ID)
	h.fails(room, th.ID, "restart_side_screens")
	dec, _ := h.newest()
	if _, e := h.decision(th.ID); dec.Kind != "escalate" || dec.Tier != club.TierEscalate || !slices.Contains(e.Limits, "people have been called to it") {
		t.Errorf("after its last: %s at %s, %q", dec.Kind, dec.Tier, e.Limits)
	}
	if p := h.proposal(th.ID); p.ID != second.ID || p.Status != club.ProposalStale || h.escalations() != 0 {
		t.Errorf("proposal %s is %s, %d calls", p.ID, p.Status, h.escalations())
	}
	h.clock.Advance(2 * time.Hour)
	h.fails(room, th.ID, "reboot_pc")
	if dec, _ := h.newest(); h.proposal(th.ID).Status != club.ProposalOpen || !strings.Contains(dec.Steps, "restart_display") {
		t.Errorf("two hours later: %s", dec.Steps)
	}
}

func TestWhereNothingIsKnownOfAFailedActItIsOnlyWrittenDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	th := h.claimed(room)
	h.fails(room, th.ID, "reboot_pc")
	dec, in := h.newest()
	if dec.ThreadID != th.ID || dec.Kind != "escalate" || dec.Tier != club.TierEscalate || strings.Contains(dec.Steps, "ticket") || in.Status != club.ThreadInProgress {
		t.Errorf("%s at %s, thread %s: %s", dec.Kind, dec.Tier, in.Status, dec.Steps)
	}
	if h.count("proposals WHERE status = 'open'") != 0 || h.escalations() != 0 || h.count("tickets") != 0 {
		t.Errorf("%d calls, %d tickets", h.escalations(), h.count("tickets"))
	}
}

func TestNobodyIsAdvisedWhereAProcedureHasTheConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(afterwards)
	room := h.room()
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(room)
	dec, th := h.newest()
	h.fails(room, th.ID, "reboot_pc")
	if again, _ := h.newest(); again.ID != dec.ID || h.proposal(th.ID).Status != club.ProposalOpen {
		t.Errorf("%s, and the proposal is %s", again.Title, h.proposal(th.ID).Status)
	}
}

func TestInAMembersConversationWhatIsKnownOfAFailedActIsANote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(afterwards)
	room := h.room()
	th := h.claimed(room)
	h.fails(room, th.ID, "reboot_pc")
	dec, _ := h.newest()
	h.recorded(dec, 9, 1)
	h.book("Bay 3")
	members := h.hear(ada, "let me talk to a human please")
	decisions, calls := h.state()[3], h.escalations()
	h.fails(room, members.ID, "reboot_pc")
	const known = "Of the like is known: What we did had no effect – Restart the main picture (decided so 10 times; 90 %% good)."
	if n := h.count("messages WHERE thread_id = $1 AND direction = 'note' AND masked = $2", members.ID.String(), strings.ReplaceAll(known, "%%", "%")); n != 1 {
		t.Errorf("%d notes of what is known", n)
	}
	if h.state()[3] != decisions || !h.proposal(members.ID).ID.IsZero() || h.escalations() != calls {
		t.Errorf("%d decisions more, %d calls more", h.state()[3]-decisions, h.escalations()-calls)
	}
	notes := h.count("messages WHERE direction = 'note'")
	h.fails(room, members.ID, "restart_display")
	h.fails(room, members.ID, "restart_side_screens")
	if n := h.count("messages WHERE direction = 'note'") - notes; n != 3 { // that either failed, and what is left after the first
		t.Errorf("%d notes more", n)
	}
}

func TestAdviceNeedsAConversationAndASoundSituation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.claimed(h.room())
	for name, s := range map[string]store.Situation{"no conversation": {ThreadID: "thr_none", Context: "{}"}, "not to be read": {ThreadID: th.ID, LocationID: h.location, Context: "{"}, "no place": {ThreadID: th.ID, LocationID: "loc_none", Context: "{}"}} {
		before := h.state()
		if err := h.tenant.Write(t.Context(), func(tx *store.Tx) error { return h.decider.Advise(t.Context(), tx, h.keys, s) }); err == nil || h.state() != before {
			t.Errorf("%s: %v, %v became %v", name, err, before, h.state())
		}
	}
}

func TestAdviceReportsEveryFailureOfTheDatabase(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]func(*house, *event.Room) club.ThreadID{
		"a situation's conversation": func(h *house, room *event.Room) club.ThreadID { return h.claimed(room).ID },
		"a member's conversation": func(h *house, _ *event.Room) club.ThreadID {
			h.book("Bay 3")
			return h.hear(ada, "let me talk to a human please").ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.learn(afterwards)
			room := h.room()
			th := in(h, room)
			h.fails(room, th, "reboot_pc")
			s := h.situation(th)
			h.recalled()
			storetest.EachFailure(t, h.tenant, h.advising(s))
		})
	}
}
