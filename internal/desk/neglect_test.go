package desk_test

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

func (h *house) sweep() {
	h.t.Helper()
	if err := h.desk.Sweep(h.t.Context(), h.tenant); err != nil {
		h.t.Fatal(err)
	}
}

// Lesson 10: the model failed, the member got silence and no operator was told.
func TestLesson10AThreadThatNothingAnswersReachesAPersonWithinItsTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	h.clock.Advance(30*time.Minute - time.Second)
	h.sweep()
	if got := h.find(th.ID); got.Status != club.ThreadPending {
		t.Fatalf("escalated before its time: %s", got.Status)
	}
	h.clock.Advance(time.Second)
	h.sweep()
	h.sweep()
	if got := h.find(th.ID); got.Status != club.ThreadEscalated {
		t.Fatalf("still %s", got.Status)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE reason = 'nothing has answered for 30 min'"); n != 1 {
		t.Error("nobody learns why")
	}
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 1 {
		t.Errorf("%d calls of one silence", n)
	}
}

// Lesson 9: timers in memory died at every deploy. The sweep needs nothing but the rows.
func TestLesson09AnEmergencyIsFoundByAFreshProcess(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "smoke")
	h.write(func(tx *store.Tx) (err error) {
		th.Priority = club.PriorityEmergency
		th, err = thread.Save(t.Context(), tx, th)
		return err
	})
	h.clock.Advance(2 * time.Minute)
	fresh := newDesk(h)
	if err := fresh.Sweep(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if got := h.find(th.ID); got.Status != club.ThreadEscalated {
		t.Errorf("still %s", got.Status)
	}
}

func TestSweepLeavesHeldAndWorkedOnThreadsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	claimed, replied := h.thread(h.a, "one"), h.thread(h.a, "two")
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, claimed.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, replied.ID, "x", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	h.text(replied, "more")
	proposed := h.thread(h.a, "three")
	h.propose(proposed, club.TierApprove, nil)
	acting := h.thread(h.a, "four")
	running := h.thread(h.a, "five")
	sending := h.thread(h.a, "six")
	h.clock.Advance(31 * time.Minute)
	h.execution(acting, club.OutcomeRunning, "")
	h.write(func(tx *store.Tx) error {
		dec := club.NewDecisionID(tx.Now)
		if err := tx.CreateDecision(t.Context(), store.CreateDecisionParams{ID: dec, ThreadID: running.ID, SubjectID: running.SubjectID, Kind: "answer", Title: "x", EarnedTier: "auto", Tier: "auto",
			Evidence: "{}", Steps: "[]", CorrelationID: tx.Correlation, CreatedAt: tx.Now}); err != nil {
			return err
		}
		key := "k"
		if _, err := tx.CreateMessage(t.Context(), store.CreateMessageParams{ID: club.NewMessageID(tx.Now), ThreadID: sending.ID, Direction: club.DirectionOut, Author: club.AuthorMachine,
			Provider: "twilio", DedupKey: &key, Status: club.MessageSending, Body: []byte{1}, Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		return nil
	})
	storetest.Exec(t, h.tenant, `INSERT INTO runs (decision_id, thread_id, steps, next_step, last, status, started_by, created_at, updated_at)
		SELECT id, thread_id, '[]', 0, '', 'running', 'system:test', created_at, created_at FROM decisions WHERE thread_id = $1`, running.ID.String())
	h.sweep()
	for name, th := range map[string]store.Thread{"claimed": claimed, "replied": replied, "proposed": proposed, "acting": acting, "running": running, "sending": sending} {
		if got := h.find(th.ID); got.Status == club.ThreadEscalated {
			t.Errorf("%s was escalated", name)
		}
	}
	// Work that nothing has touched for long is no work.
	h.clock.Advance(16 * time.Minute)
	h.sweep()
	for name, th := range map[string]store.Thread{"acting": acting, "running": running, "sending": sending} {
		if got := h.find(th.ID); got.Status != club.ThreadEscalated {
			t.Errorf("%s hangs and is still %s", name, got.Status)
		}
	}
	for name, th := range map[string]store.Thread{"claimed": claimed, "replied": replied, "proposed": proposed} {
		if got := h.find(th.ID); got.Status == club.ThreadEscalated {
			t.Errorf("%s was escalated", name)
		}
	}
	// The silence after the hand reply is over, and nobody has answered.
	h.clock.Advance(4 * time.Hour)
	h.sweep()
	if got := h.find(replied.ID); got.Status != club.ThreadEscalated {
		t.Errorf("after the silence the unanswered text is with %s", got.Status)
	}
}

func TestAnnouncedActionWhoseDeadlineJobWasLostReachesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	deadline := h.clock.Now().Add(time.Minute)
	h.propose(th, club.TierSuggest, &deadline)
	h.clock.Advance(31 * time.Minute)
	h.sweep()
	if got := h.find(th.ID); got.Status != club.ThreadEscalated || h.count("SELECT COUNT(*) FROM proposals WHERE status = 'superseded'") != 1 {
		t.Errorf("still %s", got.Status)
	}
}

