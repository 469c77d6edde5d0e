package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"modernc.org/sqlite"

	"clubos/internal/club"
)

// sqliteEngine keeps the control plane in DIR/control.db and each tenant in DIR/tenants/<slug>.db.
type sqliteEngine struct {
	dir     string
	cfg     Config
	control *sql.DB
}

func openSQLite(dir string, cfg Config) (*sqliteEngine, error) {
	if err := os.MkdirAll(filepath.Join(dir, "tenants"), 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	e := &sqliteEngine{dir: dir, cfg: cfg}
	db, err := e.pool(filepath.Join(dir, "control.db"), true)
	if err != nil {
		return nil, err
	}
	e.control = db
	return e, nil
}

const (
	mostReaders = 4
	// readersKept is how long a connection that reads is kept when nobody needs it.
	readersKept = 30 * time.Second
	// restWithin bounds the wait for the writer's connection.
	restWithin = time.Second
)

// IdleKept is how long a connection of an idle club is kept when nobody needs it.
const IdleKept = time.Second

// pool opens a pool on a file. The writer has one connection that takes the write lock as it begins:
// a deferred transaction that reads and then writes fails at once when another has written between.
func (e *sqliteEngine) pool(file string, write bool) (*sql.DB, error) {
	return e.connect(file, write, nil, nil)
}

// connect is pool; kept is of a club's own writer, whose commits need not wait for the disk (Relaxed), and which leaves
// its log to it, and opened counts the writer's connections. Nil: SQLite's ways.
func (e *sqliteEngine) connect(file string, write bool, kept *checkpoints, opened *atomic.Int64) (*sql.DB, error) {
	q := url.Values{}
	for _, p := range []string{"busy_timeout(5000)", "journal_mode(WAL)", "foreign_keys(1)", "cache_size(-8000)"} {
		q.Add("_pragma", p)
	}
	sync := "FULL"
	if e.cfg.Relaxed {
		sync = "NORMAL"
	}
	q.Add("_pragma", "synchronous("+sync+")")
	q.Set("_time_format", "sqlite")
	q.Set("_timezone", "UTC")
	q.Set("_texttotime", "1")
	q.Set("_dqs", "0")
	q.Set("_defensive", "1")
	if write {
		q.Set("_txlock", "immediate")
	} else {
		q.Add("_pragma", "query_only(1)")
	}
	own := sqliteConnector{relaxable: kept != nil && !e.cfg.Relaxed, opened: opened}
	if kept != nil {
		q.Add("_pragma", "wal_autocheckpoint("+longestLog+")")
		own.committed = kept.committed
	}
	connector, err := sqlite.NewConnector("file:" + file + "?" + q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(file), err)
	}
	own.Connector = connector
	db := sql.OpenDB(own)
	n := mostReaders
	if write {
		n = 1
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	if !write {
		db.SetConnMaxIdleTime(readersKept) // a club in which nobody reads keeps no pages in memory
	}
	return db, nil
}

func (e *sqliteEngine) name() string                   { return "sqlite" }
func (e *sqliteEngine) controlDB() *sql.DB             { return e.control }
func (e *sqliteEngine) ping(ctx context.Context) error { return e.control.PingContext(ctx) }
func (e *sqliteEngine) lost() int64                    { return 0 } // it ends with this process
func (e *sqliteEngine) close() error                   { return e.control.Close() }

func (e *sqliteEngine) file(slug club.Slug) string {
	return filepath.Join(e.dir, "tenants", slug.String()+".db")
}

func (e *sqliteEngine) createTenant(ctx context.Context, slug club.Slug) error {
	db, err := e.pool(e.file(slug), true)
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), db.Close())
}

func (e *sqliteEngine) openTenant(ctx context.Context, slug club.Slug) (*tenantDB, error) {
	if _, err := os.Stat(e.file(slug)); err != nil {
		return nil, club.Unavailable(err, "the database file of the club %q is missing", slug)
	}
	log := &checkpoints{log: e.file(slug) + "-wal", line: &line{}, report: e.cfg.Log}
	others := &foreign{file: e.file(slug)}
	w, err := e.connect(e.file(slug), true, log, &others.opened)
	if err != nil {
		return nil, err
	}
	r, err := e.pool(e.file(slug), false)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	log.reader, log.writer, others.writer = r, w, w
	if err := w.PingContext(ctx); err != nil { // creates the WAL before a reader asks for it
		return nil, errors.Join(err, w.Close(), r.Close())
	}
	driver := newBelled(w)
	jobs, err := river.NewClient[*sql.Tx](driver, &river.Config{Logger: e.cfg.Log, Hooks: []rivertype.Hook{&soon{}}})
	if err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return &tenantDB{
		line:  log.line,
		write: w, read: r, oneWriter: true,
		enter: func(ctx context.Context) context.Context { return ctx },
		jobs:  sqliteJobs{jobs, driver.bell}, bell: &driver, foreign: others,
		idle: func(idle bool) {
			forWriter, forReaders := time.Duration(0), readersKept // zero: it is kept
			if idle {
				forWriter, forReaders = IdleKept, IdleKept
			}
			w.SetConnMaxIdleTime(forWriter)
			r.SetConnMaxIdleTime(forReaders)
		},
		rest: func() {
			r.SetMaxIdleConns(-1)
			r.SetMaxIdleConns(mostReaders)
			ctx, cancel := context.WithTimeout(context.Background(), restWithin)
			defer cancel()
			_, _ = w.ExecContext(ctx, "PRAGMA shrink_memory") // busy: it needs what it keeps
		},
		close: func() error {
			log.close()
			return errors.Join(r.Close(), w.Close())
		},
	}, nil
}

type sqliteJobs struct {
	client *river.Client[*sql.Tx]
	bell   *bell
}

func (j sqliteJobs) enqueue(ctx context.Context, _ *sql.Conn, tx *sql.Tx, jobs []river.InsertManyParams) error {
	if _, err := j.client.InsertManyFastTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	j.bell.jobs(jobs)
	return nil
}
