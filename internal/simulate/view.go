package simulate

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// View is what the club's records say about a number: of its newest thread that is not merged.
type View struct {
	Thread     store.Thread // zero ID: there is none
	Threads    int
	Consent    club.ConsentState
	Texts      int // the member's, in all threads
	Decision   store.Decision
	Rule       string            // of the decision
	Facts      string            // of the decision, a line each: "name: value"
	Escalation *store.Escalation // that is not closed
	Proposal   *store.Proposal   // that is open
	Title      string            // of the proposal's decision
	Tickets    []string          // titles
	Executions []store.Execution // newest first
}

// Look reads what the records say about a number. A number that has never texted gives the zero View.
func Look(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, number string) (View, error) {
	var v View
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		v = View{}
		index := keys.Index(vault.IndexPhone, number)
		s, err := tx.FindSubjectByPhone(ctx, &index)
		if missing(err) {
			return nil
		} else if err != nil {
			return fmt.Errorf("find subject: %w", err)
		}
		v.Consent = s.Consent
		threads, err := tx.FindThreadsOfSubject(ctx, store.FindThreadsOfSubjectParams{SubjectID: s.ID, Limit: 50})
		if err != nil {
			return fmt.Errorf("find threads: %w", err)
		}
		for _, t := range threads {
			if err := v.count(ctx, tx, t); err != nil {
				return err
			}
		}
		if v.Thread.ID.IsZero() {
			return nil
		}
		return v.fill(ctx, tx)
	})
	return v, err
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

func (v *View) count(ctx context.Context, tx *store.Tx, t store.Thread) error {
	if t.Status != club.ThreadMerged {
		v.Threads++
		if v.Thread.ID.IsZero() {
			v.Thread = t
		}
	}
	page, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: t.ID, Size: 200})
	if err != nil {
		return fmt.Errorf("find messages: %w", err)
	}
	for _, m := range page {
		if m.Direction == club.DirectionIn {
			v.Texts++
		}
	}
	return nil
}

func (v *View) fill(ctx context.Context, tx *store.Tx) error {
	id := v.Thread.ID
	decisions, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: id, Limit: 1})
	if err != nil {
		return fmt.Errorf("find decisions: %w", err)
	}
	if len(decisions) > 0 {
		var evidence club.Evidence
		if err := json.Unmarshal([]byte(decisions[0].Evidence), &evidence); err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		v.Decision, v.Rule = decisions[0], evidence.Rule
		for _, f := range evidence.Facts {
			v.Facts += f.Name + ": " + f.Value + "\n"
		}
	}
	if e, err := tx.FindUnclosedEscalation(ctx, id); err == nil {
		v.Escalation = &e
	} else if !missing(err) {
		return fmt.Errorf("find escalation: %w", err)
	}
	if err := v.fillProposal(ctx, tx); err != nil {
		return err
	}
	tickets, err := tx.FindTicketsOfThread(ctx, id)
	if err != nil {
		return fmt.Errorf("find tickets: %w", err)
	}
	for _, t := range tickets {
		v.Tickets = append(v.Tickets, t.Title)
	}
	if v.Executions, err = tx.FindDeskExecutions(ctx, store.FindDeskExecutionsParams{ThreadID: id, Limit: 50}); err != nil {
		return fmt.Errorf("find executions: %w", err)
	}
	return nil
}

func (v *View) fillProposal(ctx context.Context, tx *store.Tx) error {
	proposals, err := tx.FindProposalsOfThread(ctx, store.FindProposalsOfThreadParams{ThreadID: v.Thread.ID, Limit: 20})
	if err != nil {
		return fmt.Errorf("find proposals: %w", err)
	}
	for _, p := range proposals {
		if p.Status != club.ProposalOpen {
			continue
		}
		d, err := tx.FindDecision(ctx, p.DecisionID)
		if err != nil {
			return fmt.Errorf("find decision: %w", err)
		}
		v.Proposal, v.Title = &p, d.Title
	}
	return nil
}
