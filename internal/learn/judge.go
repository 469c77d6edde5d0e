package learn

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// asksAgain is how soon a member who asks the same again shows that the answer did not help. Something
// that was done to a bay has a day to prove itself.
const asksAgain = 2 * time.Hour

// sameWords is the share of words that a person's reply has in common with the proposed one from which on
// it is the same in other words.
const sameWords = 0.5

// Judge judges the decision and the thread's other decisions whose outcome it may have changed.
func (m *Memory) Judge(ctx context.Context, tenant *store.Tenant, job ConsiderJob) error {
	keys, err := m.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		dec, err := tx.Known().FindDecision(ctx, job.Decision)
		if err != nil {
			return fmt.Errorf("find decision: %w", err)
		}
		list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: dec.ThreadID, Limit: 20})
		if err != nil {
			return fmt.Errorf("find decisions: %w", err)
		}
		judged := false
		for i, d := range list {
			if d.CreatedAt.Before(dec.CreatedAt.Add(-silence)) {
				continue
			}
			judged = judged || d.ID == dec.ID
			if err := m.learnDeeds(ctx, tx, keys, d, list[:i]); err != nil {
				return err
			}
			if err := m.judgeOne(ctx, tx, keys, d, list[:i]); err != nil {
				return err
			}
		}
		if judged {
			return nil
		}
		return m.judgeOne(ctx, tx, keys, dec, nil) // the thread was merged, or has gone on for long
	})
}

// judgeOne finds a decision's outcomes and records them: that of the pattern it followed, and that of
// one that a person taught by it. Later are the thread's later decisions, newest first.
func (m *Memory) judgeOne(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, later []store.Decision) error {
	list, err := tx.FindMatches(ctx, dec.ID)
	if err != nil {
		return fmt.Errorf("find matches: %w", err)
	}
	for _, match := range list {
		var o outcome
		switch match.Role {
		case RoleChosen:
			o, err = m.judge(ctx, tx, keys, dec, match, later)
		case roleTaught:
			o, err = judgeLesson(ctx, tx, dec, later)
		default:
			continue
		}
		if err == nil {
			err = m.record(ctx, tx, dec, match, o)
		}
		if err != nil {
			return err
		}
	}
	if err := m.judgeAlone(ctx, tx, keys, dec, later); err != nil {
		return err
	}
	return m.noteTruth(ctx, tx, dec)
}

// judgeLesson is the outcome of a decision that a person took by hand. Of what was done about something that
// was reported, its end tells more than that somebody thought of it.
func judgeLesson(ctx context.Context, tx *store.Tx, dec store.Decision, later []store.Decision) (outcome, error) {
	p, err := tx.FindPrecedentOfDecision(ctx, dec.ID)
	if missing(err) {
		return outcome{}, nil // it was deleted: it speaks for nothing any more
	}
	if err != nil {
		return outcome{}, fmt.Errorf("find precedent: %w", err)
	}
	decided := outcome{reliability.SourceDecided, personOf(p.Actor)}
	o, ok, err := occasionOf(ctx, tx, dec, later)
	if err != nil || !ok {
		return decided, err
	}
	switch o.read(o.worked()) {
	case reliability.SourceVerified:
		decided.source = reliability.SourceHelped
	case reliability.SourceReopened:
		decided = outcome{source: reliability.SourceReopened}
	}
	return decided, nil
}

