package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// sameClick is how close two equal comments of one person are taken as one.
const sameClick = 10 * time.Second

func (d *Desk) doubled(ctx context.Context, tx *store.Tx, p identity.Principal, id club.TicketID, text string) (bool, error) {
	events, err := d.events(ctx, tx, id)
	if err != nil {
		return false, err
	}
	for i := len(events) - 1; i >= 0 && tx.Now.Sub(events[i].At) <= sameClick; i-- {
		if e := events[i]; e.Kind == "comment" && e.Actor == p.Actor.String() {
			return e.Text == text, nil
		}
	}
	return false, nil
}

// TicketChange is an edit of a ticket; nil leaves a field as it is.
type TicketChange struct {
	// Version is the version that the editor saw; another one is Conflict. Nil takes whatever is there.
	Version *int64

	Status      *club.TicketStatus
	Priority    *club.Priority
	AssignedTo  *club.UserID // the zero id takes it from everybody
	Title       *string
	Description *string
	Location    *club.LocationID // clears bay and device
}

// UpdateTicket changes a ticket and returns it as it is afterwards. A status that may not follow is
// Conflict. While the ticket waits, or is resolved or closed, its clock stands still, and due_at moves
// on by that time when it runs again. A changed priority sets due_at anew from the clock's start.
func (d *Desk) UpdateTicket(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID, c TicketChange) (store.Ticket, error) {
	var out store.Ticket
	err := again(ctx, tenant, func(tx *store.Tx) error {
		t, err := findTicket(ctx, tx, p, identity.TicketsWrite, id)
		if err != nil {
			return err
		}
		if c.Version != nil && *c.Version != t.Version {
			return club.Conflict("the ticket has changed in the meantime; look again")
		}
		out, err = d.change(ctx, tx, p, t, c)
		return err
	})
	return out, err
}

// step is one thing that an edit did, for history and audit.
type step struct{ kind, body string }

func (d *Desk) change(ctx context.Context, tx *store.Tx, p identity.Principal, t store.Ticket, c TicketChange) (store.Ticket, error) {
	before := t
	var steps []step
	for _, apply := range []func(context.Context, *store.Tx, identity.Principal, *store.Ticket, TicketChange) (step, error){
		d.changeWords, changePlace, changeAssigned, changePriority, changeStatus,
	} {
		s, err := apply(ctx, tx, p, &t, c)
		if err != nil {
			return before, err
		}
		if s.kind != "" {
			steps = append(steps, s)
		}
	}
	if len(steps) == 0 {
		return t, nil
	}
	t.UpdatedAt = tx.Now
	n, err := tx.UpdateTicketRow(ctx, store.UpdateTicketRowParams{ID: t.ID, Title: t.Title, Description: t.Description, Status: t.Status, Priority: t.Priority,
		LocationID: t.LocationID, BayID: t.BayID, DeviceID: t.DeviceID, ThreadID: t.ThreadID, AssignedTo: t.AssignedTo, DueAt: t.DueAt, SlaFrom: t.SlaFrom,
		PausedAt: t.PausedAt, Warned: t.Warned, ResolvedAt: t.ResolvedAt, UpdatedAt: t.UpdatedAt, Version: t.Version, Signature: t.Signature})
	if err != nil {
		return before, fmt.Errorf("update ticket: %w", err)
	}
	if n == 0 {
		return before, club.Conflict("the ticket has changed in the meantime; look again")
	}
	t.Version++
	for _, s := range steps {
		if err := d.event(ctx, tx, t, p.Actor, s.kind, s.body); err != nil {
			return t, err
		}
		if err := auditTicket(ctx, tx, p.Actor, "ticket."+s.kind, t, map[string]any{"change": s.body}); err != nil {
			return t, err
		}
	}
	if t.PausedAt == nil && (before.PausedAt != nil || !t.DueAt.Equal(before.DueAt)) {
		scheduleSLA(tx, t)
	}
	tx.Changed(TopicTicket, t.ID.String())
	if before.Status == t.Status {
		return t, nil
	}
	note, err := d.ticketNote(ctx, tx, t, fmt.Sprintf("Ticket #%d is %s: %s", t.Number, t.Status, t.Title))
	if err != nil {
		return t, err
	}
	return t, d.cfg.Notifier.Update(ctx, tx, t.ID.String(), note)
}

