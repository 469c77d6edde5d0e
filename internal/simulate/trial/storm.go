package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/store"
)

// In a stormy trial every text that can wait is kept when it comes, as in a storm, and filed by a task that takes turns
// with the others: whoever must not overtake it waits meanwhile, and the process may end in between.

const stormEnds = time.Second // after which filing is tried again that failed

// await has a task wait until what its sender wrote before is filed (inbox.Config.Await).
func (w *world) await(ctx context.Context, filed <-chan struct{}) error {
	for {
		select {
		case <-filed:
			return nil
		default:
		}
		if err := w.loom.point(ctx, "waits for what was written before", w.now().Add(time.Millisecond)); err != nil {
			return err
		}
	}
}

// file begins to file what is kept, at a replica.
func (w *world) file(ctx context.Context, at *replica) error {
	at.kept, at.filing = false, true
	t := w.taskAt(ctx, at, "the filer", func(ctx context.Context) error {
		for {
			n, err := at.app.Inbox.File(ctx, at.tenant)
			if err != nil || n == 0 {
				return err
			}
			w.counts.Filed += int64(n)
			w.tell(ctx, "has filed %d rows", n)
		}
	}, func(err error) {
		at.filing = false
		if err != nil {
			w.tell(ctx, "the filer ends: %s", w.said(err))
			w.in(stormEnds, func(context.Context) error { at.kept = true; return nil })
		}
		if err := w.meetFiled(ctx); err != nil {
			w.breaks("what was filed cannot be read: %v", err)
		}
	})
	return w.resume(ctx, t)
}

// meetFiled learns into which conversations texts were filed.
func (w *world) meetFiled(ctx context.Context) error {
	for _, in := range w.inbound {
		if in.stored == 0 || !in.thread.IsZero() {
			continue
		}
		ids, err := json.Marshal(map[string]bool{in.id: true})
		if err != nil {
			return fmt.Errorf("BUG: an id does not encode: %w", err)
		}
		err = w.replicas[0].tenant.Read(ctx, func(tx *store.Tx) error {
			rows, err := tx.FindMessagesByProviderIDs(ctx, store.FindMessagesByProviderIDsParams{Provider: w.homeOf(in.member).Provider, Ids: ids})
			for _, m := range rows {
				in.thread = m.ThreadID
				w.meet(m.ThreadID)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
