package decide_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// announced makes a suggest-tier proposal to restart bay 3.
func announced(t *testing.T) (*house, store.Thread, store.Proposal) {
	t.Helper()
	h := newHouse(t)
	h.permit()
	h.book("3")
	th := h.hear(ada, "the screen is frozen")
	p := h.proposal(th.ID)
	if p.Tier != club.TierSuggest || p.DeadlineAt == nil || p.Status != club.ProposalOpen {
		t.Fatalf("proposal %+v", p)
	}
	return h, th, p
}

func (h *house) deadline() error {
	for _, job := range jobstest.Pending[decide.DeadlineJob](h.t, h.cluster, h.tenant) {
		if err := h.decider.Deadline(h.t.Context(), h.tenant, job); err != nil {
			return err
		}
	}
	return nil
}

func TestManyApprovalsAtOnceAreOneRun(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	h.clock.Advance(2 * time.Minute) // the deadline races too
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		wg.Go(func() {
			err := h.decider.Approve(context.Background(), h.tenant, operator("usr_"+string(rune('a'+i))), p.ID, nil, decide.Why{})
			mu.Lock()
			defer mu.Unlock()
			switch club.CodeOf(err) {
			case "":
				won++
			case club.CodeConflict:
			default:
				t.Error(err)
			}
		})
	}
	wg.Go(func() { _ = h.deadline() })
	wg.Wait()
	if h.runs() != 1 || won > 1 {
		t.Errorf("%d runs, %d approvals won", h.runs(), won)
	}
	if got := h.proposal(th.ID); got.Status != club.ProposalApproved && got.Status != club.ProposalExecuted {
		t.Errorf("proposal is %s", got.Status)
	}
}

func TestDeadlineRunsWhatNobodyObjectedTo(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	if err := h.deadline(); err == nil || !strings.Contains(err.Error(), "Snooze") {
		t.Errorf("before the deadline: %v", err)
	}
	h.clock.Advance(p.DeadlineAt.Sub(h.clock.Now()))
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if got := h.proposal(th.ID); got.Status != club.ProposalExecuted || h.runs() != 1 {
		t.Errorf("proposal %s, %d runs", got.Status, h.runs())
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("approving what has run: %v", err)
	}
}

func TestDeadlineNeverRunsWhatIsNotEntitled(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*house){
		"auto execution is switched off": func(h *house) { h.set("actions.auto_execution", false) },
		"a kill switch is thrown":        func(h *house) { h.set("actions.off", []string{"device"}) },
		"words are switched off":         func(h *house) { h.set("actions.off", []string{"words"}) },
		"its kind is permitted no more":  func(h *house) { h.set("autonomy.actions", []string{"words", "access"}) },
		"its place is permitted no more": func(h *house) { h.set("autonomy.places", []string{}) },
		"the location is switched off":   func(h *house) { h.set("actions.off", []string{"location:north"}) },
		"the threshold is raised": func(h *house) {
			h.set("confidence.high", 0.999)
			h.set("confidence.medium", 0.99)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, th, _ := announced(t)
			change(h)
			h.clock.Advance(2 * time.Minute)
			if err := h.deadline(); err != nil {
				t.Fatal(err)
			}
			if got := h.proposal(th.ID); got.Status != club.ProposalExpired || h.runs() != 0 || h.thread(th.ID).Status != club.ThreadEscalated {
				t.Errorf("proposal %s, %d runs, thread %s", got.Status, h.runs(), h.thread(th.ID).Status)
			}
		})
	}
}

