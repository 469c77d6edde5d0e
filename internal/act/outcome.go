package act

import (
	"context"
	"fmt"
	"strings"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// accept moves an execution on to its verification.
func (e *Engine) accept(ctx context.Context, tx *store.Tx, x store.Execution, detail string) error {
	n, err := tx.AcceptExecution(ctx, store.AcceptExecutionParams{ID: x.ID, Detail: detail})
	if err != nil {
		return fmt.Errorf("record call: %w", err)
	}
	if n == 0 {
		return nil
	}
	changed(tx, x)
	tx.Enqueue(verifyJob{Meta: jobs.For(tx), Execution: x.ID}, vendorQueue())
	return audit.Write(ctx, tx, audit.Entry{Actor: system, Action: "execution.called", Object: x.ID.String(), Thread: x.ThreadID, Detail: map[string]any{"detail": detail}})
}

// undone ends an execution that certainly did nothing; its cooldown was taken for nothing.
func (e *Engine) undone(ctx context.Context, tx *store.Tx, x store.Execution, outcome club.Outcome, why string) error {
	if _, err := tx.ReleaseCooldown(ctx, store.ReleaseCooldownParams{Action: x.Action, Target: cooldownTarget(x.DeviceID), Taken: x.CreatedAt}); err != nil {
		return fmt.Errorf("release cooldown: %w", err)
	}
	return e.finish(ctx, tx, x, outcome, why, nil)
}

// finish ends an execution, once. One that came to nothing is reported as an event of its place. The runs
// that wait for it go on; where none does and it did not work, a person is called.
func (e *Engine) finish(ctx context.Context, tx *store.Tx, x store.Execution, outcome club.Outcome, detail string, proof *club.Fact) error {
	if proof != nil {
		x.Proofs = encodeFacts(append(decodeFacts(x.Proofs), *proof))
	}
	n, err := tx.FinishExecution(ctx, store.FinishExecutionParams{ID: x.ID, Outcome: outcome, Detail: detail, Proofs: x.Proofs, FinishedAt: &tx.Now})
	if err != nil {
		return fmt.Errorf("record outcome: %w", err)
	}
	if n == 0 {
		return nil
	}
	changed(tx, x)
	if err := audit.Write(ctx, tx, audit.Entry{Actor: system, Action: "execution." + string(outcome), Object: x.ID.String(), Thread: x.ThreadID, Detail: map[string]any{"action": x.Action, "detail": detail}}); err != nil {
		return err
	}
	if err := consider(ctx, tx, x); err != nil {
		return err
	}
	if err := reportFailed(ctx, tx, x, outcome, detail); err != nil {
		return err
	}
	waiting, err := tx.FindRunsWaitingFor(ctx, "%"+x.ID.String()+"%")
	if err != nil {
		return fmt.Errorf("find waiting runs: %w", err)
	}
	attended := false
	for _, id := range waiting {
		tx.Enqueue(runJob{Meta: jobs.For(tx), Decision: id}, vendorQueue())
		attended = attended || id == x.DecisionID
	}
	if attended || outcome == club.OutcomeSuccess || x.ThreadID.IsZero() {
		return nil
	}
	return e.summon(ctx, tx, x.ThreadID, Escalation{Reason: sentence(x.Action, outcome, detail), Decision: x.DecisionID})
}

// consider has the decision judged that an execution belongs to; a person's own act tells what they did in
// place of the thread's last decision.
func consider(ctx context.Context, tx *store.Tx, x store.Execution) error {
	if !x.DecisionID.IsZero() || x.ThreadID.IsZero() {
		learn.Consider(tx, x.DecisionID)
		return nil
	}
	last, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: x.ThreadID, Limit: 1})
	if err != nil {
		return fmt.Errorf("find decision: %w", err)
	}
	for _, dec := range last {
		learn.Consider(tx, dec.ID)
		learn.ConsiderDeed(tx, dec.ID)
	}
	return nil
}

// summon calls a person to a thread, unless one has it. A merged thread is the one it was merged into.
func (e *Engine) summon(ctx context.Context, tx *store.Tx, id club.ThreadID, why Escalation) error {
	t, err := thread.Find(ctx, tx, id)
	if err != nil {
		return err
	}
	if t.Status == club.ThreadMerged && !t.MergedInto.IsZero() {
		if t, err = thread.Find(ctx, tx, t.MergedInto); err != nil {
			return err
		}
	}
	if t.Status == club.ThreadInProgress || t.Status == club.ThreadManualOverride {
		return nil // the person sees the execution in the thread
	}
	if err := e.cfg.Escalate(ctx, tx, t, why); err != nil {
		return fmt.Errorf("escalate: %w", err)
	}
	return nil
}

// spoken is an action's name in a sentence.
func spoken(a club.ActionName) string { return strings.ReplaceAll(string(a), "_", " ") }

// sentence says for people how an execution ended. What is not known to have failed is not said to have.
func sentence(a club.ActionName, o club.Outcome, detail string) string {
	name := spoken(a)
	switch o {
	case club.OutcomeRefused:
		return name + " was not done: " + detail
	case club.OutcomeFailed:
		return name + " failed: " + detail
	}
	return name + " was sent, but it is not known whether it worked: " + detail
}

func changed(tx *store.Tx, x store.Execution) {
	tx.Changed(Topic, x.ID.String())
	if !x.ThreadID.IsZero() {
		tx.Changed(thread.Topic, x.ThreadID.String())
	}
}

// lostExecute is called when the job's last try failed.
func (e *Engine) lostExecute(ctx context.Context, tenant *store.Tenant, job executeJob, _ error) error {
	return e.lost(ctx, tenant, job.Execution)
}

func (e *Engine) lostVerify(ctx context.Context, tenant *store.Tenant, job verifyJob, _ error) error {
	return e.lost(ctx, tenant, job.Execution)
}

func (e *Engine) lost(ctx context.Context, tenant *store.Tenant, id club.ExecutionID) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		x, err := tx.FindExecution(ctx, id)
		if err != nil {
			return fmt.Errorf("find execution: %w", err)
		}
		if x.CalledAt == nil {
			return e.finish(ctx, tx, x, club.OutcomeFailed, "a fault of ours kept it from being done", nil)
		}
		return e.finish(ctx, tx, x, club.OutcomeUnconfirmed, "a fault of ours kept it from being looked after", nil)
	})
}
