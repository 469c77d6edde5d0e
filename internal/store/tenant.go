package store

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
)

// txLimit bounds a transaction.
const txLimit = 2 * time.Minute

// Tenant is one club's database.
type Tenant struct {
	Slug   club.Slug
	Name   string
	Keyset []byte // wrapped

	db      *tenantDB
	clock   club.Clock
	log     *slog.Logger
	queue   func(club.Slug, []river.InsertManyParams) // nil: River's tables
	changes *hub
}

// tenantDB is a tenant's connection pools and how to mark a context as its own.
type tenantDB struct {
	write, read *sql.DB
	writeStmts  *stmtCache // nil: the driver caches by itself
	readStmts   *stmtCache
	pipelined   bool // statements can be sent before the results of those before them have come
	enter       func(context.Context) context.Context
	relax       relaxation
	jobs        enqueuer
	notify      func(ctx context.Context, tx *sql.Tx, changes []Change) error // nil: one process only
	close       func() error
}

// Tx is a transaction in a tenant's database. It is valid until its function returns.
type Tx struct {
	*Queries
	// Now is the transaction's one instant.
	Now time.Time
	// Tenant is whose data this is.
	Tenant club.Slug
	// Correlation is the matter's id, never zero.
	Correlation club.CorrelationID

	writable    bool
	pipeline    func(ctx context.Context, n int, run func(q *Queries, i int) (int64, error)) ([]int64, error) // nil: row by row
	jobs        []river.InsertManyParams
	changes     []Change
	afterCommit []func()
}

// Enqueue stores a job when the transaction commits. Jobs are inserted together, just before.
func (tx *Tx) Enqueue(args river.JobArgs, opts *river.InsertOpts) {
	if !tx.writable {
		panic("BUG: Enqueue in a read transaction")
	}
	tx.jobs = append(tx.jobs, river.InsertManyParams{Args: args, InsertOpts: opts})
}

// Changed announces, after the commit and to every replica, that something a page may show has changed.
func (tx *Tx) Changed(topic, id string) {
	tx.changes = append(tx.changes, Change{Tenant: tx.Tenant, Topic: topic, ID: id})
}

// AfterCommit runs fn once the transaction is committed, in this process only. It is for hints
// (metrics, caches): what must happen is a job.
func (tx *Tx) AfterCommit(fn func()) { tx.afterCommit = append(tx.afterCommit, fn) }

// Read runs fn in a read-only transaction that sees one state of the database.
func (t *Tenant) Read(ctx context.Context, fn func(*Tx) error) error {
	return t.run(ctx, reading, fn)
}

// Write runs fn in a transaction and commits it when fn returns nil. Jobs that fn enqueued commit with it.
func (t *Tenant) Write(ctx context.Context, fn func(*Tx) error) error {
	return t.write(ctx, writing, fn)
}

// WriteRelaxed is Write without waiting for the disk. A power cut may undo the transaction, as a whole and
// with all that was committed after it, and never one before it that waited. It is for work that is done
// again from what is durable, such as moving a row on: whoever acts on what it stored waits for the disk,
// and with it for this.
func (t *Tenant) WriteRelaxed(ctx context.Context, fn func(*Tx) error) error {
	return t.write(ctx, relaxed, fn)
}

func (t *Tenant) write(ctx context.Context, m mode, fn func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := t.run(ctx, m, fn)
		if err == nil || attempt == 3 || !lostRace(err) {
			return err
		}
	}
}

// mode is what a transaction may do, and what its commit waits for.
type mode int

const (
	reading mode = iota
	writing
	relaxed
)

func (t *Tenant) run(ctx context.Context, m mode, fn func(*Tx) error) error {
	write := m != reading
	ctx = t.db.enter(ctx)
	pool, stmts := t.db.read, t.db.readStmts
	if write {
		pool, stmts = t.db.write, t.db.writeStmts
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return translate(err)
	}
	// Deferred calls run last to first: the transaction ends, the connection goes back to its pool, and
	// only then are statements prepared for the next time, which needs a connection.
	var unprepared []string
	defer func() { stmts.prepare(ctx, unprepared) }()
	defer func() { _ = conn.Close() }()
	if m == relaxed {
		end, err := t.db.relax.begin(ctx, conn)
		if err != nil {
			return translate(err)
		}
		defer end()
	}
	// The caller's context ends fn's queries, but not a commit under way: whether one that was cut off
	// counts, nobody could say. Its own limit is far beyond any transaction of ours.
	txCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txLimit)
	defer cancel()
	sqlTx, err := conn.BeginTx(txCtx, &sql.TxOptions{ReadOnly: !write})
	if err != nil {
		return translate(err)
	}
	defer func() { _ = sqlTx.Rollback() }() // after Commit this is a no-op
	if m == relaxed {
		if err := t.db.relax.enter(ctx, sqlTx); err != nil {
			return translate(err)
		}
	}
	tx := &Tx{Queries: New(faulty(ctx, stmts.in(sqlTx, &unprepared))), Now: t.clock.Now(), Tenant: t.Slug, Correlation: club.CorrelationFrom(ctx), writable: write}
	if tx.Correlation.IsZero() {
		tx.Correlation = club.NewCorrelationID(tx.Now)
	}
	if t.db.pipelined {
		tx.pipeline = pipelineOn(conn)
	}
	if err := fn(tx); err != nil {
		return translate(err)
	}
	if !write {
		return nil
	}
	return t.commit(ctx, conn, sqlTx, tx)
}

func (t *Tenant) commit(ctx context.Context, conn *sql.Conn, sqlTx *sql.Tx, tx *Tx) error {
	if len(tx.changes) > 0 && t.db.notify != nil {
		if err := t.db.notify(ctx, sqlTx, tx.changes); err != nil {
			return translate(err)
		}
	}
	if len(tx.jobs) > 0 && t.queue == nil {
		if err := t.db.jobs.enqueue(ctx, conn, sqlTx, tx.jobs); err != nil {
			return translate(err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return translate(err)
	}
	if len(tx.jobs) > 0 && t.queue != nil {
		t.queue(t.Slug, tx.jobs)
	}
	if t.db.notify == nil {
		t.changes.publish(tx.changes)
	}
	for _, fn := range tx.afterCommit {
		fn()
	}
	return nil
}

// WritePool returns the pool that the job runner of a SQLite tenant works on; nil on PostgreSQL.
func (t *Tenant) WritePool() *sql.DB {
	if t.db.writeStmts == nil {
		return nil
	}
	return t.db.write
}
