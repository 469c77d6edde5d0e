package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// recurrenceRule says when a fault that comes back has a cause to look for: so many tickets in a window.
type recurrenceRule struct {
	Tickets int
	Window  time.Duration
}

// verdict is what follows from another ticket of a cause.
type verdict int

const (
	verdictNothing verdict = iota
	verdictOpen            // a root-cause ticket is due
	verdictJoin            // the one that is being worked on takes it in
	verdictReopen          // the one that was thought to be solved is not
)

// judge decides on the ticket of a cause that has just been made. Seen are the instants of the cause's
// tickets, that one included; root is its newest root-cause ticket, if any.
func (r recurrenceRule) judge(now time.Time, seen []time.Time, root *store.Ticket) verdict {
	if r.Tickets == 0 {
		return verdictNothing
	}
	from := now.Add(-r.Window)
	if root != nil {
		switch {
		case !done(root.Status):
			return verdictJoin
		case root.ResolvedAt != nil && !root.ResolvedAt.Before(from):
			return verdictReopen
		}
	}
	n := 0
	for _, at := range seen {
		if !at.Before(from) {
			n++
		}
	}
	if n >= r.Tickets {
		return verdictOpen
	}
	return verdictNothing
}

// done reports whether nothing is left to do about a ticket.
func done(s club.TicketStatus) bool { return s == club.TicketResolved || s == club.TicketClosed }

// maxOccurrences bounds how many tickets of one cause are looked at.
const maxOccurrences = 100

// recur looks whether a fresh ticket is a fault that has come back, and sees to its root-cause ticket. The
// ticket's number has been taken before, which makes creations that overlap come one after the other (see
// number): each counts those before it, so exactly one of them finds that the limit is reached.
func (d *Desk) recur(ctx context.Context, tx *store.Tx, t store.Ticket) error {
	if t.Signature == "" || t.Template == RootCause {
		return nil
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	rule := recurrenceRule{Tickets: s.RecurrenceTickets, Window: s.RecurrenceWindow}
	seen, err := tx.FindTicketsOfSignature(ctx, store.FindTicketsOfSignatureParams{Signature: t.Signature, Since: tx.Now.Add(-rule.Window), Size: maxOccurrences})
	if err != nil {
		return fmt.Errorf("find tickets of the same cause: %w", err)
	}
	root, err := findRoot(ctx, tx, t.Signature)
	if err != nil {
		return err
	}
	at := make([]time.Time, len(seen))
	for i, k := range seen {
		at[i] = k.CreatedAt
	}
	switch rule.judge(tx.Now, at, root) {
	case verdictOpen:
		return d.openRoot(ctx, tx, t.Signature, root, seen, rule)
	case verdictJoin:
		return d.joinRoot(ctx, tx, *root, t, seen, rule)
	case verdictReopen:
		return d.reopenRoot(ctx, tx, *root, t, seen, rule)
	case verdictNothing:
	}
	return nil
}

// findRoot returns the newest root-cause ticket of a cause, nil when there is none.
func findRoot(ctx context.Context, tx *store.Tx, signature string) (*store.Ticket, error) {
	root, err := tx.FindRootCause(ctx, signature)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find root-cause ticket: %w", err)
	}
	return &root, nil
}

// openRoot opens the root-cause ticket of a cause. Its key names the one before it, so that a cause has
// one at a time however often this is tried.
func (d *Desk) openRoot(ctx context.Context, tx *store.Tx, signature string, before *store.Ticket, seen []store.Ticket, rule recurrenceRule) error {
	last := seen[0]
	where, err := placeOf(ctx, tx, last)
	if err != nil {
		return err
	}
	body, err := d.rootBody(ctx, tx, where, seen, rule)
	if err != nil {
		return err
	}
	key := "recurrence:" + signature
	if before != nil {
		key += ":after:" + before.ID.String()
	}
	n := NewTicket{Template: RootCause, Title: rootTitle(last.Title, where, len(seen), rule.Window), Description: clip(body, maxDescription-2000), Priority: raised(seen),
		Location: last.LocationID, Bay: last.BayID, Device: last.DeviceID, DedupKey: key, signature: signature}
	root, created, err := d.openTicket(ctx, tx, self, n, func(club.LocationID) bool { return true })
	if err != nil || !created {
		return err
	}
	for i := len(seen) - 1; i >= 0; i-- {
		if err := d.putRelation(ctx, tx, self, club.RelationCausedBy, seen[i], root); err != nil {
			return err
		}
	}
	note, err := d.ticketNote(ctx, tx, root, fmt.Sprintf("Ticket #%d: %s", root.Number, root.Title))
	if err != nil {
		return err
	}
	note.DedupKey = "ticket:" + root.ID.String()
	return d.cfg.Notifier.Queue(ctx, tx, note)
}

// joinRoot adds a ticket to the root-cause ticket of its cause.
func (d *Desk) joinRoot(ctx context.Context, tx *store.Tx, root, t store.Ticket, seen []store.Ticket, rule recurrenceRule) error {
	if err := retitle(ctx, tx, &root, len(seen), rule); err != nil {
		return err
	}
	if err := d.event(ctx, tx, root, self, "recurred", recurredText(t, seen)); err != nil {
		return err
	}
	return d.putRelation(ctx, tx, self, club.RelationCausedBy, t, root)
}

// reopenRoot takes up a root-cause ticket again whose fault has come back, and calls people to it.
func (d *Desk) reopenRoot(ctx context.Context, tx *store.Tx, root, t store.Ticket, seen []store.Ticket, rule recurrenceRule) error {
	root, err := d.takeUpAgain(ctx, tx, root.ID)
	if err != nil {
		return err
	}
	if err := d.joinRoot(ctx, tx, root, t, seen, rule); err != nil {
		return err
	}
	note, err := d.ticketNote(ctx, tx, root, fmt.Sprintf("Ticket #%d is open again, the fault has come back: %s", root.Number, root.Title))
	if err != nil {
		return err
	}
	note.DedupKey = "ticket:" + root.ID.String() + ":recurred:" + t.ID.String()
	return d.cfg.Notifier.Queue(ctx, tx, note)
}

// takeUpAgain opens a ticket as it stands at that moment. A person who edits it at the same time must not
// keep the ticket of a fault from being made.
func (d *Desk) takeUpAgain(ctx context.Context, tx *store.Tx, id club.TicketID) (store.Ticket, error) {
	open := club.TicketOpen
	for attempt := 1; ; attempt++ {
		t, err := tx.FindTicketRow(ctx, id)
		if err != nil {
			return t, fmt.Errorf("find root-cause ticket: %w", err)
		}
		if !done(t.Status) {
			return t, nil
		}
		out, err := d.change(ctx, tx, identity.System(tx.Tenant, self.ID), t, TicketChange{Status: &open})
		if club.CodeOf(err) != club.CodeConflict || attempt == 3 {
			return out, err
		}
	}
}

// retitle puts the present count into a root-cause ticket's title.
func retitle(ctx context.Context, tx *store.Tx, root *store.Ticket, times int, rule recurrenceRule) error {
	root.Title = recounted(root.Title, times, rule.Window)
	if _, err := tx.RetitleTicket(ctx, store.RetitleTicketParams{ID: root.ID, Title: root.Title, UpdatedAt: tx.Now}); err != nil {
		return fmt.Errorf("retitle root-cause ticket: %w", err)
	}
	return nil
}
