package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// TicketFilter narrows a list of tickets; the zero value admits everything. Fields combine by "and",
// the values of one field by "or".
type TicketFilter struct {
	Status     []club.TicketStatus
	Priority   []club.Priority
	Location   club.LocationID
	AssignedTo club.UserID
	Thread     club.ThreadID
	Overdue    bool   // the clock runs and the time is over
	Query      string // words of the title, or "#12"
	Cursor     string // from the page before
	Size       int    // default 50, at most 200
}

// FindTickets returns tickets that p may see, the last changed first, and the cursor of the next page,
// "" when there is none.
func (d *Desk) FindTickets(ctx context.Context, tx *store.Tx, p identity.Principal, f TicketFilter) ([]store.Ticket, string, error) {
	if err := admit(tx, p, identity.TicketsRead); err != nil {
		return nil, "", err
	}
	at, err := parseCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	if n, ok := ticketNumber(f.Query); ok {
		t, err := tx.FindTicketByNumber(ctx, n)
		if missing(err) || err == nil && !p.AllowsLocation(t.LocationID) {
			return []store.Ticket{}, "", nil
		}
		return []store.Ticket{t}, "", err
	}
	size := pageSize(f.Size)
	rows, err := tx.FindTicketsPage(ctx, store.FindTicketsPageParams{Scope: p.LocationScope(), Statuses: set(f.Status), Priorities: set(f.Priority), Location: f.Location.String(),
		Assigned: f.AssignedTo.String(), Thread: f.Thread.String(), Search: pattern(f.Query), Overdue: flag(f.Overdue), Now: tx.Now, AfterID: at.id, AfterAt: at.at, Size: size + 1})
	if err != nil {
		return nil, "", fmt.Errorf("find tickets: %w", err)
	}
	if len(rows) <= int(size) {
		return rows, "", nil
	}
	rows = rows[:size]
	last := rows[size-1]
	return rows, cursor{last.UpdatedAt, last.ID.String()}.String(), nil
}

// ticketNumber reads "#12".
func ticketNumber(q string) (n int64, ok bool) {
	rest, found := strings.CutPrefix(strings.TrimSpace(q), "#")
	if !found {
		return 0, false
	}
	_, err := fmt.Sscanf(rest, "%d", &n)
	return n, err == nil
}

// TicketColumn is a status of the board with its newest tickets and how many there are.
type TicketColumn struct {
	Status  club.TicketStatus
	Tickets []store.Ticket
	Total   int64
	Overdue int64
}

// FindTicketBoard returns the board: every status in its order, with at most size tickets each. The
// filter's own Status, Cursor and Size are not used; totals follow its Location alone.
func (d *Desk) FindTicketBoard(ctx context.Context, tx *store.Tx, p identity.Principal, f TicketFilter, size int) ([]TicketColumn, error) {
	if err := admit(tx, p, identity.TicketsRead); err != nil {
		return nil, err
	}
	counts, err := tx.CountTickets(ctx, store.CountTicketsParams{Now: tx.Now, Scope: p.LocationScope(), Location: f.Location.String()})
	if err != nil {
		return nil, fmt.Errorf("count tickets: %w", err)
	}
	var out []TicketColumn
	for _, status := range club.TicketStatuses() {
		f.Status, f.Cursor, f.Size = []club.TicketStatus{status}, "", size
		col := TicketColumn{Status: status}
		if col.Tickets, _, err = d.FindTickets(ctx, tx, p, f); err != nil {
			return nil, err
		}
		for _, c := range counts {
			if c.Status == status {
				col.Total, col.Overdue = c.Tickets, c.Overdue
			}
		}
		out = append(out, col)
	}
	return out, nil
}

// TicketEvent is an entry of a ticket's history, opened.
type TicketEvent struct {
	ID    club.EventID
	Kind  string // created, status, assigned, priority, edited, moved, comment, warning, related, unrelated, recurred, cause_resolved, ticked, unticked
	Text  string
	Actor string
	At    time.Time
}

// TicketDetail is a ticket with its words opened.
type TicketDetail struct {
	Ticket      store.Ticket
	Description string
	Events      []TicketEvent // oldest first
	Place       string
}

// FindTicketDetail returns a ticket that p may see. NotFound otherwise.
func (d *Desk) FindTicketDetail(ctx context.Context, tx *store.Tx, p identity.Principal, id club.TicketID) (TicketDetail, error) {
	t, err := findTicket(ctx, tx, p, identity.TicketsRead, id)
	if err != nil {
		return TicketDetail{}, err
	}
	out := TicketDetail{Ticket: t}
	if out.Description, err = d.description(ctx, tx, t); err != nil {
		return out, err
	}
	if out.Place, err = place(ctx, tx, t.LocationID, t.BayID); err != nil {
		return out, err
	}
	out.Events, err = d.events(ctx, tx, id)
	return out, err
}

func (d *Desk) events(ctx context.Context, tx *store.Tx, id club.TicketID) ([]TicketEvent, error) {
	rows, err := tx.FindTicketEvents(ctx, store.FindTicketEventsParams{TicketID: id, Limit: 500})
	if err != nil {
		return nil, fmt.Errorf("find ticket's history: %w", err)
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]TicketEvent, 0, len(rows))
	for _, r := range slices.Backward(rows) {
		text, err := keys.OpenSecret(r.ID.String(), r.Body)
		if err != nil {
			return nil, fmt.Errorf("open ticket's history: %w", err)
		}
		out = append(out, TicketEvent{ID: r.ID, Kind: r.Kind, Text: string(text), Actor: r.Actor, At: r.At})
	}
	return out, nil
}
