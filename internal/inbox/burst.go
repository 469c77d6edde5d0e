package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

// burstMargin is how long before its job is due a text must be filed for the job to be sure to see it.
const burstMargin = 500 * time.Millisecond

// burstsKept bounds the memory of jobs; those that are due are then forgotten.
const burstsKept = 4096

// bursts remembers which threads have a job that is due later: the texts of a storm that go into one thread
// share it. Used by the filer's goroutine only.
type bursts struct {
	due map[club.ThreadID]time.Time
	// Of the transaction under way: jobs that it stores, and those of others that it relies on.
	stores, relies map[club.ThreadID]time.Time
	// lost is how often the server had been lost: the jobs of before may be undone.
	lost int64
	// backlog is how long it takes to file what is kept besides.
	backlog time.Duration
}

func newBursts() *bursts { return &bursts{due: map[club.ThreadID]time.Time{}} }

// begin forgets a transaction that failed, and jobs that may be undone.
func (s *bursts) begin(lost int64) {
	if lost != s.lost {
		clear(s.due)
		s.lost = lost
	}
	s.stores, s.relies = map[club.ThreadID]time.Time{}, map[club.ThreadID]time.Time{}
}

// enqueueOnce has the texts of a conversation read, unless a job will read them that is not due yet. The job
// is for whatever is unread: it waits itself for the rest of the burst.
func (b *batch) enqueueOnce(c *conversation) {
	last := c.texts[len(c.texts)-1]
	job := AdvanceJob{Meta: jobs.Meta{Tenant: b.Tenant, Correlation: last.correlation}, Thread: c.ID}
	if slices.ContainsFunc(c.texts, func(f *filing) bool { return f.urgent }) {
		job.Urgent = true
		b.Enqueue(job, jobs.Urgent())
		return
	}
	if due, ok := b.burst.due[c.ID]; ok && b.Now.Before(due.Add(-burstMargin)) {
		b.burst.relies[c.ID] = due
		return
	}
	due := b.Now.Add(max(b.settings.BurstWait, b.burst.backlog))
	b.burst.stores[c.ID] = due
	b.Enqueue(job, jobs.At(due))
}

// committed takes over what the transaction stored. Where it took so long that a job it relied on may have
// run meanwhile, the thread gets another.
func (s *bursts) committed(ctx context.Context, tenant *store.Tenant, now time.Time) error {
	late := slices.DeleteFunc(slices.Sorted(maps.Keys(s.relies)), func(id club.ThreadID) bool { return now.Before(s.relies[id]) })
	if len(s.due)+len(s.stores) > burstsKept {
		maps.DeleteFunc(s.due, func(_ club.ThreadID, due time.Time) bool { return !now.Before(due) })
	}
	maps.Copy(s.due, s.stores)
	if len(late) == 0 {
		return nil
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		for _, id := range late {
			tx.Enqueue(AdvanceJob{Meta: jobs.For(tx), Thread: id}, nil)
		}
		return nil
	})
}
