package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"clubos/internal/club"
)

// postgresState reads within one transaction, which sees one state, with the rights of the login role.
type postgresState struct {
	tx         pgx.Tx
	slug       club.Slug
	jobsSchema string
}

func (e *postgresEngine) snapshot(ctx context.Context, slug club.Slug, fn func(source) error) error {
	ctx = e.asOwner(ctx, slug)
	return pgx.BeginTxFunc(ctx, e.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return fn(&postgresState{tx: tx, slug: slug, jobsSchema: pgx.Identifier{e.cfg.JobsSchema}.Sanitize()})
	})
}

func (s *postgresState) version(ctx context.Context) (v int64, err error) {
	err = s.tx.QueryRow(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&v)
	return v, err
}

// postgresKinds are the kinds of the types as the information schema names them.
var postgresKinds = map[string]ValueKind{
	"text": ValueText, "jsonb": ValueJSON, "bigint": ValueInteger, "integer": ValueInteger, "smallint": ValueInteger, "double precision": ValueReal, "real": ValueReal,
	"boolean": ValueBoolean, "timestamp with time zone": ValueTime, "bytea": ValueBytes,
}

func (s *postgresState) tables(ctx context.Context) ([]Table, error) {
	rows, err := s.tx.Query(ctx, `SELECT c.table_name::text, c.column_name::text, c.data_type::text
		FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND NOT (SELECT p.relispartition FROM pg_class p WHERE p.oid = to_regclass(quote_ident(c.table_name)))
		ORDER BY c.table_name, c.ordinal_position`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var list tableList
	var table, column, declared string
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &declared}, func() error {
		kind, known := postgresKinds[declared]
		return list.add(table, column, kind, known, declared)
	})
	return list, err
}

func (s *postgresState) rows(ctx context.Context, t Table, fn func([]any) error) error {
	key, err := s.key(ctx, t)
	if err != nil {
		return err
	}
	rows, err := s.tx.Query(ctx, "SELECT "+t.selected()+" FROM "+quoted(t.Name)+key)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		if err := settleRow(values, t.Columns); err != nil {
			return err
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// selected lists a table's columns, JSON as text.
func (t Table) selected() string {
	out := ""
	for i, c := range t.Columns {
		if i > 0 {
			out += ", "
		}
		out += quoted(c.Name)
		if c.Kind == ValueJSON {
			out += "::text"
		}
	}
	return out
}

// key is the clause that orders a table by its primary key, byte by byte.
func (s *postgresState) key(ctx context.Context, t Table) (string, error) {
	var key *string
	err := s.tx.QueryRow(ctx, `SELECT string_agg(quote_ident(a.attname) || CASE WHEN a.atttypid = 'text'::regtype THEN ' COLLATE "C"' ELSE '' END, ', ' ORDER BY array_position(i.indkey, a.attnum))
		FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indisprimary AND i.indrelid = to_regclass($1)`, quoted(t.Name)).Scan(&key)
	if err != nil || key == nil {
		return "", err
	}
	return " ORDER BY " + *key, nil
}

func (s *postgresState) jobs(ctx context.Context, fn func(StoredJob) error) error {
	rows, err := s.tx.Query(ctx, `SELECT kind, args::text, queue, priority, max_attempts, scheduled_at FROM `+s.jobsSchema+`.river_job
		WHERE finalized_at IS NULL AND args ->> 'tenant' = $1 ORDER BY id`, s.slug.String())
	if err != nil {
		return err
	}
	var j StoredJob
	var args string
	_, err = pgx.ForEachRow(rows, []any{&j.Kind, &args, &j.Queue, &j.Priority, &j.MaxAttempts, &j.ScheduledAt}, func() error {
		j.Args, j.ScheduledAt = []byte(args), j.ScheduledAt.UTC()
		return fn(j)
	})
	return err
}

// postgresFill writes within one transaction, with the rights of the login role.
type postgresFill struct {
	tx     pgx.Tx
	client *river.Client[pgx.Tx]
}

// fill takes the foreign keys off while tables are filled, whatever their order, and puts them back,
// which checks them.
func (e *postgresEngine) fill(ctx context.Context, slug club.Slug, fn func(sink) error) error {
	ctx = e.asOwner(ctx, slug)
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
			WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`)
		if err != nil {
			return fmt.Errorf("list foreign keys: %w", err)
		}
		var drop, add []string
		var table, name, definition string
		if _, err := pgx.ForEachRow(rows, []any{&table, &name, &definition}, func() error {
			drop = append(drop, "ALTER TABLE "+table+" DROP CONSTRAINT "+name)
			add = append(add, "ALTER TABLE "+table+" ADD CONSTRAINT "+name+" "+definition)
			return nil
		}); err != nil {
			return fmt.Errorf("list foreign keys: %w", err)
		}
		if err := execAll(ctx, tx, drop); err != nil {
			return err
		}
		if err := fn(&postgresFill{tx: tx, client: e.jobs}); err != nil {
			return err
		}
		if _, err := settleWeeks(ctx, tx, e.cfg.Clock.Now()); err != nil { // of what was before the present one
			return err
		}
		return execAll(ctx, tx, add)
	})
}

func execAll(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return fmt.Errorf("change foreign key: %w", err)
		}
	}
	return nil
}

func (f *postgresFill) table(ctx context.Context, t Table, next func() ([]any, error)) error {
	if _, err := f.tx.Exec(ctx, "DELETE FROM "+quoted(t.Name)); err != nil { // what migrations put there
		return err
	}
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.Name
	}
	_, err := f.tx.CopyFrom(ctx, pgx.Identifier{t.Name}, columns, pgx.CopyFromFunc(next))
	return err
}

func (f *postgresFill) enqueue(ctx context.Context, jobs []river.InsertManyParams) error {
	_, err := f.client.InsertManyFastTx(ctx, f.tx, jobs)
	return err
}

func (e *postgresEngine) isEmpty(ctx context.Context, slug club.Slug) (bool, error) {
	var n int
	err := e.pool.QueryRow(ctx, `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = $1`, e.scopeOf(slug).schema).Scan(&n)
	return n == 0, err
}

func (e *postgresEngine) dropTenant(ctx context.Context, slug club.Slug) error {
	s := e.scopeOf(slug)
	_, err := e.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{s.schema}.Sanitize()+" CASCADE")
	return err
}
