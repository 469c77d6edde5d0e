// Package jobs runs the work that is stored in the database: River clients on either engine.
//
// A job is enqueued in the transaction that makes it necessary (store.Tx.Enqueue), so it exists
// exactly when its cause does. It runs at least once: a handler must do no harm when it runs again
// after a crash. Every timer of the product is such a job with a time; none is a sleeping goroutine.
//
// Handlers are registered before the Runner starts. On SQLite each tenant has a River client on its
// own file; on PostgreSQL one client serves all tenants. When a job's last try fails, its Lost
// function runs, whose duty it is to reach a person.
//
// Jobs of a suspended club are kept and not worked: each is looked at again now and then, without
// counting a try, until the club is resumed. Periodic jobs pass it by.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/store"
)

// Queues. Work that waits for vendors has a queue of its own, so that a vendor that hangs cannot hold
// up the reading of members' texts; and so has, where clubs share the queues, what one of them makes in excess.
const (
	QueueDefault = river.QueueDefault
	QueueVendor  = "vendor"
	// QueueOverflow is on PostgreSQL only, and so is QueuePeriodic, whose jobs look after all clubs.
	QueueOverflow = store.QueueOverflow
	QueuePeriodic = "periodic"
)

// Meta is part of every job: whose it is, and which matter it belongs to.
type Meta struct {
	Tenant      club.Slug          `json:"tenant"`
	Correlation club.CorrelationID `json:"correlation"`
	// Urgent says that somebody's safety may depend on it. So is what follows from it, and the transactions of both go
	// before the club's other work.
	Urgent bool `json:"urgent,omitempty"`
}

// For returns the Meta of a job enqueued in tx.
func For(tx *store.Tx) Meta {
	return Meta{Tenant: tx.Tenant, Correlation: tx.Correlation, Urgent: tx.Urgent}
}

// JobMeta makes Meta findable in a job that embeds it.
func (m Meta) JobMeta() Meta { return m }

// Job is what can be enqueued: River's arguments that embed Meta.
type Job interface {
	river.JobArgs
	JobMeta() Meta
}

// At returns options for a job that is due at an instant. River moves scheduled jobs along every few
// seconds; for waits shorter than that, let the job return Later.
func At(at time.Time) *river.InsertOpts { return &river.InsertOpts{ScheduledAt: at} }

// Urgent returns options for a job that is worked before those of all clubs, however much its own club has to do.
func Urgent() *river.InsertOpts { return &river.InsertOpts{Priority: 1} }

// Later makes a handler run again after d, without counting a failed try.
func Later(d time.Duration) error { return river.JobSnooze(d) }

// Handler works one kind of job.
type Handler[T Job] struct {
	// Work does the job. An error has it tried again after a growing pause.
	Work func(ctx context.Context, tenant *store.Tenant, job T) error
	// Lost is called when the last try has failed. Nil only where nobody waits for the job.
	Lost func(ctx context.Context, tenant *store.Tenant, job T, cause error) error
	// Timeout bounds one try. Default 20 s.
	Timeout time.Duration
	// Inward work changes nothing but the database, in transactions that withstand each other. When its
	// replica is gone another begins it anew at once, even though one that was merely cut off from the
	// database may still be at it.
	Inward bool
}

// Registry is the list of handlers.
type Registry struct {
	cluster *store.Cluster
	log     *slog.Logger
	workers *river.Workers
	byKind  map[string]func(ctx context.Context, row *rivertype.JobRow, args []byte) error
	ticks   map[string]tick
	turns   turns
	limits  map[string]time.Duration // by kind: so long after its beginning a try of a node that is gone may be begun anew
	observe func(Try)                // nil: nobody asks; set by NewRunner
	pause   time.Duration            // of a job whose club is suspended, and of one that is lost and nobody could be told
	// postponed is told of a job that will be tried again soon; nil: nobody asks. Set by NewRunner.
	postponed func(queue string, wait time.Duration)
}

type tick struct {
	every time.Duration
	work  func(context.Context, *store.Tenant) error
}

// NewRegistry returns a registry without handlers.
func NewRegistry(cluster *store.Cluster, log *slog.Logger) *Registry {
	r := &Registry{cluster: cluster, log: log, workers: river.NewWorkers(), ticks: map[string]tick{}, limits: map[string]time.Duration{}, pause: pause,
		byKind: map[string]func(context.Context, *rivertype.JobRow, []byte) error{}}
	river.AddWorker(r.workers, &tickWorker{registry: r})
	r.limit(tickJob{}.Kind(), tickWithin)
	return r
}

// Handle registers the handler of a kind of job. A second one for the same kind is our bug and panics.
func Handle[T Job](r *Registry, h Handler[T]) {
	if h.Timeout == 0 {
		h.Timeout = 20 * time.Second
	}
	w := &worker[T]{registry: r, handler: h}
	river.AddWorker(r.workers, w)
	var kind T
	if r.limit(kind.Kind(), h.Timeout); h.Inward {
		r.limits[kind.Kind()] = inwardGrace
	}
	r.byKind[kind.Kind()] = func(ctx context.Context, row *rivertype.JobRow, args []byte) error {
		job := &river.Job[T]{JobRow: row}
		if err := json.Unmarshal(args, &job.Args); err != nil {
			return fmt.Errorf("decode job %s: %w", row.Kind, err)
		}
		return w.Work(ctx, job)
	}
}

