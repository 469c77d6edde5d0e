package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

const (
	// wakeAhead is how far ahead a waker looks. River moves jobs that are due later along every five seconds.
	wakeAhead = 6 * time.Second
	// wakeTogether is how far apart jobs may be due that are looked for together.
	wakeTogether = 2 * time.Millisecond
	// postponedBy is how much later than its handler thinks River has a job run again, at most: it reads the clock
	// once more.
	postponedBy = 5 * time.Millisecond
	wakeWithin  = 2 * time.Second
)

// waker has River look into a queue on PostgreSQL the moment a job that this process has stored is due. River
// itself hears of insertions, and finds what has become due when it polls. A look in vain is no harm, and one that
// is lost is made up for by polling. On SQLite the club's bell does the same.
type waker struct {
	look func(queue string)

	mu     sync.Mutex // guards the fields below
	set    map[wakeTime]*time.Timer
	closed bool
}

type wakeTime struct {
	queue string
	at    int64 // in units of wakeTogether
}

func newWaker(look func(queue string)) *waker {
	return &waker{look: look, set: map[wakeTime]*time.Timer{}}
}

// at has a queue looked into at an instant that is to come. A nil waker does nothing.
func (w *waker) at(queue string, due time.Time) {
	if wait := time.Until(due); w == nil || wait <= 0 || wait > wakeAhead {
		return
	}
	// Never too early: what is not due is not found.
	k := wakeTime{queue, due.Add(wakeTogether).UnixNano() / int64(wakeTogether)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.set[k] != nil {
		return
	}
	w.set[k] = time.AfterFunc(time.Until(time.Unix(0, k.at*int64(wakeTogether))), func() { w.ring(k) })
}

func (w *waker) ring(k wakeTime) {
	w.mu.Lock()
	delete(w.set, k)
	closed := w.closed
	w.mu.Unlock()
	if !closed {
		w.look(k.queue)
	}
}

func (w *waker) close() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for k, t := range w.set {
		t.Stop()
		delete(w.set, k)
	}
}

// placeOf returns the queue of a job that was enqueued, and when it is due; the zero time is at once.
func placeOf(p river.InsertManyParams) (queue string, due time.Time) {
	opts := river.InsertOpts{}
	if own, ok := p.Args.(river.JobArgsWithInsertOpts); ok {
		opts = own.InsertOpts()
	}
	if p.InsertOpts != nil {
		if p.InsertOpts.Queue != "" {
			opts.Queue = p.InsertOpts.Queue
		}
		opts.ScheduledAt = p.InsertOpts.ScheduledAt
	}
	if opts.Queue == "" {
		opts.Queue = QueueDefault
	}
	return opts.Queue, opts.ScheduledAt
}

// queueConns bounds River's own connections: one listens, and three queues, what is completed and the leader's
// duties want one now and then.
const queueConns = 7

// queuePool returns a pool for River's own moves, whose commits do not wait for the disk. What a crash of the
// server undoes of them is done again; whatever a job has done waits for the disk, and with it for them.
func queuePool(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Pool, error) {
	cfg := pool.Config()
	cfg.MaxConns, cfg.MinConns = queueConns, 0
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET synchronous_commit = off")
		return err
	}
	own, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the job queue's pool: %w", err)
	}
	return own, nil
}

// announceTo has every client of the queue look for jobs, as River does when one is inserted.
func announceTo(pool *pgxpool.Pool, schema string, log *slog.Logger) func(queue string) {
	return func(queue string) {
		ctx, cancel := context.WithTimeout(context.Background(), wakeWithin)
		defer cancel()
		if _, err := pool.Exec(ctx, "SELECT pg_notify($1, json_build_object('queue', CAST($2 AS TEXT))::text)", schema+".river_insert", queue); err != nil {
			log.DebugContext(ctx, "a due job waits to be polled", "event.action", "jobs.wake", "event.outcome", "failure", "error.message", err.Error())
		}
	}
}
