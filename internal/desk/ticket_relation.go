package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// TicketRelation is another ticket and how it is related, seen from the one that was asked about.
type TicketRelation struct {
	ID     club.RelationID
	Kind   club.Relation
	Ticket store.Ticket // the other one
	By     string       // the actor who related them
	At     time.Time
}

// RelateTickets relates a ticket to another one; both must be p's to see. A relation that is there already
// stays as it is. A ticket cannot be related to itself, and neither duplicates nor blocks nor causes go in
// a circle: that is Conflict, and says which tickets stand in the way. The ticket that is a duplicate is
// closed, which stops its clock.
func (d *Desk) RelateTickets(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID, kind club.Relation, other club.TicketID) (TicketRelation, error) {
	if kind.Inverse() == "" {
		_, err := club.ParseRelation(string(kind))
		return TicketRelation{}, err
	}
	var out TicketRelation
	err := again(ctx, tenant, func(tx *store.Tx) error {
		from, err := findTicket(ctx, tx, p, identity.TicketsWrite, id)
		if err != nil {
			return err
		}
		to, err := findTicket(ctx, tx, p, identity.TicketsWrite, other)
		if err != nil {
			return err
		}
		if id == other {
			return club.Invalid("a ticket cannot be related to itself")
		}
		if err := tx.TakeRelationTurn(ctx); err != nil {
			return fmt.Errorf("take turn: %w", err)
		}
		a, b, stored := from, to, kind
		if !kind.Kept() {
			a, b, stored = to, from, kind.Inverse()
		}
		if stored != club.RelationRelatedTo {
			if err := noCircle(ctx, tx, p, stored, a, b); err != nil {
				return err
			}
		}
		if err := d.putRelation(ctx, tx, p.Actor, stored, a, b); err != nil {
			return err
		}
		if stored == club.RelationDuplicateOf {
			closed := club.TicketClosed
			if a, err = d.change(ctx, tx, p, a, TicketChange{Status: &closed}); err != nil {
				return err
			}
			if a.ID == to.ID {
				to = a
			}
		}
		r, err := tx.FindTicketRelationBetween(ctx, between(stored, a.ID, b.ID))
		if err != nil {
			return fmt.Errorf("find relation: %w", err)
		}
		out = TicketRelation{ID: r.ID, Kind: kind, Ticket: to, By: r.CreatedBy, At: r.CreatedAt}
		return nil
	})
	return out, err
}

// between is how a relation is looked up: one of two equals is stored from the lower id.
func between(kind club.Relation, a, b club.TicketID) store.FindTicketRelationBetweenParams {
	if kind == club.RelationRelatedTo && b < a {
		a, b = b, a
	}
	return store.FindTicketRelationBetweenParams{Kind: kind, TicketID: a, OtherID: b}
}

// putRelation stores a relation with its traces in both tickets. One that is there already leaves none.
// The caller has the turn, or one of the tickets was made in this transaction.
func (d *Desk) putRelation(ctx context.Context, tx *store.Tx, by club.Actor, kind club.Relation, a, b store.Ticket) error {
	key := between(kind, a.ID, b.ID)
	n, err := tx.CreateTicketRelation(ctx, store.CreateTicketRelationParams{ID: club.NewRelationID(tx.Now), Kind: kind, TicketID: key.TicketID, OtherID: key.OtherID, CreatedBy: by.String(), CreatedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store relation: %w", err)
	}
	if n == 1 {
		return d.tellRelation(ctx, tx, by, "related", kind, a, b)
	}
	if _, err := tx.FindTicketRelationBetween(ctx, key); missing(err) && kind == club.RelationDuplicateOf {
		return club.Conflict("#%d is a duplicate of another ticket already; remove that first", a.Number)
	} else if err != nil {
		return fmt.Errorf("find relation: %w", err)
	}
	return nil
}

// tellRelation writes into history and audit of both tickets that they are related, or no longer are.
func (d *Desk) tellRelation(ctx context.Context, tx *store.Tx, by club.Actor, what string, kind club.Relation, a, b store.Ticket) error {
	for _, side := range []struct {
		t, other store.Ticket
		kind     club.Relation
	}{{a, b, kind}, {b, a, kind.Inverse()}} {
		text := fmt.Sprintf("%s #%d", side.kind.Words(), side.other.Number)
		if err := d.event(ctx, tx, side.t, by, what, text); err != nil {
			return err
		}
		if err := auditTicket(ctx, tx, by, "ticket."+what, side.t, map[string]any{"kind": side.kind, "ticket": side.other.ID}); err != nil {
			return err
		}
		tx.Changed(TopicTicket, side.t.ID.String())
	}
	return nil
}

// UnrelateTickets takes a relation of a ticket away. A duplicate that was closed stays closed.
func (d *Desk) UnrelateTickets(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID, relation club.RelationID) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if _, err := findTicket(ctx, tx, p, identity.TicketsWrite, id); err != nil {
			return err
		}
		r, err := tx.FindTicketRelation(ctx, relation)
		if missing(err) || err == nil && r.TicketID != id && r.OtherID != id {
			return club.NotFound("there is no such relation")
		}
		if err != nil {
			return fmt.Errorf("find relation: %w", err)
		}
		var ends [2]store.Ticket
		for i, end := range []club.TicketID{r.TicketID, r.OtherID} {
			if ends[i], err = findTicket(ctx, tx, p, identity.TicketsWrite, end); err != nil {
				return err
			}
		}
		if n, err := tx.DeleteTicketRelation(ctx, r.ID); err != nil || n == 0 {
			return err // none: a second click
		}
		return d.tellRelation(ctx, tx, p.Actor, "unrelated", r.Kind, ends[0], ends[1])
	})
}

