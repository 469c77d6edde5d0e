package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// RowError says at which of many rows a statement failed.
type RowError struct {
	Row int
	Err error
}

func (e *RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }

// Unwrap returns what the database said.
func (e *RowError) Unwrap() error { return e.Err }

// FailedRow returns the row of the *RowError in err; ok is false when there is none.
func FailedRow(err error) (row int, ok bool) {
	var e *RowError
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Row, true
}

// Each runs one statement for each of n rows, in order, and returns how many records each changed. On
// PostgreSQL all travel together, so that n rows cost one round trip; on SQLite there is none to save.
//
// run calls exactly one generated query that changes records (of the kinds :exec and :execrows), on q
// and not on tx, and returns what that returned; for :exec the count is 0 on SQLite. It must not look at
// the result itself, which is not known yet. A failure is a *RowError.
func (tx *Tx) Each(ctx context.Context, n int, run func(q *Queries, i int) (int64, error)) ([]int64, error) {
	if n == 0 {
		return nil, nil
	}
	if tx.pipeline != nil {
		return tx.pipeline(ctx, n, run)
	}
	changed := make([]int64, n)
	for i := range n {
		var err error
		if changed[i], err = run(tx.Queries, i); err != nil {
			return nil, &RowError{Row: i, Err: err}
		}
	}
	return changed, nil
}

// pipelineOn returns Each on the PostgreSQL connection that is inside the transaction.
func pipelineOn(conn *sql.Conn, account func(DBTX) DBTX) func(context.Context, int, func(*Queries, int) (int64, error)) ([]int64, error) {
	return func(ctx context.Context, n int, run func(*Queries, int) (int64, error)) ([]int64, error) {
		var batch pgx.Batch
		q := New(account(recorder{&batch}))
		for i := range n {
			if _, err := run(q, i); err != nil {
				return nil, &RowError{Row: i, Err: err}
			}
			if batch.Len() != i+1 {
				return nil, errors.New("BUG: not one statement for a row")
			}
		}
		changed := make([]int64, n)
		err := conn.Raw(func(driverConn any) (err error) {
			results := driverConn.(*stdlib.Conn).Conn().SendBatch(ctx, &batch)
			defer func() { err = errors.Join(err, results.Close()) }()
			for i := range n {
				tag, err := results.Exec()
				if err != nil {
					return &RowError{Row: i, Err: err}
				}
				changed[i] = tag.RowsAffected()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return changed, nil
	}
}

// recorder is a DBTX that notes statements instead of running them.
type recorder struct{ batch *pgx.Batch }

func (r recorder) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	r.batch.Queue(query, args...)
	return driver.RowsAffected(0), nil
}

func (r recorder) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	panic("BUG: Each is for statements that change records")
}
func (r recorder) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	panic("BUG: Each is for statements that change records")
}
func (r recorder) QueryRowContext(context.Context, string, ...any) *sql.Row {
	panic("BUG: Each is for statements that change records")
}