func TestVetoBeforeTheDeadlineWins(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	h.clock.Advance(p.DeadlineAt.Sub(h.clock.Now()) - time.Microsecond)
	if err := h.decider.Reject(t.Context(), h.tenant, operator("usr_a"), p.ID, decide.Why{Reason: "wrong bay"}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	got := h.thread(th.ID)
	if h.proposal(th.ID).Status != club.ProposalRejected || h.runs() != 0 || got.Status != club.ThreadInProgress || got.AssignedTo != "usr_a" {
		t.Errorf("proposal %s, %d runs, thread %s of %s", h.proposal(th.ID).Status, h.runs(), got.Status, got.AssignedTo)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'rejected' AND reason = 'wrong bay'"); n != 1 {
		t.Error("the rejection is not recorded")
	}
}

func TestOfAVetoAndTheDeadlineExactlyOneWins(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	vetoed, rounds := 0, 12
	for round := range rounds {
		if round > 0 {
			th = h.hear(ada, "the screen is frozen")
			p = h.proposal(th.ID)
		}
		if p.Tier != club.TierSuggest || p.DeadlineAt == nil || p.Status != club.ProposalOpen {
			t.Fatalf("round %d: proposal %+v", round, p)
		}
		before := h.runs()
		h.clock.Advance(p.DeadlineAt.Sub(h.clock.Now()))
		won := h.race(p.ID, round%racers)
		if err := h.decider.Deadline(t.Context(), h.tenant, decide.DeadlineJob{Proposal: p.ID}); err != nil { // as a job that is tried again
			t.Fatal(err)
		}
		status, runs := h.proposal(th.ID).Status, h.runs()-before
		switch {
		case won == 0 && status == club.ProposalExecuted && runs == 1:
		case won == 1 && status == club.ProposalRejected && runs == 0:
			vetoed++
		default:
			t.Fatalf("round %d: %d vetoes were accepted, the proposal is %s, and it has run %d times", round, won, status, runs)
		}
		if _, err := h.desk.Resolve(t.Context(), h.tenant, operator("usr_z"), th.ID, desk.Seen{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'rejected'"); n != vetoed {
		t.Errorf("%d rejections are recorded of %d", n, vetoed)
	}
	t.Logf("of %d rounds the veto won %d", rounds, vetoed)
}

// racers are those who decide on a proposal at once: the deadline, and people who veto.
const racers = 6

// race has people veto a proposal while its deadline passes, and says how many vetoes were accepted. The
// deadline sets out as the one whose turn it is: each comes first at times.
func (h *house) race(id club.ProposalID, turn int) int {
	h.t.Helper()
	var wg sync.WaitGroup
	var won atomic.Int64
	start := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-start
			if i == turn {
				if err := h.decider.Deadline(context.Background(), h.tenant, decide.DeadlineJob{Proposal: id}); err != nil {
					h.t.Error(err)
				}
				return
			}
			switch err := h.decider.Reject(context.Background(), h.tenant, operator("usr_"+string(rune('a'+i))), id, decide.Why{}); club.CodeOf(err) {
			case "":
				won.Add(1)
			case club.CodeConflict:
			default:
				h.t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

func TestEditedWordsAreSentAndRecorded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "what's the wifi password")
	p := h.proposal(th.ID)
	words := "Hi! It is Guests, no password."
	for _, bad := range []string{"", " ", strings.Repeat("x", 1601)} {
		if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, &bad, decide.Why{}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("a reply of %d characters: %v", len(bad), err)
		}
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, &words, decide.Why{Reason: "friendlier"}); err != nil {
		t.Fatal(err)
	}
	if got := h.proposal(th.ID); !got.Edited || got.Status != club.ProposalApproved {
		t.Errorf("proposal %+v", got)
	}
	h.read(func(tx *store.Tx) error {
		d, _ := h.decision(th.ID)
		rows, err := tx.FindOverridesOfDecision(t.Context(), d.ID)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d overrides, %v", len(rows), err)
		}
		s, err := tx.FindSubject(t.Context(), th.SubjectID)
		if err != nil {
			return err
		}
		before, err := people.Open(h.keys, s, "overrides.before", rows[0].ID.String(), rows[0].Before)
		after, err2 := people.Open(h.keys, s, "overrides.after", rows[0].ID.String(), rows[0].After)
		if before != "The network is Guests." || after != words || err != nil || err2 != nil {
			t.Errorf("before %q, after %q, %v %v", before, after, err, err2)
		}
		return nil
	})
}

func TestApprovalWithUnchangedWordsIsNoOverride(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "what's the wifi password")
	same := "The network is Guests."
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), h.proposal(th.ID).ID, &same, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM overrides"); n != 0 || h.proposal(th.ID).Edited {
		t.Error("unchanged words count as an edit")
	}
}

