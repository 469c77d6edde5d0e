package learn

import (
	"context"
	"fmt"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// TripBreaker has people asked before a pattern acts, until its breaker closes. The record stays: it
// was not refuted.
func (m *Memory) TripBreaker(ctx context.Context, tx *store.Tx, c Change) (store.DecisionPattern, error) {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return row, err
	}
	b, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, row.ID.String()})
	if err != nil {
		return row, err
	}
	if b.TrippedAt != nil {
		return row, club.Conflict("this breaker has tripped already")
	}
	b.TrippedAt, b.Statistic, b.GoodSince = &tx.Now, 0, 0
	b.Reason = fmt.Sprintf("%q was stopped by hand", row.Title)
	if c.Reason != "" {
		b.Reason += ": " + phrase.Mask(c.Reason)
	}
	if err := m.saveBreaker(ctx, tx, b); err != nil {
		return row, err
	}
	tx.Changed(Topic, row.ID.String())
	return row, audit.Write(ctx, tx, audit.Entry{Actor: c.By.Actor, Action: "breaker.tripped", Object: b.Kind + ":" + b.Scope, Detail: map[string]any{"reason": b.Reason, "by_hand": true}})
}

// CloseBreaker closes a tripped breaker by hand: what it held back may act again as its record allows.
func (m *Memory) CloseBreaker(ctx context.Context, tx *store.Tx, by identity.Principal, kind, of, reason string) error {
	if err := mayManage(by, tx.Tenant); err != nil {
		return err
	}
	b, err := tx.FindBreaker(ctx, store.FindBreakerParams{Kind: kind, Scope: of})
	if missing(err) {
		return club.NotFound("there is no such breaker")
	}
	if err != nil {
		return fmt.Errorf("find breaker: %w", err)
	}
	if b, err = m.lockBreaker(ctx, tx, scope{kind, of}); err != nil {
		return err
	}
	if b.TrippedAt == nil {
		return club.Conflict("this breaker is closed already")
	}
	why := "by hand"
	if reason != "" {
		why += ": " + phrase.Mask(reason)
	}
	return m.closeBreaker(ctx, tx, b, by.Actor, why)
}

// lockBreaker makes a breaker if there is none and holds it until the transaction ends.
func (m *Memory) lockBreaker(ctx context.Context, tx *store.Tx, s scope) (store.Breaker, error) {
	if err := tx.LockBreaker(ctx, store.LockBreakerParams{Kind: s.kind, Scope: s.id, Now: tx.Now}); err != nil {
		return store.Breaker{}, fmt.Errorf("lock breaker: %w", err)
	}
	b, err := tx.FindBreaker(ctx, store.FindBreakerParams{Kind: s.kind, Scope: s.id})
	if err != nil {
		return b, fmt.Errorf("find breaker: %w", err)
	}
	return b, nil
}

// Recovery is how many good outcomes in a row close a breaker of a kind.
func Recovery(kind string) int { return int(breakers[kind].recovery) }
