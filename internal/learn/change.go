package learn

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// Change is what every act of a person on a pattern carries.
type Change struct {
	By      identity.Principal
	Pattern club.PatternID
	Version int64  // as the person saw it; another one is a conflict
	Reason  string // why; may be empty
}

// Pause keeps a pattern from being followed until somebody resumes it: people decide.
func (m *Memory) Pause(ctx context.Context, tx *store.Tx, c Change) (store.DecisionPattern, error) {
	return m.setState(ctx, tx, c, "pattern.paused", StatePaused, StateActive)
}

// Resume lets a paused or retired pattern be followed again, as far as its record goes.
func (m *Memory) Resume(ctx context.Context, tx *store.Tx, c Change) (store.DecisionPattern, error) {
	return m.setState(ctx, tx, c, "pattern.resumed", StateActive, StatePaused, StateRetired)
}

// Retire takes a pattern out of use. What was learned by it is kept and matched no more.
func (m *Memory) Retire(ctx context.Context, tx *store.Tx, c Change) (store.DecisionPattern, error) {
	return m.setState(ctx, tx, c, "pattern.retired", StateRetired, StateActive, StatePaused)
}

func (m *Memory) setState(ctx context.Context, tx *store.Tx, c Change, action, to string, from ...string) (store.DecisionPattern, error) {
	return m.change(ctx, tx, c, action, func(row *store.DecisionPattern) (map[string]any, error) {
		if !slices.Contains(from, row.State) {
			return nil, club.Conflict("this pattern is %s", row.State)
		}
		row.State = to
		return nil, nil
	})
}

// Pin sets the most that people let a pattern do, whatever its record has earned; TierAuto sets no limit.
func (m *Memory) Pin(ctx context.Context, tx *store.Tx, c Change, ceiling club.Tier) (store.DecisionPattern, error) {
	return m.change(ctx, tx, c, "pattern.pinned", func(row *store.DecisionPattern) (map[string]any, error) {
		if !slices.Contains(club.Tiers(), ceiling) {
			return nil, club.Invalid("%.40q is not a tier", string(ceiling))
		}
		row.Ceiling = ceiling
		return nil, nil
	})
}

// change finds a pattern for an act, runs fn on it, stores it by version and writes down who did what,
// with the pattern before and after and whatever else fn says.
func (m *Memory) change(ctx context.Context, tx *store.Tx, c Change, action string, fn func(*store.DecisionPattern) (map[string]any, error)) (store.DecisionPattern, error) {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return row, err
	}
	before := row
	more, err := fn(&row)
	if err != nil {
		return row, err
	}
	if err := m.save(ctx, tx, row); err != nil {
		return row, err
	}
	row.Version++
	row.UpdatedAt = tx.Now
	return row, note(ctx, tx, c, action, before, row, more)
}

// open finds the pattern of an act for somebody who may change it and has seen it as it is.
func (m *Memory) open(ctx context.Context, tx *store.Tx, c Change) (store.DecisionPattern, error) {
	if err := mayManage(c.By, tx.Tenant); err != nil {
		return store.DecisionPattern{}, err
	}
	row, err := tx.FindPattern(ctx, c.Pattern)
	switch {
	case missing(err):
		return row, club.NotFound("there is no such pattern")
	case err != nil:
		return row, fmt.Errorf("find pattern: %w", err)
	case row.Version != c.Version:
		return row, club.Conflict("somebody changed this pattern in the meantime; look again")
	case row.State == StateMerged:
		return row, club.Conflict("this pattern was merged into another one")
	}
	return row, nil
}

// mayManage admits who may change the memory. What it decides holds at every location.
func mayManage(p identity.Principal, tenant club.Slug) error {
	if err := p.Require(identity.MemoryManage); err != nil {
		return err
	}
	if p.Tenant != tenant {
		return club.Forbidden("you belong to another club")
	}
	if !p.Everywhere() {
		return club.Forbidden("the memory decides for every location; only somebody who works everywhere may change it")
	}
	return nil
}

func note(ctx context.Context, tx *store.Tx, c Change, action string, before, after store.DecisionPattern, more map[string]any) error {
	detail := map[string]any{"before": summary(before), "after": summary(after)}
	maps.Copy(detail, more)
	if c.Reason != "" {
		detail["reason"] = phrase.Mask(c.Reason)
	}
	tx.Changed(Topic, after.ID.String())
	return audit.Write(ctx, tx, audit.Entry{Actor: c.By.Actor, Action: action, Object: after.ID.String(), Detail: detail})
}

// summary is a pattern as the audit log shows it; learned words stay sealed.
func summary(row store.DecisionPattern) map[string]any {
	out := map[string]any{"title": row.Title, "state": row.State, "ceiling": row.Ceiling, "epoch": row.Epoch}
	if !row.MergedInto.IsZero() {
		out["merged_into"] = row.MergedInto
	}
	return out
}
