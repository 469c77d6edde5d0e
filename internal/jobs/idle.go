package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store"
)

// times is how clubs of SQLite come to be idle.
type times struct {
	after   time.Duration // how long a club must have had nothing to do before its client is closed
	least   time.Duration // how far the next job must be away then
	early   time.Duration // how long before a job is due its club has a client again
	written time.Duration // how often it is looked whether another process has written the file of an idle club
	keep    time.Duration // how often all this is looked at when nothing has rung
	turn    time.Duration // bounds what is asked of a file between two clients, and the wait for the end of one
	again   time.Duration // the pause after a turn that has failed
}

func timesOf(idle time.Duration) times {
	return times{after: idle, least: 3 * idle, early: idle / 5, written: idle / 2, keep: idle / 20, turn: 2 * idle, again: idle / 5}
}

// clubQueue has the jobs of one club of SQLite worked: by a River client of its own while there is something to do,
// and by none when the club is idle. A client is some thirty goroutines that look at the file all the time; a
// hundred clubs in which nothing happens can do without.
//
// An idle club wakes when a job is enqueued in this process, when one comes due, and when another process has
// written its file.
type clubQueue struct {
	runner *Runner
	tenant *store.Tenant
	times  times

	mu      sync.Mutex // guards the fields below
	client  client     // nil: idle
	ending  bool       // the client has been told to stop
	closed  bool       // and there is to be no other
	turning bool       // between idle and not
	busy    time.Time  // when there was last something to do, as far as is known
	rung    bool       // a job was enqueued since the last turn began
	again   time.Time  // not to turn before, because it has failed
	next    next       // idle: what it waits for
	looked  time.Time  // idle: when the file was last looked at
	written string     // and its stamp then
	backlog []Backlog  // idle: the jobs that wait
}

// next is the job that is due first of those that are not done; the zero next is none.
type next struct {
	queue   string
	at      time.Time
	running bool // some are under way
}

// near reports whether the next job comes too soon to be idle until then.
func (n next) near(now time.Time, least time.Duration) bool {
	return n.running || !n.at.IsZero() && n.at.Before(now.Add(least))
}

// ring says that a job was enqueued.
func (q *clubQueue) ring() {
	q.mu.Lock()
	q.rung, q.busy = true, time.Now()
	q.mu.Unlock()
}

// wants says whether the club is to turn from idle to awake, or the other way, now.
func (q *clubQueue) wants(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.turning || q.closed || now.Before(q.again) {
		return false
	}
	if q.client != nil {
		return q.ending || now.Sub(q.busy) >= q.times.after
	}
	if q.rung || q.next.running || !q.next.at.IsZero() && !now.Before(q.next.at.Add(-q.times.early)) {
		return true
	}
	if now.Sub(q.looked) < q.times.written {
		return false
	}
	q.looked = now
	return q.tenant.Written() != q.written
}

// turn has the club awake or idle, as there is something to do for it or not.
func (q *clubQueue) turn(ctx context.Context) (err error) {
	q.mu.Lock()
	if q.turning {
		q.mu.Unlock()
		return nil
	}
	q.turning = true
	rung, awake, ending := q.rung, q.client, q.ending
	q.rung = false
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.turning = false; err != nil { // whatever there is to do, it is not known to be nothing
			q.rung, q.again = true, time.Now().Add(q.times.again)
		}
	}()
	coming, err := q.look(ctx)
	switch {
	case err != nil:
		return err
	case ending:
		return q.rest(ctx, awake) // whatever it has left is found by the look that follows
	case awake != nil && (rung || coming.near(time.Now(), q.times.least)):
		q.mu.Lock()
		q.busy = time.Now()
		q.mu.Unlock()
		return nil
	case awake != nil:
		return q.rest(ctx, awake)
	case rung || coming.near(time.Now(), q.times.least):
		return q.wake(ctx, coming)
	}
	return nil
}

// wake gives the club a client.
func (q *clubQueue) wake(ctx context.Context, coming next) error {
	q.tenant.Idle(false)
	cfg := q.runner.config()
	cfg.FetchPollInterval = max(q.runner.cfg.Poll, sqlitePoll)
	c, err := river.NewClient(q.tenant.JobDriver(), cfg)
	if err != nil {
		return fmt.Errorf("open job client: %w", err)
	}
	if err := startClient(store.Relaxed(ctx), c); err != nil {
		return err
	}
	if wait := time.Until(coming.at); wait > 0 && wait < q.times.least {
		q.tenant.JobsIn(wait, coming.queue)
	}
	q.mu.Lock()
	q.client, q.busy, q.backlog = c, time.Now(), nil
	closed := q.closed
	q.mu.Unlock()
	if closed {
		return stopClient(ctx, c)
	}
	return nil
}

// rest takes the client away from a club that has nothing to do. What comes meanwhile has rung, or is found by the look
// that follows. A job that the client took in the last instant is worked to its end: the next turn asks again.
func (q *clubQueue) rest(ctx context.Context, c client) error {
	q.mu.Lock()
	if q.rung && !q.ending {
		q.mu.Unlock()
		return nil
	}
	q.ending = true
	q.mu.Unlock()
	if err := c.Stop(ctx); err != nil {
		return fmt.Errorf("stop job client: %w", err)
	}
	q.mu.Lock()
	q.client, q.ending = nil, false
	q.mu.Unlock()
	if _, err := q.look(ctx); err != nil {
		return err
	}
	q.tenant.Idle(true)
	return nil
}

// look reads what waits.
func (q *clubQueue) look(ctx context.Context) (coming next, err error) {
	written := q.tenant.Written() // before: what is written after it is another change
	db := q.tenant.WritePool()
	var at sql.NullFloat64
	err = db.QueryRowContext(ctx, `SELECT queue, unixepoch(scheduled_at, 'subsec') FROM river_job
		WHERE state IN ('available', 'retryable', 'scheduled') ORDER BY scheduled_at LIMIT 1`).Scan(&coming.queue, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return coming, fmt.Errorf("look for the next job: %w", err)
	}
	if at.Valid {
		coming.at = time.UnixMilli(int64(at.Float64 * 1000))
	}
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE state = 'running')").Scan(&coming.running); err != nil {
		return coming, fmt.Errorf("look for running jobs: %w", err)
	}
	backlog, err := addSQLite(ctx, nil, db)
	if err != nil {
		return coming, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next, q.looked, q.written, q.backlog = coming, time.Now(), written, backlog
	return coming, nil
}

// waiting is the jobs of an idle club that wait, which need not be read; idle is false of another.
func (q *clubQueue) waiting() (list []Backlog, idle bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.backlog, q.client == nil && !q.turning && !q.rung
}

// complain logs what kept a club from being served; it is tried again.
func (q *clubQueue) complain(err error) {
	q.runner.registry.log.Error("a club's jobs wait", "event.action", "jobs.turn", "event.outcome", "failure",
		"organization.id", q.tenant.Slug.String(), slog.String("error.message", err.Error()))
}

// stop ends the client, if there is one, and has none follow.
func (q *clubQueue) stop(ctx context.Context) error {
	q.mu.Lock()
	c := q.client
	q.closed = true
	q.mu.Unlock()
	if c == nil {
		return nil
	}
	return stopClient(ctx, c)
}

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
	cancel  context.CancelFunc // of the periodic jobs
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