func (d *Desk) changeWords(ctx context.Context, tx *store.Tx, _ identity.Principal, t *store.Ticket, c TicketChange) (step, error) {
	var s step
	if c.Title != nil {
		var names []string
		if !t.ThreadID.IsZero() {
			th, err := tx.FindThread(ctx, t.ThreadID)
			if err != nil {
				return s, fmt.Errorf("find ticket's thread: %w", err)
			}
			if names, err = d.names(ctx, tx, th); err != nil {
				return s, err
			}
		}
		title, err := checkText("the title", phrase.Mask(*c.Title, names...), 200)
		if err != nil {
			return s, err
		}
		if title != t.Title {
			t.Title, s = title, step{"edited", "title"}
		}
	}
	if c.Description != nil {
		text := *c.Description
		if text != "" {
			var err error
			if text, err = checkText("the description", text, maxDescription); err != nil {
				return s, err
			}
		}
		sealed, err := d.seal(ctx, tx, t.ID.String(), text)
		if err != nil {
			return s, err
		}
		t.Description = sealed
		if s.kind == "" {
			s = step{"edited", "description"}
		} else {
			s.body = "title, description"
		}
	}
	return s, nil
}

func changePlace(ctx context.Context, tx *store.Tx, p identity.Principal, t *store.Ticket, c TicketChange) (step, error) {
	if c.Location == nil || *c.Location == t.LocationID {
		return step{}, nil
	}
	if !p.AllowsLocation(*c.Location) {
		return step{}, club.NotFound("there is no such place")
	}
	if !c.Location.IsZero() {
		if _, err := tx.FindLocation(ctx, *c.Location); err != nil {
			return step{}, unless(err, "there is no such place")
		}
	}
	s := step{"moved", t.LocationID.String() + " → " + c.Location.String()}
	t.LocationID, t.BayID, t.DeviceID = *c.Location, "", ""
	if t.Template != RootCause {
		t.Signature = movedSignature(*t)
	}
	return s, nil
}

func changeAssigned(ctx context.Context, tx *store.Tx, _ identity.Principal, t *store.Ticket, c TicketChange) (step, error) {
	if c.AssignedTo == nil || c.AssignedTo.String() == t.AssignedTo {
		return step{}, nil
	}
	if !c.AssignedTo.IsZero() {
		if err := mayHave(ctx, tx, *c.AssignedTo, identity.TicketsWrite, t.LocationID); err != nil {
			return step{}, err
		}
	}
	s := step{"assigned", t.AssignedTo + " → " + c.AssignedTo.String()}
	t.AssignedTo = c.AssignedTo.String()
	return s, nil
}

func changePriority(ctx context.Context, tx *store.Tx, _ identity.Principal, t *store.Ticket, c TicketChange) (step, error) {
	if c.Priority == nil || *c.Priority == t.Priority {
		return step{}, nil
	}
	if _, err := club.ParsePriority(string(*c.Priority)); err != nil {
		return step{}, err
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return step{}, err
	}
	out := step{"priority", string(t.Priority) + " → " + string(*c.Priority)}
	t.Priority, t.DueAt, t.Warned = *c.Priority, t.SlaFrom.Add(s.TicketSLA[*c.Priority]), 0
	return out, nil
}

func changeStatus(_ context.Context, tx *store.Tx, _ identity.Principal, t *store.Ticket, c TicketChange) (step, error) {
	if c.Status == nil || *c.Status == t.Status {
		return step{}, nil
	}
	if !t.Status.CanBecome(*c.Status) {
		return step{}, club.Conflict("a ticket that is %s cannot become %s", t.Status, clip(string(*c.Status), 40))
	}
	out := step{"status", string(t.Status) + " → " + string(*c.Status)}
	t.Status = *c.Status
	switch {
	case !t.Status.Running() && t.PausedAt == nil:
		t.PausedAt = &tx.Now
	case t.Status.Running() && t.PausedAt != nil:
		stood := tx.Now.Sub(*t.PausedAt)
		t.DueAt, t.SlaFrom, t.PausedAt = t.DueAt.Add(stood).UTC(), t.SlaFrom.Add(stood).UTC(), nil
	}
	switch t.Status {
	case club.TicketResolved:
		t.ResolvedAt = &tx.Now
	case club.TicketOpen, club.TicketInProgress, club.TicketWaiting:
		t.ResolvedAt = nil
	case club.TicketClosed:
		if t.ResolvedAt == nil {
			t.ResolvedAt = &tx.Now
		}
	}
	return out, nil
}
