package jobs

import (
	"context"
	"errors"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// keeper looks after the clubs of SQLite: who is idle, and whose periodic jobs are due.
type keeper struct {
	runner *Runner
	rung   chan struct{} // holds one while a job was enqueued that nobody has looked at
	rounds *rounds
	idle   time.Time // since when all clubs are; zero: some are not. Of look alone
	quiet  bool      // and that has been told

	mu      sync.Mutex // guards queues
	queues  map[club.Slug]*clubQueue
	stopped chan struct{}
	done    sync.WaitGroup
	cancel  context.CancelFunc // of all that is under way
}

func newKeeper(r *Runner) *keeper {
	return &keeper{runner: r, rung: make(chan struct{}, 1), rounds: newRounds(r.registry), queues: map[club.Slug]*clubQueue{}, stopped: make(chan struct{}), cancel: func() {}}
}

// add begins to serve a club; one that is served already stays as it is.
func (k *keeper) add(ctx context.Context, tenant *store.Tenant) error {
	q := &clubQueue{runner: k.runner, tenant: tenant, times: timesOf(k.runner.cfg.Idle), turning: true} // nobody else begins with it
	k.mu.Lock()
	known := k.queues[tenant.Slug] != nil
	if !known {
		k.queues[tenant.Slug] = q
	}
	k.mu.Unlock()
	if known {
		return nil
	}
	err := takeUpSQLite(ctx, tenant.WritePool())
	q.mu.Lock()
	q.turning = false
	q.mu.Unlock()
	if err == nil {
		err = q.turn(ctx)
	}
	if err != nil {
		k.mu.Lock()
		delete(k.queues, tenant.Slug)
		k.mu.Unlock()
		return err
	}
	if _, idle := q.waiting(); idle {
		tenant.Idle(true)
	}
	k.rounds.add(tenant.Slug, time.Now())
	return nil
}

// enqueued wakes a club.
func (k *keeper) enqueued(slug club.Slug) {
	k.mu.Lock()
	q := k.queues[slug]
	k.mu.Unlock()
	if q == nil {
		return
	}
	q.ring()
	k.hint()
}

// hint has the clubs looked at.
func (k *keeper) hint() {
	select {
	case k.rung <- struct{}{}:
	default:
	}
}

// start looks after the clubs until stop is called, and no context ends it.
func (k *keeper) start(ctx context.Context) {
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	k.done.Go(func() { k.run(ctx) })
}

func (k *keeper) run(ctx context.Context) {
	again := time.NewTicker(timesOf(k.runner.cfg.Idle).keep)
	defer again.Stop()
	for {
		k.look(ctx)
		select {
		case <-k.stopped:
			return
		case <-k.rung:
		case <-again.C:
		}
	}
}

func (k *keeper) look(ctx context.Context) {
	now := time.Now()
	idle := true
	for _, q := range k.list() {
		if _, is := q.waiting(); !is {
			idle = false
		}
		if !q.wants(now) {
			continue
		}
		k.done.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, q.times.turn)
			defer cancel()
			if err := q.turn(ctx); err != nil {
				q.complain(err)
			}
			k.hint() // what came meanwhile is looked at now
		})
	}
	k.rounds.begin(ctx, now)
	k.notice(idle, now)
}

// notice tells when all clubs are idle and their connections have been closed.
func (k *keeper) notice(idle bool, now time.Time) {
	switch {
	case !idle:
		k.idle, k.quiet = time.Time{}, false
	case k.idle.IsZero():
		k.idle = now
	case !k.quiet && now.Sub(k.idle) > timesOf(k.runner.cfg.Idle).early+store.IdleKept:
		if k.quiet = true; k.runner.cfg.Quiet != nil {
			k.done.Go(k.runner.cfg.Quiet)
		}
	}
}

func (k *keeper) list() []*clubQueue {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]*clubQueue, 0, len(k.queues))
	for _, q := range k.queues {
		out = append(out, q)
	}
	return out
}

// stop begins nothing any more and ends what is under way, as Runner.Stop says.
func (k *keeper) stop(ctx context.Context) error {
	close(k.stopped)
	defer k.cancel()
	ends := []func(context.Context) error{
		func(ctx context.Context) error { return within(ctx, &k.done, k.cancel) },
		func(ctx context.Context) error { return k.rounds.stop(ctx, k.cancel) },
	}
	for _, q := range k.list() {
		ends = append(ends, q.stop)
	}
	errs := make([]error, len(ends))
	var wg sync.WaitGroup
	for i, end := range ends {
		wg.Go(func() { errs[i] = end(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// within waits for what is under way until ctx ends; then cancel ends it.
func within(ctx context.Context, running *sync.WaitGroup, cancel context.CancelFunc) error {
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	cancel()
	select {
	case <-done:
		return nil
	case <-time.After(cancelled):
		return ctx.Err()
	}
}
