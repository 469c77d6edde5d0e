package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

// slaWarnings are the parts of a ticket's time, in per cent, at which people are told.
func slaWarnings() []int64 { return []int64{75, 90, 100} }

// ticketSLA is the moment at which a part of a ticket's time is used up. Due is the ticket's due_at as it
// was when the job was made: a pause or a new priority moves it, and the job then has nothing to do.
type ticketSLA struct {
	jobs.Meta
	Ticket  club.TicketID `json:"ticket"`
	Due     time.Time     `json:"due"`
	Percent int64         `json:"percent"`
}

func (ticketSLA) Kind() string { return "ticket_sla" }

// scheduleSLA sets the next warning of a ticket whose clock runs.
func scheduleSLA(tx *store.Tx, t store.Ticket) {
	if t.PausedAt != nil {
		return
	}
	for _, percent := range slaWarnings() {
		if percent > t.Warned {
			tx.Enqueue(ticketSLA{Meta: jobs.For(tx), Ticket: t.ID, Due: t.DueAt, Percent: percent}, jobs.At(warnAt(t, percent)))
			return
		}
	}
}

func warnAt(t store.Ticket, percent int64) time.Time {
	return t.SlaFrom.Add(t.DueAt.Sub(t.SlaFrom) / 100 * time.Duration(percent))
}

// warn tells people that a part of a ticket's time is used up, and sets the next warning.
func (d *Desk) warn(ctx context.Context, tenant *store.Tenant, job ticketSLA) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := tx.FindTicketRow(ctx, job.Ticket)
		if err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		if t.PausedAt != nil || !t.DueAt.Equal(job.Due) {
			return nil
		}
		if wait := warnAt(t, job.Percent).Sub(tx.Now); wait > 0 {
			return jobs.Later(wait)
		}
		n, err := tx.WarnTicket(ctx, store.WarnTicketParams{ID: t.ID, Percent: job.Percent, DueAt: t.DueAt})
		if err != nil || n == 0 {
			return err
		}
		t.Warned = job.Percent
		text := fmt.Sprintf("%d %% of the time is used", job.Percent)
		if job.Percent == 100 {
			text = "the time is over"
		}
		if err := d.event(ctx, tx, t, self, "warning", text); err != nil {
			return err
		}
		if err := auditTicket(ctx, tx, self, "ticket.sla_warned", t, map[string]any{"percent": job.Percent}); err != nil {
			return err
		}
		scheduleSLA(tx, t)
		tx.Changed(TopicTicket, t.ID.String())
		note, err := d.ticketNote(ctx, tx, t, fmt.Sprintf("Ticket #%d, %s: %s", t.Number, text, t.Title))
		if err != nil {
			return err
		}
		note.DedupKey = fmt.Sprintf("ticket:%s:sla:%d:%d", t.ID, job.Percent, t.DueAt.UnixMicro())
		return d.cfg.Notifier.Queue(ctx, tx, note)
	})
}
