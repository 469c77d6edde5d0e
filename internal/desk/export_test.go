package desk

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// SweepSize is how many rows of a kind the sweep takes at once.
const SweepSize = sweepSize

// The desk's timers, for tests that let time pass by hand.
type (
	EscalationDue  = escalationDue
	EscalationStep = escalationStep
	SilenceOver    = silenceOver
	TicketSLA      = ticketSLA
)

func (d *Desk) Remind(ctx context.Context, t *store.Tenant, j EscalationDue) error {
	return d.remind(ctx, t, j)
}

func (d *Desk) Step(ctx context.Context, t *store.Tenant, j EscalationStep) error {
	return d.step(ctx, t, j)
}

func (d *Desk) EndSilence(ctx context.Context, t *store.Tenant, j SilenceOver) error {
	return d.endSilence(ctx, t, j)
}

func (d *Desk) Warn(ctx context.Context, t *store.Tenant, j TicketSLA) error {
	return d.warn(ctx, t, j)
}

// NoteOf is what the post about a thread's escalation shows.
func (d *Desk) NoteOf(ctx context.Context, tx *store.Tx, id club.ThreadID) (notify.Note, error) {
	e, err := tx.FindLatestEscalation(ctx, id)
	if err != nil {
		return notify.Note{}, err
	}
	t, err := thread.Find(ctx, tx, id)
	if err != nil {
		return notify.Note{}, err
	}
	return d.note(ctx, tx, t, e)
}

var (
	ReadTemplates = readTemplates
	Recounted     = recounted
	Decided       = decided
	Raised        = raised
)

// Judge asks the rule of recurring faults: so many tickets in a window.
func Judge(tickets int, window time.Duration, now time.Time, seen []time.Time, root *store.Ticket) string {
	return map[verdict]string{verdictNothing: "nothing", verdictOpen: "open", verdictJoin: "join", verdictReopen: "reopen"}[recurrenceRule{tickets, window}.judge(now, seen, root)]
}
