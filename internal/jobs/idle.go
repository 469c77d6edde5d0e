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