// judge says what came of a decision. What speaks against it counts before what speaks for it, and what
// a device shows before what a person thinks.
func (m *Memory) judge(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, match store.PatternMatch, later []store.Decision) (outcome, error) {
	agreed, err := m.judgePeople(ctx, tx, keys, dec, later)
	if err != nil || agreed.source == reliability.SourceCorrected || agreed.source == reliability.SourceRejected || agreed.source == reliability.SourceRefuted {
		return agreed, err
	}
	executions, err := tx.FindExecutionsOfDecision(ctx, dec.ID)
	if err != nil {
		return outcome{}, fmt.Errorf("find executions: %w", err)
	}
	if o, ok, err := occasionOf(ctx, tx, dec, later); err != nil || ok {
		if err != nil {
			return outcome{}, err
		}
		return o.judge(ctx, tx, dec, match, agreed, executions)
	}
	done, err := judgeExecutions(executions)
	if err != nil || done.source == reliability.SourceFailed {
		return done, err
	}
	switch back, err := cameBack(ctx, tx, dec, match, later); {
	case err != nil:
		return outcome{}, err
	case back:
		return outcome{source: reliability.SourceReopened}, nil
	case done.source == "" && agreed.source == reliability.SourceReviewed: // somebody looked, whatever the devices did
		return agreed, nil
	case done.source != "" || len(executions) > 0: // without a source nobody knows whether it was done
		return done, nil
	case agreed.source != "":
		return agreed, nil
	}
	return judgeSilence(ctx, tx, dec)
}

// judgeExecutions reads what devices say. An act that was refused, or that certainly never happened,
// says nothing about the decision.
func judgeExecutions(list []store.Execution) (outcome, error) {
	verified := false
	for _, x := range list {
		var proofs []club.Fact
		if err := json.Unmarshal([]byte(x.Proofs), &proofs); err != nil {
			return outcome{}, fmt.Errorf("read proofs: %w", err)
		}
		seen := slices.ContainsFunc(proofs, func(f club.Fact) bool { return f.Name == club.FactDidNotWork })
		switch {
		case x.Outcome == club.OutcomeTimeout, x.Outcome == club.OutcomePartial, seen:
			return outcome{source: reliability.SourceFailed}, nil
		case x.Outcome == club.OutcomeSuccess:
			verified = true
		default:
			return outcome{}, nil
		}
	}
	if verified {
		return outcome{source: reliability.SourceVerified}, nil
	}
	return outcome{}, nil
}

// judgePeople reads what people did with a proposal.
func (m *Memory) judgePeople(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, later []store.Decision) (outcome, error) {
	list, err := tx.FindOverridesOfDecision(ctx, dec.ID)
	if err != nil {
		return outcome{}, fmt.Errorf("find overrides: %w", err)
	}
	declinedLast(list)
	for _, o := range list {
		switch o.Kind {
		case "rejected":
			return outcome{reliability.SourceRejected, personOf(o.Actor)}, nil
		case "edited", "replied":
			source, err := m.substance(ctx, tx, keys, dec, o, later)
			if err != nil || source != "" {
				return outcome{source, personOf(o.Actor)}, err
			}
			if err := askWhether(ctx, tx, dec); err != nil {
				return outcome{}, err
			}
			return judgeReview(ctx, tx, dec)
		}
	}
	prop, err := tx.FindProposalOfDecision(ctx, dec.ID)
	switch {
	case err == nil && prop.Status == club.ProposalApproved:
		return outcome{reliability.SourceApproved, personOf(prop.DecidedBy)}, nil
	case err != nil && !missing(err):
		return outcome{}, fmt.Errorf("find proposal: %w", err)
	}
	return judgeReview(ctx, tx, dec)
}

// judgeReview reads what a person found who looked at what was done alone.
func judgeReview(ctx context.Context, tx *store.Tx, dec store.Decision) (outcome, error) {
	review, err := tx.FindReview(ctx, dec.ID)
	switch {
	case missing(err):
		return outcome{}, nil
	case err != nil:
		return outcome{}, fmt.Errorf("find review: %w", err)
	case review.Answer == AnswerRight:
		return outcome{reliability.SourceReviewed, personOf(review.Actor)}, nil
	case review.Answer == AnswerWrong:
		return outcome{reliability.SourceRefuted, personOf(review.Actor)}, nil
	}
	return outcome{}, nil
}

// declinedLast puts what somebody did by hand after declining before the button.
func declinedLast(list []store.Override) {
	slices.SortStableFunc(list, func(a, b store.Override) int { return cmp.Compare(declined(a), declined(b)) })
}