// Every runs work for each tenant about once per interval, on one replica.
func (r *Registry) Every(name string, interval time.Duration, work func(context.Context, *store.Tenant) error) {
	if _, taken := r.ticks[name]; taken {
		panic("BUG: two periodic jobs are named " + name)
	}
	r.ticks[name] = tick{every: interval, work: work}
}

const (
	lostWithin = 10 * time.Second // reaching a person about a job that is lost
	pause      = 20 * time.Second // before what nobody can work now is looked at again
	// inwardGrace is time enough for a node that lives to show it again when its connection broke.
	inwardGrace = 5 * time.Second
)

type worker[T Job] struct {
	river.WorkerDefaults[T]
	registry *Registry
	handler  Handler[T]
}

func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.handler.Timeout }

// Work finds the tenant, restores the correlation id, turns a panic into an error, and calls Lost
// after the last try. A job is not given up before somebody knows: where that fails, there is one more try.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	m := job.Args.JobMeta()
	ctx = club.WithCorrelation(ctx, m.Correlation)
	ctx = store.AtWork(ctx, m.Urgent)
	tenant, err := w.registry.cluster.Tenant(ctx, m.Tenant)
	if errors.Is(err, store.ErrSuspended) {
		return Later(w.registry.pause)
	}
	last := job.Attempt >= job.MaxAttempts
	if err != nil && last && club.CodeOf(err) != club.CodeNotFound { // who must hear of a lost job is not found either
		return Later(w.registry.pause)
	}
	if err != nil {
		return fmt.Errorf("job %s: %w", job.Kind, err)
	}
	start := time.Now()
	failpoint.Hit(failpoint.JobBegun)
	err = guarded(func() error { return w.handler.Work(ctx, tenant, job.Args) })
	failpoint.Hit(failpoint.JobDone)
	end := err
	if err != nil && !isLater(err) {
		w.registry.log.LogAttrs(ctx, levelOf(last), "job failed",
			slog.String("event.action", "job."+job.Kind), slog.String("event.outcome", "failure"), slog.String("organization.id", m.Tenant.String()),
			slog.Int("labels.attempt", job.Attempt), slog.Bool("labels.last", last), slog.Duration("event.duration", time.Since(start)), slog.String("error.message", err.Error()))
		if last && w.handler.Lost != nil {
			end = w.lost(ctx, tenant, job, err)
		}
	}
	w.registry.again(tenant, job.JobRow, end)
	w.registry.tell(job.JobRow, job.Kind, start, end, last)
	return end
}

// lost has a person told of a job that is given up because of err, and returns how that ends it.
func (w *worker[T]) lost(ctx context.Context, tenant *store.Tenant, job *river.Job[T], err error) error {
	// The try's own time may be used up; reaching a person gets its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lostWithin)
	defer cancel()
	failed := guarded(func() error { return w.handler.Lost(ctx, tenant, job.Args, err) })
	if failed == nil {
		return err
	}
	w.registry.log.ErrorContext(ctx, "nobody could be told of a lost job; it is tried again", "event.action", "job."+job.Kind, "event.outcome", "failure",
		"organization.id", tenant.Slug.String(), "error.message", failed.Error())
	return Later(w.registry.pause)
}

func isLater(err error) bool {
	var snooze *river.JobSnoozeError
	return errors.As(err, &snooze)
}

// again has a job that is to be tried once more before River's scheduler comes round found when it is due.
func (r *Registry) again(tenant *store.Tenant, row *rivertype.JobRow, err error) {
	if err == nil || row == nil {
		return
	}
	wait := retryWait(len(row.Errors))
	if later := (*river.JobSnoozeError)(nil); errors.As(err, &later) {
		wait = later.Duration
	}
	if wait <= soonest {
		tenant.JobsIn(wait, row.Queue)
		if r.postponed != nil {
			r.postponed(row.Queue, wait)
		}
	}
}

// soonest is how often River's scheduler comes round; what is due before is among the available jobs at once.
const soonest = 5 * time.Second

// tell hands on how a try ended that began at start.
func (r *Registry) tell(row *rivertype.JobRow, kind string, start time.Time, err error, last bool) {
	if r.observe == nil || row == nil { // a Stepper has no row of a periodic job
		return
	}
	t := Try{Kind: kind, Outcome: "failed", Took: time.Since(start)}
	if !row.ScheduledAt.IsZero() {
		t.Waited = start.Sub(row.ScheduledAt)
	}
	switch {
	case err == nil:
		t.Outcome = "done"
	case isLater(err):
		t.Outcome = "later"
	case last:
		t.Outcome = "lost"
	}
	r.observe(t)
}

func levelOf(last bool) slog.Level {
	if last {
		return slog.LevelError
	}
	return slog.LevelWarn
}

// guarded runs fn and returns a panic as an error.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}
