package decide

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// stored is how a decision's steps are kept.
type stored struct {
	Steps    []knowledge.Step         `json:"steps"`
	Fallback []knowledge.Step         `json:"fallback,omitempty"`
	Also     []catalogue.Prerequisite `json:"also,omitempty"` // the procedure's own prerequisites, for the gate
}

// record stores the decision with its evidence.
func (d *Decider) record(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, p *plan) (store.Decision, error) {
	dec := store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: m.thread.ID, SubjectID: m.person.Subject.ID, Kind: p.kind, Title: p.title,
		Confidence: p.confidence, EarnedTier: p.earned, LocationID: m.location.ID, BayID: m.bay.ID, BookingID: m.booking.ID, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
	if p.entry != nil {
		dec.SOPID, dec.SOPVersion = p.entry.SOP, p.entry.Version
	}
	if len(p.steps) > 0 {
		if err := d.draft(ctx, tx, keys, m, p, &dec); err != nil {
			return dec, err
		}
	}
	dec.Tier = p.tier
	evidence, err := json.Marshal(club.Evidence{Text: m.masked, Facts: m.facts, Candidates: p.candidates, Rule: p.rule, Limits: p.limits, Model: p.model, Course: p.course, Refutes: m.refuted.decision()})
	if err != nil {
		return dec, fmt.Errorf("encode evidence: %w", err)
	}
	steps, err := json.Marshal(stored{Steps: p.steps, Fallback: p.fallback, Also: p.also})
	if err != nil {
		return dec, fmt.Errorf("encode steps: %w", err)
	}
	dec.Evidence, dec.Steps = string(evidence), string(steps)
	if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
		return dec, fmt.Errorf("store decision: %w", err)
	}
	if err := d.remember(ctx, tx, m, dec, p); err != nil {
		return dec, err
	}
	if err := m.noteRefuted(ctx, tx, keys); err != nil {
		return dec, err
	}
	if err := d.noteAlone(ctx, tx, m, dec, p); err != nil {
		return dec, err
	}
	if err := m.keepReports(ctx, tx, dec.ID); err != nil {
		return dec, err
	}
	d.observe(tx, m, dec)
	return dec, audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "decision.made", Object: dec.ID.String(), Thread: dec.ThreadID,
		Detail: map[string]any{"kind": dec.Kind, "title": dec.Title, "tier": dec.Tier, "confidence": dec.Confidence, "limits": p.limits, "rule": p.rule}})
}

// observe tells, once the decision is stored, how long its last text had waited. What nobody wrote is
// left out: a report waits on purpose for what belongs to it.
func (d *Decider) observe(tx *store.Tx, m *matter, dec store.Decision) {
	if d.cfg.Observe == nil || len(m.texts) == 0 {
		return
	}
	waited := tx.Now.Sub(m.texts[len(m.texts)-1].row.CreatedAt)
	tx.AfterCommit(func() { d.cfg.Observe(dec.Tier, waited) })
}

// remember stores what was weighed, and has the thread's earlier decisions judged again where this one
// may show that they did not help.
func (d *Decider) remember(ctx context.Context, tx *store.Tx, m *matter, dec store.Decision, p *plan) error {
	list := p.weighed
	if p.standing != nil {
		s := p.standing
		list = append(list, learn.Weighed{Plan: s.Plan, Role: learn.RoleChosen, Score: p.candidates[0].Score, Probability: s.Match,
			Reliability: s.Assessment.Auto, Confidence: s.Confidence, Model: p.model, Young: s.Young})
	}
	if err := d.cfg.Memory.Remember(ctx, tx, dec, list); err != nil || p.standing == nil && p.rule != learn.RuleNotFixed && m.refuted == nil {
		return err
	}
	last, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread.ID, Limit: 2})
	if err != nil {
		return fmt.Errorf("find earlier decisions: %w", err)
	}
	if len(last) > 1 {
		learn.Consider(tx, last[1].ID)
	}
	return nil
}

// noteAlone records what acts alone, or would if it were allowed to.
func (d *Decider) noteAlone(ctx context.Context, tx *store.Tx, m *matter, dec store.Decision, p *plan) error {
	if p.kind != kindAnswer || p.standing == nil || dec.Tier == club.TierEscalate || p.alone != club.TierAuto && p.alone != club.TierSuggest {
		return nil
	}
	a := learn.Alone{Tier: p.alone, Allowed: dec.Tier == p.alone, ActionClass: string(catalogue.CategoryWords)}
	if acts := actionsOf(m.path(p.steps), d.cfg.Catalogue); len(acts) > 0 {
		a.Action, a.ActionClass = acts[0].Name, string(acts[0].Category)
	}
	return d.cfg.Memory.NoteAlone(ctx, tx, m.settings, dec, a)
}

// ColumnReply is where a decision's draft stands, as vault.Field names it.
const ColumnReply = "decisions.reply"

// draft renders the first words of the plan, sealed into the decision, so that people see what the
// member would read. Words that cannot be rendered (a value is missing) make it a person's matter.
func (d *Decider) draft(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, p *plan, dec *store.Decision) error {
	template := ""
	for _, s := range m.path(p.steps) {
		if k := s.Kind(); k == knowledge.StepReply || k == knowledge.StepAsk {
			template = s.Reply + s.Ask
			break
		}
	}
	if template == "" {
		return nil
	}
	values, err := act.Values(ctx, tx, keys, *dec)
	if err != nil {
		return err
	}
	words, err := knowledge.Render(template, values)
	if err != nil {
		p.lower(club.Hold{By: club.HoldWords, To: club.TierEscalate}, club.MessageOf(err))
		return nil
	}
	if p.kind == kindEscalate {
		p.reply = words
	}
	dec.Reply, err = people.Seal(keys, m.person.Subject, ColumnReply, dec.ID.String(), words)
	return err
}
