package learn

import (
	"context"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
)

// stopAlike lets whatever stops one pattern stop another, which takes over situations of it: a pause, a limit,
// a tripped breaker. Nothing that people or its record have stopped acts again because it is called otherwise. It
// stores the other pattern, so that lessons are read afresh, and returns it.
func (m *Memory) stopAlike(ctx context.Context, tx *store.Tx, c Change, from, onto store.DecisionPattern) (store.DecisionPattern, error) {
	before := onto
	if onto.State == StateActive {
		onto.State = from.State
	}
	onto.Ceiling = onto.Ceiling.Lower(from.Ceiling)
	if err := m.save(ctx, tx, onto); err != nil {
		return onto, err
	}
	onto.Version++
	var acts []string
	if onto.State != before.State {
		acts = append(acts, "pattern."+onto.State)
	}
	if onto.Ceiling != before.Ceiling {
		acts = append(acts, "pattern.pinned")
	}
	for _, action := range acts {
		if err := note(ctx, tx, c, action, before, onto, map[string]any{"as": from.ID}); err != nil {
			return onto, err
		}
	}
	return onto, m.carryBreaker(ctx, tx, c, from, onto)
}

// carryBreaker trips a pattern's breaker where another one's has tripped. Of two that have, the one holds that
// has seen fewer good outcomes since.
func (m *Memory) carryBreaker(ctx context.Context, tx *store.Tx, c Change, from, onto store.DecisionPattern) error {
	a, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, from.ID.String()})
	if err != nil || a.TrippedAt == nil {
		return err
	}
	b, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, onto.ID.String()})
	if err != nil {
		return err
	}
	tripped := b.TrippedAt == nil
	if tripped {
		b.TrippedAt, b.Statistic, b.GoodSince, b.Reason = a.TrippedAt, 0, a.GoodSince, a.Reason
	}
	b.GoodSince = min(a.GoodSince, b.GoodSince)
	if err := m.saveBreaker(ctx, tx, b); err != nil || !tripped {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: c.By.Actor, Action: "breaker.tripped", Object: b.Kind + ":" + b.Scope, Detail: map[string]any{"reason": b.Reason, "as": from.ID}})
}

// releaseBreaker forgets what a breaker knew of a pattern that is a part of another one: what it held, the other
// one's holds.
func (m *Memory) releaseBreaker(ctx context.Context, tx *store.Tx, id club.PatternID) error {
	b, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, id.String()})
	if err != nil {
		return err
	}
	b.TrippedAt, b.Statistic, b.GoodSince, b.Reason = nil, 0, 0, ""
	return m.saveBreaker(ctx, tx, b)
}