// ResolveCaused resolves the tickets that a root-cause ticket is the cause of, as far as p may see them
// and they are not done, and returns how many there were. Conflict while the cause itself is not resolved.
func (d *Desk) ResolveCaused(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID) (int, error) {
	n := 0
	err := again(ctx, tenant, func(tx *store.Tx) error {
		n = 0
		root, err := findTicket(ctx, tx, p, identity.TicketsWrite, id)
		if err != nil {
			return err
		}
		if !done(root.Status) {
			return club.Conflict("#%d is not resolved itself", root.Number)
		}
		all, err := findRelations(ctx, tx, p, root.ID)
		if err != nil {
			return err
		}
		resolved := club.TicketResolved
		for _, r := range all {
			if r.Kind != club.RelationCauseOf || done(r.Ticket.Status) {
				continue
			}
			t, err := d.change(ctx, tx, p, r.Ticket, TicketChange{Status: &resolved})
			if err != nil {
				return err
			}
			if err := d.event(ctx, tx, t, p.Actor, "cause_resolved", fmt.Sprintf("#%d", root.Number)); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// FindTicketRelations returns how a ticket is related to those that p may see as well, grouped by relation
// and oldest first. The ticket itself must be p's to see.
func (d *Desk) FindTicketRelations(ctx context.Context, tx *store.Tx, p identity.Principal, id club.TicketID) ([]TicketRelation, error) {
	if _, err := findTicket(ctx, tx, p, identity.TicketsRead, id); err != nil {
		return nil, err
	}
	return findRelations(ctx, tx, p, id)
}

func findRelations(ctx context.Context, tx *store.Tx, p identity.Principal, id club.TicketID) ([]TicketRelation, error) {
	rows, err := tx.FindTicketRelations(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find relations: %w", err)
	}
	others := map[club.TicketID]store.Ticket{}
	for _, r := range rows {
		others[r.TicketID], others[r.OtherID] = store.Ticket{}, store.Ticket{}
	}
	if err := fillTickets(ctx, tx, others); err != nil {
		return nil, err
	}
	out := []TicketRelation{}
	for _, r := range rows {
		v := TicketRelation{ID: r.ID, Kind: r.Kind, Ticket: others[r.OtherID], By: r.CreatedBy, At: r.CreatedAt}
		if r.OtherID == id {
			v.Kind, v.Ticket = r.Kind.Inverse(), others[r.TicketID]
		}
		if p.AllowsLocation(v.Ticket.LocationID) {
			out = append(out, v)
		}
	}
	order := club.Relations()
	slices.SortStableFunc(out, func(a, b TicketRelation) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), a.At.Compare(b.At), cmp.Compare(a.Ticket.Number, b.Ticket.Number))
	})
	return out, nil
}

// fillTickets reads the tickets whose ids are the map's keys.
func fillTickets(ctx context.Context, tx *store.Tx, into map[club.TicketID]store.Ticket) error {
	keys, err := json.Marshal(into)
	if err != nil {
		return fmt.Errorf("encode ids: %w", err)
	}
	rows, err := tx.FindTicketsByID(ctx, keys)
	if err != nil {
		return fmt.Errorf("find tickets: %w", err)
	}
	for _, t := range rows {
		into[t.ID] = t
	}
	return nil
}
