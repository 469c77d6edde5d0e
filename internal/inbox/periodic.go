package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/jobs"
	"clubos/internal/setting"
	"clubos/internal/store"
)

const (
	// deliveriesKept is longer than a vendor goes on trying (27 h 35 min).
	deliveriesKept = 30 * time.Hour
	pruneEvery     = time.Hour
	filesKept      = time.Hour // between a file's preview and its import
	pollEvery      = 5 * time.Minute

	// pruneBatch rows are deleted in a transaction, so that texts get in between; pruneBatches of them in a
	// turn, so that a turn ends. What is left waits for the next.
	pruneBatch   = 500
	pruneBatches = 40
)

// Register adds the inbox's jobs: late reports, the pruning of delivery records and of what doors
// reported, the reading of booking feeds and mailboxes, the call for texts that cannot be filed. AdvanceJob is worked by package decide.
func (in *Inbox) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[ReportJob]{Work: in.WorkReport})
	r.Every("inbox.prune", pruneEvery, in.Prune)
	r.Every("inbox.feeds", pollEvery, in.PollFeeds)
	r.Every("inbox.mailboxes", mailEvery, in.ReadMailboxes)
	r.Every("inbox.unfiled", overdueEvery, in.CallForUnfiled)
}

// Prune deletes the records of deliveries that no vendor repeats any more, booking files that nobody
// imported, and what doors reported longer ago than the club keeps it.
func (in *Inbox) Prune(ctx context.Context, tenant *store.Tenant) error {
	err := inBatches(ctx, tenant, func(tx *store.Tx) (int64, error) {
		n, err := tx.DeleteDeliveries(ctx, store.DeleteDeliveriesParams{Before: tx.Now.Add(-deliveriesKept), Size: pruneBatch})
		if err != nil {
			return 0, fmt.Errorf("prune deliveries: %w", err)
		}
		return n, nil
	})
	if err != nil {
		return err
	}
	if err := tenant.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.DeleteBookingFiles(ctx, tx.Now.Add(-filesKept)); err != nil {
			return fmt.Errorf("prune booking files: %w", err)
		}
		return nil
	}); err != nil {
		return err
	}
	return inBatches(ctx, tenant, func(tx *store.Tx) (int64, error) {
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return 0, err
		}
		before := tx.Now.AddDate(0, 0, -s.AccessDays)
		if err := tx.ReleaseAccessEvents(ctx, store.ReleaseAccessEventsParams{Before: before, Size: pruneBatch}); err != nil {
			return 0, fmt.Errorf("release access events: %w", err)
		}
		n, err := tx.DeleteAccessEvents(ctx, store.DeleteAccessEventsParams{Before: before, Size: pruneBatch})
		if err != nil {
			return 0, fmt.Errorf("prune access events: %w", err)
		}
		return n, nil
	})
}

// inBatches calls some, each time in a transaction of its own, until it deletes less than a batch.
func inBatches(ctx context.Context, tenant *store.Tenant, some func(*store.Tx) (int64, error)) error {
	for range pruneBatches {
		var n int64
		err := tenant.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = some(tx)
			return err
		})
		if err != nil || n < pruneBatch {
			return err
		}
	}
	return nil
}
