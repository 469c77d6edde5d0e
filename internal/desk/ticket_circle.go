package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// noCircle refuses a relation whose way leads back to where it begins, and says which way that is.
func noCircle(ctx context.Context, tx *store.Tx, p identity.Principal, kind club.Relation, from, to store.Ticket) error {
	came := map[club.TicketID]club.TicketID{to.ID: ""}
	for frontier := []club.TicketID{to.ID}; len(frontier) > 0; {
		keys, err := keysOf(frontier)
		if err != nil {
			return err
		}
		edges, err := tx.FindRelationsFrom(ctx, store.FindRelationsFromParams{Tickets: keys, Kind: kind})
		if err != nil {
			return fmt.Errorf("follow relations: %w", err)
		}
		frontier = nil
		for _, e := range edges {
			if _, known := came[e.OtherID]; known {
				continue
			}
			came[e.OtherID] = e.TicketID
			frontier = append(frontier, e.OtherID)
		}
	}
	if _, back := came[from.ID]; !back {
		return nil
	}
	return circle(ctx, tx, p, kind, from, to, came)
}

// circle names the chain by which a relation would lead back. Tickets that p may not see stay unnamed.
func circle(ctx context.Context, tx *store.Tx, p identity.Principal, kind club.Relation, from, to store.Ticket, came map[club.TicketID]club.TicketID) error {
	chain := map[club.TicketID]store.Ticket{}
	var way []club.TicketID
	for at := from.ID; at != ""; at = came[at] {
		way = append(way, at)
		chain[at] = store.Ticket{}
	}
	slices.Reverse(way)
	if err := fillTickets(ctx, tx, chain); err != nil {
		return err
	}
	names := make([]string, len(way))
	for i, id := range way {
		names[i] = "a ticket elsewhere"
		if t := chain[id]; p.AllowsLocation(t.LocationID) {
			names[i] = fmt.Sprintf("#%d", t.Number)
		}
	}
	return club.Conflict("that would be a circle: %s, so it cannot be that #%d %s #%d", strings.Join(names, " "+kind.Words()+" "), from.Number, kind.Words(), to.Number)
}

// keysOf writes ids as the keys of a JSON object, which is how both engines take a list.
func keysOf[T ~string](ids []T) (json.RawMessage, error) {
	set := make(map[T]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	return b, nil
}
