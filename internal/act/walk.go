package act

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// walker is a run in the hands of one transaction, which holds its row.
type walker struct {
	e        *Engine
	tx       *store.Tx
	keys     *vault.Tenant
	run      store.Run
	plan     plan
	decision store.Decision
	thread   store.Thread
}

// turn is what is to happen after a transaction.
type turn struct {
	again bool          // go on at once
	act   *Request      // put this through the gate, after a look at the vendor
	wait  time.Duration // go on later
}

// walk is the job: it takes step after step, each in a transaction of its own, until the run ends or
// waits. The end of an execution enqueues it again.
func (e *Engine) walk(ctx context.Context, tenant *store.Tenant, job runJob) error {
	keys, err := e.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return fmt.Errorf("open keys: %w", err)
	}
	for {
		if err := e.crash(failpoint.RunStep); err != nil {
			return err
		}
		var next turn
		err := tenant.Write(ctx, func(tx *store.Tx) (err error) {
			next, err = e.advance(ctx, tx, keys, job.Decision, nil, sight{})
			return err
		})
		if err == nil && next.act != nil {
			next, err = e.attempt(ctx, tenant, keys, job.Decision, next.act)
		}
		switch {
		case err != nil:
			return err
		case next.wait > 0:
			return jobs.Later(next.wait)
		case !next.again:
			return nil
		}
	}
}

// attempt looks at the vendor, outside of any transaction, and then takes the action's step with what
// it saw.
func (e *Engine) attempt(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, id club.DecisionID, r *Request) (next turn, err error) {
	seen, err := e.look(ctx, tenant, *r)
	if err != nil {
		return next, err
	}
	if err := e.crash(failpoint.GateLooked); err != nil {
		return next, err
	}
	err = tenant.Write(ctx, func(tx *store.Tx) (err error) {
		next, err = e.advance(ctx, tx, keys, id, r, seen)
		failpoint.Hit(failpoint.GateClaim)
		return err
	})
	failpoint.Hit(failpoint.GateClaimed)
	return next, err
}

// advance takes one step. looked is the action that the vendor was looked at for; where the run has
// moved on since, that look is of no use and is made again.
func (e *Engine) advance(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.DecisionID, looked *Request, seen sight) (turn, error) {
	w, ok, err := e.take(ctx, tx, keys, id)
	if err != nil || !ok {
		return turn{}, err
	}
	if why := w.mustStop(); why != "" {
		return turn{}, w.stop(ctx, why)
	}
	if !w.plan.Waiting.IsZero() {
		return w.resume(ctx)
	}
	steps := w.plan.part()
	for int(w.run.NextStep) < len(steps) && !steps[w.run.NextStep].Runs(w.last()) {
		w.run.NextStep++
	}
	if int(w.run.NextStep) >= len(steps) {
		return turn{}, w.complete(ctx)
	}
	step := steps[w.run.NextStep]
	if step.Kind() == knowledge.StepAction {
		return w.action(ctx, step, looked, seen)
	}
	if at, ok := w.announced(); ok {
		return w.announce(ctx, step, at, looked, seen)
	}
	return w.words(ctx, step)
}

// announced returns the action that the reply at hand announces: the next step, if all goes on as it is.
func (w *walker) announced() (at int, ok bool) {
	steps := w.plan.part()
	if steps[w.run.NextStep].Kind() != knowledge.StepReply {
		return 0, false
	}
	for at = int(w.run.NextStep) + 1; at < len(steps); at++ {
		if steps[at].Runs(w.last()) {
			return at, steps[at].Kind() == knowledge.StepAction
		}
	}
	return 0, false
}

// announce takes a reply and the action that it announces as one step: nobody is told that something
// is being done before the gate has let it pass.
func (w *walker) announce(ctx context.Context, step knowledge.Step, at int, looked *Request, seen sight) (turn, error) {
	key, first := w.key(), w.run.NextStep
	text, err := w.text(ctx, step.Reply)
	var bad *wordless
	if errors.As(err, &bad) {
		return turn{}, w.giveUp(ctx, bad.why)
	}
	if err != nil {
		return turn{}, err
	}
	w.run.NextStep = int64(at)
	return w.attempted(ctx, w.plan.part()[at], looked, seen, attemptHooks{
		pass: func() error { return w.say(ctx, key, text) },
		wait: func() { w.run.NextStep = first },
	})
}

// take holds a run for the transaction; ok is false when it has ended.
func (e *Engine) take(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.DecisionID) (w *walker, ok bool, err error) {
	w = &walker{e: e, tx: tx, keys: keys}
	if w.run, err = tx.LockRun(ctx, store.LockRunParams{DecisionID: id, UpdatedAt: tx.Now}); club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return nil, false, nil
	} else if err != nil {
		return nil, false, fmt.Errorf("take run: %w", err)
	}
	if err := json.Unmarshal([]byte(w.run.Steps), &w.plan); err != nil {
		return nil, false, fmt.Errorf("read run: %w", err)
	}
	if w.decision, err = tx.Known().FindDecision(ctx, id); err != nil {
		return nil, false, fmt.Errorf("find decision: %w", err)
	}
	if w.thread, err = thread.Find(ctx, tx, w.run.ThreadID); err != nil {
		return nil, false, err
	}
	return w, true, nil
}

