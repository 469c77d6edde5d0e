package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"runtime"
	"sync/atomic"

	"clubos/internal/club"
	"clubos/internal/store/control"
)

// ExecForTest runs a statement in a write transaction of the tenant.
func ExecForTest(ctx context.Context, t *Tenant, query string, args ...any) error {
	return t.Write(ctx, func(tx *Tx) error {
		_, err := tx.db.ExecContext(ctx, query, args...)
		return err
	})
}

// CountForTest returns the one integer that a query yields.
func CountForTest(ctx context.Context, t *Tenant, query string, args ...any) (n int, err error) {
	err = t.Read(ctx, func(tx *Tx) error { return tx.db.QueryRowContext(ctx, query, args...).Scan(&n) })
	return n, err
}

// OpenForTest returns how many connections are open to a club's file of SQLite; 0 on PostgreSQL.
func OpenForTest(t *Tenant) int {
	if t.db.idle == nil {
		return 0
	}
	return t.db.write.Stats().OpenConnections + t.db.read.Stats().OpenConnections
}

// PlanForTest returns how the engine would run a query, a step per line.
func PlanForTest(ctx context.Context, t *Tenant, query string, args ...any) (plan string, err error) {
	explain := "EXPLAIN "
	if t.WritePool() != nil {
		explain = "EXPLAIN QUERY PLAN "
	}
	err = t.Read(ctx, func(tx *Tx) error {
		rows, err := tx.db.QueryContext(ctx, explain+query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(cells...); err != nil {
				return err
			}
			plan += fmt.Sprintln(*cells[len(cells)-1].(*any)) // on SQLite the last of four
		}
		return rows.Err()
	})
	return plan, err
}

// LayoutForTest returns a digest of everything that decides how a schema is laid out and who may do
// what in it: schemas made by programs of the same digest are the same.
func LayoutForTest() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(migrations, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, name)
		_, _ = fmt.Fprintf(h, "%s\n%s\n", name, text)
		return err
	})
	_, _ = fmt.Fprintln(h, grants(scope{schema: "schema", role: "role"}))
	return hex.EncodeToString(h.Sum(nil)), err
}

// ForgetTenantsForTest strikes every tenant off the control plane. Their tables stay.
func ForgetTenantsForTest(ctx context.Context, c *Cluster) error {
	_, err := c.engine.controlDB().ExecContext(ctx, "DELETE FROM tenants")
	return err
}

// SchemaForTest returns the PostgreSQL schema of a tenant.
func SchemaForTest(c *Cluster, slug club.Slug) string {
	return c.engine.(*postgresEngine).scopeOf(slug).schema
}

// JobsForTest returns the arguments, as JSON, of a tenant's jobs of a kind that have not ended, oldest first.
func JobsForTest(ctx context.Context, c *Cluster, t *Tenant, kind string) ([]string, error) {
	var rows *sql.Rows
	var err error
	if e, ok := c.engine.(*postgresEngine); ok {
		rows, err = e.db.QueryContext(ctx, `SELECT CAST(args AS TEXT) FROM `+c.cfg.JobsSchema+`.river_job
			WHERE kind = $1 AND args ->> 'tenant' = $2 AND finalized_at IS NULL ORDER BY id`, kind, t.Slug)
	} else {
		rows, err = t.db.write.QueryContext(ctx, `SELECT json(args) FROM river_job WHERE kind = $1 AND finalized_at IS NULL ORDER BY id`, kind)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var args string
		if err := rows.Scan(&args); err != nil {
			return nil, err
		}
		out = append(out, args)
	}
	return out, rows.Err()
}