func TestOnlyWhoMayDecideThereDecides(t *testing.T) {
	t.Parallel()
	h, _, p := announced(t)
	viewer, elsewhere, foreign := operator("usr_v"), operator("usr_e"), operator("usr_f")
	viewer.Role = club.RoleViewer
	elsewhere.Locations = []club.LocationID{"loc_other"}
	for who, c := range map[string]struct {
		p    identity.Principal
		code club.Code
	}{"viewer": {viewer, club.CodeForbidden}, "operator of another place": {elsewhere, club.CodeNotFound}, "nobody": {identity.Principal{}, club.CodeUnauthenticated}} {
		if err := h.decider.Approve(t.Context(), h.tenant, c.p, p.ID, nil, decide.Why{}); club.CodeOf(err) != c.code {
			t.Errorf("%s approves: %v, want %s", who, err, c.code)
		}
		if err := h.decider.Reject(t.Context(), h.tenant, c.p, p.ID, decide.Why{}); club.CodeOf(err) != c.code {
			t.Errorf("%s rejects: %v, want %s", who, err, c.code)
		}
	}
	foreign.Tenant = "other"
	if err := h.decider.Approve(t.Context(), h.tenant, foreign, p.ID, nil, decide.Why{}); err == nil {
		t.Error("an operator of another club approved")
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), "prp_none", nil, decide.Why{}); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("unknown proposal: %v", err)
	}
	if h.runs() != 0 {
		t.Error("something runs")
	}
}

func TestNewTextWithdrawsWhatWasProposed(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	h.hear(ada, "thanks, it works again!")
	h.clock.Advance(time.Hour)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	h.read(func(tx *store.Tx) error {
		got, err := tx.FindProposal(t.Context(), p.ID)
		if got.Status != club.ProposalStale || h.runs() != 0 {
			t.Errorf("proposal %s, %d runs", got.Status, h.runs())
		}
		return err
	})
	_ = th
}

func TestWhatIsNotPermittedUnaskedWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		actions, places []string
		why             string
	}{
		"no action":      {[]string{}, []string{"all"}, "restart trackman is not permitted unasked"},
		"another action": {[]string{"reboot_pc", "words"}, []string{"all"}, "restart trackman is not permitted unasked"},
		"no place":       {[]string{"device"}, []string{}, "nothing is permitted unasked at Northside"},
		"this and here":  {[]string{"restart_trackman"}, []string{"north"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.permit()
			h.set("autonomy.actions", c.actions)
			h.set("autonomy.places", c.places)
			h.book("3")
			th := h.hear(ada, "the screen is frozen")
			d, e := h.decision(th.ID)
			if want := map[bool]club.Tier{true: club.TierSuggest, false: club.TierApprove}[c.why == ""]; d.Tier != want {
				t.Errorf("tier %s, want %s: %q", d.Tier, want, e.Limits)
			}
			if c.why != "" && !slices.Contains(e.Limits, c.why) {
				t.Errorf("limits %q", e.Limits)
			}
		})
	}
}

func TestANoteIsKeptMaskedWithWhatWasChangedOrDeclined(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "what's the wifi password")
	p, words := h.proposal(th.ID), "Hi! It is Guests, no password."
	for _, why := range []decide.Why{{Note: strings.Repeat("x", decide.MaxNote+1)}, {Reason: "other", Note: strings.Repeat("ü", decide.MaxNote+1)}} {
		if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, &words, why); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("a note of %d bytes: %v", len(why.Note), err)
		}
		if err := h.decider.Reject(t.Context(), h.tenant, operator("usr_a"), p.ID, why); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("a note of %d bytes: %v", len(why.Note), err)
		}
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, &words, decide.Why{Note: "  Ada called from +14155550199, she has no screen  "}); err != nil {
		t.Fatal(err)
	}
	other := h.hear(bob, "what's the wifi password")
	if err := h.decider.Reject(t.Context(), h.tenant, operator("usr_a"), h.proposal(other.ID).ID, decide.Why{Reason: "the answer is wrong", Note: "it was renamed in May"}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM overrides WHERE kind = 'rejected' AND reason = 'the answer is wrong' AND note = 'it was renamed in May'":                 1,
		"SELECT COUNT(*) FROM proposals WHERE reason = 'the answer is wrong: it was renamed in May'":                                                   1,
		"SELECT COUNT(*) FROM overrides WHERE kind = 'edited' AND note LIKE '%she has no screen' AND note NOT LIKE '%Ada%' AND note NOT LIKE '%0199%'": 1,
	} {
		if n := storetest.Count(t, h.tenant, query); n != want {
			t.Errorf("%d of %s", n, query)
		}
	}
}
