package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Config says how jobs run.
type Config struct {
	// Node names this process among the replicas, the same after a restart: jobs that it left running
	// are taken up again at once. Required.
	Node string
	// Workers bounds the jobs that run at a time in each queue, per client. Default 16.
	Workers int
	// Poll is how often the queues are looked at when nothing announces a job. Default 100 ms.
	Poll time.Duration
	// Pause is how long a job of a suspended club waits before it is looked at again, and one that is lost and of which nobody
	// could be told. Default 20 s.
	Pause time.Duration
	// Look is how often, on PostgreSQL, jobs are looked for that a replica which is gone has left running.
	// Default 2 s.
	Look time.Duration
	// Idle is how long a club of SQLite must have had nothing to do before it is served without connections and
	// a job client of its own, until there is something again. Default 10 s.
	Idle time.Duration
	// Quiet, if set, is called when all clubs of SQLite have become idle.
	Quiet func()
	// Observe, if set, is told of every try of a job.
	Observe func(Try)
}

// Try is one try of a job that has ended.
type Try struct {
	Kind    string        // of a periodic job its name after "tick/"
	Outcome string        // done, later, failed or lost
	Waited  time.Duration // since it was due
	Took    time.Duration
}

// Runner owns the River clients.
type Runner struct {
	registry *Registry
	cfg      Config

	mu     sync.Mutex    // guards the fields below
	keeper *keeper       // of SQLite's clubs; nil on PostgreSQL, which has the others
	client client        // of all clubs
	node   *node         //
	pool   *pgxpool.Pool // River's own
	waker  *waker
}

// client is the part of a River client that the runner needs, whatever its driver.
type client interface {
	Start(context.Context) error
	Stop(context.Context) error
	StopAndCancel(context.Context) error
}

// NewRunner returns a runner that has not started.
func NewRunner(r *Registry, cfg Config) *Runner {
	if cfg.Workers == 0 {
		cfg.Workers = 16
	}
	if cfg.Poll == 0 {
		cfg.Poll = 100 * time.Millisecond
	}
	if cfg.Pause == 0 {
		cfg.Pause = pause
	}
	if cfg.Idle == 0 {
		cfg.Idle = 10 * time.Second
	}
	if cfg.Look == 0 {
		cfg.Look = 2 * time.Second
	}
	r.pause, r.observe = cfg.Pause, cfg.Observe
	runner := &Runner{registry: r, cfg: cfg}
	r.postponed = func(queue string, wait time.Duration) { runner.wake().at(queue, time.Now().Add(wait+postponedBy)) }
	return runner
}

// Start begins to work the jobs of every active tenant. The context ends nothing: call Stop.
func (r *Runner) Start(ctx context.Context) error {
	r.registry.cluster.OnJobs(r.enqueued)
	if pool, schema, ok := r.registry.cluster.Postgres(); ok {
		return r.startPostgres(ctx, pool, schema)
	}
	k := newKeeper(r)
	r.mu.Lock()
	r.keeper = k
	r.mu.Unlock()
	recs, err := r.registry.cluster.FindTenants(ctx)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if rec.Status == store.StatusActive {
			if err := r.AddTenant(ctx, rec.Slug); err != nil {
				return err
			}
		}
	}
	k.start(ctx)
	return nil
}

