package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// mostStatements bounds the statements that a connection keeps. There are fewer queries.
const mostStatements = 1024

type relaxedKey struct{}

// Relaxed marks a context: what commits under it on a club's file of SQLite does not wait for the disk, outside
// of Tenant's own transactions, which say so themselves. It is for the job queue's own moves. What is lost
// of them in a power cut is done again, and whatever a job has done waits for the disk, and with it for them.
func Relaxed(ctx context.Context) context.Context { return relaxedIf(ctx, true) }

func relaxedIf(ctx context.Context, relaxed bool) context.Context {
	if was, _ := ctx.Value(relaxedKey{}).(bool); was == relaxed {
		return ctx
	}
	return context.WithValue(ctx, relaxedKey{}, relaxed)
}

// sqliteConnector opens connections of the driver's that keep their statements. The driver compiles a query at
// each call otherwise, which costs more than to run most of ours.
type sqliteConnector struct {
	driver.Connector
	relaxable bool // its commits wait for the disk unless their context is Relaxed
	// committed, if set, is called after what may have been a commit.
	committed func()
	// opened, if set, counts the connections.
	opened *atomic.Int64
}

// Connect is that of driver.Connector.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(driverConn)
	if !ok {
		return nil, errors.Join(errors.New("BUG: the SQLite driver's connections lack something"), conn.Close())
	}
	if c.opened != nil {
		c.opened.Add(1)
	}
	return &sqliteConn{driverConn: inner, relaxable: c.relaxable, committed: c.committed, kept: map[string]*keptStmt{}}, nil
}

// driverConn is what the driver's connections can do.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteConn is a connection. As database/sql has it, it is used by one goroutine at a time.
type sqliteConn struct {
	driverConn
	kept      map[string]*keptStmt
	relaxable bool
	relaxed   bool // commits do not wait for the disk at present
	inside    bool // a transaction is under way
	broken    bool // nobody knows whether commits wait
	committed func()
}

// keptStmt is a prepared statement that is used again once its rows are closed.
type keptStmt struct {
	stmt driverStmt
	busy bool
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// IsValid has a connection closed whose commits might count and not be durable.
func (c *sqliteConn) IsValid() bool { return !c.broken && c.driverConn.IsValid() }

// Close is that of driver.Conn.
func (c *sqliteConn) Close() error {
	var errs []error
	for _, k := range c.kept {
		errs = append(errs, k.stmt.Close())
	}
	c.kept = nil
	return errors.Join(append(errs, c.driverConn.Close())...)
}

// waitAs has commits wait for the disk, or not, as ctx wants it. A transaction goes on as it began.
func (c *sqliteConn) waitAs(ctx context.Context) error {
	relaxed, _ := ctx.Value(relaxedKey{}).(bool)
	if !c.relaxable || c.inside || relaxed == c.relaxed {
		return nil
	}
	mode := "FULL"
	if relaxed {
		mode = "NORMAL"
	}
	if _, err := c.driverConn.ExecContext(ctx, "PRAGMA synchronous = "+mode, nil); err != nil {
		c.broken = true
		return fmt.Errorf("say whether commits wait for the disk: %w", err)
	}
	c.relaxed = relaxed
	return nil
}

// BeginTx is that of driver.ConnBeginTx.
func (c *sqliteConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.waitAs(ctx); err != nil {
		return nil, err
	}
	tx, err := c.driverConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inside = true
	return sqliteTx{tx, c}, nil
}

// ended says that what may have changed something is over.
func (c *sqliteConn) ended() {
	if c.committed != nil && !c.inside {
		c.committed()
	}
}

type sqliteTx struct {
	driver.Tx
	conn *sqliteConn
}

// Commit and Rollback are those of driver.Tx.
func (t sqliteTx) Commit() error {
	t.conn.inside = false
	err := t.Tx.Commit()
	t.conn.ended()
	return err
}

func (t sqliteTx) Rollback() error {
	t.conn.inside = false
	return t.Tx.Rollback()
}

// statement returns the statement of a query, which is free. ok is false where it must be run plainly.
func (c *sqliteConn) statement(ctx context.Context, query string) (k *keptStmt, ok bool) {
	if k = c.kept[query]; k != nil {
		return k, !k.busy
	}
	// Some pragmas do their work while they are compiled.
	if len(c.kept) >= mostStatements || strings.HasPrefix(query, "PRAGMA") && query != dataVersion {
		return nil, false
	}
	prepared, err := c.driverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, false // the plain run says why
	}
	stmt, ok := prepared.(driverStmt)
	if !ok {
		_ = prepared.Close()
		return nil, false
	}
	k = &keptStmt{stmt: stmt}
	c.kept[query] = k
	return k, true
}

// ExecContext and QueryContext are those of driver.ExecerContext and driver.QueryerContext.
func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.waitAs(ctx); err != nil {
		return nil, err
	}
	defer c.ended()
	if k, ok := c.statement(ctx, query); ok {
		return k.stmt.ExecContext(ctx, args)
	}
	return c.driverConn.ExecContext(ctx, query, args)
}

func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.waitAs(ctx); err != nil {
		return nil, err
	}
	k, ok := c.statement(ctx, query)
	if !ok {
		return c.driverConn.QueryContext(ctx, query, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	typed, ok := rows.(driverRows)
	if !ok {
		return nil, errors.Join(errors.New("BUG: the SQLite driver's rows lack something"), rows.Close())
	}
	k.busy = true
	return keptRows{typed, k}, nil
}

// driverRows is what the driver's rows can tell.
type driverRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	driverRows
	kept *keptStmt
}

// Close is that of driver.Rows.
func (r keptRows) Close() error {
	r.kept.busy = false
	return r.driverRows.Close()
}
