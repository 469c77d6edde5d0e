package desk

import (
	"context"

	"clubos/internal/store"
)

// The desk's timers, for tests that let time pass by hand.
type (
	EscalationDue = escalationDue
	SilenceOver   = silenceOver
	TicketSLA     = ticketSLA
)

func (d *Desk) Remind(ctx context.Context, t *store.Tenant, j EscalationDue) error {
	return d.remind(ctx, t, j)
}

func (d *Desk) EndSilence(ctx context.Context, t *store.Tenant, j SilenceOver) error {
	return d.endSilence(ctx, t, j)
}

func (d *Desk) Warn(ctx context.Context, t *store.Tenant, j TicketSLA) error {
	return d.warn(ctx, t, j)
}

var ReadTemplates = readTemplates
