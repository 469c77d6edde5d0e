package learn

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// Delete forgets a pattern that people taught for good: its words, its situations, its outcomes and its
// breaker, and with it whatever was merged into it. The decisions that followed it stay as they were taken,
// with what they rested on; what people said of them still calibrates the matches. Retire keeps all of it.
func (m *Memory) Delete(ctx context.Context, tx *store.Tx, c Change) error {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return err
	}
	if !row.SOPID.IsZero() {
		return club.Invalid("this pattern is the record of a SOP; archive the SOP, or retire the pattern")
	}
	parts, err := WithParts(ctx, tx, []club.PatternID{row.ID})
	if err != nil {
		return err
	}
	gone := map[string]any{"before": summary(row)}
	var situations, outcomes, uses int64
	for i := len(parts) - 1; i >= 0; i-- { // those that were merged before what they were merged into
		part, err := tx.FindPattern(ctx, parts[i])
		if err != nil {
			return fmt.Errorf("find pattern: %w", err)
		}
		s, o, u, err := erase(ctx, tx, part)
		if err != nil {
			return err
		}
		situations, outcomes, uses = situations+s, outcomes+o, uses+u
	}
	gone["precedents"], gone["outcomes"], gone["decisions"] = situations, outcomes, uses
	if c.Reason != "" {
		gone["reason"] = phrase.Mask(c.Reason)
	}
	tx.Changed(Topic, row.ID.String())
	return audit.Write(ctx, tx, audit.Entry{Actor: c.By.Actor, Action: "pattern.deleted", Object: row.ID.String(), Detail: gone})
}

// erase takes a pattern out of every table.
func erase(ctx context.Context, tx *store.Tx, row store.DecisionPattern) (situations, outcomes, uses int64, err error) {
	id := row.ID
	list, err := tx.FindPrecedentsOfPattern(ctx, store.FindPrecedentsOfPatternParams{PatternID: id, Limit: MaxPrecedents})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("find precedents: %w", err)
	}
	if err := forgetDeeds(ctx, tx, list); err != nil {
		return 0, 0, 0, err
	}
	if situations, err = tx.DeletePatternPrecedents(ctx, id); err != nil {
		return 0, 0, 0, fmt.Errorf("delete precedents: %w", err)
	}
	if outcomes, err = tx.DeletePatternOutcomes(ctx, id); err != nil {
		return 0, 0, 0, fmt.Errorf("delete outcomes: %w", err)
	}
	if uses, err = tx.DeletePatternMatches(ctx, id); err != nil {
		return 0, 0, 0, fmt.Errorf("delete matches: %w", err)
	}
	for what, fn := range map[string]func() error{
		"tallies":       func() error { return tx.DeletePatternTallies(ctx, id) },
		"breaker":       func() error { return tx.DeletePatternBreaker(ctx, id.String()) },
		"what it did":   func() error { return tx.UnlinkAlonePattern(ctx, id) },
		"what is known": func() error { return tx.UnlinkTruthPattern(ctx, id) },
		"reviews":       func() error { return tx.UnlinkReviewPattern(ctx, id) },
	} {
		if err := fn(); err != nil {
			return 0, 0, 0, fmt.Errorf("delete %s: %w", what, err)
		}
	}
	n, err := tx.DeletePattern(ctx, store.DeletePatternParams{ID: id, Version: row.Version})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("delete pattern: %w", err)
	}
	if n == 0 {
		return 0, 0, 0, club.Conflict("somebody changed this pattern in the meantime; look again")
	}
	return situations, outcomes, uses, nil
}

// WithParts adds the patterns that were merged into others.
func WithParts(ctx context.Context, tx *store.Tx, ids []club.PatternID) ([]club.PatternID, error) {
	ids = slices.Clone(ids)
	for i := 0; i < len(ids); i++ {
		parts, err := tx.FindMergedInto(ctx, ids[i])
		if err != nil {
			return nil, fmt.Errorf("find merged patterns: %w", err)
		}
		for _, id := range parts {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}
