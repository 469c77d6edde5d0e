// Package retention keeps the audit log by weeks, and only as long as the club wants it.
//
// What else is kept for a time (deliveries, what doors reported, events that nobody took up) is pruned by the rooms that own it.
package retention

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"clubos/internal/audit"
	"clubos/internal/jobs"
	"clubos/internal/setting"
	"clubos/internal/store"
)

const (
	weeksEvery  = 6 * time.Hour
	retireEvery = 24 * time.Hour
	// retireTurns bounds a turn on SQLite, so that it ends. What is left waits for the next.
	retireTurns = 40
)

// Keeper is the room's jobs.
type Keeper struct{ log *slog.Logger }

// New returns a Keeper.
func New(log *slog.Logger) *Keeper { return &Keeper{log: log} }

// Register adds the jobs.
func (k *Keeper) Register(r *jobs.Registry) {
	r.Every("retention.weeks", weeksEvery, k.Weeks)
	r.Every("retention.audit", retireEvery, k.Retire)
}

// Weeks makes the weeks ahead. Rows that had found none are moved to theirs, and that is an error to be looked into: for
// more than two weeks nobody has made any, or a clock is wrong.
func (k *Keeper) Weeks(ctx context.Context, tenant *store.Tenant) error {
	strays, err := tenant.KeepWeeks(ctx)
	if err != nil {
		return fmt.Errorf("keep weeks: %w", err)
	}
	if strays > 0 {
		k.log.ErrorContext(ctx, "audit entries found no week and were moved to one made for them", "event.action", "retention.weeks", "event.outcome", "failure",
			"organization.id", tenant.Slug.String(), "labels.strays", strays)
	}
	return nil
}

// Retire removes the audit entries that the club keeps no longer, with an entry that says how many.
func (k *Keeper) Retire(ctx context.Context, tenant *store.Tenant) error {
	var before time.Time
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		s, err := setting.Known(ctx, tx)
		before = tx.Now.Truncate(24*time.Hour).AddDate(0, 0, -s.AuditDays) // the day that the entry names
		return err
	})
	if err != nil {
		return err
	}
	note := func(tx *store.Tx, entries int64) error {
		return audit.Write(ctx, tx, audit.Retirement(tx.Tenant, entries, before))
	}
	for range retireTurns {
		more, err := tenant.RetireAuditEntries(ctx, before, note)
		if err != nil {
			return fmt.Errorf("retire audit entries: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}
