package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// RecurrenceDays is how far back a ticket looks for earlier ones of its cause.
const RecurrenceDays = 30

const recurrenceSpan = RecurrenceDays * 24 * time.Hour

// TicketRecurrence is how a ticket's fault has come back.
type TicketRecurrence struct {
	// Nth says the how-manieth ticket of its cause this one is within RecurrenceDays; 1 is the first. For a
	// root-cause ticket it counts the tickets of the cause. 0 where nothing can recur.
	Nth int
	// At is what the tickets have in common: "bay", "device" or "location".
	At string
	// Earlier are the others, newest first; of a root-cause ticket, all.
	Earlier []store.Ticket
	// Root is the cause's newest root-cause ticket, nil when there is none. Not set on that ticket itself.
	Root *store.Ticket
}

// FindTicketRecurrence returns how the fault of a ticket that p may see has come back.
func (d *Desk) FindTicketRecurrence(ctx context.Context, tx *store.Tx, p identity.Principal, id club.TicketID) (TicketRecurrence, error) {
	t, err := findTicket(ctx, tx, p, identity.TicketsRead, id)
	if err != nil || t.Signature == "" {
		return TicketRecurrence{}, err
	}
	out := TicketRecurrence{At: "location"}
	switch {
	case !t.BayID.IsZero():
		out.At = "bay"
	case !t.DeviceID.IsZero():
		out.At = "device"
	}
	rows, err := tx.FindTicketsOfSignature(ctx, store.FindTicketsOfSignatureParams{Signature: t.Signature, Since: t.CreatedAt.Add(-recurrenceSpan), Size: maxOccurrences})
	if err != nil {
		return out, fmt.Errorf("find tickets of the same cause: %w", err)
	}
	isRoot := t.Template == RootCause
	for _, e := range rows {
		if isRoot || e.Number < t.Number {
			out.Earlier = append(out.Earlier, e)
		}
	}
	if out.Nth = len(out.Earlier); isRoot {
		return out, nil
	}
	out.Nth++
	out.Root, err = findRoot(ctx, tx, t.Signature)
	return out, err
}

// TicketMark is what the board shows on a ticket.
type TicketMark struct {
	Blocked bool // waits for another ticket that is not done
	Nth     int  // as in TicketRecurrence; 0 for a first one
}

// FindTicketMarks returns what the board shows on tickets that the caller was given by this package, by
// their ids. Those with nothing to show are left out.
func (d *Desk) FindTicketMarks(ctx context.Context, tx *store.Tx, tickets []store.Ticket) (map[club.TicketID]TicketMark, error) {
	out := map[club.TicketID]TicketMark{}
	if len(tickets) == 0 {
		return out, nil
	}
	ids, oldest := make([]club.TicketID, len(tickets)), tickets[0].CreatedAt
	for i, t := range tickets {
		ids[i] = t.ID
		if t.CreatedAt.Before(oldest) {
			oldest = t.CreatedAt
		}
	}
	keys, err := keysOf(ids)
	if err != nil {
		return nil, err
	}
	blocked, err := tx.FindBlockedTickets(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find blocked tickets: %w", err)
	}
	for _, id := range blocked {
		out[id] = TicketMark{Blocked: true}
	}
	earlier, err := tx.FindEarlierOfSame(ctx, store.FindEarlierOfSameParams{Tickets: keys, Since: oldest.Add(-recurrenceSpan)})
	if err != nil {
		return nil, fmt.Errorf("find earlier tickets: %w", err)
	}
	for _, e := range earlier {
		if e.CreatedAt.Sub(e.EarlierAt) > recurrenceSpan {
			continue
		}
		m := out[e.ID]
		m.Nth = max(m.Nth, 1) + 1
		out[e.ID] = m
	}
	return out, nil
}
