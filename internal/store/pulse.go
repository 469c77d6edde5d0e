package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// What is in the chain of what Pulse returns for a database that still answers.
var (
	ErrStoresNothing = errors.New("the database answers and stores nothing")
	ErrDiskFull      = errors.New("the database's disk is full")
)

// Pulse reports what keeps the database from answering and from storing what it is given; nil when it does both.
// It waits for the disk, and costs some milliseconds of it.
func (c *Cluster) Pulse(ctx context.Context) error { return c.engine.pulse(ctx) }

// pulseConnWithin is how long a connection of the pool is waited for.
const pulseConnWithin = time.Second

// pulse asks on a connection of the pool, or on one of its own: all may be in use while the database does well.
func (e *postgresEngine) pulse(ctx context.Context) error {
	soon, cancel := context.WithTimeout(ctx, pulseConnWithin)
	defer cancel()
	pooled, err := e.pool.Acquire(soon)
	if err == nil {
		defer pooled.Release()
		return e.pulseOn(ctx, pooled.Conn())
	}
	conn, err := pgx.ConnectConfig(ctx, e.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return e.pulseOn(ctx, conn)
}

// pulseOn reads, and then writes in one transaction: by a change of no row, which a server refuses that takes none; a list
// too long for memory, which goes to a file and so meets a full disk, as a row on a page with room does not; and a few
// bytes of the log, for which the commit waits.
func (e *postgresEngine) pulseOn(ctx context.Context, conn *pgx.Conn) error {
	tenants := pgx.Identifier{e.cfg.ControlSchema, "tenants"}.Sanitize()
	if _, err := conn.Exec(ctx, "SELECT EXISTS (SELECT 1 FROM "+tenants+")", pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	log := e.flush
	if log == "" {
		log = "SELECT txid_current()"
	}
	_, err := conn.Exec(ctx, "UPDATE "+tenants+" SET name = name WHERE FALSE; SET LOCAL work_mem = '64kB'; SELECT COUNT(*) FROM generate_series(1, 10000); "+log, pgx.QueryExecModeSimpleProtocol)
	return unstored(err)
}

// spare is what the disk of SQLite's files must still take: some transactions' pages.
const spare = 64 << 10

// pulse reads the control plane's file and writes to it, and makes a file that needs room of its own: a log that is
// written over again does not.
func (e *sqliteEngine) pulse(ctx context.Context) error {
	if _, err := e.control.ExecContext(ctx, "SELECT EXISTS (SELECT 1 FROM tenants)"); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if _, err := e.control.ExecContext(ctx, "PRAGMA user_version = 1"); err != nil {
		return unstored(err)
	}
	room := filepath.Join(e.dir, "pulse.tmp")
	err := os.WriteFile(room, make([]byte, spare), 0o600)
	return unstored(errors.Join(err, os.Remove(room)))
}

// unstored says of what became of a write whether the database answered.
func unstored(err error) error {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var file *os.PathError
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57"), errors.As(err, &lite), errors.As(err, &file): // 57: it is going down
		return fmt.Errorf("%w: %w", ErrStoresNothing, err)
	}
	return fmt.Errorf("write: %w", err)
}