// last is how the last action of the run ended; "" before the first.
func (w *walker) last() knowledge.When {
	if w.run.Last == "" {
		return ""
	}
	return knowledge.WhenOf(w.run.Last)
}

// mustStop says why the machine must not go on: the matter is with people, or was continued elsewhere.
func (w *walker) mustStop() string {
	s := w.thread.Status
	switch {
	case s == club.ThreadEscalated && w.plan.Escalated:
		return "" // by a step of this run; the rest of the procedure belongs to it
	case s.HeldByPeople():
		return "a person has the conversation"
	case s == club.ThreadMerged:
		return "the conversation continues in another one"
	case s == club.ThreadResolved:
		return "a person has closed the conversation"
	}
	return ""
}

// stop ends the run where it stands. What it waited for and what did not work out is still told to a
// person, where none has the matter in hand.
func (w *walker) stop(ctx context.Context, why string) error {
	if !w.plan.Waiting.IsZero() {
		x, err := w.tx.FindExecution(ctx, w.plan.Waiting)
		if err != nil {
			return fmt.Errorf("find execution: %w", err)
		}
		if x.Outcome.Final() && x.Outcome != club.OutcomeSuccess && !w.thread.Status.HeldByPeople() {
			return w.giveUp(ctx, sentence(x.Action, x.Outcome, x.Detail))
		}
	}
	return w.end(ctx, runStopped, why)
}

// save stores where the run stands.
func (w *walker) save(ctx context.Context) error {
	if _, err := w.tx.UpdateRun(ctx, store.UpdateRunParams{DecisionID: w.run.DecisionID, Steps: w.plan.json(), NextStep: w.run.NextStep, Last: w.run.Last, Status: w.run.Status, UpdatedAt: w.tx.Now}); err != nil {
		return fmt.Errorf("store run: %w", err)
	}
	w.tx.Changed(thread.Topic, w.run.ThreadID.String())
	return nil
}

// done notes that the step is behind, and goes on.
func (w *walker) done(ctx context.Context) (turn, error) {
	w.run.NextStep++
	return turn{again: true}, w.save(ctx)
}

func (w *walker) end(ctx context.Context, status, why string) error {
	w.run.Status = status
	if err := w.save(ctx); err != nil {
		return err
	}
	return audit.Write(ctx, w.tx, audit.Entry{Actor: system, Action: "run." + status, Object: w.run.DecisionID.String(), Thread: w.run.ThreadID, Detail: map[string]any{"why": why}})
}

// complete ends a run whose steps are all behind. A matter that came to nothing goes to a person.
func (w *walker) complete(ctx context.Context) error {
	if w.plan.Escalated {
		return w.end(ctx, runDone, "with a person")
	}
	if !w.plan.Said && !w.plan.Did {
		return w.giveUp(ctx, "the procedure ended without anything done or said")
	}
	others, err := w.tx.CountUnderWay(ctx, store.CountUnderWayParams{ThreadID: w.run.ThreadID, OtherThan: w.run.DecisionID.String()})
	if err != nil {
		return fmt.Errorf("count what is under way: %w", err)
	}
	if others > 0 {
		return w.end(ctx, runDone, "finished; something else goes on in the conversation")
	}
	if _, err := w.thread.Status.Next(club.ThreadAnswered); err == nil {
		if w.thread, err = thread.Apply(ctx, w.tx, w.thread, thread.Move{Event: club.ThreadAnswered, By: system, Why: "the procedure is finished"}); err != nil {
			return err
		}
	} // otherwise the member has written again, and that text is decided on by itself
	return w.end(ctx, runDone, "finished")
}

// giveUp hands the matter to a person and ends the run.
func (w *walker) giveUp(ctx context.Context, why string) error {
	if err := w.e.summon(ctx, w.tx, w.thread.ID, Escalation{Reason: why, Decision: w.decision.ID}); err != nil {
		return err
	}
	return w.end(ctx, runStopped, why)
}

// callPerson hands the matter to a person, tells the member so, and ends the run.
func (w *walker) callPerson(ctx context.Context, why string) error {
	if err := w.e.summon(ctx, w.tx, w.thread.ID, Escalation{Reason: why, Decision: w.decision.ID, TellMember: true}); err != nil {
		return err
	}
	return w.end(ctx, runStopped, why)
}