func TestApprovalThatNobodyDecidesIsRemindedOfPerInterval(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "refund please")
	id := h.propose(th, club.TierApprove, nil)
	for i := range 9 {
		h.clock.Advance(15 * time.Minute)
		h.sweep()
		h.sweep()
		if got, want := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'proposal' AND ref = $1", id.String()), min((i+1)/2, 5); got != want {
			t.Errorf("after %d minutes %d reminders, want %d", 15*(i+1), got, want)
		}
	}
	h.clock.Advance(24 * time.Hour)
	h.sweep()
	if got := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'proposal'"); got != 5 {
		t.Errorf("%d reminders, want at most 5", got)
	}
	if got := h.find(th.ID); got.Status == club.ThreadEscalated {
		t.Error("the reminder moved the thread")
	}
}

func TestOldApprovalsDoNotHideANewerOne(t *testing.T) {
	t.Parallel()
	for name, older := range map[string]time.Duration{"that have had all their reminders": 24 * time.Hour, "whose next reminder is not due yet": 20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			for range desk.SweepSize {
				h.propose(h.thread(h.a, "refund please"), club.TierApprove, nil)
			}
			h.clock.Advance(older)
			id := h.propose(h.thread(h.a, "refund please"), club.TierApprove, nil)
			h.clock.Advance(15 * time.Minute)
			h.sweep()
			before := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'proposal'")
			h.clock.Advance(16 * time.Minute)
			h.sweep()
			if got := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'proposal' AND ref = $1", id.String()); got != 1 {
				t.Errorf("%d reminders of the newer approval, want 1", got)
			}
			if got := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'proposal'"); got != before+1 {
				t.Errorf("%d reminders in all, want one more than %d", got, before)
			}
		})
	}
}

func TestQuestionThatTheMemberLetsLieIsClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var ids []club.ThreadID
	for i := range 2 {
		th := h.thread(h.a, fmt.Sprint(i))
		h.write(func(tx *store.Tx) (err error) {
			for _, ev := range []club.ThreadEvent{club.ThreadTaken, club.ThreadAsked} {
				if th, err = thread.Apply(t.Context(), tx, th, thread.Move{Event: ev, By: club.System("test")}); err != nil {
					return err
				}
			}
			if i == 0 {
				th.LastOutAt = &tx.Now
				th, err = thread.Save(t.Context(), tx, th)
			}
			return err
		})
		ids = append(ids, th.ID)
	}
	h.clock.Advance(setting.Default().AnswerWait - time.Second)
	h.sweep()
	if got := h.find(ids[0]); got.Status != club.ThreadAwaitingResponse {
		t.Errorf("closed before its time: %s", got.Status)
	}
	h.clock.Advance(time.Second)
	h.sweep()
	for _, id := range ids {
		if got := h.find(id); got.Status != club.ThreadTimeout {
			t.Errorf("still %s", got.Status)
		}
	}
}
