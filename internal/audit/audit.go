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
}

// Write adds an entry to tx.
func Write(ctx context.Context, tx *store.Tx, e Entry) error {
	if e.Actor.Kind == "" || e.Action == "" {
		return fmt.Errorf("BUG: audit entry without actor or action: %+v", e)
	}
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("encode audit detail: %w", err)
		}
	}
	err := tx.CreateAuditEntry(ctx, store.CreateAuditEntryParams{
		ID: club.NewAuditID(tx.Now), At: tx.Now, Actor: e.Actor.String(), ActorName: e.Actor.Name, Action: e.Action,
		Object: e.Object, ThreadID: e.Thread, Detail: string(detail), CorrelationID: tx.Correlation,
	})
	if err != nil {
		return fmt.Errorf("write audit entry: %w", err)
	}
	return nil
}
