// Package audit writes the record of who changed what, in the transaction of the change itself.
//
// An entry says who (the actor), what (an action such as "proposal.approved"), which (the object's
// id), before and after, and belongs to a correlation id. Details are masked by the caller: an
// entry is kept for years and never holds personal data. Entries are added, never changed.
package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Entry is one change.
type Entry struct {
	Actor  club.Actor
	Action string        // "noun.verb", in the past: "thread.escalated"
	Object string        // the id of what changed
	Thread club.ThreadID // where it belongs to one
	// Detail is stored as JSON: what changed, before and after, and why. It must not hold personal data.
	Detail map[string]any
	// Correlation is the matter's id. Zero: the transaction's.
	Correlation club.CorrelationID
}

// Write adds an entry to tx.
func Write(ctx context.Context, tx *store.Tx, e Entry) error { return WriteEach(ctx, tx, []Entry{e}) }

// WriteEach adds entries to tx, all in one round trip.
func WriteEach(ctx context.Context, tx *store.Tx, entries []Entry) error {
	_, err := tx.Each(ctx, len(entries), func(q *store.Queries, i int) (int64, error) {
		p, err := entries[i].params(tx)
		if err != nil {
			return 0, err
		}
		return 0, q.CreateAuditEntry(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("write audit entry: %w", err)
	}
	return nil
}

func (e Entry) params(tx *store.Tx) (store.CreateAuditEntryParams, error) {
	p := store.CreateAuditEntryParams{ID: club.NewAuditID(tx.Now), At: tx.Now, Actor: e.Actor.String(), ActorName: e.Actor.Name, Action: e.Action,
		Object: e.Object, ThreadID: e.Thread, Detail: "{}", CorrelationID: e.Correlation}
	if e.Actor.Kind == "" || e.Action == "" {
		return p, fmt.Errorf("BUG: audit entry without actor or action: %+v", e)
	}
	if p.CorrelationID.IsZero() {
		p.CorrelationID = tx.Correlation
	}
	if len(e.Detail) > 0 {
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return p, fmt.Errorf("encode audit detail: %w", err)
		}
		p.Detail = string(detail)
	}
	return p, nil
}
