package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/jobs"
	"clubos/internal/store"
)

const (
	// deliveriesKept is longer than a vendor goes on trying (27 h 35 min).
	deliveriesKept = 30 * time.Hour
	pruneEvery     = time.Hour
	filesKept      = time.Hour // between a file's preview and its import
	pollEvery      = 5 * time.Minute
)

// Register adds the inbox's jobs: late reports, the pruning of delivery records, the reading of
// booking feeds. AdvanceJob is worked by package decide.
func (in *Inbox) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[ReportJob]{Work: in.WorkReport})
	r.Every("inbox.prune", pruneEvery, in.Prune)
	r.Every("inbox.feeds", pollEvery, in.PollFeeds)
}

// Prune deletes the records of deliveries that no vendor repeats any more.
func (in *Inbox) Prune(ctx context.Context, tenant *store.Tenant) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.DeleteDeliveries(ctx, tx.Now.Add(-deliveriesKept)); err != nil {
			return fmt.Errorf("prune deliveries: %w", err)
		}
		if _, err := tx.DeleteBookingFiles(ctx, tx.Now.Add(-filesKept)); err != nil {
			return fmt.Errorf("prune booking files: %w", err)
		}
		return nil
	})
}
