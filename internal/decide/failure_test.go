package decide_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// state counts what deciding may have changed.
func (h *house) state() [6]int {
	n := func(q string) int { return storetest.Count(h.t, h.tenant, q) }
	return [6]int{n("SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM threads"), n("SELECT COUNT(*) FROM audit_entries"), n("SELECT COUNT(*) FROM messages WHERE direction = 'out'"),
		n("SELECT COUNT(*) FROM decisions"), n("SELECT COUNT(*) FROM proposals WHERE status = 'open'"), n("SELECT COUNT(*) FROM runs")}
}

// asked puts a thread where a question of a decision is open.
func (h *house) asked(id club.ThreadID, expect string) {
	d, _ := h.decision(id)
	h.write(func(tx *store.Tx) error {
		now, err := tx.FindThread(h.t.Context(), id)
		if err != nil {
			return err
		}
		q := `{"expect":"` + expect + `","sop":"` + d.SOPID.String() + `","decision":"` + d.ID.String() + `"}`
		_, err = thread.Apply(h.t.Context(), tx, now, thread.Move{Event: club.ThreadAsked, By: club.System("act"), Awaiting: &q})
		return err
	})
}

func TestDecidingThatIsCutOffAnywhereLeavesNothingAndIsDoneAgain(t *testing.T) {
	t.Parallel()
	text := func(words string, before func(*house)) func(*house) func(context.Context) error {
		return func(h *house) func(context.Context) error {
			h.set("replies.auto_safe", true)
			h.permit()
			if before != nil {
				before(h)
			}
			r := h.say(ada, words)
			h.clock.Advance(time.Minute)
			return func(ctx context.Context) error {
				return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message})
			}
		}
	}
	proposed := func(act func(*house, store.Proposal, context.Context) error) func(*house) func(context.Context) error {
		return func(h *house) func(context.Context) error {
			h.permit()
			h.book("3")
			p := h.proposal(h.hear(ada, "the screen is frozen").ID)
			h.clock.Advance(30 * time.Minute) // within the booking
			return func(ctx context.Context) error { return act(h, p, ctx) }
		}
	}
	for name, prepare := range map[string]func(*house) func(context.Context) error{
		"auto":       text("what's the wifi password", nil),
		"propose":    text("the screen is frozen", func(h *house) { h.book("3") }),
		"escalate":   text("quixotic zeppelins harmonise", nil),
		"emergency":  text("there is a fire", nil),
		"procedure":  text("puddle under the projector", nil),
		"opt out":    text("STOP", nil),
		"help":       text("HELP", nil),
		"no answer":  text("thanks!", nil),
		"held":       text("someone is bleeding", func(h *house) { h.hear(ada, "let me talk to a human please") }),
		"back again": text("START", func(h *house) { h.hear(ada, "STOP"); h.hear(ada, "what's the wifi password") }),
		"leave open": text("thanks!", func(h *house) { h.hear(ada, "the screen is frozen") }),
		"supersede":  text("never mind", func(h *house) { h.hear(ada, "the screen is frozen") }),
		"answer":     text("I'm in 3", func(h *house) { h.asked(h.hear(ada, "the screen is frozen").ID, "bay") }),
		"approve": proposed(func(h *house, p store.Proposal, ctx context.Context) error {
			words := "other words"
			return h.decider.Approve(ctx, h.tenant, operator("usr_a"), p.ID, &words, decide.Why{Reason: "x"})
		}),
		"reject": proposed(func(h *house, p store.Proposal, ctx context.Context) error {
			return h.decider.Reject(ctx, h.tenant, operator("usr_a"), p.ID, decide.Why{Reason: "x"})
		}),
		"deadline": proposed(func(h *house, p store.Proposal, ctx context.Context) error {
			return h.decider.Deadline(ctx, h.tenant, decide.DeadlineJob{Proposal: p.ID})
		}),
		"deadline that may not": proposed(func(h *house, p store.Proposal, ctx context.Context) error {
			if h.decider == nil {
				return errors.New("no decider")
			}
			return decide.DeadlineLost(h.decider, ctx, h.tenant, decide.DeadlineJob{Proposal: p.ID}, errors.New("x"))
		}),
		"lost": text("what's the wifi password", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if cut := storetest.CutOff(t, h.state, prepare(h)); cut == 0 {
				t.Error("it was never cut off")
			}
		})
	}
}

func TestLostJobsReachAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.say(ada, "what's the wifi password")
	if err := decide.Lost(h.decider, t.Context(), h.tenant, inbox.AdvanceJob{Thread: r.Thread}, errors.New("x")); err != nil {
		t.Fatal(err)
	}
	if th := h.thread(r.Thread); th.Status != club.ThreadEscalated || !strings.Contains(h.reasons(), "could not be decided on") {
		t.Errorf("thread %s because %s", th.Status, h.reasons())
	}
	h, th, p := announced(t)
	if err := decide.DeadlineLost(h.decider, t.Context(), h.tenant, decide.DeadlineJob{Proposal: p.ID}, errors.New("x")); err != nil {
		t.Fatal(err)
	}
	if got := h.thread(th.ID); got.Status != club.ThreadEscalated || h.proposal(th.ID).Status != club.ProposalExpired {
		t.Errorf("thread %s, proposal %s", got.Status, h.proposal(th.ID).Status)
	}
}

func TestJobsAreRegistered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.decider.Register(jobs.NewRegistry(h.cluster, slog.New(slog.DiscardHandler)))
}

func TestDeadlineInAThreadThatMovedOnIsAPersonsMatter(t *testing.T) {
	t.Parallel()
	h, th, _ := announced(t)
	if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_a"), th.ID); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if p := h.proposal(th.ID); p.Status != club.ProposalExpired || h.runs() != 0 || h.thread(th.ID).Status != club.ThreadInProgress {
		t.Errorf("proposal %s, %d runs, thread %s", p.Status, h.runs(), h.thread(th.ID).Status)
	}
}

func TestDoorNeverOpensByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	h.book("3")
	th := h.hear(ada, "please unlock the door")
	p := h.proposal(th.ID)
	if p.Tier != club.TierApprove || p.DeadlineAt != nil {
		t.Errorf("proposal %+v", p)
	}
	if n := len(jobstest.Pending[decide.DeadlineJob](t, h.cluster, h.tenant)); n != 0 {
		t.Errorf("%d deadlines", n)
	}
}

func TestStillBrokenAfterARestartReachesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	h.book("3")
	th := h.hear(ada, "the screen is frozen")
	id := club.NewExecutionID(h.clock.Now()).String()
	storetest.Exec(t, h.tenant, `INSERT INTO executions (id, thread_id, action, params, idempotency_key, outcome, detail, proofs, requested_by, attempts, correlation_id, created_at)
		VALUES ($1, $2, 'restart_trackman', '{}', $1, 'success', '', '[]', 'system:x', 1, 'cor_1', $3)`, id, th.ID, h.clock.Now())
	th = h.hear(ada, "nope, still not working")
	if _, e := h.decision(th.ID); th.Status != club.ThreadEscalated || e.Rule != "not fixed" || th.Priority != club.PriorityHigh {
		t.Errorf("thread %s and %s by %q", th.Status, th.Priority, e.Rule)
	}
}

func TestYesAndNoAreAnswersOnlyToWhatWasAsked(t *testing.T) {
	t.Parallel()
	for words, rule := range map[string]string{"ok": "answered", "no": "answered", "purple": "unclear answer"} {
		h := newHouse(t)
		th := h.hear(ada, "too much noise next door")
		h.asked(th.ID, "yes_no")
		th = h.hear(ada, words)
		if d, e := h.decision(th.ID); e.Rule != rule || rule == "answered" && d.Title != "Noise" || th.Status != club.ThreadEscalated {
			t.Errorf("%q: %s by %q", words, d.Title, e.Rule)
		}
	}
	h := newHouse(t)
	th := h.hear(ada, "ok")
	if d, _ := h.decision(th.ID); d.Kind != "no_answer" {
		t.Errorf("an unasked ok is %s", d.Kind)
	}
}

func TestPlaceOfAnUnknownSenderIsTheLinesOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(bob, "what's the wifi password")
	if d, _ := h.decision(th.ID); d.LocationID != h.location || d.Tier != club.TierAuto {
		t.Errorf("location %q, tier %s", d.LocationID, d.Tier)
	}
	storetest.Exec(t, h.tenant, "UPDATE lines SET location_id = NULL")
	th = h.hear("+14155550133", "the screen is frozen")
	if d, e := h.decision(th.ID); !d.LocationID.IsZero() || len(e.Facts) == 0 {
		t.Errorf("location %q, facts %v", d.LocationID, e.Facts)
	}
}