// resume goes on where an execution was waited for, if it has ended.
func (w *walker) resume(ctx context.Context) (turn, error) {
	x, err := w.tx.FindExecution(ctx, w.plan.Waiting)
	if err != nil {
		return turn{}, fmt.Errorf("find execution: %w", err)
	}
	if !x.Outcome.Final() {
		return turn{}, nil // its end enqueues the run again
	}
	retry := w.plan.Retry
	w.plan.Waiting, w.plan.Retry = "", false
	if retry {
		return turn{again: true}, w.save(ctx)
	}
	return w.ended(ctx, x.Action, x.Outcome, x.Detail)
}

// ended takes in how an action ended: the next step, the fallback, or a person.
func (w *walker) ended(ctx context.Context, a club.ActionName, o club.Outcome, detail string) (turn, error) {
	rest := w.plan.part()[w.run.NextStep+1:]
	w.run.Last = o
	w.plan.Did = w.plan.Did || o == club.OutcomeSuccess
	when := knowledge.WhenOf(o)
	switch {
	case when == knowledge.WhenSuccess, knowledge.Handles(rest, when):
		return w.done(ctx)
	case when == knowledge.WhenFailed && !w.plan.InFallback && len(w.plan.Fallback) > 0:
		w.plan.InFallback, w.run.NextStep, w.run.Last = true, 0, ""
		return turn{again: true}, w.save(ctx)
	}
	return turn{}, w.giveUp(ctx, sentence(a, o, detail))
}

// action puts the step's action through the gate, and waits for its end.
func (w *walker) action(ctx context.Context, step knowledge.Step, looked *Request, seen sight) (turn, error) {
	return w.attempted(ctx, step, looked, seen, attemptHooks{pass: func() error { return nil }, wait: func() {}})
}

// attemptHooks are what goes with an action: pass runs in the transaction that lets it pass, wait when
// it is to be tried again later.
type attemptHooks struct {
	pass func() error
	wait func()
}

func (w *walker) attempted(ctx context.Context, step knowledge.Step, looked *Request, seen sight, hooks attemptHooks) (turn, error) {
	r := w.request(step)
	if looked == nil || looked.Key != r.Key {
		return turn{act: &r}, nil
	}
	x, no, err := w.e.admit(ctx, w.tx, r, seen)
	switch {
	case err != nil:
		return turn{}, err
	case no != nil && no.RetryAfter > 0:
		hooks.wait()
		return turn{wait: no.RetryAfter}, w.save(ctx)
	case no != nil && !no.Under.IsZero():
		return w.join(ctx, no)
	case no != nil && no.tooOften():
		// It ran a moment ago, or often enough. That is neither a failure to tell the member of nor a reason
		// for stronger means: somebody must look why it does not help.
		w.run.Last = x.Outcome
		return turn{}, w.callPerson(ctx, sentence(step.Action, club.OutcomeRefused, no.Reason))
	case x.Outcome.Final():
		return w.ended(ctx, x.Action, x.Outcome, x.Detail)
	}
	if err := hooks.pass(); err != nil {
		return turn{}, err
	}
	w.plan.Waiting = x.ID
	return turn{}, w.save(ctx)
}

// join waits for what is under way on the same target already. Of the same action, its outcome is this
// step's; the member is not told that it failed while it runs. Another one only has to end first.
func (w *walker) join(ctx context.Context, no *Refusal) (turn, error) {
	// The execution's row is held until the run that waits for it is stored, so that it cannot end in
	// between and leave the run waiting.
	n, err := w.tx.HoldExecution(ctx, no.Under)
	if err != nil {
		return turn{}, fmt.Errorf("hold execution: %w", err)
	}
	if n == 0 {
		return turn{again: true}, w.save(ctx)
	}
	w.plan.Waiting, w.plan.Retry = no.Under, !no.Same
	if !w.plan.Said {
		var bad *wordless
		if err := w.say(ctx, w.key()+":under_way", underWayWords); err != nil && !errors.As(err, &bad) {
			return turn{}, err
		}
	}
	return turn{}, w.save(ctx)
}

// underWayWords tell a member that what they ask for has begun already. It claims nothing else.
const underWayWords = "We are already on it. I'll text you here as soon as I can see whether it worked."

func (w *walker) request(step knowledge.Step) Request {
	r := Request{Action: step.Action, Params: step.Params, Thread: w.thread, Decision: w.decision.ID, By: system, Location: w.decision.LocationID,
		Bay: w.decision.BayID, Also: w.plan.Also, Key: w.key()}
	if by, ok := club.ParseActor(w.run.StartedBy); ok {
		r.By = by
	}
	if w.thread.Provider == club.EventProvider && r.By.IsPerson() { // nobody wrote, so no member's standing can be proved
		r.Reason = "approved for what was reported: " + w.decision.Title
	}
	return r
}

// key names the step as a cause: whatever it does, it does once.
func (w *walker) key() string {
	return fmt.Sprintf("run:%s:%s:%d", w.decision.ID, w.plan.name(), w.run.NextStep)
}