func (r *Runner) startPostgres(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	n := r.nodeFor(pool, schema)
	if err := n.start(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	r.node = n
	r.mu.Unlock()
	own, err := queuePool(ctx, pool)
	if err != nil {
		return err
	}
	cfg := r.config()
	cfg.Schema, cfg.PeriodicJobs = schema, r.periodic()
	cfg.Queues[QueuePeriodic] = river.QueueConfig{MaxWorkers: len(r.registry.ticks) + 1} // one each: no turn waits for another one's
	cfg.Queues[QueueOverflow] = river.QueueConfig{MaxWorkers: max(r.cfg.Workers/overflowed, 1)}
	c, err := river.NewClient(newDriver(own), cfg)
	if err != nil {
		own.Close()
		return fmt.Errorf("open job client: %w", err)
	}
	r.mu.Lock()
	r.pool, r.waker = own, newWaker(announceTo(own, schema, r.registry.log))
	r.mu.Unlock()
	if err := startClient(ctx, c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.client = c
	return nil
}

// AddTenant begins to work a tenant's jobs; on PostgreSQL the one client does so already. A second
// call for a tenant does nothing.
func (r *Runner) AddTenant(ctx context.Context, slug club.Slug) error {
	r.mu.Lock()
	k := r.keeper
	r.mu.Unlock()
	if k == nil {
		return nil
	}
	tenant, err := r.registry.cluster.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	return k.add(ctx, tenant)
}

// sqlitePoll is how often the queues of a SQLite club are looked at when no bell has rung, for what another
// process has stored: a hundred clubs are a hundred files to look at.
const sqlitePoll = 5 * time.Second

// takeUpSQLite makes jobs available that a killed process left running: the file has one process.
func takeUpSQLite(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = CURRENT_TIMESTAMP WHERE state = 'running'`); err != nil {
		return fmt.Errorf("take up interrupted jobs: %w", err)
	}
	return nil
}

// startClient has a client work until it is stopped.
func startClient(ctx context.Context, c client) error {
	// River ends its work when the context of Start ends; it is to end by Stop alone, which drains.
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start job client: %w", err)
	}
	return nil
}

// cancelled is how long what was cancelled may take to end.
const cancelled = 2 * time.Second

// stopClient lets a client's running jobs finish until ctx ends, then cancels them.
func stopClient(ctx context.Context, c client) error {
	err := c.Stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		cancelCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelled)
		defer cancel()
		err = c.StopAndCancel(cancelCtx)
	}
	return err
}

// enqueued has the jobs of a transaction worked when they are due.
func (r *Runner) enqueued(slug club.Slug, list []river.InsertManyParams) {
	r.mu.Lock()
	w, k := r.waker, r.keeper
	r.mu.Unlock()
	if k != nil {
		k.enqueued(slug)
	}
	for _, p := range list {
		w.at(placeOf(p))
	}
}

// idle returns the jobs that wait in a club of SQLite whose file need not be asked; idle is false of another.
func (r *Runner) idle(slug club.Slug) (waiting []Backlog, idle bool) {
	r.mu.Lock()
	k := r.keeper
	r.mu.Unlock()
	if k == nil {
		return nil, false
	}
	k.mu.Lock()
	q := k.queues[slug]
	k.mu.Unlock()
	if q == nil {
		return nil, false
	}
	return q.waiting()
}

// wake returns the waker; nil while there is none.
func (r *Runner) wake() *waker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waker
}

// Stop lets running jobs finish until ctx ends, then cancels them; their next try is up to the next
// start. It may be called more than once.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	k, c, n, pool, w := r.keeper, r.client, r.node, r.pool, r.waker
	r.keeper, r.client, r.node, r.pool, r.waker = nil, nil, nil, nil, nil
	r.mu.Unlock()
	w.close()
	if pool != nil {
		defer pool.Close()
	}
	if n != nil {
		defer n.close() // it shows life while jobs end
	}
	var errs []error
	if k != nil {
		errs = append(errs, k.stop(ctx))
	}
	if c != nil {
		errs = append(errs, stopClient(ctx, c))
	}
	return errors.Join(errs...)
}

// overflowed is how many times fewer workers the overflow of all clubs has than what they do at their pace.
const overflowed = 4

func (r *Runner) config() *river.Config {
	return &river.Config{
		ID: r.cfg.Node,
		Queues: map[string]river.QueueConfig{
			QueueDefault: {MaxWorkers: r.cfg.Workers},
			QueueVendor:  {MaxWorkers: 2 * r.cfg.Workers},
		},
		FetchCooldown:        5 * time.Millisecond,
		FetchPollInterval:    r.cfg.Poll,
		JobTimeout:           time.Minute,
		RescueStuckJobsAfter: 2 * time.Minute, // longer than any handler's timeout
		MaxAttempts:          maxAttempts,
		RetryPolicy:          retryPolicy{},
		Workers:              r.registry.workers,
		// River logs each client's start and stop at Info; those are debug matters here.
		Logger: slog.New(quieter{r.registry.log.Handler()}),
	}
}

// periodic is the periodic jobs, each for all clubs.
func (r *Runner) periodic() (list []*river.PeriodicJob) {
	for name, t := range r.registry.ticks {
		list = append(list, river.NewPeriodicJob(river.PeriodicInterval(t.every), func() (river.JobArgs, *river.InsertOpts) {
			return tickJob{Name: name}, &river.InsertOpts{Queue: QueuePeriodic, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: t.every}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return list
}

// retryPolicy waits 1 s, 2 s, 5 s, 15 s, 30 s, then a minute between tries: a member is waiting.
type retryPolicy struct{}

func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().UTC().Add(retryWait(len(job.Errors)))
}

// maxAttempts is how often a job is tried before it is lost.
const maxAttempts = 8

// retryWait is the pause after a failure that had so many failures before it.
func retryWait(failures int) time.Duration {
	waits := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}
	if failures < len(waits) {
		return waits[failures]
	}
	return time.Minute
}

// quieter turns Info into Debug.
type quieter struct{ slog.Handler }

func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return q.Handler.Enabled(ctx, quiet(l))
}

func (q quieter) Handle(ctx context.Context, rec slog.Record) error {
	rec.Level = quiet(rec.Level)
	return q.Handler.Handle(ctx, rec)
}

func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs)}
}
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }

func quiet(l slog.Level) slog.Level {
	if l == slog.LevelInfo {
		return slog.LevelDebug
	}
	return l
}
