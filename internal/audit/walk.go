package audit

import (
	"context"
	"fmt"

	"clubos/internal/store"
)

const (
	// leavesInPart is how many leaves, about, are gone through between two heads at which a walk may end.
	leavesInPart = 20_000
	leavesInPage = 1000
)

// visitor is told of a log in its order: of each leaf with the canonical text of its entry, nil where that is not there, and of
// each head after the last leaf that it is about. The text is reused.
type visitor interface {
	leaf(l leaf, entry []byte)
	head(size int64, signed string)
}

// walk goes through the log in a club's database, in many short transactions: what is there by its beginning changes no more.
type walk struct {
	tenant *store.Tenant
	at     int64 // leaves that are behind
	end    int64 // leaves or heads go on until there
	step   int64 // leaves in a part
	buf    []byte
}

func newWalk(ctx context.Context, tenant *store.Tenant, from, step int64) (*walk, error) {
	w := &walk{tenant: tenant, at: from, step: step}
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		last, err := tx.FindLastAuditLeaf(ctx) // first: each comes with its head
		if err != nil && !missing(err) {
			return fmt.Errorf("find the last leaf: %w", err)
		}
		if err == nil {
			w.end = last.Position + 1
		}
		newest, err := findNewestHead(ctx, tx)
		w.end = max(w.end, newest.Size)
		return err
	})
	return w, err
}

func (w *walk) done() bool { return w.at >= w.end }

// part goes on to a head that follows; where there is none, it goes as far.
func (w *walk) part(ctx context.Context, v visitor) error {
	until := min(w.at+w.step, w.end)
	var heads []store.AuditHead
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		heads, err = tx.FindAuditHeads(ctx, store.FindAuditHeadsParams{Since: w.at, Until: until})
		return err
	})
	if err != nil {
		return fmt.Errorf("find heads: %w", err)
	}
	if n := len(heads); n > 0 {
		until = heads[n-1].Size
	}
	headsUntil := func(position int64) {
		for len(heads) > 0 && heads[0].Size <= position {
			v.head(heads[0].Size, heads[0].Note)
			heads = heads[1:]
		}
	}
	for w.at < until {
		upTo := min(w.at+leavesInPage, until)
		var rows []store.FindLeavesWithEntriesRow
		err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.FindLeavesWithEntries(ctx, store.FindLeavesWithEntriesParams{Since: w.at, Until: upTo})
			return err
		})
		if err != nil {
			return fmt.Errorf("find leaves: %w", err)
		}
		for i := range rows {
			headsUntil(rows[i].Position)
			w.leaf(&rows[i], v)
		}
		w.at = upTo
	}
	headsUntil(until)
	return nil
}

func (w *walk) leaf(r *store.FindLeavesWithEntriesRow, v visitor) {
	l := leaf{position: r.Position, id: r.EntryID, at: r.At}
	if len(r.Digest) == len(l.digest) { // any other is that of nothing
		copy(l.digest[:], r.Digest)
	}
	if r.Found.IsZero() {
		v.leaf(l, nil)
		return
	}
	w.buf = appendEntry(w.buf[:0], &store.AuditEntry{ID: r.Found, At: r.At, Actor: r.Actor, ActorName: r.ActorName, Action: r.Action, Object: r.Object,
		ThreadID: r.ThreadID, Detail: r.Detail, CorrelationID: r.CorrelationID})
	v.leaf(l, w.buf)
}
