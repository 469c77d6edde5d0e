package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	tickWithin = time.Minute // a turn of a periodic job
	// clubWithin is how much of a turn for all clubs one of them may take, and ticksAtOnce of how many it is worked side by
	// side: one whose vendor hangs holds up no other. Each turn has them in another order, so that when there is not
	// time enough for all, it is not the same ones that go without.
	clubWithin  = tickWithin / 3
	ticksAtOnce = 8
)

// turns are the periodic jobs for all clubs that are under way in this process. One that takes longer than its interval is
// not begun a second time meanwhile.
type turns struct {
	mu       sync.Mutex // guards underWay
	underWay map[string]bool
}

func (t *turns) begin(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.underWay[name] {
		return false
	}
	if t.underWay == nil {
		t.underWay = map[string]bool{}
	}
	t.underWay[name] = true
	return true
}

func (t *turns) end(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.underWay, name)
}

// tickJob is a turn of a periodic job. Without a tenant it is for all of them.
type tickJob struct {
	Name   string    `json:"name"`
	Tenant club.Slug `json:"tenant"`
}

func (tickJob) Kind() string { return "tick" }

type tickWorker struct {
	river.WorkerDefaults[tickJob]
	registry *Registry
}

func (w *tickWorker) Timeout(*river.Job[tickJob]) time.Duration { return tickWithin }

func (w *tickWorker) Work(ctx context.Context, job *river.Job[tickJob]) error {
	t, ok := w.registry.ticks[job.Args.Name]
	if !ok {
		return nil // a periodic job that another version of the program has
	}
	if job.Args.Tenant == "" {
		if !w.registry.turns.begin(job.Args.Name) {
			return nil // the turn before is still under way
		}
		defer w.registry.turns.end(job.Args.Name)
	}
	start := time.Now()
	err := w.turn(ctx, t, job)
	w.registry.tell(job.JobRow, "tick/"+job.Args.Name, start, err, false) // its next turn is its next try
	return err
}

// turn does the work of a periodic job for its tenant, or for all of them.
func (w *tickWorker) turn(ctx context.Context, t tick, job *river.Job[tickJob]) error {
	slugs := []club.Slug{job.Args.Tenant}
	if job.Args.Tenant == "" {
		recs, err := w.registry.cluster.FindTenants(ctx)
		if err != nil {
			return err
		}
		slugs = slugs[:0]
		for _, rec := range recs {
			if rec.Status == store.StatusActive {
				slugs = append(slugs, rec.Slug)
			}
		}
		rand.Shuffle(len(slugs), func(i, j int) { slugs[i], slugs[j] = slugs[j], slugs[i] })
	}
	errs := make([]error, len(slugs))
	var turns sync.WaitGroup
	places := make(chan struct{}, ticksAtOnce)
	for i, slug := range slugs {
		places <- struct{}{}
		if ctx.Err() != nil {
			errs[i] = fmt.Errorf("%d of %d clubs must wait for the next turn: %w", len(slugs)-i, len(slugs), ctx.Err())
			break
		}
		turns.Go(func() {
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, clubWithin)
			defer cancel()
			tenant, err := w.registry.cluster.Tenant(ctx, slug)
			if errors.Is(err, store.ErrSuspended) {
				return
			}
			if err == nil {
				ctx := club.WithCorrelation(ctx, club.NewCorrelationID(w.registry.cluster.Clock().Now()))
				err = guarded(func() error { return t.work(ctx, tenant) })
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s for %s: %w", job.Args.Name, slug, err)
			}
		})
	}
	turns.Wait()
	if err := errors.Join(errs...); err != nil {
		w.registry.log.ErrorContext(ctx, "periodic job failed", "event.action", "tick."+job.Args.Name, "event.outcome", "failure", "error.message", err.Error())
		return err
	}
	return nil
}
