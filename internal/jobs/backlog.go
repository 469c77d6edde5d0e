package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/store"
)

// Backlog counts the jobs of a queue that are in one state, which is not a final one.
type Backlog struct {
	Queue  string
	State  string // available, retryable, running or scheduled
	Jobs   int
	Oldest time.Time // when the first of them was due
}

// Nodes counts the processes that show that they live: on PostgreSQL by their locks; on SQLite there is this
// one.
func (r *Runner) Nodes(ctx context.Context) (n int, err error) {
	pool, _, ok := r.registry.cluster.Postgres()
	if !ok {
		return 1, nil
	}
	if err := pool.QueryRow(ctx, `SELECT COUNT(*) FROM pg_locks k JOIN pg_database d ON d.oid = k.database WHERE d.datname = current_database()
		AND k.locktype = 'advisory' AND k.granted AND k.objsubid = 2 AND CAST(k.classid AS BIGINT) = $1`, nodeLock).Scan(&n); err != nil {
		return 0, fmt.Errorf("count nodes: %w", err)
	}
	return n, nil
}

// Backlog counts the jobs of the whole installation that are not finished.
func (r *Runner) Backlog(ctx context.Context) ([]Backlog, error) {
	cluster := r.registry.cluster
	if pool, schema, ok := cluster.Postgres(); ok {
		rows, err := pool.Query(ctx, `SELECT queue, CAST(state AS TEXT), COUNT(*), CAST(EXTRACT(EPOCH FROM MIN(scheduled_at)) AS DOUBLE PRECISION)
			FROM `+pgx.Identifier{schema, "river_job"}.Sanitize()+` WHERE state IN ('available', 'retryable', 'running', 'scheduled') GROUP BY queue, state ORDER BY 1, 2`)
		if err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		defer rows.Close()
		return readBacklog(nil, rows)
	}
	recs, err := cluster.FindTenants(ctx)
	if err != nil {
		return nil, err
	}
	var all []Backlog
	for _, rec := range recs {
		tenant, err := cluster.Tenant(ctx, rec.Slug)
		if errors.Is(err, store.ErrSuspended) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if waiting, idle := r.idle(rec.Slug); idle {
			for _, b := range waiting {
				all = addBacklog(all, b)
			}
			continue
		}
		if all, err = addSQLite(ctx, all, tenant.WritePool()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// addSQLite adds the backlog of one club's file.
func addSQLite(ctx context.Context, to []Backlog, db *sql.DB) ([]Backlog, error) {
	rows, err := db.QueryContext(ctx, `SELECT queue, state, COUNT(*), CAST(unixepoch(MIN(scheduled_at)) AS REAL)
		FROM river_job WHERE state IN ('available', 'retryable', 'running', 'scheduled') GROUP BY queue, state ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if to, err = readBacklog(to, rows); err != nil {
		return nil, err
	}
	return to, rows.Err()
}

// readBacklog adds what a query counted to what was counted of other clubs.
func readBacklog(to []Backlog, rows interface {
	Next() bool
	Scan(...any) error
	Err() error
}) ([]Backlog, error) {
	for rows.Next() {
		var b Backlog
		var oldest float64
		if err := rows.Scan(&b.Queue, &b.State, &b.Jobs, &oldest); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		b.Oldest = time.UnixMilli(int64(oldest * 1000)).UTC()
		to = addBacklog(to, b)
	}
	return to, rows.Err()
}

func addBacklog(to []Backlog, b Backlog) []Backlog {
	for i, have := range to {
		if have.Queue == b.Queue && have.State == b.State {
			to[i].Jobs += b.Jobs
			if b.Oldest.Before(have.Oldest) {
				to[i].Oldest = b.Oldest
			}
			return to
		}
	}
	return append(to, b)
}
