package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// openTx presents a connection that is inside a transaction, begun by database/sql, as the pgx.Tx
// that River wants. Who began the transaction ends it, so Commit and Rollback do nothing; a nested
// Begin is a savepoint.
type openTx struct {
	conn      *pgx.Conn
	savepoint bool
}

func (t openTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := t.conn.Exec(ctx, "SAVEPOINT jobs"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	return openTx{conn: t.conn, savepoint: true}, nil
}

func (t openTx) Commit(ctx context.Context) error {
	if !t.savepoint {
		return nil
	}
	_, err := t.conn.Exec(ctx, "RELEASE SAVEPOINT jobs")
	return err
}

func (t openTx) Rollback(ctx context.Context) error {
	if !t.savepoint {
		return nil
	}
	_, err := t.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT jobs")
	return err
}

func (t openTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

func (t openTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, b)
}

func (t openTx) LargeObjects() pgx.LargeObjects { panic("BUG: large objects are not used") }

func (t openTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, sql)
}

func (t openTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, sql, args...)
}

func (t openTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, sql, args...)
}

func (t openTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, sql, args...)
}

func (t openTx) Conn() *pgx.Conn { return t.conn }
