package act

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/act/catalogue"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// The statuses of a run.
const (
	runRunning = "running"
	runDone    = "done"
	runStopped = "stopped" // people have the matter
)

// ColumnReply is where a run's approved words stand, as vault.Field names it.
const ColumnReply = "runs.reply"

// Run is a decision that is to be carried out.
type Run struct {
	Decision store.Decision
	Steps    []knowledge.Step // as approved
	Fallback []knowledge.Step
	// Also are the procedure's prerequisites, for the gate to prove beside those of each action.
	Also []catalogue.Prerequisite
	// Reply, where it is set, stands in for the words that the member reads first if all goes well: what a person
	// approved or edited, as it is to be sent.
	Reply string
	By    club.Actor
}

// plan is what the steps column of a run holds: what is to be done, and what has been noted on the way.
type plan struct {
	Steps    []knowledge.Step         `json:"steps"`
	Fallback []knowledge.Step         `json:"fallback,omitempty"`
	Also     []catalogue.Prerequisite `json:"also,omitempty"`
	ReplyAt  int                      `json:"reply_at"` // the step whose words are the approved ones; -1: none

	InFallback bool             `json:"in_fallback,omitempty"`
	Waiting    club.ExecutionID `json:"waiting,omitempty"` // the execution whose end decides how it goes on
	Retry      bool             `json:"retry,omitempty"`   // that end only clears the way for the step itself
	Said       bool             `json:"said,omitempty"`    // the member was told something
	Did        bool             `json:"did,omitempty"`     // something was done
	Escalated  bool             `json:"escalated,omitempty"`
}

func (p plan) part() []knowledge.Step {
	if p.InFallback {
		return p.Fallback
	}
	return p.Steps
}

func (p plan) name() string {
	if p.InFallback {
		return "fallback"
	}
	return "steps"
}

// Start begins to carry a decision out, in the transaction that decided or approved. Conflict when that
// has begun before: a decision is carried out once.
func (e *Engine) Start(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Run) error {
	p := plan{Steps: r.Steps, Fallback: r.Fallback, Also: r.Also, ReplyAt: -1}
	var reply []byte
	if r.Reply != "" {
		p.placeReply(r.Decision.BayID)
		subject, err := tx.FindSubject(ctx, r.Decision.SubjectID)
		if err != nil {
			return fmt.Errorf("find subject: %w", err)
		}
		if reply, err = people.Seal(keys, subject, ColumnReply, r.Decision.ID.String(), r.Reply); err != nil {
			return err
		}
	}
	if len(p.Steps) == 0 {
		return club.Invalid("there is nothing to carry out")
	}
	n, err := tx.CreateRun(ctx, store.CreateRunParams{DecisionID: r.Decision.ID, ThreadID: r.Decision.ThreadID, Steps: p.json(), Reply: reply, StartedBy: r.By.String(), Now: tx.Now})
	if err != nil {
		return fmt.Errorf("store run: %w", err)
	}
	if n == 0 {
		return club.Conflict("this decision is being carried out already")
	}
	enqueueRun(tx, r.Decision.ID)
	if !r.By.IsPerson() {
		learn.ConsiderAgain(tx, r.Decision.ID) // by then silence is an answer
	}
	tx.Changed(thread.Topic, r.Decision.ThreadID.String())
	return audit.Write(ctx, tx, audit.Entry{Actor: r.By, Action: "run.started", Object: r.Decision.ID.String(), Thread: r.Decision.ThreadID, Detail: map[string]any{"steps": len(p.Steps), "edited": r.Reply != ""}})
}

// placeReply finds the step whose words the approved ones replace: the first that the member reads if
// all goes well. Where there is none, they are a step of their own, at the beginning.
func (p *plan) placeReply(bay club.BayID) {
	var last knowledge.When
	for i, s := range p.Steps {
		switch kind := s.Kind(); {
		case !s.Runs(last), kind == knowledge.StepAsk && s.Expect == knowledge.ExpectBay && !bay.IsZero():
		case kind == knowledge.StepReply, kind == knowledge.StepAsk:
			p.ReplyAt = i
			return
		case kind == knowledge.StepAction:
			last = knowledge.WhenSuccess
		}
	}
	p.Steps = append([]knowledge.Step{{Reply: "approved words"}}, p.Steps...)
	p.ReplyAt = 0
}

func (p plan) json() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("BUG: plan does not encode: " + err.Error())
	}
	return string(b)
}

func enqueueRun(tx *store.Tx, id club.DecisionID) {
	tx.Enqueue(runJob{Meta: jobs.For(tx), Decision: id}, vendorQueue())
}

// lostRun is called when a run's job has failed for the last time: a person takes the matter.
func (e *Engine) lostRun(ctx context.Context, tenant *store.Tenant, job runJob, _ error) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		w, ok, err := e.take(ctx, tx, nil, job.Decision)
		if err != nil || !ok {
			return err
		}
		return w.giveUp(ctx, "a fault of ours kept the procedure from being carried out")
	})
}