// FinishJobsForTest marks a tenant's jobs of a kind as completed, as if they had run.
func FinishJobsForTest(ctx context.Context, c *Cluster, t *Tenant, kind string) error {
	if e, ok := c.engine.(*postgresEngine); ok {
		_, err := e.db.ExecContext(ctx, `UPDATE `+c.cfg.JobsSchema+`.river_job SET state = 'completed', finalized_at = now()
			WHERE kind = $1 AND args ->> 'tenant' = $2 AND finalized_at IS NULL`, kind, t.Slug)
		return err
	}
	_, err := t.db.write.ExecContext(ctx, `UPDATE river_job SET state = 'completed', finalized_at = CURRENT_TIMESTAMP WHERE kind = $1 AND finalized_at IS NULL`, kind)
	return err
}

// TablesForTest returns the tables that a query reads, or those that it changes.
func TablesForTest(query string) (reads, changes []string) {
	s := parse(query)
	return s.reads, s.changes
}

// PinForTest returns the number of the argument that is the id of the one row that a statement is about; 0
// where it may be any.
func PinForTest(query string) int { return parse(query).pin }

// ExecInForTest runs a statement in a transaction.
func ExecInForTest(ctx context.Context, tx *Tx, query string, args ...any) error {
	_, err := tx.db.ExecContext(ctx, query, args...)
	return err
}

// faultKey is where a context carries the fault of its statements.
type faultKey struct{}

// fault makes one of the statements that run under a context fail, as a database that goes away would.
type fault struct{ left atomic.Int64 }

// FailForTest returns a context under which the n-th statement of transactions, counted from 0, fails, and a
// function that says whether it was reached.
func FailForTest(ctx context.Context, n int) (failing context.Context, reached func() bool) {
	f := &fault{}
	f.left.Store(int64(n))
	return context.WithValue(ctx, faultKey{}, f), func() bool { return f.left.Load() < 0 }
}

// faulty returns db as it is, or as one that fails where ctx says so.
func faulty(ctx context.Context, db DBTX) DBTX {
	if f, ok := ctx.Value(faultKey{}).(*fault); ok {
		return faultyDB{db, f}
	}
	return db
}

type faultyDB struct {
	DBTX
	fault *fault
}

// next returns the context of the next statement: one that is over where the statement is to fail.
func (d faultyDB) next(ctx context.Context) context.Context {
	if d.fault.left.Add(-1) != -1 {
		return ctx
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	return over
}

func (d faultyDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.DBTX.ExecContext(d.next(ctx), query, args...)
}

func (d faultyDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.DBTX.QueryContext(d.next(ctx), query, args...)
}

func (d faultyDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.DBTX.QueryRowContext(d.next(ctx), query, args...)
}

// PretendNewerForTest leaves a club's schema marked as a newer program would: one version beyond what
// this one knows, to be served by programs that know at least floor.
func PretendNewerForTest(ctx context.Context, c *Cluster, t *Tenant, floor func(newest int64) int64) error {
	newest, err := newestVersion()
	if err != nil {
		return err
	}
	if err := ExecForTest(ctx, t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)", newest+1, true); err != nil {
		return err
	}
	return c.control.PutSchemaFloor(ctx, control.PutSchemaFloorParams{Slug: t.Slug, Floor: floor(newest)})
}

// FloorForTest returns the version that a program must know to serve a schema at a version, by the
// migrations in a tree.
func FloorForTest(tree fs.FS, at int64) (int64, error) { return floorAt(tree, ".", at) }

// LoseForTest cuts an installation off from its control plane's database.
func LoseForTest(c *Cluster) error { return c.engine.controlDB().Close() }

// TextForTest returns the one text that a query gives.
func TextForTest(ctx context.Context, tx *Tx, query string) (text string, err error) {
	err = tx.db.QueryRowContext(ctx, query).Scan(&text)
	return text, err
}

// AwaitWaiterForTest waits until so many wait for SQLite's writer who go first or are urgent, and so many others.
func AwaitWaiterForTest(ctx context.Context, t *Tenant, first, others int) {
	waits := func() bool {
		l := t.db.line
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.waiting[classFirst])+len(l.waiting[classUrgent]) >= first && len(l.waiting[classRelaxed])+len(l.waiting[classOther]) >= others
	}
	for ctx.Err() == nil && !waits() {
		runtime.Gosched()
	}
}
