package decide

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/knowledge"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// withPeople says why a plan about something that people were called to is not carried out.
const withPeople = "people have been called to it"

// triedWithin is how long an act that came to nothing is not proposed again.
const triedWithin = time.Hour

// Advise puts before the people who have a situation's conversation what is known of the like: in a thread
// of situations as a proposal, in a member's conversation as a note, for what the member is told is theirs.
// Nobody is called again. Where nobody has the conversation, the procedure has dealt with it.
func (d *Decider) Advise(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Situation) error {
	th, err := thread.Find(ctx, tx, s.ThreadID)
	if err != nil || th.Status != club.ThreadEscalated && th.Status != club.ThreadInProgress {
		return err
	}
	what, err := pattern.ParseEvent(s.Context)
	if err != nil {
		return err
	}
	m, err := d.matterOf(ctx, tx, keys, th, s)
	if err != nil {
		return err
	}
	if m.tried, err = triedIn(ctx, tx, th); err != nil {
		return err
	}
	if err := d.reported(ctx, tx, m, s, 1); err != nil {
		return err
	}
	p, err := d.matchEvent(ctx, tx, keys, m, s, what)
	if err != nil {
		return err
	}
	acts := actionsOf(p.steps, d.cfg.Catalogue)
	useful := p.tier == club.TierApprove && len(acts) > 0 && !m.repeats(p.steps)
	if th.Provider != club.EventProvider {
		if !useful {
			return nil
		}
		return event.Note(ctx, tx, keys, th, knownWords(p, describe(m.path(p.steps), d.cfg.Catalogue)))
	}
	if !useful {
		p.kind, p.steps, p.fallback = kindEscalate, nil, nil
		p.lower(club.Hold{By: club.HoldFinal, To: club.TierEscalate}, withPeople)
	}
	if err := d.supersede(ctx, tx, th); err != nil {
		return err
	}
	dec, err := d.record(ctx, tx, keys, m, &p)
	if err != nil || !useful {
		return err
	}
	return d.propose(ctx, tx, m, p, dec)
}

// knownWords says to colleagues what is known of the like of a situation.
func knownWords(p plan, does string) string {
	words := "Of the like is known: " + p.title + " – " + does
	if record := p.candidates[0].Record; record != "" {
		words += " (" + record + ")"
	}
	return words + "."
}

// triedIn lists what was done in a conversation about its present matter and came to nothing.
func triedIn(ctx context.Context, tx *store.Tx, th store.Thread) ([]club.ActionName, error) {
	list, err := tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: th.ID, Limit: 20})
	if err != nil {
		return nil, fmt.Errorf("read executions: %w", err)
	}
	var out []club.ActionName
	for _, x := range list {
		if tx.Now.Sub(x.CreatedAt) < triedWithin && x.Outcome.Final() && x.Outcome != club.OutcomeSuccess {
			out = append(out, x.Action)
		}
	}
	return out, nil
}

// repeats reports whether steps begin with what has just come to nothing.
func (m *matter) repeats(steps []knowledge.Step) bool {
	return slices.ContainsFunc(steps, func(s knowledge.Step) bool {
		return s.Kind() == knowledge.StepAction && slices.Contains(m.tried, s.Action)
	})
}