// declined is 1 for the mere word that something is not right, else 0.
func declined(o store.Override) int {
	if o.Kind == "rejected" {
		return 1
	}
	return 0
}

// InCommon is the share of words that two texts have in common, in [0, 1].
func InCommon(a, b string) float64 {
	left, right := wordsOf(a), wordsOf(b)
	both := 0
	for w := range left {
		if right[w] {
			both++
		}
	}
	if len(left)+len(right) == 0 {
		return 0
	}
	return float64(both) / float64(len(left)+len(right)-both)
}

// cameBack reports whether the member was not helped: said so, had meant something else, or had the same trouble
// again.
func cameBack(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch, later []store.Decision) (bool, error) {
	run, err := tx.FindRun(ctx, dec.ID)
	if missing(err) {
		return false, nil // never carried out: nothing can have failed to help
	}
	if err != nil {
		return false, fmt.Errorf("find run: %w", err)
	}
	actions, err := actionsOf(dec)
	if err != nil {
		return false, err
	}
	within := asksAgain
	if len(actions) > 0 {
		within = silence
	}
	for _, l := range later {
		gap := l.CreatedAt.Sub(run.CreatedAt)
		if gap < 0 || gap > silence {
			continue
		}
		var e club.Evidence
		if err := json.Unmarshal([]byte(l.Evidence), &e); err != nil {
			return false, fmt.Errorf("read evidence: %w", err)
		}
		if e.Rule == RuleNotFixed || e.Refutes == dec.ID {
			return true, nil
		}
		again, err := tx.FindChosenMatch(ctx, l.ID)
		if err != nil && !missing(err) {
			return false, fmt.Errorf("find match: %w", err)
		}
		if err == nil && again.PatternID == match.PatternID && l.BayID == dec.BayID && gap <= within {
			return true, nil
		}
	}
	return false, nil
}

// RuleNotFixed is the rule of a decision whose member says that what was done has not helped.
const RuleNotFixed = "not fixed"

// judgeSilence takes a day without complaint as a weak sign that what was done alone was right.
func judgeSilence(ctx context.Context, tx *store.Tx, dec store.Decision) (outcome, error) {
	run, err := tx.FindRun(ctx, dec.ID)
	if missing(err) {
		return outcome{}, nil
	}
	if err != nil {
		return outcome{}, fmt.Errorf("find run: %w", err)
	}
	if run.Status != "done" || tx.Now.Sub(run.CreatedAt) < silence {
		return outcome{}, nil
	}
	return outcome{source: reliability.SourceSilent}, nil
}

// actionsOf lists the actions of a stored decision's steps.
func actionsOf(dec store.Decision) ([]club.ActionName, error) { return actionsOfSteps(dec.Steps) }

// actionsOfSteps lists the actions of stored steps.
func actionsOfSteps(steps string) ([]club.ActionName, error) {
	var s struct {
		Steps []knowledge.Step `json:"steps"`
	}
	if err := json.Unmarshal([]byte(steps), &s); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	var out []club.ActionName
	for _, step := range s.Steps {
		if step.Kind() == knowledge.StepAction {
			out = append(out, step.Action)
		}
	}
	return out, nil
}

// saysNothing reports whether a stored decision neither acts nor tells anybody anything outside of the club.
func saysNothing(dec store.Decision) (bool, error) {
	var s struct {
		Steps []knowledge.Step `json:"steps"`
	}
	if err := json.Unmarshal([]byte(dec.Steps), &s); err != nil {
		return false, fmt.Errorf("read steps: %w", err)
	}
	return !slices.ContainsFunc(s.Steps, func(step knowledge.Step) bool {
		k := step.Kind()
		return k == knowledge.StepAction || k == knowledge.StepReply || k == knowledge.StepAsk
	}), nil
}

// personOf is the id of the person that an actor is; "" for machines and integrations.
func personOf(actor string) string {
	if a, ok := club.ParseActor(actor); ok && a.IsPerson() {
		return a.ID
	}
	return ""
}

// words is a name for people to read.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
