package store

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/failpoint"
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
	turn    func(context.Context) (func(), error)     // nil: whoever comes
	pace    *pace
	stored  *jobsHeard
	changes *hub
	ledger  *Statements
	cache   *memory // nil: nothing is kept
}

// tenantDB is a tenant's connection pools and how to mark a context as its own.
type tenantDB struct {
	shares *shares        // of the pool that all clubs use; nil: the club has one of its own
	weeks  *postgresWeeks // nil: no table is partitioned

	write, read *sql.DB
	oneWriter   bool // SQLite
	pipelined   bool // statements can be sent before the results of those before them have come
	enter       func(context.Context) context.Context
	relax       string // the statement that has a transaction's commit not wait for the disk; "": its context says so
	line        *line  // of those who want to write; nil: any number write side by side
	jobs        enqueuer
	bell        *belled                                                // nil: the database announces jobs
	notify      func(ctx context.Context, tx *sql.Tx, news news) error // nil: one process only
	// settle follows the commit of what was announced and is to be durable; nil: the commit is.
	settle  func(ctx context.Context, conn *sql.Conn) error
	foreign *foreign   // nil: other processes announce what they change
	rest    func()     // nil: there is nothing to let go of
	idle    func(bool) // nil: the club has no connections of its own
	close   func() error
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
	// Urgent says that somebody's safety may depend on it, and so on the jobs that it makes.
	Urgent bool

	known    *Queries
	mark     uint64 // the cache's, from before the transaction's snapshot
	changed  []Touched
	recalls  map[string]recall
	early    map[string][]byte // results that were asked for ahead, by the key they are kept under
	ahead    func(ctx context.Context, ask func(q *Queries)) error
	writable bool
	relies   bool
	// pipeline runs many statements at once; nil: row by row.
	pipeline    func(ctx context.Context, n int, run func(q *Queries, i int) (int64, error)) ([]int64, error)
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

// Relies says that somebody outside is told that what another transaction stored is here. A transaction is seen before it
// is on the disk, and one that writes nothing waits for no disk: this lets the commit wait for what it has seen.
func (tx *Tx) Relies() { tx.relies = true }

// AfterCommit runs fn once the transaction is committed, in this process only. It is for hints
// (metrics, caches): what must happen is a job.
func (tx *Tx) AfterCommit(fn func()) { tx.afterCommit = append(tx.afterCommit, fn) }

// Known returns queries that may be answered from what was read before. What another replica commits may
// take some milliseconds to count in them, and what is written past ClubOS up to a minute. They are for
// what describes a club, and never for what proves that something physical may be done.
func (tx *Tx) Known() *Queries { return tx.known }

// Read runs fn in a read-only transaction that sees one state of the database. Under Looking it is Look.
func (t *Tenant) Read(ctx context.Context, fn func(*Tx) error) error {
	if looking, _ := ctx.Value(lookingKey{}).(bool); looking {
		return t.Look(ctx, fn)
	}
	return t.run(ctx, reading, fn)
}

type lookingKey struct{}

// work is a job that is worked.
type work struct{ urgent bool }

type workKey struct{}

// AtWork marks what a job does: it may be put off for those who wait, but for what is urgent, on which somebody's safety may
// depend.
func AtWork(ctx context.Context, urgent bool) context.Context {
	return context.WithValue(ctx, workKey{}, work{urgent})
}

// Looking marks a request of somebody who only looks: what is read under it may be what was read before.
// The faces mark requests that change nothing, and what they hand to rooms then reads alike.
func Looking(ctx context.Context) context.Context { return context.WithValue(ctx, lookingKey{}, true) }

// Look runs fn for somebody who looks at the club: all its queries are Known, and the database is asked for
// nothing else. It is for pages and for answers to requests that change nothing; work that decides
// whether there is something to do reads by Read, lest it miss what was committed a moment ago.
func (t *Tenant) Look(ctx context.Context, fn func(*Tx) error) error {
	if t.cache == nil {
		return t.run(ctx, reading, fn)
	}
	tx := t.newTx(ctx)
	s := &session{t: t, tx: tx}
	defer s.end()
	m := mindful{DBTX: accounted{late{s}, t.ledger, tx}, t: t, tx: tx, session: s}
	tx.Queries = New(m)
	if t.db.pipelined {
		tx.ahead = m.askAhead
	}
	tx.known = tx.Queries
	return translate(fn(tx))
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

// WriteFirst is Write for what somebody outside waits for. SQLite has one writer, and whoever goes first waits for
// one of the others at most.
func (t *Tenant) WriteFirst(ctx context.Context, fn func(*Tx) error) error {
	return t.write(ctx, first, fn)
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
	first
)

func (t *Tenant) newTx(ctx context.Context) *Tx {
	tx := &Tx{Now: t.clock.Now(), Tenant: t.Slug, Correlation: club.CorrelationFrom(ctx)}
	if tx.Correlation.IsZero() {
		tx.Correlation = club.NewCorrelationID(tx.Now)
	}
	return tx
}

func (t *Tenant) run(ctx context.Context, m mode, fn func(*Tx) error) error {
	if t.turn != nil {
		end, err := t.turn(ctx)
		if err != nil {
			return translate(err)
		}
		defer end()
	}
	tx := t.newTx(ctx)
	tx.writable = m != reading
	job, atWork := ctx.Value(workKey{}).(work)
	tx.Urgent = job.urgent
	s := &session{t: t, tx: tx, relaxed: m == relaxed, first: m == first, work: atWork}
	ctx = relaxedIf(t.db.enter(ctx), s.relaxed)
	if t.db.line != nil && tx.writable {
		if err := t.db.line.enter(ctx, classOf(m, tx.Urgent)); err != nil {
			return translate(err)
		}
		defer t.db.line.leave()
	}
	defer s.end()
	if err := s.begin(ctx); err != nil {
		return err
	}
	plain := accounted{s.db, t.ledger, tx}
	tx.Queries = New(plain)
	tx.known = tx.Queries
	if t.cache != nil {
		tx.Queries = New(recalling{DBTX: plain, t: t, tx: tx})
		tx.known = New(mindful{DBTX: plain, t: t, tx: tx})
	}
	if t.db.pipelined {
		tx.pipeline = pipelineOn(s.conn, func(db DBTX) DBTX { return accounted{db, t.ledger, tx} })
	}
	if err := fn(tx); err != nil {
		return translate(err)
	}
	if !tx.writable {
		return nil
	}
	return t.commit(ctx, s)
}

func (t *Tenant) commit(ctx context.Context, s *session) error {
	tx, waits := s.tx, t.db.settle != nil && !s.relaxed
	settles := waits && tx.relies
	if n := (news{t.Slug, announced(tx.changed), tx.changes}); t.db.notify != nil && len(n.touched)+len(n.changes) > 0 {
		if err := t.db.notify(ctx, s.sql, n); err != nil {
			return translate(err)
		}
		settles = waits
	}
	if len(tx.jobs) > 0 && t.queue == nil {
		if t.db.bell == nil && !tx.Urgent { // all clubs' jobs are in the same queues
			t.pace.rank(tx.jobs, tx.Now)
		}
		if err := t.db.jobs.enqueue(ctx, s.conn, s.sql, tx.jobs); err != nil {
			return translate(err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	failpoint.Hit(failpoint.Commit)
	err := s.sql.Commit()
	if err == nil && settles {
		err = s.settle(ctx)
	}
	failpoint.Hit(failpoint.Committed)
	t.forget(tx.changed) // also where nobody can say whether it counts
	if err != nil {
		return translate(err)
	}
	if len(tx.jobs) > 0 {
		if t.queue != nil {
			t.queue(t.Slug, tx.jobs)
		} else {
			t.stored.tell(t.Slug, tx.jobs)
		}
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
	if !t.db.oneWriter {
		return nil
	}
	return t.db.write
}

// Idle says that nothing happens in a SQLite club, or that something does. Connections to an idle club's file are closed
// soon after each use; opening one takes some milliseconds.
func (t *Tenant) Idle(idle bool) {
	if t.db.idle != nil {
		t.db.idle(idle)
	}
}

// Written returns a stamp that is another one whenever the file of a SQLite club has been written; "" on PostgreSQL.
func (t *Tenant) Written() string {
	if t.db.foreign == nil {
		return ""
	}
	return stampOf(t.db.foreign.file)
}
